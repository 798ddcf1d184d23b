"""Values of indicators before small counts are protected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.indicators.engine import intervals
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.intervals import Limits
from dashboard.indicators.engine.numbers import Ledger, Numbers, frames_of
from dashboard.indicators.engine.quantiles import quantile_numbers
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader

Asked = tuple[Sequence[Indicator], Sequence[Period]]
"""Indicators, and the periods they are wanted at."""


def evaluate_unsuppressed(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[Indicator],
    codes: Sequence[str],
    periods: Sequence[Period],
) -> dict[str, pd.DataFrame]:
    """Return values before suppression; for the suppression itself and for tests, never for a screen."""
    return each_unsuppressed(reader, scope, codes, [(indicators, periods)])[0]


def each_unsuppressed(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], asked: Sequence[Asked]
) -> list[dict[str, pd.DataFrame]]:
    """Return :func:`evaluate_unsuppressed` of each that is asked for, all of it read together."""
    listed = list(dict.fromkeys(codes))
    ledger = Ledger(reader, scope, facts_of(reader, scope), listed)
    for indicators, periods in asked if listed else ():
        for item in _with_components(indicators):
            if item.available and item.kind != "minimum":
                ledger.plan(item, tuple(periods))
                if item.kind == "change":
                    ledger.plan(item, _last_year(periods))
    ledger.fetch()
    return [
        _frames(ledger, indicators, tuple(periods))
        if listed and periods
        else {item.id: _frame_of_nothing() for item in indicators}
        for indicators, periods in asked
    ]


def _frames(ledger: Ledger, indicators: Sequence[Indicator], when: tuple[Period, ...]) -> dict[str, pd.DataFrame]:
    wanted = _with_components(indicators)
    counted = {
        item.id: quantile_numbers(ledger, item, when) if item.kind == "quantile" else _counted(ledger, item, when)
        for item in wanted
        if item.available and item.kind != "minimum"
    }
    frames = frames_of(counted)
    for item in wanted:
        if not item.available:
            frames[item.id] = _unavailable(ledger.codes, when)
        elif item.kind == "minimum":
            frames[item.id] = _lowest([frames[key] for key in item.components])
    return {item.id: frames[item.id] for item in indicators}


def _last_year(periods: Sequence[Period]) -> tuple[Period, ...]:
    return tuple(period.same_last_year() for period in periods)


def _counted(ledger: Ledger, indicator: Indicator, when: tuple[Period, ...]) -> tuple[Numbers, Limits]:
    numbers = ledger.numbers(indicator, when)
    if indicator.kind == "change":
        both = numbers.against(ledger.numbers(indicator, _last_year(when)))
        return both, _limits_of_change(both, indicator)
    return numbers, _limits(numbers, indicator)


def _limits(numbers: Numbers, indicator: Indicator) -> Limits:
    valid = numbers.has_value
    numerator = np.where(valid, numbers.numerator, np.nan)
    denominator = np.where(valid, numbers.denominator, np.nan)
    if indicator.kind == "proportion" and indicator.interval:
        return intervals.proportion(numerator, denominator)
    if indicator.kind == "rate" and indicator.interval:
        return intervals.rate(numerator, denominator, indicator.factor, numbers.squares)
    if indicator.kind == "count" and indicator.interval:
        return intervals.rate(numerator, np.ones_like(numerator), 1.0, numbers.squares)
    if indicator.kind in ("count", "stock_difference"):
        return intervals.without(numerator)
    return intervals.without(numerator / denominator * indicator.factor)


def _limits_of_change(both: Numbers, indicator: Indicator) -> Limits:
    """Return the change against last year: numerator this year's count, denominator last year's."""
    valid = both.has_value
    this = np.where(valid, both.numerator, np.nan)
    last = np.where(valid, both.denominator, np.nan)
    return intervals.count_ratio(this, last) if indicator.interval else intervals.without(this / last - 1)


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
