"""Systems 1 to 5, the outcome and data quality: reached by the menu, read on screen, and the same from the command line."""

from __future__ import annotations

from tests.browser.screen import address_of, card_text, open_by_menu, open_page, screenshot, settle, visible_text

PERIOD = "2024"


def test_disputes_from_intake_to_archive(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/disputes", "受理—调处—回访—归档", PERIOD)
    screenshot(page, "disputes")
    resolved = card_text(page, "到期化解率")
    assert "98.0%" in resolved
    assert "640" in resolved
    assert "3.2万" in card_text(page, "新受理纠纷")
    assert "约占 45%" in visible_text(page)
    assert told("disputes", "funnel")[0]["count"] == 32_000
    page.locator("div[aria-label='六大类'] tbody a").first.click()
    page.wait_for_url("**class=0*")
    settle(page)
    assert address_of(page)["stage"] == "received"
    shown = page.locator("div[aria-label^='第 1–30 件'] tbody tr").count()
    assert shown == 30
    page.locator("nav.links a", has_text="下一页").click()
    page.wait_for_url("**offset=30*")
    page.wait_for_selector("div[aria-label^='第 31–60 件']")


def test_patrols_count_grids_workers_and_volunteers(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/patrol", "最薄弱的乡镇", PERIOD)
    screenshot(page, "patrol")
    assert "1,236" in card_text(page, "基础网格")
    assert "1.2万" in card_text(page, "网格员$")
    assert "4.8万" in card_text(page, "平安志愿者")
    regions = told("patrol", "regions")
    totals = [sum(row[name] for row in regions) for name in ("GRD8", "GRD8w", "GRD8v")]
    assert totals == [1_236, 12_000, 48_000]
    assert (
        page.locator("div[aria-label='最薄弱的乡镇（街道）'] tbody tr").count() == len(told("patrol", "weakest")) == 10
    )


def test_the_outcome_carries_its_interval_and_the_survey_its_margin(page, demonstration_app, told):
    open_page(page, demonstration_app, period=PERIOD)
    figures = {row["indicator_id"]: row for row in told("overview", "figures")}
    rate, safety = card_text(page, "命案发案率"), card_text(page, "群众安全感")
    assert "下降 12.0%（25→22" in rate and "偶然波动范围内" in rate
    value, difference = figures["JQ2"]["value"], figures["JQ2"]["difference"]
    assert (figures["JQ2"]["numerator"], round(difference / (value - difference), 2)) == (22, -0.12)
    assert "98.6%" in safety and "95%区间" in safety
    assert round(figures["JQ6"]["value"], 3) == 0.986


def test_declared_figures_stand_beside_computed_ones(page, demonstration_app, told):
    open_by_menu(page, demonstration_app, "/quality", "申报数与计算数", PERIOD)
    screenshot(page, "quality")
    lines = page.locator("div[aria-label='申报数与计算数'] tbody tr").all_inner_texts()
    for figure in ("1,236", "12,000", "48,000", "45%", "32,000", "98%", "640"):
        assert any(line.split("\t").count(figure) == 2 for line in lines), figure
    declared = told("quality", "declared")
    assert len(declared) == len(lines)
    computed = {row["figure"]: round(row["computed"]) for row in declared}
    assert computed["未化解（3.2万件的2%）"] == 640
    assert computed["婚姻家庭、邻里纠纷引发命案占比"] == 45
    assert "仅凭偶然也会标注约" in visible_text(page)
