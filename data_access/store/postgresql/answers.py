"""Answers that were given: a snapshot never changes, so that the same question to it has the same answer."""

from __future__ import annotations

import threading
from collections.abc import Hashable

import pyarrow as pa
import sqlalchemy as sa
from cachetools import LRUCache


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


def question_of(statement: sa.Executable, dialect: sa.Dialect) -> Hashable:
    """Return what tells a statement and its values from every other."""
    compiled = statement.compile(  # type: ignore[attr-defined]
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    return str(compiled), tuple((name, str(value)) for name, value in compiled.params.items())


def _size(rows: pa.Table) -> int:
    return rows.nbytes + 1000
