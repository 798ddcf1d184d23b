"""No number in a written file or on a drawn page, on PostgreSQL, depends on a row outside the scope."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import openpyxl
import pytest
import streamlit as st
from docx import Document
from hypothesis import HealthCheck, given, settings, strategies
from pptx import Presentation

from dashboard.briefing import build_briefing, write_briefing
from dashboard.components.downloads import csv_bytes, xlsx_bytes
from dashboard.context import Context, first_day
from dashboard.navigation import PAGES, may_open
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of
from data_access.access import Scope, load_roles
from data_access.errors import DataAccessError
from data_access.home import DATABASE_VARIABLE, HOME_VARIABLE, Home
from data_access.queries import SnapshotReader
from tests.dashboard.test_app import opened, shown
from tests.data_access import neighbours
from tests.data_access.neighbours import CODES, EAST, inside
from tests.stores import fresh_database

SCREENS = {entry.url_path: entry for entry in PAGES if entry.screen and not entry.permission}
CONFINED = (EAST, "970101001000")
PERIODS = ("2022", "2023H1", "2023Q3", "2024Q4", "2024-11")
REQUEST = {
    "role": strategies.sampled_from(sorted(load_roles())),
    "place": strategies.sampled_from([(scope, code) for scope in CONFINED for code in CODES if inside(code, scope)]),
    "period": strategies.sampled_from(PERIODS),
    "language": strategies.sampled_from(["zh", "en"]),
}


def some(examples: int) -> settings:
    unchecked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=unchecked)


@dataclass(frozen=True)
class Cities:
    whole: SnapshotReader
    twins: Mapping[str, SnapshotReader]
    """By region: the city in which every row outside that region is another, of the same days and sources."""

    def pair(self, region: str) -> tuple[SnapshotReader, SnapshotReader]:
        return self.whole, self.twins[region]


@pytest.fixture(scope="module")
def cities(postgresql_address, tmp_path_factory) -> Iterator[Cities]:
    with ExitStack() as databases:

        def reader(region: str | None = None) -> SnapshotReader:
            home = Home(tmp_path_factory.mktemp("city"), databases.enter_context(fresh_database(postgresql_address)))
            return SnapshotReader(neighbours.fill(home, region))

        yield Cities(reader(), {region: reader(region) for region in CONFINED})


def cells(body: bytes) -> list:
    return [list(sheet.iter_rows(values_only=True)) for sheet in openpyxl.load_workbook(io.BytesIO(body))]


def slides(body: bytes) -> list:
    said: list = []
    for slide in Presentation(io.BytesIO(body)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                said.append(shape.text_frame.text)
            if shape.has_table:
                said += [[cell.text for cell in row.cells] for row in shape.table.rows]
            if shape.has_chart:
                said += [(each.name, tuple(each.values)) for plot in shape.chart.plots for each in plot.series]
                said.append(cells(shape.chart.part.chart_workbook.xlsx_part.blob))
    return said


def document(body: bytes) -> list:
    read = Document(io.BytesIO(body))
    rows = [[cell.text for cell in row.cells] for table in read.tables for row in table.rows]
    return [[paragraph.text for paragraph in read.paragraphs], rows]


def plain_json(body: bytes) -> dict:
    return {name: value for name, value in json.loads(body).items() if name != "published_at"}


READ_BACK: Mapping[str, Callable[[bytes], object]] = {
    "xlsx": cells,
    "pptx": slides,
    "docx": document,
    "json": plain_json,
    "csv": lambda body: list(csv.reader(io.StringIO(body.decode("utf-8-sig")))),
}


@some(3)
@given(**REQUEST)
def test_no_hand_out_depends_on_a_row_outside_the_scope(cities, role, place, period, language):
    confined, region = place

    def written(reader: SnapshotReader) -> object:
        try:
            briefing = build_briefing(reader, Scope(role, confined), region, Period.parse(period), language)
            return {form: READ_BACK[form](write_briefing(briefing, form)) for form in ("xlsx", "pptx", "docx", "json")}
        except DataAccessError as error:
            return type(error).__name__

    here, there = map(written, cities.pair(confined))
    assert here == there


@some(15)
@given(page=strategies.sampled_from(sorted(SCREENS)), form=strategies.sampled_from(["csv", "xlsx"]), **REQUEST)
def test_no_downloaded_table_depends_on_a_row_outside_the_scope(cities, page, form, role, place, period, language):
    confined, region = place
    context = Context(region, Period.parse(period), language, "light", Scope(role, confined))
    write = {"csv": csv_bytes, "xlsx": xlsx_bytes}[form]

    def written(reader: SnapshotReader) -> object:
        try:
            tables = screen_of(SCREENS[page])(reader, context).tables
        except DataAccessError as error:
            return type(error).__name__
        return {each.key: READ_BACK[form](write(each.download(), (("table", each.title),))) for each in tables}

    here, there = map(written, cities.pair(confined))
    assert here == there


@some(3)
@given(page=strategies.sampled_from([entry.url_path for entry in PAGES if not entry.permission]), **REQUEST)
def test_no_drawn_page_depends_on_a_row_outside_the_scope(cities, monkeypatch, page, role, place, period, language):
    confined, region = place
    entry = next(entry for entry in PAGES if entry.url_path == page)

    def drawn(reader: SnapshotReader) -> list[str]:
        for name, value in (
            (HOME_VARIABLE, str(reader.home.path)),
            (DATABASE_VARIABLE, str(reader.home.database_url)),
            ("PINGAN_ROLE", role),
            ("PINGAN_REGION", confined),
        ):
            monkeypatch.setenv(name, value)
        st.cache_resource.clear()
        st.cache_data.clear()
        first_day.cache_clear()
        app = opened(page, region=region, period=period, lang=language)
        assert not app.exception
        charts = [element.proto.spec for element in app.get("plotly_chart")]
        layers = [element.proto.json for element in app.get("deck_gl_json_chart")]
        return [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "", text) for text in (shown(app), *charts, *layers)]

    here, there = map(drawn, cities.pair(confined))
    assert here == there
    assert "西县" not in here[0]
    if may_open(load_roles()[role], entry):
        assert len(here[0]) > 1000, "something was drawn"
        # AppTest runs the pages that lie directly in pages/ without the frame that says the snapshot.
        assert page != "overview" and entry.file.count("/") == 1 or "2024Q4-0001" in here[0]
