"""The map page: raw and smoothed rates, switched in the address, with raw count and interval always beside them."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go
import pytest

from dashboard.context import Context
from dashboard.indicators.evaluate import values
from dashboard.maps.choropleth import LABEL_LETTERS
from dashboard.periods import Period
from dashboard.screens.map.layers import layer_screen
from dashboard.screens.map.screen import MOST_NAMED, map_screen, rate_links, region_map
from data_access.access import Scope


@pytest.fixture
def asked(reader):
    def ask(page: str = "map", language: str = "zh", **own: str):
        root = reader.snapshot().root_code
        chosen = tuple({"indicator": "JQ2", **own}.items())
        context = Context(root, Period.parse("2024"), language, "light", Scope("city_leader", root), chosen)
        return map_screen(reader, context, page=page), context

    return ask


def test_the_map_colours_raw_rates_until_it_is_asked_for_others(asked):
    screen, context = asked()
    assert screen.rate == "raw"
    assert (screen.regions["drawn"] == screen.regions["value"]).all()
    assert [word for word, _, on in rate_links(screen, context) if on] == ["原始率"]


@pytest.mark.parametrize("rate", ["all", "neighbours"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_smoothed_map_keeps_raw_count_and_interval_in_every_tooltip(asked, rate, language):
    screen, context = asked(rate=rate, language=language)
    raw, _ = asked(language=language)
    assert (screen.regions["drawn"] == screen.regions["smoothed"]).all()
    assert (screen.regions["drawn"] != screen.regions["value"]).any()
    for code, row in screen.regions.iterrows():
        before = raw.regions.loc[code]
        assert (
            before["text"] in row["hover"] and before["interval"] in row["hover"] and before["counts"] in row["hover"]
        )
        assert row["smoothed_text"] in row["hover"]
    assert screen.sentence
    assert [on for _, _, on in rate_links(screen, context)] == [False, rate == "all", rate == "neighbours"]


def test_the_switch_is_in_the_address_and_kept_by_the_drill_down(asked):
    screen, context = asked(rate="neighbours")
    assert all("rate=neighbours" in href for href in screen.regions["href"])
    assert "rate=all" in {word: href for word, href, _ in rate_links(screen, context)}["平滑（向全体）"]


@pytest.mark.parametrize(("language", "lines"), [("zh", {1}), ("en", {1, 2})])
def test_a_long_name_goes_on_in_a_second_line(asked, language, lines):
    screen, context = asked(language=language)
    drawn = [name for trace in region_map(screen, context).to_dict()["data"] for name in trace.get("text", ())]
    assert {name.replace("<br>", " ") for name in drawn} == set(screen.regions["name"])
    assert {name.count("<br>") + 1 for name in drawn} == lines
    assert all(len(line) <= LABEL_LETTERS for name in drawn for line in name.split("<br>"))


def test_both_maps_share_one_scale_so_that_smoothing_is_seen(asked):
    figures = [go.Figure(region_map(*asked(**own)).to_dict()) for own in ({}, {"rate": "neighbours"})]
    limits = [
        [(trace.zmin, trace.zmax) for trace in figure.data if trace.type == "choroplethmap"] for figure in figures
    ]
    assert limits[0] == limits[1]


def test_the_table_has_raw_and_smoothed_numbers_for_download_and_command_line(asked):
    screen, _ = asked(rate="all")
    table = screen.tables[0].download()
    assert {"数值", "平滑率", "平滑率下限", "平滑率上限", "分子", "分母"} <= set(table.columns)


def test_shares_are_not_smoothed_and_offer_no_switch(asked):
    screen, context = asked(indicator="BH2", rate="all")
    assert screen.rate == "raw"
    assert rate_links(screen, context) == ()


def test_a_forged_rate_and_another_pages_rate_change_nothing(asked):
    assert asked(rate="worst")[0].rate == "raw"
    assert asked(page="overview", rate="all")[0].rate == "raw"


@pytest.mark.parametrize("indicator", ["JQ2", "JQ1r"])
def test_the_raw_map_names_who_differs_from_the_whole_by_more_than_chance(asked, reader, city_scope, indicator):
    screen, context = asked(indicator=indicator)
    codes, names = list(screen.listed.codes), screen.regions["name"]
    whole = values(reader, city_scope, indicator, [context.region], context.period)["value"].iloc[0]
    own = values(reader, city_scope, indicator, codes, context.period)
    beyond = own.index[(own["lower_998"] > whole) | (own["upper_998"] < whole)]
    assert f"{len(codes)} 个县区" in screen.sentence
    named = [code for code in codes if names[code] in screen.sentence]
    assert set(named) <= set(beyond)
    assert len(named) == min(len(beyond), MOST_NAMED)


def test_a_single_region_and_counts_of_stocks_make_no_claim_about_chance(asked):
    assert asked(indicator="YJ1")[0].sentence == ""


def test_a_number_of_cases_is_not_compared_with_that_of_the_whole(asked):
    screen, _ = asked(indicator="homicide_victims")
    assert screen.sentence == "数量未计各地人口多少，只说发生了多少，不宜据此比较高低"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_layer_is_offered_as_a_list_under_its_own_name(reader, asked, language):
    screen, context = asked(language=language, shown="homicide.dispute.places")
    layers = layer_screen(reader, context, screen)
    lists = {each.key: each for each in layers.tables}
    assert list(lists) == ["homicide", "dispute", "places"]
    words = [entry.word for entry in layers.legend]
    assert lists["homicide"].title == words[0] and len(lists["homicide"].frame) == layers.legend[0].count
    assert lists["dispute"].title == words[1] and lists["dispute"].frame["count"].sum() == layers.legend[1].count
    assert len(lists["places"].frame) == sum(entry.count for entry in layers.legend[2:])
    assert screen.indicator.label(language) not in layers.title
    assert all(each.title in layers.title or each.key == "dispute" for each in lists.values())
    assert not any(each.download().empty for each in lists.values())


def test_a_layer_that_the_role_may_not_see_is_no_list(reader, asked):
    screen, context = asked(shown="homicide.criminal_alarm.dispute")
    layers = layer_screen(reader, replace(context, viewer=Scope("public_demo", context.region)), screen)
    assert [each.key for each in layers.tables] == ["dispute"]


def test_a_map_without_any_figure_says_so(reader, city_scope):
    context = Context(city_scope.region_code, Period.parse("2019"), "zh", "light", city_scope)
    assert map_screen(reader, context).sentence == "该指标没有县区一级可显示的数"
