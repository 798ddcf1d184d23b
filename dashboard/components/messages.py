"""Sentences on a page: the one-line verdict, notices, section headings, reasons for emptiness, errors."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from typing import NoReturn

import streamlit as st
from markupsafe import Markup

from dashboard.components.html import draw_html, filled, joined, place_html
from dashboard.context import address_language
from dashboard.i18n import t
from dashboard.settings import snapshot_reader
from data_access.errors import (
    AuditUnavailableError,
    DataAccessError,
    NoSnapshotError,
    StoreBusyError,
    StoreTooSlowError,
    StoreUnavailableError,
)

ASK_AGAIN_SECONDS = 3.0
"""How often an open page asks whether a database that was away is back."""
PASSING = (StoreUnavailableError, StoreBusyError, StoreTooSlowError, AuditUnavailableError)
"""Errors that end by themselves."""
log = logging.getLogger("pingan")


def sentence(text: str) -> None:
    """Draw the verdict of the page in one line, before any evidence."""
    place_html(filled('<p class="verdict">{}</p>', text))


def section(title: str, note: str | None = None) -> None:
    """Draw the heading of a group of cards, with a note beside it."""
    aside = filled("<small>{}</small>", note) if note else Markup("")
    place_html(filled('<h2 class="section">{}{}</h2>', title, aside))


def notice(text: str, language: str) -> None:
    """Draw a plain notice; read out by screen readers."""
    place_html(
        filled('<p class="notice" role="status"><b>{}</b>{}</p>', t("notice.label", language), text),
    )


def aside(text: str) -> None:
    """Draw a remark in small print."""
    draw_html(filled('<p class="aside">{}</p>', text))


def empty_state(reason: str, advice: str | None = None) -> None:
    """Draw why there is nothing to show, and what to do about it."""
    more = filled("<p>{}</p>", advice) if advice else Markup("")
    draw_html(filled('<div class="empty"><p><b>{}</b></p>{}</div>', reason, more))


class PageEnd(Exception):  # noqa: N818 (no error: the page has said all it can)
    """The page ends here; its frame is drawn all the same, which Streamlit's own stop would prevent."""


def end_page() -> NoReturn:
    """End the page here, after it has said why there is no more."""
    raise PageEnd


def show_error(error: Exception) -> bool:
    """Draw what went wrong in plain language; never a traceback, never text from the address.

    Returns
    -------
    bool
        True: the error was shown, so Streamlit need not show it again.
    """
    language = address_language()
    if isinstance(error, NoSnapshotError):
        _panel(t("error.no_snapshot_title", language), [t("error.no_snapshot", language)], t("error.command", language))
        return True
    if isinstance(error, DataAccessError):
        _panel(t("error.title", language), [error.message(language)])
        if isinstance(error, PASSING):
            _drawn_again_when_over(time.monotonic())
        return True
    number = uuid.uuid4().hex[:8]
    log.error("Error %s on screen", number, exc_info=error)
    _panel(t("error.title", language), [t("error.unexpected", language, number=number)])
    return True


@st.fragment(run_every=ASK_AGAIN_SECONDS)
def _drawn_again_when_over(shown_at: float) -> None:
    """Draw the whole page anew, some seconds after an error was shown, once the database can be reached."""
    if time.monotonic() - shown_at < ASK_AGAIN_SECONDS / 2:  # the run that shows the error
        return
    with contextlib.suppress(DataAccessError):
        reader = snapshot_reader()
        reader.snapshot()
        if reader.unreachable_since() is None:
            st.rerun()


def _panel(title: str, lines: list[str], command: str | None = None) -> None:
    paragraphs = joined(filled("<p>{}</p>", line) for line in lines)
    code = filled("<pre>{}</pre>", command) if command else Markup("")
    place_html(filled('<section class="error-panel" role="alert"><h1>{}</h1>{}{}</section>', title, paragraphs, code))
