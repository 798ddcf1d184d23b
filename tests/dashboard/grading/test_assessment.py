"""What the weight does to the annual score: points follow from the index, and nothing is said about ranks."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.grading.assessment import AssessmentSettings, assessment_settings, weight_change, weight_effects
from dashboard.grading.league import league_of
from data_access.access import read_config, validated
from data_access.errors import ConfigError


@pytest.fixture(scope="module")
def league(reader, city_scope):
    regions = reader.regions(city_scope)
    codes = regions.index[regions["depth"] == 1].tolist()
    return league_of(reader, city_scope, codes, pd.Period("2024-12", "M"))


def test_weight_rises_from_8_to_15_percent_and_an_index_point_with_it():
    change = weight_change(2024)
    assert (change.before.share, change.after.share, change.after.from_year) == (0.08, 0.15, 2025)
    assert (change.point_before, change.point_after) == (pytest.approx(0.08), pytest.approx(0.15))


@pytest.mark.parametrize(("year", "share"), [(2019, 0.08), (2024, 0.08), (2025, 0.15), (2031, 0.15)])
def test_weight_in_force_is_the_last_one_entered(year, share):
    assert assessment_settings().weight_in(year).share == share


def test_after_the_change_it_is_still_the_change_that_is_shown():
    assert weight_change(2030).after.from_year == 2025


def test_a_single_weight_is_no_change():
    rows = read_config("assessment.toml")
    alone = validated(AssessmentSettings, rows | {"weight": rows["weight"][:1]}, "config/assessment.toml", "assessment")
    change = weight_change(2024, alone)
    assert change.before == change.after


def test_points_before_and_after_come_from_the_mean_index_of_the_year(league):
    effects = weight_effects(league, weight_change(2024))
    assert (effects["months"] == 12).all()
    assert effects["points_after"].to_numpy() == pytest.approx(effects["index"].to_numpy() * 0.15)
    assert effects["points_before"].to_numpy() == pytest.approx(effects["index"].to_numpy() * 0.08)
    assert effects["more_lost"].to_numpy() == pytest.approx((100 - effects["index"].to_numpy()) * 0.07)
    assert effects["more_lost"].is_monotonic_decreasing
    assert effects["against_mean"].sum() == pytest.approx(0)


def test_interval_of_what_is_lost_holds_it(league):
    effects = weight_effects(league, weight_change(2024))
    assert (effects["more_lost_lower"] <= effects["more_lost"]).all()
    assert (effects["more_lost"] <= effects["more_lost_upper"]).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"annual_points": 0}, "annual_points"),
        ({"weight": []}, "weight"),
        ({"weight": [{"from_year": 2024, "share": 1.5, "basis": "a", "basis_en": "a"}]}, "share"),
        (
            {
                "weight": [
                    {"from_year": 2025, "share": 0.15, "basis": "a", "basis_en": "a"},
                    {"from_year": 2020, "share": 0.08, "basis": "a", "basis_en": "a"},
                ]
            },
            "order of their years",
        ),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_mistake_in_the_settings_is_named(changed, said):
    with pytest.raises(ConfigError, match=said):
        validated(AssessmentSettings, read_config("assessment.toml") | changed, "config/assessment.toml", "assessment")
