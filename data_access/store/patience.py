"""Wait for a database that is away for a moment: what a publish has counted is worth some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from data_access.errors import StoreUnavailableError

Answer = TypeVar("Answer")
ATTEMPTS = 5
WAIT_SECONDS = 3.0


def patiently(work: Callable[[], Answer]) -> Answer:
    """Return ``work()``, which is tried again while the database can't be reached.

    Raises
    ------
    StoreUnavailableError
        When it is still away at the last attempt.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except StoreUnavailableError:
            time.sleep(WAIT_SECONDS)
    return work()
