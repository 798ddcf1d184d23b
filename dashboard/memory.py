"""What a process worked out and keeps: screens, figures of regions, pictures of the wall; as many bytes as config/server.toml allows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache, wraps
from operator import itemgetter
from threading import Condition
from types import FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from cachetools import LRUCache
from pandas.api.extensions import ExtensionDtype
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from data_access.access import read_config, validated
from data_access.queries import SnapshotReader

Result = TypeVar("Result")
Asked = ParamSpec("Asked")
LARGEST_SHARE = 4
"""A result that would fill more than this part of the place is not kept: it would push out all others."""
FRAME_BYTES, COLUMN_BYTES = 2_000, 800
"""What a frame, and each of its columns, takes beside its values."""
FEW_CELLS, CELL_BYTES = 300, 60
"""A frame of no more cells, which takes little beside those two, is not looked into: each cell is taken to be a short text."""
LOOKED_AT = 3
"""Texts of a column whose size is looked at, the first and the last among them; the others are taken to be as long."""
_NOT_OWN = (type, ModuleType, FunctionType, MethodType, BaseModel, SnapshotReader)
"""What results only point to: settings and readers belong to the process."""
_COLUMNS = (pd.Series, pd.Index)
_WHOLE = frozenset({str, bytes, int, float, bool, type(None)})
"""What most parts of results are, and holds nothing else."""


class ServerSettings(BaseModel):
    """config/server.toml: what one process of the server keeps in memory and does at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kept_mb: PositiveInt
    pages_at_once: PositiveInt
    pages_at_once_with_database: PositiveInt
    longest_wait_seconds: PositiveFloat
    still_seconds: PositiveFloat


@lru_cache(maxsize=1)
def server_settings() -> ServerSettings:
    """Return the settings of config/server.toml."""
    return validated(ServerSettings, read_config("server.toml"), "config/server.toml", "server")


class Memory:
    """Results by what was asked, up to a size in bytes; what was asked for longest ago leaves first. Safe for threads."""

    def __init__(self, most_bytes: int) -> None:
        self._results: LRUCache[Hashable, tuple[object, int]] = LRUCache(most_bytes, getsizeof=itemgetter(1))
        self._being_worked_out: set[Hashable] = set()
        self._turn = Condition()

    @property
    def most_bytes(self) -> int:
        """What may be kept."""
        return int(self._results.maxsize)

    @property
    def kept_bytes(self) -> int:
        """What is kept."""
        return int(self._results.currsize)

    def __len__(self) -> int:
        return len(self._results)

    def recall(self, key: Hashable, work_out: Callable[[], Result], holds: Callable[[], bool] = lambda: True) -> Result:
        """Return what ``work_out`` gives, kept from when the same was asked before; who asks meanwhile waits.

        It is kept only when ``holds()`` after it was worked out.
        """
        with self._turn:
            self._turn.wait_for(lambda: key not in self._being_worked_out)
            known = self._results.get(key)
            if known is not None:
                return known[0]  # type: ignore[return-value]
            self._being_worked_out.add(key)
        try:
            result = work_out()
            size = bytes_of(result) + bytes_of(key)
            if size <= self.most_bytes // LARGEST_SHARE and holds():
                with self._turn:
                    self._results[key] = (result, size)
            return result
        finally:
            with self._turn:
                self._being_worked_out.discard(key)
                self._turn.notify_all()


@lru_cache(maxsize=1)
def process_memory() -> Memory:
    """Return the memory that all pages of the process share."""
    return Memory(server_settings().kept_mb * 1024 * 1024)


def recalled(reader: SnapshotReader, key: tuple[Hashable, ...], work_out: Callable[[], Result]) -> Result:
    """Return what ``work_out`` gives, kept for the snapshot that ``reader`` reads.

    Parameters
    ----------
    reader : SnapshotReader
    key : tuple
        What was asked, the scope included: two scopes never share a result.
    work_out : callable
        Whoever is given its result must not change it.
    """
    snapshot = reader.snapshot()
    return process_memory().recall(
        (reader.home, snapshot.snapshot_id, snapshot.published_at, *key),
        work_out,
        lambda: reader.snapshot().snapshot_id == snapshot.snapshot_id,  # else its numbers may be of two snapshots
    )


def kept(
    prepare: Callable[Concatenate[SnapshotReader, Asked], Result],
) -> Callable[Concatenate[SnapshotReader, Asked], Result]:
    """Keep the results of a function; see :func:`recalled`.

    The data set, its snapshot and all that the function is given, the scope among it, are the key. This is not for what
    people decide, which changes under one snapshot.
    """
    name = f"{prepare.__module__}.{prepare.__qualname__}"

    @wraps(prepare)
    def recalling(reader: SnapshotReader, *asked: Asked.args, **named: Asked.kwargs) -> Result:
        key = (name, *asked, *named.items())
        return recalled(reader, key, lambda: prepare(reader, *asked, **named))

    return recalling


def kept_always(prepare: Callable[Asked, Result]) -> Callable[Asked, Result]:
    """Keep the results of a function that reads no snapshot: all that it is given is the key."""
    name = f"{prepare.__module__}.{prepare.__qualname__}"

    @wraps(prepare)
    def recalling(*asked: Asked.args, **named: Asked.kwargs) -> Result:
        return process_memory().recall((name, *asked, *named.items()), lambda: prepare(*asked, **named))

    return recalling


def bytes_of(result: object) -> int:
    """Return about how many bytes an object and all that it holds take, each part counted once."""
    total, seen, left = 0, set[int](), [result]
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if type(each) in _WHOLE:
            total += sys.getsizeof(each)
        elif not isinstance(each, _NOT_OWN):
            total += _own_bytes(each)
            left.extend(_parts(each))
    return total


def _own_bytes(each: object) -> int:
    if isinstance(each, pd.DataFrame):
        rows, columns = each.shape
        return _cells_bytes(each, rows, columns) + FRAME_BYTES + COLUMN_BYTES * columns
    if isinstance(each, _COLUMNS):
        return _column_bytes(each) + FRAME_BYTES
    if isinstance(each, np.ndarray):
        return each.nbytes + 100
    return sys.getsizeof(each, 100)


def _cells_bytes(frame: pd.DataFrame, rows: int, columns: int) -> int:
    """Return about how many bytes the values of a frame and its index take."""
    if rows * columns <= FEW_CELLS:
        return rows * (columns * CELL_BYTES + 8)
    looked_at = _rows_looked_at(rows)
    each_row = sum(
        8 + (_bytes_each([frame.iat[row, at] for row in looked_at]) if _points_to_values(kind) else 0)
        for at, kind in enumerate(frame.dtypes.tolist())
    )
    return rows * each_row + _column_bytes(frame.index)


def _column_bytes(column: pd.Series | pd.Index) -> int:
    """Return about how many bytes the values of a column take."""
    if isinstance(column, pd.MultiIndex):
        return int(column.memory_usage(deep=False))
    values = column.array
    looked_at = _rows_looked_at(len(values)) if _points_to_values(column.dtype) else ()
    return len(values) * (8 + _bytes_each([values[row] for row in looked_at]))


def _rows_looked_at(count: int) -> list[int]:
    return [round(part * (count - 1) / (LOOKED_AT - 1)) for part in range(LOOKED_AT)] if count else []


def _points_to_values(kind: np.dtype | ExtensionDtype) -> bool:
    """Return whether a column of ``kind`` holds addresses of its values, texts for instance."""
    return kind.kind == "O" and not isinstance(kind, pd.CategoricalDtype)


def _bytes_each(values: Sequence[object]) -> int:
    return sum(map(sys.getsizeof, values)) // max(1, len(values))


def _parts(each: object) -> Iterable[object]:
    if isinstance(each, (pd.DataFrame, *_COLUMNS, np.generic)):
        return ()
    if isinstance(each, dict | MappingProxyType):
        return (*each, *each.values())
    if isinstance(each, list | tuple | set | frozenset):
        return each
    if isinstance(each, np.ndarray):
        values = each.ravel().tolist() if each.dtype == object else []
        return dict(zip(map(id, values), values, strict=True)).values()  # labels come many times
    slots = getattr(type(each), "__slots__", ())
    return (*getattr(each, "__dict__", {}).values(), *(getattr(each, name, None) for name in slots))
