"""A download holds what its table shows: the same rows in the same order, and every number and word of them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.browser.screen import open_page

COUNTY = "990123000000"
PAGES = [
    ("/disputes", {"period": "2024", "class": "03", "channel": "petition", "stage": "received"}),
    ("/disputes", {"period": "2024-11", "region": COUNTY}),
    ("/patrol", {"period": "2024"}),
    ("/services", {"period": "2024-11"}),
    ("/response", {"period": "2024"}),
    ("/response", {"period": "2024-11", "region": COUNTY}),
    ("/resources", {"period": "2024"}),
    ("/responsibility", {"period": "2024", "part": "packages"}),
    ("/assessment", {"period": "2024", "region": COUNTY}),
    ("/quality", {"period": "2024"}),
    ("/chain", {"period": "2024"}),
    ("/chain", {"period": "2024", "region": COUNTY}),
]
LONG_FORM = ("调度督导日历", "部门数据报送")
"""Calendars, whose files give a row for each cell."""
DERIVED = ("95%区间", "差值区间", "区间", "与其余地区之差", "状态", "连续达标", "近12个月")
"""Columns written from several columns of the file, or drawn."""
NOTHING = ("", "—", "无数据", "本期无对象", "本级不提供")
"""What a cell says where the file has none."""
NUMBER = re.compile(r"[−-]?\d[\d,]*\.?\d*")
FACTORS = (1, 100, 1e-4)
"""A share is shown in percent, a large number in ten thousands (万)."""


@pytest.mark.parametrize(("path", "asked"), PAGES, ids=[f"{path}?{'&'.join(asked.values())}" for path, asked in PAGES])
def test_downloads_hold_what_the_tables_show(page, demonstration_app, path, asked):
    open_page(page, demonstration_app, path, **asked)
    shown = page.evaluate(
        """() => [...document.querySelectorAll('table.data')].map(table => ({
            name: table.querySelector('caption').textContent,
            head: [...table.querySelectorAll('thead th')].map(cell => cell.innerText.trim()),
            rows: [...table.querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => cell.innerText.trim())),
        }))"""
    )
    files = downloaded(page)
    assert shown
    for table in shown:
        if not table["name"].startswith(LONG_FORM):
            name = "纠纷清单" if table["name"].startswith("第 ") else table["name"]
            assert name in files, f"{name} is not offered; there are {sorted(files)}"
            assert_same(table, files[name])


def downloaded(page) -> dict[str, list[list[str]]]:
    """Return the rows of every CSV that the page offers, by title."""
    page.locator("[data-testid=stPopover] button").first.click()
    buttons = page.locator("[data-testid=stPopoverBody] [data-testid=stDownloadButton] button", has_text="CSV")
    buttons.first.wait_for()
    files = {}
    for place in range(buttons.count()):
        with page.expect_download() as expected:
            buttons.nth(place).click()
        with Path(expected.value.path()).open(encoding="utf-8-sig", newline="") as body:
            rows = list(csv.reader(body))
        files[rows[0][1]] = rows[rows.index([]) + 2 :]
    return files


def assert_same(table: dict, file: list[list[str]]) -> None:
    assert len(table["rows"]) == len(file), f"{table['name']}: {len(table['rows'])} rows shown, {len(file)} in the file"
    for cells, row in zip(table["rows"], file, strict=True):
        for heading, cell in zip(table["head"], cells, strict=True):
            if heading not in DERIVED and cell not in NOTHING:
                assert holds(row, cell), f"{table['name']}, {cells[0]}, {heading}: {cell!r} is not in {row}"


def holds(row: list[str], cell: str) -> bool:
    """Return whether a row of the file gives what a cell shows."""
    text = " ".join(row)
    words = [word for word in re.split(r"[\s、]+", cell) if word and word not in "■◆●○▲△▽"]
    if all(word in text for word in words):
        return True
    numbers = NUMBER.findall(cell)
    if fraction := re.fullmatch(r"([\d,]+)/([\d,]+)", cell):  # of few, instead of a percentage
        part, whole = (float(each.replace(",", "")) for each in fraction.groups())
        numbers = [f"{part / whole:.6f}"] if whole else []
    known = [float(value.lstrip("'")) for value in row if re.fullmatch(r"'?-?\d+(\.\d+)?(e-?\d+)?", value)]
    known += [one - other for one in known for other in known]  # a change of few is their difference
    return bool(numbers) and all(number in text or is_rounded(number, known) for number in numbers)


def is_rounded(number: str, known: list[float]) -> bool:
    digits = number.replace(",", "").replace("−", "-")
    decimals = len(digits.partition(".")[2])
    return any(
        abs(abs(value * factor) - abs(float(digits))) <= 0.5 * 10**-decimals + 1e-6
        for value in known
        for factor in FACTORS
    )
