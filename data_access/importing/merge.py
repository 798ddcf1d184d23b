"""Bring staged rows into the working store: new ones in, changed ones replaced with what they said before, the rest untouched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.store.engines import read_frame

ROW = "row_number"
"""Column of staged rows that keeps the order of the file."""
CONTENT = "row_content"
"""Column of staged rows that stands for all their cells in the file, where copies are dropped."""
_KEYS = {"region": ("region_code",), "region_geometry": ("region_code",), "population": ("region_code", "year")}


@dataclass(frozen=True)
class Merged:
    """What became of the staged rows of one source."""

    added: int
    replaced: int
    unchanged: int
    copies: int
    """Exact copies, and rows joined to another of the same id."""
    refused: pd.DataFrame
    """Rows of one id that differ, where the mapping refuses them."""


def key_of(table: sa.Table) -> tuple[str, ...]:
    """Return the columns that identify a row of ``table``."""
    return _KEYS.get(table.name, ("source", "source_id"))


def given_again(connection: sa.Connection, table: sa.Table, parts: Sequence[Path], later: Sequence[Path]) -> int:
    """Take the rows out of the Parquet ``parts`` that ``later`` parts give again by the same key; return how many."""
    key = ", ".join(key_of(table))
    taken = 0
    for part in parts:
        again = f"read_parquet([{_listed([part])}]) own semi join read_parquet([{_listed(later)}]) using ({key})"
        count = int(connection.exec_driver_sql(f"select count(*) from {again}").scalar_one())  # nosec B608  # own paths, quoted
        if count:
            kept, rest = again.replace(" semi join ", " anti join "), part.with_suffix(".kept")
            connection.exec_driver_sql(f"copy (select own.* from {kept}) to {_listed([rest])} (format parquet)")  # nosec B608  # own paths, quoted
            rest.replace(part)
        taken += count
    return taken


def _listed(parts: Sequence[Path]) -> str:
    return ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts)


def merge_staged(
    connection: sa.Connection,
    table: sa.Table,
    source: str,
    parts: Sequence[Path],
    repeated: str,
    sum_column: str | None,
    drop_copies: bool,
    batch_id: str,
    now: datetime,
) -> Merged:
    """Merge the Parquet ``parts`` of one source into ``table`` within the caller's transaction.

    Parameters
    ----------
    repeated : {"refuse", "last", "sum"}
        What to do with rows of one id that differ.
    sum_column : str or None
        Column that ``sum`` adds up; the others are taken from the first row.
    drop_copies : bool
        Rows alike in every cell of the file count once before anything is added up.
    """
    names = [column.name for column in table.columns]
    listed = _listed(parts)
    once = f" qualify row_number() over (partition by {CONTENT} order by {ROW}) = 1" if drop_copies else ""
    dropped = 0
    if drop_copies:
        all_of = f"select count(*), count(distinct {CONTENT}) from read_parquet([{listed}])"  # nosec B608  # own paths, quoted
        rows, contents = connection.exec_driver_sql(all_of).one()
        dropped = int(rows) - int(contents)
    view = f"create or replace temporary view staged as select * from read_parquet([{listed}]){once}"  # nosec B608  # own paths, quoted
    connection.exec_driver_sql(view)
    staged = sa.table("staged", *(sa.column(name, table.c[name].type) for name in names), sa.column(ROW, sa.BigInteger))
    key = [staged.c[name] for name in key_of(table)]
    total, ids = connection.execute(sa.select(sa.func.count(), sa.func.count(sa.distinct(sa.tuple_(*key))))).one()
    refused = pd.DataFrame()
    if total == ids:
        fresh = staged
    else:
        single = _single_rows(staged, names, key, repeated, sum_column)
        _materialise(connection, "fresh_rows", single)
        fresh = sa.table("fresh_rows", *(sa.column(name, table.c[name].type) for name in names))
        if repeated == "refuse":
            refused = _differing(connection, staged, names, key_of(table))
            if len(refused):
                pairs = refused[list(key_of(table))].drop_duplicates().itertuples(index=False, name=None)
                connection.execute(sa.text("create or replace temporary table fresh_kept as select * from fresh_rows"))
                kept = sa.table("fresh_kept", *(sa.column(name, table.c[name].type) for name in names))
                connection.execute(
                    sa.delete(kept).where(sa.tuple_(*(kept.c[name] for name in key_of(table))).in_(list(pairs)))
                )
                fresh = kept
    fresh_count = int(connection.execute(sa.select(sa.func.count()).select_from(fresh)).scalar_one())
    copies = int(total) - len(refused) - fresh_count + dropped
    replaced, unchanged = _upsert(connection, table, source, fresh, names, batch_id, now)
    return Merged(fresh_count - replaced - unchanged, replaced, unchanged, copies, refused)


def _single_rows(
    staged: sa.TableClause, names: list[str], key: Sequence[sa.ColumnElement], repeated: str, sum_column: str | None
) -> sa.Select:
    """Return one row an id: the last of the file, or the first with ``sum_column`` added up."""
    order = staged.c[ROW].asc() if repeated == "sum" else staged.c[ROW].desc()
    place = sa.func.row_number().over(partition_by=key, order_by=order).label("place")
    columns: list[sa.ColumnElement] = []
    for name in names:
        if name == sum_column:
            columns.append(sa.func.sum(staged.c[name]).over(partition_by=key).label(name))
        else:
            columns.append(staged.c[name])
    ranked = sa.select(*columns, place).subquery()
    return sa.select(*(ranked.c[name] for name in names)).where(ranked.c.place == 1)


def _differing(
    connection: sa.Connection, staged: sa.TableClause, names: list[str], key: tuple[str, ...]
) -> pd.DataFrame:
    """Return the rows whose id stands with more than one content."""
    content = sa.select(*(staged.c[name] for name in names)).distinct().subquery()
    ids = (
        sa.select(*(content.c[name] for name in key))
        .group_by(*(content.c[name] for name in key))
        .having(sa.func.count() > 1)
        .subquery()
    )
    same = sa.and_(*(staged.c[name] == ids.c[name] for name in key))
    return read_frame(connection, sa.select(*staged.c).select_from(staged.join(ids, same)).order_by(staged.c[ROW]))


def _upsert(
    connection: sa.Connection,
    table: sa.Table,
    source: str,
    fresh: sa.TableClause,
    names: list[str],
    batch_id: str,
    now: datetime,
) -> tuple[int, int]:
    """Insert new rows and replace changed ones; return how many were replaced and how many stayed."""
    key = key_of(table)
    held = connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.source == source)).scalar()
    if key[0] != "source":
        held = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
    columns = [fresh.c[name].cast(table.c[name].type) for name in names]
    if not held:
        connection.execute(sa.insert(table).from_select(names, sa.select(*columns)))
        return 0, 0
    same_key = sa.and_(*(table.c[name] == fresh.c[name] for name in key))
    values = [name for name in names if name not in key]
    differs = sa.or_(*(table.c[name].is_distinct_from(fresh.c[name].cast(table.c[name].type)) for name in values))
    both = fresh.join(table, same_key)
    matched = int(connection.execute(sa.select(sa.func.count()).select_from(both)).scalar_one())
    _materialise(
        connection, "changed_keys", sa.select(*(fresh.c[name] for name in key)).select_from(both).where(differs)
    )
    changed = sa.table("changed_keys", *(sa.column(name) for name in key))
    replaced = int(connection.execute(sa.select(sa.func.count()).select_from(changed)).scalar_one())
    new = sa.select(*columns).select_from(fresh.outerjoin(table, same_key)).where(table.c[key[0]].is_(None))
    _materialise(connection, "incoming_new", new)
    if replaced:
        _keep_changes(connection, table, fresh, changed, values, batch_id, now)
        is_changed = sa.exists().where(*(table.c[name] == changed.c[name] for name in key))
        fresh_changed = sa.select(*columns).select_from(
            fresh.join(changed, sa.and_(*(fresh.c[name] == changed.c[name] for name in key)))
        )
        _materialise(connection, "incoming_changed", fresh_changed)
        connection.execute(sa.delete(table).where(is_changed))
        incoming = sa.table("incoming_changed", *(sa.column(name) for name in names))
        connection.execute(sa.insert(table).from_select(names, sa.select(*(incoming.c[name] for name in names))))
    incoming = sa.table("incoming_new", *(sa.column(name) for name in names))
    connection.execute(sa.insert(table).from_select(names, sa.select(*(incoming.c[name] for name in names))))
    return replaced, matched - replaced


def _keep_changes(
    connection: sa.Connection,
    table: sa.Table,
    fresh: sa.TableClause,
    changed: sa.TableClause,
    values: list[str],
    batch_id: str,
    now: datetime,
) -> None:
    """Write what each replaced row said before and says now, column by column."""
    key = key_of(table)
    joined = table.join(changed, sa.and_(*(table.c[name] == changed.c[name] for name in key))).join(
        fresh, sa.and_(*(fresh.c[name] == table.c[name] for name in key))
    )
    change = schema.row_change
    identity = sa.func.concat_ws("/", *(table.c[name].cast(sa.String) for name in key if name != "source"))
    for name in values:
        if isinstance(table.c[name].type, sa.LargeBinary):
            continue
        before, after = table.c[name], fresh.c[name].cast(table.c[name].type)
        connection.execute(
            sa.insert(change).from_select(
                [column.name for column in change.columns],
                sa.select(
                    sa.literal(batch_id),
                    sa.literal(table.name),
                    table.c.source,
                    identity,
                    sa.literal(name),
                    before.cast(sa.String),
                    after.cast(sa.String),
                    sa.literal(now, sa.DateTime),
                )
                .select_from(joined)
                .where(before.is_distinct_from(after)),
            )
        )


def _materialise(connection: sa.Connection, name: str, select: sa.Select) -> None:
    compiled = select.compile(connection, compile_kwargs={"literal_binds": True, "render_postcompile": True})
    connection.exec_driver_sql(f"create or replace temporary table {name} as {compiled}")
