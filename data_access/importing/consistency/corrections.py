"""Rows that are added up, some of them refused and then corrected: each counts once, whatever is imported again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access import schema
from data_access.importing.merge import ROW, key_of
from data_access.store.engines import read_frame

_BOOK = schema.added_amount
OF_THE_FILE = 0
"""Number of the row under which the sums stand that a file gave itself."""


@dataclass(frozen=True)
class AddedUp:
    """What one file gives a table by adding up the rows of an id.

    Parameters
    ----------
    table : Table
    source, file : str
        Source of the rows, and the name under which the file's refused rows are kept for this table.
    amount : str
        Column that is added up.
    """

    connection: sa.Connection
    table: sa.Table
    source: str
    file: str
    amount: str

    def take_file(self, parts: Sequence[Path], refused: Collection[int]) -> None:
        """Add to a file's staged ``parts`` what those of its rows gave, when corrected, that are ``refused`` again now."""
        still = _BOOK.c.row_number.in_(sorted(refused))
        self.connection.execute(sa.delete(_BOOK).where(self._own, sa.not_(still)))
        if not refused:
            return
        corrected = self._sums(still)
        self._note(parts, OF_THE_FILE)
        self._add(parts, corrected)

    def take_corrected(self, parts: Sequence[Path]) -> None:
        """Let corrected rows stand for the whole sums of their ids: with what the file and other corrected rows gave."""
        numbers = {number for part in parts for number in pq.read_table(part, columns=[ROW])[0].to_pylist()}
        again = self._own & _BOOK.c.row_number.in_(sorted(numbers))
        earlier = set(read_frame(self.connection, sa.select(_BOOK.c.source_id).where(again))["source_id"])
        self.connection.execute(sa.delete(_BOOK).where(again))
        others = self._sums(sa.true())
        self._note(parts)
        staged = {each for part in parts for each in self._ids(pq.read_table(part, columns=self._key))}
        self._add(parts, {each: others[each] for each in staged & others.keys()})
        self._keep_other_columns(parts, self._sums(_BOOK.c.row_number == OF_THE_FILE).keys() & staged)
        for source_id in earlier - staged:
            row = sa.and_(self.table.c.source == self.source, self._id(self.table) == source_id)
            if source_id in others:
                self.connection.execute(sa.update(self.table).where(row).values({self.amount: others[source_id]}))
            else:
                self.connection.execute(sa.delete(self.table).where(row))

    @property
    def _key(self) -> list[str]:
        """Columns that tell rows of one source apart."""
        return [name for name in key_of(self.table) if name != "source"]

    def _id(self, rows: sa.FromClause) -> sa.ColumnElement[str]:
        return sa.func.concat_ws("/", *(rows.c[name].cast(sa.String) for name in self._key))

    def _ids(self, rows: pa.Table) -> list[str]:
        return ["/".join(map(str, row)) for row in zip(*(rows[name].to_pylist() for name in self._key), strict=True)]

    @property
    def _own(self) -> sa.ColumnElement[bool]:
        return sa.and_(_BOOK.c.target == self.table.name, _BOOK.c.source == self.source, _BOOK.c.file_name == self.file)

    def _sums(self, condition: sa.ColumnElement[bool]) -> dict[str, float]:
        rows = read_frame(
            self.connection,
            sa.select(_BOOK.c.source_id, sa.func.sum(_BOOK.c.amount).label("amount"))
            .where(self._own, condition)
            .group_by(_BOOK.c.source_id),
        )
        return dict(zip(rows["source_id"], rows["amount"], strict=True))

    def _note(self, parts: Sequence[Path], number: int | None = None) -> None:
        """Write down what the rows of staged parts give, each under its own number or all under ``number``."""
        if not parts:
            return
        listed = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts)
        self.connection.exec_driver_sql(
            f"create or replace temporary view amounts as select * from read_parquet([{listed}])"  # nosec B608  # own paths, quoted
        )
        staged = sa.table("amounts", *(sa.column(name) for name in (*self._key, ROW, self.amount)))
        row = staged.c[ROW] if number is None else sa.literal(number)
        given = sa.select(
            *(sa.literal(text) for text in (self.table.name, self.source, self.file)),
            row.label("number"),
            self._id(staged).label("id"),
            sa.func.sum(staged.c[self.amount]),
        ).group_by(sa.text("number"), sa.text("id"))
        self.connection.execute(sa.insert(_BOOK).from_select([column.name for column in _BOOK.columns], given))

    def _keep_other_columns(self, parts: Sequence[Path], ids: Collection[str]) -> None:
        """Let staged rows of ``ids`` say what the held ones say but for the amount: an id's first row speaks for it."""
        held = read_frame(
            self.connection,
            sa.select(self.table, self._id(self.table).label("id")).where(
                self.table.c.source == self.source, self._id(self.table).in_(sorted(ids))
            ),
        ).set_index("id")
        for part in parts if len(held) else ():
            rows = pq.read_table(part)
            frame = rows.to_pandas()
            staged = pd.Series(self._ids(rows))
            own = staged.isin(held.index)
            for name in set(held.columns) - {self.amount}:
                frame[name] = frame[name].astype(object).mask(own, staged.map(held[name].astype(object)))
            pq.write_table(pa.Table.from_pandas(frame, rows.schema, preserve_index=False), part, compression="lz4")

    def _add(self, parts: Sequence[Path], more: Mapping[str, float]) -> None:
        """Add ``more`` of each id to the first staged row that has it."""
        left = dict(more)
        for part in parts if left else ():
            rows = pq.read_table(part)
            ids = pd.Series(self._ids(rows))
            first = ids.isin(list(left)) & ~ids.duplicated()
            extra = pa.array(ids.where(first).map(left).fillna(0.0), rows[self.amount].type)
            place = rows.column_names.index(self.amount)
            rows = rows.set_column(place, rows.schema.field(place), pc.add(rows[self.amount], extra))
            pq.write_table(rows, part, compression="lz4")
            left = {key: value for key, value in left.items() if key not in set(ids[first])}
