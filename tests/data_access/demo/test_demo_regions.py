"""Regions of the demonstration city nest without gaps or overlaps, and are nobody's real place."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from data_access.demo.geography.partition import clusters, contiguous

SIZES = {0: 1, 1: 12, 2: 126, 3: 1_236}


@pytest.fixture(scope="module")
def shapes(frames) -> pd.DataFrame:
    placed = frames["region"].merge(frames["region_geometry"][["region_code", "wkb"]], on="region_code")
    return placed.assign(shape=shapely.from_wkb(placed["wkb"].to_numpy(object)))


def test_there_are_12_counties_126_townships_and_1236_grids(frames):
    assert frames["region"]["depth"].value_counts().to_dict() == SIZES
    assert frames["region"]["region_code"].is_unique
    assert frames["region"].loc[frames["region"]["depth"] > 0, "name"].is_unique


def test_codes_are_fictional_and_start_with_their_parents_digits(frames):
    region = frames["region"]
    assert region["region_code"].str.fullmatch(r"99\d{10}|99\d{13}").all()
    assert (region["region_code"].str.len() == np.where(region["depth"] == 3, 15, 12)).all()
    digits = frames["region_level"].set_index("depth")["digits"]
    below = region[region["depth"] > 0]
    for row in below.itertuples():
        assert row.region_code.startswith(row.parent_code[: digits[row.depth - 1]])
        assert set(row.region_code[digits[row.depth] :]) <= {"0"}


def test_city_is_labelled_as_an_example(frames):
    dataset = frames["dataset"].set_index("key")["value"]
    assert "示例" in dataset["name"]
    assert (dataset["is_demo"], dataset["real_geography"], dataset["data_through"]) == ("1", "0", "2024-12-31")


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_regions_of_a_level_share_their_edges_exactly(shapes, depth):
    level = shapes.loc[shapes["depth"] == depth, "shape"].to_numpy()
    assert shapely.is_valid(level).all()
    assert set(shapely.get_type_id(level)) == {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(level)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_children_cover_their_parent_and_nothing_else(shapes, depth):
    parents = shapes[shapes["depth"] == depth - 1].set_index("region_code")["shape"]
    for code, children in shapes[shapes["depth"] == depth].groupby("parent_code")["shape"]:
        union = shapely.coverage_union_all(children.to_numpy())
        assert shapely.equals(union, parents[code])
        assert shapely.area(children.to_numpy()).sum() == pytest.approx(parents[code].area, rel=1e-9)


def test_no_county_has_a_hole_and_no_grid_lies_in_the_city_twice(shapes):
    counties = shapes.loc[shapes["depth"] == 1, "shape"].to_numpy()
    assert shapely.get_num_interior_rings(counties).sum() == 0
    city = shapes.loc[shapes["depth"] == 0, "shape"].iloc[0]
    assert shapely.get_num_interior_rings(city) == 0


def test_label_points_lie_inside_their_regions(shapes):
    assert shapely.contains_xy(shapes["shape"].to_numpy(), shapes["lon"], shapes["lat"]).all()


def test_grid_shapes_stay_small_enough_to_send_to_a_browser(shapes):
    grids = shapely.to_geojson(shapes.loc[shapes["depth"] == 3, "shape"].to_numpy())
    assert sum(len(json.dumps(json.loads(text), separators=(",", ":"))) for text in grids) < 1_500_000


def test_districts_are_smaller_and_more_crowded_than_counties(shapes, frames):
    counties = shapes[shapes["depth"] == 1].assign(area=lambda level: shapely.area(level["shape"].to_numpy()))
    people = frames["population"].query("year == 2024").set_index("region_code")["population"]
    crowding = counties["region_code"].map(people) / counties["area"]
    urban = counties["urban"].astype(bool)
    assert counties.loc[urban, "area"].max() < counties.loc[~urban, "area"].min()
    assert crowding[urban].min() > 1.5 * crowding[~urban].max()


def test_population_adds_up_at_every_level_and_year(frames):
    people = frames["population"].merge(frames["region"][["region_code", "depth"]], on="region_code")
    totals = people.groupby(["year", "depth"])["population"].sum().unstack()
    assert (totals.nunique(axis=1) == 1).all()
    assert totals[0].between(4_900_000, 5_000_000).all()
    assert (people["population"] > 0).all()


@pytest.mark.parametrize("table", ["incident", "dispute", "facility"])
def test_points_lie_inside_the_grid_of_their_row(shapes, frames, table):
    rows = frames[table].dropna(subset="lon").merge(shapes[["region_code", "shape"]], on="region_code")
    assert len(rows) == frames[table]["lon"].notna().sum()
    grids = rows["shape"].to_numpy()
    shapely.prepare(grids)
    assert shapely.contains_xy(grids, rows["lon"], rows["lat"]).all()


def test_splinter_goes_to_the_label_around_it():
    chain = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    assert contiguous(np.array([0, 0, 1, 0, 0]), chain).tolist() in ([0, 0, 0, 0, 0], [0, 0, 1, 1, 1], [1, 1, 1, 0, 0])
    assert contiguous(np.array([0, 0, 0, 1, 0]), chain).tolist() == [0, 0, 0, 1, 1]


def test_no_cluster_is_empty_even_when_points_coincide_nearly():
    points = np.vstack([np.zeros((20, 2)), [[5.0, 5.0]]]) + np.arange(21)[:, None] * 1e-6
    label = clusters(points, 6, np.random.default_rng(0))
    assert sorted(set(label)) == list(range(6))
