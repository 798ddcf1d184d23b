"""Answers that were given: a snapshot never changes, so that the same question to it has the same answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import pyarrow as pa


class Answers:
    """The latest answers, up to a size; the oldest leave first. Safe for threads."""

    def __init__(self, megabytes: int) -> None:
        self._limit = megabytes * 1024 * 1024
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> pa.Table | None:
        """Return the answer to ``key``, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, rows: pa.Table) -> None:
        """Keep ``rows`` as the answer to ``key``."""
        size = _size(rows)
        if size > self._limit // 4:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = rows
            self._bytes += size
            while self._bytes > self._limit:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size(gone)


def _size(rows: pa.Table) -> int:
    return rows.nbytes + 1000
