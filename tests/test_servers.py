"""The tests' own servers and browser: real, on loopback only, and strict."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.browser.screen import watched_page
from tests.conftest import OWN_HOSTS


@pytest.fixture(scope="module")
def postgresql(postgresql_address):
    engine = sa.create_engine(postgresql_address)
    yield engine
    engine.dispose()


def test_postgresql_listens_on_loopback_only(postgresql):
    with postgresql.connect() as connection:
        assert connection.execute(sa.text("show listen_addresses")).scalar() == "127.0.0.1"


def test_postgresql_keeps_chinese_text(postgresql):
    with postgresql.connect() as connection:
        assert connection.execute(sa.select(sa.literal("示例市"))).scalar() == "示例市"


@pytest.mark.parametrize(
    "script",
    [
        "fetch('http://tiles.example/1.png').catch(() => 0)",
        "new Promise(done => { const s = new WebSocket('ws://live.example/'); s.onerror = () => done(0); })",
        "new Promise(done => { const i = new Image(); i.onerror = () => done(0); i.src = 'http://cdn.example/a'; })",
    ],
)
def test_page_that_asks_another_host_fails_its_test(browser, script):
    with pytest.raises(AssertionError, match=r"asked other hosts.*\.example"), watched_page(browser, OWN_HOSTS) as page:
        page.evaluate(script)


def test_request_that_the_app_forbids_fails_its_test_too(browser, demonstration_app):
    with pytest.raises(AssertionError, match=r"asked other hosts.*\.example"), watched_page(browser, OWN_HOSTS) as page:
        page.goto(f"{demonstration_app}/healthz")
        page.evaluate("fetch('http://tiles.example/1.png').catch(() => 0)")


def test_page_whose_script_breaks_fails_its_test(browser, demonstration_app):
    with pytest.raises(AssertionError, match="script of the page broke"), watched_page(browser, OWN_HOSTS) as page:
        page.goto(f"{demonstration_app}/healthz")
        page.evaluate("setTimeout(() => { throw new Error('broken') }, 0)")
        page.wait_for_timeout(200)
