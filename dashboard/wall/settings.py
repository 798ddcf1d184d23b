"""What each wall screen shows, from config/wall.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.i18n import localised
from dashboard.indicators.catalogue import find_indicator
from data_access.access import read_config, validated
from data_access.errors import ConfigError

FILE = "config/wall.toml"
GRADE, HEADLINE = "grade", "headline"
Answer = Literal["outcome", "disputes", "response"]
PanelKind = Literal["league", "ranking", "changes", "overdue", "late", "trend", "classes"]
NEED_INDICATOR = ("ranking", "trend", "classes")


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Panel(_Declared):
    """One card at the side."""

    kind: PanelKind
    indicator: str | None = None
    share: float = Field(default=1.0, gt=0, le=4)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Panel:
        if (self.kind in NEED_INDICATOR) != (self.indicator is not None):
            needs = "needs" if self.kind in NEED_INDICATOR else "takes no"
            raise ValueError(f"a panel of kind {self.kind!r} {needs} indicator")
        return self


class Step(_Declared):
    """One picture of the playlist."""

    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    seconds: int = Field(ge=10, le=600)
    regions: Literal["own", "children"]
    answer: Answer = "outcome"
    """What its sentence is about: the outcome, or the question of a page."""
    colour: str
    figures: tuple[str, ...] = Field(min_length=1, max_length=6)
    left: tuple[Panel, ...] = Field(min_length=1, max_length=3)
    right: tuple[Panel, ...] = Field(min_length=1, max_length=3)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids that the step names."""
        named = [self.colour, *self.figures, *(panel.indicator for panel in (*self.left, *self.right))]
        return tuple(name for name in named if name is not None and name not in (GRADE, HEADLINE))

    def label(self, language: str) -> str:
        """Return the title on screen."""
        return localised(language, self.title, self.title_en)


class WallScreen(_Declared):
    """One screen on a wall."""

    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    language: Literal["zh", "en"]
    theme: Literal["light", "dark"]
    width: int = Field(ge=800, le=16_000)
    height: int = Field(ge=600, le=9_000)
    steps: tuple[str, ...] = Field(min_length=1)

    @property
    def shape(self) -> float:
        """Width ÷ height."""
        return self.width / self.height

    def label(self, language: str) -> str:
        """Return the name on screen."""
        return localised(language, self.name, self.name_en)


class WallSettings(_Declared):
    """config/wall.toml."""

    check_seconds: int = Field(ge=1, le=3600)
    retry_seconds: int = Field(ge=1, le=600)
    resume_seconds: int = Field(ge=5, le=3600)
    most_regions: int = Field(ge=1, le=500)
    reload_at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    steps: Mapping[str, Step] = Field(min_length=1)
    screens: Mapping[str, WallScreen] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_exist(self) -> WallSettings:
        for key, screen in self.screens.items():
            unknown = [step for step in screen.steps if step not in self.steps]
            if unknown:
                raise ValueError(f"screens.{key}.steps: there is no step {unknown[0]!r}")
        for key, step in self.steps.items():
            for name in step.indicators:
                try:
                    find_indicator(name)
                except ConfigError as error:
                    raise ValueError(f"steps.{key}: {error}") from error
        return self

    @property
    def default_screen(self) -> str:
        """The screen of an address that names none."""
        return next(iter(self.screens))


@lru_cache(maxsize=1)
def wall_settings() -> WallSettings:
    """Read and check config/wall.toml.

    Raises
    ------
    ConfigError
        Naming the key and the value that is wrong.
    """
    return validated(WallSettings, read_config("wall.toml"), FILE, "wall")


def find_screen(name: str | None) -> WallScreen:
    """Return the screen ``name`` of config/wall.toml, the first one when no name is given.

    Raises
    ------
    ConfigError
        When there is no such screen.
    """
    settings = wall_settings()
    key = name or settings.default_screen
    if key not in settings.screens:
        known = ", ".join(settings.screens)
        raise ConfigError(
            f"There is no such wall screen. Use one of: {known} (config/wall.toml).",
            f"没有这个大屏。可用：{known}（config/wall.toml）。",
        )
    return settings.screens[key]
