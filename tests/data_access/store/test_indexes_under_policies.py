"""With row policies on, an index still answers what is listed by region and time: no list reads a region's every row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.queries.dispute_queries import WAITING
from data_access.store.postgresql import shared_store
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, TOWNS

LEADER = Scope("city_leader", CITY)
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
LISTS: dict[str, tuple[str, Callable[[SnapshotReader], object]]] = {
    "records of disputes": ("received_at", lambda reader: reader.records(LEADER, "dispute", EAST, *YEAR)),
    "records of incidents": ("occurred_on", lambda reader: reader.records(LEADER, "incident", EAST, *YEAR)),
    "disputes received": ("received_at", lambda reader: reader.disputes(LEADER, EAST, *YEAR, "received")),
    **{
        f"disputes {stage}": ("due_at", lambda reader, stage=stage: reader.disputes(LEADER, EAST, *YEAR, stage))
        for stage in WAITING
    },
    "points of disputes": ("received_at", lambda reader: reader.points(LEADER, "dispute", EAST, *YEAR)),
    "points of incidents": ("occurred_on", lambda reader: reader.points(LEADER, "homicide", EAST, *YEAR)),
}
SEVERAL = ["disputes_received", "disputes_resolved", "disputes_merged", "red_found"]
"""So many that the months of all measures are read."""


@pytest.fixture(scope="module")
def home(shared_database, tmp_path_factory) -> Home:
    home = Home(tmp_path_factory.mktemp("indexes"), shared_database)
    small_city.fill(home)
    publish(home)
    return home


def plan_of(connection: sa.Connection, statement: sa.Select) -> str:
    """Return how PostgreSQL would answer, if the table were so long that reading all of it is no choice."""
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    snapshot_schema = connection.get_execution_options()["schema_translate_map"][None]
    connection.exec_driver_sql(f"set local search_path to {snapshot_schema}")
    connection.exec_driver_sql("set local enable_seqscan to off")
    parameters = tuple(compiled.params[name] for name in compiled.positiontup)
    return "\n".join(connection.exec_driver_sql(f"explain {compiled}", parameters).scalars())


@pytest.fixture
def plans_of(home, monkeypatch) -> Callable[[Callable[[SnapshotReader], object]], list[str]]:
    """Ask a new reader something, and return how each of its questions would be answered."""

    def asked(ask: Callable[[SnapshotReader], object]) -> list[str]:
        plans = []

        def planned(connection: sa.Connection, statement: sa.Select):
            plans.append(plan_of(connection, statement))
            return answered(connection, statement)

        answered = shared_store._rows
        reader = SnapshotReader(home)
        reader.snapshot()
        monkeypatch.setattr(shared_store, "_rows", planned)
        ask(reader)
        return plans

    return asked


@pytest.mark.parametrize("name", LISTS)
def test_time_of_a_list_is_looked_up_in_an_index(plans_of, name):
    when, ask = LISTS[name]
    plan = plans_of(ask)[-1]
    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert any("code_1" in line and when in line for line in conditions), plan


@pytest.mark.parametrize("stage", ["red_open", "red_unpackaged"])
def test_red_disputes_are_not_looked_for_among_all_that_wait(plans_of, stage):
    plan = plans_of(lambda reader: reader.disputes(LEADER, EAST, *YEAR, stage))[-1]
    assert "code_1" in plan
    assert "risk_colour = 'red'" not in plan  # the index holds no others
    assert "Sort  (" not in plan  # each part is read in its order, and no further than the page


def test_months_of_siblings_are_looked_up_by_region_first(plans_of):
    codes = [code for code, county in TOWNS.items() if county == EAST]
    plan = plans_of(lambda reader: reader.measure_values(LEADER, SEVERAL, codes, *YEAR, "month", ("class_code",)))[-1]
    assert "using measure_month_depth_region_code_measure" in plan
