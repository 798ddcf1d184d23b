"""Lists of the assessment: vetoes by year, pilot sites with their stages; a few dozen rows each."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.queries.snapshot import ScopedSnapshot


def vetoes(snapshot: ScopedSnapshot, region_code: str, depth: int, first_year: int, last_year: int) -> pd.DataFrame:
    """Return the vetoes of a region and those below it, newest year first, the two kinds as they are."""
    table = schema.PLACED_TABLES["veto"]
    return snapshot.read(
        sa.select(*_shown(table))
        .where(table.c[f"code_{depth}"] == region_code, table.c.year.between(first_year, last_year))
        .order_by(
            table.c.year.desc(),
            table.c.veto_kind,
            table.c.decided_on.desc().nulls_first(),
            table.c.source,
            table.c.source_id,
        )
    )


def pilot_sites(snapshot: ScopedSnapshot, region_code: str, depth: int, as_of: date) -> pd.DataFrame:
    """Return the pilot sites of a region and those below it that were in the pool on ``as_of``, oldest first."""
    table = schema.PLACED_TABLES["pilot_site"]
    return snapshot.read(
        sa.select(*_shown(table))
        .where(table.c[f"code_{depth}"] == region_code, table.c.nurtured_on <= as_of)
        .order_by(table.c.nurtured_on, table.c.source, table.c.source_id)
    )


def _shown(table: sa.Table) -> list[sa.Column]:
    return [column for column in table.columns if column.name not in schema.ANCESTOR_COLUMNS]
