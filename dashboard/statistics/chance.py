"""How often chance alone fires an administrative rule: rising years, runs of red months, years without a case."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlogy

from dashboard.statistics.estimate import FloatArray, StatisticsError, as_counts, refuse

LARGEST_MEAN = 20_000
"""Expected events per period up to which the exact sum is built; no city's yearly count comes near."""


def chance_of_rising(expected: ArrayLike, rises: int = 2) -> FloatArray:
    """Give the probability that counts rise `rises` times in a row although the true rate never changes.

    Parameters
    ----------
    expected : array_like
        Expected events per period and area (the same in each period); NaN gives NaN.
    rises : int
        Rises in a row: 2 means three periods, each above the one before.

    Returns
    -------
    ndarray of float

    Raises
    ------
    StatisticsError
        For negative input, fewer than one rise, or more than 20,000 expected events.

    Notes
    -----
    Exact: ``f_0(k) = Poisson(k)``, ``f_j(k) = Poisson(k) Σ_{i<k} f_{j-1}(i)``, and the sum of the last.

    Examples
    --------
    >>> round(float(chance_of_rising(2.2)), 2)
    0.08
    """
    mean = as_counts("expected", expected)
    refuse("expected", mean, mean > LARGEST_MEAN, f"must not exceed {LARGEST_MEAN} events per period")
    if rises < 1:
        raise StatisticsError(f"rises: at least one rise is needed, got {rises}")
    flat, where = np.unique(mean.ravel(), return_inverse=True)
    chances = np.full(flat.shape, np.nan)
    for place, value in enumerate(flat):
        if not np.isnan(value):
            chances[place] = _chance_of_rising(float(value), rises)
    return chances[where].reshape(mean.shape)


def _chance_of_rising(mean: float, rises: int) -> float:
    spread = 12 * np.sqrt(mean) + 30
    count = np.arange(max(0, np.floor(mean - spread)), np.ceil(mean + spread) + 1)
    mass = np.exp(xlogy(count, mean) - mean - gammaln(count + 1))
    path = mass
    for _ in range(rises):
        path = mass * np.concatenate([[0.0], np.cumsum(path)[:-1]])
    return float(path.sum())


def chance_of_run(probability: ArrayLike, run: int = 2, periods: int = 12) -> FloatArray:
    """Give the probability of at least one run of `run` periods in `periods`, each hit independently.

    Parameters
    ----------
    probability : array_like
        Probability that one period is hit, between 0 and 1.
    run, periods : int
        Length of the run that fires the rule, and the periods watched.

    Notes
    -----
    Exact, by following the distribution of the current run's length (Feller, vol. I, XIII.7).

    Examples
    --------
    >>> round(float(chance_of_run(1 - np.exp(-0.44 * 5 / 12))), 2)
    0.24
    """
    hit = as_counts("probability", probability)
    refuse("probability", hit, hit > 1, "must lie between 0 and 1")
    if run < 1 or periods < 1:
        raise StatisticsError(f"run and periods: both must be at least 1, got {run} and {periods}")
    lengths = [np.ones_like(hit)] + [np.zeros_like(hit) for _ in range(run - 1)]
    fired = np.zeros_like(hit)
    for _ in range(periods):
        fired = fired + hit * lengths[-1]
        lengths = [(1 - hit) * sum(lengths), *(hit * length for length in lengths[:-1])]
    return np.where(np.isnan(hit), np.nan, np.minimum(fired, 1.0))


def chance_of_no_events(expected: ArrayLike) -> FloatArray:
    """Give the probability of no event at all, such as three years without a case, at this expectation."""
    return np.exp(-as_counts("expected", expected))


def chance_somewhere(chances: ArrayLike) -> float:
    """Give the probability that at least one of many independent areas is hit; NaN areas are left out.

    Parameters
    ----------
    chances : array_like
        Probability per area, between 0 and 1.

    Returns
    -------
    float
        NaN when no area is left.
    """
    hit = as_counts("chances", chances)
    refuse("chances", hit, hit > 1, "must lie between 0 and 1")
    present = hit[~np.isnan(hit)]
    return float(1 - np.prod(1 - present)) if present.size else float("nan")
