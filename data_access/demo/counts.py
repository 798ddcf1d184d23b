"""Counts that arrive already counted, from the grid and township offices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa

from data_access.demo.frames import chosen, joined, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, shares, success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings
from data_access.local_rules import pay_scale

GRID_PLATFORM = "grid_platform"
POLITICAL_LEGAL = "political_legal_committee"
HUMAN_RESOURCES = "human_resources"
_LABELS: Mapping[str, Literal["D", "M", "Y"]] = {"day": "D", "month": "M", "year": "Y"}


def count_rows(
    source: str,
    measure: str,
    codes: Sequence[str],
    periods: np.ndarray,
    values: np.ndarray,
    *,
    grain: str = "month",
    class_code: str = "",
    keep: np.ndarray | None = None,
) -> pa.Table:
    """Return one row for each period and region.

    Parameters
    ----------
    codes : sequence of str, length regions
    periods : ndarray of datetime64[D], shape (periods,)
        First days.
    values : ndarray, shape (periods, regions)
    keep : ndarray of bool, shape (periods, regions), optional
        Which of them have come in; all unless given.
    """
    shape = (len(periods), len(codes))
    kept = np.arange(shape[0] * shape[1]) if keep is None else np.flatnonzero(keep)
    period, region = np.unravel_index(kept, shape)
    code = chosen(codes, region)
    label = np.datetime_as_string(periods, _LABELS[grain])
    measured = pa.array([measure]).take(pa.array(np.zeros(len(kept), int)))
    ids = joined(":", measured, code, chosen(label.tolist(), period))
    if class_code:
        ids = joined(":", ids, class_code)
    return rows_of(
        "reported_count",
        {
            "source": source,
            "source_id": ids,
            "region_code": code,
            "period_start": periods[period],
            "grain": grain,
            "measure": measure,
            "class_code": class_code,
            "channel": "",
            "value": values.ravel()[kept].astype(float),
        },
    )


def township_counts(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[tuple[str, pa.Table]]:
    """Yield patrols by grid, and forces and routines by township, each month; of late, patrols by day, too."""
    for table in (*_patrols(city, settings, calendar), *_forces(city, settings, calendar)):
        yield "reported_count", table
    for table in (*_routines(city, settings, calendar), *_standards(city, settings, calendar)):
        yield "reported_count", table


def _patrols(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    random = settings.random("patrols")
    due = np.repeat(calendar.days_in_month[:, None], len(city.grids.code), axis=1)
    quality = 0.45 * city.township_quality[city.grids.parent] + random.normal(0, 0.4, len(city.grids.code))
    year = np.repeat(np.arange(len(settings.years)), 12)[: len(calendar.months)]
    festival = np.bincount(calendar.month_of_day, calendar.in_festival) / calendar.days_in_month
    season = -1.8 * festival + 0.12 * year + random.normal(0, 0.06, len(calendar.months))
    probability = success(0.93, quality[None, :] + season[:, None], 1.0)
    # A vacancy leaves a grid half walked for a month.
    vacant = random.random(due.shape) < 0.006
    done = random.binomial(due, np.where(vacant, probability * 0.45, probability))
    yield count_rows(GRID_PLATFORM, "patrol_due", city.grids.code, calendar.months, due)
    yield count_rows(GRID_PLATFORM, "patrol_done", city.grids.code, calendar.months, done)
    yield from _daily_patrols(city, settings, calendar, due - done)


def _daily_patrols(
    city: DemoCity, settings: DemoSettings, calendar: Calendar, missed: np.ndarray
) -> Iterator[pa.Table]:
    """Yield grids due and patrolled by township and day; the days of a month add up to its grids' months."""
    random = settings.random("daily_patrols")
    count = len(city.townships.code)
    grids = np.bincount(city.grids.parent, minlength=count)
    own = np.array([np.bincount(city.grids.parent, month, count) for month in missed]).astype(int)
    first = max(calendar.position(settings.counts.daily_patrols_since), 0)
    weight = np.where(calendar.in_festival, 5.0, np.where(calendar.day_off, 1.7, 1.0))
    left_out = np.zeros((len(calendar.days), count), int)
    for month in range(calendar.month_of_day[first], len(calendar.months)):
        days = np.flatnonzero(calendar.month_of_day == month)
        key = random.exponential(size=(len(days), grids.max(), count)) / weight[days, None, None]
        # Each grid and day is a lot; the lots drawn first are the visits left out, days off before others.
        key[:, np.arange(grids.max())[:, None] >= grids[None, :]] = np.inf
        flat = key.reshape(-1, count)
        drawn = flat.argsort(axis=0).argsort(axis=0).reshape(key.shape) < own[month]
        left_out[days] = drawn.sum(axis=1)
    counted = calendar.days[first:]
    due = np.repeat(grids[None, :], len(counted), axis=0)
    done = due - left_out[first:]
    yield count_rows(GRID_PLATFORM, "patrol_daily_due", city.townships.code, counted, due, grain="day")
    yield count_rows(GRID_PLATFORM, "patrol_daily_done", city.townships.code, counted, done, grain="day")


def _forces(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    random = settings.random("forces")
    count = len(city.townships.code)
    grids = np.bincount(city.grids.parent, minlength=count)
    residents = np.bincount(city.grids.parent, city.population[-1], count)
    yield _by_township(GRID_PLATFORM, "grids", city, calendar, np.repeat(grids[None, :], len(calendar.months), axis=0))
    weights = {
        "grid_workers": grids * np.exp(random.normal(0, 0.12, count)),
        "volunteers": residents * np.exp(random.normal(0, 0.25, count)),
    }
    for measure, weight in weights.items():
        totals = month_ends(getattr(settings.counts, measure), len(calendar.months))
        values = np.array([shares(round(total), weight) for total in totals])
        yield _by_township(GRID_PLATFORM, measure, city, calendar, values)
        if measure == "grid_workers":
            yield from _posts(city, settings, calendar, values)
            yield from _pay_grades(city, settings, calendar, values)


def _posts(city: DemoCity, settings: DemoSettings, calendar: Calendar, workers: np.ndarray) -> Iterator[pa.Table]:
    """Yield posts, of which those not filled are vacant, and workers who left."""
    random = settings.random("grid_posts")
    usual = 0.032 * np.exp(-0.45 * city.township_quality + random.normal(0, 0.3, workers.shape[1]))
    vacant = np.round(workers * usual[None, :] * np.exp(random.normal(0, 0.08, workers.shape))).astype(int)
    yield _by_township(GRID_PLATFORM, "grid_posts", city, calendar, workers + vacant)
    left = random.binomial(workers, np.clip(0.3 * usual, 0, 0.2)[None, :])
    yield _by_township(GRID_PLATFORM, "grid_workers_left", city, calendar, left)


def _pay_grades(city: DemoCity, settings: DemoSettings, calendar: Calendar, workers: np.ndarray) -> Iterator[pa.Table]:
    """Yield the grid workers of each county on each grade, once there is a scale."""
    random = settings.random("pay_grades")
    counties, months = len(city.counties.code), len(calendar.months)
    by_county = np.array([np.bincount(city.townships.parent, month, counties) for month in workers])
    moved = month_ends(settings.counts.pay_grades_moved, months)
    graded = np.round(by_county * np.clip(moved[:, None] + 0.02 * city.county_quality[None, :], 0, 1)).astype(int)
    grades = [key for key, _, _ in pay_scale().grades()]
    # Most stand low on the scale; counties differ in how fast they promote.
    slope = 0.16 * np.exp(random.normal(0, 0.15, counties))
    weight = np.exp(-slope[:, None] * np.arange(len(grades))) * np.exp(random.normal(0, 0.12, (counties, len(grades))))
    spread = np.array([[shares(total, own) for total, own in zip(row, weight, strict=True)] for row in graded])
    since = calendar.months >= np.datetime64(settings.counts.pay_grades_since)
    keep = np.repeat(since[:, None], counties, axis=1)
    for number, grade in enumerate(grades):
        yield count_rows(
            HUMAN_RESOURCES,
            "grid_workers_graded",
            city.counties.code,
            calendar.months,
            spread[:, :, number],
            class_code=grade,
            keep=keep,
        )


def _routines(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    random = settings.random("routines")
    months, count = len(calendar.months), len(city.townships.code)
    sundays = np.bincount(calendar.month_of_day, calendar.weekday == 6).astype(int)
    due = {
        "weekly_analysis": np.repeat(sundays[:, None], count, axis=1),
        "monthly_study": np.ones((months, count), int),
    }
    means = {"weekly_analysis": 0.965, "monthly_study": 0.975}
    for measure, expected in due.items():
        done = random.binomial(expected, success(means[measure], city.township_quality, 0.5)[None, :])
        yield _by_township(GRID_PLATFORM, f"{measure}_due", city, calendar, expected)
        yield _by_township(GRID_PLATFORM, f"{measure}_done", city, calendar, done)
    checked = random.integers(6, 13, (months, count))
    drift = random.normal(0, 0.5, count) + 0.4 * city.township_quality
    consistent = random.binomial(checked, success(0.985, drift, 0.7)[None, :])
    yield _by_township(POLITICAL_LEGAL, "authenticity_checked", city, calendar, checked)
    yield _by_township(POLITICAL_LEGAL, "authenticity_consistent", city, calendar, consistent)


def _standards(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    random = settings.random("standards")
    count, months = len(city.townships.code), len(calendar.months)
    reached = {
        "mediators_full": settings.counts.townships_mediators_full,
        "mediators_certified": settings.counts.townships_mediators_certified,
    }
    # The certified are among those whose posts are filled, so both follow one order.
    turn = {
        "stations": (-city.township_quality + random.normal(size=count)).argsort().argsort(),
        "mediators": (-city.township_quality + random.normal(size=count)).argsort().argsort(),
    }
    for measure, year_ends in reached.items():
        totals = np.round(month_ends(year_ends, months))
        yield _by_township(POLITICAL_LEGAL, measure, city, calendar, turn["mediators"][None, :] < totals[:, None])
    yield from _stations(city, settings, calendar, turn["stations"])


def _stations(city: DemoCity, settings: DemoSettings, calendar: Calendar, turn: np.ndarray) -> Iterator[pa.Table]:
    """Yield stations due and accepted by kind; those due fewest stand in the largest townships."""
    count, months = len(city.townships.code), len(calendar.months)
    residents = np.bincount(city.grids.parent, city.population[-1], count)
    largest = (-residents).argsort(kind="stable").argsort(kind="stable")
    share = month_ends(settings.counts.townships_standard, months) / count
    for kind, wanted in settings.counts.stations_due.items():
        due = largest < wanted
        # The order of acceptance among those due, so that the totals come out exactly.
        place = np.where(due, turn, turn + 10 * count).argsort(kind="stable").argsort(kind="stable")
        done = due[None, :] & (place[None, :] < np.round(share * wanted)[:, None])
        keep = np.repeat(due[None, :], months, axis=0)
        for measure, values in (("due", keep), ("done", done)):
            yield count_rows(
                POLITICAL_LEGAL,
                f"townships_standard_{measure}",
                city.townships.code,
                calendar.months,
                values,
                class_code=kind,
                keep=keep,
            )


def _by_township(source: str, measure: str, city: DemoCity, calendar: Calendar, values: np.ndarray) -> pa.Table:
    return count_rows(source, measure, city.townships.code, calendar.months, values)
