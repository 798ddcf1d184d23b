"""How one snapshot lies in PostgreSQL: its tables, yearly partitions, indexes, row policies and grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from data_access import schema
from data_access.store.postgresql.catalogue import CATALOGUE, PREFIX_SETTING, READ_ROLE, ROLE_SETTING, viewer_role
from data_access.store.postgresql.shards import Shard

PARTITIONED = {"incident_placed": "occurred_on", "dispute_placed": "received_at"}
"""The long record tables and the time that divides them into years."""

OPEN_TO_ALL = {
    *(table.name for table in (schema.region, schema.region_path, schema.region_level, schema.dataset)),
    *(table.name for table in (schema.population, schema.snapshot, schema.measure_coverage, schema.import_batch)),
}
"""Reference data without any region's work in it: names, codes, resident population, what each source covers."""

_ROLLUP_PERIODS = {
    "measure_day": "day",
    "measure_month": "month",
    "measure_year": "year_start",
}
_SCOPE = (
    f"(select nullif(current_setting('{PREFIX_SETTING}', true), '') from {CATALOGUE}.{viewer_role.name}"  # nosec B608  # constants
    f" where {viewer_role.c.role.name} = current_setting('{ROLE_SETTING}', true)"
    f" and current_setting('{PREFIX_SETTING}', true) ~ '^[0-9]{{2,18}}$')"
)
"""The prefix of the transaction, or NULL, with which nothing starts, when it or the role is missing, empty or odd.
After ``set local`` a setting falls back to '' and not to NULL, so that ``like '' || '%'`` would show everything."""


@dataclass(frozen=True)
class Share:
    """What one server keeps of a snapshot: all of it, a shard its rows, the coordinator the rest and where the shards' are."""

    shard: Shard | None = None
    shards: tuple[Shard, ...] = ()

    def tables(self, schema_name: str) -> Mapping[str, sa.Table]:
        """Return the published tables as they lie in ``schema_name``; text is compared byte by byte, as in DuckDB."""
        metadata = sa.MetaData(schema=schema_name)
        return {
            table.name: sa.Table(
                table.name,
                metadata,
                *(sa.Column(column.name, _stored(column.type), nullable=column.nullable) for column in table.columns),
                **self._partitioning(table),
            )
            for table in (*schema.REGION_TABLES, *schema.ROLLUP_TABLES, schema.import_batch)
            if self.shard is None or confining_code(table)
        }

    def divides(self, table: sa.Table) -> bool:
        """Return whether shards hold rows of a table."""
        return bool(self.shards) and confining_code(table) is not None

    def rows(self, table: sa.Table) -> str:
        """Return the test, in SQL, of the rows that are kept here."""
        code = confining_code(table)
        if self.shard:
            return _between(code, self.shard)
        return " and ".join(f"not ({_between(code, shard)})" for shard in self.shards if code) or "true"

    def _partitioning(self, table: sa.Table) -> dict[str, Any]:
        if self.divides(table):
            return {"postgresql_partition_by": f"range (({confining_code(table)}))"}
        return {"postgresql_partition_by": f"range ({PARTITIONED[table.name]})"} if table.name in PARTITIONED else {}


def part_here(table: sa.Table) -> str:
    """Return the name of the part of a divided table that stays on the coordinator."""
    return f"{table.name}__here"


def shard_partitions(table: sa.Table, shards: Sequence[Shard]) -> Iterator[str]:
    """Yield the statements that make the parts of a table that lie on shards, and the one that stays here."""
    yield f'create table "{table.schema}"."{part_here(table)}" partition of {_name(table)} default'
    for shard in shards:
        yield (
            f'create foreign table "{table.schema}"."{table.name}_{shard.name}" partition of {_name(table)}'
            f" for values from ('{shard.start}') to ('{shard.after}') server {shard.server}"
            f" options (schema_name '{table.schema}', table_name '{table.name}')"
        )


def year_partitions(table: sa.Table, years: range) -> Iterator[tuple[str, date, date, str]]:
    """Return name, first day, day after the last, and the statement that makes it, of each year's partition."""
    for year in years:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        name = f"{table.name}_{year}"
        yield (
            name,
            first,
            after,
            f'create table "{table.schema}"."{name}" partition of {_name(table)}'
            f" for values from ('{first}') to ('{after}')",
        )


def indexes(table: sa.Table) -> list[str]:
    """Return the statements that index a filled table for the queries behind the pages."""
    columns = table.columns
    if table.name in _ROLLUP_PERIODS:
        period = _ROLLUP_PERIODS[table.name]
        # Months and years of all measures are read of siblings at once; days of a few measures.
        is_day = table.name == "measure_day"
        first = "measure, region_code" if is_day else "region_code, measure"
        by_region = f"(depth, {first}, {period}, class_code, channel) include (value)"
        by_period = f"(depth, measure, {period}, region_code)"
        statements = [_index(table, by_region, where) for where in ("divided", "not divided")]
        statements += [_index(table, f"{by_period} include (value)", "not divided")]
        if not is_day:  # a whole level of one measure; of days the index that begins with the measure serves
            statements += [_index(table, f"{by_period} include (class_code, channel, value)", "divided")]
        return statements
    if table.name == "measure_histogram":
        return [_index(table, "(depth, region_code, measure, month, class_code, bin) include (value)")]
    if "code_0" in columns:
        when = next((column.name for column in columns if column.name in _LISTED_BY), None)
        # Without the ids that settle ties the index is an eighth as large; the ties of one day are sorted in 2 ms.
        newest = f", {when} desc" if when else ""
        statements = [_index(table, f"({code}{newest})") for code in schema.ANCESTOR_COLUMNS]
        if "category" in columns:
            statements += [_index(table, f"(category, code_1{newest})")]
        if schema.UNSETTLED_IN_TIME in columns:
            for code in schema.ANCESTOR_COLUMNS:
                waiting = f"{code}, {schema.UNSETTLED_IN_TIME}, due_at"
                # Few are red: without an index of their own most of what waits is looked through for them. It holds the
                # whole order of the list, so that PostgreSQL, which expects far fewer, still reads no more than the page.
                statements += [
                    _index(table, f"({waiting})"),
                    _index(table, f"({waiting}, source_id)", "risk_colour = 'red'"),
                ]
        return statements
    keys = [name for name in ("region_code", "neighbour_code", "year") if name in columns]
    return [_index(table, f"({', '.join(keys)})")] if keys else []


_LISTED_BY = ("occurred_on", "received_at", "found_on", "decided_on", "period_start", "due_on")


def policies(table: sa.Table) -> list[str]:
    """Return the statements that let the app's role read the table, and only the rows within the viewer's scope."""
    grant = f"grant select on {_name(table)} to {READ_ROLE}"
    code = confining_code(table)
    if code is None:
        return [grant]
    return [
        f"alter table {_name(table)} enable row level security",
        f"create policy within_scope on {_name(table)} for select to {READ_ROLE}"
        # Of a bare starts_with PostgreSQL expects one row in two hundred to pass, and plans for that; of this every other.
        # Shards are handed the test as it stands, which they wouldn't be with coalesce. NULL passes neither.
        f" using (starts_with({code}, {_SCOPE}) is not distinct from true)",  # nosec B608  # constants
        grant,
    ]


def confining_code(table: sa.Table) -> str | None:
    """Return the code that decides who sees a row, and where it lies: its innermost region, after successors are followed.

    None for a table that is open to all.
    """
    if table.name in OPEN_TO_ALL:
        return None
    if "code_0" in table.columns:
        return f"coalesce({', '.join(reversed(schema.ANCESTOR_COLUMNS))})"
    return "region_code" if "region_code" in table.columns else None


def _between(code: str | None, shard: Shard) -> str:
    return f"{code} >= '{shard.start}' and {code} < '{shard.after}'"


def _stored(kind: sa.types.TypeEngine) -> sa.types.TypeEngine:
    return sa.Text(collation="C") if isinstance(kind, sa.String) else kind


def _index(table: sa.Table, columns: str, where: str | None = None) -> str:
    return f"create index on {_name(table)} {columns}" + (f" where {where}" if where else "")


def _name(table: sa.Table) -> str:
    return f'"{table.schema}"."{table.name}"'
