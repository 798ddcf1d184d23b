"""What the administrative rules ask for, and how often chance alone would ask the same; people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import ndtr

from dashboard.grading.grades import RED
from dashboard.grading.league import League
from dashboard.grading.settings import IndexSettings
from dashboard.statistics.chance import chance_of_no_events, chance_of_rising, chance_of_run, chance_somewhere
from dashboard.statistics.comparisons import rate_ratio
from data_access.access import Scope
from data_access.queries import SnapshotReader

RISES = 2
CLEAN_YEARS = 3
HOMICIDES = "homicide_incidents"


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
    """

    years: tuple[int, ...]
    rows: pd.DataFrame
    somewhere: float
    hidden: bool = False


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
    """

    clean: int
    regions: int
    expected: float
    hidden: bool = False


def rising_years(reader: SnapshotReader, scope: Scope, codes: Sequence[str], year: int) -> RisingYears:
    """Apply the rule of two rising years to the years up to ``year``."""
    years = tuple(range(year - RISES, year + 1))
    start, end = date(years[0], 1, 1), date(year, 12, 31)
    counts = reader.measure_values(scope, [HOMICIDES], list(codes), start, end, grain="year")
    people = reader.person_years(scope, list(codes), start, end, grain="year")
    table = _by_year(counts, "value", codes, years).fillna(0.0)
    if not scope.permissions.small_counts:
        return RisingYears(years, table.iloc[:0].assign(expected=[], chance=[], p_value=[]), float("nan"), hidden=True)
    rates = table / _by_year(people, "person_years", codes, years)
    rose = (np.diff(rates.to_numpy(), axis=1) > 0).all(axis=1)
    expected = table.mean(axis=1)
    chance = chance_of_rising(expected.to_numpy(), RISES)
    exposure = _by_year(people, "person_years", codes, years)
    tested = rate_ratio(table[years[-1]], exposure[years[-1]], table[years[0]], exposure[years[0]])
    rows = table.assign(expected=expected, chance=chance, p_value=tested.p_value).loc[rose]
    return RisingYears(years, rows, chance_somewhere(chance))


def clean_years(reader: SnapshotReader, scope: Scope, codes: Sequence[str], parent: str, year: int) -> CleanYears:
    """Count the regions without a homicide in the three years up to ``year``, and how many chance alone would give."""
    if not scope.permissions.small_counts:
        return CleanYears(0, len(codes), float("nan"), hidden=True)
    start, end = date(year - CLEAN_YEARS + 1, 1, 1), date(year, 12, 31)
    counts = reader.measure_values(scope, [HOMICIDES], [*codes, parent], start, end)
    cases = counts.set_index("region_code")["value"].reindex([*codes, parent]).fillna(0.0)
    people = reader.person_years(scope, [*codes, parent], start, end).set_index("region_code")["person_years"]
    rate = cases[parent] / people[parent]
    expected = chance_of_no_events((people.reindex(list(codes)) * rate).to_numpy())
    return CleanYears(int((cases[list(codes)] == 0).sum()), len(codes), float(np.nansum(expected)))


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
    mean = float(np.nanmean(league.index.value[:, -1])) if league.index.value.size else float("nan")
    rows = []
    for code in codes:
        place = league.inputs.codes.index(code)
        error = max(float(league.index.error[place, -1]), 1e-9)
        once = float(ndtr((settings.yellow_from - settings.hysteresis - mean) / error))
        chance = float(chance_of_run(once, settings.red_months_for_review, 12))
        strip = league.grades.loc[code]
        streak = int(league.rows.at[code, "months_red"])
        red = [str(month) for month in strip.index[strip == RED]][-streak:]
        rows.append({"months": red, "chance": chance})
    return pd.DataFrame(rows, index=pd.Index(codes, name="region_code"), columns=["months", "chance"])


def _by_year(frame: pd.DataFrame, column: str, codes: Sequence[str], years: tuple[int, ...]) -> pd.DataFrame:
    placed = frame.assign(year=frame["period_start"].dt.year)
    return placed.pivot_table(index="region_code", columns="year", values=column).reindex(
        index=list(codes), columns=list(years)
    )
