"""Regions coloured by a value (MapLibre choropleth; the shapes come by address, not with the figure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.maps.view import MapView
from dashboard.palette import contrast, load_palette

LABEL_SIZE = 14
LABEL_LETTERS = 12
"""Letters of a name before it goes on in a second line, at a space: a long name on one line hides its neighbour's."""
FEW_REGIONS = 8
"""Below this many regions quartiles say nothing about extremes."""
MAX_LABELS = 40
"""Above this many regions labels would hide each other; the list beside the map names them."""


@dataclass(frozen=True)
class ColourScale:
    """What the colours of a value map mean."""

    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    tick_texts: tuple[str, ...]


def robust_limits(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of a colour scale: the extremes, or the outer fences where some values lie far beyond the rest.

    The fences lie three times the distance of the quartiles outside them (Tukey 1977, "far out"); the ends are then the
    outermost values within. Few regions, and quartiles that are alike, keep the extremes.

    Parameters
    ----------
    values : ndarray
        At least one, none missing.

    Examples
    --------
    >>> robust_limits(np.array([0.0, 1, 2, 3, 4, 5, 6, 100]))
    (0.0, 6.0)
    """
    first, third = np.quantile(values, [0.25, 0.75])
    if len(values) < FEW_REGIONS or third == first:
        return float(values.min()), float(values.max())
    reach = 3 * (third - first)
    within = values[(values >= first - reach) & (values <= third + reach)]
    return float(within.min()), float(within.max())


def choropleth(
    regions: pd.DataFrame,
    *,
    geometry: str,
    style: str,
    view: MapView,
    scale: ColourScale,
    theme: str,
    height: int,
) -> Figure:
    """Return regions coloured by ``value``; regions without one are drawn as too little data.

    Parameters
    ----------
    regions : DataFrame
        Indexed by ``region_code``; columns ``name, value, hover, lon, lat``.
    geometry, style : str
        Addresses of the shapes and of the map's ground.
    view : MapView
    scale : ColourScale
    theme : {"light", "dark"}
    height : int
        Pixels.
    """
    palette = load_palette()
    known = regions[regions["value"].notna()]
    ramp = palette.sequential(theme)
    figure = Figure()
    _add_unknown(figure, regions[regions["value"].isna()], geometry, theme)
    figure.add(
        "choroplethmap",
        geojson=geometry,
        locations=known.index.tolist(),
        z=known["value"].tolist(),
        zmin=scale.low,
        zmax=scale.high,
        colorscale=[[place / (len(ramp) - 1), colour] for place, colour in enumerate(ramp)],
        colorbar={
            "title": {"text": scale.title, "side": "top"},
            "tickvals": list(scale.ticks),
            "ticktext": list(scale.tick_texts),
            "orientation": "h",
            "x": 0.02,
            "xanchor": "left",
            "y": 0.02,
            "yanchor": "bottom",
            "len": 0.2,
            "thickness": 12,
            "outlinewidth": 0,
        },
        **_polygon(known["hover"], palette.ground_of(theme).card),
    )
    labels = [
        _readable_on(_ramp_colour(ramp, (value - scale.low) / (scale.high - scale.low))) for value in known["value"]
    ]
    colours = dict(zip(known.index, labels, strict=True))
    ink = palette.grade_of("insufficient").ink(theme).text
    return _finished(figure, regions, style, view, theme, height, [colours.get(code, ink) for code in regions.index])


def _add_unknown(figure: Figure, unknown: pd.DataFrame, geometry: str, theme: str) -> None:
    if unknown.empty:
        return
    ink = load_palette().grade_of("insufficient").ink(theme)
    figure.add(
        "choroplethmap",
        geojson=geometry,
        locations=unknown.index.tolist(),
        z=[0.0] * len(unknown),
        colorscale=[[0, ink.fill], [1, ink.fill]],
        showscale=False,
        **_polygon(unknown["hover"], ink.outline),
    )


def _ramp_colour(ramp: Sequence[str], place: float) -> str:
    return ramp[round(min(max(place, 0.0), 1.0) * (len(ramp) - 1))]


def _readable_on(ground: str) -> str:
    """Return the label colour, of the two themes' texts, that stands out most on ``ground``."""
    palette = load_palette()
    return max((palette.ground_of(theme).text for theme in ("light", "dark")), key=lambda ink: contrast(ink, ground))


def _polygon(hover: pd.Series, outline: str) -> dict:
    """Return what all polygons share: hover text, outline, and no fading of the others after a click."""
    return {
        "hovertext": hover.tolist(),
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"line": {"color": outline, "width": 1.2}, "opacity": 0.92},
        "selected": {"marker": {"opacity": 0.92}},
        "unselected": {"marker": {"opacity": 0.92}},
    }


def _finished(
    figure: Figure,
    regions: pd.DataFrame,
    style: str,
    view: MapView,
    theme: str,
    height: int,
    label_colours: Sequence[str],
) -> Figure:
    placed = regions[regions["lon"].notna() & regions["lat"].notna()]
    if 0 < len(placed) <= MAX_LABELS:
        for colour in dict.fromkeys(label_colours):
            same = [code for code, used in zip(regions.index, label_colours, strict=True) if used == colour]
            own = [code for code in same if code in placed.index]
            rows = placed.loc[own]
            figure.add(
                "scattermap",
                lon=rows["lon"].tolist(),
                lat=rows["lat"].tolist(),
                mode="text",
                text=["<br>".join(wrap(name, LABEL_LETTERS, break_long_words=False)) for name in rows["name"]],
                textfont={"size": LABEL_SIZE, "color": colour},
                hoverinfo="skip",
                showlegend=False,
            )
    figure.update(
        map={"style": style, "center": {"lon": view.lon, "lat": view.lat}, "zoom": view.zoom},
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        clickmode="event+select",
        dragmode="pan",
        uirevision=f"{view.lon:.4f},{view.lat:.4f}",
    )
    return figure
