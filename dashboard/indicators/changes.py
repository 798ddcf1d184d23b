"""How a figure changed against last year or the period before, and whether chance alone would do as much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine import comparison
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.engine.windows import wanted_days
from dashboard.indicators.evaluate import by_region, evaluate, evaluate_each
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader

Against = Literal["same_last_year", "previous"]
AGAINST: tuple[Against, ...] = ("same_last_year", "previous")
CHANGE_COLUMNS = [
    "new",
    "old",
    "difference",
    "difference_lower",
    "difference_upper",
    "ratio",
    "ratio_lower",
    "ratio_upper",
    "p_value",
    "beyond_chance",
    "way",
    "verdict",
    "sentence",
    "method",
    "status",
    "new_numerator",
    "new_denominator",
    "old_numerator",
    "old_denominator",
    "data_through",
    "notes",
]


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
    regions = pd.Index(list(dict.fromkeys(codes)), name="region_code")
    # A frame holds the regions in order, and of each the two periods: taken by place, which costs no search.
    old, new = ({key: frame.iloc[place::2].set_axis(regions) for key, frame in frames.items()} for place in (0, 1))
    return _frames_of(
        {item.id: _compared(item, old[item.id], new[item.id], before, when, against) for item in items}, regions
    )


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
    changed = {
        item.id: _compared(item, old[item.id].iloc[own], new[item.id].iloc[own], before, period, "same_last_year")
        for item in both
    }
    return new, _frames_of(changed, pd.Index([region], name="region_code"))


def _found(indicators: Sequence[str | Indicator]) -> list[Indicator]:
    return [each if isinstance(each, Indicator) else find_indicator(each) for each in indicators]


def _compared(
    indicator: Indicator, old: pd.DataFrame, new: pd.DataFrame, before: Period, when: Period, against: Against
) -> dict[str, np.ndarray]:
    """Return the columns of a change."""
    if indicator.kind == "change" and against == "same_last_year":
        # The figure is itself a comparison with last year: its counts are compared, not its percentages.
        old = new.assign(value=new["denominator"], numerator=new["denominator"], denominator=np.nan)
        new = new.assign(value=new["numerator"], denominator=np.nan)
    given = np.isin(new["status"].to_numpy(), words.WITH_VALUE)
    both = given & np.isin(old["status"].to_numpy(), words.WITH_VALUE)
    alike = _are_alike(indicator, new, old)
    valid = both & alike
    untestable = _why_untestable(indicator, before, when)
    unripe = np.array(["not_matured" in notes for notes in new["notes"]], dtype=bool)
    test = comparison.untested(new["value"].to_numpy(float), old["value"].to_numpy(float))
    if untestable is None:
        # A figure without a value may rest on impossible counts, which no test takes.
        test = _tested(indicator, _standing(new, valid), _standing(old, valid))
    columns: dict[str, object] = {}
    for name, source in (("new", new), ("old", old)):
        columns[name] = source["value"].to_numpy(float)
        columns[f"{name}_numerator"] = source["numerator"].to_numpy(float)
        columns[f"{name}_denominator"] = source["denominator"].to_numpy(float)
    for name in ("difference", "difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper"):
        columns[name] = np.where(valid, getattr(test, name), np.nan)
    p_value = np.where(valid & ~unripe, test.p_value, np.nan).astype(float)
    limit = evaluation_rules().chance_limit
    beyond_chance = [None if np.isnan(p) else bool(p < limit) for p in p_value]
    ways = _ways(np.where(valid, test.difference, np.nan).astype(float))
    extra = () if untestable is None else (untestable,)
    columns |= {
        "p_value": p_value,
        "method": test.method,
        "beyond_chance": beyond_chance,
        "way": ways,
        "verdict": [_verdict(way, indicator.direction) for way in ways],
        "sentence": [
            _sentence(
                "missing" if not has_value else "no_people" if peopleless else way if may_be else "unlike",
                beyond,
                against,
            )
            for has_value, peopleless, may_be, way, beyond in zip(
                given, old["status"] == words.NO_POPULATION, ~both | alike, ways, beyond_chance, strict=True
            )
        ],
        "status": [_worse(a, b) for a, b in zip(new["status"], old["status"], strict=True)],
        "data_through": new["data_through"],
        "notes": [
            tuple(dict.fromkeys((*a, *b, *extra, *(() if may_be else ("unlike_periods",)))))
            for a, b, may_be in zip(new["notes"], old["notes"], ~both | alike, strict=True)
        ],
    }
    return {name: _array(columns[name], len(new)) for name in CHANGE_COLUMNS}


def _frames_of(compared: dict[str, dict[str, np.ndarray]], regions: pd.Index) -> dict[str, pd.DataFrame]:
    """Return a frame for each change, cut from one of all: a frame of many columns takes long to make, however few rows."""
    if not compared:
        return {}
    whole = pd.DataFrame({name: np.concatenate([part[name] for part in compared.values()]) for name in CHANGE_COLUMNS})
    size = len(regions)
    return {key: whole.iloc[n * size : (n + 1) * size].set_axis(regions) for n, key in enumerate(compared)}


def _array(values: object, size: int) -> np.ndarray:
    """Return numbers as they are, and all else as objects, tuples too."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return values
    column = np.empty(size, dtype=object)
    column[:] = values if isinstance(values, str) else list(values)  # type: ignore[call-overload]
    return column


def _standing(frame: pd.DataFrame, valid: np.ndarray) -> dict[str, np.ndarray]:
    """Return the counts of the rows that are compared; missing elsewhere."""
    names = ("numerator", "denominator", "squares")
    return {name: np.where(valid, frame[name].to_numpy(float), np.nan) for name in names}


def _tested(indicator: Indicator, new: dict[str, np.ndarray], old: dict[str, np.ndarray]) -> comparison.Comparison:
    count, old_count = new["numerator"], old["numerator"]
    if indicator.kind == "proportion":
        return comparison.shares(count, new["denominator"], old_count, old["denominator"])
    if indicator.kind == "rate":
        spread = _spread(new, old)
        return comparison.rates(count, new["denominator"], old_count, old["denominator"], indicator.factor, spread)
    alone = np.ones(len(count))
    return comparison.rates(count, alone, old_count, alone, 1.0, _spread(new, old))


def _spread(new: dict[str, np.ndarray], old: dict[str, np.ndarray]) -> np.ndarray:
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


def _are_alike(indicator: Indicator, new: pd.DataFrame, old: pd.DataFrame) -> np.ndarray:
    """Return where two figures may be compared: a count of three months not with one of a year, nor rates of other people."""
    lacking = set(words.SHORT_OF_DAYS if indicator.kind == "count" else ("population_incomplete",))
    if indicator.window in ("as_of", "since_start"):
        return np.ones(len(new), bool)
    lacks = [np.array([not lacking.isdisjoint(notes) for notes in frame["notes"]], bool) for frame in (new, old)]
    return lacks[0] == lacks[1] if indicator.kind == "count" else ~(lacks[0] | lacks[1])


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
