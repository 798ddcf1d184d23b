"""Values of indicators by region and period: estimate, limits, numerator, denominator, status, and what to say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.indicators import intervals
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.indicators.facts import facts_of
from dashboard.indicators.numbers import Ledger, Numbers
from dashboard.indicators.quantiles import quantile_frame
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
    frames = evaluate(reader, scope, [_found(name) for name in indicators], codes, [when])
    return {key: frame.droplevel("period") for key, frame in frames.items()}


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
    chosen = _found(indicator)
    frame = evaluate(reader, scope, [chosen], codes, periods)[chosen.id]
    starts = {str(period): pd.Timestamp(period.start) for period in periods}
    return frame.assign(period_start=frame.index.get_level_values("period").map(starts))


def evaluate(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[Indicator],
    codes: Sequence[str],
    periods: Sequence[Period],
) -> dict[str, pd.DataFrame]:
    """Return indicators by id, each a frame indexed by ``region_code, period``; see :func:`values` and :func:`series`."""
    return evaluate_unsuppressed(reader, scope, indicators, codes, periods)


def evaluate_unsuppressed(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[Indicator],
    codes: Sequence[str],
    periods: Sequence[Period],
) -> dict[str, pd.DataFrame]:
    """Return values before suppression; for the suppression itself and for tests, never for a screen."""
    listed, when = list(dict.fromkeys(codes)), tuple(periods)
    if not listed or not when:
        return {item.id: _frame_of_nothing() for item in indicators}
    ledger = Ledger(reader, scope, facts_of(reader, scope), listed)
    last_year = tuple(period.same_last_year() for period in when)
    wanted = _with_components(indicators)
    for item in wanted:
        if item.available and item.kind not in ("minimum", "quantile"):
            ledger.plan(item, when)
            if item.kind == "change":
                ledger.plan(item, last_year)
    ledger.fetch()
    frames: dict[str, pd.DataFrame] = {}
    for item in wanted:
        if not item.available:
            frames[item.id] = _unavailable(listed, when)
        elif item.kind == "quantile":
            frames[item.id] = quantile_frame(ledger, item, when)
        elif item.kind == "minimum":
            frames[item.id] = _lowest([frames[key] for key in item.components])
        elif item.kind == "change":
            frames[item.id] = _change_frame(ledger.numbers(item, when), ledger.numbers(item, last_year), item)
        else:
            frames[item.id] = _frame(ledger.numbers(item, when), item)
    return {item.id: frames[item.id] for item in indicators}


def _frame(numbers: Numbers, indicator: Indicator) -> pd.DataFrame:
    valid = numbers.has_value
    numerator = np.where(valid, numbers.numerator, np.nan)
    denominator = np.where(valid, numbers.denominator, np.nan)
    if indicator.kind == "proportion" and indicator.interval:
        limits = intervals.proportion(numerator, denominator)
    elif indicator.kind == "rate" and indicator.interval:
        limits = intervals.rate(numerator, denominator, indicator.factor, numbers.squares)
    elif indicator.kind == "count" and indicator.interval:
        limits = intervals.rate(numerator, np.ones_like(numerator), 1.0, numbers.squares)
    elif indicator.kind in ("count", "stock_difference"):
        limits = intervals.without(numerator)
    else:
        limits = intervals.without(numerator / denominator * indicator.factor)
    return numbers.frame(limits)


def _change_frame(new: Numbers, old: Numbers, indicator: Indicator) -> pd.DataFrame:
    """Return the change against last year: numerator this year's count, denominator last year's."""
    both = new.against(old)
    valid = both.has_value
    this = np.where(valid, both.numerator, np.nan)
    last = np.where(valid, both.denominator, np.nan)
    limits = intervals.count_ratio(this, last) if indicator.interval else intervals.without(this / last - 1)
    return both.frame(limits)


def _lowest(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the component with the smallest value, region by region; no value unless every component has one."""
    stacked = np.stack([frame["value"].to_numpy(float) for frame in frames])
    chosen = np.where(np.isnan(stacked), np.inf, stacked).argmin(axis=0)
    # Where a component has no value its status says why there is no lowest.
    missing = np.isnan(stacked)
    chosen = np.where(missing.any(axis=0), missing.argmax(axis=0), chosen)
    frame = frames[0].copy()
    for column in words.COLUMNS:
        options = [each[column].to_numpy(object) for each in frames]
        frame[column] = pd.Series(np.choose(chosen, options), index=frame.index, dtype=object)
    return frame.astype(dict.fromkeys(words.NUMBER_COLUMNS, float))


def _with_components(indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators with those they are made of before them."""
    catalogue = load_catalogue()
    wanted: dict[str, Indicator] = {}
    for item in indicators:
        for key in item.components:
            wanted.setdefault(key, catalogue[key])
        wanted[item.id] = item
    return list(wanted.values())


def _unavailable(codes: Sequence[str], periods: Sequence[Period]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([codes, [str(period) for period in periods]], names=["region_code", "period"])
    frame = pd.DataFrame(index=index, columns=words.COLUMNS)
    frame[words.NUMBER_COLUMNS] = np.nan
    frame["method"], frame["basis"], frame["grain"] = intervals.NONE, "", ""
    frame["status"] = words.UNAVAILABLE
    frame["data_through"] = None
    frame["notes"] = [("unavailable",)] * len(frame)
    return frame.astype(dict.fromkeys(words.NUMBER_COLUMNS, float))


def _frame_of_nothing() -> pd.DataFrame:
    return _unavailable([], [])


def _found(name: Name) -> Indicator:
    return name if isinstance(name, Indicator) else find_indicator(name)
