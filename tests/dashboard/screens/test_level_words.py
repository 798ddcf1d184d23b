"""Columns that name a county or a township are headed by what the data set calls these, not by fixed words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.children import in_sentence
from dashboard.screens.duty.assessment import assessment_screen
from dashboard.screens.work.patrol import patrol_screen
from dashboard.screens.work.resources import resources_screen
from dashboard.screens.work.response import response_screen

WORDS = {"county": "市辖片区", "township": "社区"}
PAGES = [assessment_screen, patrol_screen, resources_screen, response_screen]


@pytest.mark.parametrize("prepare", PAGES, ids=lambda prepare: prepare.__name__)
def test_downloads_name_the_levels_as_the_data_set_does(reader, city_scope, prepare, monkeypatch):
    snapshot = reader.snapshot()
    levels = tuple(replace(level, name=WORDS.get(level.level, level.name)) for level in snapshot.levels)
    monkeypatch.setattr(reader, "snapshot", lambda: replace(snapshot, levels=levels))
    context = Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope)
    headings = [heading for table in prepare.__wrapped__(reader, context).tables for heading in table.columns.values()]
    assert WORDS["county"] in headings
    assert not {"县区", "乡镇（街道）"} & set(headings)


@pytest.mark.parametrize(
    ("name", "word"),
    [("County", "county"), ("LSOA", "LSOA"), ("MSOA Area", "MSOA area"), ("County (district)", "county (district)")],
)
def test_within_a_sentence_a_level_begins_small(name, word):
    assert in_sentence(name) == word
