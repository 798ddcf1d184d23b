"""Text that tries to be SQL or script, in every parameter of every page: not taken, and not shown."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from dashboard.context import PARAMETERS
from dashboard.navigation import DEFAULT_PAGE, PAGES
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.browser.screen import settle, visible_text
from tests.data_access import small_city
from tests.servers import running_app
from tests.stores import fresh_database

FORGED = (
    "'; DROP TABLE region; --",
    "' OR '1'='1",
    "%",
    "_",
    "a\x00b",
    '"><script>window.broken=1</script>',
    "９７",
    "9" * 2_000,
)


@pytest.fixture(scope="module")
def shared_home(postgresql_address, tmp_path_factory) -> Iterator[Home]:
    with fresh_database(postgresql_address) as url:
        home = Home(tmp_path_factory.mktemp("shared"), url)
        small_city.fill(home)
        publish(home)
        yield home


@pytest.fixture(scope="module")
def shared_app(shared_home) -> Iterator[str]:
    with running_app(shared_home, DATABASE_URL=str(shared_home.database_url)) as address:
        yield address


@pytest.mark.parametrize("entry", [each for each in PAGES if not each.permission], ids=lambda each: each.url_path)
def test_every_parameter_of_a_page_falls_back_and_nothing_of_it_is_shown(page, shared_app, shared_home, entry):
    names = [*PARAMETERS.values(), *entry.parameters, "unknown"]
    place = PAGES.index(entry)
    forged = {name: FORGED[(place + number) % len(FORGED)] for number, name in enumerate(names)}
    path = "" if entry.url_path == DEFAULT_PAGE else entry.url_path
    page.goto(f"{shared_app}/{path}?{urlencode(forged)}")
    settle(page)
    text = visible_text(page)
    assert "2024Q4-0001" in text
    assert page.locator("[role=alert]").count() == 0
    assert page.evaluate("() => window.broken") is None
    assert not [value for value in forged.values() if len(value) > 3 and value in text]
    assert parse_qs(urlsplit(page.url).query)["region"] == [small_city.CITY]
    assert SnapshotReader(shared_home).snapshot().snapshot_id == "2024Q4-0001"
