"""Comparisons against statsmodels, scipy and published tables, and a red that chance seldom gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.rates import confint_poisson_2indep
from statsmodels.stats.rates import test_poisson_2indep as poisson_two_samples

from dashboard.statistics import comparisons
from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.intervals import rate


def test_a_fall_from_25_to_22_cases_is_within_chance():
    result = comparisons.rate_ratio(22, 5e6, 25, 5e6)
    assert float(result.value) == pytest.approx(0.88)
    assert result.lower < 1 < result.upper
    assert result.p_value > 0.7


def test_exact_ratio_limits_are_clopper_pearson_odds():
    result = comparisons.rate_ratio([60], [51477.5], [30], [54308.7])
    interval = stats.binomtest(60, 90).proportion_ci(method="exact")
    odds = np.array([interval.low / (1 - interval.low), interval.high / (1 - interval.high)])
    assert (result.lower[0], result.upper[0]) == pytest.approx(tuple(odds / (51477.5 / 54308.7)))
    # Gu et al. 2008 (Biometrical Journal 50:283), coronary disease and post-menopausal hormones, one-sided p-values
    assert result.p_value[0] / 2 == pytest.approx(0.000428, abs=5e-7)
    score = comparisons.rate_ratio([60], [51477.5], [30], [54308.7], method="score")
    assert score.p_value[0] / 2 == pytest.approx(0.000316, abs=5e-7)


def test_score_ratios_agree_with_statsmodels():
    for one, two in [(60, 30), (5, 3), (100, 140)]:
        result = comparisons.rate_ratio(one, 51.0, two, 54.0, method="score")
        lower, upper = confint_poisson_2indep(one, 51.0, two, 54.0, method="score", compare="ratio")
        assert (float(result.lower), float(result.upper)) == pytest.approx((lower, upper), rel=1e-6, abs=1e-12)
        assert float(result.p_value) == pytest.approx(
            poisson_two_samples(one, 51.0, two, 54.0, method="score", compare="ratio").pvalue
        )


def test_score_limits_are_where_the_score_test_turns():
    result = comparisons.rate_ratio(0, 51.0, 4, 54.0, method="score")
    turned = poisson_two_samples(0, 51.0, 4, 54.0, method="score", compare="ratio", value=float(result.upper)).pvalue
    assert result.lower == 0 and turned == pytest.approx(0.05)


def test_one_sided_exact_tails_agree_with_statsmodels():
    larger = poisson_two_samples(9, 50.0, 3, 60.0, method="exact-cond", alternative="larger").pvalue
    assert float(comparisons.rate_ratio(9, 50.0, 3, 60.0).p_value) == pytest.approx(2 * larger)


def test_ratios_without_events_or_exposure_are_not_numbers():
    result = comparisons.rate_ratio([0, 3, 0, 3, np.nan], [1, 1, 1, 0, 1], [0, 0, 3, 3, 3], [1, 1, 1, 1, 1])
    assert result.method.tolist() == ["no_events", *["exact_conditional"] * 2, "undefined", "undefined"]
    assert np.isnan(result.value[[0, 3, 4]]).all()
    assert result.value[1] == np.inf and np.isfinite(result.lower[1]) and result.upper[1] == np.inf
    assert result.value[2] == 0 and result.lower[2] == 0 and np.isfinite(result.upper[2])
    assert result.p_value[0] == 1 and np.isnan(result.p_value[3])


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    # Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_difference_limits_are_newcombes(counts, lower, upper):
    result = comparisons.proportion_difference(*counts)
    assert (float(result.lower), float(result.upper)) == pytest.approx((lower, upper), abs=5.1e-5)


def test_small_tables_are_tested_by_fisher_and_large_ones_by_score():
    result = comparisons.proportion_difference([9, 300, 0, 0], [10, 400, 5, 0], [3, 340, 0, 1], [10, 400, 9, 3])
    assert result.test.tolist() == ["fisher", "score", "score", "undefined"]
    one_sided = stats.fisher_exact([[9, 1], [3, 7]], alternative="greater").pvalue
    assert result.p_value[0] == pytest.approx(2 * one_sided)
    chi2 = stats.chi2_contingency([[300, 100], [340, 60]], correction=False).pvalue
    assert result.p_value[1] == pytest.approx(chi2)
    assert result.p_value[2] == 1 and np.isnan(result.p_value[3])


def test_q_values_are_benjamini_and_hochbergs():
    # Benjamini and Hochberg 1995, section 3.2: the 15 p-values of the myocardial infarction trial; four are rejected
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    q = comparisons.benjamini_hochberg(p)
    assert (q <= 0.05).sum() == 4
    assert q == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_missing_p_values_do_not_count_in_the_family():
    q = comparisons.benjamini_hochberg([[0.01, np.nan, 0.04], [np.nan, np.nan, np.nan]])
    assert q[0, [0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(q[0, 1]) and np.isnan(q[1]).all()


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=5))
def test_q_values_are_scipys_along_either_axis(p):
    for axis in (0, 1, -1):
        assert (comparisons.benjamini_hochberg(p, axis) == stats.false_discovery_control(p, axis=axis)).all()


def test_areas_are_labelled_by_their_own_interval():
    events, exposure = np.array([2, 30, 20, 44, 70, 0]), np.array([25.0, 25, 25, 25, 25, 0])
    levels = [rate(events, exposure, 1, level) for level in (0.95, 0.998)]
    assert comparisons.compare_with_benchmark(*levels, 1.2).tolist() == [
        "better_99_8", "similar", "similar", "worse_95", "worse_99_8", "not_compared",
    ]  # fmt: skip
    assert comparisons.compare_with_benchmark(*levels, 1.2, "neutral")[4] == "higher_99_8"
    assert comparisons.compare_with_benchmark(*levels, 1.2, "higher_better")[0] == "worse_99_8"
    with pytest.raises(StatisticsError, match="confidence must rise"):
        comparisons.compare_with_benchmark(*levels[::-1], 1.2)


def test_tails_match_scipy():
    x, mean = np.array([0, 1, 7, 30]), np.array([2.2, 2.2, 2.2, 18.0])
    assert comparisons.chance_of_as_many(x, mean) == pytest.approx(stats.poisson.sf(x - 1, mean))
    assert comparisons.chance_of_as_few(x, mean) == pytest.approx(stats.poisson.cdf(x, mean))
    assert comparisons.chance_of_share_as_low([0, 7, 9], 9, 0.9) == pytest.approx(stats.binom.cdf([0, 7, 9], 9, 0.9))
    assert np.isnan(comparisons.chance_of_as_many([1, np.nan], [0, 2])).all()


def test_a_past_that_is_itself_a_count_leaves_more_to_chance():
    x, mean, past = np.array([0, 1, 7, 30]), np.array([2.2, 2.2, 2.2, 18.0]), np.array([8.6, 2.0, 8.6, 56.0])
    found = comparisons.chance_against_own_past(x, mean, past)
    assert found == pytest.approx(stats.nbinom.sf(x - 1, past, past / (past + mean)))
    known = comparisons.chance_of_as_many(x, mean)
    assert (found[2:] > 2 * known[2:]).all()
    assert comparisons.chance_against_own_past(x, mean, 1e9) == pytest.approx(known, rel=1e-5)
    assert np.isnan(comparisons.chance_against_own_past([1, np.nan, 1, 1], [0, 2, 2, 2], [3, 3, 0, np.nan])).all()


def test_a_family_of_any_size_is_red_by_chance_in_one_map_of_a_hundred_at_most():
    tails = np.random.default_rng(5).uniform(size=(20_000, 40))
    tails[:, 30:] = np.nan
    red = comparisons.defensible_red(tails, "family_wise").status == "red"
    assert 0.007 < red.any(axis=1).mean() < 0.0125
    assert comparisons.defensible_red([0.002], "family_wise").status[0] == "watch"


def test_red_is_kept_for_what_chance_seldom_does():
    tails = [0.0004, 0.004, 0.02, 0.3, 1.0, np.nan]
    assert comparisons.defensible_red(tails).status.tolist() == [
        "red", "watch", "watch", "within", "within", "not_compared",
    ]  # fmt: skip
    discovered = comparisons.defensible_red(tails, "false_discovery")
    assert discovered.status.tolist()[:3] == ["red", "red", "red"]
    assert discovered.family_size == 5
    assert comparisons.defensible_red([0.0009] + [0.9] * 99, "both").status[0] == "watch"


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.1, 10), st.floats(0.3, 0.999))
def test_ratio_limits_contain_the_ratio_and_agree_with_the_test(first, other, time, confidence):
    result = comparisons.rate_ratio(first, time, other, 1.0, confidence=confidence)
    if first + other == 0:
        assert np.isnan(result.value)
        return
    assert result.lower <= result.value * (1 + 1e-9) and result.value <= result.upper * (1 + 1e-9)
    if abs(result.p_value - (1 - confidence)) > 1e-6:
        assert bool(result.lower > 1 or result.upper < 1) == bool(result.p_value < 1 - confidence)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_never_below_their_p_values(p):
    assert (comparisons.benjamini_hochberg(p) >= np.array(p) - 1e-12).all()
