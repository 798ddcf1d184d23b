"""Read map files: GeoJSON, GeoPackage, Shapefile."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj

from data_access.importing.coordinates import STORED, outside_degrees, to_stored
from data_access.importing.mapping import FileRule
from data_access.importing.readers.common import (
    BLOCK_BYTES,
    FIRST_DATA_ROW,
    Batch,
    opened,
    refuse_too_large,
    refused,
    text_batch,
)
from data_access.importing.readers.encodings import ENCODINGS, looks_chinese

SAME_PLACE_DEGREES = 0.02
"""Up to this two systems say the same of a place: datums differ by hundreds of metres, GCJ-02 and BD-09 by a kilometre."""
_PACKED = (".shp", ".gpkg", ".geojson", ".json")


def vector_batches(path: Path, rule: FileRule) -> Iterator[Batch]:
    """Yield all rows of one layer: the one the mapping names, else the first."""
    _refuse_without_table(path)
    try:
        source = _source(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # several layers and odd dates are no concern of the reader of the report
            layers = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
            if rule.sheet is not None and rule.sheet not in layers:
                found = ", ".join(layers)
                raise refused(
                    path, f"has no layer {rule.sheet!r}; it has {found}", f"没有图层“{rule.sheet}”，现有：{found}"
                )
            encoding = rule.encoding or _table_encoding(path)
            shapes = pyogrio.read_dataframe(source, layer=rule.sheet, encoding=encoding, on_invalid="ignore")
    except UnicodeDecodeError as error:
        raise refused(
            path,
            'has texts in another encoding than it says; write encoding = "gb18030" (or what it is) in the mapping',
            '的文字编码与声明不符，请在映射文件中写明 encoding，如 encoding = "gb18030"',
        ) from error
    except (
        *(pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError),
        *(gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError),
    ) as error:
        reason = str(error).replace(f"{path.parent}/", "").partition(";")[0].rstrip(".")
        raise refused(
            path,
            f"can't be read as a map file ({reason}); export it again, a Shapefile with its .shp, .shx and .dbf",
            f"无法按地图文件读取（{reason}），请重新导出；Shapefile 须同时有 .shp、.shx 和 .dbf",
        ) from error
    has_shapes = isinstance(shapes, gpd.GeoDataFrame)
    if rule.sheet is None and len(layers) > 1 and not (has_shapes and len(shapes)):
        lacks, lacks_zh = ("rows", "数据") if has_shapes else ("shapes", "几何图形")
        others = ", ".join(layers[1:])
        raise refused(
            path,
            f"has no {lacks} in its first layer {layers[0]!r}; write sheet = the one that has them ({others}) in the mapping",
            f"的第一个图层“{layers[0]}”没有{lacks_zh}，请在映射中以 sheet 写明所用图层（现有：{others}）",
        )
    if not has_shapes:
        raise refused(path, "has no shapes", "没有几何图形")
    _refuse_another_system(path, shapes, rule)
    yield shaped_batch(shapes)


def _refuse_without_table(path: Path) -> None:
    """Raise when a Shapefile lies there without the file that holds its columns."""
    table = path.with_suffix(".dbf").name
    if path.suffix.lower() == ".shp" and not any(each.name.lower() == table.lower() for each in path.parent.iterdir()):
        raise refused(
            path,
            f"lacks {table}, which holds its columns; put it into the same folder",
            f"缺少存放属性列的 {table}，请放入同一文件夹",
        )


def _refuse_another_system(path: Path, shapes: gpd.GeoDataFrame, rule: FileRule) -> None:
    """Raise when the file itself names a coordinate system by which it lies elsewhere than by the mapping's.

    A GeoJSON that names none counts as WGS84 to the library, which says nothing; GCJ-02 and BD-09 have no name in map
    files, and lie near what such files call WGS84.
    """
    named = shapes.crs
    silent = named is None or (named.to_epsg() == 4326 and path.suffix.lower() in (".json", ".geojson"))
    west, south, east, north = shapes.total_bounds
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    if silent or rule.crs is None or not np.isfinite(middle).all():
        return
    by_mapping = np.array(to_stored(*middle, rule.crs))
    by_file = np.array(pyproj.Transformer.from_crs(named, STORED, always_xy=True).transform(*middle))
    is_on_earth = not outside_degrees(*by_mapping).any()  # else it is said of each row
    if is_on_earth and not (np.abs(by_mapping - by_file) < SAME_PLACE_DEGREES).all():
        raise refused(
            path,
            f"says that its coordinates are {named.name}, the mapping says {rule.crs}: elsewhere on earth; correct crs "
            "in the mapping, or what the file says of itself (a Shapefile's .prj)",
            f"自述坐标系为 {named.name}，映射文件写的是 {rule.crs}，两者相差甚远；请更正映射文件的 crs，"
            "或文件自述的坐标系（Shapefile 为 .prj）",
        )


def shaped_batch(shapes: gpd.GeoDataFrame) -> Batch:
    """Return the rows of a table with shapes."""
    table = pa.Table.from_pandas(pd.DataFrame(shapes.drop(columns=shapes.geometry.name)), preserve_index=False)
    batch = text_batch(table, FIRST_DATA_ROW)
    batch.shapes = gpd.GeoSeries(shapes.geometry.reset_index(drop=True))
    return batch


def _source(path: Path) -> Path | str | io.BytesIO:
    """Return what the map library opens: the file, its unpacked bytes, or the map file within an archive."""
    if path.suffix.lower() == ".gz":
        content = bytearray()
        with opened(path) as stream:
            while block := stream.read(BLOCK_BYTES):
                content += block
                refuse_too_large(path, len(content))
        return io.BytesIO(content)
    if path.suffix.lower() != ".zip":
        return path
    with zipfile.ZipFile(path) as archive:
        refuse_too_large(path, sum(part.file_size for part in archive.infolist()))
        inner = [name for name in archive.namelist() if name.lower().endswith(_PACKED) and "__MACOSX" not in name]
    if not inner:
        raise refused(path, "holds no map file; unpack it and import what is in it", "中没有地图文件，请解压后导入")
    return f"zip://{path}!{inner[0]}"


def _table_encoding(path: Path) -> str | None:
    """Return the encoding of a Shapefile's table that doesn't say (no .cpg): UTF-8 or GB18030, where it reads as one."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return None
    content = table.read_bytes()
    cells = content[int.from_bytes(content[8:10], "little") :]
    for encoding in ENCODINGS:
        try:
            cells.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or looks_chinese(cells):
            return encoding
    return None
