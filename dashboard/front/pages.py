"""Page addresses are answered with our own shell, unknown ones with a page that says so, all with security headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.front.shell import not_found_page, page_shell
from dashboard.navigation import DEFAULT_PAGE, PAGES

# Nothing is loaded from another host. Streamlit needs inline scripts and styles; maps draw in blob workers.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob: data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_PAGES = {
    "_stcore",
    "media",
    "component",
    "static",
    "app",
    "assets",
    "geo",
    "map-style",
    "healthz",
    "wall",
    "auth",
    "oauth2callback",
}
"""First parts of addresses that belong to Streamlit or to our routes."""


class SecurityHeaders:
    """Add the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class PageShell:
    """Answer page addresses with our own shell, and unknown ones with a page that says so.

    Parameters
    ----------
    app : ASGIApp
        Answers everything else.
    still : callable, optional
        Given the parameters of the overview's address, returns what its shell shows until the overview itself stands.
    """

    def __init__(self, app: ASGIApp, still: Callable[[Mapping[str, str]], str] = lambda _parameters: "") -> None:
        self.app, self._still = app, still

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a page address, or pass the request on."""
        response = self._response(scope) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        await (response or self.app)(scope, receive, send)

    def _response(self, scope: Scope) -> Response | None:
        path = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        parameters = QueryParams(scope.get("query_string", b""))
        if path == DEFAULT_PAGE:
            query = urlencode(parameters.multi_items())
            return RedirectResponse(f"/?{query}" if query else "/", status_code=307)
        if path == "" and "screen" in parameters:
            return RedirectResponse(f"/wall?{urlencode({'screen': parameters['screen']})}", status_code=307)
        if path == "" and (still := self._still(parameters)):
            return HTMLResponse(page_shell(path, parameters, still), headers={"Cache-Control": "no-store"})
        if path == "" or path in {page.url_path for page in PAGES}:
            return HTMLResponse(page_shell(path, parameters), headers={"Cache-Control": "no-cache"})
        first = PurePosixPath(path).parts[0]
        if first in NOT_PAGES or ("." in path and "/" not in path):
            return None
        return HTMLResponse(not_found_page(parameters), status_code=404)
