"""Toronto's real data on screen: the figures of its README, each with its source."""

from __future__ import annotations

import re

from tests.browser.screen import PATHS, click_first_region, open_page, screenshot, visible_text


def test_98_victims_of_2018_eleven_of_them_in_avondale(page, toronto_app):
    open_page(page, toronto_app, "/", period="2018", indicator="homicide_victims")
    card = page.locator(".card", has_text="命案死亡人数").first.inner_text()
    assert re.search(r"\b98\b", card)
    assert "来源" in card
    open_page(page, toronto_app, "/map", period="2018", indicator="homicide_victims")
    row = page.locator("table tbody tr", has_text="Avondale").inner_text()
    assert re.search(r"\b11\b", row)
    screenshot(page, "toronto-map-2018")


def test_published_rate_of_2024_is_shown_with_its_division(page, toronto_app):
    open_page(page, toronto_app, "/", period="2024")
    screenshot(page, "toronto-overview")
    text = visible_text(page)
    assert "85 ÷ 3,179,220 = 2.674" in text
    assert "演示数据" not in text


def test_city_of_two_levels_is_drilled_to_one_neighbourhood(page, toronto_app):
    open_page(page, toronto_app, "/map", period="2024")
    screenshot(page, "toronto-map")
    click_first_region(page)
    assert page.locator("[data-testid=stException], .error-panel").count() == 0


def test_every_page_stands_without_the_data_a_city_lacks(page, toronto_app):
    for path in PATHS:
        open_page(page, toronto_app, path)
        assert page.locator("[data-testid=stException], .error-panel").count() == 0, path
