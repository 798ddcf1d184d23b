"""Reads what lies below the region just looked at while no page is drawn: who goes down from it waits for nothing."""

from __future__ import annotations

import logging
from collections import deque
from functools import lru_cache
from threading import Condition, Thread

from dashboard.scheduling.turns import Turns, page_turns
from data_access.access import Scope
from data_access.errors import DataAccessError
from data_access.queries import SnapshotReader

_LOG = logging.getLogger("pingan.ahead")
MOST_WAITING = 20
"""Regions that are still to be read below; the oldest are forgotten, since their viewers have gone on."""


class ReadingAhead:
    """A thread that reads for viewers' next steps, the newest first, whenever no page is drawn.

    Parameters
    ----------
    turns : Turns
        Of the pages that go first.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._waiting: deque[tuple[SnapshotReader, Scope, str, float]] = deque(maxlen=MOST_WAITING)
        self._told = Condition()
        Thread(target=self._go_on, name="reading-ahead", daemon=True).start()

    def after(self, reader: SnapshotReader, viewer: Scope, region: str, since: float) -> None:
        """Note that ``viewer`` has looked at ``region``, on a page drawn ``since`` then (``time.monotonic()``)."""
        with self._told:
            self._waiting.append((reader, viewer, region, since))
            self._told.notify()

    def _go_on(self) -> None:
        while True:
            with self._told:
                self._told.wait_for(lambda: self._waiting)
                reader, viewer, region, since = self._waiting.pop()
            try:
                self._turns.wait_for_none()
                for _ in reader.read_below(viewer, region, since):
                    self._turns.wait_for_none()
            except DataAccessError:
                pass  # who really asks is told of it
            except Exception:  # (it must go on for the others)
                _LOG.exception("Reading below %s failed.", region)


@lru_cache(maxsize=1)
def reading_ahead() -> ReadingAhead:
    """Return the reading ahead of this process."""
    return ReadingAhead(page_turns())
