"""Servers that a measurement starts for itself and stops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import postgresql_programs, running_postgresql
from tests.stores import fresh_database


@contextmanager
def fresh_postgresql() -> Iterator[str | None]:
    """Yield the address of an empty database, set up, on a real PostgreSQL; None where none is installed."""
    programs = postgresql_programs()
    if programs is None:
        yield None
        return
    with running_postgresql(programs) as server, fresh_database(server) as url:
        yield url
