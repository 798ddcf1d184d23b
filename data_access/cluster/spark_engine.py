"""Count a publish on Apache Spark: deliveries in, roll-ups out as Parquet, and from these the snapshot's file."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd
import pyarrow.parquet
import sqlalchemy as sa
from sqlalchemy.sql import visitors

from data_access import schema
from data_access.cluster.deliveries import DELIVERED_TABLES, Delivery, deliver, newest_deliveries, scratch_folder
from data_access.cluster.session import Cluster, open_cluster
from data_access.cluster.translation import spark_columns, spark_sql, spark_type, typed_sql, view_name
from data_access.errors import PublishRefused
from data_access.home import Home
from data_access.publishing.engine import CATALOGUE, EmbeddedEngine, Rows, record_order
from data_access.store.frames import arrow_rows, frame_of_arrow
from data_access.store.working import WorkingStore

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ARRIVED = "arrived_"
"""Put before the name of a table for all that came in; without it each record is there once."""
_KEYS = {"import_batch": ("batch_id",)}
_PLACED = frozenset(table.name for table in schema.PLACED_TABLES.values())


@contextmanager
def spark_engine(home: Home, store: WorkingStore, file: Path) -> Iterator[SparkEngine]:
    """Deliver what ``store`` holds, and open the cluster of ``home`` to count all deliveries into ``file``."""
    assert home.cluster is not None
    with open_cluster(home.cluster.master) as cluster:
        deliver(store, home.cluster)
        scratch = scratch_folder(home.cluster)
        try:
            with EmbeddedEngine(store, file) as embedded:
                yield SparkEngine(cluster, store, embedded, newest_deliveries(home.cluster.lake.resolve()), scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class SparkEngine:
    """A :class:`~data_access.publishing.engine.RollupEngine` whose selects run on a cluster.

    What is added to a table is counted as one job, when it is first read, and written as Parquet below ``scratch``; a worker
    that is lost takes nothing with it that can't be counted again. What reads no records that were delivered, such as a sum of
    roll-ups, runs in the snapshot's file, which holds the roll-ups anyway: their rows needn't cross the cluster again.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: WorkingStore,
        embedded: EmbeddedEngine,
        deliveries: Sequence[Delivery],
        scratch: Path,
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._embedded = embedded
        self._deliveries = deliveries
        self._scratch = scratch
        self._waiting: dict[str, list[str]] = defaultdict(list)
        self._shown: set[str] = set()
        self.published: Mapping[str, sa.Table] = embedded.published
        self._rows = {table.name: sum(each.rows[table.name] for each in deliveries) for table in DELIVERED_TABLES}
        for table in DELIVERED_TABLES:
            _check_complete(table.name, deliveries)
        cluster.expect_rows(sum(self._rows.values()))
        for table in DELIVERED_TABLES:
            self._take(table)

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select as a frame."""
        return self._read(statement, "")

    def arrived(self) -> Rows:
        """Return the rows of all deliveries, before anything that came twice is left out."""
        return _Arrived(self)

    def step(self) -> AbstractContextManager[None]:
        """Do nothing more: what was added is counted when it is read, or at the end, so that one job counts it all."""
        return nullcontext()

    def add(self, table: str, columns: Sequence[str], select: sa.Select) -> None:
        """Let the rows of ``select`` be counted with the others of its table.

        A select that groups or joins the rows of a table that has none adds none, and isn't run.
        """
        tables = _tables(select)
        if any(self._delivered_rows(each) == 0 for each in tables):
            return
        self._make_ready(tables)
        if self._are_delivered(tables):
            self._waiting[table].append(typed_sql(spark_sql(select.order_by(None)), columns, self.published[table]))
        else:
            with self._embedded.step():
                self._embedded.add(table, columns, select)

    def copy(self, table: str) -> None:
        """Take the table over: it is the publishing office's own."""
        with self._embedded.step():
            self._embedded.copy(table)

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame."""
        with self._embedded.step():
            self._embedded.write(table, frame)

    def complete(self, progress: Callable[[float], None]) -> None:
        """Count what still waits."""
        for table in list(self._waiting):
            self._count(table)
        self._embedded.complete(progress)

    def _read(self, statement: sa.Executable, prefix: str) -> pd.DataFrame:
        tables = _tables(statement)
        self._make_ready(tables)
        if not self._are_delivered(tables):
            return self._embedded.read(statement)
        sql = spark_sql(statement, prefix)
        return frame_of_arrow(self._cluster.run(lambda session: session.sql(sql).toArrow()))

    def _are_delivered(self, tables: Sequence[sa.Table]) -> bool:
        return any(self._delivered_rows(table) for table in tables)

    def _delivered_rows(self, table: sa.Table) -> int | None:
        """Return how many rows of a table were delivered, or None when it is no delivered one."""
        return None if table.schema == CATALOGUE else self._rows.get(table.name)

    def _make_ready(self, tables: Sequence[sa.Table]) -> None:
        """Count the roll-ups that are to be read, and let a select on records find what else it names."""
        for table in tables:
            if table.schema == CATALOGUE and table.name in self._waiting:
                self._count(table.name)
        for table in tables if self._are_delivered(tables) else ():
            view = view_name(table.name, table.schema or "")
            if view not in self._shown:
                self._show(view, table, [self._written(view, table)])

    def _take(self, table: sa.Table) -> None:
        """Make the views of a delivered table: all rows that arrived, and each record once, the newest delivered.

        Rows of one source that only one office delivers are there once, as its imports left them.
        """
        delivered = [delivery for delivery in self._deliveries if delivery.rows[table.name]]
        everything = ARRIVED + table.name
        if len(delivered) <= 1:
            folders = [delivery.table(table.name) for delivery in delivered]
            self._show(everything, table, folders)
            self._show(table.name, table, folders)
            return
        sources: list[str] = []
        for delivery in delivered:
            part = f"{everything}_{len(sources)}"
            self._show(part, table, [delivery.table(table.name)])
            time = f"{delivery.delivered_at}/{delivery.sender}"
            sources.append(f"select {_names(table)}, '{time}' as delivery from {part}")  # nosec B608  # declared names and own paths
        self._cluster.run(partial(_make_view, name=everything, sql=" union all ".join(sources)))
        first = _key(table)[0]
        shared = f"select {first} from {everything} group by {first} having count(distinct delivery) > 1 limit 1"  # nosec B608  # declared names and own paths
        if self._cluster.run(lambda session: session.sql(shared).collect()):
            sql = (
                f"select {_names(table)} from (select *, row_number() over (partition by {', '.join(_key(table))} order by delivery desc)"  # nosec B608  # declared names and own paths
                f" as place from {everything}) where place = 1"
            )
            folder = self._scratch / "once" / table.name
            self._cluster.run(partial(_write_rows, sql=sql, folder=folder))
            self._show(table.name, table, [folder])
        else:
            sql = f"select {_names(table)} from {everything}"  # nosec B608  # declared names and own paths
            self._cluster.run(partial(_make_view, name=table.name, sql=sql))
            self._shown.add(table.name)

    def _count(self, table: str) -> None:
        """Run all that waits for a table as one job, and load what it counted into the snapshot's file."""
        selects = self._waiting.pop(table)
        folder = self._scratch / "published" / table
        self._cluster.run(partial(_write_rows, sql=" union all ".join(selects), folder=folder))
        with self._embedded.step():
            self._store.connection.exec_driver_sql(_load_statement(self.published[table], folder))
        shutil.rmtree(folder)

    def _written(self, view: str, table: sa.Table) -> Path:
        folder = self._scratch / "tables" / view
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(arrow_rows(table, self._embedded.read(sa.select(table))), folder / "rows.parquet")
        return folder

    def _show(self, name: str, table: sa.Table, parts: Sequence[Path]) -> None:
        """Let selects read the Parquet files in ``parts`` under ``name``."""

        def show(session: SparkSession) -> None:
            if parts:
                rows = session.read.schema(spark_columns(table)).parquet(*map(str, parts))
            else:
                none = ", ".join(f"cast(null as {spark_type(c.type)}) as `{c.name}`" for c in table.columns)
                rows = session.sql(f"select {none} where false")
            rows.createOrReplaceTempView(name)

        self._cluster.run(show)
        self._shown.add(name)


class _Arrived:
    def __init__(self, engine: SparkEngine) -> None:
        self._engine = engine

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select on what arrived."""
        return self._engine._read(statement, ARRIVED)


def _names(table: sa.Table) -> str:
    return ", ".join(f"`{column.name}`" for column in table.columns)


def _key(table: sa.Table) -> tuple[str, ...]:
    return _KEYS.get(table.name, ("source", "source_id"))


def _tables(statement: sa.Executable) -> list[sa.Table]:
    parts = visitors.iterate(cast("sa.ClauseElement", statement))
    return list(dict.fromkeys(part for part in parts if isinstance(part, sa.Table)))


def _check_complete(table: str, deliveries: Sequence[Delivery]) -> None:
    expected = sum(delivery.rows[table] for delivery in deliveries)
    arrived = sum(delivery.rows_that_arrived(table) for delivery in deliveries)
    if arrived != expected:
        raise PublishRefused(
            f"Not published: the deliveries hold {arrived} rows of {table}, but their lists say {expected}. Deliver again.",
            f"未发布：报送数据中 {table} 有 {arrived} 行，而报送清单为 {expected} 行。请重新报送。",
            table=table,
        )


def _make_view(session: SparkSession, name: str, sql: str) -> None:
    session.sql(sql).createOrReplaceTempView(name)


def _write_rows(session: SparkSession, sql: str, folder: Path) -> None:
    session.sql(sql).coalesce(session.sparkContext.defaultParallelism).write.parquet(str(folder))


def _load_statement(table: sa.Table, folder: Path) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    files = str(folder / "*.parquet").replace("'", "''")
    order = ", ".join(str(each) for each in _order(table))
    ordered = f" order by {order}" if order else ""
    return f"insert into {CATALOGUE}.{table.name} ({names}) select {names} from read_parquet('{files}'){ordered}"  # nosec B608  # declared names and own paths


def _order(table: sa.Table) -> list[sa.ColumnElement]:
    if table.name not in _PLACED:
        return []
    return record_order({column.name: sa.column(column.name) for column in table.columns})
