"""Monthly numerators and denominators of the index's components, for all regions and months at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.monthly import late_months, read_monthly
from dashboard.grading.problems import Problem, without_impossible, wrong_reports
from dashboard.grading.settings import Component, IndexSettings
from dashboard.indicators.catalogue import Term
from dashboard.indicators.engine.facts import evaluation_rules, facts_of
from dashboard.statistics.estimate import StatisticsError
from data_access.access import Scope
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inputs:
    """Arrays of shape (regions, months) by component and indicator.

    Parameters
    ----------
    codes : tuple of str
    months : PeriodIndex
        The months that are graded.
    numerators, denominators : dict
        (component, indicator) → sums over the component's window; NaN where nothing was reported.
    expected : dict
        Component → events expected from the region's own baseline (relative risks only).
    baseline : dict
        Component → events of that baseline, the prior's included.
    problems : tuple of Problem
        Figures that can't be true; they stand as missing.
    late : frozenset of (component, region, month)
        What stands as missing because the region's county has not told of the month's last days yet.
    """

    codes: tuple[str, ...]
    months: pd.PeriodIndex
    numerators: dict[tuple[str, str], Array]
    denominators: dict[tuple[str, str], Array]
    expected: dict[str, Array]
    baseline: dict[str, Array]
    problems: tuple[Problem, ...] = ()
    late: frozenset[tuple[str, str, pd.Period]] = frozenset()

    def __post_init__(self) -> None:
        """Refuse arrays that don't have a number for each region and month, by component and indicator."""
        shape = len(self.codes), len(self.months)
        for part in ("numerators", "denominators", "expected", "baseline"):
            for key, array in getattr(self, part).items():
                if np.shape(array) != shape:
                    raise StatisticsError(f"{part} of {key}: {shape} regions and months, got {np.shape(array)}")

    @property
    def late_cells(self) -> NDArray[np.bool_]:
        """Whether anything is late, shape (regions, months)."""
        cells = np.zeros((len(self.codes), len(self.months)), bool)
        for _, code, month in self.late:
            cells[self.codes.index(code), self.months.get_loc(month)] = True
        return cells


def monthly_inputs(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex, settings: IndexSettings
) -> Inputs:
    """Read what the index of ``codes`` in ``months`` stands on; only relative risks reach back to their baseline.

    What rests on small counts is not read for a role that may not see them, and stands as never reported: then no index,
    rank or colour can move with a hidden count. What a late county has not reported to the month's end is not scored
    either, as in the township matrix: silence is neither good nor bad.
    """
    hidden = settings.hidden_from(scope.permissions)
    seen = [component for component in settings.component if component.id not in hidden]
    facts = facts_of(reader, scope)
    read = {
        to_baseline: read_monthly(
            reader,
            scope,
            codes,
            pd.period_range(months[0] - _months_before(settings, to_baseline), months[-1], freq="M"),
            _terms(each for each in seen if (each.kind == "relative_risk") == to_baseline),
        )
        for to_baseline in (False, True)
    }
    numerators, denominators, expected, baseline = {}, {}, {}, {}
    problems: list[Problem] = []
    late: list[tuple[str, str, pd.Period]] = []
    for component in settings.component:
        silent = np.zeros((len(codes), len(months)), bool)
        if component.id not in hidden:
            silent = late_months(facts, (*component.members, *component.discounts), codes, months)
            late += [(component.id, codes[row], months[column]) for row, column in np.argwhere(silent)]
        for item in (*component.members, *component.discounts):
            key = component.id, item.id
            if component.id in hidden:
                nothing = np.full((len(codes), len(months)), np.nan)
                numerators[key] = nothing
                if component.kind == "relative_risk":
                    expected[component.id] = baseline[component.id] = nothing
                else:
                    denominators[key] = nothing
                continue
            own = read[component.kind == "relative_risk"]
            monthly = {"numerator": own.terms(item.numerator)}
            if component.kind != "relative_risk":
                assert isinstance(item.denominator, tuple)
                monthly["denominator"] = own.terms(item.denominator)
            wrong, found = wrong_reports(monthly, key, codes, own.months)
            problems += found
            if component.kind == "relative_risk":
                numerator = np.where(wrong, np.nan, monthly["numerator"])
                events, expected[component.id], baseline[component.id] = against_baseline(
                    numerator, own.person_years, component, settings, len(months)
                )
                numerators[key] = np.where(silent, np.nan, events)
                continue
            stock = item.numerator[0].is_stock
            # A month counts when both parts are known: one part alone would make a share of unequal months.
            known = np.all([np.isfinite(each) for each in monthly.values()], axis=0) & ~wrong
            spoilt = _window(np.where(wrong, 1.0, np.nan), component, len(months), stock) > 0
            sums = [_window(np.where(known, each, np.nan), component, len(months), stock) for each in monthly.values()]
            numerators[key], denominators[key] = (np.where(spoilt | silent, np.nan, each) for each in sums)
    inputs = Inputs(tuple(codes), months, numerators, denominators, expected, baseline, late=frozenset(late))
    graded = tuple(each for each in problems if each.month >= months[0] - 12)
    return without_impossible(replace(inputs, problems=graded))


def _months_before(settings: IndexSettings, to_baseline: bool) -> int:
    """Return how many months before the first that is graded its figures stand on."""
    if to_baseline:
        return settings.baseline_months + 12
    window = max(component.window_months + component.lag_months for component in settings.component)
    return max(window + evaluation_rules().stock_carry_months, 12)


def _terms(components: Iterable[Component]) -> Iterator[Term]:
    for component in components:
        for item in (*component.members, *component.discounts):
            yield from item.terms


def _window(monthly: Array, component: Component, graded: int, stock: bool) -> Array:
    """Return sums over the component's months (the last month of a stock); months without a report count nothing."""
    months = 1 if stock else component.window_months
    known = ~np.isnan(monthly)
    sums, counts = _running_sum(np.where(known, monthly, 0.0)), _running_sum(known)
    end = monthly.shape[1] - component.lag_months - np.arange(graded)[::-1]
    total, reported = sums[:, end] - sums[:, end - months], counts[:, end] - counts[:, end - months]
    return np.where(reported > 0, total, np.nan)


def against_baseline(
    monthly: Array, years: Array, component: Component, settings: IndexSettings, graded: int
) -> tuple[Array, Array, Array]:
    """Return events of the window, those expected at the region's own rate of the months before it, and those months' own.

    The own rate is drawn towards that of all regions listed, with a Gamma prior of ``alpha`` events, so that a small
    region without cases is not expected to stay without.
    """
    end = monthly.shape[1] - np.arange(graded)[::-1]
    start = end - component.window_months
    before = start - settings.baseline_months
    events = _span_sum(monthly, start, end)
    exposure = _span_sum(years, start, end)
    base_events, base_exposure = _span_sum(monthly, before, start), _span_sum(years, before, start)
    with np.errstate(divide="ignore", invalid="ignore"):
        common = np.nansum(base_events, axis=0) / np.nansum(
            np.where(np.isnan(base_events), np.nan, base_exposure), axis=0
        )
        own = (base_events + settings.alpha) / (base_exposure + settings.alpha / common)
        # Without people nothing can be expected, and nothing is scored.
        expected = np.where((exposure > 0) & (base_exposure > 0), own * exposure, np.nan)
        return events, expected, base_events + settings.alpha


def _span_sum(monthly: Array, start: NDArray[np.int_], end: NDArray[np.int_]) -> Array:
    unknown = np.isnan(monthly)
    missing, clean = _running_sum(unknown), _running_sum(np.where(unknown, 0.0, monthly))
    gap = missing[:, end] - missing[:, np.maximum(start, 0)]
    return np.where((gap == 0) & (start >= 0), clean[:, end] - clean[:, np.maximum(start, 0)], np.nan)


def _running_sum(monthly: NDArray) -> Array:
    """Return the sums from the first month to before each month, and of all; shape (regions, months + 1)."""
    sums = np.zeros((monthly.shape[0], monthly.shape[1] + 1))
    np.cumsum(monthly, axis=1, out=sums[:, 1:])
    return sums
