"""A layered map in deck.gl: outlines of regions, incidents as density or points, stations and teams."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pydeck as pdk

from dashboard.maps.view import MapView
from dashboard.palette import load_palette
from data_access.local_rules import FACILITY_KINDS

CELL_SHARE = 40
"""A density cell is this fraction of the map's width."""


@dataclass(frozen=True)
class MapLayers:
    """What to draw over the outlines; empty frames draw nothing.

    Parameters
    ----------
    density : DataFrame
        Columns ``west, south, count``; squares of ``cell_degrees`` that hold the count of incidents.
    points : DataFrame
        Columns ``lon, lat, label``.
    facilities : DataFrame
        Columns ``lon, lat, kind, label``.
    """

    density: pd.DataFrame = field(default_factory=pd.DataFrame)
    cell_degrees: float = 0.0
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)


class CompactDeck(pdk.Deck):
    """A deck written without the indentation that pydeck adds (a fifth of the size)."""

    def to_json(self) -> str:
        """Return the deck as one line of JSON."""
        return json.dumps(json.loads(super().to_json()), ensure_ascii=False, separators=(",", ":"))


def layered_map(geometry: str, view: MapView, layers: MapLayers, theme: str) -> pdk.Deck:
    """Return outlines from ``geometry`` (an address) with ``layers`` over them; no ground map, no outside request."""
    palette = load_palette()
    ground = palette.ground_of(theme)
    drawn = [
        pdk.Layer(
            "GeoJsonLayer",
            id="outlines",
            data=geometry,
            filled=True,
            stroked=True,
            get_fill_color=[*_rgb(ground.raised), 255],
            get_line_color=[*_rgb(ground.muted), 200],
            line_width_min_pixels=1,
            pickable=False,
        )
    ]
    if len(layers.density):
        drawn.append(_density(layers, palette.sequential(theme)))
    if len(layers.points):
        drawn.append(_scatter("incidents", layers.points, incident_colour(theme), 5))
    for kind in layers.facilities["kind"].unique().tolist() if len(layers.facilities) else []:
        own = layers.facilities[layers.facilities["kind"] == kind]
        drawn.append(_scatter(f"facility-{kind}", own, facility_colour(kind, theme), _facility_radius(kind)))
    return CompactDeck(
        layers=drawn,
        initial_view_state=pdk.ViewState(longitude=view.lon, latitude=view.lat, zoom=view.zoom),
        map_provider=None,
        tooltip={"text": "{label}"},
        parameters={"depthTest": False},
    )


def cell_side(bounds: tuple[float, float, float, float]) -> float:
    """Return the side of a density cell in degrees."""
    return max((bounds[2] - bounds[0]) / CELL_SHARE, 1e-4)


def facility_colour(kind: str, theme: str) -> str:
    """Return the colour of a kind of place, as legend and map draw it."""
    colours = load_palette().categorical(theme)
    place = FACILITY_KINDS.index(kind) if kind in FACILITY_KINDS else len(FACILITY_KINDS)
    return colours[(place + 1) % len(colours)]


def _facility_radius(kind: str) -> int:
    """Return the radius of a kind of place in pixels: kinds differ by size, too, not by colour alone."""
    place = FACILITY_KINDS.index(kind) if kind in FACILITY_KINDS else len(FACILITY_KINDS)
    return max(8 - 2 * place, 4)


def incident_colour(theme: str) -> str:
    """Return the colour of incidents drawn as points."""
    return load_palette().categorical(theme)[0]


def _density(layers: MapLayers, ramp: tuple[str, ...]) -> pdk.Layer:
    cells = layers.density
    steps = pd.qcut(cells["count"].rank(method="first"), q=min(len(ramp), len(cells)), labels=False)
    side = layers.cell_degrees
    rows: list[dict[str, Any]] = [
        {
            "polygon": [[west, south], [west + side, south], [west + side, south + side], [west, south + side]],
            "fill": [*_rgb(ramp[int(step)]), 190],
            "label": str(int(count)),
        }
        for west, south, count, step in zip(cells["west"], cells["south"], cells["count"], steps, strict=True)
    ]
    return pdk.Layer(
        "PolygonLayer",
        id="density",
        data=rows,
        get_polygon="polygon",
        get_fill_color="fill",
        stroked=False,
        pickable=True,
    )


def _scatter(name: str, places: pd.DataFrame, colour: str, radius: int) -> pdk.Layer:
    return pdk.Layer(
        "ScatterplotLayer",
        id=name,
        data=places[["lon", "lat", "label"]].to_dict("records"),
        get_position=["lon", "lat"],
        get_fill_color=[*_rgb(colour), 220],
        radius_min_pixels=radius,
        radius_max_pixels=radius,
        stroked=True,
        get_line_color=[255, 255, 255, 230],
        line_width_min_pixels=1,
        pickable=True,
    )


def _rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
