"""Police workstations, volunteer patrol teams and mediation centres, each inside its grid."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.frames import chosen, numbered, rows_of
from data_access.demo.partition import shares
from data_access.demo.regions import DemoCity, PointsInGrids
from data_access.demo.settings import DemoSettings

SOURCE = "public_security"
_SITES = (
    ("夜市", "Night Market"),
    ("酒吧街", "Bar Street"),
    ("商圈", "Shopping Area"),
    ("广场", "Square"),
    ("客运站", "Coach Station"),
)


def build_facilities(city: DemoCity, settings: DemoSettings, points: PointsInGrids) -> pa.Table:
    """Return the facilities; workstations stand in the busiest grids of each county."""
    random = settings.random("facilities")
    counties = len(city.counties.code)
    residents = np.bincount(city.county_of_grid, city.population[-1], counties)
    kinds, grids, names, names_en = [], [], [], []
    workstations = shares(settings.facilities.police_workstation - counties, residents) + 1
    for county in range(counties):
        own = np.flatnonzero((city.county_of_grid == county) & city.grids.urban)
        township = random.permutation(np.unique(city.grids.parent[own]))
        for number in range(workstations[county]):
            place = township[number % len(township)]
            site, site_en = _SITES[random.integers(len(_SITES))]
            kinds.append("police_workstation")
            grids.append(random.choice(own[city.grids.parent[own] == place]))
            names.append(f"{city.townships.name[place]}{site}警务工作站")
            names_en.append(f"{city.townships.name_en[place]} {site_en} Police Workstation")
    county_of_team = np.repeat(np.arange(counties), shares(settings.facilities.patrol_team, np.ones(counties)))
    for kind, label, label_en, of in (
        ("patrol_team", "平安义警巡逻队", "Volunteer Patrol Team", county_of_team),
        ("mediation_centre", "矛盾纠纷调处中心", "Mediation Centre", np.arange(counties)),
    ):
        for county in of:
            own = np.flatnonzero((city.county_of_grid == county) & city.grids.urban)
            kinds.append(kind)
            grids.append(random.choice(own))
            names.append(city.counties.name[county] + label)
            names_en.append(f"{city.counties.name_en[county]} {label_en}")
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
