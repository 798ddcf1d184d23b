"""Waiting times from fixed bins: quantiles, and the exact share within an edge."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

Bins = Mapping[str, np.ndarray] | pd.DataFrame
"""``lower, upper, value`` of one distribution, in any order; waits added up per bin."""


def bin_quantile(bins: Bins, quantile: float) -> float:
    """Return a quantile of waits, linear within its bin; NaN where there are no waits.

    A quantile in the open last bin is that bin's lower edge: at least so long.

    Parameters
    ----------
    bins : DataFrame or mapping of arrays
        ``lower, upper, value`` of one distribution, in any order; waits added up per bin.
    quantile : float
        Between 0 and 1.

    Examples
    --------
    >>> bins = pd.DataFrame({"lower": [0.0, 1.0], "upper": [1.0, 3.0], "value": [2, 2]})
    >>> bin_quantile(bins, 0.75)
    2.0
    """
    lowers, bounds, waits = (np.asarray(bins[name], float) for name in ("lower", "upper", "value"))
    return quantile_of(lowers, bounds, waits, quantile)


def quantile_of(lowers: np.ndarray, bounds: np.ndarray, waits: np.ndarray, quantile: float) -> float:
    """Return :func:`bin_quantile` of bins whose edges and waits are arrays."""
    edges, place = np.unique(lowers, return_inverse=True)
    counts = np.bincount(place, waits, len(edges))
    running = np.cumsum(counts)
    if not len(running) or running[-1] <= 0:
        return float("nan")
    uppers = np.full(len(edges), np.inf)
    uppers[place] = bounds
    target = quantile * running[-1]
    chosen = int(np.searchsorted(running, target))
    lower, upper = float(edges[chosen]), float(uppers[chosen])
    if not np.isfinite(upper):
        return lower
    before = running[chosen] - counts[chosen]
    return float(lower + (target - before) / counts[chosen] * (upper - lower))


def share_within(bins: Bins, days: float) -> float:
    """Return the share of waits of at most ``days``, exact when that is an edge; NaN where there are no waits."""
    waits, within = np.asarray(bins["value"], float), np.asarray(bins["upper"]) <= days + 1e-9
    total = float(waits.sum())
    return float(waits[within].sum()) / total if total else float("nan")
