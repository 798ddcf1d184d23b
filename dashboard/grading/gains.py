"""What would move a region's index most: points lost, and what is gained at the level of all regions or at the target."""

from __future__ import annotations

from dataclasses import replace

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


def gains(league: League, code: str, settings: IndexSettings | None = None) -> pd.DataFrame:
    """Return what each component of one region's index would gain.

    Returns
    -------
    DataFrame
        Indexed by component id, outcomes last, largest gain first: ``value, common`` (of all regions of the league
        together; NaN when there is only one), ``target``, ``full_points``, ``lost`` (what the target would gain),
        ``to_common`` (what the common value would gain; 0 for a region that is already as good) and ``is_outcome``: a
        result that follows from the rest and can't be raised by itself. A component without data is left out: nothing can
        be said to be gained there.
    """
    rules = settings or index_settings()
    frame = league.contributions(code)
    frame = frame[frame["score"].notna()]
    common = common_values(league.inputs, rules)
    rows = frame[["value", "full_points", "lost"]].assign(
        common=[common[name] for name in frame.index], target=[rules.components[name].target for name in frame.index]
    )
    scores = np.array(
        [score_of(rules.components[name], value) for name, value in zip(rows.index, rows["common"], strict=True)]
    )
    rows["to_common"] = np.maximum((scores - frame["score"].to_numpy()) / 100, 0) * rows["full_points"]
    rows["is_outcome"] = [rules.components[str(name)].dimension == OUTCOMES for name in rows.index]
    return rows.sort_values(["is_outcome", "to_common", "lost"], ascending=[True, False, False], na_position="last")


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
    for key, numerator in inputs.numerators.items():
        base = inputs.expected[key[0]] if key[0] in inputs.expected else inputs.denominators[key]
        known = np.isfinite(numerator) & np.isfinite(base)
        numerators[key] = _added(numerator, known)
        if key[0] in inputs.expected:
            expected[key[0]] = _added(base, known)
        else:
            denominators[key] = _added(base, known)
    return replace(inputs, codes=("all",), numerators=numerators, denominators=denominators, expected=expected)


def score_of(component: Component, value: float) -> float:
    """Return the score 0 … 100 of a component's figure; NaN for one that is not known."""
    figure = as_numbers(component.id, value)
    return float(100 * np.clip((figure - component.floor) / (component.target - component.floor), 0, 1))


def _added(values: Array, known: NDArray[np.bool_]) -> Array:
    """Return one row: the sum of what is known, NaN where nothing is."""
    total = np.where(known, values, 0.0).sum(axis=0, keepdims=True)
    return np.where(known.any(axis=0, keepdims=True), total, np.nan)
