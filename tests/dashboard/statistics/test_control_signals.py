"""The Making Data Count rules one by one, their precedence, and the Anhøj rules on published counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard.statistics.control_signals import find_signals, judge, run_rules
from dashboard.statistics.estimate import StatisticsError


def signals(values, run=7):
    """Centre 0, limits at plus and minus 3, so that a value is its own sigma."""
    numbers = np.array(values, dtype=float)
    ones = np.ones_like(numbers)
    return find_signals(numbers, 0 * ones, -3 * ones, 3 * ones, run=run)


def test_a_point_on_the_limit_is_not_outside():
    found = signals([0.1, 3.0, -0.1, 3.01, -3.5])
    assert found.rule.tolist() == ["none", "none", "none", "outside", "outside"]
    assert found.side.tolist() == [0, 0, 0, 1, -1]


def test_seven_rising_points_are_a_trend_and_six_are_not():
    assert not signals([-1.5, -1, -0.5, 0.5, 1, 1.5]).trend.any()
    assert signals([0.2, -1.5, -1, -0.5, 0.1, 0.5, 1, 1.5, 0]).trend.tolist() == [False] + [True] * 7 + [False]
    assert signals([-1.5, -1, -0.5, 0.5, 1, 1.5], run=6).trend.all()
    assert not signals([0.1, 0.2, 0.3, 0.3, 0.4, 0.5, -0.6]).trend.any()


def test_a_trend_across_the_mean_points_one_way():
    found = signals([1.5, 1, 0.5, 0.1, -0.5, -1, -1.5])
    assert found.side.tolist() == [-1] * 7


def test_two_of_three_near_a_limit_count_only_on_the_same_side():
    found = signals([2.5, 0.5, 2.2, -1, 2.5, -2.5, -1, -2.5, -0.5])
    assert found.near_limit.tolist() == [True, False, True, False, False, True, False, True, False]
    assert not signals([2.5, -0.1, 2.5]).near_limit.any()


def test_seven_on_one_side_are_a_shift_and_a_point_on_the_mean_ends_it():
    assert signals([0.5, 0.4, 0.5, 0.4, 0.5, 0.4, 0.5]).rule.tolist() == ["shift"] * 7
    assert not signals([0.5, 0.4, 0.5, 0.0, 0.5, 0.4, 0.5, 0.4]).shift.any()


def test_the_stronger_rule_labels_the_point():
    found = signals([0.5, 0.4, 2.5, 2.4, 3.5, 0.4, 0.5])
    assert found.shift.all()
    assert found.rule.tolist() == ["shift", "shift", "near_limit", "near_limit", "outside", "shift", "shift"]


def test_a_high_point_is_a_concern_only_where_low_is_good():
    side = np.array([1, -1, 0])
    assert judge(side, "lower_better").tolist() == ["concern", "improvement", "common_cause"]
    assert judge(side, "higher_better").tolist() == ["improvement", "concern", "common_cause"]
    assert judge(side, "neutral").tolist() == ["neutral", "neutral", "common_cause"]
    with pytest.raises(StatisticsError, match="direction"):
        judge(side, "good")


def test_too_few_crossings_are_a_signal():
    # 44 useful points: at least 16 crossings and runs of at most 8 are expected (Anhøj's example 7.3: 14 crossings, 16 expected)
    lengths = [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2]
    values = np.concatenate([[(-1) ** place] * length for place, length in enumerate(lengths)])
    found = run_rules(values, 0)
    assert (found.useful_points, found.crossings, found.fewest_expected, found.longest_expected) == (44, 14, 16, 8)
    assert found.signal


@pytest.mark.parametrize(
    # where the limit for the longest run steps up: table of critical values in Anhøj's run chart articles
    ("points", "longest"),
    [(10, 6), (11, 6), (12, 7), (22, 7), (23, 8), (45, 8), (46, 9), (90, 9), (91, 10)],
)
def test_longest_runs_are_the_published_ones(points, longest):
    found = run_rules(np.tile([1, -1], points)[:points], 0)
    assert found.longest_expected == longest
    assert not found.signal


def test_24_points_need_8_crossings():
    # the printed example of qicharts2 ``summary(qic(rnorm(24), chart = "i"))``: longest.run.max 8, n.crossings.min 8
    found = run_rules(np.tile([1, -1], 12), 0)
    assert (found.longest_expected, found.fewest_expected) == (8, 8)


def test_points_on_the_centre_and_missing_points_are_not_useful():
    found = run_rules([1, 0, np.nan, 1, -1], 0)
    assert (found.useful_points, found.longest_run, found.crossings) == (3, 2, 1)
    assert not run_rules([0, 0], 0).signal


@given(arrays.arrays(float, st.integers(0, 40), elements=st.floats(-4, 4)))
def test_mirrored_series_have_mirrored_signals(values):
    one, other = signals(values), signals(-values)
    assert one.rule.tolist() == other.rule.tolist()
    assert (one.side == -other.side).all()
