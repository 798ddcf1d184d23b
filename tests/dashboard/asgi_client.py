"""Asks the application for an address in the test's own process, as a web server would pass it on."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket

from dashboard import server


@dataclass
class Answer:
    status_code: int
    headers: Headers
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> dict:
        return json.loads(self.content)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()


class Client:
    """Asks the application for an address, as a web server would pass it on."""

    def __init__(self) -> None:
        behind = [WebSocketRoute("/_stcore/stream", _socket), Mount("/", app=PlainTextResponse("Streamlit"))]
        self.app = Starlette(routes=[*server.routes(), *behind], middleware=server.middleware())

    def get(self, address: str, params: dict[str, str] | None = None, **options) -> Answer:
        """Ask with GET; options as :meth:`ask` has them."""
        return self.ask("GET", address, params, **options)

    def ask(
        self,
        method: str,
        address: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        scheme: str = "http",
    ) -> Answer:
        """Ask with a method, or, with the scheme ``ws``, for a socket: 101 when it opens, else the code it closes with."""
        path, query = urlsplit(address).path, urlencode(params or {}) or urlsplit(address).query
        scope = {"type": "websocket"} if scheme == "ws" else {"type": "http", "method": method}
        scope |= {"path": path, "raw_path": quote(path).encode()}
        scope |= {"query_string": query.encode(), "root_path": "", "scheme": scheme}
        scope |= {"headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]}
        scope |= {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "http_version": "1.1"}
        sent: list[dict] = []

        async def receive() -> dict:
            return (
                {"type": "websocket.connect"}
                if scheme == "ws"
                else {"type": "http.request", "body": b"", "more_body": False}
            )

        async def send(message: dict) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        if scheme == "ws":
            return Answer(sent[0].get("code", 101), Headers(), b"")
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], Headers(raw=sent[0]["headers"]), body)
