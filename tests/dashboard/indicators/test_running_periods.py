"""A period that is not over is not compared by its count with one that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import change
from dashboard.indicators.evaluate import values
from dashboard.indicators.sentences import change_sentence
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

SCOPE = Scope("city_leader", small_city.CITY)
DAYS = pd.date_range("2022-05-04", "2024-03-29", freq="5D")
"""A homicide every five days, from May 2022 to the end of March 2024."""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> SnapshotReader:
    home = Home(tmp_path_factory.mktemp("running")).create()
    small_city.fill(home)
    rows = small_city.incidents().iloc[[0] * len(DAYS)]
    rows = rows.assign(occurred_on=DAYS.date, source_id=[f"h{number}" for number in range(len(DAYS))])
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("incident", rows)
        named = {"name": "小城", "data_through": "2024-03-31"}
        store.replace_all("dataset", pd.DataFrame(named.items(), columns=["key", "value"]))
    publish(home)
    return SnapshotReader(home)


@pytest.mark.parametrize("period", ["2024", "2023"], ids=["not over yet", "its source began within the year before"])
def test_a_count_of_some_months_is_not_compared_with_one_of_a_year(read, period):
    row = change(read, SCOPE, "homicide_incidents", [small_city.CITY], period).iloc[0]
    assert np.isnan(row["difference"]) and "unlike_periods" in row["notes"]
    assert change_sentence(row, find_indicator("homicide_incidents"), "zh") == "两期的天数或人口口径不同，不作比较"


def test_equal_months_are_compared(read):
    row = change(read, SCOPE, "homicide_incidents", [small_city.CITY], "2024Q1").iloc[0]
    assert row["difference"] == row["new_numerator"] - row["old_numerator"] == 0


def test_a_rate_is_compared_by_its_time_at_risk_without_counts_that_mislead(read):
    row = change(read, SCOPE, "homicide_victim_rate", [small_city.CITY], "2024").iloc[0]
    assert abs(row["ratio"] - 1) < 0.1 and row["new_numerator"] < row["old_numerator"] / 3
    assert "→" not in change_sentence(row, find_indicator("homicide_victim_rate"), "zh")


def test_a_change_on_last_year_of_a_running_year_has_no_value(read):
    running, over = (values(read, SCOPE, "JQ2c", [small_city.CITY], period).iloc[0] for period in ("2024", "2024Q1"))
    assert running["status"] == words.NO_DATA and np.isnan(running["value"]) and "unlike_periods" in running["notes"]
    assert over["value"] == 0
