"""How much room text needs, and rows shared out over pages, so that nothing is cut off in a fixed frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from dashboard.briefing.model import Cell
from dashboard.formatting import width_of

_SLACK = 0.94
"""Part of a line that is filled: words are not broken where they end."""

_WORD = re.compile(r"[（“‘《「]*(?:[^\s\u2e80-\uffff“”‘’…·]+|.)[，。；：、！？）”’》」…]*\s*")
"""What stays on one line: a run of Latin signs and digits or one Chinese sign, with what opens and closes it."""

Row = tuple[Cell, ...]


def lines_of(text: str, ems: float) -> int:
    """Return how many lines a text takes in a column of ``ems``."""
    room = max(ems * _SLACK, 1.0)
    return sum(max(1, ceil(width_of(line) / room)) for line in text.split("\n"))


def broken(text: str, room: float, width: Callable[[str], float]) -> str:
    """Return ``text`` with a line break wherever the next word no longer fits into ``room``.

    Chinese may be broken between any two signs, but no sign that closes begins a line, and numbers and Latin words stay
    whole.

    Examples
    --------
    >>> broken("下降 12.0%，在区间内。", 5, len)
    '下降\\n12.0%，\\n在区间内。'
    """
    if width(text) <= room:
        return text
    lines = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for word in _WORD.findall(paragraph):
            if line and used + width(word.rstrip()) > room:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line += word
            used += width(word)
        lines.append(line)
    return "\n".join(lines)


def split_text(text: str, ems: float, most_lines: int) -> list[str]:
    """Return ``text`` in pieces of at most ``most_lines`` lines each; no sign is lost."""
    pieces, current = [], ""
    for sign in text:
        if lines_of(current + sign, ems) > most_lines:
            pieces.append(current)
            current = ""
        current += sign
    return [*pieces, current] if current or not pieces else pieces


def pages_of(
    rows: Sequence[Row], ems: Sequence[float], most_lines: float, padding: float, continued: str
) -> list[list[Row]]:
    """Share rows out over pages.

    Parameters
    ----------
    rows : sequence of tuple of Cell
    ems : sequence of float
        Width of each column in ems of the table's font.
    most_lines : float
        Height of a page's table body in lines.
    padding : float
        Height of a row beyond its text, in lines.
    continued : str
        Put before the rest of a cell that goes on in the next row.

    Returns
    -------
    list of list of tuple of Cell
        A row higher than a page becomes several rows; its numbers stay in the first.
    """
    pages: list[list[Row]] = [[]]
    used = 0.0
    most_in_row = max(int(most_lines - padding), 1)
    for row in rows:
        for part in _parts(row, ems, most_in_row, continued):
            height = height_of(part, ems) + padding
            if pages[-1] and used + height > most_lines:
                pages.append([])
                used = 0.0
            pages[-1].append(part)
            used += height
    return pages


def height_of(row: Row, ems: Sequence[float]) -> int:
    """Return the lines that the highest cell of a row takes."""
    return max(lines_of(cell.text, width) for cell, width in zip(row, ems, strict=True))


def _parts(row: Row, ems: Sequence[float], most_lines: int, continued: str) -> list[Row]:
    if height_of(row, ems) <= most_lines:
        return [row]
    # The words that say "continued" take a line of their own room.
    pieces = [split_text(cell.text, width, max(most_lines - 1, 1)) for cell, width in zip(row, ems, strict=True)]
    parts: list[Row] = []
    for number in range(max(len(each) for each in pieces)):
        cells = []
        for cell, texts in zip(row, pieces, strict=True):
            if number == 0:
                cells.append(replace(cell, text=texts[0]))
            elif number < len(texts):
                cells.append(Cell(continued + texts[number]))
            else:
                cells.append(Cell(""))
        parts.append(tuple(cells))
    return parts
