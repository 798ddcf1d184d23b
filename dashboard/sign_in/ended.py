"""Sign-ins that were ended: with the tab that asked for it all others end, and so does a cookie that somebody kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

NAMES = ("iss", "sub", "iat", "exp", "nonce", "sid", "jti")
"""Claims that together tell one sign-in from every other."""
_ended: dict[tuple[str, ...], float] = {}
_lock = threading.Lock()


def end_sign_in(claims: Mapping[str, object], kept_seconds: float) -> None:
    """Let a sign-in count no more in this process; it is remembered until its token has run out by itself.

    Parameters
    ----------
    claims : mapping
        What the provider said of the account.
    kept_seconds : float
        For how long after its end a token is still taken.
    """
    expires, now = claims.get("exp"), time.time()
    with _lock:
        for old in [each for each, until in _ended.items() if until < now]:
            del _ended[old]
        if isinstance(expires, (int, float)):
            _ended[_key(claims)] = expires + kept_seconds


def is_ended(claims: Mapping[str, object]) -> bool:
    """Return whether the sign-in that ``claims`` come from was ended."""
    return _key(claims) in _ended


def _key(claims: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(claims.get(name, "")) for name in NAMES)
