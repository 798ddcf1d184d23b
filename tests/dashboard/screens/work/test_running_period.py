"""A period that is not over: its sources are told apart, and it is not compared with more days than it has."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.work.disputes import disputes_screen
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

OVER = Context(small_city.CITY, Period.parse("2024-01"), "zh", "light", Scope("city_leader", small_city.CITY))
RUNNING = replace(OVER, period=Period.parse("2024-02"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> SnapshotReader:
    """The small city on 20 February 2024, with two disputes more in January and in February of the year before."""
    home = Home(tmp_path_factory.mktemp("running") / "city").create()
    small_city.fill(home)
    own = small_city.disputes()
    moved = {"received_at": -pd.DateOffset(years=1), "due_at": -pd.DateOffset(years=1)}
    earlier = own.assign(
        source_id="e" + own["source_id"], resolved_at=None, revisited_at=None, red_at=None, merged_into=None
    )
    earlier = earlier.assign(**{name: earlier[name].map(lambda day, by=by: day + by) for name, by in moved.items()})
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("dispute", pd.concat([own, earlier], ignore_index=True))
        named = {"name": "小城", "data_through": "2024-02-20"}
        store.replace_all("dataset", pd.DataFrame(named.items(), columns=["key", "value"]))
    publish(home)
    return SnapshotReader(home)


@pytest.mark.parametrize("asked", [OVER, RUNNING], ids=["over", "running"])
def test_sources_are_told_apart(reader, asked):
    sources = disputes_screen(reader, asked).sources
    received = sources["raw"] - sources["merged"]
    expected = {"grid": 1, "petition": 1} if asked is OVER else {"grid": 0, "hotline_12345": 1}
    assert received.astype(int).to_dict() == expected


def test_a_period_that_is_over_is_compared_with_the_year_before(reader):
    screen = disputes_screen(reader, OVER)
    assert screen.sources.loc["grid", "change"] == 0
    assert screen.classes.loc["01", "change"] == 0


def test_a_period_that_is_not_over_is_compared_with_none(reader):
    screen = disputes_screen(reader, RUNNING)
    for rows in (screen.classes, screen.sources):
        assert rows["change"].isna().all()
        assert set(rows["change_text"]) == {"—"} and set(rows["certainty"]) == {"—"}
    assert "增" not in screen.verdict
