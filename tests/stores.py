"""The stores that every query test runs on, and a database of its own for each test that asks for one."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.store.postgresql.connections import engine_of
from data_access.store.postgresql.shared_ledger import shared_ledger
from data_access.store.postgresql.upgrade import upgrade
from data_access.store.snapshot_files import building_file, served_snapshot_id, snapshot_file
from data_access.store.snapshot_store import snapshot_store
from data_access.store.working import WorkingStore

STORES = ("embedded", "postgresql", "shards", "cluster")
"""Shards are a PostgreSQL whose rows lie on other servers. The cluster publishes: what it counted is served by the embedded
store."""
RECORD_STORES = ("embedded", "postgresql")
"""Where the ledger and the audit record lie: in the folder, or in the database that shards hang on."""
MANY = 2_000


@contextmanager
def fresh_database(address: str) -> Iterator[str]:
    """Make an empty database, set it up as an administrator does, yield its address, drop it."""
    with empty_database(address) as url:
        upgrade(url)
        yield url


@contextmanager
def empty_database(address: str) -> Iterator[str]:
    """Make a database that nobody has set up, yield its address, drop it."""
    name = f"pingan_{secrets.token_hex(4)}"
    server = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    try:
        yield sa.make_url(address).set(database=name).render_as_string(hide_password=False)
    finally:
        forget_databases()
        # A test may have ended the server, and its data with it.
        with contextlib.suppress(sa.exc.OperationalError), server.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")


def forget_databases() -> None:
    """Let this process know databases anew, as one that has just begun."""
    engine_of.cache_clear()
    shared_ledger.cache_clear()


def keep_few_records(home: Home) -> None:
    """Leave few rows of the tables that have many, so that publishing anew takes seconds."""
    with WorkingStore.open(home) as store, store.transaction():
        for table in (schema.incident, schema.dispute, schema.alarm_response, schema.reported_count):
            store.replace_all(table.name, store.read(sa.select(table).limit(MANY)))
        # What the imports added no longer adds up.
        store.replace_all("import_batch", store.read(sa.select(schema.import_batch).limit(0)))


def share_snapshot(own: Home, shared: Home, deepest: int) -> None:
    """Load what ``own`` serves into the database of ``shared``, as its publish does with what it has just counted.

    Sums of regions below the depth ``deepest`` are left out: most rows are of grids, and take a minute to write.
    """
    snapshot_id, built = served_snapshot_id(own), building_file(shared)
    shutil.copy(snapshot_file(own, snapshot_id), built)
    with duckdb.connect(str(built)) as copy:
        for name in ("measure_day", "measure_month", "measure_year", "measure_histogram"):
            copy.execute(f"delete from {name} where depth > {deepest}")
    snapshot_store(shared).keep(built, snapshot_id, lambda done, step: None, frozenset())


def empty_ledger(url: str) -> None:
    """Take everything out of the ledger and the audit record, as only the tables' owner can."""
    owner = sa.create_engine(url, poolclass=sa.NullPool)
    with owner.begin() as connection:
        for table in ("ledger_event", "audit_line", "audit_checkpoint"):
            connection.exec_driver_sql(f"alter table ledger.{table} disable trigger all")
            connection.exec_driver_sql(f"truncate ledger.{table}")
            connection.exec_driver_sql(f"alter table ledger.{table} enable trigger all")
