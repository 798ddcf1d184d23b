"""A city small enough to count by hand: 2 counties, 3 townships, 3 grids, and an old county that was renamed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import shapely

from data_access.home import Home
from data_access.store.working import WorkingStore

CITY = "970100000000"
EAST, WEST, OLD_WEST = "970101000000", "970102000000", "970109000000"
TOWNS = {"970101001000": EAST, "970101002000": EAST, "970102001000": WEST}
GRIDS = {"970101001001001": "970101001000", "970101002001001": "970101002000", "970102001001001": "970102001000"}
BOXES = {
    CITY: (0, 0, 3, 1),
    EAST: (0, 0, 2, 1),
    WEST: (2, 0, 3, 1),
    "970101001000": (0, 0, 1, 1),
    "970101002000": (1, 0, 2, 1),
    "970102001000": (2, 0, 3, 1),
    "970101001001001": (0, 0, 1, 1),
    "970101002001001": (1, 0, 2, 1),
    "970102001001001": (2, 0, 3, 1),
}
CASES_MAPPING = """
name = "cases"
[[file]]
match = "*.csv"
[[file.target]]
table = "incident"
source = "station"
[file.target.columns]
source_id = { column = "id" }
occurred_on = { column = "day" }
category = { value = "homicide" }
class_code = { value = "01" }
victims = { value = "1" }
[file.target.region]
code = { column = "region" }
"""
"""How a file of homicides (id, day, region) comes in."""


def regions() -> pd.DataFrame:
    rows = [(CITY, "小城", "city", 0, None), (EAST, "东县", "county", 1, CITY), (WEST, "西县", "county", 1, CITY)]
    rows += [(code, f"镇{code[6:9]}", "township", 2, parent) for code, parent in TOWNS.items()]
    rows += [(code, f"网格{code[-3:]}", "grid", 3, parent) for code, parent in GRIDS.items()]
    frame = pd.DataFrame(rows, columns=["region_code", "name", "level", "depth", "parent_code"])
    frame["name_en"] = frame["name"]
    frame["valid_to"] = pd.Series([None] * len(frame), dtype=object)
    frame["successor_code"] = pd.Series([None] * len(frame), dtype=object)
    old = {
        "region_code": OLD_WEST,
        "name": "旧西县",
        "name_en": "Old West",
        "level": "county",
        "depth": 1,
        "parent_code": CITY,
        "valid_to": date(2022, 12, 31),
        "successor_code": WEST,
    }
    return pd.concat([frame, pd.DataFrame([old])], ignore_index=True).assign(source="test")


def incidents() -> pd.DataFrame:
    rows = [
        ("a1", "970101001001001", date(2023, 3, 5), "homicide", "01", 1, True),
        ("a2", "970102001001001", date(2023, 7, 9), "homicide", "04", 2, True),
        ("a3", OLD_WEST, date(2022, 5, 1), "homicide", "06", 1, False),
        ("a4", "970101001001001", date(2024, 2, 29), "homicide", "01", 3, False),
        ("a5", EAST, date(2024, 11, 30), "criminal_alarm", "fraud", 0, None),
        ("a6", CITY, date(2024, 12, 31), "homicide", "", 1, None),
    ]
    columns = ["source_id", "region_code", "occurred_on", "category", "class_code", "victims", "from_dispute"]
    return pd.DataFrame(rows, columns=columns).assign(source="police", date_grain="day", unit="一队")


def disputes() -> pd.DataFrame:
    def moment(month: int, day: int) -> datetime:
        return datetime(2024, month, day, 9)

    rows = [
        (
            "d1",
            "970101001001001",
            "01",
            "grid",
            moment(1, 1),
            moment(1, 31),
            moment(1, 11),
            moment(1, 20),
            "blue",
            None,
        ),
        ("d2", "970101002001001", "04", "petition", moment(1, 5), moment(2, 4), moment(3, 5), None, "yellow", None),
        ("d3", "970102001001001", "01", "hotline_12345", moment(2, 1), moment(2, 16), None, None, "red", None),
        ("d4", "970102001001001", "01", "grid", moment(2, 2), moment(2, 17), None, None, "red", "d3"),
    ]
    columns = [
        *("source_id", "region_code", "class_code", "channel", "received_at", "due_at", "resolved_at"),
        *("revisited_at", "risk_colour", "merged_into"),
    ]
    frame = pd.DataFrame(rows, columns=columns).assign(source="mediation", subclass_code="", transfers=0)
    return frame.assign(red_at=frame["received_at"].where(frame["risk_colour"] == "red"))


def reported_counts() -> pd.DataFrame:
    rows = [
        ("c1", EAST, date(2024, 1, 1), "month", "patrol_due", 31.0),
        ("c2", EAST, date(2024, 1, 1), "month", "patrol_done", 30.0),
        ("c3", EAST, date(2024, 1, 1), "month", "volunteers", 100.0),
        ("c4", EAST, date(2024, 2, 1), "month", "volunteers", 120.0),
        ("c5", WEST, date(2024, 2, 1), "month", "volunteers", 80.0),
        # Years already counted: the records of 2022–2024 win over them, 2021 stands.
        ("c6", EAST, date(2021, 1, 1), "year", "homicide_victims", 7.0),
        ("c7", EAST, date(2023, 1, 1), "year", "homicide_victims", 9.0),
    ]
    columns = ["source_id", "region_code", "period_start", "grain", "measure", "value"]
    return pd.DataFrame(rows, columns=columns).assign(source="office", class_code="", channel="")


def awards() -> pd.DataFrame:
    first_town = next(iter(TOWNS))
    rows = [
        ("j1", first_town, "dispute_settled", "one_case", 50_000.0, date(2024, 3, 1), date(2024, 3, 11)),
        ("j2", EAST, "clue_given", "one_event", 200_000.0, date(2024, 5, 1), date(2024, 5, 31)),
        ("j3", WEST, "clue_given", "one_event", 80_000.0, None, date(2024, 6, 30)),
    ]
    columns = ["source_id", "region_code", "class_code", "channel", "amount", "applied_on", "awarded_on"]
    return pd.DataFrame(rows, columns=columns).assign(source="committee")


def alarms() -> pd.DataFrame:
    first_town = next(iter(TOWNS))
    came = datetime(2024, 5, 1, 10)
    waits = {"p1": 30, "p2": 60, "p3": 90, "p4": None}
    rows = [
        (
            key,
            first_town,
            "ring_1",
            came,
            came + timedelta(minutes=1),
            None if wait is None else came + timedelta(seconds=wait),
        )
        for key, wait in waits.items()
    ]
    columns = ["source_id", "region_code", "class_code", "received_at", "due_at", "arrived_at"]
    return pd.DataFrame(rows, columns=columns).assign(source="dispatch")


def fill(home: Home) -> None:
    """Write the small city to the working store of ``home``."""
    with WorkingStore.open(home) as store, store.transaction():
        pairs = {"name": "小城", "name_en": "Small City", "is_demo": "1", "data_through": "2024-12-31"}
        store.replace_all("dataset", pd.DataFrame({"key": list(pairs), "value": list(pairs.values())}))
        levels = [(0, "city", 4), (1, "county", 6), (2, "township", 9), (3, "grid", 15)]
        frame = pd.DataFrame(levels, columns=["depth", "level", "digits"])
        store.replace_all("region_level", frame.assign(name=frame["level"], name_en=frame["level"]))
        store.replace_all("region", regions())
        wkb = [shapely.to_wkb(shapely.box(*box)) for box in BOXES.values()]
        store.replace_all("region_geometry", pd.DataFrame({"region_code": list(BOXES), "wkb": wkb, "source": "test"}))
        people = [(code, year, 100_000.0) for code in TOWNS for year in (2022, 2023)]
        population = pd.DataFrame(people, columns=["region_code", "year", "population"]).assign(source="test")
        store.replace_all("population", population)
        store.replace_all("incident", incidents())
        store.replace_all("dispute", disputes())
        store.replace_all("reported_count", reported_counts())
