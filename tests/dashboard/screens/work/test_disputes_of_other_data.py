"""The disputes page of data that tell of neither petitions nor homicides says so once, not in every cell."""

from __future__ import annotations

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.work.disputes import disputes_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader


def test_what_no_source_tells_is_said_in_a_sentence(example_home):
    reader = SnapshotReader(example_home("baltimore"))
    scope = Scope("city_leader", reader.snapshot().root_code)
    screen = disputes_screen(reader, Context(scope.region_code, Period.parse("2018Q4"), "zh", "light", scope))
    assert screen.handling.empty and screen.no_handling == "本数据没有12345工单和信访办理的来源。"
    assert screen.causes.empty and screen.no_causes == "本数据没有命案起数的来源，不列成因。"


def test_what_a_source_tells_is_listed(reader, city_scope):
    screen = disputes_screen(reader, Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope))
    assert len(screen.handling) == 12 and len(screen.causes)
