"""Awards above the cap or over the fund, and arrivals before their alarm, are set aside with row and reason."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

MAPPING = """
name = "money and alarms"
[[file]]
match = "award*.csv"
[[file.target]]
table = "fund_award"
source = "committee"
[file.target.columns]
source_id = { column = "id" }
class_code = { column = "reason" }
channel = { column = "scheme", codes = { "一事一奖" = "one_event", "一案一补" = "one_case" } }
amount = { column = "yuan" }
applied_on = { column = "applied", optional = true }
awarded_on = { column = "awarded" }
[file.target.region]
code = { column = "region" }
[[file]]
match = "alarm*.csv"
[[file.target]]
table = "alarm_response"
source = "dispatch"
[file.target.columns]
source_id = { column = "id" }
class_code = { column = "ring" }
received_at = { column = "came", dates = ["%Y-%m-%d %H:%M:%S"] }
arrived_at = { column = "there", dates = ["%Y-%m-%d %H:%M:%S"], optional = true }
[file.target.region]
code = { column = "region" }
[[file]]
match = "fund*.csv"
[[file.target]]
table = "reported_count"
source = "finance"
[file.target.columns]
source_id = { column = "year" }
period_start = { template = "{year}-01-01" }
grain = { value = "month" }
measure = { value = "fund_total" }
value = { column = "yuan" }
[file.target.region]
code = { column = "region" }
"""
AWARD = {"id": "1", "reason": "dispute_settled", "scheme": "一事一奖", "yuan": "200000", "applied": "2024-03-01"}
AWARD |= {"awarded": "2024-03-20", "region": small_city.EAST}
ALARM = {"id": "1", "ring": "ring_3", "came": "2024-05-01 10:00:00", "there": "2024-05-01 10:03:00"}
ALARM |= {"region": "970101001000"}


def numbered(count: int, **changed: str) -> list[dict[str, str]]:
    return [
        AWARD | {"id": f"{number:02d}", "awarded": f"2024-04-{number:02d}"} | changed for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(("kind", "row"), [("award", AWARD), ("alarm", ALARM), ("alarm", ALARM | {"there": ""})])
def test_a_whole_row_is_taken_in(imported, kind, row):
    report = imported(kind, row)
    assert (report.added, report.quarantined) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "changed", "named"),
    [
        ("award", {"yuan": "200001"}, "200,001 > 200,000"),
        ("award", {"yuan": "200000.50"}, "200,000.50 > 200,000"),
        ("award", {"yuan": "0"}, "amount"),
        ("award", {"reason": "心情"}, "config/fund.toml"),
        ("award", {"applied": "2024-03-21"}, "awarded_on"),
        ("alarm", {"there": "2024-05-01 09:59:59"}, "arrived_at"),
        ("alarm", {"ring": "ring_9"}, "config/response.toml"),
    ],
)
def test_a_row_that_contradicts_itself_is_set_aside_with_file_row_and_value(imported, kind, changed, named):
    report = imported(kind, (AWARD if kind == "award" else ALARM) | changed)
    assert (report.added, report.quarantined) == (0, 1)
    english, chinese = report.problems[0]
    assert f"{kind}.csv" in english
    assert named in english and named in chinese


def test_awards_are_taken_in_by_their_day_as_long_as_the_fund_lasts(imported):
    report = imported("award", *numbered(27))
    assert (report.added, report.quarantined) == (25, 2), "5,000,000 are 25 awards of 200,000"
    assert "5,000,000 + 200,000 > 5,000,000 (2024)" in report.problems[0][0]
    assert "超过基金总额" in report.problems[0][1]


def test_what_is_held_counts_and_a_corrected_award_does_not_count_twice(imported):
    assert imported("award", *numbered(25)).added == 25
    again = imported("award", *numbered(25)[:-1], AWARD | {"id": "25", "yuan": "150000"})
    assert (again.replaced, again.quarantined) == (1, 0)
    more = imported("award", AWARD | {"id": "90"}, AWARD | {"id": "91", "yuan": "50000"})
    assert (more.added, more.quarantined) == (1, 1), "50,000 are left: the large award must go, the small one fits"


def test_each_year_has_its_own_fund_and_a_reported_one_stands(imported):
    imported("fund", {"year": "2024", "yuan": "300000", "region": small_city.CITY})
    report = imported("award", *numbered(2), AWARD | {"id": "80", "applied": "", "awarded": "2023-05-01"})
    assert (report.added, report.quarantined) == (2, 1)
    assert "> 300,000 (2024)" in report.problems[0][0]


def test_time_limits_come_from_the_ring_and_arrival_at_the_limit_is_in_time(home, imported):
    late = ALARM | {"id": "2", "there": "2024-05-01 10:03:01"}
    silent = ALARM | {"id": "3", "there": ""}
    imported("alarm", ALARM, late, silent)
    with WorkingStore.open(home) as store:
        rows = store.read(sa.select(schema.alarm_response))
    assert (rows["due_at"] - rows["received_at"]).dt.total_seconds().tolist() == [180.0] * 3
    publish(home)
    reader = SnapshotReader(home)
    found = reader.measure_values(
        Scope("city_leader", small_city.CITY),
        ["response_total", "response_valid", "response_within"],
        [small_city.EAST],
        date(2024, 1, 1),
        date(2024, 12, 31),
    ).set_index("measure")["value"]
    assert found.to_dict() == {"response_total": 3, "response_valid": 2, "response_within": 1}


def test_an_older_working_file_gets_the_new_tables(home):
    with WorkingStore.open(home) as store, store.transaction() as connection:
        connection.execute(sa.text("drop table fund_award"))
        connection.execute(sa.text("drop table alarm_response"))
        connection.execute(sa.text("update schema_version set version = 5"))
    with WorkingStore.open(home) as store:
        assert store.read(sa.select(schema.fund_award)).empty
        assert store.read(sa.select(schema.alarm_response)).empty
