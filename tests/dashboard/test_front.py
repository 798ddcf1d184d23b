"""What is answered while the cockpit loads, what waits for it, and how a start that fails ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket
from streamlit.web.server.starlette.starlette_server import _get_uvicorn_config_kwargs
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from dashboard import server
from dashboard.front.__main__ import SERVING, early_address
from dashboard.front.files import STREAMLIT_FILES
from dashboard.front.waiting import Front
from data_access.home import HOME_VARIABLE
from tests.servers import LOOPBACK, REPOSITORY, free_port, wait_until

PART = next(file.name for file in (STREAMLIT_FILES / "static" / "js").iterdir())
STYLES = next(file.name for file in (STREAMLIT_FILES / "static" / "css").iterdir())
EARLY = ("/", "/trends", "/?lang=en&theme=dark", "/overview", "/assets/cockpit.css", "/assets/icon.svg")
FILES = (f"/static/js/{PART}", f"/static/css/{STYLES}")
OWN = {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501", "sec-fetch-site": "same-origin"}
AT_ONCE = 0.5
"""Seconds within which nothing more is waited for."""


class Cockpit(Starlette):
    """What stands behind: our own routes and middleware, Streamlit's files, and a socket."""

    def __init__(self) -> None:
        async def stream(socket: WebSocket) -> None:
            await socket.accept()

        files = create_streamlit_static_handler(str(STREAMLIT_FILES), "")
        behind = [WebSocketRoute("/_stcore/stream", stream), Mount("/", app=files)]
        super().__init__(routes=[*server.routes(), *behind], middleware=server.middleware())
        self.lived: list[str] = []

    def lifespan(self):
        @asynccontextmanager
        async def live(_app):
            self.lived.append("started")
            yield
            self.lived.append("ended")

        return live


async def asked(app, address: str, headers: dict[str, str] = OWN, kind: str = "http", client: str = LOOPBACK) -> dict:
    """Return the first message of an answer, and what its body was."""
    path, _, query = address.partition("?")
    scope = {"type": kind, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {"root_path": "", "scheme": "ws" if kind == "websocket" else "http", "http_version": "1.1"}
    scope |= {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    scope |= {"server": (LOOPBACK, 8501), "client": (client, 50000)}
    receiving: asyncio.Queue[dict] = asyncio.Queue()
    receiving.put_nowait(
        {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}
    )
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receiving.get, send)
    return sent[0] | {"content": b"".join(message.get("body", b"") for message in sent[1:])}


@asynccontextmanager
async def started(load, stop=lambda: None):
    """Start a front as a web server does, and end it."""
    front, messages, told = Front(load, stop), asyncio.Queue(), asyncio.Queue()
    alive = asyncio.create_task(front({"type": "lifespan"}, messages.get, told.put))
    await messages.put({"type": "lifespan.startup"})
    assert (await told.get())["type"] == "lifespan.startup.complete"
    yield front
    await messages.put({"type": "lifespan.shutdown"})
    assert (await told.get())["type"] == "lifespan.shutdown.complete"
    await alive


@pytest.fixture
def loading(served_small_city):
    """Return what a front loads, an event that ends the loading, and the cockpit."""
    may_end, cockpit = threading.Event(), Cockpit()

    def load() -> Cockpit:
        may_end.wait(20)
        return cockpit

    yield load, may_end, cockpit
    may_end.set()


def test_shells_and_files_are_answered_before_the_cockpit_is_there_and_as_it_answers_them(loading):
    load, may_end, cockpit = loading

    async def play() -> None:
        async with started(load) as front:
            early = [await asked(front, address) for address in (*EARLY, *FILES)]
            assert not cockpit.lived
            may_end.set()
            assert (await asked(front, "/healthz"))["status"] == 200
            assert cockpit.lived == ["started"]
            late = [await asked(cockpit, address) for address in (*EARLY, *FILES)]
        assert early == late
        assert cockpit.lived == ["started", "ended"]
        assert {answer["status"] for answer in early} == {200, 307}
        assert all(b"content-security-policy" in dict(answer["headers"]) for answer in early)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("address", "kind"), [("/_stcore/stream", "websocket"), ("/healthz", "http"), ("/nowhere", "http")]
)
def test_what_needs_the_cockpit_waits_for_it(loading, address, kind):
    load, may_end, cockpit = loading

    async def play() -> None:
        async with started(load) as front:
            waiting = asyncio.create_task(asked(front, address, kind=kind))
            done, _ = await asyncio.wait([waiting], timeout=AT_ONCE)
            assert not done
            may_end.set()
            first = await waiting
            assert first == await asked(cockpit, address, kind=kind)
            assert first.get("status") != 503 and first["type"] != "websocket.close"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"host": "cockpit.example"}, LOOPBACK),
        ({"host": "127.0.0.1:8501", "sec-fetch-site": "cross-site"}, LOOPBACK),
        ({"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:9999"}, LOOPBACK),
        ({"host": "127.0.0.1:8501", "x-forwarded-for": "10.0.0.9"}, LOOPBACK),
        ({"host": "127.0.0.1:8501"}, "10.0.0.9"),
        ({}, LOOPBACK),
    ],
)
def test_a_request_that_the_cockpit_might_refuse_waits_for_its_answer(loading, headers, client):
    load, may_end, cockpit = loading

    async def play() -> None:
        async with started(load) as front:
            waiting = asyncio.create_task(asked(front, "/", headers, client=client))
            done, _ = await asyncio.wait([waiting], timeout=AT_ONCE)
            assert not done
            may_end.set()
            assert await waiting == await asked(cockpit, "/", headers, client=client)

    asyncio.run(play())


@pytest.mark.parametrize(
    "path", ["/static/../index.html", "/static/js/../../index.html", "/static//js/x.js", "//static"]
)
def test_a_path_that_leads_elsewhere_waits_for_its_refusal(loading, path):
    load, may_end, cockpit = loading

    async def play() -> None:
        async with started(load) as front:
            waiting = asyncio.create_task(asked(front, path))
            done, _ = await asyncio.wait([waiting], timeout=AT_ONCE)
            assert not done
            may_end.set()
            assert await waiting == await asked(cockpit, path)

    asyncio.run(play())


def test_a_cockpit_that_cannot_be_loaded_stops_the_server_and_who_waits_is_answered():
    stopped, may_end = [], threading.Event()

    def load() -> Cockpit:
        may_end.wait(20)
        sys.exit("set up sign-in")

    async def play() -> None:
        async with started(load, lambda: stopped.append(True)) as front:
            waiting = [asyncio.create_task(asked(front, "/x", kind=kind)) for kind in ("http", "websocket")]
            await asyncio.sleep(0)
            may_end.set()
            http, socket = [await each for each in waiting]
        assert http["status"] == 503 and socket["type"] == "websocket.close"
        assert stopped == [True] and str(front.failure) == "set up sign-in"

    asyncio.run(play())


def test_the_front_knows_neither_streamlit_nor_pandas():
    script = "import sys, dashboard.front.__main__; print([m for m in ('streamlit', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_front_serves_as_streamlit_would():
    assert {
        name: value for name, value in _get_uvicorn_config_kwargs().items() if not name.startswith("ssl")
    } == SERVING


def test_only_a_start_on_this_machine_without_other_settings_answers_early(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    here = ["--server.address", LOOPBACK, "--server.port", "8501"]
    assert early_address(here) == (LOOPBACK, 8501)
    assert early_address(["--server.address=::1", "--server.port=8501"]) == ("::1", 8501)
    assert early_address([*here, "--server.trustedUserHeaders", "{}"]) is None
    assert early_address(["--server.address", "0.0.0.0", "--server.port", "8501"]) is None
    assert early_address(["--server.address", LOOPBACK, "--server.port", "none"]) is None
    assert early_address(["--server.port", "8501"]) is None
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "cockpit")
    assert early_address(here) is None


@contextmanager
def front_process(home, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start the server; kill it when a test forgets to end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.front", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, HOME_VARIABLE: str(home.path), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("address", "port", "sign_in", "sentence"),
    [
        (LOOPBACK, "0", "maybe", "PINGAN_SIGN_IN"),
        ("0.0.0.0", "0", "off", "secrets.toml"),
        (LOOPBACK, "111111", "off", "111111"),
    ],
)
def test_a_start_that_fails_ends_the_process_with_a_sentence(small_home, address, port, sign_in, sentence):
    options = ("--server.address", address, "--server.port", port)
    with front_process(small_home, *options, PINGAN_SIGN_IN=sign_in) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert sentence in said and "Traceback" not in said


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 1)])
def test_a_signal_ends_a_start_that_answers_already(small_home, sent, code):
    port = free_port()

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/", timeout=5) as answer:
                return answer.status == 200 and b"streamlitTheme" in answer.read()
        except OSError:
            return False

    options = ("--server.address", LOOPBACK, "--server.port", str(port))
    with front_process(small_home, *options, PINGAN_SIGN_IN="off") as process:
        wait_until(answers)
        process.send_signal(sent)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"http://{LOOPBACK}:{port}" in said and "Traceback" not in said
