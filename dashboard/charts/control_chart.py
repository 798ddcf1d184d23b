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
    for edge, shown in (("upper", True), ("lower", False)):
        line = {"color": ground.muted, "width": 1.2, "dash": "3px,2px", "shape": "hv"}
        _add_line(figure, points, edge, words["limits"], line, shown)
    _add_line(figure, points, "centre", words["centre"], {"color": ground.muted, "width": 1.5, "shape": "hv"}, True)
    if target is not None:
        aim = points.assign(target=target)
        _add_line(figure, aim, "target", words["target"], {"color": colours[6], "width": 1.5, "dash": "dot"}, True)
    _add_line(figure, points, "value", words["value"], {"color": ground.muted, "width": 1.2}, False)
    for meaning in MEANINGS:
        own = points[points["meaning"] == meaning]
        if len(own):
            figure.add(
                "scatter",
                x=own["label"].tolist(),
                y=own["value"].tolist(),
                mode="markers",
                marker={"symbol": SHAPES[meaning], "size": SIZES[meaning], "color": inks[meaning]},
                name=words[meaning],
                hovertemplate="%{x}<br>%{y:.3~g}<extra></extra>",
            )
    labels = set(points["label"])
    mark_events(figure, [event for event in events if event[0] in labels], ground.muted)
    figure.update(
        height=height,
        xaxis={
            "type": "category",
            "nticks": LABELS_FIT // int(points["label"].str.len().max()),
            "categoryorder": "array",
            "categoryarray": points["label"].tolist(),
        },
        yaxis={"title": {"text": unit}, "rangemode": "normal"},
    )
    return figure


def _add_line(figure: Figure, points: pd.DataFrame, column: str, name: str, line: dict, shown: bool) -> None:
    figure.add(
        "scatter",
        x=points["label"].tolist(),
        y=points[column].tolist(),
        mode="lines",
        line=line,
        name=name,
        showlegend=shown,
        hoverinfo="skip",
    )
