"""A database and a program of different versions: each says so in a sentence; a migration runs under a running app."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from data_access import schema
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.errors import DataAccessError, SchemaVersionError, ScopeError
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.postgresql.catalogue import CATALOGUE
from data_access.store.postgresql.loading import schema_of
from data_access.store.postgresql.upgrade import MIGRATIONS, upgrade
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST
from tests.servers import postgresql_programs, wait_until
from tests.stores import empty_database, forget_databases

CITY_SCOPE = Scope("city_leader", CITY)
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
DECISION = {"kind": "decision", "region_code": EAST, "state": "open", "snapshot_id": "s1"}
VALUES = {"task": "逐件明确责任单位", "unit": "司法局", "due_on": "2025-03-31"}


@pytest.fixture
def url(server) -> Iterator[str]:
    """Address of a database that nobody has set up."""
    with empty_database(server.address) as address:
        yield address


@contextmanager
def steps_of(url: str) -> Iterator[Config]:
    """Let alembic work on a database, as ``migrate`` does."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(f"create schema if not exists {CATALOGUE}")
        config.attributes["connection"] = connection
        yield config


def migrated_to(url: str, revision: str) -> None:
    with steps_of(url) as config:
        command.upgrade(config, revision)


def homicides(reader: SnapshotReader) -> float:
    return reader.measure_values(CITY_SCOPE, ["homicide_incidents"], [CITY], *YEAR)["value"].sum()


def used(home: Home) -> str:
    """Do what an app does: look, enter a decision, record it."""
    reader = SnapshotReader(home)
    reader.snapshot()
    return Ledger.beside(reader).write(CITY_SCOPE, **DECISION, values=VALUES).item_id


@pytest.mark.parametrize("revision", [None, "0001", "0002"])
def test_a_database_of_an_older_program_is_told_in_a_sentence_and_works_once_migrated(url, tmp_path, revision):
    if revision:
        migrated_to(url, revision)
    home = Home(tmp_path, url)
    with pytest.raises(DataAccessError) as caught:
        used(home)
    error = caught.value
    assert error.code == "store_not_set_up"
    for language in ("zh", "en"):
        assert "data_access migrate" in error.message(language)
        assert not any(word in error.message(language) for word in ("psycopg", "relation", "schema", "does not exist"))
    upgrade(url)
    small_city.fill(home)
    publish(home)
    used(home)


def test_a_migration_runs_under_a_running_app(url, tmp_path):
    migrated_to(url, "0003")
    home = Home(tmp_path, url)
    small_city.fill(home)
    publish(home)
    answers, written, errors, done = [], [], [], threading.Event()

    def use() -> None:
        while not done.is_set():
            try:
                reader = SnapshotReader(home)
                answers.append(homicides(reader))
                written.append(Ledger.beside(reader).write(CITY_SCOPE, **DECISION, values=VALUES).item_id)
            except Exception as error:  # noqa: BLE001 (whatever it is, the test looks at it)
                errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(written) > 3)
        found, newest = upgrade(url)
        before = len(written)
        wait_until(lambda: len(written) > before + 3)
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
    assert (found, errors) == ("0003", [])
    assert newest > found
    assert set(answers) == {2}
    assert set(Ledger.beside(SnapshotReader(home)).named_items(CITY_SCOPE, written)) == set(written)
    assert AuditBook(home).verify()[1] == []


def test_two_migrations_at_once_take_turns(url):
    done, errors = [], []

    def migrate() -> None:
        try:
            done.append(upgrade(url))
        except DataAccessError as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    newest = done[0][1]
    assert sorted(done, key=str) == sorted([(None, newest), (newest, newest), (newest, newest)], key=str)


@pytest.mark.parametrize(
    "change",
    [
        "alter table ledger.ledger_version disable trigger all; update ledger.ledger_version set version = version + 1",
        'update "{schema}".snapshot set schema_version = schema_version + 1',
    ],
)
def test_what_a_newer_program_wrote_is_told_in_a_sentence(url, tmp_path, change):
    upgrade(url)
    home = Home(tmp_path, url)
    small_city.fill(home)
    snapshot_id = publish(home)
    forget_databases()
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as owner:
        owner.exec_driver_sql(change.format(schema=schema_of(snapshot_id)))
    with pytest.raises(SchemaVersionError, match="Update the program") as caught:
        used(home)
    assert "请升级程序" in caught.value.message("zh")


def test_a_snapshot_of_an_older_program_is_to_be_published_again(url, tmp_path):
    upgrade(url)
    home = Home(tmp_path, url)
    small_city.fill(home)
    snapshot_id = publish(home)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as owner:
        owner.exec_driver_sql(
            f'update "{schema_of(snapshot_id)}".snapshot set schema_version = {schema.SCHEMA_VERSION - 1}'
        )
    with pytest.raises(SchemaVersionError, match="Publish again"):
        used(home)


def test_there_is_no_way_down_and_it_is_said(url):
    found, newest = upgrade(url)
    with pytest.raises(SchemaVersionError, match=r"no way back.*pg_restore"):
        with steps_of(url) as config:
            command.downgrade(config, "base")
    assert upgrade(url) == (newest, newest)
    assert found is None


def test_who_goes_back_restores_the_dump_made_before(url, server, tmp_path):
    upgrade(url)
    home = Home(tmp_path / "home", url)
    small_city.fill(home)
    publish(home)
    entered = used(home)
    name, dump = sa.make_url(url).database, tmp_path / "before.dump"
    before = (homicides(SnapshotReader(home)), AuditBook(home).verify(), rights_on(server.address, name))

    def run(program: str, *words: str) -> None:
        address = sa.make_url(server.address).set(drivername="postgresql")
        environment = {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.username}
        environment |= {"PGPASSWORD": address.password, "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [postgresql_programs() / program, *words], env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")

    run("pg_dump", "--format=custom", f"--file={dump}", name)
    lost = used(home)
    forget_databases()
    run("dropdb", "--force", name)
    run("pg_restore", "--create", "--dbname=postgres", str(dump))
    found, newest = upgrade(url)
    assert found == newest
    restored = SnapshotReader(Home(home.path / "restored", url))
    assert (homicides(restored), AuditBook(restored.home).verify(), rights_on(server.address, name)) == before
    assert list(Ledger.beside(restored).named_items(CITY_SCOPE, [entered, lost])) == [entered]
    with pytest.raises(ScopeError):
        restored.measure_values(Scope("county_leader", EAST), ["homicide_incidents"], [CITY], *YEAR)
    used(restored.home)


def rights_on(address: str, database: str) -> str:
    with sa.create_engine(address, poolclass=sa.NullPool).connect() as connection:
        return connection.exec_driver_sql("select datacl from pg_database where datname = %s", (database,)).scalar()
