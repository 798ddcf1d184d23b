"""Where published snapshots live: one interface, chosen in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import sqlalchemy as sa

from data_access.home import Home

KEPT_SNAPSHOTS = 8
"""Snapshots that can be asked for again by id; older ones are dropped by the next publish."""

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class RowScope:
    """Whose rows one statement may see, in the form a store can check."""

    role: str
    region_prefix: str
    """Leading digits that the codes in scope share."""


class SnapshotSource(Protocol):
    """One published snapshot, opened for reading by many threads."""

    def read(self, statement: sa.Executable, scope: RowScope | None) -> pa.Table:
        """Return the rows of a select, in plain types; without a scope only tables that hold no region's numbers are seen."""
        ...

    def warm(self) -> None:
        """Read what the first screen needs, so that no viewer meets a cold store."""
        ...


class SnapshotStore(Protocol):
    """All published snapshots of one data set, and which of them is served."""

    def served_snapshot_id(self) -> str:
        """Return the id of the snapshot that is served; raise NoSnapshotError when there is none."""
        ...

    def kept_snapshot_ids(self) -> list[str]:
        """Return the ids that can be opened, oldest first."""
        ...

    def may_have_moved(self) -> bool:
        """Return whether another snapshot may be served than when this was last asked; cheap, asked at every query."""
        ...

    def open(self, snapshot_id: str) -> SnapshotSource:
        """Open a kept snapshot for reading."""
        ...

    def keep(self, built: Path, snapshot_id: str, report: Report, held: frozenset[str]) -> None:
        """Take in the finished file ``built`` and serve it, in one step: all of it or nothing.

        Snapshots beyond the newest ``KEPT_SNAPSHOTS`` are dropped, but for those in ``held``.
        """
        ...

    def unreachable_since(self) -> datetime | None:
        """Return since when (UTC) the store can't be reached and earlier answers are shown, or None."""
        ...


def snapshot_store(home: Home) -> SnapshotStore:
    """Return the store of ``home``: PostgreSQL when it names a database, else the files in its folder."""
    if home.database_url:
        from data_access.store.postgresql.shared_store import SharedSnapshots

        return SharedSnapshots(home)
    from data_access.store.embedded import EmbeddedSnapshots

    return EmbeddedSnapshots(home)
