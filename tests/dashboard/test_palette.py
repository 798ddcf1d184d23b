"""Colours can be told apart: on screen, in grey print, and between the two systems."""

from __future__ import annotations

import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest
from pydantic import ValidationError

from dashboard import palette
from dashboard.charts.theme import template_of
from data_access.access import read_config

ROOT = Path(__file__).resolve().parents[2]
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def colours() -> palette.Palette:
    return palette.load_palette()


def test_contrast_is_computed_as_wcag_does():
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#FFFFFF", "#FFFFFF") == pytest.approx(1)
    assert palette.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # WCAG's well-known near miss


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_and_shape_stands_out_from_its_ground(colours, theme):
    ground = colours.ground_of(theme)
    for key in palette.GRADES:
        ink = colours.grade_of(key).ink(theme)
        assert palette.contrast(ink.text, ink.fill) >= 4.5
        for surface in (ground.page, ground.card):
            assert max(palette.contrast(ink.fill, surface), palette.contrast(ink.outline, surface)) >= 3
    for key in palette.RISKS:
        assert palette.contrast(colours.risk_of(key).ink(theme).ink, ground.card) >= 4.5
    for surface in (ground.page, ground.card, ground.raised):
        assert palette.contrast(ground.text, surface) >= 4.5
        assert palette.contrast(ground.muted, surface) >= 4.5
        assert palette.contrast(ground.accent, surface) >= 4.5


def test_a_colour_that_can_not_be_read_is_refused_on_load():
    table = read_config("palette.toml")
    table["grade"]["red"]["dark"]["text"] = "#D9464B"
    with pytest.raises(ValidationError, match=r"grade\.red\.dark\.text"):
        palette.Palette.model_validate(table)


def test_a_colour_that_is_not_one_is_refused_on_load():
    table = read_config("palette.toml")
    table["ground"]["light"]["page"] = "red"
    with pytest.raises(ValidationError, match="page"):
        palette.Palette.model_validate(table)


@pytest.mark.parametrize("theme", THEMES)
def test_in_grey_print_red_is_darkest_and_yellow_lightest(colours, theme):
    red, blue, yellow = (
        palette.relative_luminance(colours.grade_of(key).ink(theme).fill) for key in ("red", "blue", "yellow")
    )
    assert red < blue < yellow
    assert blue - red > 0.15
    assert yellow - blue > 0.15


def test_grade_and_risk_never_share_a_shape(colours):
    grades = {colours.grade_of(key).shape for key in palette.GRADES}
    risks = {colours.risk_of(key).shape for key in palette.RISKS}
    assert len(grades) == 4
    assert len(risks) == 3
    assert not grades & risks


@pytest.mark.parametrize("theme", THEMES)
def test_the_accent_and_the_charts_use_no_grade_colour(colours, theme):
    graded = {colours.grade_of(key).ink(theme).fill for key in ("red", "yellow", "blue")}
    neutral = {colours.ground_of(theme).accent, *colours.categorical(theme), *colours.sequential(theme)}
    assert not graded & neutral


def test_an_unknown_grade_is_drawn_as_too_little_data_and_never_as_a_colour(colours):
    assert colours.grade_of("purple") == colours.grade.insufficient
    with pytest.raises(KeyError):
        colours.risk_of("insufficient")


@pytest.mark.parametrize("theme", THEMES)
def test_the_native_widgets_use_the_same_colours_as_the_palette(colours, theme):
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme]
    ground = colours.ground_of(theme)
    assert settings["primaryColor"] == ground.accent
    assert settings["backgroundColor"] == ground.page
    assert settings["secondaryBackgroundColor"] == ground.card
    assert settings["textColor"] == ground.text
    assert settings["borderColor"] == ground.border
    assert tuple(settings["chartCategoricalColors"]) == colours.categorical(theme)


@pytest.mark.parametrize("theme", THEMES)
def test_charts_have_the_colours_of_their_theme_and_no_ground_of_their_own(colours, theme):
    layout = go.layout.Template(template_of(theme)).layout
    assert layout.font.color == colours.ground_of(theme).text
    assert layout.paper_bgcolor == layout.plot_bgcolor == layout.geo.bgcolor == "rgba(0,0,0,0)"
    assert layout.colorway == colours.categorical(theme)
