"""Rates made comparable between areas of different make-up, expected counts, and groups by rank."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    StatisticsError,
    as_counts,
    as_numbers,
    refuse,
    together,
)
from dashboard.statistics.intervals import count_limits

FEWEST_EVENTS = 10
"""Total events below which a directly standardised rate is not given (PHEindicatormethods ``calculate_dsr``)."""


def directly_standardised_rate(
    events: ArrayLike,
    population: ArrayLike,
    standard: ArrayLike,
    *,
    squares: ArrayLike | None = None,
    factor: float = 1e5,
    confidence: float = 0.95,
) -> Estimate:
    """Compute directly standardised rates with Dobson's interval around Byar's limits.

    Parameters
    ----------
    events, population : array_like, shape (..., bands)
        Events and person-years per band (age, sex, urban and rural) of each area.
    standard : array_like, shape (bands,)
        Standard population per band.
    squares : array_like, shape (..., bands), optional
        Sum of squared incident sizes, when events are not independent.
    factor, confidence : float
        As in `intervals.rate`.

    Returns
    -------
    Estimate, shape (...)
        Methods ``dobson_byar``; ``too_few_events`` (fewer than 10 in all bands: NaN); ``undefined`` (a band with
        weight has no population, or something is missing).

    Raises
    ------
    StatisticsError
        For negative input, shapes that do not fit, a standard that sums to 0, or squares below events.

    Notes
    -----
    ``dsr = Σ w O/n / Σ w``; ``Var = Σ w² v/n² / (Σ w)²`` with ``v = O``, or ``v = Σk²`` for dependent events; limits
    ``dsr + sqrt(Var / O)(byar(O) - O)`` (Dobson et al. 1991; PHEindicatormethods ``calculate_dsr``).
    """
    count, people, weight = together(
        events=as_counts("events", events),
        population=as_counts("population", population),
        standard=as_counts("standard", standard),
    )
    spread = count if squares is None else np.broadcast_to(as_counts("squares", squares), count.shape)
    refuse("squares", spread, spread < count * (1 - 1e-12), "the sum of squared sizes must reach the sum of sizes")
    total_weight = weight.sum(axis=-1)
    if np.any(~(total_weight > 0)):
        raise StatisticsError("standard: the standard population must have a positive sum and no missing band")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(weight > 0, weight / total_weight[..., None] / np.where(people > 0, people, np.nan), 0.0)
    value = (share * count).sum(axis=-1)
    variance = (share**2 * spread).sum(axis=-1)
    total = np.where(np.isnan(value), np.nan, count.sum(axis=-1))
    lower, upper, _ = count_limits(total, confidence)
    enough = total >= FEWEST_EVENTS
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = np.where(enough, np.sqrt(variance / total), np.nan)
    method = np.where(np.isnan(total), UNDEFINED, np.where(enough, "dobson_byar", "too_few_events"))
    value = np.where(enough, value, np.nan)
    return Estimate(
        factor * value,
        factor * np.maximum(value + stretch * (lower - total), 0),
        factor * (value + stretch * (upper - total)),
        method,
        confidence,
    )


def expected_events(population: ArrayLike, reference_rates: ArrayLike) -> FloatArray:
    """Give the events each area would have at the reference rate of every band.

    Parameters
    ----------
    population : array_like, shape (..., bands)
        Person-years per band.
    reference_rates : array_like, shape (bands,)
        Events per person-year of the reference population.

    Returns
    -------
    ndarray of float, shape (...)
        NaN where a population or a rate is missing.
    """
    people, rates = together(
        population=as_counts("population", population), reference_rates=as_counts("reference_rates", reference_rates)
    )
    return (people * rates).sum(axis=-1)


def indirectly_standardised_ratio(
    observed: ArrayLike, expected: ArrayLike, factor: float = 1.0, confidence: float = 0.95
) -> Estimate:
    """Compute observed over expected events, exact below 10 observed and Byar's from 10.

    Parameters
    ----------
    observed, expected : array_like
        Events seen and events expected; an expectation of 0 or NaN gives an undefined ratio.
    factor : float
        1 for the ratio, 100 for per cent of the reference, or the reference rate for the standardised rate.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    Estimate
        Methods ``exact_poisson``, ``byar``, ``undefined``.

    Notes
    -----
    PHEindicatormethods ``calculate_ISRatio`` and ``calculate_ISRate``. The expectation is taken as known.
    """
    count, reference = together(observed=as_counts("observed", observed), expected=as_counts("expected", expected))
    lower, upper, method = count_limits(count, confidence)
    defined = (reference > 0) & ~np.isnan(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(defined, factor / reference, np.nan)
    return Estimate(count * scale, lower * scale, upper * scale, np.where(defined, method, UNDEFINED), confidence)


def quantile_groups(values: ArrayLike, groups: int = 5, *, highest_first: bool = True) -> FloatArray:
    """Sort areas into equally large groups by rank. A description, never a reason to colour an area red.

    Parameters
    ----------
    values : array_like, shape (areas,)
        One value per area; NaN gets no group.
    groups : int
        Number of groups, at least 2.
    highest_first : bool
        Group 1 holds the highest values (PHE's default) or the lowest.

    Returns
    -------
    ndarray of float, shape (areas,)
        1 to `groups`; NaN for missing values, and everywhere when there are fewer areas than groups.

    Notes
    -----
    ``floor((k+1) - ceil(((n+1) - rank) / (n/k)))`` with the least rank for ties, and 1 in place of 0
    (PHEindicatormethods ``phe_quantile``).

    Examples
    --------
    >>> quantile_groups([9, 7, 5, 3, 1, 0]).tolist()
    [1.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    numbers = as_numbers("values", values)
    if numbers.ndim != 1:
        raise StatisticsError(f"values: one value per area is needed, got {numbers.ndim} dimensions")
    if groups < 2:
        raise StatisticsError(f"groups: at least 2 groups are needed, got {groups}")
    result = np.full(numbers.shape, np.nan)
    present = ~np.isnan(numbers)
    size = int(present.sum())
    if size < groups:
        return result
    ranks = rankdata(-numbers[present] if highest_first else numbers[present], method="min")
    steps = np.round(((size + 1) - ranks) * groups / size, 9)
    result[present] = np.maximum(np.floor((groups + 1) - np.ceil(steps)), 1)
    return result
