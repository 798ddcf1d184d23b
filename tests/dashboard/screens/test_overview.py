"""What the overview says where nothing is overdue, and of changes too small to be written."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.indicators.catalogue import find_indicator
from dashboard.periods import Period
from dashboard.screens.overview import change_sentence, change_text, overview_screen, words_of_change
from dashboard.screens.references import reference_of
from data_access.access import Scope
from data_access.queries import SnapshotReader


def said(reader, scope: Scope) -> tuple[int, str]:
    screen = overview_screen(reader, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    return len(screen.overdue), screen.nothing_overdue


def test_no_decision_in_the_data_is_no_decision_on_time(toronto_home):
    toronto = SnapshotReader(toronto_home)
    assert said(toronto, Scope("city_leader", toronto.snapshot().root_code)) == (
        0,
        "尚未导入议定事项和包案，无法判断是否超期。",
    )


def test_a_role_that_sees_no_records_is_told_so(reader, city_scope):
    assert said(reader, Scope("public_demo", city_scope.region_code)) == (0, "当前角色不能查看议定事项和包案记录。")
    rows, sentence = said(reader, city_scope)
    assert (rows > 0, sentence) == (True, "没有超期的议定事项和包案。")


def test_each_list_names_from_whom_it_comes(reader, city_scope):
    context = Context(city_scope.region_code, Period.parse("2024"), "zh", "light", city_scope)
    sources = overview_screen(reader, context).sources
    assert sources["overdue"] == "包案台账、议定事项台账"
    assert sources["late"] == "110接处警；智慧矛调平台及另外1个来源"
    assert re.fullmatch("[^；]+；[^；]+及另外[0-9]+个来源", sources["changes"])


def test_an_overview_lists_what_is_late_of_its_own_region(reader, city_scope):
    def late(code: str) -> list[str]:
        context = Context(code, Period.parse("2024"), "zh", "light", city_scope)
        return overview_screen(reader, context).late["region"].tolist()

    whole = late(city_scope.region_code)
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1]
    own = {code: late(code) for code in counties}
    assert sorted(name for names in own.values() for name in names) == sorted(whole)
    for code, names in own.items():
        assert set(names) <= {regions.at[code, "name"]}
    silent = next(code for code, names in own.items() if names)
    town = regions.index[regions["parent_code"] == silent][0]
    assert late(town) == own[silent]


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2024Q4", "0.55，本地无明显差别"),
        ("2023-11", "0.58，本地无明显差别"),
        ("2022", None),
    ],
)
def test_the_outcome_stands_beside_what_the_province_published_of_the_latest_year(reader, city_scope, period, said):
    context = Context(city_scope.region_code, Period.parse(period), "zh", "light", city_scope)
    screen = overview_screen(reader, context)
    facts = {label[:2]: text for label, text, *_ in screen.cards[0].facts}
    assert facts.get("全省") == said
    figures = next(table for table in screen.tables if table.key == "figures").frame.set_index("indicator_id")
    assert pd.isna(figures.at["JQ2", "reference"]) == (said is None)


def test_a_survey_above_the_provinces_says_so(reader, city_scope):
    context = Context(city_scope.region_code, Period.parse("2024Q4"), "en", "light", city_scope)
    card = next(card for card in overview_screen(reader, context).cards if card.title == "Sense of safety")
    assert card.facts[-1] == ("Province 2024", "97.9%, higher here", "Yearly report of the demonstration province")


def test_another_citys_figures_are_compared_with_no_province(toronto_home):
    toronto = SnapshotReader(toronto_home)
    root = toronto.snapshot().root_code
    context = Context(root, Period.parse("2024"), "zh", "light", Scope("city_leader", root))
    assert reference_of(toronto, context, find_indicator("JQ2")) is None


def test_a_change_that_is_written_as_nothing_went_no_way():
    row = pd.Series(
        {
            "difference": 0.0004,
            "ratio": 1.001,
            "old_numerator": 4000.0,
            "old_denominator": 5000.0,
            "new_numerator": 4002.0,
            "new_denominator": 5000.0,
            "sentence": "sentences.change.same_last_year.up_within_chance",
        }
    )
    shares = find_indicator("BH2")
    assert change_text(shares, row, "zh") == "0.0 个百分点"
    assert words_of_change(shares, row, "zh") == "持平"
    assert change_sentence(shares, row, "zh") == "与去年同期持平"
    row["difference"] = 0.0006
    assert words_of_change(shares, row, "zh") == "升 · 好转"
    assert change_sentence(shares, row, "zh").startswith("与去年同期相比上升 0.1 个百分点")
    row["difference"], row["old_numerator"] = 0.32, 1.0
    rates = find_indicator("JQ2")
    assert change_sentence(rates, row, "zh") == "与去年同期相比上升 0.32 起/10万，在偶然波动范围内"


def test_a_card_without_a_figure_says_why_instead_of_comparing_none(reader, city_scope):
    """Nobody asks a single township for its sense of safety."""
    regions = reader.regions(city_scope)
    township = regions.index[regions["depth"] == 2][0]
    screen = overview_screen(reader, Context(township, Period.parse("2024"), "zh", "light", city_scope))
    card = next(card for card in screen.cards if card.title == find_indicator("JQ6").label("zh"))
    assert (card.figure, card.change) == ("—", None)
    assert card.sentence == "该指标只算到上一级；可看上一级"


def test_a_source_that_ended_is_no_missing_source(toronto_home):
    """Toronto's shootings are told until 2022; the other cards that it lacks have no source at all."""
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    without, outside = overview_screen(
        toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope)
    ).absent
    assert outside == "以下指标的来源不含本期，未列出：枪击事件（2004-01-01 至 2022-12-31）"
    assert "枪击" not in without and "到期化解率" in without
