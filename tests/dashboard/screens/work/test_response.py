"""The page of prevention and response: in time by ring, not stamped, waits, places, feeds, campaigns with intervals."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.indicators.evaluate import series
from dashboard.periods import Period
from dashboard.screens.work import campaigns as module
from dashboard.screens.work.campaigns import campaign_rows
from dashboard.screens.work.response import places_map, response_screen
from dashboard.screens.work.settings import Campaign, Campaigns, campaigns
from data_access.access import Scope
from data_access.demo.settings import load_demo_settings
from tests.dashboard.screens.shown import frame

YEAR = Period.parse("2024")


def screen(reader, scope, region=None, language="zh", period=YEAR):
    return response_screen(reader, Context(region or scope.region_code, period, language, "light", scope))


@pytest.fixture(scope="module")
def city(reader, city_scope):
    return screen(reader, city_scope)


def test_the_three_rings_add_up_to_the_card_and_every_share_has_its_interval(city):
    rings = frame(city, "rings")
    assert rings["minutes"].tolist() == [1, 3, 5]
    assert (rings["lower"] < rings["share"]).all() and (rings["share"] < rings["upper"]).all()
    assert dict(city.cards[0].facts)["分子/分母"] == f"{rings['in_time'].sum():,.0f}/{rings['stamped'].sum():,.0f}"
    unstamped = rings["alarms"].sum() - rings["stamped"].sum()
    assert dict(city.cards[1].facts)["分子/分母"] == f"{unstamped:,.0f}/{rings['alarms'].sum():,.0f}"


def test_share_within_the_limit_and_the_waits_tell_the_same(city):
    rings = frame(city, "rings")
    assert (rings["median"] < rings["p90"]).all()
    # Nine in ten and more arrive in time, so the 90th percentile lies within the limit.
    assert (rings["p90"] <= rings["minutes"]).all()
    assert (rings["p90"] > rings["minutes"] * 0.7).all()


def test_regions_add_up_the_lowest_leads_and_many_not_stamped_suggest_a_check(city):
    regions = city.regions
    assert regions["KF1"].is_monotonic_increasing
    assert regions["KF1_denominator"].sum() == frame(city, "rings")["stamped"].sum()
    marked = regions["remark"].str.contains("先核查")
    assert (regions.loc[marked, "KF2"] > 0.05).all() and marked.any()
    assert regions.iloc[0]["name"] in city.verdict


def test_23_workstations_and_12_teams_are_on_the_map_and_in_the_list(city, city_scope):
    kinds = frame(city, "places")["kind"].value_counts()
    assert kinds.to_dict() == {"警务工作站": 23, "平安义警巡逻队": 12}
    deck, legend = places_map(city, Context(city_scope.region_code, YEAR, "zh", "light", city_scope), 700, 400)
    assert [(entry.word, entry.count) for entry in legend] == [("警务工作站", 23), ("平安义警巡逻队", 12)]
    drawn = {layer.id: layer.data for layer in deck.layers}
    assert len(drawn["facility-police_workstation"]) == 23
    assert len(drawn["facility-patrol_team"]) == 12


def test_23000_cameras_58000_feeds_and_every_key_area_covered(city):
    video = frame(city, "video")
    assert video["XL7"].sum() == 23_000
    assert video["XL8"].sum() == 58_000
    assert (video["XL1"] == 1).all() and "100.0%（1,480/1,480）" in city.verdict
    assert video[["XL3", "XL4", "XL5"]].apply(lambda rates: rates.between(0.5, 1).all()).all()
    for name, target, word in (("XL3", 0.98, "视频完好率"), ("XL2", 1.0, "联网率")):
        below = city.video[name] < target
        assert below.any()
        assert (city.video["missed"].str.contains(word) == below).all()


def test_systems_in_compliance_meet_all_three_and_the_lowest_share_leads(city):
    compliance = frame(city, "compliance")
    parts = compliance[["XL6r", "XL6m", "XL6p"]]
    assert (compliance["XL6"] <= parts.min(axis=1)).all()
    assert compliance["XL6"].is_monotonic_increasing


def test_protected_schools_meet_all_four_and_the_lowest_share_leads(city):
    schools = frame(city, "schools")
    assert len(schools) == 12
    assert (schools["JQ5"] <= schools[["JQ5c", "JQ5g", "JQ5l", "JQ5e"]].min(axis=1)).all()
    assert schools["JQ5"].is_monotonic_increasing


def test_criminal_alarms_fell_by_18_7_percent(city):
    card = city.cards[-1]
    assert card.figure == "−18.7%" and card.interval
    assert dict(card.facts) == {"今年同期": "16,260", "去年同期": "20,000"}
    assert "刑事警情同比 −18.7%" in city.verdict


def test_six_campaigns_each_with_both_counts_and_an_interval_around_the_change(city):
    rows = frame(city, "campaigns")
    assert len(rows) == 6
    assert (rows["lower"] < rows["change"]).all() and (rows["change"] < rows["upper"]).all()
    assert ((rows["during"] / rows["before"] - 1) - rows["change"]).abs().max() < 1e-12


def test_the_days_of_a_campaign_are_those_of_the_demonstration():
    demo = load_demo_settings().alarms.classes
    assert {each.class_code: each.began_on for each in campaigns().campaign} == {
        key: rule.campaign for key, rule in demo.items() if rule.campaign is not None
    }


def test_a_campaign_is_compared_with_the_same_days_before_it_began(reader, city_scope, monkeypatch):
    long_ago = Campaign(class_code="fraud", name="早", name_en="Early", began_on=date(2022, 6, 1))
    coming = Campaign(class_code="robbery_theft", name="未", name_en="Coming", began_on=date(2025, 6, 1))
    nothing = Campaign(class_code="no_such_class", name="空", name_en="None", began_on=date(2024, 6, 1))
    monkeypatch.setattr(module, "campaigns", lambda: Campaigns(least=30, campaign=(long_ago, coming, nothing)))
    context = Context(city_scope.region_code, YEAR, "zh", "light", city_scope)
    early, late, none = campaign_rows(reader, context, date(2024, 12, 31)).to_dict("records")
    assert (early["days"], early["during_from"], early["before_from"]) == (366, date(2024, 1, 1), date(2021, 1, 1))
    assert (late["days"], late["verdict"]) == (0, "尚未开始")
    assert none["verdict"] == "前后都没有警情"


def test_small_counts_of_a_campaign_give_no_percentage(reader, city_scope, places):
    rows = frame(screen(reader, city_scope, places[2][0]), "campaigns")
    few = (rows["during"] < 30) | (rows["before"] < 30)
    assert few.any()
    assert rows.loc[few, ["change", "lower", "upper"]].isna().all(axis=None)
    assert set(rows.loc[few, "verdict"]) <= {"基数太小，只列起数", "前后都没有警情"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_level_answers_and_says_what_is_not_its_own(reader, city_scope, places, language):
    for depth in (1, 2, 3):
        shown = screen(reader, city_scope, places[depth][0], language)
        assert shown.verdict
        assert bool(shown.coarser) == (depth > 1)
        assert shown.listed.depth == 2, "townships are the finest that alarms are counted by"
    leader = Scope("township_leader", places[2][0])
    shown = screen(reader, leader, language=language)
    assert shown.coarser and shown.video.empty and not shown.rings.empty


def test_a_period_without_alarms_says_so(reader, city_scope):
    shown = screen(reader, city_scope, period=Period.parse("2018"))
    assert shown.rings.empty
    assert "没有防控与响应数字" in shown.verdict


def test_each_campaign_has_its_months_its_interval_and_a_defined_indicator(city):
    rows = frame(city, "campaigns").set_index("campaign")
    assert len(city.campaign_cards) == len(rows) == 6
    for card in city.campaign_cards:
        row = rows.loc[card.name]
        assert card.indicator.numerator[0].class_code == (card.class_code,)
        assert row["indicator_id"] == card.indicator.id
        assert card.months["month"].iloc[-1] == pd.Timestamp("2024-12-01")
        assert card.months["month"].iloc[0] <= pd.Timestamp(
            city.campaigns.set_index("campaign").at[card.name, "before_from"]
        )
        assert [phase[0] for phase in card.phases] == ["before", "during"]
        for name, first, last, mean, lower, upper in card.phases:
            assert lower < mean < upper
            assert (last - first).days + 1 == row["days"]
            assert mean * row["days"] / 365.25 * 12 == pytest.approx(row[name])
        for words in (str(int(row["during"])) if row["during"] < 1000 else "", row["verdict"]):
            assert words in card.sentence


def test_months_of_a_campaign_are_those_of_its_indicator(city, reader, city_scope):
    card = next(each for each in city.campaign_cards if each.class_code == "fraud")
    periods = [Period.parse(f"{month:%Y-%m}") for month in card.months["month"]]
    asked = series(reader, city_scope, card.indicator.id, [city_scope.region_code], periods)
    assert card.months["alarms"].tolist() == asked["numerator"].tolist()


def test_campaigns_are_not_told_to_roles_without_small_counts(reader):
    scope = Scope("public_demo", reader.snapshot().root_code)
    shown = screen(reader, scope, scope.region_code)
    assert shown.campaigns.empty and not shown.campaign_cards and shown.why_no_campaigns
    assert frame(shown, "campaign_months").empty
