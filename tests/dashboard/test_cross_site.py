"""What another site makes the viewer's browser send is refused, and cookies are kept from where they could be read."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard.server import middleware
from data_access.access import Scope
from data_access.audit import AuditBook
from tests.dashboard.asgi_client import Client
from tests.data_access.small_city import CITY

OWN = "127.0.0.1:8501"
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PATHS = (
    "/",
    "/trends",
    "/wall/frame?screen=hall",
    "/_stcore/upload_file/a/b",
    "/media/x.xlsx",
    "/auth/login",
    "/healthz",
)


@pytest.fixture
def client(served_small_city) -> Client:
    return Client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:9999"},  # another program of this machine; Streamlit alone lets it in
        {"Origin": "http://localhost:8501"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "embed"},
    ],
)
def test_request_of_another_site_is_refused(client, path, method, headers):
    assert client.ask(method, path, headers={"Host": OWN, **headers}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:9999", "http://localhost:8501", "https://evil.example", "null", ""]
)
def test_socket_of_another_site_does_not_open(client, origin):
    assert (
        client.ask("GET", "/_stcore/stream", headers={"Host": OWN, "Origin": origin}, scheme="ws").status_code == 1008
    )


def test_own_pages_open_their_socket_and_post(client):
    headers = {"Host": OWN, "Origin": f"http://{OWN}", "Sec-Fetch-Site": "same-origin"}
    assert client.ask("GET", "/_stcore/stream", headers=headers, scheme="ws").status_code == 101
    assert client.ask("POST", "/_stcore/other", headers=headers).text == "Streamlit"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_no_file_is_taken_from_anybody(client, method):
    assert client.ask(method, "/_stcore/upload_file/session/file", headers={"Host": OWN}).status_code == 403


def test_link_of_another_site_leads_here_but_never_out_of_the_session(client):
    assert client.get("/trends", headers={"Host": OWN, **LINK}).status_code == 200
    assert client.ask("POST", "/trends", headers={"Host": OWN, **LINK}).status_code == 403
    assert client.get("/auth/logout", headers={"Host": OWN, **LINK}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example:8501", "127.0.0.1.evil.example", "[", "192.168.1.5:8501", ""])
def test_name_that_was_pointed_at_this_machine_reads_nothing_where_nobody_signs_in(client, host):
    for scheme in ("http", "ws"):
        answer = client.ask("GET", "/_stcore/stream", headers={"Host": host, "Origin": f"http://{host}"}, scheme=scheme)
        assert answer.status_code in (403, 1008)


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "[::1]:8501"])
def test_names_of_this_machine_are_answered(client, host):
    assert client.get("/", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


def test_refusal_is_recorded(client, served_small_city):
    client.get("/wall/frame", headers={"Host": OWN, "Origin": "https://evil.example"})
    lines = AuditBook(served_small_city).lines(Scope("auditor", CITY), "refused")
    assert '{"cross_site":"wall"}' in lines["details"].tolist()


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [({}, False), ({"X-Forwarded-Proto": "https"}, True), ({"X-Forwarded-Proto": "http"}, False)],
)
def test_cookies_are_marked_secure_behind_tls(served_small_city, headers, is_secure):
    def answer(_request):
        said = PlainTextResponse("")
        said.set_cookie("one", "1", httponly=True, samesite="lax")
        said.set_cookie("two", "2", secure=True)
        return said

    client = Client()
    client.app = Starlette(routes=[Route("/healthz", answer)], middleware=middleware())
    cookies = client.get("/healthz", headers=headers).headers.getlist("set-cookie")
    assert [cookie.lower().count("; secure") for cookie in cookies] == [int(is_secure), 1]


def test_no_page_may_be_framed_nor_its_answers_be_embedded_by_another_origin(client):
    for path in PATHS:
        headers = client.get(path).headers
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
