"""Bounded lists of records, points and places; never more rows than asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError
from data_access.queries.snapshot import ScopedSnapshot
from data_access.queries.spans import within

_LISTED = {
    "incident": "occurred_on",
    "dispute": "received_at",
    "case_package": "found_on",
    "decision": "decided_on",
    "meeting": "due_on",
}
_HIDDEN = {"lon", "lat", *schema.ANCESTOR_COLUMNS, schema.UNSETTLED_IN_TIME}


def newest_records(
    snapshot: ScopedSnapshot,
    table_name: str,
    region_code: str,
    depth: int,
    start: date | None,
    end: date,
    where: Mapping[str, object],
    limit: int,
    offset: int,
) -> pd.DataFrame:
    """Return rows of one region, newest first, without coordinates.

    Raises
    ------
    ConfigError
        For a table that is not listed or a column it lacks.
    """
    if table_name not in _LISTED:
        raise ConfigError(
            f"Rows of {table_name!r} can't be listed.", f"“{table_name}”不提供明细清单。", table=table_name
        )
    table = schema.PLACED_TABLES[table_name]
    unknown = [name for name in where if name not in table.columns]
    if unknown:
        raise ConfigError(f"{table_name} has no column {unknown[0]!r}.", f"{table_name} 没有列“{unknown[0]}”。")
    when = table.c[_LISTED[table_name]]
    columns = [column for column in table.columns if column.name not in _HIDDEN]
    tests = [table.c[name].is_(None) if value is None else table.c[name] == value for name, value in where.items()]
    return snapshot.read(
        sa.select(*columns)
        .where(table.c[f"code_{depth}"] == region_code, *within(when, start, end), *tests)
        .order_by(when.desc(), table.c.source, table.c.source_id)
        .limit(limit)
        .offset(offset)
    )


def overdue_items(snapshot: ScopedSnapshot, region_code: str, depth: int, as_of: date, limit: int) -> pd.DataFrame:
    """Return what is past due: ``kind, source_id, region_code, task, task_en, owner, owner_en, due_on, days_overdue``."""
    decision, package = schema.PLACED_TABLES["decision"], schema.PLACED_TABLES["case_package"]
    decisions = sa.select(
        sa.literal("decision").label("kind"),
        decision.c.source_id,
        decision.c.region_code,
        decision.c.task,
        sa.func.coalesce(decision.c.task_en, decision.c.task).label("task_en"),
        decision.c.unit.label("owner"),
        sa.func.coalesce(decision.c.unit_en, decision.c.unit).label("owner_en"),
        decision.c.due_on,
    ).where(
        decision.c[f"code_{depth}"] == region_code,
        decision.c.due_on < as_of,
        decision.c.decided_on <= as_of,
        sa.or_(decision.c.done_on.is_(None), decision.c.done_on > as_of),
    )
    packages = sa.select(
        sa.literal("case_package").label("kind"),
        package.c.source_id,
        package.c.region_code,
        sa.literal("").label("task"),
        sa.literal("").label("task_en"),
        package.c.leader_post.label("owner"),
        sa.func.coalesce(package.c.leader_post_en, package.c.leader_post).label("owner_en"),
        package.c.due_on,
    ).where(
        package.c[f"code_{depth}"] == region_code,
        package.c.due_on < as_of,
        package.c.found_on <= as_of,
        sa.or_(package.c.closed_on.is_(None), package.c.closed_on > as_of),
    )
    both = sa.union_all(decisions, packages).subquery()
    order = (both.c[name] for name in ("due_on", "kind", "source_id", "region_code", "owner"))
    frame = snapshot.read(sa.select(both).order_by(*order).limit(limit))
    return frame.assign(days_overdue=(pd.Timestamp(as_of) - pd.to_datetime(frame["due_on"])).dt.days)


def points(
    snapshot: ScopedSnapshot, category: str, region_code: str, depth: int, start: date, end: date, limit: int
) -> pd.DataFrame:
    """Return ``lon, lat, class_code, happened_on`` of rows that have coordinates, newest first."""
    table, when, tests = _located(category, region_code, depth, start, end)
    return snapshot.read(
        sa.select(table.c.lon, table.c.lat, table.c.class_code, sa.cast(when, sa.Date).label("happened_on"))
        .where(*tests)
        .order_by(when.desc(), table.c.source, table.c.source_id)
        .limit(limit)
    )


def density(
    snapshot: ScopedSnapshot, category: str, region_code: str, depth: int, start: date, end: date, side: float
) -> pd.DataFrame:
    """Return ``west, south, count`` of squares of ``side`` degrees that hold incidents; no single place leaves here."""
    table, _, tests = _located(category, region_code, depth, start, end)
    west = (sa.func.floor(table.c.lon / side) * side).label("west")
    south = (sa.func.floor(table.c.lat / side) * side).label("south")
    return snapshot.read(
        sa.select(west, south, sa.func.count().label("count")).where(*tests).group_by(west, south).order_by(west, south)
    )


def _located(
    category: str, region_code: str, depth: int, start: date, end: date
) -> tuple[sa.Table, sa.ColumnElement, list[sa.ColumnElement[bool]]]:
    if category == "dispute":
        table = schema.PLACED_TABLES["dispute"]
        when: sa.ColumnElement = table.c.received_at
        kind: sa.ColumnElement[bool] = table.c.merged_into.is_(None)
    else:
        table = schema.PLACED_TABLES["incident"]
        when, kind = table.c.occurred_on, table.c.category == category
    inside = table.c[f"code_{depth}"] == region_code
    return table, when, [inside, kind, table.c.lon.is_not(None), *within(when, start, end)]


def facilities(snapshot: ScopedSnapshot, region_code: str, depth: int) -> pd.DataFrame:
    """Return ``kind, name, name_en, lon, lat, region_code`` of the places in a region."""
    table = schema.PLACED_TABLES["facility"]
    names = ["kind", "name", "name_en", "lon", "lat", "region_code"]
    return snapshot.read(
        sa.select(*(table.c[name] for name in names))
        .where(table.c[f"code_{depth}"] == region_code)
        .order_by(table.c.kind, table.c.source, table.c.source_id)
    )
