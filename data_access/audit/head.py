"""The last line that this data folder knows of: kept beside the record, so that cutting off the record's end shows."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import threading
from dataclasses import dataclass

from filelock import FileLock

from data_access.home import Home

TURN_SECONDS = 10


@dataclass(frozen=True)
class Head:
    """Number and hash of a line."""

    sequence: int
    hash: str

    @property
    def is_damaged(self) -> bool:
        """Whether the file was there but held no line."""
        return self.sequence < 0


DAMAGED = Head(-1, "")


class HeadFile:
    """``audit.head`` of a data folder. It is begun once, moves along the chain, and never heals itself."""

    def __init__(self, home: Home) -> None:
        self._path = home.path / "audit.head"
        self.turn = FileLock(self._path.with_suffix(".lock"), timeout=TURN_SECONDS)
        """Held by who moves the head, of all threads and processes of this folder: a slower one would move it back."""

    def read(self) -> Head | None:
        """Return what it says; ``DAMAGED`` when it can't be read, None when there is none."""
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return Head(int(said["sequence"]), str(said["hash"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return DAMAGED

    def write(self, head: Head) -> None:
        """Replace what it says, in one step."""
        draft = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.draft")
        draft.write_text(json.dumps({"sequence": head.sequence, "hash": head.hash}), encoding="utf-8")
        draft.replace(self._path)


def writer_mark(home: Home) -> str:
    """Return how lines of this data folder on this machine begin in a record that several machines write."""
    place = f"{platform.node()}:{home.path.resolve()}"
    return f'{{"writer":"{hashlib.sha256(place.encode()).hexdigest()[:12]}"'
