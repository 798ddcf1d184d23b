"""Awards and alarms read back from every store: sums by reason and ring, waits, the list, and nobody else's."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, WEST

CITY_SCOPE = Scope("city_leader", CITY)
YEAR_2024 = (date(2024, 1, 1), date(2024, 12, 31))
TOWN = "970101001000"


def awards() -> pd.DataFrame:
    rows = [
        ("j1", TOWN, "dispute_settled", "one_case", 50_000.0, date(2024, 3, 1), date(2024, 3, 11)),
        ("j2", EAST, "clue_given", "one_event", 200_000.0, date(2024, 5, 1), date(2024, 5, 31)),
        ("j3", WEST, "clue_given", "one_event", 80_000.0, None, date(2024, 6, 30)),
    ]
    columns = ["source_id", "region_code", "class_code", "channel", "amount", "applied_on", "awarded_on"]
    return pd.DataFrame(rows, columns=columns).assign(source="committee")


def alarms() -> pd.DataFrame:
    came = datetime(2024, 5, 1, 10)
    waits = {"p1": 30, "p2": 60, "p3": 90, "p4": None}
    rows = [
        (
            key,
            TOWN,
            "ring_1",
            came,
            came + timedelta(minutes=1),
            None if wait is None else came + timedelta(seconds=wait),
        )
        for key, wait in waits.items()
    ]
    columns = ["source_id", "region_code", "class_code", "received_at", "due_at", "arrived_at"]
    return pd.DataFrame(rows, columns=columns).assign(source="dispatch")


@pytest.fixture(scope="module")
def reader(new_home) -> SnapshotReader:
    home = new_home()
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("fund_award", awards())
        store.replace_all("alarm_response", alarms())
    publish(home)
    return SnapshotReader(home)


def test_awards_add_up_by_region_reason_and_scheme(reader):
    frame = reader.measure_values(CITY_SCOPE, ["fund_awarded"], [CITY, EAST], *YEAR_2024, by=("class_code", "channel"))
    sums = frame.set_index(["region_code", "class_code", "channel"])["value"].to_dict()
    assert sums == {
        (CITY, "clue_given", "one_event"): 280_000,
        (CITY, "dispute_settled", "one_case"): 50_000,
        (EAST, "clue_given", "one_event"): 200_000,
        (EAST, "dispute_settled", "one_case"): 50_000,
    }
    days = reader.histogram(CITY_SCOPE, "award_days", [CITY], *YEAR_2024)
    assert days["value"].sum() == 2, "an award without its application has no wait"


def test_list_and_largest_award_stay_within_the_region_and_the_scope(reader):
    assert reader.awards(CITY_SCOPE, CITY, *YEAR_2024)["source_id"].tolist() == ["j3", "j2", "j1"]
    assert reader.awards(CITY_SCOPE, EAST, *YEAR_2024, limit=1)["source_id"].tolist() == ["j2"]
    assert reader.largest_award(CITY_SCOPE, EAST, *YEAR_2024) == 200_000
    assert math.isnan(reader.largest_award(CITY_SCOPE, EAST, date(2023, 1, 1), date(2023, 12, 31)))
    leader = Scope("county_leader", WEST)
    assert reader.awards(leader, WEST, *YEAR_2024)["source_id"].tolist() == ["j3"]
    for ask in (reader.awards, reader.largest_award):
        with pytest.raises(ScopeError):
            ask(leader, EAST, *YEAR_2024)
    with pytest.raises(ScopeError):
        reader.awards(Scope("public_demo", CITY), CITY, *YEAR_2024)


def test_arrival_at_the_limit_is_within_it_in_the_share_and_in_the_waits(reader):
    frame = reader.measure_values(
        CITY_SCOPE, ["response_total", "response_valid", "response_within"], [TOWN], *YEAR_2024, by=("class_code",)
    )
    assert frame.set_index("measure")["value"].to_dict() == {
        "response_total": 4,
        "response_valid": 3,
        "response_within": 2,
    }
    bins = reader.histogram(CITY_SCOPE, "response_minutes", [TOWN], *YEAR_2024, by_class=True)
    assert set(bins["class_code"]) == {"ring_1"}
    minute = 1 / 1440
    assert bins.loc[bins["upper"] <= minute + 1e-8, "value"].sum() == 2
