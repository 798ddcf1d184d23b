"""Trends: worked by hand and against statsmodels, and no trend where chance or one point makes it."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.statistics.estimate import Estimate, StatisticsError
from dashboard.statistics.intervals import rate
from dashboard.statistics.trends import cochran_armitage, poisson_trend, recent_trend


def series(values, width):
    points = np.array(values, dtype=float)
    return Estimate(points, points - width, points + width, "given", 0.95)


def test_the_weighted_slope_is_least_squares_with_known_errors():
    estimate = rate([60, 75, 88, 110, 140], [1e6, 1.1e6, 1.2e6, 1.3e6, 1.4e6])
    error = (estimate.upper - estimate.lower) / 3.92
    design = sm.add_constant(np.arange(1.0, 6))
    fit = sm.WLS(estimate.value, design, weights=1 / error**2).fit(cov_type="fixed scale")
    found = recent_trend(estimate)
    assert float(found.value) == pytest.approx(fit.params[1])
    assert float(found.chi_square) == pytest.approx((fit.params[1] / fit.bse[1]) ** 2)


def test_the_threshold_is_chi_square_at_998():
    # errors of 1 on 1..5: SE of the slope is 1/sqrt(10), so the slope turns at sqrt(9.5495 / 10)
    turning = np.sqrt(9.5495 / 10)
    below, above = (recent_trend(series(np.arange(5) * turning * by, 1.96)) for by in (0.999, 1.001))
    assert str(below.outcome) == "no_significant_change"
    assert str(above.outcome) == "increasing"


def test_one_wild_year_makes_no_trend():
    found = recent_trend(series([10, 10.2, 9.9, 10.1, 40], 1.0))
    assert found.chi_square > 9.5495
    assert str(found.outcome) == "no_significant_change"


def test_the_last_five_valid_points_count():
    nan = np.nan
    rows = series([[99, 1, 2, 3, 4, 5], [1, 2, nan, 3, 4, 5], [nan, nan, 3, 2, 1, 0], [99, 5, 4, 3, 2, 1]], 0.2)
    found = recent_trend(rows)
    assert found.outcome.tolist() == ["increasing", "increasing", "cannot_be_calculated", "decreasing"]
    assert found.judged("lower_better").tolist()[::3] == ["increasing_worse", "decreasing_better"]
    assert found.judged("neutral").tolist() == found.outcome.tolist()
    assert found.method.tolist() == ["weighted_slope", "weighted_slope", "undefined", "weighted_slope"]


def test_four_years_cannot_be_judged():
    assert str(recent_trend(series([1, 2, 3, 4], 0.1)).outcome) == "cannot_be_calculated"


def test_limits_of_another_confidence_are_refused():
    with pytest.raises(StatisticsError, match="0.95"):
        recent_trend(rate([1] * 5, [10] * 5, confidence=0.998))


def test_trends_of_equal_rates_are_rare():
    generator = np.random.default_rng(21)
    found = recent_trend(rate(generator.poisson(100, (4000, 5)), 1e5))
    assert np.isin(found.outcome, ["increasing", "decreasing"]).mean() < 0.004


def test_cochran_armitage_agrees_with_the_correlation_form():
    part, whole = np.array([10, 14, 22, 30, 41]), np.array([100, 110, 105, 120, 115])
    scores = np.repeat(np.arange(1, 6), whole)
    outcome = np.concatenate([np.repeat([1, 0], [x, n - x]) for x, n in zip(part, whole, strict=True)])
    found = cochran_armitage(part, whole)
    assert float(found.chi_square) == pytest.approx(whole.sum() * np.corrcoef(scores, outcome)[0, 1] ** 2)
    assert float(found.p_value) == pytest.approx(stats.chi2.sf(float(found.chi_square), 1))
    assert str(found.outcome) == "increasing"


def test_a_share_of_all_or_of_nothing_cannot_be_judged():
    part = [[90, 91, 92, 93, 100], [0, 0, 0, 0, 0], [0, 30, 40, 60, 80], [1, 2, 3, 4, 5]]
    whole = [[100] * 5, [100] * 5, [100] * 5, [9, 9, 9, 9, 0]]
    with pytest.raises(StatisticsError, match="numerator"):
        cochran_armitage(part, whole)
    part[3][4] = 0
    found = cochran_armitage(part, whole)
    assert found.outcome.tolist() == ["cannot_be_calculated"] * 2 + ["increasing", "cannot_be_calculated"]


def test_a_steady_fall_is_found_by_poisson_regression():
    exposure = np.full(12, 1e6)
    found = poisson_trend(np.round(200 * 0.9 ** np.arange(12)), exposure)
    assert float(found.value) == pytest.approx(0.9, abs=0.01)
    assert found.lower < 0.9 < found.upper < 1


def test_poisson_regression_needs_events_and_three_periods():
    for estimate in (poisson_trend([0] * 8, [1e5] * 8), poisson_trend([3, 4, np.nan], [1e5] * 3)):
        assert estimate.method == "undefined" and np.isnan(estimate.value)


@given(st.lists(st.integers(0, 200), min_size=5, max_size=5))
def test_a_reversed_series_has_the_opposite_trend(events):
    one, other = recent_trend(rate(events, 1e5)), recent_trend(rate(events[::-1], 1e5))
    assert float(one.value) == pytest.approx(-float(other.value), abs=1e-9)
    opposite = {"increasing": "decreasing", "decreasing": "increasing"}
    assert str(other.outcome) == opposite.get(str(one.outcome), str(one.outcome))
