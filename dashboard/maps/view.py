"""Where a map looks: centre and zoom that fit a region's shapes into a frame of given size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

TILE = 512
"""Pixels that the whole equator takes at zoom 0 (MapLibre and deck.gl)."""
MARGIN = 0.94
MAX_ZOOM = 16.0


@dataclass(frozen=True)
class MapView:
    """Centre in degrees and zoom of a web map."""

    lon: float
    lat: float
    zoom: float


def view_of(bounds: tuple[float, float, float, float], width: int, height: int) -> MapView:
    """Return the view that shows ``bounds`` as large as the frame allows.

    Parameters
    ----------
    bounds : (west, south, east, north)
        Degrees.
    width, height : int
        Pixels of the frame.

    Raises
    ------
    ValueError
        When a bound is not a number, as for a region without shapes.
    """
    west, south, east, north = bounds
    if not all(math.isfinite(bound) for bound in bounds):
        raise ValueError(f"Can't look at bounds {bounds!r}: the region has no shapes.")
    left, right = west / 360, east / 360
    top, bottom = _mercator(north), _mercator(south)
    across, down = max(right - left, 1e-9), max(bottom - top, 1e-9)
    zoom = min(math.log2(width * MARGIN / TILE / across), math.log2(height * MARGIN / TILE / down), MAX_ZOOM)
    return MapView(lon=(west + east) / 2, lat=_latitude((top + bottom) / 2), zoom=zoom)


def _mercator(latitude: float) -> float:
    """Return the share of the world from the north edge (web Mercator)."""
    return 0.5 - math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)


def _latitude(share: float) -> float:
    return float(np.degrees(2 * np.arctan(np.exp((0.5 - share) * 2 * np.pi)) - np.pi / 2))
