"""A figure of plain values is one that plotly accepts, and lays its panels out as plotly does."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from dashboard.charts.bullets import bullets, steps
from dashboard.charts.campaigns import before_and_during
from dashboard.charts.chain import difference_figure, width_figure
from dashboard.charts.control_chart import control_chart
from dashboard.charts.figure import Figure, panel_layout
from dashboard.charts.grade_months import grade_months
from dashboard.charts.services import coverage_lines, monthly_bars
from dashboard.charts.theme import MONTH_TICKS, apply_theme
from dashboard.charts.time_series import bars, daily_share, small_multiples

MONTHS = pd.date_range("2024-01-01", periods=4, freq="MS")
SIZE = {"theme": "light", "height": 300}
BY_CLASS = pd.DataFrame({"period_start": [*MONTHS] * 4, "class_code": list("abcd") * 4, "value": [1.0, np.nan] * 8})


class Words(dict):
    def __missing__(self, key: str) -> str:
        return key


CHARTS = {
    "bars": lambda: bars(pd.DataFrame({"label": ["a", "b"], "value": [1.0, 2]}), unit="", **SIZE),
    "daily_share": lambda: daily_share(
        pd.DataFrame({"day": MONTHS, "coverage": [0.5, 1, np.nan, 1]}), words=Words(), low=0.9, **SIZE
    ),
    "small_multiples": lambda: small_multiples(
        BY_CLASS, classes=dict(zip("abcd", "ABCD", strict=True)), unit="", events={"b": (MONTHS[1], "①")}, **SIZE
    ),
    "control_chart": lambda: control_chart(
        pd.DataFrame({"label": ["1", "2"], "value": [1.0, 2], "centre": 1.0, "lower": np.nan, "upper": 3.0}).assign(
            meaning=["common_cause", "concern"]
        ),
        words=Words(),
        unit="",
        target=2.0,
        events=[("2", "①")],
        **SIZE,
    ),
    "bullets": lambda: bullets(
        pd.DataFrame({"label": ["a"], "planned": [2.0], "spent": [np.nan], "text": ["1"]}),
        words=Words(),
        unit="",
        **SIZE,
    ),
    "steps": lambda: steps(pd.DataFrame({"label": ["1", "2"], "value": [1, 2], "group": ["x", "y"]}), unit="", **SIZE),
    "campaigns": lambda: before_and_during(
        pd.DataFrame({"month": MONTHS, "alarms": [1, 2, 3, 4]}),
        [("before", MONTHS[0], MONTHS[1], 1.0, 0.5, 2.0)],
        began=MONTHS[2],
        words=Words(),
        **SIZE,
    ),
    "chain": lambda: width_figure(pd.DataFrame({"label": ["a"], "count": [3.0], "text": ["3"]}), unit="", **SIZE),
    "differences": lambda: difference_figure(
        pd.DataFrame({"label": ["a"], "difference": [1.0], "lower": [0.5], "upper": [2.0], "verdict": ["worse"]}),
        words=Words(),
        unit="",
        **SIZE,
    ),
    "grades": lambda: grade_months(
        pd.DataFrame({"red": [1], "blue": [2]}, index=["1"]), words=Words(), unit="", **SIZE
    ),
    "coverage": lambda: coverage_lines(
        pd.DataFrame({"indicator": "a", "period_start": MONTHS, "value": [0.9, 1, np.nan, 1]}),
        names={"a": "A"},
        unit="%",
        **SIZE,
    ),
    "visits": lambda: monthly_bars(
        pd.DataFrame({"measure": "a", "period_start": MONTHS, "value": [1, 2, 3, 4]}), names={"a": "A"}, **SIZE
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_plotly_accepts_every_chart_and_it_is_json_as_it_stands(name):
    spec = apply_theme(CHARTS[name](), "light").to_dict()
    assert go.Figure(spec).data
    assert "NaN" not in json.dumps(spec)


def test_a_field_that_plotly_does_not_know_is_found_by_the_check():
    figure = Figure()
    figure.add("bar", x=[1], y=[1], colour="red")
    with pytest.raises(ValueError, match="colour"):
        go.Figure(figure.to_dict())


def test_values_become_what_json_has():
    figure = Figure()
    figure.add("scatter", x=pd.Series(MONTHS[:2]), y=np.array([1.5, np.nan]), text=pd.Series(["a", None]), name=None)
    figure.add("scatter", x=[date(2024, 1, 1)], y=(np.int64(2),))
    first, second = figure.data
    assert first == {
        "type": "scatter",
        "x": ["2024-01-01T00:00:00", "2024-02-01T00:00:00"],
        "y": [1.5, None],
        "text": ["a", None],
    }
    assert second["x"] == ["2024-01-01"] and second["y"] == [2]


def test_changed_parts_of_the_layout_leave_the_others():
    figure = Figure()
    figure.update(yaxis={"title": {"text": "unit"}}, height=300)
    figure.update_axes("y", range=[0, 1])
    assert figure.layout == {"yaxis": {"title": {"text": "unit"}, "range": [0, 1]}, "height": 300}


def test_panels_lie_where_plotly_lays_them():
    spacing = {"shared_yaxes": "all", "shared_xaxes": True, "horizontal_spacing": 0.03, "vertical_spacing": 0.14}
    theirs = make_subplots(rows=2, cols=3, subplot_titles=list("abcd"), **spacing)
    theirs.add_trace(go.Scatter(x=[1], y=[1]), row=2, col=1)
    theirs.add_shape(type="line", x0=1, x1=1, y0=0, y1=1, yref="y domain", row=2, col=1)
    theirs.update_layout(template=None)
    ours = Figure(panel_layout("abcd", 3, **spacing))
    ours.add("scatter", panel=3, x=[1], y=[1])
    ours.add_line(x0=1, x1=1, y0=0, y1=1, xref="x4", yref="y4 domain")
    assert go.Figure(ours.to_dict()).update_layout(template=None) == theirs
    assert panel_layout([], 3)["xaxis"]


def test_dates_are_written_as_figures_unless_the_chart_says_how():
    figure = Figure()
    figure.add("scatter", x=MONTHS, y=[1, 2, 3, 4])
    figure.add("scatter", panel=1, x=MONTHS, y=[1, 2, 3, 4])
    figure.update(xaxis2={"tickformat": "%Y"})
    layout = apply_theme(figure, "dark").layout
    assert layout["xaxis"] == {"hoverformat": "%Y-%m-%d", "tickformatstops": MONTH_TICKS}
    assert layout["xaxis2"] == {"tickformat": "%Y"} and "yaxis" not in layout
