"""How a figure changed against last year or the period before, and whether chance alone would do as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine import comparison
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.engine.numbers import frame_of
from dashboard.indicators.engine.windows import wanted_days
from dashboard.indicators.evaluate import by_region, evaluate, evaluate_each
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader

Against = Literal["same_last_year", "previous"]
AGAINST: tuple[Against, ...] = ("same_last_year", "previous")
_TESTED_COLUMNS = [
    "difference",
    "difference_lower",
    "difference_upper",
    "ratio",
    "ratio_lower",
    "ratio_upper",
    "p_value",
]
CHANGE_COLUMNS = [
    "new",
    "old",
    *_TESTED_COLUMNS,
    "new_numerator",
    "new_denominator",
    "old_numerator",
    "old_denominator",
    "beyond_chance",
    "way",
    "verdict",
    "sentence",
    "method",
    "status",
    "data_through",
    "notes",
]
_SHORT_OF_DAYS = frozenset(words.SHORT_OF_DAYS)
_Side = dict[str, np.ndarray]
"""Columns of the figures of one of two periods, of all indicators and regions that are compared, one below the other."""


def change(
    reader: SnapshotReader,
    scope: Scope,
    indicator: str | Indicator,
    codes: Sequence[str],
    period: Period | str,
    against: Against = "same_last_year",
) -> pd.DataFrame:
    """Return the change of one indicator; see :func:`changes_of`."""
    item = indicator if isinstance(indicator, Indicator) else find_indicator(indicator)
    return changes_of(reader, scope, [item], codes, period, against)[item.id]


def changes_of(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[str | Indicator],
    codes: Sequence[str],
    period: Period | str,
    against: Against = "same_last_year",
) -> dict[str, pd.DataFrame]:
    """Return how several indicators changed, by id.

    Parameters
    ----------
    reader, scope, indicators, codes, period
        As for :func:`dashboard.indicators.evaluate.values_of`.
    against : {"same_last_year", "previous"}
        The same period a year before, or the period just before.

    Returns
    -------
    DataFrame
        Indexed by ``region_code``: ``new, old, difference, ratio`` (new ÷ old) with 95 % limits, ``p_value`` (two-sided),
        ``beyond_chance`` (True, False, or None where chance can't be tested), ``way`` (up, down, same), ``verdict``
        (better, worse, none), ``sentence`` (a translation key), ``method, status``, the counts behind both, and
        ``notes``. Rates and counts: exact conditional test of two Poisson counts; shares: Newcombe's interval with the
        score test, Fisher's below 5 expected. Windows that overlap and states at a time are not tested.
    """
    items = _found(indicators)
    when = Period.parse(period) if isinstance(period, str) else period
    before = when.same_last_year() if against == "same_last_year" else when.previous()
    frames = evaluate(reader, scope, items, codes, [before, when])
    # A frame holds the regions in order, and of each the two periods: taken by place, which costs no search.
    old, new = (by_region({key: frame.iloc[place::2] for key, frame in frames.items()}, codes) for place in (0, 1))
    return _compared(items, old, new, before, when, against)


def values_and_changes(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Sequence[str | Indicator],
    codes: Sequence[str],
    period: Period,
    compared: Sequence[str],
    region: str,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return indicators as :func:`dashboard.indicators.evaluate.values_of` does, and how some changed in one region.

    All of it is read together.

    Parameters
    ----------
    compared : sequence of str
        Ids of those among ``indicators`` that are compared with the same period a year before.
    region : str
        One of ``codes``.
    """
    items, before = _found(indicators), period.same_last_year()
    both = [item for item in items if item.id in compared]
    asked = [(items, [period]), (both, [before])]
    new, old = (by_region(frames, codes) for frames in evaluate_each(reader, scope, codes, asked))
    place = list(dict.fromkeys(codes)).index(region)
    own = slice(place, place + 1)
    then, now = ({item.id: frames[item.id].iloc[own] for item in both} for frames in (old, new))
    return new, _compared(both, then, now, before, period, "same_last_year")


def _found(indicators: Sequence[str | Indicator]) -> list[Indicator]:
    return [each if isinstance(each, Indicator) else find_indicator(each) for each in indicators]


def _compared(
    indicators: Sequence[Indicator],
    old: Mapping[str, pd.DataFrame],
    new: Mapping[str, pd.DataFrame],
    before: Period,
    when: Period,
    against: Against,
) -> dict[str, pd.DataFrame]:
    """Return the changes of indicators between two frames of each, all over the same regions; tested all together."""
    indicators = [*{item.id: item for item in indicators}.values()]
    if not indicators:
        return {}
    regions = new[indicators[0].id].index
    items = [item for item in indicators for _ in regions]
    then, now = _sides(items, old, new, against)
    given, had = (np.isin(side["status"], words.WITH_VALUE) for side in (now, then))
    both = given & had
    may_be = ~both | np.array([*map(_are_alike, items, now["notes"], then["notes"])], bool)
    valid = both & may_be
    untestable = {item.id: _why_untestable(item, before, when) for item in indicators}
    test = _tested(items, np.array([untestable[item.id] is None for item in items], bool), then, now, valid)
    columns: dict[str, np.ndarray] = {}
    for name, side in (("new", now), ("old", then)):
        columns[name] = side["value"]
        columns |= {f"{name}_{part}": side[part] for part in ("numerator", "denominator")}
    columns |= {name: np.where(valid, test[name], np.nan).astype(float) for name in _TESTED_COLUMNS}
    columns["p_value"][["not_matured" in notes for notes in now["notes"]]] = np.nan
    limit = evaluation_rules().chance_limit
    beyond_chance = [None if np.isnan(p) else bool(p < limit) for p in columns["p_value"]]
    ways = _ways(columns["difference"])
    said = [
        "missing" if not has_value else "no_people" if peopleless else way if alike else "unlike"
        for has_value, peopleless, alike, way in zip(
            given, then["status"] == words.NO_POPULATION, may_be, ways, strict=True
        )
    ]
    others: dict[str, Sequence[object] | np.ndarray] = {
        "beyond_chance": beyond_chance,
        "way": ways,
        "verdict": [_verdict(way, item.direction) for way, item in zip(ways, items, strict=True)],
        "sentence": [_sentence(way, beyond, against) for way, beyond in zip(said, beyond_chance, strict=True)],
        "method": test["method"],
        "status": [_worse(*both_of) for both_of in zip(now["status"], then["status"], strict=True)],
        "data_through": now["data_through"],
        "notes": [
            _notes(new_notes, old_notes, untestable[item.id], alike)
            for item, alike, new_notes, old_notes in zip(items, may_be, now["notes"], then["notes"], strict=True)
        ],
    }
    columns |= {name: _objects(values) for name, values in others.items()}
    whole, size = frame_of({name: columns[name] for name in CHANGE_COLUMNS}), len(regions)
    changes = {item.id: whole.iloc[n * size : (n + 1) * size] for n, item in enumerate(indicators)}
    for frame in changes.values():
        frame.index = regions
    return changes


def _sides(
    items: Sequence[Indicator], old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame], against: Against
) -> tuple[_Side, _Side]:
    """Return what is compared, the earlier period first; ``items`` are those of the rows."""
    keys = dict.fromkeys(item.id for item in items)
    then, now = (_stacked([frames[key] for key in keys]) for frames in (old, new))
    # A figure that is itself a comparison with last year: its counts are compared, not its percentages.
    own = np.array([item.kind == "change" and against == "same_last_year" for item in items], bool)
    if own.any():
        last_year = now | {"value": now["denominator"], "numerator": now["denominator"]}
        then = {name: np.where(own, last_year[name], then[name]) for name in then}
        now["value"] = np.where(own, now["numerator"], now["value"])
        for side in (then, now):
            side["denominator"] = np.where(own, np.nan, side["denominator"])
    return then, now


def _stacked(frames: Sequence[pd.DataFrame]) -> _Side:
    """Return the rows of frames of the same columns under each other, as columns."""
    rows = np.concatenate([frame.to_numpy(object) for frame in frames])
    columns = dict(zip(frames[0].columns.tolist(), rows.T, strict=True))
    return columns | {name: columns[name].astype(float) for name in words.NUMBER_COLUMNS}


def _tested(
    items: Sequence[Indicator], testable: np.ndarray, then: _Side, now: _Side, valid: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the columns of each row's test, which the kind of its indicator tells."""
    plain = comparison.untested(now["value"], then["value"])
    test = {name: getattr(plain, name).copy() for name in (*_TESTED_COLUMNS, "method")}
    kinds = np.array([item.kind for item in items])
    is_share, is_rate = kinds == "proportion", kinds == "rate"
    factor = np.array([item.factor if item.kind == "rate" else 1.0 for item in items])
    for some, of_rates in ((testable & is_share, False), (testable & ~is_share, True)):
        if not some.any():
            continue
        # A figure without a value may rest on impossible counts, which no test takes.
        new, old = (
            {name: np.where(valid, side[name], np.nan)[some] for name in ("numerator", "denominator", "squares")}
            for side in (now, then)
        )
        if of_rates:
            for side in (new, old):
                side["denominator"] = np.where(is_rate[some], side["denominator"], 1.0)
        sides = new["numerator"], new["denominator"], old["numerator"], old["denominator"]
        found = comparison.rates(*sides, factor[some], _spread(new, old)) if of_rates else comparison.shares(*sides)
        for name, column in test.items():
            column[some] = getattr(found, name)
    return test


def _notes(new: tuple[str, ...], old: tuple[str, ...], untestable: str | None, alike: bool) -> tuple[str, ...]:
    """Return what must be said of a change: what must be of both figures, why it isn't tested, that it can't be made."""
    more = [] if untestable is None else [untestable]
    return tuple(dict.fromkeys((*new, *old, *more, *([] if alike else ["unlike_periods"]))))


def _objects(values: Sequence[object] | np.ndarray) -> np.ndarray:
    """Return a column of objects, tuples too."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _spread(new: _Side, old: _Side) -> np.ndarray:
    """Return squared events ÷ events of both periods; 1 where events are independent or nothing is known."""
    squares = np.nansum([new["squares"], old["squares"]], axis=0)
    known = np.isfinite(new["squares"]) & np.isfinite(old["squares"])
    events = new["numerator"] + old["numerator"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known & (events > 0), np.maximum(squares / events, 1.0), 1.0)


def _why_untestable(indicator: Indicator, before: Period, when: Period) -> str | None:
    """Return the note that says why chance can't be tested; None when it can."""
    if indicator.window in ("as_of", "since_start"):
        return "state_at_a_time"
    if indicator.follow_up:
        return "follow_up_differs"
    if not indicator.interval or indicator.kind not in ("rate", "proportion", "count", "change"):
        return "no_chance_in_it"
    if indicator.window == "period":
        return None
    first, _ = wanted_days(indicator.window, when)
    _, last = wanted_days(indicator.window, before)
    if indicator.kind == "change" and before == when.same_last_year():
        return None
    return "overlapping_windows" if first is None or last >= first else None


def _are_alike(indicator: Indicator, new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Return whether figures with these notes may be compared: a count of three months not with one of a year, nor rates of other people."""
    if indicator.window in ("as_of", "since_start"):
        return True
    if indicator.kind == "count":
        return _SHORT_OF_DAYS.isdisjoint(new) == _SHORT_OF_DAYS.isdisjoint(old)
    return "population_incomplete" not in (*new, *old)


def _ways(difference: np.ndarray) -> list[str]:
    return ["unknown" if np.isnan(d) else "up" if d > 0 else "down" if d < 0 else "same" for d in difference]


def _verdict(way: str, direction: str) -> str:
    if direction == "neutral" or way not in ("up", "down"):
        return "none"
    return "better" if (way == "up") == (direction == "higher_better") else "worse"


def _sentence(way: str, beyond: bool | None, against: Against) -> str:
    if way in ("missing", "no_people", "unlike", "unknown", "same"):
        return f"sentences.change.{against}.{way}"
    certainty = "untested" if beyond is None else "beyond_chance" if beyond else "within_chance"
    return f"sentences.change.{against}.{way}_{certainty}"


def _worse(first: str, second: str) -> str:
    return max(first, second, key=words.STATUSES.index)
