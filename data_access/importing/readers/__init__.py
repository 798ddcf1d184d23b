"""Read files in batches of text columns, whatever their format; say plainly when one can't be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule
from data_access.importing.quarantine import REASON_COLUMNS, ROW_COLUMN, SHAPE_COLUMN
from data_access.importing.readers.common import FAULT, FAULT_COLUMN, FAULT_COLUMNS, FAULT_VALUE, Batch, refused
from data_access.importing.readers.delimited import delimited_batches
from data_access.importing.readers.tables import parquet_batches, workbook_batches
from data_access.importing.readers.vector import vector_batches

__all__ = ["FAULT", "FAULT_COLUMN", "FAULT_COLUMNS", "FAULT_VALUE", "Batch", "read_batches", "refuse_no_file"]

X, Y = "geometry.x", "geometry.y"
"""Columns that hold the coordinates of a file of points."""

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
_PACKABLE = (".csv", ".tsv", ".txt", ".geojson", ".json")
_DISGUISES = {
    b"PK\x03\x04": ("a workbook or archive", "工作簿或压缩包", ("xlsx", "vector")),
    b"\xd0\xcf\x11\xe0": (
        "an old .xls workbook or one with a password; save it as .xlsx without a password",
        "旧版 .xls 或加密的工作簿，请另存为不加密的 .xlsx",
        (),
    ),
    b"%PDF": ("a PDF", "PDF 文件", ()),
    b"PAR1": ("a Parquet file", "Parquet 文件", ("parquet",)),
    b"<!DO": ("a web page, probably an error message", "网页（可能是下载出错的提示页）", ()),
    b"<htm": ("a web page, probably an error message", "网页（可能是下载出错的提示页）", ()),
}
"""What files really are by their first bytes, and the formats that they may have."""


def read_batches(path: Path, rule: FileRule, size: int) -> Iterator[Batch]:
    """Yield the rows of ``path``.

    Raises
    ------
    ImportRefused
        When the file is empty, damaged, of an unknown format or in another encoding; the message names it.
    """
    if path.stat().st_size == 0:
        raise refused(path, "is empty (0 bytes); ask for it again", "是空文件（0字节），请重新获取")
    kind = rule.format or _format_of(path)
    _refuse_disguised(path, kind)
    if kind in ("csv", "tsv"):
        batches = delimited_batches(path, rule, rule.delimiter or ("\t" if kind == "tsv" else ","), size)
    elif kind == "xlsx":
        batches = workbook_batches(path, rule, size)
    elif kind == "parquet":
        batches = parquet_batches(path, size)
    elif kind == "vector":
        batches = vector_batches(path, rule)
    else:
        known = ", ".join(_FORMATS)
        raise refused(
            path,
            f"has a format that is not known ({kind or 'no ending'}); known are {known}",
            f"格式无法识别（{kind or '无扩展名'}），可用：{known}",
        )
    nothing = True
    above: dict[str, str] = {}
    for batch in batches:
        batch = _finished(path, rule, batch)
        batch.rows = _filled_down(path, rule, batch.rows, above)
        if len(batch.rows):
            nothing = False
            yield batch
    if nothing:
        raise refused(path, "has a heading but no rows", "只有标题行，没有数据")


def refuse_no_file(path: Path) -> None:
    """Raise when there is no file to read at ``path``."""
    if path.is_file():
        if os.access(path, os.R_OK):
            return
        english, chinese = "may not be read by this user; change its permissions", "无读取权限，请调整文件权限"
    elif path.is_dir():
        english = "is a folder; name its files, or use build --data for all of them"
        chinese = "是文件夹，请指定其中的文件，或用 build --data 导入整个文件夹"
    elif path.exists():
        english, chinese = "is no ordinary file", "不是普通文件"
    else:
        english, chinese = "does not exist; check its name", "不存在，请核对文件名"
    raise ImportRefused(f"{path} {english}.", f"{path} {chinese}。", file=str(path))


def _finished(path: Path, rule: FileRule, batch: Batch) -> Batch:
    """Return a batch without blank rows and the columns that a quarantine file adds, with original row numbers, and shapes."""
    rows = batch.rows
    repeated = rows.columns[rows.columns.duplicated()].tolist()
    if repeated:
        raise refused(path, f"has the column {repeated[0]!r} twice; rename one", f"有两个“{repeated[0]}”列，请改名")
    if batch.shapes is None and rows.shape[1] and rows.iloc[:, 0].isna().any():
        filled = ~rows.isna().all(axis=1).to_numpy()
        batch.rows = rows = rows[filled].reset_index(drop=True)
        batch.numbers = batch.numbers[filled].reset_index(drop=True)
    if ROW_COLUMN in rows:
        numbers = pd.to_numeric(rows[ROW_COLUMN], errors="coerce")
        batch.numbers = batch.numbers.where(numbers.isna(), numbers).astype("int64")
        batch.rows = rows = rows.drop(columns=[name for name in (ROW_COLUMN, *REASON_COLUMNS) if name in rows])
    for name in (SHAPE_COLUMN, rule.wkt):
        if name in rows:
            texts = rows[name].astype(object).where(rows[name].notna(), None)
            batch.shapes = gpd.GeoSeries(shapely.from_wkt(texts, on_invalid="ignore"))
            batch.rows = rows = rows.drop(columns=name)
    if batch.shapes is not None:
        points = batch.shapes.geom_type.eq("Point").to_numpy()
        if points.any():
            kept = batch.shapes.where(points)
            batch.rows = rows.assign(**{X: shapely.get_x(kept.to_numpy()), Y: shapely.get_y(kept.to_numpy())})
    return batch


def _filled_down(path: Path, rule: FileRule, rows: pd.DataFrame, above: dict[str, str]) -> pd.DataFrame:
    """Return rows with the cell ``above`` a blank one in the columns that are to be filled so; keep the last for the next."""
    for name in rule.fill_down:
        if name not in rows:
            found = ", ".join(map(str, rows.columns))
            raise refused(
                path,
                f"has no column {name!r} to fill down; it has {found}",
                f"没有要向下填充的列“{name}”，现有列：{found}",
            )
        cells = rows[name].ffill()
        if name in above:
            cells = cells.fillna(above[name])
        if cells.notna().any():
            above[name] = cells.iloc[-1]
        rows = rows.assign(**{name: cells})
    return rows


def _refuse_disguised(path: Path, kind: str) -> None:
    """Raise when a file is of another kind than its ending says."""
    with path.open("rb") as stream:
        start = stream.read(4)
    english, chinese, allowed = _DISGUISES.get(start, ("", "", (kind,)))
    if kind not in allowed and kind in _FORMATS.values():
        raise refused(path, f"is not what its ending says: it is {english}", f"与扩展名不符，实为{chinese}")


def _format_of(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        inner = Path(path.stem).suffix.lower()
        return _FORMATS[inner] if inner in _PACKABLE else f"{inner}.gz"
    return _FORMATS.get(suffix, suffix)
