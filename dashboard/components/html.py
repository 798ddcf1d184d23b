"""HTML that components draw: each piece by itself, or several gathered into one, which server and browser handle sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from markupsafe import Markup

_gathered: ContextVar[list[Markup] | None] = ContextVar("gathered", default=None)


def draw_html(markup: Markup) -> None:
    """Draw a piece, or add it to those that are gathered."""
    pieces = _gathered.get()
    if pieces is None:
        st.html(markup)
    else:
        pieces.append(markup)


@contextmanager
def gathered() -> Iterator[list[Markup]]:
    """Gather what the ``with`` block draws by :func:`draw_html` in place of drawing it."""
    pieces: list[Markup] = []
    token = _gathered.set(pieces)
    try:
        yield pieces
    finally:
        _gathered.reset(token)
