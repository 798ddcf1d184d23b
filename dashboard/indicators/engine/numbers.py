"""Numerators and denominators by region and period, with the status each stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

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
MAY_HAVE_VALUE = np.isin(words.STATUSES, words.WITH_VALUE)
"""By place of a status."""
_IS_HIDDEN = np.isin(words.STATUSES, (words.FINER_THAN_SOURCE, words.SUPPRESSED))


@dataclass(frozen=True)
class Numbers:
    """Arrays of shape (indicators, regions, periods) and what must be said about each cell.

    ``status`` holds places in :data:`vocabulary.STATUSES`, ``notes`` sums of :data:`NOTE`.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    squares: np.ndarray
    status: np.ndarray
    notes: np.ndarray
    basis: np.ndarray
    grain: np.ndarray
    through: np.ndarray
    """Last day the figure speaks of; ``basis``, ``grain`` and ``through`` have shape (indicators, 1, periods)."""

    @property
    def has_value(self) -> np.ndarray:
        """Which cells may have a value."""
        return MAY_HAVE_VALUE[self.status]

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
            squares=np.full(status.shape, np.nan),
            status=np.select([unlike, zero], [STATUS[words.NO_DATA], STATUS[words.ZERO_DENOMINATOR]], status),
            notes=self.notes | old.notes | np.where(unlike, NOTE["unlike_periods"], 0),
        )

    def cells(self) -> dict[str, np.ndarray]:
        """Return all arrays by name with a value for each indicator, region and period in turn."""
        shape = self.status.shape
        return {each.name: np.broadcast_to(getattr(self, each.name), shape).ravel() for each in fields(self)}


def result_columns(cells: Mapping[str, np.ndarray], limits: Limits) -> dict[str, np.ndarray]:
    """Return the columns of a result: those of :meth:`Numbers.cells` in words, with the limits of each."""
    # What is hidden for its level keeps no count either, whoever asks.
    kept = ~_IS_HIDDEN[cells["status"]]
    flags, place = np.unique(cells["notes"], return_inverse=True)
    columns = {
        **{name: getattr(limits, name) for name in (*words.VALUE_COLUMNS, "method")},
        **{name: np.where(kept, cells[name], np.nan) for name in ("numerator", "denominator", "squares")},
        "status": _STATUS_NAMES[cells["status"]],
        "basis": cells["basis"],
        "grain": cells["grain"],
        "data_through": cells["through"],
        "notes": _objects([_note_names(each) for each in flags.tolist()])[place],
    }
    return {name: columns[name] for name in words.COLUMNS}


def frame_of(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return columns, numbers before all else, as a frame in two blocks: pandas takes each that stands alone by itself."""
    numbers = {name: column for name, column in columns.items() if column.dtype.kind == "f"}
    others = {name: column for name, column in columns.items() if name not in numbers}
    halves = ((numbers, float), (others, object))
    return pd.concat(
        [
            pd.DataFrame(np.column_stack([*half.values()]), columns=text_index(tuple(half)), dtype=kind)
            for half, kind in halves
        ],
        axis=1,
    )


@lru_cache(maxsize=1024)
def text_index(texts: tuple[str, ...]) -> pd.Index:
    """Return texts as an index, kept: the same regions, periods and columns come again and again. Never to be renamed in place."""
    return pd.Index(list(texts))


class Summed(NamedTuple):
    """The days that terms over one window are summed over, period by period."""

    spans: tuple[Span, ...]
    days: Spans


class Addend(NamedTuple):
    """A term of a planned indicator."""

    indicator: int
    """Its place among those planned."""
    side: int
    """0 of the numerator, 1 of the denominator."""
    sign: int
    part: Part
    window: str
    summed: Summed
    absent_is_zero: bool


@dataclass(frozen=True)
class Plan:
    """Indicators wanted at the same periods, and what they are added up from."""

    indicators: tuple[Indicator, ...]
    periods: tuple[Period, ...]
    windows: tuple[dict[str, Summed], ...]
    """Of each indicator, that of its numerator first."""
    addends: tuple[Addend, ...]


class Ledger:
    """Collects what several indicators need, reads it in few queries, and gives each its numbers.

    Call :meth:`plan` and :meth:`plan_wait` for all that is wanted, :meth:`fetch` once, then :meth:`numbers` and
    :meth:`waits`.
    """

    def __init__(self, reader: SnapshotReader, scope: Scope, facts: Facts, codes: Sequence[str]) -> None:
        self.reader, self.scope, self.facts, self.codes = reader, scope, facts, list(codes)
        self._carry = evaluation_rules().stock_carry_months
        self._flow_needs: dict[Spans, dict[Part, None]] = {}
        self._stock_needs: dict[tuple[date, date], dict[Part, None]] = {}
        self._flows: dict[Spans, dict[Part, np.ndarray]] = {}
        self._stocks: dict[tuple[date, date], tuple[np.ndarray, dict[Part, np.ndarray]]] = {}
        self._indexes: dict[tuple[Period, ...], pd.MultiIndex] = {}
        self._late: dict[tuple[frozenset[str], date], np.ndarray] = {}
        self._wait_needs: dict[str, None] = {}
        self._waits: dict[Days, dict[str, np.ndarray]] = {}

    def plan(self, indicators: Sequence[Indicator], periods: tuple[Period, ...]) -> Plan:
        """Note what counted ``indicators`` need at ``periods``."""
        windows, addends = [], []
        for place, item in enumerate(indicators):
            own = {window: self._summed(window, terms, periods) for window, terms in _by_window(item).items()}
            windows.append(own)
            for side, terms in enumerate((item.numerator, item.denominator)):
                for term in terms if isinstance(terms, tuple) else ():
                    window = term.window or item.window
                    is_zero = term.absent_is_zero or self._has_none(term)
                    addends.append(Addend(place, side, term.sign, Part.of(term), window, own[window], is_zero))
            if item.squares in self.facts.coverage and item.window in own and item.window != "as_of":
                self._flow_needs.setdefault(own[item.window].days, {})[Part(str(item.squares))] = None
        for each in addends:
            needs = (
                self._flow_needs.setdefault(each.summed.days, {})
                if each.window != "as_of"
                else self._stock_needs.setdefault(_range(periods, self._carry), {})
            )
            needs[each.part] = None
        return Plan(tuple(indicators), periods, tuple(windows), tuple(addends))

    def plan_wait(self, histogram: str) -> None:
        """Note that a waiting time is needed."""
        self._wait_needs[histogram] = None

    def _summed(self, window: str, terms: Sequence[Term], periods: tuple[Period, ...]) -> Summed:
        asked = [term for term in terms if not self._has_none(term)] or terms
        measures = list(dict.fromkeys(term.measure for term in asked))
        spans = tuple(
            resolve(window, period, measures, self.facts.coverage, self.facts.data_through, self._carry)
            for period in periods
        )
        return Summed(spans, tuple(span.days for span in spans))

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

    def numbers(self, plan: Plan) -> Numbers:
        """Return the numbers of what was planned."""
        status, notes = self._noted(plan)
        numerator, denominator = self._added_up(plan, notes)
        self._divide_by_others(plan, denominator, status, notes)
        squares = self._squares(plan, numerator, notes)
        _judge(plan.indicators, numerator, denominator, status, notes)
        self._hide_fine_levels(plan.indicators, status, notes)
        main = [next(iter(own.values())).spans for own in plan.windows]
        through = [
            [_earliest(span.through for span in of_period) for of_period in _by_period(own)] for own in plan.windows
        ]
        return Numbers(
            numerator,
            denominator,
            squares,
            status,
            notes,
            _each_period([[span.basis for span in spans] for spans in main]),
            _each_period([[span.grain for span in spans] for spans in main]),
            _each_period(through),
        )

    def _noted(self, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
        """Return the status and the notes that the days summed over give each cell."""
        worst, said = [], []
        late = np.zeros((len(plan.indicators), len(self.codes), len(plan.periods)), bool)
        for row, (item, own) in enumerate(zip(plan.indicators, plan.windows, strict=True)):
            statuses, flags = [], []
            for place, (period, spans) in enumerate(zip(plan.periods, _by_period(own), strict=True)):
                usable = [span for span in spans if span.usable]
                for span in usable:
                    late[row, :, place] |= self._late_in(span)
                ripe = period.end + timedelta(days=item.matures_days)
                is_young = bool(usable) and item.matures_days > 0 and ripe > self.facts.data_through
                statuses.append(max(STATUS[span.status] for span in spans))
                flags.append(_flags(name for span in spans for name in span.notes))
                if is_young:
                    statuses[-1] = max(statuses[-1], STATUS[words.PARTIAL])
                    flags[-1] |= NOTE["not_matured"]
            worst.append(statuses)
            said.append(flags)
        status, notes = (np.repeat(np.array(each, int)[:, None, :], len(self.codes), axis=1) for each in (worst, said))
        status[late] = np.maximum(status[late], STATUS[words.PARTIAL])
        notes[late] |= NOTE["late_regions"]
        self._note_boundaries(plan, status, notes)
        return status, notes

    def _late_in(self, span: Span) -> np.ndarray:
        """Return which regions a span finds silent."""
        key = (span.sources, span.end)
        if key not in self._late:
            self._late[key] = self.facts.late_among(self.codes, *key)
        return self._late[key]

    def _note_boundaries(self, plan: Plan, status: np.ndarray, notes: np.ndarray) -> None:
        """Say where figures stand on old codes, and give none of a region before it existed."""
        took_over, began = self.facts.took_over, self.facts.began
        changed = [(row, code) for row, code in enumerate(self.codes) if code in took_over or code in began]
        for (row, code), (number, own) in product(changed, enumerate(plan.windows)):
            day = began.get(code)
            for place, spans in enumerate(_by_period(own)):
                cell = number, row, place
                for span in spans:
                    if not span.usable:
                        continue
                    first = span.start or date.min
                    if first < took_over.get(code, date.min):
                        notes[cell] |= NOTE["boundary_comparable"]
                    if day is None or first >= day:
                        continue
                    if span.end < day:
                        status[cell] = max(status[cell], STATUS[words.NO_DATA])
                        notes[cell] |= NOTE["before_region"]
                    elif span.start is not None:
                        status[cell] = max(status[cell], STATUS[words.PARTIAL])
                        notes[cell] |= NOTE["before_region"]

    def _added_up(self, plan: Plan, notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return numerators and denominators; 0 where no terms are."""
        total = np.zeros((2, *notes.shape))
        flows = [each for each in plan.addends if each.window != "as_of"]
        stocks = [each for each in plan.addends if each.window == "as_of"]
        for addends, values in ((flows, self._flow_values), (stocks, self._stock_values)):
            if addends:
                signs = np.array([each.sign for each in addends])[:, None, None]
                places = [each.side for each in addends], [each.indicator for each in addends]
                np.add.at(total, places, signs * values(addends, plan.periods, notes))
        return total[0], total[1]

    def _flow_values(self, addends: Sequence[Addend], _: object, __: object) -> np.ndarray:
        """Return what each sums to, shape (addends, regions, periods); 0 where none is known and none means zero."""
        found = np.stack([self._flows[each.summed.days][each.part] for each in addends])
        none_means_zero = np.array(
            [
                [
                    span.usable and (each.absent_is_zero or each.part.measure in span.records)
                    for span in each.summed.spans
                ]
                for each in addends
            ]
        )
        return np.where(np.isnan(found) & none_means_zero[:, None, :], 0.0, found)

    def _stock_values(self, addends: Sequence[Addend], periods: tuple[Period, ...], notes: np.ndarray) -> np.ndarray:
        """Return each stock at the last month, at most ``stock_carry_months`` back, that all of its indicator are known for."""
        months, read = self._stocks[_range(periods, self._carry)]
        found = np.stack([read[each.part] for each in addends])
        indicators, first_of, owner = np.unique(
            [each.indicator for each in addends], return_index=True, return_inverse=True
        )
        known = np.logical_and.reduceat(np.isfinite(found), first_of, axis=0)
        values = np.full((*found.shape[:2], len(periods)), np.nan)
        for place, period in enumerate(periods):
            first, last = _range([period], self._carry)
            inside = np.flatnonzero((months >= np.datetime64(first)) & (months <= np.datetime64(last)))
            if not len(inside):
                continue
            seen = known[:, :, inside]
            newest = inside[len(inside) - 1 - seen[:, :, ::-1].argmax(axis=2)]
            any_known = np.asarray(seen.any(axis=2))
            own = np.take_along_axis(found, newest[owner][:, :, None], axis=2)[:, :, 0]
            values[:, :, place] = np.where(any_known[owner], own, np.nan)
            carried = any_known & (newest < inside[-1])
            notes[indicators, :, place] |= np.where(carried, NOTE["carried_forward"], 0)
        return values

    def _has_none(self, term: Term) -> bool:
        return term.optional and term.measure not in self.facts.coverage

    def _divide_by_others(self, plan: Plan, denominator: np.ndarray, status: np.ndarray, notes: np.ndarray) -> None:
        """Fill in the denominators that no terms are added up to: people, townships, nothing."""
        of_days: dict[Spans, list[int]] = {}
        for place, item in enumerate(plan.indicators):
            if item.denominator == TOWNSHIPS:
                denominator[place] = self.facts.townships(self.codes)[:, None]
            elif item.denominator == PERSON_YEARS:
                of_days.setdefault(plan.windows[place][item.window].days, []).append(place)
            elif isinstance(item.denominator, str) or not item.denominator:
                denominator[place] = np.nan
        for days, places in of_days.items():
            exposure, carried = person_years(self.reader, self.scope, self.codes, days)
            usable = np.array([each is not None for each in days])
            denominator[places] = exposure
            notes[places] |= np.where(carried, NOTE["population_carried"], 0)
            notes[places] |= np.where(self._incomplete(days), NOTE["population_incomplete"], 0)
            least = np.where(usable & ~(exposure > 0), STATUS[words.NO_POPULATION], 0)
            status[places] = np.maximum(status[places], least)

    def _incomplete(self, days: Spans) -> np.ndarray:
        """Return where the population leaves out some of the regions below, shape (R, S)."""
        gaps, none = self.reader.population_gaps(), frozenset[int]()
        years = [range(each[0].year, each[1].year + 1) if each and each[0] else () for each in days]
        return np.array([[not gaps.get(code, none).isdisjoint(each) for each in years] for code in self.codes], bool)

    def _squares(self, plan: Plan, numerator: np.ndarray, notes: np.ndarray) -> np.ndarray:
        """Return the squared sizes of events that come in clusters; NaN of all other indicators."""
        squares = np.full(numerator.shape, np.nan)
        for place, item in enumerate(plan.indicators):
            if item.squares is None:
                continue
            spans, days = plan.windows[place][item.window]
            found = self._flows.get(days, {}).get(Part(item.squares))
            measured = item.numerator[0].measure
            # Only records tell how many died in each case.
            known = np.array([measured in span.records and span.basis == "records" for span in spans])
            if found is not None:
                squares[place] = np.where(known & np.isfinite(found), found, np.nan)
            assumed = np.isnan(squares[place]) & (numerator[place] > 0)
            notes[place] |= np.where(assumed, NOTE["independence_assumed"], 0)
        return squares

    def _hide_fine_levels(self, indicators: Sequence[Indicator], status: np.ndarray, notes: np.ndarray) -> None:
        depths, measures = self.facts.depths(self.codes), load_measures()
        fine = depths > np.array([item.finest_depth for item in indicators])[:, None]
        if fine.any():
            is_sensitive = [any(measures[name].sensitive for name in item.measures) for item in indicators]
            hidden = np.where(is_sensitive, STATUS[words.SUPPRESSED], STATUS[words.FINER_THAN_SOURCE])
            status[fine] = np.broadcast_to(hidden[:, None], fine.shape)[fine][:, None]
            notes[fine] = NOTE["level_too_fine"]
        finest = self.scope.permissions.finest_level
        too_fine = depths > (LEVELS.index(finest) if finest in LEVELS else len(LEVELS))
        status[:, too_fine] = STATUS[words.SUPPRESSED]
        notes[:, too_fine] = NOTE["role_level"]


def region_index(codes: Sequence[str]) -> pd.Index:
    """Return the index of a result of one period."""
    return text_index(tuple(dict.fromkeys(codes))).rename("region_code")


def regions_by_periods(codes: Sequence[str], periods: Sequence[str]) -> pd.MultiIndex:
    """Return what ``MultiIndex.from_product`` does of two lists of text, in a seventh of its time."""
    levels = [sorted(set(given)) for given in (codes, periods)]
    places_of = [{text: place for place, text in enumerate(level)} for level in levels]
    region, period = (
        np.array([of[text] for text in given], dtype=int) for of, given in zip(places_of, (codes, periods), strict=True)
    )
    # pandas' stubs know of lists alone
    places: Any = [np.repeat(region, len(period)), np.tile(period, len(region))]
    indexes: Any = [text_index(tuple(level)) for level in levels]
    return pd.MultiIndex(indexes, places, names=["region_code", "period"], verify_integrity=False)


def _judge(
    indicators: Sequence[Indicator],
    numerator: np.ndarray,
    denominator: np.ndarray,
    status: np.ndarray,
    notes: np.ndarray,
) -> None:
    """Give every cell that has no defined value the status that says why."""
    kinds = np.array([item.kind for item in indicators])[:, None, None]
    divided = np.array([bool(item.denominator) for item in indicators])[:, None, None]
    open_cells = MAY_HAVE_VALUE[status]
    missing = open_cells & (np.isnan(numerator) | (divided & np.isnan(denominator)))
    status[missing] = STATUS[words.NO_DATA]
    notes[missing] |= NOTE["not_reported"]
    open_cells &= ~missing
    infinite = open_cells & (np.isinf(numerator) | (divided & np.isinf(denominator)))
    status[infinite] = STATUS[words.INCONSISTENT]
    notes[infinite] |= NOTE["not_finite"]
    open_cells &= ~infinite
    negative = open_cells & (((numerator < 0) & (kinds != "stock_difference")) | (divided & (denominator < 0)))
    status[negative] = STATUS[words.INCONSISTENT]
    notes[negative] |= NOTE["negative_count"]
    zero = open_cells & divided & (denominator == 0)
    status[zero] = STATUS[words.ZERO_DENOMINATOR]
    exceeds = open_cells & divided & ~zero & ~negative & (kinds == "proportion") & (numerator > denominator)
    status[exceeds] = STATUS[words.INCONSISTENT]
    notes[exceeds] |= NOTE["numerator_exceeds_denominator"]


def _by_window(indicator: Indicator) -> dict[str, list[Term]]:
    """Return the terms by window, the numerator's first."""
    groups: dict[str, list[Term]] = {}
    for term in indicator.terms:
        groups.setdefault(term.window or indicator.window, []).append(term)
    return groups


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _by_period(windows: Mapping[str, Summed]) -> Iterator[tuple[Span, ...]]:
    """Yield the spans of all windows, period by period."""
    return zip(*(each.spans for each in windows.values()), strict=True)


def _range(periods: Sequence[Period], carry_months: int) -> tuple[date, date]:
    wanted = [wanted_days("as_of", period, carry_months) for period in periods]
    starts = [first for first, _ in wanted if first] + [period.start for period in periods if period.grain == "year"]
    return min(starts), max(last for _, last in wanted)


def _flags(names: Iterable[str]) -> int:
    return sum(NOTE[name] for name in set(names))


def _note_names(flags: int) -> tuple[str, ...]:
    return tuple(name for name in words.NOTES if flags & NOTE[name])


def _objects(items: Sequence[object]) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _each_period(rows: Sequence[Sequence[object]]) -> np.ndarray:
    """Return what is known by indicator and period, the same for all regions, with shape (indicators, 1, periods)."""
    return np.array(rows, dtype=object)[:, None, :]
