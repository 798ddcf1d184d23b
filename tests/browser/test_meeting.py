"""A whole meeting by keyboard: twelve counties, two decisions, closing, and the next quarter opens with them."""

from __future__ import annotations

import shutil

import pytest

from data_access.home import Home
from tests.browser.screen import rest, screenshot, stray_english, visible_text
from tests.servers import running_app

HEAD = ".meeting-head"


@pytest.fixture
def meeting_app(demonstration_home, tmp_path):
    """The cockpit on a copy of the demonstration city, whose ledger nobody else writes to."""
    home = Home(tmp_path / "meeting")
    shutil.copytree(demonstration_home.path, home.path, ignore=shutil.ignore_patterns("ledger*", "working*"))
    with running_app(home) as address:
        yield address


def open_meeting(page, address: str, period: str) -> None:
    page.goto(f"{address}/meeting?period={period}")
    page.wait_for_selector(f"{HEAD}[data-at=opening]")


def turn(page, key: str) -> str:
    """Press a key and return where the meeting then is."""
    before = page.locator(HEAD).get_attribute("data-at")
    page.keyboard.press(key)
    page.wait_for_function(
        "at => ![at, undefined].includes(document.querySelector('.meeting-head')?.dataset.at)", arg=before
    )
    return page.locator(HEAD).get_attribute("data-at")


def record(page, task: str, unit: str, due: str) -> None:
    """Type a decision and send it, by keyboard alone."""
    rest(page)
    page.get_by_label("任务（必填）").focus()
    page.keyboard.insert_text(task)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(unit)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(due)
    page.get_by_role("button", name="记入台账").focus()
    page.keyboard.press("Enter")
    page.locator(".meeting-recorded", has_text=task).wait_for()


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def test_a_whole_meeting_by_keyboard(page, meeting_app):
    open_meeting(page, meeting_app, "2024Q3")
    press(page, "开始会议")
    page.wait_for_selector(f"{HEAD}[data-state=open]")
    tasks = []
    for place in range(1, 13):
        at = turn(page, "PageDown" if place % 2 else "ArrowRight")
        assert at.startswith("99")
        assert page.locator(".meeting-place").inner_text() == f"{place} / 12"
        if place in (2, 5):
            name = page.locator(".meeting-line h2").inner_text()
            task = f"{name}补齐短板并报告结果"
            record(page, task, f"{name}公安局", "2024-11-30")
            tasks.append(task)
            page.locator(".meeting-line h2").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1920
    assert not stray_english(visible_text(page))
    assert turn(page, "ArrowLeft") != at
    assert turn(page, "PageDown") == at
    assert turn(page, "PageDown") == "closing"
    page.locator(".meeting-recorded", has_text=tasks[1]).wait_for()
    press(page, "闭会并封存数据")
    page.wait_for_selector(f"{HEAD}[data-state=closed]")

    open_meeting(page, meeting_app, "2024Q4")
    first = page.locator("table:visible").first
    first.wait_for()
    assert all(task in first.inner_text() for task in tasks)
    screenshot(page, "meeting-opens-with-last-decisions")

    open_meeting(page, meeting_app, "2024Q3")
    page.wait_for_selector(f"{HEAD}[data-state=closed]")


def test_keys_turn_no_page_while_somebody_types(page, meeting_app):
    open_meeting(page, meeting_app, "2024Q4")
    press(page, "开始会议")
    page.wait_for_selector(f"{HEAD}[data-state=open]")
    at = turn(page, "ArrowRight")
    page.get_by_label("任务（必填）").focus()
    page.keyboard.insert_text("一")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    assert page.locator(HEAD).get_attribute("data-at") == at
