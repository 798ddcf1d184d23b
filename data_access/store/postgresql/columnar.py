"""A dialect of SQLAlchemy that reads PostgreSQL in columns: the driver hands rows over in Arrow, none becomes a Python object."""

from __future__ import annotations

import re
from contextlib import closing
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from adbc_driver_manager import AdbcStatusCode
from adbc_driver_postgresql import dbapi
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

COLUMNAR_DRIVER = "postgresql+adbc"
ColumnarError = dbapi.Error
BEGIN = "begin"
"""Statement that whoever listens for the beginning of a transaction has to run: the driver begins none by itself."""
NO_ANSWER = {"no_parameters": True}
"""Execution options of statements, one or several in one text, of which no answer is read."""
_LOST = ("08", "57P", "58")
"""Classes of SQLSTATE after which a connection is of no more use."""


class ColumnarDialect(PGDialect):
    """PostgreSQL through the driver of Arrow Database Connectivity; for connections that read.

    Transactions are begun (``BEGIN``) and ended in SQL: the driver would open the next as soon as one ends, and let it wait
    in the pool.
    """

    driver = "adbc"
    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"paramstyle": "numeric_dollar", **options})  # what the driver says of itself is another's

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the driver."""
        return dbapi

    def create_connect_args(self, url: sa.URL) -> tuple[list[str], dict[str, Any]]:
        """Return what the driver is called with."""
        return [libpq_address(url)], {"autocommit": True}

    def initialize(self, connection: sa.Connection) -> None:
        """Ask nothing of the server: no statement here depends on its version."""
        self._backslash_escapes = False

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """Run statements whose answer nobody reads (``NO_ANSWER``) in one trip to the server; a question takes two."""
        cursor.executemany(statement, None)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """End a transaction, if there is one."""
        _run(dbapi_connection, "rollback")

    def do_commit(self, dbapi_connection: Any) -> None:
        """End a transaction."""
        _run(dbapi_connection, "commit")

    def is_disconnect(self, error: Exception, connection: object, cursor: object) -> bool:
        """Return whether a connection is of no more use after an error."""
        return is_lost(error)


def libpq_address(url: sa.URL) -> str:
    """Return the address of a database as libpq reads it."""
    _, options = PGDialect_psycopg().create_connect_args(url)
    options.pop("context", None)  # another driver's own
    escaped = {name: re.sub(r"(['\\])", r"\\\1", str(value)) for name, value in options.items()}
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())


def is_lost(error: BaseException) -> bool:
    """Return whether the driver says that the server is gone: by the code of the server, or where there is none by its own."""
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(_LOST) or (not state and getattr(error, "status_code", None) == AdbcStatusCode.IO)


def fetched(result: sa.CursorResult) -> pa.Table:
    """Return what a statement answered as plain rows of Arrow, each column of the type that DuckDB answers with."""
    cursor: Any = result.cursor
    with closing(result):  # a connection can't be closed before what it answered is
        table = cursor.fetch_arrow_table()
    return pa.table([_plain(column) for column in table.columns], names=table.column_names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if not isinstance(kind, pa.OpaqueType):
        return column
    assert kind.type_name == "numeric", kind  # the only type in use that has no like in Arrow: it comes as text
    digits = column.cast(kind.storage_type)
    has_places = pc.any(pc.match_substring(digits, ".")).as_py()
    return digits.cast(pa.float64() if has_places else pa.int64())


def _run(dbapi_connection: Any, statement: str) -> None:
    with dbapi_connection.cursor() as cursor:
        cursor.executemany(statement, None)


registry.register("postgresql.adbc", __name__, ColumnarDialect.__name__)
