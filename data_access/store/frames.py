"""Turn what an engine answers into rows of Arrow and those into a frame; the one place where types are made the same.

Integers stay integers (a sum of integers too, whatever width the engine gives it), every other number is a float,
days and times are ``datetime64``, text is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

Columns = dict[str, np.ndarray]
"""Columns of equal length by name, texts as objects."""
_POSTGRESQL_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    17: pa.binary(),
    20: pa.int64(),
    21: pa.int32(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float64(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
}
"""PostgreSQL's own number of a type (pg_type.oid) → the type that DuckDB answers with for the same declared column."""
_NUMERIC = 1700
SPARK_TYPES: Mapping[pa.DataType, str] = {
    pa.bool_(): "boolean",
    pa.binary(): "binary",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.string(): "string",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp_ntz",
}
"""Arrow's type of a declared column → Spark's name of it; times have no zone anywhere."""
_ARROW_TYPES: Mapping[type[sa.types.TypeEngine], pa.DataType] = {
    sa.Boolean: pa.bool_(),
    sa.LargeBinary: pa.binary(),
    sa.Integer: pa.int32(),
    sa.Float: pa.float64(),
    sa.String: pa.string(),
    sa.Date: pa.date32(),
    sa.DateTime: pa.timestamp("us"),
}


def arrow_type(kind: sa.types.TypeEngine) -> pa.DataType:
    """Return the Arrow type of a declared column."""
    return _ARROW_TYPES[type(kind)]


def arrow_rows(table: sa.Table, frame: pd.DataFrame) -> pa.Table:
    """Return a frame as rows of a declared table, each column in its declared type."""
    fields = [pa.field(column.name, arrow_type(column.type)) for column in table.columns]
    return pa.Table.from_pandas(frame[[field.name for field in fields]], preserve_index=False).cast(pa.schema(fields))


def plain(table: pa.Table) -> pa.Table:
    """Return the rows of an Arrow table without decimals: integers where they have no places, else floats."""
    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            plain = pa.int64() if field.type.scale == 0 else pa.float64()
            table = table.set_column(position, field.name, table.column(position).cast(plain))
    return table


def frame_of_arrow(table: pa.Table) -> pd.DataFrame:
    """Return plain rows as a frame, without help from other threads: what screens read is small, and to wake one takes longer."""
    return table.to_pandas(date_as_object=False, use_threads=False)


def columns_of_arrow(table: pa.Table) -> Columns:
    """Return plain rows as columns: for who reckons with few rows, of which a frame takes longer to make than to read."""
    return {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}


def joined(parts: Sequence[Columns]) -> Columns:
    """Return the rows of several parts one after the other; numbers that a part has no column of are missing there."""
    if len(parts) == 1:
        return parts[0]
    rows = [len(part["measure"]) for part in parts]
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: np.concatenate([part.get(name, np.full(count, np.nan)) for part, count in zip(parts, rows, strict=True)])
        for name in names
    }


def arrow_of_answer(names: Sequence[str], type_numbers: Sequence[int], rows: Sequence[tuple]) -> pa.Table:
    """Return rows that PostgreSQL answered as plain rows of Arrow.

    Parameters
    ----------
    names : sequence of str
    type_numbers : sequence of int
        ``pg_type.oid`` of each column.
    rows : sequence of tuple
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [_array(number, values) for number, values in zip(type_numbers, columns, strict=True)]
    return plain(pa.Table.from_arrays(arrays, names=list(names)))


def _array(type_number: int, values: Sequence) -> pa.Array:
    if type_number != _NUMERIC:
        return pa.array(values, type=_POSTGRESQL_TYPES.get(type_number))
    numbers: list[Decimal | None] = list(values)
    if all(number is None or number.as_tuple().exponent == 0 for number in numbers):
        return pa.array([None if number is None else int(number) for number in numbers], type=pa.int64())
    return pa.array([None if number is None else float(number) for number in numbers], type=pa.float64())
