"""The importer's read-write store: one DuckDB file that only one process opens at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access import schema
from data_access.errors import DataAccessError, SchemaVersionError, StoreRefusedError
from data_access.home import Home
from data_access.store.engines import open_writable, read_frame
from data_access.store.migrations import migrate

_version_table = sa.Table("schema_version", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))
_WORKING_TABLES = [table for table in schema.metadata.sorted_tables if table not in schema.ROLLUP_TABLES]

_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""What the system says in any library's words when nothing more can be written."""


class WorkingStore:
    """Rows as imported, before they are published. Use :meth:`open` as a context manager."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.connection = engine.connect()
        self._migrate()

    @classmethod
    def open(cls, home: Home) -> WorkingStore:
        """Open the working file of ``home``, making it and its tables when absent.

        Raises
        ------
        StoreBusyError
            When another process has it open.
        SchemaVersionError
            When a newer program wrote it.
        """
        home.create()
        return cls(open_writable(home.working_file))

    def __enter__(self) -> WorkingStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None and any(words in str(error) for words in _FULL):
            raise StoreRefusedError(
                f"There is no space left on the disk of {self._engine.url.database}. Nothing was changed, and what was "
                "published last is still served. Make room, then try again.",
                f"{self._engine.url.database} 所在磁盘空间不足，未作任何更改，最近一次发布的数据照常使用。请清理空间后重试。",
                code="store_full",
            ) from error

    def close(self) -> None:
        """Close the file; a transaction still open is rolled back."""
        self.connection.close()
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Commit what is written inside, all or nothing; an inner one joins the outer."""
        if self.connection.in_transaction():
            yield self.connection
            return
        with self.connection.begin():
            yield self.connection

    def replace_all(self, table_name: str, frame: pd.DataFrame | pa.Table) -> None:
        """Delete the rows of ``table_name`` and write ``frame`` in their place."""
        with self.transaction() as connection:
            connection.execute(sa.delete(self._table(table_name)))
            self.append(table_name, frame)

    def append(self, table_name: str, frame: pd.DataFrame | pa.Table) -> None:
        """Add the rows of ``frame``; its columns must be columns of the table, missing ones stay empty.

        Raises
        ------
        DataAccessError
            When ``frame`` has a column the table lacks, or lacks one the table requires.
        """
        table = self._table(table_name)
        rows = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
        self._check_columns(table, rows.column_names)
        with self.transaction() as connection:
            with registered(connection, "incoming_rows", rows) as incoming:
                names = [column.name for column in table.columns if column.name in rows.column_names]
                connection.execute(
                    sa.insert(table).from_select(
                        names, sa.select(*(incoming.c[name].cast(table.c[name].type) for name in names))
                    )
                )

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select as a frame."""
        in_transaction = self.connection.in_transaction()
        frame = read_frame(self.connection, statement)
        if not in_transaction:
            self.connection.rollback()
        return frame

    def _migrate(self) -> None:
        with self.transaction() as connection:
            _version_table.create(connection, checkfirst=True)
            found = connection.execute(sa.select(_version_table.c.version)).scalar()
            if found is not None and found > schema.SCHEMA_VERSION:
                raise SchemaVersionError(
                    f"The working file has schema version {found}, newer than this program's {schema.SCHEMA_VERSION}. "
                    "Update the program.",
                    f"工作库的结构版本为 {found}，高于本程序的 {schema.SCHEMA_VERSION}。请升级程序。",
                    found=found,
                )
            if found is None:
                connection.execute(sa.insert(_version_table).values(version=schema.SCHEMA_VERSION))
            elif found < schema.SCHEMA_VERSION:
                migrate(connection, found)
                connection.execute(sa.update(_version_table).values(version=schema.SCHEMA_VERSION))
            for table in _WORKING_TABLES:
                table.create(connection, checkfirst=True)

    @staticmethod
    def _table(name: str) -> sa.Table:
        table = schema.metadata.tables.get(name)
        if table is None or table in schema.ROLLUP_TABLES:
            raise DataAccessError(f"There is no table {name!r} to write to.", f"没有可写入的表“{name}”。", table=name)
        return table

    @staticmethod
    def _check_columns(table: sa.Table, names: list[str]) -> None:
        unknown = [name for name in names if name not in table.columns]
        missing = [column.name for column in table.columns if not column.nullable and column.name not in names]
        if unknown or missing:
            raise DataAccessError(
                f"Rows for {table.name}: unknown columns {unknown}, missing columns {missing}.",
                f"写入 {table.name} 的数据：多余的列 {unknown}，缺少的列 {missing}。",
                table=table.name,
                unknown=unknown,
                missing=missing,
            )


@contextmanager
def registered(connection: sa.Connection, name: str, rows: pa.Table) -> Iterator[sa.TableClause]:
    """Let statements read ``rows`` under ``name`` while inside."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.register(name, rows)
    yield sa.table(name, *(sa.column(column) for column in rows.column_names))
    driver.unregister(name)  # left to the rollback when a statement failed
