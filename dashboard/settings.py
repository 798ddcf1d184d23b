"""What the process was started with: data folder, viewer; and the one reader all sessions share."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.sign_in.accounts import WALL_CLAIMS, WALL_SUBJECT, Account, NoRoleError, SignInRequired, account_of
from dashboard.sign_in.request import current_claims
from dashboard.sign_in.settings import Mode, sign_in_mode
from dashboard.sign_in.start import check_open
from data_access.access import Scope
from data_access.audit import AuditBook, acting_as
from data_access.errors import AuditUnavailableError, DataAccessError, ScopeError
from data_access.home import Home
from data_access.queries import SnapshotReader

ROLE_VARIABLE = "PINGAN_ROLE"
REGION_VARIABLE = "PINGAN_REGION"
DEFAULT_ROLE = "city_leader"
WALL_ROLE_VARIABLE = "PINGAN_WALL_ROLE"
WALL_REGION_VARIABLE = "PINGAN_WALL_REGION"
DEFAULT_WALL_ROLE = "duty_officer"
NOBODY = Scope("", "")
"""Who is refused before it is known what they hold."""
REGION_CHARACTERS = 40
"""How much of an address that names no region in scope is recorded."""
_VIEW_AS = "pingan_view_as"
_RECORDED = "pingan_sign_in_recorded"
_CAME_AT = "pingan_came_at"
log = logging.getLogger("pingan")

# Screens handle many frames of a few rows, where text as Python objects costs a third less than text in Arrow's arrays.
pd.options.mode.string_storage = "python"


@dataclass(frozen=True)
class Settings:
    """Where the data are and who looks at them."""

    home: Home
    role: str
    region_code: str | None
    """Region the viewer is confined to; the whole data set when empty."""


def load_settings() -> Settings:
    """Read the settings from the environment (``PINGAN_HOME``, ``PINGAN_ROLE``, ``PINGAN_REGION``)."""
    return Settings(
        home=Home.default(),
        role=os.environ.get(ROLE_VARIABLE, DEFAULT_ROLE),
        region_code=os.environ.get(REGION_VARIABLE) or None,
    )


@st.cache_resource(show_spinner=False)
def snapshot_reader() -> SnapshotReader:
    """Return the reader that every session and route of this process shares."""
    return SnapshotReader(load_settings().home)


def current_account() -> Account:
    """Return who is signed in and what they hold; without sign-in, what the environment says.

    Raises
    ------
    SignInRequired, NoRoleError
        When nobody is signed in, or the account holds no role; without sign-in when the data are not for everybody.
    ConfigError
        When the role is not in config/roles.toml.
    NoSnapshotError
        When nothing has been published, so that the outermost region is unknown.
    """
    mode = sign_in_mode()
    snapshot = snapshot_reader().snapshot()
    root_code = snapshot.root_code
    settings = load_settings()
    if mode == "off":
        check_open(snapshot)
        account = Account("", Scope(settings.role, settings.region_code or root_code))
    elif (claims := current_claims()) is WALL_CLAIMS:
        role = os.environ.get(WALL_ROLE_VARIABLE, DEFAULT_WALL_ROLE)
        account = Account(WALL_SUBJECT, Scope(role, os.environ.get(WALL_REGION_VARIABLE) or root_code))
    else:
        account = _signed_in(claims, mode, settings.home, root_code)
    _ = account.scope.permissions
    acting_as(account.subject)
    return account


def _signed_in(claims: Mapping[str, object], mode: Mode, home: Home, root_code: str) -> Account:
    """Return the account of a sign-in; record one that is refused, whatever was asked for."""
    try:
        return account_of(claims, mode, home, root_code)
    except SignInRequired as error:
        if error.code != SignInRequired.default_code:  # nobody signed in yet is no refusal
            record_refused(NOBODY, sign_in=error.code)
        raise
    except NoRoleError as error:
        record_refused(NOBODY, sign_in=error.code, account=str(error.details["subject"]))
        raise


def current_viewer(account: Account | None = None) -> Scope:
    """Return who looks at the screen: the account's scope, or the one that an administrator looks through.

    Parameters
    ----------
    account : Account, optional
        Who is signed in, where that is known already.

    Raises
    ------
    SignInRequired, NoRoleError, ConfigError, NoSnapshotError
        As :func:`current_account`.
    """
    own = (account or current_account()).scope
    return viewed_as() or own


def viewed_as() -> Scope | None:
    """Return the scope that an administrator looks through in this session, if any."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    chosen = st.session_state.get(_VIEW_AS)
    # An account may have lost the right since it chose.
    return chosen if isinstance(chosen, Scope) and current_account().scope.permissions.administers else None


def refuse_writing_as_another() -> None:
    """Refuse to write in the name of a role that is only looked through, and record it.

    Raises
    ------
    ScopeError
    """
    seen = viewed_as()
    if seen is not None:
        record_refused(current_account().scope, seen=f"{seen.role}@{seen.region_code}", permission="writes")
        raise ScopeError(
            "You only look as this role does; nothing is written in its name. Go back to your own view.",
            "您只是以此身份查看，不能以其名义填写。请恢复本人身份。",
        )


def view_as(scope: Scope | None) -> None:
    """Look through another scope from the next run on, or one's own again; recorded for the auditor.

    Raises
    ------
    ScopeError
        When the account is no administrator's.
    """
    account = current_account()
    if not account.scope.permissions.administers:
        record_refused(account.scope, permission="administers")
        raise ScopeError("Only an administrator may look as another role does.", "只有系统管理员可以切换查看身份。")
    snapshot_id = snapshot_reader().snapshot().snapshot_id
    seen = f"{scope.role}@{scope.region_code}" if scope else ""
    AuditBook(load_settings().home).record("view_as", account.scope, snapshot_id, seen=seen)
    st.session_state[_VIEW_AS] = scope


def record_sign_out() -> None:
    """Record that the account of the request signs out; an account without a role leaves no line."""
    with contextlib.suppress(DataAccessError):
        account = current_account()
        snapshot_id = snapshot_reader().snapshot().snapshot_id
        AuditBook(load_settings().home).record("sign_out", account.scope, snapshot_id)


def record_sign_in(account: Account) -> None:
    """Record, once a session, that an account has come in; what can't be written now is written at a later run.

    Raises
    ------
    AuditUnavailableError
        When the record can't be written although the store can be reached.
    """
    if not account.subject or st.session_state.get(_RECORDED) == account.subject:
        return
    reader = snapshot_reader()
    came_at = st.session_state.setdefault(_CAME_AT, datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        snapshot_id = reader.snapshot().snapshot_id
        AuditBook(load_settings().home).record("sign_in", account.scope, snapshot_id, at=came_at)
    except AuditUnavailableError:
        # The last good numbers stay readable while the database is away; lists and exports do not.
        if reader.unreachable_since() is None:
            raise
        log.warning("A sign-in of %s at %s is yet to be recorded", account.scope.role, came_at)
        return
    st.session_state[_RECORDED] = account.subject


def record_list(viewer: Scope, table: str, **asked: str) -> None:
    """Record, once in a while, that a list of single records is opened.

    Raises
    ------
    AuditUnavailableError
        When that can't be written.
    """
    snapshot_id = snapshot_reader().snapshot().snapshot_id
    AuditBook(load_settings().home).record_once("records", viewer, snapshot_id, table=table, **asked)


def refuse_region(viewer: Scope, asked: str | None) -> bool:
    """Return whether ``asked`` is a region out of the viewer's scope, or none at all, and record it then.

    Both are answered alike, so that neither is revealed.
    """
    if asked is None:
        return False
    regions = snapshot_reader().regions(viewer)
    if asked in regions.index and bool(regions.at[asked, "in_scope"]):
        return False
    record_refused(viewer, region=asked[:REGION_CHARACTERS])
    return True


def record_refused(scope: Scope, **asked: str) -> None:
    """Record that something was asked for that the scope doesn't hold; a refusal stands even where that can't be written."""
    with contextlib.suppress(DataAccessError):
        AuditBook(load_settings().home).record_refused(scope, snapshot_reader().snapshot().snapshot_id, **asked)
