"""Points inside grids, and the facilities that stand at some of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely

from data_access.demo.frames import chosen, numbered, rows_of
from data_access.demo.geography.partition import DECIMALS
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import shares
from data_access.demo.settings import DemoSettings

SOURCE = "public_security"
_SITES = (
    ("夜市", "Night Market"),
    ("酒吧街", "Bar Street"),
    ("商圈", "Shopping Area"),
    ("广场", "Square"),
    ("客运站", "Coach Station"),
)
_HOT_SPOTS = 4
_HOT_SPOT_SHARE = 0.45


class PointsInGrids:
    """Points that lie inside given grids, part of them around a few busy spots of each grid."""

    def __init__(self, city: DemoCity, random: np.random.Generator) -> None:
        self._shape = city.grids.shape
        shapely.prepare(self._shape)
        self._bounds = shapely.bounds(self._shape)
        self._fallback = shapely.get_coordinates(shapely.point_on_surface(self._shape))
        self._random = random
        spots = np.repeat(np.arange(len(self._shape)), _HOT_SPOTS)
        self._spots = self._evenly(spots).reshape(-1, _HOT_SPOTS, 2)

    def draw(self, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return longitudes and latitudes inside the grids at positions ``grid``."""
        points = self._evenly(grid)
        busy = np.flatnonzero(self._random.random(len(grid)) < _HOT_SPOT_SHARE)
        # The first spot of a grid is the busiest.
        spot = np.minimum(self._random.geometric(0.5, len(busy)) - 1, _HOT_SPOTS - 1)
        size = (self._bounds[:, 2:] - self._bounds[:, :2])[grid[busy]]
        near = self._spots[grid[busy], spot] + self._random.normal(size=(len(busy), 2)) * size * 0.03
        near = np.round(near, DECIMALS)
        within = self._within(grid[busy], near)
        points[busy[within]] = near[within]
        return points[:, 0], points[:, 1]

    def _evenly(self, grid: np.ndarray) -> np.ndarray:
        points = self._fallback[grid]
        left = np.arange(len(grid))
        for _ in range(12):
            bounds = self._bounds[grid[left]]
            tried = bounds[:, :2] + self._random.random((len(left), 2)) * (bounds[:, 2:] - bounds[:, :2])
            tried = np.round(tried, DECIMALS)
            within = self._within(grid[left], tried)
            points[left[within]] = tried[within]
            left = left[~within]
        return points

    def _within(self, grid: np.ndarray, points: np.ndarray) -> np.ndarray:
        return shapely.contains_xy(self._shape[grid], points[:, 0], points[:, 1])


def workstations_of(city: DemoCity, settings: DemoSettings) -> np.ndarray:
    """Return how many workstations each county has: one, and the rest by residents."""
    counties = len(city.counties.code)
    residents = np.bincount(city.county_of_grid, city.population[-1], counties)
    return shares(settings.facilities.police_workstation - counties, residents) + 1


def teams_of(city: DemoCity, settings: DemoSettings) -> np.ndarray:
    """Return how many volunteer teams each county has."""
    return shares(settings.facilities.patrol_team, np.ones(len(city.counties.code)))


def build_facilities(city: DemoCity, settings: DemoSettings, points: PointsInGrids) -> pa.Table:
    """Return the facilities; workstations stand in the busiest grids of each county."""
    random = settings.random("facilities")
    counties = len(city.counties.code)
    kinds, grids, names, names_en = [], [], [], []
    workstations = workstations_of(city, settings)
    for county in range(counties):
        own = np.flatnonzero((city.county_of_grid == county) & city.grids.urban)
        township = random.permutation(np.unique(city.grids.parent[own]))
        first_site = random.integers(len(_SITES))
        for number in range(workstations[county]):
            place = township[number % len(township)]
            site, site_en = _SITES[(first_site + number) % len(_SITES)]
            kinds.append("police_workstation")
            grids.append(random.choice(own[city.grids.parent[own] == place]))
            names.append(f"{city.townships.name[place]}{site}警务工作站")
            names_en.append(f"{city.townships.name_en[place]} {site_en} Police Workstation")
    county_of_team = np.repeat(np.arange(counties), teams_of(city, settings))
    for kind, label, label_en, of in (
        ("patrol_team", "平安义警巡逻队", "Volunteer Patrol Team", county_of_team),
        ("mediation_centre", "矛盾纠纷调处中心", "Mediation Centre", np.arange(counties)),
    ):
        for place in of:
            own = np.flatnonzero((city.county_of_grid == place) & city.grids.urban)
            kinds.append(kind)
            grids.append(random.choice(own))
            names.append(city.counties.name[place] + label)
            names_en.append(f"{city.counties.name_en[place]} {label_en}")
    grid = np.array(grids)
    lon, lat = points.draw(grid)
    return rows_of(
        "facility",
        {
            "source": SOURCE,
            "source_id": numbered("F", np.arange(1, len(grid) + 1), 3),
            "region_code": chosen(city.grids.code, grid),
            "kind": kinds,
            "name": names,
            "name_en": names_en,
            "lon": lon,
            "lat": lat,
        },
    )
