"""Small counts protected in results, for roles that don't need them (the rule is in dashboard.indicators.suppression)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import LEVELS, Indicator, load_catalogue
from dashboard.indicators.engine.facts import Facts, evaluation_rules, facts_of
from dashboard.indicators.engine.intervals import NONE
from dashboard.indicators.engine.windows import resolve
from dashboard.indicators.suppression import (
    GRAINS,
    MONTHS,
    blocks,
    is_made_of_blocks,
    is_small,
    shown_classes,
    shown_regions,
)
from dashboard.memory import kept
from dashboard.periods import Period
from data_access.access import Scope
from data_access.errors import NoSnapshotError, SchemaVersionError, ScopeError, StoreUnavailableError
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

_NEVER_HIDDEN = (words.UNAVAILABLE, words.FINER_THAN_SOURCE, words.SUPPRESSED)


@dataclass(frozen=True)
class Pattern:
    """What may be shown of a family of measures: always the same regions and classes, in blocks of one grain."""

    grain: str | None
    """None when nothing may be shown."""
    regions: frozenset[str]
    classes: frozenset[str]
    root: str
    first_day: date
    known: frozenset[str] = frozenset()
    """Regions that there were figures of, shown or not."""
    known_classes: frozenset[str] = frozenset()


def protect(
    reader: SnapshotReader, scope: Scope, indicator: Indicator, frame: pd.DataFrame, periods: Sequence[Period]
) -> pd.DataFrame:
    """Return ``frame`` (indexed by ``region_code, period``) without what the role may not see.

    Hidden rows keep no number; their status is ``suppressed``. The same note stands for small counts and for those hidden
    with them, so that it does not tell which is which.
    """
    if not _is_protected(scope, indicator) or frame.empty:
        return frame
    facts = facts_of(reader, scope)
    pattern = pattern_of(reader, scope, family_of(indicator))
    in_time = {str(period): _may_show(indicator, period, pattern, facts) for period in periods}
    classes = {code for term in indicator.terms for code in term.class_code}
    codes = frame.index.get_level_values("region_code")
    shown = np.array([in_time[period] for period in frame.index.get_level_values("period")], dtype=bool)
    shown &= codes.isin(pattern.regions)
    if classes:
        shown &= (codes == pattern.root) & (classes <= pattern.classes)
    return _hidden(frame, ~shown)


def protect_breakdown(
    reader: SnapshotReader, scope: Scope, indicator: Indicator, frame: pd.DataFrame, period: Period, by: str
) -> pd.DataFrame:
    """Return a breakdown (indexed by ``region_code`` and ``by``) without what the role may not see."""
    if not _is_protected(scope, indicator) or frame.empty:
        return frame
    pattern = pattern_of(reader, scope, family_of(indicator))
    in_time = _may_show(indicator, period, pattern, facts_of(reader, scope))
    shown = frame.index.get_level_values("region_code") == pattern.root
    known = pattern.classes if by == "class_code" else frozenset()
    shown &= frame.index.get_level_values(by).isin(known)
    return _hidden(frame, ~(shown & in_time))


def family_of(indicator: Indicator) -> frozenset[str]:
    """Return the measures that must be protected together, because they tell of one another.

    Those of one kind of incident, and those that protected indicators divide by one another.
    """
    names = _measures_of(indicator)
    for family in _families():
        if names & family:
            return family
    return frozenset(names)


def pattern_of(reader: SnapshotReader, scope: Scope, family: frozenset[str]) -> Pattern:
    """Return what ``scope`` may be shown of a family.

    What an earlier snapshot hid stays hidden while that snapshot is kept: a late record that makes a small count large
    would else give the earlier count back, by the difference of the totals before and after.
    """
    try:
        return _never_hidden(reader, scope, family)
    except StoreUnavailableError:
        # What was hidden before can't be learned now: until it can, nothing is shown.
        return _nothing_of(_own_pattern(reader, scope, family))


@kept
def _never_hidden(reader: SnapshotReader, scope: Scope, family: frozenset[str]) -> Pattern:
    """Return what neither this snapshot nor an earlier one that is kept hides."""
    pattern = _own_pattern(reader, scope, family)
    for earlier in _earlier(reader, facts_of(reader, scope).snapshot_id):
        pattern = _both(pattern, _of_earlier(earlier, scope, family))
    return pattern


def _nothing_of(pattern: Pattern) -> Pattern:
    return replace(pattern, grain=None, regions=frozenset(), classes=frozenset())


_EARLIER: WeakKeyDictionary[SnapshotReader, dict[str, SnapshotReader]] = WeakKeyDictionary()


def _earlier(reader: SnapshotReader, snapshot_id: str) -> list[SnapshotReader]:
    """Return readers of the kept snapshots before this one."""
    ids = reader.kept_snapshot_ids()
    before = ids[: ids.index(snapshot_id)] if snapshot_id in ids else []
    known = _EARLIER.get(reader, {})
    opened = _EARLIER[reader] = {each: known.get(each) or SnapshotReader(reader.home, each) for each in before}
    return list(opened.values())


def _of_earlier(reader: SnapshotReader, scope: Scope, family: frozenset[str]) -> Pattern | None:
    """Return what an earlier snapshot showed; None when it showed nothing to anybody in this scope."""
    try:
        return _own_pattern(reader, scope, family)
    except (SchemaVersionError, NoSnapshotError, ScopeError):
        return None


def _both(now: Pattern, before: Pattern | None) -> Pattern:
    """Return what both patterns show; regions and classes that are new are as they are now."""
    if before is None or now.grain is None or not before.known:
        return now
    if before.grain is None:
        return _nothing_of(now)
    return replace(
        now,
        grain=max(now.grain, before.grain, key=GRAINS.index),
        regions=now.regions - (before.known - before.regions),
        classes=now.classes - (before.known_classes - before.classes),
    )


@kept
def _own_pattern(reader: SnapshotReader, scope: Scope, family: frozenset[str]) -> Pattern:
    """Return what may be shown of a family by this snapshot alone."""
    facts = facts_of(reader, scope)
    measures = sorted(name for name in family if name in facts.coverage)
    covers = [cover for name in measures for cover in facts.coverage[name]]
    root = scope.region_code
    if not covers:
        return Pattern(None, frozenset(), frozenset(), root, facts.data_through)
    first_day = min(cover.first_day for cover in covers)
    limit = max(item.suppression_limit for item in _indicators_of(family))
    codes = _visible(facts, scope, family)
    yearly_only = any(cover.grain == "year" for cover in covers)
    wanted = GRAINS.index("year" if yearly_only else evaluation_rules().protected_grain)
    read_grain = "year" if yearly_only else "month"
    rows = reader.measure_values(scope, measures, codes, first_day, facts.data_through, grain=read_grain)
    parents = dict(zip(facts.regions.index, facts.regions["parent_code"], strict=True))
    stocks = {name for name in measures if load_measures()[name].kind == "stock"}
    for grain in GRAINS[wanted:]:
        table = _by_block(rows, grain, facts.data_through, stocks).reindex(codes)
        if is_small(np.nan_to_num(table.loc[root].to_numpy(float)), limit).any():
            continue
        shown = shown_regions(table, parents, limit)
        if shown[root]:
            classes = _classes(reader, scope, measures, facts, grain, read_grain, first_day, limit, stocks)
            return Pattern(
                grain,
                frozenset(shown.index[shown]),
                frozenset(classes.index[classes]),
                root,
                first_day,
                known=frozenset(codes),
                known_classes=frozenset(classes.index),
            )
    return Pattern(None, frozenset(), frozenset(), root, facts.data_through, known=frozenset(codes))


def _classes(
    reader: SnapshotReader,
    scope: Scope,
    measures: Sequence[str],
    facts: Facts,
    grain: str,
    read_grain: str,
    first_day: date,
    limit: int,
    stocks: set[str],
) -> pd.Series:
    """Return which classes of the root may be shown."""
    divided = [name for name in measures if load_measures()[name].by_class]
    if not divided:
        return pd.Series(dtype=bool)
    rows = reader.measure_values(
        scope, divided, [scope.region_code], first_day, facts.data_through, grain=read_grain, by=("class_code",)
    )
    keyed = rows.assign(region_code=rows["class_code"])
    return shown_classes(_by_block(keyed, grain, facts.data_through, stocks), limit)


def _by_block(rows: pd.DataFrame, grain: str, through: date, stocks: set[str]) -> pd.DataFrame:
    """Return a column for each measure and complete block, regions as rows; a stock stands as at its last month."""
    starts = [stamp.date() for stamp in pd.to_datetime(rows["period_start"])]
    first_days = pd.to_datetime(pd.Series(blocks(starts, grain), index=rows.index, dtype=object))
    ends = first_days + pd.DateOffset(months=MONTHS[grain]) - pd.Timedelta(days=1)
    whole = rows.assign(block=first_days)[(ends <= pd.Timestamp(through)).to_numpy(bool)].sort_values("period_start")
    is_stock = whole["measure"].isin(stocks)
    flows, stocks_only = whole[~is_stock], whole[is_stock]
    columns = ["measure", "block"]
    added = flows.pivot_table(index="region_code", columns=columns, values="value", aggfunc="sum")
    newest = stocks_only.pivot_table(index="region_code", columns=columns, values="value", aggfunc="last")
    return added.join(newest, how="outer")


def _visible(facts: Facts, scope: Scope, family: frozenset[str]) -> list[str]:
    """Return the regions in scope down to the finest level the family is ever shown at."""
    finest = max(item.finest_depth for item in _indicators_of(family))
    level = scope.permissions.finest_level
    deepest = min(finest, LEVELS.index(level) if level in LEVELS else len(LEVELS))
    root_depth = int(facts.depths([scope.region_code])[0])
    regions = facts.regions
    chosen = regions["in_scope"].to_numpy(bool) & (regions["depth"].to_numpy() <= max(deepest, root_depth))
    return regions.index[chosen].tolist()


def _may_show(indicator: Indicator, period: Period, pattern: Pattern, facts: Facts) -> bool:
    """Whether everything the indicator sums at ``period`` is made of whole, complete blocks."""
    if pattern.grain is None or period.end > facts.data_through:
        return False
    catalogue = load_catalogue()
    parts = [catalogue[key] for key in indicator.components] or [indicator]
    years = (period, period.same_last_year()) if indicator.kind == "change" else (period,)
    for item in parts:
        for when in years:
            for term in item.terms:
                window = term.window or item.window
                span = resolve(window, when, [term.measure], facts.coverage, facts.data_through)
                start = when.start if window == "as_of" else span.start
                end = when.end if window == "as_of" else span.end
                aligned = is_made_of_blocks(None if window == "as_of" else start, end, pattern.grain, pattern.first_day)
                if span.usable and not aligned:
                    return False
    return True


def _hidden(frame: pd.DataFrame, hide: np.ndarray) -> pd.DataFrame:
    if not hide.any():
        return frame
    result = frame.copy()
    # A figure that has no value for another reason says so, but keeps no part of it either: not the count of one year.
    result.loc[hide, words.NUMBER_COLUMNS] = np.nan
    rows = hide & ~frame["status"].isin(_NEVER_HIDDEN).to_numpy()
    rows &= ~frame["notes"].map(lambda notes: "not_collected" in notes or "outside_coverage" in notes).to_numpy(bool)
    result.loc[rows, "method"] = NONE
    result.loc[rows, "status"] = words.SUPPRESSED
    notes = result["notes"].to_numpy(object, copy=True)
    for place in np.flatnonzero(rows):
        notes[place] = ("small_count",)
    result["notes"] = notes
    return result


def _is_protected(scope: Scope, indicator: Indicator) -> bool:
    return indicator.suppression_limit > 0 and indicator.available and not scope.permissions.small_counts


def _measures_of(indicator: Indicator) -> set[str]:
    catalogue = load_catalogue()
    parts = [catalogue[key] for key in indicator.components] or [indicator]
    return {name for part in parts for name in part.measures}


def _indicators_of(family: frozenset[str]) -> list[Indicator]:
    return [
        item
        for item in load_catalogue().values()
        if item.suppression_limit and item.available and _measures_of(item) & family
    ]


@lru_cache(maxsize=1)
def _families() -> tuple[frozenset[str], ...]:
    groups: list[set[str]] = []
    protected = [item for item in load_catalogue().values() if item.suppression_limit and item.available]
    links = [_measures_of(item) for item in protected]
    names = set().union(*links) if links else set()
    by_kind: dict[tuple, set[str]] = {}
    for name in names:
        measure = load_measures()[name]
        kinds = [str(test.equals) for test in measure.where if test.column in ("category", "kind", "question")]
        if measure.table is not None:
            by_kind.setdefault((measure.table, *kinds), set()).add(name)
    for link in [*links, *by_kind.values()]:
        touching = [group for group in groups if group & link]
        groups = [group for group in groups if not group & link] + [set(link).union(*touching)]
    return tuple(frozenset(group) for group in groups)
