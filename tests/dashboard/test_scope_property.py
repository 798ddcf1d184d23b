"""Nothing that a page, an export, a hand-out or a command gives depends on a row outside the viewer's scope."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.briefing.files import FORMATS as PAPERS
from dashboard.components.downloads import csv_bytes, xlsx_bytes
from dashboard.context import Context
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.command_line import COMPARISONS, FORMATS
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.command_line import page_command, screen_of
from data_access.access import Scope, load_roles
from data_access.errors import DataAccessError
from data_access.home import Home
from data_access.queries import SnapshotReader
from tests.dashboard.indicators.all_commands import members, paper_text, said, whose
from tests.dashboard.indicators.all_shown import parts
from tests.data_access import neighbours
from tests.data_access.neighbours import CODES, EAST, inside

SCREENS = {entry.url_path: entry for entry in PAGES if entry.screen and not entry.permission}
PERIODS = ("2022", "2023H1", "2023Q3", "2024", "2024Q4", "2024-11")
CONFINED = neighbours.CONFINED[:2]
"""Whose scopes are asked: a county, a township."""
INDICATORS = sorted(item.id for item in load_catalogue().values() if item.available)
PLACES = st.sampled_from(CONFINED).flatmap(
    lambda own: st.tuples(st.just(own), st.sampled_from([code for code in CODES if inside(code, own)]))
)
"""Region of the scope, region asked for."""
ROLES, LANGUAGES = st.sampled_from(sorted(load_roles())), st.sampled_from(["zh", "en"])
REQUEST = {
    "page": st.sampled_from(sorted(SCREENS)),
    "place": PLACES,
    "role": ROLES,
    "period": st.sampled_from(PERIODS),
    "language": LANGUAGES,
    "own": st.dictionaries(
        st.sampled_from(["of", "stage", "colour", "class", "offset", "indicator", "part"]),
        st.sampled_from(["red", "open", "01", "0", "999999", EAST, neighbours.CITY, "homicide_rate"]),
        max_size=2,
    ),
}
COMMANDS = st.one_of(
    st.tuples(st.just("indicators"), st.just("--indicator"), st.sampled_from(INDICATORS), st.just("--children")),
    st.tuples(st.just("indicators"), st.just("--compare"), st.sampled_from(sorted(COMPARISONS))),
    st.tuples(st.just("ranking"), st.just("--indicator"), st.sampled_from(INDICATORS)),
    st.tuples(st.just("backtest"), st.just("--months"), st.sampled_from(["2", "5"])),
    st.sampled_from([("league",), ("matrix",)]),
    st.tuples(st.just("page"), st.sampled_from(sorted(SCREENS))),
)
BRIEFINGS = {"role": ROLES, "language": LANGUAGES, "form": st.sampled_from(PAPERS), "period": st.sampled_from(PERIODS)}
UNHURRIED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def many(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=UNHURRIED)


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Home:
    return neighbours.fill(Home(tmp_path_factory.mktemp("city"), None))


@pytest.fixture(scope="module")
def twins(tmp_path_factory) -> Mapping[str, Home]:
    """By region: the city in which everything outside that region is another."""
    return {code: neighbours.fill(Home(tmp_path_factory.mktemp("twin"), None), code) for code in CONFINED}


@pytest.fixture(scope="module")
def readers(city, twins) -> Mapping[str, SnapshotReader]:
    return {code: SnapshotReader(home) for code, home in {"": city, **twins}.items()}


def shown(reader: SnapshotReader, page: str, context: Context) -> Mapping[str, object]:
    """Return all that a page's screen holds, and each of its tables as the files that are downloaded."""
    try:
        screen = screen_of(SCREENS[page])(reader, context)
    except DataAccessError as error:
        return {"refused": type(error).__name__}
    held = dict(parts(page, screen))
    for table in screen.tables:
        frame, heading = table.download(), [("table", table.title)]
        held[f"{table.key} csv"] = csv_bytes(frame, heading)
        held[f"{table.key} xlsx"] = members(xlsx_bytes(frame, heading))
    return held


@many(100)
@given(**REQUEST)
def test_no_page_or_export_depends_on_a_row_outside_the_scope(readers, page, place, role, period, language, own):
    confined, region = place
    parameters = tuple((name, value) for name, value in sorted(own.items()) if name in SCREENS[page].parameters)
    context = Context(region, Period.parse(period), language, "light", Scope(role, confined), parameters)
    here, there = (shown(readers[each], page, context) for each in ("", confined))
    assert here.keys() == there.keys()
    for key, held in here.items():
        assert held == there[key], f"{page}: {key}"


@many(50)
@given(command=COMMANDS, place=PLACES, role=ROLES, period=st.sampled_from(PERIODS), form=st.sampled_from(FORMATS))
def test_no_command_depends_on_a_row_outside_the_scope(city, twins, command, place, role, period, form):
    confined, region = place
    scope = Scope(role, confined)
    words = ["--region", region, "--period", period, "--format", form]
    here, there = (said([*command, *whose(home.path, scope), *words], scope) for home in (city, twins[confined]))
    assert here == there
    assert "西县" not in here


@many(6)
@given(**BRIEFINGS)
def test_no_briefing_depends_on_a_row_outside_the_scope(city, twins, tmp_path, role, language, form, period):
    scope = Scope(role, EAST)
    words = ["--period", period, "--format", form, "--language", language]

    def written(home: Home, path: Path) -> object:
        refused = said(["briefing", *whose(home.path, scope), *words, "--output", str(path)], scope)
        return paper_text(path) if path.exists() else refused

    assert written(city, tmp_path / f"here.{form}") == written(twins[EAST], tmp_path / f"there.{form}")


def test_who_sees_the_whole_city_tells_the_twins_apart(city, twins, readers):
    """Otherwise the tests above would prove nothing."""
    whole = Scope("city_leader", neighbours.CITY)
    for code, home in twins.items():
        for name in ("league", "indicators"):
            words = [name, "--period", "2024Q4", "--format", "json"]
            assert said([*words, *whose(city.path, whole)], whole) != said([*words, *whose(home.path, whole)], whole)
        context = Context(neighbours.CITY, Period.parse("2024"), "zh", "light", whole)
        for page in ("overview", "chain", "disputes"):
            assert shown(readers[""], page, context) != shown(readers[code], page, context)


@pytest.mark.parametrize("page", sorted(SCREENS))
def test_every_page_answers_on_the_command_line_without_a_word_of_the_other_county(city, page, monkeypatch):
    code, told = command(city, page, monkeypatch, "--role", "county_leader", "--period", "2024")
    assert code == 0, told
    assert "西县" not in told


def command(home: Home, page: str, monkeypatch, *words: str) -> tuple[int, str]:
    monkeypatch.setenv("PINGAN_REGION", EAST)
    done = CliRunner().invoke(page_command, [page, "--home", str(home.path), "--format", "json", *words])
    return done.exit_code, done.output if done.exit_code == 0 else repr(done.exception)


@pytest.mark.parametrize("region", [neighbours.WEST, neighbours.CITY, "970102001000", "%", "' or 1=1 --", ""])
def test_another_region_is_refused_on_the_command_line(city, region, monkeypatch):
    code, told = command(city, "ranking", monkeypatch, "--role", "county_leader", "--region", region)
    assert code != 0 or not region
    assert "西县" not in told


@pytest.mark.parametrize(
    ("page", "refused"), [("meeting", True), ("quality", True), ("responsibility", True), ("ranking", False)]
)
def test_a_page_that_the_role_may_not_open_is_refused_on_the_command_line(city, page, refused, monkeypatch):
    code, told = command(city, page, monkeypatch, "--role", "public_demo", "--period", "2024")
    assert (code != 0) == refused, told
    assert ("page_permission" in told or "may not open" in told) == refused
