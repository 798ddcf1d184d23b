"""Figures that can't be true, found before they are scored: named, left out, and never cut off to 0 or 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.statistics.estimate import together

if TYPE_CHECKING:
    from dashboard.grading.inputs import Inputs

Array = NDArray[np.float64]
KINDS = ("not_finite", "negative", "above_denominator")
ROUNDING = 1e-9
COLUMNS = ["component", "indicator", "region_code", "month", "kind", "numerator", "denominator"]


@dataclass(frozen=True)
class Problem:
    """One figure of one component, region and month that was not scored, and why.

    Parameters
    ----------
    component, indicator, region_code : str
    month : Period
        The month graded, or the month whose report is wrong.
    kind : {"not_finite", "negative", "above_denominator"}
    numerator, denominator : float
        As they were found; NaN where there is none.
    """

    component: str
    indicator: str
    region_code: str
    month: pd.Period
    kind: str
    numerator: float
    denominator: float

    def __str__(self) -> str:
        """Say it in one line, for messages and logs."""
        return (
            f"{self.component} ({self.indicator}) of region {self.region_code} in {self.month}: {self.kind}, "
            f"{self.numerator:g} of {self.denominator:g}"
        )


def without_impossible(inputs: Inputs) -> Inputs:
    """Return the inputs with every impossible figure missing, and named among ``problems``.

    Impossible are infinite and negative counts and, of shares, numerators above their denominators. A figure that is
    missing gives its weight to the others, as when it was never reported.
    """
    numerators, denominators = dict(inputs.numerators), dict(inputs.denominators)
    expected, baseline, problems = dict(inputs.expected), dict(inputs.baseline), list(inputs.problems)
    for key, numerator in inputs.numerators.items():
        base = inputs.expected[key[0]] if key[0] in inputs.expected else inputs.denominators[key]
        kind = kinds_of(numerator, base, share=key[0] not in inputs.expected)
        wrong = kind != ""
        if not wrong.any():
            continue
        for row, column in np.argwhere(wrong):
            problems.append(
                Problem(
                    *key,
                    inputs.codes[row],
                    inputs.months[column],
                    str(kind[row, column]),
                    float(numerator[row, column]),
                    float(base[row, column]),
                )
            )
        numerators[key] = np.where(wrong, np.nan, numerator)
        if key[0] in inputs.expected:
            expected[key[0]] = np.where(wrong, np.nan, base)
            baseline[key[0]] = np.where(wrong, np.nan, baseline[key[0]])
        else:
            denominators[key] = np.where(wrong, np.nan, base)
    if len(problems) == len(inputs.problems):
        return inputs
    return replace(
        inputs,
        numerators=numerators,
        denominators=denominators,
        expected=expected,
        baseline=baseline,
        problems=tuple(problems),
    )


def kinds_of(numerator: Array, base: Array, *, share: bool) -> NDArray[np.str_]:
    """Return what is wrong with each figure, as a key of ``KINDS``; an empty text where nothing is."""
    numerator, base = together(numerator=np.asarray(numerator, float), denominator=np.asarray(base, float))
    with np.errstate(invalid="ignore"):
        above = (numerator > base + ROUNDING * np.maximum(np.abs(base), 1)) & share
        negative = (numerator < 0) | (base < 0)
    wrong = np.isinf(numerator) | np.isinf(base), negative, above
    if not any(each.any() for each in wrong):
        return np.full(numerator.shape, "", dtype="<U17")
    return np.select(wrong, KINDS, "").astype("<U17")


def wrong_reports(
    monthly: Mapping[str, Array], key: tuple[str, str], codes: Sequence[str], months: pd.PeriodIndex
) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Return which single months can't be true, and name them: a sum over a window would hide them.

    Parameters
    ----------
    monthly : mapping
        ``numerator`` and, where there is one, ``denominator``; shape (regions, months).
    key : (str, str)
        Component and indicator.
    codes : sequence of str
    months : PeriodIndex
    """
    numerator = monthly["numerator"]
    base = monthly.get("denominator", np.full_like(numerator, np.nan))
    kind = kinds_of(numerator, base, share=False)
    problems = [
        Problem(
            *key,
            codes[row],
            months[column],
            str(kind[row, column]),
            float(numerator[row, column]),
            float(base[row, column]),
        )
        for row, column in np.argwhere(kind != "")
    ]
    return kind != "", problems


def table_of(problems: Sequence[Problem]) -> pd.DataFrame:
    """Return problems as rows, the latest first."""
    rows = [[getattr(each, name) for name in COLUMNS] for each in dict.fromkeys(problems)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["month", "component", "region_code"], ascending=[False, True, True], ignore_index=True)
