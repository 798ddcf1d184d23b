"""What chance alone does to the rules, against the figures of the domain note, enumeration and simulation."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.statistics.chance import chance_of_no_events, chance_of_rising, chance_of_run, chance_somewhere
from dashboard.statistics.estimate import StatisticsError


def test_two_rising_years_happen_to_one_county_in_twelve_by_luck():
    # a county of 500,000 at 0.44 per 100,000 expects 2.2 cases a year
    one = chance_of_rising(2.2)
    assert float(one) == pytest.approx(0.08, abs=0.005)
    assert chance_somewhere(np.full(12, one)) == pytest.approx(0.65, abs=0.02)


def test_rising_years_agree_with_enumeration():
    mass = stats.poisson.pmf(range(40), 3.7)
    enumerated = sum(mass[a] * mass[b] * mass[c] for a, b, c in itertools.combinations(range(40), 3))
    assert float(chance_of_rising(3.7)) == pytest.approx(enumerated, abs=1e-12)


def test_rising_years_of_large_counts_approach_one_order_in_six():
    assert float(chance_of_rising(10_000)) == pytest.approx(1 / 6, abs=0.005)
    assert float(chance_of_rising(10_000, rises=1)) == pytest.approx(1 / 2, abs=0.005)
    assert float(chance_of_rising(0)) == 0
    assert np.isnan(chance_of_rising([np.nan, 1.0])[0])


def test_two_hit_months_in_a_year():
    # the domain note: any case makes a red month; 24 % of counties of 500,000, 10 % of 300,000, 96 % of twelve
    half_million, smaller = (1 - chance_of_no_events(0.44 * size / 12) for size in (5, 3))
    assert float(chance_of_run(half_million)) == pytest.approx(0.24, abs=0.01)
    assert float(chance_of_run(smaller)) == pytest.approx(0.10, abs=0.01)
    assert chance_somewhere(np.full(12, chance_of_run(half_million))) == pytest.approx(0.96, abs=0.01)


def test_runs_agree_with_enumeration():
    hit, periods = 0.3, 8
    total = 0.0
    for months in itertools.product([0, 1], repeat=periods):
        if "111" in "".join(map(str, months)):
            total += hit ** sum(months) * (1 - hit) ** (periods - sum(months))
    assert float(chance_of_run(hit, 3, periods)) == pytest.approx(total)


def test_most_townships_are_three_years_without_a_case_by_chance():
    assert float(chance_of_no_events(3 * 0.3 * 0.44)) == pytest.approx(0.67, abs=0.005)


def test_no_area_gives_no_chance():
    assert np.isnan(chance_somewhere([np.nan]))


def test_impossible_chances_are_refused():
    with pytest.raises(StatisticsError, match="probability"):
        chance_of_run(1.2)
    with pytest.raises(StatisticsError, match="expected"):
        chance_of_rising([-1])


@given(st.floats(0, 1), st.integers(1, 5), st.integers(1, 30))
def test_a_run_is_likelier_over_more_periods(hit, run, periods):
    fewer, more = chance_of_run(hit, run, periods), chance_of_run(hit, run, periods + 1)
    assert 0 <= fewer <= more + 1e-12 <= 1 + 1e-11
