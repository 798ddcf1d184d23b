"""Text that tries to be SQL or script, in every field and every parameter a viewer can write: kept or refused as plain text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from dashboard.context import PARAMETERS
from dashboard.navigation import DEFAULT_PAGE, PAGES
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.home import Home
from data_access.ledger import Ledger, ledger_settings
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.browser.screen import be_still, rest, send, settle, visible_text
from tests.data_access import small_city
from tests.servers import running_app
from tests.stores import RECORD_STORES, fresh_database, keep_few_records

TYPED = "'; DROP TABLE x; -- \" 100% _ \\ {0} <img src=x onerror='window.broken=1'>"
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
FIELDS = "[data-testid=stMain] textarea:visible, [data-testid=stMain] [data-testid=stTextInput] input:visible"
LEADS_TO_FORMS = {"part", "item", "at", "indicator"}
RIGHT = {"时限": date.today().isoformat(), "日期": date.today().isoformat(), "申报值": "1"}
"""What a day or a number is called, and one that is taken."""


@pytest.fixture(scope="module", params=RECORD_STORES)
def own_home(request, demonstration_home, tmp_path_factory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("hostile") / "home"
    if request.param == "embedded":
        ignored = shutil.ignore_patterns("ledger*", "working*", "audit*")
        shutil.copytree(demonstration_home.path, folder, ignore=ignored)
        yield Home(folder, None)
        return
    with fresh_database(request.getfixturevalue("postgresql_address")) as url:
        folder.mkdir()
        shutil.copy(demonstration_home.path / "working.duckdb", folder)
        home = Home(folder, url)
        keep_few_records(home)
        publish(home)
        yield home


@pytest.fixture(scope="module")
def app(own_home) -> Iterator[str]:
    with running_app(own_home, DATABASE_URL=own_home.database_url or "") as address:
        yield address


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


def drawn(page) -> None:
    """Wait until a page is drawn; the meeting hides the foot that other pages end with."""
    page.wait_for_selector("footer.page-foot, .meeting-head", state="attached")
    rest(page)
    be_still(page)


def pages_with_forms(page, app: str) -> Iterator[None]:
    """Open, of all addresses that pages link to, one for each way in which they ask for a part or an item."""
    found: set[tuple] = set()
    for entry in PAGES:
        if entry.permission or not LEADS_TO_FORMS & set(entry.parameters):
            continue
        start = f"/{entry.url_path}"
        waiting = [start]
        while waiting:
            path = waiting.pop()
            page.goto(app + path)
            drawn(page)
            links = page.evaluate(
                "() => [...document.querySelectorAll('main a[href], #stMain a[href]')].map(a => a.href)"
            )
            for link in links:
                parts, asked = urlsplit(link), parse_qs(urlsplit(link).query)
                own = LEADS_TO_FORMS & set(asked)
                key = (parts.path, tuple(sorted(own)), tuple(asked.get("part", [])))
                if parts.path == start and own and key not in found:
                    found.add(key)
                    waiting.append(f"{parts.path}?{parts.query}")
            if path != start:
                yield


def fill(page, *, days_and_numbers: bool) -> list[str]:
    """Type into every field of the page, or only right days and numbers, and press the button; return the fields' names."""
    names = []
    for number in range(page.locator(FIELDS).count()):
        field = page.locator(FIELDS).nth(number)
        names.append(str(field.get_attribute("aria-label")))
        right = next((value for word, value in RIGHT.items() if word in names[-1]), TYPED)
        field.fill(right if days_and_numbers else TYPED)
        field.press("Tab")
    send(page, page.locator("[data-testid=stMain] button[kind^=primary]:visible").last)
    return names


def test_every_field_keeps_or_refuses_what_is_typed_as_plain_text(page, app, own_home):
    page.goto(f"{app}/meeting")
    page.get_by_role("button", name="开始会议").click()
    page.wait_for_selector(".meeting-head[data-state=open]")
    before = SnapshotReader(own_home).snapshot()
    typed: set[str] = set()
    outcomes: set[str] = set()
    for _ in pages_with_forms(page, app):
        if not page.locator(FIELDS).count():
            continue
        for days_and_numbers in (False, True):
            if not page.locator(FIELDS).count():
                break  # written at the first try
            typed |= set(fill(page, days_and_numbers=days_and_numbers))
            outcomes.add(str(page.locator(".entry-outcome").first.get_attribute("class")))
            assert page.evaluate("() => window.broken") is None
            assert page.locator("[role=alert]:not(.entry-outcome)").count() == 0
        page.reload()
        drawn(page)
        assert page.locator("[role=alert]").count() == 0
    assert len(typed) >= 4, typed
    assert any("written" in outcome for outcome in outcomes)
    reader = SnapshotReader(own_home)
    assert reader.snapshot() == before
    scope = Scope("city_leader", before.root_code)
    ledger = Ledger.beside(reader)
    kept = [
        value
        for kind in ledger_settings().kinds
        for item in ledger.items(scope, kind)
        for value in item.values.values()
    ]
    assert TYPED in kept
    lines = AuditBook(own_home).lines(Scope("auditor", before.root_code), "decision")
    assert len(lines) and not lines["details"].str.contains("DROP TABLE").any()
    assert AuditBook(own_home).verify()[1] == []


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
