"""The one owner of colours: grade, risk, chart and ground colours of config/palette.toml, for both themes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from data_access.access import read_config, validated

Theme = Literal["light", "dark"]
GRADES = ("blue", "yellow", "red", "insufficient")
"""Grades from best to worst, then too little data to say."""
RISKS = ("red", "yellow", "blue")
"""Risk colours of disputes, most dangerous first."""

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(_Table):
    """Neutral colours of one theme."""

    page: Colour
    card: Colour
    raised: Colour
    border: Colour
    text: Colour
    muted: Colour
    accent: Colour
    on_accent: Colour
    grid: Colour


class GradeInk(_Table):
    """Colours of one grade in one theme."""

    fill: Colour
    text: Colour
    outline: Colour
    dashed: bool = False


class RiskInk(_Table):
    """Colour of one risk in one theme; used for shape and word, never as a fill."""

    ink: Colour


class Grade(_Table):
    """How a grade is drawn; its word is the text ``grade.<key>``."""

    shape: Literal["■", "◆", "●", "○"]
    hatch: Literal["diagonal", "dots", "none"]
    light: GradeInk
    dark: GradeInk

    def ink(self, theme: str) -> GradeInk:
        """Return the colours in ``theme``."""
        return self.dark if theme == "dark" else self.light


class Risk(_Table):
    """How a risk is drawn; its word is the text ``risk.<key>``."""

    shape: Literal["▲", "△", "▽"]
    light: RiskInk
    dark: RiskInk

    def ink(self, theme: str) -> RiskInk:
        """Return the colour in ``theme``."""
        return self.dark if theme == "dark" else self.light


class _Series(_Table):
    light: tuple[Colour, ...]
    dark: tuple[Colour, ...]


class _Chart(_Table):
    categorical: _Series
    sequential: _Series


class _Grounds(_Table):
    light: Ground
    dark: Ground


class _Grades(_Table):
    red: Grade
    yellow: Grade
    blue: Grade
    insufficient: Grade


class _Risks(_Table):
    red: Risk
    yellow: Risk
    blue: Risk


class Palette(_Table):
    """All colours of the screens."""

    ground: _Grounds
    grade: _Grades
    risk: _Risks
    chart: _Chart

    @model_validator(mode="after")
    def _readable(self) -> Palette:
        problems = contrast_problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def ground_of(self, theme: str) -> Ground:
        """Return the neutral colours of ``theme``."""
        return self.ground.dark if theme == "dark" else self.ground.light

    def grade_of(self, key: str) -> Grade:
        """Return how the grade ``key`` is drawn; an unknown or missing grade is drawn as too little data."""
        return getattr(self.grade, key) if key in GRADES else self.grade.insufficient

    def risk_of(self, key: str) -> Risk:
        """Return how the risk colour ``key`` is drawn."""
        if key not in RISKS:
            raise KeyError(f"{key!r} is not a risk colour; use one of {', '.join(RISKS)}.")
        return getattr(self.risk, key)

    def categorical(self, theme: str) -> tuple[str, ...]:
        """Return colours for classes that are not graded."""
        return self.chart.categorical.dark if theme == "dark" else self.chart.categorical.light

    def sequential(self, theme: str) -> tuple[str, ...]:
        """Return the ramp from little to much."""
        return self.chart.sequential.dark if theme == "dark" else self.chart.sequential.light


@lru_cache(maxsize=1)
def load_palette() -> Palette:
    """Read and check config/palette.toml.

    Raises
    ------
    ConfigError
        When a colour is missing, is not ``#RRGGBB``, or can't be read against its ground.
    """
    return validated(Palette, read_config("palette.toml"), "config/palette.toml", "palette")


def relative_luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, 0 (black) … 1 (white).

    Formula: WCAG 2.2, "relative luminance".
    """
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise ValueError(f"{colour!r} is not a colour; write #RRGGBB.")
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 … 21 (WCAG 2.2)."""
    light, dark = sorted((relative_luminance(first), relative_luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def contrast_problems(palette: Palette) -> list[str]:
    """Return a sentence for each pair that can't be told apart well enough."""
    problems: list[str] = []

    def demand(name: str, colour: str, ground: str, least: float) -> None:
        found = contrast(colour, ground)
        if found < least:
            problems.append(f"{name}: {colour} on {ground} has contrast {found:.2f}, needs {least}")

    for theme in ("light", "dark"):
        ground = palette.ground_of(theme)
        for surface in ("page", "card", "raised"):
            for name in ("text", "muted", "accent"):
                demand(
                    f"ground.{theme}.{name} on {surface}",
                    getattr(ground, name),
                    getattr(ground, surface),
                    TEXT_CONTRAST,
                )
        demand(f"ground.{theme}.on_accent", ground.on_accent, ground.accent, TEXT_CONTRAST)
        for key in GRADES:
            ink = palette.grade_of(key).ink(theme)
            demand(f"grade.{key}.{theme}.text", ink.text, ink.fill, TEXT_CONTRAST)
            for surface in (ground.page, ground.card):
                visible = max(
                    (ink.fill, ink.outline),
                    key=lambda colour: contrast(colour, surface),
                )
                demand(f"grade.{key}.{theme} shape", visible, surface, SHAPE_CONTRAST)
        for key in RISKS:
            for surface in (ground.page, ground.card, ground.raised):
                demand(
                    f"risk.{key}.{theme}.ink",
                    palette.risk_of(key).ink(theme).ink,
                    surface,
                    TEXT_CONTRAST,
                )
        for number, colour in enumerate(palette.categorical(theme)):
            demand(
                f"chart.categorical.{theme}[{number}]",
                colour,
                ground.card,
                SHAPE_CONTRAST,
            )
    return problems
