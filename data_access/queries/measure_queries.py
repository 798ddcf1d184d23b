"""Sums over the roll-ups: the coarsest roll-up that tiles the span answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError
from data_access.measures import load_histograms, load_measures
from data_access.queries.snapshot import ScopedSnapshot
from data_access.store.frames import frame_of_arrow

GRAINS = ("total", "year", "month", "day")
MAX_LISTED_CODES = 100
"""Above this many regions of one depth, the whole depth is read and filtered here: cheaper than a long list in SQL."""


@dataclass(frozen=True)
class Asked:
    """The regions of one depth that are asked for."""

    depth: int
    codes: tuple[str, ...]
    listed: bool
    """Whether SQL names them; else the whole depth is read."""


Span = tuple[date | None, date]
"""First day, or None from the beginning, and last day."""

_PERIOD_COLUMN = {"day": "day", "month": "month", "year": "year_start"}
_TABLE = {"day": schema.measure_day, "month": schema.measure_month, "year": schema.measure_year}


def measure_values(
    snapshot: ScopedSnapshot,
    measures: Sequence[str],
    codes: Sequence[str],
    start: date | None,
    end: date,
    grain: str,
    by: Sequence[str],
) -> pd.DataFrame:
    """Return sums of flows and last values of stocks; see :meth:`SnapshotReader.measure_values`."""
    if grain not in GRAINS or not set(by) <= {"class_code", "channel"}:
        raise ConfigError(
            f"Can't break measures down by {grain!r} and {list(by)!r}.", f"无法按“{grain}”和 {list(by)} 分解计量。"
        )
    flows, stocks = _by_kind(measures)
    asked = _by_depth(snapshot, codes)
    selects = []
    if flows:
        selects.append(_flow_select(flows, asked, start, end, grain, by))
    if stocks:
        selects.append(_stock_select(stocks, asked, start, end, grain, by))
    rows = _only(pa.concat_tables([snapshot.rows(select) for select in selects]), asked)
    return frame_of_arrow(_in_order(rows))


def span_values(
    snapshot: ScopedSnapshot, measures: Sequence[str], codes: Sequence[str], spans: Sequence[Span], by: Sequence[str]
) -> pd.DataFrame:
    """Return the values of several spans side by side; see :meth:`SnapshotReader.span_values`."""
    flows, stocks = _by_kind(measures)
    asked = _by_depth(snapshot, codes)
    tilings = [finest_grain_for(*span) for span in spans]
    selects = []
    for tiling in dict.fromkeys(tilings if flows else ()):
        own = {place: span for place, span in enumerate(spans) if tilings[place] == tiling}
        selects.append(_spans_select(flows, asked, own, tiling, by))
    for place, span in enumerate(spans if stocks else ()):
        stock = _stock_select(stocks, asked, *span, "total", by).subquery()
        selects.append(sa.select(*(c.label(f"value_{place}") if c.name == "value" else c for c in stock.c)))
    rows = pa.concat_tables([snapshot.rows(select) for select in selects], promote_options="default")
    return frame_of_arrow(_only(rows, asked))


def histograms(
    snapshot: ScopedSnapshot,
    measures: Sequence[str],
    codes: Sequence[str],
    start: date | None,
    end: date,
    by_class: bool,
) -> pd.DataFrame:
    """Return the bins of waiting times, whole months from ``start`` to ``end``."""
    table = schema.measure_histogram
    asked = _by_depth(snapshot, codes)
    dimensions = [table.c.measure, table.c.region_code, *([table.c.class_code] if by_class else []), table.c.bin]
    span = _inside(table.c.month, start, end)
    rows = snapshot.rows(
        sa.select(*dimensions, sa.func.sum(table.c.value).label("value"))
        .where(table.c.measure.in_(list(measures)), _of_regions(table, asked), *span)
        .group_by(*dimensions)
    )
    frame = frame_of_arrow(_in_order(_only(rows, asked)))
    edges = {name: [0.0, *load_histograms()[name].edges, np.inf] for name in measures}
    bins = list(zip(frame["measure"].tolist(), frame["bin"].tolist(), strict=True))
    frame["lower"] = np.array([edges[name][place] for name, place in bins], float)
    frame["upper"] = np.array([edges[name][place + 1] for name, place in bins], float)
    return frame


def finest_grain_for(start: date | None, end: date) -> str:
    """Return the coarsest of year, month and day whose periods tile the span."""
    after = end + timedelta(days=1)
    if (start is None or (start.month, start.day) == (1, 1)) and (after.month, after.day) == (1, 1):
        return "year"
    if (start is None or start.day == 1) and after.day == 1:
        return "month"
    return "day"


def _flow_select(
    measures: list[str], asked: Sequence[Asked], start: date | None, end: date, grain: str, by: Sequence[str]
) -> sa.Select:
    tiling = finest_grain_for(start, end)
    finest = tiling if grain == "total" else GRAINS[max(GRAINS.index(grain), GRAINS.index(tiling))]
    table, period = _rolled_up_by(finest)
    shown = []
    if grain != "total":
        truncated = period if grain == finest else sa.func.date_trunc(grain, period).cast(sa.Date)
        shown = [truncated.label("period_start")]
    dimensions = [table.c.measure, table.c.region_code, *shown, *(table.c[name] for name in by)]
    limits = _limited(table, period, measures, asked, start, end, by)
    return sa.select(*dimensions, sa.func.sum(table.c.value).label("value")).where(*limits).group_by(*dimensions)


def _spans_select(
    measures: list[str], asked: Sequence[Asked], spans: Mapping[int, Span], tiling: str, by: Sequence[str]
) -> sa.Select:
    """Return a column of sums for each span, by its place, from one pass over all of them."""
    table, period = _rolled_up_by(tiling)
    dimensions = [table.c.measure, table.c.region_code, *(table.c[name] for name in by)]
    sums = [
        sa.func.sum(sa.case((sa.and_(*_inside(period, *span)), table.c.value))).label(f"value_{place}")
        for place, span in spans.items()
    ]
    starts, ends = zip(*spans.values(), strict=True)
    start = None if None in starts else min(start for start in starts if start is not None)
    limits = _limited(table, period, measures, asked, start, max(ends), by)
    return sa.select(*dimensions, *sums).where(*limits).group_by(*dimensions)


def _rolled_up_by(grain: str) -> tuple[sa.Table, sa.Column]:
    """Return the roll-up of ``grain`` and its period."""
    return _TABLE[grain], _TABLE[grain].c[_PERIOD_COLUMN[grain]]


def _inside(period: sa.Column, start: date | None, end: date) -> list[sa.ColumnElement[bool]]:
    return [period <= end] + ([period >= start] if start else [])


def _stock_select(
    measures: list[str], asked: Sequence[Asked], start: date | None, end: date, grain: str, by: Sequence[str]
) -> sa.Select:
    """Return the last known value in the span (total) or in each period, summed over the dimensions not asked for."""
    months, years = schema.measure_month, schema.measure_year
    columns = ["depth", "measure", "region_code", "class_code", "channel", "value"]
    monthly = sa.select(*(months.c[name] for name in columns), months.c.month.label("period_start"))
    yearly = sa.select(*(years.c[name] for name in columns), years.c.year_start.label("period_start"))
    limits = [
        _limited(months, months.c.month, measures, asked, start, end, by),
        _limited(years, years.c.year_start, measures, asked, start, end, by),
    ]
    stock = sa.union_all(monthly.where(*limits[0]), yearly.where(*limits[1])).subquery()
    shown = (
        []
        if grain == "total"
        else [sa.func.date_trunc(grain, stock.c.period_start).cast(sa.Date).label("period_start")]
    )
    newest = sa.func.max(stock.c.period_start).over(partition_by=[stock.c.measure, stock.c.region_code, *shown])
    kept = sa.select(
        stock.c.measure,
        stock.c.region_code,
        *shown,
        *(stock.c[name] for name in by),
        stock.c.value,
        (stock.c.period_start == newest).label("is_newest"),
    ).subquery()
    dimensions = [column for column in kept.c if column.name not in ("value", "is_newest")]
    return (
        sa.select(*dimensions, sa.func.sum(kept.c.value).label("value")).where(kept.c.is_newest).group_by(*dimensions)
    )


def _limited(
    table: sa.Table,
    period: sa.Column,
    measures: list[str],
    asked: Sequence[Asked],
    start: date | None,
    end: date,
    by: Sequence[str],
) -> list[sa.ColumnElement[bool]]:
    return [
        *(table.c.measure.in_(measures), _of_regions(table, asked), _divided(table, by)),
        *_inside(period, start, end),
    ]


def _divided(table: sa.Table, by: Sequence[str]) -> sa.ColumnElement[bool]:
    return table.c.divided if by else sa.not_(table.c.divided)


def _by_kind(measures: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the flows and the stocks among ``measures``."""
    declared = load_measures()
    flows = [key for key in measures if declared[key].kind == "flow"]
    return flows, [key for key in measures if declared[key].kind == "stock"]


def _by_depth(snapshot: ScopedSnapshot, codes: Sequence[str]) -> list[Asked]:
    asked: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        asked.setdefault(snapshot.depths[code], []).append(code)
    return [
        Asked(depth, tuple(own), len(own) < min(snapshot.breadths[depth], MAX_LISTED_CODES + 1))
        for depth, own in sorted(asked.items())
    ]


def _of_regions(table: sa.Table, asked: Sequence[Asked]) -> sa.ColumnElement[bool]:
    """Return the test that a roll-up row belongs to one of the regions (or, for many, to their depth)."""
    tests = []
    for each in asked:
        listed = [table.c.region_code.in_(each.codes)] if each.listed else []
        tests.append(sa.and_(table.c.depth == each.depth, *listed))
    return sa.or_(*tests) if tests else sa.false()


def _only(rows: pa.Table, asked: Sequence[Asked]) -> pa.Table:
    """Drop the rows of regions that were read only because their whole depth was."""
    if all(each.listed for each in asked):
        return rows
    wanted = pa.array(list(chain.from_iterable(each.codes for each in asked)), pa.string())
    return rows.filter(pc.is_in(rows["region_code"], value_set=wanted))


def _in_order(rows: pa.Table) -> pa.Table:
    """Return the rows sorted by every column but the value; texts by their code points, whatever the store's own order."""
    return rows.sort_by([(name, "ascending") for name in rows.column_names if name != "value"])
