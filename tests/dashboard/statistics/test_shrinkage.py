"""Smoothed rates against the published formula and esda, and the promise never to overshoot the mean."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.weights import W, lat2W
from scipy import stats

from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.shrinkage import gamma_poisson, marshall_global, marshall_spatial, neighbourhoods

counts_and_people = st.lists(st.tuples(st.integers(0, 60), st.integers(1_000, 2_000_000)), min_size=2, max_size=30)


def between(value, one, other):
    slack = 1e-9 * (1 + np.abs(one) + np.abs(other))
    return (np.minimum(one, other) - slack <= value) & (value <= np.maximum(one, other) + slack)


def test_own_data_weigh_half_for_half_a_million_people_and_little_for_a_township():
    # domain note: alpha 2, mean 0.44 per 100,000: beta about 4.5, weights about 0.52 and 0.06
    result = gamma_poisson([5, 1], [500_000, 30_000], 0.44)
    assert result.weight / 1e5 - [5, 0.3] == pytest.approx([4.545, 4.545], abs=1e-3)
    assert (result.value - 0.44) / ([1.0, 1 / 0.3] - np.array(0.44)) == pytest.approx([0.52, 0.06], abs=0.005)


def test_the_posterior_is_a_gamma_distribution():
    result = gamma_poisson(3, 4e5, 0.5, alpha=2)
    posterior = stats.gamma(5, scale=1 / (4 + 2 / 0.5))
    assert (float(result.lower), float(result.upper)) == pytest.approx(posterior.interval(0.95))
    assert float(result.chance_above(0.5)) == pytest.approx(posterior.sf(0.5))


def test_without_exposure_or_prior_mean_nothing_is_smoothed():
    result = gamma_poisson([0, 1, np.nan, 1], [0, 1e5, 1e5, 1e5], [0.4, 0, 0.4, np.nan])
    assert set(result.method) == {"undefined"} and np.isnan(result.value).all()
    assert np.isnan(result.chance_above(1)).all()


def test_marshall_by_hand():
    events, people = np.array([10.0, 40, 5]), np.array([100.0, 200, 100])
    mean = 55 / 400
    rates = events / people
    variance = (people * (rates - mean) ** 2).sum() / 400 - mean / (400 / 3)
    result = marshall_global(events, people, factor=1)
    assert result.value == pytest.approx(mean + variance / (variance + mean / people) * (rates - mean))
    assert result.towards == pytest.approx([mean] * 3)


def test_marshall_agrees_with_esda_where_esda_need_not_clip():
    generator = np.random.default_rng(3)
    people = generator.integers(50_000, 500_000, 100).astype(float)
    events = generator.poisson(people * generator.gamma(4, 5e-5 / 4, 100)).astype(float)
    from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = np.asarray(Empirical_Bayes(events, people).r).ravel()
    assert marshall_global(events, people, factor=1).value == pytest.approx(whole, rel=1e-9)
    grid = lat2W(10, 10, rook=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        near = np.asarray(Spatial_Empirical_Bayes(events, people, grid).r).ravel()
    assert marshall_spatial(events, people, grid, factor=1).value == pytest.approx(near, rel=1e-9)


def test_pure_chance_never_puts_an_area_on_the_wrong_side_of_the_mean():
    generator = np.random.default_rng(16)
    people = generator.uniform(3e5, 1e6, (16, 1))
    events = generator.poisson(people * 1e-5, (16, 500))
    result = marshall_global(events, people)
    assert (result.method == "pooled").mean() > 0.3
    assert between(result.value, events / people * 1e5, result.towards).all()


def test_a_pooled_map_has_the_common_rate_and_its_interval():
    result = marshall_global([2, 2, 2], [1e5, 1e5, 1e5])
    assert result.method.tolist() == ["pooled"] * 3
    assert result.value.tolist() == [2, 2, 2]
    assert result.lower[0] < 1.1 and result.upper[0] > 3.5


def test_no_events_anywhere_is_said_and_not_drawn_as_zero():
    for result in (marshall_global([0, 0], [1, 1]), marshall_spatial([0, 0], [1, 1], [[1], [0]])):
        assert result.method.tolist() == ["no_events"] * 2 and np.isnan(result.value).all()


def test_one_area_is_its_own_mean():
    result = marshall_global([4], [1e5])
    assert result.value.tolist() == [4] and result.method.tolist() == ["pooled"]


def test_missing_areas_are_undefined_and_pull_nobody():
    with_missing = marshall_global([1, 9, np.nan, 0], [1e5, 2e5, 3e5, 0])
    without = marshall_global([1, 9], [1e5, 2e5])
    assert with_missing.value[:2] == pytest.approx(without.value)
    assert with_missing.method.tolist()[2:] == ["undefined", "undefined"]


def test_islands_and_empty_neighbourhoods_fall_back_to_all_areas():
    events, people = [0, 0, 30, 5, 0], [1e5, 1e5, 1e5, 1e5, 1e5]
    result = marshall_spatial(events, people, [[1], [0], [3], [2], []])
    whole = marshall_global(events, people)
    assert result.method.tolist() == ["marshall_global"] * 2 + ["marshall_local"] * 2 + ["marshall_global"]
    assert result.value[[0, 1, 4]] == pytest.approx(whole.value[[0, 1, 4]])
    assert result.towards[2] == pytest.approx(17.5)


def test_every_period_is_smoothed_on_its_own():
    generator = np.random.default_rng(8)
    people = generator.uniform(1e5, 1e6, 25)
    events = generator.poisson(people[:, None] * generator.gamma(1, 2e-5, (25, 3)))
    grid = lat2W(5, 5)
    for smooth in (marshall_global, lambda e, n: marshall_spatial(e, n, grid)):
        together = smooth(events, people)
        for period in range(3):
            alone = smooth(events[:, period], people)
            assert together.value[:, period] == pytest.approx(alone.value)
            assert together.upper[:, period] == pytest.approx(alone.upper)


def test_neighbours_come_as_lists_matrices_or_weights():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = W({0: [1], 1: [0], 2: []}, silence_warnings=True)
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    for neighbours in ([[1], [0], []], weights, np.array([[0, 5, 0], [2, 0, 0], [0, 0, 0]])):
        assert neighbourhoods(neighbours, 3).toarray().tolist() == expected


@pytest.mark.parametrize(
    ("neighbours", "message"),
    [([[1], [0]], "3 areas need 3 lists"), ([[1], [7], []], "area 1 names neighbour 7"), (np.eye(2), "3 x 3 matrix")],
)
def test_neighbours_that_do_not_fit_are_refused(neighbours, message):
    with pytest.raises(StatisticsError, match=message):
        marshall_spatial([1, 2, 3], [1e5] * 3, neighbours)


def test_events_without_people_are_refused():
    with pytest.raises(StatisticsError, match="without exposure cannot have events, got 3 at position 1"):
        marshall_global([1, 3], [1e5, 0])


@given(counts_and_people, st.floats(0.5, 0.99), st.randoms(use_true_random=False))
def test_smoothed_rates_lie_between_raw_and_mean_inside_their_limits(areas, confidence, random):
    events, people = np.array(areas, dtype=float).T
    raw = events / people * 1e5
    links = [[random.randrange(len(areas)) for _ in range(random.randrange(4))] for _ in areas]
    for result in (
        marshall_global(events, people, confidence=confidence),
        marshall_spatial(events, people, links, confidence=confidence),
        gamma_poisson(events, people, 1.3, confidence=confidence),
    ):
        if events.sum() == 0 and result.method[0] == "no_events":
            continue
        assert between(result.value, raw, result.towards).all()
        assert (result.lower <= result.value).all() and (result.value <= result.upper).all()
