"""Who met, who owes what, and which packages are stuck: small frames, grouped or bounded in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.queries.snapshot import ScopedSnapshot
from data_access.schema import ANCESTOR_COLUMNS

AGES = (30, 60, 90)
"""Days that part the ages of open packages."""


def meetings_of(
    snapshot: ScopedSnapshot, region_code: str, depth: int, codes: Sequence[str], start: date, end: date
) -> pd.DataFrame:
    """Return ``region_code, kind, due_on, held_on`` of the meetings that ``codes`` themselves had to hold."""
    table = schema.PLACED_TABLES["meeting"]
    return snapshot.read(
        sa.select(table.c.region_code, table.c.kind, table.c.due_on, table.c.held_on)
        .where(
            table.c[f"code_{depth}"] == region_code,
            table.c.region_code.in_(list(codes)),
            table.c.due_on.between(start, end),
        )
        .order_by(table.c.region_code, table.c.kind, table.c.due_on, table.c.source, table.c.source_id)
    )


def meetings_below(
    snapshot: ScopedSnapshot, region_code: str, depth: int, start: date, end: date, as_of: date
) -> pd.DataFrame:
    """Return ``region_code, kind, month, due, on_time, late`` of what lies below each child, added up."""
    table = schema.PLACED_TABLES["meeting"]
    child, below = table.c[ANCESTOR_COLUMNS[depth + 1]], table.c[ANCESTOR_COLUMNS[depth + 2]]
    month = sa.func.date_trunc("month", table.c.due_on).cast(sa.Date).label("month")
    on_time = table.c.held_on <= table.c.due_on
    dimensions = [child.label("region_code"), table.c.kind, month]
    return snapshot.read(
        sa.select(
            *dimensions,
            sa.func.count().label("due"),
            _times(on_time).label("on_time"),
            _times(sa.and_(table.c.held_on > table.c.due_on, table.c.held_on <= as_of)).label("late"),
        )
        .where(table.c[f"code_{depth}"] == region_code, below.is_not(None), table.c.due_on.between(start, end))
        .group_by(child, table.c.kind, month)
        .order_by(child, table.c.kind, month)
    )


def package_board(
    snapshot: ScopedSnapshot, region_code: str, depth: int, by: int, start: date, as_of: date
) -> pd.DataFrame:
    """Return by region of depth ``by``: packages in hand, under review, overdue, by age; closed and sent back since start."""
    table = schema.PLACED_TABLES["case_package"]
    code = table.c[f"code_{by}"]
    is_open = _is_open(table, as_of)
    handled = sa.and_(table.c.handled_on.is_not(None), table.c.handled_on <= as_of)
    limits = [as_of - timedelta(days=days) for days in AGES]
    ages = [
        _times(sa.and_(is_open, table.c.found_on < limit)).label(f"over_{days}")
        for days, limit in zip(AGES, limits, strict=True)
    ]
    closed = table.c.closed_on.between(start, as_of)
    return snapshot.read(
        sa.select(
            code.label("region_code"),
            _times(table.c.found_on.between(start, as_of)).label("found"),
            _times(sa.and_(is_open, sa.not_(handled))).label("in_hand"),
            _times(sa.and_(is_open, handled)).label("in_review"),
            _times(sa.and_(is_open, table.c.due_on < as_of)).label("overdue"),
            *ages,
            _times(closed).label("closed"),
            sa.func.sum(sa.case((sa.or_(is_open, closed), table.c.review_returns), else_=0)).label("returns"),
        )
        .where(
            table.c[f"code_{depth}"] == region_code,
            code.is_not(None),
            table.c.found_on <= as_of,
            sa.or_(table.c.closed_on.is_(None), table.c.closed_on >= start),
        )
        .group_by(code)
        .order_by(code)
    )


def package_posts(
    snapshot: ScopedSnapshot, region_code: str, depth: int, start: date, as_of: date, limit: int
) -> pd.DataFrame:
    """Return the load of each leader post: packages open, overdue, closed since start, and the times sent back."""
    table = schema.PLACED_TABLES["case_package"]
    is_open = _is_open(table, as_of)
    closed = table.c.closed_on.between(start, as_of)
    post = [table.c.leader_level, table.c.leader_post]
    opened = _times(is_open).label("open")
    overdue = _times(sa.and_(is_open, table.c.due_on < as_of)).label("overdue")
    return snapshot.read(
        sa.select(
            *post,
            sa.func.coalesce(sa.func.max(table.c.leader_post_en), table.c.leader_post).label("leader_post_en"),
            opened,
            overdue,
            _times(closed).label("closed"),
            sa.func.sum(sa.case((sa.or_(is_open, closed), table.c.review_returns), else_=0)).label("returns"),
        )
        .where(table.c[f"code_{depth}"] == region_code, table.c.found_on <= as_of)
        .group_by(*post)
        .order_by(overdue.desc(), opened.desc(), table.c.leader_post, table.c.leader_level)
        .limit(limit)
    )


def open_packages(snapshot: ScopedSnapshot, region_code: str, depth: int, as_of: date, limit: int) -> pd.DataFrame:
    """Return open packages, longest overdue first, with their posts and dates."""
    table = schema.PLACED_TABLES["case_package"]
    names = ("source", "source_id", "region_code", "leader_post", "leader_level", "found_on", "due_on", "handled_on")
    return snapshot.read(
        sa.select(
            *(table.c[name] for name in (*names, "review_returns")),
            sa.func.coalesce(table.c.leader_post_en, table.c.leader_post).label("leader_post_en"),
        )
        .where(table.c[f"code_{depth}"] == region_code, table.c.found_on <= as_of, _is_open(table, as_of))
        .order_by(table.c.due_on, table.c.source, table.c.source_id)
        .limit(limit)
    )


def owed_items(
    snapshot: ScopedSnapshot, table_name: str, region_code: str, depth: int, start: date, as_of: date, limit: int
) -> pd.DataFrame:
    """Return decisions or consultation items that were due in the span or are still open: open ones first, by due day."""
    table = schema.PLACED_TABLES[table_name]
    is_open = sa.or_(table.c.done_on.is_(None), table.c.done_on > as_of)
    hidden = {"lon", "lat", *ANCESTOR_COLUMNS}
    return snapshot.read(
        sa.select(*(column for column in table.columns if column.name not in hidden))
        .where(
            table.c[f"code_{depth}"] == region_code,
            table.c.decided_on <= as_of,
            sa.or_(table.c.due_on.between(start, as_of), is_open),
        )
        .order_by(sa.case((is_open, 0), else_=1), table.c.due_on, table.c.source, table.c.source_id)
        .limit(limit)
    )


def deliveries(
    snapshot: ScopedSnapshot, region_code: str, depth: int, start: date, end: date, as_of: date
) -> pd.DataFrame:
    """Return ``department, data_set, month, due, on_time, late, missing``; the month is that of the due day."""
    table = schema.PLACED_TABLES["data_delivery"]
    month = sa.func.date_trunc("month", table.c.due_on).cast(sa.Date).label("month")
    dimensions = [table.c.department, table.c.data_set, month]
    arrived = sa.and_(table.c.delivered_on.is_not(None), table.c.delivered_on <= as_of)
    return snapshot.read(
        sa.select(
            *dimensions,
            sa.func.count().label("due"),
            _times(sa.and_(arrived, table.c.delivered_on <= table.c.due_on)).label("on_time"),
            _times(sa.and_(arrived, table.c.delivered_on > table.c.due_on)).label("late"),
            _times(sa.not_(arrived)).label("missing"),
        )
        .where(table.c[f"code_{depth}"] == region_code, table.c.due_on.between(start, min(end, as_of)))
        .group_by(*dimensions)
        .order_by(*dimensions)
    )


def _is_open(table: sa.Table, as_of: date) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.closed_on.is_(None), table.c.closed_on > as_of)


def _times(test: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return how many rows pass ``test``, as a whole number on every engine."""
    return sa.cast(sa.func.sum(sa.case((test, 1), else_=0)), sa.Integer)
