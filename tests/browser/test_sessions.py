"""A session that is left, outlives its account's role or token, or is tried on another server shows nothing."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.navigation import PAGES, may_open
from data_access.access import Scope, load_roles
from data_access.audit import AuditBook
from data_access.home import Home
from data_access.publishing import publish
from tests.browser.screen import click_menu, new_tab, region_in_breadcrumb, settle, visible_text, watched
from tests.conftest import OWN_HOSTS
from tests.data_access import small_city
from tests.data_access.small_city import EAST, WEST
from tests.forging_provider import ForgingProvider, running_forging_provider
from tests.servers import free_port, running_app

HOLDERS = {
    "east": ("county_leader", EAST),
    "west": ("county_leader", WEST),
    "guest": ("public_demo", EAST),
}
AWAY = 40
"""Seconds after its end for which a token is still taken, and some."""


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    with running_forging_provider() as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    made = Home(tmp_path_factory.mktemp("sessions") / "home")
    small_city.fill(made)
    publish(made)
    return made


@contextmanager
def signed_server(home: Home, provider: ForgingProvider, folder: Path) -> Iterator[str]:
    port = free_port()
    (folder / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{secrets.token_hex(32)}"\n'
        f'client_id = "pingan"\nclient_secret = "{secrets.token_hex(8)}"\n'
        f'server_metadata_url = "{provider.address}/.well-known/openid-configuration"\n'
    )
    with running_app(home, port, ["--secrets.files", str(folder / "secrets.toml")]) as address:
        yield address


@pytest.fixture(scope="module")
def app(home, provider, tmp_path_factory) -> Iterator[str]:
    with signed_server(home, provider, tmp_path_factory.mktemp("one")) as address:
        yield address


@pytest.fixture(autouse=True)
def holders(home) -> Callable[..., None]:
    """Write down who holds which role; every test begins with HOLDERS."""

    def write(**changed: tuple[str, str] | None) -> None:
        held = {name: value for name, value in {**HOLDERS, **changed}.items() if value}
        rows = (f'[[holder]]\nsubject = "{name}"\nrole = "{r}"\nregion = "{c}"\n' for name, (r, c) in held.items())
        (home.path / "role_holders.toml").write_text("".join(rows))

    write()
    return write


@pytest.fixture
def enter(browser, app, provider) -> Iterator[Callable]:
    """Sign in as an account in a browser of its own; return the page."""
    tabs = []

    def as_account(subject: str, **claims: object):
        page = new_tab(browser)
        tabs.append(page)
        provider.claims = {"sub": subject, **claims}
        page.goto(f"{app}/")
        page.get_by_role("button", name="登录").click()
        settle(page)
        return page

    yield as_account
    for tab in tabs:
        tab.context.close()


def refused(home: Home) -> list[dict]:
    return [json.loads(each) for each in AuditBook(home).lines(Scope("auditor", ""), "refused")["details"]]


def sign_out(page) -> None:
    page.get_by_role("button", name="账号").click()
    page.get_by_role("button", name="退出").click()
    page.wait_for_selector(".gate")


def shows_nothing(page) -> bool:
    text = visible_text(page)
    return ("请先登录" in text or "您已退出登录" in text) and not any(
        word in text for word in ("东县", "西县", "命案", "矛盾纠纷")
    )


def test_after_a_sign_out_neither_the_back_button_nor_another_tab_shows_anything(app, enter):
    page = enter("east")
    other = page.context.new_page()
    for path in ("/trends", "/disputes"):
        page.goto(f"{app}{path}")
        settle(page)
    other.goto(f"{app}/ranking")
    settle(other)
    sign_out(page)
    for _ in range(4):
        page.go_back()
        page.wait_for_selector(".gate")
        assert shows_nothing(page), page.url
    click_menu(other, "/trends")
    other.wait_for_selector(".gate")
    assert shows_nothing(other)


def test_an_account_of_one_server_is_nobody_on_another(home, provider, app, enter, tmp_path):
    page = enter("east")
    with signed_server(home, provider, tmp_path) as elsewhere:
        page.goto(f"{elsewhere}/")  # a browser gives a host's cookies to all of its ports
        page.wait_for_selector(".gate")
        assert shows_nothing(page)


def test_a_role_that_changed_or_is_taken_away_counts_in_a_running_session(home, enter, holders):
    page = enter("east")
    assert region_in_breadcrumb(page) == "东县"
    holders(east=("county_leader", WEST))
    click_menu(page, "/trends")
    page.wait_for_function("() => document.querySelector('nav.breadcrumb')?.innerText.includes('西县')")
    settle(page)
    assert "东县" not in visible_text(page)
    holders(east=None)
    click_menu(page, "/ranking")
    page.wait_for_selector(".gate")
    assert "没有查看权限" in visible_text(page)
    assert {"sign_in": "no_role", "account": "east"} in refused(home)


def test_a_page_that_nobody_touches_goes_when_its_sign_in_runs_out(home, enter):
    page = enter("east", exp=int(time.time()) - 15)  # such a token is taken for half a minute
    assert region_in_breadcrumb(page) == "东县"
    page.wait_for_selector(".gate", timeout=AWAY * 1000)
    assert "登录已过期" in visible_text(page)
    assert not any(word in visible_text(page) for word in ("东县", "命案"))
    assert {"sign_in": "expired"} in refused(home)


def test_a_link_of_another_county_opens_the_own_and_is_recorded(home, app, enter):
    theirs = enter("west")
    theirs.goto(f"{app}/disputes?period=2024Q4")
    settle(theirs)
    own = enter("east")
    own.goto(f"{theirs.url.split('?')[0]}?region=970102001000&period=2024Q4")
    settle(own)
    assert region_in_breadcrumb(own) == "东县"
    assert "西县" not in visible_text(own)
    assert {"region": "970102001000"} in refused(home)


def test_pages_that_a_role_may_not_open_are_refused_by_address_and_recorded(home, app, enter):
    page, role = enter("guest"), load_roles()["public_demo"]
    closed = [entry.url_path for entry in PAGES if not may_open(role, entry)]
    assert len(closed) > 5
    for path in closed:
        page.goto(f"{app}/{path}")
        settle(page)
        assert "不能打开此页" in visible_text(page), path
        assert page.locator("table.data, svg.regions, .js-plotly-plot").count() == 0
    assert {each["page"] for each in refused(home) if "page" in each} >= set(closed)


@pytest.mark.parametrize(
    "asked",
    [
        f"region={EAST}&region={WEST}",
        f"region={WEST}&region={EAST}",
        f"period=2024Q4&period=2023&region={'9' * 8_000}",
        "region=%E8%A5%BF%E5%8E%BF&period=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%94",
        "region=%F0%9F%92%A5%E2%80%AE&lang=%00&theme=%FF",
        "&".join(f"own{number}=1" for number in range(500)),
        f"lang=zh&lang=en&REGION={WEST}&region[]={WEST}",
    ],
    ids=["twice", "twice, the other first", "long", "Chinese", "odd characters", "many", "other spellings"],
)
def test_no_query_however_odd_leads_out_of_the_scope(app, enter, asked):
    page = enter("east")
    with watched(page, OWN_HOSTS):
        page.goto(f"{app}/ranking?{asked}")
        settle(page)
        assert region_in_breadcrumb(page) == "东县"
        assert "西县" not in visible_text(page)
        assert page.locator("[role=alert]").count() == 0
