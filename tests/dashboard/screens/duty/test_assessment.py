"""The assessment page at every level and for every role: weight, vetoes apart, league, matrix, award, pilot sites."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.periods import Period
from dashboard.screens.duty.assessment import assessment_screen
from data_access.access import Scope
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader
from tests.dashboard.screens.shown import frame

PERIOD = Period.parse("2024Q4")


def screen(reader, scope, region=None, language="zh", period=PERIOD):
    return assessment_screen(reader, Context(region or scope.region_code, period, language, "light", scope))


@pytest.fixture(scope="module")
def city(reader, city_scope):
    return screen(reader, city_scope)


def test_weight_stands_on_the_card_and_in_the_sentence(city):
    assert city.cards[0].figure == "8% → 15%"
    assert "8% → 15%" in city.verdict
    assert "0.08" in city.cards[0].sentence and "0.15" in city.cards[0].sentence
    assert not city.cards[0].notes, "the points of the ledger and the rule agree"


def test_the_page_is_kept_for_the_next_viewer_of_the_same_scope_since_nothing_on_it_is_decided_here(
    reader, city_scope, city, monkeypatch
):
    def opened(*_: object) -> None:
        raise AssertionError("a decision may change while the page is kept")

    monkeypatch.setattr(Ledger, "__init__", opened)
    asked = Context(city_scope.region_code, PERIOD, "zh", "light", city_scope)
    assert assessment_screen.__wrapped__(reader, asked).verdict == city.verdict
    assert assessment_screen(reader, asked) is city
    assert assessment_screen(reader, replace(asked, viewer=Scope("auditor", city_scope.region_code))) is not city


def test_every_county_has_its_effect_and_the_worst_stands_first(city):
    assert len(city.effects) == 12
    lost = frame(city, "effects")["more_lost"]
    assert lost.is_monotonic_decreasing
    assert (lost >= 0).all()


def test_a_county_is_told_of_its_own_points_and_the_city_of_the_worst_county(reader, city_scope, city, places):
    worst = city.effects.iloc[0]
    assert f"{worst['name']}受影响最大（{worst['more_lost']} 分）" in city.verdict
    own = city.effects.iloc[-1]
    for region in (own.name, reader.regions(city_scope).query("parent_code == @own.name").index[0]):
        verdict = screen(reader, city_scope, region).verdict
        assert f"{own['name']}因权重变化 {own['more_lost']} 分" in verdict and worst["name"] not in verdict


def test_a_county_alone_has_no_mean_to_stand_against_and_no_target_of_the_city(reader, city):
    county = city.effects.index[0]
    alone = screen(reader, Scope("county_leader", county))
    assert alone.effects["against_mean"].tolist() == ["—"]
    assert [dict(card.facts).get("目标") for card in (city.cards[-1], alone.cards[-1])] == ["20", None]


def test_two_kinds_of_veto_are_apart_and_each_decided_one_has_paper_and_office(city):
    vetoes = city.vetoes
    assert set(vetoes["kind"]) == {"一票否决", "一票否优"}
    decided = vetoes[vetoes["status"] != "待核"]
    assert (decided[["document", "authority", "decided_on"]] != "—").all(axis=None)
    titles = [card.title for card in city.cards]
    assert titles.index("一票否决（成立）") != titles.index("一票否优（成立）")


def test_matrix_has_twelve_lines_and_126_townships_with_a_grade_each(city):
    matrix = frame(city, "matrix")
    lines = [name for name in matrix.columns if name.startswith("line_")]
    assert (len(lines), len(matrix)) == (12, 126)
    assert matrix[lines].isin(["蓝", "黄", "红", "数据不足"]).all(axis=None)
    counted = frame(city, "lines")[["blue", "yellow", "red", "insufficient"]]
    assert (counted.sum(axis=1) == 126).all()


def test_award_list_says_what_it_needs_and_what_chance_alone_would_cost(city):
    award = frame(city, "award").iloc[0]
    assert (award["years"], award["award"], award["fund"]) == (3, 500_000, 5_000_000)
    assert award["cost_by_chance"] > award["fund"]
    assert award["listed"] == len(city.creation.awards)
    assert "压力测试" in city.stress


def test_twenty_pilot_sites_by_stage_each_with_its_basis(city):
    assert len(city.pilots.rows) == 20
    assert city.pilots.stages["count"].sum() == 20
    assert (city.pilots.stages["count"] > 0).all()
    assert (city.pilots.rows["basis"].str.len() > 0).all()
    assert list(dict.fromkeys(city.pilots.rows["stage"])) == ["成熟", "验收", "培育", "推广"], "what waits stands first"
    assert {"保持", "未验收"} <= set(city.pilots.rows["look_back"])


def test_pilot_sites_of_an_earlier_day_stand_where_they_stood(reader, city_scope, city):
    earlier = screen(reader, city_scope, period=Period.parse("2023Q2"))
    assert len(earlier.pilots.rows) < 20
    order = ["培育", "成熟", "验收", "推广"]
    now = city.pilots.rows.set_index("name")["stage"].map(order.index)
    then = earlier.pilots.rows.set_index("name")["stage"].map(order.index)
    assert (then <= now.reindex(then.index)).all()


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_level_has_an_answer_or_says_why_not(reader, city_scope, places, depth, language):
    shown = screen(reader, city_scope, places[depth][0], language)
    assert shown.verdict
    assert len(shown.effects) == 12
    assert len(shown.league)
    assert shown.listed.level_name == {"zh": "乡镇（街道）", "en": "Township"}[language], "grids are not graded"
    assert shown.creation.is_single == (depth > 1)


def test_a_single_township_shows_its_own_twelve_figures(reader, city_scope, places):
    lines = screen(reader, city_scope, places[2][0]).creation.lines
    assert {"figure", "interval", "grade"} <= set(lines.columns)
    assert len(lines) == 12
    assert (lines.loc[lines["grade"] != "insufficient", "figure"] != "不计分").all()


def test_a_county_leader_sees_only_the_own_county(reader, places):
    shown = screen(reader, Scope("county_leader", places[1][0]))
    assert len(shown.effects) == 1
    own = reader.regions(Scope("county_leader", places[1][0]))
    assert set(shown.creation.rows.index) <= set(own.index)
    assert set(shown.vetoes["region"]) <= {own["name"].loc[places[1][0]]}


def test_a_township_leader_is_told_that_the_weight_bears_on_counties(reader, places):
    shown = screen(reader, Scope("township_leader", places[2][0]))
    assert shown.effects.empty
    assert "县区" in shown.no_effects


def test_a_role_without_records_is_told_why_there_are_no_vetoes(reader, city_scope):
    shown = screen(reader, Scope("public_demo", city_scope.region_code))
    assert shown.vetoes.empty
    assert "无权" in shown.no_vetoes


def test_a_review_sheet_that_is_due_stands_in_the_sentence_with_its_chance(reader, city_scope, monkeypatch):
    from dashboard.screens.duty import assessment

    monkeypatch.setattr(assessment, "review_sheets", lambda league, _: league.rows.index[:1].tolist())
    monkeypatch.setattr(
        "dashboard.screens.ranking.review_evidence", lambda league, _: pd.DataFrame({"chance": [0.004]})
    )
    asked = Context(city_scope.region_code, PERIOD, "zh", "light", city_scope)
    shown = assessment_screen.__wrapped__(reader, asked)
    assert shown.sheets[0] in shown.verdict and "0.4%" in shown.verdict


def test_what_rests_on_small_counts_is_neither_none_nor_all_for_a_role_that_may_not_see_it(reader, city_scope):
    shown = screen(reader, Scope("public_demo", city_scope.region_code))
    award = frame(shown, "award").iloc[0]
    assert award[["clean", "clean_by_chance", "cost_by_chance", "listed"]].isna().all()
    assert shown.creation.matrix.rows["chance_clean"].isna().all()
    assert "62%" in shown.verdict, "graded by 62 % of the weight, and it is said"
    assert "0/126" not in "".join(card.figure for card in shown.cards)
    assert frame(shown, "league")["index"].notna().all()


def test_a_data_set_without_an_index_says_so_and_counts_no_review_sheets(toronto_home):
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    shown = assessment_screen(toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    assert shown.no_effects == t("ranking.not_graded", "zh") and shown.league.empty
    sheets = next(card for card in shown.cards if card.title == t("assessment.sheets", "zh"))
    assert sheets.figure == "—"
