"""Each example's cockpit in a real browser: the pages of its menu that differ by the data stand, in Chinese, nothing unexplained."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.home import Home
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.browser.screen import open_page, stray_english, visible_text
from tests.servers import running_app

EXAMPLES = ("london", "us_counties", "mexico", "chuzhou", "baltimore")
"""Counts with and without shapes, regions only, records without shapes; Toronto has tests of its own."""
PAGES = ("/", "/map", "/trends", "/ranking", "/disputes", "/assessment", "/data", "/quality")
"""The pages that draw what a data set holds; that the others stand, too, is tested without a browser."""
EMPTY = """() => [...document.querySelectorAll('.js-plotly-plot')]
    .filter(plot => plot.checkVisibility() && !plot.data.some(trace => (trace.x || trace.locations || trace.lon || []).length))
    .map(plot => plot.closest('[data-testid=stVerticalBlock]')?.innerText)"""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_pages_of_an_example_stand_in_chinese_without_an_empty_chart(page, example_home, name):
    home = example_home(name)
    reader = SnapshotReader(home)
    named = " ".join([*reader.snapshot().dataset.values(), *units(home)])
    with running_app(home) as address:
        for path in PAGES:
            open_page(page, address, path)
            assert page.locator("[data-testid=stException], .error-panel").count() == 0, path
            text = visible_text(page)
            assert "来源" in text, path
            own = {"risk", "colour"}  # the column that the empty state asks for
            own |= set(re.findall("[A-Za-z]+", named)) | names_of_places(reader)
            assert not stray_english(text) - own, path
            assert page.evaluate(EMPTY) == [], path


def units(home: Home) -> list[str]:
    """Return the offices that the data set's disputes lie with, by which the list of disputes calls them."""
    with WorkingStore.open(home) as store:
        return store.read(sa.select(schema.dispute.c.unit).distinct())["unit"].dropna().tolist()


def names_of_places(reader: SnapshotReader) -> set[str]:
    """Return the words that the data set's regions, files and types are called by."""

    scope = Scope("city_leader", reader.snapshot().root_code)
    regions, imports = reader.regions(scope), reader.imports(scope)
    text = " ".join([*regions["name"], *regions["name_en"].dropna(), *imports["file_name"], *imports["mapping_name"]])
    return set(re.findall("[A-Za-z]+", text))
