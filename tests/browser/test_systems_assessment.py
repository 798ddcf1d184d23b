"""Systems 19 to 22 and the chain: reached by the menu, read on screen, and the same from the command line."""

from __future__ import annotations

from tests.browser.screen import click_menu, open_page, region_in_breadcrumb, screenshot, settle, visible_text

PERIOD = "2024Q4"


def card_figure(page, title: str) -> str:
    card = page.locator("article.card", has=page.locator("h3", has_text=title)).first
    return card.locator(".figure .value").inner_text()


def test_assessment_page_gives_the_figures_of_systems_19_to_22(page, demonstration_app, told):
    open_page(page, demonstration_app, period=PERIOD)
    click_menu(page, "/assessment")
    page.wait_for_selector("h3:has-text('命案防控考核权重')")
    settle(page)
    screenshot(page, "assessment")

    assert card_figure(page, "命案防控考核权重") == "8% → 15%"
    assert [row["share"] for row in told("assessment", "weight")] == [0.08, 0.15]

    lines = page.locator("div[aria-label='十二项指标'] tbody tr")
    assert lines.count() == len(told("assessment", "lines")) == 12
    award = told("assessment", "award")[0]
    assert (award["lines"], award["years"], award["award"]) == (12, 3, 500_000)
    assert "3" in page.locator("article.card", has_text="须连续达标年数").first.inner_text()
    assert page.locator("div[aria-label='十二项矩阵'] tbody tr").count() == len(told("assessment", "matrix")) == 126

    assert card_figure(page, "示范点数") == "20"
    sites = told("assessment", "pilots")
    assert page.locator("div[aria-label='示范点清单'] tbody tr").count() == len(sites) == 20
    assert all(row["basis"] for row in sites)
    assert sum(row["count"] for row in told("assessment", "pilot_stages")) == 20

    shown = visible_text(page)
    vetoes = told("assessment", "vetoes")
    assert {row["kind"] for row in vetoes} == {"一票否决", "一票否优"}
    assert all(row["document"] in shown for row in vetoes)


def test_chain_is_drilled_to_a_county_and_its_steps_are_those_of_the_command_line(page, demonstration_app, told):
    open_page(page, demonstration_app, period=PERIOD)
    click_menu(page, "/chain")
    page.wait_for_selector("div[aria-label='各地区链条']")
    settle(page)
    link = page.locator("div[aria-label='各地区链条'] tbody a").first
    name, target = link.inner_text(), link.get_attribute("href")
    link.click()
    page.wait_for_function(
        "name => document.querySelector('nav.breadcrumb [aria-current=location]')?.innerText === name", arg=name
    )
    settle(page)
    screenshot(page, "chain")
    assert region_in_breadcrumb(page) == name
    region = next(part.removeprefix("region=") for part in target.partition("?")[2].split("&") if "region=" in part)
    steps = told("chain", "steps", "--region", region)
    assert [row["step"] for row in steps] == ["发现", "分级", "包案在办", "调处", "回访", "归档", "结果"]
    table = page.locator("div[aria-label='链条各环'] tbody tr")
    for number, row in enumerate(steps):
        count = "—" if row["count"] is None else f"{row['count']:,.0f}"
        assert count in table.nth(number).inner_text()
    gains = told("chain", "gains", "--region", region)
    moved = page.locator("div[aria-label='指数增益'] tbody tr").first.inner_text()
    assert gains[0]["name"] in moved
    assert gains[0]["unit"] in moved
