"""Has it really risen or fallen? The five-point recent trend, Cochran–Armitage for shares, and longer Poisson trends."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from dashboard.statistics.control_signals import check_direction
from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    StatisticsError,
    as_counts,
    as_numbers,
    check_confidence,
    normal_quantile,
    refuse,
    together,
)

POINTS = 5
CONFIDENCE = 0.998
WIDTH_OF_95 = 3.92
"""Width of a 95 % interval in standard errors."""

OUTCOMES = ("increasing", "decreasing", "no_significant_change", "cannot_be_calculated")


@dataclass(frozen=True)
class Trend(Estimate):
    """Slope per period with its 99.8 % limits, the test, and the word.

    Parameters
    ----------
    chi_square, p_value : ndarray of float
        One degree of freedom.
    outcome : ndarray of str
        One of `OUTCOMES`.
    """

    chi_square: FloatArray
    p_value: FloatArray
    outcome: NDArray[np.str_]

    def judged(self, direction: str) -> NDArray[np.str_]:
        """Add ``_better`` or ``_worse`` to a rise or fall where the direction says which is good."""
        check_direction(direction)
        if direction == "neutral":
            return self.outcome
        good, bad = ("increasing", "decreasing") if direction == "higher_better" else ("decreasing", "increasing")
        return np.select([self.outcome == good, self.outcome == bad], [f"{good}_better", f"{bad}_worse"], self.outcome)


def recent_trend(values: Estimate) -> Trend:
    """Test the last five values of each area for a trend, given their 95 % limits.

    Parameters
    ----------
    values : Estimate, shape (periods,) or (areas, periods)
        Rates in time order at 95 % confidence, one period a year. Missing points are passed over.

    Returns
    -------
    Trend
        Shape of the input without its last axis. Method ``weighted_slope``, or ``undefined`` with fewer than five
        valid points or a point without a standard error.

    Notes
    -----
    Standard error ``(upper - lower) / 3.92``; weighted slope on 1..5; a trend when ``(slope/SE)²`` exceeds 9.5495
    (χ², 99.8 %) *and* the slope keeps its sign in all five fits that leave one point out (Fingertips, recent trends).
    """
    if abs(values.confidence - 0.95) > 1e-9:
        raise StatisticsError(f"values: the limits must be at confidence 0.95, got {values.confidence}")
    present = ~np.isnan(values.value) & ~np.isnan(values.upper) & ~np.isnan(values.lower)
    points, width = _last_valid(present, values.value, values.upper - values.lower)
    error = width / WIDTH_OF_95
    usable = np.asarray((error > 0).all(axis=-1))
    weight = np.where(usable[..., None], 1 / np.where(error > 0, error, 1) ** 2, np.nan)
    slope, information = _slope(points, weight)
    return _trend(slope, 1 / np.sqrt(information), _same_sign(points, weight), "weighted_slope")


def cochran_armitage(numerator: ArrayLike, denominator: ArrayLike) -> Trend:
    """Test the last five shares of each area for a trend.

    Parameters
    ----------
    numerator, denominator : array_like, shape (periods,) or (areas, periods)
        Counts in time order. Points with a missing count or no denominator are passed over.

    Returns
    -------
    Trend
        Slope of the share per period. Method ``cochran_armitage``, or ``undefined`` with fewer than five valid points,
        a share of 1 among them, or none above 0.

    Notes
    -----
    ``T = Σ t (x - n p)``, ``Var = p(1-p)(Σ n t² - (Σ n t)²/N)`` (Armitage 1955), 99.8 %, and the sign of the weighted
    slope of the logits in all five fits that leave one point out (Fingertips). A count of 0 enters its logit as 0.5.
    """
    part, whole = together(
        numerator=as_counts("numerator", numerator), denominator=as_counts("denominator", denominator)
    )
    refuse("numerator", part, part > whole * (1 + 1e-12), "must not exceed its denominator")
    present = ~np.isnan(part) & (whole > 0)
    count, size = _last_valid(present, part, whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count.sum(axis=-1) / size.sum(axis=-1)
        usable = np.asarray((count < size).all(axis=-1) & (share > 0))
        slope, spread = _slope(count / size, np.where(usable[..., None], size, np.nan))
        fitted = np.maximum(count, 0.5) / np.maximum(size, 1)
        fitted = np.minimum(fitted, 0.999)
        logit = np.log(fitted / (1 - fitted))
        weight = np.where(usable[..., None], size * fitted * (1 - fitted), np.nan)
        error = np.sqrt(share * (1 - share) / spread)
    return _trend(slope, error, _same_sign(logit, weight), "cochran_armitage")


def poisson_trend(
    events: ArrayLike, exposure: ArrayLike, *, confidence: float = 0.95, overdispersed: bool = True
) -> Estimate:
    """Estimate the rate ratio per period of a series of six or more periods.

    Parameters
    ----------
    events, exposure : array_like, shape (periods,)
        Counts and person-time in time order; periods with missing counts or no exposure are passed over.
    confidence : float
        Two-sided confidence level.
    overdispersed : bool
        Widen the interval by the Pearson dispersion when that exceeds 1.

    Returns
    -------
    Estimate
        Scalar ratio: 0.9 is a fall of 10 % a period. Method ``poisson_regression``; ``undefined`` with fewer than three
        valid periods, no event, or events in the first or the last period alone: then no slope is steep enough.

    Notes
    -----
    Log-linear Poisson regression with the exposure as offset (statsmodels ``GLM``), Wald limits.
    """
    check_confidence(confidence)
    count, time = together(events=as_counts("events", events), exposure=as_counts("exposure", exposure))
    if count.ndim != 1:
        raise StatisticsError(f"events: one series is needed, got {count.ndim} dimensions")
    used = ~np.isnan(count) & (time > 0)
    periods, hit = np.flatnonzero(used), np.flatnonzero(used & (count > 0))
    nothing = np.array(np.nan)
    undefined = Estimate(nothing, nothing, nothing, UNDEFINED, confidence)
    if len(periods) < 3 or not hit.size or hit[0] == periods[-1] or hit[-1] == periods[0]:
        return undefined
    design = np.column_stack([np.ones(len(periods)), periods - periods.mean()])
    fit = poisson_fit(count[used], design, np.log(time[used]))
    if fit is None:
        return undefined
    spread = max(1.0, fit.pearson_chi2 / fit.df_resid) if overdispersed and fit.df_resid > 0 else 1.0
    half = normal_quantile(confidence) * fit.bse[1] * np.sqrt(spread)
    with np.errstate(over="ignore"):
        limits = np.exp(fit.params[1] + np.array([0, -half, half]))
    if np.isinf(limits).any():
        return undefined
    return Estimate(limits[0], limits[1], limits[2], "poisson_regression", confidence)


def poisson_fit(counts: FloatArray, design: FloatArray, offset: FloatArray, weight: FloatArray | None = None) -> Any:
    """Fit counts by maximum likelihood.

    Parameters
    ----------
    counts, offset : ndarray of float, shape (points,)
    design : ndarray of float, shape (points, columns)
    weight : ndarray of float, shape (points,), optional
        How often each point counts.

    Returns
    -------
    statsmodels GLMResults or None
        None where the iteration does not come to an end at finite numbers.
    """
    import statsmodels.api as sm  # heavy: loaded when first needed

    model = sm.GLM(counts, design, family=sm.families.Poisson(), offset=offset, freq_weights=weight)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # what the warnings of a fit say is asked of its result
        warnings.simplefilter("ignore")
        try:
            fit = model.fit()
        except ValueError:
            return None
        return fit if fit.converged and np.isfinite(fit.params).all() and np.isfinite(fit.bse).all() else None


def _last_valid(present: NDArray[np.bool_], *columns: FloatArray) -> list[FloatArray]:
    """Give the last five valid points of each row; all NaN where there are fewer."""
    if present.ndim == 0 or present.shape[-1] < POINTS:
        return [np.full((*present.shape[:-1], POINTS), np.nan) for _ in columns]
    order = np.argsort(present, axis=-1, kind="stable")[..., -POINTS:]
    enough = present.sum(axis=-1, keepdims=True) >= POINTS
    return [
        np.where(enough, np.take_along_axis(as_numbers("values", column), order, axis=-1), np.nan) for column in columns
    ]


def _slope(points: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the weighted least-squares slope on 1..5 and the weighted spread of the positions."""
    place = np.arange(1, POINTS + 1, dtype=float)
    middle = (weight * place).sum(axis=-1, keepdims=True) / weight.sum(axis=-1, keepdims=True)
    spread = (weight * (place - middle) ** 2).sum(axis=-1)
    return (weight * (place - middle) * points).sum(axis=-1) / spread, spread


def _same_sign(points: FloatArray, weight: FloatArray) -> NDArray[np.bool_]:
    signs = []
    # a slope of 0 up to rounding has no sign
    flat = 1e-12 * np.abs(points).max(axis=-1)
    for left_out in range(POINTS):
        slope, _ = _slope(points, weight * (np.arange(POINTS) != left_out))
        signs.append(np.where(np.abs(slope) > flat, np.sign(slope), 0))
    return np.abs(np.sum(signs, axis=0)) == POINTS


def _trend(slope: FloatArray, error: FloatArray, stable: NDArray[np.bool_], name: str) -> Trend:
    with np.errstate(divide="ignore", invalid="ignore"):
        chi_square = (slope / error) ** 2
    p_value = chdtrc(1, chi_square)
    half = normal_quantile(CONFIDENCE) * error
    known = ~np.isnan(chi_square)
    significant = known & stable & (p_value < 1 - CONFIDENCE)
    outcome = np.select(
        [~known, significant & (slope > 0), significant & (slope < 0)],
        ["cannot_be_calculated", "increasing", "decreasing"],
        "no_significant_change",
    )
    method = np.where(known, name, UNDEFINED)
    return Trend(slope, slope - half, slope + half, method, CONFIDENCE, chi_square, p_value, outcome)
