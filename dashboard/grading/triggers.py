"""What the administrative rules ask for, and how often chance alone would ask the same; people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtr

from dashboard.grading.grades import OFFICIAL
from dashboard.grading.index import probability_below
from dashboard.grading.league import League
from dashboard.grading.settings import IndexSettings
from dashboard.grading.townships.matrix import matrix_of
from dashboard.indicators import vocabulary as words
from dashboard.indicators.evaluate import series
from dashboard.memory import recalled
from dashboard.periods import Period
from dashboard.statistics.chance import chance_of_rising, chance_of_run, chance_somewhere
from dashboard.statistics.comparisons import rate_ratio
from data_access.access import Scope
from data_access.queries import SnapshotReader

RISES = 2
CLEAN_YEARS = 3
HOMICIDE_RATE = "JQ2"
BASIS_COLUMNS = ["cases", "person_years", "rate", "lower", "upper", "status"]


@dataclass(frozen=True)
class RisingYears:
    """Regions whose yearly homicide rate rose two years running (约谈), and the part of chance in it.

    Parameters
    ----------
    years : tuple of int
    rows : DataFrame
        Indexed by region: one count column per year, ``expected`` (mean of the years), ``chance`` (that this region's
        counts rise twice in a row while its true rate stays the same), ``p_value`` (of the last year against the first).
    somewhere : float
        Chance that at least one of all regions listed is hit.
    hidden : bool
        Whether the role may not see the small counts it rests on; there are no rows then.
    basis : DataFrame
        What the rule was applied to, of every region looked at: indexed by ``region_code, year``, with ``cases,
        person_years, rate`` per 100,000, ``lower, upper`` (95 %) and ``status``.
    unknown : tuple of str
        Regions that could not be judged, because a year has no figure.
    """

    years: tuple[int, ...]
    rows: pd.DataFrame
    somewhere: float
    hidden: bool = False
    basis: pd.DataFrame = field(default_factory=lambda: _no_basis())
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class CleanYears:
    """Regions without a homicide for three years, and what chance and the award would come to.

    Parameters
    ----------
    clean, regions : int
        Regions without a case, and all regions.
    expected : float
        Regions that would be without a case if all had the same true rate.
    hidden : bool
        Whether the role may not learn it.
    rows : DataFrame
        Indexed by region, of those without a case: ``expected`` (cases at the common rate), ``chance`` (of none) and
        ``cases`` (0).
    basis, unknown
        As of :class:`RisingYears`. A region is not called clean on months that have no figure or are not reported in full.
    """

    clean: int
    regions: int
    expected: float
    hidden: bool = False
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["expected", "chance"]))
    basis: pd.DataFrame = field(default_factory=lambda: _no_basis())
    unknown: tuple[str, ...] = ()


def rising_years(reader: SnapshotReader, scope: Scope, codes: Sequence[str], year: int) -> RisingYears:
    """Apply the rule of two rising years to the years up to ``year``; a year without a figure is never taken as none."""
    years = tuple(range(year - RISES, year + 1))
    if not scope.permissions.small_counts:
        return RisingYears(years, _nothing_rising(years), float("nan"), hidden=True)
    basis = yearly_cases(reader, scope, codes, years)
    counts, people, rates = (basis[name].unstack("year") for name in ("cases", "person_years", "rate"))
    known = rates.notna().all(axis=1).to_numpy()
    rose = known & (np.diff(rates.to_numpy(), axis=1) > 0).all(axis=1)
    expected = counts.mean(axis=1).where(known)
    chance = chance_of_rising(expected.to_numpy(), RISES)
    tested = rate_ratio(counts[years[-1]], people[years[-1]], counts[years[0]], people[years[0]])
    rows = counts.assign(expected=expected, chance=chance, p_value=tested.p_value).loc[rose]
    unknown = tuple(rates.index[~known])
    return RisingYears(years, rows, chance_somewhere(chance), basis=basis, unknown=unknown)


def clean_years(reader: SnapshotReader, scope: Scope, codes: Sequence[str], year: int) -> CleanYears:
    """Return the regions that the gate of the township matrix finds without a homicide at the end of ``year``.

    With how many chance alone would give; see :func:`dashboard.grading.townships.matrix.matrix_of`.
    """
    if not scope.permissions.small_counts:
        return CleanYears(0, len(codes), float("nan"), hidden=True)
    matrix = matrix_of(reader, scope, codes, pd.Period(f"{year}-12", "M"))
    rows = matrix.rows[["expected_cases", "chance_no_case", "cases"]]
    years = range(year - CLEAN_YEARS + 1, year + 1)
    return CleanYears(
        matrix.stress.clean,
        len(codes),
        matrix.stress.clean_by_chance,
        rows=rows[rows["cases"] == 0].rename(columns={"expected_cases": "expected", "chance_no_case": "chance"}),
        basis=yearly_cases(reader, scope, codes, years),
        unknown=tuple(rows.index[rows["cases"].isna()]),
    )


def yearly_cases(reader: SnapshotReader, scope: Scope, codes: Sequence[str], years: Sequence[int]) -> pd.DataFrame:
    """Return homicides, people and rate of each region and year, with intervals; see ``RisingYears.basis``.

    Two rules ask for the same, of a region and of each of its neighbours: kept, not to be changed.
    """
    key = ("yearly cases", scope, tuple(codes), tuple(years))
    return recalled(reader, key, lambda: _read_yearly_cases(reader, scope, codes, years))


def _read_yearly_cases(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], years: Sequence[int]
) -> pd.DataFrame:
    periods = [Period.parse(str(year)) for year in years]
    frame = series(reader, scope, HOMICIDE_RATE, codes, periods)
    valid = frame["status"].isin(words.WITH_VALUE)
    names = {"numerator": "cases", "denominator": "person_years", "value": "rate"}
    table = frame.rename(columns=names)[BASIS_COLUMNS]
    table.loc[~valid.to_numpy(), BASIS_COLUMNS[:-1]] = np.nan
    table.index = pd.MultiIndex.from_arrays(
        [table.index.get_level_values("region_code"), table.index.get_level_values("period").astype(int)],
        names=["region_code", "year"],
    )
    return table


def review_basis(league: League, code: str, settings: IndexSettings) -> pd.DataFrame:
    """Return the months that a review sheet rests on: the strip of one region with index, interval and stage.

    Returns
    -------
    DataFrame
        Indexed by month: ``index, lower, upper, probability_red, grade, stage, counted`` (whether the month is one of the
        red official ones running). Without the figures that the role may not see.
    """
    place = league.inputs.codes.index(code)
    months = league.months
    last = slice(-len(months), None)
    index = league.index
    streak = int(league.rows["months_red"].to_dict()[code])
    stages = [league.stage(code, month) for month in months]
    grade = list(league.grades.loc[code])
    official = [number for number, stage in enumerate(stages) if stage == OFFICIAL]
    counted = set(official[len(official) - streak :]) if streak else set()
    figures = {
        "index": index.value[place, last],
        "lower": index.lower[place, last],
        "upper": index.upper[place, last],
        "probability_red": probability_below(index.value, index.error, settings.yellow_from)[place, last],
    }
    return pd.DataFrame(
        {**figures, "grade": grade, "stage": stages, "counted": [number in counted for number in range(len(months))]},
        index=pd.Index(months, name="month"),
    )


def review_sheets(league: League, settings: IndexSettings) -> list[str]:
    """Return the regions red for as many official months running as ask for a review sheet (核查单)."""
    rows = league.rows
    return rows.index[rows["months_red"] >= settings.red_months_for_review].tolist()


def review_evidence(league: League, settings: IndexSettings) -> pd.DataFrame:
    """Return the rule's result and its evidence for every region that is to get a review sheet.

    Returns
    -------
    DataFrame
        Indexed by region: ``months`` (the red official months, oldest first), ``chance`` (that a region as good as the
        mean of all, with the same error, is red so many months running within a year by chance alone).
    """
    codes = review_sheets(league, settings)
    known = league.index.value[:, -1][np.isfinite(league.index.value[:, -1])]
    mean = float(known.mean()) if known.size else float("nan")
    rows = []
    for code in codes:
        place = league.inputs.codes.index(code)
        error = max(float(league.index.error[place, -1]), 1e-9)
        once = float(ndtr((settings.yellow_from - settings.hysteresis - mean) / error))
        chance = float(chance_of_run(once, settings.red_months_for_review, 12))
        basis = review_basis(league, code, settings)
        rows.append({"months": [str(month) for month in basis.index[basis["counted"]]], "chance": chance})
    return pd.DataFrame(rows, index=pd.Index(codes, name="region_code"), columns=["months", "chance"])


def _no_basis() -> pd.DataFrame:
    return pd.DataFrame(columns=BASIS_COLUMNS, index=pd.MultiIndex.from_arrays([[], []], names=["region_code", "year"]))


def _nothing_rising(years: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame(columns=[*years, "expected", "chance", "p_value"], dtype=float)
