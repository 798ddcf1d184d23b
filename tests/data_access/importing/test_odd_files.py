"""Files as offices really send them: open quotes, odd signs, disguised files; one clear message each, good rows stay."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_access.errors import ImportRefused
from data_access.importing import cells
from data_access.importing.run import import_files
from tests.data_access.importing.test_import import GOOD, csv, held, mapping

HEAD = "id,day,cause,dead,unit,region,lon,lat\n"
FIRST = "1,2024-01-05,家庭,1,一队,970101001001001,0.5,0.5\n"
SECOND = "2,2024-02-06,邻里,2,,,1.5,0.5\n"
THIRD = "3,2024-03-07,家庭,1,二队,970102000000,0.5,0.5\n"
OPEN = '2,2024-02-06,邻里,2,"abc,,1.5,0.5\n'
TWO_LINES = FIRST.replace("一队", '"一\n队"')


def written(tmp_path: Path, content: str | bytes, name: str = "cases.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def imported(home, tmp_path, path: Path, **keys):
    return import_files(home, mapping(tmp_path, **keys), [path]).targets[0]


@pytest.mark.parametrize(
    ("content", "row", "line"),
    [
        (HEAD + FIRST + OPEN + THIRD, 3, 3),
        (HEAD + FIRST + SECOND.replace("2,,,", '2,"abc,,') + THIRD.replace("二队", '"二队"'), 3, 3),
        (HEAD + TWO_LINES + OPEN + THIRD, 3, 4),
    ],
)
def test_an_open_quotation_mark_costs_its_own_row_only(home, tmp_path, content, row, line):
    report = imported(home, tmp_path, written(tmp_path, content))
    assert (report.read, report.added, report.quarantined) == (3, 2, 1)
    assert held(home)["source_id"].tolist() == ["1", "3"]
    assert report.problems[0][1].startswith(f"cases.csv 行 {row}: “unit”：第 {line} 行的引号没有闭合")
    assert report.problems[0][0].startswith(f"cases.csv row {row}: unit: the quotation mark opened in line {line}")


def test_an_open_quotation_mark_of_the_heading_is_named(home, tmp_path):
    with pytest.raises(ImportRefused, match="quotation mark is not closed, at 'unit'"):
        imported(home, tmp_path, written(tmp_path, HEAD.replace("unit", '"unit') + FIRST))


@pytest.mark.parametrize(
    ("before", "row"),
    [(TWO_LINES, 3), (FIRST + "2,2024-02-06\n", 4), (FIRST + "\n\n", 5), (FIRST + ",,,,,,,\n", 4)],
)
def test_rows_are_numbered_as_a_spreadsheet_shows_them(home, tmp_path, before, row):
    report = imported(home, tmp_path, written(tmp_path, HEAD + before + THIRD.replace("2024", "20x4")))
    assert report.problems[0][0].startswith(f"cases.csv row {row}: day = '20x4-03-07'")
    assert report.added == 1


def test_a_row_with_too_few_cells_is_named_by_its_row(home, tmp_path):
    report = imported(home, tmp_path, written(tmp_path, HEAD + FIRST + "2,2024-02-06,邻里\n" + THIRD))
    assert report.problems[0][0].startswith(
        "cases.csv row 3: the row has another number of cells than the heading: 3/8"
    )


def test_blank_rows_at_the_end_are_no_rows(home, tmp_path):
    report = imported(home, tmp_path, written(tmp_path, HEAD + FIRST + THIRD + ",,,,,,,\n\n\n"))
    assert (report.read, report.added, report.quarantined) == (2, 2, 0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dead": ["1", "1,5", "1"]}, "dead = '1,5' is not a number"),
        ({"dead": ["1", "99999999999999999999", "1"]}, "too large"),
        ({"unit": ["一队", "二\0队", ""]}, "holds a character that can't be shown"),
        ({"unit": ["一队", "长" * 5000, ""]}, "unit is longer than"),
        ({"id": ["1", " 合 计", "3"]}, "a row of totals is not imported"),
        ({"id": ["1", "小计：", "3"]}, "a row of totals is not imported"),
        (
            {"id": ["1", "", "3"], "day": ["2024-01-05", "", "2024-03-07"], "cause": ["家庭", "总计", "家庭"]},
            "'总计': a row",
        ),
        ({"day": ["2024-01-05", "45328.5", "2024-03-07"]}, 'write dates = ["excel_serial"]'),
        ({"day": ["2024-01-05", "113年3月5日", "2024-03-07"]}, "day = '113年3月5日' is not a date"),
    ],
)
def test_a_cell_that_would_count_wrongly_is_refused(home, tmp_path, changed, said):
    report = imported(home, tmp_path, csv(tmp_path, **changed))
    assert (report.added, report.quarantined) == (2, 1)
    assert report.problems[0][0].startswith("cases.csv row 3: ") and said in report.problems[0][0]


@pytest.mark.parametrize(
    ("changed", "column", "kept"),
    [
        ({"dead": ["1", "1,234", "1"]}, "victims", 1234),
        ({"dead": ["1", "\uff11\uff12", "1"]}, "victims", 12),
        ({"lon": ["0.5", "\uff11\uff0e\uff15", "0.5"]}, "lon", 1.5),
        ({"region": ["", "970101002000.0", ""]}, "region_code", "970101002000"),
        ({"day": ["2024-01-05", "2024年3月5日", "2024-03-07"]}, "occurred_on", pd.Timestamp("2024-03-05")),
        ({"day": ["2024-01-05", "2024/3/5 10:11", "2024-03-07"]}, "occurred_on", pd.Timestamp("2024-03-05")),
        ({"id": ["1", "\ufeff2", "3"]}, "source_id", "2"),
        ({"cause": ["家庭", "邻里\u200b", "家庭"]}, "class_code", "04"),
    ],
)
def test_other_ways_to_write_the_same_are_read(home, tmp_path, changed, column, kept):
    assert imported(home, tmp_path, csv(tmp_path, **changed)).quarantined == 0
    assert held(home)[column].iloc[1] == kept


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cases.csv", (HEAD + FIRST).encode() + SECOND.encode("gb18030") + THIRD.encode(), "line 3 is GB18030"),
        ("cases.csv", HEAD.encode() + FIRST.encode("gb18030") + (THIRD * 2).encode(), "mixes encodings"),
        ("cases.csv", (HEAD + FIRST).encode("gb18030") + THIRD.encode() + FIRST.encode("gb18030"), "line 3 is UTF-8"),
        ("cases.csv", (HEAD + FIRST).encode("utf-16-le"), "binary data or UTF-16"),
        ("cases.csv", (HEAD + FIRST).encode("utf-32"), "binary data or UTF-16"),
        ("cases.csv", (HEAD + FIRST).replace(",", ";"), 'write delimiter = ";"'),
        ("cases.csv", (HEAD + FIRST).replace(",", "\uff0c"), "write delimiter"),
        ("cases.csv", "命案统计表,,,,,,,\n" + HEAD + FIRST, "write skip_rows = 1"),
        ("cases.csv", "\n" + HEAD + FIRST, "no heading in row 1"),
        ("cases.csv", HEAD.strip(), "has a heading but no rows"),
        ("cases.csv", "<!DOCTYPE html><html></html>", "a web page"),
        ("cases.csv", b"PK\x03\x04abc", "a workbook or archive"),
        ("cases.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "without a password"),
        ("cases.xlsx.gz", gzip.compress(b"abc", mtime=0), "format that is not known"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_told_what_to_do(home, tmp_path, name, content, said):
    with pytest.raises(ImportRefused) as refused:
        imported(home, tmp_path, written(tmp_path, content, name))
    assert said in refused.value.english and refused.value.english.startswith(name)
    assert refused.value.chinese != refused.value.english


def test_a_folder_as_file_is_called_a_folder(home, tmp_path):
    with pytest.raises(ImportRefused, match="is a folder"):
        imported(home, tmp_path, tmp_path)


def workbook(tmp_path: Path, change) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (HEAD, FIRST, SECOND, THIRD):
        sheet.append([cell or None for cell in line.strip().split(",")])
    change(book, sheet)
    path = tmp_path / "cases.xlsx"
    book.save(path)
    return path


def test_a_formula_without_a_stored_result_is_no_blank_cell(home, tmp_path):
    def change(book, sheet):
        sheet["D3"] = "=1+1"

    report = imported(home, tmp_path, workbook(tmp_path, change))
    assert report.problems[0][0].startswith("cases.xlsx row 3: dead: the formula =1+1 has no stored result")


def test_a_hidden_sheet_is_not_taken_for_the_first(home, tmp_path):
    def change(book, sheet):
        hidden = book.create_sheet("说明", 0)
        hidden.append(["x"])
        hidden.sheet_state = "hidden"
        book.active = 1

    assert imported(home, tmp_path, workbook(tmp_path, change)).added == 3


@pytest.mark.parametrize("cells", [pa.array([{"a": 1}, None, None]), pa.array([b"\xff", None, b"b"])])
def test_nested_and_binary_columns_are_named(home, tmp_path, cells):
    table = pa.table(GOOD)
    pq.write_table(table.set_column(table.schema.get_field_index("unit"), "unit", cells), tmp_path / "cases.parquet")
    with pytest.raises(ImportRefused, match="column 'unit' holds"):
        imported(home, tmp_path, tmp_path / "cases.parquet")
    pq.write_table(table.append_column("more", cells), tmp_path / "cases.parquet")
    assert imported(home, tmp_path, tmp_path / "cases.parquet").added == 3


def test_times_with_a_zone_keep_the_day_of_that_zone(home, tmp_path):
    days = pa.array([datetime(2024, 1, 5, 20), datetime(2024, 2, 6), datetime(2024, 3, 7)])
    table = pa.table(GOOD).set_column(
        1, "day", days.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", "Asia/Shanghai"))
    )
    pq.write_table(table, tmp_path / "cases.parquet")
    imported(home, tmp_path, tmp_path / "cases.parquet")
    assert held(home)["occurred_on"].iloc[0] == pd.Timestamp("2024-01-06")


SHAPES = """
name = "shapes"
[root]
code = "970000000000"
name = "根"
name_en = "Root"
[[file]]
match = "*"
crs = "EPSG:4326"
[[file.target]]
table = "region_geometry"
source = "areas"
geometry = true
[file.target.columns]
region_code = { column = "code" }
"""
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}


@pytest.mark.parametrize(
    ("shape", "good"),
    [
        (None, False),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 1]}]}, False),
        ({"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1]]]}, False),
        ({"type": "Polygon", "coordinates": [[[1, 0], [2, 1], [2, 0], [1, 1], [1, 0]]]}, True),
        ({"type": "GeometryCollection", "geometries": [SQUARE, {"type": "Point", "coordinates": [1, 1]}]}, True),
    ],
)
def test_one_odd_shape_does_not_cost_the_others(home, tmp_path, shape, good):
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": geometry}
        for code, geometry in (("970101000000", SQUARE), ("970102000000", shape))
    ]
    path = written(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "areas.geojson")
    (tmp_path / "shapes.toml").write_text(SHAPES, encoding="utf-8")
    report = import_files(home, tmp_path / "shapes.toml", [path]).targets[0]
    assert report.quarantined == (0 if good else 1)
    assert report.read == 2 and report.reconciles()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_shapefile_that_does_not_say_its_encoding_is_read_by_what_it_holds(tmp_path, encoding):
    import geopandas as gpd
    import shapely

    from data_access.importing.mapping import FileRule, Target
    from data_access.importing.readers import read_batches

    frame = gpd.GeoDataFrame({"name": ["琅琊区", "南谯区"]}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs=4326)
    frame.to_file(tmp_path / "areas.shp", encoding=encoding)
    (tmp_path / "areas.cpg").unlink()
    target = Target.model_construct()
    rule = FileRule.model_construct(match="*", target=(target,))
    batch = next(read_batches(tmp_path / "areas.shp", rule, 1000))
    assert batch.rows["name"].tolist() == ["琅琊区", "南谯区"]


@pytest.mark.parametrize(
    ("file_crs", "mapped", "is_read"),
    [
        (4490, "EPSG:4326", True),
        (4490, "GCJ-02", True),
        (4214, "EPSG:4490", True),
        (32650, "EPSG:32650", True),
        (32650, "EPSG:4326", True),  # no degrees: said of each row
        (32650, "EPSG:32649", False),
        (4326, "EPSG:32650", False),
        (None, "EPSG:4326", True),
    ],
)
@pytest.mark.parametrize("name", ["areas.shp", "areas.gpkg"])
def test_a_map_file_that_says_to_lie_elsewhere_than_its_mapping_is_refused(tmp_path, name, file_crs, mapped, is_read):
    import geopandas as gpd
    import shapely

    from data_access.importing.mapping import FileRule, Target
    from data_access.importing.readers import read_batches

    frame = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(117.1, 32.2, 117.4, 32.4)], crs=4326)
    frame = frame.to_crs(file_crs) if file_crs else frame.set_crs(None, allow_override=True)
    frame.to_file(tmp_path / name)
    rule = FileRule.model_construct(match="*", target=(Target.model_construct(),), crs=mapped)
    if is_read:
        assert len(next(read_batches(tmp_path / name, rule, 1000)).rows) == 1
        return
    with pytest.raises(ImportRefused) as refusal:
        next(read_batches(tmp_path / name, rule, 1000))
    said = refusal.value.message("zh")
    assert name in said and frame.crs.name in said and mapped in said


def test_every_character_that_tidying_changes_is_found_beforehand():
    characters = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code <= 0xDFFF]
    text = pd.Series([f"a{character}b" for character in characters] + ["a  b", " a", "a ", "a b"], dtype="str")
    tidied = text.str.replace(cells._INVISIBLE, "", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()
    assert (cells._matches(text, cells._UNTIDY) == (tidied != text)).all()


@pytest.mark.parametrize("cell", [float("inf"), 1e300, float("nan"), -float("inf")])
def test_a_number_that_counts_nothing_is_set_aside_from_a_file_of_numbers(home, tmp_path, cell):
    path = tmp_path / "cases.parquet"
    pd.DataFrame({**GOOD, "dead": [1.0, cell, 2.0]}).to_parquet(path)
    report = imported(home, tmp_path, path)
    assert (report.added, report.quarantined) == (2, 1)
    assert report.problems[0][0].startswith("cases.parquet row 3: dead")


@pytest.mark.parametrize("name", ["受理\n时间", "受理 \r\n 时间\xa0", "\u3000受理时间\ufeff"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_name_broken_to_fit_its_cell_is_the_name(home, tmp_path, name, suffix):
    table = pd.DataFrame(GOOD).rename(columns={"day": name})
    path = tmp_path / f"cases{suffix}"
    {".csv": table.to_csv, ".xlsx": table.to_excel, ".parquet": table.to_parquet}[suffix](path, index=False)
    rules = mapping(tmp_path)
    rules.write_text(rules.read_text("utf-8").replace('"day"', '"受理时间"'), "utf-8")
    assert import_files(home, rules, [path]).targets[0].added == 3


@pytest.mark.parametrize("cover", [[], ["填报说明"]])
def test_a_cover_sheet_is_named_with_those_behind_it(home, tmp_path, cover):
    def change(book, sheet):
        book.create_sheet("封面", 0).append(cover)

    with pytest.raises(ImportRefused, match="no rows in its first sheet '封面'; write sheet = .*Sheet"):
        imported(home, tmp_path, workbook(tmp_path, change))


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_first_line_that_tells_a_spreadsheet_the_separator_is_no_heading(home, tmp_path, sign):
    text = f"sep={sign}\r\n" + (HEAD + FIRST + SECOND.replace("2024", "20x4")).replace(",", sign)
    report = imported(home, tmp_path, written(tmp_path, text))
    assert (report.added, report.quarantined) == (1, 1)
    assert report.problems[0][0].startswith("cases.csv row 3: day = '20x4-02-06'"), "numbered as a spreadsheet shows it"


ERRORS = ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", ["A3", "C3", "E3", "F3"])
def test_an_error_of_a_spreadsheet_is_no_text(home, tmp_path, place, error):
    def change(book, sheet):
        sheet[place] = error
        sheet[place].data_type = "e"

    report = imported(home, tmp_path, workbook(tmp_path, change))
    assert (report.added, report.quarantined) == (2, 1)
    assert f"the spreadsheet's error {error}" in report.problems[0][0]


def test_an_error_of_a_spreadsheet_may_be_declared_as_not_known(home, tmp_path):
    rules = mapping(tmp_path)
    rules.write_text(rules.read_text("utf-8").replace('"unit", ', '"unit", blank = ["#N/A"], '), "utf-8")
    report = import_files(home, rules, [csv(tmp_path, unit=["一队", "#N/A", ""])]).targets[0]
    assert (report.added, report.quarantined) == (3, 0)


@pytest.mark.parametrize("number", [123456789012345678.0, 1.23456789012346e17, 1.5e16, 1234567890123460])
def test_a_number_of_more_digits_than_a_workbook_keeps_is_no_id(home, tmp_path, number):
    def change(book, sheet):
        sheet["A3"] = number

    report = imported(home, tmp_path, workbook(tmp_path, change))
    assert (report.added, report.quarantined) == (2, 1)
    assert "keeps 15 digits" in report.problems[0][0] and "cases.xlsx row 3: id" in report.problems[0][0]


def test_fifteen_digits_of_a_workbook_are_an_id(home, tmp_path):
    def change(book, sheet):
        sheet["A3"] = 123456789012345

    imported(home, tmp_path, workbook(tmp_path, change))
    assert "123456789012345" in held(home)["source_id"].tolist()


@pytest.mark.parametrize("template", [False, True])
def test_an_id_that_a_spreadsheet_wrote_as_a_power_of_ten_is_none(home, tmp_path, template):
    rules = mapping(tmp_path)
    if template:
        rules.write_text(rules.read_text("utf-8").replace('column = "id"', 'template = "A-{id}"'), "utf-8")
    report = import_files(home, rules, [csv(tmp_path, id=["1", "1.23457E+17", "3"])]).targets[0]
    assert (report.added, report.quarantined) == (2, 1)
    assert "keeps 15 digits" in report.problems[0][0]


def test_an_id_in_full_width_signs_is_the_same(home, tmp_path):
    imported(home, tmp_path, csv(tmp_path))
    report = imported(
        home,
        tmp_path,
        csv(tmp_path, id=["\uff11", "\uff12", "3"], region=["\uff19\uff17" + "0101001001001", "", "970102000000"]),
    )
    assert (report.added, report.unchanged) == (0, 3)
    report = imported(home, tmp_path, csv(tmp_path, id=["a-1", "\uff41\uff0d\uff11", "3"]))
    assert report.quarantined == 2, "one id with two contents"
