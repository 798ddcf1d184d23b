"""A mapping with a mistake is refused by the place of the mistake, in either language, before a row is read."""

from __future__ import annotations

import pytest

from data_access.errors import ConfigError
from data_access.importing.mapping import load_mapping

MAPPING = """
name = "counts"
[[file]]
match = "*.csv"
[[file.target]]
table = "reported_count"
source = "office"
[file.target.columns]
source_id = { column = "id" }
period_start = { column = "month" }
grain = { value = "month" }
measure = { value = "volunteers" }
value = { column = "n" }
[file.target.region]
code = { column = "code" }
"""
COUNT = "value = { column"
TARGET = "file[1].target[1]"


@pytest.mark.parametrize(
    ("right", "wrong", "english", "chinese"),
    [
        ("target.columns]", "target.colums]", f"{TARGET}.colums: is no key here (columns?)", "是否应为 columns"),
        (COUNT, "value = { colunm", f"{TARGET}.columns.value.colunm: is no key here (column?)", "不是此处可用的键"),
        (COUNT, "values = { column", "has no columns ['values']; it has source, source_id", "没有列 values，现有：source"),
        ('source = "office"\n', "", f"{TARGET}.source: is missing", f"{TARGET}.source：缺少此键"),
        ('"*.csv"', '"*.csv"\nskip_rows = "two"', "file[1].skip_rows: should be a whole number, not 'two'", "应为整数，现为“two”"),
        ('"*.csv"', '"*.csv"\nformat = "xls"', "should be 'csv', 'tsv'", "现为“xls”"),
        ("[[file]]", "[file]", "file: should be a list in brackets", "应为方括号列表"),
        ('"counts"', "counts", "line 2, column 8", "第 2 行第 8 列不符合 TOML 写法"),
        ('code = { column = "code" }', 'point = { lon = "x", lat = "y" }', "crs: is missing: write EPSG:number", "（坐标系）：请写明"),
        ('"id" }', '"id", time_zone = "Peking" }', "write one like 'Asia/Shanghai'", "无法识别，请按“Asia/Shanghai”"),
        ('{ column = "id" }', '{ column = "id", value = 1 }', "give exactly one of", "须且只能写一个"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_place(tmp_path, right, wrong, english, chinese):
    assert right in MAPPING
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_mapping(path)
    assert english in refused.value.english and chinese in refused.value.chinese
    assert path.name in refused.value.english and path.name in refused.value.chinese
    assert "Tuple" not in refused.value.english, "what follows from a mistake is none of its own"
