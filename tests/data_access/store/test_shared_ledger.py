"""The ledger and the audit record in PostgreSQL: what no program of the app can do to them, and writers at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from data_access.audit import AuditBook
from data_access.audit.book import line_hash
from data_access.errors import ConfigError, StoreRefusedError
from data_access.home import Home
from data_access.schema.audit_line import audit_line
from data_access.schema.ledger_event import ledger_event, ledger_metadata
from data_access.store.ledger_engine import ledger_store
from data_access.store.postgresql.catalogue import LEDGER_ROLE, PATH_SETTING, PRUNE_ROLE, READ_ROLE, WRITE_ROLE
from tests.stores import empty_ledger

WEST, EAST = "9701/970102/", "9701/970101/"


@pytest.fixture
def home(shared_database, tmp_path) -> Home:
    home = Home(tmp_path / "data", shared_database)
    yield home
    empty_ledger(shared_database)


@pytest.fixture
def as_role(shared_database):
    """Open a connection that acts as a role of the app."""
    opened: list[psycopg.Connection] = []

    def connect(role: str) -> psycopg.Connection:
        url = shared_database.replace("postgresql+psycopg://", "postgresql://")
        connection = psycopg.connect(url, autocommit=True)
        connection.execute(f"set role {role}")
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


def event(home: Home, item_id: str, path: str) -> None:
    values = {"item_id": item_id, "version": 1, "kind": "decision", "state": "open", "region_code": path.split("/")[-2]}
    values |= {"region_path": path, "role": "city_leader", "role_region": "9701", "reason": "", "snapshot_id": "s"}
    values |= {"after": {}, "recorded_at": datetime(2025, 1, 1)}
    ledger_store(home).write(lambda connection: connection.execute(sa.insert(ledger_event).values(**values)), path)


def test_tables_are_those_that_the_program_declares(home):
    declared = {
        (table.name, column.name, column.nullable)
        for table in ledger_metadata.sorted_tables
        for column in table.columns
    }
    with sa.create_engine(home.database_url, poolclass=sa.NullPool).connect() as owner:
        found = sa.inspect(owner)
        made = {
            (name, column["name"], column["nullable"])
            for name in found.get_table_names(schema="ledger")
            for column in found.get_columns(name, schema="ledger")
        }
    assert made == declared


@pytest.mark.parametrize("role", [LEDGER_ROLE, READ_ROLE, WRITE_ROLE, PRUNE_ROLE])
@pytest.mark.parametrize("table", ["ledger_event", "audit_line", "audit_checkpoint", "ledger_version"])
def test_no_role_of_the_app_changes_or_removes_what_was_recorded(home, as_role, role, table):
    AuditBook(home).record("export", None)
    event(home, "one", EAST)
    connection = as_role(role)
    column = "item_id" if table == "ledger_event" else "version" if table == "ledger_version" else "hash"
    for statement in (
        f"update ledger.{table} set {column} = {column}",
        f"delete from ledger.{table}",
        f"truncate ledger.{table}",
        f"alter table ledger.{table} disable trigger all",
        f"drop table ledger.{table}",
    ):
        if role == PRUNE_ROLE and table == "audit_line" and statement.startswith("delete"):
            continue  # see the next test
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    assert AuditBook(home).verify() == (1, [])


def test_even_the_tables_owner_meets_the_triggers(home):
    AuditBook(home).record("export", None)
    with sa.create_engine(home.database_url, poolclass=sa.NullPool).connect() as owner:
        for statement in ("update ledger.audit_line set role = 'x'", "truncate ledger.audit_line"):
            with pytest.raises(sa.exc.ProgrammingError, match="only be added to"), owner.begin():
                owner.exec_driver_sql(statement)


def test_who_prunes_takes_neither_young_lines_nor_a_made_up_end(home, as_role):
    for number in range(3):
        AuditBook(home).record("export", None, number=number)
    pruner = as_role(PRUNE_ROLE)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must stay"):
        pruner.execute("delete from ledger.audit_line where sequence = 1")
    hash_of_first = pruner.execute("select hash from ledger.audit_line where sequence = 1").fetchone()[0]
    for made_up in (hash_of_first, "0" * 64):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no old audit line"):
            pruner.execute("insert into ledger.audit_checkpoint values (1, %s, now())", (made_up,))
    assert AuditBook(home).verify() == (3, [])


def test_a_login_without_the_right_to_prune_is_told_so(home, shared_database):
    with sa.create_engine(shared_database, isolation_level="AUTOCOMMIT").connect() as owner:
        owner.exec_driver_sql("drop role if exists only_app")
        owner.exec_driver_sql(f"create role only_app login password 'p' in role {LEDGER_ROLE}, {READ_ROLE}")
        login = sa.make_url(shared_database).set(username="only_app", password="p")
        book = AuditBook(Home(home.path, login.render_as_string(hide_password=False)))
        book.record("export", None)
        with pytest.raises(StoreRefusedError, match="not give this program the right"):
            book.prune(datetime.now(UTC).date() - timedelta(days=300))
        with pytest.raises(ConfigError):
            book.prune(datetime.now(UTC).date())
        owner.exec_driver_sql("drop role only_app")


@pytest.mark.parametrize("path", [None, "", "%", "_", "9", "9701", "%/", "9701/%/", "9701/' or true --/"])
def test_without_a_whole_path_no_event_is_seen(home, as_role, path):
    event(home, "west", WEST)
    connection = as_role(LEDGER_ROLE)
    with connection.transaction():
        if path is not None:
            connection.execute("select set_config(%s, %s, true)", (PATH_SETTING, path))
        assert connection.execute("select count(*) from ledger.ledger_event").fetchone()[0] == 0
    assert connection.execute("select count(*) from ledger.ledger_event").fetchone()[0] == 0


def test_a_county_sees_and_adds_its_own_events_only(home, as_role):
    event(home, "west", WEST)
    event(home, "east", EAST)
    connection = as_role(LEDGER_ROLE)

    def seen(path: str) -> list[str]:
        with connection.transaction():
            connection.execute("select set_config(%s, %s, true)", (PATH_SETTING, path))
            return [name for (name,) in connection.execute("select item_id from ledger.ledger_event order by 1")]

    assert (seen(EAST), seen(WEST), seen("9701/")) == (["east"], ["west"], ["east", "west"])
    with pytest.raises(StoreRefusedError, match="not give this program the right"):
        ledger_store(home).write(_add_in_the_west, EAST)


def _add_in_the_west(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "insert into ledger_event (item_id, version, kind, state, region_code, region_path, role, role_region,"
            " recorded_at, after, reason, snapshot_id) values ('x', 1, 'decision', 'open', '', '9701/970102/', '', '',"
            " now(), '{}', '', '')"
        )
    )


def test_the_publisher_reads_of_the_ledger_only_what_meetings_say(home, as_role):
    event(home, "west", WEST)
    connection = as_role(WRITE_ROLE)
    assert connection.execute("select kind, after from ledger.ledger_event").fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select reason from ledger.ledger_event")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from ledger.audit_line")


def test_threads_and_logins_at_once_leave_one_chain(home):
    books = [AuditBook(Home(home.path / name, home.database_url)) for name in ("a", "b")]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: books[n % 2].record("export", None, number=n), range(80)))
    assert sorted(numbers) == list(range(1, 81))
    assert [book.verify() for book in books] == [(80, [])] * 2


def test_a_writer_that_does_not_wait_for_its_turn_breaks_nothing(home):
    """Somebody's program that knows nothing of the lock takes the next number; ours follows it in the chain."""
    book = AuditBook(home)
    book.record("export", None)
    ready, go = threading.Event(), threading.Event()

    def intruder() -> None:
        with sa.create_engine(home.database_url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql("set search_path to ledger")
            last = connection.execute(sa.select(audit_line).order_by(audit_line.c.sequence.desc())).mappings().first()
            line = {**last, "sequence": 2, "previous_hash": last["hash"], "kind": "import"}
            connection.execute(sa.insert(audit_line).values({**line, "hash": line_hash(line)}))
            ready.set()
            go.wait(30)
            connection.commit()

    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(intruder)
        assert ready.wait(30)
        mine = pool.submit(book.record, "export", None)
        go.set()
        other.result(30)
        assert mine.result(30) == 3
    assert book.verify() == (3, [])
