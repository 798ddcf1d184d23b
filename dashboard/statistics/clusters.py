"""Clusters of high or low rates on the map: Moran's I for rates, whole and local, with false discovery held down."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dashboard.statistics.comparisons import FALSE_DISCOVERY_RATE, benjamini_hochberg
from dashboard.statistics.estimate import (
    UNDEFINED,
    FloatArray,
    StatisticsError,
    as_counts,
    as_numbers,
    refuse,
    together,
)
from dashboard.statistics.shrinkage import neighbourhoods

FEWEST_AREAS = 8
QUADRANTS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}


@dataclass(frozen=True)
class SpatialPattern:
    """Moran's I: are neighbours alike?

    Parameters
    ----------
    value : float
        Moran's I; NaN when it cannot be computed.
    expected : float
        Its value without any pattern.
    p_value : float
        From permutations, one-sided for the sign found.
    method : str
        ``moran``, ``moran_rate`` or ``undefined``.
    """

    value: float
    expected: float
    p_value: float
    method: str


@dataclass(frozen=True)
class Clusters:
    """Local Moran statistics, shape (areas,).

    Parameters
    ----------
    value : ndarray of float
        Local I; NaN for islands and areas that cannot be used.
    p_value, q_value : ndarray of float
        From conditional permutations (two-sided), and Benjamini–Hochberg over the areas.
    label : ndarray of str
        ``high_high``, ``low_low``, ``high_low``, ``low_high``, ``not_significant``, ``island`` or ``undefined``.
    """

    value: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    label: NDArray[np.str_]


def moran(values: ArrayLike, neighbours: Any, *, permutations: int = 999, seed: int = 0) -> SpatialPattern:
    """Compute Moran's I of any value per area, with row-standardised neighbours.

    Parameters
    ----------
    values : array_like, shape (areas,)
        Areas with NaN are left out, with their links.
    neighbours : sequence of sequences of int, scipy sparse matrix, or libpysal W or Graph
        Positions of each area's neighbours.
    permutations, seed : int
        Random permutations for the p-value, reproducible by the seed.

    Notes
    -----
    esda ``Moran``. Undefined for fewer than 8 areas, no link, or equal values. For rates of rare events use
    `moran_of_rates`: raw rates of small areas vary for no other reason than size.
    """
    numbers = _one_per_area("values", as_numbers("values", values))
    used = ~np.isnan(numbers)
    weights = _weights(neighbours, used)
    if weights is None or _alike(numbers[used]):
        return SpatialPattern(float("nan"), float("nan"), float("nan"), UNDEFINED)
    from esda import Moran

    return _pattern(lambda: Moran(numbers[used], weights, permutations=permutations), seed, "moran")


def moran_of_rates(
    events: ArrayLike, exposure: ArrayLike, neighbours: Any, *, permutations: int = 999, seed: int = 0
) -> SpatialPattern:
    """Compute Moran's I of rates, each standardised by what its size lets it vary (Assunção and Reis 1999).

    Parameters
    ----------
    events, exposure : array_like, shape (areas,)
        Areas with a missing count or no exposure are left out, with their links.
    neighbours, permutations, seed
        As in `moran`.
    """
    count, people, used = _rates(events, exposure)
    weights = _weights(neighbours, used)
    if weights is None or _alike(count[used] / people[used]):
        return SpatialPattern(float("nan"), float("nan"), float("nan"), UNDEFINED)
    from esda import Moran_Rate

    return _pattern(
        lambda: Moran_Rate(count[used], people[used], weights, permutations=permutations), seed, "moran_rate"
    )


def local_clusters(
    events: ArrayLike,
    exposure: ArrayLike,
    neighbours: Any,
    *,
    permutations: int = 999,
    seed: int = 0,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> Clusters:
    """Find areas that are high among high neighbours, low among low, or unlike their neighbours.

    Parameters
    ----------
    events, exposure : array_like, shape (areas,)
        Areas with a missing count or no exposure are ``undefined``.
    neighbours : sequence of sequences of int, scipy sparse matrix, or libpysal W or Graph
        Positions of each area's neighbours; an area without any is an ``island``.
    permutations, seed : int
        Conditional permutations, reproducible by the seed. The smallest p-value they can give is
        ``2 / (permutations + 1)``: many areas need many permutations.
    false_discovery_rate : float
        An area is labelled only when its q-value is below this.

    Notes
    -----
    esda ``Moran_Local_Rate`` (Anselin 1995; Assunção and Reis 1999). Its pseudo p-values count one tail; they are
    doubled here.
    """
    if not 0 < false_discovery_rate < 1:
        raise StatisticsError(f"false_discovery_rate: must lie between 0 and 1, got {false_discovery_rate}")
    count, people, used = _rates(events, exposure)
    areas = len(count)
    value, p_value = np.full(areas, np.nan), np.full(areas, np.nan)
    label = np.full(areas, UNDEFINED, dtype="<U15")
    links = neighbourhoods(neighbours, areas)[used][:, used]
    linked = np.diff(links.indptr) > 1
    label[np.flatnonzero(used)[~linked]] = "island"
    weights = _weights(neighbours, used)
    if weights is None:
        return Clusters(value, p_value, np.full(areas, np.nan), label)
    if _alike(count[used] / people[used]):
        label[np.flatnonzero(used)[linked]] = "not_significant"
        return Clusters(value, p_value, np.full(areas, np.nan), label)
    from esda import Moran_Local_Rate

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Moran_Local_Rate(
            count[used], people[used], weights, permutations=permutations, seed=seed, keep_simulations=False
        )
    places = np.flatnonzero(used)[linked]
    value[places] = found.Is[linked]
    p_value[places] = np.minimum(2 * found.p_sim[linked], 1)
    q_value = benjamini_hochberg(p_value)
    quadrant = np.array([QUADRANTS.get(int(number), "not_significant") for number in found.q[linked]])
    label[places] = np.where(q_value[places] < false_discovery_rate, quadrant, "not_significant")
    return Clusters(value, p_value, q_value, label)


def _one_per_area(name: str, numbers: FloatArray) -> FloatArray:
    if numbers.ndim != 1:
        raise StatisticsError(f"{name}: one value per area is needed, got {numbers.ndim} dimensions")
    return numbers


def _rates(events: ArrayLike, exposure: ArrayLike) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    count = _one_per_area("events", as_counts("events", events))
    count, people = together(events=count, exposure=as_counts("exposure", exposure))
    refuse("events", count, (people == 0) & (count > 0), "an area without exposure cannot have events")
    return count, people, ~np.isnan(count) & (people > 0)


def _alike(numbers: FloatArray) -> bool:
    """Say whether all values are equal up to rounding: then there is no pattern to speak of."""
    return bool(np.ptp(numbers) <= 1e-12 * np.abs(numbers).max())


def _weights(neighbours: Any, used: NDArray[np.bool_]) -> Any:
    """Build libpysal weights among the areas used; None when there are too few areas or no link."""
    links = neighbourhoods(neighbours, len(used))[used][:, used].tolil()
    links.setdiag(0)
    links = links.tocsr()
    links.eliminate_zeros()
    if used.sum() < FEWEST_AREAS or links.nnz == 0:
        return None
    from libpysal.weights import W

    near = {place: links.indices[links.indptr[place] : links.indptr[place + 1]].tolist() for place in range(used.sum())}
    return W(near, silence_warnings=True)


def _pattern(compute: Any, seed: int, method: str) -> SpatialPattern:
    # esda draws its permutations from numpy's global state, which is put back as it was
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = compute()
    finally:
        np.random.set_state(state)
    return SpatialPattern(float(found.I), float(found.EI), float(found.p_sim), method)
