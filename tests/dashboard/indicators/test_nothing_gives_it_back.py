"""Two cities that differ in hidden counts only look the same to whoever may not see small counts, wherever they look.

The strongest attack is a comparison: if any number, colour, text or list on any page, hand-out, wall or command changed with
a hidden count, an attacker could try every city that fits and keep the one that does. So we draw cities at random, and for
each a twin in which hidden records moved (``twin_cities``), and compare everything that is shown, cell by cell (``all_shown``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from dashboard.__main__ import main
from dashboard.context import Context
from dashboard.grading.league import grade_regions
from dashboard.grading.settings import index_settings
from dashboard.indicators import command_line
from dashboard.indicators import vocabulary as words
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.protection import family_of, pattern_of
from dashboard.indicators.engine.windows import resolve
from dashboard.indicators.evaluate import evaluate, series, values, values_of
from dashboard.navigation import PAGES, may_open
from dashboard.periods import Period
from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.home import Home
from data_access.queries import SnapshotReader
from tests.dashboard.indicators import all_commands, all_shown, twin_cities
from tests.dashboard.indicators.twin_cities import CITY, SPARSE, City

SEEDS = (1, 6)
CODES = [CITY, *twin_cities.COUNTIES, *twin_cities.TOWNS]
COUNTY = next(iter(twin_cities.COUNTIES))
PUBLIC, AUDITOR, LEADER = Scope("public_demo", CITY), Scope("auditor", CITY), Scope("township_leader", SPARSE)
RESTRICTED = [PUBLIC, AUDITOR, LEADER]
FAMILIES = ("JQ2", "criminal_alarms", "YG1", "YG5", "YG6", "HM1", "AZ1", "AZ5")
LOOKS = [
    (1, PUBLIC, CITY, "2024Q4", ("numbers", "pages", "walls", "papers")),
    (1, LEADER, SPARSE, "2024", ("pages", "hand_outs", "commands")),
    (6, AUDITOR, CITY, "2024-11", ("numbers", "pages", "commands")),
    (6, PUBLIC, COUNTY, "2024", ("pages", "commands")),
]
"""Seed, who looks, where, when, and what they open."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Callable[[int], tuple[City, City, SnapshotReader, SnapshotReader]]:
    """Draw and publish a city and its twin, once for each seed."""

    @lru_cache
    def drawn(seed: int) -> tuple[City, City, SnapshotReader, SnapshotReader]:
        city = twin_cities.drawn(seed)
        one = twin_cities.published(Home(tmp_path_factory.mktemp("city")), city)
        twin = twin_cities.twin_of(city, one, RESTRICTED, seed)
        return city, twin, one, twin_cities.published(Home(tmp_path_factory.mktemp("twin")), twin)

    return drawn


@pytest.fixture(autouse=True)
def one_reader_of_each_city(monkeypatch):
    """Let commands share a reader, as they would if one process answered them all: they differ in words only."""
    monkeypatch.setattr(command_line, "SnapshotReader", lru_cache(SnapshotReader))


def everything(
    reader: SnapshotReader, scope: Scope, region: str, period: str, opened: tuple[str, ...]
) -> Iterator[tuple[str, object]]:
    if "numbers" in opened:
        yield from all_shown.shown_numbers(reader, scope, CODES)
    if "pages" in opened:
        yield from all_shown.shown_pages(reader, Context(region, Period.parse(period), "zh", "light", scope, ()))
    if "walls" in opened:
        yield from all_shown.shown_walls(reader, scope)
    if "hand_outs" in opened:
        yield from all_shown.shown_hand_outs(reader, scope, ("pptx", "docx", "xlsx"))
    if "commands" in opened:
        yield from all_commands.shown_commands(reader.home.path, scope, [scope.region_code, *_other_regions(scope)])
    if "papers" in opened:
        yield from all_commands.shown_papers(reader.home.path, scope)


def _other_regions(scope: Scope) -> list[str]:
    return [COUNTY] if scope.region_code == CITY else []


@pytest.mark.parametrize(
    ("seed", "scope", "region", "period", "opened"), LOOKS, ids=[f"{each[0]}-{each[1].role}" for each in LOOKS]
)
def test_a_hidden_count_changes_nothing_that_is_shown(pair, seed, scope, region, period, opened):
    _, _, one, twin = pair(seed)
    looks = zip(
        everything(one, scope, region, period, opened), everything(twin, scope, region, period, opened), strict=True
    )
    told = []
    for (place, first), (other, second) in looks:
        assert place == other
        if first != second:
            told.append(place)
    assert not told, f"a hidden count shows in {len(told)} places, such as {told[:12]}"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_twins_differ_in_many_hidden_counts_and_hide_the_same_regions(pair, seed):
    city, other, one, twin = pair(seed)
    moved = (city.incidents["region_code"] != other.incidents["region_code"]).sum()
    assert moved >= 8 and (city.counts["value"] != other.counts["value"]).sum() >= 20
    leader = Scope("city_leader", CITY)
    seen = [
        [
            frame.to_csv()
            for frame in values_of(each, leader, ["homicide_incidents", "criminal_alarms"], CODES, "2024").values()
        ]
        for each in (one, twin)
    ]
    assert seen[0] != seen[1]
    for scope in RESTRICTED:
        for key in FAMILIES:
            family = family_of(load_catalogue()[key])
            assert pattern_of(one, scope, family) == pattern_of(twin, scope, family), (scope, key)


def with_more(city: City, town: str) -> City:
    """The city after a correction: six more alarms a quarter in one town, in every quarter."""
    days = [date(year, month, 15) for year in twin_cities.YEARS for month in (1, 4, 7, 10)]
    late = city.incidents[city.incidents["category"] == "criminal_alarm"].iloc[[0] * 6 * len(days)]
    late = late.assign(
        region_code=town, occurred_on=[*days] * 6, source_id=[f"late{number}" for number in range(len(late))]
    )
    return replace(city, incidents=pd.concat([city.incidents, late], ignore_index=True))


def test_two_publishes_give_nothing_back(pair):
    """A correction that makes a small count large leaves it hidden: its first state would follow from the totals."""
    city, other, one, twin = pair(1)
    family = family_of(load_catalogue()["criminal_alarms"])
    before = pattern_of(one, PUBLIC, family)
    first_id, first = one.snapshot().snapshot_id, values(one, PUBLIC, "criminal_alarms", CODES, "2024")
    for reader, rows in ((one, city), (twin, other)):
        twin_cities.published(reader.home, with_more(rows, SPARSE))
    assert one.snapshot().snapshot_id != first_id
    leader = values(one, Scope("city_leader", CITY), "criminal_alarms", [SPARSE], "2024Q4")
    assert leader["numerator"].item() >= 6, "it is small no more"
    after = pattern_of(one, PUBLIC, family)
    assert SPARSE not in before.regions and SPARSE not in after.regions
    assert after.regions <= before.regions and after == pattern_of(twin, PUBLIC, family)
    for (place, here), (_, there) in zip(
        all_shown.shown_numbers(one, PUBLIC, CODES), all_shown.shown_numbers(twin, PUBLIC, CODES), strict=True
    ):
        assert here == there, place
    old = SnapshotReader(one.home, first_id)
    pd.testing.assert_frame_equal(values(old, PUBLIC, "criminal_alarms", CODES, "2024"), first)


@pytest.mark.parametrize("role", ["public_demo", "auditor", "township_leader", "administrator"])
def test_nothing_that_rests_on_small_counts_is_read_for_a_grade(reader, role, monkeypatch):
    """No index, rank or colour can move with what was never asked for."""
    regions = reader.regions(Scope(role, reader.snapshot().root_code))
    settings = index_settings()
    hidden = {
        term.measure
        for component in settings.component
        if component.on_small_counts
        for item in component.members
        for term in item.terms
    }
    asked: list[str] = []

    def watched(real: Callable) -> Callable:
        def read(self, scope, measures, *arguments, **options):
            asked.extend(measures)
            return real(self, scope, measures, *arguments, **options)

        return read

    for name in ("measure_values", "monthly_values", "span_values"):
        monkeypatch.setattr(SnapshotReader, name, watched(getattr(SnapshotReader, name)))
    scope = Scope(role, reader.snapshot().root_code)
    counties = regions.index[regions["depth"] == 1].tolist()
    league = grade_regions(reader, scope, counties, pd.Period("2024-12", "M"))
    assert asked and not hidden & set(asked)
    graded = (league.rows["grade"] != "insufficient").mean()
    assert league.hidden and graded >= 0.75, "what may be seen is enough for a grade where it was all reported"
    assert league.rows["weight"].max() == pytest.approx(
        1 - sum(settings.components[name].weight for name in league.hidden) / 100
    )


QUARTERS = tuple(date(year, month, 2) for year in twin_cities.YEARS for month in (1, 4, 7, 10))


def shown_equations(
    reader: SnapshotReader, role: str, key: str
) -> tuple[np.ndarray, np.ndarray, list[tuple[str, int]]]:
    """Return every published count as an equation over the counts of townships by quarter."""
    scope, leaves = Scope(role, CITY), list(twin_cities.TOWNS)
    cells = [(town, quarter) for town in leaves for quarter in range(len(QUARTERS))]
    periods = {str(Period.parse(text)): text for text in _period_texts()}
    equations, totals = [], []
    frame = series(reader, scope, key, CODES, [Period.parse(text) for text in periods.values()])
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
    return code in (town, twin_cities.TOWNS[town], CITY)


@pytest.mark.parametrize(
    ("key", "category"), [("criminal_alarms", "criminal_alarm"), ("homicide_incidents", "homicide")]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_all_published_counts_together_leave_every_small_one_open(pair, seed, key, category):
    """Linear algebra on all that is published: no small count is determined, and none is bounded to its own value."""
    city, _, one, _ = pair(seed)
    equations, totals, cells = shown_equations(one, "public_demo", key)
    assert len(equations), "something is published"
    rows = city.incidents[city.incidents["category"] == category]
    quarter = [date(day.year, (day.month - 1) // 3 * 3 + 1, 2) for day in rows["occurred_on"]]
    counts = rows.groupby([rows["region_code"], pd.Series(quarter, index=rows.index)]).size().to_dict()
    bounds = [(0, 1_000)] * len(cells)
    rank = np.linalg.matrix_rank(equations)
    for town in twin_cities.TOWNS:
        count = counts.get((town, QUARTERS[-1]), 0)
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
def test_incidents_by_place_need_the_right_to_small_counts(pair, ask: Callable, category):
    _, _, one, _ = pair(6)
    side = (0.5,) if ask is SnapshotReader.density else ()
    with pytest.raises(ScopeError):
        ask(one, PUBLIC, category, COUNTY, date(2024, 1, 1), date(2024, 12, 31), *side)
    assert len(ask(one, Scope("city_leader", CITY), category, CITY, date(2024, 1, 1), date(2024, 12, 31), *side))


def test_every_command_in_every_format_is_attacked():
    """Whoever adds a command or a page adds it to what is attacked."""
    said = {words[0] for words in all_commands.command_lines(AUDITOR, [CITY])} | {"briefing"}
    assert said == set(main.commands)
    pages = {words[1] for words in all_commands.command_lines(AUDITOR, [CITY]) if words[0] == "page"}
    assert pages == {entry.url_path for entry in PAGES if may_open(AUDITOR.permissions, entry)}


@pytest.fixture(scope="module")
def scarce(tmp_path_factory) -> list[SnapshotReader]:
    """A city with two homicides in all, one that had a third, one whose first and last fell in other months of their years.

    Too few to be told of even as a whole, and nobody declared from when to when their source speaks.
    """
    city = twin_cities.drawn(1)
    homicides = city.incidents[city.incidents["category"] == "homicide"].sort_values("occurred_on")
    first, middle, last = homicides.index[[0, len(homicides) // 2, -1]]
    third = replace(city, incidents=city.incidents.drop(homicides.index.difference([first, middle, last])))
    second = replace(third, incidents=third.incidents.drop(middle))
    moved = second.incidents.copy()
    moved.loc[[first, last], "occurred_on"] = [date(2022, 6, 9), date(2024, 3, 4)]
    return [
        twin_cities.published(Home(tmp_path_factory.mktemp(name)), rows)
        for name, rows in (("two", second), ("three", third), ("moved", replace(second, incidents=moved)))
    ]


@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        (PUBLIC, ("numbers", "pages", "walls", "papers")),
        (AUDITOR, ("pages",)),
        (LEADER, ("pages", "commands", "hand_outs")),
    ],
    ids=lambda each: each.role if isinstance(each, Scope) else None,
)
def test_what_is_hidden_of_the_whole_is_not_told_by_the_number_or_the_months_of_its_rows(scarce, scope, opened):
    looks = [everything(reader, scope, scope.region_code, "2024", opened) for reader in scarce]
    told = [places[0][0] for places in zip(*looks, strict=True) if any(each != places[0] for each in places)]
    assert not told, f"a hidden count shows in {len(told)} places, such as {told[:12]}"


MONTHS = [date(year, month, 1) for year in twin_cities.YEARS for month in range(1, 13)]
Cell = tuple[str, str, date, str]
"""A measure of a township in a month and class: what an attacker would solve for."""


def sum_of(cells: list[Cell], terms, code: str, start: date | None, end: date) -> np.ndarray:
    """Return the coefficients of what ``terms`` (sign, measure, classes or none) add up."""
    line = np.zeros(len(cells))
    for place, (measure, town, month, kind) in enumerate(cells):
        if _lies_in(town, code) and (start is None or month >= start) and month <= end:
            line[place] = sum(sign for sign, name, kinds in terms if name == measure and (not kinds or kind in kinds))
    return line


def everything_published(reader: SnapshotReader, cells: list[Cell], measures: set[str]) -> Iterator[np.ndarray]:
    """Every count shown of ``measures``: all indicators, over periods and rolling windows, regions and classes."""
    facts, periods = facts_of(reader, PUBLIC), [Period.parse(text) for text in _period_texts()]
    for item in load_catalogue().values():
        if not (item.available and item.suppression_limit and item.terms and measures.issuperset(item.measures)):
            continue
        frame = evaluate(reader, PUBLIC, [item], CODES, periods)[item.id]
        for code, when in frame.index[frame["status"].isin(words.WITH_VALUE)]:
            for terms in filter(lambda part: part and isinstance(part, tuple), (item.numerator, item.denominator)):
                span = resolve(
                    item.window, Period.parse(when), sorted(item.measures), facts.coverage, facts.data_through
                )
                parts = [(term.sign, term.measure, term.class_code) for term in terms]
                yield sum_of(cells, parts, code, span.start, span.end)
        if item.kind == "count":
            for period in periods:
                frame = by_class(reader, PUBLIC, item.id, CODES, str(period))
                for code, kind in frame.index[frame["status"].isin(words.WITH_VALUE)]:
                    yield sum_of(cells, [(1, item.measures[0], (kind,))], code, period.start, period.end)


@pytest.mark.parametrize(
    ("category", "measures"),
    [("homicide", {"homicide_incidents", "homicide_victims"}), ("criminal_alarm", {"criminal_alarms"})],
)
def test_no_small_count_follows_from_windows_classes_cases_and_victims_together(pair, category, measures):
    """Quarters less months, years less windows, victims beside cases, classes, the city less its counties: all at once."""
    city, _, one, _ = pair(6)
    kinds, towns = twin_cities.KINDS[category], list(twin_cities.TOWNS)
    cells = [
        (name, town, month, kind) for name in sorted(measures) for town in towns for month in MONTHS for kind in kinds
    ]
    published = np.unique(np.array(list(everything_published(one, cells, measures))), axis=0)
    assert len(published) > 80
    _, sizes, directions = np.linalg.svd(published, full_matrices=False)
    known = directions[sizes > 1e-9 * sizes.max()]
    rows = city.incidents[city.incidents["category"] == category]
    month = pd.to_datetime(rows["occurred_on"]).dt.to_period("M").dt.start_time.dt.date
    keyed = rows.groupby([rows["region_code"], month, rows["class_code"]])
    counts = {"homicide_victims": keyed["victims"].sum(), "": keyed.size()}
    true = np.array([counts.get(cell[0], counts[""]).get(cell[1:], 0) for cell in cells], float)
    small = 0
    for name, code in product(sorted(measures), CODES):
        for text, only in product(_period_texts(), [(), *((kind,) for kind in kinds)]):
            period = Period.parse(text)
            wanted = sum_of(cells, [(1, name, only)], code, period.start, period.end)
            if 0 < wanted @ true < 5:
                small += 1
                unexplained = wanted - known.T @ (known @ wanted)
                assert np.linalg.norm(unexplained) > 1e-6, (name, code, text, only, "is a sum of published counts")
    assert small > 300
