"""Pages of dispute records by where they stand: newest first, or for what waits, longest overdue first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError
from data_access.measures import load_measures
from data_access.queries.measure_queries import finest_grain_for, measure_values
from data_access.queries.snapshot import ScopedSnapshot
from data_access.queries.spans import begin_of, within

RELAPSE_DAYS = 90
STAGES = (
    "received",
    "unmediated",
    "unrevisited",
    "unarchived",
    "transferred",
    "relapsed",
    "merged",
    "open",
    "overdue",
    "red_open",
    "red_unpackaged",
)
WAITING = ("open", "overdue", "red_open", "red_unpackaged")
"""Stages that say how things stand on a day, whenever the dispute came in; the others are of disputes received in a span."""
_COUNTED: Mapping[tuple[str, str | None], tuple[Sequence[str], Sequence[str]]] = {
    ("received", None): (("disputes_received",), ()),
    ("merged", None): (("disputes_merged",), ()),
    ("transferred", None): (("disputes_transferred_twice",), ()),
    ("open", None): (("disputes_received",), ("disputes_resolved",)),
    ("overdue", None): (
        ("red_overdue_began", "other_overdue_began"),
        ("red_overdue_ended", "other_overdue_ended"),
    ),
    **{("open", colour): ((f"{colour}_found",), (f"{colour}_resolved",)) for colour in ("yellow", "blue")},
    **{
        ("overdue", colour): ((f"{colour}_overdue_began",), (f"{colour}_overdue_ended",))
        for colour in ("red", "yellow", "blue")
    },
    **{("red_open", colour): (("red_found",), ("red_handled",)) for colour in (None, "red")},
    **{("red_unpackaged", colour): (("red_found",), ("red_packaged_or_handled",)) for colour in (None, "red")},
}
"""Stage and risk colour → measures that say how many there are: those that began, less those that ended."""
FILTERS = ("class_code", "channel", "risk_colour")
SHOWN = (
    *("source_id", "region_code", "class_code", "channel", "risk_colour", "unit", "unit_en", "transfers"),
    *("received_at", "first_routed_at", "mediated_at", "resolved_at", "revisited_at", "archived_at", "due_at"),
    *("red_at", "red_handled_at", "packaged_at", "relapsed_at", "merged_into"),
)


def dispute_page(
    snapshot: ScopedSnapshot,
    region_code: str,
    depth: int,
    start: date,
    end: date,
    stage: str,
    filters: dict[str, str],
    limit: int,
    offset: int,
) -> pd.DataFrame:
    """Return one page of disputes; see :meth:`SnapshotReader.disputes`.

    Of each part no more is sorted than could be on the page: an engine that expects few rows reads all of them otherwise.
    """
    parts = _parts(region_code, depth, start, end, stage, filters)
    c = schema.PLACED_TABLES["dispute"].c
    order = [c.due_at if stage in WAITING else c.received_at.desc(), c.source_id]
    if len(parts) == 1:
        listed: sa.Select | sa.CompoundSelect = parts[0].order_by(*order)
    else:
        firsts = [part.order_by(*order).limit(limit + offset) for part in parts]
        listed = sa.union_all(*firsts).order_by(c.due_at.name, c.source_id.name)
    return snapshot.read(listed.limit(limit).offset(offset))


def dispute_count(
    snapshot: ScopedSnapshot,
    region_code: str,
    depth: int,
    start: date,
    end: date,
    stage: str,
    filters: dict[str, str],
) -> int:
    """Return how many disputes all pages hold."""
    parts = _parts(region_code, depth, start, end, stage, filters)  # refuses a stage or filter that isn't there
    counted = _from_sums(snapshot, region_code, depth, start, end, stage, filters)
    if counted is not None:
        return counted
    listed = sa.union_all(*parts).subquery()
    return int(snapshot.read(sa.select(sa.func.count().label("number")).select_from(listed))["number"][0])


def _from_sums(
    snapshot: ScopedSnapshot,
    region_code: str,
    depth: int,
    start: date,
    end: date,
    stage: str,
    filters: Mapping[str, str],
) -> int | None:
    """Return how many there are by the roll-ups, or None where these don't tell them apart."""
    began, ended = _COUNTED.get((stage, filters.get("risk_colour")), ((), ()))
    by = [name for name in ("class_code", "channel") if name in filters]
    first = None if stage in WAITING else start
    by_day = finest_grain_for(first, end) == "day"
    declared = [load_measures()[name] for name in (*began, *ended)]
    known = declared and snapshot.counts([*began, *ended])
    divided = all(
        (each.by_class or "class_code" not in by) and (each.by_channel or "channel" not in by) for each in declared
    )
    too_fine = by_day and (depth > schema.DEEPEST_DAY or "channel" in by)
    if not known or not divided or too_fine:
        return None
    found = measure_values(snapshot, [*began, *ended], [region_code], first, end, "total", by)
    for name in by:
        found = found[found[name] == filters[name]]
    return int(found["value"].where(found["measure"].isin(began), -found["value"]).sum())


def _parts(
    region_code: str, depth: int, start: date, end: date, stage: str, filters: dict[str, str]
) -> list[sa.Select]:
    """Return the disputes that all pages hold, in one or two parts.

    What waits on a day was not settled in time, or falls due later: two parts that lie together, where the whole would have
    to be looked through.
    """
    if stage not in STAGES or not set(filters) <= set(FILTERS):
        raise ConfigError(
            f"Disputes can't be listed by {stage!r} and {sorted(filters)}; stages are {', '.join(STAGES)}.",
            f"无法按“{stage}”和 {sorted(filters)} 列出纠纷；可用环节：{'、'.join(STAGES)}。",
            stage=stage,
        )
    c = schema.PLACED_TABLES["dispute"].c
    after = begin_of(end + timedelta(days=1), c.received_at)
    inside = [c[f"code_{depth}"] == region_code, *(c[name] == value for name, value in filters.items())]
    inside += within(c.received_at, None if stage in WAITING else start, end)
    inside.append(c.merged_into.is_not(None) if stage == "merged" else c.merged_into.is_(None))
    rows = sa.select(*(c[name] for name in SHOWN)).where(*inside, *_of(c, stage, after))
    if stage not in WAITING:
        return [rows]
    unsettled = c[schema.UNSETTLED_IN_TIME]
    late = rows.where(unsettled == sa.true())
    if stage == "overdue":
        return [late]
    return [late, rows.where(unsettled == sa.false(), c.due_at >= after)]


def _of(c: sa.ColumnCollection, stage: str, after: date) -> list[sa.ColumnElement[bool]]:
    def not_yet(column: sa.ColumnElement) -> sa.ColumnElement[bool]:
        return sa.or_(column.is_(None), column >= after)

    red = c.risk_colour == "red"
    match stage:
        case "unmediated":
            return [c.mediated_at.is_(None), c.resolved_at.is_(None)]
        case "unrevisited":
            return [c.resolved_at.is_not(None), c.revisited_at.is_(None)]
        case "unarchived":
            return [c.revisited_at.is_not(None), c.archived_at.is_(None)]
        case "transferred":
            return [c.transfers >= 2]
        case "relapsed":
            waited = sa.extract("epoch", c.relapsed_at) - sa.extract("epoch", c.resolved_at)
            return [c.relapsed_at.is_not(None), waited <= RELAPSE_DAYS * 86400]
        case "open":
            return [not_yet(c.resolved_at)]
        case "overdue":
            done = sa.case((red, c.red_handled_at), else_=c.resolved_at)
            return [c.due_at < after, sa.or_(done.is_(None), done >= after)]
        case "red_open":
            return [red, c.red_at < after, not_yet(c.red_handled_at)]
        case "red_unpackaged":
            return [red, c.red_at < after, not_yet(c.red_handled_at), not_yet(c.packaged_at)]
    return []
