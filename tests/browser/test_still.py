"""At a second start the overview's figures stand before the cockpit is loaded, and make way for what the viewer asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from dashboard.front.pages import SECURITY_HEADERS
from dashboard.front.shell import THEMES
from dashboard.i18n import LANGUAGES
from data_access.home import HOME_VARIABLE, Home
from tests.browser.screen import settle
from tests.servers import LOOPBACK, REPOSITORY, free_port, running_app, wait_until


@pytest.fixture(scope="module")
def kept_home(demonstration_home, tmp_path_factory) -> Home:
    """A home whose first start is over: it holds a still in each language and theme."""
    home = Home(tmp_path_factory.mktemp("kept") / "home", database_url=None)
    shutil.copytree(demonstration_home.path, home.path, ignore=shutil.ignore_patterns("stills"))
    with running_app(home):
        wait_until(lambda: len(list(home.stills.glob("*.html"))) == len(LANGUAGES) * len(THEMES))
    return home


@contextmanager
def starting_app(home: Home) -> Iterator[tuple[str, str]]:
    """Start the cockpit; yield its address, and what it answers first, long before it is loaded."""
    port = free_port()
    address, answers = f"http://{LOOPBACK}:{port}/", []

    def is_answered() -> bool:
        with suppress(OSError), urllib.request.urlopen(address, timeout=30) as answer:
            answers.append(answer.read().decode())
        return bool(answers)

    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.front", "--server.address", LOOPBACK, "--server.port", str(port)],
        cwd=REPOSITORY,
        env={**os.environ, HOME_VARIABLE: str(home.path), "DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(is_answered)
        yield address, answers[0]
    finally:
        process.kill()
        process.wait()


class Gate:
    """Holds back a browser's requests until it is opened."""

    def __init__(self) -> None:
        self._held: list | None = []

    def __call__(self, route) -> None:
        if self._held is None:
            route.continue_()
        else:
            self._held.append(route)

    def open(self) -> None:
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


@contextmanager
def still_open(page, home: Home) -> Iterator[Gate]:
    """Open the overview of a cockpit that starts; yield what holds back Streamlit's front end."""
    gate = Gate()
    with starting_app(home) as (address, first):
        if 'id="still"' not in first:
            pytest.skip("this machine was so busy that the cockpit was loaded before it was first asked")
        page.route(address, lambda route: route.fulfill(body=first, content_type="text/html", headers=SECURITY_HEADERS))
        page.route("**/static/js/index.*.js", lambda route: gate(route))
        page.goto(address, wait_until="commit")
        page.wait_for_selector("#still footer.page-foot")
        yield gate
        page.unroute_all(behavior="ignoreErrors")


def test_a_still_in_english_says_nothing_in_chinese_but_names(kept_home):
    html = (kept_home.stills / "en-dark.html").read_text(encoding="utf-8")
    assert "As last shown" in html and "Snapshot" in html


def test_a_link_of_a_still_leads_to_its_page(page, kept_home):
    with still_open(page, kept_home) as gate:
        gate.open()
        page.locator("#still nav a[href^='./trends?']").click()
        page.wait_for_selector("#root footer.page-foot")
        settle(page)
        assert "/trends?" in page.url and not page.locator("#still").count()


def test_a_still_hides_no_lost_connection(page, kept_home):
    with still_open(page, kept_home) as gate:
        page.route("**/_stcore/**", lambda route: route.abort())
        gate.open()
        page.wait_for_selector("#still", state="detached")
