"""Read files in batches of text columns, whatever their format; say plainly when one can't be read."""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from xml.etree import ElementTree  # nosec B405  # only the name of an error

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pyogrio
import shapely

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule
from data_access.importing.problems import REASON_COLUMNS, ROW_COLUMN

ENCODINGS = ("utf-8", "gb18030")
PROBE_BYTES = 4 << 20
FIRST_DATA_ROW = 2
"""Rows are numbered as a spreadsheet shows them: the heading is row 1."""
FAULT = "__fault"
"""Column that says what is wrong with the row itself, in files that have such rows."""
X, Y = "geometry.x", "geometry.y"
"""Columns that hold the coordinates of a file of points."""
MOST_SHORT = 0.3
"""Share of two-byte characters that end in an ASCII byte above which a text is not taken for GB18030: common Chinese
characters never do, words with an accented letter in another encoding mostly do."""

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
    ".zip": "vector",
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
        batches = _delimited(path, rule, rule.delimiter or ("\t" if kind == "tsv" else ","), size)
    elif kind == "xlsx":
        batches = _workbook(path, rule, size)
    elif kind == "parquet":
        batches = _parquet(path, size)
    elif kind == "vector":
        batches = _vector(path, rule)
    else:
        known = ", ".join(_FORMATS)
        raise _refused(
            path, f"has a format that is not known ({kind}); known are {known}", f"格式无法识别({kind}),可用:{known}"
        )
    nothing = True
    for batch in batches:
        nothing = False
        yield _finished(path, rule, batch)
    if nothing:
        raise _refused(path, "has a heading but no rows", "只有标题行,没有数据")


def _finished(path: Path, rule: FileRule, batch: Batch) -> Batch:
    """Return a batch without the columns that a quarantine file adds, with its original row numbers and its shapes."""
    rows = batch.rows
    repeated = rows.columns[rows.columns.duplicated()].tolist()
    if repeated:
        raise _refused(path, f"has the column {repeated[0]!r} twice; rename one", f"有两个“{repeated[0]}”列,请改名")
    if ROW_COLUMN in rows:
        numbers = pd.to_numeric(rows[ROW_COLUMN], errors="coerce")
        batch.numbers = batch.numbers.where(numbers.isna(), numbers).astype("int64")
        batch.rows = rows = rows.drop(columns=[name for name in (ROW_COLUMN, *REASON_COLUMNS) if name in rows])
    if rule.wkt is not None and rule.wkt in rows:
        batch.shapes = gpd.GeoSeries(
            shapely.from_wkt(rows[rule.wkt].astype(object).where(rows[rule.wkt].notna(), None), on_invalid="ignore")
        )
        batch.rows = rows = rows.drop(columns=rule.wkt)
    if batch.shapes is not None:
        points = batch.shapes.geom_type.eq("Point").to_numpy()
        if points.any():
            kept = batch.shapes.where(points)
            batch.rows = rows.assign(**{X: shapely.get_x(kept.to_numpy()), Y: shapely.get_y(kept.to_numpy())})
    return batch


def detected_encoding(path: Path) -> str:
    """Return the encoding that the whole beginning of a text file decodes with."""
    try:
        with _opened(path) as stream:
            probe = stream.read(PROBE_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
    if probe.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(path, "is UTF-16; save it as UTF-8 or GB18030", "是 UTF-16 编码,请另存为 UTF-8 或 GB18030")
    for encoding in ENCODINGS:
        try:
            probe.decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(probe) - 4 or len(probe) < PROBE_BYTES:
                continue  # else the probe ended inside a character
        if encoding == "gb18030" and not _looks_chinese(probe):
            break
        return encoding
    _refuse_damaged_utf8(path, probe)
    raise _refused(
        path,
        'is neither UTF-8 nor GB18030; write encoding = "…" for it in the mapping, or save it as UTF-8',
        "既不是 UTF-8 也不是 GB18030 编码,请在映射文件中写明 encoding,或另存为 UTF-8",
    )


def _looks_chinese(text: bytes) -> bool:
    """Return whether the two-byte characters of a text are those of Chinese writing, not of chance."""
    pairs = re.findall(rb"[\x81-\xfe](?:[\x40-\x7e\x80-\xfe]|[0-9][\x81-\xfe][0-9])", text)
    return sum(pair[1] < 0x80 for pair in pairs if len(pair) == 2) <= MOST_SHORT * len(pairs)


def _refuse_damaged_utf8(path: Path, text: bytes) -> None:
    """Raise when a text is UTF-8 but for a few bytes, naming the first line that is not."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        good = sum(byte >= 0xC0 for byte in text)
        bad = text.decode("utf-8", "replace").count("\ufffd")
        if bad <= max(1, good // 20):
            line = text[: error.start].count(b"\n") + 1
            raise _refused(
                path,
                f"is UTF-8 with damaged characters, the first in line {line} (byte {text[error.start]:#04x}); save it again",
                f"是 UTF-8 编码但有损坏的字符,首处在第 {line} 行(字节 {text[error.start]:#04x}),请重新保存",
            ) from error


def _delimited(path: Path, rule: FileRule, delimiter: str, size: int) -> Iterator[Batch]:
    encoding = rule.encoding or detected_encoding(path)
    uneven: list[tuple[int | None, str]] = []

    def keep(row: pacsv.InvalidRow) -> str:
        uneven.append((row.number, row.text))
        return "skip"

    try:
        with _opened(path) as stream:
            names = _heading(path, encoding, delimiter, rule.skip_rows)
            reader = pacsv.open_csv(
                stream,
                read_options=pacsv.ReadOptions(block_size=16 << 20, encoding=encoding, skip_rows=rule.skip_rows),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
                ),
            )
            first = FIRST_DATA_ROW + rule.skip_rows
            for record_batch in reader:
                for part in _parts(pa.Table.from_batches([record_batch]), size):
                    yield _text_batch(part, first)
                    first += len(part)
            if uneven:
                yield _uneven_batch(uneven, names, delimiter)
    except pa.ArrowInvalid as error:
        raise _unreadable(path, encoding, rule, error) from error
    except (LookupError, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise _unreadable(path, encoding, rule, error) from error


def _unreadable(path: Path, encoding: str, rule: FileRule, error: Exception) -> ImportRefused:
    if "UTF8" in str(error) or isinstance(error, (LookupError, UnicodeError)):
        _refuse_other_encoding(path, encoding)
        return _refused(
            path,
            f"can't be read as {encoding}: {error}; write the right encoding in the mapping, or save it again",
            f"无法按 {encoding} 读取:{error}。请在映射文件中写明正确编码,或重新保存该文件",
        )
    if isinstance(error, (EOFError, gzip.BadGzipFile)) or path.suffix == ".gz":
        return _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出")
    return _refused(path, f"can't be read as a table: {error}", f"无法按表格读取:{error}")


def _refuse_other_encoding(path: Path, encoding: str) -> None:
    """Raise naming the encoding that a text is in when the mapping says another."""
    found = detected_encoding(path)
    if found != encoding.lower():
        raise _refused(
            path,
            f"is not {encoding}; it reads as {found}: correct encoding in the mapping",
            f"不是 {encoding} 编码,按 {found} 可读,请更正映射中的 encoding",
        )


def _uneven_batch(uneven: list[tuple[int | None, str]], names: list[str], delimiter: str) -> Batch:
    """Return rows that have more or fewer cells than the heading, as far as they have them, each with its fault."""
    lines = [next(csv.reader([text], delimiter=delimiter), []) for _, text in uneven]
    cells = [[*line[: len(names)], *[None] * (len(names) - len(line))] for line in lines]
    frame = pd.DataFrame(cells, columns=_column_names(names), dtype="str")
    frame[FAULT] = [f"{len(line)}/{len(names)}" for line in lines]
    numbers = [0 if number is None else number for number, _ in uneven]
    return Batch(frame, pd.Series(numbers, dtype="int64"))


def _heading(path: Path, encoding: str, delimiter: str, skip: int) -> list[str]:
    with _opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
        lines = csv.reader(text, delimiter=delimiter)
        for _ in range(skip):
            next(lines, None)
        names = next(lines, [])
    if not any(name.strip() for name in names):
        raise _refused(path, "has no heading row", "没有标题行")
    return names


def _workbook(path: Path, rule: FileRule, size: int) -> Iterator[Batch]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book[rule.sheet] if rule.sheet else book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        for _ in range(rule.skip_rows):
            next(lines, None)
        names = [
            str(cell).strip() if cell is not None else f"column_{place}" for place, cell in enumerate(next(lines, ()))
        ]
    except KeyError as error:
        if rule.sheet is None or "in the archive" in str(error):
            raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
        raise _refused(path, f"has no sheet {rule.sheet!r}", f"没有工作表“{rule.sheet}”") from error
    except _DAMAGED as error:
        raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
    if not names:
        raise _refused(path, "has no heading row", "没有标题行")
    held: list[tuple] = []
    numbers: list[int] = []
    try:
        for number, line in enumerate(lines, start=FIRST_DATA_ROW + rule.skip_rows):
            if all(cell is None for cell in line):
                continue  # sheets often end in rows that only have a format
            held.append(line[: len(names)] + (None,) * (len(names) - len(line)))
            numbers.append(number)
            if len(held) == size:
                yield _sheet_batch(held, names, numbers)
                held, numbers = [], []
    except _DAMAGED as error:
        raise _refused(path, "is damaged or cut short; export it again", "已损坏或不完整,请重新导出") from error
    if held:
        yield _sheet_batch(held, names, numbers)


_DAMAGED = (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError, ValueError)
"""What a workbook that was cut short or is none may raise."""


def _sheet_batch(lines: list[tuple], names: list[str], numbers: list[int]) -> Batch:
    frame = pd.DataFrame(lines, columns=names, dtype=object)
    text = frame.map(lambda cell: None if cell is None else _cell_text(cell)).astype("str")
    return Batch(text, pd.Series(numbers))


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _parquet(path: Path, size: int) -> Iterator[Batch]:
    try:
        file = pq.ParquetFile(path)
        if b"geo" in (file.schema_arrow.metadata or {}):
            yield _shaped_batch(gpd.read_parquet(path))
            return
        first = FIRST_DATA_ROW
        for record_batch in file.iter_batches(batch_size=size):
            yield _text_batch(pa.Table.from_batches([record_batch]), first)
            first += len(record_batch)
    except (pa.ArrowInvalid, OSError) as error:
        raise _refused(
            path, "is damaged or not Parquet; export it again", "已损坏或不是 Parquet 文件,请重新导出"
        ) from error


def _vector(path: Path, rule: FileRule) -> Iterator[Batch]:
    try:
        source = io.BytesIO(gzip.decompress(path.read_bytes())) if path.suffix == ".gz" else path
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # several layers and odd dates are no concern of the reader of the report
            shapes = pyogrio.read_dataframe(source, layer=rule.sheet, encoding=rule.encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError) as error:
        raise _refused(path, f"can't be read as a map file: {error}", f"无法按地图文件读取:{error}") from error
    except (gzip.BadGzipFile, EOFError, ValueError, RuntimeError) as error:
        raise _refused(path, f"can't be read as a map file: {error}", f"无法按地图文件读取:{error}") from error
    if not isinstance(shapes, gpd.GeoDataFrame):
        raise _refused(path, "has no shapes", "没有几何图形")
    yield _shaped_batch(shapes)


def _shaped_batch(shapes: gpd.GeoDataFrame) -> Batch:
    table = pa.Table.from_pandas(pd.DataFrame(shapes.drop(columns=shapes.geometry.name)), preserve_index=False)
    batch = _text_batch(table, FIRST_DATA_ROW)
    batch.shapes = gpd.GeoSeries(shapes.geometry.reset_index(drop=True))
    return batch


def _text_batch(table: pa.Table, first: int) -> Batch:
    """Return cells as pandas columns: text stays text, numbers and times keep their type (whole ones lose no digit)."""
    frame = table.to_pandas(types_mapper=_KEPT_TYPES.get, date_as_object=False)
    frame.columns = _column_names(table.column_names)
    return Batch(frame, pd.Series(range(first, first + len(frame))))


def _column_names(names: list[str]) -> list[str]:
    """Return trimmed names; a column without one is called by its place."""
    return [name.lstrip("\ufeff").strip() or f"column_{place}" for place, name in enumerate(names)]


_KEPT_TYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def _parts(table: pa.Table, size: int) -> Iterator[pa.Table]:
    for start in range(0, len(table), size):
        yield table.slice(start, size)


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _format_of(path: Path) -> str:
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return _FORMATS.get(suffix.lower(), suffix)


def _refused(path: Path, english: str, chinese: str) -> ImportRefused:
    return ImportRefused(f"{path.name} {english}.", f"{path.name} {chinese}。", file=path.name)
