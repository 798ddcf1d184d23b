"""Values are what the rows say, and what has no value says why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.evaluate import series, values, values_of
from dashboard.periods import Period
from data_access.access import Scope
from data_access.errors import ConfigError, ScopeError
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

CITY, EAST, WEST = small_city.CITY, small_city.EAST, small_city.WEST
TOWN, GRID = "970101001000", "970101001001001"


def one(reader, scope, indicator, code, period) -> pd.Series:
    return values(reader, scope, indicator, [code], period).loc[code]


# -- the demonstration city -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("indicator", "period", "numerator", "denominator"),
    [
        ("JQ2", "2024Q4", 22, None),
        ("JQ2", "2023", 25, None),
        ("homicide_incidents", "2024", 22, None),
        ("JQ3y", "2024", 10, 22),
        ("JQ1", "2024Q4", 16_260, 20_000),
        ("BH2b", "2024Q4", 31_360, 32_000),
        ("BH2n", "2024-12", 640, None),
        ("GRD5", "2024Q4", 12_000, 1_236),
        ("GRD6", "2024", 48_000, 1_236),
        ("AZ1", "2024", 562, None),
        ("XL7", "2024Q4", 23_000, None),
        ("XL8", "2024Q4", 58_000, None),
        ("XL1", "2024Q4", 1_480, 1_480),
        ("JJ1", "2024Q4", 3_860_000, 5_000_000),
        ("JF1", "2025", None, None),
    ],
)
def test_the_demonstration_city_gives_the_declared_figures(
    reader, city_scope, indicator, period, numerator, denominator
):
    row = one(reader, city_scope, indicator, city_scope.region_code, period)
    assert row["status"] in words.WITH_VALUE
    if numerator is not None:
        assert row["numerator"] == numerator
    if denominator is not None:
        assert row["denominator"] == denominator


def test_declared_shares_come_out_of_the_rows(reader, city_scope):
    root = city_scope.region_code
    assert one(reader, city_scope, "JQ1", root, "2024")["value"] == pytest.approx(-0.187, abs=1e-12)
    assert one(reader, city_scope, "JF1", root, "2025")["value"] == pytest.approx(0.20, abs=1e-12)
    assert round(one(reader, city_scope, "JQ6", root, "2024")["value"], 3) == 0.986
    new, old = (one(reader, city_scope, "JQ2", root, year)["value"] for year in ("2024", "2023"))
    assert round(new / old - 1, 2) == -0.12


def test_three_hundred_percent_is_the_lowest_of_the_three(reader, city_scope, counties):
    frames = values_of(reader, city_scope, ["YG123", "YG1", "YG2", "YG3"], counties, "2024-06")
    parts = np.stack([frames[key]["value"] for key in ("YG1", "YG2", "YG3")])
    assert frames["YG123"]["value"].to_numpy(float) == pytest.approx(parts.min(axis=0))
    assert (frames["YG123"]["value"] < 1).any()


def test_parts_add_up_to_the_whole(reader, city_scope, counties, townships):
    for indicator in ("criminal_alarms", "MT1", "homicide_incidents", "BH6"):
        whole = one(reader, city_scope, indicator, city_scope.region_code, "2024Q3")["numerator"]
        for parts in (counties, townships):
            assert values(reader, city_scope, indicator, parts, "2024Q3")["numerator"].sum() == whole


def test_a_series_gives_what_single_periods_give(reader, city_scope, counties):
    periods = [Period.parse(text) for text in ("2023-11", "2023-12", "2024-01", "2024-02", "2024-12")]
    for indicator in ("JQ2", "BH2", "YG1", "KF1", "JQ1", "YJ2", "JQ6", "MT1r", "JJ1"):
        frame = series(reader, city_scope, indicator, counties, periods)
        for period in periods:
            alone = values(reader, city_scope, indicator, counties, period)
            together = frame.xs(str(period), level="period")
            pd.testing.assert_frame_equal(
                together[words.NUMBER_COLUMNS], alone[words.NUMBER_COLUMNS], rtol=1e-9, check_names=False
            )
            assert together["status"].tolist() == alone["status"].tolist(), (indicator, period)
            assert together["notes"].tolist() == alone["notes"].tolist(), (indicator, period)


def test_every_available_indicator_has_a_value_for_the_city(reader, city_scope):
    available = [key for key, item in load_catalogue().items() if item.available and key != "shootings"]
    frames = values_of(reader, city_scope, available, [city_scope.region_code], "2024Q3")
    without = {
        key: tuple(frame.iloc[0][["status", "notes"]])
        for key, frame in frames.items()
        if np.isnan(frame.iloc[0]["value"])
    }
    assert not without


def test_limits_hold_the_value_and_the_wider_hold_the_narrower(reader, city_scope, townships):
    for frame in values_of(
        reader, city_scope, ["JQ2", "BH2", "homicide_victim_rate", "criminal_alarms"], townships, "2024"
    ).values():
        valid = frame[frame["status"].isin(words.WITH_VALUE)]
        ordered = valid[["lower_998", "lower", "value", "upper", "upper_998"]].to_numpy(float)
        assert (np.diff(ordered, axis=1) >= -1e-12).all()


def test_counties_that_report_late_are_marked_and_so_is_the_city(reader, city_scope, counties):
    frame = values(reader, city_scope, "MT1", [city_scope.region_code, *counties], "2024Q4")
    late = frame.index[frame["notes"].map(lambda notes: "late_regions" in notes)]
    names = reader.regions(city_scope).loc[late, "name"].tolist()
    assert names == ["示例市", "松岙县"]
    assert (frame.loc[late, "status"] == words.PARTIAL).all()
    earlier = values(reader, city_scope, "MT1", counties, "2024Q3")
    assert (earlier["status"] == words.OK).all()


def test_a_figure_that_needs_follow_up_is_not_final_yet(reader, city_scope):
    assert "not_matured" in one(reader, city_scope, "BH4", city_scope.region_code, "2024Q4")["notes"]
    assert "not_matured" not in one(reader, city_scope, "BH4", city_scope.region_code, "2024Q2")["notes"]


def test_a_half_yearly_survey_stands_for_its_months(reader, city_scope):
    root = city_scope.region_code
    half = one(reader, city_scope, "JQ6", root, "2024H2")
    for period in ("2024-07", "2024-11", "2024Q3", "2024Q4"):
        assert one(reader, city_scope, "JQ6", root, period)["numerator"] == half["numerator"]
    whole = one(reader, city_scope, "JQ6", root, "2024")
    assert whole["numerator"] > half["numerator"]


def test_key_groups_are_not_shown_below_the_county(reader, city_scope, townships):
    frame = values(reader, city_scope, "YG1", townships[:3], "2024Q4")
    assert (frame["status"] == words.SUPPRESSED).all()
    assert frame[words.NUMBER_COLUMNS].drop(columns="squares").iloc[:, :5].isna().all(axis=None)


def test_money_is_known_by_year_only(reader, city_scope):
    root = city_scope.region_code
    assert one(reader, city_scope, "JF2", root, "2024-06")["denominator"] == 60_000_000
    outside = one(reader, city_scope, "JF2", root, "2019")
    assert (outside["status"], outside["notes"]) == (words.NO_DATA, ("outside_coverage",))


def test_what_has_no_source_yet_says_so(reader, city_scope):
    row = one(reader, city_scope, "ZR5", city_scope.region_code, "2024")
    assert (row["status"], row["notes"]) == (words.UNAVAILABLE, ("unavailable",))
    row = one(reader, city_scope, "shootings", city_scope.region_code, "2024")
    assert (row["status"], row["notes"]) == (words.NO_DATA, ("not_collected",))


def test_many_regions_have_no_data_before_the_first_day(reader, city_scope):
    regions = reader.regions(city_scope)
    townships = regions.index[regions["depth"] == 2].tolist()
    rows = values(reader, city_scope, "BH2", townships, "2019")
    assert len(rows) == 126
    assert (rows["status"] == words.NO_DATA).all()


def test_a_region_out_of_scope_is_refused(reader, counties):
    viewer = Scope("county_leader", counties[0])
    with pytest.raises(ScopeError):
        values(reader, viewer, "JQ2", [counties[1]], "2024")


def test_an_unknown_indicator_is_refused(reader, city_scope):
    with pytest.raises(ConfigError, match="no_such"):
        values(reader, city_scope, "no_such", [city_scope.region_code], "2024")


def test_regions_come_back_in_the_order_asked_and_once(reader, city_scope, counties):
    asked = [counties[2], counties[0], counties[2]]
    assert values(reader, city_scope, "JQ2", asked, "2024").index.tolist() == [counties[2], counties[0]]


def test_open_red_disputes_are_those_that_came_less_those_handled(reader, city_scope):
    root = city_scope.region_code
    before, after = (one(reader, city_scope, "YJ1", root, month)["value"] for month in ("2024-08", "2024-09"))
    assert after - before == one(reader, city_scope, "YJ1n", root, "2024-09")["value"]
    packaged = one(reader, city_scope, "YJ2", root, "2024-09")
    assert packaged["denominator"] == after
    assert packaged["numerator"] <= after


def test_no_open_red_dispute_gives_no_share_of_packages(reader, city_scope, townships):
    frame = values(reader, city_scope, "YJ2", townships, "2024-12")
    none_open = values(reader, city_scope, "YJ1", townships, "2024-12")["value"] == 0
    assert none_open.any()
    assert (frame.loc[none_open, "status"] == words.ZERO_DENOMINATOR).all()
    assert frame.loc[none_open, "value"].isna().all()


# -- the small city, counted by hand ----------------------------------------------------------------------------------


def test_victims_are_counted_and_the_interval_knows_they_died_together(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_victims", CITY, "2024")
    # One case with 3 victims and one with 1: variance 3² + 1² = 10, not 4.
    assert row["numerator"] == 4
    assert row["squares"] == 10
    assert row["method"] == "exact_poisson_scaled"
    alone = one(small_reader, small_scope, "homicide_incidents", CITY, "2024")
    assert (alone["numerator"], alone["method"]) == (2, "exact_poisson")


def test_years_that_came_counted_are_used_and_marked_as_independent(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_victims", EAST, "2021")
    assert (row["numerator"], row["basis"], row["grain"]) == (7, "counts", "year")
    assert "independence_assumed" in row["notes"]


def test_a_quarter_of_a_year_that_came_counted_is_finer_than_its_source(small_reader, small_scope):
    for period in ("2021Q1", "2021-06", "2021H2"):
        row = one(small_reader, small_scope, "homicide_victims", EAST, period)
        assert row["status"] == words.FINER_THAN_SOURCE
        assert np.isnan(row["value"])


def test_no_rows_within_cover_means_none_and_the_limit_says_how_high_it_could_be(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_incidents", WEST, "2024")
    assert (row["value"], row["lower"]) == (0, 0)
    assert row["upper"] == pytest.approx(3.6889, abs=1e-4)


def test_outside_cover_there_is_no_figure_and_no_zero(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_incidents", WEST, "2015")
    assert (row["status"], row["notes"]) == (words.NO_DATA, ("outside_coverage",))
    assert np.isnan(row["value"])


def test_without_population_there_is_a_count_but_no_rate(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_victim_rate", GRID, "2024")
    assert row["status"] in (words.NO_POPULATION, words.FINER_THAN_SOURCE)
    root = one(small_reader, small_scope, "homicide_victim_rate", CITY, "2024")
    assert np.isnan(root["value"]) == (root["status"] == words.NO_POPULATION)


def test_a_population_of_an_earlier_year_is_used_and_said(small_reader, small_scope):
    row = one(small_reader, small_scope, "homicide_victim_rate", TOWN, "2024")
    assert row["denominator"] == pytest.approx(100_000)
    assert "population_carried" in row["notes"]


def test_nothing_due_is_neither_0_nor_100_percent(small_reader, small_scope):
    row = one(small_reader, small_scope, "GRD2", WEST, "2024-01")
    assert row["status"] == words.ZERO_DENOMINATOR
    assert np.isnan(row["value"])


def test_more_done_than_due_is_a_contradiction_and_not_a_share(small_reader, small_scope):
    row = one(small_reader, small_scope, "GRD2", EAST, "2024-01")
    assert (row["status"], row["numerator"], row["denominator"]) == (words.INCONSISTENT, 5, 4)
    assert "numerator_exceeds_denominator" in row["notes"]
    assert np.isnan(row["value"])


@pytest.mark.parametrize("graded", [True, False], ids=["graded", "not graded"])
def test_overdue_disputes_are_told_whether_or_not_anybody_grades_them(tmp_path, small_scope, graded):
    home = Home(tmp_path / "city").create()
    small_city.fill(home)
    if not graded:
        with WorkingStore.open(home) as store:
            store.replace_all("dispute", small_city.disputes().assign(risk_colour="", red_at=None))
    publish(home)
    found = series(SnapshotReader(home), small_scope, "BH9", [CITY], [Period.parse(f"2024-0{n}") for n in (1, 2, 3)])
    assert found["value"].tolist() == [0, 2, 1]
    assert set(found["status"]) == {words.OK}


def test_a_region_that_did_not_report_has_no_figure(small_reader, small_scope):
    row = one(small_reader, small_scope, "GRD1", WEST, "2024-01")
    assert (row["status"], row["notes"]) == (words.NO_DATA, ("not_reported",))


def test_a_survey_is_carried_for_one_half_year_and_then_missing(small_reader, small_scope):
    assert one(small_reader, small_scope, "JQ6", EAST, "2024Q2")["value"] == 0.95
    carried = one(small_reader, small_scope, "JQ6", EAST, "2024Q4")
    assert (carried["value"], carried["notes"]) == (0.95, ("carried_forward",))
    assert one(small_reader, small_scope, "JQ6", EAST, "2023Q4")["status"] == words.NO_DATA


def test_duplicates_count_once(small_reader, small_scope):
    assert one(small_reader, small_scope, "MT1", CITY, "2024")["value"] == 3
    merged = one(small_reader, small_scope, "MT2", CITY, "2024")
    assert (merged["numerator"], merged["denominator"]) == (1, 4)


def test_what_a_source_never_fills_in_is_missing_and_not_none(small_reader, small_scope):
    # No red dispute of the small city was ever handled or packaged: the fields may simply not be kept.
    # Nor does it note relapses or first contacts: 0 % of both would be a silent lie.
    for indicator in ("YJ1", "YJ2", "BH1", "BH4"):
        row = one(small_reader, small_scope, indicator, CITY, "2024-12")
        assert (row["status"], row["notes"]) == (words.NO_DATA, ("not_collected",))


def test_a_question_without_regions_or_periods_has_an_empty_answer(small_reader, small_scope):
    assert values(small_reader, small_scope, "JQ2", [], "2024").empty
    assert series(small_reader, small_scope, "JQ2", [CITY], []).empty
