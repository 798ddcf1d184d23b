"""Connections to the shared database: one pool for each of its roles, scope set as a transaction begins, plain errors."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import unquote

import psycopg
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.pool import QueuePool

from data_access.access import read_config, validated
from data_access.clock import local_time
from data_access.errors import (
    ConfigError,
    StoreBusyError,
    StoreUnavailableError,
)
from data_access.store.ledger_engine import BUSY_SECONDS, WRITES
from data_access.store.postgresql.catalogue import (
    ENTER_SCOPE,
    LEDGER_ROLE,
    LEDGER_SCHEMA,
    PATH_SETTING,
    PRUNE_ROLE,
    READ_ROLE,
)
from data_access.store.postgresql.columnar import BEGIN, COLUMNAR_DRIVER, NO_ANSWER, ColumnarError, libpq_address
from data_access.store.postgresql.login_state import login_state
from data_access.store.postgresql.refusals import driver_error, logged, operator_text, refusal
from data_access.store.snapshot_store import RowScope

Answer = TypeVar("Answer")
DRIVER = "postgresql+psycopg"
LEDGER_LOCK = 0x70696E68
"""Key of the advisory lock that lets one writer at a time add to the ledger and the audit record."""
_SHARD, _NO_REMOTE = re.compile('could not connect to server "shard_([^"]+)"'), "08001"
"""How PostgreSQL names a server behind a foreign table that doesn't answer."""
RETRY_SECONDS = 1.0
"""After a failure, how long queries are answered from what is known instead of knocking again."""


class ConnectionSettings(BaseModel):
    """config/database.toml: how patient the program is with the shared database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool_size: int
    pool_overflow: int
    pool_wait_seconds: float
    connect_seconds: int
    silence_seconds: int
    statement_seconds: float
    publish_memory_mb: int
    answers_mb: int


@lru_cache(maxsize=1)
def connection_settings() -> ConnectionSettings:
    """Return the settings of config/database.toml."""
    return validated(ConnectionSettings, read_config("database.toml"), "config/database.toml", "database")


def database_address(url: str) -> sa.URL:
    """Return ``DATABASE_URL`` as an address of the driver that is used.

    Raises
    ------
    ConfigError
        When it isn't the address of a PostgreSQL database.
    """
    try:
        address = sa.make_url(url.strip())
    except (sa.exc.ArgumentError, ValueError):
        address = None
    if address is None or address.get_backend_name() not in ("postgresql", "postgres") or not address.database:
        raise ConfigError(
            "DATABASE_URL is not the address of a PostgreSQL database. Write postgresql://user:password@host:5432/name.",
            "DATABASE_URL 不是 PostgreSQL 数据库地址。请写成 postgresql://用户:密码@主机:5432/库名。",
        )
    if "@" in f"{address.host}{address.database}":  # the rest of a password, which nothing must show
        raise ConfigError(
            "The password in DATABASE_URL holds an @. Write it as %40 (and % as %25, / as %2F, : as %3A).",
            "DATABASE_URL 的密码中含有 @。请写成 %40（% 写成 %25，/ 写成 %2F，: 写成 %3A）。",
        )
    return address.set(drivername=DRIVER, host=unquote(address.host or "") or None)


@lru_cache(maxsize=16)
def engine_of(url: str, role: str | None) -> sa.Engine:
    """Return the pool of connections that act as ``role`` (as whoever signs in when None), shared by the process.

    A login that is the database's owner, or its superuser, loses those rights for the connection's life.
    """
    settings = connection_settings()
    reads, adds = role == READ_ROLE, role in (LEDGER_ROLE, PRUNE_ROLE)
    address = database_address(url)
    engine = sa.create_engine(
        (address.set(drivername=COLUMNAR_DRIVER) if reads else address).update_query_dict(_patience(settings)),
        poolclass=QueuePool,
        hide_parameters=True,  # values of a question belong in no log
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.pool_wait_seconds,
        pool_pre_ping=not reads,  # a restarted server leaves the pool full of dead connections; a question is asked twice
    )
    session = {
        "role": role or "none",
        "application_name": f"pingan {role or 'migrate'}",
        "timezone": "UTC",
        "search_path": LEDGER_SCHEMA if adds else "pg_catalog",
        "jit": "off",
        "statement_timeout": f"{int(settings.statement_seconds * 1000)}ms" if reads else "0",
        "lock_timeout": f"{BUSY_SECONDS}s" if adds else "0",
        # Lets shards do the sums of their own regions.
        "enable_partitionwise_aggregate": "on" if reads else "off",
        # An accepted decision outlives a crash, whatever the server's default.
        **({"synchronous_commit": "on"} if adds else {}),
    }
    prepared = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in session.items())

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"select {prepared}")  # nosec B608  # constants and numbers
        if not reads:  # there no transaction has begun
            connection.commit()

    if reads:
        sa.event.listen(engine, "begin", _set_scope)
    if adds:
        sa.event.listen(engine, "begin", _set_path)
    return engine


def _patience(settings: ConnectionSettings) -> dict[str, str]:
    """Return the options of libpq that end a connection of which nothing is heard, as when a cable is pulled."""
    return {
        "connect_timeout": str(settings.connect_seconds),
        "tcp_user_timeout": str(settings.silence_seconds * 1000),
        "keepalives_idle": str(settings.silence_seconds // 2),
        "keepalives_interval": "1",
        "keepalives_count": str(settings.silence_seconds - settings.silence_seconds // 2),
    }


def _set_scope(connection: sa.Connection) -> None:
    """Tell the row policies who looks, here and on every shard, for this transaction only, which can only read.

    Without a scope they show nothing.
    """
    scope: RowScope | None = connection.get_execution_options().get("row_scope")
    role, prefix = (scope.role, scope.region_prefix) if scope else ("", "")
    if prefix and not (prefix.isascii() and prefix.isdigit()):
        raise ConfigError(
            f"Region {prefix!r} can't be a scope in the shared database: only digits can.",
            f"区划“{prefix}”不能作为共享数据库的权限范围：只能是数字。",
        )
    named = f"convert_from(decode('{role.encode().hex()}', 'hex'), 'UTF8')"  # whatever it holds, it can't end the text
    enter = f"{BEGIN}; select {ENTER_SCOPE}({named}, '{prefix}')"  # nosec B608  # hexadecimal and decimal digits
    connection.exec_driver_sql(enter, execution_options=NO_ANSWER).close()


def _set_path(connection: sa.Connection) -> None:
    """Tell the ledger's row policies who looks, and let a writer wait for its turn before it reads."""
    options = connection.get_execution_options()
    asked = "set_config(%s, %s, true)"
    values: tuple[object, ...] = (PATH_SETTING, str(options.get("ledger_path", "")))
    if options.get(WRITES):
        asked, values = f"{asked}, pg_advisory_xact_lock(%s)", (*values, LEDGER_LOCK)
    connection.exec_driver_sql(f"select {asked}", values)  # nosec B608  # constants


class Reachability:
    """Whether the database answers, since when it doesn't, and when to knock again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._retry_at = 0.0
        self._shard = self._why = ""
        self._is_crowded = False

    @property
    def since(self) -> datetime | None:
        """Since when (UTC) it can't be reached, or None."""
        return self._since

    def failed(self, shard: str = "", why: str = "", is_crowded: bool = False) -> None:
        """Remember that it, or the server of a shard of it, could not be reached just now, or had no connection to spare."""
        with self._lock:
            self._shard, self._why, self._is_crowded = shard, why, is_crowded
            self._since = self._since or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
            self._retry_at = time.monotonic() + RETRY_SECONDS

    def answered(self) -> None:
        """Remember that it answered."""
        if self._since is not None:
            with self._lock:
                self._since = None

    def wait_is_over(self) -> bool:
        """Return whether it is worth knocking."""
        return self._since is None or time.monotonic() >= self._retry_at

    def error(self) -> StoreUnavailableError:
        """Return the error that says so."""
        since = local_time(self._since) if self._since else "—"
        what, what_zh = "The shared database", "共享数据库"
        if self._shard:
            what, what_zh = f"Shard {self._shard!r} of the shared database", f"共享数据库的分片“{self._shard}”"
        how, how_zh = "can't be reached", "暂时无法连接"
        if self._is_crowded:
            how, how_zh = "has no connection to spare", "的连接已用尽"
        return StoreUnavailableError(
            f"{what} {how} (since {since}). This works again by itself as soon as that is over; "
            "if it lasts, ask whoever runs the database.",
            f"{what_zh}{how_zh}（自 {since} 起）。恢复后会自动继续；如持续较久，请联系数据库管理员。",
            since=since,
            shard=self._shard,
            operator=self._why,
        )


@lru_cache(maxsize=16)
def reachability(url: str) -> Reachability:
    """Return what this process knows of whether the database of ``url`` answers."""
    return Reachability()


class Database:
    """What the shared database is asked as one of its roles; a lost connection is tried once more."""

    def __init__(self, url: str, role: str | None, reach: Reachability) -> None:
        self.engine = engine_of(url, role)
        self.reach = reach
        address = self.engine.url
        self._place = (
            f"{address.username}@{address.host or ''}:{address.port or ''}/{address.database}, {role or 'migrate'}"
        )

    def ask(self, work: Callable[[sa.Connection], Answer], **options: object) -> Answer:
        """Return ``work(connection)``, run within one transaction that is rolled back: for reading.

        Raises
        ------
        StoreUnavailableError, StoreBusyError, StoreRefusedError
        """
        if not self.reach.wait_is_over():
            raise self.reach.error()
        try:
            return self._once(work, options)
        except StoreUnavailableError:
            return self._once(work, options)

    def _once(self, work: Callable[[sa.Connection], Answer], options: dict[str, object]) -> Answer:
        with self.plain_errors():
            with self.engine.connect() as connection:
                scoped = connection.execution_options(**options)
                scoped.begin()  # before a cursor is open, which an error would leave so
                answer = work(scoped)
        self.reach.answered()
        return answer

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn the driver's errors inside into ones that a user understands."""
        try:
            yield
        except sa.exc.TimeoutError as error:
            raise StoreBusyError(
                "Too many people are asking the shared database at this moment. Try again in a few seconds.",
                "当前访问共享数据库的人过多，请几秒后重试。",
            ) from error
        except (sa.exc.DBAPIError, psycopg.Error, ColumnarError) as error:
            raise refusal(error, self._place, self._login_state) or self._lost(error) from error

    def _login_state(self, said: str) -> str:
        return login_state(said, libpq_address(self.engine.url), connection_settings().connect_seconds)

    def _lost(self, error: Exception) -> StoreUnavailableError:
        cause = driver_error(error)
        if self.reach.since is None:
            logged(cause, self._place)
        shard = _SHARD.search(str(cause)) if getattr(cause, "sqlstate", None) == _NO_REMOTE else None
        self.reach.failed(shard[1] if shard else "", operator_text(cause, self._place))
        return self.reach.error()
