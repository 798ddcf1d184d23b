"""Control chart: points in their limits, marked by what they mean in colour and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.time_series import mark_events
from dashboard.palette import load_palette

MEANINGS = ("common_cause", "improvement", "concern", "neutral")
SHAPES = {"common_cause": "circle", "improvement": "circle", "concern": "square", "neutral": "hexagon"}
SIZES = {"common_cause": 6, "improvement": 10, "concern": 10, "neutral": 10}
LABELS_FIT = 84
"""Signs that the labels of the axis may have together: twelve months, eight days."""


def control_chart(
    points: pd.DataFrame,
    *,
    words: Mapping[str, str],
    unit: str,
    theme: str,
    height: int,
    target: float | None = None,
    events: Sequence[tuple[str, str]] = (),
) -> Figure:
    """Return values in time order with their centre and limits.

    Parameters
    ----------
    points : DataFrame
        ``label, value, centre, lower, upper, meaning``.
    words : mapping
        Words for ``value``, ``centre``, ``limits``, ``target`` and each meaning.
    unit : str
        Title of the vertical axis.
    target : float, optional
        Drawn as a dashed line.
    events : sequence of (label, sign)
        Drawn as vertical lines where a point has the label.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    inks = dict(zip(MEANINGS, (ground.muted, ground.accent, colours[3], colours[2]), strict=True))
    figure = Figure()
    label, value, meaning = (points[column].tolist() for column in ("label", "value", "meaning"))

    def add_line(y: list, name: str, line: dict, shown: bool) -> None:
        figure.add("scatter", x=label, y=y, mode="lines", line=line, name=name, showlegend=shown, hoverinfo="skip")

    for edge, shown in (("upper", True), ("lower", False)):
        line = {"color": ground.muted, "width": 1.2, "dash": "3px,2px", "shape": "hv"}
        add_line(points[edge].tolist(), words["limits"], line, shown)
    centre = {"color": ground.muted, "width": 1.5, "shape": "hv"}
    add_line(points["centre"].tolist(), words["centre"], centre, True)
    if target is not None:
        add_line([target] * len(points), words["target"], {"color": colours[6], "width": 1.5, "dash": "dot"}, True)
    add_line(value, words["value"], {"color": ground.muted, "width": 1.2}, False)
    for each in MEANINGS:
        own = [place for place, said in enumerate(meaning) if said == each]
        if own:
            figure.add(
                "scatter",
                x=[label[place] for place in own],
                y=[value[place] for place in own],
                mode="markers",
                marker={"symbol": SHAPES[each], "size": SIZES[each], "color": inks[each]},
                name=words[each],
                hovertemplate="%{x}<br>%{y:.3~g}<extra></extra>",
            )
    mark_events(figure, [event for event in events if event[0] in label], ground.muted)
    figure.update(
        height=height,
        xaxis={
            "type": "category",
            "nticks": LABELS_FIT // max(map(len, label)),
            "categoryorder": "array",
            "categoryarray": label,
        },
        yaxis={"title": {"text": unit}, "rangemode": "normal"},
    )
    return figure
