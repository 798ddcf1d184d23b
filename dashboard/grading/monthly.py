"""Monthly numerators and denominators of many regions at once, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.indicators.catalogue import Term
from dashboard.indicators.engine.facts import boundaries_of, evaluation_rules
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
        Measure → array of shape (regions, months); NaN where nothing was reported. Where a measure is counted from
        records, a covered month without rows is 0.
    """

    reader: SnapshotReader
    scope: Scope
    codes: tuple[str, ...]
    months: pd.PeriodIndex
    values: dict[str, Array]

    def terms(self, terms: Sequence[Term]) -> Array:
        """Return the sum of an indicator's terms by region and month; a stock stands until it is reported anew."""
        total: Array | None = None
        for term in terms:
            each = self.values[term.measure]
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
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex, measures: Sequence[str]
) -> Monthly:
    """Read ``measures`` of ``codes`` in ``months`` with one query for flows and one for stocks."""
    start, end = months[0].start_time.date(), months[-1].end_time.date()
    names = list(measures)
    frame = reader.measure_values(scope, names, list(codes), start, end, grain="month")
    row = pd.Index(codes).get_indexer(pd.Index(frame["region_code"]))
    stamps = pd.DatetimeIndex(frame["period_start"])
    column = (stamps.year - months[0].year) * 12 + stamps.month - months[0].month
    cube = np.full((len(names), len(codes), len(months)), np.nan)
    cube[pd.Index(names).get_indexer(pd.Index(frame["measure"])), row, column] = frame["value"]
    covered = _covered_by_records(reader.coverage(scope), months)
    values = {}
    for number, name in enumerate(names):
        inside = covered.get(name)
        values[name] = cube[number] if inside is None else np.where(inside, np.nan_to_num(cube[number]), np.nan)
    absent = _before_regions(reader, scope, codes, months)
    if absent.any():
        values = {name: np.where(absent, np.nan, array) for name, array in values.items()}
    return Monthly(reader, scope, tuple(codes), months, values)


def _before_regions(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex
) -> NDArray[np.bool_]:
    """Return the months that end before a region existed: nothing of it then is not none."""
    _, began = boundaries_of(reader, scope)
    days = np.array([began.get(code, date.min) for code in codes], dtype="datetime64[D]")
    ends = months.end_time.to_numpy("datetime64[D]")
    return ends[None, :] < days[:, None]


def carried(monthly: Array, limit: int) -> Array:
    """Return each month's value, or the last one reported at most ``limit`` months before."""
    months = np.arange(monthly.shape[-1])
    last = np.maximum.accumulate(np.where(np.isnan(monthly), -1, months), axis=-1)
    fresh = (last >= 0) & (months - last <= limit)
    return np.where(fresh, np.take_along_axis(monthly, np.maximum(last, 0), axis=-1), np.nan)


def _covered_by_records(coverage: pd.DataFrame, months: pd.PeriodIndex) -> dict[str, NDArray[np.bool_]]:
    """Return the months that the sources of a measure cover, of measures counted from records: there absence is zero."""
    starts = months.start_time.to_numpy("datetime64[D]")
    ends = months.end_time.to_numpy("datetime64[D]")
    first, last = (pd.to_datetime(coverage[name]).to_numpy("datetime64[D]") for name in ("first_day", "last_day"))
    records = set(coverage.loc[coverage["basis"] == "records", "measure"])
    covered: dict[str, NDArray[np.bool_]] = {}
    for place, name in enumerate(coverage["measure"].tolist()):
        if name in records:
            inside = (starts >= first[place]) & (ends <= last[place])
            covered[name] = covered[name] | inside if name in covered else inside
    return covered
