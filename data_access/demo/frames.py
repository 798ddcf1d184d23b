"""Columns → Arrow table, in the order and with the types of the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access import schema

Column: TypeAlias = "np.ndarray | pa.Array | pa.ChunkedArray | Sequence[Any] | str | int | None"

_SCALAR = (str, int, type(None))
_ARROW_TYPES: tuple[tuple[type, pa.DataType], ...] = (
    (sa.DateTime, pa.timestamp("us")),
    (sa.Date, pa.date32()),
    (sa.Boolean, pa.bool_()),
    (sa.Integer, pa.int32()),
    (sa.Float, pa.float64()),
    (sa.LargeBinary, pa.binary()),
    (sa.String, pa.string()),
)


def rows_of(table_name: str, columns: Mapping[str, Column]) -> pa.Table:
    """Return ``columns`` as rows of a schema table; a scalar stands in every row, a column left out is empty.

    Raises
    ------
    ValueError
        When a column is unknown, or one that the schema requires is missing.
    """
    table = schema.metadata.tables[table_name]
    unknown = set(columns) - set(table.columns.keys())
    missing = {column.name for column in table.columns if not column.nullable} - set(columns)
    if unknown or missing:
        raise ValueError(f"{table_name}: unknown columns {sorted(unknown)}, missing columns {sorted(missing)}")
    length = next(len(values) for values in columns.values() if not isinstance(values, _SCALAR))
    arrays = {}
    for column in table.columns:
        kind = next(arrow for sql, arrow in _ARROW_TYPES if isinstance(column.type, sql))
        values = columns.get(column.name)
        if isinstance(values, _SCALAR):
            arrays[column.name] = pa.repeat(pa.scalar(values, kind), length)
        else:
            arrays[column.name] = _array(values, kind)
    return pa.table(arrays)


def chosen(values: Sequence[str | None], index: np.ndarray) -> pa.Array:
    """Return ``values[index]`` as text."""
    return pa.array(list(values), pa.string()).take(pa.array(index))


def numbered(prefix: str | pa.Array, number: np.ndarray, width: int) -> pa.Array:
    """Return ids such as ``D0000042``."""
    digits = pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def joined(separator: str, *parts: pa.Array | str) -> pa.Array:
    """Return the parts of each row joined to one text."""
    return pc.binary_join_element_wise(*parts, separator)


def only_where(values: pa.Array, mask: np.ndarray) -> pa.Array:
    """Return ``values``, empty where ``mask`` is false."""
    return pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))


def _array(values: np.ndarray | pa.Array | pa.ChunkedArray | Sequence[Any], kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        array = values.combine_chunks()
    elif isinstance(values, np.ndarray) and values.dtype.kind == "f":
        array = pa.array(values, mask=np.isnan(values))
    else:
        array = values if isinstance(values, pa.Array) else pa.array(values)
    return array if array.type == kind else array.cast(kind)
