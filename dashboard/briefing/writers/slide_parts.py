"""Pieces of a slide: text in the named font, native tables and charts, the stamp on every slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr  # nosec B406  # writes XML, reads none

from lxml import etree
from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.slide import Slide
from pptx.text.text import TextFrame, _Paragraph
from pptx.util import Emu, Pt

from dashboard.briefing.model import TableColumn
from dashboard.briefing.settings import briefing_settings
from dashboard.palette import load_palette

Box = tuple[float, float, float, float]
"""Left, top, width, height in points."""
LANGUAGE_TAG = {"zh": "zh-CN", "en": "en-GB"}
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)}


def colour(hexadecimal: str) -> RGBColor:
    """Return ``#RRGGBB`` as the library takes it."""
    return RGBColor.from_string(hexadecimal.lstrip("#"))


def write(
    paragraph: _Paragraph, text: str, language: str, size: float, *, bold: bool = False, ink: str | None = None
) -> None:
    """Add ``text`` to a paragraph, with the font named for Latin and for Chinese signs."""
    run = paragraph.add_run()
    run.text = text.translate(_ILLEGAL)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = colour(ink or load_palette().ground_of("light").text)
    properties = run._r.get_or_add_rPr()
    properties.set("lang", LANGUAGE_TAG[language])
    _name_font(properties)


def _name_font(properties: etree._Element) -> None:
    name = briefing_settings().fonts.slides
    for tag in ("a:latin", "a:ea", "a:cs"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    for tag in ("a:latin", "a:ea", "a:cs"):
        etree.SubElement(properties, qn(tag)).set("typeface", name)


def text_box(slide: Slide, box: Box, *, middle: bool = False) -> TextFrame:
    """Return the frame of an empty text box that wraps and keeps its size."""
    shape = slide.shapes.add_textbox(*(Pt(each) for each in box))
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
    return frame


def chip(slide: Slide, box: Box, grade: str, word: str, language: str) -> None:
    """Draw a grade as a filled box that carries its word."""
    ink = load_palette().grade_of(grade).ink("light")
    shape = slide.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, *(Pt(each) for each in box))
    shape.shadow.inherit = False
    shape.fill.solid()
    shape.fill.fore_color.rgb = colour(ink.fill)
    shape.line.color.rgb = colour(ink.outline)
    frame = shape.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.CENTER
    write(paragraph, f"{load_palette().grade_of(grade).shape} {word}", language, 18, bold=True, ink=ink.text)


def table(
    slide: Slide,
    box: Box,
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[tuple[str, str]]],
    language: str,
    size: float,
    heights: Sequence[float],
    centred: bool = False,
) -> None:
    """Draw a native table.

    Parameters
    ----------
    rows : sequence of sequence of (text, grade)
        A grade colours the cell; its word is the text.
    heights : sequence of float
        Of the heading and of each row, in points.
    """
    ground = load_palette().ground_of("light")
    left, top, width, _ = box
    frame = slide.shapes.add_table(len(rows) + 1, len(columns), Pt(left), Pt(top), Pt(width), Pt(sum(heights)))
    native = frame.table
    native.horz_banding = False
    whole = sum(column.width for column in columns)
    for place, column in enumerate(columns):
        native.columns[place].width = Pt(width * column.width / whole)
    for old in list(native._tbl.tr_lst):
        native._tbl.remove(old)
    look = _Look(language, size, ground.accent, ground.on_accent, True, centred)
    native._tbl.append(_row([(column.title, "") for column in columns], heights[0], look, centred))
    for number, row in enumerate(rows, start=1):
        fill = ground.card if number % 2 else ground.page
        look = _Look(language, size, fill, ground.text, False, False)
        native._tbl.append(_row(row, heights[number], look, centred))


@dataclass(frozen=True)
class _Look:
    """How the cells of a row look that are not graded."""

    language: str
    size: float
    fill: str
    ink: str
    bold: bool
    first_centred: bool


def _row(row: Sequence[tuple[str, str]], height: float, look: _Look, centred: bool) -> etree._Element:
    """Return a table's row, written as a whole: cell by cell it takes five times as long."""
    cells = "".join(
        _cell(text, grade, look, look.first_centred if place == 0 else centred)
        for place, (text, grade) in enumerate(row)
    )
    return parse_xml(f'<a:tr {nsdecls("a")} h="{Pt(height)}">{cells}</a:tr>')


def _cell(text: str, grade: str, look: _Look, centred: bool) -> str:
    ink = load_palette().grade_of(grade).ink("light") if grade else None
    fill, shown = (ink.fill, ink.text) if ink else (look.fill, look.ink)
    name = quoteattr(briefing_settings().fonts.slides)
    align = ' algn="ctr"' if centred or ink else ""
    weight = "1" if look.bold or ink else "0"
    paragraphs = "".join(
        f"<a:p><a:pPr{align}/><a:r>"
        f'<a:rPr lang="{LANGUAGE_TAG[look.language]}" sz="{round(look.size * 100)}" b="{weight}">'
        f'<a:solidFill><a:srgbClr val="{shown.lstrip("#")}"/></a:solidFill>'
        f"<a:latin typeface={name}/><a:ea typeface={name}/><a:cs typeface={name}/></a:rPr>"
        f"<a:t>{escape(line.translate(_ILLEGAL))}</a:t></a:r></a:p>"
        for line in text.split("\n")
    )
    return (
        f'<a:tc><a:txBody><a:bodyPr wrap="square"/><a:lstStyle/>{paragraphs}</a:txBody>'
        f'<a:tcPr marL="{Pt(4)}" marR="{Pt(4)}" marT="{Pt(2)}" marB="{Pt(2)}" anchor="ctr">'
        f'<a:solidFill><a:srgbClr val="{fill.lstrip("#")}"/></a:solidFill></a:tcPr></a:tc>'
    )


def bar_chart(
    slide: Slide,
    box: Box,
    *,
    names: Sequence[str],
    values: Sequence[float | None],
    series: str,
    inks: Sequence[str],
    places: int,
    size: float,
    scale: tuple[float, float] | None = None,
    limits: Sequence[tuple[float, float] | None] = (),
) -> Chart:
    """Draw a native bar chart, first name on top, with the limits of each value where they are given."""
    data = CategoryChartData(number_format=f"0.{'0' * places}" if places else "0")
    data.categories = list(names)
    data.add_series(series, list(values))
    shapes: Any = slide.shapes
    frame = shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *(Pt(each) for each in box), data)
    chart = frame.chart
    chart.has_legend, chart.has_title = False, False
    chart.font.size = Pt(size)
    _name_font(chart.font._rPr)
    plot = chart.plots[0]
    plot.gap_width, plot.vary_by_categories, plot.has_data_labels = 45, False, True
    plot.data_labels.number_format = f"0.{'0' * places}" if places else "0"
    plot.data_labels.number_format_is_linked = False
    plot.data_labels.position = XL_LABEL_POSITION.INSIDE_BASE if limits else XL_LABEL_POSITION.OUTSIDE_END
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = scale or (0, None)
    shown = plot.series[0]
    for place, ink in enumerate(inks):
        point = shown.points[place]
        point.format.fill.solid()
        point.format.fill.fore_color.rgb = colour(ink)
        point.format.line.color.rgb = colour(load_palette().ground_of("light").muted)
    if any(limits):
        _error_bars(shown._element, values, limits)
    return chart


def _error_bars(
    series: etree._Element, values: Sequence[float | None], limits: Sequence[tuple[float, float] | None]
) -> None:
    """Add each value's interval, as the library has no call for it."""
    bars = etree.SubElement(series, qn("c:errBars"))
    for tag, value in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(bars, qn(f"c:{tag}")).set("val", value)
    for tag, side in (("plus", 1), ("minus", 0)):
        literal = etree.SubElement(etree.SubElement(bars, qn(f"c:{tag}")), qn("c:numLit"))
        etree.SubElement(literal, qn("c:formatCode")).text = "General"
        etree.SubElement(literal, qn("c:ptCount")).set("val", str(len(values)))
        for place, (middle, limit) in enumerate(zip(values, limits, strict=True)):
            if middle is None or limit is None:
                continue
            point = etree.SubElement(literal, qn("c:pt"))
            point.set("idx", str(place))
            etree.SubElement(point, qn("c:v")).text = repr(abs(limit[side] - middle))
    # The order of a series' parts is fixed: before its categories.
    series.find(qn("c:cat")).addprevious(bars)
