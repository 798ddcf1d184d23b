"""A page of another origin can neither frame the cockpit, nor open its socket, nor send anything in a viewer's name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import pytest

from tests.browser.screen import sign_in

ATTACKS = {
    "socket": """new Promise(done => {
        const socket = new WebSocket(own.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
        socket.onopen = () => done('opened'); socket.onerror = () => done('refused'); })""",
    "read": "fetch(own + '/wall/state', {credentials: 'include'}).then(answer => answer.text(), () => 'refused')",
    "blind": """fetch(own + '/wall/state', {credentials: 'include', mode: 'no-cors'})
        .then(answer => answer.type === 'opaque' ? 'refused' : 'read', () => 'refused')""",
    "upload": """fetch(own + '/_stcore/upload_file/a/b', {method: 'PUT', credentials: 'include', body: new FormData()})
        .then(answer => answer.status, () => 'refused')""",
    "logout": """fetch(own + '/auth/logout', {credentials: 'include', mode: 'no-cors'}).then(() => 'refused', () => 'refused')""",
    "script": """new Promise(done => { const script = document.createElement('script'); script.src = own + '/wall/state';
        script.onload = () => done('loaded'); script.onerror = () => done('refused'); document.head.append(script); })""",
}


@pytest.fixture(scope="module")
def other_origin() -> Iterator[str]:
    """An empty page on another port, under the other name of this machine: another site to the browser."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><title>other</title><body></body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://localhost:{served.server_port}"
    served.shutdown()
    served.server_close()


@pytest.fixture
def victim(browser, signed_app) -> Iterator:
    """A browser in which the county's leader has signed in."""
    context = browser.new_context(locale="zh-CN", service_workers="block")
    hosts = ("127.0.0.1", "localhost")
    context.route(
        "**/*", lambda route: route.continue_() if urlparse(route.request.url).hostname in hosts else route.abort()
    )
    page = context.new_page()
    sign_in(page, signed_app, "county")
    yield page
    context.close()


def refused_by(victim, signed_app: str, origin: str, attack: str) -> object:
    victim.goto(origin)
    return victim.evaluate(f"async own => {{ return await ({attack}); }}", signed_app)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_page_of_another_origin_shows_nothing_and_sends_nothing(victim, signed_app, other_origin, name):
    origin = other_origin.replace("localhost", name)  # the latter is the same site to the cookies, on another port
    for attack, script in ATTACKS.items():
        assert refused_by(victim, signed_app, origin, script) == "refused", attack
    answers = []
    victim.on("response", lambda answer: answers.append((urlparse(answer.url).path, answer.status)))
    victim.goto(origin)
    for path in ("/", "/trends?lang=zh", "/wall?screen=hall", "/healthz"):
        victim.evaluate(
            """address => new Promise(done => { const frame = document.createElement('iframe'); frame.src = address;
                frame.onload = done; document.body.append(frame); })""",
            signed_app + path,
        )
    assert len(victim.frames) == 5
    for frame in victim.frames:
        assert frame.locator("#root, #frame, #banner, footer").count() == 0
        assert "平安" not in frame.content() and "snapshot" not in frame.content()
    assert (("/trends", 403) in answers) and not [
        path for path, status in answers if path == "/trends" and status == 200
    ]
    victim.goto(f"{signed_app}/?lang=zh")
    victim.wait_for_selector("footer.page-foot")  # still signed in


def test_form_of_another_origin_posts_nothing(victim, signed_app, other_origin):
    victim.goto(other_origin)
    with victim.expect_response(lambda answer: answer.request.method == "POST") as answered:
        victim.evaluate(
            """address => { const form = document.createElement('form'); form.method = 'post'; form.action = address;
                document.body.append(form); form.submit(); }""",
            f"{signed_app}/auth/login",
        )
    assert answered.value.status == 403


def test_cookies_of_a_sign_in_are_kept_from_scripts_and_other_sites(victim):
    cookies = {cookie["name"]: cookie for cookie in victim.context.cookies() if cookie["name"].startswith("_streamlit")}
    assert "_streamlit_user" in cookies
    for name, cookie in cookies.items():
        assert cookie["sameSite"] in ("Lax", "Strict"), name
        assert cookie["httpOnly"] or name == "_streamlit_xsrf"
