"""The icons are sound SVG, tell their meaning without colour, and refuse what they do not know."""

from xml.etree import ElementTree

import pytest

from dashboard.statistics import icons
from dashboard.statistics.estimate import StatisticsError

INKS = dict.fromkeys(icons.INKS, "#123456")
DRAWN = {
    **{key: icons.variation_icon(key, INKS, "一句话") for key in icons.VARIATION},
    **{key: icons.assurance_icon(key, INKS, "一句话") for key in icons.ASSURANCE},
}


@pytest.mark.parametrize("key", DRAWN)
def test_an_icon_is_one_svg_with_its_title(key):
    root = ElementTree.fromstring(DRAWN[key])
    assert root.tag.endswith("svg") and root.get("viewBox") == "0 0 48 48"
    assert root.get("aria-label") == root[0].text == "一句话"
    assert not [part for part in root.iter() if part.get("id") or part.tag.endswith(("script", "style", "image"))]


def test_there_are_seven_and_four_and_no_two_look_alike_without_colour():
    assert (len(icons.VARIATION), len(icons.ASSURANCE)) == (7, 4)
    assert len(set(DRAWN.values())) == 11


def test_titles_and_colours_cannot_break_out():
    drawn = icons.variation_icon("concern_high", {**INKS, "concern": '"/><script/>'}, '<b>"&')
    root = ElementTree.fromstring(drawn)
    assert root[0].text == '<b>"&'
    assert not [part for part in root.iter() if part.tag.endswith("script")]


def test_unknown_icons_and_missing_colours_are_refused():
    with pytest.raises(StatisticsError, match="not_enough_points"):
        icons.variation_icon("not_enough_points", INKS, "")
    with pytest.raises(StatisticsError, match="got 'hit'"):
        icons.assurance_icon("hit", INKS, "")
    with pytest.raises(StatisticsError, match="'concern' is missing"):
        icons.variation_icon("concern_low", {"line": "#000", "ground": "#fff"}, "")
