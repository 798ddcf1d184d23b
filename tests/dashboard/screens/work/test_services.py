"""The services page: who is below 100 % and on which of the three; files, places and stages; never below the county."""

from __future__ import annotations

import pytest

from dashboard.context import Context
from dashboard.i18n import load_texts
from dashboard.periods import Period
from dashboard.screens.work.services import services_screen
from dashboard.screens.work.shares import share_text
from data_access.access import Scope
from tests.dashboard.screens.shown import frame

YEAR = Period.parse("2024")
NOVEMBER = Period.parse("2024-11")


def screen(reader, scope, region=None, language="zh", period=YEAR):
    return services_screen(reader, Context(region or scope.region_code, period, language, "light", scope))


def test_the_three_stand_at_100_percent_in_december_and_the_page_asks_for_a_check(reader, city_scope):
    shown = screen(reader, city_scope)
    assert "12 个地区期末三项均为100%" in shown.verdict
    assert "抽查核实" in shown.verdict
    assert shown.cards[0].figure == "100.0%"
    coverage = frame(shown, "coverage")
    for name in ("YG1", "YG2", "YG3"):
        assert coverage[f"{name}_numerator"].sum() == coverage[f"{name}_denominator"].sum() > 20_000
    assert coverage["missing"].sum() == 0


def test_a_month_before_the_lowest_county_leads_and_says_on_which_of_the_three(reader, city_scope):
    shown = screen(reader, city_scope, period=NOVEMBER)
    rows = shown.coverage
    assert rows["lowest"].is_monotonic_increasing
    worst = rows.iloc[0]
    assert worst["lowest"] == min(worst["YG1"], worst["YG2"], worst["YG3"]) < 1
    assert worst["name"] in shown.verdict and worst["which"] in shown.verdict
    assert rows["missing"].sum() == sum(
        (rows[f"{name}_denominator"] - rows[f"{name}_numerator"]).sum() for name in ("YG1", "YG2", "YG3")
    )


def test_562_returned_and_each_stage_is_divided_by_them(reader, city_scope):
    shown = screen(reader, city_scope)
    stages = frame(shown, "stages")
    assert stages["count"].tolist()[1] == 562
    assert stages["count"].tolist()[1:] == sorted(stages["count"].tolist()[1:], reverse=True)
    assert frame(shown, "resettlement")["AZ1n"].sum() == 562
    by_county = frame(shown, "resettlement")["AZ3_numerator"].sum()
    assert by_county == stages["count"].iloc[-1] == stages["share"].iloc[-1] * 562
    assert next(card for card in shown.cards if card.figure == "562")


def test_files_places_and_visits_add_up_over_the_counties(reader, city_scope):
    shown = screen(reader, city_scope)
    youth = frame(shown, "youth")
    assert youth["HM3_denominator"].sum() == 126
    visits = frame(shown, "visits")
    assert visits["value"].sum() == youth["HM2v"].sum() + youth["HM3v"].sum()
    assert len(visits) == 24
    assert (youth["HM5"] <= 1).all()


def test_a_share_that_lacks_one_of_many_is_not_written_as_complete():
    assert share_text(23_662, 23_662, "zh") == "100.0%"
    assert share_text(23_661, 23_662, "zh") == "不足100.0%"
    assert share_text(7, 12, "zh") == "7/12"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_below_the_county_the_page_shows_the_countys_figures_and_says_so(reader, city_scope, places, language):
    regions = reader.regions(city_scope)
    for depth in (2, 3):
        shown = screen(reader, city_scope, places[depth][0], language)
        code = places[depth][0]
        while regions.at[code, "depth"] > 1:
            code = regions.at[code, "parent_code"]
        assert shown.coarser
        assert set(shown.coverage.index) <= set(places[1])
        own = screen(reader, city_scope, code, language)
        assert [card.figure for card in shown.cards] == [card.figure for card in own.cards]


def test_a_township_leader_gets_no_figures_and_is_told_why(reader, places):
    shown = screen(reader, Scope("township_leader", places[2][0]))
    assert shown.empty and "县区" in shown.verdict
    assert all(table.frame.empty for table in shown.tables)


def test_small_counts_stay_hidden_from_the_public_and_only_counties_are_listed(reader, city_scope, places):
    shown = screen(reader, Scope("public_demo", city_scope.region_code), period=Period.parse("2024Q4"))
    for key in ("coverage", "resettlement", "after_discharge"):
        rows = frame(shown, key)
        assert set(rows["region_code"]) <= set(places[1])
        counts = rows.filter(regex="_(numerator|denominator)$").drop(columns=rows.filter(regex="^YG5"), errors="ignore")
        assert not ((counts > 0) & (counts < 10)).to_numpy().any()
    assert frame(shown, "stages")["count"].isna().all() or (frame(shown, "stages")["count"] >= 10).all()


def test_the_words_are_of_service_and_never_of_control():
    for language, words in (
        ("zh", ("管控", "高危", "肇事", "患者", "刑满", "重点人员")),
        ("en", ("patient", "offender", "control")),
    ):
        texts = load_texts(language)
        said = " ".join(str(text) for key, text in texts.items() if key.startswith("services"))
        assert not [word for word in words if word in said.lower()]


def test_a_period_without_any_report_is_empty_and_says_who_reports(reader, city_scope):
    shown = screen(reader, city_scope, period=Period.parse("2019"))
    assert shown.empty
    assert "没有服务类数字" in shown.verdict
