"""The briefing as a PDF for reading: the parts in their order, with the machine's Chinese font in it."""

from __future__ import annotations

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from dashboard.briefing.model import Briefing, BriefingTable, RegionPage, Section
from dashboard.briefing.sections import LEAGUE, MAIN_SECTIONS
from dashboard.briefing.writers.fonts import chinese_face
from dashboard.briefing.writers.layout import broken, pages_of
from dashboard.briefing.writers.wording import BULLET, heading, index_sentence, outcome_sentence, region_lines
from dashboard.i18n import t
from dashboard.palette import load_palette
from dashboard.screens.children import in_sentence

FAMILY = "cockpit"
MARGIN, TOP = 18.0, 20.0
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
INNER = PAGE_WIDTH - 2 * MARGIN
FOOT = 18.0
POINT = 25.4 / 72
LINE = 1.4
SLACK = 0.1
"""What lines are shorter than their room, in millimetres, since widths are rounded."""
BAR, LOWEST_BAR = 6.0, 4.5
"""Height of a bar and its room, and the least where a page has not enough left."""
CELL_PADDING = 1.2
ROOM = 236.0
"""Height of a table's body on a page of its own, in millimetres."""


def pdf_bytes(briefing: Briefing) -> bytes:
    """Return the document.

    Raises
    ------
    BriefingError
        When this machine has no Chinese font.
    """
    writer = _Pages(briefing)
    writer.set_title(briefing.title)
    writer.set_subject(briefing.stamp)
    writer.set_lang("zh-CN" if briefing.language == "zh" else "en")
    writer.add_page()
    writer.text_line(briefing.title, 20, bold=True, after=2)
    writer.text_line(t("briefing.draft", briefing.language), 10, after=4)
    main = [section for section in briefing.sections if section.key in MAIN_SECTIONS]
    for number, section in enumerate(main):
        writer.part(section, heading(section.title, number, briefing.language))
    writer.text_line(
        t("briefing.regions_title", briefing.language, level=in_sentence(briefing.level_name)), 15, bold=True, before=4
    )
    for number, page in enumerate(briefing.pages, start=1):
        writer.region(page, number)
    for number, section in enumerate((each for each in briefing.sections if each.is_annex), start=1):
        writer.part(section, t("briefing.annex", briefing.language, number=number, title=section.title))
    writer.text_line(briefing.characters_text, 9, before=4)
    writer.text_line(t("briefing.font_note", briefing.language, font=chinese_face().family), 9)
    return bytes(writer.output())


class _Pages(FPDF):
    """Pages being written."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(format="A4")
        self.briefing = briefing
        self.language = briefing.language
        self.ground = load_palette().ground_of("light")
        for style, bold in (("", False), ("B", True)):
            face = chinese_face(bold)
            self.add_font(FAMILY, style, face.path, collection_font_number=face.number)
        self.set_margins(MARGIN, TOP)
        self.set_auto_page_break(True, FOOT)
        self.wrap = WrapMode.CHAR if self.language == "zh" else WrapMode.WORD

    def broken(self, text: str, room: float) -> str:
        """Return ``text`` broken into lines of ``room`` millimetres in the present font; English breaks by itself."""
        return broken(text, room, self.get_string_width) if self.language == "zh" else text

    def header(self) -> None:
        """Put the viewer behind the page and the stamp above it."""
        text = t("briefing.watermark", self.language, viewer=self.briefing.viewer, mark=self.briefing.mark)
        with self.local_context():
            self.set_font(FAMILY, size=30)
            self.set_text_color("#ECEFF1")
            with self.rotation(40, PAGE_WIDTH / 2, PAGE_HEIGHT / 2):
                self.text(max(PAGE_WIDTH / 2 - self.get_string_width(text) / 2, 5), PAGE_HEIGHT / 2, text)
        self.set_font(FAMILY, size=8)
        self.set_text_color(self.ground.muted)
        self.set_xy(MARGIN, 10)
        self.cell(INNER, 5, self.briefing.stamp)
        self.set_xy(MARGIN, TOP)

    def footer(self) -> None:
        """Number the page."""
        self.set_font(FAMILY, size=8)
        self.set_text_color(self.ground.muted)
        self.set_xy(MARGIN, PAGE_HEIGHT - 13)
        self.cell(INNER, 5, f"{self.page_no()}", align="R")

    def text_line(self, text: str, size: float, *, bold: bool = False, before: float = 0, after: float = 1.5) -> None:
        """Write a paragraph over the whole width."""
        if before:
            self.ln(before)
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(self.ground.text)
        lines = self.broken(text, INNER - 2 * self.c_margin - SLACK)
        self.multi_cell(
            INNER, size * POINT * LINE, lines, new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=self.wrap, align="L"
        )
        self.ln(after)

    def part(self, section: Section, title: str) -> None:
        """Write one part: heading, sentences, tables."""
        if self.get_y() > PAGE_HEIGHT - 60:
            self.add_page()
        self.text_line(title, 15, bold=True, before=4)
        for paragraph in section.paragraphs:
            self.text_line(paragraph, 11)
        if section.key == LEAGUE:
            self._index_bars()
        for table in section.tables:
            if table.rows and self.get_y() > PAGE_HEIGHT - 55:
                self.add_page()
            if len(section.tables) > 1:
                self.text_line(table.title, 12, bold=True, before=2)
            if table.rows:
                self._table(table)
            elif table.empty not in section.paragraphs:
                self.text_line(table.empty, 11)

    def region(self, page: RegionPage, number: int) -> None:
        """Write what is said of one region."""
        standing = page.standing
        if self.get_y() > PAGE_HEIGHT - 90:
            self.add_page()
        grade = f"{load_palette().grade_of(standing.grade).shape} {standing.grade_word}"
        self.text_line(f"{number}. {standing.name}　{grade}", 13, bold=True, before=2)
        self.text_line(index_sentence(page, self.language), 11)
        self.text_line(outcome_sentence(page, self.language), 11)
        if standing.reasons:
            losses = t("briefing.region.losses", self.language)
            self.text_line(t("briefing.labelled", self.language, label=losses, text=standing.reasons), 11)
        for line in region_lines(page, self.briefing, INNER / (10.5 * POINT), 26):
            self.text_line(line, 10.5, bold=not line.startswith(BULLET), after=0.4)

    def _index_bars(self) -> None:
        standings = [each for each in self.briefing.league if each.index is not None]
        if not standings:
            return
        if self.get_y() > PAGE_HEIGHT - FOOT - 10 - LOWEST_BAR * len(standings):
            self.add_page()
        self.text_line(t("briefing.index_chart", self.language, month=self.briefing.month), 11, bold=True)
        left, width = MARGIN + 46, INNER - 46 - 30
        height = min(BAR, (PAGE_HEIGHT - FOOT - self.get_y()) / len(standings))
        if height < LOWEST_BAR:  # more bars than a page holds
            height = BAR
        for each in standings:
            if self.get_y() > PAGE_HEIGHT - FOOT - height + 0.01:
                self.add_page()
            assert each.index is not None
            y = self.get_y()
            ink = load_palette().grade_of(each.grade).ink("light")
            self.set_font(FAMILY, size=10)
            self.set_text_color(self.ground.text)
            self.set_xy(MARGIN, y)
            self.cell(45, height, f"{each.name[:12]} {each.grade_word}")
            self.set_fill_color(ink.fill)
            self.set_draw_color(ink.outline)
            self.rect(left, y + 1, width * each.index / 100, height - 2, style="DF")
            if each.lower is not None and each.upper is not None:
                self.set_draw_color(self.ground.text)
                self.line(left + width * each.lower / 100, y + 3, left + width * each.upper / 100, y + 3)
            self.set_xy(left + width + 1, y)
            self.cell(30, height, f"{each.index_text} ({each.interval_text})")
            self.set_xy(MARGIN, y + height)
        self.ln(3)

    def _table(self, table: BriefingTable) -> None:
        size = 8.0 if len(table.columns) > 10 else 9.5
        whole = sum(column.width for column in table.columns)
        rooms = [INNER * column.width / whole - 2 * CELL_PADDING for column in table.columns]
        ems = [room / (size * POINT) for room in rooms]
        padding = 1.6 / (size * POINT * LINE)
        mark = t("briefing.cell_continued", self.language)
        rows = [row for page in pages_of(table.rows, ems, ROOM / (size * POINT * LINE), padding, mark) for row in page]
        self.set_font(FAMILY, "B", size)
        titles = [self.broken(column.title, room - SLACK) for column, room in zip(table.columns, rooms, strict=True)]
        self.set_font(FAMILY, size=size)
        self.set_text_color(self.ground.text)
        self.set_draw_color(self.ground.border)
        heading = FontFace(family=FAMILY, emphasis="BOLD", fill_color=self.ground.raised, color=self.ground.text)
        with self.table(
            col_widths=[column.width for column in table.columns],
            headings_style=heading,
            line_height=size * POINT * LINE,
            borders_layout=TableBordersLayout.ALL,
            text_align="L",
            padding=(0.8, CELL_PADDING),
            wrapmode=self.wrap,
        ) as drawn:
            drawn.row(titles)
            for row in rows:
                line = drawn.row()
                for cell, room in zip(row, rooms, strict=True):
                    ink = load_palette().grade_of(cell.grade).ink("light") if cell.grade else None
                    style = FontFace(
                        fill_color=ink.fill if ink else self.ground.card, color=ink.text if ink else self.ground.text
                    )
                    line.cell(self.broken(cell.text, room - SLACK) or " ", style=style)
        self.ln(3)
