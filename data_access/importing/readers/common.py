"""What all readers share: a batch of rows, how it names columns and cells, how it says that a file can't be read."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import IO, TextIO, cast

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from data_access.errors import ImportRefused
from data_access.importing.settings import import_settings

BLOCK_BYTES = 16 << 20
"""What is read at once; no line of a text file may be longer."""
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
    return [name.strip("\ufeff \t\r\n\xa0\u3000") or f"column_{place}" for place, name in enumerate(names)]


def in_one_line(name: str) -> str:
    """Return a name without the breaks and odd blanks that make it fit its cell: 受理 over 时间 is 受理时间."""
    name = re.sub("[\ufeff\u200b]|_x000D_", "", name).strip()  # a workbook writes a carriage return so
    name = re.sub(r"(?<=[\u3000-\u9fff])\s*[\r\n]+\s*(?=[\u3000-\u9fff])", "", name)
    return re.sub(r"\s+", " ", name)


def joined_heading(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one name a column for a heading of several rows; in the upper ones a blank cell takes that to its left."""
    *upper, lowest = rows
    width = max(map(len, rows))
    upper = [list(accumulate([*row, *[""] * (width - len(row))], _cell_or_left)) for row in upper]
    columns = zip(*upper, [*lowest, *[""] * (width - len(lowest))], strict=True)
    return [" ".join(dict.fromkeys(cell.strip() for cell in column if cell.strip())) for column in columns]


def _cell_or_left(left: str, cell: str) -> str:
    return cell or left


_KEPT_TYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def opened(path: Path) -> IO[bytes]:
    """Return the bytes of a file, unpacked as they are read."""
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    return cast(IO[bytes], io.BufferedReader(_Unpacking(path), 1 << 20))


class _Unpacking(io.RawIOBase):
    """The bytes of a packed file, which is refused once they are more than such a file may hold."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = gzip.GzipFile(path)
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._packed.readinto(buffer)
        self._read += count
        refuse_bomb(self._path, self._read)
        return count

    def close(self) -> None:
        self._packed.close()
        super().close()


def refuse_bomb(path: Path, unpacked: int) -> None:
    """Raise when a packed file holds so many bytes that it can only be made to fill the memory or the disk."""
    settings = import_settings()
    if unpacked > settings.unpacked_mib << 20 and unpacked > settings.unpacked_times * path.stat().st_size:
        raise refused(
            path,
            f"unpacks to more than {settings.unpacked_times} times its size, as no table does; ask its sender for another copy",
            f"解压后超过原大小的 {settings.unpacked_times} 倍，正常表格不会如此，请向报送单位重新索取",
        )


def refuse_too_large(path: Path, unpacked: int) -> None:
    """Raise when what is read whole, a workbook or a packed map file, unpacks to more than fits the memory."""
    refuse_bomb(path, unpacked)
    most = import_settings().most_unpacked_mib
    if unpacked > most << 20:
        raise refused(
            path,
            f"unpacks to {unpacked >> 20:,} MiB, more than {most:,} MiB; export it in parts, or a workbook as CSV",
            f"解压后有 {unpacked >> 20:,} MiB，超出上限 {most:,} MiB，请分批导出，工作簿可导出为 CSV",
        )


def text_lines(path: Path, text: TextIO) -> Iterator[str]:
    """Yield the lines of a text; one longer than a block is none that a table has, and would fill the memory."""
    while line := text.readline(BLOCK_BYTES):
        if len(line) == BLOCK_BYTES:
            raise line_too_long(path)
        yield line


def line_too_long(path: Path) -> ImportRefused:
    """Return the refusal of a text with a line that no table has."""
    return refused(
        path,
        f"has a line of more than {BLOCK_BYTES >> 20} MiB: it is no table, or its line ends were lost; export it again",
        f"有一行超过 {BLOCK_BYTES >> 20} MiB：不是表格，或换行符已丢失，请重新导出",
    )


def refused(path: Path, english: str, chinese: str) -> ImportRefused:
    """Return the refusal of a file by its name."""
    return ImportRefused(f"{path.name} {english}.", f"{path.name} {chinese}。", file=path.name)


def damaged(path: Path) -> ImportRefused:
    """Return the refusal of a file that was cut short or changed on its way."""
    return refused(path, "is damaged or cut short; export it again", "已损坏或不完整，请重新导出")
