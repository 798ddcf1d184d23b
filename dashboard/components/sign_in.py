"""What a viewer meets before the pages: the way to sign in, the answer to an account without a role, a page not allowed."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from dashboard.components.html import filled, joined, place_html
from dashboard.components.messages import empty_state
from dashboard.context import Context, role_name
from dashboard.i18n import LANGUAGES, t
from dashboard.navigation import PageEntry, may_open
from dashboard.settings import (
    current_account,
    record_list,
    record_refused,
    record_sign_in,
    snapshot_reader,
    view_as,
    viewed_as,
)
from dashboard.sign_in.accounts import Account, NoRoleError, SignInRequired
from dashboard.sign_in.settings import sign_in_mode
from data_access.access import Scope, load_roles
from data_access.errors import AuditUnavailableError, DataAccessError


def signed_in(language: str) -> Account | None:
    """Return the account of whoever is here with a role; without one, draw what to do."""
    try:
        account = current_account()
    except SignInRequired as error:
        said = [] if error.code == SignInRequired.default_code else [error.message(language)]
        _gate(language, t("sign_in.title", language), *said, t("sign_in.note", language))
        if sign_in_mode() == "oidc":
            st.button(t("sign_in.button", language), type="primary", on_click=st.login, key="sign-in")
        return None
    except NoRoleError as error:
        known_as = t("sign_in.signed_in_as", language, account=error.details["subject"])
        _gate(language, t("sign_in.no_role", language), error.message(language), known_as)
        if sign_in_mode() == "oidc":
            st.button(t("sign_in.out", language), on_click=st.logout, key="sign-out")
        return None
    record_sign_in(account)
    return account


def allowed(context: Context, entry: PageEntry) -> bool:
    """Return whether the viewer's role may open the page; otherwise say so, and record it."""
    role = context.viewer.permissions
    if may_open(role, entry):
        return True
    record_refused(context.viewer, page=entry.url_path)
    name = role_name(role, snapshot_reader().snapshot(), context.language)
    empty_state(
        t("sign_in.not_allowed", context.language, role=name), t("sign_in.not_allowed_advice", context.language)
    )
    return False


def list_refusal(context: Context, allowed: bool, table: str, **asked: str) -> tuple[str, str] | None:
    """Return why a list of single records is not shown, and what to do; None once it is recorded who opens it.

    Called at every run: what a screen holds ready is shared by all who see the same.
    """
    if not allowed:
        return t("work.no_records", context.language), t("work.no_records_advice", context.language)
    try:
        record_list(context.viewer, table, region=context.region, period=str(context.period), **asked)
    except AuditUnavailableError as error:
        return error.message(context.language), t("work.unrecorded_advice", context.language)
    return None


def account_menu(account: Account, language: str, regions: dict[str, str]) -> None:
    """Draw, for an account, the way out, and for an administrator the choice of another role's view.

    Parameters
    ----------
    account : Account
        Who is here.
    language : {"zh", "en"}
    regions : dict
        Code and name of the regions to choose from.
    """
    if not account.subject and not account.scope.permissions.administers:
        return
    with st.popover(t("sign_in.account", language), key="account"):
        if account.subject:
            st.text(account.subject)
            if sign_in_mode() == "oidc":
                st.button(t("sign_in.out", language), on_click=st.logout, key="sign-out")
        if account.scope.permissions.administers:
            _view_as(account.scope, language, regions)


def _view_as(own: Scope, language: str, regions: dict[str, str]) -> None:
    now = viewed_as() or own
    snapshot = snapshot_reader().snapshot()
    roles = {key: role_name(role, snapshot, language) for key, role in load_roles().items()}
    with st.form("view-as", border=False):
        role = st.selectbox(
            t("sign_in.role", language), list(roles), index=list(roles).index(now.role), format_func=roles.__getitem__
        )
        codes = list(regions)
        place = codes.index(now.region_code) if now.region_code in codes else 0
        region = st.selectbox(t("sign_in.region", language), codes, index=place, format_func=regions.__getitem__)
        if st.form_submit_button(t("sign_in.view_as", language)):
            _look(Scope(role, region), own, language)
    if viewed_as() is not None and st.button(t("sign_in.own_view", language), key="own-view"):
        _look(None, own, language)


def _look(scope: Scope | None, own: Scope, language: str) -> None:
    try:
        view_as(scope)
    except DataAccessError as error:
        st.error(error.message(language))
        return
    st.query_params["region"] = (scope or own).region_code  # the one looked at may lie outside
    st.rerun()


def _gate(language: str, title: str, *texts: str) -> None:
    other = next(each for each in LANGUAGES if each != language)
    place_html(
        filled(
            '<section class="gate"><header><b>{}</b><a href="?{}">{}</a></header><h1>{}</h1>{}</section>',
            t("app.title", language),
            urlencode({**st.query_params.to_dict(), "lang": other}),
            t("sign_in.language", other),
            title,
            joined(filled("<p>{}</p>", text) for text in texts),
        )
    )
