"""A coordinating database and two shards for tests: three real servers, set up as docs/deployment.md tells."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import sqlalchemy as sa

from data_access.store.postgresql.connections import engine_of
from data_access.store.postgresql.shards import Shard, set_up_shards
from data_access.store.postgresql.shared_ledger import shared_ledger
from data_access.store.postgresql.upgrade import upgrade
from tests.data_access.small_city import EAST, WEST
from tests.servers import LOOPBACK, PostgreSQL, postgresql_server

ADMINISTRATOR, PUBLISHER, APP = "pingan_admin", "pingan_publisher", "pingan_app"
PASSWORD = secrets.token_hex(8)
RANGES = {"east": EAST[:6], "west": WEST[:6]}
"""Which county of the small city lies on which shard; what only the city is known for stays on the coordinator."""
PROGRAMS = {PUBLISHER: "pingan_read, pingan_write, pingan_ledger", APP: "pingan_read, pingan_ledger"}


@dataclass
class ShardedServers:
    """Three running servers."""

    coordinator: PostgreSQL
    shards: dict[str, PostgreSQL] = field(default_factory=dict)

    def each(self) -> tuple[PostgreSQL, ...]:
        return self.coordinator, *self.shards.values()


@dataclass(frozen=True)
class ShardedDatabase:
    """One data set on three servers: the same database name on each."""

    servers: ShardedServers
    name: str

    def url(self, login: str = PUBLISHER, shard: str | None = None) -> str:
        """Return the address of the coordinator's database or a shard's for a login."""
        server = self.servers.shards[shard] if shard else self.servers.coordinator
        address = sa.make_url(server.address).set(username=login, password=PASSWORD, database=self.name)
        return address.render_as_string(hide_password=False)

    def connect(self, login: str, shard: str | None = None) -> psycopg.Connection:
        """Connect as somebody who goes past the program."""
        return psycopg.connect(self.url(login, shard).replace("+psycopg", ""), autocommit=True)

    def declared(self) -> list[Shard]:
        """Return the shards as an administrator's file names them."""
        return [
            Shard(
                name=name,
                host=LOOPBACK,
                port=sa.make_url(server.address).port,
                database=self.name,
                first_digits=RANGES[name],
                last_digits=RANGES[name],
            )
            for name, server in self.servers.shards.items()
        ]


@contextmanager
def running_shards(programs: Path) -> Iterator[ShardedServers]:
    """Serve a coordinator and two shards, each with an administrator who is no superuser."""
    with ExitStack() as running:
        servers = ShardedServers(running.enter_context(postgresql_server(programs)))
        for name in RANGES:
            servers.shards[name] = running.enter_context(postgresql_server(programs))
        for server in servers.each():
            said(server.address, f"create role {ADMINISTRATOR} login createrole password '{PASSWORD}'")
        yield servers


@contextmanager
def sharded_database(servers: ShardedServers) -> Iterator[ShardedDatabase]:
    """Make a data set's databases on the servers, set them up, yield them, drop them."""
    made = ShardedDatabase(servers, f"pingan_{secrets.token_hex(4)}")
    for server in servers.each():
        said(server.address, f"create database {made.name} owner {ADMINISTRATOR} encoding 'UTF8' template template0")
    own = sa.make_url(servers.coordinator.address).set(database=made.name).render_as_string(hide_password=False)
    said(own, "create extension postgres_fdw", f"grant usage on foreign data wrapper postgres_fdw to {ADMINISTRATOR}")
    try:
        upgrade(made.url(ADMINISTRATOR))
        set_up_shards(made.url(ADMINISTRATOR), made.declared())
        for shard in (None, *servers.shards):
            for login, roles in PROGRAMS.items():
                with made.connect(ADMINISTRATOR, shard) as connection:
                    if not connection.execute("select 1 from pg_roles where rolname = %s", (login,)).fetchone():
                        connection.execute(f"create role {login} login password '{PASSWORD}' in role {roles}")
        yield made
    finally:
        engine_of.cache_clear()
        shared_ledger.cache_clear()
        for server in servers.each():
            with suppress(sa.exc.OperationalError):  # the servers may have stopped before
                said(server.address, f"drop database {made.name} with (force)")


def said(url: str, *statements: str) -> None:
    """Run statements as the superuser of ``url``."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
