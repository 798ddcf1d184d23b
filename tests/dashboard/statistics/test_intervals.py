"""Rates, proportions and means against published limits, and what must hold for any counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.intervals import count_limits, mean, proportion, rate, rate_of_dependent_events

counts = st.one_of(st.integers(0, 5000).map(float), st.floats(0, 5000, allow_nan=False))


@pytest.mark.parametrize(
    ("events", "lower", "upper", "method"),
    [
        # Ulm 1990 (Am J Epidemiol 131:373), table of exact 95 % limits
        (0, 0.0, 3.689, "exact_poisson"),
        (1, 0.025, 5.572, "exact_poisson"),
        (5, 1.623, 11.668, "exact_poisson"),
        (9, 4.115, 17.085, "exact_poisson"),
        # Byar's own formula as in PHEindicatormethods: 15 events, 8.39 to 24.7 (not 8.76 to 24.1 with x + 0.5)
        (15, 8.39, 24.74, "byar"),
    ],
)
def test_count_limits_are_the_published_ones(events, lower, upper, method):
    found_lower, found_upper, found_method = count_limits([events])
    assert found_lower[0] == pytest.approx(lower, abs=5e-3 if method == "byar" else 6e-4)
    assert found_upper[0] == pytest.approx(upper, abs=5e-3 if method == "byar" else 6e-4)
    assert found_method[0] == method


def test_exact_limits_leave_the_stated_tails():
    events = np.arange(1, 10)
    lower, upper, _ = count_limits(events, 0.998)
    assert stats.poisson.sf(events - 1, lower) == pytest.approx(np.full(9, 0.001), abs=1e-9)
    assert stats.poisson.cdf(events, upper) == pytest.approx(np.full(9, 0.001), abs=1e-9)


def test_byar_is_close_to_exact_from_ten_events():
    events = np.arange(10, 500)
    lower, upper, _ = count_limits(events)
    assert lower == pytest.approx(stats.gamma.ppf(0.025, events), rel=3e-3)
    assert upper == pytest.approx(stats.gamma.ppf(0.975, events + 1), rel=3e-3)


def test_a_rate_is_events_over_exposure_times_factor():
    estimate = rate(pd.Series([22, 0]), pd.Series([5_000_000, 30_000]))
    assert estimate.value == pytest.approx([0.44, 0.0])
    assert estimate.lower[1] == 0
    assert estimate.upper[1] == pytest.approx(3.688879 / 0.3, rel=1e-6)
    assert estimate.method.tolist() == ["byar", "exact_poisson"]


def test_a_rate_without_exposure_is_undefined_and_not_zero():
    estimate = rate([0, 3, np.nan, 2], [0, 0, 10, np.nan])
    for column in (estimate.value, estimate.lower, estimate.upper):
        assert np.isnan(column).all()
    assert set(estimate.method) == {"undefined"}


@pytest.mark.parametrize(
    ("events", "exposure", "message"),
    [
        ([1, -2], [10, 10], r"events: must not be negative, got -2 at position 1"),
        ([1], [-10], r"exposure: must not be negative"),
        ([1], [np.inf], r"exposure: must be finite"),
        (["three"], [1], r"events: every element must be a number"),
        ([1, 2, 3], [1, 2], r"shapes do not fit together: events \(3,\), exposure \(2,\)"),
    ],
)
def test_bad_counts_are_refused_by_name_place_and_value(events, exposure, message):
    with pytest.raises(StatisticsError, match=message):
        rate(events, exposure)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_must_be_a_share(confidence):
    with pytest.raises(StatisticsError, match="confidence"):
        rate(1, 1, confidence=confidence)


def test_events_of_one_victim_each_have_the_ordinary_limits():
    plain, clustered = rate([4, 40], 1e6), rate_of_dependent_events([4, 40], [4, 40], 1e6)
    assert clustered.lower == pytest.approx(plain.lower)
    assert clustered.upper == pytest.approx(plain.upper)
    assert clustered.method.tolist() == ["exact_poisson_scaled", "byar_scaled"]


def test_incidents_with_several_victims_widen_the_limits():
    # 10 incidents of one and 5 of three victims: 25 victims, variance 10 + 5 * 9 = 55
    estimate = rate_of_dependent_events([25], [55], [1e5])
    lower, upper, _ = count_limits([25])
    assert estimate.upper[0] - 25 == pytest.approx(np.sqrt(55 / 25) * (upper[0] - 25))
    assert 25 - estimate.lower[0] == pytest.approx(np.sqrt(55 / 25) * (25 - lower[0]))
    assert rate_of_dependent_events(5, 25, 1e5).lower == 0


def test_dependent_intervals_keep_their_promise_where_plain_ones_do_not():
    generator = np.random.default_rng(20240101)
    single, triple = generator.poisson(10, 20_000), generator.poisson(5, 20_000)
    victims, squares = single + 3 * triple, single + 9 * triple
    plain, clustered = rate(victims, 1, 1), rate_of_dependent_events(victims, squares, 1, 1)
    assert np.mean((plain.lower <= 25) & (plain.upper >= 25)) < 0.86
    assert np.mean((clustered.lower <= 25) & (clustered.upper >= 25)) > 0.93


def test_squares_smaller_than_the_events_are_refused():
    with pytest.raises(StatisticsError, match="squares"):
        rate_of_dependent_events([5], [3], [10])


@pytest.mark.parametrize(
    ("part", "whole", "lower", "upper"),
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_limits_are_newcombes(part, whole, lower, upper):
    estimate = proportion(part, whole)
    assert (float(estimate.lower), float(estimate.upper)) == pytest.approx((lower, upper), abs=5.1e-5)


def test_wilson_agrees_with_statsmodels():
    part, whole = np.array([0, 1, 7, 50, 50]), np.array([3, 3, 91, 51, 50])
    estimate = proportion(part, whole, factor=100, confidence=0.998)
    lower, upper = proportion_confint(part, whole, alpha=0.002, method="wilson")
    assert estimate.lower == pytest.approx(100 * lower, abs=1e-9)
    assert estimate.upper == pytest.approx(100 * upper, abs=1e-9)


def test_a_share_of_nothing_is_neither_zero_nor_a_hundred():
    estimate = proportion([0, 0], [0, np.nan], factor=100)
    assert np.isnan(estimate.value).all() and np.isnan(estimate.upper).all()
    assert estimate.method.tolist() == ["undefined", "undefined"]


def test_more_than_all_is_refused():
    with pytest.raises(StatisticsError, match="numerator: must not exceed its denominator, got 6 at position 0"):
        proportion([6], [5])


def test_means_have_students_interval():
    values = np.array([[4.1, 5.2, 6.0, np.nan], [1.0, np.nan, np.nan, np.nan], [np.nan] * 4])
    estimate = mean(values)
    lower, upper = stats.t.interval(0.95, 2, values[0, :3].mean(), stats.sem(values[0, :3]))
    assert (estimate.lower[0], estimate.upper[0]) == pytest.approx((lower, upper))
    assert estimate.value[1] == 1 and np.isnan(estimate.upper[1])
    assert np.isnan(estimate.value[2])
    assert estimate.method.tolist() == ["student_t", "no_interval", "undefined"]


@given(counts, st.floats(0.5, 1e7), st.floats(0.05, 0.9999))
@example(2.225073858507e-311, 1.0, 0.5)
def test_rate_limits_contain_the_rate(events, exposure, confidence):
    estimate = rate(events, exposure, confidence=confidence)
    assert 0 <= estimate.lower <= estimate.value <= estimate.upper


@given(counts, st.floats(0.05, 0.999), st.floats(0.05, 0.999))
@example(2.2250738585e-313, 0.5, 0.5)
def test_rate_limits_widen_with_confidence(events, one, other):
    narrow, wide = sorted((one, other))
    inner, outer = rate(events, 1e5, confidence=narrow), rate(events, 1e5, confidence=wide)
    assert outer.lower <= inner.lower + 1e-9 and inner.upper <= outer.upper + 1e-9


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0.05, 0.999), st.floats(0.05, 0.999))
def test_share_limits_contain_the_share_and_widen_with_confidence(part, whole, one, other):
    part = min(part, whole)
    narrow, wide = sorted((one, other))
    inner, outer = proportion(part, whole, confidence=narrow), proportion(part, whole, confidence=wide)
    assert 0 <= outer.lower <= inner.lower + 1e-12 <= inner.value + 2e-12
    assert inner.value <= inner.upper <= outer.upper + 1e-12 <= 1 + 2e-12
