"""Smoothed rates: each area drawn towards the mean as far as its size calls for, with intervals and exceedance odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import gammaincc, gammaincinv

from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    StatisticsError,
    as_counts,
    check_confidence,
    refuse,
    together,
)

Moments = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Smoothed(Estimate):
    """Smoothed rates and the gamma distributions behind them.

    Parameters
    ----------
    shape, weight : ndarray of float
        The rate per unit of exposure is Gamma with this shape and this inverse scale (pseudo-exposure).
    towards : ndarray of float
        The mean each area was drawn towards, in the unit of `value`.
    factor : float
        Unit of `value`.
    """

    shape: FloatArray
    weight: FloatArray
    towards: FloatArray
    factor: float

    def chance_above(self, threshold: ArrayLike) -> FloatArray:
        """Give the posterior probability that the true rate exceeds `threshold`, in the unit of `value`."""
        limit = as_counts("threshold", threshold) / self.factor
        with np.errstate(invalid="ignore"):
            return gammaincc(self.shape, limit * self.weight)


def gamma_poisson(
    events: ArrayLike,
    exposure: ArrayLike,
    mean: ArrayLike,
    *,
    alpha: float = 2.0,
    factor: float = 1e5,
    confidence: float = 0.95,
) -> Smoothed:
    """Smooth rates with a stated prior: gamma with shape `alpha` around `mean`.

    Parameters
    ----------
    events, exposure : array_like
        Counts and person-time; exposure of 0 or NaN gives an undefined rate.
    mean : array_like
        Prior mean: events per `factor` of exposure, such as the city's rate over several years. 0 or NaN is undefined.
    alpha : float
        Strength of the prior in events.
    factor, confidence : float
        Unit of the rates; level of the posterior interval.

    Returns
    -------
    Smoothed
        Methods ``gamma_poisson``, ``undefined``.

    Notes
    -----
    ``(y + alpha) / (E + beta)``, ``beta = alpha / mean``; the area's own data weigh ``E / (E + beta)``. The result lies
    between the raw rate and the mean.
    """
    if not 0 < alpha < np.inf:
        raise StatisticsError(f"alpha: the prior needs a positive strength, got {alpha}")
    count, time, centre = together(
        events=as_counts("events", events), exposure=as_counts("exposure", exposure), mean=as_counts("mean", mean)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = alpha / (np.where(centre > 0, centre, np.nan) / factor)
    defined = (time > 0) & ~np.isnan(count + beta)
    return _posterior(
        np.where(defined, count + alpha, np.nan),
        np.where(defined, time + beta, np.nan),
        np.where(defined, centre / factor, np.nan),
        np.where(defined, "gamma_poisson", UNDEFINED),
        factor,
        confidence,
    )


def marshall_global(
    events: ArrayLike, exposure: ArrayLike, *, factor: float = 1e5, confidence: float = 0.95
) -> Smoothed:
    """Smooth rates towards the mean of all areas, as far as the data say that areas differ at all.

    Parameters
    ----------
    events, exposure : array_like, shape (areas,) or (areas, periods)
        Counts and person-time; every period is smoothed on its own.
    factor, confidence : float
        Unit of the rates; level of the posterior interval.

    Returns
    -------
    Smoothed
        Methods ``marshall_global``; ``pooled`` (areas differ no more than by chance: all get the common rate with its
        interval); ``no_events`` (nowhere an event: NaN); ``undefined`` (missing count, no exposure).

    Notes
    -----
    ``m = Σe/Σn``; ``a = Σn(r-m)²/Σn - m/mean(n)``, at least 0; ``m + a/(a + m/n) (r - m)`` (Marshall 1991; spdep
    ``EBest``). Without the clip at 0 most chance maps come out on the wrong side of the mean. The interval is the gamma
    posterior with prior mean m and variance a; it takes m and a as known and is therefore somewhat narrow.
    """
    count, time, used = _areas(events, exposure)
    shape, weight, centre, method = _marshall(count, time, used, _common_moments(count, time, used), "marshall_global")
    return _posterior(shape, weight, centre, method, factor, confidence)


def marshall_spatial(
    events: ArrayLike, exposure: ArrayLike, neighbours: Any, *, factor: float = 1e5, confidence: float = 0.95
) -> Smoothed:
    """Smooth rates towards the mean of the area's neighbourhood, the area itself included.

    Parameters
    ----------
    events, exposure : array_like, shape (areas,) or (areas, periods)
        Counts and person-time.
    neighbours : sequence of sequences of int, scipy sparse matrix, or libpysal W or Graph
        Positions of each area's neighbours, or a square matrix that is non-zero between neighbours.
    factor, confidence : float
        Unit of the rates; level of the posterior interval.

    Returns
    -------
    Smoothed
        Methods ``marshall_local``; ``pooled`` (the neighbourhood differs by chance only); and, for islands and
        neighbourhoods without a single event, the methods of `marshall_global`.

    Raises
    ------
    StatisticsError
        When the neighbours do not fit the number of areas.

    Notes
    -----
    Marshall 1991, with moments around the neighbourhood's own mean (as GeoDa and esda) and the variance clipped at 0.
    """
    count, time, used = _areas(events, exposure)
    links = neighbourhoods(neighbours, count.shape[0])
    members = links @ used.astype(float)
    moments = _moments(
        links @ np.where(used, count, 0),
        links @ np.where(used, time, 0),
        links @ _squares(count, time, used),
        members,
    )
    local = _marshall(count, time, used, moments, "marshall_local")
    common = _marshall(count, time, used, _common_moments(count, time, used), "marshall_global")
    fall_back = (members <= 1) | ~(moments[0] > 0)
    shape, weight, centre, method = (
        np.where(fall_back, whole, near) for whole, near in zip(common, local, strict=True)
    )
    return _posterior(shape, weight, centre, method, factor, confidence)


def neighbourhoods(neighbours: Any, areas: int) -> sparse.csr_array:
    """Turn neighbours into a 0/1 matrix of neighbourhoods with each area in its own.

    Parameters
    ----------
    neighbours : sequence of sequences of int, scipy sparse matrix, or libpysal W or Graph
        As in `marshall_spatial`.
    areas : int
        Number of areas.
    """
    matrix = getattr(neighbours, "sparse", neighbours)
    if not (sparse.issparse(matrix) or isinstance(matrix, np.ndarray)):
        matrix = _from_lists(matrix, areas)
    matrix = sparse.csr_array(matrix)
    if matrix.shape != (areas, areas):
        raise StatisticsError(f"neighbours: {areas} areas need a {areas} x {areas} matrix, got {matrix.shape}")
    linked = (matrix != 0).astype(float) + sparse.eye_array(areas, format="csr")
    linked.data[:] = 1.0
    return linked


def _from_lists(neighbours: Sequence[Sequence[int]], areas: int) -> sparse.csr_array:
    if len(neighbours) != areas:
        raise StatisticsError(f"neighbours: {areas} areas need {areas} lists of neighbours, got {len(neighbours)}")
    rows = np.repeat(np.arange(areas), [len(near) for near in neighbours])
    columns = np.array([place for near in neighbours for place in near], dtype=int)
    outside = (columns < 0) | (columns >= areas)
    if outside.any():
        wrong = int(np.argmax(outside))
        raise StatisticsError(
            f"neighbours: area {rows[wrong]} names neighbour {columns[wrong]}, outside 0..{areas - 1}"
        )
    return sparse.csr_array((np.ones(columns.size), (rows, columns)), shape=(areas, areas))


def _areas(events: ArrayLike, exposure: ArrayLike) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    count, time = as_counts("events", events), as_counts("exposure", exposure)
    if time.ndim == 1 and count.ndim == 2:
        time = time[:, None]
    count, time = together(events=count, exposure=time)
    if count.ndim not in (1, 2) or not count.size:
        raise StatisticsError(f"events: one row per area and at least one are needed, got the shape {count.shape}")
    refuse("events", count, (time == 0) & (count > 0), "an area without exposure cannot have events")
    return count, time, (time > 0) & ~np.isnan(count)


def _squares(count: FloatArray, time: FloatArray, used: NDArray[np.bool_]) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(used, count**2 / time, 0.0)


def _common_moments(count: FloatArray, time: FloatArray, used: NDArray[np.bool_]) -> Moments:
    return _moments(
        np.where(used, count, 0).sum(axis=0),
        np.where(used, time, 0).sum(axis=0),
        _squares(count, time, used).sum(axis=0),
        used.sum(axis=0).astype(float),
    )


def _moments(events: FloatArray, exposure: FloatArray, squares: FloatArray, members: FloatArray) -> Moments:
    """Give mean, clipped variance, events and exposure of each neighbourhood; ``Σn(r-m)² = Σe²/n - m Σe``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = events / exposure
        variance = (squares - mean * events) / exposure - mean * members / exposure
    # rounding in the difference of large sums must not pass for a difference between areas
    negligible = np.abs(squares) * 1e-13 / np.where(exposure > 0, exposure, np.nan)
    return mean, np.where(variance > negligible, variance, 0.0), events, exposure


def _marshall(
    count: FloatArray,
    time: FloatArray,
    used: NDArray[np.bool_],
    moments: Moments,
    name: str,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.str_]]:
    mean, variance, events, exposure = (np.broadcast_to(x, count.shape) for x in moments)
    differ = variance > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(differ, count + mean**2 / variance, events)
        weight = np.where(differ, time + mean / variance, exposure)
    defined = used & (mean > 0)
    method = np.where(used, np.where(mean > 0, np.where(differ, name, "pooled"), "no_events"), UNDEFINED)
    return (
        np.where(defined, shape, np.nan),
        np.where(defined, weight, np.nan),
        np.where(defined, mean, np.nan),
        method,
    )


def _posterior(
    shape: FloatArray,
    weight: FloatArray,
    centre: FloatArray,
    method: NDArray[np.str_],
    factor: float,
    confidence: float,
) -> Smoothed:
    tail = (1 - check_confidence(confidence)) / 2
    value = shape / weight
    # of a very skew gamma even the upper limit may lie below the mean: the interval is stretched to hold it
    lower = np.minimum(gammaincinv(shape, tail) / weight, value)
    upper = np.maximum(gammaincinv(shape, 1 - tail) / weight, value)
    return Smoothed(
        value * factor, lower * factor, upper * factor, method, confidence, shape, weight, centre * factor, factor
    )
