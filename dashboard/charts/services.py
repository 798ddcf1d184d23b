"""Coverage by month as lines near 100 %, and counts by month as bars, each kind on a scale of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dashboard.charts.figure import Figure, panel_layout
from dashboard.palette import load_palette

DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
"""Lines differ by dash and mark, not by colour alone."""


def coverage_lines(series: pd.DataFrame, *, names: Mapping[str, str], unit: str, theme: str, height: int) -> Figure:
    """Return one line of shares per indicator, in percent.

    Parameters
    ----------
    series : DataFrame
        ``indicator, period_start, value`` (0 … 1); missing values leave gaps.
    names : mapping
        Indicator → word, in the order drawn.
    unit : str
        Title of the vertical axis.
    """
    colours = load_palette().categorical(theme)
    figure = Figure()
    for number, (key, word) in enumerate(names.items()):
        own = series[series["indicator"] == key].sort_values("period_start")
        figure.add(
            "scatter",
            x=own["period_start"],
            y=own["value"] * 100,
            mode="lines+markers",
            line={"color": colours[number % len(colours)], "width": 2, "dash": DASHES[number % len(DASHES)]},
            marker={"size": 7, "symbol": SYMBOLS[number % len(SYMBOLS)]},
            name=word,
            connectgaps=False,
        )
    known = series["value"].dropna()
    low = float(known.min()) * 100 if len(known) else 0.0
    figure.update(height=height, hovermode="x unified", yaxis={"title": {"text": unit}})
    # The scale begins near the lowest value: from nought, all lines would lie on the top edge.
    figure.update_axes("y", range=[max(0.0, low - max(0.5, (100 - low) * 0.3)), 100 + max(0.1, (100 - low) * 0.12)])
    figure.update_axes("x", tickformat="%Y-%m", hoverformat="%Y-%m")
    return figure


def monthly_bars(counts: pd.DataFrame, *, names: Mapping[str, str], theme: str, height: int) -> Figure:
    """Return bars by month, one panel per kind with its own scale.

    Parameters
    ----------
    counts : DataFrame
        ``measure, period_start, value``.
    names : mapping
        Measure → heading of its panel, in the order drawn.
    """
    colours = load_palette().categorical(theme)
    figure = Figure(panel_layout(list(names.values()), max(len(names), 1), horizontal_spacing=0.1))
    for number, key in enumerate(names):
        own = counts[counts["measure"] == key].sort_values("period_start")
        figure.add(
            "bar",
            x=own["period_start"],
            y=own["value"],
            marker={"color": colours[number % len(colours)]},
            name=names[key],
            showlegend=False,
            panel=number,
        )
    figure.update(height=height, margin={"t": 28}, bargap=0.3)
    figure.update_axes("x", tickformat="%Y-%m", hoverformat="%Y-%m", nticks=4)
    figure.update_axes("y", tickformat=",")
    return figure
