"""Counts that arrive already counted, from the county offices: services, video, response, money and the survey. Never persons."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.counts import POLITICAL_LEGAL, count_rows
from data_access.demo.frames import chosen, joined, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, shares, success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

HEALTH = "health_commission"
YOUTH = "youth_league"
JUSTICE = "justice_bureau"
VIDEO = "video_platform"
RESPONSE = "police_dispatch"
FINANCE = "finance_bureau"
STATISTICS = "statistics_bureau"
BUDGET_UNIT = 5_000
AWARD_UNIT = 10_000
AWARD_REASONS = ("one_event", "one_case")
RINGS = {"ring_1": (0.30, 0.10, 0.90), "ring_3": (0.42, 0.32, 0.925), "ring_5": (0.28, 0.58, 0.94)}
"""Ring of 1, 3, 5 minutes → share of alarms in districts, in counties, and share reached in time."""


def county_counts(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[tuple[str, pa.Table]]:
    """Yield what the county offices report each month, and the budget of each year."""
    for part in (_sunshine, _youth, _resettlement, _video, _response, _fund):
        for source, measure, values, options in part(city, settings, calendar):
            codes = options.pop("codes", city.counties.code)
            yield "reported_count", count_rows(source, measure, codes, calendar.months, values, **options)
    yield from (("reported_count", table) for table in _budget(city, settings))


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


Block = tuple[str, str, np.ndarray, dict]


def _residents(city: DemoCity) -> np.ndarray:
    return np.bincount(city.county_of_grid, city.population[-1], len(city.counties.code))


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


def _sunshine(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("sunshine")
    months = len(calendar.months)
    growth = 1 + 0.012 * np.arange(months)[:, None] / 12
    registered = np.round(_residents(city)[None, :] * 0.0047 * growth).astype(int)
    complete = calendar.months >= np.datetime64(settings.counts.three_hundred_percent)
    for name, part, share in (("guardianship", 0.96, 0.022), ("treatment", 0.88, 0.030), ("service", 1.0, 0.018)):
        due = np.round(registered * part).astype(int)
        missing = np.where(complete[:, None], 0, _shortfall(due, share, city, random))
        yield HEALTH, f"{name}_due", due, {}
        yield HEALTH, f"{name}_done", due - missing, {}
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


def _youth(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("youth")
    months = len(calendar.months)
    due = np.round(_residents(city)[None, :] * 0.0012 * np.exp(np.cumsum(random.normal(0, 0.004, (months, 1)), axis=0)))
    due = due.astype(int)
    yield YOUTH, "youth_due", due, {}
    yield YOUTH, "youth_helped", due - _shortfall(due, 0.05, city, random), {}
    sites = {
        "classroom_sites": np.round(_residents(city) / 11_000).astype(int),
        "mind_station_sites": np.bincount(city.townships.parent, minlength=len(city.counties.code)),
    }
    for name, wanted in sites.items():
        due = np.repeat(wanted[None, :], months, axis=0)
        share = month_ends([0.55, 0.68, 0.79, 0.88, 0.955], months)
        reached = np.clip(share[:, None] + 0.03 * city.county_quality[None, :], 0, 1)
        yield YOUTH, f"{name}_due", due, {}
        yield YOUTH, f"{name}_open", np.floor(due * reached + 0.5), {}


def _resettlement(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("resettlement")
    counties = len(city.counties.code)
    weight = _residents(city) / _residents(city).sum()
    received, missed = [], []
    for number, total in enumerate(settings.counts.returned_received):
        months = min(12, len(calendar.months) - 12 * number)
        cells = np.repeat(weight[None, :], months, axis=0).ravel() / months
        received.append(random.multinomial(total, cells).reshape(months, counties))
        missed.append(random.multinomial(11 - 2 * number, cells).reshape(months, counties))
    got = np.concatenate(received)
    yield JUSTICE, "returned_due", got + np.concatenate(missed), {}
    yield JUSTICE, "returned_received", got, {}
    for measure, mean in (("resettled_housed", 0.94), ("resettled_trained", 0.88), ("resettled_employed", 0.85)):
        yield JUSTICE, measure, random.binomial(got, success(mean, city.county_quality, 0.35)[None, :]), {}
    yield JUSTICE, "five_in_one_due", got, {}
    yield JUSTICE, "five_in_one_done", random.binomial(got, success(0.97, city.county_quality, 0.5)[None, :]), {}


def _video(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("video")
    wanted = settings.counts
    months, counties = len(calendar.months), len(city.counties.code)
    weight = _residents(city) * np.where(city.counties.urban, 1.3, 1.0)
    added = []
    for number, total in enumerate(wanted.cameras_added):
        length = min(12, months - 12 * number)
        pace = np.exp(random.normal(0, 0.35, (length, counties))) * weight[None, :]
        added.append(shares(total, pace.ravel()).reshape(length, counties))
    cameras = shares(wanted.cameras_before, weight)[None, :] + np.concatenate(added).cumsum(axis=0)
    social = np.array([shares(round(total), weight) for total in month_ends(wanted.social_feeds, months)])
    yield VIDEO, "cameras_added", np.concatenate(added), {}
    yield VIDEO, "cameras_total", cameras, {}
    yield VIDEO, "social_feeds", social, {}
    checked = cameras + social
    # A thunderstorm or a broken line takes a county's feeds down together.
    trouble = np.exp(random.normal(0, 0.35, (months, counties)) - 0.3 * city.county_quality[None, :])
    yield VIDEO, "feeds_checked", checked, {}
    yield VIDEO, "feeds_intact", checked - random.binomial(checked, np.clip(0.021 * trouble, 0, 1)), {}
    areas = np.array([shares(round(total), weight) for total in month_ends(wanted.key_areas, months)])
    covered_share = month_ends(wanted.key_areas_covered, months)
    lacking = weight * np.exp(-0.5 * city.county_quality)
    uncovered = np.array(
        [
            shares(round(total * (1 - share)), lacking)
            for total, share in zip(areas.sum(axis=1), covered_share, strict=False)
        ]
    )
    yield VIDEO, "key_areas", areas, {}
    yield VIDEO, "key_areas_covered", areas - np.minimum(uncovered, areas), {}
    warnings = random.poisson(np.maximum(cameras * 0.004, 1) * np.exp(random.normal(0, 0.12, (months, counties))))
    yield VIDEO, "ai_warnings", warnings, {}
    yield (
        VIDEO,
        "ai_warnings_verified",
        random.binomial(warnings, success(0.68, city.county_quality, 0.15)[None, :]),
        {},
    )


def _response(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("response")
    months = len(calendar.months)
    silent = np.array([settings.late.response_months.get(name, 0) for name in city.counties.name])
    keep = np.arange(months)[:, None] < (months - silent)[None, :]
    season = np.array(settings.alarms.months)[np.arange(months) % 12]
    total = random.poisson(_residents(city)[None, :] * 0.0026 * season[:, None])
    for ring, (in_district, in_county, in_time) in RINGS.items():
        alarms = random.binomial(total, np.where(city.counties.urban, in_district, in_county)[None, :])
        valid = random.binomial(alarms, success(0.965, city.county_quality, 0.35)[None, :])
        improving = 0.06 * np.arange(months)[:, None] / 12
        prompt = success(in_time, 0.25 * city.county_quality[None, :] + improving, 1.0)
        options = {"class_code": ring, "keep": keep}
        yield RESPONSE, "response_total", alarms, dict(options)
        yield RESPONSE, "response_valid", valid, dict(options)
        yield RESPONSE, "response_within", random.binomial(valid, prompt), dict(options)


def _fund(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    random = settings.random("fund")
    money = settings.money
    counties, months = len(city.counties.code), len(calendar.months)
    since = int((calendar.months < np.datetime64(money.fund_since)).sum())
    open_months = (np.arange(months) >= since)[:, None]
    yield (
        POLITICAL_LEGAL,
        "fund_total",
        np.full((months, 1), money.fund),
        {"codes": [city.city_code], "keep": open_months},
    )
    units = money.fund_awarded // AWARD_UNIT
    # On average an award is half the cap.
    awards = max(1, round(money.fund_awarded / (money.fund_award_cap * 0.5)))
    cells = (months - since) * counties * len(AWARD_REASONS)
    chosen_cells = random.choice(cells, min(awards, cells), replace=False)
    amount = np.zeros(cells, int)
    amount[chosen_cells] = shares(units, random.uniform(0.15, 1.9, len(chosen_cells))) * AWARD_UNIT
    if amount.max() > money.fund_award_cap:
        raise ValueError("config/demo.toml: an award came out above money.fund_award_cap; take another seed")
    by_reason = amount.reshape(len(AWARD_REASONS), months - since, counties)
    for reason, awarded in zip(AWARD_REASONS, by_reason, strict=False):
        values = np.vstack([np.zeros((since, counties), int), awarded])
        yield POLITICAL_LEGAL, "fund_awarded", values, {"class_code": reason, "keep": values > 0}


def _budget(city: DemoCity, settings: DemoSettings) -> Iterator[pa.Table]:
    random = settings.random("budget")
    money = settings.money
    items, counties = list(money.budget_items), len(city.counties.code)
    weight = np.outer(list(money.budget_items.values()), _residents(city) * np.exp(random.normal(0, 0.08, counties)))
    planned = [
        shares(total // BUDGET_UNIT, weight.ravel()).reshape(weight.shape) * BUDGET_UNIT for total in money.budget
    ]
    # A multiple of the unit grows by the percentage exactly.
    planned.append(np.round(planned[-1] * (1 + money.next_budget_growth)).astype(int))
    years = np.array([f"{year}-01-01" for year in (*settings.years, settings.years[-1] + 1)], "datetime64[D]")
    spent_share = 1 - 0.045 * np.exp(random.normal(0, 0.6, (len(settings.years), len(items), counties)))
    for number, item in enumerate(items):
        plan = np.array([year[number] for year in planned])
        spent = np.floor(plan[:-1] * np.clip(spent_share[:, number], 0.7, 1.0))
        yield count_rows(FINANCE, "budget_planned", city.counties.code, years, plan, grain="year", class_code=item)
        yield count_rows(FINANCE, "budget_spent", city.counties.code, years[:-1], spent, grain="year", class_code=item)
