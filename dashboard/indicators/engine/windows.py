"""Which days a figure stands on: the indicator's window, cut to what the sources cover."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.periods import Period

_GRAIN_RANK = {"day": 0, "month": 1, "year": 2}
_KEPT_SPANS = 8192
"""How many are kept: all pages ask for the same again and again, and what the sources cover is the same for every scope."""


@dataclass(frozen=True)
class Cover:
    """One source's cover of one measure; ``provisional`` where its first and its last year were taken as whole."""

    source: str
    basis: str
    grain: str
    first_day: date
    last_day: date
    provisional: bool = False

    def is_assumed(self, start: date, end: date) -> bool:
        """Whether the cover of these days is taken for granted, the source having told of its rare rows only."""
        return self.provisional and (start.year <= self.first_day.year or end.year >= self.last_day.year)


Coverage = Mapping[str, tuple[Cover, ...]]


@dataclass(frozen=True)
class Span:
    """The days a sum runs over, and what must be said about them.

    ``status`` is ``ok`` or ``partial`` when there is something to sum, else why not.
    """

    start: date | None
    end: date
    status: str = words.OK
    notes: tuple[str, ...] = ()
    basis: str = ""
    grain: str = ""
    through: date | None = None
    sources: frozenset[str] = field(default_factory=frozenset)
    records: frozenset[str] = field(default_factory=frozenset)
    """Measures that stand on records, so that no row means none."""

    @property
    def usable(self) -> bool:
        """Whether there is anything to sum."""
        return self.status in words.WITH_VALUE

    @property
    def days(self) -> tuple[date | None, date] | None:
        """First and last day, for a query; None when there is nothing to ask."""
        return (self.start, self.end) if self.usable else None


def read_coverage(frame: pd.DataFrame) -> Coverage:
    """Return :meth:`SnapshotReader.coverage` as covers by measure."""
    covers: dict[str, list[Cover]] = {}
    for row in frame.to_dict("records"):
        first, last = (pd.Timestamp(row[name]).date() for name in ("first_day", "last_day"))
        cover = Cover(str(row["source"]), str(row["basis"]), str(row["grain"]), first, last, bool(row["provisional"]))
        covers.setdefault(str(row["measure"]), []).append(cover)
    return {measure: tuple(rows) for measure, rows in covers.items()}


def wanted_days(window: str, period: Period, carry_months: int = 0) -> tuple[date | None, date]:
    """Return the first and last day that ``window`` asks for at ``period``; no first day means from the beginning."""
    match window:
        case "year":
            return date(period.year, 1, 1), date(period.year, 12, 31)
        case "year_to_date":
            return date(period.year, 1, 1), period.end
        case "half_year":
            return _half_year_start(period), period.end
        case "rolling_12_months":
            return _months_before(period.end, 12), period.end
        case "rolling_36_months":
            return _months_before(period.end, 36), period.end
        case "since_start":
            return None, period.end
        case "as_of":
            return _months_before(period.end, max(carry_months, 1)), period.end
    return period.start, period.end


def resolve(
    window: str,
    period: Period,
    measures: Sequence[str],
    coverage: Coverage,
    data_through: date,
    carry_months: int = 3,
) -> Span:
    """Return the days that ``measures`` can be summed over for ``window`` at ``period``.

    Parameters
    ----------
    window : str
        One of the windows of the catalogue.
    period : Period
    measures : sequence of str
        All that are summed over this window; the days are those that every one of them covers.
    coverage : mapping of measure to covers
    data_through : date
    carry_months : int
        How old a stock may be, in months.

    Returns
    -------
    Span
        ``finer_than_source`` when the numbers exist by year only and the window is not made of whole years.
    """
    covered = tuple((measure, coverage.get(measure, ())) for measure in measures)
    return _resolved(window, period, covered, data_through, carry_months)


@lru_cache(maxsize=_KEPT_SPANS)
def _resolved(
    window: str,
    period: Period,
    covered: tuple[tuple[str, tuple[Cover, ...]], ...],
    data_through: date,
    carry_months: int,
) -> Span:
    first, last = wanted_days(window, period, carry_months)
    refused = Span(first, last, words.NO_DATA, ("outside_coverage",))
    if window == "half_year":
        return _survey_span(period, dict(covered), data_through)
    parts = []
    for _, covers in covered:
        if not covers:
            return Span(first, last, words.NO_DATA, ("not_collected",))
        overlapping = [cover for cover in covers if _overlaps(cover, first, last)]
        if not overlapping:
            return refused
        tiling = [cover for cover in overlapping if cover.grain != "year" or _whole_years(window, period, first, last)]
        if not tiling:
            return Span(
                first,
                last,
                words.FINER_THAN_SOURCE,
                (),
                _basis(overlapping),
                "year",
                max(cover.last_day for cover in overlapping),
                frozenset(cover.source for cover in overlapping),
            )
        parts.append(_standing(tiling, first, last))
    starts = [min(cover.first_day for cover in covers) for covers in parts]
    ends = [max(min(cover.last_day, last) for cover in covers) for covers in parts]
    start, end = max(starts), min(ends)
    end = _whole_months(end, parts)
    if first is not None:
        start = max(start, first)
    if end < start:
        return refused
    every = [cover for covers in parts for cover in covers]
    notes = _shortfall(window, first, last, start, end, data_through)
    assumed = ("cover_assumed",) * any(cover.is_assumed(start, end) for cover in every)
    return Span(
        start if first is not None else None,
        end,
        words.PARTIAL if notes else words.OK,
        (*notes, *assumed),
        _basis(every),
        max((cover.grain for cover in every), key=_GRAIN_RANK.__getitem__),
        min(end, data_through),
        frozenset(cover.source for cover in every),
        frozenset(
            measure
            for (measure, _), covers in zip(covered, parts, strict=True)
            if any(cover.basis == "records" for cover in covers)
        ),
    )


def _survey_span(period: Period, coverage: Coverage, data_through: date) -> Span:
    """Return the half-year(s) of ``period``, or the one before when the survey is not in yet."""
    first, last = _half_year_start(period), period.end
    day_before = first - timedelta(days=1)
    for start, end, notes in ((first, last, ()), (_months_before(day_before, 6), day_before, ("carried_forward",))):
        covers = [[cover for cover in own if _overlaps(cover, start, end)] for own in coverage.values()]
        if all(covers):
            every = [cover for found in covers for cover in found]
            heard = min(max(cover.last_day for cover in found) for found in covers)
            half_end = date(heard.year, 6, 30) if heard.month <= 6 else date(heard.year, 12, 31)
            return Span(
                start,
                end,
                words.OK,
                notes,
                _basis(every),
                "half",
                min(half_end, end, data_through),
                frozenset(),
                frozenset(coverage),
            )
    collected = all(coverage.values())
    return Span(first, last, words.NO_DATA, ("outside_coverage" if collected else "not_collected",))


def _shortfall(
    window: str, first: date | None, last: date, start: date, end: date, data_through: date
) -> tuple[str, ...]:
    notes: list[str] = []
    if end < last:
        notes.append("period_running" if last > data_through else "ends_early")
    if window not in ("as_of", "since_start") and first is not None and start > first:
        notes.append("starts_late")
    # A stock of an earlier month is carried by region, where it is noticed.
    return tuple(notes) if window != "as_of" else ()


def _standing(covers: list[Cover], first: date | None, last: date) -> list[Cover]:
    """Return the covers that stand: records alone where they reach over the whole window, for they win over counts."""
    records = [cover for cover in covers if cover.basis == "records"]
    if not records:
        return covers
    reaches_back = min(cover.first_day for cover in records) <= (first or min(cover.first_day for cover in covers))
    reaches_end = max(cover.last_day for cover in records) >= min(last, max(cover.last_day for cover in covers))
    return records if reaches_back and reaches_end else covers


def _half_year_start(period: Period) -> date:
    return date(period.year, 1 if period.first_month <= 6 else 7, 1)


def _overlaps(cover: Cover, first: date | None, last: date) -> bool:
    return cover.first_day <= last and (first is None or cover.last_day >= first)


def _whole_years(window: str, period: Period, first: date | None, last: date) -> bool:
    if window == "as_of":
        return period.grain == "year"
    return (first is None or (first.month, first.day) == (1, 1)) and (last.month, last.day) == (12, 31)


def _whole_months(end: date, parts: Sequence[Sequence[Cover]]) -> date:
    """Return the last day that every measure can be cut at: a month's end where one is known by month only."""
    by_day_only = all(any(cover.grain == "day" for cover in covers) for covers in parts)
    if by_day_only or end.day == calendar.monthrange(end.year, end.month)[1]:
        return end
    return end.replace(day=1) - timedelta(days=1)


def _basis(covers: Sequence[Cover]) -> str:
    found = {cover.basis for cover in covers}
    return found.pop() if len(found) == 1 else "mixed"


def _months_before(end: date, months: int) -> date:
    """Return the first day of the ``months`` calendar months that end with ``end``'s."""
    index = end.year * 12 + end.month - months
    return date(index // 12, index % 12 + 1, 1)
