"""The common frame: header with breadcrumb, period menu, language, theme and viewer; footer with the snapshot stamp."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import pandas as pd
import streamlit as st
from markupsafe import Markup

from dashboard.components.downloads import clear_offers, draw_offers
from dashboard.components.html import filled, joined, place_html
from dashboard.components.messages import ASK_AGAIN_SECONDS, empty_state, notice
from dashboard.components.period_menu import period_menu
from dashboard.components.sign_in import account_menu
from dashboard.context import ANY_REGION, Context, Notice, first_day, region_name, region_path, role_name, viewer_label
from dashboard.formatting import MISSING
from dashboard.i18n import HTML_LANGUAGE, LANGUAGES, t
from dashboard.indicators.engine.facts import facts_of
from dashboard.memory import kept_always
from dashboard.navigation import GROUPS, PAGES, PageEntry, may_open
from dashboard.settings import snapshot_reader, viewed_as
from dashboard.sign_in.accounts import Account
from data_access.access import Scope
from data_access.clock import local_time
from data_access.errors import DataAccessError
from data_access.queries import SnapshotInfo


@contextmanager
def page_frame(context: Context, page: PageEntry, notices: Sequence[Notice], account: Account) -> Iterator[None]:
    """Draw the header, then what the ``with`` block draws, then the footer.

    Parameters
    ----------
    context : Context
    page : PageEntry
        The page that is open.
    notices : sequence of Notice
        What could not be used of the address.
    account : Account
        Who is here.
    """
    reader = snapshot_reader()
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    start = first_day(snapshot.snapshot_id, context.viewer)
    clear_offers()
    with st.container(key="masthead", gap=None):
        viewer = viewer_label(regions, snapshot, context.viewer, context.language)
        place_html(context.with_links_here(_masthead(context.at(ANY_REGION), page, viewer)))
        with st.container(key="viewline", horizontal=True, vertical_alignment="center", gap="small"):
            place_html(_view_line(context, page, regions, snapshot, start))
            menu = st.container(width="content")
            downloads = st.container(width="content")
    if (seen := viewed_as()) is not None:
        name = role_name(seen.permissions, snapshot, context.language)
        region = region_name(regions, seen.region_code, context.language)
        notice(t("sign_in.viewing_as", context.language, role=name, region=region), context.language)
    if reader.unreachable_since() is not None:
        _last_good(context, snapshot)
    for each in notices:
        notice(each.text(context.language), context.language)
    yield
    with downloads:
        draw_offers(context)
    with menu:
        account_menu(account, context.language, _choices(context, account.scope))
    facts = facts_of(reader, context.viewer)
    place_html(_footer(context.language, snapshot, facts.late_regions if facts.watches else None))
    place_html(_tell_browser(context.language, account.until), runs_scripts=True)


def has_content(context: Context, page: PageEntry) -> bool:
    """Return whether the data set has any source that the page can speak of; otherwise say so."""
    coverage = facts_of(snapshot_reader(), context.viewer).coverage
    if not page.needs or any(coverage.get(measure) for measure in page.needs):
        return True
    empty_state(
        t("card.page_without_source", context.language, page=t(page.title_key, context.language)),
        t("card.page_without_source_advice", context.language),
    )
    return False


@st.fragment(run_every=ASK_AGAIN_SECONDS)
def _last_good(context: Context, snapshot: SnapshotInfo) -> None:
    """Say that the last good numbers are shown; draw the whole page anew as soon as the database answers again."""
    reader = snapshot_reader()
    with contextlib.suppress(DataAccessError):
        reader.snapshot()
    since = reader.unreachable_since()
    if since is None:
        st.rerun()
    notice(
        t(
            "notice.last_good",
            context.language,
            since=local_time(since),
            snapshot=snapshot.snapshot_id,
            published=local_time(snapshot.published_at),
            day=snapshot.data_through.isoformat(),
        ),
        context.language,
    )


def _choices(context: Context, own: Scope) -> dict[str, str]:
    """Return the regions that an administrator may look from: the whole and those below it, down to townships."""
    if not own.permissions.administers:
        return {}
    listed = snapshot_reader().regions(own)
    inside = listed[listed["in_scope"] & (listed["depth"] <= 2)]
    return {code: region_name(listed, code, context.language) for code in inside.index}


@kept_always
def _masthead(context: Context, page: PageEntry, viewer: str) -> Markup:
    language = context.language
    links = joined(_menu_group(context, page, group) for group in GROUPS)
    languages = _switch(
        t("language.switch", language),
        [(t(f"language.{key}", language), context.href(page.url_path, language=key), key) for key in LANGUAGES],
        language,
    )
    themes = _switch(
        t("theme.switch", language),
        [(t(f"theme.{key}", language), context.href(page.url_path, theme=key), key) for key in ("light", "dark")],
        context.theme,
    )
    return filled(
        '<div class="masthead"><a class="skip" href="#stMain">{skip}</a><a class="brand" href="{home}"><b>{title}</b><small>{subtitle}</small></a>'
        '<nav aria-label="{menu}">{links}</nav><div class="tools">{languages}{themes}'
        '<span class="viewer">{viewer}</span></div></div>',
        skip=t("nav.skip", language),
        home=context.href("overview", region=context.viewer.region_code),
        title=t("app.title", language),
        subtitle=t("app.subtitle", language),
        menu=t("nav.menu", language),
        links=links,
        languages=languages,
        themes=themes,
        viewer=viewer,
    )


def _menu_group(context: Context, page: PageEntry, group: str) -> Markup:
    role = context.viewer.permissions
    entries = [entry for entry in PAGES if entry.group == group and may_open(role, entry)]
    links = joined(
        filled(
            '<a href="{}"{}>{}</a>',
            context.href(entry.url_path),
            Markup(' aria-current="page"') if entry == page else "",
            t(entry.title_key, context.language),
        )
        for entry in entries
    )
    if group == GROUPS[0] or not entries:
        return links
    return filled(
        '<details class="menu group-menu"><summary{}>{}</summary><div class="panel">{}</div></details>',
        Markup(' aria-current="true"') if page in entries else "",
        t(f"nav.group_{group}", context.language),
        links,
    )


def _switch(label: str, choices: Sequence[tuple[str, str, str]], current: str) -> Markup:
    links = joined(
        (
            filled('<a href="{}"{}>{}</a>', href, Markup(' aria-current="true"') if key == current else "", text)
            for text, href, key in choices
        ),
        between='<span aria-hidden="true">/</span>',
    )
    return filled('<span class="switch" role="group" aria-label="{}">{}</span>', label, links)


def _view_line(context: Context, page: PageEntry, regions: pd.DataFrame, snapshot: SnapshotInfo, start: date) -> Markup:
    return filled(
        '<div class="viewline">{}{}</div>',
        _breadcrumb(context, page, regions),
        period_menu(context, page, start, snapshot.data_through),
    )


def _breadcrumb(context: Context, page: PageEntry, regions: pd.DataFrame) -> Markup:
    steps = []
    for code in region_path(regions, context.region):
        name = region_name(regions, code, context.language)
        if code == context.region:
            steps.append(filled('<li aria-current="location">{}</li>', name))
        elif not regions.at[code, "in_scope"]:
            steps.append(filled("<li>{}</li>", name))
        else:
            steps.append(filled('<li><a href="{}">{}</a></li>', context.href(page.url_path, region=code), name))
    return filled(
        '<nav class="breadcrumb" aria-label="{}"><ol>{}</ol></nav>',
        t("nav.breadcrumb", context.language),
        joined(steps),
    )


def _footer(language: str, snapshot: SnapshotInfo, late: int | None) -> Markup:
    """Return the foot of a page; ``late`` is None where no region could be late."""
    parts = [
        t("footer.snapshot", language, snapshot=snapshot.snapshot_id),
        t("footer.data_through", language, day=snapshot.data_through.isoformat()),
        t("footer.late", language, count=late)
        if late
        else t("footer.late_not_told" if late is None else "footer.none_late", language),
    ]
    marks = [t("footer.demonstration", language)] if snapshot.is_demonstration else []
    number = snapshot.dataset.get("map_review_no", "").strip()
    real = snapshot.dataset.get("real_geography") == "1"
    review = t("footer.map_review", language, number=number or MISSING)
    if not number:
        review = f"{review} {t('footer.unreviewed' if real else 'footer.fictional', language)}"
    spans = joined(filled("<span>{}</span>", part) for part in [*parts, review])
    owner = snapshot.dataset.get("attribution", "").strip()
    if owner:
        spans += filled("<span>{}</span>", t("footer.attribution", language, owner=owner))
    badges = joined(filled('<strong class="badge">{}</strong>', mark) for mark in marks)
    return filled(
        '<footer class="page-foot">{}{}<span class="custody">{}</span></footer>',
        badges,
        spans,
        t("footer.custody", language),
    )


def _tell_browser(language: str, until: float) -> str:
    """Return what the browser must know: the language, which a link can change, and in how many seconds the sign-in ends."""
    left = max(0, math.ceil(until - time.time())) if math.isfinite(until) else "null"
    return f"<script>document.documentElement.lang={HTML_LANGUAGE[language]!r};window.signInEnds?.({left});</script>"
