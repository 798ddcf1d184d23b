"""Answers what needs no data while the cockpit loads, lets everything else wait for it, and then passes all on to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.front.files import OWN_FILES, own_files, streamlit_file, streamlit_files
from dashboard.front.loopback import host_name, is_loopback
from dashboard.front.pages import PageShell, SecurityHeaders
from dashboard.front.shell import asked_look
from dashboard.front.still import shown_still
from dashboard.navigation import PAGES
from data_access.home import Home

EARLY_ADDRESSES = {"/", *(f"/{page.url_path}" for page in PAGES), *OWN_FILES, *streamlit_files()}


class Cockpit(Protocol):
    """What is loaded: an ASGI app, and what it does before its first and after its last request, as ``st.App`` is."""

    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        """Return what to enter before the first request and leave after the last."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""


class Front:
    """The ASGI app that stands in front of the cockpit from the first moment on.

    Parameters
    ----------
    load : callable
        Returns the cockpit; called once, in a thread.
    stop : callable
        Ends the server, when the cockpit can't be loaded; :attr:`failure` says why.
    """

    def __init__(self, load: Callable[[], Cockpit], stop: Callable[[], None]) -> None:
        self._load, self._stop = load, stop
        self._early = Starlette(
            routes=[*own_files(), Route("/static/{file:path}", streamlit_file)],
            middleware=[Middleware(SecurityHeaders), Middleware(PageShell, still=_still)],
        )
        self._cockpit: ASGIApp = _absent
        self._is_decided = asyncio.Event()
        self.failure: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer now, or as soon as the cockpit can."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if not self._is_decided.is_set() and may_be_answered_early(scope):
            await self._early(scope, receive, send)
            return
        await self._is_decided.wait()
        await self._cockpit(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        try:
            cockpit = await asyncio.to_thread(self._load)
            async with cockpit.lifespan()(cockpit):
                self._cockpit = cockpit
                self._is_decided.set()
                await receive()
        except (Exception, SystemExit) as failure:  # noqa: BLE001 (a refused start ends with a sentence by exit)
            self.failure = failure
            self._is_decided.set()
            self._stop()
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def may_be_answered_early(scope: Scope) -> bool:
    """Return whether a request asks for nothing but the program, and comes from a browser of this machine by itself.

    The cockpit refuses no such request, whoever asks. Any other waits for the cockpit, which knows what to refuse.
    """
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    request = HTTPConnection(scope)
    host = request.headers.get("host", "")
    return (
        scope["path"] in EARLY_ADDRESSES
        and request.client is not None
        and is_loopback(request.client.host)
        and is_loopback(host_name(host))
        and request.headers.get("origin", f"http://{host}") == f"http://{host}"
        and request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        and not any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    )


def _still(parameters: Mapping[str, str]) -> str:
    return shown_still(Home.default(), parameters, *asked_look(parameters))


async def _absent(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1011})
    else:
        await PlainTextResponse("", status_code=503)(scope, receive, send)
