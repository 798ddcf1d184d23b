"""Review sheets in a real browser: every state by clicks and forms, a county's answer meanwhile, and one not pursued."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data_access.home import Home
from tests.browser.screen import (
    address_of,
    click_menu,
    open_page,
    screenshot,
    send_form,
    settle,
    stray_english,
    visible_text,
)
from tests.servers import running_app

PERIOD = "2023-11"
"""The last month of the demonstration city whose end finds a county red in two official months running."""
SHEETS = "核查单（连续两个正式月份挂红）"


def open_sheet(page) -> str:
    """Go to the review sheets by the menu, open the first by its name; return the county's name."""
    click_menu(page, "/responsibility")
    page.locator("nav.links a", has_text="约谈与核查单").click()
    page.locator("nav.links a[aria-current]", has_text="约谈与核查单").wait_for()
    settle(page)
    name = page.locator(f"div[aria-label='{SHEETS}'] tbody a").first
    said = name.inner_text()
    name.click()
    page.wait_for_selector(f"h3:has-text('核查单：{said}')")
    settle(page)
    return said


def write(page, state: str, finding: str = "", due: str = "", reason: str = "") -> str:
    """Fill in the form of the opened sheet and send it; return what the page answers."""
    said = {"反馈时限": due, "核查情况": finding, "理由（写入台账）": reason}
    return send_form(page, {label: text for label, text in said.items() if text}, state)


def standing(page) -> str:
    """Return the line of the opened sheet in the list."""
    return page.locator(f"div[aria-label='{SHEETS}'] tr.selected").inner_text()


@pytest.fixture
def county_app(own_home: Home, page, own_app) -> Iterator[str]:
    """The same data folder as the leader of the county that a sheet is due for sees it."""
    open_page(page, own_app, period=PERIOD)
    open_sheet(page)
    with running_app(
        own_home, PINGAN_ROLE="county_leader", PINGAN_REGION=address_of(page)["item"].split(".")[1]
    ) as own:
        yield own


def test_a_sheet_goes_from_issued_to_closed_and_an_answer_meanwhile_is_told(page, own_app, county_app):
    assert "规则触发，尚未处理" in standing(page)
    assert not stray_english(visible_text(page, opened_menus=True))
    assert "已发出，第 1 版" in write(page, "已发出", due="2024-01-15")
    late = page.context.new_page()
    late.goto(page.url)
    settle(late)

    county = page.context.new_page()
    open_page(county, county_app, period=PERIOD)
    open_sheet(county)
    assert "已说明，第 2 版" in write(county, "已说明", finding="重点户已逐一走访，调处力量已补齐")

    refused = write(late, "不予启动", reason="已有专项核查")
    assert "已被他人修改" in refused and "重点户已逐一走访" in refused
    screenshot(late, "review-sheet-conflict")
    assert late.get_by_label("理由（写入台账）").input_value() == "已有专项核查"

    page.reload()
    settle(page)
    assert "已说明" in standing(page)
    assert "已发出，第 3 版" in write(page, "已发出", finding="说明缺少数据来源，请补充", due="2024-01-31")
    county.reload()
    settle(county)
    assert "已说明，第 4 版" in write(county, "已说明", finding="已补充数据来源")
    page.reload()
    settle(page)
    assert "已复查，第 5 版" in write(page, "已复查", finding="抽查属实")
    assert "已办结，第 6 版" in write(page, "已办结")
    assert "已办结" in standing(page)
    versions = page.locator("div[aria-label='各版记录'] tbody tr")
    assert versions.count() == 6
    assert [versions.nth(place).locator("td").nth(1).inner_text() for place in (4, 5)] == ["县区领导", "市级领导"]

    county.reload()
    settle(county)
    assert "只能查看" in visible_text(county)
    assert county.get_by_role("button", name="提交").count() == 0


def test_a_sheet_that_is_not_pursued_says_why(page, own_app):
    open_page(page, own_app, period=PERIOD)
    open_sheet(page)
    assert "理由" in write(page, "不予启动")
    assert page.locator(".entry-refused").count() == 1
    assert "不予启动，第 1 版" in write(page, "不予启动", reason="由专项督查合并处理")
    assert "不予启动" in standing(page) and "由专项督查合并处理" in visible_text(page)
