"""Numerators and denominators by region and period, with the status each stands in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import LEVELS, PERSON_YEARS, TOWNSHIPS, Indicator, Term
from dashboard.indicators.engine.facts import Facts, evaluation_rules
from dashboard.indicators.engine.intervals import Limits
from dashboard.indicators.engine.quantities import Days, Part, Spans, flow_sums, person_years, stock_months
from dashboard.indicators.engine.windows import Span, resolve, wanted_days
from dashboard.periods import Period
from data_access.access import Scope
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

STATUS = {name: place for place, name in enumerate(words.STATUSES)}
NOTE = {name: 1 << place for place, name in enumerate(words.NOTES)}
_SHORT_OF_DAYS = sum(NOTE[name] for name in words.SHORT_OF_DAYS)
_STATUS_NAMES = np.array(words.STATUSES, dtype=object)
_MAY_HAVE_VALUE = np.isin(words.STATUSES, words.WITH_VALUE)
_IS_HIDDEN = np.isin(words.STATUSES, (words.FINER_THAN_SOURCE, words.SUPPRESSED))


@dataclass(frozen=True)
class Numbers:
    """Arrays of shape (regions, periods) and what must be said about each cell.

    ``status`` holds places in :data:`vocabulary.STATUSES`, ``notes`` sums of :data:`NOTE`.
    """

    index: pd.MultiIndex
    numerator: np.ndarray
    denominator: np.ndarray
    squares: np.ndarray | None
    status: np.ndarray
    notes: np.ndarray
    basis: np.ndarray
    grain: np.ndarray
    through: np.ndarray
    """Last day the figure speaks of; ``basis``, ``grain`` and ``through`` have shape (periods,) or (regions, periods)."""

    @property
    def has_value(self) -> np.ndarray:
        """Which cells may have a value."""
        return _MAY_HAVE_VALUE[self.status]

    def against(self, old: Numbers) -> Numbers:
        """Return these counts over those of ``old``: numerator new, denominator old; only where both lack days or none does."""
        status = np.where(self.has_value, np.where(old.has_value, self.status, old.status), self.status)
        # A part of this year against a part of last year is a comparison as good as its parts.
        status = np.where(self.has_value & old.has_value, np.maximum(self.status, old.status), status)
        both = self.has_value & old.has_value
        unlike = both & ((self.notes & _SHORT_OF_DAYS > 0) != (old.notes & _SHORT_OF_DAYS > 0))
        zero = both & (old.numerator == 0)
        return replace(
            self,
            denominator=old.numerator,
            squares=None,
            status=np.select([unlike, zero], [STATUS[words.NO_DATA], STATUS[words.ZERO_DENOMINATOR]], status),
            notes=self.notes | old.notes | np.where(unlike, NOTE["unlike_periods"], 0),
        )

    def columns(self, limits: Limits) -> dict[str, np.ndarray]:
        """Return the result columns, a value for each region and period in turn."""
        shape = self.numerator.shape
        # What is hidden for its level keeps no count either, whoever asks.
        kept = ~_IS_HIDDEN[self.status]
        names = {flags: _note_names(flags) for flags in np.unique(self.notes).tolist()}
        notes = np.empty(self.notes.size, dtype=object)
        notes[:] = [names[flags] for flags in self.notes.ravel().tolist()]
        columns = {
            "value": limits.value,
            "lower": limits.lower,
            "upper": limits.upper,
            "lower_998": limits.lower_998,
            "upper_998": limits.upper_998,
            "numerator": np.where(kept, self.numerator, np.nan),
            "denominator": np.where(kept, self.denominator, np.nan),
            "squares": np.full(shape, np.nan) if self.squares is None else np.where(kept, self.squares, np.nan),
            "method": limits.method,
            "status": _STATUS_NAMES[self.status],
            "basis": np.broadcast_to(self.basis, shape),
            "grain": np.broadcast_to(self.grain, shape),
            "data_through": np.broadcast_to(self.through, shape),
        }
        return {name: np.asarray(array).ravel() for name, array in columns.items()} | {"notes": notes}


def frames_of(counted: Mapping[str, tuple[Numbers, Limits]]) -> dict[str, pd.DataFrame]:
    """Return the result columns of each indicator, indexed by ``region_code, period``.

    They are cut from one frame of all: a frame of many columns takes a millisecond to make, however few its rows.
    """
    parts = {key: numbers.columns(limits) for key, (numbers, limits) in counted.items()}
    if not parts:
        return {}
    whole = frame_of({name: np.concatenate([part[name] for part in parts.values()]) for name in words.COLUMNS})
    frames, begin = {}, 0
    for key, (numbers, _) in counted.items():
        frames[key] = whole.iloc[begin : begin + len(numbers.index)]
        frames[key].index = numbers.index
        begin += len(numbers.index)
    return frames


def frame_of(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return columns, numbers before all else, as a frame in two blocks: pandas takes each that stands alone by itself."""
    numbers = {name: column for name, column in columns.items() if column.dtype.kind == "f"}
    others = {name: column for name, column in columns.items() if name not in numbers}
    halves = ((numbers, float), (others, object))
    return pd.concat(
        [pd.DataFrame(np.column_stack([*half.values()]), columns=[*half], dtype=kind) for half, kind in halves], axis=1
    )


class Ledger:
    """Collects what several indicators need, reads it in few queries, and gives each its numbers.

    Call :meth:`plan` for every indicator, :meth:`fetch` once, then :meth:`numbers`.
    """

    def __init__(self, reader: SnapshotReader, scope: Scope, facts: Facts, codes: Sequence[str]) -> None:
        self.reader, self.scope, self.facts, self.codes = reader, scope, facts, list(codes)
        self._carry = evaluation_rules().stock_carry_months
        self._spans: dict[tuple[str, str, tuple[Period, ...], str], tuple[Span, ...]] = {}
        self._flow_needs: dict[Spans, dict[Part, None]] = {}
        self._stock_needs: dict[tuple[date, date], dict[Part, None]] = {}
        self._flows: dict[Spans, dict[Part, np.ndarray]] = {}
        self._stocks: dict[tuple[date, date], tuple[np.ndarray, dict[Part, np.ndarray]]] = {}
        self._indexes: dict[tuple[Period, ...], pd.MultiIndex] = {}
        self._exposure: dict[Spans, tuple[np.ndarray, np.ndarray]] = {}
        self._wait_needs: dict[str, None] = {}
        self._waits: dict[Days, dict[str, np.ndarray]] = {}

    def plan(self, indicator: Indicator, periods: tuple[Period, ...]) -> None:
        """Note what ``indicator`` needs at ``periods``."""
        if indicator.histogram:
            self._wait_needs[indicator.histogram] = None
            return
        for window, terms in _by_window(indicator).items():
            spans = self.spans(indicator, window, periods)
            parts = [Part.of(term) for term in terms]
            if window == "as_of":
                self._stock_needs.setdefault(_range(periods, self._carry), {}).update(dict.fromkeys(parts))
                continue
            if window == indicator.window and indicator.squares in self.facts.coverage:
                parts.append(Part(str(indicator.squares)))
            self._flow_needs.setdefault(_days(spans), {}).update(dict.fromkeys(parts))

    def index(self, periods: tuple[Period, ...]) -> pd.MultiIndex:
        """Return the index of a result: regions × periods."""
        if periods not in self._indexes:
            self._indexes[periods] = regions_by_periods(self.codes, [str(period) for period in periods])
        return self._indexes[periods]

    def fetch(self) -> None:
        """Read everything that was planned."""
        self._flows = flow_sums(self.reader, self.scope, self.codes, self._flow_needs)
        for (first, last), parts in self._stock_needs.items():
            self._stocks[first, last] = stock_months(self.reader, self.scope, self.codes, parts, first, last)

    def waits(self, histogram: str, days: Days) -> dict[str, np.ndarray]:
        """Return the bins of a planned wait, from one query for all that were planned: ``row`` of the region, ``lower, upper, value``."""
        if days not in self._waits:
            found = self.reader.histograms(self.scope, list(self._wait_needs), self.codes, *days)
            rows = {code: row for row, code in enumerate(self.codes)}
            self._waits[days] = found | {"row": np.array([rows[code] for code in found["region_code"].tolist()], int)}
        own = self._waits[days]["measure"] == histogram
        return {name: self._waits[days][name][own] for name in ("row", "lower", "upper", "value")}

    def spans(self, indicator: Indicator, window: str, periods: tuple[Period, ...]) -> tuple[Span, ...]:
        """Return the days that the indicator's terms over ``window`` are summed over, period by period."""
        key = (indicator.id, indicator.window, periods, window)
        if key not in self._spans:
            terms = _by_window(indicator)[window]
            asked = [term for term in terms if not self._has_none(term)] or terms
            measures = list(dict.fromkeys(term.measure for term in asked))
            self._spans[key] = tuple(
                resolve(window, period, measures, self.facts.coverage, self.facts.data_through, self._carry)
                for period in periods
            )
        return self._spans[key]

    def numbers(self, indicator: Indicator, periods: tuple[Period, ...]) -> Numbers:
        """Return the numbers of a planned indicator."""
        shape = (len(self.codes), len(periods))
        status, notes = np.zeros(shape, int), np.zeros(shape, int)
        windows = {window: self.spans(indicator, window, periods) for window in _by_window(indicator)}
        for spans in windows.values():
            self._note_spans(spans, periods, indicator, status, notes)
        sums = {
            window: self._sums(indicator, window, terms, periods, notes)
            for window, terms in _by_window(indicator).items()
        }
        numerator = _add_up(indicator.numerator, indicator, sums, shape)
        denominator = self._denominator(indicator, periods, windows, sums, shape, status, notes)
        squares = self._squares(indicator, windows, numerator, notes)
        _judge(indicator, numerator, denominator, status, notes)
        self._hide_fine_levels(indicator, status, notes)
        main = next(iter(windows.values()))
        return Numbers(
            self.index(periods),
            numerator,
            denominator,
            squares,
            status,
            notes,
            _object_array([span.basis for span in main]),
            _object_array([span.grain for span in main]),
            _object_array(
                [_earliest(spans[place].through for spans in windows.values()) for place in range(len(periods))]
            ),
        )

    def _note_spans(
        self,
        spans: tuple[Span, ...],
        periods: tuple[Period, ...],
        indicator: Indicator,
        status: np.ndarray,
        notes: np.ndarray,
    ) -> None:
        for place, (span, period) in enumerate(zip(spans, periods, strict=True)):
            status[:, place] = np.maximum(status[:, place], STATUS[span.status])
            notes[:, place] |= _flags(span.notes)
            if not span.usable:
                continue
            late = self.facts.late_among(self.codes, span.sources, span.end)
            _mark(status[:, place], notes[:, place], late, "late_regions")
            ripe = pd.Timestamp(period.end) + pd.Timedelta(days=indicator.matures_days)
            if indicator.matures_days and ripe > pd.Timestamp(self.facts.data_through):
                _mark(status[:, place], notes[:, place], np.ones(len(self.codes), bool), "not_matured")
            self._note_boundaries(span, status[:, place], notes[:, place])

    def _note_boundaries(self, span: Span, status: np.ndarray, notes: np.ndarray) -> None:
        """Say where figures stand on old codes, and give none of a region before it existed."""
        took_over, began = self.facts.took_over, self.facts.began
        first = span.start or date.min
        if not took_over and not began:
            return
        for row, code in enumerate(self.codes):
            if first < took_over.get(code, date.min):
                notes[row] |= NOTE["boundary_comparable"]
            day = began.get(code)
            if day is None or first >= day:
                continue
            if span.end < day:
                status[row] = max(status[row], STATUS[words.NO_DATA])
                notes[row] |= NOTE["before_region"]
            elif span.start is not None:
                status[row] = max(status[row], STATUS[words.PARTIAL])
                notes[row] |= NOTE["before_region"]

    def _sums(
        self,
        indicator: Indicator,
        window: str,
        terms: Sequence[Term],
        periods: tuple[Period, ...],
        notes: np.ndarray,
    ) -> dict[Part, np.ndarray]:
        if window == "as_of":
            return self._stock_sums(terms, periods, notes)
        spans = self.spans(indicator, window, periods)
        read = self._flows.get(_days(spans), {})
        sums = {}
        for term in terms:
            part = Part.of(term)
            nothing = np.full((len(self.codes), len(periods)), np.nan)
            found = read.get(part, nothing)
            is_zero = term.absent_is_zero or self._has_none(term)
            none_means_zero = np.array([is_zero or term.measure in span.records for span in spans])
            usable = np.array([span.usable for span in spans])
            sums[part] = np.where(np.isnan(found) & none_means_zero & usable, 0.0, found)
        return sums

    def _has_none(self, term: Term) -> bool:
        return term.optional and term.measure not in self.facts.coverage

    def _stock_sums(
        self, terms: Sequence[Term], periods: tuple[Period, ...], notes: np.ndarray
    ) -> dict[Part, np.ndarray]:
        """Return each stock at the last month, at most ``stock_carry_months`` back, that all of them are known for."""
        months, read = self._stocks[_range(periods, self._carry)]
        parts = list(dict.fromkeys(Part.of(term) for term in terms))
        known = np.all([np.isfinite(read[part]) for part in parts], axis=0)
        sums = {part: np.full((len(self.codes), len(periods)), np.nan) for part in parts}
        rows = np.arange(len(self.codes))
        for place, period in enumerate(periods):
            first, last = _range([period], self._carry)
            inside = np.flatnonzero((months >= np.datetime64(first)) & (months <= np.datetime64(last)))
            if not len(inside):
                continue
            seen = known[:, inside]
            newest = inside[len(inside) - 1 - seen[:, ::-1].argmax(axis=1)]
            any_known = seen.any(axis=1)
            for part in parts:
                sums[part][:, place] = np.where(any_known, read[part][rows, newest], np.nan)
            carried = any_known & (newest < inside[-1])
            notes[carried, place] |= NOTE["carried_forward"]
        return sums

    def _denominator(
        self,
        indicator: Indicator,
        periods: tuple[Period, ...],
        windows: dict[str, tuple[Span, ...]],
        sums: dict[str, dict[Part, np.ndarray]],
        shape: tuple[int, int],
        status: np.ndarray,
        notes: np.ndarray,
    ) -> np.ndarray:
        if indicator.denominator == TOWNSHIPS:
            return np.repeat(self.facts.townships(self.codes)[:, None], shape[1], axis=1)
        if indicator.denominator == PERSON_YEARS:
            spans = windows[indicator.window]
            exposure, carried = self._person_years(_days(spans))
            notes[carried] |= NOTE["population_carried"]
            notes[self._incomplete(spans)] |= NOTE["population_incomplete"]
            usable = np.array([span.usable for span in spans])[None, :]
            lost = usable & ~(exposure > 0)
            status[lost] = np.maximum(status[lost], STATUS[words.NO_POPULATION])
            return exposure
        if isinstance(indicator.denominator, str) or not indicator.denominator:
            return np.full(shape, np.nan)
        return _add_up(indicator.denominator, indicator, sums, shape)

    def _incomplete(self, spans: tuple[Span, ...]) -> np.ndarray:
        """Return where the population leaves out some of the regions below, shape (R, S)."""
        gaps, none = self.reader.population_gaps(), frozenset[int]()
        years = [range(days[0].year, days[1].year + 1) if days and days[0] else () for days in _days(spans)]
        return np.array([[not gaps.get(code, none).isdisjoint(each) for each in years] for code in self.codes], bool)

    def _person_years(self, spans: Spans) -> tuple[np.ndarray, np.ndarray]:
        if spans not in self._exposure:
            self._exposure[spans] = person_years(self.reader, self.scope, self.codes, spans)
        return self._exposure[spans]

    def _squares(
        self,
        indicator: Indicator,
        windows: dict[str, tuple[Span, ...]],
        numerator: np.ndarray,
        notes: np.ndarray,
    ) -> np.ndarray | None:
        if indicator.squares is None:
            return None
        spans = windows[indicator.window]
        found = self._flows.get(_days(spans), {}).get(Part(indicator.squares))
        measured = indicator.numerator[0].measure
        # Only records tell how many died in each case.
        known = np.array([measured in span.records and span.basis == "records" for span in spans])
        if found is None:
            found = np.full(numerator.shape, np.nan)
        squares = np.where(known[None, :] & np.isfinite(found), found, np.nan)
        assumed = np.isnan(squares) & (numerator > 0)
        notes[assumed] |= NOTE["independence_assumed"]
        return squares

    def _hide_fine_levels(self, indicator: Indicator, status: np.ndarray, notes: np.ndarray) -> None:
        depths = self.facts.depths(self.codes)
        sensitive = any(load_measures()[name].sensitive for name in indicator.measures)
        fine = depths > indicator.finest_depth
        status[fine] = STATUS[words.SUPPRESSED if sensitive else words.FINER_THAN_SOURCE]
        notes[fine] = NOTE["level_too_fine"]
        finest = self.scope.permissions.finest_level
        too_fine = depths > (LEVELS.index(finest) if finest in LEVELS else len(LEVELS))
        status[too_fine] = STATUS[words.SUPPRESSED]
        notes[too_fine] = NOTE["role_level"]


def regions_by_periods(codes: Sequence[str], periods: Sequence[str]) -> pd.MultiIndex:
    """Return what ``MultiIndex.from_product`` does of two lists of text, in a seventh of its time."""
    levels = [sorted(set(given)) for given in (codes, periods)]
    places_of = [{text: place for place, text in enumerate(level)} for level in levels]
    region, period = (
        np.array([of[text] for text in given], dtype=int) for of, given in zip(places_of, (codes, periods), strict=True)
    )
    places: Any = [np.repeat(region, len(period)), np.tile(period, len(region))]  # pandas' stubs know of lists alone
    return pd.MultiIndex(levels, places, names=["region_code", "period"], verify_integrity=False)


def _judge(
    indicator: Indicator, numerator: np.ndarray, denominator: np.ndarray, status: np.ndarray, notes: np.ndarray
) -> None:
    """Give every cell that has no defined value the status that says why."""
    open_cells = _MAY_HAVE_VALUE[status]
    divided = bool(indicator.denominator)
    missing = open_cells & (np.isnan(numerator) | (divided & np.isnan(denominator)))
    status[missing] = STATUS[words.NO_DATA]
    notes[missing] |= NOTE["not_reported"]
    open_cells &= ~missing
    infinite = open_cells & (np.isinf(numerator) | (divided & np.isinf(denominator)))
    status[infinite] = STATUS[words.INCONSISTENT]
    notes[infinite] |= NOTE["not_finite"]
    open_cells &= ~infinite
    signed = indicator.kind == "stock_difference"
    negative = open_cells & (((numerator < 0) & (not signed)) | (divided & (denominator < 0)))
    status[negative] = STATUS[words.INCONSISTENT]
    notes[negative] |= NOTE["negative_count"]
    if not divided:
        return
    zero = open_cells & (denominator == 0)
    status[zero] = STATUS[words.ZERO_DENOMINATOR]
    if indicator.kind == "proportion":
        exceeds = open_cells & ~zero & ~negative & (numerator > denominator)
        status[exceeds] = STATUS[words.INCONSISTENT]
        notes[exceeds] |= NOTE["numerator_exceeds_denominator"]


def _add_up(
    terms: Sequence[Term], indicator: Indicator, sums: dict[str, dict[Part, np.ndarray]], shape: tuple[int, int]
) -> np.ndarray:
    total = np.zeros(shape)
    for term in terms:
        total = total + term.sign * sums[term.window or indicator.window][Part.of(term)]
    return total


def _by_window(indicator: Indicator) -> dict[str, list[Term]]:
    """Return the terms by window, the numerator's first."""
    groups: dict[str, list[Term]] = {}
    for term in indicator.terms:
        groups.setdefault(term.window or indicator.window, []).append(term)
    return groups


def _mark(status: np.ndarray, notes: np.ndarray, where: np.ndarray, note: str) -> None:
    status[where] = np.maximum(status[where], STATUS[words.PARTIAL])
    notes[where] |= NOTE[note]


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _days(spans: Sequence[Span]) -> Spans:
    return tuple(span.days for span in spans)


def _range(periods: Sequence[Period], carry_months: int) -> tuple[date, date]:
    wanted = [wanted_days("as_of", period, carry_months) for period in periods]
    starts = [first for first, _ in wanted if first] + [period.start for period in periods if period.grain == "year"]
    return min(starts), max(last for _, last in wanted)


def _flags(names: Sequence[str]) -> int:
    return sum(NOTE[name] for name in set(names))


def _note_names(flags: int) -> tuple[str, ...]:
    return tuple(name for name in words.NOTES if flags & NOTE[name])


def _object_array(items: Sequence[object]) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = list(items)
    return array
