"""Files of many shapes come in by what the mapping says: derived columns, names, wide tables, geometry, odd sheets."""

from __future__ import annotations

import gzip
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner

from data_access import schema
from data_access.__main__ import main
from data_access.access import Scope
from data_access.errors import ConfigError, DataAccessError, ImportRefused
from data_access.home import Home
from data_access.importing.mapping import load_mapping
from data_access.importing.run import import_files
from data_access.importing.settings import code_list as import_settings_code_list
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.importing.area_files import areas_mapping

COUNTS = """
name = "test"
[[file]]
match = "{match}"
{file_keys}
[[file.target]]
table = "reported_count"
source = "yearbook"
{target_keys}
[file.target.columns]
source_id = {{ {source_id} }}
period_start = {{ {period} }}
grain = {{ value = "{grain}" }}
measure = {{ value = "homicide_victims" }}
value = {{ {value} }}
[file.target.region]
{region}
"""
PLAIN = {
    "match": "*",
    "file_keys": "",
    "target_keys": "",
    "source_id": 'template = "{place}-{year}"',
    "period": 'template = "{year}-01-01"',
    "grain": "year",
    "value": 'column = "dead"',
    "region": 'name = { column = "place" }',
}


def mapping(tmp_path: Path, **changed: str) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(COUNTS.format(**{**PLAIN, **changed}), encoding="utf-8")
    return path


def table(tmp_path: Path, rows: dict[str, list], name: str = "counts.csv", **options: object) -> Path:
    path = tmp_path / name
    pd.DataFrame(rows).to_csv(path, index=False, **options)
    return path


def held(home: Home) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        rows = store.read(sa.select(schema.reported_count))
    return rows.sort_values("source_id", ignore_index=True)


def imported(home: Home, rules: Path, path: Path):
    return import_files(home, rules, [path]).targets[0]


def test_data_that_hold_counts_only_are_published_and_say_so(home, tmp_path):
    imported(
        home, mapping(tmp_path), table(tmp_path, {"place": ["东县", "西县"], "year": [2023, 2023], "dead": [4, 1]})
    )
    publish(home)
    reader = SnapshotReader(home)
    scope = Scope("city_leader", small_city.CITY)
    own = reader.coverage(scope).query("measure == 'homicide_victims'")
    assert own["basis"].tolist() == ["counts"]
    end = pd.Timestamp("2023-12-31").date()
    assert reader.measure_values(scope, ["homicide_victims"], [small_city.CITY], None, end)["value"].tolist() == [5]


def test_regions_alone_are_published_with_a_declared_last_day(home, tmp_path):
    with WorkingStore.open(home) as store:
        store.append("dataset", pd.DataFrame({"key": ["data_through"], "value": ["2023-06-30"]}))
    assert publish(home).startswith("2023Q2")
    assert SnapshotReader(home).coverage(Scope("city_leader", small_city.CITY)).empty


def test_a_region_is_found_by_its_name_in_another_spelling(home, tmp_path):
    # 东县 written short, with a blank, and as the file's other county; "镇001" lies in both counties and needs its parent
    target = imported(
        home, mapping(tmp_path), table(tmp_path, {"place": ["东 县", "西县"], "year": [2023] * 2, "dead": [4, 1]})
    )
    assert (target.added, target.quarantined) == (2, 0)
    target = imported(
        home,
        mapping(tmp_path, source_id='template = "t{year}"'),
        table(tmp_path, {"place": ["镇001"], "year": [2022], "dead": [4]}),
    )
    assert "several" in target.problems[0][0]
    region = 'name = { column = "place" }\nparent = { column = "above" }'
    target = imported(
        home,
        mapping(tmp_path, region=region, source_id='template = "t{year}"'),
        table(tmp_path, {"place": ["镇001"], "above": ["西县"], "year": [2022], "dead": [4]}),
    )
    assert target.added == 1
    assert "970102001000" in set(held(home)["region_code"])


def test_a_name_that_is_no_region_is_refused_even_where_the_rest_counts_for_the_whole_city(home, tmp_path):
    region = 'name = { column = "place", blank = ["不详"] }\notherwise = "root"'
    rows = {"place": ["东县", "不详", "南县"], "year": [2023] * 3, "dead": [4, 1, 2]}
    target = imported(home, mapping(tmp_path, region=region), table(tmp_path, rows))
    assert (target.added, target.quarantined) == (2, 1)
    assert "南县" in target.problems[0][0]


def test_columns_may_be_derived_from_others(home, tmp_path):
    derived = """
[file.derived]
year = { column = "period", extract = '(\\d{4})' }
month = { column = "mes", codes = { Enero = "01", Febrero = "02" } }
county = { template = "9701{no:0>2}" }
code = { template = "{county:0<12}" }
place = { first_of = ["better", "code"] }
"""
    rules = mapping(
        tmp_path,
        file_keys=derived,
        source_id='template = "{place}-{month}"',
        period='template = "{year}-{month}-01"',
        grain="month",
        region='code = { column = "place" }',
    )
    rows = {
        "period": ["FY 2023", "FY 2023", "none"],
        "mes": ["Enero", "Febrero", "Enero"],
        "no": ["1", "2", "1"],
        "better": ["", small_city.EAST, ""],
        "dead": [1, 2, 3],
    }
    target = imported(home, rules, table(tmp_path, rows))
    assert (target.added, target.quarantined) == (2, 1)
    assert "'none'" in target.problems[0][0]
    assert set(held(home)["region_code"]) == {small_city.EAST}
    assert held(home)["period_start"].astype(str).tolist() == ["2023-01-01", "2023-02-01"]


@pytest.mark.parametrize(
    ("shape", "cell", "code"),
    [
        ("05d", "53", "00053"),
        ("0>3", "7.0", "007"),
        ("0<6", "3411", "341100"),
        ("last3", "E09000021", "021"),
        ("first2|0<4", "08053", "0800"),
        ("digits", "A-12/b3", "123"),
        ("plain", "Barking & Dagenham", "barkinganddagenham"),
    ],
)
def test_a_template_shapes_its_cells(home, tmp_path, shape, cell, code):
    rules = mapping(tmp_path, source_id=f'template = "{{id:{shape}}}"')
    imported(home, rules, table(tmp_path, {"place": ["东县"], "year": [2023], "dead": [1], "id": [cell]}))
    assert held(home)["source_id"].tolist() == [code]


def test_a_code_made_of_a_name_is_the_same_for_every_spelling(home, tmp_path):
    rules = mapping(tmp_path, source_id='template = "{id:hash8}"', target_keys='repeated = "sum"\nsum_column = "value"')
    rows = {
        "place": ["东县"] * 3,
        "year": [2023] * 3,
        "dead": [1, 2, 4],
        "id": ["Rincón de Romos", "RINCON DE \nROMOS", "x"],
    }
    target = imported(home, rules, table(tmp_path, rows))
    assert (target.added, target.excluded) == (2, 1)
    assert sorted(held(home)["value"]) == [3, 4]
    assert held(home)["source_id"].str.fullmatch(r"\d{8}").all()


def test_an_unknown_shape_of_a_template_is_named(home, tmp_path):
    rules = mapping(tmp_path, source_id='template = "{place:upside}"')
    with pytest.raises(ImportRefused, match="upside"):
        imported(home, rules, table(tmp_path, {"place": ["东县"], "year": [2023], "dead": [1]}))


WIDE = {
    "source_id": 'template = "{place}-{year}"',
    "period": 'column = "year", dates = ["%y"]',
    "value": 'column = "melted"',
    "target_keys": "[file.target.melt]\npattern = 'HC(?P<year>\\d\\d)'",
}


def test_yearly_columns_become_a_row_a_year_and_a_bad_cell_is_corrected_by_itself(home, tmp_path):
    rules = mapping(tmp_path, match="wide.xlsx", **WIDE)
    path = tmp_path / "wide.xlsx"
    frame = pd.DataFrame({"place": ["东县", "西县"], "HC80": [3, 1], "HC90": [2.5, -1]})
    frame.to_excel(path, index=False)
    report = import_files(home, rules, [path])
    assert (report.targets[0].read, report.targets[0].added, report.targets[0].quarantined) == (4, 3, 1)
    assert "row 3" in report.targets[0].problems[0][0] and "-1" in report.targets[0].problems[0][0]
    refused = pd.read_csv(report.quarantine_files[0], dtype=str)
    assert refused[["place", "year", "melted"]].to_numpy().tolist() == [["西县", "90", "-1"]]
    refused.assign(melted="1.5").to_csv(report.quarantine_files[0], index=False)
    assert imported(home, rules, report.quarantine_files[0]).added == 1
    assert held(home)["value"].sum() == 8
    publish(home)


def test_rows_refused_for_their_neighbours_stand_in_quarantine_as_in_the_file(home, tmp_path):
    rules = mapping(tmp_path, match="counts.csv")
    rows = {"place": ["东县", "东县", "西县"], "year": [2023] * 3, "dead": [4, 5, 1]}
    report = import_files(home, rules, [table(tmp_path, rows)])
    assert (report.targets[0].added, report.targets[0].quarantined) == (1, 2)
    refused = pd.read_csv(report.quarantine_files[0], dtype=str)
    assert refused[["place", "year", "dead", "__row"]].to_numpy().tolist() == [
        ["东县", "2023", "4", "2"],
        ["东县", "2023", "5", "3"],
    ]
    refused.iloc[:1].to_csv(report.quarantine_files[0], index=False)
    assert imported(home, rules, report.quarantine_files[0]).added == 1
    publish(home)


def test_exact_copies_of_a_row_may_be_dropped_before_rows_are_added_up(home, tmp_path):
    rows = {"place": ["东县"] * 4, "year": [2023] * 4, "dead": [4, 4, 2, 4], "sex": ["f", "f", "m", "m"]}
    add = 'repeated = "sum"\nsum_column = "value"\n'
    imported(home, mapping(tmp_path, target_keys=add), table(tmp_path, rows))
    assert held(home)["value"].tolist() == [14]
    target = imported(home, mapping(tmp_path, target_keys=add + 'copies = "drop"'), table(tmp_path, rows))
    assert held(home)["value"].tolist() == [10]
    assert (target.read, target.replaced, target.excluded) == (4, 1, 3)


def test_a_sheet_with_a_title_dates_and_blank_rows_reads_as_a_table(home, tmp_path):
    path = tmp_path / "report.xlsx"
    lines = [["年报", None, None], ["place", "when", "dead"], ["东县", pd.Timestamp("2023-05-09"), 3], [None] * 3]
    lines += [["西县", pd.Timestamp("2022-01-31"), 1], [None] * 3]
    pd.DataFrame(lines).to_excel(path, index=False, header=False, sheet_name="数据")
    rules = mapping(
        tmp_path,
        file_keys='sheet = "数据"\nskip_rows = 1',
        source_id='template = "{place}"',
        period='column = "when", dates = ["%Y/%m/%d"]',
    )
    target = imported(home, rules, path)
    assert (target.read, target.added) == (2, 2)
    assert held(home)["period_start"].astype(str).tolist() == ["2023-01-01", "2022-01-01"]


def test_other_signs_between_cells_and_in_numbers_are_read_as_declared(home, tmp_path):
    rows = {"place": ["东县"], "year": [2023], "dead": ["1.234,5"]}
    rules = mapping(tmp_path, file_keys='delimiter = ";"', value='column = "dead", decimal = ","')
    imported(home, rules, table(tmp_path, rows, sep=";"))
    assert held(home)["value"].tolist() == [1234.5]


def test_a_row_with_too_many_cells_is_set_aside_and_can_be_corrected(home, tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("place,year,dead\n东县,2023,4\n西县,2023,1,1\n", encoding="utf-8")
    rules = mapping(tmp_path, match="counts.csv")
    report = import_files(home, rules, [path])
    target = report.targets[0]
    assert (target.read, target.added, target.quarantined) == (2, 1, 1)
    assert "4/3" in target.problems[0][0]
    assert imported(home, rules, report.quarantine_files[0]).added == 1


def test_points_and_polygons_come_from_the_geometry_of_a_file(home, tmp_path):
    points = gpd.GeoDataFrame(
        {"place": ["a", "b"], "year": [2023, 2023], "dead": [1, 2]}, geometry=gpd.points_from_xy([0.5, 2.5], [0.5] * 2)
    )
    region = 'point = { lon = "geometry.x", lat = "geometry.y", crs = "EPSG:4326" }'
    rules = mapping(tmp_path, region=region)
    for name, driver in (("cases.geojson", "GeoJSON"), ("cases.gpkg", "GPKG"), ("cases.shp", "ESRI Shapefile")):
        path = tmp_path / name
        points.set_crs(4326).to_file(path, driver=driver)
        target = imported(home, rules, path)
        assert target.added + target.unchanged == 2, name
    text = table(tmp_path, {**points.drop(columns="geometry"), "the_geom": points.geometry.to_wkt()})
    assert imported(home, mapping(tmp_path, region=region, file_keys='wkt = "the_geom"'), text).unchanged == 2
    points.set_crs(4326).to_parquet(tmp_path / "cases.parquet")
    assert imported(home, rules, tmp_path / "cases.parquet").unchanged == 2
    assert held(home)["region_code"].tolist() == ["970101001001001", "970102001001001"]


def atlas(tmp_path: Path, crs: int, code: str = "970103000000", shape=None) -> Path:
    box = shapely.box(10, 50, 11, 51) if shape is None else shape
    frame = gpd.GeoDataFrame({"code": [code], "name": ["北县"]}, geometry=[box], crs=4326).to_crs(crs)
    frame.to_file(tmp_path / "atlas.gpkg")
    return tmp_path / "atlas.gpkg"


def test_shapes_in_another_system_come_out_in_degrees(home, tmp_path):
    rules = areas_mapping(tmp_path, "EPSG:25832")
    import_files(home, rules, [atlas(tmp_path, 25832)])
    with WorkingStore.open(home) as store:
        wkb = store.read(
            sa.select(schema.region_geometry.c.wkb).where(schema.region_geometry.c.region_code == "970103000000")
        )
    assert shapely.bounds(shapely.from_wkb(wkb["wkb"][0])) == pytest.approx([10, 50, 11, 51], abs=0.01)


@pytest.mark.parametrize(
    ("crs", "code", "shape", "said", "refused"),
    [
        (25832, "970103000000", None, "coordinate system", 1),
        (4326, "E09000001", None, "E09000001", 2),
        (4326, "970103000000", shapely.Point(10, 50), "Point", 1),
    ],
    ids=["other system", "no code", "no area"],
)
def test_shapes_that_cannot_be_right_are_set_aside(home, tmp_path, crs, code, shape, said, refused):
    rules = areas_mapping(tmp_path, "EPSG:4326")
    report = import_files(home, rules, [atlas(tmp_path, crs, code, shape)])
    assert said in str([target.problems for target in report.targets])
    assert sum(target.quarantined for target in report.targets) == refused


@pytest.mark.parametrize("key", ["extract = '(', column = \"a\"", "extract = 'a', column = \"a\"", "first_of = []"])
def test_a_rule_that_cannot_work_is_refused_when_the_mapping_is_read(home, tmp_path, key):
    with pytest.raises(ConfigError, match="source_id"):
        imported(home, mapping(tmp_path, source_id=key), table(tmp_path, {"place": ["东县"]}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("place,year,dead\nMichoacán,2023,1\nYucatán,2023,2\n".encode("latin-1"), "neither UTF-8 nor GB18030"),
        ("place,year,dead\n东县,2023,1\n西县城关,2023,2\n".encode()[:-20] + b"\xff,2023,1\n", "damaged characters"),
        (b"place,year,dead\n", "no rows"),
        (b"\n", "heading"),
        (b"place,year,dead,dead\na,1,2,3\n", "twice"),
    ],
    ids=["latin-1", "damaged", "heading only", "blank", "repeated column"],
)
def test_a_text_that_cannot_be_read_is_named_with_what_is_wrong(home, tmp_path, content, said):
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    with pytest.raises(DataAccessError, match=said) as caught:
        imported(home, mapping(tmp_path), path)
    assert "counts.csv" in caught.value.english and "counts.csv" in caught.value.chinese


def test_a_wrong_encoding_in_the_mapping_is_said_with_the_right_one(home, tmp_path):
    path = table(tmp_path, {"place": ["东县"], "year": [2023], "dead": [1]}, encoding="gb18030")
    with pytest.raises(ImportRefused, match="gb18030"):
        imported(home, mapping(tmp_path, file_keys='encoding = "utf-8"'), path)
    assert imported(home, mapping(tmp_path, file_keys='encoding = "gb18030"'), path).added == 1


@pytest.mark.parametrize(("key", "word"), [("grain", "week"), ("measure", "crimes")])
def test_counts_that_nothing_would_show_are_set_aside(home, tmp_path, key, word):
    rules = mapping(tmp_path)
    old = {"grain": '"year"', "measure": '"homicide_victims"'}[key]
    rules.write_text(rules.read_text(encoding="utf-8").replace(f"value = {old}", f'value = "{word}"'), encoding="utf-8")
    target = imported(home, rules, table(tmp_path, {"place": ["东县"], "year": [2023], "dead": [1]}))
    assert word in target.problems[0][0]


def test_the_28_classes_of_disputes_lead_to_the_six(home, tmp_path):
    codes = import_settings_code_list("dispute_28_to_6")
    assert len(codes) == 28
    assert set(codes.values()) == {"01", "02", "03", "04", "05", "06"}


def test_a_folder_that_lacks_a_file_of_the_mapping_is_refused_by_its_pattern(home, tmp_path):
    rules = mapping(tmp_path, match="counts.csv")
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ["--home", str(home.path), "--language", "en", "build", "--mapping", str(rules), "--data", str(empty)]
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 1
    assert "counts.csv" in answer.output


def test_a_period_without_a_row_is_unknown_unless_the_mapping_says_that_it_means_none(home, tmp_path):
    path = table(tmp_path, {"place": ["东县", "西县"], "year": [2021, 2023], "dead": [4, 1]})
    imported(home, mapping(tmp_path), path)
    assert len(held(home)) == 2
    rules = mapping(tmp_path, target_keys='absent = "zero"')
    for _ in range(2):
        import_files(home, rules, [path])
        rows = held(home)
        assert rows["value"].sum() == 5
        assert rows.groupby("region_code")["period_start"].nunique().tolist() == [3, 3, 3]  # and the old county's code
    publish(home)


@pytest.mark.parametrize("damage", [lambda whole: whole[:-12], lambda whole: b"not compressed"], ids=["cut", "other"])
def test_a_damaged_compressed_file_is_named(home, tmp_path, damage):
    path = tmp_path / "counts.csv.gz"
    path.write_bytes(damage(gzip.compress("place,year,dead\n东县,2023,1\n".encode())))
    with pytest.raises(ImportRefused, match=r"counts\.csv\.gz is damaged"):
        imported(home, mapping(tmp_path), path)


def test_telephone_numbers_that_a_file_keeps_as_decimals_are_found(home, tmp_path):
    path = tmp_path / "counts.parquet"
    rows = {"place": ["东县"] * 2, "year": [2023, 2022], "dead": [1, 2], "note": [13812345678.0, None]}
    pd.DataFrame(rows).to_parquet(path)
    with pytest.raises(ImportRefused, match="note"):
        imported(home, mapping(tmp_path), path)


def test_a_name_for_a_source_that_no_target_has_is_refused(tmp_path):
    rules = tmp_path / "names.toml"
    rules.write_text(
        'name = "names"\n[dataset]\n"source:polise" = "警察局 / Police"\n'
        '[[file]]\nmatch = "*"\n[[file.target]]\ntable = "population"\n'
        'source = "police"\n[file.target.columns]\nregion_code = { column = "a" }\nyear = { value = 2024 }\n'
        'population = { column = "b" }\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="polise.*the sources are names, police"):
        load_mapping(rules)
