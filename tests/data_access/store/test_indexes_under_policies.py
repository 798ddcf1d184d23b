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
from tests.data_access.small_city import CITY, EAST

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
    return "\n".join(connection.exec_driver_sql(f"explain {compiled}", compiled.params).scalars())


@pytest.mark.parametrize("name", LISTS)
def test_time_of_a_list_is_looked_up_in_an_index(home, monkeypatch, name):
    when, ask = LISTS[name]
    plans = []

    def planned(connection: sa.Connection, statement: sa.Select):
        plans.append(plan_of(connection, statement))
        return answered(connection, statement)

    answered = shared_store._rows
    reader = SnapshotReader(home)
    reader.snapshot()
    monkeypatch.setattr(shared_store, "_rows", planned)
    ask(reader)
    conditions = [line for line in plans[-1].splitlines() if "Index Cond" in line]
    assert any("code_1" in line and when in line for line in conditions), plans[-1]
