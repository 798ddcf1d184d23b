"""The same real data in other files (names, order, encodings, formats, coordinate systems), mapped anew by docs/importing.md:
the same figures come out, and importing them again changes nothing."""

from __future__ import annotations

import gzip
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.home import Home
from data_access.importing.coordinates import shapes_to_stored
from data_access.importing.report import ImportReport, report_lines
from data_access.importing.run import import_files
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.conftest import EXAMPLES, REPOSITORY

TORONTO = """
[[file]]
match = "街区.gpkg"
crs = "EPSG:26917"                  # UTM 17N, metres
[file.derived]
code = { template = "9801{街区号:03d}00000" }
[[file.target]]
table = "region"
source = "toronto_areas"
[file.target.columns]
region_code = { column = "code" }
name = { column = "名称" }
parent_code = { value = "980100000000" }
depth = { value = 1 }
[[file.target]]
table = "region_geometry"
source = "toronto_areas"
geometry = true
[file.target.columns]
region_code = { column = "code" }
[[file.target]]
table = "population"
source = "toronto_areas"
[file.target.columns]
region_code = { column = "code" }
year = { value = 2024 }
population = { column = "人口" }
[[file.target]]
table = "reported_count"
source = "toronto_yearly"
[file.target.melt]
pattern = '命案(?P<year>\\d{4})年'
[file.target.columns]
source_id = { template = "{街区号}-{year}" }
period_start = { column = "year", dates = ["%Y"] }
grain = { value = "year" }
measure = { value = "homicide_victims" }
value = { column = "melted" }
[file.target.region]
code = { column = "code" }

[[file]]
match = "命案.csv"
delimiter = ";"
[[file.target]]
table = "incident"
source = "toronto_events"
repeated = "sum"
sum_column = "victims"
[file.target.columns]
source_id = { template = "{案件编号}-{日期}-{手段}" }
occurred_on = { column = "日期" }
category = { value = "homicide" }
class_code = { column = "手段", codes = { "枪" = "shooting", "刀" = "stabbing", "其他" = "other" } }
victims = { value = 1 }
[file.target.region]
code = { template = "9801{街区:03d}00000", blank = ["9801NSA00000"] }
point = { lon = "经度", lat = "纬度", crs = "EPSG:4326", decimal = "," }
otherwise = "root"

[[file]]
match = "枪击.parquet"
[[file.target]]
table = "incident"
source = "toronto_shootings"
repeated = "sum"
sum_column = "victims"
[file.target.columns]
source_id = { column = "event" }
occurred_on = { column = "when" }
category = { value = "shooting" }
victims = { column = "died", optional = true }
[file.target.region]
code = { template = "9801{area:03d}00000", blank = ["9801NSA00000"] }
point = { lon = "x", lat = "y", crs = "EPSG:4326" }
otherwise = "root"
"""


def toronto(shared: Path, folder: Path) -> None:
    areas = gpd.read_file(f"/vsigzip/{next(shared.glob('neighbourhoods158_*'))}")
    names = {f"HOMICIDE_{year}": f"命案{year}年" for year in range(2014, 2025)}
    names |= {"HOOD_ID": "街区号", "AREA_NAME": "名称", "POPULATION_2024": "人口"}
    areas.rename(columns=names)[[*reversed(names.values()), "geometry"]].to_crs(26917).to_file(folder / "街区.gpkg")
    events = pd.read_csv(next(shared.glob("homicides_*.csv")), dtype=str)
    days = pd.to_datetime(events["OCC_DATE"], format="%Y.%m.%d")
    pd.DataFrame(
        {
            "纬度": events["LAT_WGS84"].str.replace(".", ","),
            "经度": events["LONG_WGS84"].str.replace(".", ","),
            "街区": events["HOOD_158"],
            "手段": events["HOMICIDE_TYPE"].map({"Shooting": "枪", "Stabbing": "刀", "Other": "其他"}),
            "日期": [f"{day.year}年{day.month}月{day.day}日" for day in days],
            "案件编号": events["EVENT_UNIQUE_ID"],
        }
    ).to_csv(folder / "命案.csv", index=False, sep=";", encoding="gb18030")
    shots = pd.read_csv(next(shared.glob("shootings_*.csv.gz")))
    pd.DataFrame(
        {
            "x": shots["LONG_WGS84"],
            "y": shots["LAT_WGS84"],
            "died": shots["DEATH"],
            "when": pd.to_datetime(shots["OCC_DATE"], unit="ms"),
            "area": shots["HOOD_158"],
            "event": shots["EVENT_UNIQUE_ID"].astype("category"),
        }
    ).to_parquet(folder / "枪击.parquet")


LONDON = """
[[file]]
match = "boroughs.shp"
crs = "EPSG:4326"
[file.derived]
code = { template = "9802{GSS:last3}00000" }
[[file.target]]
table = "region"
source = "london_boroughs"
[file.target.columns]
region_code = { column = "code" }
name = { column = "BOROUGH" }
parent_code = { value = "980200000000" }
depth = { value = 1 }
[[file.target]]
table = "region_geometry"
source = "london_boroughs"
geometry = true
[file.target.columns]
region_code = { column = "code" }

[[file]]
match = "victims.xlsx"
sheet = "by month"
skip_rows = 2
fill_down = ["borough"]
[[file.target]]
table = "reported_count"
source = "london_homicides"
[file.target.melt]
pattern = '(?P<month>\\d\\d)/(?P<year>\\d{4})'
[file.target.columns]
source_id = { template = "{borough:plain}-{year}-{month}-{method}" }
period_start = { template = "{year}-{month}-01" }
grain = { value = "month" }
measure = { value = "homicide_victims" }
class_code = { column = "method" }
value = { column = "melted" }
[file.target.region]
name = { column = "borough", blank = ["Unmapped"] }
otherwise = "root"
"""
METHODS = {
    "Knife or Sharp Implement": "stabbing",
    "Shooting": "shooting",
    "Blunt Implement": "blunt",
    "Physical Assault, no weapon": "unarmed",
}


def london(shared: Path, folder: Path) -> None:
    """Wide instead of long: a column a month; the name of a borough stands in the first of its rows only."""
    areas = gpd.read_file(f"/vsigzip/{next(shared.glob('london_boroughs_*'))}")
    areas.rename(columns={"NAME": "BOROUGH", "GSS_CODE": "GSS"})[["GSS", "BOROUGH", "geometry"]].to_crs(4326).to_file(
        folder / "boroughs.shp"
    )
    rows = pd.read_csv(next(shared.glob("homicide_victims_*.csv")), dtype=str)
    month = pd.to_datetime(rows["Recorded Year"] + rows["Recorded Month"], format="%Y%b").dt.strftime("%m/%Y")
    method = rows["MethodofKilling"].map(METHODS).fillna("other")
    wide = pd.crosstab([rows["Borough"].rename("borough"), method.rename("method")], month).reset_index()
    known = pd.MultiIndex.from_product([areas["NAME"], ["other"]])
    none = [name for name, _ in known if not wide["borough"].str[:5].eq(name[:5]).any()]  # the City of London
    wide = pd.concat([wide, pd.DataFrame({"borough": none, "method": "other"})]).fillna(0)
    wide["borough"] = wide["borough"].mask(wide["borough"].duplicated())
    with pd.ExcelWriter(folder / "victims.xlsx") as book:
        pd.DataFrame({"note": ["source"]}).to_excel(book, sheet_name="about", index=False)
        wide.to_excel(book, sheet_name="by month", index=False, startrow=2)


MEXICO = """
[[file]]
match = "homicidios.xlsx"
[file.derived]
place = { column = "Municipio", blank = ["No Identificado", "No Especificado"] }
state_code = { template = "9805{Clave}000000" }
place_code = { template = "9805{Clave}{place:hash6}" }
finest_code = { first_of = ["place_code", "state_code"] }
[[file.target]]
table = "region"
source = "mexico_places"
[file.target.columns]
region_code = { column = "state_code" }
name = { column = "Estado" }
parent_code = { value = "980500000000" }
depth = { value = 1 }
[[file.target]]
table = "region"
source = "mexico_places"
where = [{ column = "place", known = true }]
[file.target.columns]
region_code = { column = "place_code" }
name = { column = "place" }
parent_code = { column = "state_code" }
depth = { value = 2 }
[[file.target]]
table = "population"
source = "mexico_places"
where = [{ column = "Población", known = true }, { column = "place", known = true }]
[file.target.columns]
region_code = { column = "place_code" }
year = { column = "Mes", extract = '^(\\d{4})' }
population = { column = "Población" }
[[file.target]]
table = "reported_count"
source = "mexico_monthly"
repeated = "sum"
sum_column = "value"
[file.target.columns]
source_id = { template = "{finest_code}-{Mes}" }
period_start = { column = "Mes" }
grain = { value = "month" }
measure = { value = "homicide_victims" }
value = { column = "Víctimas" }
[file.target.region]
code = { column = "finest_code" }
"""


def mexico(shared: Path, folder: Path) -> None:
    rows = pd.read_csv(shared / "homicides_municipality_month.csv.gz")
    pd.DataFrame(
        {
            "Víctimas": rows["homicidios"],
            "Mes": pd.to_datetime(rows["year"].astype(str) + rows["month"], format="%Y%B"),
            "Población": rows["population"],
            "Municipio": rows["municipio"],
            "Clave": rows["entidad"].map(mexican_states()),
            "Estado": rows["entidad"],
        }
    ).to_excel(folder / "homicidios.xlsx", index=False)


def mexican_states() -> dict[str, str]:
    """Return the codes of states, which the example's mapping has as a code list."""
    mapping = tomllib.loads((REPOSITORY / "examples" / "mexico.toml").read_text(encoding="utf-8"))
    return mapping["file"][0]["derived"]["state"]["codes"]


US_COUNTIES = """
[[file]]
match = "counties.geojson.gz"
crs = "EPSG:5070"                   # Albers equal area, metres
[file.derived]
state_code = { template = "9803{fips:05d|first2}000000" }
county_code = { template = "9803{fips:05d}000" }
[[file.target]]
table = "region"
source = "ncovr_areas"
[file.target.columns]
region_code = { column = "state_code" }
name = { column = "state" }
parent_code = { value = "980300000000" }
depth = { value = 1 }
[[file.target]]
table = "region"
source = "ncovr_areas"
[file.target.columns]
region_code = { column = "county_code" }
name = { column = "county" }
parent_code = { column = "state_code" }
depth = { value = 2 }
[[file.target]]
table = "region_geometry"
source = "ncovr_areas"
geometry = true
[file.target.columns]
region_code = { column = "state_code" }
[[file.target]]
table = "region_geometry"
source = "ncovr_areas"
geometry = true
[file.target.columns]
region_code = { column = "county_code" }

[[file]]
match = "years.tsv"
[[file.target]]
table = "population"
source = "ncovr_areas"
[file.target.columns]
region_code = { template = "9803{fips:05d}000" }
year = { column = "year" }
population = { column = "people" }
[[file.target]]
table = "reported_count"
source = "ncovr_yearly"
[file.target.columns]
source_id = { template = "{fips}-{year}" }
period_start = { column = "year", dates = ["%Y"] }
grain = { value = "year" }
measure = { value = "homicide_victims" }
value = { column = "homicides" }
[file.target.region]
code = { template = "9803{fips:05d}000" }
"""


def us_counties(shared: Path, folder: Path) -> None:
    """Long instead of wide, county numbers as numbers, shapes in metres."""
    shapes = gpd.read_file(shared / "NAT.shp")
    frame = shapes.rename(columns={"FIPSNO": "fips", "NAME": "county", "STATE_NAME": "state"})
    text = frame[["county", "state", "fips", "geometry"]].to_crs(5070).to_json(drop_id=True)
    (folder / "counties.geojson.gz").write_bytes(gzip.compress(text.encode()))
    years = [
        pd.DataFrame(
            {"people": shapes[f"PO{yy}"], "homicides": shapes[f"HC{yy}"], "year": 1900 + yy, "fips": frame["fips"]}
        )
        for yy in (90, 80, 70, 60)
    ]
    pd.concat(years).to_csv(folder / "years.tsv", sep="\t", index=False, encoding="utf-8-sig")


CHUZHOU = """
[[file]]
match = "区划.tsv"
[[file.target]]
table = "region"
source = "division_codes"
[file.target.columns]
region_code = { template = "{代码:0<12}" }
name = { column = "名称" }
parent_code = { template = "{上级:0<12}", optional = true }
depth = { column = "层级", codes = { "市" = "0", "县" = "1", "乡" = "2", "村" = "3" } }

[[file]]
match = "边界.zip"
crs = "EPSG:4490"
[[file.target]]
table = "region_geometry"
source = "county_shapes"
geometry = true
[file.target.columns]
region_code = { template = "{代码:0<12}" }
"""


def chuzhou(shared: Path, folder: Path) -> None:
    """All levels in one file, shapes in CGCS2000 and packed."""
    lists = [
        ("province_city.csv", "市", None, "code.str.len() == 4"),
        *(("counties.csv", "县", "cityCode", "True"), ("townships.csv", "乡", "areaCode", "True")),
        ("villages.csv", "村", "streetCode", "True"),
    ]
    parts = []
    for name, level, above, query in lists:
        rows = pd.read_csv(shared / name, dtype=str)
        rows = rows if query == "True" else rows.query(query)
        parts.append(
            pd.DataFrame(
                {"层级": level, "上级": rows[above] if above else None, "名称": rows["name"], "代码": rows["code"]}
            )
        )
    pd.concat(parts).to_csv(folder / "区划.tsv", sep="\t", index=False, encoding="utf-8-sig")
    shapes = gpd.read_file(next(shared.glob("counties_boundary_*")))
    moved = shapes_to_stored(shapes.geometry, "GCJ-02")
    frame = gpd.GeoDataFrame({"代码": shapes["adcode"]}, geometry=list(moved), crs=4490)
    frame.to_file(folder / "边界.shp", encoding="gb18030")
    with zipfile.ZipFile(folder / "边界.zip", "w") as archive:
        for path in sorted(folder.glob("边界.*")):
            if path.suffix != ".zip":
                archive.write(path, path.name)
                path.unlink()


BALTIMORE = """
[[file]]
match = "requests.gpkg"
sheet = "requests"
drop = ["Address", "GeoLocation"]
[file.derived]
district = { column = "District", codes = { "Central" = "1", "Southeastern" = "2", "Eastern" = "3", "Northeastern" = "4", "Northern" = "5", "Northwestern" = "6", "Western" = "7", "Southwestern" = "8", "Southern" = "9" } }
district_code = { template = "9804{district}0000000" }
post_code = { template = "9804{Post}00000" }
finest_code = { first_of = ["post_code", "district_code"] }
[[file.target]]
table = "region"
source = "baltimore_districts"
where = [{ column = "district", known = true }]
[file.target.columns]
region_code = { column = "district_code" }
name = { column = "District" }
parent_code = { value = "980400000000" }
depth = { value = 1 }
[[file.target]]
table = "region"
source = "baltimore_districts"
where = [{ column = "Post", known = true }]
[file.target.columns]
region_code = { column = "post_code" }
name = { template = "Post {Post}" }
parent_code = { template = "9804{Post:first1}0000000" }
depth = { value = 2 }
[[file.target]]
table = "dispute"
source = "baltimore_311"
[file.target.columns]
source_id = { column = "Id" }
class_code = { column = "Class" }
subclass_code = { column = "Type" }
channel = { column = "Way", codes = { "Phone" = "hotline_12345", "API" = "online_opinion", "Web" = "online_opinion", "Email" = "online_opinion", "Internal" = "grid", "Mail" = "petition" }, otherwise = "other" }
received_at = { column = "In" }
due_at = { column = "Due", optional = true }
resolved_at = { column = "Closed", optional = true }
unit = { column = "Office" }
[file.target.region]
code = { column = "finest_code" }
point = { lon = "geometry.x", lat = "geometry.y", crs = "EPSG:2248" }
otherwise = "root"
"""


def baltimore(shared: Path, folder: Path) -> None:
    """Points in feet of Maryland's own system; rows without one have no shape; times in ISO form."""
    rows = pd.read_csv(shared / "311_sample.csv.gz", dtype={"PolicePost": "str"})
    example = tomllib.loads((REPOSITORY / "examples" / "baltimore.toml").read_text(encoding="utf-8"))
    codes = example["file"][0]["target"][2]["columns"]["class_code"]["codes"]
    times = {
        new: pd.to_datetime(rows[old], format="%m/%d/%Y %I:%M:%S %p")
        for new, old in (("Closed", "CloseDate"), ("Due", "DueDate"), ("In", "CreatedDate"))
    }
    useless = rows["Latitude"].isna() | (rows["Latitude"] == 39) | (rows["Longitude"] == -77)
    points = gpd.GeoSeries(gpd.points_from_xy(rows["Longitude"], rows["Latitude"]), crs=4326).to_crs(2248)
    frame = gpd.GeoDataFrame(
        {
            **times,
            "Office": rows["Agency"],
            "Way": rows["MethodReceived"],
            "Type": rows["SRType"],
            "Class": rows["SRType"].str.extract("^([A-Za-z]+)", expand=False).map(codes).fillna("06"),
            "Post": rows["PolicePost"].str.removesuffix(".0"),
            "District": rows["PoliceDistrict"],
            "Id": rows["SRRecordID"],
        },
        geometry=points.where(~useless),
    )
    gpd.GeoDataFrame({"note": ["empty"]}, geometry=[shapely.Point(0, 0)], crs=2248).iloc[:0].to_file(
        folder / "requests.gpkg", layer="about"
    )
    frame.to_file(folder / "requests.gpkg", layer="requests")


OTHER: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "toronto": (toronto, TORONTO),
    "london": (london, LONDON),
    "mexico": (mexico, MEXICO),
    "us_counties": (us_counties, US_COUNTIES),
    "chuzhou": (chuzhou, CHUZHOU),
    "baltimore": (baltimore, BALTIMORE),
}
"""Example → how to write its data as other files, and their mapping."""


def figures(home: Home) -> pd.DataFrame:
    """Return every measure of every region by year and class, as the snapshot gives it."""
    reader = SnapshotReader(home)
    scope = Scope("analyst", reader.snapshot().root_code)
    measures = sorted(set(reader.coverage(scope)["measure"]))
    codes = reader.regions(scope).index.tolist()
    if not measures:
        return pd.DataFrame()
    frame = reader.measure_values(
        scope, measures, codes, None, reader.snapshot().data_through, grain="year", by=("class_code",)
    )
    frame = frame[frame["value"] != 0]
    return frame.sort_values(frame.columns[:-1].tolist(), ignore_index=True)


def regions(home: Home) -> pd.DataFrame:
    reader = SnapshotReader(home)
    scope = Scope("analyst", reader.snapshot().root_code)
    return reader.regions(scope)[["name", "parent_code", "depth"]].sort_index()


def counted(report: ImportReport) -> list[tuple[int, int, int]]:
    return [(target.added, target.replaced, target.quarantined) for target in report.targets]


@pytest.mark.parametrize("name", OTHER)
def test_the_same_data_in_other_files_give_the_same_figures(example_home, shared_data, tmp_path, name):
    write, files = OTHER[name]
    example = (REPOSITORY / "examples" / f"{name}.toml").read_text(encoding="utf-8")
    rules = tmp_path / "other.toml"
    rules.write_text(example.partition("[[file]]")[0] + files, encoding="utf-8")
    folder = tmp_path / "files"
    folder.mkdir()
    write(shared_data / EXAMPLES[name], folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix not in (".shx", ".dbf", ".prj", ".cpg"))
    home = Home(tmp_path / "home")
    plan = import_files(home, rules, paths, dry_run=True)
    assert "仅为预演" in report_lines(plan, "zh")[0]
    with WorkingStore.open(home) as store:
        assert store.read(sa.select(schema.region)).empty, "a plan changes nothing"
    report = import_files(home, rules, paths)
    assert counted(report) == counted(plan)
    assert all(target.quarantined == 0 for target in report.targets), [target.problems for target in report.targets]
    assert {(target.added, target.replaced) for target in import_files(home, rules, paths).targets} == {(0, 0)}
    publish(home)
    pd.testing.assert_frame_equal(regions(home), regions(example_home(name)))
    pd.testing.assert_frame_equal(figures(home), figures(example_home(name)))
