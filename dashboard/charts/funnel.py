"""Funnel plot: each region's rate against its size, within the limits that chance alone would keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.charts.boxes import Box
from dashboard.charts.figure import Figure
from dashboard.formatting import width_of
from dashboard.palette import load_palette
from dashboard.statistics.funnels import average, rate_funnel, rate_labels

STEPS = 120
MARKS = {
    "within": ("not_significant", "not_applicable"),
    "outside_95": ("high_0_025", "low_0_025"),
    "outside_99_8": ("high_0_001", "low_0_001"),
}
SHAPES = {"within": "circle", "outside_95": "diamond", "outside_99_8": "square"}
SIZES = {"within": 8, "outside_95": 11, "outside_99_8": 12}
FONT = 13
MARGIN = (80, 112)
"""Pixels of the frame that axes and legend take, across and down."""
NEAR = (8, 14)
"""Pixels between a point and its name: a name farther off could be that of another point, and is left to the tooltip."""


def funnel_plot(
    regions: pd.DataFrame,
    *,
    words: Mapping[str, str],
    factor: float,
    theme: str,
    width: int,
    height: int,
    viewed: str | None = None,
) -> Figure:
    """Return regions as points between the 95 % and 99.8 % limits round the average of all.

    Parameters
    ----------
    regions : DataFrame
        Indexed by region: ``name, exposure, numerator, value``.
    words : mapping
        Words for ``average``, ``limits_95``, ``limits_99_8``, ``size``, ``rate`` and the marks: ``within``,
        ``outside_95``, ``outside_99_8``, ``viewed``.
    factor : float
        Rates are per this many of the exposure.
    width, height : int
        Pixels the figure is about as large as; names are placed for them.
    viewed : str, optional
        Region that is named wherever it lies. Others are named outside the limits only, the rest by the tooltip.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    centre = average(regions["numerator"], regions["exposure"])
    most = float(regions["exposure"].max()) * 1.05
    least = 0.0 if float(regions["exposure"].min()) * 2 < most else float(regions["exposure"].min()) * 0.9
    sizes = np.linspace(max(least, most / STEPS), most, STEPS)
    funnel = rate_funnel(np.append(sizes, float(regions["exposure"].min())), centre, factor)
    kinds = _kinds(regions, centre)
    figure = Figure()
    for limits, word, dash in ((funnel.limits_95, "limits_95", "dash"), (funnel.limits_99_8, "limits_99_8", "solid")):
        for edge, shown in ((limits.upper, True), (limits.lower, False)):
            figure.add(
                "scatter",
                x=sizes,
                y=edge[:-1],
                mode="lines",
                line={"color": ground.muted, "dash": dash, "width": 1.3},
                name=words[word],
                showlegend=shown,
                hoverinfo="skip",
            )
    figure.add(
        "scatter",
        x=[sizes[0], sizes[-1]],
        y=[centre * factor] * 2,
        mode="lines",
        line={"color": colours[1], "width": 1.3},
        name=words["average"],
        hoverinfo="skip",
    )
    highest = max(float(regions["value"].max()), float(np.nanmax(funnel.limits_99_8.upper[-1:])))
    top = 1.2 * highest or factor / most  # where nothing happened anywhere: as high as one case in the largest region
    _add_regions(figure, regions, kinds, words, viewed, theme)
    _name_regions(figure, regions, kinds, viewed, (most, top), (width, height), ground.text)
    figure.update_axes("y", range=[0, top])
    figure.update(
        height=height,
        xaxis={"title": {"text": words["size"]}, "tickformat": ","},
        yaxis={"title": {"text": words["rate"]}},
    )
    return figure


def place_names(
    points: Sequence[tuple[float, float]], names: Mapping[int, str], frame: tuple[float, float]
) -> dict[int, Box]:
    """Return where the names of some points stand, so that none hides another or a point; one without room is left out.

    Parameters
    ----------
    points : sequence of (x, y)
        All points in pixels, y downwards.
    names : mapping of int to str
        Number of a point → its name; earlier ones choose their place first.
    frame : (float, float)
        Width and height in pixels.
    """
    marks = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    placed: dict[int, Box] = {}
    for number, name in names.items():
        x, y = points[number]
        wide = FONT * width_of(name)
        tall = FONT * 1.3
        for step in NEAR:
            corners = (
                (x - wide / 2, y - step - tall),
                (x - wide / 2, y + step),
                (x + step, y - tall / 2),
                (x - step - wide, y - tall / 2),
            )
            boxes = [Box(left, top, left + wide, top + tall) for left, top in corners]
            free = [
                box
                for box in boxes
                if box.left >= 0
                and box.top >= 0
                and box.right <= frame[0]
                and box.bottom <= frame[1]
                and not any(box.overlaps(other) for other in (*marks, *placed.values()))
            ]
            if free:
                placed[number] = free[0]
                break
    return placed


def _kinds(regions: pd.DataFrame, centre: float) -> list[str]:
    """Return how far each region lies from the average: a key of ``MARKS``."""
    labels = rate_labels(regions["numerator"], regions["exposure"], centre)
    kind_of = {label: kind for kind, own in MARKS.items() for label in own}
    return [kind_of[label] for label in labels.tolist()]


def _add_regions(
    figure: Figure,
    regions: pd.DataFrame,
    kinds: Sequence[str],
    words: Mapping[str, str],
    viewed: str | None,
    theme: str,
) -> None:
    palette = load_palette()
    colours, ground = palette.categorical(theme), palette.ground_of(theme)
    names, exposure, value = (regions[column].tolist() for column in ("name", "exposure", "value"))
    for number, kind in enumerate(MARKS):
        own = [place for place, each in enumerate(kinds) if each == kind]
        if not own:
            continue
        figure.add(
            "scatter",
            x=[exposure[place] for place in own],
            y=[value[place] for place in own],
            mode="markers",
            text=[names[place] for place in own],
            marker={"size": SIZES[kind], "symbol": SHAPES[kind], "color": colours[0 if number == 0 else 3]},
            name=words[kind],
            hovertemplate="%{text}<br>%{y:.2f}<extra></extra>",
        )
    if viewed in regions.index:
        place = regions.index.get_loc(viewed)
        figure.add(
            "scatter",
            x=[exposure[place]],
            y=[value[place]],
            mode="markers",
            marker={"size": 17, "symbol": "circle-open", "color": ground.text, "line": {"width": 2}},
            name=words["viewed"],
            hoverinfo="skip",
        )


def _name_regions(
    figure: Figure,
    regions: pd.DataFrame,
    kinds: Sequence[str],
    viewed: str | None,
    most: tuple[float, float],
    size: tuple[int, int],
    ink: str,
) -> None:
    frame = (size[0] - MARGIN[0], size[1] - MARGIN[1])
    names, exposure, value = (regions[column].tolist() for column in ("name", "exposure", "value"))
    points = [
        (float(x) / most[0] * frame[0], (1 - float(y) / most[1]) * frame[1])
        for x, y in zip(exposure, value, strict=True)
    ]
    codes = regions.index.tolist()
    order = {"outside_99_8": 1, "outside_95": 2}
    named = [number for number, code in enumerate(codes) if code == viewed or kinds[number] in order]
    named.sort(key=lambda number: (codes[number] != viewed, order.get(kinds[number], 3)))
    for number, box in place_names(points, {each: str(names[each]) for each in named}, frame).items():
        x, y = points[number]
        figure.add_note(
            x=float(exposure[number]),
            y=float(value[number]),
            text=str(names[number]),
            xshift=(box.left + box.right) / 2 - x,
            yshift=y - (box.top + box.bottom) / 2,
            font={"size": FONT, "color": ink},
        )
