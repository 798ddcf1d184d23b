"""Answers that were given: a snapshot never changes, so that the same question to it has the same answer."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from functools import lru_cache

import pyarrow as pa
import sqlalchemy as sa
from cachetools import LRUCache

KEPT_KINDS = 1_000


class Answers:
    """The latest answers, up to a size; what was asked for longest ago leaves first. Safe for threads."""

    def __init__(self, megabytes: int) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[Hashable, pa.Table] = LRUCache(megabytes * 1024 * 1024, getsizeof=_size)

    def get(self, key: Hashable) -> pa.Table | None:
        """Return the answer to ``key``, or None."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, rows: pa.Table) -> None:
        """Keep ``rows`` as the answer to ``key``, unless they alone would fill a quarter of the place."""
        if _size(rows) <= self._kept.maxsize // 4:
            with self._lock:
                self._kept[key] = rows


def question_of(statement: sa.Executable) -> Hashable:
    """Return what tells a statement and its values from every other, without making its text."""
    key = statement._generate_cache_key()  # type: ignore[attr-defined]
    assert key is not None, statement  # every kind of statement in use can be told by its parts
    return _one(key.key), tuple(str(bound.effective_value) for bound in key.bindparams)


@lru_cache(KEPT_KINDS)
def _one(kind: Hashable) -> Hashable:
    """Return the first of equal kinds of statement: some kilobytes that all questions of the kind share."""
    return kind


def _size(rows: pa.Table) -> int:
    return rows.nbytes + 1000
