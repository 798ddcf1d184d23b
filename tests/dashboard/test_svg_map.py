"""Regions as SVG: colours with words, links that go down, labels that stay inside, names that can't break out."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd
import pytest

from dashboard.maps.outlines import Outline
from dashboard.maps.svg_map import Frame, map_legend, svg_map

FRAME = Frame(width=400, height=300, name=14, figure=12)
SAID = {"alt": "where", "language": "zh", "theme": "light"}


def square(code: str, left: float) -> Outline:
    ring = np.array([[left, 0.0], [left + 0.5, 0], [left + 0.5, 0.5], [left, 0.5], [left, 0]])
    return Outline(code, (ring,), left + 0.25, 0.25, 0.5)


OUTLINES = (square("A", 0.0), square("B", 0.5))


def two(**columns: list) -> pd.DataFrame:
    given = {"name": ["东区", "西区"], "grade": ["", ""], "value": [1.0, 3.0], "text": ["1.0", "3.0"]}
    return pd.DataFrame({**given, "selected": [False, False], **columns}, index=["A", "B"])


def test_grades_are_told_by_hatch_shape_and_word_beside_colour():
    regions = two(grade=["red", "blue"])
    drawn = svg_map(regions, OUTLINES, FRAME, **SAID)
    assert 'fill="url(#hatch-red)"' in drawn and 'id="hatch-red"' in drawn
    assert "■ 红 1.0" in drawn and "● 蓝 3.0" in drawn
    assert re.findall(r"<b>(\d)</b>", map_legend(regions, "zh", "light")) == ["1", "0", "1", "0"]


def test_a_region_with_an_address_is_a_link_else_a_button():
    links = svg_map(two(href=["./?region=A", "./?region=B"], hover=["<b>东区</b>", ""]), OUTLINES, FRAME, **SAID)
    assert links.count("<a href=") == 2 and "data-region" not in links
    assert 'aria-label="东区 1.0"' in links
    assert svg_map(two(), OUTLINES, FRAME, **SAID).count('role="button"') == 2


def test_a_name_stays_text_whatever_stands_in_it():
    evil = '"><script>alert(1)</script>'
    told = f"<b>{html.escape(evil)}</b>"
    drawn = svg_map(two(name=[evil, evil], href=["./", "./"], hover=[told, told]), OUTLINES, FRAME, **SAID)
    assert "<script" not in drawn
    hover = html.unescape(re.search(r'data-hover="([^"]*)"', drawn)[1])
    assert "<script" not in hover and hover == told


def test_values_beyond_the_ends_and_missing_ones_have_colours():
    fills = [
        re.findall(
            r'class="region(?: unknown)?" fill="(#[0-9a-fA-F]{6})"',
            svg_map(two(value=values), OUTLINES, FRAME, **SAID, limits=(0, 2)),
        )
        for values in ([2.0, 50.0], [np.nan, 0.0])
    ]
    assert fills[0][0] == fills[0][1]
    assert len({*fills[0], *fills[1]}) == 3


def test_a_region_without_a_value_is_named_so_for_its_outline_as_its_fill_is_that_of_the_card():
    drawn = svg_map(two(value=[np.nan, 0.0]), OUTLINES, FRAME, **SAID)
    assert drawn.count('class="region unknown"') == 1


@pytest.mark.parametrize("name", ["东区", "A region with a name that is wider than the region itself"])
def test_labels_stay_inside_the_drawing(name):
    drawn = svg_map(two(name=[name, name]), OUTLINES, FRAME, **SAID)
    width = float(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    places = [float(x) for x in re.findall(r'<text x="(\d+)"', drawn)]
    assert places and all(0 < x < width for x in places)
    if len(name) < 10:
        assert drawn.count(name + "</text>") == 2


def test_the_larger_side_fills_the_frame():
    drawn = svg_map(two(), OUTLINES, FRAME, **SAID)
    assert 'viewBox="0 0 400 206"' in drawn


def test_bold_latin_names_do_not_run_into_each_other_or_over_the_edge():
    names = ["Huaiqiao Subdistrict", "Liuyuan Subdistrict"]
    drawn = svg_map(two(name=names), OUTLINES, Frame(width=220, height=160, name=14, figure=12), **SAID)
    places = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.-]+)" y="([\d.-]+)" font-size="14"', drawn)]
    bold = 0.62 * 14
    assert places
    for (x, _), name in zip(places, names, strict=False):
        assert x - bold * len(name) / 2 >= -1 and x + bold * len(name) / 2 <= 221
    if len(places) == 2:
        (x, y), (other_x, other_y) = places
        assert abs(y - other_y) >= 14 or abs(x - other_x) >= bold * (len(names[0]) + len(names[1])) / 2


def test_names_stand_beside_the_regions_where_these_leave_room():
    names = ["Jinting District", "Wanglan District"]
    tall = tuple(
        Outline(
            code, (np.array([[0, top], [0.3, top], [0.3, top + 0.5], [0, top + 0.5], [0, top]]),), 0.15, top + 0.25, 0.3
        )
        for code, top in (("A", 0.0), ("B", 0.5))
    )
    drawn = svg_map(two(name=names), tall, Frame(width=400, height=160, name=14, figure=12), **SAID)
    assert drawn.count("District</text>") == 2
    left, across = (float(each) for each in re.search(r'viewBox="(-?\d+) 0 (\d+)', drawn).groups())
    assert left < 0 and across <= 400
    assert all(left < float(x) < left + across for x in re.findall(r'<text x="(-?\d+)"', drawn))
