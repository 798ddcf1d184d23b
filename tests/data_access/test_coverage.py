"""From when to when a source speaks, where nobody declared it: rows that come often tell the month, rare ones the year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

CITY = Scope("city_leader", small_city.CITY)


OFTEN = pd.date_range("2022-05-04", "2024-08-02", freq="5D")
MOST_MONTHS = pd.date_range("2022-02-20", "2024-04-10", periods=22)
"""Ten a year: two months without any are nothing, eight would be (chance below 1 %)."""
OF_SOURCES = {
    "police": (OFTEN, ["2022-05-01", "2024-08-31"]),
    "court": (MOST_MONTHS, ["2022-01-01", "2024-04-30"]),
    "hospital": (pd.DatetimeIndex(["2022-05-04", "2022-06-30", "2023-08-02"]), ["2022-01-01", "2023-12-31"]),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def homicides(days: pd.DatetimeIndex, source: str = "police") -> pd.DataFrame:
    rows = small_city.incidents().iloc[[0] * len(days)]
    return rows.assign(occurred_on=days.date, source=source, source_id=[f"h{number}" for number in range(len(days))])


def covers(home: Home) -> dict[str, list[str]]:
    """Return by source from when to when its records speak, as two texts."""
    cover = SnapshotReader(home).coverage(CITY).query("measure == 'homicide_incidents' and basis == 'records'")
    days = cover.set_index("source")[["first_day", "last_day"]]
    return {
        source: [str(pd.Timestamp(day).date()) for day in row]
        for source, row in zip(days.index, days.to_numpy(), strict=True)
    }


def provisional(home: Home) -> list[str]:
    """Return the sources whose first and last year are taken as whole."""
    cover = SnapshotReader(home).coverage(CITY).query("measure == 'homicide_incidents' and basis == 'records'")
    return cover.loc[cover["provisional"], "source"].tolist()


def covered(
    home: Home,
    days: pd.DatetimeIndex,
    through: str = "2024-12-31",
    count_grain: str = "",
    dataset: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Publish homicides on ``days``, beside counts of 2022 if asked for, and return the cover of the records as two texts."""
    small_city.fill(home)
    counts = small_city.reported_counts().iloc[[0] * bool(count_grain)]
    counts = counts.assign(measure="homicide_incidents", period_start=date(2022, 1, 1), grain=count_grain)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("incident", homicides(days))
        store.replace_all("reported_count", counts)
        named = {"name": "小城", "data_through": through, **dataset}
        store.replace_all("dataset", pd.DataFrame(named.items(), columns=["key", "value"]))
    publish(home)
    return covers(home)["police"]


def test_every_store_reads_the_same_from_the_rows_of_several_sources(new_home):
    home = new_home()
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("incident", pd.concat([homicides(days, name) for name, (days, _) in OF_SOURCES.items()]))
    publish(home)
    assert covers(home) == {name: expected for name, (_, expected) in OF_SOURCES.items()}
    assert provisional(home) == ["court", "hospital"]


@pytest.mark.parametrize(
    ("days", "through", "expected"),
    [
        (["2022-05-04", "2022-06-30", "2023-08-02"], "2024-12-31", ["2022-01-01", "2023-12-31"]),
        (["2022-05-04", "2024-09-02"], "2024-10-31", ["2022-01-01", "2024-10-31"]),
        (["2024-02-29"], "2024-12-31", ["2024-01-01", "2024-12-31"]),
        (["2023-02-20", "2023-11-02"], "2024-01-31", ["2023-01-01", "2024-01-31"]),
    ],
    ids=["ended", "goes on", "one case", "no case yet in the new year"],
)
def test_a_handful_of_rows_tells_years_and_no_month(home, days, through, expected):
    assert covered(home, pd.DatetimeIndex(days), through) == expected


def test_rows_that_come_often_tell_their_months(home):
    assert covered(home, OFTEN) == ["2022-05-01", "2024-08-31"]
    assert provisional(home) == []


def test_what_is_declared_is_not_taken_for_granted(home):
    days = pd.DatetimeIndex(["2022-05-04", "2024-09-02"])
    assert covered(home, days, dataset={"covers:police": "2022-04-01..2024-09-30"}) == ["2022-04-01", "2024-09-30"]
    assert provisional(home) == []


def test_rows_of_which_one_falls_in_most_months_tell_as_little_as_chance_allows(home):
    assert covered(home, MOST_MONTHS) == ["2022-01-01", "2024-04-30"]


@pytest.mark.parametrize(("grain", "first_day"), [("month", "2022-05-01"), ("year", "2022-01-01")])
def test_a_year_is_not_taken_from_counts_that_tell_its_months(home, grain, first_day):
    days = pd.DatetimeIndex(["2022-05-04", "2024-11-02"])
    assert covered(home, days, count_grain=grain) == [first_day, "2024-12-31"]
