"""A change says how much, which way, whether that is good, and whether chance alone would do it."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.changes import CHANGE_COLUMNS, change, changes_of
from dashboard.indicators.evaluate import values
from tests.data_access import small_city


def one(reader, scope, indicator, period="2024Q4", against="same_last_year"):
    return change(reader, scope, indicator, [scope.region_code], period, against).iloc[0]


def test_the_fall_in_homicides_is_within_chance(reader, city_scope):
    row = one(reader, city_scope, "JQ2")
    assert round(row["ratio"] - 1, 2) == -0.12
    assert (row["way"], row["verdict"], row["beyond_chance"]) == ("down", "better", False)
    assert row["sentence"] == "sentences.change.same_last_year.down_within_chance"
    assert row["ratio_lower"] < 1 < row["ratio_upper"]


def test_the_fall_in_criminal_alarms_is_not(reader, city_scope):
    row = one(reader, city_scope, "JQ1")
    assert (row["new_numerator"], row["old_numerator"]) == (16_260, 20_000)
    assert row["ratio"] == pytest.approx(0.813)
    assert (row["beyond_chance"], row["verdict"]) == (True, "better")


def test_a_neutral_figure_gets_no_verdict(reader, city_scope):
    assert one(reader, city_scope, "MT1")["verdict"] == "none"


def test_more_is_worse_where_less_is_better(reader, city_scope):
    row = one(reader, city_scope, "BH2n")
    assert (row["way"], row["verdict"]) == ("up", "worse")


@pytest.mark.parametrize(
    ("indicator", "against", "note"),
    [
        ("JQ7", "same_last_year", "overlapping_windows"),
        ("JQ2", "previous", "overlapping_windows"),
        ("AZ1", "previous", "overlapping_windows"),
        ("YJ1", "same_last_year", "state_at_a_time"),
        ("YG1", "same_last_year", "state_at_a_time"),
        ("XL7", "same_last_year", "no_chance_in_it"),
        ("BH7", "same_last_year", "no_chance_in_it"),
        ("BH2b", "same_last_year", "follow_up_differs"),
        ("BH4", "same_last_year", "not_matured"),
    ],
)
def test_what_chance_can_t_be_told_of_is_not_tested(reader, city_scope, indicator, against, note):
    row = one(reader, city_scope, indicator, against=against)
    assert note in row["notes"]
    assert row["beyond_chance"] is None
    assert np.isnan(row["p_value"])
    assert row["sentence"].endswith("_untested")
    assert np.isfinite(row["difference"])


def test_without_a_figure_to_compare_with_there_is_no_change(reader, city_scope):
    row = one(reader, city_scope, "JQ2", "2020Q4")
    assert row["status"] == words.NO_DATA
    assert row["sentence"] == "sentences.change.same_last_year.unknown"
    assert np.isnan(row["difference"])


def test_both_sides_are_the_values_of_their_periods(reader, city_scope, counties):
    frame = change(reader, city_scope, "BH2", counties, "2024Q3", "previous")
    new, old = (values(reader, city_scope, "BH2", counties, period)["value"] for period in ("2024Q3", "2024Q2"))
    assert frame["difference"].to_numpy(float) == pytest.approx((new - old).to_numpy(float))
    assert frame.columns.tolist() == CHANGE_COLUMNS


def test_several_changes_come_at_once(reader, city_scope, counties):
    frames = changes_of(reader, city_scope, ["JQ2", "BH2", "YJ1"], counties, "2024Q4")
    assert list(frames) == ["JQ2", "BH2", "YJ1"]
    for key, frame in frames.items():
        alone = change(reader, city_scope, key, counties, "2024Q4")
        assert frame["difference"].to_numpy(float) == pytest.approx(alone["difference"].to_numpy(float), nan_ok=True)


def test_victims_of_one_case_do_not_count_as_independent(small_reader, small_scope):
    row = change(small_reader, small_scope, "homicide_victims", [small_city.CITY], "2024").iloc[0]
    # 2024: 3 + 1 victims (squares 10); 2023: 1 + 2 (squares 5): variance ÷ mean is 15 ÷ 7.
    assert (row["new_numerator"], row["old_numerator"]) == (4, 3)
    from dashboard.indicators.engine import comparison

    expected = comparison.rates(
        np.array([4.0]), np.array([1.0]), np.array([3.0]), np.array([1.0]), 1.0, spread=np.array([15 / 7])
    )
    assert row["p_value"] == pytest.approx(expected.p_value[0])
    assert row["ratio_upper"] == pytest.approx(expected.ratio_upper[0])


def test_no_events_in_both_periods_is_no_change(small_reader, small_scope):
    row = change(small_reader, small_scope, "shootings", [small_city.CITY], "2024").iloc[0]
    assert row["status"] == words.NO_DATA
    row = change(small_reader, small_scope, "homicide_incidents", ["970101002000"], "2024").iloc[0]
    assert (row["new"], row["old"], row["way"]) == (0, 0, "same")
    assert row["p_value"] == 1
