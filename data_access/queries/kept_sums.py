"""Roll-ups by month and year kept in memory: read once for siblings and all periods, then only added up."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial, reduce
from itertools import pairwise
from threading import Lock
from typing import Literal

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from cachetools import LRUCache

Unit = Literal["M", "Y"]
MOST_BYTES = 256 * 1024 * 1024
"""What all scopes of one snapshot may hold; what was asked for longest ago goes first."""
MOST_FAMILIES, MOST_SIBLINGS = 4, 400
"""More groups of siblings than this are read and kept as one; a question about a larger one is left to the store."""

FEW_MEASURES = 3
"""So few measures are read by themselves; with more all others are read as well, since the rows of siblings lie together."""
MOST_EMPTY_GROUPS = 16
"""Up to so many combinations of labels for each row, they are counted out in place of sorted."""


@dataclass(frozen=True)
class Label:
    """One label of each row: a place in ``texts``."""

    places: np.ndarray
    texts: tuple[str | int, ...]
    kind: pa.DataType

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Label:
        """Return the label that a column of rows holds."""
        encoded = column.combine_chunks().dictionary_encode()
        texts = tuple(encoded.dictionary.to_pylist())
        return cls(encoded.indices.to_numpy(zero_copy_only=False), texts, column.type)

    def among(self, wanted: Iterable[str | int]) -> np.ndarray:
        """Return which rows' label is one of ``wanted``."""
        chosen = set(wanted)
        return np.array([text in chosen for text in self.texts], bool)[self.places]

    def taken(self, rows: np.ndarray) -> Label:
        """Return the labels of some rows."""
        return Label(self.places[rows], self.texts, self.kind)

    def followed_by(self, other: Label) -> Label:
        """Return these rows' labels, then the other's."""
        texts = tuple(dict.fromkeys((*self.texts, *other.texts)))
        number = {text: place for place, text in enumerate(texts)}
        places = np.array([number[text] for text in other.texts], self.places.dtype)[other.places]
        return Label(np.concatenate([self.places, places]), texts, self.kind)

    def array(self) -> np.ndarray:
        """Return each row's label, texts as objects."""
        return np.array(self.texts, self.kind.to_pandas_dtype())[self.places]

    def column(self) -> pa.Array:
        """Return each row's label as a column of Arrow."""
        return pa.DictionaryArray.from_arrays(self.places, pa.array(self.texts, self.kind)).dictionary_decode()


@dataclass(frozen=True)
class Rollup:
    """Rows of a roll-up that are told apart by ``labels``, their periods taken as months (``unit`` "M") or years ("Y")."""

    table: sa.Table
    period: str
    unit: Unit
    labels: tuple[str, ...]
    divided: bool | None = None

    def select(
        self, measures: Sequence[str] | None, of_regions: sa.ColumnElement[bool], since: date | None = None
    ) -> sa.Select:
        """Return the select of all periods, or those from ``since`` on, of some regions and measures, or of all measures."""
        c = self.table.c
        limits = [of_regions] if measures is None else [c.measure.in_(measures), of_regions]
        if since is not None:
            limits.append(c[self.period] >= since)
        if self.divided is not None:
            limits.append(c.divided if self.divided else sa.not_(c.divided))
        return sa.select(*(c[name] for name in self.labels), c[self.period].label("period"), c.value).where(*limits)

    def wide(self, rows: pa.Table) -> Wide:
        """Return the rows of :meth:`select` with a column a period."""
        labels = {name: Label.of(rows[name]) for name in self.labels}
        row, firsts = _groups_of(labels.values(), rows.num_rows)
        period = rows["period"].to_numpy().astype(f"datetime64[{self.unit}]").astype(int)
        first, width = (int(period.min()), int(np.ptp(period)) + 1) if len(period) else (0, 0)
        values = np.full((len(firsts), width), np.nan)
        values[row, period - first] = rows["value"].to_numpy()
        return Wide({name: label.taken(firsts) for name, label in labels.items()}, first, self.unit, values)


@dataclass(frozen=True)
class Wide:
    """Rows with a column for each period from ``first`` on (months or years since 1970), NaN where there is no row."""

    labels: Mapping[str, Label]
    first: int
    unit: Unit
    values: np.ndarray

    def of(self, measures: Sequence[str], codes: Sequence[str]) -> Wide:
        """Return the rows of some measures and regions."""
        rows = np.flatnonzero(self.labels["measure"].among(measures) & self.labels["region_code"].among(codes))
        labels = {name: label.taken(rows) for name, label in self.labels.items()}
        return Wide(labels, self.first, self.unit, self.values[rows])

    def followed_by(self, other: Wide) -> Wide:
        """Return these rows, then the other's, over the periods of both."""
        if not other.values.size:
            return self
        if not self.values.size:
            return other
        first = min(self.first, other.first)
        width = max(each.first + each.values.shape[1] for each in (self, other)) - first
        values = np.full((len(self.values) + len(other.values), width), np.nan)
        for begin, each in ((0, self), (len(self.values), other)):
            left = each.first - first
            values[begin : begin + len(each.values), left : left + each.values.shape[1]] = each.values
        labels = {name: label.followed_by(other.labels[name]) for name, label in self.labels.items()}
        return Wide(labels, first, self.unit, values)

    def between(self, start: date | None, end: date) -> slice:
        """Return the columns of the periods that begin in the span."""
        width = self.values.shape[1]
        low = 0 if start is None else min(max(self._column(start), 0), width)
        return slice(low, max(low, min(max(self._column(end + timedelta(days=1)), 0), width)))

    def _column(self, day: date) -> int:
        """Return the column of the first period that begins on ``day`` or later; it may lie outside."""
        begins = day.day == 1 and (self.unit == "M" or day.month == 1)
        return int(np.datetime64(day, self.unit).astype(int)) + (not begins) - self.first

    def periods(self, columns: slice, unit: Unit) -> tuple[np.ndarray, list[slice]]:
        """Return the first days of the months ("M") or years ("Y") that some columns make up, and the columns of each."""
        columns_of = (np.arange(columns.start, columns.stop) + self.first).astype(f"datetime64[{self.unit}]")
        periods, begins = np.unique(columns_of.astype(f"datetime64[{unit}]"), return_index=True)
        bounds = [columns.start + begin for begin in (*begins.tolist(), columns.stop - columns.start)]
        slices = [slice(begin, end) for begin, end in pairwise(bounds)]
        return periods.astype("datetime64[D]"), slices

    def sums(
        self, dimensions: Sequence[str], columns: Sequence[slice], newest: bool = False
    ) -> tuple[dict[str, Label], np.ndarray]:
        """Return the rows added up over the labels that are not in ``dimensions``, and over some columns.

        Parameters
        ----------
        dimensions : sequence of str
        columns : sequence of slice, length C
        newest : bool
            Take of each measure and region the last column that holds anything, instead of adding the columns up.

        Returns
        -------
        labels : dict of str to Label, length R
            The dimensions.
        values : ndarray, shape (R, C)
            NaN where there is nothing.
        """
        over = self._newest() if newest else _total
        each = [
            self.values[:, part.start] if part.stop - part.start == 1 else over(self.values[:, part])
            for part in columns
        ]
        values = np.column_stack(each) if each else np.empty((len(self.values), 0))
        group, firsts = self._groups(dimensions)
        return {name: self.labels[name].taken(firsts) for name in dimensions}, _grouped(values, group, len(firsts))

    def _newest(self) -> Callable[[np.ndarray], np.ndarray]:
        group, firsts = self._groups(("measure", "region_code"))

        def newest(values: np.ndarray) -> np.ndarray:
            if not values.shape[1]:
                return np.full(len(values), np.nan)
            known = np.zeros((len(firsts), values.shape[1]), bool)
            np.logical_or.at(known, group, ~np.isnan(values))
            last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
            return values[np.arange(len(values)), last[group]]

        return newest

    def _groups(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the group of each row that the labels ``names`` make, and a row of each group."""
        return _groups_of([self.labels[name] for name in names], len(self.values))


def _groups_of(labels: Iterable[Label], count: int) -> tuple[np.ndarray, np.ndarray]:
    group, size = np.zeros(count, np.int64), 1
    for label in labels:
        group = group * max(len(label.texts), 1) + label.places
        size *= max(len(label.texts), 1)
    if size > MOST_EMPTY_GROUPS * count:
        _, firsts, group = np.unique(group, return_index=True, return_inverse=True)
        return group, firsts
    taken = np.zeros(size, bool)  # the same without sorting
    taken[group] = True
    group = (np.cumsum(taken) - 1)[group]
    firsts = np.empty(np.count_nonzero(taken), np.int64)
    firsts[group[::-1]] = np.arange(count)[::-1]
    return group, firsts


def _total(values: np.ndarray) -> np.ndarray:
    """Return the sum of the columns, NaN where none of them holds anything."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=1), np.where(known, values, 0.0).sum(axis=1), np.nan)


def _grouped(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Return the sum of the rows of each group, NaN where none of them holds anything."""
    known = ~np.isnan(values)
    sums, seen = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]), bool)
    np.add.at(sums, group, np.where(known, values, 0.0))
    np.logical_or.at(seen, group, known)
    return np.where(seen, sums, np.nan)


Fetch = Callable[[Rollup, Sequence[str], Sequence[str], date | None], pa.Table]
"""Reads all periods, or those from a day on, of some measures and regions within the scope."""
_Key = tuple[Hashable, str, date | None, Rollup, tuple[str, ...]]
"""Scope, its outermost region, what is kept and from when on, and above which regions those lie that it is kept of."""


class KeptSums:
    """What was read of one snapshot's roll-ups, by scope: a viewer's next question about a region reads nothing.

    Safe for threads; two that ask at once may both read.

    Parameters
    ----------
    parents : mapping of str to str
        Region code → the code above it, "" for the outermost.
    most_bytes : int
    """

    def __init__(self, parents: Mapping[str, str], most_bytes: int = MOST_BYTES) -> None:
        self._parents = parents
        self._siblings: dict[str, list[str]] = {}
        for code, parent in parents.items():
            self._siblings.setdefault(parent, []).append(code)
        self._lock = Lock()
        self._kept: LRUCache[_Key, _Held] = LRUCache(most_bytes, getsizeof=_Held.size)

    def of(
        self,
        fetch: Fetch,
        scope: Hashable,
        outermost: str,
        rollups: Sequence[Rollup],
        measures: Sequence[str],
        codes: Sequence[str],
        company: Sequence[str] = (),
        since: date | None = None,
    ) -> Wide | None:
        """Return the rows of ``measures`` and ``codes``, at least from ``since`` on; None when they are too many to be kept.

        Parameters
        ----------
        fetch : callable
            Reads what is missing.
        scope, outermost : hashable, str
            Whose rows ``fetch`` sees, and the outermost region among them.
        company : sequence of str
            Measures that are read as well where more than ``FEW_MEASURES`` are missing of regions that are a small part of
            their level.
        since : date, optional
            Earlier periods are not asked for: of many groups of siblings they are not read.
        """
        families = sorted({"" if code == outermost else self._parents[code] for code in codes})
        groups: dict[tuple[str, ...], list[str]] = {
            (family,): self._siblings[family] if family else [outermost] for family in families
        }
        if len(groups) > MOST_FAMILIES:
            groups = {tuple(families): [code for siblings in groups.values() for code in siblings]}
        else:
            since = None
        if max(map(len, groups.values())) > MOST_SIBLINGS:
            return None
        parts = []
        for rollup in rollups:
            for family, members in groups.items():
                whole = self._holds((scope, outermost, None, rollup, family), measures)
                begin = None if whole else since
                read = partial(self._read, fetch, rollup, members, begin)
                more = company if len(family) == 1 and self._parents.get(family[0]) else ()
                held = self._held((scope, outermost, begin, rollup, family), measures, more, read)
                parts.append(held.of(measures, codes))
        return reduce(Wide.followed_by, parts)

    def read_below(
        self,
        fetch: Fetch,
        scope: Hashable,
        outermost: str,
        code: str,
        asked_since: float,
        company_of: Callable[[str], Sequence[str]],
    ) -> Iterator[None]:
        """Read of the regions below ``code`` what was lately asked of it and its siblings.

        It stops after each question to the store.

        Parameters
        ----------
        fetch, scope, outermost
            As in :meth:`of`.
        asked_since : float
            From when on what was asked counts, by ``time.monotonic()``.
        company_of : callable
            Returns the company of a measure.
        """
        below = self._siblings.get(code, [])
        if not 0 < len(below) <= MOST_SIBLINGS:
            return
        family = ("" if code == outermost else self._parents[code],)
        with self._lock:
            own_family = [key for key in self._kept if key[4] == family and key[:2] == (scope, outermost)]
            asked = [(key[3], self._kept[key]) for key in own_family]
        for rollup, held in asked:
            own = scope, outermost, None, rollup, (code,)
            if held.asked_at < asked_since or self._holds(own, held.names):
                continue
            more = company_of(next(iter(held.names))) if self._parents[code] else ()
            self._held(own, sorted(held.names), more, partial(self._read, fetch, rollup, below, None))
            yield

    @staticmethod
    def _read(
        fetch: Fetch, rollup: Rollup, members: Sequence[str], since: date | None, measures: Sequence[str]
    ) -> Wide:
        return rollup.wide(fetch(rollup, measures, members, since))

    def forget(self) -> None:
        """Drop everything, so that the next question is read from the store."""
        with self._lock:
            self._kept.clear()

    def _holds(self, key: _Key, measures: Iterable[str]) -> bool:
        """Return whether ``measures`` are kept under ``key``."""
        with self._lock:
            held = self._kept.get(key)
        return held is not None and held.names.issuperset(measures)

    def _held(
        self, key: _Key, measures: Sequence[str], company: Sequence[str], read: Callable[[Sequence[str]], Wide]
    ) -> Wide:
        """Return what is kept under ``key``, after reading those measures that it lacks, and the company of many."""
        with self._lock:
            held = self._kept.get(key)
            if held is not None:
                held.asked_at = time.monotonic()
        names = held.names if held else frozenset()
        if held is None or not names.issuperset(measures):
            missing = [name for name in dict.fromkeys(measures) if name not in names]
            if len(missing) > FEW_MEASURES:
                missing += [name for name in company if name not in names and name not in missing]
            more = read(missing)
            wide = held.wide.followed_by(more) if held else more
            held = _Held(names.union(missing), wide, time.monotonic())
            with self._lock, suppress(ValueError):  # it is larger than all that may be kept
                self._kept[key] = held
        return held.wide


@dataclass
class _Held:
    """Rows of some measures, and when they were last asked for."""

    names: frozenset[str]
    wide: Wide
    asked_at: float

    def size(self) -> int:
        """Return about how many bytes they take."""
        return self.wide.values.nbytes + sum(label.places.nbytes for label in self.wide.labels.values()) + 1000
