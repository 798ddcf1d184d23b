"""The only way screens read the database: small frames, already aggregated, within the viewer's scope."""

from data_access.queries.reader import SnapshotReader
from data_access.queries.snapshot import Level, SnapshotInfo
from data_access.store.frames import Columns

__all__ = ["Columns", "Level", "SnapshotInfo", "SnapshotReader"]
