"""Small files that unpack to something huge: refused in one sentence, with little memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data_access.errors import ImportRefused
from data_access.importing.run import import_files
from tests.conftest import REPOSITORY

MAPPING = """
name = "bombs"
[[file]]
match = "*"
crs = "EPSG:4326"
[[file.target]]
table = "population"
source = "police"
[file.target.columns]
region_code = { column = "region" }
year = { column = "year" }
population = { column = "people" }
"""
MEBIBYTE = 1 << 20
MOST_MEMORY = 400 * MEBIBYTE
"""That an import of a bomb may take beyond what starting it takes; the bombs hold more."""


def _gzip(path: Path, start: bytes, filling: bytes, end: bytes, times: int = 32) -> None:
    """Write a packed file of ``times`` × 32 MiB; its parts are packed once and written again and again."""
    part = gzip.compress(filling * (32 * MEBIBYTE // len(filling)), 9)
    path.write_bytes(gzip.compress(start) + part * times + gzip.compress(end))


def _zip(path: Path, inner: str, start: bytes, filling: bytes, end: bytes, mebibytes: int = 600) -> None:
    block = filling * (MEBIBYTE // len(filling))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open(inner, "w") as part:
        part.write(start)
        for _ in range(mebibytes):
            part.write(block)
        part.write(end)


def many_rows(folder: Path) -> Path:
    _gzip(folder / "rows.csv.gz", b"region,year,people\n", b"970100000000,2024,1000000000000\n", b"")
    return folder / "rows.csv.gz"


def one_line(folder: Path) -> Path:
    _gzip(folder / "line.csv.gz", b"", b"region_y", b"\n1,2,3\n")
    return folder / "line.csv.gz"


def one_cell(folder: Path) -> Path:
    _gzip(folder / "cell.csv.gz", b'region,year,people\n970100000000,2024,"', b"11111111", b'"\n')
    return folder / "cell.csv.gz"


def packed_shapes(folder: Path) -> Path:
    _gzip(folder / "shapes.geojson.gz", b'{"type": "FeatureCollection", "features": [', b" ", b"]}")
    return folder / "shapes.geojson.gz"


def zipped_shapes(folder: Path) -> Path:
    _zip(folder / "shapes.zip", "shapes.shp", b"\x00\x00\x27\x0a", b"\0", b"")
    return folder / "shapes.zip"


def _workbook(path: Path, sheet: str) -> None:
    import pandas as pd

    pd.DataFrame({"region": ["970100000000"], "year": [2024], "people": [1]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist() if part.filename != sheet}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def wide_sheet(folder: Path) -> Path:
    path, sheet = folder / "sheet.xlsx", "xl/worksheets/sheet1.xml"
    _workbook(path, sheet)
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    _zip(path, sheet, start, b"<row/>  ", b"</sheetData></worksheet>")
    return path


def long_string(folder: Path) -> Path:
    path, strings = folder / "strings.xlsx", "xl/sharedStrings.xml"
    _workbook(path, strings)
    start = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
    _zip(path, strings, start, b"region  ", b"</t></si></sst>")
    return path


def _pointers(path: Path, keep_type: bool) -> Path:
    """Write a hundred thousand rows that point to one cell of a MiB."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 100_000
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * MEBIBYTE]))
    table = pa.table({"region": cells, "year": [2024] * rows, "people": [1] * rows})
    pq.write_table(table, path, compression="zstd", store_schema=keep_type, dictionary_pagesize_limit=4 * MEBIBYTE)
    return path


def pointers(folder: Path) -> Path:
    return _pointers(folder / "pointers.parquet", keep_type=False)


def categories(folder: Path) -> Path:
    return _pointers(folder / "categories.parquet", keep_type=True)


BOMBS = [pointers, categories, many_rows, one_line, one_cell, packed_shapes, zipped_shapes, wide_sheet, long_string]
ONE_LINE = (one_line, one_cell)
PEAK = """
import sys
from pathlib import Path
from data_access.errors import ImportRefused
from benchmarks.instruments.processes import peak_mb
from data_access.home import Home
from data_access.importing.run import import_files
import data_access.importing.readers.vector
before = peak_mb()
try:
    import_files(Home(Path(sys.argv[1])), Path(sys.argv[2]), [Path(sys.argv[3])])
except ImportRefused as refused:
    print(peak_mb() - before, refused.message("en"))
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "bombs.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "bombs.toml"


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_unpacks_to_gigabytes_is_refused_with_little_memory(
    home, rules, tmp_path, bomb: Callable[[Path], Path]
):
    path = bomb(tmp_path)
    assert path.stat().st_size < 16 * MEBIBYTE
    command = [sys.executable, "-c", PEAK, str(home.path), str(rules), str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    mebibytes, _, said = done.stdout.partition(" ")
    reason = "has a line of more than 16 MiB" if bomb in ONE_LINE else "unpacks to more than 200 times its size"
    assert said.startswith(f"{path.name} {reason}"), done.stdout + done.stderr
    assert float(mebibytes) * MEBIBYTE < MOST_MEMORY


def test_a_text_whose_line_ends_were_lost_is_refused_however_it_is_packed(home, rules, tmp_path):
    noise = bytes(range(97, 123)) * (20 * MEBIBYTE // 26)
    for start in (b"region,year,people\n", b"", b'region,year,people\n"a",1,'):
        path = tmp_path / "line.csv"
        path.write_bytes(start + noise + b"\n1,2,3\n")
        with pytest.raises(ImportRefused, match="line of more than 16 MiB"):
            import_files(home, rules, [path])


def test_a_workbook_too_large_to_be_read_is_refused_though_it_packs_badly(home, rules, tmp_path, monkeypatch):
    from data_access.importing.readers import common

    settings = common.import_settings().model_copy(update={"most_unpacked_mib": 1})
    monkeypatch.setattr(common, "import_settings", lambda: settings)
    path = tmp_path / "sheet.xlsx"
    _workbook(path, "")
    _zip(path, "xl/media/image.png", b"", b"picture ", b"", mebibytes=2)
    with pytest.raises(ImportRefused, match="more than 1 MiB; export it in parts"):
        import_files(home, rules, [path])


def test_what_packs_well_is_read(home, rules, tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(
        gzip.compress(b"region,year,people\n" + b"970100000000,2024,1000000000000\n" * 400_000)
    )
    assert import_files(home, rules, [tmp_path / "rows.csv.gz"]).targets[0].read == 400_000
