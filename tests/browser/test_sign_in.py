"""Sign-in end to end, with a real OpenID provider on loopback: a county leader, a stranger, an auditor, forged requests."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from data_access.access import Scope
from data_access.audit import AuditBook
from tests.browser.screen import (
    PROVIDER_ASKS,
    WALL_TOKEN,
    address_of,
    region_in_breadcrumb,
    settle,
    sign_in,
    visible_text,
    wait_for_region,
    watched_page,
)
from tests.conftest import OWN_HOSTS, REPOSITORY


def test_county_leader_sees_the_own_county_and_no_other(browser, signed_app, signed_home, reader, city_scope, counties):
    names = reader.regions(city_scope)["name"]
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        page.goto(f"{signed_app}/")
        page.wait_for_selector(".gate")
        assert "请先登录" in visible_text(page)
        sign_in(page, signed_app, "county")
        settle(page)
        assert region_in_breadcrumb(page) == names[counties[0]]
        page.goto(f"{signed_app}/?region={counties[1]}")
        settle(page)
        assert region_in_breadcrumb(page) == names[counties[0]]
        assert names[counties[1]] not in visible_text(page)
        status = page.evaluate(
            "async address => (await fetch(address)).status",
            f"/geo/{reader.snapshot().snapshot_id}/{counties[1]}.geojson",
        )
        assert status == 404
        page.goto(f"{signed_app}/audit")
        settle(page)
        assert "不能打开此页" in visible_text(page)
        assert page.locator("nav a[href^='./audit']").count() == 0
    lines = AuditBook(signed_home).lines(Scope("auditor", counties[0]))
    own = lines[lines["subject"] == "county"]
    assert {"sign_in", "refused"} <= set(own["kind"])
    assert AuditBook(signed_home).verify()[1] == []


def test_copied_address_is_shown_after_the_sign_in_in_its_language(browser, signed_app):
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        page.goto(f"{signed_app}/map?lang=en&theme=dark")
        page.wait_for_selector(".gate")
        assert page.locator(".gate a").inner_text() == "中文"
        page.get_by_role("button", name="Sign in").click()
        page.locator("input[name=sub]").fill("county")
        page.locator("button[type=submit], input[type=submit]").first.click()
        page.wait_for_url(f"{signed_app}/map?*lang=en*")
        settle(page)
        assert address_of(page)["theme"] == "dark"


def test_stranger_is_told_that_the_account_holds_no_role_and_is_recorded(browser, signed_app, signed_home):
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        sign_in(page, signed_app, "stranger")
        page.wait_for_selector(".gate")
        text = visible_text(page)
        assert "没有查看权限" in text and "stranger" in text
        assert "命案" not in text.replace("命案防控", "")
    refused = AuditBook(signed_home).lines(Scope("auditor", ""), "refused")
    assert '{"account":"stranger","sign_in":"no_role"}' in refused["details"].tolist()


def test_auditor_reads_the_record_and_an_administrator_looks_as_another_and_comes_back(
    browser, signed_app, reader, city_scope, counties
):
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        sign_in(page, signed_app, "auditor", "/audit")
        assert "链条完整" in visible_text(page)
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        sign_in(page, signed_app, "admin")
        settle(page)
        own = visible_text(page)
        page.get_by_role("button", name="账号").click()
        page.get_by_label("角色").click()
        page.get_by_role("option", name="公开演示").click()
        page.get_by_role("button", name="以此身份查看").click()
        page.get_by_role("button", name="恢复本人身份").wait_for()
        assert visible_text(page) != own
        county = reader.regions(city_scope)["name"][counties[0]]
        page.get_by_label("角色").click()
        page.get_by_role("option", name="县区领导").click()
        page.get_by_role("combobox").and_(page.get_by_label("区划")).click()
        page.get_by_role("option", name=county).click()
        page.get_by_role("button", name="以此身份查看").click()
        wait_for_region(page, county)
        assert page.locator(".notice").count() == 1, "only that it is another's view"
        page.get_by_role("button", name="恢复本人身份").click()
        page.get_by_role("button", name="恢复本人身份").wait_for(state="detached")
        page.reload()
        settle(page)
        assert visible_text(page) == own


@pytest.mark.parametrize("path", ["/geo/{snapshot}/{city}.geojson", "/wall/frame?screen=hall", "/wall/state"])
def test_own_addresses_answer_nobody_who_is_not_signed_in(signed_app, reader, city_scope, path):
    address = path.format(snapshot=reader.snapshot().snapshot_id, city=city_scope.region_code)
    for cookie in ("", "_streamlit_user=forged", "pingan_wall=forged"):
        request = urllib.request.Request(signed_app + address, headers={"Cookie": cookie} if cookie else {})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code in (401, 404)


def test_wall_screen_opens_with_its_token_and_with_no_other(browser, signed_app, signed_home):
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        page.goto(f"{signed_app}/wall?screen=duty&token=wrong")
        assert "口令不对" in page.locator("body").inner_text()
        assert '{"wall":"token"}' in set(AuditBook(signed_home).lines(Scope("auditor", ""), "refused")["details"])
        page.goto(f"{signed_app}/wall?screen=duty&token={WALL_TOKEN}")
        page.wait_for_selector("header.title")
        assert WALL_TOKEN not in page.url
        page.reload()
        page.wait_for_selector("header.title")


def test_start_on_another_address_without_sign_in_says_how(demonstration_home):
    program = "from streamlit import config; config.set_option('server.address', '0.0.0.0'); import streamlit_app"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PINGAN_HOME": str(demonstration_home.path)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode != 0
    assert "secrets.toml" in done.stderr


def test_download_is_fetched_by_the_account_it_was_written_for_and_by_no_other(browser, signed_app, signed_home):
    status = "async address => (await fetch(address)).status"
    with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
        sign_in(page, signed_app, "auditor", "/audit")
        page.get_by_role("button", name="导出").click()
        with page.expect_download() as expected:
            page.get_by_role("button", name="CSV").first.click()
        link = expected.value.url
        assert "/media/" in link and "登录" in expected.value.path().read_text("utf-8-sig")
        with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as other:
            sign_in(other, signed_app, "county")
            assert other.evaluate(status, link) == 403
        assert page.evaluate(status, link) != 403  # kept for a short while only
    refused = AuditBook(signed_home).lines(Scope("auditor", ""), "refused")
    assert refused["details"].tolist().count('{"export":"of_another"}') == 1
