"""Snapshot files and the pointer to the one that is served: every change of state is one rename."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from data_access.errors import NoSnapshotError
from data_access.home import Home, private_folder
from data_access.store.snapshot_store import KEPT_SNAPSHOTS

_NAME = re.compile(r"^snap-(\d{4}Q[1-4]-(\d{4,}))\.duckdb$")
_BUILDING = "building-"


def snapshot_file(home: Home, snapshot_id: str) -> Path:
    """Return the file of ``snapshot_id``."""
    return home.snapshots / f"snap-{snapshot_id}.duckdb"


def served_snapshot_id(home: Home) -> str:
    """Return the id that the pointer names.

    Raises
    ------
    NoSnapshotError
        When nothing has been published in ``home``.
    """
    try:
        return json.loads(home.pointer.read_text(encoding="utf-8"))["snapshot_id"]
    except FileNotFoundError as error:
        raise NoSnapshotError(
            "Nothing has been published in this data folder yet. Run `python -m data_access demo` for the demonstration "
            "city, or import files and publish.",
            "此数据文件夹中尚无已发布的数据。请运行 python -m data_access demo 生成演示城市，或导入文件后发布。",
            operator=str(home.path),
        ) from error


def kept_snapshot_ids(home: Home) -> list[str]:
    """Return the ids of the snapshot files that are kept, oldest first."""
    return sorted(_ids(home.snapshots), key=_number)


def building_file(home: Home) -> Path:
    """Return a fresh path to build a snapshot at, after removing what a broken publish left behind."""
    for leftover in home.snapshots.glob(f"{_BUILDING}*"):
        leftover.unlink()
    return home.snapshots / f"{_BUILDING}{os.getpid()}.duckdb"


def serve(home: Home, built: Path, snapshot_id: str, held: frozenset[str] = frozenset()) -> Path:
    """Give the finished file its name, point to it, and drop the oldest beyond ``KEPT_SNAPSHOTS`` that are not held."""
    final = snapshot_file(home, snapshot_id)
    _flush(built)
    built.rename(final)
    _flush(home.snapshots)
    replacement = home.pointer.with_suffix(".new")
    replacement.write_text(json.dumps({"snapshot_id": snapshot_id}), encoding="utf-8")
    _flush(replacement)
    replacement.replace(home.pointer)
    _flush(home.path)
    for old in kept_snapshot_ids(home)[:-KEPT_SNAPSHOTS]:
        if old not in held:
            snapshot_file(home, old).unlink(missing_ok=True)
    return final


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last_good_file(home: Home, snapshot_id: str) -> Path:
    """Return where this machine keeps a copy of a snapshot of the shared database, whether it is there or not."""
    return home.last_good / f"snap-{snapshot_id}.duckdb"


def last_good_id(home: Home) -> str | None:
    """Return the newest snapshot of the shared database that this machine has a copy of."""
    return max(_ids(home.last_good), key=_number, default=None)


def keep_last_good(home: Home, built: Path, snapshot_id: str) -> None:
    """Keep a finished file as the copy, instead of an older one; it holds every region, so nobody else may read it."""
    private_folder(home.last_good).chmod(0o700)
    built.chmod(0o600)
    built.rename(last_good_file(home, snapshot_id))
    for old in _ids(home.last_good):
        if old != snapshot_id:
            last_good_file(home, old).unlink(missing_ok=True)


def _ids(folder: Path) -> list[str]:
    return [match[1] for path in folder.glob("snap-*.duckdb") if (match := _NAME.match(path.name))]


def _number(snapshot_id: str) -> int:
    return int(snapshot_id.rpartition("-")[2])
