"""Funnel limits against the intervals they invert, labels, and over-dispersion on data whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.statistics import funnels
from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.intervals import proportion


def test_the_centre_is_the_pooled_rate_and_not_the_mean_of_rates():
    assert funnels.average([1, 9, np.nan, 5], [10, 30, 10, 0]) == pytest.approx(10 / 40)
    assert np.isnan(funnels.average([np.nan], [3]))


@pytest.mark.parametrize("events", [1, 3, 15, 200])
def test_an_area_lies_on_the_rate_limit_where_its_exact_limit_touches_the_average(events):
    for level, name in ((0.95, "limits_95"), (0.998, "limits_99_8")):
        on_upper = stats.gamma.ppf((1 - level) / 2, events)
        limits = getattr(funnels.rate_funnel([on_upper], 1.0, 1.0), name)
        assert limits.upper[0] * on_upper == pytest.approx(events, rel=1e-9)
        on_lower = stats.gamma.ppf(1 - (1 - level) / 2, events + 1)
        limits = getattr(funnels.rate_funnel([on_lower], 1.0, 1.0), name)
        assert limits.lower[0] * on_lower == pytest.approx(events, rel=1e-9)


def test_many_limits_are_read_from_a_table_of_the_same_numbers():
    exposure = np.geomspace(1e-3, 1e8, funnels.TABLE_FROM + 1)
    tabled = funnels.rate_funnel(exposure, 0.3, 1.0).limits_99_8
    solved = funnels.rate_funnel(exposure[::50], 0.3, 1.0).limits_99_8
    assert tabled.upper[::50] == pytest.approx(solved.upper, rel=1e-7)
    assert tabled.lower[::50] == pytest.approx(solved.lower, rel=1e-7, abs=1e-9)


def test_a_share_on_its_limit_has_a_wilson_interval_touching_the_average():
    funnel = funnels.proportion_funnel([40, 400, 0], 0.9)
    for limits in (funnel.limits_95, funnel.limits_99_8):
        own = proportion(limits.lower[:2] * [40, 400], [40, 400], confidence=limits.confidence)
        assert own.upper == pytest.approx([0.9, 0.9])
        assert np.isnan(limits.upper[2]) and limits.method[2] == "undefined"
    assert funnel.limits_99_8.upper[0] == 1


def test_a_city_without_events_has_limits_of_zero_and_nobody_is_labelled():
    funnel = funnels.rate_funnel([1e5, 5e5], 0.0)
    assert funnel.limits_95.upper.tolist() == [0, 0]
    assert funnels.rate_labels([0, 0], [1e5, 5e5], 0.0).tolist() == ["not_significant"] * 2


def test_labels_follow_the_areas_own_limits():
    labels = funnels.rate_labels([70, 44, 25, 18, 2, 0, 3, np.nan], [25, 25, 25, 25, 25, 1, 0, 5], 1.2)
    assert labels.tolist() == [
        "high_0_001", "high_0_025", "not_significant", "low_0_025", "low_0_001",
        "not_significant", "not_applicable", "not_applicable",
    ]  # fmt: skip
    shares = funnels.proportion_labels([99, 88, 70, 0], [100, 100, 100, 0], 0.9)
    assert shares.tolist() == ["high_0_025", "not_significant", "low_0_001", "not_applicable"]


def test_the_axis_starts_near_zero_only_when_sizes_differ_much():
    near = funnels.sizes_to_draw([80, 100])
    far = funnels.sizes_to_draw([10, 100, np.nan, 0])
    assert near[0] == pytest.approx(76) and far[0] <= 1 and far[-1] == pytest.approx(105)
    assert funnels.sizes_to_draw([0]).size == 0


def test_chance_alone_is_not_called_overdispersion():
    generator = np.random.default_rng(5)
    expected = generator.uniform(50, 500, 400)
    spread = funnels.ratio_overdispersion(generator.poisson(expected), expected)
    assert spread.tau2 < 0.0005 and spread.phi < 1.1
    narrow = funnels.overdispersed_funnel([100], spread).limits_95
    assert narrow.upper[0] == pytest.approx(np.exp(1.96 * np.sqrt(0.01 + spread.tau2)), rel=1e-4)


@pytest.mark.parametrize("transform", ["log", "square_root"])
def test_the_variance_between_areas_is_found(transform):
    generator = np.random.default_rng(6)
    expected = np.full(4000, 300.0)
    truth = np.exp(generator.normal(0, 0.2, 4000))
    spread = funnels.ratio_overdispersion(
        generator.poisson(expected * truth), expected, transform=transform, winsorised=0
    )
    scale = {"log": 0.04, "square_root": 0.01}[transform]
    assert spread.tau2 == pytest.approx(scale, rel=0.1)
    funnel = funnels.overdispersed_funnel([1e12], spread)
    assert funnel.limits_95.upper[0] == pytest.approx(np.exp(1.96 * 0.2), rel=0.05)


def test_zero_events_do_not_break_overdispersion():
    spread = funnels.ratio_overdispersion([0, 0, 3, 9], [1.0, 2.0, 3.0, 4.0])
    assert np.isfinite(spread.phi) and np.isfinite(spread.tau2)
    assert np.isnan(funnels.ratio_overdispersion([4], [2.0]).phi)


def test_shares_that_differ_by_more_than_chance_widen_their_funnel():
    generator = np.random.default_rng(7)
    whole = np.full(2000, 500)
    part = generator.binomial(whole, generator.beta(45, 5, 2000))
    spread = funnels.proportion_overdispersion(part, whole, 0.9)
    assert spread.phi > 2
    wide = funnels.overdispersed_funnel([500], spread, centre=0.9).limits_95
    plain = funnels.proportion_funnel([500], 0.9).limits_95
    assert wide.lower[0] < plain.lower[0] and plain.upper[0] < wide.upper[0] <= 1


def test_an_impossible_average_is_refused():
    with pytest.raises(StatisticsError, match="centre"):
        funnels.proportion_funnel([10], 98.6)


@given(st.floats(1e-6, 1e7))
def test_rate_limits_contain_the_average_and_nest(expected):
    funnel = funnels.rate_funnel(expected, 1.0, 1.0)
    inner, outer = funnel.limits_95, funnel.limits_99_8
    assert 0 <= outer.lower <= inner.lower <= 1 <= inner.upper <= outer.upper


@given(st.integers(0, 200), st.floats(0.05, 200))
def test_label_and_limit_agree(events, expected):
    funnel = funnels.rate_funnel([expected], 1.0, 1.0)
    label = funnels.rate_labels([events], [expected], 1.0)[0]
    ratio, margin = events / expected, 0.6 / expected
    if ratio > funnel.limits_99_8.upper[0] + margin:
        assert label == "high_0_001"
    if ratio < funnel.limits_95.upper[0] - margin and ratio > funnel.limits_95.lower[0] + margin:
        assert label == "not_significant"
