"""Count a publish on Apache Spark: deliveries in, roll-ups out as Parquet, and from these the snapshot's file."""

from __future__ import annotations

import itertools
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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
from data_access.publishing.engine import CATALOGUE, PUBLISHED_TABLES, EmbeddedEngine, Rows
from data_access.store.frames import arrow_rows, frame_of_arrow
from data_access.store.working import WorkingStore

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ARRIVED = "arrived_"
"""Put before the name of a table for all that came in; without it each record is there once."""
_KEYS = {"import_batch": ("batch_id",)}
_ORDERS = {
    "measure_day": ("measure", "depth", "region_code", "day"),
    "measure_month": ("measure", "depth", "region_code", "month"),
    "measure_year": ("measure", "depth", "region_code", "year_start"),
    "incident_placed": ("occurred_on",),
    "dispute_placed": ("received_at",),
}
"""How rows lie in the snapshot's file, so that a query reads few of its blocks."""


@contextmanager
def spark_engine(home: Home, store: WorkingStore, file: Path) -> Iterator[SparkEngine]:
    """Deliver what ``store`` holds, and open the cluster of ``home`` to count all deliveries into ``file``."""
    assert home.cluster is not None
    with open_cluster(home.cluster.master) as cluster:
        deliver(store, home.cluster)
        scratch = scratch_folder(home.cluster)
        try:
            yield SparkEngine(cluster, store, newest_deliveries(home.cluster.lake.resolve()), scratch, file)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class SparkEngine:
    """A :class:`~data_access.publishing.engine.RollupEngine` whose selects run on a cluster.

    What is added to a table is counted as one job, when it is first read, and written as Parquet below ``scratch``; a worker
    that is lost takes nothing with it that can't be counted again.
    """

    def __init__(
        self, cluster: Cluster, store: WorkingStore, deliveries: Sequence[Delivery], scratch: Path, file: Path
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._scratch = scratch
        self._file = file
        self._parts: dict[str, list[Path]] = defaultdict(list)
        self._numbers = itertools.count()
        self._empty: set[sa.Table] = set()
        self._copied: list[str] = []
        self._waiting: dict[str, list[str]] = defaultdict(list)
        metadata = sa.MetaData()
        self.published: Mapping[str, sa.Table] = {
            table.name: table.to_metadata(metadata, schema=CATALOGUE) for table in PUBLISHED_TABLES
        }
        for table in PUBLISHED_TABLES:
            self._show(view_name(table.name, CATALOGUE), table, [])
        for table in schema.REGION_TABLES:
            self._show(table.name, table, [self._written(table, store.read(sa.select(table)))])
        total = sum(sum(delivery.rows.values()) for delivery in deliveries)
        cluster.expect_rows(total)
        self._take(deliveries)

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select as a frame."""
        return self._read(statement, "")

    def arrived(self) -> Rows:
        """Return the rows of all deliveries, before anything that came twice is left out."""
        return _Arrived(self)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do nothing more: what was added is counted when it is read, or at the end, so that one job counts it all."""
        yield

    def add(self, table: str, columns: Sequence[str], select: sa.Select) -> None:
        """Let the rows of ``select`` be counted with the others of its table.

        A select that groups or joins the rows of a table that has none adds none, and isn't run.
        """
        if any(source in self._empty for source in visitors.iterate(select)):
            return
        sql = spark_sql(select.order_by(None))
        self._count_what_is_read(sql)
        self._waiting[table].append(typed_sql(sql, columns, self.published[table]))

    def copy(self, table: str) -> None:
        """Take the table over when the file is made: it is the publishing office's own."""
        self._copied.append(table)

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame."""
        self._parts[table].append(self._written(schema.metadata.tables[table], frame))
        self._show_published(table)

    def complete(self) -> None:
        """Count what still waits, and load the Parquet into the snapshot's file."""
        for table in list(self._waiting):
            self._count(table)
        with EmbeddedEngine(self._store, self._file) as embedded:
            with embedded.step():
                for name in self._copied:
                    embedded.copy(name)
                for name, parts in self._parts.items():
                    self._store.connection.exec_driver_sql(_load_statement(self.published[name], parts))
            embedded.complete()

    def _read(self, statement: sa.Executable, prefix: str) -> pd.DataFrame:
        sql = spark_sql(statement, prefix)
        self._count_what_is_read(sql)
        return frame_of_arrow(self._cluster.run(lambda session: session.sql(sql).toArrow()))

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        """Make the views of the delivered tables: all rows that arrived, and each record once, the newest delivered."""
        counts = []
        for table in DELIVERED_TABLES:
            sources = []
            for number, delivery in enumerate(deliveries):
                part = f"delivery_{number}_{table.name}"
                self._show(part, table, [delivery.table(table.name)])
                time = f"{delivery.delivered_at}/{delivery.sender}"
                sources.append(f"select {_names(table)}, '{time}' as delivery from {part}")  # nosec B608  # declared names and own paths
            everything, view = " union all ".join(sources), ARRIVED + table.name
            self._cluster.run(partial(_make_view, name=view, sql=everything))
            counts.append(f"select '{table.name}', count(*), count(distinct {_key(table)}) from {view}")  # nosec B608  # declared names and own paths
        found = self._cluster.run(lambda session: session.sql(" union all ".join(counts)).collect())
        for name, arrived, records in found:
            _check_complete(name, arrived, deliveries)
            if not arrived:
                self._empty.add(schema.metadata.tables[name])
            self._leave_once(schema.metadata.tables[name], twice=arrived > records)

    def _leave_once(self, table: sa.Table, twice: bool) -> None:
        sql = f"select {_names(table)} from {ARRIVED}{table.name}"  # nosec B608  # declared names and own paths
        if twice:
            sql = (
                f"select {_names(table)} from (select *, row_number() over (partition by {_key(table)} order by delivery desc)"  # nosec B608  # declared names and own paths
                f" as place from {ARRIVED}{table.name}) where place = 1"
            )
            folder = self._scratch / "once" / table.name
            self._cluster.run(partial(_write_rows, sql=sql, folder=folder))
            self._show(table.name, table, [folder])
        else:
            self._cluster.run(partial(_make_view, name=table.name, sql=sql))

    def _count_what_is_read(self, sql: str) -> None:
        for table in list(self._waiting):
            if re.search(rf"\b{view_name(table, CATALOGUE)}\b", sql):
                self._count(table)

    def _count(self, table: str) -> None:
        """Run all that waits for a table as one job."""
        selects = self._waiting.pop(table)
        folder = self._scratch / "published" / table / f"{len(self._parts[table]):05d}"
        self._cluster.run(partial(_write_rows, sql=" union all ".join(selects), folder=folder))
        self._parts[table].append(folder)
        self._show_published(table)

    def _written(self, table: sa.Table, frame: pd.DataFrame) -> Path:
        folder = self._scratch / "frames" / table.name / f"{next(self._numbers):05d}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(arrow_rows(table, frame), folder / "rows.parquet")
        return folder

    def _show_published(self, table: str) -> None:
        self._show(view_name(table, CATALOGUE), self.published[table], self._parts[table])

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


class _Arrived:
    def __init__(self, engine: SparkEngine) -> None:
        self._engine = engine

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Return the rows of a select on what arrived."""
        return self._engine._read(statement, ARRIVED)


def _names(table: sa.Table) -> str:
    return ", ".join(f"`{column.name}`" for column in table.columns)


def _key(table: sa.Table) -> str:
    return ", ".join(_KEYS.get(table.name, ("source", "source_id")))


def _check_complete(table: str, arrived: int, deliveries: Sequence[Delivery]) -> None:
    expected = sum(delivery.rows[table] for delivery in deliveries)
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


def _load_statement(table: sa.Table, parts: Sequence[Path]) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    files = ", ".join("'" + str(part / "*.parquet").replace("'", "''") + "'" for part in parts)
    order = f" order by {', '.join(_ORDERS[table.name])}" if table.name in _ORDERS else ""
    return f'insert into {CATALOGUE}."{table.name}" ({names}) select {names} from read_parquet([{files}]){order}'  # nosec B608  # declared names and own paths
