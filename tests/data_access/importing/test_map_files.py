"""Map files that lack a part, hold several layers, or say nothing: one message each, with the file's own name and no folder."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data_access.errors import ImportRefused
from data_access.importing.mapping import FileRule, Target
from data_access.importing.readers import read_batches

SHAPES = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(117, 32, 118, 33)], crs=4326)


def rows_of(path: Path, **keys):
    rule = FileRule.model_construct(match="*", target=(Target.model_construct(),), crs="EPSG:4326", **keys)
    return next(read_batches(path, rule, 1000)).rows


def said_of(path: Path, **keys) -> str:
    with pytest.raises(ImportRefused) as refusal:
        rows_of(path, **keys)
    assert str(path.parent) not in refusal.value.english + refusal.value.chinese
    assert path.name in refusal.value.english and path.name in refusal.value.chinese
    return refusal.value.english


@pytest.mark.parametrize("content", [b"", b"broken", None])
def test_a_broken_or_missing_index_of_a_shapefile_is_named_without_its_folder(tmp_path, content):
    SHAPES.to_file(tmp_path / "areas.shp")
    index = tmp_path / "areas.shx"
    index.unlink() if content is None else index.write_bytes(content)
    assert ".shx" in said_of(tmp_path / "areas.shp")


@pytest.mark.parametrize("ending", [".dbf", ".DBF"])
def test_a_shapefile_without_its_table_is_named_with_what_it_lacks(tmp_path, ending):
    SHAPES.to_file(tmp_path / "areas.shp")
    table = (tmp_path / "areas.dbf").rename(tmp_path / f"areas{ending}")
    assert rows_of(tmp_path / "areas.shp")["code"].tolist() == ["1"]
    table.unlink()
    assert "areas.dbf" in said_of(tmp_path / "areas.shp")


def test_a_geopackage_whose_first_layer_is_empty_is_told_of_the_others(tmp_path):
    path = tmp_path / "areas.gpkg"
    SHAPES.iloc[:0].to_file(path, layer="empty")
    SHAPES.to_file(path, layer="counties")
    assert "no rows in its first layer 'empty'" in said_of(path) and "(counties)" in said_of(path)
    assert len(rows_of(path, sheet="counties")) == 1


def test_a_map_file_without_rows_says_so(tmp_path):
    SHAPES.iloc[:0].to_file(tmp_path / "areas.gpkg", layer="empty")
    assert "no rows" in said_of(tmp_path / "areas.gpkg")
