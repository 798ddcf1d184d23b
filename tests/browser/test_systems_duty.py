"""Systems 13–16 in a real browser: reached by the menu, figures read, a report written, kept, and never overwritten."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from data_access.publishing import publish
from tests.browser.screen import click_menu, open_page, screenshot, send_form, settle, stray_english, visible_text
from tests.stores import keep_few_records

REPOSITORY = Path(__file__).resolve().parents[2]
PATH = "/responsibility"


def open_part(page, word: str) -> None:
    page.locator("nav.links a", has_text=word).click()
    page.locator("nav.links a[aria-current]", has_text=word).wait_for()
    settle(page)


def verdict(page) -> str:
    return page.locator("p.verdict").inner_text()


def report(page, text: str) -> None:
    """Fill in the form of the opened decision and send it."""
    send_form(page, {"办结日期": "2024-12-30", "办理情况": text})


def test_the_four_systems_are_reached_by_click_and_give_the_figures_of_the_command_line(page, demonstration_app):
    open_page(page, demonstration_app)
    click_menu(page, PATH)
    page.locator("nav.links a").first.wait_for()
    settle(page)
    assert "市 1、县区 12、乡镇（街道） 126" in verdict(page)
    assert page.locator(".stMain table.data").first.locator("tbody tr").count() == 13
    screenshot(page, "responsibility")
    open_part(page, "领导包案")
    assert "市级 32 岗、县级 168 岗" in visible_text(page)
    assert not stray_english(visible_text(page, opened_menus=True))
    open_part(page, "约谈与核查单")
    assert re.match(r"2 个县区触发约谈规则", verdict(page))
    open_part(page, "部门会商")
    assert "应报数据集 396 个" in verdict(page)


def test_the_command_line_gives_the_same_posts_and_those_to_be_called_in(demonstration_home):
    def rows(part: str, table: str) -> list[dict]:
        command = [sys.executable, "-m", "dashboard", "page", "responsibility", "--home", str(demonstration_home.path)]
        command += ["--set", f"part={part}", "--table", table, "--format", "json", "--period", "2024Q4"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=True)
        return json.loads(done.stdout)["tables"][0]["rows"]

    levels = [row["level"] for row in rows("packages", "posts")]
    assert (levels.count("市级"), levels.count("县级")) == (32, 168)
    assert len(rows("summons", "summons")) == 2


def test_a_report_is_kept_over_a_publish_and_the_slower_of_two_is_told(page, own_home, own_app):
    open_page(page, own_app, PATH)
    other = page.context.new_page()
    open_page(other, own_app, PATH)
    report(page, "已全部配齐到岗")
    assert "已写入台账" in page.locator(".entry-outcome").inner_text()
    assert not stray_english(visible_text(page))

    report(other, "仍在招聘")
    refusal = other.locator(".entry-refused").inner_text()
    assert "已被他人修改" in refusal and "已全部配齐到岗" in refusal
    assert other.get_by_label("办理情况", exact=True).input_value() == "仍在招聘"
    screenshot(other, "responsibility-conflict")

    before = page.locator("footer.page-foot").inner_text()
    keep_few_records(own_home)
    publish(own_home)
    open_page(page, own_app, PATH)
    assert page.locator("footer.page-foot").inner_text() != before
    assert "已完成" in page.locator("table.data tr.selected").first.inner_text()
    assert "已全部配齐到岗" in visible_text(page)
