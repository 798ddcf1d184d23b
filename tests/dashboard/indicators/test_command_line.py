"""The command line gives what the screen shows, and says plainly what it can't do."""

from __future__ import annotations

import csv
import getpass
import io
import json
import re
import shutil

import pytest

from dashboard.__main__ import run
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.indicators.evaluate import values
from dashboard.indicators.presentation import shown
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.home import Home
from data_access.queries import SnapshotReader
from tests.data_access import small_city

AUDITOR = Scope("auditor", small_city.CITY)


@pytest.fixture
def ask(demonstration_home, capsys):
    def asked(*arguments: str, home: bool = True) -> tuple[int, str, str]:
        given = [*arguments, "--home", str(demonstration_home.path)] if home else list(arguments)
        code = run(given)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return asked


def test_json_numbers_are_those_of_the_screen(ask, reader, city_scope, counties):
    code, out, _ = ask(
        "indicators", "--period", "2024Q4", "--indicator", "JQ2", "--indicator", "BH2", "--children", "--format", "json"
    )
    assert code == 0
    answer = json.loads(out)
    assert len(answer["rows"]) == 2 * len(counties)
    for row in answer["rows"]:
        item = find_indicator(row["indicator"])
        own = values(reader, city_scope, item, [row["region_code"]], "2024Q4").iloc[0]
        for name in ("value", "lower", "upper", "lower_998", "upper_998", "numerator", "denominator"):
            assert row[name] == own[name]
        assert row["value_text"] == shown(own, item, "zh").value_and_unit
        assert row["status"] == own["status"]


def test_every_answer_says_which_snapshot_and_whose_view(ask, reader, city_scope):
    _, out, _ = ask("indicators", "--indicator", "JQ2", "--period", "2024Q4", "--format", "json")
    answer = json.loads(out)
    assert answer["snapshot_id"] == reader.snapshot().snapshot_id
    assert answer["data_through"] == "2024-12-31"
    assert answer["scope"] == {"role": "city_leader", "region_code": city_scope.region_code}
    assert answer["is_demonstration"] is True
    row = answer["rows"][0]
    assert (row["numerator"], row["method"], row["method_text"]) == (22, "byar", "Byar 法")


def test_csv_has_a_row_for_each_figure(ask, counties):
    code, out, _ = ask("ranking", "--period", "2024Q4", "--indicator", "BH2", "--format", "csv", "--language", "en")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert len(rows) == len(counties)
    assert {row["snapshot_id"] for row in rows} != {""}
    assert [int(row["place"]) for row in rows] == sorted(int(row["place"]) for row in rows)
    assert float(rows[0]["value"]) >= float(rows[-1]["value"])


def test_the_table_reads_in_both_languages(ask, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    _, chinese, _ = ask("indicators", "--indicator", "JQ2", "--period", "2024Q4", "--compare", "last-year")
    assert "命案发案率" in chinese
    assert "演示数据" in chinese
    assert "偶然波动" in chinese
    _, english, _ = ask("indicators", "--indicator", "JQ2", "--period", "2024Q4", "--language", "en")
    assert "Homicide rate" in english
    assert "demonstration data" in english


@pytest.mark.parametrize("command", ["league", "matrix", "ranking --indicator JQ2", "page disputes", "page response"])
def test_a_table_is_in_words(ask, command):
    code, out, _ = ask(*command.split(), "--period", "2024Q4")
    assert code == 0
    assert not re.search(r"\b(NaN|nan|NaT|None|True|False)\b", out), out


def test_without_an_indicator_all_available_are_given(ask):
    _, out, _ = ask("indicators", "--period", "2024Q4", "--format", "json")
    given = {row["indicator"] for row in json.loads(out)["rows"]}
    assert given == {key for key, item in load_catalogue().items() if item.available}


def test_missing_numbers_are_null_and_never_zero(ask):
    _, out, _ = ask("indicators", "--period", "2024Q4", "--indicator", "shootings", "--format", "json")
    row = json.loads(out)["rows"][0]
    assert (row["value"], row["status"], row["notes"]) == (None, "no_data", ["not_collected"])


@pytest.mark.parametrize(("language", "place"), [("zh", "台账"), ("en", "ledger")])
def test_what_people_enter_elsewhere_says_where_it_is_found(ask, language, place):
    code, answer, _ = ask("indicators", "--indicator", "ZR5", "--format", "json", "--language", language)
    row = json.loads(answer)["rows"][0]
    assert code == 0 and (row["status"], row["value"]) == ("unavailable", None)
    assert len(row["notes_text"]) == 1 and place in row["notes_text"][0]


def test_a_role_without_small_counts_gets_none(ask):
    _, out, _ = ask(
        "indicators",
        "--role",
        "public_demo",
        "--period",
        "2024",
        "--children",
        "--indicator",
        "JQ2",
        "--format",
        "json",
    )
    rows = json.loads(out)["rows"]
    assert {row["status"] for row in rows} == {"suppressed"}
    assert {row["numerator"] for row in rows} == {None}


def test_a_kept_snapshot_can_be_asked(ask, reader):
    snapshot = reader.snapshot().snapshot_id
    code, out, _ = ask("indicators", "--snapshot", snapshot, "--indicator", "JQ2", "--format", "json")
    assert (code, json.loads(out)["snapshot_id"]) == (0, snapshot)
    code, _, err = ask("indicators", "--snapshot", "1999Q1-0001", "--indicator", "JQ2")
    assert code == 1
    assert "1999Q1-0001" in err


@pytest.mark.parametrize(
    ("arguments", "code", "chinese", "english"),
    [
        (["indicators", "--period", "2024Q9"], 2, "期间“2024Q9”无法识别", "“2024Q9” is not a period"),
        (["indicators", "--format", "xml"], 2, "输出格式“xml”", "“xml”"),
        (["indicators", "--region", "123"], 2, "区划“123”", "“123”"),
        (["indicators", "--indicator", "nothing"], 1, "指标“nothing”", "'nothing'"),
        (["indicators", "--role", "king"], 1, "角色“king”", "'king'"),
        (["ranking"], 2, "--indicator", "--indicator"),
        (["indicators", "--compare", "never"], 2, "“never”", "“never”"),
        (["indicators", "--bogus"], 2, "命令参数有误", "Wrong parameters"),
    ],
)
def test_mistakes_are_named_in_the_language_asked_for(ask, arguments, code, chinese, english):
    found, out, err = ask(*arguments)
    assert (found, out) == (code, "")
    assert chinese in err
    found, _, err = ask(*arguments, "--language", "en")
    assert found == code
    assert english in err


@pytest.mark.parametrize(
    ("arguments", "details"),
    [
        (["indicators", "--indicator", "JQ2"], {"command": "indicators", "names": "('JQ2',)"}),
        (["ranking", "--indicator", "BH2"], {"command": "ranking", "name": "BH2"}),
        (["page", "trends"], {"command": "page", "page": "trends"}),
        (["league"], {"command": "league"}),
        (["briefing", "--format", "json"], {"command": "briefing", "form": "json"}),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_what_is_given_is_recorded_for_the_auditor(small_home, tmp_path, monkeypatch, arguments, details):
    monkeypatch.chdir(tmp_path)
    assert run([*arguments, "--role", "county_leader", "--period", "2024Q1", "--home", str(small_home.path)]) == 0
    line = AuditBook(small_home).lines(AUDITOR, "export").iloc[0]
    assert (line["role"], line["subject"]) == ("county_leader", f"os:{getpass.getuser()}")
    assert line["snapshot_id"] == SnapshotReader(small_home).snapshot().snapshot_id
    assert details.items() <= json.loads(line["details"]).items()


@pytest.mark.parametrize(
    ("arguments", "details"),
    [
        (["indicators", "--region", small_city.WEST], {"region": small_city.WEST}),
        (["page", "audit"], {"page": "audit"}),
    ],
)
def test_what_is_refused_is_recorded_for_the_auditor(small_home, monkeypatch, arguments, details):
    monkeypatch.setenv("PINGAN_REGION", small_city.EAST)
    given = len(AuditBook(small_home).lines(AUDITOR, "export"))
    assert run([*arguments, "--role", "county_leader", "--period", "2024Q1", "--home", str(small_home.path)]) != 0
    assert len(AuditBook(small_home).lines(AUDITOR, "export")) == given, "what is refused gives nothing"
    line = AuditBook(small_home).lines(AUDITOR, "refused").iloc[0]
    assert (line["role"], line["region_code"]) == ("county_leader", small_city.EAST)
    assert details.items() <= json.loads(line["details"]).items()


def test_what_cannot_be_recorded_is_not_given(small_home, tmp_path, capsys):
    unwritable = Home(tmp_path / "home")
    shutil.copytree(small_home.path, unwritable.path, ignore=shutil.ignore_patterns("ledger*"))
    (unwritable.path / "ledger.sqlite").mkdir()
    assert run(["indicators", "--period", "2024Q1", "--home", str(unwritable.path)]) == 1
    said = capsys.readouterr()
    assert (said.out, "审计记录无法写入" in said.err) == ("", True)


def test_an_empty_home_says_what_to_do(ask, tmp_path):
    code, _, err = ask("indicators", "--home", str(tmp_path), home=False)
    assert code == 1
    assert str(tmp_path) in err


def test_a_region_with_nothing_below_it_can_t_be_ranked(ask, reader, city_scope):
    grid = reader.regions(city_scope).query("depth == 3").index[0]
    code, _, err = ask("ranking", "--region", grid, "--indicator", "BH2")
    assert code == 2
    assert grid in err


def test_the_catalogue_lists_every_definition(ask):
    code, out, _ = ask("catalogue", "--format", "json", "--language", "en", home=False)
    assert code == 0
    listed = json.loads(out)["indicators"]
    assert [row["id"] for row in listed] == list(load_catalogue())
    assert all(row["definition"] and row["caveats"] for row in listed)


def test_without_a_period_a_data_set_of_years_is_asked_for_its_last_year(toronto_home, capsys):
    command = [
        "indicators",
        "--indicator",
        "homicide_victim_rate",
        "--format",
        "json",
        "--home",
        str(toronto_home.path),
    ]
    assert run(command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["period"] == "2024" and answer["rows"][0]["value"] is not None
