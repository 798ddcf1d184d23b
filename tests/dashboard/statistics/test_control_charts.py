"""Control charts: limits worked by hand, phases with a reason, icons from the last point, rare events."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.statistics.control_charts import (
    Rebase,
    g_chart,
    gaps_between,
    p_chart,
    t_chart,
    u_chart,
    xmr_chart,
)
from dashboard.statistics.estimate import StatisticsError

STEADY = [10.0, 12, 11, 9, 10, 12, 8, 11, 10, 9, 11, 12, 10]


def test_xmr_limits_are_266_mean_moving_ranges_from_the_mean():
    chart = xmr_chart(STEADY)
    ranges = np.abs(np.diff(STEADY))
    assert chart.centre[0] == pytest.approx(np.mean(STEADY))
    assert chart.upper[0] - chart.centre[0] == pytest.approx(2.66 * ranges.mean())
    assert chart.variation("lower_better") == "common_cause"


def test_one_wild_month_does_not_widen_the_limits_it_is_judged_by():
    values = [*STEADY, 60.0, *STEADY]
    screened, plain = xmr_chart(values), xmr_chart(values, screen_outliers=False)
    assert screened.rule[13] == "outside"
    assert screened.upper[0] < plain.upper[0]


def test_too_few_points_have_no_limits_and_no_icon():
    chart = xmr_chart(STEADY[:12])
    assert np.isnan(chart.upper).all()
    assert chart.variation("lower_better") == "not_enough_points"
    assert chart.assurance(5, "lower_better") == "empty"


def test_limits_of_counts_stop_at_zero_without_false_signals_near_it():
    chart = xmr_chart([0, 1, 0, 2, 0, 0, 1, 3, 0, 1, 0, 0, 2, 1, 0, 0], bounds=(0, np.inf))
    assert chart.lower.min() == 0
    assert set(chart.rule) == {"none"}


def test_limits_move_only_with_a_dated_reason():
    lower_later = [*STEADY, *(np.array(STEADY) - 5)]
    rebase = Rebase(13, date(2024, 1, 20), "统计口径调整")
    whole, phased = xmr_chart(lower_later), xmr_chart(lower_later, rebases=[rebase])
    assert "shift" in whole.rule
    assert set(phased.rule) == {"none"}
    assert phased.centre[0] - phased.centre[-1] == pytest.approx(5)
    assert phased.phase.tolist() == [0] * 13 + [1] * 13
    with pytest.raises(StatisticsError, match="reason"):
        Rebase(13, date(2024, 1, 20), " ")
    with pytest.raises(StatisticsError, match="the series has 13 points"):
        xmr_chart(STEADY, rebases=[Rebase(13, date(2024, 1, 20), "x")])


def test_limits_may_be_held_from_a_baseline():
    chart = xmr_chart([*STEADY, 30, 31, 30], fixed_after=13)
    assert chart.centre[-1] == pytest.approx(np.mean(STEADY))
    assert chart.rule[-3:].tolist() == ["outside"] * 3


def test_gaps_carry_no_signal_and_do_not_end_the_series():
    chart = xmr_chart([*STEADY[:6], np.nan, *STEADY[6:], np.nan])
    assert np.isnan(chart.upper[6]) and chart.rule[6] == "none"
    assert chart.variation("lower_better") == "common_cause"


def test_the_icon_follows_the_last_point_and_the_good_direction():
    high = xmr_chart([*STEADY, 40])
    assert high.variation("lower_better") == "concern_high"
    assert high.variation("higher_better") == "improvement_high"
    assert high.variation("neutral") == "neutral_high"
    assert high.colours("lower_better")[-1] == "concern"
    low = xmr_chart([*STEADY, -20])
    assert low.variation("lower_better") == "improvement_low"
    assert low.variation("higher_better") == "concern_low"


def test_assurance_says_whether_the_target_lies_beyond_the_limits():
    chart = xmr_chart(STEADY)
    assert chart.assurance(3, "higher_better") == "pass"
    assert chart.assurance(3, "lower_better") == "fail"
    assert chart.assurance(10, "lower_better") == "inconsistent"
    assert chart.assurance(20, "lower_better") == "pass"
    assert chart.assurance(None, "lower_better") == chart.assurance(3, "neutral") == "empty"


def test_u_limits_follow_the_exposure():
    events, exposure = np.tile([2.0, 3], 8), np.tile([1e5, 2e5], 8)
    chart = u_chart(events, exposure)
    centre = 40 / 24e5
    assert chart.centre[0] == pytest.approx(centre * 1e5)
    assert chart.upper[0] == pytest.approx((centre + 3 * np.sqrt(centre / 1e5)) * 1e5)
    assert chart.upper[1] == pytest.approx((centre + 3 * np.sqrt(centre / 2e5)) * 1e5)
    assert chart.lower[0] == 0


def test_p_limits_stay_within_nothing_and_all():
    chart = p_chart([98, 100, 97, 0] * 5, [100, 100, 100, 0] * 5, factor=100)
    centre = 295 / 300
    assert chart.lower[0] == pytest.approx(100 * (centre - 3 * np.sqrt(centre * (1 - centre) / 100)))
    assert chart.upper[0] == 100
    assert np.isnan(chart.values[3]) and chart.rule[3] == "none"


def test_laney_limits_fit_large_counts_that_vary_more_than_chance():
    generator = np.random.default_rng(11)
    exposure = np.full(60, 1e6)
    events = generator.poisson(exposure * generator.normal(0.02, 0.0008, 60))
    plain, laney = u_chart(events, exposure), u_chart(events, exposure, laney=True)
    assert (plain.rule == "outside").sum() > 5
    assert (laney.rule == "outside").sum() <= 1
    z = (events / 1e6 - events.sum() / 60e6) / np.sqrt(events.sum() / 60e6 / 1e6)
    ratio = (laney.upper[0] - laney.centre[0]) / (plain.upper[0] - plain.centre[0])
    assert ratio == pytest.approx(np.abs(np.diff(z)).mean() / 1.128)


def test_t_chart_limits_are_those_of_the_transformed_individuals():
    gaps = np.random.default_rng(4).exponential(30, 40)
    chart = t_chart(gaps)
    roots = gaps ** (1 / 3.6)
    ranges = np.abs(np.diff(roots))
    ranges = ranges[ranges < 3.267 * ranges.mean()]
    assert chart.upper[0] == pytest.approx((roots.mean() + 3 / 1.128 * ranges.mean()) ** 3.6)
    assert chart.lower[0] >= 0


def test_a_long_quiet_time_between_cases_is_an_improvement():
    chart = t_chart([*np.random.default_rng(4).exponential(30, 40), 2_000])
    assert chart.variation("higher_better") == "improvement_high"


def test_g_limits_are_geometric():
    counts = np.random.default_rng(9).geometric(1 / 20, 30) - 1
    chart = g_chart(counts)
    mean = counts.mean()
    assert chart.upper[0] == pytest.approx(mean + 3 * np.sqrt(mean * (mean + 1)))
    assert chart.lower[0] == 0


# qicharts2 0.8.1 (Anhøj), vignette "Quality Improvement Charts", section "T and G charts for rare events", and its data set
# cabg: for each death after a bypass operation from the second on, operations and days since the death before.
# Labels of the two figures: G chart 24.0 (median) and 128.2, T chart 11.2, 97.3 and 0.0; death 25 is marked in both.
OPERATIONS_BETWEEN = [
    *(23, 39, 15, 34, 1, 49, 98, 29, 27, 13, 45, 7, 10, 27, 24, 14, 20, 38, 44, 11, 10, 3, 113, 183, 3, 47, 18, 18),
    *(33, 15, 2, 38, 27, 27, 1, 52, 23, 7, 26, 82, 5, 49, 5, 17, 24, 44, 26, 2, 27, 46, 55, 97, 22, 22, 20, 4, 60),
    *(51, 7, 21, 66, 36, 25, 72, 15, 5, 3),
]
DAYS_BETWEEN = [
    *(16, 20, 5, 13, 1, 26, 46, 12, 12, 5, 19, 4, 3, 15, 14, 9, 8, 15, 21, 6, 3, 1, 56, 117, 1, 33, 9, 9, 19, 12, 1),
    *(16, 13, 18, 1, 35, 16, 5, 21, 38, 3, 25, 3, 11, 13, 20, 9, 3, 8, 21, 24, 38, 8, 13, 9, 1, 30, 23, 3, 7, 22, 19),
    *(11, 31, 6, 1, 1),
]
MARKED = [25]


def test_g_chart_agrees_with_the_published_one():
    chart = g_chart(OPERATIONS_BETWEEN)
    assert round(float(np.median(chart.values)), 1) == 24.0
    assert round(chart.upper[0], 1) == 128.2
    assert chart.lower[0] == 0
    assert (np.flatnonzero(chart.rule == "outside") + 2).tolist() == MARKED
    assert not chart.runs.signal


def test_runs_of_rare_cases_are_judged_as_seldom_as_those_of_ordinary_figures():
    """Two in three gaps lie below their mean: seven in a row there are chance, not a concern."""
    random = np.random.default_rng(5)
    gaps, figures = random.geometric(1 / 15, (200, 60)) - 1, random.normal(10, 1, (200, 60))
    rare, ordinary = (
        np.mean([(chart(row).rule == "shift").any() for row in rows])
        for chart, rows in ((g_chart, gaps), (xmr_chart, figures))
    )
    assert rare < 1.3 * ordinary < 0.6


def test_t_chart_agrees_with_the_published_one():
    chart = t_chart(DAYS_BETWEEN)
    assert [round(limit[0], 1) for limit in (chart.lower, chart.centre, chart.upper)] == [0.0, 11.2, 97.3]
    assert (np.flatnonzero(chart.rule == "outside") + 2).tolist() == MARKED
    assert not chart.runs.signal


def test_cases_on_one_day_stay_separate():
    days = np.array(["2024-03-01", "2024-01-01", "2024-03-01"], dtype="datetime64[D]")
    assert gaps_between(days).tolist() == [60, 0]
    assert gaps_between([5, 1]).tolist() == [4]
    with pytest.raises(StatisticsError, match="without a date"):
        gaps_between(np.array(["2024-03-01", "NaT"], dtype="datetime64[D]"))


def test_a_county_without_a_case_has_a_flat_chart_without_signals():
    chart = u_chart(np.zeros(24), np.full(24, 4e4))
    assert chart.upper.tolist() == [0] * 24
    assert chart.variation("lower_better") == "common_cause"


@given(st.lists(st.integers(0, 30), min_size=13, max_size=40))
def test_limits_contain_the_centre(events):
    exposure = np.full(len(events), 1e5)
    for chart in (
        u_chart(events, exposure),
        u_chart(events, exposure, laney=True),
        p_chart(events, np.full(len(events), 30)),
        t_chart(events),
        g_chart(events),
        xmr_chart(events, bounds=(0, np.inf)),
    ):
        slack = 1e-9 * (1 + chart.centre)
        assert (chart.lower <= chart.centre + slack).all() and (chart.centre <= chart.upper + slack).all()
        assert (chart.lower >= 0).all()
