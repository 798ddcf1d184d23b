"""The publish's selects in Spark's SQL: compiled for DuckDB as the embedded store runs them, translated by sqlglot."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb_sqlalchemy
import sqlalchemy as sa
import sqlglot
from sqlglot import expressions as exp

from data_access.publishing.engine import CATALOGUE
from data_access.store.frames import SPARK_TYPES, arrow_type

_DUCKDB = duckdb_sqlalchemy.Dialect()


def spark_sql(select: sa.Executable, prefix: str = "") -> str:
    """Return ``select`` in Spark's SQL.

    Parameters
    ----------
    select : Select
    prefix : str
        Put before the names of the working tables; tables of the snapshot are ``published_NAME``.
    """
    compiled = select.compile(  # type: ignore[attr-defined]
        dialect=_DUCKDB, compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    tree = sqlglot.parse_one(str(compiled), read="duckdb")
    inner = {expression.alias for expression in tree.find_all(exp.CTE, exp.Subquery)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in inner:
            table.replace(_named(table, prefix))
    for column in tree.find_all(exp.Column):
        column.set("db", None)
    return tree.transform(_as_spark_means_it).sql(dialect="spark")


def typed_sql(sql: str, columns: Sequence[str], table: sa.Table) -> str:
    """Return the select ``sql``, whose columns are ``columns`` in that order, as rows of ``table``."""
    places = {name: f"c{position}" for position, name in enumerate(columns)}
    values = [
        f"cast({places.get(column.name, 'null')} as {spark_type(column.type)}) as `{column.name}`"
        for column in table.columns
    ]
    return f"select {', '.join(values)} from ({sql}) as counted({', '.join(places.values())})"  # nosec B608  # declared names and own paths


def spark_type(kind: sa.types.TypeEngine) -> str:
    """Return Spark's name of a declared type."""
    return SPARK_TYPES[arrow_type(kind)]


def spark_columns(table: sa.Table) -> str:
    """Return the columns of a declared table as Spark reads them from Parquet."""
    return ", ".join(f"`{column.name}` {spark_type(column.type)}" for column in table.columns)


def view_name(table: str, schema: str = "", prefix: str = "") -> str:
    """Return the name of the view that stands for a table."""
    return f"{CATALOGUE}_{table}" if schema == CATALOGUE else f"{prefix}{table}"


def _named(table: exp.Table, prefix: str) -> exp.Expr:
    """Return the view that stands for a table; a column that names the table still finds it."""
    view = exp.to_table(view_name(table.name, table.db, prefix))
    return exp.alias_(view, table.alias or table.name, table=True)


def _as_spark_means_it(node: exp.Expression) -> exp.Expression:
    """Replace what Spark reads otherwise than DuckDB."""
    if isinstance(node, exp.Extract) and node.name.upper() == "EPOCH":
        # Spark has no seconds with fractions of a time: microseconds are whole numbers, as DuckDB divides them.
        moment = exp.cast(node.expression, exp.DataType.Type.TIMESTAMP)
        return exp.Paren(this=exp.Div(this=exp.func("UNIX_MICROS", moment), expression=_double("1000000")))
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
        return _double(node.name)
    return node


def _double(number: str) -> exp.Expression:
    return exp.Cast(this=exp.Literal.string(number), to=exp.DataType.build("double"))
