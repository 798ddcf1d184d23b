"""Early warning on monthly counts: more cases than the same season of past years leads one to expect (Farrington–Noufaily)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom, poisson

from dashboard.statistics.estimate import UNDEFINED, FloatArray, StatisticsError, as_counts
from dashboard.statistics.intervals import count_limits
from dashboard.statistics.trends import poisson_fit

MONTHS = 12
FEWEST_YEARS = 3
DOWNWEIGHT_ABOVE = 2.58


@dataclass(frozen=True)
class EarlyWarnings:
    """Observed against expected counts of the months asked for, shape (areas, months) or (months,).

    Parameters
    ----------
    observed, expected, upper : ndarray of float
        Upper is the largest count still held to be ordinary; NaN where the past is too short.
    alarm : ndarray of bool
    reason : ndarray of str
        ``alarm``, ``ordinary``, ``too_few_cases`` (above the limit, but under the minimum) or ``undefined``.
    probability : float
        One-sided probability of an alarm in an ordinary month.
    """

    observed: FloatArray
    expected: FloatArray
    upper: FloatArray
    alarm: NDArray[np.bool_]
    reason: NDArray[np.str_]
    probability: float


def early_warnings(
    counts: ArrayLike,
    exposure: ArrayLike | None = None,
    *,
    last_months: int = 1,
    years: int = 5,
    half_window: int = 1,
    probability: float = 0.005,
    least_cases: int = 5,
    within_months: int = 4,
) -> EarlyWarnings:
    """Judge the last months of monthly series against the same season of past years.

    Parameters
    ----------
    counts : array_like, shape (months,) or (areas, months)
        Cases per month in time order, the month judged last; NaN is missing.
    exposure : array_like, optional
        Population, in the shape of `counts` or one value per area; 0 or NaN makes a month unusable.
    last_months : int
        How many months at the end to judge.
    years : int
        Past years used, as far as they reach; three are needed.
    half_window : int
        Months to either side of the same month in each past year.
    probability : float
        One-sided probability of an alarm in an ordinary month.
    least_cases, within_months : int
        No alarm under 5 cases in the last 4 months, the judged one included: a single case is never an alarm.

    Returns
    -------
    EarlyWarnings

    Raises
    ------
    StatisticsError
        For negative counts, settings out of range, or shapes that do not fit.

    Notes
    -----
    Quasi-Poisson regression on the reference months with a linear trend (dropped when it predicts more than was ever
    seen, or has no bound because all cases lie in the first or the last reference month), months with a standardised
    Anscombe residual above 2.58 weighted down by its square, refitted; limit is the negative-binomial quantile, Poisson
    without over-dispersion (Farrington et al. 1996; Noufaily et al. 2013; R surveillance ``farringtonFlexible``).
    """
    if not 0 < probability < 0.5:
        raise StatisticsError(f"probability: must lie between 0 and 0.5, got {probability}")
    if half_window < 0 or 2 * half_window >= MONTHS or years < FEWEST_YEARS or last_months < 1 or within_months < 1:
        raise StatisticsError(
            f"half_window must be 0 to 5, years at least {FEWEST_YEARS}, last_months and within_months at least 1; got "
            f"{half_window}, {years}, {last_months}, {within_months}"
        )
    given = as_counts("counts", counts)
    series = np.atleast_2d(given)
    if given.ndim not in (1, 2) or series.shape[1] < last_months:
        raise StatisticsError(f"counts: months in time order for each area are needed, got the shape {given.shape}")
    people = np.ones_like(series) if exposure is None else _exposure(exposure, series)
    months = range(series.shape[1] - last_months, series.shape[1])
    expected, upper = (np.full((series.shape[0], last_months), np.nan) for _ in range(2))
    recent = np.zeros_like(expected)
    for area in range(series.shape[0]):
        for column, month in enumerate(months):
            recent[area, column] = np.nansum(series[area, max(0, month - within_months + 1) : month + 1])
            expected[area, column], upper[area, column] = _limit(
                series[area], people[area], month, years, half_window, probability
            )
    observed = series[:, -last_months:]
    above = observed > upper
    alarm = above & (recent >= least_cases)
    reason = np.select(
        [np.isnan(observed) | np.isnan(upper), alarm, above], [UNDEFINED, "alarm", "too_few_cases"], "ordinary"
    )
    shape = observed.shape if given.ndim == 2 else (last_months,)
    return EarlyWarnings(
        observed.reshape(shape),
        expected.reshape(shape),
        upper.reshape(shape),
        alarm.reshape(shape),
        reason.reshape(shape),
        probability,
    )


def reference_months(month: int, years: int, half_window: int) -> NDArray[np.int_]:
    """Give the positions of the months of past years that `month` is compared with, oldest first."""
    middles = month - MONTHS * np.arange(years, 0, -1)
    wanted = (middles[:, None] + np.arange(-half_window, half_window + 1)).ravel()
    return wanted[wanted >= 0]


def largest_ordinary_count(expected: float, dispersion: float, probability: float) -> float:
    """Give the largest count that chance readily gives: the negative-binomial quantile, Poisson's without over-dispersion.

    Parameters
    ----------
    expected : float
        Expected count, above 0.
    dispersion : float
        Variance over mean; 1 or less means Poisson.
    probability : float
        One-sided probability of a larger count.

    Notes
    -----
    Noufaily et al. 2013; R surveillance, threshold method ``nbPlugin``.
    """
    if not (expected > 0 and np.isfinite(expected)):
        raise StatisticsError(f"expected: must be above 0, got {expected}")
    if not 0 < probability < 0.5:
        raise StatisticsError(f"probability: must lie between 0 and 0.5, got {probability}")
    if dispersion > 1:
        return float(nbinom.ppf(1 - probability, expected / (dispersion - 1), 1 / dispersion))
    return float(poisson.ppf(1 - probability, expected))


def _exposure(exposure: ArrayLike, series: FloatArray) -> FloatArray:
    people = as_counts("exposure", exposure)
    if people.ndim == 1 and people.shape[0] == series.shape[0] and series.shape[0] != series.shape[1]:
        people = people[:, None]
    try:
        return np.broadcast_to(people, series.shape)
    except ValueError as failure:
        raise StatisticsError(
            f"the shapes do not fit together: counts {series.shape}, exposure {people.shape}"
        ) from failure


def _limit(
    series: FloatArray, people: FloatArray, month: int, years: int, half_window: int, probability: float
) -> tuple[float, float]:
    past = reference_months(month, years, half_window)
    past = past[~np.isnan(series[past]) & (people[past] > 0)]
    if len(past) < FEWEST_YEARS or np.ptp(past) < MONTHS * (FEWEST_YEARS - 1) or not people[month] > 0:
        return float("nan"), float("nan")
    seen = series[past]
    if seen.sum() == 0:
        # nothing in all reference months: the exact upper limit of their rate stands in for a fit
        _, most, _ = count_limits(0.0, 0.95)
        return 0.0, float(poisson.ppf(1 - probability, float(most) * people[month] / people[past].sum()))
    offset = np.log(people[past])
    with_cases = past[seen > 0]
    # a trend through the cases of one end alone falls or rises without bound
    endless = with_cases.min() == past.max() or with_cases.max() == past.min()
    fitted = None if endless else _fit(seen, offset, past - month)
    if fitted is None or fitted.expected * people[month] > seen.max():
        fitted = _fit(seen, offset, None)
    if fitted is None:
        return float("nan"), float("nan")
    expected = float(fitted.expected * people[month])
    return expected, largest_ordinary_count(expected, fitted.dispersion, probability)


@dataclass(frozen=True)
class _Fit:
    expected: float
    dispersion: float


def _fit(seen: FloatArray, offset: FloatArray, place: NDArray[np.int_] | None) -> _Fit | None:
    """Fit once, weight past outbreaks down, fit again; None where there is no finite fit."""
    columns = [np.ones_like(seen)] if place is None else [np.ones_like(seen), place / MONTHS]
    design = np.column_stack(columns)
    weight = np.ones_like(seen)
    for last in (False, True):
        fit = poisson_fit(seen, design, offset, weight)
        if fit is None:
            return None
        freedom = max(len(seen) - design.shape[1], 1)
        dispersion = max(1.0, float((weight * fit.resid_pearson**2).sum() / freedom))
        if last:
            break
        leverage = np.minimum(fit.get_influence(observed=False).hat_matrix_diag, 0.999)
        anscombe = 1.5 * (seen ** (2 / 3) * fit.mu ** (-1 / 6) - np.sqrt(fit.mu))
        standardised = anscombe / np.sqrt(dispersion * (1 - leverage))
        weight = np.where(standardised > DOWNWEIGHT_ABOVE, np.maximum(standardised, 1e-6) ** -2.0, 1.0)
        weight *= len(seen) / weight.sum()
    return _Fit(float(np.exp(fit.params[0])), dispersion)
