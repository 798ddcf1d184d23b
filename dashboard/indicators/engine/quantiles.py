"""Medians and other quantiles of waiting times, from fixed bins."""

from __future__ import annotations

import numpy as np

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.engine import intervals
from dashboard.indicators.engine.intervals import Limits
from dashboard.indicators.engine.numbers import MAY_HAVE_VALUE, NOTE, STATUS, Ledger, Numbers
from dashboard.indicators.engine.windows import resolve
from dashboard.indicators.waiting import quantiles_of
from dashboard.periods import Period
from data_access.measures import load_histograms, load_measures


def quantile_cells(
    ledger: Ledger, indicator: Indicator, periods: tuple[Period, ...]
) -> tuple[dict[str, np.ndarray], Limits]:
    """Return a quantile of waiting days (× the indicator's factor), a value for each region and period in turn.

    Returns
    -------
    cells : dict of str to ndarray
        As :meth:`Numbers.cells` has them; the denominator is the number of waits.
    limits : Limits
    """
    shape = (len(ledger.codes), len(periods))
    value, total = np.full(shape, np.nan), np.full(shape, np.nan)
    status, notes = np.zeros(shape, int), np.zeros(shape, int)
    basis, grain, through = (np.empty(len(periods), dtype=object) for _ in range(3))
    stands_on = measure_behind(str(indicator.histogram))
    facts = ledger.facts
    for place, period in enumerate(periods):
        span = resolve(indicator.window, period, [stands_on], facts.coverage, facts.data_through)
        basis[place], grain[place], through[place] = span.basis, span.grain, span.through
        status[:, place] = STATUS[span.status]
        for note in span.notes:
            notes[:, place] |= NOTE[note]
        if not span.usable:
            continue
        bins = ledger.waits(str(indicator.histogram), (span.start, span.end))
        total[:, place] = np.bincount(bins["row"], bins["value"], shape[0])
        edges, quantile = (bins["lower"], bins["upper"]), float(indicator.quantile or 0.5)
        days = quantiles_of(bins["row"], shape[0], *edges, bins["value"], quantile)
        value[:, place] = days * indicator.factor
        late = facts.late_among(ledger.codes, span.sources, span.end)
        status[late, place] = np.maximum(status[late, place], STATUS[words.PARTIAL])
        notes[late, place] |= NOTE["late_regions"]
        none = total[:, place] == 0
        status[none, place] = STATUS[words.ZERO_DENOMINATOR]
    fine = facts.depths(ledger.codes) > indicator.finest_depth
    status[fine], notes[fine] = STATUS[words.FINER_THAN_SOURCE], NOTE["level_too_fine"]
    nothing = np.full(shape, np.nan)
    cells = Numbers(nothing, total, nothing, status, notes, basis, grain, through).cells()
    return cells, intervals.without(np.where(MAY_HAVE_VALUE[status], value, np.nan).ravel())


def measure_behind(histogram: str) -> str:
    """Return a measure counted from the same rows, whose cover the histogram shares."""
    declared = load_histograms()[histogram]
    for key, measure in load_measures().items():
        if measure.table == declared.table and measure.date == (declared.date,):
            return key
    return next(key for key, measure in load_measures().items() if measure.table == declared.table)
