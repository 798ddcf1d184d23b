"""The whole chain of a region, step by step, against the rest of the city, with what chance can do to each difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

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
Rows: TypeAlias = Mapping[str, Mapping[str, Any]]
"""One region's rows of :func:`against_the_rest`, by step."""
LEAST_BEHIND = 0.0005
"""A smaller difference in share is written as 0.0 percentage points: nobody is behind by that."""
_NUMBERS = ("value", "lower", "upper", "numerator", "denominator")
_SAID = ("status", "notes", "data_through", "basis", "method")
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
    frames: Mapping[str, pd.DataFrame], steps: Sequence[Step], codes: Sequence[str], whole: str | None
) -> pd.DataFrame:
    """Return every step of every region, compared with all the rest of the city.

    Parameters
    ----------
    frames : mapping
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
    members = [step.member for step in steps]
    said = {name: _side_by_side(frames, members, codes, name) for name in _SAID}
    known = np.isin(said["status"], WITH_VALUE)
    numbers = {
        name: np.where(known, _side_by_side(frames, members, codes, name).astype(float), np.nan) for name in _NUMBERS
    }
    rest, whole_value = _rest(frames, members, numbers, whole)
    columns = {
        "count": np.where(
            [step.counted == "numerator" for step in steps], numbers["numerator"], numbers["denominator"]
        ),
        **numbers,
        **said,
        "whole_value": np.broadcast_to(whole_value, known.shape),
        "rest_numerator": rest["numerator"],
        "rest_denominator": rest["denominator"],
        **_compared(members, numbers, rest),
    }
    columns["q_value"] = benjamini_hochberg(columns["p_value"].ravel()).reshape(known.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = rest["numerator"] / rest["denominator"] * numbers["denominator"]
    columns["shortfall"] = np.where(
        [item.kind == "proportion" for item in members], reached - numbers["numerator"], np.nan
    )
    way = np.sign(columns["difference"]) * [1 if item.direction == "higher_better" else -1 for item in members]
    sure = columns["q_value"] < evaluation_rules().chance_limit
    columns["verdict"] = np.select(
        [np.isnan(columns["p_value"]), sure & (way < 0), sure & (way > 0)], [UNKNOWN, WORSE, BETTER], ALIKE
    )
    index = pd.MultiIndex.from_product([list(codes), [step.id for step in steps]], names=["region_code", "step"])
    return pd.DataFrame({name: cells.ravel() for name, cells in columns.items()}, index=index)


def rows_by_region(table: pd.DataFrame) -> dict[str, Rows]:
    """Return the rows of :func:`against_the_rest` by region and step."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for (code, step), row in zip(table.index.tolist(), table.to_dict("records"), strict=True):
        found.setdefault(code, {})[step] = {str(name): value for name, value in row.items()}
    return dict(found)


def steps_of(steps: Sequence[Step]) -> dict[str, Step]:
    """Return the steps by id."""
    return {step.id: step for step in steps}


def narrowest(rows: Rows) -> tuple[str | None, bool]:
    """Return the step of one region that lies furthest behind the rest, and whether beyond chance.

    Steps beyond chance go before others; among them the largest difference in share leads. Rates (the outcome) are no
    part of the chain's width.
    """
    behind = {
        step: row["difference"]
        for step, row in rows.items()
        if row["difference"] <= -LEAST_BEHIND and not np.isnan(row["difference_lower"])
    }
    sure = {step: difference for step, difference in behind.items() if rows[step]["verdict"] == WORSE}
    chosen = sure or behind
    return (min(chosen, key=chosen.__getitem__), bool(sure)) if chosen else (None, False)


def _side_by_side(
    frames: Mapping[str, pd.DataFrame], members: Sequence[Indicator], codes: Sequence[str], name: str
) -> np.ndarray:
    """Return a column of every indicator's values, shape (regions, steps)."""
    wanted = pd.Index(list(codes))
    columns = [frames[item.id][name].to_numpy(object)[frames[item.id].index.get_indexer(wanted)] for item in members]
    return np.stack(columns, axis=1)


def _rest(
    frames: Mapping[str, pd.DataFrame],
    members: Sequence[Indicator],
    numbers: Mapping[str, np.ndarray],
    whole: str | None,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the city's numbers without each region's own, NaN where nothing is left, and the city's value of each step."""
    city = {name: np.full(len(members), np.nan) for name in ("numerator", "denominator", "value")}
    for place, item in enumerate(members):
        frame = frames[item.id]
        if whole in frame.index and frame.at[whole, "status"] in WITH_VALUE:
            for name, cells in city.items():
                cells[place] = frame.at[whole, name]
    left = {name: city[name] - numbers[name] for name in ("numerator", "denominator")}
    usable = (left["denominator"] > 0) & (left["numerator"] >= 0)
    return {name: np.where(usable, values, np.nan) for name, values in left.items()}, city["value"]


def _compared(
    members: Sequence[Indicator], own: Mapping[str, np.ndarray], rest: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the columns of :data:`COMPARED`: shares all at once, rates by their unit."""
    usable = np.isfinite(rest["denominator"]) & (own["denominator"] > 0)
    count, base = (np.where(usable, own[name], np.nan) for name in ("numerator", "denominator"))
    rest_count, rest_base = (np.where(usable, rest[name], np.nan) for name in ("numerator", "denominator"))
    columns = {name: np.full(usable.shape, np.nan) for name in COMPARED}
    factors = [0.0 if item.kind == "proportion" else item.factor for item in members]
    for factor in set(factors):
        place = np.flatnonzero(np.array(factors) == factor)
        new, new_base, old, old_base = (each[:, place].ravel() for each in (count, base, rest_count, rest_base))
        found = (
            comparison.rates(new, new_base, old, old_base, factor)
            if factor
            else comparison.shares(new, new_base, old, old_base)
        )
        for name, cells in columns.items():
            cells[:, place] = getattr(found, name).reshape(len(usable), len(place))
    return columns
