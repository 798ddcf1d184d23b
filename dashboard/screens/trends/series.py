"""One indicator of one region through time: over its own window by month and by year, and for single months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard.context import Context
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.evaluate import series_each
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import recalled
from dashboard.periods import periods_between
from data_access.queries import SnapshotReader


@dataclass(frozen=True)
class RegionSeries:
    """Rows of :func:`dashboard.indicators.evaluate.series` with ``period`` as a column, oldest first."""

    by_month: pd.DataFrame
    by_year: pd.DataFrame
    single_months: pd.DataFrame
    """Each month alone, whatever window the indicator has."""


def region_series(reader: SnapshotReader, context: Context, indicator: Indicator, start: date) -> RegionSeries:
    """Return the indicator of the context's region from ``start`` on, read together; kept for all periods of the page."""

    def read() -> RegionSeries:
        through = reader.snapshot().data_through
        months, years = (list(periods_between(start, through, grain))[::-1] for grain in ("month", "year"))
        asked = [(indicator, months), (indicator, years)]
        if indicator.window not in ("period", "half_year"):
            asked.append((indicator.model_copy(update={"window": "period"}), months))
        found = series_each(reader, context.viewer, [context.region], asked)
        frames = [frame.droplevel("region_code").reset_index() for frame in found]
        return RegionSeries(frames[0], frames[1], frames[2] if len(frames) > 2 else frames[0])

    return recalled(reader, ("series", context.viewer, context.region, indicator.id, start), read)


def has_value(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows of a series have a value."""
    return np.array([status in WITH_VALUE for status in frame["status"].tolist()], bool)


def lacks_notes(frame: pd.DataFrame, notes: frozenset[str]) -> np.ndarray:
    """Return which rows of a series have none of ``notes``."""
    return np.array([notes.isdisjoint(own) for own in frame["notes"].tolist()], bool)
