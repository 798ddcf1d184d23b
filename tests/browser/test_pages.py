"""Every page of the menu in a real browser with every other host blocked: complete in both languages, and whole."""

from __future__ import annotations

import re

import pytest

from tests.browser.screen import (
    PATHS,
    counted_bytes,
    open_page,
    screenshot,
    spoken_text,
    stray_english,
    visible_text,
    wait_for_theme,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
OTHER_LANGUAGE = {"中文"}
"""The switch names each language in that language."""
MOST_BYTES = 1_000_000
DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]+〔\d{4}〕\d+号")
"""Of a paper, which keeps its number in every language."""


@pytest.mark.parametrize("path", PATHS)
def test_page_is_chinese_throughout_stamped_and_whole_in_either_theme(page, demonstration_app, path):
    open_light_page(page, demonstration_app, path)
    screenshot(page, f"demonstration{path.replace('/', '-')}")
    text = visible_text(page, opened_menus=True)
    assert not stray_english(text)
    assert not stray_english(spoken_text(page))
    footer = page.locator("footer.page-foot").inner_text()
    assert "演示数据" in footer
    assert re.search(r"数据快照 \d{4}Q\d-\d{4}", footer)
    assert "截至 2024-12-31" in footer
    assert_nothing_leaves_the_screen(page)
    assert_dark_theme_shows_no_error(page, f"demonstration{path.replace('/', '-')}-dark-zh")


@pytest.mark.parametrize("path", PATHS)
def test_page_is_english_throughout_when_switched_and_whole_in_either_theme(page, demonstration_app, path):
    open_light_page(page, demonstration_app, path, lang="en")
    text = DOCUMENT_NUMBER.sub("", visible_text(page, opened_menus=True))
    assert not set(CHINESE.findall(text)) - OTHER_LANGUAGE
    assert not set(CHINESE.findall(spoken_text(page))) - OTHER_LANGUAGE
    assert_dark_theme_shows_no_error(page, f"demonstration{path.replace('/', '-')}-dark-en")


def open_light_page(page, address: str, path: str, **parameters: str) -> None:
    """Open a page, whose data may weigh a megabyte at most."""
    with counted_bytes(page) as counts:
        open_page(page, address, path, **parameters)
    assert 1_000 < sum(counts) <= MOST_BYTES


def assert_nothing_leaves_the_screen(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('header, footer.page-foot, .card')]
            .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1).length"""
    )
    assert clipped == 0


def assert_dark_theme_shows_no_error(page, picture: str) -> None:
    """Switch to the dark theme, as a viewer does."""
    page.locator(".tools a[href*='theme=dark']").click()
    wait_for_theme(page, "dark")
    screenshot(page, picture)
    assert page.locator("[data-testid=stException], .error-panel").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_league_of_counties_lies_above_the_fold_at_1080p(page, demonstration_app, language):
    open_page(page, demonstration_app, lang=language)
    league = page.locator(".st-key-card-overview-league")
    box = league.bounding_box()
    assert box["y"] + box["height"] <= 1080
    hidden = league.locator(".table-scroll").evaluate(
        "e => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth]"
    )
    assert hidden == [0, 0], "every county is in sight, with who answers and by when"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_marks_of_one_card_stand_side_by_side(page, demonstration_app, language):
    """A card that is both late and preliminary says so in one line."""
    open_page(page, demonstration_app, lang=language)
    tops = page.evaluate(
        """() => [...document.querySelectorAll('.card-foot')].map(foot =>
            [...foot.querySelectorAll('.note b')].map(mark => mark.getBoundingClientRect().top))"""
    )
    both = [each for each in tops if len(each) > 1]
    assert both and all(len(set(each)) == 1 for each in both)


@pytest.mark.parametrize(
    ("language", "label", "said"), [("zh", "状态", "有 2 个选项。"), ("en", "State", "2 options available.")]
)
def test_a_list_of_choices_is_announced_in_the_language_of_the_page(page, demonstration_app, language, label, said):
    open_page(page, demonstration_app, "/responsibility", lang=language)
    page.get_by_role("combobox").and_(page.get_by_label(label)).click()
    page.wait_for_function(
        "said => document.querySelector('[data-live-announcer]')?.innerText.includes(said)", arg=said
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_region_with_too_little_data_keeps_its_outline_on_the_map(page, demonstration_app, theme):
    open_page(page, demonstration_app, region="990123000000", period="2024-12", theme=theme)
    outlines = page.locator(".regions .grade-insufficient").evaluate_all(
        "all => all.map(e => getComputedStyle(e).stroke)"
    )
    ground = page.locator(".st-key-card-overview-map").evaluate("e => getComputedStyle(e).backgroundColor")
    assert outlines and ground not in outlines


@pytest.mark.parametrize("path", PATHS)
def test_page_of_one_grid_shows_no_error(page, demonstration_app, path, reader, city_scope):
    regions = reader.regions(city_scope)
    grid = regions.index[regions["depth"] == 3][0]
    open_light_page(page, demonstration_app, path, region=grid)
    assert page.locator("[data-testid=stException], .error-panel").count() == 0
    assert not stray_english(visible_text(page, opened_menus=True))
