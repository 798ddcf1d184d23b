"""Sums over the roll-ups: the coarsest roll-up that tiles the span answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial, reduce
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError
from data_access.measures import load_histograms, load_measures
from data_access.queries.kept_sums import Rollup, Unit, Wide
from data_access.queries.snapshot import ScopedSnapshot
from data_access.store.frames import Columns, columns_of_arrow, frame_of_arrow, joined

GRAINS = ("total", "year", "month", "day")
MAX_LISTED_CODES = 100
"""Above this many regions of one depth, the whole depth is read and filtered here: cheaper than a long list in SQL."""
RECENT_YEARS = 2
"""A question about no more than the last years doesn't read the earlier ones of many regions."""
MAX_LISTED_MEASURES = 40
"""Above this many measures all are read and filtered here: to plan a query with a long list takes as long as to run it."""


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
_UNIT: Mapping[str, Unit] = {"month": "M", "year": "Y"}
_PLAIN = ("measure", "region_code")
_DIVIDED = (*_PLAIN, "class_code", "channel")
_ROLLUPS = {
    ("month", False): Rollup(schema.measure_month, "month", "M", _PLAIN, False),
    ("month", True): Rollup(schema.measure_month, "month", "M", _DIVIDED, True),
    ("year", False): Rollup(schema.measure_year, "year_start", "Y", _PLAIN, False),
    ("year", True): Rollup(schema.measure_year, "year_start", "Y", _DIVIDED, True),
}
"""Grain and whether by class and channel → the roll-up as it is kept."""
_YEARS_AS_MONTHS = {
    False: Rollup(schema.measure_year, "year_start", "M", _PLAIN, False),
    True: Rollup(schema.measure_year, "year_start", "M", _DIVIDED, True),
}
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
    parts = []
    if flows:
        parts.append(_flows(snapshot, flows, codes, start, end, grain, by))
    if stocks:
        parts.append(_stocks(snapshot, stocks, codes, start, end, grain, by))
    return frame_of_arrow(_in_order(pa.concat_tables(parts)))


def monthly_values(
    snapshot: ScopedSnapshot, measures: Sequence[str], codes: Sequence[str], start: date, end: date, by: Sequence[str]
) -> tuple[Columns, np.ndarray]:
    """Return what :func:`measure_values` does by month, with a column a month; see :meth:`SnapshotReader.monthly_values`."""
    first = _month_number(start)
    labels, parts = [], []
    for names, newest in zip(_by_kind(measures), (False, True), strict=True):
        if not names:
            continue
        rollups = [_ROLLUPS["month", bool(by)], *([_YEARS_AS_MONTHS[bool(by)]] if newest else [])]
        wide = _kept(snapshot, rollups, names, codes, start) or _fetched(snapshot, rollups, names, codes, start, end)
        columns = wide.between(start, end)
        each = [slice(place, place + 1) for place in range(columns.start, columns.stop)]
        label, sums = wide.sums(["measure", "region_code", *by], each, newest)
        monthly = np.full((len(sums), _month_number(end) - first + 1), np.nan)
        left = wide.first + columns.start - first
        monthly[:, left : left + sums.shape[1]] = sums
        labels.append({name: each.array() for name, each in label.items()})
        parts.append(monthly)
    return joined(labels), np.concatenate(parts)


def _month_number(day: date) -> int:
    return int(np.datetime64(day, "M").astype(int))


def span_values(
    snapshot: ScopedSnapshot, measures: Sequence[str], codes: Sequence[str], spans: Sequence[Span], by: Sequence[str]
) -> Columns:
    """Return the values of several spans side by side; see :meth:`SnapshotReader.span_values`."""
    flows, stocks = _by_kind(measures)
    tilings = [finest_grain_for(*span) for span in spans]
    parts = []
    for tiling in dict.fromkeys(tilings if flows else ()):
        own = {place: span for place, span in enumerate(spans) if tilings[place] == tiling}
        parts.append(_spans(snapshot, flows, codes, own, tiling, by))
    for place, span in enumerate(spans if stocks else ()):
        rows = columns_of_arrow(_stocks(snapshot, stocks, codes, *span, "total", by))
        rows[f"value_{place}"] = rows.pop("value")
        parts.append(rows)
    return joined(parts)


def histograms(
    snapshot: ScopedSnapshot,
    measures: Sequence[str],
    codes: Sequence[str],
    start: date | None,
    end: date,
    by_class: bool,
) -> Columns:
    """Return the bins of waiting times, whole months from ``start`` to ``end``."""
    table, asked = schema.measure_histogram, _by_depth(snapshot, codes)
    shown = [table.c[name] for name in ("measure", "region_code", *(["class_code"] if by_class else []), "bin")]
    limits = _inside(table.c.month, start, end)
    limits += [table.c.measure.in_(measures), table.c.depth.in_([each.depth for each in asked])]
    if len(codes) <= MAX_LISTED_CODES:  # also of a whole level: PostgreSQL would look through its every month
        limits.append(table.c.region_code.in_(codes))
    select = sa.select(*shown, sa.func.sum(table.c.value).label("value")).where(*limits)
    rows = columns_of_arrow(_only(snapshot.rows(select.group_by(*shown).order_by(*shown)), asked))
    edges = {name: [0.0, *load_histograms()[name].edges, np.inf] for name in measures}
    bins = list(zip(rows["measure"].tolist(), rows["bin"].tolist(), strict=True))
    rows["lower"] = np.array([edges[name][place] for name, place in bins], float)
    rows["upper"] = np.array([edges[name][place + 1] for name, place in bins], float)
    return rows


def _earliest(spans: Iterable[Span]) -> date | None:
    starts = [start for start, _ in spans]
    return None if None in starts else min(start for start in starts if start is not None)


def finest_grain_for(start: date | None, end: date) -> str:
    """Return the coarsest of year, month and day whose periods tile the span."""
    after = end + timedelta(days=1)
    if (start is None or (start.month, start.day) == (1, 1)) and (after.month, after.day) == (1, 1):
        return "year"
    if (start is None or start.day == 1) and after.day == 1:
        return "month"
    return "day"


def _flows(
    snapshot: ScopedSnapshot,
    measures: list[str],
    codes: Sequence[str],
    start: date | None,
    end: date,
    grain: str,
    by: Sequence[str],
) -> pa.Table:
    """Return sums of flows, from what is kept of months and years where it can be."""
    tiling = finest_grain_for(start, end)
    finest = tiling if grain == "total" else GRAINS[max(GRAINS.index(grain), GRAINS.index(tiling))]
    wide = _kept(snapshot, [_ROLLUPS[finest, bool(by)]], measures, codes, start) if finest != "day" else None
    if wide is None:
        return _read(snapshot, codes, lambda asked: _flow_select(measures, asked, start, end, grain, finest, by))
    return _by_period(wide, start, end, grain, by)


def _spans(
    snapshot: ScopedSnapshot,
    measures: list[str],
    codes: Sequence[str],
    spans: Mapping[int, Span],
    tiling: str,
    by: Sequence[str],
) -> Columns:
    """Return sums of flows over spans of one tiling, a column for each by its place."""
    start = _earliest(spans.values())
    wide = _kept(snapshot, [_ROLLUPS[tiling, bool(by)]], measures, codes, start) if tiling != "day" else None
    if wide is None:
        return columns_of_arrow(_read(snapshot, codes, lambda asked: _spans_select(measures, asked, spans, tiling, by)))
    columns = {f"value_{place}": wide.between(*span) for place, span in spans.items()}
    return _side_by_side(wide, ["measure", "region_code", *by], columns)


def _stocks(
    snapshot: ScopedSnapshot,
    measures: list[str],
    codes: Sequence[str],
    start: date | None,
    end: date,
    grain: str,
    by: Sequence[str],
) -> pa.Table:
    """Return the last known value in the span (total) or in each period, summed over the dimensions not asked for."""
    rollups = [_ROLLUPS["month", bool(by)], _YEARS_AS_MONTHS[bool(by)]]
    wide = _kept(snapshot, rollups, measures, codes, start) if grain != "day" else None
    if wide is None:
        return _read(snapshot, codes, lambda asked: _stock_select(measures, asked, start, end, grain, by))
    return _by_period(wide, start, end, grain, by, newest=True)


def _kept(
    snapshot: ScopedSnapshot,
    rollups: Sequence[Rollup],
    measures: Sequence[str],
    codes: Sequence[str],
    start: date | None,
) -> Wide | None:
    """Return what is kept of the roll-ups, read where it is missing; None when the regions are too scattered."""
    this_year = snapshot.info.data_through.year
    since = date(start.year, 1, 1) if start and start.year > this_year - RECENT_YEARS else None
    return snapshot.kept(partial(_fetch, snapshot), rollups, measures, codes, _company_of(measures[0]), since)


def read_below(snapshot: ScopedSnapshot, code: str, since: float) -> Iterator[None]:
    """Read ahead of the regions below ``code``; see :meth:`SnapshotReader.read_below`."""
    return snapshot.read_below(partial(_fetch, snapshot), code, since, _company_of)


def _fetch(
    snapshot: ScopedSnapshot, rollup: Rollup, measures: Sequence[str], regions: Sequence[str], since: date | None
) -> pa.Table:
    """Return all periods, or those from ``since`` on, of some measures and regions."""
    named = measures if len(measures) <= MAX_LISTED_MEASURES else None
    asked = _by_depth(snapshot, regions)
    rows = snapshot.rows(rollup.select(named, _of_regions(rollup.table, asked), since))
    if any(len(each.codes) < snapshot.breadths[each.depth] for each in asked):
        rows = _only(rows, asked)  # else who asks takes of what is kept the own regions only
    return rows if named else rows.filter(pc.is_in(rows["measure"], value_set=pa.array(measures, pa.string())))


def _fetched(
    snapshot: ScopedSnapshot,
    rollups: Sequence[Rollup],
    measures: Sequence[str],
    codes: Sequence[str],
    start: date,
    end: date,
) -> Wide:
    """Return the rows of roll-ups between two days from the store."""

    def fetch(rollup: Rollup, asked: Sequence[Asked]) -> sa.Select:
        select = rollup.select(measures, _of_regions(rollup.table, asked))
        return select.where(*_inside(rollup.table.c[rollup.period], start, end))

    parts = [rollup.wide(_read(snapshot, codes, partial(fetch, rollup))) for rollup in rollups]
    return reduce(Wide.followed_by, parts)


def _side_by_side(wide: Wide, dimensions: Sequence[str], columns: Mapping[str, slice]) -> Columns:
    """Return a column of sums for each of ``columns``; combinations that none of them has are absent."""
    labels, sums = wide.sums(dimensions, list(columns.values()))
    known = np.flatnonzero(~np.isnan(sums).all(axis=1))
    shown = {name: label.taken(known).array() for name, label in labels.items()}
    return shown | dict(zip(columns, sums[known].T, strict=True))


def _by_period(
    wide: Wide, start: date | None, end: date, grain: str, by: Sequence[str], newest: bool = False
) -> pa.Table:
    """Return the sums, or for stocks the newest values, of the whole span or of each of its periods."""
    columns, total = wide.between(start, end), grain == "total"
    periods, parts = (None, [columns]) if total else wide.periods(columns, _UNIT[grain])
    labels, sums = wide.sums(["measure", "region_code", *by], parts, newest)
    row, period = np.nonzero(~np.isnan(sums))
    shown = {name: label.taken(row).column() for name, label in labels.items()}
    begins = {} if periods is None else {"period_start": pa.array(periods[period])}
    named = {name: shown.pop(name) for name in ("measure", "region_code")}
    return pa.table({**named, **begins, **shown, "value": sums[row, period]})


def _flow_select(
    measures: list[str],
    asked: Sequence[Asked],
    start: date | None,
    end: date,
    grain: str,
    finest: str,
    by: Sequence[str],
) -> sa.Select:
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
    end = max(end for _, end in spans.values())
    limits = _limited(table, period, measures, asked, _earliest(spans.values()), end, by)
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


@lru_cache
def _company_of(measure: str) -> tuple[str, ...]:
    """Return what is read of a roll-up as ``measure`` is: all flows or all stocks."""
    declared = load_measures()
    return tuple(name for name, other in declared.items() if other.kind == declared[measure].kind)


def _by_depth(snapshot: ScopedSnapshot, codes: Sequence[str]) -> list[Asked]:
    asked: dict[int, list[str]] = {}
    depths = snapshot.depths
    for code in dict.fromkeys(codes):
        asked.setdefault(depths[code], []).append(code)
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


def _read(snapshot: ScopedSnapshot, codes: Sequence[str], select: Callable[[Sequence[Asked]], sa.Select]) -> pa.Table:
    """Return the rows of ``codes`` that a select of regions, made for what is asked for, gives."""
    asked = _by_depth(snapshot, codes)
    return _only(snapshot.rows(select(asked)), asked)


def _only(rows: pa.Table, asked: Sequence[Asked]) -> pa.Table:
    """Drop the rows of regions that were read only because their whole depth was."""
    if all(each.listed for each in asked):
        return rows
    wanted = pa.array(list(chain.from_iterable(each.codes for each in asked)), pa.string())
    return rows.filter(pc.is_in(rows["region_code"], value_set=wanted))


def _in_order(rows: pa.Table) -> pa.Table:
    """Return the rows sorted by every column but the value; texts by their code points, whatever the store's own order."""
    return rows.sort_by([(name, "ascending") for name in rows.column_names if name != "value"])
