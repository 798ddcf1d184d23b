"""Clusters: a planted one is found, chance gives none, islands and empty maps have a defined answer."""

import numpy as np
import pytest
from libpysal.weights import lat2W

from dashboard.statistics.clusters import local_clusters, moran, moran_of_rates
from dashboard.statistics.estimate import StatisticsError

SIDE = 12
GRID = lat2W(SIDE, SIDE, rook=False)
PEOPLE = np.random.default_rng(1).uniform(2e4, 2e5, SIDE * SIDE)


def planted(seed=3):
    truth = np.full((SIDE, SIDE), 5e-5)
    truth[:4, :4] = 40e-5
    return np.random.default_rng(seed).poisson(PEOPLE * truth.ravel()).astype(float)


def test_moran_of_a_chessboard_is_minus_one():
    board = np.indices((6, 6)).sum(axis=0).ravel() % 2
    found = moran(board, lat2W(6, 6))
    assert found.value == pytest.approx(-1)
    assert found.expected == pytest.approx(-1 / 35)


def test_a_planted_cluster_is_found_where_it_is():
    found = local_clusters(planted(), PEOPLE, GRID, permutations=9999)
    high = (found.label == "high_high").reshape(SIDE, SIDE)
    assert high[:4, :4].sum() >= 8
    assert high[6:, 6:].sum() == 0
    assert moran_of_rates(planted(), PEOPLE, GRID).p_value < 0.01


def test_chance_makes_no_clusters():
    generator = np.random.default_rng(2)
    maps = [local_clusters(generator.poisson(PEOPLE * 5e-5), PEOPLE, GRID, seed=seed) for seed in range(20)]
    coloured = [np.isin(found.label, ["high_high", "low_low", "high_low", "low_high"]).any() for found in maps]
    assert np.mean(coloured) <= 0.15


def test_the_same_seed_gives_the_same_answer_and_leaves_other_chance_alone():
    np.random.seed(5)
    before = np.random.random()
    np.random.seed(5)
    one = moran_of_rates(planted(), PEOPLE, GRID, seed=4)
    assert np.random.random() == before
    assert moran_of_rates(planted(), PEOPLE, GRID, seed=4) == one


def test_islands_and_areas_without_people_are_named():
    neighbours = [[place - 1, place + 1] for place in range(20)]
    neighbours[0], neighbours[19] = [1], [18]
    neighbours[5], neighbours[4], neighbours[6] = [], [3], [7]
    events, people = np.arange(20.0), np.full(20, 1e5)
    events[10], people[12], events[12] = np.nan, 0, 0
    found = local_clusters(events, people, neighbours)
    assert found.label[5] == "island" and np.isnan(found.value[5])
    assert found.label[10] == found.label[12] == "undefined"
    assert found.label[11] == "island", "both neighbours are missing"
    assert np.isfinite(found.value[[0, 1, 15]]).all()


def test_maps_without_events_neighbours_or_enough_areas_have_no_pattern():
    for events, neighbours in (([0] * 9, lat2W(3, 3)), ([1, 2, 3], [[1], [0, 2], [1]]), (range(9), [[]] * 9)):
        people = np.full(len(events), 1e5)
        assert moran_of_rates(list(events), people, neighbours).method == "undefined"
        found = local_clusters(list(events), people, neighbours)
        assert np.isnan(found.value).all() and not np.isin(found.label, ["high_high", "low_low"]).any()
    assert moran(np.ones(9), lat2W(3, 3)).method == "undefined"


def test_equal_rates_are_no_cluster():
    assert set(local_clusters(np.full(9, 3.0), np.full(9, 1e5), lat2W(3, 3)).label) == {"not_significant"}


def test_a_matrix_of_values_is_refused():
    with pytest.raises(StatisticsError, match="one value per area"):
        moran(np.ones((3, 3)), lat2W(3, 3))
