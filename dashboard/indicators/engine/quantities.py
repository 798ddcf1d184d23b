"""Sums of measures by region and span of days: few queries, whatever the number of indicators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import Term
from data_access.access import Scope
from data_access.queries import Columns, SnapshotReader

Days = tuple[date | None, date]
Spans = tuple[Days | None, ...]
"""The days of several periods; None where there is nothing to ask."""


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
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], needs: Mapping[Spans, Iterable[Part]]
) -> dict[Spans, dict[Part, np.ndarray]]:
    """Return the sums of flows over spans of days.

    Parameters
    ----------
    codes : sequence of str, length R
    needs : mapping of spans, length S, to parts

    Returns
    -------
    dict of spans to dict of Part to ndarray, shape (R, S)
        NaN where no row is known (and in every column whose span is None).
    """
    sums: dict[Spans, dict[Part, np.ndarray]] = {}
    single: list[tuple[Part, Days, np.ndarray]] = []
    for spans, parts in needs.items():
        own = sums[spans] = {part: np.full((len(codes), len(spans)), np.nan) for part in parts}
        asked = {place: days for place, days in enumerate(spans) if days is not None}
        aligned = {place: days for place, days in asked.items() if _ends_a_month(days[1])}
        if len(aligned) > 2:
            for by, group in _by_breakdown(list(own)):
                _fill_from_months(reader, scope, codes, by, group, aligned, own)
            asked = {place: days for place, days in asked.items() if place not in aligned}
        single += [(part, days, own[part][:, place]) for part in own for place, days in asked.items()]
    for divided in (False, True):
        _fill_side_by_side(reader, scope, codes, [each for each in single if bool(each[0].by) == divided])
    return sums


def _fill_side_by_side(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], wanted: Sequence[tuple[Part, Days, np.ndarray]]
) -> None:
    """Read all spans of all parts at once, as finely divided as the finest of them, and fill the arrays."""
    if not wanted:
        return
    parts, days, _ = zip(*wanted, strict=True)
    places = {each: place for place, each in enumerate(dict.fromkeys(days))}
    measures = list(dict.fromkeys(part.measure for part in parts))
    by = [name for name in ("class_code", "channel") if any(name in part.by for part in parts)]
    found = reader.span_values(scope, measures, codes, list(places), by=by)
    values = np.column_stack([found[f"value_{place}"] for place in places.values()])
    number = {part: place for place, part in enumerate(dict.fromkeys(parts))}
    sums = _Placed(found, codes).of_each(list(number), values)
    for part, own, column in wanted:
        column[:] = sums[number[part], :, places[own]]


def stock_months(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], parts: Iterable[Part], first: date, last: date
) -> tuple[np.ndarray, dict[Part, np.ndarray]]:
    """Return stocks as reported.

    Returns
    -------
    months : ndarray of datetime64[M], length M
    values : dict of Part to ndarray, shape (R, M)
        NaN where a region reported nothing that month.
    """
    wanted = list(dict.fromkeys(parts))
    months = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    values: dict[Part, np.ndarray] = {}
    for by, group in _by_breakdown(wanted):
        measures = list(dict.fromkeys(part.measure for part in group))
        labels, monthly = reader.monthly_values(scope, measures, codes, first.replace(day=1), last, by)
        rows = _Placed(labels, codes)
        values |= {part: rows.of(part, monthly) for part in group}
    return months, values


def _fill_from_months(
    reader: SnapshotReader,
    scope: Scope,
    codes: Sequence[str],
    by: tuple[str, ...],
    group: Sequence[Part],
    asked: Mapping[int, Days],
    sums: dict[Part, np.ndarray],
) -> None:
    """Read all months once and take each span as a difference of running totals."""
    spans = list(asked.values())
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
    rows, values = _Placed(frame, codes, periods), frame["value"].to_numpy(float)
    for part in group:
        matrix = rows.of(part, values)
        known = np.isfinite(matrix)
        total = _running(np.where(known, matrix, 0.0))
        seen = _running(known.astype(float))
        value = total[:, upper] - total[:, lower]
        sums[part][:, list(asked)] = np.where(seen[:, upper] - seen[:, lower] > 0, value, np.nan)


def _running(matrix: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((matrix.shape[0], 1)), np.cumsum(matrix, axis=1)], axis=1)


def _by_breakdown(parts: Sequence[Part]) -> list[tuple[tuple[str, ...], list[Part]]]:
    groups: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.by, []).append(part)
    return list(groups.items())


class _Placed:
    """Rows of a read with their place in an array region (× period): many parts are taken from one, without a frame each."""

    def __init__(
        self, labels: Columns | pd.DataFrame, codes: Sequence[str], periods: pd.DatetimeIndex | None = None
    ) -> None:
        number = {code: place for place, code in enumerate(codes)}
        places = [np.array([number.get(code, -1) for code in labels["region_code"].tolist()], dtype=int)]
        self._shape: tuple[int, ...] = (len(codes),)
        if periods is not None:
            places.append(periods.get_indexer(pd.DatetimeIndex(labels["period_start"])))
            self._shape = (len(codes), len(periods))
        self._labels, self._places = labels, places
        self._known = np.all([place >= 0 for place in places], axis=0)
        self._numbered: dict[str, tuple[np.ndarray, dict[str, int]]] = {}
        self._chosen: dict[Part, np.ndarray] = {}

    def _rows_with(self, name: str, wanted: Sequence[str]) -> np.ndarray:
        """Return which rows' label ``name`` is one of ``wanted``."""
        if name not in self._numbered:
            numbers, texts = pd.factorize(np.asarray(self._labels[name], object))
            self._numbered[name] = numbers, {text: place for place, text in enumerate(texts)}
        numbers, places = self._numbered[name]
        is_wanted = np.zeros(len(places) + 1, bool)  # the last one stands for rows without a label
        is_wanted[[places[text] for text in wanted if text in places]] = True
        return is_wanted[numbers]

    def _rows_of(self, part: Part) -> np.ndarray:
        if part not in self._chosen:
            chosen = self._rows_with("measure", [part.measure])
            for name in part.by:
                chosen &= self._rows_with(name, getattr(part, name))
            self._chosen[part] = chosen
        return self._chosen[part]

    def of(self, part: Part, values: np.ndarray) -> np.ndarray:
        """Return the values of ``part``, one or several a row, added up; NaN where there is none."""
        return self.added_up(values, self._rows_of(part))

    def of_each(self, parts: Sequence[Part], values: np.ndarray) -> np.ndarray:
        """Return :meth:`of` of several parts, one after the other in the first dimension."""
        rows = [np.flatnonzero(self._known & self._rows_of(part)) for part in parts]
        number, every = np.repeat(np.arange(len(parts)), [len(own) for own in rows]), np.concatenate(rows)
        where = (number, *(place[every] for place in self._places))
        return _summed((len(parts), *self._shape), where, values[every])

    def added_up(self, values: np.ndarray, chosen: np.ndarray | bool = True) -> np.ndarray:
        """Return the chosen rows' values added up at their places, NaN where there is none."""
        rows = self._known & chosen
        return _summed(self._shape, tuple(place[rows] for place in self._places), values[rows])


def _summed(shape: tuple[int, ...], where: tuple[np.ndarray, ...], values: np.ndarray) -> np.ndarray:
    """Return values added up at their places, NaN where there is none."""
    known = ~np.isnan(values)
    total, seen = np.zeros(shape + values.shape[1:]), np.zeros(shape + values.shape[1:], bool)
    np.add.at(total, where, np.where(known, values, 0.0))
    np.logical_or.at(seen, where, known)
    return np.where(seen, total, np.nan)


def _ends_a_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def person_years(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], spans: Sequence[Days | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Return person-years (NaN where no population is known) and whether a population was carried.

    Returns
    -------
    exposure, carried : ndarray, shape (R, S)
    """
    exposure = np.full((len(codes), len(spans)), np.nan)
    carried = np.zeros(exposure.shape, bool)
    asked: dict[int, tuple[date, date]] = {}
    for place, days in enumerate(spans):
        if days is not None and days[0] is not None:
            asked[place] = (days[0], days[1])
    months = {place: days for place, days in asked.items() if days[0].day == 1 and _ends_a_month(days[1])}
    if len(months) > 2:
        begin, end = min(first for first, _ in months.values()), max(last for _, last in months.values())
        by_month, is_old = reader.exposure(scope, codes, begin, end, grain="month")
        total, lost, old = (_running(each) for each in (np.nan_to_num(by_month), np.isnan(by_month), is_old))
        for place, (first, last) in months.items():
            low, high = _months_between(begin, first), _months_between(begin, last + timedelta(days=1))
            exposure[:, place] = np.where(lost[:, high] > lost[:, low], np.nan, total[:, high] - total[:, low])
            carried[:, place] = old[:, high] > old[:, low]
        asked = {place: days for place, days in asked.items() if place not in months}
    read: dict[tuple[date, date], tuple[np.ndarray, np.ndarray]] = {}
    for place, days in asked.items():
        if days not in read:
            read[days] = reader.exposure(scope, codes, *days)
        exposure[:, [place]], carried[:, [place]] = read[days]
    return exposure, carried


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
