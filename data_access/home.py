"""The folder that holds one data set: working file, snapshots, pointer, quarantine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

HOME_VARIABLE = "PINGAN_HOME"
DATABASE_VARIABLE = "DATABASE_URL"


@dataclass(frozen=True)
class ClusterAddress:
    """An Apache Spark cluster and the folder that it and the offices share."""

    master: str
    """``spark://host:port``."""
    lake: Path
    """Folder of the offices' deliveries, mounted under the same path on every machine of the cluster."""
    sender: str = "main"
    """Name of the office that this home belongs to, among those that deliver to the lake."""


@dataclass(frozen=True)
class Home:
    """Paths of one data set below ``path``; nothing is created until :meth:`create`."""

    path: Path
    database_url: str | None = field(default_factory=lambda: os.environ.get(DATABASE_VARIABLE) or None, repr=False)
    """Address of the PostgreSQL that snapshots are published to (``DATABASE_URL``); files below ``path`` when empty."""

    cluster: ClusterAddress | None = None
    """Where a publish counts when records have outgrown this machine; here when empty."""

    @classmethod
    def default(cls) -> Home:
        """Return the folder named by ``PINGAN_HOME``, or ``var`` in the current folder."""
        return cls(Path(os.environ.get(HOME_VARIABLE, "var")))

    @property
    def working_file(self) -> Path:
        """The importer's read-write database."""
        return self.path / "working.duckdb"

    @property
    def snapshots(self) -> Path:
        """Published, immutable snapshot files."""
        return self.path / "snapshots"

    @property
    def last_good(self) -> Path:
        """Copy of the shared database's newest snapshot that was published from here, for when it can't be reached."""
        return self.path / "last_good"

    @property
    def pointer(self) -> Path:
        """Small JSON file naming the snapshot that is served."""
        return self.path / "current.json"

    @property
    def ledger_file(self) -> Path:
        """What people decided; outlives every import, publish and rebuild."""
        return self.path / "ledger.sqlite"

    @property
    def ended_sign_ins(self) -> Path:
        """Marks of the sign-ins that were ended before their tokens."""
        return self.path / "ended_sign_ins"

    @property
    def stills(self) -> Path:
        """The overview as it stands, to be shown while the cockpit loads; safe to delete at any time."""
        return self.path / "stills"

    @property
    def quarantine(self) -> Path:
        """Rows that were refused, to be corrected and imported again."""
        return self.path / "quarantine"

    @property
    def staging(self) -> Path:
        """Parts of an import under way; safe to delete when none runs."""
        return self.path / "staging"

    def create(self) -> Home:
        """Make the folders and return self."""
        for folder in (self.path, self.snapshots, self.quarantine, self.staging):
            private_folder(folder)
        return self


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may open, and return it; one that is there keeps what its administrator set."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
