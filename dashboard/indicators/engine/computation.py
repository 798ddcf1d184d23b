"""Values of indicators before small counts are protected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.indicators.engine import intervals
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.numbers import Ledger, Numbers
from dashboard.indicators.engine.quantiles import quantile_frame
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader


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
        if item.available and item.kind != "minimum":
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
