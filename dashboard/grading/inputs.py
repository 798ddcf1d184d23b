"""Monthly numerators and denominators of the index's components, for all regions and months at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.settings import Component, IndexSettings
from dashboard.indicators.catalogue import Term
from data_access.access import Scope
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]
STOCK_CARRY_MONTHS = 3


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
    """

    codes: tuple[str, ...]
    months: pd.PeriodIndex
    numerators: dict[tuple[str, str], Array]
    denominators: dict[tuple[str, str], Array]
    expected: dict[str, Array]


def monthly_inputs(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex, settings: IndexSettings
) -> Inputs:
    """Read what the index of ``codes`` in ``months`` stands on, with one query for flows and one for stocks."""
    first = months[0] - (settings.baseline_months + 12)
    every = pd.period_range(first, months[-1], freq="M")
    names = _measure_names(settings)
    frame = reader.measure_values(
        scope, names, list(codes), every[0].start_time.date(), _last_day(every[-1]), grain="month"
    )
    values = _arrays(frame, names, tuple(codes), every)
    coverage = reader.coverage(scope)
    covered = {name: _covered(coverage, name, every) for name in names}
    years = _person_years(reader, scope, codes, every)
    numerators, denominators, expected = {}, {}, {}
    for component in settings.component:
        for item in component.members:
            numerator = _terms(item.numerator, values, covered)
            if component.kind == "relative_risk":
                numerators[component.id, item.id], expected[component.id] = _against_baseline(
                    numerator, years, component, settings, len(months)
                )
                continue
            assert isinstance(item.denominator, tuple)
            denominator = _terms(item.denominator, values, covered)
            stock = item.numerator[0].is_stock
            numerators[component.id, item.id] = _window(numerator, component, len(months), stock)
            denominators[component.id, item.id] = _window(denominator, component, len(months), stock)
    for component in settings.component:
        if component.discount is not None:
            item = component.members[0].__class__ and _discount(component)
            key = (component.id, component.discount)
            numerators[key] = _window(_terms(item.numerator, values, covered), component, len(months), False)
            assert isinstance(item.denominator, tuple)
            denominators[key] = _window(_terms(item.denominator, values, covered), component, len(months), False)
    return Inputs(tuple(codes), months, numerators, denominators, expected)


def _discount(component: Component):
    from dashboard.indicators.catalogue import find_indicator

    return find_indicator(str(component.discount))


def _measure_names(settings: IndexSettings) -> list[str]:
    items = [item for component in settings.component for item in component.members]
    items += [_discount(component) for component in settings.component if component.discount]
    return list(dict.fromkeys(term.measure for item in items for term in item.terms))


def _arrays(frame: pd.DataFrame, names: list[str], codes: tuple[str, ...], months: pd.PeriodIndex) -> dict[str, Array]:
    row = pd.Index(codes).get_indexer(frame["region_code"])
    column = months.get_indexer(pd.PeriodIndex(frame["period_start"], freq="M"))
    place = pd.Index(names).get_indexer(frame["measure"])
    cube = np.full((len(names), len(codes), len(months)), np.nan)
    cube[place, row, column] = frame["value"]
    return {name: cube[number] for number, name in enumerate(names)}


def _covered(coverage: pd.DataFrame, measure: str, months: pd.PeriodIndex) -> tuple[NDArray[np.bool_], bool]:
    """Return the months a measure's sources cover, and whether it is counted from records (absence is then zero)."""
    own = coverage[coverage["measure"] == measure]
    inside = np.zeros(len(months), bool)
    for row in own.itertuples():
        inside |= (months.start_time >= row.first_day) & (months.end_time.normalize() <= row.last_day)
    return inside, bool((own["basis"] == "records").any())


def _terms(
    terms: Sequence[Term], values: dict[str, Array], covered: dict[str, tuple[NDArray[np.bool_], bool]]
) -> Array:
    total: Array | None = None
    for term in terms:
        inside, records = covered[term.measure]
        each = np.where(inside, np.nan_to_num(values[term.measure]), np.nan) if records else values[term.measure]
        if load_measures()[term.measure].kind == "stock":
            each = pd.DataFrame(each.T).ffill(limit=STOCK_CARRY_MONTHS).to_numpy().T
        total = term.sign * each if total is None else total + term.sign * each
    assert total is not None
    return total


def _window(monthly: Array, component: Component, graded: int, stock: bool) -> Array:
    """Return sums over the component's months (the last month of a stock); months without a report count nothing."""
    months = 1 if stock else component.window_months
    known = ~np.isnan(monthly)
    sums = np.cumsum(np.pad(np.nan_to_num(monthly), ((0, 0), (1, 0))), axis=1)
    counts = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1)
    end = monthly.shape[1] - component.lag_months - np.arange(graded)[::-1]
    total, reported = sums[:, end] - sums[:, end - months], counts[:, end] - counts[:, end - months]
    return np.where(reported > 0, total, np.nan)


def _against_baseline(
    monthly: Array, years: Array, component: Component, settings: IndexSettings, graded: int
) -> tuple[Array, Array]:
    """Return events of the window and those expected at the region's own rate of the months before it.

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
        return events, own * exposure


def _span_sum(monthly: Array, start: NDArray[np.int_], end: NDArray[np.int_]) -> Array:
    sums = np.cumsum(np.pad(monthly, ((0, 0), (1, 0))), axis=1)
    missing = np.cumsum(np.pad(np.isnan(monthly), ((0, 0), (1, 0))), axis=1)
    clean = np.cumsum(np.pad(np.nan_to_num(monthly), ((0, 0), (1, 0))), axis=1)
    del sums
    gap = missing[:, end] - missing[:, np.maximum(start, 0)]
    return np.where((gap == 0) & (start >= 0), clean[:, end] - clean[:, np.maximum(start, 0)], np.nan)


def _person_years(reader: SnapshotReader, scope: Scope, codes: Sequence[str], months: pd.PeriodIndex) -> Array:
    frame = reader.person_years(scope, list(codes), months[0].start_time.date(), _last_day(months[-1]), grain="month")
    return frame["person_years"].to_numpy(float).reshape(len(codes), len(months))


def _last_day(month: pd.Period) -> date:
    return month.end_time.date()
