"""Refused rows of a file of any format are corrected in their quarantine file, and come in as if the file had been right."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.importing.report import ImportReport
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore
from tests.data_access.importing.area_files import areas_mapping

CASES = """
name = "cases"
[[file]]
match = "cases.*"
{file_keys}
[[file.target]]
table = "incident"
source = "police"
{target_keys}
[file.target.columns]
source_id = {{ template = "A{{id}}" }}
occurred_on = {{ column = "day", time_zone = "Asia/Shanghai" }}
category = {{ value = "homicide" }}
victims = {{ column = "dead" }}
unit = {{ column = "unit", optional = true }}
[file.target.region]
{region}
"""
BY_CODE = 'code = { column = "region" }'
BY_POINT = 'point = { lon = "geometry.x", lat = "geometry.y", crs = "EPSG:4326" }'
RIGHT = pd.DataFrame(
    {
        "id": [7.0, 8.0, 9.0],
        "day": pd.to_datetime(["2024-01-05T20:00Z", "2024-02-06T20:00Z", "2024-03-07T01:00Z"]),
        "dead": [1, 2, 1],
        "unit": ["一队", '二队, "甲"', None],
        "region": ["970101000000", "970102000000", "970102000000"],
    }
)
AS_TEXT = RIGHT.assign(day=RIGHT["day"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"), id=["7", "8", "9"])
POINTS = gpd.GeoDataFrame(AS_TEXT, geometry=gpd.points_from_xy([0.5, 2.5, 1.5], [0.5] * 3), crs=4326)


def wrong(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which the second has an impossible number."""
    return frame.assign(dead=[1, -2, 1])


def sheet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_excel(path, index=False, sheet_name="明细", startrow=1)


FILES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "cases.csv": (lambda path: wrong(AS_TEXT).to_csv(path, index=False), "", BY_CODE),
    "cases.gb.csv": (lambda path: wrong(AS_TEXT).to_csv(path, index=False, encoding="gb18030"), "", BY_CODE),
    "cases.tsv": (
        lambda path: wrong(AS_TEXT).to_csv(path, index=False, sep="\t", encoding="utf-8-sig"),
        'encoding = "utf-8"\ndrop = ["nothing"]',
        BY_CODE,
    ),
    "cases.csv.gz": (
        lambda path: path.write_bytes(gzip.compress(wrong(AS_TEXT).to_csv(index=False, sep=";").encode())),
        'delimiter = ";"',
        BY_CODE,
    ),
    "cases.xlsx": (lambda path: sheet(wrong(AS_TEXT), path), 'sheet = "明细"\nskip_rows = 1', BY_CODE),
    "cases.parquet": (lambda path: wrong(RIGHT).to_parquet(path), "", BY_CODE),
    "cases.wkt.csv": (
        lambda path: wrong(POINTS.to_wkt()).to_csv(path, index=False),
        'wkt = "geometry"',
        BY_POINT,
    ),
    "cases.geo.parquet": (lambda path: wrong(POINTS).to_parquet(path), "", BY_POINT),
    "cases.geojson": (lambda path: wrong(POINTS).to_file(path), "", BY_POINT),
    "cases.gpkg": (lambda path: wrong(POINTS).to_file(path), "", BY_POINT),
    "cases.shp": (lambda path: wrong(POINTS).to_file(path, encoding="utf-8"), "", BY_POINT),
}


def saved_by_an_office(table: pd.DataFrame, path: Path) -> Path:
    """Save a corrected file as a Chinese spreadsheet saves CSV."""
    table.to_csv(path, index=False, encoding="gb18030")
    return path


def saved_as_workbook(table: pd.DataFrame, path: Path) -> Path:
    table.to_excel(path.with_suffix(".xlsx"), index=False)
    return path.with_suffix(".xlsx")


def saved_by_a_program(table: pd.DataFrame, path: Path) -> Path:
    table.to_csv(path, index=False)
    return path


SAVED = [saved_by_a_program, saved_by_an_office, saved_as_workbook]


def mapping(folder: Path, **keys: str) -> Path:
    path = folder / "mapping.toml"
    path.write_text(CASES.format(**{"file_keys": "", "target_keys": "", "region": BY_CODE, **keys}), encoding="utf-8")
    return path


def refused_rows(report: ImportReport) -> tuple[Path, pd.DataFrame]:
    (path,) = report.quarantine_files
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "or a spreadsheet shows it in the wrong encoding"
    return path, pd.read_csv(path, dtype=str, keep_default_na=False)


def held(home: Home, table: sa.Table = schema.incident) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        return store.read(sa.select(table)).sort_values(table.columns.keys()[:2], ignore_index=True)


@pytest.mark.parametrize("saved", SAVED)
@pytest.mark.parametrize("name", FILES)
def test_a_corrected_row_comes_in_as_if_it_had_been_right(home, tmp_path, name, saved):
    write, file_keys, region = FILES[name]
    write(tmp_path / name)
    rules = mapping(tmp_path, file_keys=file_keys, region=region)
    report = import_files(home, rules, [tmp_path / name])
    assert (report.targets[0].added, report.targets[0].quarantined) == (2, 1)
    path, rows = refused_rows(report)
    assert rows["dead"].tolist() == ["-2"]
    path = saved(rows.assign(dead="2"), path)
    for added in (1, 0):
        target = import_files(home, rules, [path]).targets[0]
        assert (target.added, target.unchanged, target.quarantined) == (added, 1 - added, 0)
    rows = held(home)
    assert rows["source_id"].tolist() == ["A7", "A8", "A9"]
    assert rows["victims"].tolist() == [1, 2, 1]
    assert rows["unit"].tolist()[:2] == ["一队", '二队, "甲"']
    assert rows["occurred_on"].dt.strftime("%m-%d").tolist() == ["01-06", "02-07", "03-07"]
    if region == BY_CODE:
        assert rows["region_code"].tolist() == RIGHT["region"].tolist()
    else:
        assert rows[["lon", "lat"]].to_numpy().tolist() == [[0.5, 0.5], [2.5, 0.5], [1.5, 0.5]]
    again = import_files(home, rules, [tmp_path / name]).targets[0]
    assert (again.added, again.replaced, again.unchanged) == (0, 0, 2)


def test_a_file_that_is_still_wrong_is_refused_again_under_its_own_row(home, tmp_path):
    wrong(AS_TEXT).to_csv(tmp_path / "cases.csv", index=False)
    rules = mapping(tmp_path)
    path, rows = refused_rows(import_files(home, rules, [tmp_path / "cases.csv"]))
    saved_as_workbook(rows.assign(dead="-3"), path)
    report = import_files(home, rules, [path.with_suffix(".xlsx")])
    assert "row 3: dead = '-3' is negative" in report.targets[0].problems[0][0]
    path_again, rows = refused_rows(report)
    assert path_again == path and rows["dead"].tolist() == ["-3"]


AREA = shapely.box(117.1, 32.2, 117.4, 32.4) - shapely.box(117.2, 32.25, 117.3, 32.3)


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        *(("areas.geojson", "EPSG:4326"), ("areas.geojson", "GCJ-02"), ("areas.gpkg", "EPSG:32650")),
        *(("areas.shp", "EPSG:4326"), ("areas.parquet", "EPSG:32650"), ("areas.csv", "BD-09")),
    ],
)
@pytest.mark.parametrize("saved", SAVED)
def test_a_shape_whose_row_was_corrected_is_the_shape_that_the_file_has(home, tmp_path, name, crs, saved):
    areas = gpd.GeoDataFrame({"code": ["9701O3000000"], "name": ["北县"]}, geometry=[AREA], crs=4326)
    areas = areas.to_crs(crs) if crs.startswith("EPSG") else areas
    rules = areas_mapping(tmp_path, crs, file_keys='wkt = "geometry"' if name.endswith("csv") else "")

    def write(folder: Path, code: str) -> Path:
        folder.mkdir(exist_ok=True)
        frame, path = areas.assign(code=code), folder / name
        if name.endswith("csv"):
            frame.to_wkt(rounding_precision=-1).to_csv(path, index=False)
        elif name.endswith("parquet"):
            frame.to_parquet(path)
        else:
            frame.to_file(path, encoding="utf-8")
        return path

    report = import_files(home, rules, [write(tmp_path / "wrong", "9701O3000000")])
    assert [target.quarantined for target in report.targets] == [1, 1] and len(report.quarantine_files) == 2
    for path in report.quarantine_files:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        path = saved(rows.assign(code="970103000000"), path)
        assert import_files(home, rules, [path]).targets[0].added == 1
    report = import_files(home, rules, [write(tmp_path / "right", "970103000000")])
    assert [target.unchanged for target in report.targets] == [1, 1]


VICTIMS = 'repeated = "sum"\nsum_column = "victims"'
ONE_A_VICTIM = pd.DataFrame(
    {
        "id": ["7", "7", "8", "9", "9"],
        "day": ["2024-01-05", "2024-01-05", "2024-02-06", "2024-03-07", "2024-03-07"],
        "dead": ["1"] * 5,
        "unit": ["一队"] * 5,
        "region": ["970101000000"] * 5,
    }
)


def victims(home: Home) -> dict[str, int]:
    rows = held(home)
    return dict(zip(rows["source_id"], rows["victims"], strict=True))


def changed(rows: pd.DataFrame, place: int, **cells: str) -> pd.DataFrame:
    """Return rows of which one has other cells."""
    rows = rows.copy()
    for name, cell in cells.items():
        rows.loc[rows.index[place], name] = cell
    return rows


@pytest.mark.parametrize(
    ("place", "mistake", "right"),
    [
        (1, {"day": "2024-02-31"}, {"day": "2024-01-05"}),
        (0, {"region": "970199000000"}, {"region": "970101000000"}),
        (2, {"dead": "-1"}, {"dead": "1"}),
        (3, {"id": "", "day": ""}, {"id": "9", "day": "2024-03-07"}),
        (4, {"id": "8", "day": "x"}, {"id": "9", "day": "2024-03-07"}),
    ],
)
def test_a_corrected_victim_is_added_to_those_of_the_same_incident_once(home, tmp_path, place, mistake, right):
    rules = mapping(tmp_path, target_keys=VICTIMS)
    path = tmp_path / "cases.csv"
    changed(ONE_A_VICTIM, place, **mistake).to_csv(path, index=False)
    report = import_files(home, rules, [path])
    assert report.targets[0].quarantined == 1 and sum(victims(home).values()) == 4
    refused, rows = refused_rows(report)
    changed(rows, 0, **right).to_csv(refused, index=False)
    whole = {"A7": 2, "A8": 1, "A9": 2}
    for files in ([refused], [refused], [path], [path, refused], [refused, path], [refused]):
        import_files(home, rules, files)
        assert victims(home) == whole, files
    with WorkingStore.open(home) as store:
        changes = store.read(sa.select(schema.row_change))
    assert len(changes) <= 1, "what was imported again changed nothing"
    ONE_A_VICTIM.to_csv(path, index=False)
    for _ in range(2):
        import_files(home, rules, [path])
        assert victims(home) == whole, "the file itself is right now"


def test_several_corrected_rows_may_come_in_one_after_the_other_and_be_corrected_again(home, tmp_path):
    rules = mapping(tmp_path, target_keys=VICTIMS)
    path = tmp_path / "cases.csv"
    changed(changed(ONE_A_VICTIM, 1, dead="x"), 4, dead="y").to_csv(path, index=False)
    refused, rows = refused_rows(import_files(home, rules, [path]))
    copy = tmp_path / refused.name
    for first, second, counted in (
        ("1", "y", {"A7": 2, "A8": 1, "A9": 1}),
        ("1", "3", {"A7": 2, "A8": 1, "A9": 4}),
        ("5", "1", {"A7": 6, "A8": 1, "A9": 2}),
    ):
        rows.assign(dead=[first, second]).to_csv(copy, index=False)
        import_files(home, rules, [copy])
        assert victims(home) == counted
    changed(rows.assign(dead="1"), 1, id="10").to_csv(copy, index=False)
    import_files(home, rules, [copy])
    assert victims(home) == {"A7": 2, "A8": 1, "A9": 1, "A10": 1}
    changed(rows.assign(dead="1"), 1, id="9").to_csv(copy, index=False)
    import_files(home, rules, [copy])
    assert victims(home) == {"A7": 2, "A8": 1, "A9": 2}


def test_a_row_that_was_right_once_is_replaced_by_its_correction_and_not_added_to(home, tmp_path):
    rules = mapping(tmp_path, target_keys=VICTIMS)
    path = tmp_path / "cases.csv"
    ONE_A_VICTIM.to_csv(path, index=False)
    import_files(home, rules, [path])
    changed(ONE_A_VICTIM, 2, dead="-3").to_csv(path, index=False)
    refused, rows = refused_rows(import_files(home, rules, [path]))
    rows.assign(dead="3").to_csv(refused, index=False)
    import_files(home, rules, [refused])
    assert victims(home) == {"A7": 2, "A8": 3, "A9": 2}


PEOPLE = """
name = "people"
[[file]]
match = "people.*"
[[file.target]]
table = "population"
source = "office"
repeated = "sum"
sum_column = "population"
{target_keys}
[file.target.columns]
region_code = {{ column = "region" }}
year = {{ column = "year" }}
population = {{ column = "people" }}
"""
OF_AGE_GROUPS = pd.DataFrame(
    {
        "region": ["970101000000"] * 3 + ["970102000000"] * 2,
        "year": ["2024"] * 5,
        "age": ["0-14", "15-64", "65+", "0-64", "65+"],
        "people": ["100", "500", "60", "30", "4"],
    }
)


def people_rules(folder: Path, target_keys: str = "") -> Path:
    rules = folder / "people.toml"
    rules.write_text(PEOPLE.format(target_keys=target_keys), encoding="utf-8")
    return rules


def people(home: Home) -> dict[str, float]:
    rows = held(home, schema.population).query("source == 'office'")
    return dict(zip(rows["region_code"], rows["population"], strict=True))


@pytest.mark.parametrize(
    ("place", "mistake", "right"),
    [
        (1, {"people": "5oo"}, {"people": "500"}),
        (0, {"year": "two"}, {"year": "2024"}),
        (4, {"people": "-4"}, {"people": "4"}),
    ],
)
def test_a_corrected_part_of_a_population_joins_the_others_once(home, tmp_path, place, mistake, right):
    rules, path = people_rules(tmp_path), tmp_path / "people.csv"
    changed(OF_AGE_GROUPS, place, **mistake).to_csv(path, index=False)
    refused, rows = refused_rows(import_files(home, rules, [path]))
    changed(rows, 0, **right).to_csv(refused, index=False)
    for files in ([refused], [refused], [path], [path, refused], [refused, path]):
        import_files(home, rules, files)
        assert people(home) == {"970101000000": 660, "970102000000": 34}, files
    OF_AGE_GROUPS.to_csv(path, index=False)
    report = import_files(home, rules, [path]).targets[0]
    assert (report.unchanged, report.excluded) == (2, 3)
    assert people(home) == {"970101000000": 660, "970102000000": 34}


def test_copies_of_a_part_of_a_population_count_once_where_the_mapping_drops_them(home, tmp_path):
    path = tmp_path / "people.csv"
    pd.concat([OF_AGE_GROUPS, OF_AGE_GROUPS.head(1)]).to_csv(path, index=False)
    for keys, counted in (("", 760), ('copies = "drop"', 660)):
        import_files(home, people_rules(tmp_path, keys), [path])
        assert people(home)["970101000000"] == counted
