"""The regions of the demonstration city: codes, names, shapes and population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import shapely

from data_access.demo.frames import rows_of
from data_access.demo.geography.naming import PlaceName, township_names, village_names
from data_access.demo.geography.partition import Partition, clusters, divide
from data_access.demo.proportions import shares
from data_access.demo.settings import DemoSettings

SOURCE = "civil_affairs"
POPULATION_SOURCE = "statistics_bureau"
COVERS_ALL = ("public_security", "statistics_bureau", "political_legal_committee")
"""Sources known to have reported up to data_through, whatever day their last row is of."""
_VALID_FROM = date(2015, 1, 1)
_GRIDS_PER_VILLAGE = 2.6


@dataclass(frozen=True)
class Places:
    """Regions of one level, ordered by code.

    Attributes
    ----------
    code, name, name_en : list of str
    parent : ndarray of int
        Position of the parent among the places one level up.
    urban : ndarray of bool
    shape : ndarray of Polygon
        Degrees.
    """

    code: list[str]
    name: list[str]
    name_en: list[str]
    parent: np.ndarray
    urban: np.ndarray
    shape: np.ndarray


@dataclass(frozen=True)
class DemoCity:
    """Everything the other parts need to know about the regions.

    Attributes
    ----------
    county_of_grid : ndarray of int, shape (grids,)
    population : ndarray of int, shape (years, grids)
        Residents.
    county_quality, township_quality : ndarray of float
        How well the work is done, as a standard normal deviate; the same in every part.
    """

    counties: Places
    townships: Places
    grids: Places
    county_of_grid: np.ndarray
    population: np.ndarray
    county_quality: np.ndarray
    township_quality: np.ndarray

    @property
    def city_code(self) -> str:
        """The root's code."""
        return self.counties.code[0][:4] + "00000000"


def build_city(settings: DemoSettings) -> DemoCity:
    """Return the regions, drawn from the seed of ``settings``."""
    wanted = settings.regions
    partition = divide(
        np.array([county.seat for county in wanted.counties]),
        np.array([county.urban for county in wanted.counties]),
        wanted.townships,
        wanted.grids,
        settings.city.mean_radius_km,
        settings.city.centre,
        settings.random("geography"),
    )
    counties = _counties(settings, partition)
    townships, position = _townships(settings, partition, counties)
    grids = _grids(settings, partition, townships, position)
    county_of_grid = townships.parent[grids.parent]
    random = settings.random("quality")
    county_quality = random.normal(size=len(counties.code))
    county_quality = (county_quality - county_quality.mean()) / county_quality.std()
    township_quality = 0.75 * county_quality[townships.parent] + 0.65 * random.normal(size=len(townships.code))
    return DemoCity(
        counties,
        townships,
        grids,
        county_of_grid,
        _population(settings, grids),
        county_quality,
        township_quality,
    )


def region_tables(city: DemoCity, settings: DemoSettings) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables that describe the regions."""
    about = settings.city
    described = {
        "name": about.name,
        "name_en": about.name_en,
        "is_demo": "1",
        "real_geography": "0",
        "map_review_no": "",
        "headline": about.headline,
        "data_through": settings.data_through.isoformat(),
    }
    # Homicides, pilot sites and vetoes are rare and surveys half-yearly: their last row says little about how far their source has reported.
    cover = f"{settings.first_year}-01-01..{settings.data_through.isoformat()}"
    described |= {f"covers:{source}": cover for source in COVERS_ALL}
    yield "dataset", rows_of("dataset", {"key": list(described), "value": list(described.values())})
    levels = settings.levels
    yield (
        "region_level",
        rows_of(
            "region_level",
            {
                "depth": np.arange(len(levels)),
                "level": list(levels),
                "name": [level.name for level in levels.values()],
                "name_en": [level.name_en for level in levels.values()],
                "digits": [level.digits for level in levels.values()],
            },
        ),
    )
    whole = Places(
        [city.city_code], [about.name], [about.name_en], np.array([0]), np.array([False]),
        np.array([shapely.coverage_union_all(city.grids.shape)]),
    )  # fmt: skip
    places = [whole, city.counties, city.townships, city.grids]
    code = [code for place in places for code in place.code]
    parent = [None] + [upper.code[position] for upper, place in pairwise(places) for position in place.parent]
    shape = np.concatenate([place.shape for place in places])
    inside = shapely.point_on_surface(shape)
    yield (
        "region",
        rows_of(
            "region",
            {
                "region_code": code,
                "name": [name for place in places for name in place.name],
                "name_en": [name for place in places for name in place.name_en],
                "level": [level for level, place in zip(levels, places, strict=False) for _ in place.code],
                "depth": [depth for depth, place in enumerate(places) for _ in place.code],
                "parent_code": parent,
                "valid_from": [_VALID_FROM] * len(code),
                "urban": [None] + [bool(urban) for place in places[1:] for urban in place.urban],
                "lon": shapely.get_x(inside),
                "lat": shapely.get_y(inside),
                "source": SOURCE,
            },
        ),
    )
    geometry = {"region_code": code, "wkb": list(shapely.to_wkb(shape)), "source": SOURCE}
    yield "region_geometry", rows_of("region_geometry", geometry)
    by_level = [
        city.population.sum(axis=1)[:, None],
        summed(city.population, city.county_of_grid, len(city.counties.code)),
        summed(city.population, city.grids.parent, len(city.townships.code)),
        city.population,
    ]
    yield (
        "population",
        rows_of(
            "population",
            {
                "region_code": code * len(settings.years),
                "year": np.repeat(np.array(settings.years), len(code)),
                "population": np.concatenate(by_level, axis=1).ravel().astype(float),
                "source": POPULATION_SOURCE,
            },
        ),
    )


def summed(values: np.ndarray, parent: np.ndarray, parents: int) -> np.ndarray:
    """Return ``values`` (periods × places) added up to their parents."""
    result = np.zeros((len(values), parents), values.dtype)
    np.add.at(result.T, parent, values.T)
    return result


def _counties(settings: DemoSettings, partition: Partition) -> Places:
    counties = settings.regions.counties
    urban = np.array([county.urban for county in counties])
    # GB/T 2260: 01-20 districts, 21 and above counties. The settings list districts first.
    number = np.where(urban, np.cumsum(urban) + 1, np.cumsum(~urban) + 20)
    code = [f"{settings.city.code_prefix}{n:02d}000000" for n in number]
    if code != sorted(code):
        raise ValueError("config/demo.toml: regions.counties must list districts (urban) before counties")
    return Places(
        code,
        [county.name for county in counties],
        [county.name_en for county in counties],
        np.zeros(len(counties), int),
        urban,
        _united(partition.polygons, partition.county, len(counties)),
    )


def _townships(settings: DemoSettings, partition: Partition, counties: Places) -> tuple[Places, np.ndarray]:
    """Return the townships by code, and for each township of the partition its place among them."""
    count = settings.regions.townships
    shape = _united(partition.polygons, partition.township, count)
    first_grid = np.array([np.flatnonzero(partition.township == number)[0] for number in range(count)])
    county = partition.county[first_grid]
    crowding = np.bincount(partition.township) / shapely.area(shape)
    # Subdistricts are what is crowded in a district, and the county seat; the loneliest places are townships (乡).
    kind = np.empty(count, int)
    for number, in_district in enumerate(counties.urban):
        own = np.flatnonzero(county == number)
        rank = (-crowding[own]).argsort().argsort() / len(own)
        kind[own] = np.select([rank < (0.75 if in_district else 0.12), rank < 0.7], [0, 1], 2 if not in_district else 1)
    centre = shapely.get_coordinates(shapely.centroid(shape))
    order = np.lexsort((centre[:, 0], -centre[:, 1], kind, county))
    names = township_names(count, settings.random("township names"))
    # 001-099 subdistricts, 100-199 towns, 200-399 townships (rules of the statistical codes)
    suffixes = (("街道", "Subdistrict", 1), ("镇", "Town", 100), ("乡", "Township", 200))
    code, name, name_en = [], [], []
    used: dict[tuple[int, int], int] = {}
    for place, spelled in zip(order, names, strict=False):
        chinese, english, first = suffixes[kind[place]]
        group = (int(county[place]), int(kind[place]))
        used[group] = used.get(group, -1) + 1
        code.append(f"{counties.code[county[place]][:6]}{first + used[group]:03d}000")
        name.append(spelled.name + chinese)
        name_en.append(f"{spelled.name_en} {english}")
    return Places(code, name, name_en, county[order], kind[order] == 0, shape[order]), order.argsort()


def _grids(settings: DemoSettings, partition: Partition, townships: Places, position: np.ndarray) -> Places:
    township = position[partition.township]
    random = settings.random("villages")
    names = iter(village_names(settings.regions.grids, settings.random("village names")))
    rows: list[tuple[str, str, str, int]] = []
    for number, township_code in enumerate(townships.code):
        own = np.flatnonzero(township == number)
        villages = max(1, round(len(own) / _GRIDS_PER_VILLAGE))
        label = clusters(partition.centres[own], villages, random)
        for village in range(villages):
            place: PlaceName = next(names)
            members = own[label == village]
            members = members[np.lexsort((-partition.centres[members, 1], partition.centres[members, 0]))]
            urban = townships.urban[number]
            village_code = f"{township_code[:9]}{village + (1 if urban else 201):03d}"
            kind, kind_en = ("社区", "Community") if urban else ("村", "Village")
            for order, grid in enumerate(members, start=1):
                name = f"{place.name}{kind}第{order}网格"
                rows.append((f"{village_code}{order:03d}", name, f"{place.name_en} {kind_en} Grid {order}", int(grid)))
    rows.sort()
    grid = np.array([row[3] for row in rows])
    return Places(
        code=[row[0] for row in rows],
        name=[row[1] for row in rows],
        name_en=[row[2] for row in rows],
        parent=township[grid],
        urban=townships.urban[township[grid]],
        shape=partition.polygons[grid],
    )


def _united(polygons: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    return np.array([shapely.coverage_union_all(polygons[label == number]) for number in range(count)])


def _population(settings: DemoSettings, grids: Places) -> np.ndarray:
    random = settings.random("population")
    size = random.lognormal(sigma=0.35, size=len(grids.code)) * np.where(grids.urban, 1.25, 0.9)
    people = settings.population
    years = []
    for total, year in zip(people.city, settings.years, strict=False):
        growth = np.where(grids.urban, people.urban_growth, people.rural_growth)
        years.append(shares(total, size * (1 + growth) ** (year - settings.first_year)))
    return np.array(years)
