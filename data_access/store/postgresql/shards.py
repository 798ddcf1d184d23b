"""Shards: servers that each hold the rows of a range of region codes, behind one coordinating database (postgres_fdw)."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Self, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access.access import validated
from data_access.errors import ConfigError
from data_access.store.postgresql.catalogue import CATALOGUE, READ_ROLE, SCOPE_DOOR, WRITE_ROLE, published
from data_access.store.postgresql.catalogue import shard as shard_table
from data_access.store.postgresql.connections import (
    Database,
    Reachability,
    connection_settings,
    database_address,
    engine_of,
)
from data_access.store.postgresql.upgrade import upgrade

COORDINATOR_LOGIN = "pingan_coordinator"
"""How the coordinator signs in on a shard, with ``_DATABASE`` added: a member of the read role, with a password that nobody
needs to know."""
ROWS_AT_ONCE = 1000
"""How many rows the coordinator asks a shard for at a time."""


class Shard(BaseModel):
    """A database and the region codes whose rows it holds: all that begin with ``first_digits`` up to ``last_digits``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,20}$")
    host: str = Field(min_length=1)
    port: int = Field(default=5432, ge=1, le=65535)
    database: str = Field(default="pingan", min_length=1)
    first_digits: str | None = Field(default=None, pattern=r"^[0-9]{2,18}$")
    last_digits: str | None = Field(default=None, pattern=r"^[0-9]{2,18}$")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        first, last = self.first_digits, self.last_digits
        if (first is None) != (last is None) or (first and last and (len(first) != len(last) or first > last)):
            raise ValueError("first_digits and last_digits must be of one length and in order, or both left out")
        return self

    @property
    def server(self) -> str:
        """Name of its foreign server on the coordinator."""
        return f"shard_{self.name}"

    @property
    def takes_rows(self) -> bool:
        """Return whether snapshots to come put rows here."""
        return self.first_digits is not None

    @property
    def start(self) -> str:
        """The least code that it may hold, compared byte by byte."""
        return self.first_digits or ""

    @property
    def after(self) -> str:
        """What is greater than each of its codes."""
        last = self.last_digits or "0"
        return last[:-1] + chr(ord(last[-1]) + 1)

    def address(self, coordinator: str) -> str:
        """Return the shard's address, for the login and the options of the coordinator's."""
        url = database_address(coordinator).difference_update_query(["host", "port"])
        return url.set(host=self.host, port=self.port, database=self.database).render_as_string(hide_password=False)


def read_shards(file: Path) -> tuple[Shard, ...]:
    """Return the shards of a file, one table ``[[shard]]`` each.

    Raises
    ------
    ConfigError
        When it can't be read, a value is impossible, or two shards share a name, a database or a code.
    """
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{file} can't be read: {error}. Correct the file.", f"{file} 无法读取：{error}。请更正该文件。"
        ) from error
    if set(rows) != {"shard"} or not isinstance(rows["shard"], list):
        raise ConfigError(f"{file} must hold tables [[shard]] only.", f"{file} 只应包含 [[shard]] 表。")
    shards = tuple(validated(Shard, row, str(file), f"shard {number}") for number, row in enumerate(rows["shard"], 1))
    for what in ("name", "database"):
        keys = [each.name if what == "name" else f"{each.host}:{each.port}/{each.database}" for each in shards]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ConfigError(
                f"{file}: two shards have the {what} {twice[0]}.", f"{file}：两个分片的 {what} 相同：{twice[0]}。"
            )
    filled = sorted((each for each in shards if each.takes_rows), key=lambda each: each.start)
    for one, next_one in pairwise(filled):
        if one.after > next_one.start:
            raise ConfigError(
                f"{file}: shards {one.name} and {next_one.name} both hold codes from {next_one.start} on.",
                f"{file}：分片 {one.name} 与 {next_one.name} 的区划代码自 {next_one.start} 起重叠。",
            )
    return shards


def known_shards(connection: sa.Connection) -> tuple[Shard, ...]:
    """Return the shards that a coordinator has, in the order in which it asks them."""
    rows = connection.execute(sa.select(shard_table).order_by(shard_table.c.name)).mappings()
    return tuple(Shard(**row) for row in rows)


def set_up_shards(coordinator: str, shards: Sequence[Shard] | None = None) -> dict[str, tuple[str | None, str]]:
    """Migrate the shards of a migrated coordinator, and let it reach them; the login of its address must do on each.

    Parameters
    ----------
    coordinator : str
        Address of the coordinating database.
    shards : sequence of Shard, optional
        The shards from now on; those that it has when left out.

    Returns
    -------
    dict
        By shard, the revision before and after.

    Raises
    ------
    ConfigError
        When a kept snapshot has rows on a shard that is no longer named.
    StoreUnavailableError, StoreRefusedError
    """
    database = Database(coordinator, None, Reachability())
    if shards is None:
        shards = database.ask(known_shards)
    revisions = {shard.name: upgrade(shard.address(coordinator)) for shard in shards}
    # The coordinator commits before the shards do: what fails before that changes no password.
    with database.plain_errors(), ExitStack() as there, database.engine.begin() as connection:
        known = {each.name: each for each in known_shards(connection)}
        for name in known.keys() - revisions.keys():
            _leave(connection, known[name])
        connection.execute(sa.delete(shard_table))
        for shard in shards:
            on_shard = there.enter_context(engine_of(shard.address(coordinator), None).begin())
            if shard.name not in known:
                _refuse_a_used_database(on_shard, shard)
                _meet(connection, shard)
            _reach(connection, on_shard, shard, coordinator)
            connection.execute(sa.insert(shard_table).values(**shard.model_dump()))
    return revisions


def _leave(connection: sa.Connection, shard: Shard) -> None:
    held = connection.exec_driver_sql(
        "select count(*) from pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver"
        " join pg_class c on c.oid = t.ftrelid where s.srvname = %s and c.relnamespace <> %s::regnamespace",
        (shard.server, CATALOGUE),
    ).scalar()
    if held:
        raise ConfigError(
            f"Shard {shard.name} can't leave: kept snapshots have rows there. Leave it in the file without first_digits "
            "and last_digits until enough new snapshots have been published.",
            f"分片 {shard.name} 不能移除：保留的快照在其上仍有数据。请先在文件中保留该分片并删去 first_digits 与 last_digits,"
            "待发布足够多的新快照后再移除。",
            shard=shard.name,
        )
    connection.exec_driver_sql(f"drop server {shard.server} cascade")


def _refuse_a_used_database(on_shard: sa.Connection, shard: Shard) -> None:
    if on_shard.execute(sa.select(published.c.snapshot_id)).first():
        raise ConfigError(
            f"Shard {shard.name}: database {shard.database} on {shard.host} holds published snapshots, which the next "
            "publish would drop. Give the shard an empty database.",
            f"分片 {shard.name}:{shard.host} 上的数据库 {shard.database} 已有已发布的快照，下次发布会将其删除。"
            "请为该分片提供空数据库。",
            shard=shard.name,
        )


def _meet(connection: sa.Connection, shard: Shard) -> None:
    door = f"{CATALOGUE}.{SCOPE_DOOR}_{shard.name}"
    for statement in (
        f"create server {shard.server} foreign data wrapper postgres_fdw",
        f"grant usage on foreign server {shard.server} to {WRITE_ROLE}",
        f"create foreign table {door} (role text not null, prefix text not null) server {shard.server}"
        f" options (schema_name '{CATALOGUE}', table_name '{SCOPE_DOOR}')",
        f"grant update on {door} to {READ_ROLE}",
    ):
        connection.exec_driver_sql(statement)


def _reach(connection: sa.Connection, on_shard: sa.Connection, shard: Shard, coordinator: str) -> None:
    """Say where a shard is, and renew the password that the coordinator signs in with there."""
    password = secrets.token_urlsafe(32)
    login = f"{COORDINATOR_LOGIN}_{shard.database}"[:63]
    known = on_shard.exec_driver_sql("select 1 from pg_roles where rolname = %s", (login,)).scalar()
    if not known:
        _run(on_shard, f"create role {{}} login in role {READ_ROLE}", sql.Identifier(login))
    _run(on_shard, "alter role {} password {}", sql.Identifier(login), password)
    reader = f"for {READ_ROLE} server {shard.server}"
    connection.exec_driver_sql(f"drop user mapping if exists {reader}")
    _run(connection, f"create user mapping {reader} options (user {{}}, password {{}})", login, password)

    query, patience = database_address(coordinator).query, connection_settings().connect_seconds
    options = {
        "host": shard.host,
        "port": shard.port,
        "dbname": shard.database,
        "connect_timeout": patience,
        "tcp_user_timeout": patience * 1000,
        "fetch_size": ROWS_AT_ONCE,
        "async_capable": "true",
        **{name: query[name] for name in ("sslmode", "sslrootcert") if name in query},
    }
    present = connection.exec_driver_sql(
        "select srvoptions from pg_foreign_server where srvname = %s", (shard.server,)
    ).scalar()
    names = {each.partition("=")[0] for each in present or ()}
    changes = ", ".join(f"{'set' if name in names else 'add'} {name} {{}}" for name in options)
    _run(connection, f"alter server {shard.server} options ({changes})", *(str(value) for value in options.values()))


def _run(connection: sa.Connection, statement: str, *values: str | sql.Identifier) -> None:
    """Run a statement that takes no parameters, with each ``{}`` a value or name, quoted."""
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    quoted = (value if isinstance(value, sql.Identifier) else sql.Literal(value) for value in values)
    driver.execute(sql.SQL(statement).format(*quoted))  # type: ignore[arg-type]
