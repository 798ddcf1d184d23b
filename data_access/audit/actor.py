"""Whose account is at work in this thread; set once at its start, read where something is recorded."""

from __future__ import annotations

import getpass
from contextvars import ContextVar

_subject: ContextVar[str] = ContextVar("subject", default="")


def acting_as(subject: str) -> None:
    """Say whose account acts from here on in this thread (an opaque id; empty without sign-in)."""
    _subject.set(subject)


def acting_as_operator() -> None:
    """Say that whoever is logged in on this machine acts: commands have no other account."""
    acting_as(f"os:{getpass.getuser()}")


def acting_subject() -> str:
    """Return whose account acts in this thread."""
    return _subject.get()
