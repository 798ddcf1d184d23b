"""Values of indicators by region and period: estimate, limits, numerator, denominator, status, and what to say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine.computation import Asked, each_unsuppressed
from dashboard.indicators.engine.numbers import region_index
from dashboard.indicators.engine.protection import protect
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader

Name = str | Indicator


def values(
    reader: SnapshotReader, scope: Scope, indicator: Name, codes: Sequence[str], period: Period | str
) -> pd.DataFrame:
    """Return one indicator of regions at one period.

    Parameters
    ----------
    reader : SnapshotReader
    scope : Scope
        Who asks; counts that the role does not need are suppressed.
    indicator : str or Indicator
        Id, alias, or the indicator itself.
    codes : sequence of str
    period : Period or str
        As the address writes it, e.g. ``2024Q4``.

    Returns
    -------
    DataFrame
        Indexed by ``region_code`` in the order of ``codes``: ``value, lower, upper`` (95 %), ``lower_998, upper_998``,
        ``numerator, denominator, method, status, basis, grain, data_through, notes``. Shares are 0 … 1. ``status`` is
        one of :data:`vocabulary.STATUSES`; only ``ok`` and ``partial`` have a value. ``notes`` is a tuple of keys.

    Raises
    ------
    ConfigError
        When there is no such indicator.
    ScopeError
        When a code is outside the scope.
    """
    chosen = _found(indicator)
    return values_of(reader, scope, [chosen], codes, period)[chosen.id]


def values_of(
    reader: SnapshotReader, scope: Scope, indicators: Sequence[Name], codes: Sequence[str], period: Period | str
) -> dict[str, pd.DataFrame]:
    """Return several indicators at one period, by id, with as few queries as their windows allow; see :func:`values`."""
    when = Period.parse(period) if isinstance(period, str) else period
    return by_region(evaluate(reader, scope, [_found(name) for name in indicators], codes, [when]), codes)


def series(
    reader: SnapshotReader, scope: Scope, indicator: Name, codes: Sequence[str], periods: Sequence[Period]
) -> pd.DataFrame:
    """Return one indicator over several periods.

    Parameters
    ----------
    periods : sequence of Period
        For instance ``Period.parse("2024-12").trailing(60)``; an indicator over rolling months gives one window per
        period.

    Returns
    -------
    DataFrame
        Indexed by ``region_code, period`` (text), with ``period_start`` beside the columns of :func:`values`.
    """
    return series_each(reader, scope, codes, [(_found(indicator), periods)])[0]


def series_each(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], asked: Sequence[tuple[Indicator, Sequence[Period]]]
) -> list[pd.DataFrame]:
    """Return :func:`series` of each pair of an indicator and periods, all of it read together."""
    found = evaluate_each(reader, scope, codes, [([item], periods) for item, periods in asked])
    return [
        frames[item.id].assign(
            period_start=np.tile(pd.DatetimeIndex([period.start for period in periods]), len(dict.fromkeys(codes)))
        )
        for frames, (item, periods) in zip(found, asked, strict=True)
    ]


def evaluate(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[Indicator],
    codes: Sequence[str],
    periods: Sequence[Period],
) -> dict[str, pd.DataFrame]:
    """Return indicators by id, each a frame indexed by ``region_code, period``; see :func:`values` and :func:`series`."""
    return evaluate_each(reader, scope, codes, [(indicators, periods)])[0]


def evaluate_each(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], asked: Sequence[Asked]
) -> list[dict[str, pd.DataFrame]]:
    """Return :func:`evaluate` of each pair of indicators and periods, all of it read together."""
    return [
        {item.id: protect(reader, scope, item, frames[item.id], periods) for item in indicators}
        for frames, (indicators, periods) in zip(each_unsuppressed(reader, scope, codes, asked), asked, strict=True)
    ]


def by_region(frames: dict[str, pd.DataFrame], codes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the frames of :func:`evaluate_each` for one period with the regions alone as their index, set in place."""
    regions = region_index(codes)
    for frame in frames.values():
        frame.index = regions
    return frames


def _found(name: Name) -> Indicator:
    return name if isinstance(name, Indicator) else find_indicator(name)
