"""A plane divided into grids, townships and counties that nest without gaps or overlaps.

Grids are the cells of a Voronoi diagram whose seeds lie denser where people live. Every edge is then drawn once as a
crooked line and shared by the two cells it parts, so the cells stay a partition; parents are unions of their cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi, cKDTree

from data_access.demo.proportions import shares

KM_PER_DEGREE = 111.32
DECIMALS = 5
"""Digits kept of a degree: about one metre, less than a tenth of the shortest edge."""

_CLOUD = 40_000
_OUTSIDE_SHARE = 0.35
_LLOYD_ROUNDS = 8
_TOWNSHIP_DRAWS = 8
"""Divisions of a county to choose from; the one whose smallest township is largest stands."""
_RING_KM = 20.0
_TOWN_SHARE, _MARKET_TOWN_SHARE = 0.52, 0.14
"""Parts of the cloud in county seats and in market towns; the rest is countryside."""
_MARKET_TOWNS = 60
_URBAN_WEIGHT = 3.2
_OUTLINE_WAVES = (0.07, 0.075, 0.045, 0.03, 0.025, 0.02)
_WARP_KM = 3.2
"""How far borders between counties wander from the line halfway between their seats."""


@dataclass(frozen=True)
class Partition:
    """Grids in no particular order, and what each belongs to.

    Attributes
    ----------
    centres : ndarray, shape (grids, 2)
        Seeds, kilometres east and north of the city's centre.
    polygons : ndarray of Polygon, shape (grids,)
        In degrees.
    county, township : ndarray of int, shape (grids,)
        Townships are numbered through the whole city.
    """

    centres: np.ndarray
    polygons: np.ndarray
    county: np.ndarray
    township: np.ndarray


def divide(
    seats: np.ndarray,
    urban: np.ndarray,
    townships: int,
    grids: int,
    mean_radius_km: float,
    centre: tuple[float, float],
    random: np.random.Generator,
) -> Partition:
    """Return a partition into ``len(seats)`` counties, ``townships`` townships and ``grids`` grids.

    Parameters
    ----------
    seats : ndarray, shape (counties, 2)
        Kilometres east and north of ``centre``.
    urban : ndarray of bool, shape (counties,)
    mean_radius_km : float
        Of the whole city.
    centre : (lon, lat)
        Degrees.
    """
    inside, outside = _seeds(seats, urban, grids, mean_radius_km, random)
    diagram = Voronoi(np.vstack([inside, outside]))
    within = diagram.ridge_points[(diagram.ridge_points < grids).all(axis=1)]
    county = contiguous(_nearest_seat(inside, seats, urban, random), within)
    township = _townships(inside, county, within, townships, random)
    polygons = _cells(diagram, inside, mean_radius_km, centre, random)
    return Partition(inside, polygons, county, township)


def contiguous(label: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return labels of which each is one connected piece: splinters go to the label around them.

    Parameters
    ----------
    label : ndarray of int, shape (cells,)
    neighbours : ndarray of int, shape (pairs, 2)
        Cells that share an edge.
    """
    label = label.copy()
    both = np.vstack([neighbours, neighbours[:, ::-1]])
    while True:
        same = both[label[both[:, 0]] == label[both[:, 1]]]
        graph = coo_array((np.ones(len(same)), (same[:, 0], same[:, 1])), shape=(len(label), len(label)))
        _, piece = connected_components(graph, directed=False)
        size = np.bincount(piece)
        largest = {name: max(np.unique(piece[label == name]), key=lambda p: size[p]) for name in np.unique(label)}
        splinter = np.array([piece[cell] != largest[label[cell]] for cell in range(len(label))])
        if not splinter.any():
            return label
        for cell in np.flatnonzero(splinter):
            around = both[both[:, 0] == cell, 1]
            around = around[~splinter[around]]
            if len(around):
                label[cell] = np.bincount(label[around]).argmax()


def clusters(points: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return for each point which of ``count`` clusters it is in; none is empty."""
    centres = points[random.choice(len(points), count, replace=False)]
    for _ in range(12):
        label = cKDTree(centres).query(points)[1]
        centres = _means(points, label, centres)
    for empty in np.setdiff1d(np.arange(count), label):
        crowded = np.flatnonzero(label == np.bincount(label).argmax())
        farthest = crowded[np.linalg.norm(points[crowded] - points[crowded].mean(axis=0), axis=1).argmax()]
        label[farthest] = empty
    return label


def _seeds(
    seats: np.ndarray, urban: np.ndarray, grids: int, mean_radius_km: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    phase = random.uniform(0, 2 * np.pi, len(_OUTLINE_WAVES))

    def reach(points: np.ndarray) -> np.ndarray:
        angle = np.arctan2(points[:, 1], points[:, 0])
        waves = sum(
            w * np.cos((k + 2) * angle + p) for k, (w, p) in enumerate(zip(_OUTLINE_WAVES, phase, strict=False))
        )
        return mean_radius_km * (1 + waves)

    limit = mean_radius_km * 1.4 + _RING_KM
    countryside = random.uniform(-limit, limit, (_CLOUD * 3, 2))
    distance = np.hypot(*countryside.T)
    edge = reach(countryside)
    ring = countryside[(distance > edge) & (distance < edge + _RING_KM)]
    countryside = countryside[distance <= edge]
    weight = np.where(urban, _URBAN_WEIGHT, 1.0)
    seat = random.choice(len(seats), int(_CLOUD * _TOWN_SHARE), p=weight / weight.sum())
    market = countryside[random.choice(len(countryside), _MARKET_TOWNS, replace=False)]
    market = market[random.integers(_MARKET_TOWNS, size=int(_CLOUD * _MARKET_TOWN_SHARE))]
    towns = np.vstack(
        [
            seats[seat] + random.normal(size=(len(seat), 2)) * np.where(urban[seat], 3.8, 2.4)[:, None],
            market + random.normal(size=market.shape) * 1.4,
        ]
    )
    towns = towns[np.hypot(*towns.T) <= reach(towns)]
    inside = _spread_evenly(np.vstack([towns, countryside[: _CLOUD - len(towns)]]), grids, random)
    return inside, _spread_evenly(ring, int(grids * _OUTSIDE_SHARE), random)


def _spread_evenly(cloud: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return ``count`` points as dense as the cloud but evenly spaced (Lloyd's algorithm)."""
    centres = cloud[random.choice(len(cloud), count, replace=False)]
    for _ in range(_LLOYD_ROUNDS):
        centres = _means(cloud, cKDTree(centres).query(cloud)[1], centres)
    return centres


def _means(points: np.ndarray, label: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    number = np.bincount(label, minlength=len(otherwise))
    sums = np.column_stack([np.bincount(label, points[:, axis], len(otherwise)) for axis in (0, 1)])
    return np.where(number[:, None] > 0, sums / np.maximum(number, 1)[:, None], otherwise)


def _nearest_seat(points: np.ndarray, seats: np.ndarray, urban: np.ndarray, random: np.random.Generator) -> np.ndarray:
    wave, phase = random.uniform(0.1, 0.35, (2, 3)), random.uniform(0, 2 * np.pi, (2, 3))
    warp = [
        sum(np.sin(w * points[:, 1 - axis] + p) for w, p in zip(wave[axis], phase[axis], strict=False))
        for axis in (0, 1)
    ]
    distance = np.linalg.norm((points + _WARP_KM * np.column_stack(warp) / 2)[:, None, :] - seats[None, :, :], axis=2)
    return (distance / np.where(urban, 0.85, 1.0)).argmin(axis=1)


def _townships(
    points: np.ndarray, county: np.ndarray, neighbours: np.ndarray, townships: int, random: np.random.Generator
) -> np.ndarray:
    per_county = shares(townships, np.bincount(county).astype(float))
    township = np.empty(len(points), int)
    first = 0
    for number, count in enumerate(per_county):
        cells = np.flatnonzero(county == number)
        position = np.full(len(points), -1)
        position[cells] = np.arange(len(cells))
        own = position[neighbours[(county[neighbours] == number).all(axis=1)]]
        drawn = [contiguous(clusters(points[cells], count, random), own) for _ in range(_TOWNSHIP_DRAWS)]
        township[cells] = first + max(drawn, key=lambda label: np.bincount(label, minlength=count).min())
        first += count
    return township


def _cells(
    diagram: Voronoi,
    inside: np.ndarray,
    mean_radius_km: float,
    centre: tuple[float, float],
    random: np.random.Generator,
) -> np.ndarray:
    edges = [
        (pair.min(), vertices)
        for pair, vertices in zip(diagram.ridge_points, diagram.ridge_vertices, strict=False)
        if pair.min() < len(inside)
    ]
    ends = diagram.vertices
    lines = [_crooked(ends[first], ends[last], inside[seed], random) for seed, (first, last) in edges]
    longitude_scale = KM_PER_DEGREE * np.cos(np.radians(centre[1]))

    def degrees(points: np.ndarray) -> np.ndarray:
        return np.round(points / [longitude_scale, KM_PER_DEGREE] + centre, DECIMALS)

    polygons = shapely.get_parts(shapely.polygonize([shapely.LineString(degrees(line)) for line in lines]))
    polygons = polygons[shapely.area(polygons) > 0]
    seed, cell = shapely.STRtree(polygons).query(shapely.points(degrees(inside)), predicate="within")
    if len(polygons) != len(inside) or len(np.unique(cell)) != len(inside):
        raise ValueError(
            f"The seed of config/demo.toml divides the city into {len(polygons)} cells instead of {len(inside)}; "
            "take another seed."
        )
    ordered = np.empty(len(inside), object)
    ordered[seed] = polygons[cell]
    return shapely.normalize(ordered)


def _crooked(start: np.ndarray, end: np.ndarray, seed: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a line from ``start`` to ``end`` that stays inside the two triangles of the edge and its seeds.

    The triangles of different edges don't overlap, so lines drawn this way never cross.
    """
    along = end - start
    length = float(np.hypot(*along))
    pieces = int(np.clip(round(length / 0.3), 1, 11))
    if length == 0 or pieces == 1:
        return np.array([start, end])
    unit = along / length
    across = np.array([-unit[1], unit[0]])
    foot = float((seed - start) @ unit) / length
    height = abs(float((seed - start) @ across))
    t = np.arange(1, pieces) / pieces
    room = 0.8 * height * np.minimum(t, 1 - t) / max(1.0, foot, 1 - foot)
    waves = sum(random.normal() / k**0.7 * np.sin(k * np.pi * t) for k in range(1, 8))
    offset = np.clip(0.11 * length * waves, -room, room)
    return np.vstack([start, start + t[:, None] * along + offset[:, None] * across, end])
