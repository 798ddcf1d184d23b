"""A download holds what its table shows: the same rows in the same order, and every number and word of them."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import TimeoutError

from dashboard.i18n import t
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
    *(
        ("/responsibility", {"period": "2023-11", "part": part})
        for part in ("secretaries", "packages", "summons", "departments")
    ),
    ("/assessment", {"period": "2024", "region": COUNTY}),
    ("/quality", {"period": "2024"}),
    ("/chain", {"period": "2024"}),
    ("/chain", {"period": "2024", "region": COUNTY}),
]
DERIVED = ("95%区间", "差值区间", "区间", "与其余地区之差", "状态", "连续达标", "近12个月")
"""Columns written from several columns of the file, or drawn."""
NOTHING = ("", "—", "无数据", "本期无对象", "来源未报到这样细")
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
        name = "纠纷清单" if table["name"].startswith("第 ") else table["name"]
        assert name in files, f"{name} is not offered; there are {sorted(files)}"
        if name in CALENDARS:
            assert_cells_of_a_calendar(table, CALENDARS[name](files))
        else:
            assert_same(table, files[name][1:])


def downloaded(page) -> dict[str, list[list[str]]]:
    """Return heading and rows of every table that the page offers, by title: the same as CSV and as XLSX."""
    page.locator("[data-testid=stPopover] button").first.click()
    menu = page.locator("[data-testid=stPopoverBody]")
    menu.get_by_text(t("download.note", "zh")).wait_for()  # it stands below all buttons
    buttons = menu.locator("[data-testid=stDownloadButton] button")
    buttons.first.wait_for()  # Streamlit loads this part of itself when it is first drawn
    files: dict[str, list[list[str]]] = {}
    for place in range(buttons.count()):
        download = taken(page, buttons.nth(place))
        name, path = download.suggested_filename, Path(download.path())
        if name.endswith(".csv"):
            with path.open(encoding="utf-8-sig", newline="") as body:
                title, rows = below_the_stamp(list(csv.reader(body)))
            files[title] = rows
        elif name.endswith(".xlsx"):
            cells = load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows(values_only=True)
            title, rows = below_the_stamp([["" if cell is None else cell for cell in row] for row in cells])
            assert_alike(title, files[title], rows)  # each CSV stands before its XLSX
    return files


def taken(page, button):
    """Return what a button gives; a click that comes while the last file is still being given is lost, and made again."""
    for seconds in (10, 60):
        with contextlib.suppress(TimeoutError):
            with page.expect_download(timeout=seconds * 1000) as expected:
                button.click()
            return expected.value
    raise AssertionError("nothing was downloaded")


def below_the_stamp(rows: list[list]) -> tuple[str, list[list]]:
    """Return the title, and what stands below the rows that say what the file is: headings and rows."""
    empty = next(place for place, row in enumerate(rows) if not any(cell != "" for cell in row))
    return rows[0][1], rows[empty + 1 :]


def assert_alike(title: str, text: list[list[str]], workbook: list[list]) -> None:
    """Assert that a workbook has the cells of the CSV, numbers as numbers and the rest to the letter."""
    assert len(text) == len(workbook), title
    for written, cells in zip(text, workbook, strict=True):
        for one, other in zip(written, cells, strict=False):  # a sheet has as many columns as its stamp at least
            same = float(one) == pytest.approx(other) if is_number(other) else one == as_text(other)
            assert same, f"{title}: {one!r} as CSV, {other!r} as XLSX in {written}"


def as_text(cell: object) -> str:
    """Return a workbook's cell as the CSV has it; a day is a day there, too."""
    return cell.date().isoformat() if isinstance(cell, datetime) else str(cell)


def is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def meetings(files: dict[str, list[list[str]]]) -> dict[tuple[str, str], set[str]]:
    """Return what each cell of the calendar of meetings must say, by region and month, from the two files behind it."""
    found: dict[tuple[str, str], set[str]] = {}
    for region, kind, due, _, state in files[t("duty.calendar", "zh")][1:]:
        sign = t(f"duty.sign_{key_of('duty.state_', STATES, state)}", "zh")
        mark = t("duty.mark", "zh", kind=t(f"duty.short_{key_of('duty.kind_', KINDS, kind)}", "zh"), sign=sign)
        found.setdefault((region, due[:7]), set()).add(mark)
    for region, kind, month, due, on_time, late in files[t("duty.below", "zh")][1:]:
        short = t(f"duty.short_{key_of('duty.kind_', KINDS, kind)}", "zh")
        found.setdefault((region, month), set()).add(f"{short} {float(on_time) + float(late):.0f}/{float(due):.0f}")
    return found


def deliveries(files: dict[str, list[list[str]]]) -> dict[tuple[str, str], set[str]]:
    """Return what each cell of the matrix of deliveries must say, by data set and month."""
    found = {}
    for _, data_set, month, *counts in files[t("duty.deliveries", "zh")][1:]:
        due, on_time, late, missing = (int(float(count)) for count in counts)
        words = {t("duty.cell_late", "zh", count=late)} if late else set()
        words |= {t("duty.cell_missing", "zh", count=missing)} if missing else set()
        found[data_set, month] = {f"{on_time}/{due}", *words}
    return found


STATES, KINDS = ("on_time", "late", "missed", "pending"), ("quarterly_dispatch", "monthly_supervision")
CALENDARS: dict[str, Callable[[dict[str, list[list[str]]]], dict[tuple[str, str], set[str]]]] = {
    t("duty.calendar", "zh"): meetings,
    t("duty.deliveries", "zh"): deliveries,
}
"""Their files give a row for each mark, not one for each line."""


def key_of(prefix: str, keys: tuple[str, ...], word: str) -> str:
    return next(key for key in keys if t(f"{prefix}{key}", "zh") == word)


def assert_cells_of_a_calendar(table: dict, expected: dict[tuple[str, str], set[str]]) -> None:
    """Assert that each month's cell says what the file has of it, and that nothing of the file is not shown."""
    months = [heading for heading in table["head"] if re.fullmatch(r"\d{4}-\d{2}", heading)]
    first, left = table["head"].index(months[0]), dict(expected)
    for cells in table["rows"]:
        for month, cell in zip(months, cells[first:], strict=True):
            said = left.pop((cells[first - 1], month), set())
            rest = cell
            for part in said:
                assert part in rest, f"{table['name']}, {cells[first - 1]}, {month}: {part!r} is not in {cell!r}"
                rest = rest.replace(part, "", 1)
            assert not re.search(r"\d", rest), f"{table['name']}, {month}: {rest!r} of {cell!r} is in no file"
    assert not [key for key in left if key[1] in months]


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
