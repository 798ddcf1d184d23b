"""Smoothed rates beside the raw ones, for maps: what is shown of each region, drawn towards its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import PERSON_YEARS, Indicator
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.statistics.shrinkage import marshall_global, marshall_spatial

Towards = Literal["all", "neighbours"]
UNDEFINED = "undefined"
COLUMNS = ("value", "lower", "upper", "towards", "method")


def can_be_smoothed(indicator: Indicator) -> bool:
    """Return whether an indicator counts rare events against people, so that a small region's rate is mostly chance."""
    return indicator.kind == "rate" and indicator.interval and indicator.denominator == PERSON_YEARS


def smoothed(frame: pd.DataFrame, indicator: Indicator, towards: Towards, neighbours: pd.DataFrame) -> pd.DataFrame:
    """Return each region's rate drawn towards the mean of all regions or of its neighbourhood.

    Only figures that ``frame`` shows take part, so that a smoothed rate tells nothing of a hidden one.

    Parameters
    ----------
    frame : DataFrame
        As :func:`dashboard.indicators.evaluate.values` returns it, of regions of one level.
    indicator : Indicator
        One that :func:`can_be_smoothed`.
    towards : {"all", "neighbours"}
    neighbours : DataFrame
        ``region_code, neighbour_code``; a region without neighbours is drawn towards all.

    Returns
    -------
    DataFrame
        Indexed as ``frame``: ``value, lower, upper`` (posterior, 95 %), ``towards`` (the mean it was drawn to) and
        ``method``: ``marshall_global``, ``marshall_local``, ``pooled``, ``no_events`` or ``undefined``.
    """
    shown = frame["status"].isin(WITH_VALUE).to_numpy()
    events = np.where(shown, frame["numerator"].to_numpy(float), np.nan)
    people = np.where(shown, frame["denominator"].to_numpy(float), np.nan)
    if not (np.isfinite(events) & (people > 0)).any():
        empty = pd.DataFrame(np.nan, index=frame.index, columns=list(COLUMNS))
        return empty.assign(method=UNDEFINED)
    if towards == "all":
        found = marshall_global(events, people, factor=indicator.factor)
    else:
        links = positions_of(frame.index.tolist(), neighbours)
        found = marshall_spatial(events, people, links, factor=indicator.factor)
    columns = {"value": found.value, "lower": found.lower, "upper": found.upper, "towards": found.towards}
    return pd.DataFrame({**columns, "method": np.asarray(found.method, dtype=object)}, index=frame.index)


def positions_of(codes: Sequence[str], neighbours: pd.DataFrame) -> list[list[int]]:
    """Return the places of each region's neighbours among ``codes``."""
    place = {code: number for number, code in enumerate(codes)}
    near: list[list[int]] = [[] for _ in codes]
    for code, other in zip(neighbours["region_code"], neighbours["neighbour_code"], strict=True):
        if code in place and other in place:
            near[place[code]].append(place[other])
    return near
