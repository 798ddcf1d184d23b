"""Values of indicators before small counts are protected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.indicators.engine import intervals
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.intervals import Limits
from dashboard.indicators.engine.numbers import Ledger, Numbers, frames_of, regions_by_periods
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
    counted = [item for item in wanted if item.available and item.kind not in ("minimum", "quantile")]
    numbers = {item.id: _numbers(ledger, item, when) for item in counted}
    limits = _limits_of(counted, numbers)
    waited = {
        item.id: quantile_numbers(ledger, item, when) for item in wanted if item.available and item.kind == "quantile"
    }
    frames = frames_of({key: (own, limits[key]) for key, own in numbers.items()} | waited)
    for item in wanted:
        if not item.available:
            frames[item.id] = _unavailable(ledger.codes, when)
        elif item.kind == "minimum":
            frames[item.id] = _lowest([frames[key] for key in item.components])
    return {item.id: frames[item.id] for item in indicators}


def _last_year(periods: Sequence[Period]) -> tuple[Period, ...]:
    return tuple(period.same_last_year() for period in periods)


def _numbers(ledger: Ledger, indicator: Indicator, when: tuple[Period, ...]) -> Numbers:
    """Return the counts; of a change against last year, this year's over last year's."""
    numbers = ledger.numbers(indicator, when)
    return numbers.against(ledger.numbers(indicator, _last_year(when))) if indicator.kind == "change" else numbers


def _limits_of(indicators: Sequence[Indicator], numbers: Mapping[str, Numbers]) -> dict[str, Limits]:
    """Return the limits of counted indicators, by id: all that are estimated alike together."""
    found: dict[str, Limits] = {}
    for estimate in dict.fromkeys(map(_estimate_of, indicators)):
        alike = [item for item in indicators if _estimate_of(item) is estimate]
        counts = [numbers[item.id] for item in alike]
        valid = np.stack([each.has_value for each in counts])
        numerator, denominator = (
            np.where(valid, np.stack([getattr(each, name) for each in counts]), np.nan)
            for name in ("numerator", "denominator")
        )
        limits = estimate(alike, counts, numerator, denominator)
        columns = [getattr(limits, field.name) for field in fields(limits)]
        found |= {item.id: Limits(*(column[place] for column in columns)) for place, item in enumerate(alike)}
    return found


def _estimate_of(indicator: Indicator) -> Callable[..., Limits]:
    """Return what gives the limits of an indicator: from indicators, their counts and both parts, a row for each."""
    if indicator.interval and indicator.kind in _ESTIMATES:
        return _ESTIMATES[indicator.kind]
    return _plain


def _shares(_: object, __: object, numerator: np.ndarray, denominator: np.ndarray) -> Limits:
    return intervals.proportion(numerator, denominator)


def _changes(_: object, __: object, numerator: np.ndarray, denominator: np.ndarray) -> Limits:
    return intervals.count_ratio(numerator, denominator)


def _rates(
    indicators: Sequence[Indicator], counts: Sequence[Numbers], numerator: np.ndarray, denominator: np.ndarray
) -> Limits:
    """Return the limits of rates, and of counts, which are rates per one."""
    is_rate = np.array([item.kind == "rate" for item in indicators])[:, None, None]
    factor = np.where(is_rate, _factors(indicators), 1.0)
    squares = [np.full(each.numerator.shape, np.nan) if each.squares is None else each.squares for each in counts]
    return intervals.rate(numerator, np.where(is_rate, denominator, 1.0), factor, np.stack(squares))


def _plain(indicators: Sequence[Indicator], _: object, numerator: np.ndarray, denominator: np.ndarray) -> Limits:
    """Return values that chance doesn't move, or whose chance isn't told."""
    kinds = np.array([item.kind for item in indicators])[:, None, None]
    of_change = numerator / denominator - 1
    value = np.where(kinds == "change", of_change, numerator / denominator * _factors(indicators))
    return intervals.without(np.where(np.isin(kinds, ("count", "stock_difference")), numerator, value))


def _factors(indicators: Sequence[Indicator]) -> np.ndarray:
    return np.array([item.factor for item in indicators], float)[:, None, None]


_ESTIMATES: Mapping[str, Callable[..., Limits]] = {
    "proportion": _shares,
    "rate": _rates,
    "count": _rates,
    "change": _changes,
}
"""Kind of indicator → what gives its limits, where chance has a part in it."""


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
    index = regions_by_periods(codes, [str(period) for period in periods])
    frame = pd.DataFrame(index=index, columns=words.COLUMNS)
    frame[words.NUMBER_COLUMNS] = np.nan
    frame["method"], frame["basis"], frame["grain"] = intervals.NONE, "", ""
    frame["status"] = words.UNAVAILABLE
    frame["data_through"] = None
    frame["notes"] = [("unavailable",)] * len(frame)
    return frame.astype(dict.fromkeys(words.NUMBER_COLUMNS, float))


def _frame_of_nothing() -> pd.DataFrame:
    return _unavailable([], [])
