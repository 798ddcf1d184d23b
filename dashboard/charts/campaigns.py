"""Alarms by month before and during a campaign, with the mean month of each and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.time_series import faint, mark_events
from dashboard.palette import load_palette


def before_and_during(
    months: pd.DataFrame,
    phases: Sequence[tuple[str, pd.Timestamp, pd.Timestamp, float, float, float]],
    *,
    began: pd.Timestamp,
    words: Mapping[str, str],
    theme: str,
    height: int,
) -> Figure:
    """Return counts by month; over each phase its mean month as a line in the band of its interval.

    Parameters
    ----------
    months : DataFrame
        ``month`` (first day), ``alarms``.
    phases : sequence of (name, first day, last day, mean month, lower, upper)
        Name ``before`` or ``during``.
    began : Timestamp
        Drawn as a vertical line.
    words : mapping
        Words for ``alarms``, ``before``, ``during`` and ``began``.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    inks = {"before": ground.muted, "during": colours[0]}
    figure = Figure()
    for name, first, last, mean, lower, upper in phases:
        figure.add(
            "scatter",
            x=[first, last, last, first],
            y=[lower, lower, upper, upper],
            fill="toself",
            fillcolor=faint(inks[name], 0.3),
            mode="none",
            hoverinfo="skip",
            showlegend=False,
        )
        line = {"color": inks[name], "width": 2.5, "dash": "solid" if name == "during" else "dash"}
        figure.add("scatter", x=[first, last], y=[mean, mean], mode="lines", line=line, name=words[name])
    figure.add(
        "scatter",
        x=months["month"],
        y=months["alarms"],
        mode="lines+markers",
        line={"color": ground.muted, "width": 1},
        marker={"size": 4},
        name=words["alarms"],
    )
    mark_events(figure, [(began, words["began"])], ground.muted)
    figure.update(height=height, hovermode="x")
    figure.update_axes("x", tickformat="%Y-%m", hoverformat="%Y-%m", nticks=6)
    return figure
