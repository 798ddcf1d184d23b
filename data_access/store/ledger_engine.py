"""Where the ledger is kept: the one place that knows its engine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from data_access.errors import SchemaVersionError
from data_access.home import Home
from data_access.schema.ledger_event import LEDGER_VERSION, ledger_metadata, ledger_version

BUSY_SECONDS = 15
WRITES = "ledger_writes"
"""Execution option of a connection that is going to write."""


def ledger_engine(home: Home) -> sa.Engine:
    """Return the engine of the ledger of ``home``, its tables made when absent; one engine a process and file."""
    home.path.mkdir(parents=True, exist_ok=True)
    return _sqlite_engine(home.ledger_file.resolve())


@lru_cache(maxsize=8)
def _sqlite_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # transactions begin below, not in the driver
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for setting in (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=FULL"):
            cursor.execute(f"pragma {setting}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A writer takes its turn before it reads, or another's commit in between would end it without waiting.
        connection.exec_driver_sql("begin immediate" if connection.get_execution_options().get(WRITES) else "begin")

    prepare(engine)
    return engine


def prepare(engine: sa.Engine) -> None:
    """Make the tables of the ledger where they are absent, and check their version.

    Raises
    ------
    SchemaVersionError
        When a newer program wrote them.
    """
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        ledger_metadata.create_all(connection)
        found = connection.execute(sa.select(ledger_version.c.version)).scalar()
        if found is None:
            connection.execute(sa.insert(ledger_version).values(version=LEDGER_VERSION))
        elif found > LEDGER_VERSION:
            raise SchemaVersionError(
                f"The ledger has version {found}, newer than this program's {LEDGER_VERSION}. Update the program.",
                f"台账的结构版本为 {found},高于本程序的 {LEDGER_VERSION}。请升级程序。",
                found=found,
            )
