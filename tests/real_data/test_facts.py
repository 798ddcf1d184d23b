"""Facts that the real data's READMEs state and no other test reads: from the command line, or from the rows as imported."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime

import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from dashboard.__main__ import run
from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.trends.screen import trends_screen
from data_access import schema
from data_access.access import Scope
from data_access.home import Home
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.real_data.test_examples import City


@pytest.fixture
def told(example_home, capsys):
    """Ask the command line of an example, as its user would."""

    def ask(name: str, *arguments: str) -> list[dict]:
        assert run([*arguments, "--home", str(example_home(name).path), "--format", "json"]) == 0
        return json.loads(capsys.readouterr().out)["rows"]

    return ask


def rates(rows: list[dict]) -> dict[str, float]:
    return {row["region_name"]: row["value"] for row in sorted(rows, key=lambda row: -row["value"])}


def read(home: Home, statement: sa.Select) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        return store.read(statement)


def test_torontos_published_rates_of_2024_by_neighbourhood(told):
    own = rates(told("toronto", "ranking", "--indicator", "homicide_victim_rate", "--period", "2024"))
    highest = {"Beechborough-Greenbrook": 25.92, "Blake-Jones": 24.52, "Weston": 23.16}
    assert {name: round(rate, 2) for name, rate in list(own.items())[:3]} == highest
    assert (len(own), list(own.values()).count(0)) == (158, 102)
    (city,) = told("toronto", "indicators", "--period", "2024", "--indicator", "homicide_victim_rate")
    assert (city["numerator"], city["denominator"], round(city["value"], 3)) == (85, 3_179_220, 2.674)


def test_torontos_victims_by_year_kind_and_division(told, example_home):
    years = [64, 80, 70, 86, 70, 62, 65, 51, 57, 57, 58, 59, 75, 65, 98, 79, 71, 85, 70]
    shown = [
        told("toronto", "indicators", "--period", str(year), "--indicator", "homicide_victims")[0]["value"]
        for year in range(2004, 2023)
    ]
    assert shown == years
    incident = schema.incident
    killed = sa.func.sum(incident.c.victims).label("victims")
    for column, expected in (
        (incident.c.class_code, {"shooting": 698, "other": 331, "stabbing": 293}),
        (incident.c.unit, {"D31": 148, "D51": 117, "D42": 116, "D23": 109}),
    ):
        query = sa.select(column.label("key"), killed).where(incident.c.category == "homicide").group_by(column)
        found = read(example_home("toronto"), query.order_by(killed.desc()).limit(len(expected)))
        assert dict(zip(found["key"], found["victims"], strict=True)) == expected


@pytest.mark.parametrize(("year", "differing"), [(2018, 0), (2019, 0), (2020, 0), (2022, range(2, 7))])
def test_torontos_events_come_to_the_published_counts_of_each_area(example_home, shared_data, year, differing):
    city = City(example_home("toronto"))
    file = next((shared_data / "toronto_homicide").glob("neighbourhoods158_*"))
    features = json.loads(gzip.decompress(file.read_bytes()))["features"]
    published = {
        f"9801{int(own['HOOD_ID']):03d}00000": own[f"HOMICIDE_{year}"] or 0
        for own in (feature["properties"] for feature in features)
    }
    span = date(year, 1, 1), date(year, 12, 31)
    frame = city.reader.measure_values(city.scope, ["homicide_victims"], list(published), *span)
    shown = frame.set_index("region_code")["value"].reindex(list(published)).fillna(0)
    apart = int((shown != pd.Series(published)).sum())
    assert apart in differing if isinstance(differing, range) else apart == differing


def test_the_highest_rates_of_us_counties(example_home, told):
    city = City(example_home("us_counties"))
    highest = {
        ("Hinsdale", "Colorado"): 71.38,
        ("Washington", "District of Columbia"): 64.26,
        ("Orleans", "Louisiana"): 59.16,
        ("Richmond City", "Virginia"): 45.64,
        ("St. Louis City", "Missouri"): 43.95,
    }
    for (county, state), rate in highest.items():
        code = city.code(county, state)
        command = ("indicators", "--region", code, "--period", "1990", "--indicator", "homicide_victim_rate")
        (row,) = told("us_counties", *command)
        assert row["value"] == pytest.approx(rate, abs=0.005)


def test_baltimores_first_and_last_moments_agencies_and_what_is_open(example_home):
    city = City(example_home("baltimore"))
    rows = read(example_home("baltimore"), sa.select(schema.dispute))
    last = datetime(2019, 2, 13, 15, 33, 54)
    assert (rows["received_at"].min(), rows["received_at"].max()) == (datetime(2014, 1, 1, 3, 53, 10), last)
    assert rows["resolved_at"].max() == datetime(2019, 2, 13, 16, 18, 56)
    assert not (rows["resolved_at"] < rows["received_at"]).any()
    days = (rows["resolved_at"] - rows["received_at"]) / pd.Timedelta("1D")
    assert (days.median(), days.mean(), days.quantile(0.9)) == pytest.approx((1.350, 12.356, 27.005), abs=5e-4)
    is_open = rows["resolved_at"].isna()
    assert (is_open.sum(), (is_open & (rows["due_at"] < last)).sum()) == (208, 135)
    assert rows["unit"].value_counts().head(3).to_dict() == {
        "Solid Waste": 4760,
        "Transportation": 1680,
        "Housing": 1164,
    }
    every = date(2029, 12, 31)
    assert city.total("disputes_due_in_time", end=every) == 7988


def test_chuzhous_counties_one_by_one_and_their_shapes(example_home):
    city = City(example_home("chuzhou"))
    below = {
        **{"341102": (9, 45), "341103": (13, 97), "341122": (12, 149), "341124": (10, 115), "341125": (25, 260)},
        **{"341126": (18, 250), "341171": (1, 4), "341172": (3, 15), "341181": (16, 175), "341182": (17, 157)},
    }
    codes = city.regions.index
    own = {
        county: tuple(int((city.regions["depth"] == depth)[codes.str.startswith(county)].sum()) for depth in (2, 3))
        for county in below
    }
    assert own == below
    names = {"341125": "定远县", "341126": "凤阳县", "341181": "天长市", "341182": "明光市"}
    assert {code: city.regions.loc[f"{code}000000", "name"] for code in names} == names
    shapes = city.reader.geometry(city.scope, city.codes(1))
    assert len(shapes) == 8
    assert sum(shapely.get_num_coordinates(shapes.geometry)) >= 3067
    assert shapes.total_bounds == pytest.approx([117.161066, 31.850926, 119.230997, 33.217960], abs=0.008)


def test_torontos_trends_begin_with_what_has_a_series(example_home):
    reader = SnapshotReader(example_home("toronto"))
    root = reader.snapshot().root_code
    context = Context(root, Period.parse("2024"), "zh", "light", Scope("city_leader", root), ())
    screen = trends_screen(reader, context)
    assert screen.series["value"].notna().sum() == 19 * 12, "each month of the dated years"
    assert "72→85" in screen.verdict


def test_a_year_that_is_not_over_says_how_far_it_goes(example_home):
    reader = SnapshotReader(example_home("london"))
    root = reader.snapshot().root_code
    context = Context(root, Period.parse("2023"), "zh", "light", Scope("city_leader", root), ())
    assert trends_screen(reader, context).years["year"].tolist()[:2] == ["2024（至03-31）", "2023"]
