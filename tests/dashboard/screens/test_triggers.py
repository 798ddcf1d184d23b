"""The ranking page gives the rows behind each rule one click away: result, evidence, two vetoes, then the figures."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.grading.townships.vetoes import COLUMNS
from dashboard.i18n import t
from dashboard.periods import Period
from dashboard.screens.ranking import ranking_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader


@pytest.fixture
def asked(reader):
    def ask(period: str = "2024", role: str = "city_leader", language: str = "zh", **own: str):
        root = reader.snapshot().root_code
        context = Context(root, Period.parse(period), language, "light", Scope(role, root), tuple(own.items()))
        return ranking_screen(reader, context)

    return ask


def lists(screen) -> dict:
    return {each.rule: each for each in screen.triggers.lists}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_named_region_has_result_evidence_and_both_vetoes(asked, language):
    found = lists(asked(language=language))
    assert list(found) == ["sheets", "rising", "clean"]
    assert len(found["rising"].rows) >= 1 and len(found["clean"].rows) >= 20
    for each in found.values():
        written = each.rows[["name", "rule", "evidence", "rejection", "no_excellence"]]
        assert (written != "").all(axis=None) and written.notna().all(axis=None)


@pytest.mark.parametrize("depth", [2, 3])
def test_a_township_and_its_grids_stand_among_the_townships_of_their_county(reader, city_scope, places, depth):
    """Grids are not graded, and no award is proposed to one."""
    code = places[depth][0]
    regions = reader.regions(city_scope)
    township = code if depth == 2 else regions.at[code, "parent_code"]
    screen = ranking_screen(reader, Context(code, Period.parse("2024Q4"), "zh", "light", city_scope))
    assert screen.is_graded and screen.selected == township
    assert {regions.at[each, "depth"] for each in screen.rows.index} == {2}
    names = regions.loc[regions["depth"] == 2, "name"]
    assert set(lists(screen)["clean"].rows["name"]) <= set(names)


@pytest.mark.parametrize("rule", ["rising", "clean"])
def test_one_click_opens_the_years_behind_a_rule(asked, rule):
    first = lists(asked())[rule].rows.iloc[0]
    address = {name: values[0] for name, values in parse_qs(urlparse(first["href"]).query).items()}
    assert address["rows"] == rule
    behind = asked(rows=rule, of=address["of"]).triggers.behind
    assert behind.rule == rule and behind.name == first["name"]
    assert behind.rows["year"].tolist() == ["2022", "2023", "2024"]
    if rule == "clean":
        assert set(behind.rows["cases"]) == {"0"}


def test_a_review_sheet_opens_the_months_it_counts(asked, reader):
    screen = asked("2023-11")
    sheets = lists(screen)["sheets"].rows
    assert len(sheets) == len(screen.sheets) >= 1
    behind = asked("2023-11", rows="sheets", of=sheets.index[0]).triggers.behind
    assert len(behind.rows) == 12
    counted = behind.rows[behind.rows["counted"] == "计入"]
    assert len(counted) >= 2
    assert set(counted["grade"]) == {"红"} and set(counted["stage"]) == {"正式"}


def test_the_same_rows_are_tables_for_download_and_command_line(asked):
    tables = {each.key: each for each in asked().tables}
    assert {"league", "sheets", "rising", "clean", "sheets_rows", "rising_rows", "clean_rows", "problems"} <= set(
        tables
    )
    rows = tables["rising_rows"].frame
    assert (rows["cases"] >= 0).all() and rows["rate"].dtype == float
    assert len(rows) == 3 * len(tables["rising"].frame)


def test_a_forged_rule_or_region_opens_nothing(asked):
    assert asked(rows="worst", of="x").triggers.behind is None
    assert asked(rows="rising", of="990100000000").triggers.behind is None


def test_a_role_without_small_counts_gets_no_rows_of_rare_cases(asked):
    screen = asked(role="public_demo")
    found = lists(screen)
    assert found["rising"].rows.empty and found["clean"].rows.empty
    tables = {each.key: each for each in screen.tables}
    assert tables["rising_rows"].frame.empty and tables["clean_rows"].frame.empty


def test_a_township_page_tells_of_the_vetoes_of_its_neighbours(own_reader, city_scope, places, monkeypatch):
    """They stand in one list: that a neighbour has none must not be said because only one's own were read."""
    own = places[2][0]
    regions = own_reader.regions(city_scope)
    county = regions.at[own, "parent_code"]
    neighbours = [code for code in places[2][1:] if regions.at[code, "parent_code"] == county]

    def vetoes(self, scope, region_code, first_year, last_year):
        within = neighbours if region_code == county else []
        return pd.DataFrame([(code, 2024, "否优", "成立") for code in within], columns=list(COLUMNS))

    monkeypatch.setattr(SnapshotReader, "vetoes", vetoes)
    screen = ranking_screen(own_reader, Context(own, Period.parse("2024"), "zh", "light", city_scope))
    shown = lists(screen)["clean"].rows["no_excellence"].drop(own, errors="ignore")
    assert len(shown) and set(shown) == {"成立"}


def test_a_data_set_without_an_index_claims_nothing_of_red_months_or_rising_years(toronto_home):
    """Toronto's records end two years before its data: nobody can be judged, and no chance of it can be given."""
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    screen = ranking_screen(toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    assert screen.verdict == t("ranking.not_graded", "zh")
    found = lists(screen)
    assert found["sheets"].why_empty == t("ranking.not_graded", "zh")
    assert found["rising"].why_empty == t("ranking.none_judged", "zh")
    assert found["rising"].note == "158 个因年份缺数或未报齐不作认定"
    assert found["clean"].title == "奖励：连续三年无命案的街区"


def test_data_without_homicide_cases_say_so_and_blame_no_missing_year(example_home):
    """Baltimore's calls tell of no homicide in any year."""
    baltimore = SnapshotReader(example_home("baltimore"))
    scope = Scope("city_leader", baltimore.snapshot().root_code)
    found = lists(ranking_screen(baltimore, Context(scope.region_code, Period.parse("2018"), "zh", "light", scope)))
    for rule in ("rising", "clean"):
        assert (found[rule].why_empty, found[rule].note) == ("本数据没有命案起数的来源，不作认定。", "")


def test_a_relative_risk_is_written_as_times_what_was_expected(asked):
    figures = asked("2024Q4").reasons["figure"]
    assert all("预期的" in figures[name] for name in ("homicide_risk", "criminal_alarm_risk"))
