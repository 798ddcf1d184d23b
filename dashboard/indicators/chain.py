"""The whole chain of a region, step by step, against the rest of the city, with what chance can do to each difference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.i18n import localised
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine import comparison
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.statistics.comparisons import benjamini_hochberg
from data_access.access import read_config, validated

WORSE, BETTER, ALIKE, UNKNOWN = "worse", "better", "alike", "unknown"
COMPARED = ("difference", "difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper", "p_value")


class Step(BaseModel):
    """One step of the chain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    indicator: str
    counted: Literal["numerator", "denominator"]
    unit: str = Field(min_length=1)
    unit_en: str = Field(min_length=1)
    deadline_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _can_be_compared(self) -> Step:
        item = find_indicator(self.indicator)
        if item.kind not in ("proportion", "rate") or item.direction == "neutral":
            raise ValueError(f"indicator {self.indicator!r} is no share or rate with a good direction")
        return self

    @property
    def member(self) -> Indicator:
        """The indicator of the step."""
        return find_indicator(self.indicator)

    def unit_label(self, language: str) -> str:
        """Return the responsible unit on screen."""
        return localised(language, self.unit, self.unit_en)


class ChainSettings(BaseModel):
    """The whole of config/chain.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: tuple[Step, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _each_once(self) -> ChainSettings:
        ids = [step.id for step in self.step]
        if len(set(ids)) < len(ids):
            raise ValueError("two steps have the same id")
        return self


@lru_cache(maxsize=1)
def chain_settings() -> ChainSettings:
    """Read and check config/chain.toml."""
    return validated(ChainSettings, read_config("chain.toml"), "config/chain.toml", "chain")


def against_the_rest(
    frames: dict[str, pd.DataFrame], steps: Sequence[Step], codes: Sequence[str], whole: str | None
) -> pd.DataFrame:
    """Return every step of every region, compared with all the rest of the city.

    Parameters
    ----------
    frames : dict
        Indicator id → values of ``codes`` and of ``whole``, as :func:`dashboard.indicators.evaluate.values_of` gives them.
    steps : sequence of Step
    codes : sequence of str
        Regions of one level: together they are the family that false discovery is held down in.
    whole : str or None
        The city; None when the viewer may not see it.

    Returns
    -------
    DataFrame
        Indexed by ``region_code, step``: ``count, value, lower, upper, numerator, denominator, status, notes,
        data_through, basis, method, whole_value, rest_numerator, rest_denominator`` and ``difference, ratio`` (region against the rest) with 95 % limits,
        ``p_value``, ``q_value`` (Benjamini–Hochberg over all regions and steps), ``shortfall`` (how many more would reach
        the step at the rest's rate; negative when fewer) and ``verdict`` (worse, better, alike, unknown).
    """
    parts = [_step(frames[step.member.id], step, codes, whole) for step in steps]
    table = pd.concat(parts).set_index(["region_code", "step"])
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(float))
    limit = evaluation_rules().chance_limit
    better = np.array([steps_of(steps)[step].member.direction == "higher_better" for _, step in table.index])
    way = np.sign(table["difference"].to_numpy(float)) * np.where(better, 1, -1)
    sure = table["q_value"].to_numpy(float) < limit
    known = table["p_value"].notna().to_numpy()
    table["verdict"] = np.select([~known, sure & (way < 0), sure & (way > 0)], [UNKNOWN, WORSE, BETTER], ALIKE)
    return table.reindex(
        pd.MultiIndex.from_product([list(codes), [step.id for step in steps]], names=table.index.names)
    )


def of_region(table: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return one region's rows of :func:`against_the_rest`, indexed by step."""
    return table.loc[[code]].droplevel("region_code")


def steps_of(steps: Sequence[Step]) -> dict[str, Step]:
    """Return the steps by id."""
    return {step.id: step for step in steps}


def narrowest(steps: pd.DataFrame) -> tuple[str | None, bool]:
    """Return the step of one region that lies furthest behind the rest, and whether beyond chance.

    Steps beyond chance go before others; among them the largest difference in share leads. Rates (the outcome) are no
    part of the chain's width.

    Parameters
    ----------
    steps : DataFrame
        Rows of one region of :func:`against_the_rest`, indexed by step.
    """
    shares = steps[steps["difference_lower"].notna() & (steps["difference"] < 0)]
    if shares.empty:
        return None, False
    sure = shares[shares["verdict"] == WORSE]
    chosen = sure if len(sure) else shares
    return str(chosen["difference"].astype(float).idxmin()), bool(len(sure))


def _step(frame: pd.DataFrame, step: Step, codes: Sequence[str], whole: str | None) -> pd.DataFrame:
    own = frame.loc[list(codes)]
    known = own["status"].isin(WITH_VALUE).to_numpy()
    numbers = {name: np.where(known, own[name].to_numpy(float), np.nan) for name in ("numerator", "denominator")}
    rows = pd.DataFrame(
        {
            "region_code": list(codes),
            "step": step.id,
            "count": numbers[step.counted],
            **{name: np.where(known, own[name].to_numpy(float), np.nan) for name in ("value", "lower", "upper")},
            **numbers,
            **{name: own[name].to_numpy() for name in ("status", "notes", "data_through", "basis", "method")},
        }
    )
    rest, whole_value = _rest(frame, numbers, whole)
    compared = _compared(step.member, numbers, rest)
    rows["whole_value"] = whole_value
    rows["rest_numerator"], rows["rest_denominator"] = rest["numerator"], rest["denominator"]
    for name in COMPARED:
        rows[name] = getattr(compared, name)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest_rate = rest["numerator"] / rest["denominator"]
    rows["shortfall"] = np.where(
        step.member.kind == "proportion", (rest_rate * numbers["denominator"]) - numbers["numerator"], np.nan
    )
    return rows


def _rest(
    frame: pd.DataFrame, numbers: dict[str, np.ndarray], whole: str | None
) -> tuple[dict[str, np.ndarray], float]:
    """Return the city's numbers without each region's own; NaN where nothing is left or the city is not known."""
    empty = np.full(len(numbers["numerator"]), np.nan)
    city = frame.loc[[whole]].iloc[0] if whole is not None and whole in frame.index else None
    if city is None or city["status"] not in WITH_VALUE:
        return {"numerator": empty, "denominator": empty}, np.nan
    left = {name: float(city[name]) - numbers[name] for name in numbers}
    usable = (left["denominator"] > 0) & (left["numerator"] >= 0)
    return {name: np.where(usable, values, np.nan) for name, values in left.items()}, float(city["value"])


def _compared(indicator: Indicator, own: dict[str, np.ndarray], rest: dict[str, np.ndarray]) -> comparison.Comparison:
    usable = np.isfinite(rest["denominator"]) & (own["denominator"] > 0)
    count, base = (np.where(usable, own[name], np.nan) for name in ("numerator", "denominator"))
    rest_count, rest_base = (np.where(usable, rest[name], np.nan) for name in ("numerator", "denominator"))
    if indicator.kind == "proportion":
        return comparison.shares(count, base, rest_count, rest_base)
    return comparison.rates(count, base, rest_count, rest_base, indicator.factor)
