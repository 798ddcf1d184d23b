"""Two processes behind one address: a viewer stays with one, and goes on with the other when it is gone."""

from __future__ import annotations

import json

import pytest

from tests.browser.screen import open_page, settle, visible_text, watched_page
from tests.conftest import OWN_HOSTS, absent
from tests.servers import HAPROXY, running_processes

COOKIE, WHO = "pingan_process", "X-Remote-User"
SIGN_IN = ["--server.trustedUserHeaders", json.dumps({WHO: "sub"})]


@pytest.fixture
def served(signed_home, tmp_path):
    if not HAPROXY:
        absent("HAProxy")
    holders = tmp_path / "holders.toml"
    holders.write_text('[[holder]]\nsubject = "leader"\nrole = "city_leader"\n')
    environment = {"PINGAN_SIGN_IN": "proxy", "PINGAN_ROLE_HOLDERS": str(holders)}
    signs_in = [f"    http-request set-header {WHO} leader"]
    with running_processes(signed_home, 2, tmp_path, SIGN_IN, signs_in, **environment) as (address, processes):
        yield address, processes


def process_of(page) -> str:
    cookie = next(each for each in page.context.cookies() if each["name"] == COOKIE)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    return cookie["value"]


def test_two_viewers_stay_each_with_a_process_and_go_on_when_one_is_gone(browser, served):
    address, processes = served
    with watched_page(browser, OWN_HOSTS) as one, watched_page(browser, OWN_HOSTS) as other:
        for page in (one, other):
            open_page(page, address, "/map", period="2024Q4")
        held = [process_of(one), process_of(other)]
        assert sorted(held) == ["process0", "process1"]
        for page, process in zip((one, other), held, strict=True):
            page.get_by_role("button", name="导出").click()
            with page.expect_download() as expected:  # kept in the memory of the process that drew the page
                page.get_by_role("button", name="CSV").first.click()
            assert "演示数据" in expected.value.path().read_text("utf-8-sig")
            page.reload()
            settle(page)
            assert process_of(page) == process
        processes[int(held[0][-1])].kill()
        open_page(one, address, "/map", period="2024Q3")
        assert process_of(one) == held[1]
        assert "演示数据" in visible_text(one)
        open_page(other, address, "/ranking", period="2024Q3")
        assert process_of(other) == held[1]
