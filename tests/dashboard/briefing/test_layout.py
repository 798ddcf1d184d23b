"""Rows are shared out over pages without losing a sign."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.briefing.model import Cell
from dashboard.briefing.writers.layout import broken, height_of, lines_of, pages_of, split_text

TEXTS = st.text(st.sampled_from("示例市ab12,。 "), max_size=400)


@given(TEXTS, st.floats(3, 60), st.integers(1, 30))
def test_pieces_put_together_are_the_text(text, ems, most):
    pieces = split_text(text, ems, most)
    assert "".join(pieces) == text
    assert all(lines_of(piece, ems) <= most for piece in pieces)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20), st.floats(8, 40), st.integers(4, 30))
def test_no_page_is_higher_than_its_room_and_nothing_is_lost(texts, ems, most):
    rows = [tuple(Cell(text) for text in row) for row in texts]
    pages = pages_of(rows, (ems, ems), most, 0.5, "…")
    for page in pages:
        assert sum(height_of(row, (ems, ems)) + 0.5 for row in page) <= most + 1e-9
    for column in (0, 1):
        shown = "".join(row[column].text.removeprefix("…") for page in pages for row in page)
        assert shown == "".join(row[column] for row in texts)


def test_lines_break_between_chinese_signs_and_never_inside_a_number():
    text = "命案发案率（近12个月）0.44 起/10万；与去年同期相比下降 12.0%（25→22，95%区间 −52.7% 至 +62.6%），在偶然波动范围内。"
    for room in range(8, 40):
        lines = broken(text, room, len).split("\n")
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(len(line) <= room for line in lines if len(line) > 9)
        assert not [line for line in lines if line[0] in "，。；）%.0" and not line.startswith("0.44")]
        assert not [one + two for one, two in zip(lines, lines[1:], strict=False) if one[-1] in ".−+" or two[0] == "."]
    assert broken("短", 1, len) == "短"
