"""Standardised rates, ratios and rank groups against worked figures and against the crude rate they generalise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.intervals import rate, rate_of_dependent_events
from dashboard.statistics.standardisation import (
    directly_standardised_rate,
    expected_events,
    indirectly_standardised_ratio,
    quantile_groups,
)

BIRTHS = np.array([327, 30666, 123419, 149919, 104088, 34392], dtype=float)


def test_one_band_gives_the_crude_rate_and_its_byar_limits():
    standardised, crude = directly_standardised_rate([15], [1e5], [7]), rate(15, 1e5)
    assert (float(standardised.value), float(standardised.lower), float(standardised.upper)) == pytest.approx(
        (float(crude.value), float(crude.lower), float(crude.upper))
    )
    assert str(standardised.method) == "dobson_byar"


def test_one_band_of_dependent_events_gives_their_crude_limits():
    standardised = directly_standardised_rate([25], [1e5], [1], squares=[55])
    crude = rate_of_dependent_events(25, 55, 1e5)
    assert (float(standardised.lower), float(standardised.upper)) == pytest.approx(
        (float(crude.lower), float(crude.upper))
    )


def test_standard_weights_are_applied_band_by_band():
    # 10 per 1,000 among the young, 40 per 1,000 among the old; the standard is three to one
    estimate = directly_standardised_rate([[20, 40]], [[2000, 1000]], [3, 1], factor=1000)
    assert estimate.value[0] == pytest.approx(0.75 * 10 + 0.25 * 40)
    variance = 0.75**2 * 20 / 2000**2 + 0.25**2 * 40 / 1000**2
    byar = rate(60, 1, 1)
    assert estimate.upper[0] == pytest.approx(17.5 + 1000 * np.sqrt(variance / 60) * (float(byar.upper) - 60))


def test_fewer_than_ten_events_are_not_standardised():
    estimate = directly_standardised_rate([[4, 5], [5, 5]], [[100, 100], [100, 100]], [1, 1])
    assert estimate.method.tolist() == ["too_few_events", "dobson_byar"]
    assert np.isnan([estimate.value[0], estimate.lower[0], estimate.upper[0]]).all()


def test_a_weighted_band_without_people_leaves_the_rate_undefined():
    estimate = directly_standardised_rate([[20, 0], [20, 0]], [[100, 0], [100, np.nan]], [1, 1])
    assert estimate.method.tolist() == ["undefined", "undefined"]
    assert np.isnan(estimate.value).all()
    assert directly_standardised_rate([20, 0], [100, 0], [1, 0], factor=1).value == pytest.approx(0.2)


def test_a_standard_that_weighs_nothing_is_refused():
    with pytest.raises(StatisticsError, match="standard"):
        directly_standardised_rate([20], [100], [0])


def test_standardising_to_the_area_itself_gives_its_crude_rate():
    events = BIRTHS / 1000
    estimate = directly_standardised_rate(events, BIRTHS, BIRTHS, factor=1)
    assert estimate.value == pytest.approx(events.sum() / BIRTHS.sum())


def test_observed_equal_to_expected_is_a_ratio_of_one():
    expected = expected_events([[1000, 2000], [1000, np.nan]], [0.005, 0.005])
    estimate = indirectly_standardised_ratio([15, 15], expected, factor=100)
    assert expected[0] == 15
    assert estimate.value[0] == 100
    assert (estimate.lower[0], estimate.upper[0]) == pytest.approx((100 * 8.39 / 15, 100 * 24.74 / 15), abs=0.04)
    assert estimate.method.tolist() == ["byar", "undefined"]


def test_no_expectation_gives_no_ratio():
    estimate = indirectly_standardised_ratio([0, 4], [0, 0])
    assert np.isnan(estimate.value).all() and set(estimate.method) == {"undefined"}


def test_quantiles_share_ties_and_leave_out_missing():
    assert quantile_groups([5, 4, 3, 2, 1]).tolist() == [1, 2, 3, 4, 5]
    assert quantile_groups([5, 4, 3, 2, 1], highest_first=False).tolist() == [5, 4, 3, 2, 1]
    assert quantile_groups([7, 7, 7, 7], 2).tolist() == [1, 1, 1, 1]
    found = quantile_groups([3, np.nan, 1, 2, 0], 2)
    assert np.isnan(found[1]) and found[[0, 2, 3, 4]].tolist() == [1, 2, 1, 2]


def test_fewer_areas_than_groups_get_no_group():
    assert np.isnan(quantile_groups([1, 2, 3], 5)).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=60), st.integers(2, 5))
def test_quantiles_keep_the_order_of_the_values(values, groups):
    found = quantile_groups(values, groups)
    assert found.min() >= 1 and found.max() <= groups
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) <= 0).all()


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 10**6), st.integers(1, 100)), min_size=1, max_size=6),
    st.floats(0.5, 0.99),
)
def test_standardised_limits_contain_the_rate(bands, confidence):
    events, population, standard = np.array(bands, dtype=float).T
    estimate = directly_standardised_rate(events, population, standard, confidence=confidence)
    if events.sum() < 10:
        assert np.isnan(estimate.value)
    else:
        assert 0 <= estimate.lower <= estimate.value <= estimate.upper
