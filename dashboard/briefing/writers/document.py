"""The briefing as a document in the layout of GB/T 9704-2012: an internal draft without letterhead, number or seal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from math import floor
from xml.sax.saxutils import escape, quoteattr  # nosec B406  # writes XML, reads none

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import etree

from dashboard.briefing.model import Briefing, BriefingTable, Cell, Section
from dashboard.briefing.sections import MAIN_SECTIONS, NEXT
from dashboard.briefing.settings import FontPair, briefing_settings
from dashboard.briefing.writers.layout import lines_of
from dashboard.briefing.writers.wording import heading, second_heading
from dashboard.i18n import t
from dashboard.palette import load_palette

SIZE_2, SIZE_3, SIZE_4, SIZE_SMALL_4 = Pt(22), Pt(16), Pt(14), Pt(12)
"""Chinese sizes 2号, 3号, 4号, 小4号."""
SIZE_5, SIZE_SMALL = Pt(10.5), Pt(9)
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)
TEXT_WIDTH, TEXT_HEIGHT = Mm(156), Mm(225)
LINES, SIGNS = 22, 28
LINE_PITCH = round(TEXT_HEIGHT / LINES / Emu(635))
"""Twentieths of a point from line to line."""
SIGN_SPACE = round((TEXT_WIDTH / SIGNS / Pt(1) - 16) * 4096)
"""What a sign of 16 points is wider than its grid gives, in 1/4096 point."""
CLOSER = floor((TEXT_WIDTH / SIGNS / Pt(1) - 16) * 20) - 1
"""What signs are set closer by so that 28 fit, in twentieths of a point."""
UNBROKEN = 240
"""A row with fewer signs than this stays on one page."""
TALL, BEGINNING = 16, 30
"""A text of more lines is set small over the whole width below its place, where this many signs of it stand."""
ANNEX_GAP = "\u3000" * 3
"""Annexes after the first stand below it."""
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)}


def docx_bytes(briefing: Briefing) -> bytes:
    """Return the document."""
    writer = _Writer(briefing)
    writer.title()
    main = [section for section in briefing.sections if section.key in MAIN_SECTIONS]
    for number, section in enumerate(main):
        writer.section(section, number)
    annexes = [section for section in briefing.sections if section.is_annex]
    writer.list_of_annexes(annexes)
    for number, section in enumerate(annexes, start=1):
        writer.annex(section, number)
    writer.end()
    body = io.BytesIO()
    writer.document.save(body)
    return body.getvalue()


class _Writer:
    """A document being written."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self.language = briefing.language
        self.fonts = briefing_settings().fonts
        self.document: DocumentObject = Document()
        properties = self.document.core_properties
        properties.title, properties.comments, properties.author = briefing.title, briefing.stamp, ""
        self._normal_style()
        self._page()
        self._alternative_fonts()

    # -- the frame ----------------------------------------------------------------------------------------------------

    def _normal_style(self) -> None:
        style = self.document.styles["Normal"]
        style.font.size = SIZE_3
        style.font.name = self.fonts.latin
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), self.fonts.body[0])
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")
        style.element.rPr.append(language)
        # 28 signs of 16 points are a little wider than the text. The grid says so to programs that follow it; since others
        # give such a sign two places of the grid, the signs themselves are set closer and don't ask for it.
        closer = OxmlElement("w:spacing")
        closer.set(qn("w:val"), str(CLOSER))
        style.element.rPr.append(closer)
        style.element.get_or_add_pPr().append(_off("w:snapToGrid"))
        form = style.paragraph_format
        form.space_before = form.space_after = Pt(0)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PITCH / 20)

    def _page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = TOP, BOTTOM
        section.left_margin, section.right_margin = LEFT, RIGHT
        section.header_distance, section.footer_distance = Mm(18), Mm(22)
        grid = section._sectPr.find(qn("w:docGrid"))
        if grid is None:
            grid = OxmlElement("w:docGrid")
            section._sectPr.append(grid)
        grid.set(qn("w:type"), "linesAndChars")
        grid.set(qn("w:linePitch"), str(LINE_PITCH))
        grid.set(qn("w:charSpace"), str(SIGN_SPACE))
        self.document.settings.odd_and_even_pages_header_footer = True
        for header in (section.header, section.even_page_header):
            self._stamp(header.paragraphs[0])
        for footer, side in (
            (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
            (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
        ):
            self._page_number(footer.paragraphs[0], side)

    def _stamp(self, paragraph: Paragraph) -> None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(14)
        muted = load_palette().ground_of("light").muted
        self._run(paragraph, self.briefing.stamp, self.fonts.page_number, SIZE_SMALL, ink=muted)
        text = t("briefing.watermark", self.language, viewer=self.briefing.viewer, mark=self.briefing.mark)
        self._watermark(paragraph, text)

    def _watermark(self, paragraph: Paragraph, text: str) -> None:
        """Put the viewer behind the text of every page."""
        namespaces = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        picture = parse_xml(
            f"<w:r {nsdecls('w')} {namespaces}><w:pict>"
            '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" path="m@7,l@8,m@5,21600l@6,21600e">'
            '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
            '<v:shape type="#_x0000_t136" style="position:absolute;width:420pt;height:34pt;rotation:315;z-index:-251;'
            "mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;"
            'mso-position-vertical-relative:margin" fillcolor="#e4e7ea" stroked="f" alt="">'
            "<v:textpath/></v:shape></w:pict></w:r>"
        )
        path = picture.find(".//{urn:schemas-microsoft-com:vml}shape/{urn:schemas-microsoft-com:vml}textpath")
        path.set("style", f"font-family:'{self.fonts.page_number[0]}';font-size:1pt")
        path.set("string", text)
        paragraph._p.append(picture)

    def _page_number(self, paragraph: Paragraph, side: WD_ALIGN_PARAGRAPH) -> None:
        paragraph.alignment = side
        # One sign of room to the outer edge.
        if side == WD_ALIGN_PARAGRAPH.RIGHT:
            paragraph.paragraph_format.right_indent = SIZE_4
        else:
            paragraph.paragraph_format.left_indent = SIZE_4
        self._run(paragraph, "— ", self.fonts.page_number, SIZE_4, latin=self.fonts.page_number[0])
        run = self._run(paragraph, "", self.fonts.page_number, SIZE_4, latin=self.fonts.page_number[0])
        for kind, text in (("begin", None), (None, "PAGE"), ("separate", None), ("shown", "1"), ("end", None)):
            run._r.append(_field_part(kind, text))
        self._run(paragraph, " —", self.fonts.page_number, SIZE_4, latin=self.fonts.page_number[0])

    def _alternative_fonts(self) -> None:
        """Say in the table of fonts what a reader without a font should take instead."""
        part = next(
            (part for part in self.document.part.package.iter_parts() if str(part.partname).endswith("fontTable.xml")),
            None,
        )
        if part is None:
            return
        table = parse_xml(part.blob)
        pairs = (self.fonts.title, self.fonts.body, self.fonts.first_heading, self.fonts.second_heading)
        for name, fallback in dict.fromkeys(pairs):
            font = OxmlElement("w:font")
            font.set(qn("w:name"), name)
            for tag, value in (
                ("w:altName", fallback),
                ("w:charset", "86"),
                ("w:family", "auto"),
                ("w:pitch", "variable"),
            ):
                child = OxmlElement(tag)
                child.set(qn("w:val"), value)
                font.append(child)
            table.append(font)
        part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)

    # -- the text -----------------------------------------------------------------------------------------------------

    def title(self) -> None:
        """Write the title, its draft mark and the data it stands on."""
        paragraph = self._paragraph("", indent=False)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(35)
        self._run(paragraph, self.briefing.title, self.fonts.title, SIZE_2, bold=True)
        for text in (t("briefing.draft", self.language), ""):
            below = self._paragraph("", indent=False)
            below.alignment = WD_ALIGN_PARAGRAPH.CENTER
            self._run(below, text, self.fonts.second_heading, SIZE_3)

    def section(self, section: Section, number: int) -> None:
        """Write one part under its numbered heading."""
        self._heading(heading(section.title, number, self.language), 1, self.fonts.first_heading)
        self._sentences(section.paragraphs, () if section.key == NEXT else section.tables)
        if section.key == NEXT:
            for place, row in enumerate(section.tables[0].rows, start=1):
                task, unit, due = (cell.text for cell in row[1:4])
                is_tall = lines_of(task, SIGNS) > TALL
                texts = {"task": self._beginning(task) if is_tall else task, "unit": unit, "due": due}
                self._paragraph(t("briefing.step_line", self.language, number=place, **texts))
                if is_tall:
                    self._small_print(task)
            return
        several = len(section.tables) > 1
        for place, table in enumerate(section.tables):
            if several:
                self._second_heading(table.title, place)
            if not table.rows:
                if table.empty not in section.paragraphs:
                    self._paragraph(table.empty)
                continue
            self._table(table)
            self._paragraph("", indent=False)

    def list_of_annexes(self, annexes: Sequence[Section]) -> None:
        """Write which annexes follow."""
        self._paragraph("", indent=False)
        for number, section in enumerate(annexes, start=1):
            lead = t("briefing.annexes_lead", self.language) if number == 1 else ANNEX_GAP
            self._paragraph(f"{lead}{number}.{section.title}")
        self._paragraph("", indent=False)
        self._paragraph(self.briefing.characters_text)

    def annex(self, section: Section, number: int) -> None:
        """Write an annex on a page of its own."""
        title = t("briefing.annex", self.language, number=number, title=section.title)
        self._heading(title, 1, self.fonts.first_heading, False).paragraph_format.page_break_before = True
        self._sentences(section.paragraphs, section.tables)
        for place, table in enumerate(each for each in section.tables if each.rows):
            if place:
                self._paragraph("", indent=False)
            self._table(table)

    def end(self) -> None:
        """Write the paragraph that a document ends with, too low to begin another page."""
        self._paragraph("", indent=False).paragraph_format.line_spacing = Pt(1)

    def _sentences(self, sentences: Sequence[str], tables: Sequence[BriefingTable]) -> None:
        """Write sentences; the last one stays on the page where the table below it begins."""
        for text in sentences:
            written = self._paragraph(text)
        if sentences and any(table.rows for table in tables):
            written.paragraph_format.keep_with_next = True

    def _heading(self, text: str, level: int, font: FontPair, indent: bool = True) -> Paragraph:
        paragraph = self._paragraph("", indent=indent)
        paragraph.paragraph_format.keep_with_next = True
        outline = OxmlElement("w:outlineLvl")
        outline.set(qn("w:val"), str(level - 1))
        paragraph._p.get_or_add_pPr().append(outline)
        self._run(paragraph, text, font, SIZE_3)
        return paragraph

    def _second_heading(self, title: str, place: int) -> None:
        self._heading(second_heading(title, place, self.language), 2, self.fonts.second_heading)

    def _paragraph(self, text: str, indent: bool = True) -> Paragraph:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if self.language == "zh" else WD_ALIGN_PARAGRAPH.LEFT
        if indent:
            _indent_two_signs(paragraph)
        if text:
            self._run(paragraph, text, self.fonts.body, SIZE_3)
        return paragraph

    def _small_print(self, text: str) -> None:
        paragraph = self._paragraph("", indent=False)
        paragraph.paragraph_format.line_spacing = Pt(SIZE_5.pt * 1.35)
        self._run(paragraph, text, self.fonts.body, SIZE_5)

    def _beginning(self, text: str) -> str:
        """Return the beginning of a text and where the whole stands."""
        return t("briefing.whole_below", self.language, beginning=text[:BEGINNING])

    def _table(self, table: BriefingTable) -> None:
        native = self.document.add_table(rows=1, cols=len(table.columns))
        native.style = "Table Grid"
        native.alignment = WD_TABLE_ALIGNMENT.CENTER
        native.autofit = False
        _narrow_cells(native._tbl)
        whole = sum(column.width for column in table.columns)
        widths = [Emu(round(TEXT_WIDTH * column.width / whole)) for column in table.columns]
        for element, width in zip(native._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
            element.set(qn("w:w"), str(width.twips))
        # English words are longer, and one that doesn't fit is broken anywhere.
        small = len(table.columns) > (10 if self.language == "zh" else 4)
        size = Pt(9) if small else SIZE_SMALL_4
        native._tbl.remove(native.rows[0]._tr)
        titles = [Cell(column.title) for column in table.columns]
        native._tbl.append(self._row(titles, widths, size, self.fonts.first_heading, is_heading=True))
        for row in table.rows:
            tall = [lines_of(cell.text, width / size) > TALL for cell, width in zip(row, widths, strict=True)]
            short = [
                replace(cell, text=self._beginning(cell.text)) if is_tall else cell
                for cell, is_tall in zip(row, tall, strict=True)
            ]
            native._tbl.append(self._row(short, widths, size, self.fonts.body))
            for column, cell in compress(zip(table.columns, row, strict=True), tall):
                text = t("briefing.whole_text", self.language, name=column.title, text=cell.text)
                over_all = self._row([Cell(text)], [Emu(TEXT_WIDTH)], SIZE_5, self.fonts.body, over=len(row))
                native._tbl.append(over_all)

    def _row(
        self,
        row: Sequence[Cell],
        widths: Sequence[Emu],
        size: Pt,
        font: FontPair,
        *,
        is_heading: bool = False,
        over: int = 1,
    ) -> etree._Element:
        """Return a table's row, written as a whole: cell by cell it takes three times as long.

        Parameters
        ----------
        over : int
            How many columns each cell goes over.
        """
        marks = "<w:tblHeader/>" if is_heading else ""
        if sum(len(cell.text) for cell in row) < UNBROKEN:
            marks = f"<w:cantSplit/>{marks}"
        cells = "".join(
            self._cell(cell, width, size, font, is_heading, over) for cell, width in zip(row, widths, strict=True)
        )
        return parse_xml(f"<w:tr {nsdecls('w')}><w:trPr>{marks}</w:trPr>{cells}</w:tr>")

    def _cell(self, cell: Cell, width: Emu, size: Pt, font: FontPair, is_heading: bool, over: int) -> str:
        ink = load_palette().grade_of(cell.grade).ink("light") if cell.grade else None
        fill = load_palette().ground_of("light").raised if is_heading else ink.fill if ink else ""
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill.lstrip("#")}"/>' if fill else ""
        centred = '<w:jc w:val="center"/>' if is_heading or ink else '<w:jc w:val="left"/>'
        kept = "<w:keepNext/>" if is_heading else ""
        shown = f'<w:color w:val="{ink.text.lstrip("#")}"/>' if ink else ""
        half_points = round(size.pt * 2)
        span = f'<w:gridSpan w:val="{over}"/>' if over > 1 else ""
        return (
            f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width.twips}"/>{span}{shade}</w:tcPr>'
            f'<w:p><w:pPr>{kept}<w:spacing w:line="{round(size.pt * 27)}" w:lineRule="exact"/>{centred}</w:pPr>'
            f"<w:r><w:rPr><w:rFonts w:ascii={quoteattr(self.fonts.latin)} w:hAnsi={quoteattr(self.fonts.latin)} "
            f'w:eastAsia={quoteattr(font[0])}/>{shown}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'
            f'<w:t xml:space="preserve">{escape(cell.text.translate(_ILLEGAL))}</w:t></w:r></w:p></w:tc>'
        )

    def _run(
        self,
        paragraph: Paragraph,
        text: str,
        font: FontPair,
        size: Pt,
        *,
        bold: bool = False,
        ink: str | None = None,
        latin: str | None = None,
    ) -> Run:
        run = paragraph.add_run(text.translate(_ILLEGAL))
        run.font.size = size
        run.font.name = latin or self.fonts.latin
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font[0])
        if bold:
            run.font.bold = True
        if ink:
            run.font.color.rgb = RGBColor.from_string(ink.lstrip("#"))
        return run


def _indent_two_signs(paragraph: Paragraph) -> None:
    """Indent the first line by two signs, whatever the size of the font."""
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(2 * SIZE_3.twips))


def _field_part(kind: str | None, text: str | None) -> object:
    if kind == "shown":
        part = OxmlElement("w:t")
        part.text = text
    elif kind is None:
        part = OxmlElement("w:instrText")
        part.set(qn("xml:space"), "preserve")
        part.text = text
    else:
        part = OxmlElement("w:fldChar")
        part.set(qn("w:fldCharType"), kind)
    return part


def _off(tag: str) -> object:
    element = OxmlElement(tag)
    element.set(qn("w:val"), "0")
    return element


def _narrow_cells(table: object) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        element = OxmlElement(f"w:{side}")
        element.set(qn("w:w"), "45")
        element.set(qn("w:type"), "dxa")
        margins.append(element)
    table.tblPr.append(margins)  # type: ignore[attr-defined]
