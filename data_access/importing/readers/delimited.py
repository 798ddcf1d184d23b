"""Read text files: rows by Arrow; row by row where a quotation mark is left open, so that only that row is lost."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule
from data_access.importing.readers.common import (
    BLOCK_BYTES,
    FAULT_COLUMNS,
    Batch,
    column_names,
    damaged,
    joined_heading,
    line_too_long,
    opened,
    refused,
    text_batch,
    text_lines,
)
from data_access.importing.readers.encodings import detected_encoding, refuse_other_encoding

MOST_LINES = 1000
"""A quoted cell that is longer is one whose quotation mark was left open."""
csv.field_size_limit(1 << 30)


def delimited_batches(path: Path, rule: FileRule, delimiter: str, size: int) -> Iterator[Batch]:
    """Yield the rows of a text file with their true row numbers."""
    encoding = rule.encoding or detected_encoding(path)
    told = _told_separator(path, encoding)
    if told is None:
        yield from _batches(path, rule, encoding, delimiter, size)
        return
    for batch in _batches(
        path, rule.model_copy(update={"skip_rows": rule.skip_rows + 1}), encoding, rule.delimiter or told, size
    ):
        batch.numbers -= 1  # a spreadsheet doesn't show that line
        yield batch


def _told_separator(path: Path, encoding: str) -> str | None:
    """Return the sign between cells where the first line of a file tells it to spreadsheets."""
    with opened(path) as stream:
        start = stream.read(64).decode(_python_encoding(encoding), "ignore")
    found = re.match(r'"?sep=(.)"?\r?\n', start, re.IGNORECASE)
    return found[1] if found else None


def _batches(path: Path, rule: FileRule, encoding: str, delimiter: str, size: int) -> Iterator[Batch]:
    try:
        names = _heading(path, encoding, delimiter, rule)
        if _quotes_close(path, encoding, delimiter):
            yield from _by_arrow(path, rule, encoding, delimiter, names, size)
        else:
            yield from _row_by_row(path, rule, encoding, delimiter, names, size)
    except (pa.ArrowInvalid, LookupError, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise _unreadable(path, encoding, error) from error


def _by_arrow(
    path: Path, rule: FileRule, encoding: str, delimiter: str, names: list[str], size: int
) -> Iterator[Batch]:
    uneven: list[tuple[int, str]] = []

    def keep(row: pacsv.InvalidRow) -> str:
        uneven.append((int(row.number or 0), row.text))
        return "skip"

    # Arrow reads a heading of one row itself, also where a cell of it has several lines.
    own_names = {} if rule.heading_rows == 1 else {"column_names": names, "skip_rows_after_names": rule.heading_rows}
    with opened(path) as stream:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(
                block_size=BLOCK_BYTES,
                encoding=encoding,
                skip_rows=rule.skip_rows,
                use_threads=False,
                **own_names,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
            ),
        )
        first = rule.skip_rows + rule.heading_rows + 1
        for record_batch in reader:
            skipped = [number for number, _ in uneven]
            numbers = np.arange(first, first + len(record_batch) + len(skipped))
            numbers = np.setdiff1d(numbers, skipped) if skipped else numbers
            numbers = numbers[: len(record_batch)]
            first = int(numbers[-1]) + 1 if len(numbers) else first
            table = pa.Table.from_batches([record_batch])
            for start in range(0, len(table), size):
                batch = text_batch(table.slice(start, size), first)
                batch.numbers = pd.Series(numbers[start : start + size])
                yield batch
        if uneven:
            cells = [next(csv.reader([text], delimiter=delimiter), []) for _, text in uneven]
            counts = [f"{len(line)}/{len(names)}" for line in cells]
            faults: list[tuple[str, str, str] | None] = [
                ("ragged", names[min(len(line), len(names)) - 1], text)
                for line, text in zip(cells, counts, strict=True)
            ]
            yield _own_batch(names, cells, [number for number, _ in uneven], faults)


def _quotes_close(path: Path, encoding: str, delimiter: str) -> bool:
    """Return whether every quotation mark that opens a cell is closed at the end of it."""
    with opened(path) as stream:
        if not any(b'"' in block for block in iter(lambda: stream.read(BLOCK_BYTES), b"")):
            return True
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding=_python_encoding(encoding), newline="")
        try:
            deque(csv.reader(text_lines(path, text), delimiter=delimiter, strict=True), maxlen=0)
        except csv.Error:
            return False
    return True


def _row_by_row(
    path: Path, rule: FileRule, encoding: str, delimiter: str, names: list[str], size: int
) -> Iterator[Batch]:
    """Yield rows, those whose quotation mark is left open by themselves and with their fault."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding=_python_encoding(encoding), newline=None)
        lines = text_lines(path, text)
        for _ in range(rule.skip_rows):
            next(lines, None)
        rows = _records(lines, len(names), delimiter, rule.skip_rows)
        for _, heading, fault in islice(rows, rule.heading_rows):
            if fault is not None:
                raise _open_heading(path, heading)
        while held := list(islice(rows, size)):
            faults = [
                None if fault is None else (fault[0], names[min(len(cells), len(names)) - 1], fault[1])
                for _, cells, fault in held
            ]
            yield _own_batch(names, [cells for _, cells, _ in held], [number for number, _, _ in held], faults)


def _records(
    lines: Iterator[str], width: int, delimiter: str, skipped: int
) -> Iterator[tuple[int, list[str], tuple[str, str] | None]]:
    """Yield row number, cells and fault (reason, value); a row that never ends is the first line of what it would take."""
    ahead: deque[str] = deque()
    number, line = skipped, skipped
    while True:
        ahead.extend(islice(lines, MOST_LINES - len(ahead)))
        if not ahead:
            return
        number += 1
        reader = csv.reader(iter(ahead), delimiter=delimiter, strict=True)
        try:
            cells = next(reader)
            used = reader.line_num
            whole = used == 1 or len(cells) == width
        except csv.Error:
            whole = False
        fault = None
        if not whole:
            used = 1
            cells = next(csv.reader([ahead[0]], delimiter=delimiter))
            if _left_open(ahead[0], delimiter):
                fault = ("unclosed_quote", str(line + 1))
        if fault is None and cells and len(cells) != width:
            fault = ("ragged", f"{len(cells)}/{width}")
        yield number, cells, fault
        line += used
        for _ in range(used):
            ahead.popleft()


def _left_open(line: str, delimiter: str) -> bool:
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _own_batch(
    names: list[str], lines: list[list[str]], numbers: list[int], faults: list[tuple[str, str, str] | None]
) -> Batch:
    """Return rows as far as they have cells, each with its fault where it has one."""
    cells = [[*(cell or None for cell in line[: len(names)]), *[None] * (len(names) - len(line))] for line in lines]
    frame = pd.DataFrame(cells, columns=column_names(names), dtype="str")
    if any(faults):
        for place, name in enumerate(FAULT_COLUMNS):
            frame[name] = pd.Series([fault[place] if fault else None for fault in faults], dtype="str")
    return Batch(frame, pd.Series(numbers, dtype="int64"))


def _heading(path: Path, encoding: str, delimiter: str, rule: FileRule) -> list[str]:
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding=_python_encoding(encoding), newline="")
        lines = csv.reader(text_lines(path, text), delimiter=delimiter)
        for _ in range(rule.skip_rows):
            next(lines, None)
        heading = list(islice(lines, rule.heading_rows))
        names = joined_heading(heading) if len(heading) > 1 else next(iter(heading), [])
        if not any(name.strip() for name in names):
            raise refused(
                path,
                f"has no heading in row {rule.skip_rows + 1}; delete the blank rows above it, or write skip_rows in the mapping",
                f"第 {rule.skip_rows + 1} 行没有标题，请删去上方空行，或在映射中写明 skip_rows",
            )
        if next(lines, None) is None:
            if any("\n" in name for name in names):
                raise _open_heading(path, names)
            raise refused(path, "has a heading but no rows", "只有标题行，没有数据")
    return names


def _open_heading(path: Path, names: list[str]) -> ImportRefused:
    last = names[-1].partition(",")[0].strip()
    return refused(
        path,
        f"has a heading whose quotation mark is not closed, at {last!r}; close it",
        f"的标题行引号未闭合（“{last}”处），请补上引号",
    )


def _python_encoding(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _unreadable(path: Path, encoding: str, error: Exception) -> ImportRefused:
    if "straddling" in str(error):
        return line_too_long(path)
    if "UTF8" in str(error) or isinstance(error, (LookupError, UnicodeError)):
        refuse_other_encoding(path, encoding)
        return refused(
            path,
            f"can't be read as {encoding}: {error}; write the right encoding in the mapping, or save it again",
            f"无法按 {encoding} 读取：{error}。请在映射文件中写明正确编码，或重新保存该文件",
        )
    if isinstance(error, (EOFError, gzip.BadGzipFile)) or path.suffix.lower() == ".gz":
        return damaged(path)
    return refused(path, f"can't be read as a table: {error}", f"无法按表格读取：{error}")
