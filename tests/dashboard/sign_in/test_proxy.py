"""Sign-in by a proxy's header: only what the proxy wrote says who asks."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from streamlit import config

from dashboard.server import middleware
from dashboard.sign_in import request as sign_in_request
from dashboard.sign_in.request import claims_of_request, is_forged
from dashboard.sign_in.settings import sign_in_settings
from data_access.access import Scope
from data_access.audit import AuditBook
from tests.data_access.small_city import CITY

HEADER, PROXY = "X-Remote-User", ("127.0.0.1", 40_000)


@pytest.fixture(autouse=True)
def proxy_signs_in(monkeypatch):
    monkeypatch.setenv("PINGAN_SIGN_IN", "proxy")
    before = config.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", {HEADER: "sub"})
    yield
    config.set_option("server.trustedUserHeaders", before)


def scope_of(*headers: tuple[str, str], client: tuple[str, int] | None = PROXY, kind: str = "http") -> dict:
    named = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "path": "/_stcore/stream", "raw_path": b"", "query_string": b"", "root_path": ""}
    return scope | {"headers": named, "client": client, "server": ("127.0.0.1", 80), "scheme": "http", "method": "GET"}


def answer(scope: dict) -> int:
    """Return the status, or the code that a socket is closed with."""
    app = Starlette(routes=[Mount("/", app=PlainTextResponse("Streamlit"))], middleware=middleware())
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b""}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0].get("status") or sent[0]["code"]


@pytest.mark.parametrize("client", [PROXY, ("::1", 40_000), ("203.0.113.7", 0), ("10.0.0.9", 40_000), None])
def test_header_of_the_proxy_says_who_asks_whatever_its_case(monkeypatch, client):
    known = sign_in_settings().model_copy(update={"proxies": ("10.0.0.9",)})
    monkeypatch.setattr(sign_in_request, "sign_in_settings", lambda: known)
    asked = HTTPConnection(scope_of(("x-REMOTE-user", "li.wei"), client=client))
    assert not is_forged(asked)
    assert claims_of_request(asked, "proxy") == {"sub": "li.wei"}


@pytest.mark.parametrize(
    "forged",
    [
        scope_of((HEADER, "city"), (HEADER, "county")),
        scope_of((HEADER, "city"), ("x-remote-USER", "")),
        scope_of((HEADER, "city"), client=("203.0.113.7", 40_000)),
        scope_of((HEADER, "city"), client=("203.0.113.7", 40_000), kind="websocket"),
        scope_of((HEADER, "city"), ("X-Forwarded-For", "127.0.0.1"), client=("203.0.113.7", 40_000)),
    ],
    ids=["two values", "two spellings", "past the proxy", "socket past the proxy", "claims to be this machine"],
)
def test_header_that_the_proxy_did_not_write_alone_is_refused_and_recorded(served_small_city, forged):
    assert answer(forged) in (403, 1008)
    lines = AuditBook(served_small_city).lines(Scope("auditor", CITY), "refused")
    assert '{"sign_in":"forged_header"}' in lines["details"].tolist()


def test_request_from_elsewhere_without_the_header_is_nobodys(served_small_city):
    assert answer(scope_of(client=("203.0.113.7", 40_000))) == 200
    assert claims_of_request(HTTPConnection(scope_of(client=("203.0.113.7", 40_000))), "proxy") == {"sub": None}
