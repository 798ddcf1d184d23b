"""The frame around every page: language, theme, period, downloads, and addresses that someone forged."""

from __future__ import annotations

import pytest

from tests.browser.screen import (
    address_of,
    open_page,
    region_in_breadcrumb,
    screenshot,
    settle,
    visible_text,
    wait_for_theme,
)

COUNTY = "990102000000"


def test_language_switch_changes_every_string_and_keeps_region_and_period(page, demonstration_app):
    open_page(page, demonstration_app, "/map", region=COUNTY, period="2023Q2")
    page.get_by_role("link", name="EN", exact=True).click()
    page.wait_for_function("() => document.documentElement?.lang === 'en'")
    settle(page)
    address = address_of(page)
    assert (address["region"], address["period"], address["lang"]) == (COUNTY, "2023Q2", "en")
    assert "Map" in page.locator("nav").first.inner_text()
    page.get_by_role("link", name="中文", exact=True).click()
    page.wait_for_function("() => document.documentElement?.lang === 'zh-CN'")
    settle(page)
    assert "地图" in page.locator("nav").first.inner_text()


def test_theme_switch_changes_the_ground_and_survives_reload(page, demonstration_app):
    open_page(page, demonstration_app)
    light = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    page.get_by_role("link", name="深", exact=True).click()
    wait_for_theme(page, "dark")
    for _ in range(2):
        dark = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert dark != light
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        settle(page)


def test_theme_and_language_come_from_the_address_and_survive_reload(page, demonstration_app):
    open_page(page, demonstration_app, "/", theme="dark", lang="en")
    for _ in range(2):
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("document.documentElement.lang") == "en"
        page.reload()
        settle(page)


def test_period_steps_back_and_is_chosen_from_the_menu(page, demonstration_app):
    open_page(page, demonstration_app, "/", period="2024Q4")
    page.locator(".period a.step").first.click()
    page.wait_for_url("**period=2024Q3*")
    settle(page)
    assert "2024年第3季度" in page.locator(".period summary").inner_text()
    page.locator(".period summary").click()
    page.locator(".period .panel a[href*='period=2023&']").click()
    page.wait_for_url("**period=2023&*")
    settle(page)
    assert "2023年" in page.locator(".period summary").inner_text()


@pytest.mark.parametrize(("kind", "start"), [("CSV", b"\xef\xbb\xbf"), ("Excel", b"PK")])
def test_table_of_the_map_is_downloaded_as_shown(page, demonstration_app, tmp_path, kind, start):
    open_page(page, demonstration_app, "/map")
    page.get_by_role("button", name="导出").click()
    screenshot(page, "download-menu")
    with page.expect_download() as expected:
        page.get_by_role("button", name=kind).first.click()
    saved = tmp_path / expected.value.suggested_filename
    expected.value.save_as(saved)
    content = saved.read_bytes()
    assert saved.suffix == (".csv" if kind == "CSV" else ".xlsx")
    assert content.startswith(start)
    if kind == "CSV":
        text = content.decode("utf-8-sig")
        assert "演示数据" in text
        assert "临澈区" in text


def test_forged_address_shows_a_notice_and_nothing_of_itself(page, demonstration_app):
    open_page(page, demonstration_app, "/", region="999999';DROP", period="2024Q9", lang="zh")
    text = visible_text(page)
    assert "DROP" not in text
    assert "2024Q9" not in text
    assert "提示" in text
    assert region_in_breadcrumb(page) == "示例市"
