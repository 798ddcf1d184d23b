"""The cockpit on PostgreSQL: the same screen, the last good numbers while the database is away, and back by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from data_access.home import Home
from data_access.publishing import publish
from tests.browser.screen import open_page, screenshot, settle, visible_text
from tests.browser.wall_page import open_wall
from tests.data_access import small_city
from tests.servers import LOOPBACK, REPOSITORY, free_port, running_app, wait_until
from tests.stores import fresh_database

RECOVERS_SECONDS = 10


@pytest.fixture(scope="module")
def shared_app(server, tmp_path_factory) -> Iterator[str]:
    with fresh_database(server.address) as url:
        home = Home(tmp_path_factory.mktemp("shared"), url)
        small_city.fill(home)
        publish(home)
        with running_app(home, DATABASE_URL=url) as address:
            yield address


def words_of(page) -> str:
    """Return what the page says outside its charts, which the browser draws when it gets to them."""
    return page.evaluate(
        """() => {
            const copy = document.querySelector('#stMain, main').cloneNode(true);
            copy.querySelectorAll('.js-plotly-plot').forEach(chart => chart.remove());
            document.body.appendChild(copy); const text = copy.innerText; copy.remove(); return text;
        }"""
    )


def test_while_the_database_is_away_the_last_good_numbers_stand_under_a_banner(page, shared_app, server):
    open_page(page, shared_app, "/", period="2024Q4")
    before = words_of(page)
    assert "无法连接" not in before
    server.stop()
    try:
        page.wait_for_timeout(1_500)
        page.reload()
        settle(page)
        text = visible_text(page)
        assert "共享数据库自" in text and "2024Q4-0001" in text and "2024-12-31" in text
        assert page.locator("[role=alert]").count() == 0
        open_page(page, shared_app, "/trends", period="2023")  # never asked before the fault
        assert "共享数据库自" in visible_text(page)
        assert page.locator("[role=alert]").count() == 0
        health = json.load(urllib.request.urlopen(f"{shared_app}/healthz", timeout=10))
        assert health["status"] == "last_good"
        open_page(page, shared_app, "/", period="2024Q4")
        screenshot(page, "database-away")
    finally:
        server.start()
    page.wait_for_function("() => !document.body.innerText.includes('共享数据库自')", timeout=RECOVERS_SECONDS * 1_000)
    settle(page)
    assert words_of(page) == before


@contextmanager
def made_to_run(home: Home) -> Iterator[str]:
    """Run ``make run`` as an administrator does; yield the address as soon as anything answers there."""
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    environment = {**os.environ, "PINGAN_HOME": str(home.path), "DATABASE_URL": str(home.database_url)}
    process = subprocess.Popen(
        ["make", "-o", ".venv/.runtime", "run", f"PORT={port}"],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: is_answered(address) or process.poll() is not None)
        assert process.poll() is None, "it ended"
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def is_answered(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/healthz", timeout=10).close()
    except urllib.error.HTTPError as error:
        return error.code == 503
    except OSError:
        return False
    return True


@pytest.mark.parametrize("is_copied", [True, False])
def test_a_server_that_starts_while_the_database_is_away_waits_for_it(page, server, tmp_path, is_copied):
    with fresh_database(server.address) as url:
        home = Home(tmp_path / "publisher", url)
        small_city.fill(home)
        publish(home)
        server.stop()
        with made_to_run(home if is_copied else Home(tmp_path / "elsewhere", url)) as address:
            page.goto(address)
            page.wait_for_selector("footer.page-foot" if is_copied else ".error-panel")
            assert ("共享数据库自" in visible_text(page)) == is_copied
            assert page.locator("[role=alert]").count() == (not is_copied)
            server.start()
            wait_for = "!document.body.innerText.includes('共享数据库') && document.querySelector('.page-foot')"
            page.wait_for_function(wait_for, timeout=RECOVERS_SECONDS * 1_000)
            settle(page)
            assert "2024Q4-0001" in visible_text(page)
            assert page.locator("[role=alert]").count() == 0


def test_the_wall_keeps_its_picture_under_a_banner_while_the_database_is_away(page, shared_app, server):
    open_wall(page, shared_app)
    shown = page.locator("#frame main").inner_html()
    server.stop()
    try:
        page.wait_for_selector("#banner:not([hidden])")
        assert "起显示最近一屏" in page.locator("#banner").inner_text()
        assert page.locator("#frame main").inner_html() == shown
    finally:
        server.start()
    page.wait_for_selector("#banner", state="hidden")
