"""Which regions of one level touch, for smoothing with neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely


def touching_regions(codes: np.ndarray, geometries: np.ndarray, depths: np.ndarray) -> pd.DataFrame:
    """Return the pairs of regions of one depth that share a border or a corner (queen contiguity).

    Parameters
    ----------
    codes, geometries, depths : array, shape (n,)
        Region codes, shapely polygons and depths.

    Returns
    -------
    DataFrame
        Columns ``region_code, neighbour_code``, each pair in both directions.
    """
    pairs = []
    for depth in np.unique(depths):
        own = np.flatnonzero(depths == depth)
        tree = shapely.STRtree(geometries[own])
        first, second = tree.query(geometries[own], predicate="intersects")
        different = first != second
        pairs.append(
            pd.DataFrame({"region_code": codes[own][first[different]], "neighbour_code": codes[own][second[different]]})
        )
    return pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame(columns=["region_code", "neighbour_code"])
