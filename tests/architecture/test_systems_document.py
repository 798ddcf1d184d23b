"""docs/systems.md names only what there is: every page, table, measure, indicator and config file of a system exists."""

from __future__ import annotations

import re
from fnmatch import filter as matching
from pathlib import Path

import pytest

from dashboard.i18n import t
from dashboard.indicators.catalogue import load_catalogue
from dashboard.navigation import DEFAULT_PAGE, PAGES
from data_access import schema
from data_access.access import CONFIG
from data_access.ledger import ledger_settings
from data_access.measures import load_histograms, load_measures

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "systems.md").read_text(encoding="utf-8")
SYSTEMS = range(1, 26)
"""Rows of the table that the owner of the project gave."""


def rows() -> list[list[str]]:
    """Return the cells of the document's table: number, system, page, tables, indicators, config."""
    lines = [line.strip("| \n").split(" | ") for line in DOCUMENT.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if cells[0].isdigit() or cells[0] == "–"]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(params=rows(), ids=lambda cells: cells[1])
def row(request) -> list[str]:
    return request.param


def test_every_system_has_its_row():
    assert [int(cells[0]) for cells in rows() if cells[0].isdigit()] == list(SYSTEMS)


def test_page_exists_under_the_name_that_the_menu_gives_it(row):
    titles = {"" if entry.url_path == DEFAULT_PAGE else entry.url_path: t(entry.title_key, "zh") for entry in PAGES}
    pages = {
        re.sub(r"\?.*", "", name).strip("/") for name in named(row[2]) if name.startswith("/") and "=NAME" not in name
    }
    assert pages and pages <= set(titles)
    assert [titles[page] for page in pages if titles[page] not in row[2]] == []


def test_commands_name_pages():
    told = set(re.findall(r"python -m dashboard page (\w+)", DOCUMENT))
    assert told and told <= {entry.url_path for entry in PAGES}


def test_tables_and_measures_exist(row):
    known = {*schema.metadata.tables, *load_measures(), *load_histograms(), *ledger_settings().kinds}
    assert [name for name in named(row[3]) if not matching(known, name)] == []


def test_indicators_exist(row):
    ids = re.findall(r"\b[A-Z]{2,3}\d+[a-z]?\b", row[4])
    assert [name for name in ids if name not in load_catalogue()] == []


def test_config_exists(row):
    assert named(row[5])
    assert [name for name in named(row[5]) if not (CONFIG / name).is_file()] == []
