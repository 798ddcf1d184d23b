"""The cockpit in a real browser, Chinese, with every other host blocked."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

import pytest

from dashboard.navigation import PAGES
from tests.browser.screen import open_page, screenshot, settle, stray_english, visible_text

PATHS = ["/" if entry.url_path == "overview" else f"/{entry.url_path}" for entry in PAGES]


def address_of(page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def region_in_breadcrumb(page) -> str:
    return page.locator("nav.breadcrumb [aria-current=location]").inner_text()


def click_first_region(page) -> str:
    """Click the first link of the list of regions; return its name."""
    link = page.locator("table tbody a:visible").first
    name = link.inner_text()
    link.click()
    page.wait_for_function(
        "name => document.querySelector('nav.breadcrumb [aria-current=location]')?.innerText === name", arg=name
    )
    settle(page)
    return name


@pytest.mark.parametrize("path", PATHS)
def test_page_loads_in_chinese_without_outside_requests(page, demonstration_app, path):
    open_page(page, demonstration_app, path)
    text = visible_text(page)
    screenshot(page, f"demonstration{path.replace('/', '-')}")
    assert "演示数据" in text
    assert "2024-12-31" in text
    assert not stray_english(text)
    assert page.locator("[data-testid=stException], .error-panel").count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_english_switch_leaves_no_chinese(page, demonstration_app, path):
    open_page(page, demonstration_app, path, lang="en")
    left = set(re.findall(r"[\u4e00-\u9fff]+", visible_text(page))) - {"中文"}
    assert not left


@pytest.mark.parametrize("path", ["/", "/map"])
def test_list_drills_from_city_to_one_grid_in_three_clicks(page, demonstration_app, path):
    open_page(page, demonstration_app, path)
    names = [click_first_region(page) for _ in range(3)]
    assert names[2].endswith("网格")
    region = address_of(page)["region"]
    assert len(region) == 15
    page.reload()
    settle(page)
    assert address_of(page)["region"] == region
    assert region_in_breadcrumb(page) == names[2]


def test_breadcrumb_leads_back_up(page, demonstration_app):
    open_page(page, demonstration_app, "/map")
    county = click_first_region(page)
    click_first_region(page)
    page.locator("nav.breadcrumb a", has_text=county).click()
    page.wait_for_function(
        "name => document.querySelector('nav.breadcrumb [aria-current=location]')?.innerText === name", arg=county
    )


def test_click_on_the_map_goes_one_level_down(page, demonstration_app):
    open_page(page, demonstration_app, "/map")
    canvas = page.locator(".js-plotly-plot canvas").first
    canvas.wait_for()
    page.wait_for_timeout(2500)
    box = canvas.bounding_box()
    for _ in range(3):  # software drawing may miss a click while the map is still settling
        page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(1500)
        if region_in_breadcrumb(page) != "示例市":
            break
    assert region_in_breadcrumb(page) != "示例市"
    assert address_of(page)["region"] != "990100000000"


def test_layers_show_incidents_and_places(page, demonstration_app):
    open_page(page, demonstration_app, "/map", view="layers", shown="homicide.criminal_alarm.places")
    page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for()
    text = visible_text(page)
    assert re.search(r"警务工作站\s*23", text)
    assert re.search(r"巡逻队\s*12", text)


def test_theme_and_language_come_from_the_address_and_survive_reload(page, demonstration_app):
    open_page(page, demonstration_app, "/", theme="dark", lang="en")
    for _ in range(2):
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("document.documentElement.lang") == "en"
        page.reload()
        settle(page)


def test_forged_address_shows_a_notice_and_nothing_of_itself(page, demonstration_app):
    open_page(page, demonstration_app, "/", region="999999';DROP", period="2024Q9", lang="zh")
    text = visible_text(page)
    assert "DROP" not in text and "2024Q9" not in text
    assert "提示" in text
    assert region_in_breadcrumb(page) == "示例市"


def test_toronto_shows_its_victims_and_its_published_rate(page, toronto_app):
    open_page(page, toronto_app, "/", period="2018", indicator="homicide_victims")
    text = visible_text(page)
    assert "98" in text
    open_page(page, toronto_app, "/map", period="2018", indicator="homicide_victims")
    row = page.locator("table tbody tr", has_text="Avondale").inner_text()
    assert re.search(r"\b11\b", row)
    open_page(page, toronto_app, "/map", period="2024")
    screenshot(page, "toronto-map")
    open_page(page, toronto_app, "/", period="2024")
    screenshot(page, "toronto-overview")
    assert "85 ÷ 3,179,220 = 2.674" in visible_text(page)
    assert "演示数据" not in visible_text(page)
