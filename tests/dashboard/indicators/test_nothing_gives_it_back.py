"""Two cities that differ in hidden counts only look the same to whoever may not see small counts, wherever they look.

The strongest attack is a comparison: if any number, colour, text or list on any page, export or command changed with a
hidden count, an attacker could try every city that fits and keep the one that does. So we publish pairs of cities that
differ by one record moved between hidden townships, and compare everything that is shown, cell by cell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from dashboard.context import Context
from dashboard.indicators import vocabulary as words
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.changes import changes_of
from dashboard.indicators.engine.protection import family_of, pattern_of
from dashboard.indicators.evaluate import series, values_of
from dashboard.navigation import PAGES, may_open
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of
from dashboard.screens.map import layer_map, map_screen
from dashboard.screens.trends.control import control_screens
from dashboard.screens.trends.screen import trends_screen
from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

CITY = small_city.CITY
COUNTIES = {f"97010{county}000000": CITY for county in (1, 2, 3)}
TOWNS = {f"97010{county}00{town}000": f"97010{county}000000" for county in (1, 2, 3) for town in (1, 2, 3)}
A1, A2, A3, B1, B2, B3, C1, C2, C3 = TOWNS
ALARMS = {A1: 7, A2: 2, A3: 30, B1: 8, B2: 3, B3: 31, C1: 33, C2: 40, C3: 0}
"""Criminal alarms a quarter: A2 and B2 are small, and hide A1 and B1 with them."""
HOMICIDES = {A1: 3, A2: 2, A3: 4, B1: 5, B2: 4, B3: 3, C1: 6, C2: 7, C3: 0}
QUARTERS = tuple(date(year, month, 2) for year in (2022, 2023, 2024) for month in (1, 4, 7, 10))
ROLES = ("public_demo", "auditor")
PERIODS = tuple(map(Period.parse, ("2024", "2024H1", "2024Q4", "2024Q2", "2024-12", "2024-11", "2023", "2023Q4")))

Move = tuple[str, str, str, date]
"""Category, from, to, day."""
MOVES: dict[str, tuple[Move, ...]] = {
    "last quarter": (("criminal_alarm", A2, A1, QUARTERS[-1]), ("homicide", A1, A2, QUARTERS[-1])),
    "before": (("homicide", B2, B3, QUARTERS[-2]), ("criminal_alarm", B1, B2, QUARTERS[4])),
}


def incidents(moves: tuple[Move, ...]) -> pd.DataFrame:
    rows = []
    for category, counts in (("criminal_alarm", ALARMS), ("homicide", HOMICIDES)):
        for day in QUARTERS:
            here = dict(counts)
            for kind, source, target, when in moves:
                if (kind, when) == (category, day):
                    here[source] -= 1
                    here[target] += 1
            for town, count in here.items():
                rows += [(town, day, category)] * count
    frame = pd.DataFrame(rows, columns=["region_code", "occurred_on", "category"])
    homicide = frame["category"] == "homicide"
    return frame.assign(
        source_id=[f"i{number}" for number in range(len(frame))],
        class_code=np.where(homicide, "01", "fraud"),
        victims=homicide.astype(int),
        from_dispute=False,
        source="police",
        date_grain="day",
        unit="一队",
        lon=1.5,
        lat=0.5,
    )


def city(home: Home, moves: tuple[Move, ...] = ()) -> SnapshotReader:
    """Publish the city with some records moved."""
    home.create()
    small_city.fill(home)
    rows = [(CITY, "小城", "city", 0, None)]
    rows += [(code, f"县{code[5]}", "county", 1, parent) for code, parent in COUNTIES.items()]
    rows += [(code, f"镇{code[5]}{code[8]}", "township", 2, parent) for code, parent in TOWNS.items()]
    regions = pd.DataFrame(rows, columns=["region_code", "name", "level", "depth", "parent_code"])
    regions = regions.assign(name_en=regions["name"], valid_to=None, successor_code=None, source="test")
    people = [(code, year, 100_000.0) for code in TOWNS for year in (2021, 2022, 2023, 2024)]
    population = pd.DataFrame(people, columns=["region_code", "year", "population"]).assign(source="test")
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("region", regions)
        store.replace_all("region_geometry", store_shapes())
        store.replace_all("population", population)
        store.replace_all("incident", incidents(moves))
        for table in ("dispute", "reported_count"):
            store.replace_all(table, getattr(small_city, f"{table}s")().iloc[:0])
    publish(home)
    return SnapshotReader(home)


def store_shapes() -> pd.DataFrame:
    import shapely

    boxes = {CITY: (0, 0, 9, 1)}
    boxes |= {code: (3 * place, 0, 3 * place + 3, 1) for place, code in enumerate(COUNTIES)}
    boxes |= {code: (place, 0, place + 1, 1) for place, code in enumerate(TOWNS)}
    wkb = [shapely.to_wkb(shapely.box(*box)) for box in boxes.values()]
    return pd.DataFrame({"region_code": list(boxes), "wkb": wkb, "source": "test"})


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> SnapshotReader:
    return city(Home(tmp_path_factory.mktemp("original")))


@pytest.fixture(scope="module", params=list(MOVES))
def twin(request, tmp_path_factory) -> SnapshotReader:
    return city(Home(tmp_path_factory.mktemp("twin")), MOVES[request.param])


def everything_shown(reader: SnapshotReader, role: str) -> Iterator[tuple[str, object]]:
    """Give all that a role is shown of the city, named by where it stands."""
    scope = Scope(role, CITY)
    codes = [CITY, *COUNTIES, *TOWNS]
    able = [item for item in load_catalogue().values() if item.available]
    protected = [item for item in able if item.suppression_limit]
    for period in PERIODS:
        for key, frame in values_of(reader, scope, able if period == PERIODS[0] else protected, codes, period).items():
            yield f"indicators {key} {period}", plain(frame)
    for key, frame in changes_of(reader, scope, protected, codes, PERIODS[2]).items():
        yield f"change {key}", plain(frame)
    for key in ("homicide_incidents", "criminal_alarms", "JQ2"):
        yield f"series {key}", plain(series(reader, scope, key, codes, list(Period.parse("2024-12").trailing(36))))
        yield f"classes {key}", plain(by_class(reader, scope, key, codes, "2024"))
    for region, period in ((CITY, PERIODS[0]), (CITY, PERIODS[4]), (TOWNS[A1], PERIODS[2]), (A2, PERIODS[0])):
        yield from pages(reader, Context(region, period, "zh", "light", scope, ()))


def pages(reader: SnapshotReader, context: Context) -> Iterator[tuple[str, object]]:
    role = context.viewer.permissions
    where = f"{context.region} {context.period}"
    for entry in PAGES:
        if entry.screen and may_open(role, entry) and entry.url_path not in ("screens", "meeting", "audit"):
            screen = screen_of(entry)(reader, context)
            for table in screen.tables:
                yield f"page {entry.url_path} {table.key} {where}", plain(table.download())
    for rate in ("raw", "all", "neighbours"):
        for indicator in ("JQ2", "criminal_alarms"):
            own = (("indicator", indicator), ("rate", rate), ("shown", "homicide.criminal_alarm"))
            asked = Context(context.region, context.period, "zh", "light", context.viewer, own)
            screen = map_screen(reader, asked)
            yield f"map {indicator} {rate} {where}", plain(screen.regions.drop(columns=["href", "lon", "lat"]))
            if rate == "raw":
                deck, legend = layer_map(reader, asked, screen)
                yield f"layers {where}", [(entry.word, entry.count) for entry in legend]
                yield f"deck {where}", json.loads(deck.to_json())["layers"]
                for control in control_screens(reader, asked, load_catalogue()[screen.indicator.id], QUARTERS[0]):
                    yield f"control {indicator} {where}", plain(control.points)
                trends = trends_screen(reader, asked)
                yield f"trends {indicator} {where}", [plain(trends.series), plain(trends.years), plain(trends.classes)]


def plain(frame: pd.DataFrame) -> object:
    return json.loads(
        frame.reset_index().astype(object).to_json(orient="split", date_format="iso", default_handler=str)
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_hidden_count_changes_nothing_that_is_shown(original, twin, role):
    scope = Scope(role, CITY)
    for key in ("criminal_alarms", "JQ2"):
        family = family_of(load_catalogue()[key])
        assert pattern_of(original, scope, family).regions == pattern_of(twin, scope, family).regions
    told = []
    for (place, first), (other, second) in zip(
        everything_shown(original, role), everything_shown(twin, role), strict=True
    ):
        assert place == other
        if first != second:
            told.append(place)
    assert not told, f"a hidden count shows in {len(told)} places, such as {told[:12]}"


def test_the_twins_do_differ_and_a_leader_sees_it(original, twin):
    leader = Scope("city_leader", CITY)
    codes = [CITY, *COUNTIES, *TOWNS]
    seen = [
        [values_of(reader, leader, ["homicide_incidents", "criminal_alarms"], codes, period) for period in PERIODS]
        for reader in (original, twin)
    ]
    frames = [[plain(frame) for per in each for frame in per.values()] for each in seen]
    assert frames[0] != frames[1]


def shown_equations(
    reader: SnapshotReader, role: str, key: str
) -> tuple[np.ndarray, np.ndarray, list[tuple[str, int]]]:
    """Return every published count as an equation over the counts of townships by quarter."""
    scope, leaves = Scope(role, CITY), list(TOWNS)
    cells = [(town, quarter) for town in leaves for quarter in range(len(QUARTERS))]
    periods = {str(Period.parse(text)): text for text in _period_texts()}
    equations, totals = [], []
    codes = [CITY, *COUNTIES, *TOWNS]
    frame = series(reader, scope, key, codes, [Period.parse(text) for text in periods.values()])
    for (code, name), row in frame.iterrows():
        if row["status"] not in words.WITH_VALUE:
            continue
        period = Period.parse(str(name))
        line = [
            float(_lies_in(town, code) and period.start <= QUARTERS[quarter] <= period.end) for town, quarter in cells
        ]
        equations.append(line)
        totals.append(row["numerator"])
    return np.array(equations), np.array(totals), cells


def _period_texts() -> list[str]:
    years = ("2022", "2023", "2024")
    parts = [f"{year}{part}" for year in years for part in ("H1", "H2", "Q1", "Q2", "Q3", "Q4")]
    return [*years, *parts, *(f"{year}-{month:02d}" for year in years for month in range(1, 13))]


def _lies_in(town: str, code: str) -> bool:
    return code in (town, TOWNS[town], CITY)


@pytest.mark.parametrize(("key", "counts"), [("criminal_alarms", ALARMS), ("homicide_incidents", HOMICIDES)])
@pytest.mark.parametrize("role", ROLES)
def test_all_published_counts_together_leave_every_small_one_open(original, role, key, counts):
    """Linear algebra on all that is published: no small count is determined, and none is bounded to its own value."""
    equations, totals, cells = shown_equations(original, role, key)
    assert len(equations), "something is published"
    bounds = [(0, 1_000)] * len(cells)
    rank = np.linalg.matrix_rank(equations)
    for town, count in counts.items():
        if not 0 < count < 5:
            continue
        wanted = np.array([float(cell == (town, len(QUARTERS) - 1)) for cell in cells])
        assert np.linalg.matrix_rank(np.vstack([equations, wanted])) == rank + 1, (town, "is a sum of published counts")
        ends = []
        for sign in (1, -1):
            solved = linprog(sign * wanted, A_eq=equations, b_eq=totals, bounds=bounds)
            assert solved.status == 0
            ends.append(sign * solved.fun)
        assert ends[0] < count - 0.5 or ends[1] > count + 0.5
        assert ends[1] - ends[0] >= 1, (town, ends)


@pytest.mark.parametrize("ask", [SnapshotReader.density, SnapshotReader.points])
@pytest.mark.parametrize("category", ["homicide", "criminal_alarm"])
def test_incidents_by_place_need_the_right_to_small_counts(original, ask: Callable, category):
    side = (0.5,) if ask is SnapshotReader.density else ()
    with pytest.raises(ScopeError):
        ask(original, Scope("public_demo", CITY), category, A1, date(2024, 1, 1), date(2024, 12, 31), *side)
    assert len(ask(original, Scope("city_leader", CITY), category, A1, date(2024, 1, 1), date(2024, 12, 31), *side))
