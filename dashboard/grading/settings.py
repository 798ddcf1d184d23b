"""config/peace_index.toml: components, weights, cut-offs; checked on load."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.i18n import localised
from dashboard.indicators.catalogue import Indicator, find_indicator
from data_access.access import Role, read_config, validated


class Component(BaseModel):
    """One line of the index."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    dimension: Literal["A", "B", "C", "D", "E", "F"]
    weight: float = Field(gt=0)
    kind: Literal["share", "lowest_share", "relative_risk"]
    indicators: tuple[str, ...] = Field(min_length=1)
    discount: str | None = None
    window_months: int = Field(ge=1, le=36)
    lag_months: int = Field(default=0, ge=0, le=12)
    floor: float
    target: float
    unit: str
    unit_en: str
    deadline_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _usable(self) -> Component:
        if self.floor == self.target:
            raise ValueError("floor and target must differ")
        for name in (*self.indicators, *([self.discount] if self.discount else [])):
            item = find_indicator(name)
            if isinstance(item.denominator, str) and self.kind != "relative_risk":
                raise ValueError(f"indicator {name!r} is not a share")
            check_months(item)
        return self

    @property
    def members(self) -> tuple[Indicator, ...]:
        """The indicators it stands on."""
        return tuple(find_indicator(name) for name in self.indicators)

    @property
    def discounts(self) -> tuple[Indicator, ...]:
        """The indicator whose share is taken off, if there is one."""
        return (find_indicator(self.discount),) if self.discount else ()

    @property
    def score_as_expected(self) -> float:
        """Score 0 … 100 of a relative risk of 1: as many events as expected."""
        return 100 * min(max((1 - self.floor) / (self.target - self.floor), 0), 1)

    @property
    def on_small_counts(self) -> bool:
        """Whether its figure, or its change from month to month, would tell a small count."""
        return any(item.suppression_limit for item in (*self.members, *self.discounts))

    def unit_label(self, language: str) -> str:
        """Return the responsible unit on screen."""
        return localised(language, self.unit, self.unit_en)


def check_months(item: Indicator) -> None:
    """Refuse an indicator that can't be added up from months: grading reads months, whatever window a term has."""
    own = [term for term in item.terms if term.window is not None]
    if own:
        raise ValueError(
            f"indicator {item.id!r} can't be graded: its measure {own[0].measure!r} has a window of its own"
        )


class IndexSettings(BaseModel):
    """The whole of config/peace_index.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    blue_from: float = Field(gt=0, le=100)
    yellow_from: float = Field(gt=0, le=100)
    hysteresis: float = Field(ge=0)
    red_probability: float = Field(gt=0.5, lt=1)
    history_months: int = Field(ge=1)
    red_rule: Literal["limit", "false_discovery", "both", "either", "family_wise", "none"]
    least_weight: float = Field(gt=0, le=1)
    least_authenticity: float = Field(ge=0, le=1)
    alpha: float = Field(gt=0)
    baseline_months: int = Field(ge=12)
    publish_day: int = Field(ge=1, le=28)
    appeal_workdays: int = Field(ge=0)
    red_months_for_review: int = Field(ge=1)
    max_red_share: float = Field(gt=0, le=1)
    component: tuple[Component, ...]

    @model_validator(mode="after")
    def _whole(self) -> IndexSettings:
        total = sum(component.weight for component in self.component)
        if abs(total - 100) > 1e-9:
            raise ValueError(f"the weights add up to {total:g}, not 100")
        if self.blue_from - self.hysteresis <= self.yellow_from + self.hysteresis:
            raise ValueError("blue_from and yellow_from are closer than twice the hysteresis")
        return self

    @property
    def components(self) -> dict[str, Component]:
        """Components by id, in the order of the file."""
        return {component.id: component for component in self.component}

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All that the index stands on."""
        return tuple(item for each in self.component for item in (*each.members, *each.discounts))

    def hidden_from(self, role: Role) -> frozenset[str]:
        """Return the components that a role is graded without, because it may not see small counts."""
        return frozenset(each.id for each in self.component if each.on_small_counts and not role.small_counts)


@lru_cache(maxsize=1)
def index_settings() -> IndexSettings:
    """Read and check config/peace_index.toml."""
    return validated(IndexSettings, read_config("peace_index.toml"), "config/peace_index.toml", "peace_index")
