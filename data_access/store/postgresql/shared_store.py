"""The shared store: snapshots that many machines read from one PostgreSQL."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from data_access.errors import NoSnapshotError, StoreBusyError, StoreTooSlowError, StoreUnavailableError
from data_access.home import Home
from data_access.store import snapshot_files
from data_access.store.embedded import EmbeddedSnapshot
from data_access.store.patience import patiently
from data_access.store.postgresql.answers import Answers, question_of
from data_access.store.postgresql.catalogue import READ_ROLE, WRITE_ROLE, published, served
from data_access.store.postgresql.columnar import fetched
from data_access.store.postgresql.connections import Database, connection_settings, engine_of, reachability
from data_access.store.postgresql.loading import drop_oldest, is_committed, load, schema_of, take_turn, transaction_of
from data_access.store.postgresql.shards import known_shards
from data_access.store.snapshot_store import KEPT_SNAPSHOTS, Report, RowScope

RELIEF_SECONDS = 5.0
"""How long the local copy answers in place of a database that just didn't in time: a page asks many questions."""
LOOK_SECONDS = 1.0
"""How often, at most, it is asked which snapshot is served."""


class SharedSnapshot:
    """One snapshot in its schema. Answers are kept: while the database is away they, or the local copy, carry on."""

    def __init__(self, database: Database, snapshot_id: str, answers: Answers, copy: Path | None) -> None:
        self._database = database
        self._options = {"schema_translate_map": {None: schema_of(snapshot_id)}}
        self._answers = answers
        self._copy = copy
        self._opened_copy: EmbeddedSnapshot | None = None
        self._relieved_until = 0.0

    def read(self, statement: sa.Executable, scope: RowScope | None) -> pa.Table:
        """Run a select in a transaction that carries ``scope`` to the row policies."""
        key = question_of(statement), scope
        known = self._answers.get(key)
        if known is not None:
            return known
        if time.monotonic() < self._relieved_until and (copy := self._local_copy()) is not None:
            return copy.read(statement, scope)
        try:
            rows = self._database.ask(lambda connection: _rows(connection, statement), row_scope=scope, **self._options)
        except (StoreUnavailableError, StoreBusyError, StoreTooSlowError):
            copy = self._local_copy()  # the same snapshot, number for number
            if copy is None:
                raise
            self._relieved_until = time.monotonic() + RELIEF_SECONDS
            return copy.read(statement, scope)
        self._answers.put(key, rows)
        return rows

    def warm(self) -> None:
        """Do nothing: the server keeps its pages in memory for everyone."""

    def _local_copy(self) -> EmbeddedSnapshot | None:
        if self._opened_copy is None and self._copy is not None and self._copy.exists():
            self._opened_copy = EmbeddedSnapshot(self._copy)
        return self._opened_copy


class SharedSnapshots:
    """The snapshots of one PostgreSQL database."""

    def __init__(self, home: Home) -> None:
        assert home.database_url is not None
        self._home = home
        self._reach = reachability(home.database_url)
        self._reading = Database(home.database_url, READ_ROLE, self._reach)
        self._look_at = 0.0

    def served_snapshot_id(self) -> str:
        """Return the id that is served; while the database is away or takes no more questions, that of this machine's copy."""
        try:
            found = self._reading.ask(lambda connection: connection.execute(sa.select(served.c.snapshot_id)).scalar())
        except (StoreUnavailableError, StoreBusyError) as error:
            if isinstance(error, StoreBusyError):
                self._reach.failed(why=error.operator, is_crowded=True)
            copy = snapshot_files.last_good_id(self._home)
            if copy is None:
                raise self._reach.error() from error
            return copy
        if found is None:
            raise NoSnapshotError(
                "Nothing has been published to the shared database yet. Run `python -m data_access demo` for the "
                "demonstration city, or import files and publish.",
                "共享数据库中尚无已发布的数据。请运行 python -m data_access demo 生成演示城市，或导入文件后发布。",
            )
        return found

    def kept_snapshot_ids(self) -> list[str]:
        """Return the ids that can be opened, oldest first."""
        ids = sa.select(published.c.snapshot_id).order_by(published.c.number)
        return self._reading.ask(lambda connection: list(connection.execute(ids).scalars()))

    def may_have_moved(self) -> bool:
        """Return whether it is time to look again."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        return True

    def open(self, snapshot_id: str) -> SharedSnapshot:
        """Open a snapshot for reading."""
        answers = Answers(connection_settings().answers_mb)
        return SharedSnapshot(
            self._reading, snapshot_id, answers, snapshot_files.last_good_file(self._home, snapshot_id)
        )

    def keep(self, built: Path, snapshot_id: str, report: Report, held: frozenset[str]) -> None:
        """Load the finished file, shards first, in a transaction that also points to it, then drop the oldest snapshots.

        The file stays on this machine as the copy that is shown while the database is away.
        """
        assert self._home.database_url is not None
        url = self._home.database_url
        writing = Database(url, WRITE_ROLE, self._reach)
        begun: list[str] = []

        def load_once() -> None:
            with writing.plain_errors(), writing.engine.begin() as connection:
                take_turn(connection)
                if begun and is_committed(connection, begun[-1]):
                    return  # only its answer was lost
                begun.append(transaction_of(connection))
                shards = {each: engine_of(each.address(url), WRITE_ROLE) for each in known_shards(connection)}
                load(connection, built, snapshot_id, connection_settings().publish_memory_mb, report, shards)

        def drop() -> None:
            with writing.plain_errors():
                drop_oldest(writing.engine, KEPT_SNAPSHOTS, held)

        patiently(load_once)
        self._reach.answered()
        snapshot_files.keep_last_good(self._home, built, snapshot_id)
        with suppress(StoreUnavailableError):  # it is published all the same, and the next publish drops them
            patiently(drop)

    def unreachable_since(self) -> datetime | None:
        """Return since when the database can't be reached, or None."""
        return self._reach.since


def _rows(connection: sa.Connection, statement: sa.Executable) -> pa.Table:
    return fetched(connection.execute(statement))
