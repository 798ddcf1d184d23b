"""The data page says first who is late, and offers every table it shows."""

from __future__ import annotations

from dashboard.context import Context
from dashboard.indicators.engine.facts import facts_of
from dashboard.periods import Period
from dashboard.screens.data_status import data_screen
from dashboard.screens.overview import overview_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader


def test_who_is_late_stands_first_and_all_three_tables_are_offered(reader, city_scope):
    context = Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope)
    screen = data_screen(reader, context)
    assert screen.verdict.startswith("2 个地区迟报；最久的是岑湾县（110接处警，")
    assert [table.key for table in screen.tables] == ["late", "coverage", "imports"]
    for table in screen.tables:
        assert len(table.frame) == len(getattr(screen, table.key)) > 0


def test_by_what_the_days_of_a_source_are_known_is_said(reader, city_scope, monkeypatch):
    context = Context(city_scope.region_code, Period.parse("2024Q4"), "en", "light", city_scope)
    told = data_screen(reader, context).coverage["told"]
    assert {"Reported periods", "First and last record"} <= set(told)
    assert "was not declared" not in data_screen(reader, context).verdict
    monkeypatch.delitem(reader.snapshot().dataset, "data_through")
    assert "the data-through day was not declared" in data_screen(reader, context).verdict


def test_what_nobody_has_told_of_for_a_year_is_named_with_its_last_day(toronto_home):
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    screen = data_screen(toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    assert "命案起数、命案死亡人数平方和、枪击事件只报到 2022-12-31" in screen.verdict
    assert "没有地区迟报" in screen.verdict and "toronto" not in set(screen.imports["source"])


def test_nobody_is_called_in_time_where_no_source_could_be_late(example_home):
    chuzhou = SnapshotReader(example_home("chuzhou"))
    scope = Scope("city_leader", chuzhou.snapshot().root_code)
    context = Context(scope.region_code, Period.parse("2023Q2"), "zh", "light", scope)
    screen = data_screen(chuzhou, context)
    assert screen.nobody_late == overview_screen(chuzhou, context).nobody_late == "尚无报送来源，无从判断是否迟报。"
    assert screen.verdict.startswith("尚无报送来源，无从判断是否迟报；")
    assert not facts_of(chuzhou, scope).watches
