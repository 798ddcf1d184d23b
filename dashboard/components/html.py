"""HTML that components draw: each piece by itself, or several gathered into one, which server and browser handle sooner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from markupsafe import Markup, escape

_gathered: ContextVar[list[Markup] | None] = ContextVar("gathered", default=None)


def filled(template: str, *values: object, **named: object) -> Markup:
    """Return HTML with values in its gaps, each escaped unless it is HTML itself: as by ``Markup.format``.

    Parameters
    ----------
    template : str
        HTML of ours with gaps as :meth:`str.format` has them, without format specifications.
    *values, **named
        What the gaps hold.
    """
    gaps = {name: escaped(value) for name, value in named.items()}
    return Markup(template.format(*map(escaped, values), **gaps))  # nosec B704  # every value is escaped


def joined(pieces: Iterable[object], between: str = "") -> Markup:
    """Return pieces one after the other, each escaped unless it is HTML itself; ``between`` is HTML of ours."""
    return Markup(between.join(map(escaped, pieces)))  # nosec B704  # every piece is escaped


def escaped(value: object) -> Markup:
    """Return text as HTML; what is HTML itself as it is."""
    return value if isinstance(value, Markup) else escape(value)


class _Whole:
    """HTML that Streamlit takes as it is: a text it would take for a file's name first, and look for indents in."""

    def __init__(self, markup: str) -> None:
        self._markup = markup

    def _repr_html_(self) -> str:
        return str(self._markup)


def place_html(markup: str, *, runs_scripts: bool = False) -> None:
    """Draw a piece where the page has come to, whatever is gathered; ``runs_scripts`` where it is a script of ours."""
    st.html(_Whole(markup), unsafe_allow_javascript=runs_scripts)


def draw_html(markup: Markup) -> None:
    """Draw a piece, or add it to those that are gathered."""
    pieces = _gathered.get()
    if pieces is None:
        place_html(markup)
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
