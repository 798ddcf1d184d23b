"""Files that were written for an account: Streamlit keeps them by what is in them and asks nobody who fetches one."""

from __future__ import annotations

import threading
from pathlib import PurePosixPath

from cachetools import LRUCache
from streamlit.runtime.memory_media_file_storage import _calculate_file_id

KEPT = 10_000
_owners: LRUCache[str, frozenset[str]] = LRUCache(KEPT)
_lock = threading.Lock()


def keep_for(subject: str, body: bytes, media: str, name: str) -> None:
    """Remember that a download, of a type and a file name, was written for an account."""
    file = _calculate_file_id(body, media, name)
    with _lock:
        _owners[file] = _owners.get(file, frozenset()) | {subject}


def may_fetch(subject: str, path: str) -> bool:
    """Return whether the file at ``path`` was written for this account."""
    with _lock:
        return subject in _owners.get(PurePosixPath(path).stem, frozenset())
