"""How many regions had each grade, month by month."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.palette import GRADES, load_palette

HATCHES = {"none": "", "diagonal": "/", "dots": "."}


def grade_months(counts: pd.DataFrame, *, words: Mapping[str, str], unit: str, theme: str, height: int) -> Figure:
    """Return stacked bars of the regions of each grade, red at the bottom.

    Parameters
    ----------
    counts : DataFrame
        Indexed by month, a column per grade.
    words : mapping
        Word of each grade.
    unit : str
        Title of the vertical axis.
    """
    palette = load_palette()
    figure = Figure()
    for grade in (each for each in ("red", "yellow", "blue", "insufficient") if each in GRADES and each in counts):
        drawn = palette.grade_of(grade)
        ink = drawn.ink(theme)
        figure.add(
            "bar",
            x=[str(month) for month in counts.index],
            y=counts[grade].tolist(),
            name=f"{drawn.shape} {words[grade]}",
            marker={
                "color": ink.fill,
                "line": {"color": ink.outline, "width": 1},
                **_pattern(HATCHES[drawn.hatch], ink.fill, ink.text),
            },
            hovertemplate=f"%{{x}}<br>{words[grade]} %{{y}}<extra></extra>",
        )
    figure.update(
        barmode="stack",
        bargap=0.25,
        height=height,
        yaxis={"title": {"text": unit}, "dtick": None},
        xaxis={"type": "category", "tickangle": -45},
    )
    return figure


def _pattern(shape: str, fill: str, ink: str) -> dict:
    if not shape:
        return {}
    return {"pattern": {"shape": shape, "bgcolor": fill, "fgcolor": ink, "size": 8, "solidity": 0.12}}
