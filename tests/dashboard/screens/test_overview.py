"""What the overview says where nothing is overdue."""

from __future__ import annotations

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.overview import overview_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader


def said(reader, scope: Scope) -> tuple[int, str]:
    screen = overview_screen(reader, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    return len(screen.overdue), screen.nothing_overdue


def test_no_decision_in_the_data_is_no_decision_on_time(toronto_home):
    toronto = SnapshotReader(toronto_home)
    assert said(toronto, Scope("city_leader", toronto.snapshot().root_code)) == (
        0,
        "尚未导入议定事项和包案，无法判断是否超期。",
    )


def test_a_role_that_sees_no_records_is_told_so(reader, city_scope):
    assert said(reader, Scope("public_demo", city_scope.region_code)) == (0, "当前角色不能查看议定事项和包案记录。")
    rows, sentence = said(reader, city_scope)
    assert (rows > 0, sentence) == (True, "没有超期的议定事项和包案。")
