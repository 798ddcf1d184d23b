"""What is run for every viewer: settings, viewer, language, navigation; the pages do the rest."""

from __future__ import annotations

import time
from copy import copy
from functools import lru_cache

import streamlit as st

from dashboard.components.frame import has_content, page_frame
from dashboard.components.messages import PageEnd, show_error
from dashboard.components.sign_in import allowed, signed_in
from dashboard.context import address_language, open_context
from dashboard.i18n import LANGUAGES, t
from dashboard.navigation import DEFAULT_PAGE, PAGES
from dashboard.scheduling.ahead import reading_ahead
from dashboard.scheduling.turns import page_turns
from dashboard.settings import snapshot_reader


def main() -> None:
    """Open the page of the address within the common frame, when it is this page's turn."""
    with page_turns().one():
        _open_page()


def _open_page() -> None:
    begun, language = time.monotonic(), address_language()
    pages = [copy(page) for page in _pages(language)]  # the one that is opened is marked so, for this run alone
    chosen = st.navigation(pages, position="hidden")
    entry = next(entry for entry, page in zip(PAGES, pages, strict=True) if page is chosen)
    title = t("app.page_title", language, page=chosen.title)
    st.set_page_config(page_title=title, layout="wide", initial_sidebar_state="collapsed")
    try:
        account = signed_in(language)
        if account is None:
            return
        context, notices = open_context(account)
        with page_frame(context, entry, notices, account):
            try:
                if allowed(context, entry) and has_content(context, entry):
                    chosen.run()
                    reading_ahead().after(snapshot_reader(), context.viewer, context.region, begun)
            except PageEnd:
                pass
            except Exception as error:  # noqa: BLE001 (the page's own error must not take the frame with it)
                show_error(error)
    except Exception as error:  # noqa: BLE001 (whatever it is, no traceback on screen)
        show_error(error)


@lru_cache(maxsize=len(LANGUAGES))
def _pages(language: str) -> tuple[st.Page, ...]:
    """Return Streamlit's pages in the order of ``PAGES``; to make them anew for each run took a page's file to be looked for."""
    return tuple(
        st.Page(
            entry.file,
            title=t(entry.title_key, language),
            url_path=entry.url_path,
            default=entry.url_path == DEFAULT_PAGE,
        )
        for entry in PAGES
    )
