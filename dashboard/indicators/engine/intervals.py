"""Value and both pairs of limits (95 % and 99.8 %) of each kind of indicator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.statistics import intervals
from dashboard.statistics.comparisons import rate_ratio
from dashboard.statistics.estimate import Estimate

INNER, OUTER = 0.95, 0.998
NONE = "none"


@dataclass(frozen=True)
class Limits:
    """Arrays of one shape: the estimate, its 95 % and 99.8 % limits, and how they were found."""

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    lower_998: np.ndarray
    upper_998: np.ndarray
    method: np.ndarray


def rate(
    count: np.ndarray, exposure: np.ndarray, factor: np.ndarray | float, squares: np.ndarray | None = None
) -> Limits:
    """Return count ÷ exposure × factor with the limits of a Poisson count.

    Parameters
    ----------
    count, exposure : ndarray
        Exposure 1 gives the limits of the count itself. Missing in, missing out.
    squares : ndarray, optional
        Sum of squared victims per incident; where it is known the limits are those of dependent events.
    """
    independent = _both(lambda confidence: intervals.rate(count, exposure, factor, confidence))
    if squares is None or not np.isfinite(squares).any():
        return independent
    known = np.isfinite(squares) & np.isfinite(count)
    events, sizes = np.where(known, count, np.nan), np.where(known, squares, np.nan)
    dependent = _both(
        lambda confidence: intervals.rate_of_dependent_events(events, sizes, exposure, factor, confidence)
    )
    # Where every incident had one victim both agree, and the plain name of the method is kept.
    wider = known & (squares > count)
    names = ("value", "lower", "upper", "lower_998", "upper_998", "method")
    return Limits(**{name: np.where(wider, getattr(dependent, name), getattr(independent, name)) for name in names})


def proportion(count: np.ndarray, total: np.ndarray) -> Limits:
    """Return count ÷ total with Wilson's limits."""
    return _both(lambda confidence: intervals.proportion(count, total, confidence=confidence))


def count_ratio(new: np.ndarray, old: np.ndarray) -> Limits:
    """Return new ÷ old − 1 of two Poisson counts, with limits exact given both together."""
    ratio = _both(lambda confidence: rate_ratio(new, 1.0, old, 1.0, confidence=confidence))
    value = np.where(np.isfinite(ratio.value), ratio.value, np.nan)
    return Limits(value - 1, ratio.lower - 1, ratio.upper - 1, ratio.lower_998 - 1, ratio.upper_998 - 1, ratio.method)


def without(value: np.ndarray) -> Limits:
    """Return a value that chance doesn't move: no limits."""
    empty = np.full(np.shape(value), np.nan)
    return Limits(value, empty, empty, empty, empty, np.full(np.shape(value), NONE, object))


def _both(estimate: Callable[[float], Estimate]) -> Limits:
    inner, outer = estimate(INNER), estimate(OUTER)
    method = np.asarray(inner.method, dtype=object)
    return Limits(inner.value, inner.lower, inner.upper, outer.lower, outer.upper, method)
