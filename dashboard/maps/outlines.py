"""Regions as plain outlines in a unit frame, for maps that are drawn without a map engine (wall, printed hand-outs)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

SCREEN_PIXELS = 2000
"""Borders move by at most this part of the map's width when they are simplified."""
GRID_DEGREES = 1e-5
"""Shapes are written to about one metre."""


@dataclass(frozen=True)
class Outline:
    """One region: rings of points and where its name stands, with x to the right and y downwards.

    The longer side of all regions together measures 1; the shorter one is centred on 0.5.
    """

    code: str
    rings: tuple[np.ndarray, ...]
    x: float
    y: float
    width: float
    """Of the region, to judge whether a name fits."""


def simplified(shapes: np.ndarray) -> np.ndarray:
    """Return shapes with the detail a screen can show, still without gaps or overlaps between neighbours.

    Borders move by at most a ``SCREEN_PIXELS``-th of the whole map's width (Visvalingam–Whyatt on the coverage).
    """
    if len(shapes) == 0:
        return shapes
    west, south, east, north = shapely.total_bounds(shapes)
    tolerance = max(east - west, north - south) / SCREEN_PIXELS
    return shapely.set_precision(shapely.coverage_simplify(shapes, tolerance), GRID_DEGREES, mode="pointwise")


def outlines(regions: pd.Series) -> tuple[Outline, ...]:
    """Return the regions as outlines, true to shape around their middle latitude.

    Parameters
    ----------
    regions : Series
        Polygons in degrees, by region code.
    """
    shapes = simplified(regions.to_numpy())
    if len(shapes) == 0:
        return ()
    west, south, east, north = shapely.total_bounds(shapes)
    shrink = math.cos(math.radians((south + north) / 2))
    across, down = (east - west) * shrink, north - south
    size = max(across, down, 1e-12)
    left, top = (size - across) / 2, (size - down) / 2

    def placed(points: np.ndarray) -> np.ndarray:
        x = ((points[:, 0] - west) * shrink + left) / size
        y = ((north - points[:, 1]) + top) / size
        return np.column_stack([x, y])

    drawn = []
    for code, shape in zip(regions.index, shapes, strict=True):
        parts = shapely.get_parts(shape)
        rings = [ring for part in parts for ring in shapely.get_rings(part)]
        centre = placed(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
        bounds = shapely.bounds(shape)
        drawn.append(
            Outline(
                code=str(code),
                rings=tuple(placed(shapely.get_coordinates(ring)) for ring in rings),
                x=float(centre[0]),
                y=float(centre[1]),
                width=float((bounds[2] - bounds[0]) * shrink / size),
            )
        )
    return tuple(drawn)
