"""Sums of measures by region and span of days: few queries, whatever the number of indicators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import Term
from data_access.access import Scope
from data_access.queries import SnapshotReader

Days = tuple[date | None, date]


@dataclass(frozen=True)
class Part:
    """A measure, or some of its classes and channels."""

    measure: str
    class_code: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()

    @classmethod
    def of(cls, term: Term) -> Part:
        """Return what ``term`` reads."""
        return cls(term.measure, term.class_code, term.channel)

    @property
    def by(self) -> tuple[str, ...]:
        """The breakdowns a query needs to select it."""
        return tuple(name for name in ("class_code", "channel") if getattr(self, name))


def flow_sums(
    reader: SnapshotReader,
    scope: Scope,
    codes: Sequence[str],
    parts: Iterable[Part],
    spans: Sequence[Days | None],
) -> dict[Part, np.ndarray]:
    """Return the sums of flows.

    Parameters
    ----------
    codes : sequence of str, length R
    parts : iterable of Part
    spans : sequence of (first day or None, last day) or None, length S

    Returns
    -------
    dict of Part to ndarray, shape (R, S)
        NaN where no row is known (and in every column whose span is None).
    """
    wanted = list(dict.fromkeys(parts))
    sums = {part: np.full((len(codes), len(spans)), np.nan) for part in wanted}
    aligned = [place for place, days in enumerate(spans) if days is not None and _ends_a_month(days[1])]
    single = [place for place, days in enumerate(spans) if days is not None and place not in set(aligned)]
    if len(aligned) <= 2:
        single, aligned = sorted(single + aligned), []
    for by, group in _by_breakdown(wanted):
        measures = list(dict.fromkeys(part.measure for part in group))
        for place in single:
            first, last = spans[place]
            frame = reader.measure_values(scope, measures, codes, first, last, by=by)
            for part, rows in _selected(frame, group):
                sums[part][:, place] = _by_region(rows, codes)
        if aligned:
            chosen = [spans[place] for place in aligned]
            _fill_from_months(reader, scope, codes, by, group, chosen, aligned, sums)
    return sums


def stock_months(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], parts: Iterable[Part], first: date, last: date
) -> tuple[pd.DatetimeIndex, dict[Part, np.ndarray]]:
    """Return stocks as reported.

    Returns
    -------
    months : DatetimeIndex, length M
    values : dict of Part to ndarray, shape (R, M)
        NaN where a region reported nothing that month.
    """
    wanted = list(dict.fromkeys(parts))
    months = pd.date_range(first.replace(day=1), last, freq="MS")
    values = {}
    for by, group in _by_breakdown(wanted):
        measures = list(dict.fromkeys(part.measure for part in group))
        frame = reader.measure_values(scope, measures, codes, first, last, grain="month", by=by)
        for part, rows in _selected(frame, group):
            values[part] = _matrix(rows, codes, months)
    return months, values


def _fill_from_months(
    reader: SnapshotReader,
    scope: Scope,
    codes: Sequence[str],
    by: tuple[str, ...],
    group: Sequence[Part],
    spans: Sequence[Days],
    places: Sequence[int],
    sums: dict[Part, np.ndarray],
) -> None:
    """Read all months once and take each span as a difference of running totals."""
    starts = [first for first, _ in spans]
    first = None if any(start is None for start in starts) else min(start for start in starts if start is not None)
    last = max(end for _, end in spans)
    whole_years = all(
        (start is None or (start.month, start.day) == (1, 1)) and (end.month, end.day) == (12, 31)
        for start, end in spans
    )
    grain = "year" if whole_years else "month"
    measures = list(dict.fromkeys(part.measure for part in group))
    frame = reader.measure_values(scope, measures, codes, first, last, grain=grain, by=by)
    if frame.empty:
        return
    begin = first or pd.Timestamp(frame["period_start"].min()).date()
    periods = pd.date_range(begin.replace(day=1), last, freq="YS" if whole_years else "MS")
    edges = periods.append(pd.DatetimeIndex([pd.Timestamp(last) + pd.Timedelta(days=1)]))
    lower = [0 if start is None else int(edges.searchsorted(pd.Timestamp(start))) for start, _ in spans]
    upper = [int(edges.searchsorted(pd.Timestamp(end) + pd.Timedelta(days=1))) for _, end in spans]
    for part, rows in _selected(frame, group):
        matrix = _matrix(rows, codes, periods)
        known = np.isfinite(matrix)
        total = _running(np.where(known, matrix, 0.0))
        seen = _running(known.astype(float))
        value = total[:, upper] - total[:, lower]
        sums[part][:, list(places)] = np.where(seen[:, upper] - seen[:, lower] > 0, value, np.nan)


def _running(matrix: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((matrix.shape[0], 1)), np.cumsum(matrix, axis=1)], axis=1)


def _by_breakdown(parts: Sequence[Part]) -> list[tuple[tuple[str, ...], list[Part]]]:
    groups: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.by, []).append(part)
    return list(groups.items())


def _selected(frame: pd.DataFrame, parts: Sequence[Part]) -> Iterable[tuple[Part, pd.DataFrame]]:
    by_measure = dict(tuple(frame.groupby("measure", sort=False)))
    nothing = frame.iloc[:0]
    for part in parts:
        rows = by_measure.get(part.measure, nothing)
        for name in part.by:
            rows = rows[rows[name].isin(getattr(part, name))]
        yield part, rows


def _by_region(rows: pd.DataFrame, codes: Sequence[str]) -> np.ndarray:
    if rows.empty:
        return np.full(len(codes), np.nan)
    return rows.groupby("region_code")["value"].sum().reindex(list(codes)).to_numpy(float)


def _matrix(rows: pd.DataFrame, codes: Sequence[str], periods: pd.DatetimeIndex) -> np.ndarray:
    """Return the rows as an array region × period, NaN where there is none."""
    matrix = np.full((len(codes), len(periods)), np.nan)
    if rows.empty:
        return matrix
    place = pd.Index(list(codes)).get_indexer(rows["region_code"])
    column = periods.get_indexer(pd.DatetimeIndex(pd.to_datetime(rows["period_start"])))
    known = (place >= 0) & (column >= 0)
    filled = np.zeros_like(matrix)
    seen = np.zeros(matrix.shape, bool)
    values = rows["value"].to_numpy(float)
    np.add.at(filled, (place[known], column[known]), values[known])
    seen[place[known], column[known]] = True
    matrix[seen] = filled[seen]
    return matrix


def _ends_a_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
