"""Turns: how many pages a process draws at once; those that are asked for meanwhile wait in line, and most are done sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Condition, Semaphore

from dashboard.memory import server_settings
from dashboard.settings import load_settings


class Turns:
    """So many turns at a time, given in the order of asking; who has waited long enough goes on without one.

    Python runs one thread of a process at a time. Pages that are drawn side by side hinder each other, and all are done about
    when the last is; one after the other, the first are done early and the last no later.

    Parameters
    ----------
    at_once : int
    longest_wait : float
        Seconds after which a page no longer waits: one that the database keeps waiting must not hold up the others.
    """

    def __init__(self, at_once: int, longest_wait: float) -> None:
        self._free = Semaphore(at_once)
        self._longest_wait = longest_wait
        self._asked, self._changed = 0, Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and hold it for the ``with`` block."""
        self._count(1)
        has_turn = self._free.acquire(timeout=self._longest_wait)
        try:
            yield
        finally:
            if has_turn:
                self._free.release()
            self._count(-1)

    def wait_for_none(self) -> None:
        """Wait until nobody has a turn or waits for one."""
        with self._changed:
            self._changed.wait_for(lambda: not self._asked)

    def _count(self, more: int) -> None:
        with self._changed:
            self._asked += more
            if not self._asked:
                self._changed.notify_all()


@lru_cache(maxsize=1)
def page_turns() -> Turns:
    """Return the turns that all pages of the process share."""
    settings = server_settings()
    shared = load_settings().home.database_url
    at_once = settings.pages_at_once_with_database if shared else settings.pages_at_once
    return Turns(at_once, settings.longest_wait_seconds)
