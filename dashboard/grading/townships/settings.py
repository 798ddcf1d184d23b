"""config/township_matrix.toml: the twelve lines of the 无命案乡镇 matrix and what a year needs; checked on load."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.grading.settings import check_months
from dashboard.i18n import localised
from dashboard.indicators.catalogue import Indicator, find_indicator
from data_access.access import read_config, validated

LineKind = Literal["count", "share", "lowest_share", "relative_risk", "conditions"]
VetoField = Literal["rejection", "no_excellence"]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Declared):
    """A share that must reach ``bound``, or stay within it where less is better."""

    indicator: str
    bound: float
    lag_months: int = Field(default=0, ge=0, le=12)

    @model_validator(mode="after")
    def _has_a_direction(self) -> Condition:
        if find_indicator(self.indicator).direction == "neutral":
            raise ValueError(f"indicator {self.indicator!r} has no good direction")
        return self


class Line(_Declared):
    """One of the twelve lines."""

    number: int = Field(ge=1)
    id: str = Field(min_length=1)
    kind: LineKind
    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    short: str = Field(min_length=1, max_length=6)
    short_en: str = Field(min_length=1, max_length=16)
    indicators: tuple[str, ...] = ()
    condition: tuple[Condition, ...] = ()
    window_months: int = Field(ge=1, le=60)
    lag_months: int = Field(default=0, ge=0, le=12)
    level: Literal["own", "county"] = "own"
    least_base: float = Field(default=1, ge=0)
    blue: float = float("nan")
    red: float = float("nan")

    @model_validator(mode="after")
    def _usable(self) -> Line:
        if self.kind == "conditions":
            if not self.condition or self.indicators:
                raise ValueError("a line of conditions needs `condition`, and no `indicators`")
            return self
        if not self.indicators or self.condition:
            raise ValueError("this kind of line needs `indicators`, and no `condition`")
        if not self.members:
            raise ValueError(f"none of the indicators {', '.join(self.indicators)} has a source")
        if self.blue != self.blue or self.red != self.red:
            raise ValueError("`blue` and `red` are needed")
        higher = self.higher_is_better
        if (higher and self.blue < self.red) or (not higher and self.blue > self.red):
            raise ValueError(f"blue ({self.blue:g}) and red ({self.red:g}) are the wrong way round")
        for item in self.members:
            if self.kind in ("share", "lowest_share") and item.kind != "proportion":
                raise ValueError(f"indicator {item.id!r} is not a share")
            check_months(item)
        return self

    @property
    def members(self) -> tuple[Indicator, ...]:
        """The indicators it stands on that have a source."""
        names = self.indicators or tuple(each.indicator for each in self.condition)
        return tuple(item for item in map(find_indicator, names) if item.available)

    @property
    def absent(self) -> tuple[Indicator, ...]:
        """Those that have none yet."""
        names = self.indicators or tuple(each.indicator for each in self.condition)
        return tuple(item for item in map(find_indicator, names) if not item.available)

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        return self.kind in ("share", "lowest_share") and self.members[0].direction == "higher_better"

    def lag_of(self, indicator: str) -> int:
        """Return how many months before the end of the year the indicator's window ends."""
        own = [each.lag_months for each in self.condition if each.indicator == indicator]
        return own[0] if own else self.lag_months

    def label(self, language: str) -> str:
        """Return the name on screen."""
        return localised(language, self.name, self.name_en)

    def heading(self, language: str) -> str:
        """Return number and short name, for where twelve stand side by side."""
        return f"{self.number} {localised(language, self.short, self.short_en)}"


class VetoWords(_Declared):
    """How the ledger of vetoes names its two kinds and their states."""

    rejection: str = Field(min_length=1)
    no_excellence: str = Field(min_length=1)
    states: tuple[str, ...] = Field(min_length=1)
    upheld: str

    @model_validator(mode="after")
    def _whole(self) -> VetoWords:
        if self.upheld not in self.states:
            raise ValueError(f"upheld ({self.upheld!r}) is not one of the states")
        if self.rejection == self.no_excellence:
            raise ValueError("the two kinds of veto need different words")
        return self


class MatrixSettings(_Declared):
    """The whole of config/township_matrix.toml."""

    gates: tuple[str, ...] = Field(min_length=1)
    least_blue_share: float = Field(gt=0, le=1)
    least_scored: int = Field(ge=1)
    years_for_award: int = Field(ge=1, le=10)
    award_yuan: float = Field(gt=0)
    fund_yuan: float = Field(gt=0)
    alpha: float = Field(gt=0)
    baseline_months: int = Field(ge=12)
    least_baseline_months: int = Field(ge=1)
    years_ended_by: tuple[VetoField, ...]
    kept_off_list_by: tuple[VetoField, ...]
    veto: VetoWords
    line: tuple[Line, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> MatrixSettings:
        ids = [line.id for line in self.line]
        if len(set(ids)) < len(ids):
            raise ValueError("two lines have the same id")
        if [line.number for line in self.line] != list(range(1, len(ids) + 1)):
            raise ValueError("the lines must be numbered 1, 2, 3 … in their order")
        missing = [gate for gate in self.gates if gate not in ids]
        if missing:
            raise ValueError(f"gate {missing[0]!r} is not a line; lines are {', '.join(ids)}")
        if self.least_scored > len(ids) - len(self.gates):
            raise ValueError("least_scored is larger than the number of lines that are no gates")
        if self.least_baseline_months > self.baseline_months:
            raise ValueError("least_baseline_months is larger than baseline_months")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the lines in their order."""
        return tuple(line.id for line in self.line)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All that the twelve lines stand on."""
        return tuple(item for line in self.line for item in line.members)

    @property
    def clean_months(self) -> int:
        """Months without a homicide that the award takes: the gate's window of every year in a row."""
        gate = next((line for line in self.line if line.kind == "count" and line.id in self.gates), None)
        return (gate.window_months if gate else 12) + 12 * (self.years_for_award - 1)


@lru_cache(maxsize=1)
def matrix_settings() -> MatrixSettings:
    """Read and check config/township_matrix.toml."""
    return validated(
        MatrixSettings, read_config("township_matrix.toml"), "config/township_matrix.toml", "township_matrix"
    )
