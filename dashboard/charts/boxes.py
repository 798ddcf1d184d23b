"""Where labels stand in a drawing without hiding each other: the free place nearest to what they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

REACH = 1.5
"""How far a label may move up or down, in its own heights; to the sides, half as many widths."""
_STEPS = 6
ROUNDING = 1e-6


@dataclass(frozen=True)
class Box:
    """A rectangle, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, x: float, y: float) -> Box:
        """Return the box at another place."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def overlaps(self, other: Box) -> bool:
        """Return whether the two share any ground."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def free_places(
    boxes: Sequence[Box], width: float | None = None, reaches: Sequence[float] | None = None
) -> list[Box | None]:
    """Return each box where it overlaps no other: at its own place, or as near as is free; None where none is near.

    The first ones choose first. With ``width``, none is moved over the sides of a drawing so wide; with ``reaches``, none
    farther to a side than its own.
    """
    places: list[Box | None] = []
    for box, reach in zip(boxes, reaches or [inf] * len(boxes), strict=True):
        taken = [place for place in places if place is not None]
        near = (box.moved(*move) for move in _moves(box) if abs(move[0]) <= reach)
        moved = (each for each in near if _is_inside(each, width))
        places.append(next((each for each in moved if not any(each.overlaps(other) for other in taken)), None))
    return places


def _is_inside(box: Box, width: float | None) -> bool:
    return width is None or (box.left >= -ROUNDING and box.right <= width + ROUNDING)


def _moves(box: Box) -> list[tuple[float, float]]:
    """Return the moves that are tried, shortest first."""
    across, down = (box.right - box.left) * REACH / 2 / _STEPS, (box.bottom - box.top) * REACH / _STEPS
    steps = range(-_STEPS, _STEPS + 1)
    moves = [(x * across, y * down) for x in steps for y in steps]
    return sorted(moves, key=lambda move: (move[0] ** 2 + move[1] ** 2, move))
