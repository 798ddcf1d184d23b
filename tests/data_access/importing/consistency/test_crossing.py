"""Rows that contradict themselves or each other go to quarantine with their reason; what is held stays."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore

TOWN = "970101001000"
HEAD = """
name = "crossing"
[[file]]
match = "*.csv"
[[file.target]]
source = "office"
table = "{table}"
region.code = {{ column = "region" }}
[file.target.columns]
"""
FIELDS = {
    "dispute": (
        *("source_id", "class_code", "subclass_code", "channel", "received_at", "mediated_at", "resolved_at"),
        *("revisited_at", "archived_at", "risk_colour", "red_at", "red_handled_at", "transfers", "merged_into"),
    ),
    "case_package": (
        *("source_id", "dispute_source_id", "leader_post", "leader_level", "found_on", "due_on", "handled_on"),
        *("closed_on", "review_returns"),
    ),
    "reported_count": ("source_id", "period_start", "grain", "measure", "class_code", "channel", "value"),
    "incident": ("source_id", "occurred_on", "date_grain", "category", "class_code", "victims"),
}
GOOD = {
    "dispute": {
        "class_code": "01",
        "subclass_code": "0101",
        "channel": "grid",
        "received_at": "2024-01-01",
        "mediated_at": "2024-01-02",
        "resolved_at": "2024-01-05",
        "revisited_at": "2024-01-09",
        "archived_at": "2024-01-12",
        "risk_colour": "red",
        "red_at": "2024-01-01",
        "red_handled_at": "2024-01-05",
        "transfers": "0",
        "merged_into": "",
    },
    "case_package": {
        "dispute_source_id": "d1",
        "leader_post": "副县长岗",
        "leader_level": "county",
        "found_on": "2024-01-01",
        "due_on": "2024-01-31",
        "handled_on": "",
        "closed_on": "",
        "review_returns": "0",
    },
    "reported_count": {
        "period_start": "2024-03-01",
        "grain": "month",
        "measure": "patrol_done",
        "class_code": "all",
        "channel": "all",
        "value": "10",
    },
    "incident": {
        "occurred_on": "2024-03-01",
        "date_grain": "day",
        "category": "homicide",
        "class_code": "01",
        "victims": "1",
    },
}


@pytest.fixture
def brought_in(home: Home, tmp_path: Path):
    """Import rows (their fields that differ from a good one); return ids kept and reasons of the others."""

    def run(table: str, rows: list[dict[str, str]]) -> tuple[list[str], list[str]]:
        lines = HEAD.format(table=table) + "\n".join(
            f'{name} = {{ column = "{name}"{_reading(table, name)} }}' for name in FIELDS[table]
        )
        mapping = tmp_path / f"{table}.toml"
        mapping.write_text(lines, encoding="utf-8")
        file = tmp_path / f"{table}.csv"
        frame = pd.DataFrame([{"region": TOWN, **GOOD[table], **row} for row in rows])
        frame.to_csv(file, index=False)
        report = import_files(home, mapping, [file])
        with WorkingStore.open(home) as store:
            held = store.read(sa.select(schema.metadata.tables[table].c.source_id))
        reasons = [english for target in report.targets for english, _ in target.problems]
        assert sum(target.quarantined for target in report.targets) == len(reasons)
        assert sum(len(pd.read_csv(path)) for path in report.quarantine_files) == len(reasons)
        return sorted(held["source_id"]), reasons

    return run


def _reading(table: str, name: str) -> str:
    kind = schema.metadata.tables[table].c[name].type
    dates = ', dates = ["%Y-%m-%d"]' if isinstance(kind, (sa.Date, sa.DateTime)) else ""
    return dates + (", optional = true" if schema.metadata.tables[table].c[name].nullable else "")


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"archived_at": "2023-12-31"}, "archived_at"),
        ({"archived_at": "2024-01-08"}, "archived_at"),
        ({"revisited_at": "2024-01-04"}, "revisited_at"),
        ({"resolved_at": "2024-01-01"}, "resolved_at"),
        ({"red_handled_at": "2023-12-30"}, "red_handled_at"),
        ({"resolved_at": ""}, "revisited_at"),
        ({"merged_into": "bad"}, "merged_into"),
        ({"merged_into": "nowhere"}, "merged_into"),
    ],
)
def test_dispute_whose_stages_contradict_each_other_is_refused(brought_in, changed, column):
    kept, reasons = brought_in("dispute", [{"source_id": "good"}, {"source_id": "bad", **changed}])
    assert kept == ["good"]
    assert len(reasons) == 1
    assert column in reasons[0]


def test_duplicate_of_a_dispute_in_the_same_file_or_held_is_taken_in(brought_in):
    brought_in("dispute", [{"source_id": "first"}])
    kept, reasons = brought_in(
        "dispute",
        [
            {"source_id": "second"},
            {"source_id": "a", "merged_into": "second"},
            {"source_id": "b", "merged_into": "first"},
        ],
    )
    assert (kept, reasons) == (["a", "b", "first", "second"], [])


def test_second_open_package_of_a_dispute_is_refused_and_the_one_held_stays(brought_in):
    kept, reasons = brought_in("case_package", [{"source_id": "p1"}, {"source_id": "p2", "found_on": "2024-01-03"}])
    assert kept == ["p1"]
    assert "open case package" in reasons[0]
    kept, reasons = brought_in("case_package", [{"source_id": "p0", "found_on": "2023-12-01"}])
    assert kept == ["p1"]
    closed = {"handled_on": "2024-01-10", "closed_on": "2024-01-12"}
    kept, reasons = brought_in("case_package", [{"source_id": "p1", **closed}, {"source_id": "p2"}])
    assert (kept, reasons) == (["p1", "p2"], [])


def test_package_closed_before_it_was_handled_is_refused(brought_in):
    bad = {"source_id": "p", "handled_on": "2024-01-10", "closed_on": "2024-01-09"}
    assert brought_in("case_package", [bad])[0] == []


def test_numerator_above_its_denominator_is_refused_in_one_file_and_against_what_is_held(brought_in):
    due = {"source_id": "due", "measure": "patrol_due", "value": "10"}
    kept, reasons = brought_in("reported_count", [due, {"source_id": "done", "value": "11"}])
    assert kept == ["due"]
    assert "11 > 10 (patrol_due)" in reasons[0]
    assert brought_in("reported_count", [{"source_id": "done", "value": "10"}])[0] == ["done", "due"]
    kept, reasons = brought_in("reported_count", [{**due, "value": "9"}])
    assert kept == ["done", "due"]
    assert "10 > 9" in reasons[0]


def test_other_months_and_regions_are_not_compared(brought_in):
    due = {"source_id": "due", "measure": "patrol_due", "value": "1", "period_start": "2024-02-01"}
    assert len(brought_in("reported_count", [due, {"source_id": "done", "value": "11"}])[0]) == 2


def test_homicide_without_a_victim_is_refused_and_an_alarm_without_one_is_not(brought_in):
    rows = [{"source_id": "h", "victims": "0"}, {"source_id": "a", "victims": "0", "category": "criminal_alarm"}]
    kept, reasons = brought_in("incident", rows)
    assert kept == ["a"]
    assert "at least one victim" in reasons[0]
