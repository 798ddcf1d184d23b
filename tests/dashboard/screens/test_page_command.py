"""Every page gives on the command line the tables it offers for download, with the snapshot's id."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dashboard.__main__ import run
from dashboard.context import Context
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of

WITH_TABLES = [entry for entry in PAGES if entry.screen and not entry.permission]


@pytest.fixture
def ask(demonstration_home, capsys):
    def asked(*arguments: str) -> tuple[int, str, str]:
        code = run(["page", *arguments, "--home", str(demonstration_home.path)])
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
