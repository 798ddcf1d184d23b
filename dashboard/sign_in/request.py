"""What a request or a running page says of who is signed in: the signed cookie, the proxy's headers, the wall's token."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from http.cookies import SimpleCookie

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit import config
from streamlit.auth_util import get_origin_from_redirect_uri
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import (
    _get_signed_cookie_with_chunks,
    gather_user_info,
)

from dashboard.front.loopback import is_loopback
from dashboard.sign_in.settings import Mode, sign_in_settings

WALL_TOKEN_VARIABLE = "PINGAN_WALL_TOKEN"  # nosec B105  # the variable's name, not a token
WALL_COOKIE = "pingan_wall"
_claims: ContextVar[Mapping[str, object] | None] = ContextVar("claims", default=None)


def current_claims() -> Mapping[str, object]:
    """Return what is known of who asks, in a running page or in a request to one of our own addresses."""
    if get_script_run_ctx(suppress_warning=True) is not None:
        return st.user.to_dict()
    return _claims.get() or {}


def keep_claims(claims: Mapping[str, object]) -> None:
    """Say who asks, for the rest of a request."""
    _claims.set(claims)


def claims_of_request(request: HTTPConnection, mode: Mode) -> Mapping[str, object]:
    """Return what a request to one of our own addresses says of who asks; empty when nobody is signed in."""
    if mode == "proxy":
        return gather_user_info(request.headers)
    if mode != "oidc":
        return {}
    signed = _get_signed_cookie_with_chunks(dict(request.cookies), USER_COOKIE_NAME)
    try:
        claims = json.loads(signed) if signed else {}
    except ValueError:
        return {}
    # As for the pages themselves: a cookie counts only for the address it was given for.
    return claims if claims.get("origin") == get_origin_from_redirect_uri() else {}


def is_forged(request: HTTPConnection) -> bool:
    """Return whether a request names its account in a proxy's header that the proxy can't have written.

    One that comes from another machine than the proxy's, or that repeats the header: a proxy that adds its own value
    behind the one it was sent would leave the sender's first.
    """
    given = [request.headers.getlist(name) for name in config.get_option("server.trustedUserHeaders") or ()]
    if not any(given):
        return False
    # The server writes the address that a proxy of this machine forwards in place of its own, with port 0.
    client = request.client
    is_the_proxy = (
        client is None or client.port == 0 or is_loopback(client.host) or client.host in sign_in_settings().proxies
    )
    return not is_the_proxy or any(len(values) > 1 for values in given)


def opens_a_session(cookies: Sequence[str]) -> bool:
    """Return whether cookies that Streamlit is about to give stand for a token that its provider signed.

    Streamlit takes an unsigned one where the provider's metadata list ``none`` among its algorithms.
    """
    given: SimpleCookie = SimpleCookie()
    for cookie in cookies:
        given.load(cookie)
    values = {name: each.value for name, each in given.items()}
    if not values.get(USER_COOKIE_NAME):
        return False
    try:
        token = json.loads(_get_signed_cookie_with_chunks(values, TOKENS_COOKIE_NAME) or "{}")["id_token"]
        header = json.loads(urlsafe_b64decode(token.partition(".")[0] + "=="))
    except (ValueError, KeyError):
        return False
    return str(header.get("alg", "none")).lower() != "none"


def is_wall_token(token: str | None) -> bool:
    """Return whether ``token`` is the one that opens the wall screens without a sign-in."""
    known = os.environ.get(WALL_TOKEN_VARIABLE, "")
    return bool(known) and hmac.compare_digest((token or "").encode(), known.encode())


def wall_cookie() -> str:
    """Return the value of the cookie that a wall screen keeps: it proves the token without repeating it."""
    token = os.environ.get(WALL_TOKEN_VARIABLE, "")
    return hmac.new(get_cookie_secret().encode() + token.encode(), b"wall", hashlib.sha256).hexdigest()


def is_wall_screen(request: HTTPConnection) -> bool:
    """Return whether a request comes from a screen that was opened with the wall's token."""
    given = request.cookies.get(WALL_COOKIE, "")
    return bool(os.environ.get(WALL_TOKEN_VARIABLE)) and hmac.compare_digest(given.encode(), wall_cookie().encode())
