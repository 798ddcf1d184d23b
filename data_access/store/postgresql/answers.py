"""Answers that were given: a snapshot never changes, so that the same question to it has the same answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import pandas as pd


class Answers:
    """The latest answers, up to a size; the oldest leave first. Safe for threads."""

    def __init__(self, megabytes: int) -> None:
        self._limit = megabytes * 1024 * 1024
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[pd.DataFrame, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> pd.DataFrame | None:
        """Return a copy of the answer to ``key``, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
        return found[0].copy(deep=False)

    def put(self, key: Hashable, frame: pd.DataFrame) -> None:
        """Keep ``frame`` as the answer to ``key``."""
        size = int(frame.memory_usage(deep=True).sum()) + 1000
        if size > self._limit // 4:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = frame.copy(deep=False), size
            self._bytes += size
            while self._bytes > self._limit:
                _, (_, gone) = self._kept.popitem(last=False)
                self._bytes -= gone
