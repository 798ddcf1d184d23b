"""What the tests share: the demonstration city published once, real data where present, a running app, a browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_access.access import Scope
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
START_SECONDS = 60


@pytest.fixture(scope="session")
def demonstration_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demonstration city, built and published by the real code."""
    home = Home(tmp_path_factory.mktemp("demonstration"))
    load_demonstration(home)
    publish(home)
    return home


@pytest.fixture(scope="session")
def reader(demonstration_home: Home) -> SnapshotReader:
    """A reader of the demonstration city."""
    return SnapshotReader(demonstration_home)


@pytest.fixture(scope="session")
def city_scope(reader: SnapshotReader) -> Scope:
    """A leader of the whole demonstration city."""
    return Scope("city_leader", reader.snapshot().root_code)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data; the test is skipped where it isn't."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) are not on this machine")
    return SHARED_DATA


def build_real_data(shared: Path, home: Path, name: str, folder: str) -> Home:
    """Import and publish one real data set with its example mapping, by the command a user types."""
    command = [sys.executable, "-m", "data_access", "--home", str(home), "build"]
    command += ["--mapping", f"examples/{name}.toml", "--data", str(shared / folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return Home(home)


@pytest.fixture(scope="session")
def toronto_home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Toronto's real data as a cockpit."""
    return build_real_data(shared_data, tmp_path_factory.mktemp("toronto"), "toronto", "toronto_homicide")


@contextmanager
def running_app(home: Home, **environment: str) -> Iterator[str]:
    """Serve the cockpit on a free loopback port; stop it by its own process group."""
    port = _free_port()
    settings = {**os.environ, "PINGAN_HOME": str(home.path), **environment}
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="session")
def demonstration_app(demonstration_home: Home) -> Iterator[str]:
    """Address of the cockpit with the demonstration city."""
    with running_app(demonstration_home) as address:
        yield address


@pytest.fixture(scope="session")
def toronto_app(toronto_home: Home) -> Iterator[str]:
    """Address of the cockpit with Toronto's real data."""
    with running_app(toronto_home) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser) -> Iterator:
    """A fresh zh-CN page of 1920×1080 that reaches only this machine; any other request fails the test."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    outside: list[str] = []

    def guard(route) -> None:
        if re.match(r"^(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|^(data|blob):", route.request.url):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()
    assert not outside, f"the page asked other hosts: {outside}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the app stopped while starting"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the app did not answer within {START_SECONDS} s")
