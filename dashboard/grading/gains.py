"""What would move a region's index most: points lost, and what is gained at the level of all regions or at the target."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.index import component_value
from dashboard.grading.inputs import Inputs
from dashboard.grading.league import League
from dashboard.grading.settings import Component, IndexSettings, index_settings
from dashboard.statistics.estimate import as_numbers

Array = NDArray[np.float64]
OUTCOMES = "A"
"""Dimension of the index that holds results, not work."""


@dataclass(frozen=True)
class Gains:
    """What each component of each region's index would gain in the month shown.

    Parameters
    ----------
    components, codes : tuple of str
    value, score, full_points, lost, to_common : ndarray, shape (components, regions)
        The component's figure and its score, what it could give, what the target would gain, and what the value of all
        regions together would: 0 for a region that is already as good. NaN without data.
    common, target : ndarray, shape (components,)
        Value of all regions of the league together (NaN when there is only one), and the target.
    is_outcome : ndarray, shape (components,)
        Whether it is a result that follows from the rest and can't be raised by itself.
    """

    components: tuple[str, ...]
    codes: tuple[str, ...]
    value: Array
    score: Array
    full_points: Array
    lost: Array
    to_common: Array
    common: Array
    target: Array
    is_outcome: NDArray[np.bool_]

    def of(self, code: str) -> pd.DataFrame:
        """Return the components of one region, outcomes last, largest gain first.

        A component without data is left out: nothing can be said to be gained there.
        """
        place = self.codes.index(code)
        rows = pd.DataFrame(
            {
                "value": self.value[:, place],
                "full_points": self.full_points[:, place],
                "lost": self.lost[:, place],
                "common": self.common,
                "target": self.target,
                "to_common": self.to_common[:, place],
                "is_outcome": self.is_outcome,
            },
            index=pd.Index(self.components, name="component"),
        )[np.isfinite(self.score[:, place])]
        return rows.sort_values(["is_outcome", "to_common", "lost"], ascending=[True, False, False], na_position="last")

    def largest(self, code: str, to_common: bool) -> tuple[str, float]:
        """Return the work that would gain one region most, at the common value or at the target; empty without data."""
        place = self.codes.index(code)
        points = (self.to_common if to_common else self.lost)[:, place]
        usable = ~self.is_outcome & np.isfinite(self.score[:, place]) & np.isfinite(points)
        if not usable.any():
            return "", 0.0
        best = int(np.where(usable, points, -np.inf).argmax())
        return self.components[best], float(points[best])


def gains(league: League, settings: IndexSettings | None = None) -> Gains:
    """Return what each component of each region's index would gain."""
    rules = settings or index_settings()
    index, components = league.index, [rules.components[name] for name in league.index.components]
    common = common_values(league.inputs, rules)
    at_common = np.array([score_of(component, common[component.id]) for component in components])
    score, full_points = index.scores[:, :, -1], index.full_points[:, :, -1]
    return Gains(
        index.components,
        league.inputs.codes,
        index.values[:, :, -1],
        score,
        full_points,
        index.points_lost[:, :, -1],
        np.maximum((at_common[:, None] - score) / 100, 0) * full_points,
        np.array([common[component.id] for component in components]),
        np.array([component.target for component in components]),
        np.array([component.dimension == OUTCOMES for component in components]),
    )


def common_values(inputs: Inputs, settings: IndexSettings) -> dict[str, float]:
    """Return each component's figure of all regions together in the last month; NaN for a league of one."""
    if len(inputs.codes) < 2:
        return {component.id: np.nan for component in settings.component}
    together = pooled(inputs)
    found = {}
    for component in settings.component:
        value, _ = component_value(component, together, settings.alpha)
        found[component.id] = float(value[0, -1])
    return found


def pooled(inputs: Inputs) -> Inputs:
    """Return the inputs of all regions added up to one; a region counts only where it has both parts of the figure."""
    numerators, denominators = {}, {}
    expected: dict[str, Array] = {}
    baseline: dict[str, Array] = {}
    for key, numerator in inputs.numerators.items():
        base = inputs.expected[key[0]] if key[0] in inputs.expected else inputs.denominators[key]
        known = np.isfinite(numerator) & np.isfinite(base)
        numerators[key] = _added(numerator, known)
        if key[0] in inputs.expected:
            expected[key[0]] = _added(base, known)
            baseline[key[0]] = _added(inputs.baseline[key[0]], known)
        else:
            denominators[key] = _added(base, known)
    return replace(
        inputs,
        codes=("all",),
        numerators=numerators,
        denominators=denominators,
        expected=expected,
        baseline=baseline,
    )


def score_of(component: Component, value: float) -> float:
    """Return the score 0 … 100 of a component's figure; NaN for one that is not known."""
    figure = as_numbers(component.id, value)
    return float(100 * np.clip((figure - component.floor) / (component.target - component.floor), 0, 1))


def _added(values: Array, known: NDArray[np.bool_]) -> Array:
    """Return one row: the sum of what is known, NaN where nothing is."""
    total = np.where(known, values, 0.0).sum(axis=0, keepdims=True)
    return np.where(known.any(axis=0, keepdims=True), total, np.nan)
