"""What the twelve lines stand on, for all townships and years at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.monthly import Monthly, late_months, read_monthly
from dashboard.grading.townships.settings import Line, MatrixSettings
from dashboard.indicators.catalogue import TOWNSHIPS, Indicator, Term
from dashboard.indicators.engine.facts import Facts, facts_of
from dashboard.statistics.estimate import StatisticsError
from data_access.access import Scope
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]
COUNTY_DEPTH = 1
QUARTERS = 4


@dataclass(frozen=True)
class MatrixInputs:
    """Sums by line and indicator, arrays of shape (regions, years) or, where quarters are averaged, (regions, years, 4).

    Parameters
    ----------
    codes : tuple of str
    ends : PeriodIndex
        Last month of each year, the newest last.
    numerators, denominators : dict
        (line, indicator) → sums over the line's window; NaN where nothing was reported.
    expected : dict
        Line → events expected at the township's own earlier rate (relative risks).
    person_years : ndarray
        Population at risk of the twelve months.
    clean_exposure : ndarray, shape (regions,)
        Population at risk of the months without a case that the award takes, ending with the newest year.
    common_rate : float
        Homicides per person-year of all regions listed over those months.
    """

    codes: tuple[str, ...]
    ends: pd.PeriodIndex
    numerators: dict[tuple[str, str], Array]
    denominators: dict[tuple[str, str], Array]
    expected: dict[str, Array]
    person_years: Array
    clean_exposure: Array
    common_rate: float

    def __post_init__(self) -> None:
        """Refuse arrays that don't have numbers for each region and year, by line and indicator."""
        shape = len(self.codes), len(self.ends)
        for part in ("numerators", "denominators", "expected"):
            for key, array in getattr(self, part).items():
                if np.shape(array)[:2] != shape:
                    raise StatisticsError(f"{part} of {key}: {shape} regions and years, got {np.shape(array)}")


def matrix_inputs(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], ends: pd.PeriodIndex, settings: MatrixSettings
) -> MatrixInputs:
    """Read what the matrix of ``codes`` stands on in the years that end with ``ends``.

    What a late county has not reported to the year's end is not scored, as in the index: only a case that is known counts.
    """
    facts = facts_of(reader, scope)
    longest = max(line.window_months for line in settings.line) + settings.baseline_months
    months = pd.period_range(ends[0] - max(longest, settings.clean_months), ends[-1], freq="M")
    counties = [_county(facts, code) for code in codes]
    known = [code for code in dict.fromkeys(counties) if code is not None]
    asked = list(dict.fromkeys([*codes, *known]))
    read = read_monthly(reader, scope, asked, months, _terms(settings))
    own = pd.Index(asked).get_indexer(pd.Index(list(codes)))
    above = np.array([asked.index(code) if code is not None else -1 for code in counties], int)
    place = {"own": own, "county": above}
    numerators, denominators, expected = {}, {}, {}
    end = np.array([(each - months[0]).n for each in ends]) + 1
    for line in settings.line:
        rows = place[line.level]
        silent = late_months(facts, line.members, codes, ends)
        for item in line.members:
            key = line.id, item.id
            numerator = _rows(read.terms(item.numerator), rows)
            if line.kind == "count":
                numerators[key] = _counted(numerator, end, line.window_months, silent)
                continue
            if line.kind == "relative_risk":
                events = _summed(numerator, end, line.window_months, whole=True)
                numerators[key] = np.where(silent, np.nan, events)
                expected[line.id] = _expected(numerator, _rows(read.person_years, rows), end, line, settings)
                continue
            denominator = _denominator(read, facts, item, rows, codes)
            sums = _share(numerator, denominator, item, line, end)
            numerators[key], denominators[key] = (_unless(silent, each) for each in sums)
    people = _rows(read.person_years, own)
    cases = _gate_cases(read, settings, own)
    clean, rate = _clean_exposure(people, cases, int(end[-1]), settings)
    return MatrixInputs(
        codes=tuple(codes),
        ends=ends,
        numerators=numerators,
        denominators=denominators,
        expected=expected,
        person_years=_summed(people, end, 12, whole=True),
        clean_exposure=clean,
        common_rate=rate,
    )


def _county(facts: Facts, code: str) -> str | None:
    """Return the county of ``code`` if the viewer may see it."""
    county = facts.ancestor(code, COUNTY_DEPTH)
    return county if county is not None and bool(facts.regions.at[county, "in_scope"]) else None


def _terms(settings: MatrixSettings) -> list[Term]:
    return [term for line in settings.line for item in line.members for term in item.terms]


def _rows(monthly: Array, rows: NDArray[np.int_]) -> Array:
    """Return the monthly values of ``rows``; -1 stands for a region that may not be seen."""
    return np.where((rows >= 0)[:, None], monthly[rows], np.nan)


def _denominator(read: Monthly, facts: Facts, item: Indicator, rows: NDArray[np.int_], codes: Sequence[str]) -> Array:
    if item.denominator == TOWNSHIPS:
        return np.repeat(facts.townships(codes)[:, None], len(read.months), axis=1)
    if isinstance(item.denominator, str):
        raise ValueError(f"indicator {item.id!r} is no share: its denominator is {item.denominator!r}")
    return _rows(read.terms(item.denominator), rows)


def _share(
    numerator: Array, denominator: Array, item: Indicator, line: Line, end: NDArray[np.int_]
) -> tuple[Array, Array]:
    """Return numerator and denominator of the line's window; a stock as at its end, or at each quarter's end."""
    last = end - line.lag_of(item.id)
    if item.numerator[0].is_stock:
        if line.kind != "lowest_share":
            return numerator[:, last - 1], denominator[:, last - 1]
        at = last[:, None] - 1 - 3 * np.arange(QUARTERS)[None, ::-1]
        return numerator[:, at], denominator[:, at]
    # Months that lack one of the two would bias the share: they count in neither.
    both = np.isfinite(numerator) & np.isfinite(denominator)
    sums = [
        _summed(np.where(both, each, np.nan), last, line.window_months, whole=False)
        for each in (numerator, denominator)
    ]
    return sums[0], sums[1]


def _unless(silent: NDArray[np.bool_], sums: Array) -> Array:
    """Return the sums, by year or by year and quarter, without the years whose last days a source hasn't told of."""
    return np.where(silent.reshape(silent.shape + (1,) * (sums.ndim - silent.ndim)), np.nan, sums)


def _summed(monthly: Array, end: NDArray[np.int_], months: int, *, whole: bool) -> Array:
    """Return the sums of ``months`` months that end before ``end``; ``whole``: only where every month is known."""
    known = np.isfinite(monthly)
    total = np.cumsum(np.pad(np.where(known, monthly, 0.0), ((0, 0), (1, 0))), axis=1)
    seen = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1)
    start = np.maximum(end - months, 0)
    count = seen[:, end] - seen[:, start]
    enough = (count == months) if whole else (count > 0)
    return np.where(enough, total[:, end] - total[:, start], np.nan)


def _counted(events: Array, end: NDArray[np.int_], months: int, silent: NDArray[np.bool_]) -> Array:
    """Return the events of each window; none is known only where every month is, and every source was heard to its end."""
    heard, whole = (_summed(events, end, months, whole=each) for each in (False, True))
    count = np.where(heard > 0, heard, whole)
    return np.where(silent & (count == 0), np.nan, count)


def _expected(events: Array, people: Array, end: NDArray[np.int_], line: Line, settings: MatrixSettings) -> Array:
    """Return the events that the own earlier rate would give; drawn to the common rate, so that none is not never."""
    start = end - line.window_months
    known = np.isfinite(events) & np.isfinite(people)
    cases = _summed(np.where(known, events, np.nan), start, settings.baseline_months, whole=False)
    exposure = _summed(np.where(known, people, np.nan), start, settings.baseline_months, whole=False)
    length = _summed(np.where(known, 1.0, np.nan), start, settings.baseline_months, whole=False)
    enough = length >= settings.least_baseline_months
    with np.errstate(divide="ignore", invalid="ignore"):
        common = np.nansum(np.where(enough, cases, np.nan), axis=0) / np.nansum(
            np.where(enough, exposure, np.nan), axis=0
        )
        rate = (cases + settings.alpha) / (exposure + settings.alpha / common)
        now = _summed(people, end, line.window_months, whole=True)
        return np.where(enough & (common > 0), rate * now, np.nan)


def _clean_exposure(people: Array, cases: Array, end: int, settings: MatrixSettings) -> tuple[Array, float]:
    """Return the person-years of the months without a case that the award takes, and the common rate of cases.

    Months before the records begin count as many people as the known ones: else only a year that ends where the records do,
    to the month, would have an expectation.
    """
    span = slice(max(end - settings.clean_months, 0), end)
    known = np.isfinite(people[:, span]) & np.isfinite(cases[:, span])
    length = known.sum(axis=1)
    exposure, happened = (np.where(known, each[:, span], 0.0).sum(axis=1) for each in (people, cases))
    enough = length >= settings.least_baseline_months
    counted = float(exposure[enough].sum())
    rate = float(happened[enough].sum()) / counted if counted > 0 else float("nan")
    scaled = exposure * settings.clean_months / np.maximum(length, 1)
    return np.where(enough, scaled, np.nan), rate


def _gate_cases(read: Monthly, settings: MatrixSettings, rows: NDArray[np.int_]) -> Array:
    line = next((each for each in settings.line if each.kind == "count"), None)
    if line is None:
        return np.full((len(rows), len(read.months)), np.nan)
    return _rows(read.terms(line.members[0].numerator), rows)
