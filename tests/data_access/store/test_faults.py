"""Faults of the shared database, made on a real server: what is shown, what is kept, and that it recovers by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.errors import (
    AuditUnavailableError,
    DataAccessError,
    PublishRefused,
    ScopeError,
    StoreBusyError,
    StoreRefusedError,
    StoreTooSlowError,
    StoreUnavailableError,
)
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store import patience, snapshot_files
from data_access.store.postgresql import connections
from data_access.store.postgresql.catalogue import READ_ROLE
from data_access.store.postgresql.columnar import fetched
from data_access.store.postgresql.connections import Database, Reachability, engine_of
from data_access.store.postgresql.loading import schema_of
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CASES_MAPPING, CITY, EAST, WEST
from tests.servers import REPOSITORY, wait_until
from tests.stores import fresh_database

RECOVERS_SECONDS = 10
CITY_SCOPE = Scope("city_leader", CITY)
DECISION = {"task": "逐件明确责任单位", "unit": "司法局", "due_on": "2025-03-31"}


@pytest.fixture(scope="module")
def home(server, tmp_path_factory) -> Iterator[Home]:
    with fresh_database(server.address) as url:
        made = Home(tmp_path_factory.mktemp("faults"), url)
        small_city.fill(made)
        publish(made)
        yield made


@pytest.fixture
def reader(home) -> SnapshotReader:
    opened = SnapshotReader(home)
    opened.snapshot()
    return opened


@pytest.fixture
def elsewhere(home, tmp_path) -> SnapshotReader:
    """A reader of another machine, which has no copy of the snapshot."""
    opened = SnapshotReader(Home(tmp_path / "elsewhere", home.database_url))
    opened.snapshot()
    return opened


def months(reader: SnapshotReader, year: int = 2024, region: str = CITY) -> pd.DataFrame:
    ask = (CITY_SCOPE, ["homicide_incidents"], [region], date(year, 1, 1), date(year, 12, 31))
    return reader.measure_values(*ask, grain="month")


def days(reader: SnapshotReader, year: int) -> pd.DataFrame:
    """Return what is read from the store anew each year: sums of months are kept."""
    ask = (CITY_SCOPE, ["homicide_incidents"], [CITY], date(year, 1, 1), date(year, 12, 31))
    return reader.measure_values(*ask, grain="day")


def owner_says(home: Home, statement: str) -> list:
    engine = sa.create_engine(home.database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        result = connection.exec_driver_sql(statement)
        return result.all() if result.returns_rows else []


@contextmanager
def asked_all_the_while(ask: Callable[[], object], answers: list, errors: list) -> Iterator[None]:
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            try:
                answers.append(ask())
            except Exception as error:  # noqa: BLE001 (whatever it is, the test looks at it)
                errors.append(error)
            time.sleep(0.01)

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(30)


def test_while_the_database_restarts_the_last_good_numbers_are_shown(server, home, reader):
    expected = {year: months(reader, year) for year in (2022, 2023, 2024)}
    fresh = SnapshotReader(home)
    fresh.snapshot()
    answers, errors, seen_away = [], [], []
    with asked_all_the_while(lambda: {year: months(fresh, year) for year in expected}, answers, errors):
        time.sleep(0.3)
        server.stop()
        wait_until(lambda: fresh.unreachable_since() is not None)
        for region in (EAST, *small_city.TOWNS):  # never asked before: the copy of this machine answers
            seen_away.append(months(fresh, 2023, region))
        server.start()
        back = time.monotonic()
        wait_until(lambda: bool(fresh.snapshot()) and fresh.unreachable_since() is None, RECOVERS_SECONDS)
        assert time.monotonic() - back < RECOVERS_SECONDS
        time.sleep(0.3)
    assert not errors
    assert len(answers) > 20
    for answer in answers:
        for year, frame in expected.items():
            pd.testing.assert_frame_equal(answer[year], frame)
    for region, frame in zip((EAST, *small_city.TOWNS), seen_away, strict=True):
        pd.testing.assert_frame_equal(frame, months(reader, 2023, region))


def test_while_the_database_is_away_a_county_still_sees_only_its_own(server, home, reader):
    scope = Scope("county_leader", EAST)
    year = (date(2024, 1, 1), date(2024, 12, 31))
    fresh = SnapshotReader(home)
    fresh.snapshot()
    server.stop()
    try:
        regions = fresh.regions(scope)
        assert all(code.startswith("970101") for code in regions.index[regions["in_scope"]])
        assert fresh.measure_values(scope, ["homicide_incidents"], [EAST], *year)["value"].tolist() == [1]
        for code in (WEST, CITY, "970102001000"):
            with pytest.raises(ScopeError):
                fresh.measure_values(scope, ["homicide_incidents"], [code], *year)
        assert fresh.unreachable_since() is not None
    finally:
        server.start()
    wait_until(lambda: bool(fresh.snapshot()) and fresh.unreachable_since() is None, RECOVERS_SECONDS)


@pytest.mark.parametrize(("language", "said"), [("zh", "最近一次可用的数据快照"), ("en", "the last good snapshot")])
def test_status_says_that_what_it_shows_is_the_last_good_snapshot(server, home, language, said):
    command = [sys.executable, "-m", "data_access", "--home", str(home.path), "--language", language, "status"]
    options = {"cwd": REPOSITORY, "env": {**os.environ, "DATABASE_URL": home.database_url}, "timeout": 60}
    server.stop()
    try:
        away = subprocess.run(command, capture_output=True, text=True, **options)
    finally:
        server.start()
    back = subprocess.run(command, capture_output=True, text=True, **options)
    assert (away.returncode, back.returncode) == (0, 0)
    assert away.stdout == back.stdout
    assert said in away.stderr and "20" in away.stderr
    assert said not in back.stderr


def test_only_the_owner_may_open_the_copy_of_all_regions(home):
    copies = list(home.last_good.iterdir())
    assert copies
    assert [f"{path.stat().st_mode & 0o777:o}" for path in (home.last_good, *copies)] == ["700"] + ["600"] * len(copies)


def test_a_machine_without_a_copy_shows_what_it_has_shown_and_says_why_not_more(server, elsewhere):
    known = months(elsewhere, 2024)
    server.stop()
    try:
        pd.testing.assert_frame_equal(months(elsewhere, 2024), known)
        with pytest.raises(StoreUnavailableError, match="since 20"):
            months(elsewhere, 2024, EAST)
        assert elsewhere.unreachable_since() is not None
        assert elsewhere.snapshot().snapshot_id
    finally:
        server.start()
    wait_until(lambda: bool(elsewhere.snapshot()) and elsewhere.unreachable_since() is None, RECOVERS_SECONDS)
    assert len(months(elsewhere, 2024, EAST))


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_sessions_that_the_server_loses_are_replaced_unseen(server, home, reader, how):
    expected = months(reader, 2024, EAST)
    answers, errors = [], []
    fresh = SnapshotReader(home)
    fresh.snapshot()
    sessions = "from pg_stat_activity where application_name like 'pingan pingan_read%%'"
    with asked_all_the_while(lambda: fresh._within(CITY_SCOPE) and months(fresh, 2024, EAST), answers, errors):
        for _ in range(5):
            if how == "terminated":
                owner_says(home, f"select pg_terminate_backend(pid) {sessions}")
            else:
                # One session that dies like this takes all others with it: PostgreSQL starts again from its log.
                for (pid,) in owner_says(home, f"select pid {sessions} limit 1"):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                wait_until(lambda: _answers(home), RECOVERS_SECONDS)
            time.sleep(0.1)
    assert not errors
    assert all(answer.equals(expected) for answer in answers)


def _answers(home: Home) -> bool:
    with suppress(sa.exc.OperationalError):
        return owner_says(home, "select 1") == [(1,)]
    return False


def test_when_all_connections_are_taken_it_is_said_and_passes(home, monkeypatch):
    database = impatient(home, monkeypatch, pool_size=1, pool_overflow=1, pool_wait_seconds=0.3)
    with database.engine.connect(), database.engine.connect():
        started = time.monotonic()
        with pytest.raises(StoreBusyError, match="Too many people"):
            database.ask(lambda connection: connection.execute(sa.select(1)))
        assert time.monotonic() - started < 3
    assert database.ask(lambda connection: connection.execute(sa.select(1)).scalar()) == 1


def test_when_the_server_takes_no_more_connections_it_is_said_and_passes(home, monkeypatch):
    database = impatient(home, monkeypatch)
    login = sa.make_url(home.database_url)
    owner_says(home, "drop role if exists crowded")
    owner_says(home, f"create role crowded login password 'p' connection limit 1 in role {READ_ROLE}")
    url = login.set(username="crowded", password="p").render_as_string(hide_password=False)
    one, two = Database(url, READ_ROLE, Reachability()), Database(url, READ_ROLE, Reachability())
    assert one.engine is two.engine
    with one.engine.connect():
        with pytest.raises(StoreBusyError):
            two.ask(lambda connection: connection.execute(sa.select(1)))
    assert two.ask(lambda connection: connection.execute(sa.select(1)).scalar()) == 1
    one.engine.dispose()
    database.engine.dispose()
    owner_says(home, "drop role crowded")


def test_a_slow_question_is_given_up_and_the_next_is_answered(home, monkeypatch):
    database = impatient(home, monkeypatch, statement_seconds=0.3)
    with pytest.raises(StoreRefusedError) as caught:
        database.ask(lambda connection: fetched(connection.exec_driver_sql("select pg_sleep(20)")))
    assert caught.value.code == "statement_timeout"
    assert "smaller region" in caught.value.message("en")
    assert database.ask(lambda connection: connection.execute(sa.select(1)).scalar()) == 1
    assert database.reach.since is None, "slow is not away"


@pytest.mark.parametrize("is_copied", [True, False])
@pytest.mark.parametrize("fault", ["all of the pool is taken", "the server takes no more"])
def test_when_no_connection_is_to_be_had_the_last_good_numbers_are_shown_with_their_age(
    home, reader, elsewhere, monkeypatch, fault, is_copied
):
    asked = reader if is_copied else elsewhere
    known = days(asked, 2024)
    with without_connections(home, asked, monkeypatch, fault):
        wait_until(lambda: asked.snapshot() and asked.unreachable_since() is not None)
        pd.testing.assert_frame_equal(days(asked, 2024), known)
        if is_copied:
            assert not days(asked, 2023).empty  # never asked before the fault
        else:  # one that has just been started has nothing to show
            with monkeypatch.context() as started:
                started.setattr(asked, "_open", None)
                with pytest.raises(StoreUnavailableError, match="no connection to spare") as caught:
                    asked.snapshot()
            assert "连接已用尽" in caught.value.message("zh")
    wait_until(lambda: asked.snapshot() and asked.unreachable_since() is None, RECOVERS_SECONDS)
    assert not days(asked, 2022).empty


@contextmanager
def without_connections(home: Home, asked: SnapshotReader, monkeypatch, fault: str) -> Iterator[None]:
    database = impatient(home, monkeypatch, pool_size=1, pool_overflow=0, pool_wait_seconds=0.2)
    asked._store._reading, asked._store._reach = database, database.reach
    asked._open._source._database = database
    if fault == "all of the pool is taken":
        with database.engine.connect():
            yield
        return
    owner_says(home, f"create role crowded login password 'p' connection limit 0 in role {READ_ROLE}")
    url = sa.make_url(home.database_url).set(username="crowded", password="p")
    database.engine = engine_of.__wrapped__(url.render_as_string(hide_password=False), READ_ROLE)
    yield
    owner_says(home, "alter role crowded connection limit -1")
    database.engine.dispose()
    database.engine = engine_of(home.database_url, READ_ROLE)
    owner_says(home, "drop role crowded")


def test_while_answers_take_too_long_the_copy_of_the_same_snapshot_gives_them(home, reader, elsewhere, monkeypatch):
    whole = days(SnapshotReader(home), 2023)
    table = f'"{schema_of(reader.snapshot().snapshot_id)}".measure_day'
    for each in (reader, elsewhere):
        each._open._source._database = impatient(home, monkeypatch, statement_seconds=0.3)
    with sa.create_engine(home.database_url, poolclass=sa.NullPool).connect() as owner:
        owner.exec_driver_sql(f"lock table {table} in access exclusive mode")
        pd.testing.assert_frame_equal(days(reader, 2023), whole)
        with pytest.raises(StoreTooSlowError):
            days(elsewhere, 2023)
    assert elsewhere.unreachable_since() is None, "slow is not away"
    pd.testing.assert_frame_equal(days(elsewhere, 2023), whole)


def test_a_page_of_many_slow_questions_waits_once(home, reader, monkeypatch):
    table = f'"{schema_of(reader.snapshot().snapshot_id)}".measure_day'
    whole = {year: days(SnapshotReader(home), year) for year in (2022, 2023, 2024)}
    reader._open._source._database = impatient(home, monkeypatch, statement_seconds=1)
    with sa.create_engine(home.database_url, poolclass=sa.NullPool).connect() as owner:
        owner.exec_driver_sql(f"lock table {table} in access exclusive mode")
        begun = time.monotonic()
        for year, frame in whole.items():
            pd.testing.assert_frame_equal(days(reader, year), frame)
        assert time.monotonic() - begun < 2


def impatient(home: Home, monkeypatch, **settings: object) -> Database:
    """Return the read role's connections with other limits than config/database.toml's."""
    changed = connections.connection_settings().model_copy(update=settings)
    monkeypatch.setattr(connections, "connection_settings", lambda: changed)
    engine = engine_of.__wrapped__(home.database_url, READ_ROLE)
    database = Database(home.database_url, READ_ROLE, Reachability())
    database.engine = engine
    return database


def test_a_publish_that_loses_the_database_midway_goes_through_when_it_is_back(server, home, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 1.2)
    before = SnapshotReader(home).snapshot().snapshot_id
    restarted = []

    def restart_once(done: float, step: str) -> None:
        if step == "share" and not restarted:
            restarted.append(done)
            server.restart()

    after = publish(home, restart_once)
    assert restarted
    assert after != before
    reader = SnapshotReader(home)
    assert reader.snapshot().snapshot_id == after
    assert months(reader, 2024)["value"].sum() == 2
    assert schemas(home) == set(reader.kept_snapshot_ids())


def test_a_publish_that_was_cut_off_takes_no_other_snapshot_for_its_own(home, tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 1.2)
    other = Home(tmp_path / "other", home.database_url)
    small_city.fill(other)
    quicker = []

    def be_overtaken(done: float, step: str) -> None:
        if step == "share" and not quicker:
            sessions = "from pg_stat_activity where application_name like 'pingan pingan_write%%'"
            owner_says(home, f"select pg_terminate_backend(pid) {sessions}")
            quicker.append(publish(other))

    with pytest.raises(PublishRefused, match="another publish"):
        publish(home, be_overtaken)
    assert SnapshotReader(home).snapshot().snapshot_id == quicker[0]
    assert not snapshot_files.last_good_file(home, quicker[0]).exists()


def test_a_publish_of_which_only_the_last_word_was_lost_is_done(home, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 1.2)
    commit, lost = psycopg.Connection.commit, []

    def commit_unheard(connection: psycopg.Connection) -> None:
        commit(connection)
        if not lost:
            lost.append(connection)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def listen(done: float, step: str) -> None:
        if step == "share":
            monkeypatch.setattr(psycopg.Connection, "commit", commit_unheard)

    published = publish(home, listen)
    assert lost
    assert SnapshotReader(home).snapshot().snapshot_id == published
    assert snapshot_files.last_good_file(home, published).exists()


@pytest.mark.parametrize("moment", ["reconcile", "write", "share", "the oldest are dropped"])
def test_a_publish_waits_for_a_database_that_is_away_for_some_seconds(server, home, monkeypatch, moment):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 1.2)
    coming_back = threading.Timer(2, server.start)

    def go_away() -> None:
        if coming_back.ident is None:
            server.stop()
            coming_back.start()

    keep = snapshot_files.keep_last_good
    if moment == "the oldest are dropped":
        monkeypatch.setattr(snapshot_files, "keep_last_good", lambda *given: (go_away(), keep(*given)))
    published = publish(home, lambda _done, step: go_away() if step == moment else None)
    coming_back.join()
    assert coming_back.ident is not None, "it went away"
    reader = SnapshotReader(home)
    wait_until(lambda: _quietly(lambda: reader.snapshot().snapshot_id) == published, RECOVERS_SECONDS)
    assert schemas(home) == set(reader.kept_snapshot_ids())


def test_a_publish_that_never_reaches_the_database_leaves_the_old_snapshot_served(server, home, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 0.05)
    before = SnapshotReader(home).snapshot().snapshot_id
    stopped = []

    def stop_once(done: float, step: str) -> None:
        if step == "share" and not stopped:
            stopped.append(done)
            server.stop()

    try:
        with pytest.raises(StoreUnavailableError):
            publish(home, stop_once)
    finally:
        server.start()
    wait_until(lambda: _answers(home), RECOVERS_SECONDS)
    reader = SnapshotReader(Home(home.path / "other", home.database_url))
    wait_until(lambda: _quietly(lambda: reader.snapshot().snapshot_id) == before, RECOVERS_SECONDS)
    assert schemas(home) == set(reader.kept_snapshot_ids())
    assert not list(home.snapshots.glob("building-*"))


def _quietly(ask: Callable[[], str]) -> str:
    with suppress(DataAccessError):
        return ask()
    return ""


def schemas(home: Home) -> set[str]:
    """Return the snapshots whose schemas there are, whole or in part."""
    rows = owner_says(home, "select nspname from pg_namespace where nspname like 'snapshot%%'")
    return {name.removeprefix("snapshot_").upper().replace("_", "-") for (name,) in rows}


@pytest.fixture
def small_disk(server, tmp_path) -> Iterator[Path]:
    """A file system of a few hundred kilobytes that the server may use; only root can make one."""
    place = server.folder / "small"
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small file system can't be mounted here: it takes the rights of root")
    space = place / "space"
    space.mkdir()
    server.give(space)
    yield space
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_refuses_a_publish_and_changes_nothing(home, small_disk, tmp_path):
    name = sa.make_url(home.database_url).database
    before = SnapshotReader(home).snapshot().snapshot_id
    owner_says(home, f"create tablespace small location '{small_disk}'")
    owner_says(home, "grant create on tablespace small to public")
    owner_says(home, f"alter database {name} set default_tablespace = small")
    engine_of.cache_clear()  # connections that know the setting
    try:
        with pytest.raises(StoreRefusedError) as caught:
            publish(home)
        assert caught.value.code == "store_full"
        assert "空间不足" in caught.value.message("zh")
        reader = SnapshotReader(Home(tmp_path / "other", home.database_url))
        assert reader.snapshot().snapshot_id == before
        assert schemas(home) == set(reader.kept_snapshot_ids())
        item = Ledger.beside(reader).write(CITY_SCOPE, **decision(1, "written-on-a-full-disk"))
        assert item.version == 1, "the ledger lies elsewhere"
    finally:
        owner_says(home, f"alter database {name} reset default_tablespace")
        engine_of.cache_clear()
        owner_says(home, "drop tablespace small")
    assert publish(home) != before


def decision(number: int, item_id: str) -> dict:
    values = {**DECISION, "task": f"第{number}项"}
    options = {"kind": "decision", "region_code": EAST, "state": "open", "snapshot_id": "s1"}
    return {**options, "values": values, "item_id": item_id}


def test_no_accepted_decision_is_lost_and_none_is_written_twice(server, home):
    ledger = Ledger.beside(SnapshotReader(home))
    accepted, refused, done = [], [], threading.Event()

    def enter(name: str) -> None:
        number = 0
        while not done.is_set():
            number += 1
            item_id = f"{name}-{number}"
            try:
                ledger.write(CITY_SCOPE, **decision(number, item_id))
                accepted.append(item_id)
            except DataAccessError as error:
                refused.append((number, item_id, error))
                time.sleep(0.05)

    threads = [threading.Thread(target=enter, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    for _ in range(3):
        for (pid,) in owner_says(
            home, "select pid from pg_stat_activity where application_name like '%%ledger' limit 1"
        ):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: _answers(home), RECOVERS_SECONDS)
        time.sleep(1.2)
    server.restart()
    time.sleep(1.5)
    done.set()
    for thread in threads:
        thread.join(60)
    assert refused, "the faults were felt"
    assert {type(error) for _, _, error in refused} <= {StoreUnavailableError, StoreBusyError}
    wait_until(lambda: _quietly(lambda: ledger.item(CITY_SCOPE, accepted[0]).item_id) != "", RECOVERS_SECONDS)
    kept = ledger.named_items(CITY_SCOPE, accepted)
    assert set(kept) == set(accepted)
    for (
        number,
        item_id,
        _,
    ) in refused:  # whoever was refused sends it again: written once, whether it had arrived or not
        assert ledger.write(CITY_SCOPE, **decision(number, item_id)).version == 1
    read, findings = AuditBook(home).verify()
    assert findings == []
    assert read >= len(accepted) + len(refused)


def test_what_was_read_of_the_ledger_is_shown_while_the_database_is_away(server, home):
    ledger = Ledger.beside(SnapshotReader(home))
    written = ledger.write(CITY_SCOPE, **decision(1, "kept-on-screen"))
    assert ledger.item(CITY_SCOPE, "kept-on-screen") == written
    server.stop()
    try:
        assert ledger.item(CITY_SCOPE, "kept-on-screen") == written
        with pytest.raises(StoreUnavailableError):
            ledger.item(CITY_SCOPE, "never-asked")
        with pytest.raises(StoreUnavailableError):
            ledger.write(CITY_SCOPE, **decision(2, "not-now"))
        with pytest.raises(AuditUnavailableError, match="can't be reached") as caught:
            AuditBook(home).record("export", CITY_SCOPE)
        assert "共享数据库暂时无法连接" in caught.value.message("zh"), "the disk is not to blame"
    finally:
        server.start()
    wait_until(lambda: _quietly(lambda: ledger.write(CITY_SCOPE, **decision(2, "not-now")).item_id) == "not-now", 10)


def test_an_import_that_meets_a_restart_is_whole_and_recorded(server, home, tmp_path):
    own = Home(tmp_path / "own", home.database_url)
    small_city.fill(own)
    (tmp_path / "cases.csv").write_text("id,day,region\n1,2024-01-05,970101001001001\n2,2024-02-06,970102000000\n")
    (tmp_path / "cases.toml").write_text(CASES_MAPPING)
    command = [sys.executable, "-m", "data_access", "--home", str(own.path), "import"]
    command += [str(tmp_path / "cases.csv"), "--mapping", str(tmp_path / "cases.toml")]
    environment = {**os.environ, "DATABASE_URL": home.database_url}
    lines = len(AuditBook(home).lines(Scope("auditor", CITY), "import"))
    server.stop()
    try:
        running = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        time.sleep(4)
    finally:
        server.start()
    said = running.communicate(timeout=120)[0]
    assert running.returncode == 0, said
    with WorkingStore.open(own) as store:
        incident = schema.incident
        count = sa.select(sa.func.count().label("rows")).where(incident.c.source == "station")
        assert store.read(count)["rows"].tolist() == [2]
    wait_until(lambda: _answers(home), RECOVERS_SECONDS)
    assert len(AuditBook(home).lines(Scope("auditor", CITY), "import")) == lines + 1
