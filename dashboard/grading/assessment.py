"""The annual score: what homicide prevention weighs in it, what an index point is worth, and the words of the vetoes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.grading.grades import INSUFFICIENT
from dashboard.grading.league import League
from dashboard.i18n import localised
from data_access.access import read_config, validated


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weight(_Declared):
    """The share of homicide prevention in the annual score from one year on."""

    from_year: int = Field(ge=1990, le=2100)
    share: float = Field(gt=0, le=1)
    basis: str = Field(min_length=1)
    basis_en: str = Field(min_length=1)

    def basis_label(self, language: str) -> str:
        """Return what the weight rests on."""
        return localised(language, self.basis, self.basis_en)


class Word(_Declared):
    """A word that the ledger of vetoes may use, with what screens write for it."""

    value: str = Field(min_length=1)
    key: str = ""
    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)

    def label(self, language: str) -> str:
        """Return the word on screen."""
        return localised(language, self.name, self.name_en)


class Veto(_Declared):
    """Kinds, statuses and reasons of vetoes."""

    kinds: tuple[Word, ...] = Field(min_length=2, max_length=2)
    statuses: tuple[Word, ...] = Field(min_length=1)
    reasons: tuple[Word, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _kept_apart(self) -> Veto:
        for words in (self.kinds, self.statuses, self.reasons):
            values = [word.value for word in words]
            if len(set(values)) < len(values):
                raise ValueError(f"a word stands twice among {', '.join(values)}")
        return self

    def label(self, part: str, value: str, language: str) -> str:
        """Return what screens write for a word of ``kinds``, ``statuses`` or ``reasons``; the word itself when unknown."""
        found = next((word for word in getattr(self, part) if word.value == value), None)
        return found.label(language) if found else value


class Pilots(_Declared):
    """The pool of pilot sites."""

    target: int = Field(gt=0)
    look_back_grace_days: int = Field(ge=0)


class AssessmentSettings(_Declared):
    """The whole of config/assessment.toml."""

    annual_points: float = Field(gt=0)
    weight: tuple[Weight, ...] = Field(min_length=1)
    veto: Veto
    pilots: Pilots

    @model_validator(mode="after")
    def _in_order(self) -> AssessmentSettings:
        years = [weight.from_year for weight in self.weight]
        if years != sorted(set(years)):
            raise ValueError("the weights must stand in the order of their years, each year once")
        return self

    def weight_in(self, year: int) -> Weight:
        """Return the weight in force in ``year``; the first one for years before it."""
        return next((weight for weight in reversed(self.weight) if weight.from_year <= year), self.weight[0])


@dataclass(frozen=True)
class WeightChange:
    """The change of weight that matters to a year: the one coming next, else the last one made.

    Parameters
    ----------
    before, after : Weight
    annual_points : float
    """

    before: Weight
    after: Weight
    annual_points: float

    @property
    def point_before(self) -> float:
        """Points of the annual score that one index point is worth before the change."""
        return self.before.share * self.annual_points / 100

    @property
    def point_after(self) -> float:
        """Points of the annual score that one index point is worth after it."""
        return self.after.share * self.annual_points / 100


@lru_cache(maxsize=1)
def assessment_settings() -> AssessmentSettings:
    """Read and check config/assessment.toml."""
    return validated(AssessmentSettings, read_config("assessment.toml"), "config/assessment.toml", "assessment")


def weight_change(year: int, settings: AssessmentSettings | None = None) -> WeightChange:
    """Return the change of weight that comes next after ``year`` began, or the last one made; no change when none was."""
    rules = settings or assessment_settings()
    following = [place for place, weight in enumerate(rules.weight) if weight.from_year >= year and place > 0]
    place = following[0] if following else len(rules.weight) - 1
    return WeightChange(rules.weight[max(place - 1, 0)], rules.weight[place], rules.annual_points)


def weight_effects(league: League, change: WeightChange) -> pd.DataFrame:
    """Return what each region's index of the year so far comes to in the annual score, before and after the change.

    The index of the year is the mean of its months that were graded. Their errors go together (the months share data),
    so the mean's interval is taken as wide as the months' own on average.

    Returns
    -------
    DataFrame
        Indexed by region: ``months, index, lower, upper`` and ``points_before, points_after`` (gained), ``lost_before,
        lost_after``, ``more_lost`` (what the change costs at the same index) with ``more_lost_lower, more_lost_upper``,
        and ``against_mean`` (gain or loss of the change against the mean of the regions listed, NaN where one stands
        alone). The rest of the annual
        score is not known here, so nothing is said about ranks in it.
    """
    month = league.inputs.months[-1]
    own = np.array([each.year == month.year for each in league.inputs.months])
    index = league.index
    shown = [str(each) for each in league.inputs.months[own]]
    graded = pd.DataFrame(index.value[:, own], index=list(league.inputs.codes), columns=shown)
    strip = league.grades.reindex(index=graded.index)
    for column in league.grades.columns:
        if str(column) in graded:
            graded.loc[(strip[column] == INSUFFICIENT).to_numpy(), str(column)] = np.nan
    known = graded.notna().to_numpy()
    mean = graded.mean(axis=1)
    half = _mean_where(np.where(known, (index.upper[:, own] - index.lower[:, own]) / 2, np.nan))
    lower, upper = np.clip(mean - half, 0, 100), np.clip(mean + half, 0, 100)
    step = change.point_after - change.point_before
    rows = pd.DataFrame(
        {
            "months": known.sum(axis=1),
            "index": mean,
            "lower": lower,
            "upper": upper,
            "points_before": mean * change.point_before,
            "points_after": mean * change.point_after,
            "lost_before": (100 - mean) * change.point_before,
            "lost_after": (100 - mean) * change.point_after,
            "more_lost": (100 - mean) * step,
            "more_lost_lower": (100 - upper) * step,
            "more_lost_upper": (100 - lower) * step,
            "against_mean": (mean - (mean.mean() if mean.count() > 1 else np.nan)) * step,
        },
        index=pd.Index(graded.index, name="region_code"),
    )
    return rows.sort_values("more_lost", ascending=False, na_position="last")


def _mean_where(values: np.ndarray) -> np.ndarray:
    """Return means over known values of each row, NaN where none is."""
    count = np.isfinite(values).sum(axis=1)
    return np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan)
