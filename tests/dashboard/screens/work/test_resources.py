"""The resources page: budget against spent, stations due, grades, awards; each list adds up to the figure above it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.work.resource_parts import fund_checks
from dashboard.screens.work.resources import resources_screen
from data_access.access import Scope
from tests.dashboard.screens.shown import frame

YEAR = Period.parse("2024")


def screen(reader, scope, region=None, language="zh", period=YEAR):
    return resources_screen(reader, Context(region or scope.region_code, period, language, "light", scope))


@pytest.fixture(scope="module")
def city(reader, city_scope):
    return screen(reader, city_scope)


def test_budget_grows_by_20_percent_in_2025_on_the_card_in_the_sentence_and_in_every_item(city):
    growth = next(card for card in city.cards if card.title.startswith("2025年"))
    assert growth.figure == "+20.0%"
    assert "2025年预算 +20.0%" in city.verdict
    items = frame(city, "items")
    assert (items["growth"].round(9) == 0.2).all()
    assert items["planned"].sum() == frame(city, "budget")["planned"].sum() == 60_000_000


def test_the_county_that_spent_least_of_its_budget_stands_first(city):
    budget = frame(city, "budget")
    assert budget["rate"].is_monotonic_increasing
    assert (budget["planned"] - budget["spent"]).tolist() == budget["unspent"].tolist()


def test_stations_are_divided_by_what_is_due_and_mediators_by_126_townships(city):
    standards = frame(city, "standards")
    due = {name: standards[f"{name}_denominator"].sum() for name in ("BZ1", "BZ1c", "BZ1p", "BZ1j", "TJ1", "TJ2")}
    assert due == {"BZ1": 291, "BZ1c": 47, "BZ1p": 118, "BZ1j": 126, "TJ1": 126, "TJ2": 126}
    assert standards["TJ1_numerator"].sum() == 121
    assert standards["TJ2_numerator"].sum() == 114


def test_townships_that_lack_something_are_named_with_what_and_account_for_every_gap(city):
    lacks = frame(city, "lacking")
    standards = frame(city, "standards")
    names = {"法庭": "BZ1c", "派出所": "BZ1p", "司法所": "BZ1j", "1+2调解力量": "TJ1", "3名持证调解员": "TJ2"}
    for word, name in names.items():
        gap = standards[f"{name}_denominator"].sum() - standards[f"{name}_numerator"].sum()
        assert lacks["lacks"].str.split("、").map(lambda words, own=word: own in words).sum() == gap, word
    assert lacks["count"].is_monotonic_decreasing


def test_workers_on_the_eighteen_grades_add_up_to_those_moved_to_the_scale(city):
    spread = frame(city, "grades")
    assert len(spread) == 18
    assert spread["post"].nunique() == 3
    moved = next(card for card in city.cards if card.title == "三岗十八级套改完成率")
    assert f"{spread['workers'].sum():,.0f}/12,000" in dict(moved.facts)["分子/分母"]
    assert spread["share"].sum() == pytest.approx(1)


def test_fund_awards_and_balance_agree_with_the_list_of_awards(city):
    awards = frame(city, "awards")
    assert len(awards) == 39
    assert awards["amount"].sum() == frame(city, "awards_by")["amount"].sum() == 3_860_000
    balance = city.cards[-1]
    assert (balance.figure, balance.unit) == ("114万", "元")
    assert dict(balance.facts)["基金总额"] == "500万元"
    assert "结余 114万元" in city.verdict
    checks = frame(city, "checks")
    assert checks["limit"].tolist() == [200_000, 5_000_000]
    assert checks["found"].tolist() == [awards["amount"].max(), 3_860_000]
    assert set(checks["verdict"]) == {"符合"}


def test_an_award_above_the_cap_or_over_the_fund_is_said_and_what_is_unknown_has_no_verdict():
    checks = fund_checks(200_001.0, 5_000_001.0, 5_000_000.0, "zh")
    assert checks["verdict"].tolist() == ["超出，请核查"] * 2
    unknown = fund_checks(float("nan"), 10.0, float("nan"), "zh")
    assert unknown["kept"].tolist() == [None, None]


def test_counties_show_their_townships_and_the_awards_made_there(reader, city_scope, places, city):
    of_counties = 0.0
    for county in places[1]:
        shown = screen(reader, city_scope, county)
        of_counties += frame(shown, "awards")["amount"].sum()
        assert frame(shown, "checks")["verdict"].iloc[1] == "基金总额只在全市，此处不校验"
    assert of_counties == 3_860_000
    shown = screen(reader, city_scope, places[1][0])
    assert shown.listed.depth == 2
    own = frame(city, "standards").set_index("region_code").loc[places[1][0]]
    assert frame(shown, "standards")["BZ1_denominator"].sum() == own["BZ1_denominator"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_below_the_county_money_is_the_countys_and_said_to_be(reader, city_scope, places, language):
    for depth in (2, 3):
        shown = screen(reader, city_scope, places[depth][0], language)
        assert shown.coarser
        assert not shown.items.empty
    leader = Scope("township_leader", places[2][0])
    shown = screen(reader, leader, language=language)
    assert shown.coarser and shown.items.empty and shown.grades.empty


def test_roles_without_records_get_totals_but_no_list_of_awards(reader, city_scope):
    shown = screen(reader, Scope("auditor", city_scope.region_code))
    assert not shown.awards_allowed
    assert frame(shown, "awards").empty
    assert frame(shown, "awards_by")["amount"].sum() == 3_860_000


def test_a_year_without_figures_says_so(reader, city_scope):
    shown = screen(reader, city_scope, period=Period.parse("2018"))
    assert "没有经费" in shown.verdict
    assert shown.awards_by.empty


def test_fund_after_the_proposed_awards_is_worked_out_when_the_address_asks(reader, city_scope):
    root = city_scope.region_code
    plain = Context(root, Period.parse("2024"), "zh", "light", city_scope)
    assert resources_screen(reader, plain).proposals is None
    asked = replace(plain, own=(("proposals", "on"),))
    screen = resources_screen(reader, asked)
    assert screen.proposals is not None
    amount = screen.proposals.balance["amount"].tolist()
    assert amount[0] == 5_000_000 - 3_860_000
    assert amount[1] == 500_000 * len(screen.proposals.townships)
    assert amount[2] == amount[0] - amount[1]
    assert "20万" in screen.proposals.balance["remark"].iloc[3], "one award of 500,000 is above the fund's cap"
    assert "压力测试" in screen.proposals.stress
    assert "proposals" in [table.key for table in screen.tables]


def test_proposed_awards_stay_hidden_from_roles_that_may_not_see_small_counts(reader, city_scope):
    viewer = Scope("public_demo", city_scope.region_code)
    context = Context(viewer.region_code, Period.parse("2024"), "zh", "light", viewer, own=(("proposals", "on"),))
    balance = resources_screen(reader, context).proposals.balance
    assert balance["amount"].iloc[1:3].isna().all()
