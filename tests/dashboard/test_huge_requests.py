"""Periods, pages and numbers that are huge, negative or no numbers, in the address and on the command line."""

from __future__ import annotations

import os

import pytest

from dashboard.__main__ import run
from dashboard.context import Context, read_context
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of
from data_access.access import Scope
from data_access.errors import DataAccessError
from data_access.queries import SnapshotReader
from tests.dashboard.test_app import opened, shown
from tests.data_access.small_city import CITY, EAST

NUMBERS = ("-1", "0", "00", "99999999999999999999", "1e309", "NaN", "-0", "0x10", "9" * 64)
PERIODS = (
    "0000",
    "0001Q1",
    "9999",
    "9999Q4",
    "-2024",
    "99999Q1",
    "2024Q0",
    "2024Q5",
    "2024-00",
    "2024-13",
    "２０２４",
    "2024Q4\n",
)
PERIODS += ("9" * 5_000, "2024Q-1", "1e4", "", " ", "\x00", "2024' OR 1=1")
WITH_PARAMETERS = [entry for entry in PAGES if entry.screen and entry.parameters]


@pytest.fixture
def reader(small_home) -> SnapshotReader:
    return SnapshotReader(small_home)


@pytest.mark.parametrize("entry", WITH_PARAMETERS, ids=lambda entry: entry.url_path)
@pytest.mark.parametrize("value", NUMBERS)
def test_any_number_in_the_address_of_a_page_is_answered_with_a_bounded_page(reader, entry, value):
    scope = Scope("auditor" if entry.permission else "city_leader", CITY)
    own = tuple((name, value) for name in sorted(entry.parameters))
    tables = screen_of(entry)(reader, Context(CITY, Period.parse("2024Q4"), "zh", "light", scope, own)).tables
    assert all(len(table.frame) <= 2_000 for table in tables)


@pytest.mark.parametrize("text", PERIODS)
def test_any_period_in_the_address_falls_back_to_one_of_the_data(reader, text):
    viewer, snapshot = Scope("city_leader", CITY), reader.snapshot()
    days = reader.coverage(viewer)["first_day"].min()
    context, notices = read_context({"period": text}, snapshot, reader.regions(viewer), viewer, days)
    assert str(context.period) == "2024Q4"
    assert [notice.key for notice in notices] in (["notice.period_malformed"], ["notice.period_outside"])


@pytest.mark.parametrize("text", ["0001Q1", "9999", "-1"])
def test_page_of_an_impossible_period_is_drawn(served_small_city, text):
    app = opened("disputes", period=text, offset="99999999999999999999")
    assert not app.exception
    assert 'role="alert"' not in shown(app)


def said(capfd, small_home, *words: str) -> tuple[int, str]:
    code = run([*words, "--home", str(small_home.path)])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out + err


@pytest.mark.parametrize("text", PERIODS)
@pytest.mark.parametrize(
    "command", [["indicators"], ["ranking", "--indicator", "JQ2"], ["page", "disputes"], ["league"]]
)
def test_any_period_on_the_command_line_is_refused_or_answered_without_a_fault(capfd, small_home, command, text):
    code, output = said(capfd, small_home, *command, f"--period={text}")
    assert code in (0, 1, 2)
    assert output


@pytest.mark.parametrize("value", NUMBERS)
def test_any_page_on_the_command_line_is_bounded(capfd, small_home, value):
    code, output = said(capfd, small_home, "page", "disputes", "--set", f"offset={value}", "--period", "2024Q4")
    assert code in (0, 2)
    assert len(output) < 1_000_000


@pytest.mark.parametrize("region", [b"\xff\xfe", b"'; DROP TABLE region; --", b"%", b"9" * 4_000, "西县".encode()])
def test_any_region_on_the_command_line_is_refused_in_plain_words(capfd, small_home, monkeypatch, region):
    monkeypatch.setenv("PINGAN_REGION", EAST)
    code, output = said(capfd, small_home, "indicators", "--region", os.fsdecode(region))
    assert code != 0
    assert output.strip()
    with pytest.raises(DataAccessError):
        SnapshotReader(small_home).region_path(Scope("county_leader", EAST), os.fsdecode(region))
