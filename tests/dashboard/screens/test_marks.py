"""What a series must be read with stands at it in words: campaigns, and changes of its own and its ancestors' boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.charts.time_series import series_with_interval
from dashboard.context import Context
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.memory import Memory
from dashboard.periods import Period
from dashboard.screens.trends.marks import class_marks, drawn_marks, marks_of
from dashboard.screens.trends.screen import trends_screen
from dashboard.screens.work.settings import campaigns
from data_access.access import Scope
from data_access.queries import SnapshotReader

START = date(2020, 1, 1)


@pytest.fixture
def context(reader, city_scope) -> Context:
    return Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope, ())


@pytest.fixture
def changed_boundaries(reader, city_scope, monkeypatch) -> str:
    """A township's county took over an old code in 2022 and its city another on an unknown day; its code."""
    regions = reader.regions(city_scope)
    county = regions.index[regions["depth"] == 1][0]
    changes = pd.DataFrame(
        {
            "region_code": [county, city_scope.region_code, regions.index[regions["depth"] == 1][1]],
            "kind": ["took_over", "took_over", "began"],
            "changed_on": pd.to_datetime(["2022-07-01", None, "2023-01-01"]),
            "old_code": ["1", "2", ""],
            "name": ["旧河县", "旧山市", "他县"],
            "name_en": ["Old River", "Old Hill", "Another"],
        }
    )
    monkeypatch.setattr(SnapshotReader, "boundary_changes", lambda *_: changes)
    forgetful = Memory(0)
    monkeypatch.setattr("dashboard.memory.process_memory", lambda: forgetful)
    return regions.index[regions["parent_code"] == county][0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_alarms_of_all_classes_carry_every_campaign_in_words(reader, context, language):
    marks = marks_of(reader, replace(context, language=language), find_indicator("JQ1r"), START)
    known = sorted(campaigns().campaign, key=lambda each: each.began_on)
    assert [mark.day for mark in marks] == [each.began_on for each in known]
    for mark, campaign in zip(marks, known, strict=True):
        assert campaign.label(language) in mark.words and str(campaign.began_on) in mark.words
        assert mark.text.startswith(mark.sign)
    assert len({mark.sign for mark in marks}) == len(known)


def test_an_indicator_of_one_class_carries_only_its_own_campaign(reader, context):
    fraud = next(
        item for item in load_catalogue().values() if [term.class_code for term in item.numerator] == [("fraud",)]
    )
    marks = marks_of(reader, context, fraud, START)
    assert [mark.class_code for mark in marks] == ["fraud"]
    assert marks_of(reader, context, find_indicator("JQ2"), START) == ()


def test_a_township_carries_the_changes_of_its_county_and_city(reader, context, changed_boundaries):
    marks = marks_of(reader, replace(context, region=changed_boundaries), find_indicator("JQ2"), START)
    assert [(mark.kind, mark.day, mark.sign) for mark in marks] == [
        ("boundary", date(2022, 7, 1), "①"),
        ("boundary", None, ""),
    ]
    assert "旧河县" in marks[0].words and "旧山市" in marks[1].words and "日期不详" in marks[1].words
    assert all("他县" not in mark.words for mark in marks)


def test_a_viewer_of_a_county_learns_of_his_citys_changes_and_of_no_other_countys(reader, city_scope):
    snapshot = reader._current()
    county = reader.regions(city_scope).query("depth == 1").index[0]
    other = reader.regions(city_scope).query("depth == 1").index[1]
    made = pd.DataFrame({"region_code": [city_scope.region_code, county, other], "kind": "began"})
    kept = snapshot.__dict__.get("boundary_changes")
    snapshot.__dict__["boundary_changes"] = made
    try:
        seen = reader.boundary_changes(Scope("county_leader", county))["region_code"].tolist()
    finally:
        snapshot.__dict__.pop("boundary_changes")
        if kept is not None:
            snapshot.__dict__["boundary_changes"] = kept
    assert seen == [city_scope.region_code, county]


def test_marks_are_lines_with_signs_and_a_ground_named_in_the_legend(reader, context):
    screen = trends_screen(reader, replace(context, own=(("indicator", "JQ1r"),)))
    drawn = drawn_marks(screen.marks)
    assert "".join(signs for _, signs in drawn) == "".join(mark.sign for mark in screen.marks)
    names = dict.fromkeys(("value", "interval", "last_year"), "x") | {"campaign": "专项行动期间"}
    spec = series_with_interval(
        screen.series,
        names=names,
        unit="",
        theme="light",
        height=420,
        events=drawn,
        campaign_from=screen.marks[0].moment,
    )
    figure = go.Figure(spec.to_dict())  # plotly refuses what it doesn't know
    assert [note.text for note in figure.layout.annotations] == [signs for _, signs in drawn]
    assert len(figure.layout.shapes) == len(drawn)
    assert "专项行动期间" in [trace.name for trace in figure.data]
    assert all(any(mark.text in line for line in screen.mark_lines) for mark in screen.marks)
    assert set(class_marks(screen.marks)) == {each.class_code for each in campaigns().campaign}


def test_years_apart_are_called_years_and_no_interval_is_drawn_between_them():
    years = pd.Series(pd.to_datetime([f"{year}-01-01" for year in range(1960, 1964)]))
    known = [True, True, False, True]
    frame = pd.DataFrame({"period_start": years, "value": 1.0, "lower": 0.5, "upper": 2.0})
    frame[["value", "lower", "upper"]] = frame[["value", "lower", "upper"]].where(pd.Series(known), axis=0)
    names = dict.fromkeys(("value", "interval", "last_year", "campaign"), "x")
    figure = go.Figure(series_with_interval(frame, names=names, unit="", theme="light", height=300).to_dict())
    assert figure.layout.xaxis.tickformat == "%Y"
    band = [None if pd.isna(height) else height for height in figure.data[0].y]
    assert band == [2.0, 2.0, 0.5, 0.5, None, 2.0, 0.5, None]
    months = frame.assign(period_start=pd.date_range("2024-01-01", periods=4, freq="MS"))
    monthly = go.Figure(series_with_interval(months, names=names, unit="", theme="light", height=300).to_dict())
    assert monthly.layout.xaxis.tickformat == "%Y-%m"
