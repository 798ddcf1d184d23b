"""Value and limits of each kind of indicator, vectorised over regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, chi2, norm

CONFIDENCES = (0.95, 0.998)
EXACT_BELOW = 10
"""Events from which Byar's approximation serves (PHEindicatormethods)."""

EXACT, BYAR, DOBSON, WILSON = "exact_poisson", "byar", "dobson_byar", "wilson"
CLOPPER_PEARSON_RATIO = "exact_conditional"
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


def rate(count: np.ndarray, exposure: np.ndarray, factor: float, squares: np.ndarray | None = None) -> Limits:
    """Return count ÷ exposure × factor with exact Poisson (< 10) or Byar limits.

    Parameters
    ----------
    count, exposure : ndarray
        Exposure 1 gives the limits of the count itself. Missing in, missing out.
    squares : ndarray, optional
        Sum of squared events per incident where events are not independent; widens the limits about the count by
        sqrt(squares ÷ count) (Dobson's method with the non-independent variance).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = factor / exposure
        limits = [count_limits(count, confidence) for confidence in CONFIDENCES]
        method = np.where(count < EXACT_BELOW, EXACT, BYAR).astype(object)
        if squares is not None:
            widen = np.sqrt(np.where(count > 0, squares / count, 1.0))
            wider = np.nan_to_num(widen, nan=1.0) > 1
            limits = [
                (
                    np.where(wider, np.maximum(count - widen * (count - lower), 0.0), lower),
                    np.where(wider, count + widen * (upper - count), upper),
                )
                for lower, upper in limits
            ]
            method = np.where(wider, DOBSON, method)
        value = count * scale
        bounds = [bound * scale for pair in limits for bound in pair]
    return Limits(value, *bounds, method)


def count_limits(count: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of a Poisson count: exact below 10, Byar's formula from 10."""
    tail = (1 - confidence) / 2
    z = norm.ppf(1 - tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact_lower = np.where(count == 0, 0.0, chi2.ppf(tail, 2 * count) / 2)
        exact_upper = chi2.ppf(1 - tail, 2 * count + 2) / 2
        more = count + 1
        byar_lower = count * (1 - 1 / (9 * count) - z / (3 * np.sqrt(count))) ** 3
        byar_upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    small = count < EXACT_BELOW
    return np.where(small, exact_lower, byar_lower), np.where(small, exact_upper, byar_upper)


def proportion(count: np.ndarray, total: np.ndarray) -> Limits:
    """Return count ÷ total with Wilson's limits."""
    bounds = []
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count / total
        for confidence in CONFIDENCES:
            z = norm.ppf(1 - (1 - confidence) / 2)
            middle = share + z**2 / (2 * total)
            half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
            below, above = ((middle + sign * half) / (1 + z**2 / total) for sign in (-1, 1))
            # At 0 and 1 the limits meet the estimate; rounding must not carry them past it.
            bounds += [np.clip(np.minimum(below, share), 0, 1), np.clip(np.maximum(above, share), 0, 1)]
    return Limits(share, *bounds, np.full(np.shape(count), WILSON, object))


def count_ratio(new: np.ndarray, old: np.ndarray) -> Limits:
    """Return new ÷ old − 1 of two Poisson counts, with limits from the exact binomial of new among both."""
    bounds = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for confidence in CONFIDENCES:
            tail = (1 - confidence) / 2
            low = np.where(new > 0, beta.ppf(tail, new, old + 1), 0.0)
            high = np.where(old > 0, beta.ppf(1 - tail, new + 1, old), 1.0)
            bounds += [low / (1 - low) - 1, high / (1 - high) - 1]
        value = new / old - 1
    return Limits(value, *bounds, np.full(np.shape(new), CLOPPER_PEARSON_RATIO, object))


def without(value: np.ndarray) -> Limits:
    """Return a value that chance doesn't move: no limits."""
    empty = np.full(np.shape(value), np.nan)
    return Limits(value, empty, empty, empty, empty, np.full(np.shape(value), NONE, object))
