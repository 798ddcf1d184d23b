"""What the pages of the work show: config/disputes.toml, patrol.toml, services.toml …, checked on load."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.i18n import localised
from dashboard.indicators.catalogue import load_catalogue
from data_access.access import read_config, validated
from data_access.local_rules import Named


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in load_catalogue()]
    if unknown:
        raise ValueError(f"there is no indicator {unknown[0]!r} in config/indicators")


class RegionColumns(_Declared):
    """What the list of regions shows."""

    indicators: tuple[str, ...] = Field(min_length=1, max_length=12)


class ListLimits(_Declared):
    """How long the lists are."""

    red_rows: int = Field(ge=1, le=50)
    page_rows: int = Field(ge=5, le=100)
    most_offset: int = Field(ge=0, le=100_000)


class DisputeSettings(_Declared):
    """config/disputes.toml."""

    classes: tuple[str, ...] = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    handling: tuple[str, ...] = Field(min_length=1)
    cards: tuple[str, ...] = Field(min_length=1, max_length=7)
    beside: dict[str, tuple[str, ...]] = {}
    regions: RegionColumns
    lists: ListLimits

    @model_validator(mode="after")
    def _indicators_exist(self) -> DisputeSettings:
        _known((*self.cards, *self.beside, *(name for names in self.beside.values() for name in names)))
        _known((*self.regions.indicators, *self.handling))
        return self


class PatrolSettings(_Declared):
    """config/patrol.toml."""

    cards: tuple[str, ...] = Field(min_length=1, max_length=7)
    beside: dict[str, tuple[str, ...]] = {}
    regions: RegionColumns
    weakest: int = Field(ge=1, le=50)
    low_quantile: float = Field(gt=0, lt=0.5)
    thin_workers_per_grid: float = Field(gt=0)

    @model_validator(mode="after")
    def _indicators_exist(self) -> PatrolSettings:
        _known((*self.cards, *self.beside, *(name for names in self.beside.values() for name in names)))
        _known(self.regions.indicators)
        return self


class ServiceSettings(_Declared):
    """config/services.toml."""

    cards: tuple[str, ...] = Field(min_length=1, max_length=7)
    beside: dict[str, tuple[str, ...]] = {}
    months: int = Field(ge=2, le=60)
    coverage: tuple[str, ...] = Field(min_length=2)
    after_discharge: tuple[str, ...] = Field(min_length=1)
    youth: tuple[str, ...] = Field(min_length=1)
    stages: tuple[str, ...] = Field(min_length=2)
    resettlement: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _indicators_exist(self) -> ServiceSettings:
        _known((*self.cards, *self.beside, *(name for names in self.beside.values() for name in names)))
        _known((*self.coverage, *self.after_discharge, *self.youth, *self.stages, *self.resettlement))
        for name in (*self.coverage, *self.stages):
            if load_catalogue()[name].kind != "proportion":
                raise ValueError(f"{name!r} is not a share, so it has no numerator and denominator to show")
        return self

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """Lists of the page by name: the indicators that are their columns."""
        return {
            "coverage": self.coverage,
            "after_discharge": self.after_discharge,
            "youth": self.youth,
            "resettlement": self.resettlement,
        }


class ResponseSettings(_Declared):
    """``[page]`` of config/response.toml."""

    cards: tuple[str, ...] = Field(min_length=1, max_length=7)
    beside: dict[str, tuple[str, ...]] = {}
    too_good: float = Field(gt=0.9, le=1)
    unstamped_limit: float = Field(gt=0, lt=1)
    regions: tuple[str, ...] = Field(min_length=1)
    video: tuple[str, ...] = Field(min_length=1)
    compliance: tuple[str, ...] = Field(min_length=1)
    schools: tuple[str, ...] = Field(min_length=1)
    watch: tuple[str, ...] = Field(min_length=1)
    targets: dict[str, float] = {}

    @model_validator(mode="after")
    def _indicators_exist(self) -> ResponseSettings:
        _known((*self.cards, *self.beside, *(name for names in self.beside.values() for name in names)))
        _known((*self.regions, *self.video, *self.compliance, *self.schools, *self.watch, *self.targets))
        return self


class Campaign(Named):
    """A campaign against one class of criminal alarms, from its first day on."""

    class_code: str = Field(pattern=r"^[a-z0-9_]+$")
    began_on: date


class Campaigns(_Declared):
    """config/campaigns.toml."""

    least: int = Field(ge=1)
    campaign: tuple[Campaign, ...]

    @model_validator(mode="after")
    def _once(self) -> Campaigns:
        codes = [each.class_code for each in self.campaign]
        if len(set(codes)) < len(codes):
            raise ValueError(f"a class stands twice among {', '.join(codes)}")
        return self


@lru_cache(maxsize=1)
def response_settings() -> ResponseSettings:
    """Read and check what the response page shows."""
    return validated(ResponseSettings, read_config("response.toml").get("page"), "config/response.toml", "page")


@lru_cache(maxsize=1)
def campaigns() -> Campaigns:
    """Read and check config/campaigns.toml."""
    return validated(Campaigns, read_config("campaigns.toml"), "config/campaigns.toml", "campaigns")


class Standard(_Declared):
    """One thing that every township due it should have."""

    indicator: str
    short: str = Field(min_length=1)
    short_en: str = Field(min_length=1)

    def label(self, language: str) -> str:
        """Return the word for it in a list of what is lacking."""
        return localised(language, self.short, self.short_en)


class ResourceSettings(_Declared):
    """config/resources.toml."""

    cards: tuple[str, ...] = Field(min_length=1, max_length=7)
    beside: dict[str, tuple[str, ...]] = {}
    lacking_rows: int = Field(ge=1, le=200)
    award_rows: int = Field(ge=1, le=500)
    items: dict[str, Named]
    standards: tuple[Standard, ...] = Field(min_length=1)
    regions: RegionColumns

    @model_validator(mode="after")
    def _indicators_exist(self) -> ResourceSettings:
        _known((*self.cards, *self.beside, *(name for names in self.beside.values() for name in names)))
        _known((*self.regions.indicators, *(standard.indicator for standard in self.standards)))
        return self

    def item_name(self, key: str, language: str) -> str:
        """Return what screens write for an item of the budget; the key itself when the file doesn't have it."""
        return self.items[key].label(language) if key in self.items else key


@lru_cache(maxsize=1)
def resource_settings() -> ResourceSettings:
    """Read and check config/resources.toml."""
    return validated(ResourceSettings, read_config("resources.toml"), "config/resources.toml", "resources")


@lru_cache(maxsize=1)
def service_settings() -> ServiceSettings:
    """Read and check config/services.toml."""
    return validated(ServiceSettings, read_config("services.toml"), "config/services.toml", "services")


@lru_cache(maxsize=1)
def dispute_settings() -> DisputeSettings:
    """Read and check config/disputes.toml."""
    return validated(DisputeSettings, read_config("disputes.toml"), "config/disputes.toml", "disputes")


@lru_cache(maxsize=1)
def patrol_settings() -> PatrolSettings:
    """Read and check config/patrol.toml."""
    return validated(PatrolSettings, read_config("patrol.toml"), "config/patrol.toml", "patrol")
