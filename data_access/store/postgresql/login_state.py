"""The code of a refused login: the driver keeps the server's words only, which are in the server's language."""

from __future__ import annotations

import os
import re
import select
import time

import psycopg
from psycopg import pq

_STATE = re.compile(rb'ErrorResponse\t.*? C "(\w{5})"')
_SAID_BY_A_SERVER = re.compile(r"failed: [^:\n]+:  ")
"""How libpq writes a severity and what a server said; after its own words there is one space."""


def login_state(said: str, conninfo: str, seconds: float) -> str:
    """Return the SQLSTATE with which a server refuses to let ``conninfo`` in, or nothing when none was told.

    It is asked once more: libpq shows the code of a refusal to who follows the messages of the attempt only.

    Parameters
    ----------
    said : str
        What the driver said of the first attempt; when that is no server's answer, none is asked.
    conninfo : str
        Address and login, as libpq takes them.
    seconds : float
        How long to wait.
    """
    if not _SAID_BY_A_SERVER.search(said):
        return ""
    reading, writing = os.pipe()  # a plain password is among the messages: it stays in memory
    try:
        _attempt(conninfo, writing, time.monotonic() + seconds)
    except psycopg.Error:  # messages can't be followed on this system
        pass
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as messages:
        found = _STATE.search(messages.read())
    return found[1].decode() if found else ""


def _attempt(conninfo: str, messages: int, deadline: float) -> None:
    connection = pq.PGconn.connect_start(conninfo.encode())
    try:
        connection.trace(messages)
        while (step := connection.connect_poll()) in (pq.PollingStatus.READING, pq.PollingStatus.WRITING):
            is_read = step == pq.PollingStatus.READING
            ready = select.select(
                [connection.socket] * is_read,
                [connection.socket] * (not is_read),
                [],
                max(deadline - time.monotonic(), 0),
            )
            if not any(ready):
                return
    finally:
        connection.untrace()
        connection.finish()
