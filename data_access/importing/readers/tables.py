"""Read workbooks and Parquet files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree  # nosec B405  # only the name of an error

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule
from data_access.importing.readers.common import (
    FAULT_COLUMNS,
    FIRST_DATA_ROW,
    Batch,
    column_names,
    damaged,
    joined_heading,
    refuse_bomb,
    refuse_too_large,
    refused,
    text_batch,
)
from data_access.importing.readers.vector import shaped_batch

_DAMAGED = (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError, ValueError)
"""What a workbook that was cut short or is none may raise."""
KEPT_DIGITS = 15
"""What workbooks keep of a number; a longer one is written as they show it, for it is no id."""


def workbook_batches(path: Path, rule: FileRule, size: int) -> Iterator[Batch]:
    """Yield the rows of a sheet: the one the mapping names, else the first that is not hidden."""
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_too_large(path, sum(part.file_size for part in archive.infolist()))
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if rule.sheet is not None and rule.sheet not in book.sheetnames:
            found = ", ".join(book.sheetnames)
            raise refused(
                path, f"has no sheet {rule.sheet!r}; it has {found}", f"没有工作表“{rule.sheet}”，现有：{found}"
            )
        if not shown:
            raise refused(path, "has no sheet with cells", "没有含单元格的工作表")
        sheet = book[rule.sheet] if rule.sheet else shown[0]
        lines = sheet.iter_rows(values_only=True)
        for _ in range(rule.skip_rows):
            next(lines, None)
        heading = [["" if cell is None else str(cell) for cell in line] for line in islice(lines, rule.heading_rows)]
        names = column_names(joined_heading(heading) if heading else [])
    except (KeyError, *_DAMAGED) as error:
        raise damaged(path) from error
    others = "" if rule.sheet else ", ".join(each.title for each in shown[1:])
    if not names and others:
        raise _nothing_in(path, sheet.title, others)
    if not names:
        raise refused(path, "has no heading row", "没有标题行")
    held: list[tuple] = []
    numbers: list[int] = []
    empty = True
    try:
        for number, line in enumerate(lines, start=rule.skip_rows + rule.heading_rows + 1):
            if all(cell is None for cell in line):
                continue  # sheets often end in rows that only have a format
            empty = False
            held.append(line[: len(names)] + (None,) * (len(names) - len(line)))
            numbers.append(number)
            if len(held) == size:
                yield _sheet_batch(path, sheet.title, held, names, numbers)
                held, numbers = [], []
    except _DAMAGED as error:
        raise damaged(path) from error
    if empty and others:
        raise _nothing_in(path, sheet.title, others)
    if held:
        yield _sheet_batch(path, sheet.title, held, names, numbers)


def _nothing_in(path: Path, sheet: str, others: str) -> ImportRefused:
    return refused(
        path,
        f"has no rows in its first sheet {sheet!r}; write sheet = the one that has them ({others}) in the mapping",
        f"的第一个工作表“{sheet}”没有数据，请在映射中以 sheet 写明数据所在的工作表（现有：{others}）",
    )


def _sheet_batch(path: Path, sheet: str, lines: list[tuple], names: list[str], numbers: list[int]) -> Batch:
    frame = pd.DataFrame(lines, columns=names, dtype=object)
    text = frame.map(lambda cell: None if cell is None else _cell_text(cell)).astype("str")
    if text.columns.is_unique and text.isna().to_numpy().any():
        text = _with_formula_faults(path, sheet, text, numbers)
    return Batch(text, pd.Series(numbers))


def _with_formula_faults(path: Path, sheet: str, text: pd.DataFrame, numbers: list[int]) -> pd.DataFrame:
    """Return rows with a fault where a cell is a formula whose result the program that wrote the file left out."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    missing = text.isna()
    places = {number: place for place, number in enumerate(numbers)}
    found: dict[int, tuple[str, str, str]] = {}
    for number, line in enumerate(book[sheet].iter_rows(min_row=numbers[0], max_row=numbers[-1]), start=numbers[0]):
        if (place := places.get(number)) is None:
            continue
        for column, (cell, name) in enumerate(zip(line, text.columns, strict=False)):
            if cell.data_type == "f" and missing.iat[place, column]:
                found.setdefault(place, ("formula", str(name), str(cell.value)))
    book.close()
    if found:
        for part, name in enumerate(FAULT_COLUMNS):
            text[name] = pd.Series({place: fault[part] for place, fault in found.items()}, text.index, dtype="str")
    return text


def _cell_text(cell: object) -> str:
    if isinstance(cell, (int, float)) and abs(cell) >= 10**KEPT_DIGITS:
        return f"{cell:.{KEPT_DIGITS - 1}E}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def parquet_batches(path: Path, size: int) -> Iterator[Batch]:
    """Yield the rows of a Parquet or GeoParquet file."""
    try:
        metadata = pq.read_metadata(path)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        columns = range(metadata.num_columns)
        refuse_bomb(path, sum(group.column(place).total_uncompressed_size for group in groups for place in columns))
        file = pq.ParquetFile(path, read_dictionary=_with_dictionary(groups, columns))
        if b"geo" in (file.schema_arrow.metadata or {}):
            yield shaped_batch(gpd.read_parquet(path))
            return
        unusable = {
            column.name: str(column.type) for column in file.schema_arrow if not _is_of_single_cells(column.type)
        }
        usable = [name for name in file.schema_arrow.names if name not in unusable]
        first = FIRST_DATA_ROW
        for record_batch in file.iter_batches(batch_size=size):
            table = pa.Table.from_batches([record_batch]).select(_places(record_batch, usable))
            batch = text_batch(_decoded(path, table), first)
            batch.unusable = unusable
            yield batch
            first += len(record_batch)
    except (pa.ArrowInvalid, OSError) as error:
        raise refused(
            path, "is damaged or not Parquet; export it again", "已损坏或不是 Parquet 文件，请重新导出"
        ) from error


def _is_of_single_cells(kind: pa.DataType) -> bool:
    """Return whether a column holds texts, numbers or times, themselves or by pointers to them."""
    if pa.types.is_dictionary(kind):
        return _is_of_single_cells(kind.value_type)
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not is_bytes and not pa.types.is_nested(kind)


def _with_dictionary(groups: Sequence[pq.RowGroupMetaData], columns: range) -> list[str]:
    """Return the texts whose cells stand once in the file and are pointed to by rows."""
    pages = [group.column(place) for group in groups for place in columns]
    return sorted(
        {page.path_in_schema for page in pages if page.has_dictionary_page and page.physical_type == "BYTE_ARRAY"}
    )


def _decoded(path: Path, table: pa.Table) -> pa.Table:
    """Return a table with cells in place of pointers to them, unless so many rows point to long ones that they fill the memory."""
    size = 0
    for column in table.columns:
        if not pa.types.is_dictionary(column.type):
            continue
        for chunk in column.chunks:
            if not pa.types.is_primitive(chunk.dictionary.type):
                lengths = pc.take(pc.binary_length(chunk.dictionary), chunk.indices)
                size += pc.sum(lengths).as_py() or 0
        refuse_too_large(path, size)
    decoded = [
        pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], column.type.value_type)
        if pa.types.is_dictionary(column.type)
        else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(decoded, names=table.column_names)


def _places(record_batch: pa.RecordBatch, usable: list[str]) -> list[int]:
    """Return the columns to take by place: names may stand twice, which is said later."""
    return [place for place, name in enumerate(record_batch.schema.names) if name in usable]
