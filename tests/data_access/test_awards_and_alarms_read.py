"""Awards and alarms read back from every store: sums by reason and ring, waits, the list, and nobody else's."""

from __future__ import annotations

import math
from datetime import date

import pytest

from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.queries import SnapshotReader
from tests.data_access.small_city import CITY, EAST, WEST

CITY_SCOPE = Scope("city_leader", CITY)
YEAR_2024 = (date(2024, 1, 1), date(2024, 12, 31))
TOWN = "970101001000"


@pytest.fixture(scope="module")
def reader(small_city_home) -> SnapshotReader:
    return SnapshotReader(small_city_home)


def test_awards_add_up_by_region_reason_and_scheme(reader):
    frame = reader.measure_values(CITY_SCOPE, ["fund_awarded"], [CITY, EAST], *YEAR_2024, by=("class_code", "channel"))
    sums = frame.set_index(["region_code", "class_code", "channel"])["value"].to_dict()
    assert sums == {
        (CITY, "clue_given", "one_event"): 280_000,
        (CITY, "dispute_settled", "one_case"): 50_000,
        (EAST, "clue_given", "one_event"): 200_000,
        (EAST, "dispute_settled", "one_case"): 50_000,
    }
    days = reader.histograms(CITY_SCOPE, ["award_days"], [CITY], *YEAR_2024)
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
    bins = reader.histograms(CITY_SCOPE, ["response_minutes"], [TOWN], *YEAR_2024, by_class=True)
    assert set(bins["class_code"]) == {"ring_1"}
    minute = 1 / 1440
    assert bins["value"][bins["upper"] <= minute + 1e-8].sum() == 2
