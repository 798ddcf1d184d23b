"""The briefing as slides: the parts in their order, one slide a region, native charts and tables throughout."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx import Presentation
from pptx.enum.text import PP_ALIGN
from pptx.slide import Slide
from pptx.util import Pt

from dashboard.briefing.model import Briefing, BriefingTable, RegionPage, Section
from dashboard.briefing.sections import LEAGUE, MAIN_SECTIONS
from dashboard.briefing.writers.layout import height_of, lines_of, pages_of
from dashboard.briefing.writers.slide_parts import bar_chart, chip, colour, table, text_box, write
from dashboard.briefing.writers.wording import BULLET, heading, index_sentence, outcome_sentence, region_lines
from dashboard.i18n import t
from dashboard.palette import load_palette

WIDTH, HEIGHT = 960.0, 540.0
LEFT, TOP, INNER = 40.0, 84.0, 880.0
BOTTOM = 506.0
LINE = 1.25
"""Height of a line of text in ems."""
ITEM_SIZE = 14.0


def pptx_bytes(briefing: Briefing) -> bytes:
    """Return the presentation."""
    deck = _Deck(briefing)
    deck.cover()
    main = [section for section in briefing.sections if section.key in MAIN_SECTIONS]
    for number, section in enumerate(main):
        deck.section(section, heading(section.title, number, briefing.language))
    for number, page in enumerate(briefing.pages, start=1):
        deck.region(page, number)
    for number, section in enumerate(each for each in briefing.sections if each.is_annex):
        title = t("briefing.annex", briefing.language, number=number + 1, title=section.title)
        deck.section(section, title)
    return deck.saved()


class _Deck:
    """Slides being written."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self.language = briefing.language
        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
        self.deck.core_properties.title = briefing.title
        self.deck.core_properties.comments = briefing.stamp
        self.deck.core_properties.author = ""
        self.ground = load_palette().ground_of("light")

    def saved(self) -> bytes:
        """Return the file, its slides numbered."""
        total = len(self.deck.slides)
        for number, slide in enumerate(self.deck.slides, start=1):
            frame = text_box(slide, (760, 514, 160, 16))
            frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
            text = t("briefing.page", self.language, number=number, total=total)
            write(frame.paragraphs[0], text, self.language, 10, ink=self.ground.muted)
        body = io.BytesIO()
        self.deck.save(body)
        return body.getvalue()

    def slide(self, title: str) -> Slide:
        """Return a new slide with its title, the stamp and the viewer's mark."""
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[6])
        mark = text_box(slide, (150, 235, 660, 70), middle=True)
        slide.shapes[-1].rotation = -20  # type: ignore[attr-defined]
        mark.paragraphs[0].alignment = PP_ALIGN.CENTER
        text = t("briefing.watermark", self.language, viewer=self.briefing.viewer, mark=self.briefing.mark)
        write(mark.paragraphs[0], text, self.language, 34 if lines_of(text, 660 / 34) == 1 else 24, ink="#ECEFF1")
        if title:
            frame = text_box(slide, (LEFT, 22, 700, 48), middle=True)
            write(frame.paragraphs[0], title, self.language, 28 if lines_of(title, 24) == 1 else 20, bold=True)
        line = slide.shapes.add_connector(1, Pt(LEFT), Pt(74), Pt(LEFT + INNER), Pt(74))
        line.line.color.rgb = colour(self.ground.accent)
        stamp = text_box(slide, (LEFT, 514, 720, 16))
        write(stamp.paragraphs[0], self.briefing.stamp, self.language, 10, ink=self.ground.muted)
        return slide

    def cover(self) -> None:
        """Add the first slide: what it is, of which data, for whom."""
        briefing = self.briefing
        slide = self.slide("")
        size = 40 if lines_of(briefing.title, INNER / 40) == 1 else 30
        frame = text_box(slide, (LEFT, 130, INNER, 100), middle=True)
        write(frame.paragraphs[0], briefing.title, self.language, size, bold=True)
        below = text_box(slide, (LEFT, 240, INNER, 190))
        main = [section for section in briefing.sections if section.key in MAIN_SECTIONS]
        lines = [t("briefing.draft", self.language), briefing.stamp, ""]
        lines += [heading(section.title, number, self.language) for number, section in enumerate(main)]
        _lines(below, lines, self.language, 18)

    def section(self, section: Section, title: str) -> None:
        """Add the slides of one part: its sentences with the first table, then what goes on."""
        slide, top = self.slide(title), TOP
        for paragraph in section.paragraphs:
            top = self._paragraph(slide, top, paragraph)
        if section.key == LEAGUE and any(page.standing.index is not None for page in self.briefing.pages):
            self._index_chart(slide, top)
            slide, top = self.slide(t("briefing.continued", self.language, title=title, number=1)), TOP
        for number, each in enumerate(each for each in section.tables if each.rows):
            if number:
                slide, top = self.slide(f"{title} · {each.title}"), TOP
            self._table(slide, top, each, title)

    def _paragraph(self, slide: Slide, top: float, text: str, size: float = 16) -> float:
        lines = lines_of(text, INNER / size)
        frame = text_box(slide, (LEFT, top, INNER, lines * size * LINE))
        write(frame.paragraphs[0], text, self.language, size)
        return top + lines * size * LINE + 8

    def _table(self, slide: Slide, top: float, each: BriefingTable, title: str) -> None:
        wide = len(each.columns) > 10
        size = 11.0 if wide or len(each.columns) > 7 else 13.0
        whole = sum(column.width for column in each.columns)
        ems = [(INNER * column.width / whole - 8) / size for column in each.columns]
        padding = 5.0 / (size * LINE)
        heading = max(lines_of(column.title, width) for column, width in zip(each.columns, ems, strict=True)) + padding
        mark = t("briefing.cell_continued", self.language)
        room = (BOTTOM - TOP) / (size * LINE) - heading
        first = (BOTTOM - top) / (size * LINE) - heading
        pages = _pages(each, ems, (first, room), padding, mark)
        for number, rows in enumerate(pages):
            if number:
                slide, top = self.slide(t("briefing.continued", self.language, title=title, number=number)), TOP
            cells = [[(cell.text, cell.grade) for cell in row] for row in rows]
            box = (LEFT, top, INNER, 0.0)
            lines = [heading, *(height_of(row, ems) + padding for row in rows)]
            heights = [count * size * LINE for count in lines]
            table(slide, box, each.columns, cells, self.language, size, heights, centred=wide)

    def _index_chart(self, slide: Slide, top: float) -> None:
        standings = self.briefing.league
        title = t("briefing.index_chart", self.language, month=self.briefing.month)
        top = self._paragraph(slide, top, title, 14)
        limits = [None if each.lower is None or each.upper is None else (each.lower, each.upper) for each in standings]
        bar_chart(
            slide,
            (LEFT, top, INNER, BOTTOM - top),
            names=[f"{each.name}　{each.grade_word}" for each in standings],
            values=[each.index for each in standings],
            series=t("briefing.series_index", self.language),
            inks=[_fill(each.grade) for each in standings],
            places=1,
            size=12 if len(standings) <= 16 else 8,
            scale=(0, 100),
            limits=limits,
        )

    def region(self, page: RegionPage, number: int) -> None:
        """Add the slide of one region: how it stands, why, what was promised, what to ask."""
        standing, language = page.standing, self.language
        slide = self.slide(standing.name)
        chip(slide, (752, 28, 108, 36), standing.grade, standing.grade_word, language)
        place = text_box(slide, (866, 28, 54, 36), middle=True)
        place.paragraphs[0].alignment = PP_ALIGN.RIGHT
        write(place.paragraphs[0], f"{number} / {len(self.briefing.pages)}", language, 14, ink=self.ground.muted)
        self._strip(slide, page)
        half = (INNER - 24) / 2
        self._region_left(slide, page, half)
        right = text_box(slide, (LEFT + half + 24, 146, half, BOTTOM - 146))
        room = (BOTTOM - 146) / (ITEM_SIZE * LINE)
        for number, line in enumerate(region_lines(page, self.briefing, half / ITEM_SIZE, room)):
            paragraph = right.paragraphs[0] if number == 0 else right.add_paragraph()
            heading = not line.startswith(BULLET)
            paragraph.space_before = Pt(8 if heading and number else 2)
            write(paragraph, line, language, ITEM_SIZE, bold=heading)

    def _strip(self, slide: Slide, page: RegionPage) -> None:
        strip = self.briefing.table("strip")
        words = [(word, grade) for word, grade in zip(page.standing.strip_words, page.standing.strip, strict=True)]
        if words:
            table(slide, (LEFT, 84, INNER, 0), strip.columns[1:], [words], self.language, 12, (22, 24), centred=True)

    def _region_left(self, slide: Slide, page: RegionPage, width: float) -> None:
        standing, language = page.standing, self.language
        top = 150.0
        for text in (index_sentence(page, language), outcome_sentence(page, language)):
            lines = lines_of(text, width / 15)
            frame = text_box(slide, (LEFT, top, width, lines * 15 * LINE))
            write(frame.paragraphs[0], text, language, 15)
            top += lines * 15 * LINE + 6
        frame = text_box(slide, (LEFT, top, width, 20))
        heading = t("briefing.region.losses" if standing.losses else "briefing.region.no_losses", language)
        write(frame.paragraphs[0], heading, language, 14, bold=True)
        top += 22
        if not standing.losses:
            return
        notes = [
            t(
                "briefing.region.loss",
                language,
                name=each.name,
                lost=each.lost_text,
                unit=each.unit,
                deadline=each.deadline,
            )
            for each in standing.losses
        ]
        room = sum(lines_of(note, width / 12) for note in notes) * 12 * LINE
        bar_chart(
            slide,
            (LEFT, top, width, max(BOTTOM - top - room - 6, 90)),
            names=[each.name for each in standing.losses],
            values=[each.points_lost for each in standing.losses],
            series=t("briefing.series_lost", language),
            inks=[self.ground.muted] * len(standing.losses),
            places=1,
            size=12,
        )
        below = text_box(slide, (LEFT, BOTTOM - room, width, room))
        _lines(below, notes, language, 12)


def _pages(
    each: BriefingTable, ems: Sequence[float], rooms: tuple[float, float], padding: float, mark: str
) -> list[list]:
    """Share rows out: as many as fit on the first slide below its sentences, the others on slides of their own."""
    first = pages_of(each.rows, ems, rooms[0], padding, mark)
    if len(first) == 1:
        return first
    head = first[0]
    whole = [row for row in each.rows if row in head]
    if whole != list(each.rows[: len(whole)]) or len(whole) != len(head):
        # The first row is too high for what is left of the first slide: everything goes on full slides.
        return pages_of(each.rows, ems, rooms[0], padding, mark)
    return [head, *pages_of(each.rows[len(head) :], ems, rooms[1], padding, mark)]


def _lines(frame: object, lines: Sequence[str], language: str, size: float) -> None:
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()  # type: ignore[attr-defined]
        write(paragraph, line, language, size)


def _fill(grade: str) -> str:
    return load_palette().grade_of(grade).ink("light").fill
