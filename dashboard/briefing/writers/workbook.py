"""The briefing as a workbook: a sheet a table, numbers as numbers, headings frozen, nothing that runs as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date

import xlsxwriter

from dashboard.briefing.model import Briefing, BriefingTable, Cell
from dashboard.briefing.writers.layout import lines_of
from dashboard.components.downloads import harmless
from dashboard.formatting import width_of
from dashboard.i18n import t
from dashboard.palette import load_palette

STAMP_ROWS = 4
WIDEST, NARROWEST = 60, 8
LINE_HEIGHT, HIGHEST_ROW = 15.0, 409.0
MOST_LINES = 24
"""Of a cell: a program shows no row higher than ``HIGHEST_ROW`` points, so that a long text gets a wider column."""
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


def xlsx_bytes(briefing: Briefing) -> bytes:
    """Return the workbook: what the briefing says in sentences first, then every table."""
    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": briefing.title, "comments": briefing.stamp})
    styles = _Styles(book)
    _sentences(book, styles, briefing)
    used: set[str] = set()
    for section in briefing.sections:
        for table in section.tables:
            _sheet(book, styles, briefing, table, _sheet_name(table.title, used))
    book.close()
    return body.getvalue()


class _Styles:
    """The few cell formats of the workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        ground = load_palette().ground_of("light")
        base = {"valign": "top", "text_wrap": True, "border": 1, "border_color": ground.border}
        self._base = base
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.stamp = book.add_format({"font_color": ground.muted})
        self.heading = book.add_format({**base, "bold": True, "bg_color": ground.raised, "valign": "vcenter"})
        self.text = book.add_format(base)
        self.paragraph = book.add_format({"valign": "top", "text_wrap": True})
        self.section = book.add_format({"bold": True, "valign": "top"})
        self.day = book.add_format({**base, "num_format": "yyyy-mm-dd"})
        self._numbers: dict[str, object] = {}
        self._grades: dict[str, object] = {}

    def number(self, places: int, form: str = "") -> object:
        """Return the format ``form``, or that of a number with ``places`` decimals."""
        wanted = form or "#,##0" + (f".{'0' * places}" if places else "")
        if wanted not in self._numbers:
            self._numbers[wanted] = self._book.add_format({**self._base, "num_format": wanted})
        return self._numbers[wanted]

    def grade(self, grade: str) -> object:
        """Return the format of a graded cell."""
        if grade not in self._grades:
            ink = load_palette().grade_of(grade).ink("light")
            colours = {"bg_color": ink.fill, "font_color": ink.text, "align": "center"}
            self._grades[grade] = self._book.add_format({**self._base, **colours})
        return self._grades[grade]


def _sentences(book: xlsxwriter.Workbook, styles: _Styles, briefing: Briefing) -> None:
    sheet = book.add_worksheet(_clean(t("briefing.contents", briefing.language)))
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    _head(sheet, styles, briefing, briefing.title)
    place = STAMP_ROWS
    for section in briefing.sections:
        for number, paragraph in enumerate(section.paragraphs or ("",)):
            sheet.write_string(place, 0, _safe(section.title) if number == 0 else "", styles.section)
            sheet.write_string(place, 1, _safe(paragraph), styles.paragraph)
            place += 1
    sheet.write_string(place, 1, briefing.characters_text, styles.paragraph)
    sheet.freeze_panes(STAMP_ROWS - 1, 0)
    _print_setup(sheet, briefing)


def _sheet(book: xlsxwriter.Workbook, styles: _Styles, briefing: Briefing, table: BriefingTable, name: str) -> None:
    sheet = book.add_worksheet(name)
    _head(sheet, styles, briefing, table.title)
    widths = [
        _column_width([each.title, *(row[column].text for row in table.rows)])
        for column, each in enumerate(table.columns)
    ]
    for column, each in enumerate(table.columns):
        sheet.write_string(STAMP_ROWS - 1, column, _safe(each.title), styles.heading)
        sheet.set_column(column, column, widths[column])
    for place, row in enumerate(table.rows, start=STAMP_ROWS):
        lines = max(lines_of(cell.text, width / 2) for cell, width in zip(row, widths, strict=True))
        sheet.set_row(place, min(LINE_HEIGHT * lines + 3, HIGHEST_ROW))
        for column, cell in enumerate(row):
            _write(sheet, styles, place, column, cell)
    if not table.rows:
        sheet.write_string(STAMP_ROWS, 0, _safe(table.empty), styles.stamp)
    sheet.freeze_panes(STAMP_ROWS, 1)
    sheet.repeat_rows(STAMP_ROWS - 1)
    _print_setup(sheet, briefing)


def _write(sheet: xlsxwriter.worksheet.Worksheet, styles: _Styles, place: int, column: int, cell: Cell) -> None:
    if cell.grade:
        sheet.write_string(place, column, _safe(cell.text), styles.grade(cell.grade))
    elif isinstance(cell.value, date):
        sheet.write_datetime(place, column, cell.value, styles.day)
    elif cell.value is not None:
        sheet.write_number(place, column, cell.value, styles.number(cell.places, cell.form))
    else:
        sheet.write_string(place, column, _safe(cell.text), styles.text)


def _column_width(texts: Sequence[str]) -> float:
    """Return the width of a column in digits: no wider than it needs to be, wide enough for its longest text."""
    widest = max(2 * width_of(text) for text in texts)
    return max(min(widest + 2, WIDEST), 1.15 * widest / MOST_LINES, NARROWEST)


def _head(sheet: xlsxwriter.worksheet.Worksheet, styles: _Styles, briefing: Briefing, title: str) -> None:
    sheet.write_string(0, 0, _safe(title), styles.title)
    sheet.write_string(
        1,
        0,
        _safe(" · ".join(dict.fromkeys((briefing.dataset, briefing.region_name, briefing.period_label)))),
        styles.stamp,
    )
    sheet.write_string(2, 0, _safe(briefing.stamp), styles.stamp)


def _print_setup(sheet: xlsxwriter.worksheet.Worksheet, briefing: Briefing) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # "&" begins a code in a footer.
    sheet.set_footer(f"&L{briefing.stamp.replace('&', '&&')}&R&P / &N")


def _sheet_name(title: str, used: set[str]) -> str:
    name, number = _clean(title), 2
    while name.casefold() in used:
        name, number = f"{_clean(title)[:27]} {number}", number + 1
    used.add(name.casefold())
    return name


def _clean(title: str) -> str:
    return _NO_SHEET_NAME.sub(" ", title)[:31].strip()


def _safe(text: str) -> str:
    return str(harmless(text))
