"""An indicator's numerator by class or channel: what it is made of, region by region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.i18n import t
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import LEVELS, PERSON_YEARS, Indicator, find_indicator
from dashboard.indicators.engine import intervals
from dashboard.indicators.engine.facts import Facts, evaluation_rules, facts_of
from dashboard.indicators.engine.intervals import Limits
from dashboard.indicators.engine.quantities import person_years
from dashboard.indicators.engine.windows import Span, resolve
from dashboard.periods import Period
from data_access.access import Scope
from data_access.measures import load_measures
from data_access.queries import SnapshotInfo, SnapshotReader

Breakdown = Literal["class_code", "channel"]
CLASSES = (
    *("01", "02", "03", "04", "05", "06", "fraud", "vice_gambling", "school_safety", "guns_explosives"),
    *("robbery_theft", "provocation", "other", "shooting", "stabbing"),
)


def by_class(
    reader: SnapshotReader,
    scope: Scope,
    indicator: str | Indicator,
    codes: Sequence[str],
    period: Period | str,
    by: Breakdown = "class_code",
) -> pd.DataFrame:
    """Return what an indicator's numerator is made of.

    Parameters
    ----------
    reader, scope, indicator, codes, period
        As for :func:`dashboard.indicators.evaluate.values`.
    by : {"class_code", "channel"}

    Returns
    -------
    DataFrame
        Indexed by ``region_code, class_code`` (or ``channel``) with the columns of ``values``. A rate gives each class's
        own rate over the same person-years; anything else gives the class's share of all classes (``numerator`` the
        class, ``denominator`` all), with Wilson's limits unless the indicator has none. Every class seen in one of
        ``codes`` stands for all of them.

    Raises
    ------
    ConfigError, ScopeError
    ValueError
        When the numerator is a stock, has several terms, or its measure is not broken down so.
    """
    from dashboard.indicators.engine.protection import protect_breakdown

    frame = breakdown_unsuppressed(reader, scope, indicator, codes, period, by)
    item = indicator if isinstance(indicator, Indicator) else find_indicator(indicator)
    when = Period.parse(period) if isinstance(period, str) else period
    return protect_breakdown(reader, scope, item, frame, when, by)


def breakdown_unsuppressed(
    reader: SnapshotReader,
    scope: Scope,
    indicator: str | Indicator,
    codes: Sequence[str],
    period: Period | str,
    by: Breakdown = "class_code",
) -> pd.DataFrame:
    """Return :func:`by_class` before suppression; never for a screen."""
    item = indicator if isinstance(indicator, Indicator) else find_indicator(indicator)
    when = Period.parse(period) if isinstance(period, str) else period
    measure = _measure_of(item, by)
    facts = facts_of(reader, scope)
    carry = evaluation_rules().stock_carry_months
    span = resolve(item.window, when, [measure], facts.coverage, facts.data_through, carry)
    listed = list(dict.fromkeys(codes))
    if not span.usable:
        return _frame_without(listed, by, span)
    rows = reader.measure_values(scope, [measure], listed, span.start, span.end, by=(by,))
    classes = sorted(rows[by].unique().tolist())
    if classes == [""]:
        raise ValueError(f"Indicator {item.id} can't be broken down by {by}: its source gives totals only.")
    shape = (len(listed), len(classes))
    table = rows.pivot(index="region_code", columns=by, values="value").reindex(index=listed, columns=classes)
    count = table.to_numpy(float, copy=True).reshape(shape)
    known = ~np.isnan(count).all(axis=1) | (measure in span.records)
    count = np.where(known[:, None], np.nan_to_num(count), np.nan)
    if item.denominator == PERSON_YEARS:
        exposure, _ = person_years(reader, scope, listed, [span.days])
        denominator = np.repeat(exposure, len(classes), axis=1)
    else:
        denominator = np.repeat(count.sum(axis=1, keepdims=True), len(classes), axis=1)
    status = _status(item, facts, scope, listed, span, count, denominator)
    shown = np.isin(status, words.WITH_VALUE)
    kept = ~np.isin(status, (words.FINER_THAN_SOURCE, words.SUPPRESSED))
    count, denominator = np.where(kept, count, np.nan), np.where(kept, denominator, np.nan)
    limits = _limits(item, np.where(shown, count, np.nan), np.where(shown, denominator, np.nan))
    notes = _notes(facts, listed, span)
    index = pd.MultiIndex.from_product([listed, classes], names=["region_code", by])
    columns = {
        **{name: getattr(limits, name).ravel() for name in (*words.VALUE_COLUMNS, "method")},
        "numerator": count.ravel(),
        "denominator": denominator.ravel(),
        "squares": np.nan,
        "status": status.ravel(),
        "basis": span.basis,
        "grain": span.grain,
        "data_through": span.through,
        "notes": [notes[place] for place in range(len(listed)) for _ in classes],
    }
    return pd.DataFrame(columns, index=index)[words.COLUMNS]


def _measure_of(indicator: Indicator, by: Breakdown) -> str:
    measures = {term.measure for term in indicator.numerator}
    if len(measures) != 1:
        raise ValueError(f"Indicator {indicator.id} can't be broken down: its numerator has {len(measures)} measures.")
    name = measures.pop()
    measure = load_measures()[name]
    divided = measure.by_class if by == "class_code" else measure.by_channel
    if measure.kind == "stock" or (measure.table is not None and not divided):
        raise ValueError(f"Indicator {indicator.id} can't be broken down by {by}: measure {name!r} is not.")
    return name


def _limits(indicator: Indicator, count: np.ndarray, denominator: np.ndarray) -> Limits:
    if indicator.denominator == PERSON_YEARS:
        return intervals.rate(count, denominator, indicator.factor)
    if indicator.interval:
        return intervals.proportion(count, denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        return intervals.without(count / denominator)


def _status(
    indicator: Indicator,
    facts: Facts,
    scope: Scope,
    codes: Sequence[str],
    span: Span,
    count: np.ndarray,
    denominator: np.ndarray,
) -> np.ndarray:
    status = np.full(count.shape, span.status, dtype=object)
    status[facts.late_among(codes, span.sources, span.end)] = words.PARTIAL
    no_exposure = words.NO_POPULATION if indicator.denominator == PERSON_YEARS else words.ZERO_DENOMINATOR
    status[~(denominator > 0)] = no_exposure
    status[np.isnan(count)] = words.NO_DATA
    # One class that can't be true spoils the share of all others in its region.
    wrong = (count < 0) | np.isinf(count)
    status[wrong.any(axis=1)] = words.INCONSISTENT
    depths = facts.depths(codes)
    finest = scope.permissions.finest_level
    status[depths > indicator.finest_depth] = words.FINER_THAN_SOURCE
    status[depths > (LEVELS.index(finest) if finest in LEVELS else len(LEVELS))] = words.SUPPRESSED
    return status


def _notes(facts: Facts, codes: Sequence[str], span: Span) -> list[tuple[str, ...]]:
    late = facts.late_among(codes, span.sources, span.end)
    return [(*span.notes, "late_regions") if is_late else span.notes for is_late in late]


def _frame_without(codes: Sequence[str], by: str, span: Span) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([codes, [""]], names=["region_code", by])
    frame = pd.DataFrame(np.nan, index=index, columns=words.NUMBER_COLUMNS)
    frame["method"], frame["status"] = intervals.NONE, span.status
    frame["basis"], frame["grain"], frame["data_through"] = span.basis, span.grain, span.through
    frame["notes"] = [span.notes] * len(frame)
    return frame[words.COLUMNS]


def class_names_of(codes: pd.Series, snapshot: SnapshotInfo, language: str) -> dict[str, str]:
    """Return the names of the classes that occur: our own, then the data set's own (``class:<code>``), else the code."""
    found = [code for code in codes.unique() if code]
    names = {code: t(f"class.{code}", language) for code in CLASSES if code in found}
    for code in sorted(set(found) - set(names)):
        names[code] = snapshot.own_name("class", code, language) or code
    return names
