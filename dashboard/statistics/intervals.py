"""Rates, proportions and means with their confidence intervals, by the rules public health publishes them with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, stdtrit

from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    as_counts,
    as_numbers,
    check_confidence,
    normal_quantile,
    refuse,
    together,
)

EXACT_BELOW = 10
"""Events from which Byar's approximation replaces the exact interval (PHE, Technical guide: confidence intervals)."""


def count_limits(events: ArrayLike, confidence: float = 0.95) -> tuple[FloatArray, FloatArray, NDArray[np.str_]]:
    """Give the limits of a Poisson count: exact below 10 events, Byar's from 10.

    Parameters
    ----------
    events : array_like
        Counts, not negative; fractions allowed; NaN gives NaN.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : ndarray of float
    method : ndarray of str
        ``exact_poisson``, ``byar`` or ``undefined``.

    Notes
    -----
    Exact: ``chi2(a/2, 2x)/2`` and ``chi2(1-a/2, 2x+2)/2`` (Garwood 1936). Byar: ``x(1-1/(9x)-z/(3 sqrt x))^3`` and
    the same with ``x+1`` and ``+z`` (Breslow and Day 1987, p. 69; PHEindicatormethods). Versions with x+0.5 in both
    limits, which carry the same name elsewhere, give other numbers.

    Examples
    --------
    >>> lower, upper, method = count_limits([0, 15])
    >>> lower.round(2).tolist(), upper.round(2).tolist(), method.tolist()
    ([0.0, 8.39], [3.69, 24.74], ['exact_poisson', 'byar'])
    """
    count = as_counts("events", events)
    tail = (1 - check_confidence(confidence)) / 2
    z = normal_quantile(confidence)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lower = np.maximum(count * (1 - 1 / (9 * count) - z / (3 * np.sqrt(count))) ** 3, 0)
        upper = (count + 1) * (1 - 1 / (9 * (count + 1)) + z / (3 * np.sqrt(count + 1))) ** 3
    small = count < EXACT_BELOW
    if small.any():
        few, where = np.unique(count[small], return_inverse=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Of the tiniest fractions of an event the quantile underflows to NaN; the limit is 0.
            few_lower = np.nan_to_num(np.where(few > 0, chdtri(2 * few, 1 - tail) / 2, 0.0))
        lower = np.array(lower)
        upper = np.array(upper)
        lower[small] = few_lower[where]
        upper[small] = (chdtri(2 * few + 2, tail) / 2)[where]
    method = np.where(np.isnan(count), UNDEFINED, np.where(small, "exact_poisson", "byar"))
    return lower, upper, method


def rate(
    events: ArrayLike, exposure: ArrayLike, factor: float | FloatArray = 1e5, confidence: float = 0.95
) -> Estimate:
    """Compute crude rates with exact Poisson limits below 10 events and Byar's from 10.

    Parameters
    ----------
    events : array_like
        Independent events, not negative. For cases with several victims count incidents, or use
        `rate_of_dependent_events`.
    exposure : array_like
        Population or person-years, broadcast against `events`. Zero or NaN gives an undefined rate, never 0.
    factor : float or ndarray
        Rates are per this many units of exposure; broadcast, too.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    Estimate
        Methods ``exact_poisson``, ``byar``, ``undefined``.

    Raises
    ------
    StatisticsError
        For negative or infinite input, or shapes that do not fit.

    Notes
    -----
    PHEindicatormethods ``phe_rate``; see `count_limits` for the formulas.
    """
    count, time = together(events=as_counts("events", events), exposure=as_counts("exposure", exposure))
    lower, upper, method = count_limits(count, confidence)
    return _scaled(count, lower, upper, method, time, factor, confidence)


def rate_of_dependent_events(
    events: ArrayLike,
    squares: ArrayLike,
    exposure: ArrayLike,
    factor: float | FloatArray = 1e5,
    confidence: float = 0.95,
) -> Estimate:
    """Compute rates of events that come in clusters, such as victims of incidents with several victims.

    Parameters
    ----------
    events : array_like
        Sum of k over incidents (for example all victims).
    squares : array_like
        Sum of k² over the same incidents; equals `events` when every incident has one victim.
    exposure : array_like
        Population or person-years; zero or NaN gives an undefined rate.
    factor, confidence : float
        As in `rate`.

    Returns
    -------
    Estimate
        Methods ``exact_poisson_scaled``, ``byar_scaled``, ``undefined``. A lower limit below 0 is set to 0.

    Raises
    ------
    StatisticsError
        When `squares` is smaller than `events`, which no incident sizes can give.

    Notes
    -----
    Incidents are Poisson, so the variance of the sum is Σk². The Poisson limits of the sum are stretched around it by
    ``sqrt(Σk² / Σk)`` (Dobson et al. 1991; the non-independent variance of PHE's directly standardised rate with one
    age band).
    """
    count, square, time = together(
        events=as_counts("events", events),
        squares=as_counts("squares", squares),
        exposure=as_counts("exposure", exposure),
    )
    refuse("squares", square, square < count * (1 - 1e-12), "the sum of squared sizes must reach the sum of sizes")
    lower, upper, method = count_limits(count, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = np.where(count > 0, np.sqrt(square / count), np.where(np.isnan(square), np.nan, 1.0))
    lower = np.maximum(count + stretch * (lower - count), 0)
    upper = count + stretch * (upper - count)
    method = np.where(np.isnan(upper), UNDEFINED, np.char.add(method, "_scaled"))
    count = np.where(np.isnan(upper), np.nan, count)
    return _scaled(count, lower, upper, method, time, factor, confidence)


def _scaled(
    count: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    method: NDArray[np.str_],
    exposure: FloatArray,
    factor: float | FloatArray,
    confidence: float,
) -> Estimate:
    defined = (exposure > 0) & ~np.isnan(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(defined, factor / exposure, np.nan)
    return Estimate(count * scale, lower * scale, upper * scale, np.where(defined, method, UNDEFINED), confidence)


def proportion(numerator: ArrayLike, denominator: ArrayLike, factor: float = 1.0, confidence: float = 0.95) -> Estimate:
    """Compute proportions with Wilson's score interval.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts with ``0 <= numerator <= denominator``. A zero or missing denominator gives an undefined proportion.
    factor : float
        1 for shares, 100 for percentages.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    Estimate
        Methods ``wilson``, ``undefined``.

    Raises
    ------
    StatisticsError
        When a numerator exceeds its denominator or a count is negative.

    Notes
    -----
    Wilson 1927; Newcombe 1998, method 3; PHEindicatormethods ``phe_proportion``.
    """
    part, whole = together(
        numerator=as_counts("numerator", numerator), denominator=as_counts("denominator", denominator)
    )
    refuse("numerator", part, part > whole * (1 + 1e-12), "must not exceed its denominator")
    z = normal_quantile(confidence)
    defined = (whole > 0) & ~np.isnan(part)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(defined, np.minimum(part / whole, 1), np.nan)
        centre = (share + z**2 / (2 * whole)) / (1 + z**2 / whole)
        half = z / (1 + z**2 / whole) * np.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
        lower = np.where(part == 0, np.where(defined, 0.0, np.nan), np.minimum(centre - half, share))
        upper = np.where(part >= whole, np.where(defined, 1.0, np.nan), np.maximum(centre + half, share))
    method = np.where(defined, "wilson", UNDEFINED)
    return Estimate(share * factor, lower * factor, upper * factor, method, confidence)


def mean(values: ArrayLike, confidence: float = 0.95, axis: int = -1) -> Estimate:
    """Compute means with Student's t interval, leaving out missing values.

    Parameters
    ----------
    values : array_like
        Observations; NaN is left out.
    confidence : float
        Two-sided confidence level.
    axis : int
        Axis that holds the observations of one group.

    Returns
    -------
    Estimate
        Methods ``student_t``; ``no_interval`` (one observation: a mean, no limits); ``undefined`` (none).

    Notes
    -----
    PHEindicatormethods ``phe_mean``.
    """
    numbers = np.atleast_1d(as_numbers("values", values))
    check_confidence(confidence)
    present = ~np.isnan(numbers)
    size = present.sum(axis=axis).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(present, numbers, 0.0).sum(axis=axis) / size
        gaps = np.where(present, numbers - np.expand_dims(middle, axis), 0.0)
        deviation = np.sqrt((gaps**2).sum(axis=axis) / (size - 1))
        half = np.where(size > 1, stdtrit(size - 1, 0.5 + confidence / 2) * deviation / np.sqrt(size), np.nan)
    method = np.where(size > 1, "student_t", np.where(size == 1, "no_interval", UNDEFINED))
    return Estimate(middle, middle - half, middle + half, method, confidence)
