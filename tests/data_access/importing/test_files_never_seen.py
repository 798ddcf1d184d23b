"""Files of shapes that no example has: layers, sheets, merged cells, other clocks and signs, codes that a spreadsheet cut."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError, ImportRefused
from data_access.importing.report import report_lines
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore

COUNTS = """
[[file.target]]
table = "reported_count"
source = "office"
[file.target.columns]
source_id = {{ template = "{{place}}-{month}" }}
period_start = {{ value = "2024-{month:02d}-01" }}
grain = {{ value = "month" }}
measure = {{ value = "volunteers" }}
value = {{ column = "n" }}
[file.target.region]
name = {{ column = "place" }}
"""
VICTIMS = """
name = "victims"
[[file]]
match = "*"
{file_keys}
[[file.target]]
table = "incident"
source = "police"
repeated = "sum"
sum_column = "victims"
[file.target.columns]
source_id = {{ column = "case" }}
occurred_on = {{ column = "when", {time} }}
category = {{ value = "homicide" }}
victims = {{ value = 1 }}
[file.target.region]
code = {{ {code} }}
"""


def imported(home, tmp_path: Path, rules: str, path: Path):
    (tmp_path / "mapping.toml").write_text(rules, encoding="utf-8")
    return import_files(home, tmp_path / "mapping.toml", [path])


def held(home, table: sa.Table = schema.incident) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        return store.read(sa.select(table)).sort_values("source_id", ignore_index=True)


def victims(time: str = "", code: str = 'column = "where"', file_keys: str = "") -> str:
    return VICTIMS.format(time=time or "optional = false", code=code, file_keys=file_keys)


def test_each_sheet_has_a_rule_of_its_own_and_its_refused_rows_come_back_to_it(home, tmp_path):
    book = openpyxl.Workbook()
    for month, east in ((1, 5), (2, "many")):
        sheet = book.active if month == 1 else book.create_sheet()
        sheet.title = f"{month}月"
        for line in (("place", "n"), ("东县", east), ("西县", month)):
            sheet.append(line)
    book.save(tmp_path / "report.xlsx")
    rules = 'name = "months"\n' + "".join(
        f'[[file]]\nmatch = "report.xlsx"\nsheet = "{month}月"\n' + COUNTS.format(month=month) for month in (1, 2)
    )
    report = imported(home, tmp_path, rules, tmp_path / "report.xlsx")
    assert [(target.added, target.quarantined) for target in report.targets] == [(2, 0), (1, 1)]
    assert report.targets[1].problems[0][1].startswith("report.xlsx [2月] 行 2: “n”的值“many”不是数字")
    assert "report.xlsx [2月] → reported_count" in "\n".join(report_lines(report, "zh"))
    (refused,) = report.quarantine_files
    refused.write_text(refused.read_text(encoding="utf-8").replace("many", "6"), encoding="utf-8")
    assert import_files(home, tmp_path / "mapping.toml", [refused]).targets[0].added == 1
    counts = held(home, schema.reported_count)
    assert dict(zip(counts["source_id"], counts["value"], strict=True)) == {
        **{"东县-1": 5, "西县-1": 1, "东县-2": 6, "西县-2": 2}
    }


def test_every_layer_of_a_map_file_comes_in(home, tmp_path):
    layers = {"counties": ("970103", (3, 0, 4, 1), 1), "townships": ("970103001", (3, 0, 4, 1), 2)}
    rules = 'name = "layers"\n'
    for layer, (code, box, depth) in layers.items():
        shape = gpd.GeoSeries([shapely.box(*box)], crs=4326)
        gpd.GeoDataFrame({"code": [float(code)], "name": [layer]}, geometry=shape).to_file(
            tmp_path / "regions.gpkg", layer=layer
        )
        rules += f"""
[[file]]
match = "*.gpkg"
sheet = "{layer}"
[[file.target]]
table = "region"
source = "areas"
[file.target.columns]
region_code = {{ template = "{{code:0<12}}" }}
name = {{ column = "name" }}
depth = {{ value = {depth} }}
"""
    report = imported(home, tmp_path, rules, tmp_path / "regions.gpkg")
    assert [target.added for target in report.targets] == [1, 1]


def test_two_rules_for_one_sheet_are_refused(home, tmp_path):
    (tmp_path / "a.csv").write_text("place,n\n东县,1\n", encoding="utf-8")
    rules = 'name = "twice"\n' + ('[[file]]\nmatch = "*.csv"\n' + COUNTS.format(month=1)) * 2
    with pytest.raises(ConfigError, match="give each its own sheet"):
        imported(home, tmp_path, rules, tmp_path / "a.csv")


def test_unicode_text_as_a_spreadsheet_saves_it_is_read(home, tmp_path):
    (tmp_path / "counts.txt").write_bytes("place\tn\n东县\t1\n西县\t2\n".encode("utf-16"))
    rules = 'name = "counts"\n[[file]]\nmatch = "*"\ndelimiter = "\\t"\n' + COUNTS.format(month=1)
    assert imported(home, tmp_path, rules, tmp_path / "counts.txt").targets[0].added == 2


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_merged_cells_and_a_heading_of_two_rows_are_read(home, tmp_path, kind):
    lines = [
        *(("报表",), ("place", "town", "2024年1月", None, "2024年2月", None)),
        (None, None, "一\n般", "特殊", "一\n般", "特殊"),
        *(("东县", "镇001", 1, 2, 3, 4), (None, "镇002", 5, 6, 7, "x"), ("西县", "镇001", 9, 9, 9, 9)),
    ]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append(line)
        book.save(tmp_path / "report.xlsx")
    else:
        width = [(*line, *[None] * (6 - len(line))) for line in lines]
        pd.DataFrame(width).to_csv(tmp_path / "report.csv", index=False, header=False)
    rules = """
name = "report"
[[file]]
match = "report.*"
skip_rows = 1
heading_rows = 2
fill_down = ["place"]
[[file.target]]
table = "reported_count"
source = "office"
[file.target.melt]
pattern = '2024年(?P<month>\\d)月 (?P<kind>一\\s般|特殊)'
[file.target.columns]
source_id = { template = "{place}-{town}-{month}-{kind}" }
period_start = { template = "2024-{month:02d}-01" }
grain = { value = "month" }
measure = { value = "volunteers" }
class_code = { column = "kind" }
value = { column = "melted" }
[file.target.region]
name = { column = "town" }
parent = { column = "place" }
"""
    report = imported(home, tmp_path, rules, tmp_path / f"report.{kind}").targets[0]
    assert (report.read, report.added, report.quarantined) == (12, 11, 1)
    assert report.problems[0][0].startswith(f"report.{kind} row 5: melted = 'x' is not a number")
    counts = held(home, schema.reported_count)
    assert counts.loc[counts["source_id"] == "东县-镇002-1-特殊", "region_code"].tolist() == ["970101002000"]
    with pytest.raises(ImportRefused, match="no column 'plaice' to fill down"):
        imported(home, tmp_path, rules.replace('["place"]', '["plaice"]'), tmp_path / f"report.{kind}")


def test_decimal_commas_are_read_in_coordinates_too(home, tmp_path):
    text = "\ufeffcase;when;x;y\nA;05.01.2024;0,5;0,5\nB;06.01.2024;1,5;0,5\n"
    (tmp_path / "cases.tsv").write_text(text, encoding="utf-8")
    point = 'code = { column = "where" }', 'point = { lon = "x", lat = "y", crs = "EPSG:4490", decimal = "," }'
    rules = victims('dates = ["%d.%m.%Y"]', file_keys="delimiter = ';'").replace(*point)
    assert imported(home, tmp_path, rules, tmp_path / "cases.tsv").targets[0].added == 2
    assert held(home)["region_code"].tolist() == ["970101001001001", "970101002001001"]


NIGHTS = """case,when,where
A,2024-03-05T23:50:00+08:00,970101000000
A,2024-03-06T00:10:00+08:00,970101000000
B,2024-03-05T17:30:00Z,970101000000
C,2024-12-31 23:59:59.5+0800,970102000000
D,2024-03-05T23:30:00-05:00,970102000000
"""


def test_times_of_other_clocks_count_for_the_day_here(home, tmp_path):
    (tmp_path / "cases.csv").write_text(NIGHTS, encoding="utf-8")
    rules = victims('time_zone = "Asia/Shanghai"')
    assert imported(home, tmp_path, rules, tmp_path / "cases.csv").targets[0].added == 4
    days = held(home)
    assert days["occurred_on"].dt.strftime("%m-%d").tolist() == ["03-05", "03-06", "12-31", "03-06"]
    assert days["victims"].tolist() == [2, 1, 1, 1]


def test_seconds_since_1970_count_for_the_day_here(home, tmp_path):
    (tmp_path / "cases.csv").write_text("case,when,where\nA,1709659800,970101000000\n", encoding="utf-8")
    for more, day in (("", "03-05"), (', time_zone = "Asia/Shanghai"', "03-06")):
        imported(home, tmp_path, victims('dates = ["epoch_s"]' + more), tmp_path / "cases.csv")
        assert held(home)["occurred_on"].dt.strftime("%m-%d").tolist() == [day]


@pytest.mark.parametrize("more", ["", 'dates = ["%Y-%m-%dT%H:%M:%S%z"]'])
def test_the_clock_of_greenwich_is_not_taken_for_that_of_the_city(home, tmp_path, more):
    (tmp_path / "cases.csv").write_text(NIGHTS, encoding="utf-8")
    report = imported(home, tmp_path, victims(more), tmp_path / "cases.csv").targets[0]
    assert (report.added, report.quarantined) == (3, 1)
    assert report.problems[0][0].startswith(
        "cases.csv row 4: when = '2024-03-05T17:30:00Z' goes by the clock of Greenwich"
    )
    assert held(home)["occurred_on"].dt.strftime("%m-%d").tolist() == ["03-05", "12-31", "03-05"]


def test_parquet_of_categories_decimals_and_universal_time_is_read_and_its_identities_found(home, tmp_path):
    times = pa.array([datetime(2024, 3, 5, 17, 30), datetime(2024, 12, 31, 1)], pa.timestamp("ms"))
    table = pa.table(
        {
            "case": pa.array([1, 2], pa.uint64()),
            "when": times.cast(pa.timestamp("ms", "UTC")),
            "where": pa.array([Decimal("970101000000.0"), Decimal("970102000000.0")], pa.decimal128(14, 1)),
            "note": pa.array(["甲", "乙"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "cases.parquet")
    rules = victims('time_zone = "Asia/Shanghai"', code='template = "{where:0<12}"')
    assert imported(home, tmp_path, rules, tmp_path / "cases.parquet").targets[0].added == 2
    assert held(home)["occurred_on"].dt.strftime("%m-%d").tolist() == ["03-06", "12-31"]
    report = imported(home, tmp_path, victims(), tmp_path / "cases.parquet").targets[0]
    assert report.quarantined == 2 and "time_zone" in report.problems[0][0]
    phones = pa.array(["13812345678", "13912345678"]).dictionary_encode()
    pq.write_table(table.set_column(3, "note", phones), tmp_path / "cases.parquet")
    with pytest.raises(ImportRefused, match="column 'note' looks like a personal identity"):
        imported(home, tmp_path, rules, tmp_path / "cases.parquet")


@pytest.mark.parametrize(
    ("code", "said", "said_zh"),
    [
        (
            "970101",
            "where: region code '970101' lacks its last digits; write template = \"{where:0<12}\"",
            "缺少末尾的零",
        ),
        ("970101.0", "where: region code '970101.0' lacks its last digits", "{where:0<12}"),
        ("9.70101E+11", "where: region code '9.70101E+11' was rounded by a spreadsheet", "科学计数"),
        ("970199", "where: region '970199' is not known", "“where”的区划“970199”不存在"),
    ],
)
def test_a_code_that_a_spreadsheet_spoilt_is_told_how_to_be_mended(home, tmp_path, code, said, said_zh):
    (tmp_path / "cases.csv").write_text(f"case,when,where\nA,2024-01-05,{code}\n", encoding="utf-8")
    english, chinese = imported(home, tmp_path, victims(), tmp_path / "cases.csv").targets[0].problems[0]
    assert english.startswith(f"cases.csv row 2: {said}") and said_zh in chinese


def test_a_day_that_no_calendar_has_is_not_called_a_matter_of_formats(home, tmp_path):
    lines = "case,when,where\nA,2024-02-31,970101000000\nB,2024/13/05 08:00,970101000000\nC,31-02-2024,970101000000\n"
    (tmp_path / "cases.csv").write_text(lines, encoding="utf-8")
    problems = imported(home, tmp_path, victims(), tmp_path / "cases.csv").targets[0].problems
    assert [("is no day of the calendar" in english) for english, _ in problems] == [True, True, False]


def test_a_column_of_identities_is_shown_by_the_row_that_holds_one(home, tmp_path):
    lines = "report\ncase,when,where,note\nA,2024-01-05,970101000000,\n\nB,2024-01-05,970101000000,110101198511230021\n"
    (tmp_path / "cases.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(ImportRefused, match="for example row 5"):
        imported(home, tmp_path, victims(file_keys="skip_rows = 1"), tmp_path / "cases.csv")


def test_a_count_that_is_not_known_never_becomes_zero(home, tmp_path):
    (tmp_path / "counts.csv").write_text("place,n\n东县,—\n", encoding="utf-8")
    rules = 'name = "counts"\n[[file]]\nmatch = "*"\n' + COUNTS.format(month=1)
    unknown = rules.replace('{ column = "n" }', '{ column = "n", blank = ["—"], optional = true }')
    with pytest.raises(ConfigError, match="value can't be optional"):
        imported(home, tmp_path, unknown, tmp_path / "counts.csv")


@pytest.mark.parametrize(
    ("rule", "said"),
    [('template = "{case"', "can't be read"), ('column = "case", dates = ["%Q"]', "bad directive")],
)
def test_a_rule_that_could_not_be_followed_is_refused_before_a_row_is_read(home, tmp_path, rule, said):
    (tmp_path / "cases.csv").write_text("case,when,where\nA,2024-01-05,970101000000\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        imported(home, tmp_path, victims().replace('column = "case"', rule), tmp_path / "cases.csv")
