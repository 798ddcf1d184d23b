"""The ledger and the audit record in the shared database: written as a role that can only add to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

import sqlalchemy as sa
from cachetools import LRUCache

from data_access.errors import StoreUnavailableError
from data_access.schema.ledger_event import ledger_version
from data_access.store.ledger_engine import WRITES, TakenError, check_version
from data_access.store.postgresql.answers import question_of
from data_access.store.postgresql.catalogue import LEDGER_ROLE, LEDGER_SCHEMA, PRUNE_ROLE, WRITE_ROLE
from data_access.store.postgresql.connections import Database, reachability

Answer = TypeVar("Answer")
KEPT_ANSWERS = 500


class SharedLedger:
    """The ledger in the schema ``ledger``. Safe for threads, processes and machines."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._adding = Database(database_url, LEDGER_ROLE, reachability(database_url))
        self._is_checked = False
        self._last_said: LRUCache[Hashable, Sequence[sa.Row]] = LRUCache(KEPT_ANSWERS)
        self._lock = threading.Lock()

    @property
    def engine(self) -> sa.Engine:
        """The pool of the role that adds."""
        return self._adding.engine

    def read(self, work: Callable[[sa.Connection], Answer], path: str = "") -> Answer:
        """Read one unchanging state; without a path no event of the ledger is seen."""
        self._check()
        return self._adding.ask(work, ledger_path=path, isolation_level="REPEATABLE READ")

    def select(self, statement: sa.Select, path: str) -> Sequence[sa.Row]:
        """Return the rows; while the database is away those it gave last, if this process has asked before."""
        key = question_of(statement), path
        try:
            rows = self.read(lambda connection: connection.execute(statement).all(), path)
        except StoreUnavailableError:
            with self._lock:
                known = self._last_said.get(key)
            if known is None:
                raise
            return known
        with self._lock:
            self._last_said[key] = rows
        return rows

    def read_as_publisher(self, work: Callable[[sa.Connection], Answer]) -> Answer:
        """Read as the role that publishes: of the ledger it sees meetings, and of those only what they say."""
        publishing = Database(self._url, WRITE_ROLE, reachability(self._url))
        return publishing.ask(work, schema_translate_map={None: LEDGER_SCHEMA})

    def write(self, work: Callable[[sa.Connection], Answer], path: str = "") -> Answer:
        """Wait for one's turn, then read and write; nothing is kept unless all of it is."""
        self._check()
        return _write(self._adding, work, path)

    def prune(self, work: Callable[[sa.Connection], Answer]) -> Answer:
        """Write as the role that may take away old audit lines; the login must have been granted it."""
        return _write(Database(self._url, PRUNE_ROLE, reachability(self._url)), work, "")

    def _check(self) -> None:
        """Raise, before the first use, when a newer program wrote the ledger."""
        if not self._is_checked:
            version = sa.select(ledger_version.c.version)
            check_version(self._adding.ask(lambda connection: connection.execute(version).scalar_one()))
            self._is_checked = True


@lru_cache(maxsize=8)
def shared_ledger(database_url: str) -> SharedLedger:
    """Return the ledger of a database; one for the process."""
    return SharedLedger(database_url)


def _write(database: Database, work: Callable[[sa.Connection], Answer], path: str) -> Answer:
    if not database.reach.wait_is_over():
        raise database.reach.error()
    options = {WRITES: True, "ledger_path": path}
    with database.plain_errors():
        try:
            with database.engine.connect().execution_options(**options) as connection, connection.begin():
                answer = work(connection)
        except sa.exc.IntegrityError as error:
            raise TakenError from error
    database.reach.answered()
    return answer
