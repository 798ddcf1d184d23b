"""Read files in batches of text columns, whatever their format; say plainly when one can't be read."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pyogrio

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule

ENCODINGS = ("utf-8", "gb18030")
PROBE_BYTES = 4 << 20
FIRST_DATA_ROW = 2
"""Rows are numbered as a spreadsheet shows them: the heading is row 1."""

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".geojson": "vector",
    ".json": "vector",
    ".gpkg": "vector",
    ".shp": "vector",
}


@dataclass
class Batch:
    """Some rows of a file: cells as text (empty cells missing), spreadsheet row numbers, shapes where it has them."""

    rows: pd.DataFrame
    numbers: pd.Series
    shapes: gpd.GeoSeries | None = None


def read_batches(path: Path, rule: FileRule, size: int) -> Iterator[Batch]:
    """Yield the rows of ``path``.

    Raises
    ------
    ImportRefused
        When the file is empty, damaged, of an unknown format or in another encoding; the message names it.
    """
    if path.stat().st_size == 0:
        raise _refused(path, "is empty (0 bytes); ask for it again", "是空文件(0字节),请重新获取")
    kind = rule.format or _format_of(path)
    if kind in ("csv", "tsv"):
        yield from _delimited(path, rule, "\t" if kind == "tsv" else ",", size)
    elif kind == "xlsx":
        yield from _workbook(path, rule, size)
    elif kind == "parquet":
        yield from _parquet(path, size)
    elif kind == "vector":
        yield _vector(path)
    else:
        raise _refused(path, f"has a format that is not known ({kind})", f"格式无法识别({kind})")


def detected_encoding(path: Path) -> str:
    """Return the encoding that the whole beginning of a text file decodes with."""
    with _opened(path) as stream:
        probe = stream.read(PROBE_BYTES)
    if probe.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(path, "is UTF-16; save it as UTF-8 or GB18030", "是 UTF-16 编码,请另存为 UTF-8 或 GB18030")
    for encoding in ENCODINGS:
        try:
            probe.decode(encoding)
        except UnicodeDecodeError as error:
            if error.end >= len(probe) - 4 and len(probe) == PROBE_BYTES:
                return encoding  # the probe ended inside a character
            continue
        return encoding
    raise _refused(
        path,
        'is neither UTF-8 nor GB18030; write encoding = "…" for it in the mapping, or save it as UTF-8',
        "既不是 UTF-8 也不是 GB18030 编码,请在映射文件中写明 encoding,或另存为 UTF-8",
    )


def _delimited(path: Path, rule: FileRule, delimiter: str, size: int) -> Iterator[Batch]:
    encoding = rule.encoding or detected_encoding(path)
    try:
        with _opened(path) as stream:
            names = _heading(path, encoding, delimiter)
            reader = pacsv.open_csv(
                stream,
                read_options=pacsv.ReadOptions(block_size=16 << 20, encoding=encoding),
                parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
                ),
            )
            first = FIRST_DATA_ROW
            for record_batch in reader:
                for part in _parts(pa.Table.from_batches([record_batch]), size):
                    yield _text_batch(part, first)
                    first += len(part)
    except pa.ArrowInvalid as error:
        raise _refused(path, f"can't be read as a table: {error}", f"无法按表格读取:{error}") from error
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise _refused(
            path,
            f"can't be read as {encoding}: {error}; write the right encoding in the mapping, or save it again",
            f"无法按 {encoding} 读取:{error}。请在映射文件中写明正确编码,或重新保存该文件",
        ) from error


def _heading(path: Path, encoding: str, delimiter: str) -> list[str]:
    with _opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
        names = pd.read_csv(text, sep=delimiter, nrows=0).columns.tolist()
    return [str(name) for name in names]


def _workbook(path: Path, rule: FileRule, size: int) -> Iterator[Batch]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book[rule.sheet] if rule.sheet else book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        names = [
            str(cell).strip() if cell is not None else f"column_{place}" for place, cell in enumerate(next(lines, ()))
        ]
    except KeyError as error:
        raise _refused(path, f"has no sheet {rule.sheet!r}", f"没有工作表“{rule.sheet}”") from error
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
    if not names:
        raise _refused(path, "has no heading row", "没有标题行")
    held: list[tuple] = []
    first = FIRST_DATA_ROW
    try:
        for line in lines:
            held.append(line[: len(names)] + (None,) * (len(names) - len(line)))
            if len(held) == size:
                yield _sheet_batch(held, names, first)
                first += len(held)
                held = []
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
    if held:
        yield _sheet_batch(held, names, first)


def _sheet_batch(lines: list[tuple], names: list[str], first: int) -> Batch:
    frame = pd.DataFrame(lines, columns=names, dtype=object)
    text = frame.map(lambda cell: None if cell is None else _cell_text(cell)).astype("str")
    return Batch(text, pd.Series(range(first, first + len(text))))


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _parquet(path: Path, size: int) -> Iterator[Batch]:
    try:
        file = pq.ParquetFile(path)
        first = FIRST_DATA_ROW
        for record_batch in file.iter_batches(batch_size=size):
            yield _text_batch(pa.Table.from_batches([record_batch]), first)
            first += len(record_batch)
    except (pa.ArrowInvalid, OSError) as error:
        raise _refused(
            path, "is damaged or not Parquet; export it again", "已损坏或不是 Parquet 文件,请重新导出"
        ) from error


def _vector(path: Path) -> Batch:
    try:
        source = io.BytesIO(gzip.decompress(path.read_bytes())) if path.suffix == ".gz" else path
        shapes = pyogrio.read_dataframe(source)
    except (pyogrio.errors.DataSourceError, gzip.BadGzipFile, EOFError, ValueError) as error:
        raise _refused(path, f"can't be read as a map file: {error}", f"无法按地图文件读取:{error}") from error
    if not isinstance(shapes, gpd.GeoDataFrame):
        raise _refused(path, "has no shapes", "没有几何图形")
    table = pa.Table.from_pandas(pd.DataFrame(shapes.drop(columns=shapes.geometry.name)), preserve_index=False)
    batch = _text_batch(table, FIRST_DATA_ROW)
    batch.shapes = shapes.geometry.reset_index(drop=True)
    return batch


def _text_batch(table: pa.Table, first: int) -> Batch:
    """Return cells as pandas columns: text stays text, numbers and times keep their type (whole ones lose no digit)."""
    frame = table.to_pandas(types_mapper=_KEPT_TYPES.get, date_as_object=False)
    frame.columns = [str(name).lstrip("\ufeff").strip() for name in frame.columns]
    return Batch(frame, pd.Series(range(first, first + len(frame))))


_KEPT_TYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def _parts(table: pa.Table, size: int) -> Iterator[pa.Table]:
    for start in range(0, len(table), size):
        yield table.slice(start, size)


def _opened(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _format_of(path: Path) -> str:
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return _FORMATS.get(suffix.lower(), suffix)


def _refused(path: Path, english: str, chinese: str) -> ImportRefused:
    return ImportRefused(f"{path.name} {english}.", f"{path.name} {chinese}。", file=path.name)
