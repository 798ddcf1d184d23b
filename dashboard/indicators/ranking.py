"""Regions in order of an indicator, sharing a rank where their intervals overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator


def ranked(frame: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Return regions with a value, best first, and their ranks.

    Parameters
    ----------
    frame : DataFrame
        As :func:`dashboard.indicators.evaluate.values` returns it.
    indicator : Indicator
        Its direction says which end is best; a neutral one is listed from high to low.

    Returns
    -------
    DataFrame
        The rows with a value and two columns: ``rank`` is one more than the number of regions that are better beyond
        their 95 % intervals, so regions whose intervals overlap share it; ``place`` is the bare order of the values. Rows
        without a value follow, without a rank.
    """
    valid = frame["status"].isin(words.WITH_VALUE) & frame["value"].notna()
    chosen = frame[valid]
    ascending = indicator.direction == "lower_better"
    chosen = chosen.sort_values("value", ascending=ascending, kind="stable")
    sign = -1.0 if ascending else 1.0
    value = sign * chosen["value"].to_numpy(float)
    limits = np.sort(np.stack([sign * chosen[name].to_numpy(float) for name in ("lower", "upper")]), axis=0)
    low = np.where(np.isnan(limits[0]), value, limits[0])
    high = np.where(np.isnan(limits[1]), value, limits[1])
    surely_better = low[None, :] > high[:, None]
    above = value[None, :] > value[:, None]
    result = chosen.assign(rank=1 + surely_better.sum(axis=1), place=1 + above.sum(axis=1))
    rest = frame[~valid].assign(rank=np.nan, place=np.nan)
    joined = pd.concat([result, rest]) if len(rest) else result
    return joined.astype({"rank": "Int64", "place": "Int64"})
