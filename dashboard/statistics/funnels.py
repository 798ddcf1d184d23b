"""Funnel plots: control limits around the average by size of area, labels by each area's own limits, over-dispersion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import gdtrib

from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    StatisticsError,
    as_counts,
    normal_quantile,
    refuse,
    together,
)
from dashboard.statistics.intervals import count_limits, proportion

LEVELS = (0.95, 0.998)
TABLE_FROM = 4_000
"""Number of expected counts from which limits are read from a table of the same function instead of solved one by one."""


@dataclass(frozen=True)
class Funnel:
    """The average and its control limits at the sizes asked for.

    Parameters
    ----------
    size : ndarray of float
        Denominator or expected events: the x axis.
    limits_95, limits_99_8 : Estimate
        Value is the average; lower and upper are the control limits.
    """

    size: FloatArray
    limits_95: Estimate
    limits_99_8: Estimate


@dataclass(frozen=True)
class Overdispersion:
    """How much more areas differ than chance explains.

    Parameters
    ----------
    phi : float
        Mean squared z after winsorising; 1 when only chance differs. NaN with fewer than two areas.
    tau2 : float
        Variance between areas on the scale of `transform`; 0 when chance explains everything.
    transform : str
        ``log``, ``square_root`` or ``arcsine``.
    areas : int
        Areas used.
    """

    phi: float
    tau2: float
    transform: str
    areas: int


def average(events: ArrayLike, exposure: ArrayLike) -> float:
    """Give the funnel's centre: sum of events over sum of exposure, never the mean of rates.

    Areas with a missing event count or without exposure are left out of both sums; NaN when none is left.
    """
    count, time = together(events=as_counts("events", events), exposure=as_counts("exposure", exposure))
    used = ~np.isnan(count) & (time > 0)
    return float(count[used].sum() / time[used].sum()) if used.any() else float("nan")


def sizes_to_draw(size: ArrayLike, points: int = 200) -> FloatArray:
    """Give the positions at which to draw smooth limits over areas of these sizes.

    Parameters
    ----------
    size : array_like
        Denominators or expected events of the areas.
    points : int
        Number of positions.

    Returns
    -------
    ndarray of float
        Rising. Starts near 0 when the largest area is more than twice the smallest, otherwise at 95 % of the smallest
        (as PHEindicatormethods does); ends at 105 % of the largest. Empty without any size above 0.
    """
    numbers = as_counts("size", size)
    present = numbers[numbers > 0]
    if not present.size:
        return np.array([])
    smallest, largest = present.min(), present.max()
    start = largest / points if largest > 2 * smallest else 0.95 * smallest
    return np.geomspace(min(start, smallest), 1.05 * largest, points)


def proportion_funnel(denominator: ArrayLike, centre: float, factor: float = 1.0) -> Funnel:
    """Give control limits of a proportion.

    Parameters
    ----------
    denominator : array_like
        Sizes at which limits are wanted; 0 and NaN give undefined limits.
    centre : float
        Average share between 0 and 1.
    factor : float
        100 for percentages.

    Notes
    -----
    ``p ± z sqrt(p(1-p)/n)``, kept within 0 and 1: the shares whose Wilson interval just touches the average
    (PHEindicatormethods ``calculate_funnel_limits``).
    """
    size = as_counts("denominator", denominator)
    _check_share(centre)

    def limits(confidence: float) -> Estimate:
        with np.errstate(divide="ignore"):
            half = normal_quantile(confidence) * np.sqrt(centre * (1 - centre) / np.where(size > 0, size, np.nan))
        return _around(centre * factor, np.maximum(centre - half, 0), np.minimum(centre + half, 1), factor, confidence)

    return Funnel(size, *(limits(level) for level in LEVELS))


def rate_funnel(exposure: ArrayLike, centre: float, factor: float = 1e5) -> Funnel:
    """Give control limits of a rate, or of a ratio when `exposure` holds expected events and `centre` is 1.

    Parameters
    ----------
    exposure : array_like
        Person-time, or expected events; 0 and NaN give undefined limits.
    centre : float
        Average events per unit of exposure (not yet multiplied by `factor`).
    factor : float
        Rates are per this many units.

    Notes
    -----
    An area lies on the upper limit when its own exact lower limit equals the average: ``E = gamma.ppf(a/2, x)``; on
    the lower one when ``E = gamma.ppf(1-a/2, x+1)``. Both are solved for x at each expected count E
    (PHEindicatormethods ``calculate_funnel_limits``). Where even 0 events would be within limits the lower limit is 0.
    """
    size = as_counts("exposure", exposure)
    if centre < 0:
        raise StatisticsError(f"centre: an average rate must not be negative, got {centre}")
    expected = np.where(size > 0, size * centre, np.nan)

    def limits(confidence: float) -> Estimate:
        tail = (1 - confidence) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = _solve_for_events(expected, tail) / size
            lower = np.maximum(_solve_for_events(expected, 1 - tail) - 1, 0) / size
        return _around(centre * factor, lower, upper, factor, confidence)

    return Funnel(size, *(limits(level) for level in LEVELS))


def _check_share(centre: float) -> None:
    if not (np.isnan(centre) or 0 <= centre <= 1):
        raise StatisticsError(f"centre: an average share must lie between 0 and 1, got {centre}")


def _around(centre: float, lower: FloatArray, upper: FloatArray, factor: float, confidence: float) -> Estimate:
    defined = ~np.isnan(upper)
    value = np.where(defined, centre, np.nan)
    return Estimate(value, lower * factor, upper * factor, np.where(defined, "funnel", UNDEFINED), confidence)


def _solve_for_events(expected: FloatArray, probability: float) -> FloatArray:
    """Solve ``gammainc(x, expected) = probability`` for x; no events are expected: 0 for the upper limit."""
    result = np.where(expected == 0, 0.0, np.nan)
    positive = expected > 0
    wanted = expected[positive]
    if wanted.size < TABLE_FROM:
        result[positive] = gdtrib(1.0, probability, wanted)
        return result
    logs = np.log(wanted)
    knots = np.linspace(logs.min(), logs.max() + 1e-9, max(int((logs.max() - logs.min()) / 0.01), 16))
    size = np.exp(knots)
    deviations = CubicSpline(knots, (gdtrib(1.0, probability, size) - size) / np.sqrt(size))
    result[positive] = wanted + deviations(logs) * np.sqrt(wanted)
    return result


def rate_labels(events: ArrayLike, exposure: ArrayLike, centre: ArrayLike) -> NDArray[np.str_]:
    """Label areas by whether their own limits leave out the average.

    Parameters
    ----------
    events, exposure : array_like
        As in `intervals.rate`; or observed and expected events with ``centre=1``.
    centre : array_like
        Average events per unit of exposure.

    Returns
    -------
    ndarray of str
        ``high_0_001``, ``high_0_025``, ``low_0_001``, ``low_0_025``, ``not_significant``, ``not_applicable``.

    Notes
    -----
    PHEindicatormethods ``assign_funnel_significance``.
    """
    count, time, mean = together(
        events=as_counts("events", events),
        exposure=as_counts("exposure", exposure),
        centre=as_counts("centre", centre),
    )
    expected = np.where(time > 0, time * mean, np.nan)
    return _labels(expected, lambda level: count_limits(count, level)[:2])


def proportion_labels(numerator: ArrayLike, denominator: ArrayLike, centre: ArrayLike) -> NDArray[np.str_]:
    """Label areas by whether their own Wilson interval leaves out the average share; keys as in `rate_labels`."""
    share = as_counts("centre", centre)
    refuse("centre", share, share > 1, "must be a share between 0 and 1")

    def limits(level: float) -> tuple[FloatArray, FloatArray]:
        estimate = proportion(numerator, denominator, confidence=level)
        return estimate.lower, estimate.upper

    return _labels(share, limits)


def _labels(centre: FloatArray, limits: Callable[[float], tuple[FloatArray, FloatArray]]) -> NDArray[np.str_]:
    (lower_95, upper_95), (lower_99_8, upper_99_8) = (limits(level) for level in LEVELS)
    return np.select(
        [
            np.isnan(centre) | np.isnan(upper_95),
            lower_99_8 > centre,
            upper_99_8 < centre,
            lower_95 > centre,
            upper_95 < centre,
        ],
        ["not_applicable", "high_0_001", "low_0_001", "high_0_025", "low_0_025"],
        "not_significant",
    )


def ratio_overdispersion(
    observed: ArrayLike, expected: ArrayLike, *, transform: str = "log", winsorised: float = 0.1
) -> Overdispersion:
    """Measure whether ratios of observed to expected events differ more than chance explains.

    Parameters
    ----------
    observed, expected : array_like, shape (areas,)
        Areas without expectation or with a missing count are left out.
    transform : {"log", "square_root"}
        Scale. Logarithms suit areas with many events; square roots take zero events as they are and suit rare ones.
    winsorised : float
        Share of the z-scores pulled in at either end, so that the outliers sought do not widen the limits.

    Notes
    -----
    ``phi = mean z²``; ``tau2 = (n phi - (n-1)) / (Σw - Σw²/Σw)`` when positive, with ``w = E`` on the log scale and
    ``4E`` on the square-root scale (Spiegelhalter 2005; FunnelPlotR). On the log scale 0 events count as one half.
    """
    count, mean = together(observed=as_counts("observed", observed), expected=as_counts("expected", expected))
    used = ~np.isnan(count) & (mean > 0)
    count, mean = count[used], mean[used]
    if transform == "log":
        return _between(np.log(np.maximum(count, 0.5) / mean), mean, winsorised, transform)
    if transform == "square_root":
        return _between(np.sqrt(count / mean) - 1, 4 * mean, winsorised, transform)
    raise StatisticsError(f"transform: expected log or square_root, got {transform!r}")


def proportion_overdispersion(
    numerator: ArrayLike, denominator: ArrayLike, centre: float, *, winsorised: float = 0.1
) -> Overdispersion:
    """Measure over-dispersion of proportions on the arcsine scale (Spiegelhalter 2005; FunnelPlotR)."""
    part, whole = together(
        numerator=as_counts("numerator", numerator), denominator=as_counts("denominator", denominator)
    )
    _check_share(centre)
    used = ~np.isnan(part) & (whole > 0)
    part, whole = part[used], whole[used]
    refuse("numerator", part, part > whole, "must not exceed its denominator")
    return _between(_arcsine(part / whole) - _arcsine(centre), 4 * whole, winsorised, "arcsine")


def _arcsine(share: ArrayLike) -> FloatArray:
    return np.arcsin(np.sqrt(share))


def _between(deviation: FloatArray, weight: FloatArray, winsorised: float, transform: str) -> Overdispersion:
    if not 0 <= winsorised < 0.5:
        raise StatisticsError(f"winsorised: must be at least 0 and below 0.5, got {winsorised}")
    areas = deviation.size
    if areas < 2:
        return Overdispersion(float("nan"), 0.0, transform, areas)
    scores = deviation * np.sqrt(weight)
    if winsorised:
        scores = np.clip(scores, *np.quantile(scores, [winsorised, 1 - winsorised]))
    phi = float(np.mean(scores**2))
    spread = weight.sum() - (weight**2).sum() / weight.sum()
    return Overdispersion(phi, max(0.0, float((areas * phi - (areas - 1)) / spread)), transform, areas)


def overdispersed_funnel(size: ArrayLike, spread: Overdispersion, centre: float = 1.0, factor: float = 1.0) -> Funnel:
    """Give control limits widened by the variance between areas.

    Parameters
    ----------
    size : array_like
        Expected events (``log``, ``square_root``) or denominators (``arcsine``).
    spread : Overdispersion
        From `ratio_overdispersion` or `proportion_overdispersion`.
    centre : float
        Target ratio or average share.
    factor : float
        Unit of the result.

    Notes
    -----
    ``centre exp(±z sqrt(1/E + tau2))``; ``centre (1 ± z sqrt(1/(4E) + tau2))²``; ``sin²(asin sqrt p ± z sqrt(1/(4n) +
    tau2))``.
    """
    numbers = as_counts("size", size)
    positive = np.where(numbers > 0, numbers, np.nan)
    if spread.transform == "arcsine":
        _check_share(centre)
    elif centre < 0 or np.isinf(centre):
        raise StatisticsError(f"centre: a target ratio must not be negative or infinite, got {centre}")

    def limits(confidence: float) -> Estimate:
        z = normal_quantile(confidence)
        if spread.transform == "log":
            half = z * np.sqrt(1 / positive + spread.tau2)
            lower, upper = centre * np.exp(-half), centre * np.exp(half)
        elif spread.transform == "square_root":
            half = z * np.sqrt(1 / (4 * positive) + spread.tau2)
            lower, upper = centre * np.maximum(1 - half, 0) ** 2, centre * (1 + half) ** 2
        else:
            half = z * np.sqrt(1 / (4 * positive) + spread.tau2)
            middle = _arcsine(centre)
            lower, upper = np.sin(np.maximum(middle - half, 0)) ** 2, np.sin(np.minimum(middle + half, np.pi / 2)) ** 2
        return _around(centre * factor, lower, upper, factor, confidence)

    return Funnel(numbers, *(limits(level) for level in LEVELS))
