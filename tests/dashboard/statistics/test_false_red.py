"""How often equal counties turn red by homicide alone, how often a really worse one does: the promise of the ranking."""

import numpy as np
import pytest

from dashboard.statistics.comparisons import chance_of_as_many, compare_with_benchmark, defensible_red
from dashboard.statistics.intervals import rate

CITY_MONTHS = 20_000
POPULATION = np.linspace(250_000, 600_000, 12)
"""Twelve counties of a city of five million."""
RATE = 0.44 / 1e5
"""Homicides per person and year."""


def city_months(relative_rate=None, months=CITY_MONTHS, seed=12):
    """Counts of the last twelve months in each county, and what the city's own rate would lead one to expect."""
    truth = RATE * POPULATION * (1 if relative_rate is None else relative_rate)
    counts = np.random.default_rng(seed).poisson(truth, (months, 12))
    expected = counts.sum(axis=1, keepdims=True) * POPULATION / POPULATION.sum()
    return counts, expected


def share_red(counts, expected, rule="limit"):
    return (defensible_red(chance_of_as_many(counts, expected), rule).status == "red").any(axis=1).mean()


def test_equal_counties_turn_red_in_at_most_one_city_month_in_a_hundred():
    share = share_red(*city_months())
    print(f"\ncity-months with any red among 12 equal counties: {share:.2%}")
    assert 0 < share <= 0.01


def test_the_common_rules_redden_somebody_far_more_often():
    counts, expected = city_months(months=2_000)
    rates = counts / POPULATION
    top_quarter = (rates >= np.quantile(rates, 0.75, axis=1, keepdims=True)).any(axis=1).mean()
    limits_95 = (chance_of_as_many(counts, expected) < 0.025).any(axis=1).mean()
    any_rise = (rates[1:] > rates[:-1]).any(axis=1).mean()
    print(
        f"\ntop quarter red: {top_quarter:.0%}; outside 95 % limits: {limits_95:.0%}; above last year: {any_rise:.0%}"
    )
    assert top_quarter == 1 and limits_95 > 0.08 and any_rise > 0.99


@pytest.mark.parametrize(("relative", "least"), [(2, 0.005), (4, 0.15), (8, 0.75)])
def test_a_worse_county_is_found_as_often_as_its_numbers_allow(relative, least):
    one_worse = np.ones(12)
    one_worse[6] = relative
    counts, expected = city_months(one_worse)
    found = (defensible_red(chance_of_as_many(counts, expected)).status[:, 6] == "red").mean()
    watched = (chance_of_as_many(counts, expected)[:, 6] < 0.025).mean()
    three_years = city_months(one_worse * 3)
    longer = (defensible_red(chance_of_as_many(*three_years)).status[:, 6] == "red").mean()
    print(
        f"\n{relative} times the rate: red {found:.1%}, at least watch {watched:.1%}; over three years red {longer:.1%}"
    )
    assert found >= least and longer > found


def test_red_is_the_999_in_1000_limit_of_the_areas_own_interval():
    counts, expected = city_months(months=300)
    limits = [rate(counts, POPULATION, 1, level) for level in (0.95, 0.998)]
    labels = compare_with_benchmark(*limits, expected / POPULATION)
    status = defensible_red(chance_of_as_many(counts, expected)).status
    exact = counts < 10
    assert ((labels == "worse_99_8") == (status == "red"))[exact].all()
    assert ((labels == "worse_95") == (status == "watch"))[exact].all()
