"""Requests that another site makes the viewer's browser send: refused, whatever cookies come with them."""

from __future__ import annotations

import contextlib
import logging

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import get_origin_from_redirect_uri

from dashboard.front.loopback import host_name, is_loopback
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, t
from dashboard.settings import current_account, record_refused
from dashboard.sign_in.request import claims_of_request, keep_claims
from dashboard.sign_in.settings import sign_in_mode
from data_access.errors import DataAccessError

SAFE_METHODS = ("GET", "HEAD")
OWN_SITE = ("same-origin", "none")
"""What a browser says of a request that a page of this origin, or the viewer, made (Sec-Fetch-Site)."""
log = logging.getLogger("pingan")


class CrossSiteGate:
    """Let other sites do no more than lead a viewer here by a link; let no address but the own lead to this server.

    Streamlit alone lets pages of any port of this machine open its socket, and knows no host of its own, so that a
    name pointed at 127.0.0.1 (DNS rebinding) would count as the same origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if comes_from_another_site(request, scope.get("method", "")):
            await run_in_threadpool(_record, request)
            await refuse(scope, receive, send, "sign_in.other_site")
            return
        await self.app(scope, receive, _with_safe_cookies(send) if _is_encrypted(request) else send)


def comes_from_another_site(request: HTTPConnection, method: str) -> bool:
    """Return whether a page of another origin made the request; a link that leads a viewer here is none."""
    host = request.headers.get("host")  # every browser names it
    if sign_in_mode() == "off" and host is not None and not is_loopback(host_name(host)):
        return True
    origin = request.headers.get("origin")
    if origin is not None and not _is_own(origin, host):
        return True
    if request.headers.get("sec-fetch-site", "none") in OWN_SITE:
        return False
    is_followed_link = request.headers.get("sec-fetch-mode") == "navigate" and method in SAFE_METHODS
    is_shown_alone = request.headers.get("sec-fetch-dest") == "document"  # not in a frame
    return not (is_followed_link and is_shown_alone) or request.url.path == "/auth/logout"


async def refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    """Answer that the request is refused, by the key of a text that says why; a socket is closed before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        asked = QueryParams(scope.get("query_string", b"")).get("lang")
        said = t(why, asked if asked in LANGUAGES else DEFAULT_LANGUAGE)
        await PlainTextResponse(said, status_code=403)(scope, receive, send)


def _is_own(origin: str, host: str | None) -> bool:
    own = {f"http://{host}", f"https://{host}", get_origin_from_redirect_uri()}
    return origin in own or origin in config.get_option("server.corsAllowedOrigins")


def _record(request: HTTPConnection) -> None:
    first = request.url.path.strip("/").partition("/")[0]
    log.warning("A request for /%s was refused: another site made it", first[:20])
    with contextlib.suppress(DataAccessError):  # without an account there is nobody to name
        keep_claims(claims_of_request(request, sign_in_mode()))
        record_refused(current_account().scope, cross_site=first[:20])


def _is_encrypted(request: HTTPConnection) -> bool:
    outside = request.headers.get("x-forwarded-proto", request.url.scheme)
    return outside in ("https", "wss") or (get_origin_from_redirect_uri() or "").startswith("https:")


def _with_safe_cookies(send: Send) -> Send:
    async def send_with_safe_cookies(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            cookies = headers.getlist("set-cookie")
            del headers["set-cookie"]
            for cookie in cookies:
                headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
        await send(message)

    return send_with_safe_cookies
