"""The chain page at every level and for every role: steps against the rest, the narrowest, what would move the index."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.formatting import SMALLEST_PERCENT_BASE
from dashboard.periods import Period
from dashboard.screens.work.chain.screen import chain_screen
from data_access.access import Scope
from tests.dashboard.screens.shown import frame

PERIOD = Period.parse("2024Q4")
STEPS = ["发现", "分级", "包案在办", "调处", "回访", "归档", "结果"]


def screen(reader, scope, region=None, language="zh", period=PERIOD):
    return chain_screen(reader, Context(region or scope.region_code, period, language, "light", scope))


@pytest.fixture(scope="module")
def county(reader, city_scope, places):
    return screen(reader, city_scope, places[1][0])


def test_city_lists_every_county_with_every_step(reader, city_scope):
    shown = screen(reader, city_scope)
    assert len(shown.regions) == 12
    assert [row["step"] for row in shown.steps.to_dict("records")] == STEPS
    assert shown.is_whole, "nothing to compare it with: its counties come first"
    assert shown.differences.empty and shown.gains.empty
    assert shown.headings["outcome"].endswith("（起/10万）")


def test_counties_add_up_to_the_city(reader, city_scope):
    shown = screen(reader, city_scope)
    by_county = frame(shown, "regions").groupby("step", sort=False)["count"].sum()
    city = frame(shown, "steps").set_index("step")["count"]
    for step in STEPS:
        assert by_county[step] == city[step], step


def test_steps_narrow_and_each_is_compared_with_the_rest_of_the_city(county):
    assert county.widths["count"].is_monotonic_decreasing
    steps = frame(county, "steps").set_index("step")
    enough = steps["difference_lower"].notna() & (steps["denominator"] >= SMALLEST_PERCENT_BASE)
    assert county.differences["label"].tolist() == steps.index[enough].tolist()
    assert len(county.differences) == 5, (
        "the outcome is a ratio, and red disputes in hand are too few for percentage points"
    )
    assert (county.differences["lower"] <= county.differences["upper"]).all()
    assert county.steps["city"].ne("—").all()


def test_the_sentence_names_the_narrowest_step_and_says_whether_it_is_chance(county):
    narrow = county.differences.sort_values("difference").iloc[0]
    if narrow["difference"] < 0:
        assert "超出偶然" in county.verdict or "偶然波动范围内" in county.verdict


def test_the_same_region_says_the_same_on_its_own_page_and_in_the_list_above(reader, city_scope, places):
    above = frame(screen(reader, city_scope), "regions").set_index(["region_code", "step"])
    own = frame(screen(reader, city_scope, places[1][3]), "steps").set_index("step")
    for step in STEPS:
        row = above.loc[[(places[1][3], step)]].iloc[0]
        assert row["verdict"] == own["verdict"].loc[step]
        assert row["count"] == own["count"].loc[step]


def test_what_moves_the_index_comes_with_unit_and_deadline_and_largest_gain_first(county):
    gains = frame(county, "gains")
    assert gains["kind"].ne("").all()
    assert gains["unit"].notna().all() and (gains["deadline"] > 0).all()
    assert gains["to_common"].max() > 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_township_and_grid_say_what_is_not_shown_there(reader, city_scope, places, language):
    township = screen(reader, city_scope, places[2][0], language)
    assert township.left_out
    assert len(township.regions)
    grid = screen(reader, city_scope, places[3][0], language)
    assert grid.gains.empty and grid.no_gains
    assert grid.verdict


def test_a_county_leader_is_compared_with_nobody_and_told_why(reader, places):
    shown = screen(reader, Scope("county_leader", places[1][0]))
    assert shown.differences.empty
    assert "权限" in shown.no_comparison
    assert frame(shown, "gains")["lost"].sum() > 0
    assert frame(shown, "gains")["common"].isna().all()


def test_small_counts_of_the_outcome_stay_hidden_from_the_public(reader, city_scope, places):
    public = Scope("public_demo", city_scope.region_code)
    for region in [city_scope.region_code, *places[1]]:
        rows = frame(screen(reader, public, region), "regions")
        outcome = rows[rows["step"] == "结果"]
        small = outcome["count"].between(1, 4)
        assert not small.any()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_few_are_counted_instead_of_compared_in_percentage_points(reader, city_scope, places, language):
    """Of 5 disputes, −20 percentage points is one dispute."""
    unit, few = {"zh": ("个百分点", "其余"), "en": ("pp", "the rest")}[language], 0
    for region in [*places[1], *places[2][:30]]:
        shown = screen(reader, city_scope, region, language, Period.parse("2024-12"))
        numbers, written = frame(shown, "steps").set_index("step"), shown.steps.set_index("step")
        labels = set(shown.differences["label"]) if len(shown.differences) else set()
        for step, row in numbers.iterrows():
            said = written.loc[step]
            if pd.isna(row["difference"]) or pd.isna(row["difference_lower"]):
                continue
            is_few = row["denominator"] < SMALLEST_PERCENT_BASE
            few += is_few
            assert (unit[0] in said["difference"]) != is_few
            assert (unit[1] in said["difference"]) == is_few
            assert (said["limits"] == "—") == is_few
            assert (step in labels) != is_few
            if is_few:
                assert f"{row['numerator']:.0f}/{row['denominator']:.0f}" in said["difference"]
        assert shown.differences.empty == bool(shown.no_comparison)
    assert few > 20


def test_a_ratio_of_few_cases_gives_their_number_and_the_one_expected(reader, city_scope, places):
    for region in places[1]:
        shown = screen(reader, city_scope, region)
        outcome, said = frame(shown, "steps").set_index("step").loc["结果"], shown.steps.set_index("step").loc["结果"]
        assert outcome["numerator"] < 10
        assert said["difference"].startswith(f"{outcome['numerator']:.0f} 起，") and "倍" not in said["difference"]
        assert said["limits"] == "—"
