"""What a publish counts with: the same selects run in the embedded store or on a cluster, and fill the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.store.working import WorkingStore, registered

ROWS_TOGETHER = 15 * 2048
"""Rows of the file that are read or left out together, a quarter of what DuckDB takes: some siblings have 5,000 to 100,000."""
CATALOGUE = "published"
"""Name under which the snapshot being built is attached beside the working tables."""
PUBLISHED_TABLES = (*schema.REGION_TABLES, *schema.ROLLUP_TABLES, schema.import_batch)
_ORDERS = {
    "measure_day": ("divided", "measure", "depth", "region_code", "day"),
    "measure_month": ("divided", "depth", "region_code", "measure", "month"),
    "measure_year": ("divided", "depth", "region_code", "measure", "year_start"),
    "measure_histogram": ("depth", "region_code", "measure", "month"),
}
"""How the rows of roll-ups lie in the file, the largest first: what is read together lies together. Of months and years
all measures of some siblings are read, of days a measure of some regions."""

_TIMES = ("occurred_on", "received_at")


def record_order(columns: Mapping[str, sa.ColumnElement]) -> list[sa.ColumnElement]:
    """Return how records with a time lie in the file: kinds apart, and of about a week those of one region together.

    The newest of a city are found in few blocks then, and those of one of its regions in few rows of these: DuckDB looks at
    2,048 rows at a time, and it takes many such looks where each holds a handful of a region's rows. Disputes that were not
    settled in time lie apart, and being few, of a quarter together: the longest overdue of a region come from many years.
    """
    when = next((columns[name] for name in _TIMES if name in columns), None)
    if when is None:
        return []
    span: sa.ColumnElement = _span("week", when)
    unsettled = columns.get(schema.UNSETTLED_IN_TIME)
    if unsettled is not None:
        span = sa.case((unsettled, _span("quarter", when)), else_=span)
    kinds = [columns[name] for name in ("category", schema.UNSETTLED_IN_TIME) if name in columns]
    regions = [columns[name].nulls_first() for name in schema.ANCESTOR_COLUMNS]
    return [*kinds, span, *regions, when]


def _span(unit: str, when: sa.ColumnElement) -> sa.ColumnElement:
    return sa.func.date_trunc(sa.literal_column(f"'{unit}'"), when)


class Rows(Protocol):
    """Something that answers a select with a frame."""

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select as a frame."""
        ...


class RollupEngine(Rows, Protocol):
    """Where a publish counts. It reads the working tables and fills the tables of one snapshot."""

    published: Mapping[str, sa.Table]
    """The tables of the snapshot by name, as selects on this engine name them."""

    def arrived(self) -> Rows:
        """Return the rows as they came in, before anything that came twice is left out."""
        ...

    def step(self) -> AbstractContextManager[None]:
        """Do what is asked inside before anything reads it."""
        ...

    def add(self, table: str, columns: Sequence[str], select: sa.Select) -> None:
        """Add the rows of ``select``, whose columns are ``columns`` in that order, to a table of the snapshot."""
        ...

    def copy(self, table: str) -> None:
        """Take over a table of the working store as it stands."""
        ...

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame to a table of the snapshot."""
        ...

    def complete(self, progress: Callable[[float], None]) -> None:
        """Finish the snapshot's file, and say how much of that is done."""
        ...


@contextmanager
def rollup_engine(home: Home, store: WorkingStore, file: Path) -> Iterator[RollupEngine]:
    """Open what counts for ``home``: its cluster where it has one, else its embedded store.

    ``file`` holds the snapshot after :meth:`RollupEngine.complete`; it is removed when something fails.
    """
    try:
        if home.cluster is None:
            with EmbeddedEngine(store, file) as embedded:
                yield embedded
        else:
            from data_access.cluster.spark_engine import spark_engine

            with spark_engine(home, store, file) as cluster:
                yield cluster
    except BaseException:
        file.unlink(missing_ok=True)
        raise


class EmbeddedEngine:
    """The working store itself, with the snapshot's file attached.

    Each step commits and is written out: nobody sees the file before it gets its name, and DuckDB 2.0 was seen to scan
    rows of an attached file that were not yet written out as if they weren't there.
    """

    def __init__(self, store: WorkingStore, file: Path) -> None:
        self._store = store
        self._file = file
        metadata = sa.MetaData()
        self.published: Mapping[str, sa.Table] = {
            table.name: table.to_metadata(metadata, schema=CATALOGUE) for table in PUBLISHED_TABLES
        }

    def __enter__(self) -> EmbeddedEngine:
        with self._store.transaction() as connection:
            connection.execute(
                sa.text(f"attach {_quoted(str(self._file))} as {CATALOGUE} (row_group_size {ROWS_TOGETHER})")
            )
        with self.step():
            for table in self.published.values():
                table.create(self._store.connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._store.close()

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select as a frame."""
        return self._store.read(statement)

    def arrived(self) -> Rows:
        """Return the working store: its imports leave nothing twice."""
        return self._store

    @contextmanager
    def step(self) -> Iterator[None]:
        """Commit what is done inside, and write it out before anything reads it."""
        with self._store.transaction():
            yield
        with self._store.transaction() as connection:
            connection.execute(sa.text(f"checkpoint {CATALOGUE}"))

    def add(self, table: str, columns: Sequence[str], select: sa.Select) -> None:
        """Insert the rows of a select."""
        self._store.connection.execute(sa.insert(self.published[table]).from_select(list(columns), select))

    def copy(self, table: str) -> None:
        """Insert the rows of the working table."""
        own = schema.metadata.tables[table]
        self.add(table, own.columns.keys(), sa.select(*own.columns))

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Insert the rows of a frame."""
        target = self.published[table]
        rows = pa.Table.from_pandas(frame[[column.name for column in target.columns]], preserve_index=False)
        with registered(self._store.connection, "derived_rows", rows) as derived:
            self.add(table, rows.column_names, sa.select(*(derived.c[c.name].cast(c.type) for c in target.columns)))

    def complete(self, progress: Callable[[float], None]) -> None:
        """Put the roll-ups in order, and let go of the file."""
        for number, (table, order) in enumerate(_ORDERS.items()):
            progress(number / len(_ORDERS))
            with self.step():
                self._arrange(self.published[table], order)
        with self._store.transaction() as connection:
            connection.execute(sa.text(f"detach {CATALOGUE}"))

    def _arrange(self, table: sa.Table, order: Sequence[str]) -> None:
        """Let the rows of a table lie in an order, in place of that in which they were added."""
        arranged = table.to_metadata(sa.MetaData(), name=f"{table.name}_arranged")
        arranged.create(self._store.connection)
        ordered = sa.select(*table.columns).order_by(*(table.c[name] for name in order))
        self._store.connection.execute(sa.insert(arranged).from_select(table.columns.keys(), ordered))
        table.drop(self._store.connection)
        self._store.connection.execute(sa.text(f"alter table {CATALOGUE}.{arranged.name} rename to {table.name}"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace(":", "\\:") + "'"
