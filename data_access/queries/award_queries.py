"""Awards of the fund: the newest ones, and the largest of them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.queries.snapshot import ScopedSnapshot


def awards(snapshot: ScopedSnapshot, region_code: str, depth: int, start: date, end: date, limit: int) -> pd.DataFrame:
    """Return the awards of a region and those below it that were approved on these days, newest first."""
    table = schema.PLACED_TABLES["fund_award"]
    shown = [column for column in table.columns if column.name not in schema.ANCESTOR_COLUMNS]
    return snapshot.read(
        sa.select(*shown)
        .where(table.c[f"code_{depth}"] == region_code, table.c.awarded_on.between(start, end))
        .order_by(table.c.awarded_on.desc(), table.c.source, table.c.source_id)
        .limit(limit)
    )


def largest_award(snapshot: ScopedSnapshot, region_code: str, depth: int, start: date, end: date) -> float:
    """Return the largest award of a region in yuan; NaN when there is none."""
    table = schema.PLACED_TABLES["fund_award"]
    frame = snapshot.read(
        sa.select(sa.func.max(table.c.amount).label("amount")).where(
            table.c[f"code_{depth}"] == region_code, table.c.awarded_on.between(start, end)
        )
    )
    return float(frame["amount"].astype(float).iloc[0])
