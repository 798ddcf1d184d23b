"""Labels of a drawing find a place of their own, near what they name."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.boxes import REACH, Box, free_places

PLACES = st.tuples(st.floats(0, 400), st.floats(0, 400), st.floats(20, 90), st.floats(16, 45))


@given(st.lists(PLACES, max_size=14))
def test_no_two_labels_overlap_and_none_goes_far(places):
    boxes = [Box(x, y, x + wide, y + tall) for x, y, wide, tall in places]
    found = free_places(boxes)
    assert len(found) == len(boxes)
    shown = [place for place in found if place is not None]
    assert not any(one.overlaps(other) for one, other in combinations(shown, 2))
    for box, place in zip(boxes, found, strict=True):
        if place is not None:
            assert abs(place.top - box.top) <= REACH * (box.bottom - box.top) + 1e-6
            assert abs(place.left - box.left) <= REACH / 2 * (box.right - box.left) + 1e-6


def test_a_label_with_room_stays_where_it_is_and_its_neighbour_steps_aside():
    first, second = Box(0, 0, 80, 40), Box(60, 5, 140, 45)
    kept, moved = free_places([first, second])
    assert kept == first
    assert moved is not None and moved != second and not moved.overlaps(first)


def test_a_label_without_any_room_is_left_out():
    assert None in free_places([Box(0, 0, 10, 10)] * 60)


def test_a_box_is_not_moved_farther_to_a_side_than_it_reaches():
    """Tall boxes side by side move across; one that may not moves up or down, or has no place."""
    first, second = Box(0, 0, 10, 40), Box(8, 0, 18, 40)
    assert free_places([first, second])[1].left >= 10
    kept, moved = free_places([first, second], reaches=[1.0, 1.0])
    assert kept == first and moved is not None and abs(moved.left - 8) <= 1 and not moved.overlaps(first)
