"""Where the ledger and the audit record are kept: the one place that knows their engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from data_access.errors import SchemaVersionError, StoreBusyError, StoreRefusedError
from data_access.home import Home, private_folder
from data_access.schema.audit_line import TRIGGERS
from data_access.schema.ledger_event import LEDGER_VERSION, ledger_metadata, ledger_version

Answer = TypeVar("Answer")
Work = Callable[[sa.Connection], Answer]
BUSY_SECONDS = 15
WRITES = "ledger_writes"
"""Execution option of a connection that is going to write."""
log = logging.getLogger("pingan.database")


class TakenError(Exception):
    """Another writer was quicker: the line's number, or the item's version, is taken."""


class LedgerStore(Protocol):
    """What the ledger and the audit record ask of the engine that keeps them."""

    @property
    def engine(self) -> sa.Engine:
        """The engine of the tables."""
        ...

    def read(self, work: Work[Answer], path: str = "") -> Answer:
        """Return ``work(connection)`` on one unchanging state; of the ledger only what lies below ``path`` need be seen."""
        ...

    def select(self, statement: sa.Select, path: str) -> Sequence[sa.Row]:
        """Return the rows of a select below ``path``; what it said last while the store can't be reached."""
        ...

    def read_as_publisher(self, work: Work[Answer]) -> Answer:
        """Return ``work(connection)`` as a publish sees it: what meetings of any region say."""
        ...

    def write(self, work: Work[Answer], path: str = "") -> Answer:
        """Return ``work(connection)`` within one transaction; raise TakenError when another writer was quicker."""
        ...

    def prune(self, work: Work[Answer]) -> Answer:
        """Return ``work(connection)`` within one transaction that may take away old audit lines."""
        ...


def ledger_store(home: Home) -> LedgerStore:
    """Return what keeps the ledger of ``home``: PostgreSQL when it names a database, else a file in its folder."""
    private_folder(home.path)
    if home.database_url:
        from data_access.store.postgresql.shared_ledger import shared_ledger

        return shared_ledger(home.database_url)
    return _embedded_ledger(home.ledger_file.resolve())


def ledger_engine(home: Home) -> sa.Engine:
    """Return the engine of the ledger of ``home``, its tables made when absent; one engine a process and place."""
    return ledger_store(home).engine


class EmbeddedLedger:
    """The ledger in a SQLite file. Safe for threads and for several processes of one machine."""

    def __init__(self, path: Path) -> None:
        self.engine = _sqlite_engine(path)

    def read(self, work: Work[Answer], path: str = "") -> Answer:
        """Read within one transaction; SQLite shows it one state."""
        with _plain_errors(), self.engine.connect() as connection:
            return work(connection)

    def select(self, statement: sa.Select, path: str) -> Sequence[sa.Row]:
        """Return the rows; a file in one's own folder can always be reached."""
        return self.read(lambda connection: connection.execute(statement).all())

    def read_as_publisher(self, work: Work[Answer]) -> Answer:
        """Read; who may open the file may read all of it."""
        return self.read(work)

    def write(self, work: Work[Answer], path: str = "") -> Answer:
        """Wait for one's turn, then read and write."""
        try:
            with (
                _plain_errors(),
                self.engine.connect().execution_options(**{WRITES: True}) as connection,
                connection.begin(),
            ):
                return work(connection)
        except sa.exc.IntegrityError as error:
            raise TakenError from error

    def prune(self, work: Work[Answer]) -> Answer:
        """Lift, within the transaction, the trigger that forbids it."""
        name = "audit_line_no_delete"

        def lifted(connection: sa.Connection) -> Answer:
            connection.execute(sa.DDL(f"drop trigger if exists {name}"))
            answer = work(connection)
            connection.execute(sa.DDL(TRIGGERS[name]))
            return answer

        return self.write(lifted)


@lru_cache(maxsize=8)
def _embedded_ledger(path: Path) -> EmbeddedLedger:
    return EmbeddedLedger(path)


def _sqlite_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,  # what was entered belongs in no log
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

    with _plain_errors():
        prepare(engine)
    return engine


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what SQLite says of the file into words a user understands."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.DatabaseError as error:
        name = str(getattr(error.orig, "sqlite_errorname", ""))
        log.warning("ledger: %s: %s", name, error.orig)
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreBusyError(
                "Others are writing to the ledger. Try again in a few seconds.", "台账正被他人写入，请几秒后重试。"
            ) from error
        raise StoreRefusedError(
            "The ledger can't be written or read: its disk is full, or the file is not this program's to write. Nothing was "
            "changed. Ask the administrator, then try again.",
            "台账无法读写：磁盘已满，或本程序无权写入该文件。未作任何更改。请联系管理员处理后重试。",
            code="store_full" if name == "SQLITE_FULL" else None,
            operator=f"ledger.sqlite; {name}",
        ) from error


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
        else:
            check_version(found)


def check_version(found: int) -> None:
    """Raise when a newer program wrote the ledger.

    Raises
    ------
    SchemaVersionError
    """
    if found > LEDGER_VERSION:
        raise SchemaVersionError(
            f"The ledger has version {found}, newer than this program's {LEDGER_VERSION}. Update the program.",
            f"台账的结构版本为 {found}，高于本程序的 {LEDGER_VERSION}。请升级程序。",
            found=found,
        )
