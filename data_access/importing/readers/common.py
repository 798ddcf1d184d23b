"""What all readers share: a batch of rows, how it names columns and cells, how it says that a file can't be read."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from data_access.errors import ImportRefused

FIRST_DATA_ROW = 2
"""Rows are numbered as a spreadsheet shows them: the heading is row 1, a row of several lines is one row."""
FAULT, FAULT_COLUMN, FAULT_VALUE = FAULT_COLUMNS = ("__fault", "__fault_column", "__fault_value")
"""Columns that say what is wrong with the row itself (a reason of problems.py), in batches that have such rows."""


@dataclass
class Batch:
    """Some rows of a file: cells as text (empty cells missing), spreadsheet row numbers, shapes where it has them."""

    rows: pd.DataFrame
    numbers: pd.Series
    shapes: gpd.GeoSeries | None = None
    unusable: dict[str, str] = field(default_factory=dict)
    """Columns whose cells are no text, number or time, and what they are."""


def text_batch(table: pa.Table, first: int) -> Batch:
    """Return cells as pandas columns: text stays text, numbers and times keep their type (whole ones lose no digit)."""
    frame = table.to_pandas(types_mapper=_KEPT_TYPES.get, date_as_object=False)
    frame.columns = column_names(table.column_names)
    return Batch(frame, pd.Series(range(first, first + len(frame))))


def column_names(names: list[str]) -> list[str]:
    """Return trimmed names; a column without one is called by its place."""
    return [name.strip("\ufeff \t\r\n") or f"column_{place}" for place, name in enumerate(names)]


_KEPT_TYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def opened(path: Path) -> IO[bytes]:
    """Return the bytes of a file, uncompressed."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def refused(path: Path, english: str, chinese: str) -> ImportRefused:
    """Return the refusal of a file by its name."""
    return ImportRefused(f"{path.name} {english}.", f"{path.name} {chinese}。", file=path.name)


def damaged(path: Path) -> ImportRefused:
    """Return the refusal of a file that was cut short or changed on its way."""
    return refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出")
