"""Regions coloured by a value (MapLibre choropleth; the shapes come by address, not with the figure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    ramp = palette.sequential(theme)
    figure = Figure()
    codes, values, hover = regions.index.tolist(), regions["value"].tolist(), regions["hover"].tolist()
    is_known = regions["value"].notna().tolist()
    known = [place for place, is_one in enumerate(is_known) if is_one]
    unknown = [place for place, is_one in enumerate(is_known) if not is_one]
    _add_unknown(figure, [codes[place] for place in unknown], [hover[place] for place in unknown], geometry, theme)
    figure.add(
        "choroplethmap",
        geojson=geometry,
        locations=[codes[place] for place in known],
        z=[values[place] for place in known],
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
        **_polygon([hover[place] for place in known], palette.ground_of(theme).card),
    )
    ink = palette.grade_of("insufficient").ink(theme).text
    span = scale.high - scale.low
    labels = [
        _readable_on(_ramp_colour(ramp, (value - scale.low) / span)) if is_one else ink
        for value, is_one in zip(values, is_known, strict=True)
    ]
    return _finished(figure, regions, style, view, theme, height, labels)


def _add_unknown(figure: Figure, codes: Sequence[str], hover: Sequence[str], geometry: str, theme: str) -> None:
    if not codes:
        return
    ink = load_palette().grade_of("insufficient").ink(theme)
    figure.add(
        "choroplethmap",
        geojson=geometry,
        locations=codes,
        z=[0.0] * len(codes),
        colorscale=[[0, ink.fill], [1, ink.fill]],
        showscale=False,
        **_polygon(hover, ink.outline),
    )


def _ramp_colour(ramp: Sequence[str], place: float) -> str:
    return ramp[round(min(max(place, 0.0), 1.0) * (len(ramp) - 1))]


@lru_cache(maxsize=64)
def _readable_on(ground: str) -> str:
    """Return the label colour, of the two themes' texts, that stands out most on ``ground``."""
    palette = load_palette()
    return max((palette.ground_of(theme).text for theme in ("light", "dark")), key=lambda ink: contrast(ink, ground))


def _polygon(hover: Sequence[str], outline: str) -> dict:
    """Return what all polygons share: hover text, outline, and no fading of the others after a click."""
    return {
        "hovertext": hover,
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
    placed = (regions["lon"].notna() & regions["lat"].notna()).tolist()
    if 0 < sum(placed) <= MAX_LABELS:
        names, lon, lat = (regions[column].tolist() for column in ("name", "lon", "lat"))
        for colour in dict.fromkeys(label_colours):
            own = [place for place, used in enumerate(label_colours) if used == colour and placed[place]]
            figure.add(
                "scattermap",
                lon=[lon[place] for place in own],
                lat=[lat[place] for place in own],
                mode="text",
                text=["<br>".join(wrap(names[place], LABEL_LETTERS, break_long_words=False)) for place in own],
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
