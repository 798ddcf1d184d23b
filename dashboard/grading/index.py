"""The index: a score per component, its points, its interval, and the ranks that the interval allows.

All functions are pure and work on arrays of shape (regions, months) or (components, regions, months).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dashboard.grading.inputs import Inputs
from dashboard.grading.problems import Problem, without_impossible
from dashboard.grading.settings import Component, IndexSettings
from dashboard.statistics.comparisons import chance_against_own_past, defensible_red
from dashboard.statistics.estimate import as_counts, as_numbers, refuse, together

Array = NDArray[np.float64]
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Index:
    """Scores and points of every component, region and month.

    Parameters
    ----------
    components : tuple of str
    values, scores : ndarray, shape (components, regions, months)
        The component's figure and its score 0 … 100; NaN without data.
    points, full_points : ndarray, shape (components, regions, months)
        Points gained, and what the component could give after the weights of missing ones were shared out; 0 when missing.
    value, lower, upper : ndarray, shape (regions, months)
        The index, which is the sum of ``points``, and its 95 % limits.
    error : ndarray
        Standard error of the index.
    weight : ndarray
        Share of the weights that have data.
    authenticity : ndarray
        Share of spot-checks that agree; NaN when none were made.
    chance_points : ndarray, shape (components, regions, months)
        Points that a relative risk whose count is within chance costs beyond what as many events as expected would cost.
    problems : tuple of Problem
        Figures that can't be true and were not scored.
    """

    components: tuple[str, ...]
    values: Array
    scores: Array
    points: Array
    full_points: Array
    value: Array
    lower: Array
    upper: Array
    error: Array
    weight: Array
    authenticity: Array
    chance_points: Array
    problems: tuple[Problem, ...] = ()

    @property
    def points_lost(self) -> Array:
        """Points that each component could give and did not."""
        return self.full_points - self.points

    @property
    def without_chance(self) -> Array:
        """The index if no count within chance cost more than as many events as expected."""
        return self.value + self.chance_points.sum(axis=0)


def build_index(inputs: Inputs, settings: IndexSettings, cities: int = 1) -> Index:
    """Return the index of all regions and months.

    Parameters
    ----------
    inputs : Inputs
    settings : IndexSettings
    cities : int
        So many cities stand one below the other; the regions of each are compared with one another only.

    Notes
    -----

    A component without data gives its weight to the others in proportion: it is never a silent 0 or 100. So does one
    whose figure can't be true (negative, infinite, numerator above its denominator), which is named in ``problems``; a
    score is cut off at 0 and 100 by the rule's floor and target only. The error of the index adds up the components'
    errors as independent (delta method).
    """
    inputs = without_impossible(inputs)
    shape = (len(settings.component), len(inputs.codes), len(inputs.months))
    values, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    for place, component in enumerate(settings.component):
        values[place], errors[place] = component_value(component, inputs, settings.alpha)
    floor, target = _column(settings, "floor"), _column(settings, "target")
    scores = 100 * np.clip((values - floor) / (target - floor), 0, 1)
    weights = np.where(np.isnan(scores), 0.0, _column(settings, "weight"))
    total = weights.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        full = weights / total * 100
        points = np.where(weights > 0, full * np.nan_to_num(scores) / 100, 0.0)
        value = np.where(total > 0, points.sum(axis=0), np.nan)
        spread = np.nan_to_num(errors) * full / np.abs(target - floor)
    spread = np.where(weights > 0, np.minimum(spread, full / 2), 0.0)
    error = np.sqrt((spread**2).sum(axis=0))
    authenticity = _authenticity(settings, values)
    return Index(
        components=tuple(component.id for component in settings.component),
        values=values,
        scores=scores,
        points=points,
        full_points=np.nan_to_num(full),
        value=value,
        lower=np.clip(value - Z95 * error, 0, 100),
        upper=np.clip(value + Z95 * error, 0, 100),
        error=error,
        weight=total / sum(component.weight for component in settings.component),
        authenticity=authenticity,
        chance_points=_chance_points(inputs, settings, scores, full, cities),
        problems=inputs.problems,
    )


def beyond_chance(inputs: Inputs, settings: IndexSettings, cities: int = 1) -> dict[str, NDArray[np.bool_]]:
    """Return, by relative risk, where it counts more events than chance brings at the region's own past rate.

    The family of ``settings.red_rule`` is all relative risks of a city's regions in one month; see :func:`build_index` for
    ``cities``.
    """
    risks = [component for component in settings.component if component.kind == "relative_risk"]
    if not risks:
        return {}
    regions, months = len(inputs.codes), len(inputs.months)
    if settings.red_rule == "none":
        return {component.id: np.ones((regions, months), bool) for component in risks}
    chance = np.array(
        [
            chance_against_own_past(
                inputs.numerators[component.id, component.members[0].id],
                inputs.expected[component.id],
                inputs.baseline[component.id],
            )
            for component in risks
        ]
    )
    shape = len(risks), cities, regions // cities, months
    families = chance.reshape(shape).transpose(1, 3, 0, 2)
    found = defensible_red(families.reshape(cities * months, -1), settings.red_rule).status == "red"
    red = found.reshape(families.shape).transpose(2, 0, 3, 1).reshape(chance.shape)
    return {component.id: each for component, each in zip(risks, red, strict=True)}


def _chance_points(inputs: Inputs, settings: IndexSettings, scores: Array, full: Array, cities: int) -> Array:
    beyond, points = beyond_chance(inputs, settings, cities), np.zeros_like(scores)
    for place, component in enumerate(settings.component):
        if component.id in beyond:
            short = np.maximum(component.score_as_expected - scores[place], 0.0)
            points[place] = np.where(beyond[component.id] | np.isnan(short), 0.0, full[place] * short / 100)
    return points


def component_value(component: Component, inputs: Inputs, alpha: float) -> tuple[Array, Array]:
    """Return a component's figure and its standard error.

    Relative risk: posterior mean (events + α) ÷ (expected + α) and its standard deviation. Shares: numerator ÷
    denominator, with the error of (x + 1) ÷ (n + 2) so that 0 and 1 have one too.
    """
    if component.kind == "relative_risk":
        events = inputs.numerators[component.id, component.members[0].id]
        weight = inputs.expected[component.id] + alpha
        return (events + alpha) / weight, np.sqrt(events + alpha) / weight
    shares = [_share(inputs, component.id, item.id) for item in component.members]
    each = np.array([share for share, _ in shares])
    errors = np.array([error for _, error in shares])
    if component.kind == "lowest_share":
        with np.errstate(invalid="ignore"):
            known = np.where(np.isnan(each), np.inf, each)
        lowest = known.argmin(axis=0)[None]
        value = np.take_along_axis(each, lowest, axis=0)[0]
        value = np.where(np.isnan(each).any(axis=0), np.nan, value)
        return value, np.take_along_axis(errors, lowest, axis=0)[0]
    value = each.mean(axis=0)
    error = np.sqrt((errors**2).sum(axis=0)) / len(each)
    if component.discount is not None:
        missing, _ = _share(inputs, component.id, component.discount)
        # A discount that isn't known leaves the figure unknown: none taken would be the best case.
        value = value * (1 - missing)
    return value, error


def rank_ranges(lower: Array, upper: Array) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Return the best and worst rank that each region's interval allows; missing values get rank 0.

    A region ranks below those whose lower limit lies above its own upper limit, and above those whose upper limit lies
    below its own lower limit; regions whose intervals overlap share ranks.

    Parameters
    ----------
    lower, upper : ndarray, shape (regions,)
    """
    lower, upper = together(lower=as_numbers("lower", lower), upper=as_numbers("upper", upper))
    refuse("lower", lower, lower > upper, "must not exceed the upper limit")
    known = ~np.isnan(lower + upper)
    better = (lower[None, :] > upper[:, None]) & known[None, :]
    worse = (upper[None, :] < lower[:, None]) & known[None, :]
    best = 1 + better.sum(axis=1)
    last = known.sum() - worse.sum(axis=1)
    return np.where(known, best, 0), np.where(known, last, 0)


def probability_below(value: Array, error: Array, limit: float) -> Array:
    """Return the probability that the true index is below ``limit``; NaN where the index or its error is not known."""
    value, error = together(value=as_numbers("value", value), error=as_counts("error", error))
    return ndtr((as_numbers("limit", limit) - value) / np.maximum(error, 1e-9))


def rounded_points(points: Array, decimals: int = 1) -> Array:
    """Return the points of one region rounded so that they still add up to the rounded total (largest remainders)."""
    scale = 10.0**decimals
    exact = as_counts("points", points) * scale
    refuse("points", exact, np.isnan(exact), "must be known")
    floors = np.floor(exact + 1e-9)
    missing = int(round(exact.sum()) - floors.sum())
    order = np.argsort(floors - exact, kind="stable")
    floors[order[:missing]] += 1
    return floors / scale


def _share(inputs: Inputs, component: str, indicator: str) -> tuple[Array, Array]:
    numerator = inputs.numerators[component, indicator]
    denominator = inputs.denominators[component, indicator]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(denominator > 0, numerator / denominator, np.nan)
        smoothed = (numerator + 1) / (denominator + 2)
        return value, np.sqrt(smoothed * (1 - smoothed) / (denominator + 2))


def _authenticity(settings: IndexSettings, values: Array) -> Array:
    ids = [component.id for component in settings.component]
    return values[ids.index("authenticity")] if "authenticity" in ids else np.full(values.shape[1:], np.nan)


def _column(settings: IndexSettings, name: str) -> Array:
    return np.array([getattr(component, name) for component in settings.component], float)[:, None, None]
