"""The audit page: what a line tells stands in words, of regions, roles, pages and lists alike."""

from __future__ import annotations

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.data.audit import audit_screen
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.queries import SnapshotReader
from data_access.store.ledger_engine import ledger_engine


def told(reader: SnapshotReader, language: str) -> list[str]:
    scope = Scope("auditor", reader.snapshot().root_code)
    screen = audit_screen(reader, Context(scope.region_code, Period.parse("2024Q4"), language, "light", scope))
    assert screen.days[0][0] == {"zh": "近 7 天", "en": "Last 7 days"}[language]
    assert set(screen.lines["region_code"]) == {reader.snapshot().name(language)}
    return screen.lines["details"].tolist()


def test_lines_are_told_in_words(own_reader):
    city, book = own_reader.snapshot().root_code, AuditBook(own_reader.home)
    leader = Scope("city_leader", city)
    county = own_reader.regions(leader).query("depth == 1").iloc[0]
    asked = {"region": county.name, "period": "2024Q4", "stage": "overdue"}
    book.record("records", leader, "2024Q4-0001", table="dispute", **asked)
    book.record("view_as", leader, "2024Q4-0001", seen=f"county_leader@{county.name}")
    book.record("refused", leader, "2024Q4-0001", page="audit", never_heard_of="x")
    refused, seen, listed = told(own_reader, "zh")
    assert refused == "never_heard_of：x；页面：审计"
    assert seen == f"查看身份：县区领导（{county['name']}）"
    assert {f"区划：{county['name']}", "期间：2024年第4季度", "表：纠纷清单"} <= set(listed.split("；"))
    assert not {"overdue", "dispute", "2024Q4"} & set(listed.replace("：", "；").split("；"))
    assert not any("\u4e00" <= sign <= "\u9fff" for line in told(own_reader, "en") for sign in line)


def test_line_whose_details_are_cut_or_of_another_form_is_told_as_it_stands(own_reader):
    leader, book = Scope("city_leader", own_reader.snapshot().root_code), AuditBook(own_reader.home)
    book.record("refused", leader, account="x" * 3_000)
    changed = {book.record("export", leader, number=number): text for number, text in enumerate(("[1]", "5", "{", ""))}
    with ledger_engine(own_reader.home).begin() as connection:
        connection.exec_driver_sql("drop trigger audit_line_no_update")
        for sequence, text in changed.items():
            connection.exec_driver_sql("update audit_line set details = ? where sequence = ?", (text, sequence))
    lines = told(own_reader, "zh")
    assert lines[:4] == ["原文：", "原文：{", "原文：5", "原文：[1]"]
    assert lines[4].startswith('原文：{"account":"xxx')
