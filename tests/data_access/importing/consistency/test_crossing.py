"""Rows that contradict themselves or each other go to quarantine with their reason; what is held stays."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.importing.report import ImportReport
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
{point}
[file.target.columns]
"""
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
    "survey": {"period_start": "2024-07-01", "question": "sense_of_safety", "respondents": "400", "satisfied": "390"},
    "meeting": {"kind": "consultation", "due_on": "2024-03-31", "held_on": "2024-03-20"},
    "decision": {
        **{"meeting_source_id": "", "task": "排查重点网格", "unit": "司法局"},
        **{"decided_on": "2024-03-20", "due_on": "2024-04-20", "done_on": "2024-04-10"},
    },
    "consultation_item": {
        **{"meeting_source_id": "", "task": "共享调解名册", "department": "justice"},
        **{"decided_on": "2024-03-20", "due_on": "2024-04-20", "done_on": ""},
    },
    "data_delivery": {
        **{"department": "justice", "data_set": "mediation"},
        **{"due_on": "2024-04-05", "delivered_on": "2024-04-04"},
    },
    "facility": {"kind": "police_workstation", "name": "东镇警务工作站", "name_en": "East", "lon": "0.5", "lat": "0.5"},
    "veto": {
        **{"year": "2024", "veto_kind": "否决", "status": "成立", "reason_kind": "瞒报查实"},
        **{"document_no": "示考〔2024〕1号", "authority": "市委政法委", "decided_on": "2024-05-06"},
    },
    "pilot_site": {
        **{"name": "东镇示范点", "practice": "乡贤理事会", "approval_basis": "市批复1号", "nurtured_on": "2023-01-01"},
        **{"ripe_on": "2023-06-01", "accepted_on": "2023-09-01", "spread_on": "2023-12-01", "adopted_townships": "3"},
    },
    "fund_award": {
        **{"class_code": "dispute_settled", "channel": "one_case", "amount": "50000"},
        **{"applied_on": "2024-03-01", "awarded_on": "2024-03-11"},
    },
    "alarm_response": {
        "class_code": "ring_3",
        "received_at": "2024-05-01 10:00:00",
        "arrived_at": "2024-05-01 10:02:30",
    },
}
"""A row of each table that nothing is wrong with."""
FAULTS = [
    ("case_package", {"leader_level": "village"}, "leader_level"),
    ("case_package", {"due_on": "2023-12-31"}, "due_on = '2023-12-31"),
    ("case_package", {"handled_on": "2023-12-31"}, "handled_on"),
    ("case_package", {"closed_on": "2024-02-01"}, "closed_on"),
    ("survey", {"satisfied": "401"}, "satisfied"),
    ("meeting", {"kind": "tea"}, "kind = tea"),
    ("decision", {"due_on": "2024-03-19"}, "due_on"),
    ("decision", {"done_on": "2024-03-19"}, "done_on"),
    ("decision", {"meeting_source_id": "m9"}, "'m9' is no meeting"),
    ("decision", {"meeting_source_id": "missed"}, "2024-03-20 < – (held_on)"),
    ("decision", {"meeting_source_id": "held", "decided_on": "2024-03-19"}, "2024-03-19 < 2024-03-20 (held_on)"),
    ("consultation_item", {"department": "circus"}, "config/departments.toml"),
    ("consultation_item", {"due_on": "2024-03-19"}, "due_on"),
    ("consultation_item", {"done_on": "2024-03-19"}, "done_on"),
    ("consultation_item", {"meeting_source_id": "dispatch"}, "'dispatch' is no meeting"),
    ("consultation_item", {"meeting_source_id": "missed"}, "(held_on)"),
    ("data_delivery", {"department": "circus"}, "department = 'circus'"),
    ("data_delivery", {"data_set": "petitions"}, "data_set = 'petitions'"),
    ("facility", {"kind": "fort"}, "kind = fort"),
    ("veto", {"document_no": ""}, "document_no"),
    ("veto", {"status": "大概"}, "status"),
    ("pilot_site", {"adopted_townships": "4"}, "adopted_townships = 4 > 3"),
    ("pilot_site", {"accepted_on": "2023-05-01"}, "accepted_on"),
    ("pilot_site", {"approval_basis": " "}, "approval_basis"),
    ("fund_award", {"amount": "200001"}, "200,001 > 200,000"),
    ("fund_award", {"applied_on": "2024-03-12"}, "awarded_on"),
    ("alarm_response", {"arrived_at": "2024-05-01 09:59:59"}, "arrived_at"),
    ("alarm_response", {"class_code": "ring_9"}, "ring_9"),
    ("incident", {"victims": "0"}, "victims"),
    ("dispute", {"archived_at": "2023-12-31"}, "archived_at"),
    ("reported_count", {"measure": "tea"}, "measure"),
]
"""Table, what is wrong with a row of it, and what the reason names."""
TWICE = ("survey", "meeting", "data_delivery", "facility", "veto", "case_package")
"""Tables in which a second row that says the same under another id is refused."""


@pytest.fixture
def imported_as(home: Home, tmp_path: Path):
    """Import rows (their fields that differ from a good one) from a file of a kind; return the report."""

    def run(table: str, rows: list[dict[str, str]], ending: str = "csv") -> ImportReport:
        mapping, file = tmp_path / f"{table}.toml", tmp_path / f"{table}.{ending}"
        mapping.write_text(_head(table).replace("*.csv", f"*.{ending}") + _columns(table), encoding="utf-8")
        frame = pd.DataFrame([{"region": TOWN, **GOOD[table], **row} for row in rows])
        write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}[ending]
        write(file, index=False)
        report = import_files(home, mapping, [file])
        problems = sum(len(target.problems) for target in report.targets)
        assert sum(target.quarantined for target in report.targets) == problems
        assert sum(len(pd.read_csv(path)) for path in report.quarantine_files) == problems
        return report

    return run


@pytest.fixture
def brought_in(home: Home, imported_as):
    """Import rows (their fields that differ from a good one); return ids kept and reasons of the others."""

    def run(table: str, rows: list[dict[str, str]]) -> tuple[list[str], list[str]]:
        report = imported_as(table, rows)
        with WorkingStore.open(home) as store:
            held = store.read(sa.select(schema.metadata.tables[table].c.source_id))
        return sorted(held["source_id"]), [english for target in report.targets for english, _ in target.problems]

    return run


def _head(table: str) -> str:
    point = 'region.point = { lon = "lon", lat = "lat", crs = "EPSG:4326" }' if "lon" in GOOD[table] else ""
    return HEAD.format(table=table, point=point)


def _columns(table: str) -> str:
    names = [name for name in ("source_id", *GOOD[table]) if name not in ("lon", "lat")]
    return "\n".join(f'{name} = {{ column = "{name}"{_reading(table, name)} }}' for name in names) + "\n"


def _reading(table: str, name: str) -> str:
    kind = schema.metadata.tables[table].c[name].type
    dates = ', dates = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]' if isinstance(kind, (sa.Date, sa.DateTime)) else ""
    return dates + (", optional = true" if schema.metadata.tables[table].c[name].nullable else "")


def test_every_table_of_records_has_a_row_here_and_a_fault():
    assert set(GOOD) == {table.name for table in schema.FACT_TABLES}
    assert {table for table, _, _ in FAULTS} == set(GOOD)


@pytest.fixture
def meetings(brought_in) -> None:
    """A consultation that was held, one that was not, and a dispatch."""
    rows = [{"source_id": "held"}, {"source_id": "missed", "held_on": "", "due_on": "2024-04-30"}]
    brought_in("meeting", [*rows, {"source_id": "dispatch", "kind": "quarterly_dispatch"}])


@pytest.mark.parametrize(("table", "changed", "named"), FAULTS)
def test_a_row_that_can_not_be_is_set_aside_and_the_row_beside_it_stays(brought_in, meetings, table, changed, named):
    other = {"source_id": "good"}
    other |= {"due_on": "2024-06-30"} if table in ("meeting", "data_delivery") else {}
    other |= {"period_start": "2024-01-01"} if table == "survey" else {}
    other |= {"name": "别处"} if table == "facility" else {}
    other |= {"document_no": "示考〔2024〕9号"} if table == "veto" else {}
    other |= {"dispute_source_id": ""} if table == "case_package" else {}
    kept, reasons = brought_in(table, [other, {"source_id": "bad", **changed}])
    assert "bad" not in kept and "good" in kept
    assert len(reasons) == 1
    assert named in reasons[0] and f"{table}.csv row" in reasons[0]


@pytest.mark.parametrize("table", TWICE)
def test_what_stands_already_under_another_id_is_refused_in_one_file_and_against_what_is_held(brought_in, table):
    kept, reasons = brought_in(table, [{"source_id": "a"}, {"source_id": "b"}])
    assert (kept, len(reasons)) == (["a"], 1)
    kept, reasons = brought_in(table, [{"source_id": "0"}])
    assert (kept, len(reasons)) == (["a"], 1)
    assert brought_in(table, [{"source_id": "a"}]) == (["a"], [])


AWARDS = [{"source_id": f"{day:02d}", "awarded_on": f"2024-04-{day:02d}", "amount": "200000"} for day in range(1, 27)]
CONTRADICTIONS = {
    "archived before received": ("dispute", [{"source_id": "a"}, {"source_id": "b", "archived_at": "2023-12-31"}], 3),
    "arrival before alarm": (
        "alarm_response",
        [{"source_id": "a"}, {"source_id": "b", "arrived_at": "2024-05-01 09:59:59"}],
        3,
    ),
    "numerator above denominator": (
        "reported_count",
        [{"source_id": "a", "measure": "patrol_due", "value": "10"}, {"source_id": "b", "value": "11"}],
        3,
    ),
    "two open packages of one dispute": ("case_package", [{"source_id": "a"}, {"source_id": "b"}], 3),
    "an award above the cap": ("fund_award", [{"source_id": "a"}, {"source_id": "b", "amount": "200001"}], 3),
    "awards above the fund": ("fund_award", AWARDS, 27),
}
"""Table, rows, and the row of the file that can't be, its heading being row 1."""
NAMED = {
    "archived before received": ("archived_at", "2023-12-31"),
    "arrival before alarm": ("arrived_at", "2024-05-01 09:59:59"),
    "numerator above denominator": ("value", "11 > 10 (patrol_due)"),
    "two open packages of one dispute": ("dispute_source_id", "d1"),
    "an award above the cap": ("amount", "200,001"),
    "awards above the fund": ("amount", "5,000,000 + 200,000"),
}
"""Column, and value."""


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_what_can_not_be_is_told_by_file_row_column_and_value_in_both_languages(imported_as, case, ending):
    table, rows, row = CONTRADICTIONS[case]
    problems = [each for target in imported_as(table, rows, ending).targets for each in target.problems]
    assert len(problems) == 1
    english, chinese = problems[0]
    for said in problems[0]:
        assert all(word in said for word in (f"{table}.{ending}", *NAMED[case])), said
    assert f"row {row}" in english and f"行 {row}" in chinese


def test_two_vetoes_still_to_be_examined_may_look_alike(brought_in):
    open_one = {"status": "待核", "document_no": "", "authority": "", "decided_on": ""}
    kept, reasons = brought_in("veto", [{"source_id": "a", **open_one}, {"source_id": "b", **open_one}])
    assert (kept, reasons) == (["a", "b"], [])


def test_package_older_than_its_dispute_is_refused(brought_in):
    brought_in("dispute", [{"source_id": "d1", "received_at": "2024-01-02", "red_at": "2024-01-02"}])
    kept, reasons = brought_in("case_package", [{"source_id": "p1"}])
    assert kept == []
    assert "2024-01-01 < 2024-01-02 (received_on)" in reasons[0]
    assert brought_in("case_package", [{"source_id": "p1", "found_on": "2024-01-02"}]) == (["p1"], [])


def test_meetings_and_what_they_decided_come_in_together_in_any_order_of_files(home, tmp_path):
    head, body = _head("decision").replace("*.csv", "decision*"), _head("meeting")
    mapping = head + _columns("decision") + body.replace('name = "crossing"', "").replace("*.csv", "meeting*")
    (tmp_path / "m.toml").write_text(mapping + _columns("meeting"), encoding="utf-8")
    for table, more in (("decision", {"meeting_source_id": "m1"}), ("meeting", {"source_id": "m1"})):
        frame = pd.DataFrame([{"region": TOWN, **GOOD[table], "source_id": "1", **more}])
        frame.to_csv(tmp_path / f"{table}.csv", index=False)
    report = import_files(home, tmp_path / "m.toml", [tmp_path / "decision.csv", tmp_path / "meeting.csv"])
    assert [target.added for target in report.targets] == [1, 1]


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
