"""Rows are shared out over pages without losing a sign."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.briefing.model import Cell
from dashboard.briefing.writers.layout import height_of, lines_of, pages_of, split_text

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
