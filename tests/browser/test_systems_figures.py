"""Every figure that systems.md asks of the demonstration city: read from its page, and the same from the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.browser.screen import card_text, click_menu, open_page, settle, visible_text
from tests.conftest import SHARED_DATA

PERIOD = "2024"
FAMILY, NEIGHBOURS = "情感婚恋家庭", "邻里"
Rows = Sequence[dict]


@dataclass(frozen=True)
class Figure:
    """A figure of one row of systems.md.

    Parameters
    ----------
    system : int
        The row.
    asked : str
        As systems.md writes it.
    card : str
        Title of the card that shows it (a regular expression); empty for what stands in a table or sentence of the page.
    shown : str
        What the page says.
    table : str
        The command's table, with its page before a dot where that isn't the figure's own.
    value : float
        What the command gives, exactly.
    of : callable
        Takes the table's rows; returns that value.
    """

    system: int
    asked: str
    card: str
    shown: str
    table: str
    value: float
    of: Callable[[Rows], float]


def total(name: str) -> Callable[[Rows], float]:
    return lambda rows: sum(row[name] for row in rows)


def number_of(name: str, word: str) -> Callable[[Rows], float]:
    return lambda rows: [row[name] for row in rows].count(word)


def declared(name: str, places: int) -> Callable[[Rows], float]:
    """Take what was computed beside a declared figure, rounded as it was declared."""
    return lambda rows: next(round(row["computed"], places) for row in rows if row["figure"] == name)


def share_of_causes(rows: Rows) -> float:
    cases = {row["class"]: row["this_year"] for row in rows}
    return round(100 * (cases[FAMILY] + cases[NEIGHBOURS]) / sum(cases.values()))


def change_of_the_rate(rows: Rows) -> float:
    row = next(row for row in rows if row["indicator_id"] == "JQ2")
    return round(100 * row["difference"] / (row["value"] - row["difference"]))


def satisfied(rows: Rows) -> float:
    return round(100 * next(row["value"] for row in rows if row["indicator_id"] == "JQ6"), 1)


def lowest_cover(rows: Rows) -> float:
    return 100 * min(row[name] for row in rows for name in ("YG1", "YG2", "YG3"))


def covered(rows: Rows) -> float:
    return 100 * total("XL1_numerator")(rows) / total("XL1_denominator")(rows)


FIGURES = {
    "/patrol": (
        Figure(1, "1,236", "基础网格", "1,236", "regions", 1_236, total("GRD8")),
        Figure(1, "12,000", "网格员$", "1.2万", "regions", 12_000, total("GRD8w")),
        Figure(1, "48,000", "平安志愿者", "4.8万", "regions", 48_000, total("GRD8v")),
    ),
    "/disputes": (
        Figure(2, "45", "", "约占 45%", "causes", 45, share_of_causes),
        Figure(5, "32,000", "", "本期受理 32,000 件", "funnel", 32_000, lambda rows: rows[0]["count"]),
        Figure(5, "98", "", "本年累计 98.0%", "funnel", 98, lambda rows: 100 * rows[2]["of_received"]),
        Figure(5, "640", "到期化解率", "640 件", "funnel", 640, lambda rows: rows[0]["count"] - rows[2]["count"]),
    ),
    "/services": (
        Figure(6, "100", "三个百分百最低值", "100.0%", "coverage", 100, lowest_cover),
        Figure(8, "562", "本年已衔接", "562", "stages", 562, lambda rows: rows[1]["count"]),
    ),
    "/response": (
        Figure(9, "23,000", "本年新增高清摄像头", "2.3万", "video", 23_000, total("XL7")),
        Figure(9, "58,000", "本年新增高清摄像头", "58,000", "video", 58_000, total("XL8")),
        Figure(9, "100", "重点公共区域覆盖率", "100.0%", "video", 100, covered),
        Figure(10, "23", "", r"警务工作站\s*23", "places", 23, number_of("kind", "警务工作站")),
        Figure(10, "12", "", r"平安义警巡逻队\s*12", "places", 12, number_of("kind", "平安义警巡逻队")),
        Figure(11, "18.7", "刑事警情同比", "−18.7%", "quality.declared", -18.7, declared("刑事警情同比", 1)),
    ),
    "/": (
        Figure(12, "12", "命案发案率", "下降 12.0%", "overview.figures", -12, change_of_the_rate),
        Figure(12, "98.6", "群众安全感", "98.6%", "overview.figures", 98.6, satisfied),
    ),
    "/responsibility?part=packages": (
        Figure(15, "32", "", "市级 32 岗", "posts", 32, number_of("level", "市级")),
        Figure(15, "168", "", "县级 168 岗", "posts", 168, number_of("level", "县级")),
    ),
    "/resources": (
        Figure(17, "20", "2025年专项投入增幅", r"\+20.0%", "items", 20, lambda rows: 100 * rows[0]["growth"]),
        Figure(17, "126", "一加二配齐乡镇率", "121/126", "standards", 126, total("TJ1_denominator")),
        Figure(18, "5,000,000", "基金结余", "500万元", "checks", 5_000_000, lambda rows: rows[1]["limit"]),
        Figure(18, "200,000", "", r"单笔不超过上限\s+20万元", "checks", 200_000, lambda rows: rows[0]["limit"]),
    ),
    "/assessment": (
        Figure(19, "8", "命案防控考核权重", "8% → 15%", "weight", 8, lambda rows: 100 * rows[0]["share"]),
        Figure(19, "15", "命案防控考核权重", "8% → 15%", "weight", 15, lambda rows: 100 * rows[1]["share"]),
        Figure(21, "12", "本年达标乡镇", r"指标项数\s*12", "award", 12, lambda rows: rows[0]["lines"]),
        Figure(21, "3", "连续达标建议奖励名单", r"须连续达标年数\s*3", "award", 3, lambda rows: rows[0]["years"]),
        Figure(21, "500,000", "连续达标建议奖励名单", "50万", "award", 500_000, lambda rows: rows[0]["award"]),
        Figure(22, "20", "示范点数", r"20\s*个", "pilots", 20, len),
    ),
}
"""By page, with the parameters that open its part."""


@pytest.mark.parametrize("place", FIGURES)
def test_a_page_shows_the_figures_that_the_command_gives(page, demonstration_app, told, record_property, place):
    path, _, part = place.partition("?part=")
    open_page(page, demonstration_app, period=PERIOD)
    if path != "/":
        click_menu(page, path)
        page.wait_for_url(f"**{path}?**")
        settle(page)
    if part:
        page.locator(f"nav.links a[href*='part={part}']").click()
        page.wait_for_url(f"**part={part}**")
        settle(page)
    if path == "/response":
        page.wait_for_selector("ul.legend")
    for figure in FIGURES[place]:
        text = card_text(page, figure.card) if figure.card else visible_text(page)
        name, _, table = figure.table.rpartition(".")
        options = ("--set", f"part={part}") if part else ()
        given = figure.of(told(name or path.strip("/"), table, *options))
        found = re.search(figure.shown, text)
        assert found, (figure.asked, text)
        assert given == pytest.approx(figure.value, rel=1e-12), figure.asked
        record_property(f"{figure.system}: {figure.asked}", f"{place} | {figure.card} | {found[0]} | {given:g}")


def test_no_figure_of_the_table_of_systems_is_left_out():
    table = SHARED_DATA.parent / "systems.md"
    if not table.is_file():
        pytest.skip("the table of systems (../shared/systems.md) is not on this machine")
    rows = (line.split("|") for line in table.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d+ \|", line))
    known = {(figure.system, figure.asked) for figures in FIGURES.values() for figure in figures}
    for row in rows:
        figures = re.sub(r"in 20\d\d|of 20\d\d|three 100 %", lambda word: "100" * word[0].startswith("three"), row[-2])
        asked = {(int(row[1]), number) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", figures)}
        assert asked <= known, row[2]
