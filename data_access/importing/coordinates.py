"""Coordinate systems: everything is stored in degrees of CGCS2000/WGS84 (EPSG:4490 and 4326, equal on screen)."""

from __future__ import annotations

import re
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from data_access.errors import ImportRefused

# Parameters of the published GCJ-02 offset (Krasovsky 1940 ellipsoid) and of the BD-09 turn on top of it.
_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_TURN = np.pi * 3000.0 / 180.0
STORED = "EPSG:4326"


def to_stored(lon: np.ndarray, lat: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates in degrees of the stored system.

    Parameters
    ----------
    lon, lat : ndarray
        First and second coordinate (easting and northing for projected systems).
    crs : str
        ``EPSG:number``, ``GCJ-02`` or ``BD-09``.

    Raises
    ------
    ImportRefused
        When the system is not known.
    """
    key = crs.upper().replace("_", "-").replace("GCJ02", "GCJ-02").replace("BD09", "BD-09")
    if key == "BD-09":
        lon, lat = _undone(gcj_to_bd, lon, lat)
        key = "GCJ-02"
    if key == "GCJ-02":
        return _undone(wgs_to_gcj, lon, lat)
    if not re.fullmatch(r"EPSG:\d+", key):
        raise _unknown(crs)
    if key in ("EPSG:4326", "EPSG:4490"):
        return lon, lat
    try:
        transformer = pyproj.Transformer.from_crs(key, STORED, always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise _unknown(crs) from error
    moved = transformer.transform(lon, lat)
    return np.asarray(moved[0]), np.asarray(moved[1])


def shapes_to_stored(shapes: gpd.GeoSeries, crs: str) -> np.ndarray:
    """Return polygons in degrees of the stored system, made valid."""

    def move(points: np.ndarray) -> np.ndarray:
        moved = np.column_stack(to_stored(points[:, 0], points[:, 1], crs))
        return np.where(np.isfinite(moved), moved, 999.0)  # outside every degree: said of the row

    moved = shapely.transform(shapely.force_2d(shapes.to_numpy()), move)
    return np.where(shapely.is_valid(moved), moved, shapely.make_valid(moved))


def outside_degrees(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return which coordinates can't be degrees (missing ones can)."""
    return (np.abs(lon) > 180) | (np.abs(lat) > 90) | np.isinf(lon) | np.isinf(lat)


def _unknown(crs: str) -> ImportRefused:
    return ImportRefused(
        f"Coordinate system {crs!r} is not known. Write EPSG:number, GCJ-02 or BD-09 in the mapping.",
        f"坐标系“{crs}”无法识别。请在映射文件中写明 EPSG：编号、GCJ-02 或 BD-09。",
        crs=crs,
    )


_Move = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _undone(move: _Move, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where ``move`` leads to ``lon`` and ``lat`` from, by iteration: exact to 1e-9 degrees after a few rounds."""
    true_lon, true_lat = np.array(lon, float), np.array(lat, float)
    for _ in range(8):
        moved_lon, moved_lat = move(true_lon, true_lat)
        true_lon = true_lon + (lon - moved_lon)
        true_lat = true_lat + (lat - moved_lat)
    return true_lon, true_lat


def gcj_to_bd(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the BD-09 coordinates of GCJ-02 ones."""
    radius = np.sqrt(lon * lon + lat * lat) + 0.00002 * np.sin(lat * _TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs_to_gcj(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the GCJ-02 coordinates of WGS84 ones (no offset outside mainland China's bounding box)."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1 - _ECCENTRICITY * np.sin(radians) ** 2
    north = np.degrees(north / (_AXIS * (1 - _ECCENTRICITY) / (magic * np.sqrt(magic))))
    east = np.degrees(east / (_AXIS / np.sqrt(magic) * np.cos(radians)))
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return lon + np.where(inside, east, 0.0), lat + np.where(inside, north, 0.0)
