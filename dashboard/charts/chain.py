"""The chain in two pictures: how many disputes reach each step, and how far each step lies from the rest of the city."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.palette import load_palette


def width_figure(steps: pd.DataFrame, *, unit: str, theme: str, height: int) -> Figure:
    """Return one horizontal bar a step, as wide as the disputes that reached it.

    Parameters
    ----------
    steps : DataFrame
        ``label, count, text``, in the order of the chain.
    unit : str
        Title of the horizontal axis.
    """
    palette = load_palette()
    ground = palette.ground_of(theme)
    figure = Figure()
    figure.add(
        "bar",
        x=steps["count"],
        y=steps["label"],
        orientation="h",
        marker={"color": palette.categorical(theme)[0]},
        text=steps["text"],
        textposition="outside",
        textfont={"color": ground.text},
        cliponaxis=False,
        hoverinfo="skip",
    )
    most = steps["count"].max()
    figure.update(height=height, bargap=0.3, xaxis={"title": {"text": unit}})
    figure.update_axes("x", range=[0, float(most) * 1.35 if most > 0 else 1])
    figure.update_axes("y", autorange="reversed")
    return figure


def difference_figure(steps: pd.DataFrame, *, words: Mapping[str, str], unit: str, theme: str, height: int) -> Figure:
    """Return one point a step with its interval, against a line that stands for the rest of the city.

    Parameters
    ----------
    steps : DataFrame
        ``label, difference, lower, upper`` in percentage points and ``verdict`` (worse, better, alike), in the order of
        the chain.
    words : mapping
        Words for the verdicts.
    unit : str
        Title of the horizontal axis.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    # Filled or open tells what is beyond chance without colour; the word stands in the legend.
    marks = {"worse": ("diamond", colours[1]), "alike": ("circle-open", ground.muted), "better": ("square", colours[0])}
    figure = Figure()
    for verdict, (symbol, colour) in marks.items():
        own = steps[steps["verdict"] == verdict]
        if own.empty:
            continue
        figure.add(
            "scatter",
            x=own["difference"],
            y=own["label"],
            mode="markers",
            marker={"symbol": symbol, "size": 13, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": own["upper"] - own["difference"],
                "arrayminus": own["difference"] - own["lower"],
                "color": colour,
                "thickness": 2,
                "width": 6,
            },
            name=words[verdict],
            hoverinfo="skip",
        )
    figure.add_line(x0=0, x1=0, xref="x", y0=0, y1=1, yref="y domain", line={"color": ground.text, "width": 1.5})
    figure.update(height=height, xaxis={"title": {"text": unit}, "showgrid": True})
    figure.update_axes("y", categoryorder="array", categoryarray=steps["label"].tolist()[::-1])
    return figure
