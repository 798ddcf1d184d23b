"""Moments are kept in UTC; people are told them by the clock of the server."""

from __future__ import annotations

from datetime import UTC, datetime


def local_time(moment: datetime) -> str:
    """Return a moment given in UTC as ``2024-12-31 08:05`` in the server's time zone."""
    return moment.replace(tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def local_second(moment: datetime) -> str:
    """Return a moment given in UTC to the second, with the name of the server's time zone: ``2024-12-31 08:05:30 CST``."""
    return datetime.fromtimestamp(moment.replace(tzinfo=UTC).timestamp()).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
