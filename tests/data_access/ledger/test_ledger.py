"""The ledger: append-only, within a scope, never overwritten silently, never lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from data_access.access import Scope, validated
from data_access.audit import AuditBook
from data_access.errors import ConfigError, ConflictError, ScopeError, WriteRefused
from data_access.home import Home
from data_access.importing.identity import mentions_identity
from data_access.ledger import Ledger, change_lines, ledger_settings, record_item_id
from data_access.ledger.settings import Kind
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.schema.ledger_event import ledger_event
from data_access.store.ledger_engine import ledger_engine
from tests.data_access import small_city
from tests.stores import RECORD_STORES, empty_ledger, fresh_database

COUNTY, OTHER_COUNTY = small_city.EAST, small_city.WEST
DECISION = {"task": "逐件明确超期纠纷的责任单位", "unit": "司法局", "due_on": "2025-03-31"}


@pytest.fixture(scope="module", params=RECORD_STORES)
def published_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with ExitStack() as databases:
        url = None
        if request.param == "postgresql":
            url = databases.enter_context(fresh_database(request.getfixturevalue("postgresql_address")))
        home = Home(tmp_path_factory.mktemp("home"), url)
        small_city.fill(home)
        publish(home)
        yield home


@pytest.fixture
def home(tmp_path: Path, published_home: Home) -> Iterator[Home]:
    """An empty ledger of its own beside the small city's snapshot, on every store in turn."""
    own = Home(tmp_path / "city", published_home.database_url)
    own.path.mkdir()
    if own.database_url:
        yield own
        empty_ledger(own.database_url)
        return
    shutil.copy(published_home.pointer, own.pointer)
    own.snapshots.symlink_to(published_home.snapshots)
    yield own


@pytest.fixture(scope="module")
def city_scope() -> Scope:
    return Scope("city_leader", small_city.CITY)


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return Ledger.open(home)


@pytest.fixture
def county_scope() -> Scope:
    return Scope("county_leader", COUNTY)


def decide(ledger: Ledger, scope: Scope, region_code: str = COUNTY, **changes):
    given_values = {**DECISION, **changes.pop("values", {})}
    options = {"kind": "decision", "state": "open", "snapshot_id": "s1", **changes}
    return ledger.write(scope, region_code=region_code, values=given_values, **options)


def move(ledger: Ledger, scope: Scope, item, state: str, **changes):
    options = {"values": {}, "reason": "", "seen_version": item.version, **changes}
    return ledger.write(
        scope,
        kind=item.kind,
        region_code=item.region_code,
        state=state,
        snapshot_id="s1",
        item_id=item.item_id,
        **options,
    )


def test_a_field_that_no_rule_names_any_more_breaks_no_item(ledger: Ledger, city_scope: Scope):
    item = decide(ledger, city_scope)
    older = replace(item, values={**item.values, "a_field_of_old": "甲"})
    assert older.spoken_values == item.spoken_values


def test_the_current_state_is_the_last_event_and_the_earlier_ones_are_kept(ledger: Ledger, city_scope: Scope):
    item = decide(ledger, city_scope)
    done = move(ledger, city_scope, item, "done", values={"done_on": "2025-03-01", "report": "已全部明确"})
    assert (done.version, done.state, done.values["report"]) == (2, "done", "已全部明确")
    assert ledger.item(city_scope, item.item_id) == done
    history = ledger.history(city_scope, item.item_id)
    assert [each.state for each in history] == ["open", "done"]
    assert history[1].before == history[0].values
    assert (done.role, done.role_region, done.snapshot_id) == ("city_leader", city_scope.region_code, "s1")


def test_a_stale_write_is_refused_and_says_what_the_other_changed(ledger: Ledger, city_scope: Scope, county_scope):
    item = decide(ledger, city_scope)
    move(ledger, county_scope, item, "open", values={"due_on": "2025-04-30"})
    with pytest.raises(ConflictError) as caught:
        move(ledger, city_scope, item, "done")
    assert "2025-03-31 → 2025-04-30" in caught.value.message("zh")
    assert "县区领导" in caught.value.message("zh") and "County leader" in caught.value.message("en")
    assert caught.value.details["current"].version == 2
    assert ledger.item(city_scope, item.item_id).state == "open"


def test_a_new_item_that_exists_already_is_a_conflict(ledger: Ledger, city_scope: Scope):
    options = {"kind": "summons", "item_id": f"summons:{COUNTY}:2024"}
    ledger.write(city_scope, region_code=COUNTY, state="sent", values={}, snapshot_id="s1", **options)
    with pytest.raises(ConflictError):
        ledger.write(
            city_scope, region_code=COUNTY, state="waived", values={}, reason="已说明", snapshot_id="s1", **options
        )


def test_sending_the_same_twice_adds_nothing(ledger: Ledger, city_scope: Scope):
    first = decide(ledger, city_scope, item_id="typed-once")
    assert decide(ledger, city_scope, item_id="typed-once") == first
    done = move(ledger, city_scope, first, "done")
    assert move(ledger, city_scope, first, "done") == done
    assert len(ledger.history(city_scope, "typed-once")) == 2


def test_threads_that_write_one_version_leave_exactly_one_winner(ledger: Ledger, city_scope: Scope):
    item = decide(ledger, city_scope)

    def attempt(number: int) -> str:
        try:
            move(ledger, city_scope, item, "open", values={"report": f"第{number}人"})
        except ConflictError:
            return "conflict"
        return "written"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(outcomes) == ["conflict"] * 7 + ["written"]
    assert len(ledger.history(city_scope, item.item_id)) == 2


WRITER = """
import sys
from data_access.access import Scope
from data_access.errors import ConflictError
from data_access.home import Home
from data_access.ledger import Ledger

home, root, name = Home(__import__("pathlib").Path(sys.argv[1])), sys.argv[2], sys.argv[3]
ledger, scope, accepted, conflicts = Ledger.open(home), Scope("city_leader", root), 0, 0
while accepted < 25:
    seen = ledger.item(scope, "shared")
    try:
        ledger.write(scope, kind="decision", region_code=root, state="open", item_id="shared", snapshot_id="s1",
                     seen_version=seen.version, values={"report": f"{name}-{accepted}"})
        accepted += 1
    except ConflictError:
        conflicts += 1
print(accepted)
"""


def test_two_processes_lose_nothing(home: Home, ledger: Ledger, city_scope: Scope):
    root = city_scope.region_code
    decide(ledger, city_scope, region_code=root, item_id="shared")
    commands = [[sys.executable, "-c", WRITER, str(home.path), root, name] for name in ("甲", "乙")]
    options = {"cwd": Path(__file__).parents[3], "env": {**os.environ, "DATABASE_URL": home.database_url or ""}}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) for command in commands
    ]
    for process in running:
        output, errors = process.communicate(timeout=240)
        assert output.strip() == b"25", errors.decode()
    history = ledger.history(city_scope, "shared")
    assert [item.version for item in history] == list(range(1, 52))
    written = {item.values["report"] for item in history[1:]}
    assert written == {f"{name}-{number}" for name in ("甲", "乙") for number in range(25)}


def test_a_decision_of_two_thousand_characters_is_kept_and_one_more_is_refused(ledger: Ledger, city_scope: Scope):
    kept = decide(ledger, city_scope, values={"task": "字" * 2000})
    assert len(kept.values["task"]) == 2000
    with pytest.raises(WriteRefused, match="2001 characters"):
        decide(ledger, city_scope, values={"task": "字" * 2001})


@pytest.mark.parametrize("text", ["联系13812345678", "证号110101199003071234", "138-1234-5678", "1381234 5678号"])
def test_text_that_holds_an_identity_is_refused(ledger: Ledger, city_scope: Scope, text: str):
    with pytest.raises(WriteRefused) as caught:
        decide(ledger, city_scope, values={"task": f"走访 {text} 并回访"})
    assert caught.value.code == "identity"
    assert text not in caught.value.message("zh")


@given(st.text(alphabet="命案防控调度0123456789年月日%、。 ", max_size=60))
def test_short_figures_are_no_identities(text: str):
    if not any(len(run) >= 11 for run in "".join(c if c.isdigit() or c == " " else "/" for c in text).split("/")):
        assert not mentions_identity(text)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("due_on", "2025-02-30", "date"),
        ("due_on", "明天", "date"),
        ("due_on", "1925-03-31", "date"),
        ("task", "  ", "required"),
        ("unit", "某" * 81, "length"),
        ("nonsense", "1", "field"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(ledger: Ledger, city_scope: Scope, field: str, value: str, code: str):
    with pytest.raises(WriteRefused) as caught:
        decide(ledger, city_scope, values={field: value})
    assert caught.value.code == code
    assert ledger.items(city_scope, "decision") == []


def test_a_role_writes_only_what_it_may_and_only_in_its_region(
    home: Home, ledger: Ledger, county_scope: Scope, city_scope: Scope
):
    with pytest.raises(ScopeError):
        decide(ledger, county_scope, region_code=OTHER_COUNTY)
    with pytest.raises(ScopeError):
        decide(ledger, Scope("auditor", city_scope.region_code))
    with pytest.raises(ScopeError):
        ledger.write(county_scope, kind="summons", region_code=COUNTY, state="sent", values={}, snapshot_id="s1")
    refused = AuditBook(home).lines(Scope("auditor", city_scope.region_code), "refused")["details"].tolist()
    assert '"of":"summons","state":"sent"' in refused[0]
    assert '"of":"decision","state":"open"' in refused[1]
    assert OTHER_COUNTY in refused[2]
    sent = ledger.write(city_scope, kind="summons", region_code=COUNTY, state="sent", values={}, snapshot_id="s1")
    assert move(ledger, county_scope, sent, "correcting").role == "county_leader"


def test_another_countys_items_are_neither_seen_nor_changed(
    home: Home, ledger: Ledger, county_scope: Scope, city_scope: Scope
):
    foreign = decide(ledger, city_scope, region_code=OTHER_COUNTY)
    assert ledger.item(county_scope, foreign.item_id) is None
    assert ledger.history(county_scope, foreign.item_id) == []
    assert ledger.items(county_scope, "decision") == []
    with pytest.raises(ScopeError):
        ledger.items(county_scope, "decision", region_code=OTHER_COUNTY)
    with pytest.raises(ScopeError):
        decide(ledger, county_scope, item_id=foreign.item_id, seen_version=1, state="done")
    refused = AuditBook(home).lines(Scope("auditor", city_scope.region_code), "refused")["details"]
    assert f'"item":"{foreign.item_id}"' in refused[0]
    assert [item.item_id for item in ledger.items(city_scope, "decision", region_code=OTHER_COUNTY)] == [
        foreign.item_id
    ]


def test_no_step_skips_the_review(ledger: Ledger, city_scope: Scope):
    sent = ledger.write(city_scope, kind="summons", region_code=COUNTY, state="sent", values={}, snapshot_id="s1")
    with pytest.raises(WriteRefused) as caught:
        move(ledger, city_scope, sent, "reviewed")
    assert caught.value.code == "step"
    with pytest.raises(WriteRefused) as caught:
        move(ledger, city_scope, sent, "waived")
    assert caught.value.code == "reason"


def test_the_published_row_stands_as_what_was_before(ledger: Ledger, city_scope: Scope):
    row = {"task": "排查", "done_on": None, "due_on": "2024-12-31"}
    item = decide(ledger, city_scope, state="done", item_id="decision:party_office:D1", published=row)
    assert item.before == row
    assert "完成时限：2024-12-31 → 2025-03-31" in change_lines(None, item, "zh")


def test_events_cannot_be_changed_or_removed(home: Home, ledger: Ledger, city_scope: Scope):
    decide(ledger, city_scope)
    for statement in (sa.update(ledger_event).values(reason="改"), sa.delete(ledger_event)):
        with pytest.raises(sa.exc.DatabaseError, match="append-only|permission denied"):
            with ledger_engine(home).begin() as connection:
                connection.execute(statement)
    assert len(ledger.items(city_scope, "decision")) == 1


def test_items_are_listed_by_state_and_by_what_they_belong_to(ledger: Ledger, city_scope: Scope):
    meeting = ledger.write(
        city_scope,
        kind="meeting",
        region_code=city_scope.region_code,
        state="open",
        values={"meeting_kind": "quarterly_dispatch", "period": "2024Q4", "agenda": [COUNTY, OTHER_COUNTY]},
        snapshot_id="s1",
    )
    one = decide(ledger, city_scope, parent_id=meeting.item_id)
    decide(ledger, city_scope)
    closed = move(ledger, city_scope, one, "done")
    assert ledger.items(city_scope, "decision", parent_id=meeting.item_id) == [closed]
    assert ledger.items(city_scope, "decision", states=["done"]) == [closed]
    assert ledger.items(city_scope, "meeting")[0].values["agenda"] == [COUNTY, OTHER_COUNTY]


def test_formula_looking_text_is_kept_as_typed_and_harmless_in_a_file(home: Home, ledger: Ledger, city_scope: Scope):
    item = decide(ledger, city_scope, values={"task": "=HYPERLINK(1)"}, reason="=1+1")
    assert ledger.item(city_scope, item.item_id).values["task"] == "=HYPERLINK(1)"

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "data_access", "--home", str(home.path), "ledger", *words]
        environment = {**os.environ, "DATABASE_URL": home.database_url or ""}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)

    assert "'=1+1" in said("list").stdout
    shown = said("show", item.item_id)
    assert json.loads(shown.stdout)[0]["values"]["task"] == "=HYPERLINK(1)"
    absent = said("show", "nothing")
    assert absent.returncode == 1 and "nothing" in absent.stderr and "Traceback" not in absent.stderr


def test_what_changed_is_said_in_both_languages(ledger: Ledger, city_scope: Scope):
    item = decide(ledger, city_scope)
    done = move(ledger, city_scope, item, "done", values={"done_on": "2025-03-01"})
    assert change_lines(item, done, "zh") == ["状态：办理中 → 已完成", "办结日期：— → 2025-03-01"]
    english = decide(ledger, city_scope, values={"task_en": "Name a unit"})
    assert "Task in English: — → Name a unit" in change_lines(None, english, "en")
    assert not any("逐件" in line for line in change_lines(None, english, "en"))
    assert not any("Name" in line for line in change_lines(None, english, "zh"))
    assert change_lines(item, done, "en") == ["State: In hand → Done", "Done on: — → 2025-03-01"]


def test_the_settings_name_every_state_and_every_kind_a_role_writes():
    settings = ledger_settings()
    assert set(settings.kinds) == {"meeting", "decision", "review_sheet", "summons", "closure_review", "correction"}
    row = {"name": "甲", "name_en": "A", "first": ["open"], "moves": {"open": ["gone"]}, "fields": {}}
    with pytest.raises(ConfigError, match="gone"):
        validated(Kind, row | {"states": {"open": ["办", "Open"]}}, "config/ledger.toml", "kinds.a")


def test_decisions_survive_a_rebuild_and_a_new_publish(tmp_path: Path):
    own = Home(tmp_path / "rebuilt")
    small_city.fill(own)
    publish(own)
    scope = Scope("city_leader", small_city.CITY)
    ledger = Ledger.open(own)
    item = decide(ledger, scope, region_code=small_city.EAST, snapshot_id=SnapshotReader(own).snapshot().snapshot_id)
    own.working_file.unlink()
    small_city.fill(own)
    publish(own)
    assert SnapshotReader(own).snapshot().snapshot_id != item.snapshot_id
    assert Ledger.open(own).item(scope, item.item_id) == item
    assert ledger.items(scope, "decision") == [item]


def test_ids_of_records_fit_an_address_whatever_the_source_calls_them():
    assert record_item_id("decision", "party_office", "D000123") == "decision.party_office.D000123"
    odd = record_item_id("decision", "督查室", "第 1 号/2024")
    assert re.fullmatch(r"decision\.[0-9a-f]{32}", odd)
    assert odd != record_item_id("decision", "督查室第 1", "号/2024")
