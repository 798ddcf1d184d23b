"""Replay the past months: how much red the rules would have given, and how much pure chance would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.grades import INSUFFICIENT, RED, grades
from dashboard.grading.index import build_index
from dashboard.grading.inputs import Inputs, monthly_inputs
from dashboard.grading.settings import IndexSettings, index_settings
from data_access.access import Scope
from data_access.queries import SnapshotReader

SIMULATIONS = 200
SEED = 20241231


@dataclass(frozen=True)
class Backtest:
    """Shares over the region-months replayed.

    Parameters
    ----------
    months : int
    regions : int
    red, yellow, blue, insufficient : float
        Shares of graded region-months as the rules would have coloured them.
    flips : float
        Colour changes per region and year.
    chance_red, chance_flips : float
        The same when all regions have equal true rates and shares, and only chance differs.
    chance_any_red : float
        Share of months with any red region when all are equal.
    """

    months: int
    regions: int
    red: float
    yellow: float
    blue: float
    insufficient: float
    flips: float
    chance_red: float
    chance_flips: float
    chance_any_red: float

    def figures(self) -> dict[str, float | int]:
        """Return the figures by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def backtest(reader: SnapshotReader, scope: Scope, codes: Sequence[str], last: pd.Period, months: int = 24) -> Backtest:
    """Replay ``months`` months up to ``last`` for ``codes``; the chance figures come from seeded simulations."""
    settings = index_settings()
    every = pd.period_range(last - (months + settings.history_months - 1), last, freq="M")
    inputs = monthly_inputs(reader, scope, codes, every, settings)
    grade = _grades(inputs, settings)[:, -months:]
    random = np.random.default_rng(SEED)
    drawn = [_grades(equal_regions(inputs, random), settings)[:, -months:] for _ in range(SIMULATIONS)]
    counted = pd.Series(grade.ravel()).value_counts(normalize=True)
    return Backtest(
        months=months,
        regions=len(codes),
        red=float(counted.get("red", 0.0)),
        yellow=float(counted.get("yellow", 0.0)),
        blue=float(counted.get("blue", 0.0)),
        insufficient=float(counted.get("insufficient", 0.0)),
        flips=_flips(grade),
        chance_red=float(np.mean([(each == RED).mean() for each in drawn])),
        chance_flips=float(np.mean([_flips(each) for each in drawn])),
        chance_any_red=float(np.mean([(each == RED).any(axis=0).mean() for each in drawn])),
    )


def equal_regions(inputs: Inputs, random: np.random.Generator) -> Inputs:
    """Return inputs with the same sizes, in which every region has the same true share or its own expected events."""
    numerators = {}
    for key, numerator in inputs.numerators.items():
        component = key[0]
        if component in inputs.expected:
            expected = inputs.expected[component]
            known = np.isfinite(expected) & np.isfinite(numerator)
            numerators[key] = np.where(known, random.poisson(np.where(known, expected, 0.0)), np.nan)
            continue
        denominator = inputs.denominators[key]
        known = np.isfinite(denominator) & np.isfinite(numerator) & (denominator > 0)
        size = np.where(known, denominator, 0).astype(int)
        pooled = np.where(known, numerator, 0).sum(axis=0) / np.maximum(size.sum(axis=0), 1)
        numerators[key] = np.where(known, random.binomial(size, np.clip(pooled, 0, 1)), numerator)
    return replace(inputs, numerators=numerators)


def _grades(inputs: Inputs, settings: IndexSettings) -> NDArray[np.str_]:
    return grades(build_index(inputs, settings), settings)[0]


def _flips(grade: NDArray[np.str_]) -> float:
    """Return colour changes per region and year, months without a grade left out."""
    both = (grade[:, 1:] != INSUFFICIENT) & (grade[:, :-1] != INSUFFICIENT)
    changed = (grade[:, 1:] != grade[:, :-1]) & both
    return float(changed.sum() / max(both.sum(), 1) * 12)
