"""Comparisons agree with published examples and with other programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from dashboard.indicators.engine import comparison, intervals

counts = st.integers(0, 60)


def array(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


@pytest.mark.parametrize(
    ("new", "new_total", "old", "old_total", "lower", "upper"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (5, 56, 0, 29, -0.0381, 0.1926),
    ],
)
def test_the_difference_of_shares_has_newcombes_published_limits(new, new_total, old, old_total, lower, upper):
    found = comparison.shares(array(new), array(new_total), array(old), array(old_total))
    assert found.difference_lower[0] == pytest.approx(lower, abs=5e-5)
    assert found.difference_upper[0] == pytest.approx(upper, abs=5e-5)


def test_shares_agree_with_statsmodels():
    found = comparison.shares(array(176), array(186), array(182), array(191))
    low, high = confint_proportions_2indep(176, 186, 182, 191, method="newcomb", compare="diff")
    assert (found.difference_lower[0], found.difference_upper[0]) == pytest.approx((low, high), abs=1e-12)
    assert found.p_value[0] == pytest.approx(proportions_ztest([176, 182], [186, 191])[1], abs=1e-12)


def test_small_shares_use_fishers_central_test():
    found = comparison.shares(array(562), array(565), array(574), array(579))
    assert found.method[0] == "newcombe_fisher"
    table = [[562, 3], [574, 5]]
    tails = [fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert found.p_value[0] == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-12)


@given(counts, counts, st.floats(0.1, 10))
def test_the_test_of_two_counts_is_the_exact_binomial_one(new, old, ratio):
    found = comparison.rates(array(new), array(ratio), array(old), array(1.0), 1.0)
    if new + old == 0:
        assert found.p_value[0] == 1
        return
    share = ratio / (1 + ratio)
    tails = [binomtest(new, new + old, share, alternative=side).pvalue for side in ("less", "greater")]
    assert found.p_value[0] == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-9)


@given(counts, counts)
def test_interval_and_test_always_agree(new, old):
    found = comparison.rates(array(new), array(1.0), array(old), array(1.0), 1.0)
    excludes_one = found.ratio_lower[0] > 1 or found.ratio_upper[0] < 1
    if abs(found.p_value[0] - 0.05) > 1e-9:
        assert excludes_one == (found.p_value[0] < 0.05)


@given(counts, st.integers(1, 60))
def test_the_limits_of_a_change_hold_it_and_widen_with_confidence(new, old):
    limits = intervals.count_ratio(array(new), array(old))
    values = [getattr(limits, name)[0] for name in ("lower_998", "lower", "value", "upper", "upper_998")]
    assert all(first <= second + 1e-9 for first, second in zip(values, values[1:], strict=False))


def test_the_demonstration_citys_fall_from_25_to_22_is_what_chance_does_most_years():
    found = comparison.rates(array(22), array(4_952_000), array(25), array(4_952_000), 1e5)
    assert found.ratio[0] == pytest.approx(0.88)
    assert found.ratio_lower[0] < 0.5 < 1 < 1.6 < found.ratio_upper[0]
    assert found.p_value[0] > 0.7


def test_victims_of_the_same_case_make_a_change_less_sure():
    alone = comparison.rates(array(30), array(1.0), array(12), array(1.0), 1.0)
    together = comparison.rates(array(30), array(1.0), array(12), array(1.0), 1.0, spread=2.0)
    assert alone.p_value[0] < 0.01 < together.p_value[0]
    assert together.ratio_lower[0] < alone.ratio_lower[0]


def test_missing_in_missing_out():
    found = comparison.rates(array(np.nan, 3), array(1, 1), array(2, np.nan), array(1, 1), 1.0)
    assert np.isnan(found.p_value).all()
    assert np.isnan(found.ratio_lower).all()
    share = comparison.shares(array(np.nan), array(5), array(2), array(5))
    assert np.isnan(share.p_value[0])


def test_nothing_last_year_gives_no_percentage_but_a_test():
    found = comparison.rates(array(6), array(1.0), array(0), array(1.0), 1.0)
    assert np.isnan(found.ratio[0])
    assert found.ratio_upper[0] == np.inf
    assert found.p_value[0] < 0.05
