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
    return float(quantiles_of(np.zeros(len(waits), int), 1, lowers, bounds, waits, quantile)[0])


def quantiles_of(
    group: np.ndarray, size: int, lowers: np.ndarray, bounds: np.ndarray, waits: np.ndarray, quantile: float
) -> np.ndarray:
    """Return :func:`bin_quantile` of each of ``size`` distributions whose bins stand in one array; ``group`` says whose each is."""
    edges, place = np.unique(lowers, return_inverse=True)
    if not len(edges):
        return np.full(size, np.nan)
    uppers = np.full(len(edges), np.inf)
    uppers[place] = bounds
    counts = np.bincount(group * len(edges) + place, waits, size * len(edges)).reshape(size, -1)
    running = counts.cumsum(axis=1)
    total = running[:, -1]
    target = quantile * total
    chosen = (running < target[:, None]).sum(axis=1)
    rows = np.arange(size)
    lower, width, own = edges[chosen], uppers[chosen] - edges[chosen], counts[rows, chosen]
    before = running[rows, chosen] - own
    with np.errstate(invalid="ignore", divide="ignore"):
        within = lower + (target - before) / own * width
    return np.where(total > 0, np.where(np.isfinite(width), within, lower), np.nan)


def share_within(bins: Bins, days: float) -> float:
    """Return the share of waits of at most ``days``, exact when that is an edge; NaN where there are no waits."""
    waits, within = np.asarray(bins["value"], float), np.asarray(bins["upper"]) <= days + 1e-9
    total = float(waits.sum())
    return float(waits[within].sum()) / total if total else float("nan")
