"""From the city to one grid by list, map and breadcrumb, kept in the address."""

from __future__ import annotations

import re

import pytest

from tests.browser.screen import (
    PATHS,
    address_of,
    click_first_region,
    click_map_centre,
    click_menu,
    open_page,
    region_in_breadcrumb,
    screenshot,
    settle,
    visible_text,
    wait_for_region,
)

CITY = "示例市"
GRID_DIGITS = 15
RED_QUARTER = "2022Q4"
"""A county of the demonstration city is red at its end."""


@pytest.mark.parametrize("path", ["/", "/map"])
def test_list_leads_from_the_city_to_one_grid_in_three_clicks(page, demonstration_app, path):
    open_page(page, demonstration_app, path)
    names = [click_first_region(page) for _ in range(3)]
    assert names[2].endswith("网格")
    region = address_of(page)["region"]
    assert len(region) == GRID_DIGITS
    page.reload()
    settle(page)
    assert address_of(page)["region"] == region
    assert region_in_breadcrumb(page) == names[2]


@pytest.mark.parametrize("path", ["/", "/map"])
def test_map_leads_from_the_city_to_one_grid_in_three_clicks(page, demonstration_app, path):
    open_page(page, demonstration_app, path)
    names = [click_map_centre(page) for _ in range(3)]
    assert len(set(names)) == 3
    assert len(address_of(page)["region"]) == GRID_DIGITS
    steps = page.locator("nav.breadcrumb li").all_inner_texts()
    assert [step.strip(" ›\n") for step in steps] == [CITY, *names]
    screenshot(page, f"grid{path.replace('/', '-')}")


def test_what_the_pointer_is_told_of_a_region_goes_with_it(page, demonstration_app):
    open_page(page, demonstration_app)
    region = page.locator("svg.regions a").first
    region.hover()
    told = page.locator(".told")
    assert told.inner_text().startswith(region.get_attribute("aria-label").split()[0])
    county = told.locator("b").inner_text()
    region.click()
    wait_for_region(page, county)
    settle(page)
    assert told.is_hidden()


def test_breadcrumb_leads_back_up(page, demonstration_app):
    open_page(page, demonstration_app, "/map")
    county = click_first_region(page)
    click_first_region(page)
    page.locator("nav.breadcrumb a", has_text=county).click()
    wait_for_region(page, county)


def test_back_button_of_the_browser_leads_back_up(page, demonstration_app):
    open_page(page, demonstration_app, "/map")
    county = click_first_region(page)
    click_first_region(page)
    page.go_back()
    wait_for_region(page, county)


def test_region_stays_when_another_page_is_opened(page, demonstration_app):
    open_page(page, demonstration_app)
    county = click_first_region(page)
    region = address_of(page)["region"]
    for path in PATHS[1:]:
        click_menu(page, path)
        page.wait_for_url(f"**{path}?*")
        settle(page)
        assert region_in_breadcrumb(page) == county
        assert address_of(page)["region"] == region


def test_layers_show_incidents_and_places(page, demonstration_app):
    open_page(page, demonstration_app, "/map", view="layers", shown="homicide.criminal_alarm.places")
    page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for()
    text = visible_text(page)
    assert re.search(r"警务工作站\s*23", text)
    assert re.search(r"巡逻队\s*12", text)


@pytest.mark.parametrize("path", ["/", "/ranking"])
def test_any_red_gives_three_reasons_who_answers_and_by_when_within_two_clicks(page, demonstration_app, path):
    """One click is enough: on what a red region lost most by; the reasons stand on screen without scrolling."""
    open_page(page, demonstration_app, path, period=RED_QUARTER)
    league = page.locator(".st-key-card-overview-league, .st-key-card-league")
    row = league.locator("tbody tr", has=page.locator(".chip.grade-red")).first
    name, link = row.locator("th").inner_text(), row.locator("a[href*='ranking']").last
    costliest = link.inner_text()
    link.click()
    page.wait_for_url("**/ranking?*of=*")
    why = page.locator(".st-key-card-why", has_text=name)
    why.wait_for()
    settle(page)
    screenshot(page, "why-red")
    heads = why.locator("thead th").all_inner_texts()
    unit, deadline = heads.index("责任单位"), heads.index("整改时限")
    for place in range(3):
        cells = why.locator("tbody tr").nth(place)
        assert cells.bounding_box()["y"] + cells.bounding_box()["height"] <= page.viewport_size["height"]
        texts = cells.locator("th, td").all_inner_texts()
        assert texts[unit].strip() and re.fullmatch(r"\d+ 天", texts[deadline]), texts
        assert place or texts[0] in costliest
