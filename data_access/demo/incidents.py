"""Homicides and criminal alarms, one row each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data_access.demo.frames import chosen, numbered, only_where, rows_of
from data_access.demo.geography.points import PointsInGrids
from data_access.demo.geography.regions import DemoCity
from data_access.demo.rhythm import Calendar, before_cutoff, draw_days
from data_access.demo.settings import DemoSettings

SOURCE = "public_security"
_UNLOCATED = 0.04
_DRAWS = 200


def incident_tables(
    city: DemoCity, settings: DemoSettings, calendar: Calendar, points: PointsInGrids
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the homicides, then the criminal alarms."""
    yield "incident", _homicides(city, settings, calendar, points)
    yield "incident", _alarms(city, settings, calendar, points)


def _homicides(city: DemoCity, settings: DemoSettings, calendar: Calendar, points: PointsInGrids) -> pa.Table:
    wanted = settings.homicides
    random = settings.random("homicides")
    weight = calendar.weights(wanted.months, weekend=1.05)
    year = np.repeat(np.array(settings.years), wanted.incidents)
    # Where a homicide happens is chance among all residents: every county has the same true risk. Draws are repeated
    # until some county rose two years running, as one does by chance in two out of three such cities.
    for _ in range(_DRAWS):
        grid = np.concatenate(
            [
                random.choice(len(people), count, p=people / people.sum())
                for people, count in zip(city.population, wanted.incidents, strict=False)
            ]
        )
        if _rose_twice(city, settings, grid, year):
            break
    else:
        raise ValueError("no draw of homicides has a county with two rising years; take another seed")
    day = np.concatenate(
        [
            draw_days(calendar.of_year(y), weight, n, random)
            for y, n in zip(settings.years, wanted.incidents, strict=False)
        ]
    )
    classes = sorted(wanted.class_shares)
    share = np.array([wanted.class_shares[key] for key in classes])
    last = sum(wanted.incidents[:-1])
    cause = random.choice(len(classes), len(year), p=share / share.sum())
    given = np.repeat(np.arange(len(classes)), [wanted.last_year_by_class.get(key, 0) for key in classes])
    cause[last:] = random.permutation(given)
    victims_share = np.array(wanted.victims_shares)
    victims = 1 + random.choice(len(victims_share), len(year), p=victims_share / victims_share.sum())
    grown = np.array([wanted.from_dispute[key] for key in classes])
    order = np.argsort(day, kind="stable")
    lon, lat = points.draw(grid)
    columns = {
        "category": "homicide",
        "class_code": chosen(classes, cause[order]),
        "victims": victims[order],
        "from_dispute": (random.random(len(year)) < grown[cause])[order],
        "lon": lon[order],
        "lat": lat[order],
    }
    return _rows(city, calendar, "H", grid[order], day[order], columns)


def _rose_twice(city: DemoCity, settings: DemoSettings, grid: np.ndarray, year: np.ndarray) -> bool:
    counties = len(city.counties.code)
    rate = []
    for number, people in enumerate(city.population[-3:]):
        own = year == settings.years[-3] + number
        cases = np.bincount(city.county_of_grid[grid[own]], minlength=counties)
        rate.append(cases / np.bincount(city.county_of_grid, people, counties))
    return bool(((rate[2] > rate[1]) & (rate[1] > rate[0])).any())


def _alarms(city: DemoCity, settings: DemoSettings, calendar: Calendar, points: PointsInGrids) -> pa.Table:
    wanted = settings.alarms
    random = settings.random("alarms")
    kinds = list(wanted.classes)
    base = _uneven(city, random)
    wobble = calendar.wobble(random, 0.05)
    day_weight, grid_weight = [], []
    for rule in wanted.classes.values():
        weight = calendar.weights(wanted.months, weekend=1.08, festival=0.82, wobble=wobble)
        if rule.campaign is not None:
            weight = weight * np.where(calendar.days >= np.datetime64(rule.campaign), rule.effect, 1.0)
        day_weight.append(weight)
        grid_weight.append(base * np.where(city.grids.urban, 1.0, rule.rural))
    counties = len(city.counties.code)
    late = np.array([settings.late.alarms.get(name, 0) for name in city.counties.name])
    last_day = len(calendar.days) - 1 - late
    grids, days, classes = [], [], []
    for position, (year, count) in enumerate(zip(settings.years, wanted.incidents, strict=False)):
        own = calendar.of_year(year)
        drift = np.exp(random.normal(0, 0.05, counties))[city.county_of_grid]
        expected = [
            rule.share * weight[own].mean() / weight.mean()
            for rule, weight in zip(wanted.classes.values(), day_weight, strict=False)
        ]
        for kind_number, cases in enumerate(random.multinomial(count, np.array(expected) / sum(expected))):
            weight = grid_weight[kind_number] * drift * city.population[position]
            grid = random.choice(len(weight), cases, p=weight / weight.sum())
            day = draw_days(own, day_weight[kind_number], cases, random)
            grids.append(grid)
            days.append(
                before_cutoff(day, last_day[city.county_of_grid[grid]], day_weight[kind_number], calendar, random)
            )
            classes.append(np.full(cases, kind_number))
    grid, day, kind = np.concatenate(grids), np.concatenate(days), np.concatenate(classes)
    order = np.argsort(day, kind="stable")
    grid, day, kind = grid[order], day[order], kind[order]
    lon, lat = points.draw(grid)
    located = random.random(len(grid)) >= _UNLOCATED
    columns = {
        "category": "criminal_alarm",
        "class_code": chosen(kinds, kind),
        "victims": np.zeros(len(grid), int),
        "lon": only_where(pa.array(lon), located),
        "lat": only_where(pa.array(lat), located),
    }
    return _rows(city, calendar, "A", grid, day, columns)


def _uneven(city: DemoCity, random: np.random.Generator) -> np.ndarray:
    """Return how much busier each grid is than its residents alone would make it; a few are hot."""
    county = np.exp(random.normal(0, 0.1, len(city.counties.code)))
    township = np.exp(random.normal(0, 0.2, len(city.townships.code)))
    grid = np.exp(random.normal(0, 0.5, len(city.grids.code)))
    return county[city.county_of_grid] * township[city.grids.parent] * grid


def _rows(
    city: DemoCity, calendar: Calendar, prefix: str, grid: np.ndarray, day: np.ndarray, columns: dict
) -> pa.Table:
    offices = [
        f"{name}公安分局" if urban else f"{name}公安局"
        for name, urban in zip(city.counties.name, city.counties.urban, strict=False)
    ]
    return rows_of(
        "incident",
        {
            "source": SOURCE,
            "source_id": numbered(prefix, np.arange(1, len(grid) + 1), 7),
            "region_code": chosen(city.grids.code, grid),
            "occurred_on": calendar.days[day],
            "date_grain": "day",
            "unit": chosen(offices, city.county_of_grid[grid]),
            **columns,
        },
    )
