"""Open DuckDB files through SQLAlchemy, the same way everywhere."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from data_access.errors import StoreBusyError
from data_access.store.frames import frame_of_arrow, plain

MEMORY_LIMIT = "2GB"
THREADS = 2
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
# The results are small (already aggregated); one copy costs less than a second way of running statements.

READERS = 16
"""Read connections kept for one snapshot; DuckDB shares one instance among them, each thread has its own."""


def open_writable(path: Path, *, memory_limit: str = MEMORY_LIMIT) -> sa.Engine:
    """Open ``path`` read-write with one connection, held until the engine is disposed.

    Raises
    ------
    StoreBusyError
        When another process holds the file.
    """
    engine = _engine(path, read_only=False, memory_limit=memory_limit, poolclass=StaticPool)
    try:
        engine.connect().close()
    except sa.exc.DBAPIError as error:
        if "lock" in str(error).lower():
            raise StoreBusyError(
                f"{path} is being written by another process. Wait until its import or publish ends, then try again.",
                f"{path} 正被另一进程写入。请等待其导入或发布结束后重试。",
                path=str(path),
            ) from error
        raise
    return engine


def open_readonly(path: Path, *, memory_limit: str = MEMORY_LIMIT) -> sa.Engine:
    """Open the immutable file ``path`` read-only, with a pool of connections for threads."""
    return _engine(
        path,
        read_only=True,
        memory_limit=memory_limit,
        isolation_level="AUTOCOMMIT",  # nothing to roll back in a file that never changes
        skip_autocommit_rollback=True,  # DuckDB answers a rollback of nothing with an error, which costs 0.5 ms
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=READERS,
    )


def read_arrow(connection: sa.Connection, statement: sa.Executable) -> pa.Table:
    """Run ``statement`` and return its rows, columns in the statement's order."""
    result: Any = connection.execute(statement, execution_options={"duckdb_arrow": True})
    return plain(result if isinstance(result, pa.Table) else result.arrow)


def read_frame(connection: sa.Connection, statement: sa.Executable) -> pd.DataFrame:
    """Run ``statement`` and return its rows as a frame, columns in the statement's order."""
    return frame_of_arrow(read_arrow(connection, statement))


def _engine(path: Path, *, read_only: bool, memory_limit: str, **options: object) -> sa.Engine:
    config: dict[str, object] = {"memory_limit": memory_limit, "threads": THREADS, "preserve_insertion_order": False}
    if read_only:  # a page of a list is planned in half the time, and read no slower
        config["disabled_optimizers"] = "late_materialization,compressed_materialization"
    return sa.create_engine(
        sa.URL.create("duckdb", database=str(path)),
        hide_parameters=True,
        connect_args={"read_only": read_only, "config": config},
        **options,
    )
