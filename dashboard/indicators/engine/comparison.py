"""Two figures compared, as the sentences and tables of change need them: difference, ratio, limits and p-value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.indicators.engine.intervals import NONE
from dashboard.statistics.comparisons import proportion_difference, rate_ratio


@dataclass(frozen=True)
class Comparison:
    """Arrays of one shape; ``ratio`` is new ÷ old, limits are 95 %."""

    difference: np.ndarray
    difference_lower: np.ndarray
    difference_upper: np.ndarray
    ratio: np.ndarray
    ratio_lower: np.ndarray
    ratio_upper: np.ndarray
    p_value: np.ndarray
    method: np.ndarray


def rates(
    new: np.ndarray,
    new_exposure: np.ndarray,
    old: np.ndarray,
    old_exposure: np.ndarray,
    factor: np.ndarray | float,
    spread: np.ndarray | float = 1.0,
) -> Comparison:
    """Compare two rates of Poisson counts, exactly given their total; no limits of the difference.

    Parameters
    ----------
    new, old : ndarray
        Counts.
    new_exposure, old_exposure : ndarray
        Person-years; 1 for bare counts.
    factor : ndarray or float
        Unit of the difference (per how many person-years).
    spread : ndarray or float
        Variance ÷ mean of the counts where events are not independent; counts are divided by it for the test.
    """
    tested = rate_ratio(new / spread, new_exposure, old / spread, old_exposure)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (new / new_exposure - old / old_exposure) * factor
    empty = np.full(np.shape(new), np.nan)
    return Comparison(
        difference,
        empty,
        empty,
        np.where(np.isfinite(tested.value), tested.value, np.nan),
        tested.lower,
        tested.upper,
        tested.p_value,
        np.asarray(tested.method, dtype=object),
    )


def shares(new: np.ndarray, new_total: np.ndarray, old: np.ndarray, old_total: np.ndarray) -> Comparison:
    """Compare two shares: Newcombe's interval of the difference with the score test, or Fisher's where they are few."""
    tested = proportion_difference(new, new_total, old, old_total)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(old > 0, (new / new_total) / (old / old_total), np.nan)
    empty = np.full(np.shape(new), np.nan)
    method = np.char.add(np.char.add(np.asarray(tested.method, str), "_"), np.asarray(tested.test, str))
    return Comparison(
        tested.value,
        tested.lower,
        tested.upper,
        ratio,
        empty,
        empty,
        tested.p_value,
        np.where(np.isnan(tested.value), "undefined", method).astype(object),
    )


def untested(new: np.ndarray, old: np.ndarray) -> Comparison:
    """Compare two figures that chance does not move, or whose chance can't be told."""
    first, second = np.asarray(new, float), np.asarray(old, float)
    empty = np.full(first.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(second > 0, first / second, np.nan)
    return Comparison(first - second, empty, empty, ratio, empty, empty, empty, np.full(first.shape, NONE, object))
