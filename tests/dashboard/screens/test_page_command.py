"""Every page gives on the command line the tables it offers for download, with the snapshot's id."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from dashboard.__main__ import run
from dashboard.context import Context
from dashboard.formatting import number
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of
from dashboard.screens.figures import figure_text
from dashboard.screens.overview import overview_screen
from dashboard.screens.ranking import ranking_screen, reasons_of
from dashboard.screens.trends.screen import trends_screen

WITH_TABLES = [entry for entry in PAGES if entry.screen and not entry.permission]


@pytest.fixture
def ask(demonstration_home, capsys):
    def asked(*arguments: str, command: tuple[str, ...] = ("page",)) -> tuple[int, str, str]:
        code = run([*command, *arguments, "--home", str(demonstration_home.path)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return asked


@pytest.mark.parametrize("entry", WITH_TABLES, ids=lambda entry: entry.url_path)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_gives_the_tables_it_offers(ask, reader, city_scope, entry, language):
    context = Context(city_scope.region_code, Period.parse("2024Q4"), language, "light", city_scope)
    tables = screen_of(entry)(reader, context).tables
    code, out, _ = ask(entry.url_path, "--period", "2024Q4", "--format", "json", "--language", language)
    assert code == 0
    answer = json.loads(out)
    assert answer["snapshot_id"] == reader.snapshot().snapshot_id
    assert [table["key"] for table in answer["tables"]] == [table.key for table in tables]
    for given, own in zip(answer["tables"], tables, strict=True):
        assert len(given["rows"]) == len(own.frame)
        assert all(set(row) == set(own.columns) for row in given["rows"])
        assert len(set(own.download().columns)) == len(own.columns), "two columns have one heading"


@pytest.mark.parametrize("entry", WITH_TABLES, ids=lambda entry: entry.url_path)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_page_answers_for_every_level(ask, reader, city_scope, entry, depth):
    regions = reader.regions(city_scope)
    code, out, problem = ask(
        entry.url_path, "--region", regions.index[regions["depth"] == depth][0], "--format", "json"
    )
    assert code == 0, problem
    assert json.loads(out)["page"] == entry.url_path


def test_every_page_of_the_menu_has_its_numbers_on_the_command_line():
    assert [entry.url_path for entry in PAGES if not entry.screen] == []


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_figures_on_the_overviews_cards_are_those_of_both_commands(ask, reader, city_scope, depth):
    regions = reader.regions(city_scope)
    region = regions.index[regions["depth"] == depth][0]
    context = Context(region, Period.parse("2024Q4"), "zh", "light", city_scope)
    screen = overview_screen(reader, context)
    cards = [card for name, card in zip(screen.shown, screen.cards, strict=True) if name != "index"]
    _, out, _ = ask("overview", "--region", region, "--period", "2024Q4", "--format", "json", "--table", "figures")
    answer = json.loads(out)
    assert answer["snapshot_id"] == reader.snapshot().snapshot_id
    rows = answer["tables"][0]["rows"]
    assert [row["indicator"] for row in rows][: len(cards)] == [card.title for card in cards]
    asked = "indicators", "--region", region, "--period", "2024Q4", "--format", "json"
    names = [argument for row in rows for argument in ("--indicator", row["indicator_id"])]
    _, out, _ = ask(*asked, *names, command=())
    given = json.loads(out)
    assert given["snapshot_id"] == answer["snapshot_id"]
    values = {row["indicator"]: row for row in given["rows"]}
    for row, card in zip(rows, cards, strict=False):
        same = values[row["indicator_id"]]
        for name in ("value", "lower", "upper", "numerator", "denominator"):
            assert row[name] == pytest.approx(same[name], nan_ok=True), (row["indicator_id"], name)
        item = find_indicator(row["indicator_id"])
        written = "—" if row["value"] is None else figure_text(item, row["value"], row["denominator"], "zh")
        assert card.figure == written


@pytest.mark.parametrize("depth", [0, 1])
def test_overview_grades_the_region_and_those_below_as_the_ranking_does(ask, reader, city_scope, depth):
    regions = reader.regions(city_scope)
    region = regions.index[regions["depth"] == depth][0]
    context = Context(region, Period.parse("2024Q4"), "zh", "light", city_scope)
    screen, ranking = overview_screen(reader, context), ranking_screen(reader, context)
    assert screen.graded.rows["index_text"].to_dict() == ranking.rows["index_text"].to_dict()
    for name in ("grade", "interval", "rank", "strip", "reasons"):
        assert screen.graded.rows[name].tolist() == ranking.rows[name].tolist()
    for code, row in screen.graded.rows.iterrows():
        first = reasons_of(ranking.league, code, "zh").iloc[0]
        assert (row["unit"], row["deadline"]) == (first["unit"], first["deadline"])
        assert row["reason"].startswith(first["component"])
    card = dict(zip(screen.shown, screen.cards, strict=True))["index"]
    _, out, _ = ask("overview", "--region", region, "--period", "2024Q4", "--format", "json")
    tables = {table["key"]: table["rows"] for table in json.loads(out)["tables"]}
    assert card.figure == number(tables["index"][0]["index"], 1)
    assert [row["name"] for row in tables["league"]] == screen.graded.rows["name"].tolist()
    if depth:  # a county's index is the one it has among the counties
        city = overview_screen(reader, replace(context, region=city_scope.region_code)).graded.rows
        assert card.figure == city.at[region, "index_text"]


def test_regions_inside_a_township_have_no_index_and_keep_the_map_of_the_outcome(reader, city_scope):
    regions = reader.regions(city_scope)
    grid = regions.index[regions["depth"] == 3][0]
    screen = overview_screen(reader, Context(grid, Period.parse("2024Q4"), "zh", "light", city_scope))
    assert "index" not in screen.shown and screen.graded.rows.empty and screen.graded.own is None


def test_months_that_cannot_be_graded_say_so(reader, city_scope):
    context = Context(city_scope.region_code, Period.parse("2019-01"), "zh", "light", city_scope)
    screen = overview_screen(reader, context)
    assert "index" not in screen.shown and screen.graded.rows.empty
    assert screen.graded.why_not == t("ranking.not_graded", "zh")


def test_the_trend_that_is_drawn_is_the_one_that_the_command_gives(ask, reader, city_scope):
    context = Context(
        city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope, (("indicator", "JQ2"),)
    )
    screen = trends_screen(reader, context)
    _, out, _ = ask("trends", "--period", "2024Q4", "--set", "indicator=JQ2", "--format", "json")
    tables = {table["key"]: table["rows"] for table in json.loads(out)["tables"]}
    assert [row["value"] for row in tables["series"]] == screen.series["value"].tolist()
    months, between = screen.controls
    assert [row["upper"] for row in tables["control"]] == months.points["upper"].tolist()
    assert [row["value"] for row in tables["between_cases"]] == between.points["value"].tolist()
    assert [row["numerator"] for row in tables["years"]] == [22, 25, 27, 29, 31]


def test_csv_rows_carry_the_snapshot(ask, reader):
    _, out, _ = ask("ranking", "--period", "2024Q4", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["snapshot_id"] for row in rows} == {reader.snapshot().snapshot_id}
    assert {"league", "rising", "clean"} <= {row["table"] for row in rows}


@pytest.mark.parametrize(
    "arguments", [["no-such-page"], ["ranking", "--table", "no-such-table"], ["ranking", "--set", "colour=red"]]
)
def test_what_does_not_exist_is_said_with_what_does(ask, arguments):
    code, _, problem = ask(*arguments, "--language", "en")
    assert code == 2
    assert "nown" in problem or "names" in problem
