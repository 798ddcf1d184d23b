"""Systems 6 to 11, 17 and 18: reached by the menu, read on screen, and the same from the command line."""

from __future__ import annotations

import re

from tests.browser.screen import (
    address_of,
    card_text,
    click_first_region,
    open_by_menu,
    open_page,
    region_in_breadcrumb,
    screenshot,
    settle,
    stray_english,
    visible_text,
)

PERIOD = "2024"


def rows_of(page, caption: str) -> list[str]:
    return page.locator(f"div[aria-label='{caption}'] tbody tr").all_inner_texts()


def no_english_and_no_scroll_bar(page) -> None:
    assert not stray_english(visible_text(page, opened_menus=True))
    width = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_three_100_percent_files_and_562_returners(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/services", "三个100%", PERIOD)
    screenshot(page, "services")
    no_english_and_no_scroll_bar(page)
    assert "三项均为100%" in page.locator("p.verdict").inner_text()
    assert "100.0%" in card_text(page, "三个百分百最低值")
    assert "562" in card_text(page, "本年已衔接")
    coverage = told("services", "coverage")
    assert len(rows_of(page, "三个100%：谁还不到，差在哪一项")) == len(coverage) == 12
    assert all(row["YG1"] == row["YG2"] == row["YG3"] == 1 for row in coverage)
    done = sum(row["YG1_numerator"] for row in coverage)
    assert f"{done:,.0f}/{done:,.0f}" in card_text(page, "三个百分百最低值")
    assert [row["count"] for row in told("services", "stages")][1] == 562
    assert sum(row["HM3_denominator"] for row in told("services", "youth")) == 126


def test_services_stop_at_the_county_and_their_definition_is_one_click_away(page, demonstration_app):
    open_page(page, demonstration_app, "/services", period="2024-11")
    name = click_first_region(page)
    assert region_in_breadcrumb(page) == name
    assert address_of(page)["period"] == "2024-11"
    assert name in page.locator("tr.selected").first.inner_text()
    page.locator("article.card details.definition summary").first.click()
    assert "三率中的最低值" in page.locator("article.card details[open]").inner_text()


def test_budget_stations_grades_and_the_fund(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/resources", "按投向：预算与支出", PERIOD)
    screenshot(page, "resources")
    no_english_and_no_scroll_bar(page)
    assert "+20.0%" in card_text(page, "2025年专项投入增幅")
    assert "121/126" in card_text(page, "一加二配齐乡镇率")
    assert "114/126" in card_text(page, "三名持证调解员乡镇率")
    assert "274/291" in card_text(page, "三所标准化率")
    assert {round(row["growth"], 9) for row in told("resources", "items")} == {0.2}
    assert sum(row["TJ1_denominator"] for row in told("resources", "standards")) == 126
    fund = card_text(page, "基金结余")
    assert "114万" in fund and "500万元" in fund
    checks = told("resources", "checks")
    assert [row["limit"] for row in checks] == [200_000, 5_000_000]
    shown = rows_of(page, "上限与总额校验")
    assert "20万元" in shown[0] and "500万元" in shown[1]
    assert all("符合" in line for line in shown)
    assert sum(row["amount"] for row in told("resources", "awards")) == 3_860_000
    assert len(rows_of(page, "奖补明细")) == len(told("resources", "awards")) == 39
    name = click_first_region(page)
    assert region_in_breadcrumb(page) == name


def test_fund_after_the_proposed_awards_is_one_click_away(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/resources", "连续达标建议奖励与基金结余", PERIOD)
    page.locator("nav.links a", has_text=re.compile("^试算$")).click()
    page.wait_for_url("**proposals=on*")
    page.wait_for_selector("div[aria-label='连续达标建议奖励与基金结余'] tbody tr")
    settle(page)
    shown = rows_of(page, "连续达标建议奖励与基金结余")
    balance = told("resources", "proposals", "--set", "proposals=on")
    assert [line.split("\t")[0] for line in shown] == [row["entry"] for row in balance]
    assert "114万元" in shown[0] and "高于基金单笔上限20万元" in shown[3]
    assert balance[2]["amount"] == balance[0]["amount"] - balance[1]["amount"]
    page.locator("nav.links a", has_text="无命案乡镇矩阵").click()
    page.wait_for_url("**/assessment?**")


def test_handling_of_the_hotline_and_of_petitions_shows_satisfaction_beside_who_rated(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/disputes", "12345与信访的办理", PERIOD)
    handling = told("disputes", "handling")
    shown = rows_of(page, "12345与信访的办理")
    assert len(shown) == len(handling) == 12
    first = handling[0]
    for name in ("MT3p", "MT3s", "MT4p", "MT4s"):
        assert f"{first[f'{name}_numerator']:,.0f}/{first[f'{name}_denominator']:,.0f}" in shown[0]


def test_response_video_workstations_and_campaigns(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/response", "按圈层", PERIOD)
    page.wait_for_selector("[data-testid=stDeckGlJsonChart] canvas")
    screenshot(page, "response")
    no_english_and_no_scroll_bar(page)
    assert "2.3万" in card_text(page, "本年新增高清摄像头")
    assert "58,000" in card_text(page, "本年新增高清摄像头")
    assert "1,480/1,480" in card_text(page, "重点公共区域覆盖率")
    assert "−18.7%" in card_text(page, "刑事警情同比")
    legend = page.locator("ul.legend").inner_text()
    assert re.search(r"警务工作站\s*23", legend) and re.search(r"平安义警巡逻队\s*12", legend)
    kinds = [row["kind"] for row in told("response", "places")]
    assert (kinds.count("警务工作站"), kinds.count("平安义警巡逻队")) == (23, 12)
    video = told("response", "video")
    assert [sum(row[name] for row in video) for name in ("XL7", "XL8")] == [23_000, 58_000]
    shown = rows_of(page, "按圈层：到达用时与达标")
    for line, row in zip(shown, told("response", "rings"), strict=True):
        assert f"{row['share']:.1%}" in line and f"{row['alarms']:,.0f}" in line
    lines = rows_of(page, "各项行动：行动前与行动中")
    for line, row in zip(lines, told("response", "campaigns"), strict=True):
        assert row["campaign"] in line and f"{row['during']:,.0f}" in line and f"{abs(row['change']):.1%}" in line
    assert len(lines) == 6
