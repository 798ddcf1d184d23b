"""``[checks]`` of config/quality.toml and config/declared.toml, checked on load."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.indicators.catalogue import load_catalogue
from dashboard.periods import Period
from data_access.access import read_config, validated
from data_access.measures import load_measures


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QualityChecks(_Declared):
    """How far a figure must stand out before a check is suggested."""

    window_months: int = Field(ge=3, le=60)
    chance: float = Field(gt=0, lt=0.05)
    least_base: int = Field(ge=10)
    steady_share: float = Field(gt=0.5, le=1)
    least_ratio: float = Field(ge=1)
    always_months: int = Field(ge=3)
    always_full: tuple[str, ...]
    unstamped: str

    @model_validator(mode="after")
    def _are_shares(self) -> QualityChecks:
        for name in (*self.always_full, self.unstamped):
            item = load_catalogue().get(name)
            if item is None or item.kind != "proportion":
                raise ValueError(f"{name!r} is not a share of config/indicators")
        return self


class DeclaredFigure(_Declared):
    """One figure of the speech, and how the rows give it."""

    id: str
    name: str
    name_en: str
    value: float
    indicator: str | None = None
    measure: str | None = None
    class_code: str | None = Field(default=None, description="of the measure: the part of this class")
    facility: str | None = Field(default=None, description="kind of places that are counted")
    period: str
    unit: str
    unit_en: str
    decimals: int = Field(default=0, ge=0, le=4)
    scale: float = 1.0
    remark: str = ""
    remark_en: str = ""

    @model_validator(mode="after")
    def _can_be_computed(self) -> DeclaredFigure:
        if sum(origin is not None for origin in (self.indicator, self.measure, self.facility)) != 1:
            raise ValueError("give exactly one of indicator, measure and facility")
        if self.class_code is not None and self.measure is None:
            raise ValueError("class_code goes with measure")
        if self.indicator is not None and self.indicator not in load_catalogue():
            raise ValueError(f"there is no indicator {self.indicator!r} in config/indicators")
        if self.measure is not None and self.measure not in load_measures():
            raise ValueError(f"there is no measure {self.measure!r} in config/measures.toml")
        if bool(self.remark) != bool(self.remark_en):
            raise ValueError("a remark needs both languages")
        Period.parse(self.period)
        return self


class DeclaredFigures(_Declared):
    """config/declared.toml."""

    data_set: str
    document: str
    document_en: str
    figure: tuple[DeclaredFigure, ...]


@lru_cache(maxsize=1)
def quality_checks() -> QualityChecks:
    """Read and check what the checks look at."""
    return validated(QualityChecks, read_config("quality.toml").get("checks"), "config/quality.toml", "checks")


@lru_cache(maxsize=1)
def declared_figures() -> DeclaredFigures:
    """Read and check the declared figures."""
    return validated(DeclaredFigures, read_config("declared.toml"), "config/declared.toml", "declared")
