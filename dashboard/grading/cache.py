"""What was worked out once is kept for the snapshot and scope it was worked out for: leagues, matrices, figures of a map."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from data_access.queries import SnapshotReader

Graded = TypeVar("Graded")
MOST_KEPT = 256

_kept: WeakKeyDictionary[SnapshotReader, LRUCache[Hashable, object]] = WeakKeyDictionary()
_lock = Lock()


def kept(reader: SnapshotReader, key: tuple[Hashable, ...], work_out: Callable[[], Graded]) -> Graded:
    """Return what ``work_out`` gives, from memory when the same was asked of this reader's snapshot before.

    Parameters
    ----------
    reader : SnapshotReader
    key : tuple
        What was asked, the scope included.
    work_out : callable
        Does the work; may run twice when two threads ask at once.
    """
    snapshot = reader.snapshot()
    whole = (snapshot.snapshot_id, snapshot.published_at, *key)
    with _lock:
        own = _kept.setdefault(reader, LRUCache(MOST_KEPT))
        if whole in own:
            return own[whole]  # type: ignore[return-value]
    graded = work_out()
    with _lock:
        own[whole] = graded
    return graded
