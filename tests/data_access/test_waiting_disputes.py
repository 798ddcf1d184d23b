"""What waits on a day, listed by whether it was settled in time, is what every dispute's own times say."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product

import pandas as pd
import pytest

from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.queries.dispute_queries import WAITING
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST

SCOPE = Scope("city_leader", CITY)
RECEIVED, DUE = datetime(2024, 1, 10, 9), datetime(2024, 2, 10)
ENDS = (None, datetime(2024, 1, 20, 8), DUE, datetime(2024, 2, 10, 7), datetime(2024, 3, 1))
"""Not yet, before the due day, at its very moment, later on it, and after it."""
DAYS = [date(2024, 1, 9), date(2024, 1, 10), date(2024, 1, 20), date(2024, 2, 9), date(2024, 2, 10), date(2024, 12, 31)]


@pytest.fixture(scope="module")
def disputes() -> pd.DataFrame:
    """Every way that a dispute can end or wait: with and without a due date, red or not, dealt with, taken by a leader, merged."""
    combinations = product((DUE, None), ENDS, ENDS, ENDS[:2], ("red", "yellow"), (None, "other"))
    rows = [
        (f"d{number}", due, resolved, handled, packaged, colour, merged)
        for number, (due, resolved, handled, packaged, colour, merged) in enumerate(combinations)
        if colour == "red" or (handled, packaged) == (None, None)
    ]
    columns = ["source_id", "due_at", "resolved_at", "red_handled_at", "packaged_at", "risk_colour", "merged_into"]
    frame = pd.DataFrame(rows, columns=columns).assign(
        source="mediation",
        region_code="970101001001001",
        class_code="01",
        subclass_code="",
        channel="grid",
        transfers=0,
    )
    return frame.assign(received_at=RECEIVED, red_at=frame["risk_colour"].map({"red": pd.Timestamp(RECEIVED)}))


@pytest.fixture(scope="module")
def reader(disputes, tmp_path_factory) -> SnapshotReader:
    home = Home(tmp_path_factory.mktemp("waiting"))
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("dispute", disputes)
    publish(home)
    return SnapshotReader(home)


def waits(each, stage: str, day: date) -> bool:
    """Return whether a dispute waits at the end of a day, from its own times."""
    after = pd.Timestamp(day) + pd.Timedelta(days=1)

    def open_(ended) -> bool:
        return pd.isna(ended) or ended >= after

    if each.received_at >= after or pd.notna(each.merged_into):
        return False
    red = each.risk_colour == "red"
    match stage:
        case "open":
            return open_(each.resolved_at)
        case "overdue":
            return each.due_at < after and open_(each.red_handled_at if red else each.resolved_at)
        case "red_open":
            return red and open_(each.red_handled_at)
        case _:
            return red and open_(each.red_handled_at) and open_(each.packaged_at)


@pytest.mark.parametrize("stage", WAITING)
@pytest.mark.parametrize("day", DAYS)
def test_what_waits_on_a_day_is_what_the_times_say(reader, disputes, stage, day):
    expected = sorted(each.source_id for each in disputes.itertuples() if waits(each, stage, day))
    listed = reader.disputes(SCOPE, EAST, day.replace(day=1), day, stage, limit=500)
    assert sorted(listed["source_id"]) == expected
    assert reader.dispute_count(SCOPE, EAST, day.replace(day=1), day, stage) == len(expected)
    due = listed["due_at"].dropna()
    assert due.is_monotonic_increasing
