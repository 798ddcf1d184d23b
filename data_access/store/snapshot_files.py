"""Snapshot files and the pointer to the one that is served: every change of state is one rename."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from data_access.errors import NoSnapshotError
from data_access.home import Home
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
            f"Nothing has been published in {home.path} yet. Run `python -m data_access demo` for the demonstration "
            "city, or import files and publish.",
            f"{home.path} 中尚无已发布的数据。请运行 python -m data_access demo 生成演示城市,或导入文件后发布。",
            path=str(home.path),
        ) from error


def kept_snapshot_ids(home: Home) -> list[str]:
    """Return the ids of the snapshot files that are kept, oldest first."""
    matches = [match for path in home.snapshots.glob("snap-*.duckdb") if (match := _NAME.match(path.name))]
    return [match[1] for match in sorted(matches, key=lambda match: int(match[2]))]


def building_file(home: Home) -> Path:
    """Return a fresh path to build a snapshot at, after removing what a broken publish left behind."""
    for leftover in home.snapshots.glob(f"{_BUILDING}*"):
        leftover.unlink()
    return home.snapshots / f"{_BUILDING}{os.getpid()}.duckdb"


def serve(home: Home, built: Path, snapshot_id: str) -> Path:
    """Give the finished file its name, point to it, and drop the oldest beyond ``KEPT_SNAPSHOTS``."""
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
        snapshot_file(home, old).unlink(missing_ok=True)
    return final


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
