"""The embedded store: each snapshot an immutable DuckDB file, and a pointer to the one that is served."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.store import snapshot_files
from data_access.store.engines import open_readonly, read_arrow
from data_access.store.snapshot_store import Report, RowScope


class EmbeddedSnapshot:
    """One snapshot file. DuckDB keeps no row's scope: the queries that come here are already within it."""

    def __init__(self, file: Path) -> None:
        self._engine = open_readonly(file)

    def read(self, statement: sa.Executable, scope: RowScope | None) -> pa.Table:
        """Run a select on a connection of this thread's own."""
        with self._engine.connect() as connection:
            return read_arrow(connection, statement)

    def warm(self) -> None:
        """Touch the roll-ups of the outer regions."""
        for table in (schema.measure_month, schema.measure_year):
            total = sa.func.sum(table.c.value)
            self.read(sa.select(table.c.measure, total).where(table.c.depth <= 1).group_by(table.c.measure), None)


class EmbeddedSnapshots:
    """The snapshot files of one folder."""

    def __init__(self, home: Home) -> None:
        self._home, self._pointer = home, home.pointer
        self._stamp = 0
        self._known = False

    def served_snapshot_id(self) -> str:
        """Return the id that the pointer names."""
        return snapshot_files.served_snapshot_id(self._home)

    def kept_snapshot_ids(self) -> list[str]:
        """Return the ids of the files that are kept, oldest first."""
        return snapshot_files.kept_snapshot_ids(self._home)

    def may_have_moved(self) -> bool:
        """Return whether the pointer was written since this was last asked."""
        try:
            stamp = self._pointer.stat().st_mtime_ns
        except FileNotFoundError:
            return not self._known
        changed = stamp != self._stamp
        self._stamp, self._known = stamp, True
        return changed

    def open(self, snapshot_id: str) -> EmbeddedSnapshot:
        """Open the file of a snapshot."""
        return EmbeddedSnapshot(snapshot_files.snapshot_file(self._home, snapshot_id))

    def keep(self, built: Path, snapshot_id: str, report: Report, held: frozenset[str]) -> None:
        """Name the finished file, point to it, drop the oldest."""
        snapshot_files.serve(self._home, built, snapshot_id, held)

    def unreachable_since(self) -> datetime | None:
        """Return None: a file that was opened stays readable."""
        return None
