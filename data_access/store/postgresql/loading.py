"""Load a finished snapshot file into PostgreSQL and serve it: one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import cast

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa

from data_access.access import load_roles
from data_access.errors import PublishRefused
from data_access.store.engines import MEMORY_LIMIT, THREADS
from data_access.store.postgresql import layout
from data_access.store.postgresql.catalogue import READ_ROLE, published, served, viewer_role
from data_access.store.postgresql.layout import Share
from data_access.store.postgresql.shards import Shard
from data_access.store.snapshot_store import Report

BATCH_ROWS = 200_000
PUBLISH_LOCK = 0x70696E67
"""Key of the advisory lock that lets one publish at a time commit."""


def schema_of(snapshot_id: str) -> str:
    """Return the name of the schema that holds a snapshot."""
    return f"snapshot_{snapshot_id.lower().replace('-', '_')}"


def take_turn(connection: sa.Connection) -> None:
    """Wait until no other publish, nor one of ours that was cut off, is writing; until the transaction ends."""
    connection.execute(sa.select(sa.func.pg_catalog.pg_advisory_xact_lock(PUBLISH_LOCK)))


def transaction_of(connection: sa.Connection) -> str:
    """Return the number of the transaction, to be asked after when its end was not heard of."""
    return str(connection.exec_driver_sql("select pg_current_xact_id()::text").scalar_one())


def is_committed(connection: sa.Connection, transaction: str) -> bool:
    """Return whether a transaction that has ended did so with all that it wrote."""
    ended = connection.exec_driver_sql("select pg_xact_status(%s::xid8)", (transaction,)).scalar()
    return ended == "committed"


def load(
    connection: sa.Connection,
    built: Path,
    snapshot_id: str,
    memory_mb: int,
    report: Report,
    shards: Mapping[Shard, sa.Engine] = MappingProxyType({}),
) -> None:
    """Write the snapshot ``built`` and point to it, inside the transaction of ``connection``, whose turn it is.

    Each shard's rows are written and committed there first: no viewer looks at a snapshot before the pointer names it.

    Raises
    ------
    PublishRefused
        When the region codes can't carry a scope, or another publish took the number meanwhile.
    """
    with duckdb.connect(
        str(built), read_only=True, config={"memory_limit": MEMORY_LIMIT, "threads": THREADS}
    ) as source:
        check_codes_nest(source)
        _refuse_a_taken_number(connection, snapshot_id)
        kept = set(connection.execute(sa.select(published.c.snapshot_id)).scalars())
        total, done = max(sum(_count(source, name) for name in Share().tables("")), 1), 0

        def wrote(rows: int) -> None:
            nonlocal done
            done += rows
            report(done / total, "share")

        for shard, engine in shards.items():
            with engine.begin() as on_shard:
                for known in on_shard.execute(sa.select(published.c.snapshot_id)).scalars().all():
                    if known not in kept:  # dropped by the coordinator since, or left by a publish that broke off
                        _drop(on_shard, known)
                if shard.takes_rows:
                    _write(on_shard, source, snapshot_id, memory_mb, Share(shard), wrote)
        filled = tuple(shard for shard in shards if shard.takes_rows)
        _write(connection, source, snapshot_id, memory_mb, Share(shards=filled), wrote)
        connection.execute(sa.delete(served))
        connection.execute(sa.insert(served).values(one=True, snapshot_id=snapshot_id))


def _write(
    connection: sa.Connection,
    source: duckdb.DuckDBPyConnection,
    snapshot_id: str,
    memory_mb: int,
    share: Share,
    wrote: Callable[[int], None],
) -> None:
    """Write what one server keeps of a snapshot; nothing points to it yet."""
    connection.exec_driver_sql("select set_config('maintenance_work_mem', %s, true)", (f"{memory_mb}MB",))
    schema_name = schema_of(snapshot_id)
    connection.execute(sa.schema.CreateSchema(schema_name))
    connection.exec_driver_sql(f'grant usage on schema "{schema_name}" to {READ_ROLE}')
    for name, table in share.tables(schema_name).items():
        table.create(connection)
        for target, select in _parts(connection, source, table, share):
            _copy(connection, source, table, target, select)
        for statement in (*layout.indexes(table), *layout.policies(table)):
            connection.exec_driver_sql(statement)
        here = layout.part_here(table) if share.divides(table) else name
        connection.exec_driver_sql(f'analyze "{schema_name}"."{here}"')
        wrote(_count(source, name, share.rows(table)))
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    connection.execute(
        sa.insert(published).values(
            snapshot_id=snapshot_id, number=_number(snapshot_id), schema_name=schema_name, published_at=now
        )
    )
    connection.execute(sa.delete(viewer_role))
    connection.execute(sa.insert(viewer_role), [{"role": role} for role in load_roles()])


def drop_oldest(engine: sa.Engine, keep: int, held: frozenset[str] = frozenset()) -> None:
    """Drop the snapshots before the newest ``keep``; one that is being read now waits for the next publish.

    Those in ``held`` stay. What lies of them on shards goes with the next publish, which no other can cross.
    """
    with engine.connect() as connection:
        ids = connection.execute(
            sa.select(published.c.snapshot_id).order_by(published.c.number.desc()).offset(keep)
        ).scalars()
        old = [snapshot_id for snapshot_id in ids if snapshot_id not in held]
    for snapshot_id in old:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("set local lock_timeout = '2s'")
                _drop(connection, snapshot_id)
        except sa.exc.DBAPIError:
            continue


def _drop(connection: sa.Connection, snapshot_id: str) -> None:
    connection.execute(sa.delete(published).where(published.c.snapshot_id == snapshot_id))
    connection.execute(sa.schema.DropSchema(schema_of(snapshot_id), cascade=True, if_exists=True))


def _refuse_a_taken_number(connection: sa.Connection, snapshot_id: str) -> None:
    number = _number(snapshot_id)
    taken = connection.execute(sa.select(sa.func.max(published.c.number))).scalar()
    if taken is not None and taken >= number:
        raise PublishRefused(
            f"Not published: another publish to the shared database ended while this one ran ({snapshot_id} is taken). "
            "Publish again.",
            f"未发布：本次发布期间已有另一次发布完成（编号 {snapshot_id} 已被占用）。请重新发布。",
            snapshot_id=snapshot_id,
        )


def _number(snapshot_id: str) -> int:
    return int(snapshot_id.rpartition("-")[2])


def check_codes_nest(source: duckdb.DuckDBPyConnection) -> None:
    """Raise unless the leading digits of a code say which regions it lies in: the row policies stand on that."""
    digits = dict(source.execute("select depth, digits from region_level").fetchall())
    rows = source.execute(
        "select p.region_code, p.code_0, p.code_1, p.code_2, p.code_3 from region_path p join region r using (region_code)"
        " where r.valid_to is null and coalesce(r.successor_code, '') = ''"
    ).fetchall()
    owner: dict[tuple[int, str], str] = {}
    for code, *ancestors in rows:
        known = [ancestor for ancestor in ancestors if ancestor is not None]
        depth = len(known) - 1
        length = digits.get(depth, 0)
        prefix = code[:length]
        nested = len(prefix) == length and all(
            code.startswith(above[: digits.get(level, 0)]) for level, above in enumerate(known)
        )
        if not (prefix.isascii() and prefix.isdigit()) or not nested or owner.setdefault((depth, prefix), code) != code:
            raise PublishRefused(
                f"Not published to the shared database: region code {code} is shorter than the codes of its level, or does not begin "
                "with the digits of the regions it lies in (region_level.digits), so that no scope can be set on it. Give the regions nested codes.",
                f"未发布到共享数据库：区划代码 {code} 短于本级代码，或其前几位与上级区划不一致（见 region_level.digits），无法设定权限范围。"
                "请使用逐级嵌套的区划代码。",
                region_code=code,
            )


def _count(source: duckdb.DuckDBPyConnection, name: str, rows: str = "true") -> int:
    return source.execute(f'select count(*) from "{name}" where {rows}').fetchall()[0][0]  # nosec B608  # declared names


def _parts(
    connection: sa.Connection, source: duckdb.DuckDBPyConnection, table: sa.Table, share: Share
) -> Iterator[tuple[str, str]]:
    """Yield each table that rows are written to, with the select on the file that gives them, in the order of its index."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(_ORDERS[table.name]) if table.name in _ORDERS else ""
    kept = f'from "{table.name}" where {share.rows(table)}'
    select = f"select {columns} {kept}"  # nosec B608  # declared names
    ordered = f" order by {order}" if order else ""
    if share.divides(table):
        for statement in layout.shard_partitions(table, share.shards):
            connection.exec_driver_sql(statement)
        yield layout.part_here(table), select + ordered
        return
    when = layout.PARTITIONED.get(table.name)
    if when is None:
        yield table.name, select + ordered
        return
    ends = f'select min("{when}")::date, max("{when}")::date {kept}'  # nosec B608  # declared names
    first, last = source.execute(ends).fetchall()[0]
    if first is None or last is None:
        return
    for name, start, after, statement in layout.year_partitions(table, range(first.year, last.year + 1)):
        connection.exec_driver_sql(statement)
        yield name, f'{select} and "{when}" >= \'{start}\' and "{when}" < \'{after}\' order by "{when}"'


_ORDERS: Mapping[str, tuple[str, ...]] = {
    "measure_day": ("divided", "depth", "measure", "region_code", "day"),
    "measure_month": ("divided", "depth", "measure", "region_code", "month"),
    "measure_year": ("divided", "depth", "measure", "region_code", "year_start"),
    "measure_histogram": ("measure", "depth", "region_code", "month"),
}


def _copy(
    connection: sa.Connection, source: duckdb.DuckDBPyConnection, table: sa.Table, target: str, select: str
) -> None:
    """COPY the rows of ``select`` into ``target``, a batch in memory at a time.

    ``freeze`` marks them visible to all at once, so that queries need only read an index.
    """
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    command = f'copy "{table.schema}"."{target}" ({names}) from stdin (format csv, freeze true)'
    with driver.cursor() as cursor, cursor.copy(command) as copy:
        for batch in source.cursor().sql(select).to_arrow_reader(BATCH_ROWS):
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(pa.Table.from_batches([_printable(batch)]), sink, options)
            copy.write(memoryview(sink.getvalue()))


def _printable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with bytes written in hexadecimal."""
    for position, field in enumerate(batch.schema):
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            text = [None if value is None else f"\\x{value.hex()}" for value in batch.column(position).to_pylist()]
            batch = batch.set_column(position, field.name, pa.array(text, pa.string()))
    return batch
