"""The page queries on the embedded store and on a real PostgreSQL, with its row policies and without them, side by side."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from benchmarks.instruments.processes import cpu_seconds
from benchmarks.instruments.servers import fresh_postgresql
from benchmarks.queries_bench import anew, milliseconds, page_queries, published_home
from data_access.home import Home
from data_access.queries import SnapshotReader
from data_access.store import snapshot_files
from data_access.store.postgresql import shared_store
from data_access.store.postgresql.answers import Answers
from data_access.store.snapshot_store import snapshot_store

TARGET_MS = 15.0


def main() -> None:
    """Print each query's median on the three, and what the row policies add."""
    rows = int(os.environ.get("BENCH_ROWS", "1000000"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(fresh_postgresql())
        if url is None:
            print("  no PostgreSQL on this machine: not measured")
            return
        home, shared = stack.enter_context(published_home(rows)), Home(folder, url)
        start, used = time.perf_counter(), cpu_seconds(os.getpid())
        share(home, shared)
        wall, used = time.perf_counter() - start, cpu_seconds(os.getpid()) - used
        print(f"loading the snapshot into PostgreSQL: {wall:.1f} s wall, {used:.1f} s CPU here and there", flush=True)
        with patch.object(shared_store, "Answers", lambda _megabytes: Answers(0)):  # each question is really asked
            reader = SnapshotReader(shared)
            reader.snapshot()
        owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        print(f"{rows:,} incidents + {rows:,} disputes, medians in ms; target {TARGET_MS:.0f} ms with row policies")
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        measure(SnapshotReader(home), reader, owner)


def share(home: Home, shared: Home) -> None:
    """Load the snapshot that ``home`` serves into the database of ``shared``."""
    snapshot_id = snapshot_files.served_snapshot_id(home)
    built = Path(shutil.copy(snapshot_files.snapshot_file(home, snapshot_id), shared.create().staging))
    snapshot_store(shared).keep(built, snapshot_id, lambda _done, _step: None, frozenset())


def measure(embedded: SnapshotReader, shared: SnapshotReader, owner: sa.Engine) -> None:
    """Ask each query on each in turn, so that the same other work disturbs them all; then as it is asked again."""
    print(
        f"{'first asked, but for the last column':44s} {'embedded':>9s} {'policies':>9s} {'without':>9s} {'added':>14s} then"
    )
    for (name, here), there in zip(page_queries(embedded).items(), page_queries(shared).values(), strict=True):
        direct, _ = milliseconds(anew(embedded, here))
        watched, longest = milliseconds(anew(shared, there))
        with without_policies(owner):
            bare, _ = milliseconds(anew(shared, there))
        again, _ = milliseconds(there)
        verdict = "within" if again <= TARGET_MS else "OVER"
        added = f"{watched - bare:+.1f} ms ×{watched / bare:.2f}"
        print(
            f"{name:44s} {direct:9.1f} {watched:9.1f} {bare:9.1f} {added:>14s} {again:5.1f} {verdict} (max {longest:.1f})",
            flush=True,
        )


@contextmanager
def without_policies(owner: sa.Engine) -> Iterator[None]:
    """Let every row of every snapshot be seen meanwhile, as only the tables' owner can."""
    with owner.connect() as connection:
        guarded = connection.exec_driver_sql(
            "select format('%%I.%%I', schemaname, tablename) from pg_tables"
            " where rowsecurity and schemaname like 'snapshot%%'"
        )
        tables = guarded.scalars().all()
        for table in tables:
            connection.exec_driver_sql(f"alter table {table} disable row level security")
        try:
            yield
        finally:
            for table in tables:
                connection.exec_driver_sql(f"alter table {table} enable row level security")


if __name__ == "__main__":
    main()
