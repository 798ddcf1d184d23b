"""No table of any page, nor of its command, depends on a row outside the viewer's scope."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.context import Context
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.command_line import page_command, screen_of
from data_access.access import Scope, load_roles
from data_access.errors import DataAccessError
from data_access.home import Home
from data_access.queries import SnapshotReader
from tests.data_access import neighbours
from tests.data_access.neighbours import CODES, EAST, inside

SCREENS = {entry.url_path: entry for entry in PAGES if entry.screen and not entry.permission}
PERIODS = ("2022", "2023H1", "2023Q3", "2024", "2024Q4", "2024-11")
REQUEST = {
    "page": st.sampled_from(sorted(SCREENS)),
    "role": st.sampled_from(sorted(load_roles())),
    "period": st.sampled_from(PERIODS),
    "language": st.sampled_from(["zh", "en"]),
    "region": st.sampled_from([code for code in CODES if inside(code, EAST)]),
    "own": st.dictionaries(
        st.sampled_from(["of", "stage", "colour", "class", "offset", "indicator", "part"]),
        st.sampled_from(["red", "open", "01", "0", "999999", EAST, neighbours.CITY, "homicide_rate"]),
        max_size=2,
    ),
}
MANY = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def cities(tmp_path_factory) -> tuple[SnapshotReader, SnapshotReader]:
    """The city, and its twin in which everything outside the east is another."""
    here, there = (Home(tmp_path_factory.mktemp(name), None) for name in ("here", "there"))
    return SnapshotReader(neighbours.fill(here)), SnapshotReader(neighbours.fill(there, EAST))


def tables(reader: SnapshotReader, page: str, context: Context) -> Mapping[str, pd.DataFrame] | str:
    try:
        return {each.key: each.download() for each in screen_of(SCREENS[page])(reader, context).tables}
    except DataAccessError as error:
        return type(error).__name__


@MANY
@given(**REQUEST)
def test_no_table_depends_on_a_row_outside_the_scope(cities, page, role, period, language, region, own):
    parameters = tuple((name, value) for name, value in sorted(own.items()) if name in SCREENS[page].parameters)
    context = Context(region, Period.parse(period), language, "light", Scope(role, EAST), parameters)
    here, there = (tables(reader, page, context) for reader in cities)
    if isinstance(here, str):
        assert here == there
        return
    assert here.keys() == there.keys()
    for key, frame in here.items():
        pd.testing.assert_frame_equal(frame, there[key], obj=f"{page}/{key}")


def command(home: Home, page: str, monkeypatch, *words: str) -> tuple[int, str]:
    monkeypatch.setenv("PINGAN_REGION", EAST)
    done = CliRunner().invoke(page_command, [page, "--home", str(home.path), "--format", "json", *words])
    return done.exit_code, done.output if done.exit_code == 0 else repr(done.exception)


@pytest.mark.parametrize("page", sorted(SCREENS))
def test_no_command_depends_on_a_row_outside_the_scope(cities, page, monkeypatch):
    words = ("--role", "county_leader", "--period", "2024")
    (here, one), (there, other) = (command(reader.home, page, monkeypatch, *words) for reader in cities)
    assert (here, there) == (0, 0), one
    known, twin = json.loads(one), json.loads(other)
    for answer in (known, twin):
        answer.pop("published_at", None)
    assert known == twin
    assert "西县" not in one


@pytest.mark.parametrize("region", [neighbours.WEST, neighbours.CITY, "970102001000", "%", "' or 1=1 --", ""])
def test_another_region_is_refused_on_the_command_line(cities, region, monkeypatch):
    code, said = command(cities[0].home, "ranking", monkeypatch, "--role", "county_leader", "--region", region)
    assert code != 0 or not region
    assert "西县" not in said


@pytest.mark.parametrize(
    ("page", "refused"), [("meeting", True), ("quality", True), ("responsibility", True), ("ranking", False)]
)
def test_a_page_that_the_role_may_not_open_is_refused_on_the_command_line(cities, page, refused, monkeypatch):
    code, said = command(cities[0].home, page, monkeypatch, "--role", "public_demo", "--period", "2024")
    assert (code != 0) == refused, said
    assert ("page_permission" in said or "may not open" in said) == refused
