"""The funnel plot names those outside the limits and the one viewed, and no name lies on another or on a point."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts.funnel import MARKS, Box, funnel_plot, place_names

WORDS = {name: name for name in ("average", "limits_95", "limits_99_8", "size", "rate", *MARKS, "viewed")}


def regions(events, people) -> pd.DataFrame:
    frame = pd.DataFrame({"numerator": events, "exposure": people}, dtype=float)
    frame["value"] = frame["numerator"] / frame["exposure"] * 1e5
    return frame.assign(name=[f"示例{n}县" for n in range(len(frame))]).set_axis([f"r{n}" for n in range(len(frame))])


def plot(frame: pd.DataFrame, viewed: str | None = None):
    drawn = funnel_plot(frame, words=WORDS, factor=1e5, theme="light", width=700, height=400, viewed=viewed)
    return go.Figure(drawn.to_dict())  # plotly refuses what it doesn't know


def names_on(figure) -> list[str]:
    return [each.text for each in figure.layout.annotations]


def test_a_region_within_the_limits_is_named_only_when_it_is_viewed():
    frame = regions([20, 21, 19] * 4 + [60], [1e6] * 13)
    assert names_on(plot(frame)) == ["示例12县"]
    assert set(names_on(plot(frame, "r1"))) == {"示例1县", "示例12县"}


def test_outside_is_told_by_shape_and_word_beside_colour():
    figure = plot(regions([20, 21, 19] * 4 + [60], [1e6] * 13))
    marks = {trace.name: trace.marker.symbol for trace in figure.data if trace.mode == "markers"}
    assert marks["within"] == "circle" and marks["outside_99_8"] == "square"


def test_a_map_of_equal_regions_names_nobody():
    assert names_on(plot(regions([10] * 12, [1e6] * 12))) == []


def test_regions_without_any_event_stand_on_the_ground_of_a_plot_that_is_drawn():
    figure = plot(regions([0, 0, 0], [1e5, 2e5, 3e5]), "r1")
    assert figure.layout.yaxis.range[1] > 0
    assert names_on(figure) == ["示例1县"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 320)), min_size=1, max_size=40), st.integers(1, 40))
def test_no_name_hides_another_or_a_point(points, count):
    names = dict.fromkeys(range(min(count, len(points))), "示例名称县")
    placed = place_names(points, names, (620, 340))
    boxes = list(placed.values())
    for number, box in enumerate(boxes):
        assert box.left >= 0 and box.right <= 620 and box.top >= 0 and box.bottom <= 340
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
        assert not any(box.overlaps(Box(x - 6, y - 6, x + 6, y + 6)) for x, y in points)


def test_the_viewed_region_is_named_even_in_a_crowd():
    random = np.random.default_rng(3)
    frame = regions(random.poisson(5, 30), random.uniform(2e5, 6e5, 30))
    assert "示例7县" in names_on(plot(frame, "r7"))


def test_a_name_stands_beside_its_point_or_not_at_all():
    """Names 34 pixels away floated between the points of the US counties: nobody could tell whose they were."""
    placed = place_names(
        [(100.0 + 9 * step, 200.0) for step in range(12)], dict.fromkeys(range(12), "示例县"), (620, 340)
    )
    for number, box in placed.items():
        x, y = 100.0 + 9 * number, 200.0
        across = max(box.left - x, x - box.right, 0)
        down = max(box.top - y, y - box.bottom, 0)
        assert max(across, down) <= 14
