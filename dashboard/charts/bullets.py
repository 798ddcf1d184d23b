"""Bullet charts: what was spent as a bar within what was planned; and counts by step of a scale."""

from __future__ import annotations

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.palette import load_palette


def bullets(frame: pd.DataFrame, *, words: dict[str, str], unit: str, theme: str, height: int) -> Figure:
    """Return for each row a wide bar of what was planned and a narrow one of what was spent, with the text at its end.

    Parameters
    ----------
    frame : DataFrame
        ``label, planned, spent, text``, the first row on top; what is not known leaves its bar out.
    words : mapping
        Words for ``planned`` and ``spent``.
    unit : str
        Title of the horizontal axis.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    ordered = frame.iloc[::-1]
    figure = Figure()
    figure.add(
        "bar",
        x=ordered["planned"],
        y=ordered["label"],
        orientation="h",
        width=0.72,
        marker={"color": ground.raised, "line": {"color": ground.muted, "width": 1.5}},
        name=words["planned"],
        text=ordered["text"],
        textposition="outside",
        textfont={"color": ground.text},
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.add(
        "bar",
        x=ordered["spent"],
        y=ordered["label"],
        orientation="h",
        width=0.32,
        marker={"color": colours[0]},
        name=words["spent"],
        hoverinfo="skip",
    )
    figure.update(
        height=height,
        barmode="overlay",
        margin={"r": 96},
        xaxis={"title": {"text": unit}, "tickformat": ","},
    )
    return figure


def steps(frame: pd.DataFrame, *, unit: str, theme: str, height: int) -> Figure:
    """Return a bar for each step of a scale, in order, coloured and hatched by group.

    Parameters
    ----------
    frame : DataFrame
        ``label, value, group`` in the order of the scale.
    unit : str
        Title of the vertical axis.
    """
    colours = load_palette().categorical(theme)
    figure = Figure()
    for number, (group, own) in enumerate(frame.groupby("group", sort=False)):
        figure.add(
            "bar",
            x=own["label"],
            y=own["value"],
            name=str(group),
            marker={
                "color": colours[number % len(colours)],
                "pattern": {
                    "shape": ("", "/", ".")[number % 3],
                    "fgcolor": "rgba(255,255,255,0.55)",
                    "fillmode": "overlay",
                },
            },
            text=own["value"].map(lambda value: f"{value:,.0f}"),
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    figure.update(height=height, bargap=0.2, yaxis={"title": {"text": unit}, "tickformat": ","})
    figure.update_axes("x", type="category")
    return figure
