"""Random small cities, and for each a twin that differs in hidden counts only: whoever may not see those must see no difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import shapely

from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.engine.protection import Pattern, family_of, pattern_of
from dashboard.indicators.suppression import MONTHS, blocks
from data_access.access import Scope
from data_access.home import Home
from data_access.measures import load_measures
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import neighbours, small_city

CITY = small_city.CITY
COUNTIES = {f"97010{county}000000": CITY for county in (1, 2, 3, 4)}
TOWNS = {f"97010{county}00{town}000": f"97010{county}000000" for county in (1, 2, 3, 4) for town in (1, 2, 3)}
SPARSE = "970101001000"
"""A township with a case now and then: never enough to be shown to its own leader."""
YEARS = (2022, 2023, 2024)
KINDS = {"homicide": ("01", "04", "06"), "criminal_alarm": ("fraud", "other", "robbery_theft")}
A_YEAR = {"homicide": 45, "criminal_alarm": 420}
PLAIN = ("patrol_due", "patrol_done", "volunteers", "weekly_analysis_due", "weekly_analysis_done")
FAMILIES = {"homicide": "JQ2", "criminal_alarm": "criminal_alarms"}


@dataclass(frozen=True)
class City:
    """Rows of a city, as the working store takes them."""

    incidents: pd.DataFrame
    counts: pd.DataFrame
    disputes: pd.DataFrame


def sensitive_measures() -> list[str]:
    return [name for name, measure in load_measures().items() if measure.sensitive and measure.table is None]


def drawn(seed: int) -> City:
    """Draw a city: towns of very different sizes, so that some are hidden, and some whole counties are."""
    chance = np.random.default_rng(seed)
    weight = chance.gamma(0.6, 1.0, len(TOWNS)) * np.repeat(chance.gamma(0.8, 1.0, len(COUNTIES)), 3)
    weight[0] = 0
    frames = []
    for category, classes in KINDS.items():
        size = A_YEAR[category] * len(YEARS)
        days = pd.Timestamp(YEARS[0], 1, 1) + pd.to_timedelta(chance.integers(0, 1096, size), unit="D")
        towns = chance.choice(list(TOWNS), size, p=weight / weight.sum())
        towns[:2] = SPARSE
        frames.append(
            pd.DataFrame(
                {
                    "region_code": towns,
                    "occurred_on": days.date,
                    "category": category,
                    "class_code": chance.choice(classes, size, p=(0.75, 0.2, 0.05)),
                    "victims": chance.choice([1, 1, 2], size) if category == "homicide" else 0,
                    "from_dispute": chance.random(size) < 0.4 if category == "homicide" else None,
                }
            )
        )
    incidents = pd.concat(frames, ignore_index=True)
    incidents = incidents.assign(
        source_id=[f"i{number}" for number in range(len(incidents))],
        source="police",
        date_grain="day",
        unit="一队",
        lon=1.5,
        lat=0.5,
    )
    level = dict(zip(COUNTIES, chance.choice([4, 14, 40], len(COUNTIES), p=(0.3, 0.3, 0.4)), strict=True))
    rows = [
        (county, date(year, month, 1), name, float(level[county] + chance.integers(0, 4) + 5 * name.endswith("_due")))
        for county in COUNTIES
        for year in YEARS
        for month in range(1, 13)
        for name in sensitive_measures()
    ]
    rows += [
        (county, date(year, month, 1), name, 90.0 + month + 10 * name.endswith("_due"))
        for county in COUNTIES
        for year in YEARS
        for month in range(1, 13)
        for name in PLAIN
    ]
    counts = pd.DataFrame(rows, columns=["region_code", "period_start", "measure", "value"])
    counts = counts.assign(
        source_id=[f"c{number}" for number in range(len(counts))],
        grain="month",
        class_code="",
        channel="",
        source="office",
    )
    disputes = neighbours.made_disputes()
    disputes = disputes.assign(region_code=chance.choice(list(TOWNS), len(disputes)))
    return City(incidents, counts, disputes)


def published(home: Home, city: City) -> SnapshotReader:
    """Publish a city; called again for the same home it publishes anew."""
    home.create()
    small_city.fill(home)
    rows = [(CITY, "小城", "city", 0, None)]
    rows += [(code, f"县{code[5]}", "county", 1, parent) for code, parent in COUNTIES.items()]
    rows += [(code, f"镇{code[5]}{code[8]}", "township", 2, parent) for code, parent in TOWNS.items()]
    regions = pd.DataFrame(rows, columns=["region_code", "name", "level", "depth", "parent_code"])
    regions = regions.assign(name_en=regions["name"], valid_to=None, successor_code=None, source="test")
    people = [(code, year, 100_000.0) for code in TOWNS for year in (2021, *YEARS)]
    population = pd.DataFrame(people, columns=["region_code", "year", "population"]).assign(source="test")
    boxes = {CITY: (0, 0, 12, 1)}
    boxes |= {code: (3 * place, 0, 3 * place + 3, 1) for place, code in enumerate(COUNTIES)}
    boxes |= {code: (place, 0, place + 1, 1) for place, code in enumerate(TOWNS)}
    wkb = [shapely.to_wkb(shapely.box(*box)) for box in boxes.values()]
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("region", regions)
        store.replace_all("region_geometry", pd.DataFrame({"region_code": list(boxes), "wkb": wkb, "source": "test"}))
        store.replace_all("population", population)
        store.replace_all("incident", city.incidents)
        store.replace_all("dispute", city.disputes)
        store.replace_all("reported_count", city.counts)
    publish(home)
    return SnapshotReader(home)


def twin_of(city: City, reader: SnapshotReader, scopes: list[Scope], seed: int) -> City:
    """Return the city with hidden counts changed at random: what any of the scopes is shown must stay as it is.

    Incidents change place among regions that are hidden together with all that is hidden above them, and day within the
    blocks of time that are shown; sensitive counts change place among hidden counties, and stocks that no block shows change.
    """
    chance = np.random.default_rng(seed)
    incidents = city.incidents.copy()
    for category, key in FAMILIES.items():
        family = family_of(load_catalogue()[key])
        patterns = [pattern_of(reader, scope, family) for scope in scopes]
        rows = incidents.index[incidents["category"] == category]
        alike = _alike(patterns, list(TOWNS))
        movable = [row for row in rows if len(alike[incidents.at[row, "region_code"]]) > 1]
        for row in chance.choice(movable, min(8, len(movable)), replace=False) if movable else []:
            other = alike[incidents.at[row, "region_code"]]
            incidents.at[row, "region_code"] = chance.choice(other)
        grain = _coarsest_common(patterns)
        for row in chance.choice(rows, 12, replace=False):
            incidents.at[row, "occurred_on"] = _other_day(incidents.at[row, "occurred_on"], grain, chance)
    counts = city.counts.copy()
    stocks = {name for name in sensitive_measures() if load_measures()[name].kind == "stock"}
    for name in sensitive_measures():
        family = next(family_of(item) for item in load_catalogue().values() if name in item.measures and item.available)
        patterns = [pattern_of(reader, scope, family) for scope in scopes]
        hidden = _alike(patterns, list(COUNTIES))
        own = counts[counts["measure"] == name]
        groups = {tuple(each) for each in hidden.values() if len(each) > 1}
        for group in groups:
            month = chance.choice(own["period_start"].unique())
            here = own[(own["period_start"] == month) & own["region_code"].isin(group)].index
            source, target = chance.choice(here, 2, replace=False)
            if counts.at[source, "value"] > 1:
                counts.loc[[source, target], "value"] += [-1, 1]
        inside = own[[_inside(each, _coarsest_common(patterns)) for each in own["period_start"]]].index
        if name in stocks and len(inside):
            counts.loc[chance.choice(inside, 5), "value"] += 1
    return replace(city, incidents=incidents, counts=counts)


def _alike(patterns: list[Pattern], codes: list[str]) -> dict[str, list[str]]:
    """Return for each region those that lie in just the same regions shown: a record moved among them changes no sum."""
    shown = frozenset.union(*(pattern.regions for pattern in patterns))
    parents = {**COUNTIES, **TOWNS}

    def above(code: str) -> frozenset[str]:
        path, here = [], code
        while here:
            path.append(here)
            here = parents.get(here, "")
        return frozenset(path) & shown

    return {code: [other for other in codes if above(other) == above(code) and other != SPARSE] for code in codes}


def _coarsest_common(patterns: list[Pattern]) -> str:
    """Return the finest grain that any of the patterns shows: what happens inside its blocks nobody sees."""
    grains = [pattern.grain for pattern in patterns if pattern.grain]
    return min(grains, key=lambda grain: MONTHS[grain]) if grains else "year"


def _other_day(day: date, grain: str, chance: np.random.Generator) -> date:
    first = pd.Timestamp(blocks([day], grain)[0])
    length = (first + pd.DateOffset(months=MONTHS[grain]) - first).days
    return (first + pd.Timedelta(days=int(chance.integers(0, length)))).date()


def _inside(month: date, grain: str) -> bool:
    """Return whether a month is not the last of its block: a stock is shown as at the last one only."""
    return month.month % MONTHS[grain] != 0
