"""Services as the county offices count them: coverage, places, returners; and the survey. Never persons."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.counties.blocks import Block, residents_of
from data_access.demo.counts import POLITICAL_LEGAL
from data_access.demo.frames import chosen, joined, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, shares, success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

HEALTH = "health_commission"
YOUTH = "youth_league"
JUSTICE = "justice_bureau"
STATISTICS = "statistics_bureau"
_SCHOOL_MONTHS = (0.35, 0.15, 1.0, 1.0, 1.0, 0.9, 0.12, 0.12, 1.0, 0.9, 1.0, 1.0)
"""How full after-school classrooms are, January … December."""


def build_survey(city: DemoCity, settings: DemoSettings) -> pa.Table:
    """Return one row per county and half-year; the year's pooled share is the one of the settings."""
    random = settings.random("survey")
    counties = len(city.counties.code)
    respondents, satisfied = [], []
    for share in settings.survey.satisfied:
        asked = shares(settings.survey.respondents, random.uniform(0.85, 1.15, 2 * counties))
        weight = asked * np.exp(-0.25 * np.tile(city.county_quality, 2))
        uneasy = random.multinomial(asked.sum() - round(asked.sum() * share), weight / weight.sum())
        respondents.append(asked)
        satisfied.append(asked - uneasy)
    halves = np.array([f"{year}-{month}-01" for year in settings.years for month in ("01", "07")], "datetime64[D]")
    half, county = np.repeat(np.arange(len(halves)), counties), np.tile(np.arange(counties), len(halves))
    code = chosen(city.counties.code, county)
    return rows_of(
        "survey",
        {
            "source": STATISTICS,
            "source_id": joined(":", code, chosen(np.datetime_as_string(halves, "M").tolist(), half)),
            "region_code": code,
            "period_start": halves[half],
            "question": "sense_of_safety",
            "respondents": np.concatenate(respondents),
            "satisfied": np.concatenate(satisfied),
        },
    )


def sunshine(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield the three coverages, hand-overs from hospital, and subsidies of guardians."""
    random = settings.random("sunshine")
    months = len(calendar.months)
    growth = 1 + 0.012 * np.arange(months)[:, None] / 12
    registered = np.round(residents_of(city)[None, :] * 0.0047 * growth).astype(int)
    complete = calendar.months >= np.datetime64(settings.counts.three_hundred_percent)
    for name, part, share in (("guardianship", 0.96, 0.022), ("treatment", 0.88, 0.030), ("service", 1.0, 0.018)):
        due = np.round(registered * part).astype(int)
        missing = np.where(complete[:, None], 0, _shortfall(due, share, city, random))
        yield HEALTH, f"{name}_due", due, {}
        yield HEALTH, f"{name}_done", due - missing, {}
    yield from _medication(np.round(registered * 0.86).astype(int), city, settings)
    handed = random.poisson(registered * 0.014)
    yield HEALTH, "handover_due", handed, {}
    yield HEALTH, "handover_done", random.binomial(handed, success(0.94, city.county_quality, 0.5)[None, :]), {}
    grants = random.poisson(registered / 13)
    yield POLITICAL_LEGAL, "subsidy_due", grants, {}
    yield (
        POLITICAL_LEGAL,
        "subsidy_paid",
        random.binomial(grants, success(0.975, city.county_quality, 0.5)[None, :]),
        {},
    )


def _medication(due: np.ndarray, city: DemoCity, settings: DemoSettings) -> Iterator[Block]:
    """Yield persons due medication and those who take it regularly, slowly more of them."""
    random = settings.random("medication")
    months = len(due)
    mean = month_ends([0.44, 0.47, 0.50, 0.53, 0.56], months)[:, None]
    regular = random.binomial(due, success(mean, city.county_quality[None, :], 0.12))
    yield HEALTH, "medication_due", due, {}
    yield HEALTH, "medication_regular", regular, {}


def youth(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield files and support in place, and places for the young that are open, with their visits."""
    random = settings.random("youth")
    months = len(calendar.months)
    due = np.round(
        residents_of(city)[None, :] * 0.0012 * np.exp(np.cumsum(random.normal(0, 0.004, (months, 1)), axis=0))
    )
    due = due.astype(int)
    yield YOUTH, "youth_due", due, {}
    yield YOUTH, "youth_filed", due - _shortfall(due, 0.02, city, settings.random("youth_files")), {}
    yield YOUTH, "youth_helped", due - _shortfall(due, 0.05, city, random), {}
    referrals = settings.random("youth_referrals")
    referred = referrals.poisson(due * 0.009)
    yield YOUTH, "referral_due", referred, {}
    yield YOUTH, "referral_done", referrals.binomial(referred, success(0.95, city.county_quality, 0.4)[None, :]), {}
    sites = {
        "classroom_sites": np.round(residents_of(city) / 11_000).astype(int),
        "mind_station_sites": np.bincount(city.townships.parent, minlength=len(city.counties.code)),
    }
    for name, wanted in sites.items():
        due = np.repeat(wanted[None, :], months, axis=0)
        share = month_ends([0.55, 0.68, 0.79, 0.88, 0.955], months)
        reached = np.clip(share[:, None] + 0.03 * city.county_quality[None, :], 0, 1)
        yield YOUTH, f"{name}_due", due, {}
        opened = np.floor(due * reached + 0.5)
        yield YOUTH, f"{name}_open", opened, {}
        yield YOUTH, name.replace("_sites", "_visits"), _visits(name, opened, city, settings, calendar), {}


def _visits(sites: str, opened: np.ndarray, city: DemoCity, settings: DemoSettings, calendar: Calendar) -> np.ndarray:
    """Return visits to the open places: classrooms stand empty in the holidays."""
    random = settings.random(f"{sites}_visits")
    of_year = np.arange(len(calendar.months)) % 12
    if sites == "classroom_sites":
        a_place, season = 310.0, np.array(_SCHOOL_MONTHS)[of_year]
    else:
        a_place, season = 24.0, np.ones(len(of_year))
    taste = np.exp(random.normal(0, 0.12, opened.shape) + 0.1 * city.county_quality[None, :])
    return random.poisson(opened * a_place * season[:, None] * taste)


def resettlement(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield those who returned, and how far they were helped."""
    random = settings.random("resettlement")
    counties = len(city.counties.code)
    weight = residents_of(city) / residents_of(city).sum()
    received, missed = [], []
    for number, total in enumerate(settings.counts.returned_received):
        months = min(12, len(calendar.months) - 12 * number)
        cells = np.repeat(weight[None, :], months, axis=0).ravel() / months
        received.append(random.multinomial(total, cells).reshape(months, counties))
        missed.append(random.multinomial(11 - 2 * number, cells).reshape(months, counties))
    got = np.concatenate(received)
    lacking = np.concatenate(missed)
    yield JUSTICE, "returned_due", got + lacking, {}
    yield JUSTICE, "returned_received", got, {}
    # Where somebody was not received, guidance slips now and then, too.
    slipped = settings.random("guidance").binomial(np.minimum(lacking, got), 0.5)
    yield JUSTICE, "returned_guided", got - slipped, {}
    for measure, mean in (("resettled_housed", 0.94), ("resettled_trained", 0.88), ("resettled_employed", 0.85)):
        yield JUSTICE, measure, random.binomial(got, success(mean, city.county_quality, 0.35)[None, :]), {}
    yield JUSTICE, "five_in_one_due", got, {}
    yield JUSTICE, "five_in_one_done", random.binomial(got, success(0.97, city.county_quality, 0.5)[None, :]), {}


def _shortfall(
    due: np.ndarray, share: float, city: DemoCity, random: np.random.Generator, improves: float = 0.75
) -> np.ndarray:
    """Return how many of ``due`` are not yet served: a slowly moving share, smaller where work is good."""
    months = len(due)
    noise = random.normal(size=due.shape)
    for month in range(1, months):
        noise[month] = 0.85 * noise[month - 1] + np.sqrt(1 - 0.85**2) * noise[month]
    trend = improves ** (np.arange(months)[:, None] / 12)
    gap = share * trend * np.exp(0.55 * noise - 0.45 * city.county_quality[None, :])
    return np.minimum(np.floor(due * gap + random.random(due.shape)), due).astype(int)
