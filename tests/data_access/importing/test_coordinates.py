"""Points and borders drawn in GCJ-02 or BD-09 come to lie where they are, in every format that has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.importing.coordinates import gcj_to_bd, to_stored, wgs_to_gcj
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore
from tests.data_access.importing.area_files import areas_mapping

METRES = 111_320
WEST, EAST = shapely.box(117.1, 32.2, 117.3, 32.4), shapely.box(117.3, 32.2, 117.5, 32.4)
BORDER = 117.3


def in_system(lon, lat, crs: str):
    """Return true coordinates as a map in ``crs`` has them."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if crs == "EPSG:4326":
        return lon, lat
    lon, lat = wgs_to_gcj(lon, lat)
    return gcj_to_bd(lon, lat) if crs == "BD-09" else (lon, lat)


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_over_all_of_china_a_point_comes_back_to_within_a_millimetre(crs):
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.linspace(73.5, 135, 200), np.linspace(3.9, 53.5, 200)))
    moved = in_system(lon, lat, crs)
    back = to_stored(*moved, crs)
    assert np.hypot(moved[0] - lon, moved[1] - lat).min() > 0.0003, "each was moved by tens of metres at least"
    assert METRES * np.hypot(back[0] - lon, back[1] - lat).max() < 0.001


# Pairs of the public library eviltransform's own tests (googollee/eviltransform, MIT)
@pytest.mark.parametrize(
    ("lat", "lon", "gcj_lat", "gcj_lon"),
    [
        (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
        (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
        (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
    ],
)
def test_the_offset_is_that_of_other_programs(lat, lon, gcj_lat, gcj_lon):
    assert wgs_to_gcj(np.array([lon]), np.array([lat])) == (
        pytest.approx(gcj_lon, abs=1e-5),
        pytest.approx(gcj_lat, abs=1e-5),
    )


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (-79.4, 43.7), (151.2, -33.9)])
def test_outside_china_gcj_02_is_the_same_as_the_others(lon, lat):
    assert to_stored(np.array([lon]), np.array([lat]), "GCJ-02") == (lon, lat)


ROOT = """
[root]
code = "990100000000"
name = "某市"
name_en = "City"
"""
OF_COLUMN = {
    name: f'column = "{column}"' for name, column in {"name": "code", "parent": "above", "depth": "depth"}.items()
}
CASES = """
name = "cases"
[[file]]
match = "cases*"
{file_keys}
[[file.target]]
table = "incident"
source = "police"
[file.target.columns]
source_id = {{ column = "id" }}
occurred_on = {{ value = "2024-01-05" }}
category = {{ value = "homicide" }}
victims = {{ value = 1 }}
[file.target.region]
code = {{ column = "region" }}
point = {{ lon = "{lon}", lat = "{lat}", crs = "{crs}" }}
"""


def areas(*rows: tuple[str, str, int, shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["code", "above", "depth", "shape"])
    return gpd.GeoDataFrame(frame.drop(columns="shape"), geometry=list(frame["shape"]), crs=4326)


COUNTIES = areas(("990101000000", "990100000000", 1, WEST), ("990102000000", "990100000000", 1, EAST))


@pytest.fixture
def city(tmp_path: Path) -> Callable[..., Home]:
    """Import areas, drawn in a coordinate system, into an empty home."""

    def build(frame: gpd.GeoDataFrame, crs: str = "EPSG:4326") -> Home:
        home = Home(tmp_path / "city")
        drawn = shapely.transform(
            frame.geometry.to_numpy(), lambda points: np.column_stack(in_system(points[:, 0], points[:, 1], crs))
        )
        frame.set_geometry(drawn, crs=4326).to_file(tmp_path / "areas.geojson")
        rules = areas_mapping(tmp_path, crs, root=ROOT, **OF_COLUMN)
        report = import_files(home, rules, [tmp_path / "areas.geojson"])
        assert not any(target.quarantined for target in report.targets)
        return home

    return build


def read(home: Home, table: sa.Table) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        return store.read(sa.select(table)).sort_values(table.columns.keys()[:2], ignore_index=True)


@pytest.mark.parametrize("crs", ["EPSG:4326", "GCJ-02", "BD-09"])
def test_borders_come_to_lie_where_they_are(city, crs):
    shapes = read(city(COUNTIES, crs), schema.region_geometry).set_index("region_code")["wkb"]
    for code, shape in (("990101000000", WEST), ("990102000000", EAST)):
        assert shapely.hausdorff_distance(shapely.from_wkb(shapes[code]), shape) * METRES < 0.01


def text(frame: gpd.GeoDataFrame, **changed: object) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry")).assign(**changed)


def columns(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return text(frame, x=frame.geometry.x, y=frame.geometry.y)


OF_COLUMNS, OF_SHAPES = ("x", "y"), ("geometry.x", "geometry.y")
FORMATS = {
    "cases.csv": (lambda frame, path: columns(frame).to_csv(path, index=False), OF_COLUMNS, ""),
    "cases.xlsx": (lambda frame, path: columns(frame).to_excel(path, index=False), OF_COLUMNS, ""),
    "cases.parquet": (lambda frame, path: columns(frame).to_parquet(path), OF_COLUMNS, ""),
    "cases.wkt.csv": (
        lambda frame, path: text(frame, shape=frame.geometry.to_wkt(rounding_precision=-1)).to_csv(path, index=False),
        OF_SHAPES,
        'wkt = "shape"',
    ),
    "cases.geo.parquet": (lambda frame, path: frame.to_parquet(path), OF_SHAPES, ""),
    "cases.geojson": (lambda frame, path: frame.to_file(path, COORDINATE_PRECISION=9), OF_SHAPES, ""),
    "cases.gpkg": (lambda frame, path: frame.to_file(path), OF_SHAPES, ""),
    "cases.shp": (lambda frame, path: frame.to_file(path), OF_SHAPES, ""),
}


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_point_just_west_of_a_border_is_found_west_of_it_in_every_format(city, tmp_path, name, crs):
    home = city(COUNTIES, "GCJ-02")
    write, (lon, lat), file_keys = FORMATS[name]
    near = BORDER - 50 / (METRES * np.cos(np.radians(32.3)))  # fifty metres; taken as it stands it would lie east
    drawn = in_system([near], [32.3], crs)
    assert drawn[0][0] > BORDER
    frame = gpd.GeoDataFrame({"id": ["1"], "region": [None]}, geometry=gpd.points_from_xy(*drawn), crs=4326)
    write(frame, tmp_path / name)
    rules = tmp_path / "cases.toml"
    rules.write_text(CASES.format(crs=crs, lon=lon, lat=lat, file_keys=file_keys), encoding="utf-8")
    assert import_files(home, rules, [tmp_path / name]).targets[0].added == 1
    case = read(home, schema.incident).iloc[0]
    assert case["region_code"] == "990101000000"
    assert METRES * np.hypot(case["lon"] - near, case["lat"] - 32.3) < 0.05


def cases(home: Home, tmp_path: Path, *rows: tuple[str | None, float, float]):
    frame = pd.DataFrame(rows, columns=["region", "x", "y"])
    frame.assign(id=[f"c{place}" for place in range(len(frame))]).to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "cases.toml").write_text(
        CASES.format(crs="EPSG:4326", lon="x", lat="y", file_keys=""), encoding="utf-8"
    )
    return import_files(home, tmp_path / "cases.toml", [tmp_path / "cases.csv"]).targets[0]


TOWN = ("990101001000", "990101000000", 2, shapely.box(117.1, 32.2, 117.2, 32.4))


def test_a_point_in_no_township_goes_to_its_county_and_agrees_with_what_lies_around_it(city, tmp_path):
    counties = [tuple(row) for row in COUNTIES[["code", "above", "depth", "geometry"]].itertuples(index=False)]
    home = city(areas(*counties, TOWN))
    report = cases(
        home,
        tmp_path,
        (None, 117.15, 32.3),  # in the township
        (None, 117.25, 32.3),  # in a county, in no township
        ("990101001000", 117.25, 32.3),  # says the township, lies beside it in its county
        ("990101000000", 117.15, 32.3),  # says the county, lies in its township
        ("990102000000", 117.15, 32.3),  # says another county
        ("990101001000", 117.4, 32.3),  # says the township, lies in another county
        (None, 118.9, 32.3),  # nowhere
    )
    assert (report.added, report.quarantined) == (6, 1)
    assert read(home, schema.incident)["region_code"].tolist() == [
        *("990101001000", "990101000000", "990101001000", "990101000000", "990102000000", "990101001000")
    ]
    assert report.disagreements == 3
    assert "outside every region" in report.problems[0][0]


def test_a_point_on_a_border_lies_on_both_sides_and_goes_to_one_of_them_for_good(city, tmp_path):
    home = city(COUNTIES)
    rows = ((None, BORDER, 32.3), ("990101000000", BORDER, 32.3), ("990102000000", BORDER, 32.3))
    report = cases(home, tmp_path, *rows)
    assert (report.added, report.disagreements) == (3, 0)
    city(COUNTIES.iloc[::-1])
    assert cases(home, tmp_path, *rows).unchanged == 3
