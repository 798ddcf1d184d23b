"""What happens to every request before it is answered: who asks, and whether they may."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.front.loopback import is_loopback
from dashboard.front.pages import PageShell, SecurityHeaders
from dashboard.server.cross_site import CrossSiteGate, refuse
from dashboard.settings import NOBODY, current_account, load_settings, record_refused, record_sign_out
from dashboard.sign_in.accounts import CLOCK_SKEW_SECONDS, WALL_CLAIMS
from dashboard.sign_in.ended import end_sign_in
from dashboard.sign_in.files import may_fetch
from dashboard.sign_in.request import claims_of_request, is_forged, is_wall_screen, keep_claims, opens_a_session
from dashboard.sign_in.settings import sign_in_mode
from data_access.errors import DataAccessError

FILES = "/media/"
FOR_ACCOUNTS = (FILES, "/_stcore/metrics")
"""Addresses of Streamlit's that hold what pages show or how the server fares, and ask nobody who they are."""
UPLOADS = "/_stcore/upload_file"
"""Streamlit keeps in memory what anybody with a session sends there, signed in or not; no page takes a file."""


class SignInGate:
    """Say to our own addresses who asks, and answer nobody from elsewhere while there is no sign-in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with what is known of who asks, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        mode = sign_in_mode()
        if mode == "off" and _comes_from_elsewhere(request):
            await refuse(scope, receive, send, "sign_in.elsewhere")
            return
        if mode == "proxy" and is_forged(request):
            await run_in_threadpool(record_refused, NOBODY, sign_in="forged_header")
            await refuse(scope, receive, send, "sign_in.title")
            return
        if scope["path"].startswith(UPLOADS):
            await refuse(scope, receive, send, "sign_in.no_uploads")
            return
        claims = claims_of_request(request, mode)
        if mode != "off" and scope["path"].startswith("/wall") and is_wall_screen(request):
            claims = WALL_CLAIMS
        keep_claims(claims)
        if scope["path"] == "/auth/logout" and claims:
            record_sign_out()
            end_sign_in(load_settings().home, claims, CLOCK_SKEW_SECONDS)
        if (
            mode != "off"
            and scope["path"].startswith(FOR_ACCOUNTS)
            and not await run_in_threadpool(_may_have, scope["path"])
        ):
            await refuse(scope, receive, send, "sign_in.title")
            return
        is_answer = scope["path"] == "/oauth2callback" and "code" in QueryParams(scope.get("query_string", b""))
        await self.app(scope, receive, _refusing_unsigned(send) if is_answer else send)


def _refusing_unsigned(send: Send) -> Send:
    """Let a sign-in without a signed token leave no cookie, and record it."""

    async def send_checked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            cookies = headers.getlist("set-cookie")
            if not opens_a_session(cookies):
                del headers["set-cookie"]
                for cookie in cookies:  # those that are taken away still are
                    if not cookie.startswith(USER_COOKIE_NAME) or "Max-Age=0" in cookie:
                        headers.append("set-cookie", cookie)
                await run_in_threadpool(record_refused, NOBODY, sign_in="token")
        await send(message)

    return send_checked


def _may_have(path: str) -> bool:
    """Return whether the account of the request may have a file or the server's figures; a file of another's is recorded."""
    try:
        account = current_account()
    except DataAccessError:
        return False
    if not path.startswith(FILES) or may_fetch(account.subject, path):
        return True
    record_refused(account.scope, export="of_another")
    return False


def _comes_from_elsewhere(request: HTTPConnection) -> bool:
    """Return whether a request reached this machine from another one, directly or through a proxy."""
    client = request.client.host if request.client else "127.0.0.1"
    return not is_loopback(client) or any(name in request.headers for name in ("forwarded", "x-forwarded-for"))


def middleware() -> list[Middleware]:
    """Return the middleware that the application puts around Streamlit."""
    return [Middleware(each) for each in (SecurityHeaders, CrossSiteGate, SignInGate, PageShell)]
