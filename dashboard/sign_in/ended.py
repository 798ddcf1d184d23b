"""Sign-ins that were ended: with the tab that asked for it all others end, and so does a cookie that somebody kept.

Each is an empty file in the data folder, which all processes of a machine share; its time is when it may be forgotten.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from data_access.home import Home, private_folder

NAMES = ("iss", "sub", "iat", "exp", "nonce", "sid", "jti")
"""Claims that together tell one sign-in from every other."""


def end_sign_in(home: Home, claims: Mapping[str, object], kept_seconds: float) -> None:
    """Let a sign-in count no more; it is remembered until its token has run out by itself.

    Parameters
    ----------
    home : Home
    claims : mapping
        What the provider said of the account.
    kept_seconds : float
        For how long after its end a token is still taken.
    """
    mark, expires, now = _mark(home, claims), claims.get("exp"), time.time()
    for old in private_folder(mark.parent).iterdir():
        with suppress(FileNotFoundError):  # another process forgot it first
            if old.stat().st_mtime < now:
                old.unlink()
    if isinstance(expires, (int, float)):
        fresh = mark.parent.with_name(f"{mark.name}.new")  # with its time before anybody can take it for an old one
        fresh.touch()
        os.utime(fresh, (now, expires + kept_seconds))
        fresh.replace(mark)


def is_ended(home: Home, claims: Mapping[str, object]) -> bool:
    """Return whether the sign-in that ``claims`` come from was ended."""
    return _mark(home, claims).exists()


def _mark(home: Home, claims: Mapping[str, object]) -> Path:
    told = "\n".join(str(claims.get(name, "")) for name in NAMES)
    return home.ended_sign_ins / sha256(told.encode()).hexdigest()
