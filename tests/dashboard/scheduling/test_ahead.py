"""What lies below is read while no page is drawn, newest first, and whatever fails the others are read for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.scheduling.ahead import MOST_WAITING, ReadingAhead
from dashboard.scheduling.turns import Turns
from data_access.access import Scope
from data_access.errors import ScopeError
from tests.servers import wait_until

VIEWER = Scope("city_leader", "1")


class Asked:
    """A reader that notes below which regions it was asked to read, and can't below some."""

    def __init__(self, **failing: Exception) -> None:
        self.steps: list[str] = []
        self._failing = failing

    def read_below(self, scope: Scope, region: str, since: float) -> Iterator[None]:
        assert (scope, since) == (VIEWER, 5.0)
        if region in self._failing:
            raise self._failing[region]
        for step in "ab":
            self.steps.append(region + step)
            yield


def test_nothing_is_read_while_a_page_is_drawn_and_the_newest_goes_first():
    turns, reader = Turns(1, 30.0), Asked()
    ahead = ReadingAhead(turns)
    with turns.one():
        ahead.after(reader, VIEWER, "first", 5.0)
        wait_until(lambda: not ahead._waiting)
        for number in range(MOST_WAITING + 5):
            ahead.after(reader, VIEWER, f"{number} ", 5.0)
        assert reader.steps == []
    wait_until(lambda: len(reader.steps) == 2 * MOST_WAITING + 2)
    newest = reversed(range(5, MOST_WAITING + 5))
    assert reader.steps == ["firsta", "firstb", *(f"{number} {step}" for number in newest for step in "ab")]


@pytest.mark.parametrize("error", [ScopeError("no", "无"), RuntimeError("broken")], ids=["told", "unforeseen"])
def test_one_that_fails_does_not_end_the_reading_for_others(error):
    turns, reader = Turns(1, 30.0), Asked(x=error)
    ahead = ReadingAhead(turns)
    ahead.after(reader, VIEWER, "x", 5.0)
    ahead.after(reader, VIEWER, "y", 5.0)
    wait_until(lambda: reader.steps == ["ya", "yb"])
    ahead.after(reader, VIEWER, "z", 5.0)
    wait_until(lambda: reader.steps == ["ya", "yb", "za", "zb"])
