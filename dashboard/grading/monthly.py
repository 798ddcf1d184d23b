"""Monthly numerators and denominators of many regions at once, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.indicators.catalogue import Indicator, Term
from dashboard.indicators.engine.facts import Facts, boundaries_of, evaluation_rules
from dashboard.indicators.engine.quantities import Part
from dashboard.memory import recalled
from data_access.access import Scope
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Monthly:
    """Measures of regions by month.

    Parameters
    ----------
    reader, scope : SnapshotReader, Scope
        Asked for the population when it is needed.
    codes : tuple of str
    months : PeriodIndex
    values : dict
        Measure, or its part by class and channel → array of shape (regions, months); NaN where nothing was reported. Where
        a measure is counted from records, a covered month without rows is 0.
    heard : dict
        Measure → array of shape (regions, months): whether a source covers the month and the region existed.
    """

    reader: SnapshotReader
    scope: Scope
    codes: tuple[str, ...]
    months: pd.PeriodIndex
    values: dict[Part, Array]
    heard: dict[str, NDArray[np.bool_]]

    def terms(self, terms: Sequence[Term]) -> Array:
        """Return the sum of an indicator's terms by region and month; a stock stands until it is reported anew.

        Where a term says that who reports nothing has none, nothing is 0 in the months that a source covers.
        """
        total: Array | None = None
        for term in terms:
            each = self.values[Part.of(term)]
            if term.absent_is_zero:
                each = np.where(self.heard[term.measure], np.nan_to_num(each), each)
            if load_measures()[term.measure].kind == "stock":
                each = carried(each, evaluation_rules().stock_carry_months)
            total = term.sign * each if total is None else total + term.sign * each
        if total is None:
            raise ValueError("an indicator without terms has nothing to add up")
        return total

    @cached_property
    def person_years(self) -> Array:
        """Population at risk, shape (regions, months)."""
        start, end = self.months[0].start_time.date(), self.months[-1].end_time.date()
        frame = self.reader.person_years(self.scope, list(self.codes), start, end, grain="month")
        return frame["person_years"].to_numpy(float).reshape(len(self.codes), len(self.months))


def read_monthly(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex, terms: Iterable[Term]
) -> Monthly:
    """Read what ``terms`` stand on of ``codes`` in ``months``, with one query for each way they are broken down."""
    start, end = months[0].start_time.date(), months[-1].end_time.date()
    wanted = list(dict.fromkeys(Part.of(term) for term in terms))
    exists = ~_before_regions(reader, scope, codes, months)
    covered, records = _covered(reader, scope, months)
    none = np.zeros(len(months), bool)
    values: dict[Part, Array] = {}
    for by in dict.fromkeys(part.by for part in wanted):
        group = [part for part in wanted if part.by == by]
        names = list(dict.fromkeys(part.measure for part in group))
        labels, monthly = reader.monthly_values(scope, names, list(codes), start, end, by)
        row = pd.Index(codes).get_indexer(pd.Index(labels["region_code"]))
        measure = pd.Index(names).get_indexer(pd.Index(labels["measure"]))
        for part in group:
            chosen = measure == names.index(part.measure)
            for name in by:
                chosen &= pd.Index(labels[name]).isin(getattr(part, name))
            sums = _sums(row[chosen], monthly[chosen], exists.shape)
            inside = records.get(part.measure)
            if inside is not None:
                sums = np.where(inside, np.nan_to_num(sums), np.nan)
            values[part] = np.where(exists, sums, np.nan)
    heard = {part.measure: covered.get(part.measure, none) & exists for part in wanted}
    return Monthly(reader, scope, tuple(codes), months, values, heard)


def late_months(
    facts: Facts, items: Iterable[Indicator], codes: Sequence[str], months: pd.PeriodIndex
) -> NDArray[np.bool_]:
    """Return in which months a source of the indicators is late: it has not told of the last days, so none is not none.

    Only regions in a late county: those that hold one are told of by the rest of it.

    Returns
    -------
    ndarray of bool, shape (regions, months)
    """
    sources = frozenset(
        cover.source for item in items for name in item.measures for cover in facts.coverage.get(name, ())
    )
    last_heard = min((day for source in sources for day in facts.late.get(source, {}).values()), default=None)
    late = np.zeros((len(codes), len(months)), bool)
    if last_heard is None:
        return late
    inside = facts.depths(codes) > 0
    last_days = np.minimum(_last_days(months), np.datetime64(facts.data_through))
    for place in np.flatnonzero(last_days > np.datetime64(last_heard)):
        late[:, place] = facts.late_among(codes, sources, last_days[place].item()) & inside
    return late


def _sums(row: NDArray[np.int_], monthly: Array, shape: tuple[int, int]) -> Array:
    """Return the rows of ``monthly`` added up by region; NaN where there is none."""
    part, column = np.nonzero(~np.isnan(monthly))
    place = np.ravel_multi_index((row[part], column), shape)
    total = np.bincount(place, monthly[part, column], minlength=shape[0] * shape[1])
    known = np.bincount(place, minlength=shape[0] * shape[1]) > 0
    return np.where(known, total, np.nan).reshape(shape)


def _before_regions(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex
) -> NDArray[np.bool_]:
    """Return the months that end before a region existed: nothing of it then is not none."""
    _, began = boundaries_of(reader, scope)
    days = np.array([began.get(code, date.min) for code in codes], dtype="datetime64[D]")
    return _last_days(months)[None, :] < days[:, None]


def _last_days(months: pd.PeriodIndex) -> NDArray[np.datetime64]:
    return (months.asi8 + 1).astype("datetime64[M]").astype("datetime64[D]") - 1


def carried(monthly: Array, limit: int) -> Array:
    """Return each month's value, or the last one reported at most ``limit`` months before."""
    months = np.arange(monthly.shape[-1])
    last = np.maximum.accumulate(np.where(np.isnan(monthly), -1, months), axis=-1)
    fresh = (last >= 0) & (months - last <= limit)
    return np.where(fresh, np.take_along_axis(monthly, np.maximum(last, 0), axis=-1), np.nan)


def _covered(
    reader: SnapshotReader, scope: Scope, months: pd.PeriodIndex
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]]]:
    """Return by measure the months that its sources cover: of all measures, and of those counted from records only.

    In the latter absence is zero. Kept: the same months are asked of the regions below each parent.
    """
    key = ("covered months", scope, str(months[0]), str(months[-1]))
    return recalled(reader, key, lambda: _months_inside(reader.coverage(scope), months))


def _months_inside(
    coverage: pd.DataFrame, months: pd.PeriodIndex
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]]]:
    starts, ends = months.asi8.astype("datetime64[M]").astype("datetime64[D]"), _last_days(months)
    first, last = (pd.to_datetime(coverage[name]).to_numpy("datetime64[D]") for name in ("first_day", "last_day"))
    records = set(coverage.loc[coverage["basis"] == "records", "measure"])
    covered: dict[str, NDArray[np.bool_]] = {}
    for place, name in enumerate(coverage["measure"].tolist()):
        inside = (starts >= first[place]) & (ends <= last[place])
        covered[name] = covered[name] | inside if name in covered else inside
    return covered, {name: inside for name, inside in covered.items() if name in records}
