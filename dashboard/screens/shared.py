"""What several screens of one viewer show, worked out once for all of them: figures of regions, and their shapes."""

from __future__ import annotations

from datetime import date

import pandas as pd
import shapely

from dashboard.context import Context
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.evaluate import values
from dashboard.maps.outlines import Outline, outlines
from dashboard.memory import recalled
from data_access.queries import SnapshotReader

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def last_day(reader: SnapshotReader, context: Context) -> date:
    """Return the last day of the period that the data speak of."""
    return min(context.period.end, reader.snapshot().data_through)


def shared_values(
    reader: SnapshotReader, context: Context, indicator: Indicator, codes: tuple[str, ...]
) -> pd.DataFrame:
    """Return one indicator of regions at the context's period; see :func:`dashboard.indicators.evaluate.values`.

    A region and each of its neighbours list the same regions, on the overview, the map and the ranking.
    """
    viewer, period = context.viewer, context.period
    key = ("values", viewer, indicator.id, codes, period)
    return recalled(reader, key, lambda: values(reader, viewer, indicator, list(codes), period))


def shared_shapes(
    reader: SnapshotReader, context: Context, codes: tuple[str, ...]
) -> tuple[pd.DataFrame, Bounds | None]:
    """Return a point within each region that has a shape (``lon, lat``), and the bounds of all."""

    def read() -> tuple[pd.DataFrame, Bounds | None]:
        shapes = reader.shapes(context.viewer, codes)
        points = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()))
        centres = pd.DataFrame(points, columns=["lon", "lat"], index=shapes.index)
        return centres, _bounds_of(shapes)

    return recalled(reader, ("shapes", context.viewer, codes), read)


def _bounds_of(shapes: pd.Series) -> Bounds | None:
    """Return the bounds of polygons; None without any."""
    if shapes.empty:
        return None
    west, south, east, north = shapely.total_bounds(shapes.to_numpy()).tolist()
    return west, south, east, north


def shared_outlines(reader: SnapshotReader, context: Context, codes: tuple[str, ...]) -> tuple[Outline, ...]:
    """Return the regions that have a shape as outlines, for maps that are drawn without a map engine."""
    key = ("outlines", context.viewer, codes)
    return recalled(reader, key, lambda: outlines(reader.shapes(context.viewer, codes)))
