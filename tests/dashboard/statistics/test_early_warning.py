"""Early warnings: seldom without cause, sure with one, and never from a handful of cases."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import nbinom, poisson

from dashboard.statistics.early_warning import early_warnings, reference_months
from dashboard.statistics.estimate import StatisticsError

SEASON = 1 + 0.4 * np.sin(np.arange(72) * 2 * np.pi / 12)


def test_a_month_is_compared_with_its_season_in_past_years_only():
    assert reference_months(40, 3, 1).tolist() == [3, 4, 5, 15, 16, 17, 27, 28, 29]
    assert reference_months(13, 3, 1).tolist() == [0, 1, 2]


def test_the_limit_is_the_quantile_of_the_fitted_regression():
    counts = np.random.default_rng(2).poisson(30 * SEASON).astype(float)
    found = early_warnings(counts)
    past = reference_months(71, 5, 1)
    design = np.column_stack([np.ones(len(past)), (past - 71) / 12])
    fit = sm.GLM(counts[past], design, family=sm.families.Poisson()).fit()
    mean = np.exp(fit.params[0])
    dispersion = max(1, fit.pearson_chi2 / fit.df_resid)
    assert mean <= counts[past].max(), "the series must be one whose trend is kept"
    assert found.expected[0] == pytest.approx(mean)
    upper = nbinom.ppf(0.995, mean / (dispersion - 1), 1 / dispersion) if dispersion > 1 else poisson.ppf(0.995, mean)
    assert found.upper[0] == upper


def test_ordinary_months_seldom_alarm_and_a_doubling_mostly_does():
    generator = np.random.default_rng(13)
    counts = generator.poisson(20 * SEASON, (150, 72)).astype(float)
    assert early_warnings(counts).alarm.mean() < 0.04
    counts[:, -1] = generator.poisson(2.5 * 20 * SEASON[-1], 150)
    assert early_warnings(counts).alarm.mean() > 0.8


def test_a_past_outbreak_does_not_hide_the_next_one():
    counts = np.full(72, 10.0) + np.tile([0, 1, -1, 2, -2, 0], 12)
    clean = early_warnings(counts).upper[0]
    counts[71 - 24] = 80
    assert early_warnings(counts).upper[0] < clean * 2.5


def test_four_cases_in_four_months_never_alarm():
    counts = np.zeros(72)
    counts[-1] = 4
    found = early_warnings(counts)
    assert not found.alarm[0] and found.reason[0] == "too_few_cases"
    counts[-1] = 5
    assert early_warnings(counts).reason[0] == "alarm"


def test_a_single_homicide_after_years_without_is_no_alarm():
    counts = np.zeros((2, 72))
    counts[1, -1] = 1
    found = early_warnings(counts, last_months=3)
    assert found.alarm.shape == (2, 3) and not found.alarm.any()
    assert (found.expected == 0).all() and (found.upper >= 0).all()


def test_growing_population_is_no_outbreak():
    people = np.linspace(1e5, 4e5, 72)
    counts = np.round(people / 1e4)
    assert early_warnings(counts, people).expected[0] == pytest.approx(40, rel=0.05)


def test_a_short_or_missing_past_gives_no_judgement():
    assert early_warnings(np.ones(30)).reason[0] == "undefined"
    counts = np.ones(72)
    counts[-1] = np.nan
    assert early_warnings(counts).reason[0] == "undefined"
    assert early_warnings(np.ones(72), np.zeros(72)).reason[0] == "undefined"


def test_impossible_settings_are_refused():
    with pytest.raises(StatisticsError, match="half_window"):
        early_warnings(np.ones(72), half_window=6)
    with pytest.raises(StatisticsError, match="counts: must not be negative"):
        early_warnings(-np.ones(72))
    with pytest.raises(StatisticsError, match="shapes"):
        early_warnings(np.ones((2, 72)), np.ones(5))
