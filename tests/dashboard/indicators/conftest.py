"""A city small enough to count by hand, published by the real code, with odd sources added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city


@pytest.fixture(scope="session")
def small_reader(new_home: Callable[[], Home]) -> SnapshotReader:
    """The small city on every store, with a sum that exceeds its whole, an empty whole, and a survey of one half-year."""
    home = new_home().create()
    small_city.fill(home)
    counts = [
        ("x1", small_city.EAST, "weekly_analysis_due", 4.0),
        ("x2", small_city.EAST, "weekly_analysis_done", 5.0),
        ("x3", small_city.WEST, "weekly_analysis_due", 0.0),
        ("x4", small_city.WEST, "weekly_analysis_done", 0.0),
    ]
    columns = ["source_id", "region_code", "measure", "value"]
    odd = pd.DataFrame(counts, columns=columns).assign(
        source="odd_office", period_start=date(2024, 1, 1), grain="month", class_code="", channel=""
    )
    survey = pd.DataFrame(
        [("s1", small_city.EAST, date(2024, 1, 1), 200, 190)],
        columns=["source_id", "region_code", "period_start", "respondents", "satisfied"],
    ).assign(source="survey_office", question="sense_of_safety")
    with WorkingStore.open(home) as store, store.transaction():
        store.append("reported_count", odd)
        store.append("survey", survey)
    publish(home)
    return SnapshotReader(home)


@pytest.fixture(scope="session")
def small_scope() -> Scope:
    """A leader of the whole small city."""
    return Scope("city_leader", small_city.CITY)


@pytest.fixture(scope="session")
def counties(reader: SnapshotReader, city_scope: Scope) -> list[str]:
    """The counties of the demonstration city."""
    return reader.regions(city_scope).query("depth == 1").index.tolist()


@pytest.fixture(scope="session")
def townships(reader: SnapshotReader, city_scope: Scope) -> list[str]:
    """The townships of the demonstration city."""
    return reader.regions(city_scope).query("depth == 2").index.tolist()
