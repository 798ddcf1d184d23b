"""Prevention and response in the demonstration city: video by county, alarms answered one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from data_access.demo.counties.blocks import Block, residents_of
from data_access.demo.frames import chosen, numbered, rows_of
from data_access.demo.geography.points import teams_of, workstations_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, shares, success
from data_access.demo.rhythm import Calendar, seconds_of_day
from data_access.demo.settings import DemoSettings
from data_access.local_rules import response_rings

VIDEO = "video_platform"
RESPONSE = "police_dispatch"
EDUCATION = "education_bureau"
RINGS = {"ring_1": (0.30, 0.10, 0.90), "ring_3": (0.42, 0.32, 0.925), "ring_5": (0.28, 0.58, 0.94)}
"""Ring of 1, 3, 5 minutes → share of alarms in districts, in counties, and share reached in time."""
_ALARMS_A_MONTH = 0.0008
"""For each resident."""
_SPREAD = 0.42
"""Of the logarithm of the time to arrival."""
_SYSTEM_RULES = {
    "registered": [0.7, 0.79, 0.87, 0.94, 0.975],
    "marked": [0.62, 0.72, 0.82, 0.9, 0.955],
    "purged": [0.74, 0.82, 0.88, 0.93, 0.965],
}
_SCHOOL_STANDARDS = {
    "closed": [0.9, 0.94, 0.97, 0.985, 0.995],
    "guarded": [0.86, 0.91, 0.95, 0.975, 0.99],
    "linked": [0.71, 0.8, 0.88, 0.94, 0.975],
    "escorted": [0.66, 0.76, 0.85, 0.92, 0.965],
}
"""What video systems and schools must have → share that has it at the end of each year."""
_SHIFTS_A_DAY = 2
_TEAM_HOURS_A_DAY = 5


def video(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield cameras and feeds, what was found intact and online, key areas, and warnings."""
    random = settings.random("video")
    wanted = settings.counts
    months, counties = len(calendar.months), len(city.counties.code)
    weight = residents_of(city) * np.where(city.counties.urban, 1.3, 1.0)
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
    hours = checked * 24 * calendar.days_in_month[:, None]
    outages = np.exp(settings.random("feed_hours").normal(0, 0.25, (months, counties)))
    yield VIDEO, "feed_hours_due", hours, {}
    yield VIDEO, "feed_hours_online", np.floor(hours * (1 - 0.017 * outages * trouble**0.5)), {}
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


def connection(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield public feeds on the network, and systems that are registered, marked and purged on time."""
    random = settings.random("video_connection")
    months = len(calendar.months)
    weight = residents_of(city) * np.where(city.counties.urban, 1.3, 1.0)
    wanted = settings.counts
    year_ends = wanted.cameras_before + np.cumsum(wanted.cameras_added)
    due = np.array([shares(round(total), weight) for total in month_ends(year_ends, months)])
    networked = success(month_ends([0.90, 0.93, 0.955, 0.975, 0.988], months)[:, None], city.county_quality, 0.25)
    yield VIDEO, "public_feeds_due", due, {}
    yield VIDEO, "public_feeds_networked", np.floor(due * networked), {}
    systems = np.maximum(np.round(residents_of(city) / 9_000), 20).astype(int)
    yield VIDEO, "video_systems_due", np.repeat(systems[None, :], months, axis=0), {}
    yield from _all_of(city, calendar, systems, _SYSTEM_RULES, random, VIDEO, "video_systems", "compliant")


def schools(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield schools that must meet the four protection standards, those that meet each, and those that meet all."""
    random = settings.random("school_protection")
    due = np.maximum(np.round(residents_of(city) / 6_500), 12).astype(int)
    yield EDUCATION, "schools_due", np.repeat(due[None, :], len(calendar.months), axis=0), {}
    yield from _all_of(city, calendar, due, _SCHOOL_STANDARDS, random, EDUCATION, "schools", "protected")


def _all_of(
    city: DemoCity,
    calendar: Calendar,
    due: np.ndarray,
    year_ends: Mapping[str, Sequence[float]],
    random: np.random.Generator,
    source: str,
    thing: str,
    word: str,
) -> Iterator[Block]:
    """Yield how many of what is due have each of several things, and how many have all of them.

    Each lacks a thing as long as its turn has not come; it complies once it lacks none.
    """
    months, counties = len(calendar.months), range(len(due))
    turn = {name: [random.random(count) for count in due] for name in year_ends}
    reached = {
        name: success(month_ends(ends, months)[:, None], city.county_quality, 0.3) for name, ends in year_ends.items()
    }
    has = {name: [turn[name][own][None, :] < reached[name][:, own, None] for own in counties] for name in year_ends}
    for name, by_county in has.items():
        yield source, f"{thing}_{name}", np.stack([each.sum(axis=1) for each in by_county], axis=1), {}
    every = [np.logical_and.reduce([has[name][own] for name in year_ends]).sum(axis=1) for own in counties]
    yield source, f"{thing}_{word}", np.stack(every, axis=1), {}


def watch(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield shifts of the workstations, and hours of the volunteer teams."""
    random = settings.random("watch")
    stations, teams = workstations_of(city, settings), teams_of(city, settings)
    due = stations[None, :] * _SHIFTS_A_DAY * calendar.days_in_month[:, None]
    yield RESPONSE, "workstation_shifts_due", due, {}
    yield (
        RESPONSE,
        "workstation_shifts_open",
        random.binomial(due, success(0.972, city.county_quality, 0.4)[None, :]),
        {},
    )
    out = teams[None, :] * _TEAM_HOURS_A_DAY * calendar.days_in_month[:, None]
    taste = np.exp(random.normal(0, 0.08, out.shape) + 0.15 * city.county_quality[None, :])
    yield RESPONSE, "patrol_team_hours", np.round(out * taste), {}


def build_responses(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> pa.Table:
    """Return the alarms answered, one row each, in the order they came; some counties' last months are not in yet."""
    random = settings.random("response")
    months, counties = len(calendar.months), len(city.counties.code)
    silent = np.array([settings.late.response_months.get(name, 0) for name in city.counties.name])
    season = np.array(settings.alarms.months)[np.arange(months) % 12]
    total = random.poisson(residents_of(city)[None, :] * _ALARMS_A_MONTH * season[:, None])
    total *= np.arange(months)[:, None] < (months - silent)[None, :]
    month, county = (np.repeat(axis.ravel(), total.ravel()) for axis in np.indices((months, counties)))
    mix = np.array([[in_district, in_county] for in_district, in_county, _ in RINGS.values()])
    reach = mix[:, np.where(city.counties.urban, 0, 1)].cumsum(axis=0)
    ring = (random.random(len(month))[:, None] > reach[:-1].T[county]).sum(axis=1)
    first = np.append(0, np.cumsum(calendar.days_in_month)[:-1])
    day = first[month] + np.floor(random.random(len(month)) * calendar.days_in_month[month]).astype(int)
    received = calendar.days[day].astype("datetime64[s]") + seconds_of_day(len(month), random)
    limit = np.array([response_rings()[key].minutes for key in RINGS])[ring] * 60
    in_time = np.array([share for _, _, share in RINGS.values()])[ring]
    improving = 0.06 * month / 12
    prompt = success(in_time, 0.25 * city.county_quality[county] + improving, 1.0)
    waited = limit * np.exp(_SPREAD * (random.normal(size=len(month)) - ndtri(prompt)))
    arrived = received + np.maximum(np.round(waited), 5).astype(int)
    stamped = random.random(len(month)) < success(0.965, city.county_quality, 0.35)[county]
    arrived[~stamped] = np.datetime64("NaT")
    place = _townships(city, county, ring, random)
    order = np.argsort(received, kind="stable")
    return rows_of(
        "alarm_response",
        {
            "source": RESPONSE,
            "source_id": numbered("P", np.arange(1, len(order) + 1), 7),
            "region_code": chosen(city.townships.code, place[order]),
            "class_code": chosen(list(RINGS), ring[order]),
            "received_at": received[order],
            "due_at": (received + limit.astype(int))[order],
            "arrived_at": arrived[order],
        },
    )


def _townships(city: DemoCity, county: np.ndarray, ring: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a township for each alarm, by residents; the inner ring lies where people live close together."""
    residents = np.bincount(city.grids.parent, city.population[-1], len(city.townships.code))
    close = np.bincount(city.grids.parent, city.population[-1] * city.grids.urban, len(city.townships.code))
    place = np.zeros(len(county), int)
    for own in range(len(city.counties.code)):
        towns = np.flatnonzero(city.townships.parent == own)
        for inner in (True, False):
            rows = np.flatnonzero((county == own) & ((ring == 0) == inner))
            weight = close[towns] if inner and close[towns].sum() else residents[towns]
            place[rows] = random.choice(towns, len(rows), p=weight / weight.sum())
    return place
