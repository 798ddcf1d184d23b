"""Tests of chance mark what was put in, and mark healthy areas no more often than they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from dashboard.quality.tests_of_chance import heaped, outlying_shares, uneven_digits
from dashboard.statistics.funnels import proportion_overdispersion

LIMIT = 0.01
TRIALS = 400


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_one_area_far_above_eleven_alike_is_marked_alone(random):
    whole = np.full(12, 400)
    part = random.binomial(whole, 0.05)
    part[3] = 120
    usual, chance = outlying_shares(part, whole, two_sided=False)
    assert chance.argmin() == 3
    assert chance[3] < 1e-4
    assert (np.delete(chance, 3) > 0.01).all()
    assert usual[3] == pytest.approx(np.delete(part, 3).sum() / (11 * 400))


def test_area_that_alone_lacks_something_is_marked_and_areas_that_all_have_it_are_not():
    _, alone = outlying_shares([0, 0, 60, 0, 0, 0], [200] * 6, two_sided=False)
    assert alone[2] < 1e-4
    assert (np.delete(alone, 2) > 0.4).all()
    for whole in (200, 0.0):
        _, same = outlying_shares([whole] * 6, [200] * 6, two_sided=True)
        assert (same > 0.4).all()


def test_areas_that_truly_differ_a_little_are_rarely_marked(random):
    marks = 0
    for _ in range(TRIALS):
        share = np.clip(random.normal(0.3, 0.03, 12), 0, 1)
        whole = random.integers(300, 3000, 12)
        marks += int((outlying_shares(random.binomial(whole, share), whole, two_sided=True)[1] < LIMIT).sum())
    assert marks / (TRIALS * 12) < 3 * LIMIT


def test_limits_are_widened_by_the_variance_between_the_others(random):
    whole = random.integers(300, 3000, 12).astype(float)
    part = random.binomial(whole.astype(int), np.clip(random.normal(0.3, 0.05, 12), 0, 1)).astype(float)
    rest_part, rest_whole = np.delete(part, 4), np.delete(whole, 4)
    expected = (rest_part.sum() + 0.5) / (rest_whole.sum() + 1)
    spread = proportion_overdispersion(rest_part, rest_whole, expected, winsorised=0.0).tau2
    assert spread > 0
    noise = 1 / (4 * whole[4]) + spread + 1 / (4 * rest_whole.sum()) + spread / 11
    score = (np.arcsin(np.sqrt(part[4] / whole[4])) - np.arcsin(np.sqrt(expected))) / np.sqrt(noise)
    assert outlying_shares(part, whole, two_sided=True)[1][4] == pytest.approx(2 * t.sf(abs(score), 10), rel=1e-12)


def test_digits_and_heaps_of_healthy_rows_are_marked_about_as_often_as_the_limit_says(random):
    digits = uneven_digits(random.multinomial(500, [0.1] * 10, TRIALS))
    heaps = heaped(random.binomial(600, 0.1, TRIALS), np.full(TRIALS, 600), 0.1)
    assert (digits < 0.05).mean() == pytest.approx(0.05, abs=0.04)
    assert (heaps < 0.05).mean() == pytest.approx(0.05, abs=0.04)


def test_rounded_numbers_and_heaps_at_months_end_are_marked():
    assert uneven_digits([[100, 20, 20, 20, 20, 100, 20, 20, 20, 20]])[0] < 1e-6
    assert heaped([40], [200], 0.1)[0] < 1e-3


def test_too_little_to_compare_gives_no_probability():
    assert np.isnan(outlying_shares([1], [10], two_sided=True)[1]).all()
    assert np.isnan(outlying_shares([np.nan, 1], [0, 10], two_sided=True)[1]).all()
    assert np.isnan(uneven_digits(np.zeros((1, 10))))
    assert np.isnan(heaped([0], [0], 0.1))
