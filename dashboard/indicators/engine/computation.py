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
from dashboard.indicators.engine.numbers import (
    MAY_HAVE_VALUE,
    Ledger,
    Numbers,
    frame_of,
    regions_by_periods,
    result_columns,
)
from dashboard.indicators.engine.quantiles import quantile_cells
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
    groups = [
        _Group(ledger, _with_components(indicators) if listed and periods else (), tuple(periods))
        for indicators, periods in asked
    ]
    ledger.fetch()
    return [
        {item.id: frames[item.id] if frames else _frame_of_nothing() for item in indicators}
        for frames, (indicators, _) in zip(_frames(ledger, groups), asked, strict=True)
    ]


class _Group:
    """Indicators wanted at the same periods, those they are made of among them: planned, each kind by itself."""

    def __init__(self, ledger: Ledger, indicators: Sequence[Indicator], periods: tuple[Period, ...]) -> None:
        self.indicators, self.periods = indicators, periods
        available = [item for item in indicators if item.available]
        changes = [item for item in available if item.kind == "change"]
        plain = [item for item in available if item.kind not in ("minimum", "quantile", "change")]
        self.plain, self.changes = ledger.plan(plain, periods), ledger.plan(changes, periods)
        self.year_before = ledger.plan(changes, tuple(period.same_last_year() for period in periods))
        self.waits = [item for item in available if item.kind == "quantile"]
        for item in self.waits:
            ledger.plan_wait(str(item.histogram))

    @property
    def counted(self) -> tuple[Indicator, ...]:
        """Return the indicators that :meth:`counts` are of."""
        return (*self.plain.indicators, *self.changes.indicators)

    def counts(self, ledger: Ledger) -> list[Numbers]:
        """Return the counts; of changes against last year, this year's over last year's."""
        plain = [ledger.numbers(self.plain)] if self.plain.indicators else []
        changes = (
            [ledger.numbers(self.changes).against(ledger.numbers(self.year_before))] if self.changes.indicators else []
        )
        return plain + changes


def _frames(ledger: Ledger, groups: Sequence[_Group]) -> list[dict[str, pd.DataFrame]]:
    """Return the frames of each group by id, those that are made of others among them.

    They are cut from one frame of all: a frame of many columns takes a millisecond to make, however few its rows.
    """
    frames: list[dict[str, pd.DataFrame]] = [{} for _ in groups]
    order = [(number, item) for number, group in enumerate(groups) for item in group.counted]
    parts: list[Mapping[str, np.ndarray]] = []
    if order:
        cells = _joined([numbers.cells() for group in groups for numbers in group.counts(ledger)])
        sizes = [len(ledger.codes) * len(groups[number].periods) for number, _ in order]
        parts.append(result_columns(cells, _limits_of([item for _, item in order], sizes, cells)))
    for number, group in enumerate(groups):
        for item in group.waits:
            order.append((number, item))
            parts.append(result_columns(*quantile_cells(ledger, item, group.periods)))
    if order:
        whole, begin = frame_of(_joined(parts)), 0
        indexes = [ledger.index(group.periods) for group in groups]
        for number, item in order:
            index = indexes[number]
            frame = frames[number][item.id] = whole.iloc[begin : begin + len(index)]
            frame.index = index
            begin += len(index)
    for own, group in zip(frames, groups, strict=True):
        for item in group.indicators:
            if not item.available:
                own[item.id] = _unavailable(ledger.codes, group.periods)
            elif item.kind == "minimum":
                own[item.id] = _lowest([own[key] for key in item.components])
    return frames


def _joined(parts: Sequence[Mapping[str, np.ndarray]]) -> Mapping[str, np.ndarray]:
    """Return columns of the same names under each other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if len(parts) > 1 else parts[0]


def _limits_of(indicators: Sequence[Indicator], sizes: Sequence[int], cells: Mapping[str, np.ndarray]) -> Limits:
    """Return the limits of counted indicators, each with so many cells: all that are estimated alike together."""
    owner = np.repeat(np.arange(len(indicators)), sizes)
    kinds = np.array([item.kind for item in indicators])[owner]
    factors = np.array([item.factor for item in indicators], float)[owner]
    valid = MAY_HAVE_VALUE[cells["status"]]
    numerator, denominator = (np.where(valid, cells[name], np.nan) for name in ("numerator", "denominator"))
    counts = kinds, factors, numerator, denominator, cells["squares"]
    estimates = [_estimate_of(item) for item in indicators]
    names = [field.name for field in fields(Limits)]
    columns = {name: np.full(len(owner), np.nan, object if name == "method" else float) for name in names}
    for estimate in dict.fromkeys(estimates):
        own = np.array([each is estimate for each in estimates])[owner]
        limits = estimate(*(each[own] for each in counts))
        for name, column in columns.items():
            column[own] = getattr(limits, name)
    return Limits(**columns)


def _estimate_of(indicator: Indicator) -> Callable[..., Limits]:
    """Return what gives the limits of an indicator: from kinds, factors, both counts and squares of cells."""
    if indicator.interval and indicator.kind in _ESTIMATES:
        return _ESTIMATES[indicator.kind]
    return _plain


def _shares(_: np.ndarray, __: np.ndarray, numerator: np.ndarray, denominator: np.ndarray, ___: np.ndarray) -> Limits:
    return intervals.proportion(numerator, denominator)


def _changes(_: np.ndarray, __: np.ndarray, numerator: np.ndarray, denominator: np.ndarray, ___: np.ndarray) -> Limits:
    return intervals.count_ratio(numerator, denominator)


def _rates(
    kinds: np.ndarray, factors: np.ndarray, numerator: np.ndarray, denominator: np.ndarray, squares: np.ndarray
) -> Limits:
    """Return the limits of rates, and of counts, which are rates per one."""
    is_rate = kinds == "rate"
    return intervals.rate(numerator, np.where(is_rate, denominator, 1.0), np.where(is_rate, factors, 1.0), squares)


def _plain(
    kinds: np.ndarray, factors: np.ndarray, numerator: np.ndarray, denominator: np.ndarray, _: np.ndarray
) -> Limits:
    """Return values that chance doesn't move, or whose chance isn't told."""
    of_change = numerator / denominator - 1
    value = np.where(kinds == "change", of_change, numerator / denominator * factors)
    return intervals.without(np.where(np.isin(kinds, ("count", "stock_difference")), numerator, value))


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
