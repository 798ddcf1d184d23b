"""The quality page of data that are no Chinese city's: it claims no test that wasn't made and offers figures that exist."""

from __future__ import annotations

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.data.quality import quality_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader


def quality_of(home, period):
    reader = SnapshotReader(home)
    scope = Scope("city_leader", reader.snapshot().root_code)
    return quality_screen(reader, Context(scope.region_code, Period.parse(period), "zh", "light", scope))


def test_data_that_suggest_no_check_are_not_called_hints(example_home):
    screen = quality_of(example_home("baltimore"), "2018Q4")
    assert screen.verdict == "0 处建议核查。"
    assert screen.no_declared == ("没有登记本数据集的申报数。",) and not screen.declared_note
    assert screen.corrections.chosen.id == "BH2b" and screen.corrections.now != "无数据"


def test_nothing_to_test_is_not_nothing_found(example_home):
    assert quality_of(example_home("chuzhou"), "2023Q2").verdict == "检查期内没有可检验的数据。"
