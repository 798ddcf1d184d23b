"""Which numbers may be shown to who needs no small counts, so that no sum or difference gives a hidden one back.

The rule that makes it safe: whether a region is shown does not depend on the period. A region is shown always or never,
in blocks of time of one grain, and everything shown is a sum of such blocks. Then take any hidden count from 1 to
limit − 1. Its records lie in a finest region that is hidden on every level up to a known one, below which another hidden
branch reaches a finest region too (no equation "a region = the regions below it" has exactly one unknown). Moving one
record from the first to the second changes the hidden count and nothing that is shown, in any period, class or total:
so what is shown can't determine it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

GRAINS = ("month", "quarter", "half", "year")
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def is_small(counts: np.ndarray, limit: int) -> np.ndarray:
    """Return which counts are hidden by themselves: from 1 to ``limit`` − 1. None is not a small count."""
    return (counts > 0) & (counts < limit)


def _ever_small(counts: np.ndarray, limit: int) -> np.ndarray:
    """Return which rows hold a small count."""
    return np.asarray(is_small(np.nan_to_num(counts), limit).any(axis=1), dtype=bool)


def shown_regions(counts: pd.DataFrame, parents: Mapping[str, str | None], limit: int) -> pd.Series:
    """Return which regions may be shown.

    Parameters
    ----------
    counts : DataFrame, regions × cells
        Everything that would be shown of each region: one column per block of time and measure, for every region of the
        tree down to the finest shown. A parent need not be the exact sum of its children (records known to the parent
        only are nobody's to work out).
    parents : mapping of str to str or None
        Parent of each region; regions whose parent is not in ``counts`` are roots.
    limit : int
        Counts from 1 to ``limit`` − 1 are small.

    Returns
    -------
    Series of bool
        Indexed as ``counts``. A root with a small count hides the whole tree.

    Examples
    --------
    >>> table = pd.DataFrame({"2024": [40, 3, 17, 20]}, index=["city", "a", "b", "c"])
    >>> shown_regions(table, {"a": "city", "b": "city", "c": "city"}, 5).tolist()
    [True, False, False, True]
    """
    numbers = counts.to_numpy(float)
    hidden = _ever_small(numbers, limit)
    size = np.nansum(numbers, axis=1)
    place = {code: number for number, code in enumerate(counts.index)}
    children: dict[int, list[int]] = {}
    roots = []
    for code, number in place.items():
        parent = parents.get(code)
        if parent in place:
            children.setdefault(place[parent], []).append(number)
        else:
            roots.append(number)
    _hide_more(hidden, children, size)
    if hidden[roots].any():
        hidden[:] = True
    return pd.Series(~hidden, index=counts.index, name="shown")


def shown_classes(counts: pd.DataFrame, limit: int) -> pd.Series:
    """Return which classes of a root may be shown: as for regions, always or never, and never one hidden alone.

    Parameters
    ----------
    counts : DataFrame, classes × cells
        The root's counts, one column per block of time and measure.
    """
    numbers = counts.to_numpy(float)
    hidden = _ever_small(numbers, limit)
    _hide_a_second(hidden, list(range(len(hidden))), np.nansum(numbers, axis=1))
    if hidden.sum() == 1:
        hidden[:] = True
    return pd.Series(~hidden, index=counts.index, name="shown")


def blocks(months: Sequence[date], grain: str) -> list[date]:
    """Return the first day of the block of ``grain`` that each month lies in."""
    length = MONTHS[grain]
    return [date(month.year, (month.month - 1) // length * length + 1, 1) for month in months]


def is_made_of_blocks(start: date | None, end: date, grain: str, first_day: date) -> bool:
    """Whether the days from ``start`` to ``end`` are whole blocks of ``grain``.

    Parameters
    ----------
    start : date or None
        None means from the beginning of the data.
    end : date
    grain : {"month", "quarter", "half", "year"}
    first_day : date
        Where the data begin: the block they begin in counts as whole.
    """
    length = MONTHS[grain]
    after = end + timedelta(days=1)
    ends_whole = after.day == 1 and (after.month - 1) % length == 0
    starts_whole = start is None or start <= first_day or (start.day == 1 and (start.month - 1) % length == 0)
    return ends_whole and starts_whole


def _hide_more(hidden: np.ndarray, children: Mapping[int, list[int]], size: np.ndarray) -> None:
    """Hide regions until no equation of a region and those below it has exactly one unknown."""
    changed = True
    while changed:
        before = hidden.sum()
        for parent, below in children.items():
            unknown = int(hidden[below].sum())
            if not hidden[parent] and unknown == 1:
                if not _hide_a_second(hidden, below, size):
                    hidden[parent] = True
            elif hidden[parent] and unknown == 0:
                hidden[_smallest(below, hidden, size)] = True
        changed = hidden.sum() > before


def _hide_a_second(hidden: np.ndarray, members: list[int], size: np.ndarray) -> bool:
    """Where one member is hidden alone, hide the smallest other; False when there is no other."""
    if int(hidden[members].sum()) != 1 or len(members) < 2:
        return len(members) >= 2
    hidden[_smallest(members, hidden, size)] = True
    return True


def _smallest(members: Sequence[int], hidden: np.ndarray, size: np.ndarray) -> int:
    """Return the smallest member still shown, one with any records before one without."""
    shown = [member for member in members if not hidden[member]]
    return min(shown, key=lambda member: (size[member] == 0, size[member], member))
