"""Two figures compared: difference, ratio, limits and p-value, vectorised over regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincc, betaincinv, ndtr

from dashboard.indicators.engine import intervals

EXACT_CONDITIONAL, NEWCOMBE_SCORE, NEWCOMBE_FISHER = "exact_conditional", "newcombe_score", "newcombe_fisher"
CONFIDENCE = 0.95
FEWEST_EXPECTED = 5
"""Expected successes or failures below which Fisher's test replaces the score test."""


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
    factor: float,
    spread: np.ndarray | float = 1.0,
) -> Comparison:
    """Compare two Poisson rates: given both counts together, the new one is binomial (Przyborowski & Wilenski 1940).

    Parameters
    ----------
    new, old : ndarray
        Counts.
    new_exposure, old_exposure : ndarray
        Person-years; 1 for bare counts.
    factor : float
        Unit of the difference (per how many person-years).
    spread : ndarray or float
        Variance ÷ mean of the counts where events are not independent; counts are divided by it for the test.

    Returns
    -------
    Comparison
        Clopper–Pearson limits of the ratio with the central two-sided p-value, so that both always agree; no limits of
        the difference.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = new / spread, old / spread
        odds = old_exposure / new_exposure
        tail = (1 - CONFIDENCE) / 2
        low = np.where(first > 0, betaincinv(first, second + 1, tail), 0.0)
        high = np.where(second > 0, betaincinv(first + 1, second, 1 - tail), 1.0)
        share = new_exposure / (new_exposure + old_exposure)
        at_most = np.where(second > 0, betaincc(first + 1, second, share), 1.0)
        at_least = np.where(first > 0, betainc(first, second + 1, share), 1.0)
        p_value = np.minimum(2 * np.minimum(at_most, at_least), 1.0)
        new_rate, old_rate = new / new_exposure * factor, old / old_exposure * factor
        missing = np.isnan(new) | np.isnan(old) | ~(new_exposure > 0) | ~(old_exposure > 0)
        empty = np.full(np.shape(new), np.nan)
        return Comparison(
            new_rate - old_rate,
            empty,
            empty,
            np.where(old > 0, new_rate / old_rate, np.nan),
            np.where(missing, np.nan, low / (1 - low) * odds),
            np.where(missing, np.nan, high / (1 - high) * odds),
            np.where(missing, np.nan, p_value),
            np.full(np.shape(new), EXACT_CONDITIONAL, object),
        )


def shares(new: np.ndarray, new_total: np.ndarray, old: np.ndarray, old_total: np.ndarray) -> Comparison:
    """Compare two shares: Newcombe's interval of the difference (his method 10) and the score test, or Fisher's."""
    first, second = intervals.proportion(new, new_total), intervals.proportion(old, old_total)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = first.value - second.value
        below = np.sqrt((first.value - first.lower) ** 2 + (second.upper - second.value) ** 2)
        above = np.sqrt((first.upper - first.value) ** 2 + (second.value - second.lower) ** 2)
        pooled = (new + old) / (new_total + old_total)
        error = np.sqrt(pooled * (1 - pooled) * (1 / new_total + 1 / old_total))
        score = np.where(error > 0, 2 * ndtr(-np.abs(difference) / error), 1.0)
        least = np.minimum(pooled, 1 - pooled) * np.minimum(new_total, old_total)
        few = least < FEWEST_EXPECTED
        p_value = np.where(few, _fisher(new, new_total, old, old_total, few), score)
        return Comparison(
            difference,
            difference - below,
            difference + above,
            np.where(second.value > 0, first.value / second.value, np.nan),
            np.full(np.shape(new), np.nan),
            np.full(np.shape(new), np.nan),
            np.where(np.isnan(difference), np.nan, p_value),
            np.where(few, NEWCOMBE_FISHER, NEWCOMBE_SCORE).astype(object),
        )


def _fisher(
    new: np.ndarray, new_total: np.ndarray, old: np.ndarray, old_total: np.ndarray, where: np.ndarray
) -> np.ndarray:
    """Return Fisher's central two-sided p-value where it is wanted."""
    p_value = np.full(np.shape(new), np.nan)
    if where.any():
        from scipy.stats import hypergeom  # slow to import, seldom needed

        drawn = (new + old)[where], (new_total + old_total)[where]
        table = drawn[1], drawn[0], new_total[where]
        both = np.minimum(hypergeom.cdf(new[where], *table), hypergeom.sf(new[where] - 1, *table))
        p_value[where] = np.minimum(2 * both, 1.0)
    return p_value


def untested(new: np.ndarray, old: np.ndarray) -> Comparison:
    """Compare two figures that chance does not move, or whose chance can't be told."""
    first, second = np.asarray(new, float), np.asarray(old, float)
    empty = np.full(first.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(second > 0, first / second, np.nan)
    return Comparison(
        first - second, empty, empty, ratio, empty, empty, empty, np.full(first.shape, intervals.NONE, object)
    )
