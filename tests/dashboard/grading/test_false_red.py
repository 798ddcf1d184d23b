"""The promise of the ranking: of twelve counties of equal true rates, homicides alone redden any in at most 1 % of months."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from dashboard.grading.grades import FEW_EVENTS, RED, grades
from dashboard.grading.index import build_index
from dashboard.grading.inputs import Inputs, against_baseline
from dashboard.grading.settings import IndexSettings, index_settings

RULES = index_settings().model_copy(update={"history_months": 1})
"""As in force; a short history makes room for more cities, and keeps nobody from red after the first month."""
CITIES = 2_500
MONTHS = 7
COUNTED = slice(RULES.history_months, None)
PEOPLE = np.linspace(250_000, 600_000, 12)
"""Twelve counties of a city of five million."""
RATE = 0.44 / 1e5
"""Homicides per person and year: 22 a year in the city."""
FROM_DISPUTES = 0.5
"""Share of homicides that count on the second line, too."""
STANDING = (71, 72, 73, 75, 77, 80, 85)
"""The index of all counties while every count is as expected."""
ONE = 6
"""The county, of 440,000 people, that is worse than the others where one is."""


@lru_cache(maxsize=4)
def risks(times: float = 1.0) -> tuple[dict, dict, dict]:
    """Events, expected ones and baseline of each relative risk: homicides drawn month by month, alarms as expected.

    ``times`` is the true rate of ``ONE`` in the months of the window, against an earlier rate as all others have.
    """
    random = np.random.default_rng(12)
    span = RULES.baseline_months + 12
    years = np.repeat(PEOPLE[:, None] / 12, span + MONTHS - 1, axis=1)
    drawn: dict[str, list] = {"homicide_risk": [], "homicide_from_dispute_risk": []}
    for _ in range(CITIES):
        cases = random.poisson(years * RATE)
        for name, own in zip(drawn, (cases, random.binomial(cases, FROM_DISPUTES)), strict=True):
            found = against_baseline(own.astype(float), years, RULES.components[name], RULES, MONTHS)
            drawn[name].append(found)
    stacked = {name: [np.concatenate(part) for part in zip(*each, strict=True)] for name, each in drawn.items()}
    if times > 1:
        worse = np.arange(CITIES * len(PEOPLE)) % len(PEOPLE) == ONE
        more = np.where(worse, PEOPLE[ONE] * RATE * (times - 1), 0)[:, None].repeat(MONTHS, 1)
        added = random.poisson(more)
        stacked["homicide_risk"][0] = stacked["homicide_risk"][0] + added
        stacked["homicide_from_dispute_risk"][0] += random.binomial(added, FROM_DISPUTES)
    many = np.full((CITIES * len(PEOPLE), MONTHS), 1_000.0)
    stacked["criminal_alarm_risk"] = [many, many, 3 * many]
    events, expected, baseline = ({name: each[part] for name, each in stacked.items()} for part in range(3))
    return events, expected, baseline


def counties(standing: float, times: float = 1.0) -> Inputs:
    """Counties whose index is ``standing`` while every count is as expected; their work stands still."""
    events, expected, baseline = risks(times)
    by_risks = sum(each.weight * each.score_as_expected for each in RULES.component if each.id in events) / 100
    work = (standing - by_risks) / sum(each.weight for each in RULES.component if each.id not in events)
    shape = CITIES * len(PEOPLE), MONTHS
    numerators, denominators = {}, {}
    for component in RULES.component:
        if component.id in events:
            numerators[component.id, component.members[0].id] = events[component.id]
            continue
        level = component.floor + work * (component.target - component.floor)
        for item in (*component.members, *component.discounts):
            denominators[component.id, item.id] = np.full(shape, 500.0)
            numerators[component.id, item.id] = np.full(shape, 0.0 if item in component.discounts else 500 * level)
    codes = tuple(f"{number}" for number in range(shape[0]))
    months = pd.period_range("2023-01", periods=MONTHS, freq="M")
    return Inputs(codes, months, numerators, denominators, expected, baseline)


def graded(standing: float, times: float = 1.0, rules: IndexSettings = RULES) -> tuple[np.ndarray, np.ndarray]:
    """Whether red, and whether watched for few events: shape (cities, counties, months that can be red)."""
    grade, watched = grades(build_index(counties(standing, times), rules, CITIES), rules)
    shape = CITIES, len(PEOPLE), MONTHS
    return (grade == RED).reshape(shape)[:, :, COUNTED], (watched == FEW_EVENTS).reshape(shape)[:, :, COUNTED]


@pytest.mark.parametrize("standing", STANDING)
def test_homicides_alone_redden_any_of_twelve_equal_counties_in_at_most_one_month_of_a_hundred(standing, capsys):
    red, watched = graded(standing)
    by_city = red.any(axis=1).mean(axis=1)
    share, error = by_city.mean(), by_city.std() / np.sqrt(CITIES)
    with capsys.disabled():
        print(
            f"\nindex {standing}: any red by homicides alone in {share:.2%} ± {1.96 * error:.2%} of "
            f"{CITIES * red.shape[2]:,} city-months; any watched in {watched.any(axis=1).mean():.1%}"
        )
    assert share + 3 * error <= 0.01


def test_without_the_rule_they_would_redden_somebody_far_more_often():
    before = RULES.model_copy(update={"red_rule": "none"})
    assert graded(73, rules=before)[0].any(axis=1).mean() > 0.2


@pytest.mark.parametrize(("times", "least"), [(2, 0.002), (4, 0.1), (8, 0.6)])
def test_a_worse_county_is_found_as_often_as_its_numbers_allow(times, least, capsys):
    red, watched = graded(73, times)
    found, seen = red[:, ONE].mean(), (red | watched)[:, ONE].mean()
    with capsys.disabled():
        print(f"\nindex 73, one county at {times} times its rate: red {found:.1%} of months, with watched {seen:.1%}")
    assert least <= found < seen
