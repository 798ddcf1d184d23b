"""Turn what an engine answers into rows of Arrow and those into a frame; the one place where types are made the same.

Integers stay integers (a sum of integers too, whatever width the engine gives it), every other number is a float,
days and times are ``datetime64``, text is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

Columns = dict[str, np.ndarray]
"""Columns of equal length by name, texts as objects."""
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
