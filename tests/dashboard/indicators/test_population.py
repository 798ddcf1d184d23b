"""Who has no population of its own takes that of those below; what is missing there is carried on, or said with the rate."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import change
from dashboard.indicators.evaluate import evaluate
from dashboard.indicators.sentences import change_sentence
from dashboard.periods import Period
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.queries.exposure import incomplete_years
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, WEST

SCOPE = Scope("city_leader", CITY)
PEOPLE = [
    ("970101001000", 2023, 100_000.0),
    ("970101001000", 2024, 110_000.0),
    ("970101002000", 2023, 50_000.0),
    ("970102001000", 2024, 70_000.0),
]
"""The second township of the east has none of 2024, the west none of 2023."""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> SnapshotReader:
    home = Home(tmp_path_factory.mktemp("people")).create()
    small_city.fill(home)
    people = pd.DataFrame(PEOPLE, columns=["region_code", "year", "population"]).assign(source="test")
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("population", people)
    publish(home)
    return SnapshotReader(home)


def people(read: SnapshotReader, year: int) -> list[float]:
    exposure = read.person_years(SCOPE, [CITY, EAST, WEST], date(year, 1, 1), date(year, 12, 31))
    return exposure["person_years"].fillna(0).tolist()


def test_a_sum_takes_the_latest_population_of_a_region_that_has_none_of_the_year(read):
    assert people(read, 2023) == pytest.approx([150_000, 150_000, 0])
    assert people(read, 2024) == pytest.approx([230_000, 160_000, 70_000])


def test_a_rate_over_people_who_are_not_all_known_says_so(read):
    assert read.population_gaps() == {EAST: {2024}, CITY: {2023, 2024}}
    periods = [Period.parse("2023"), Period.parse("2024")]
    found = evaluate(read, SCOPE, [find_indicator("JQ2")], [CITY, EAST, WEST], periods)["JQ2"].reset_index()
    noted = found[["population_incomplete" in notes for notes in found["notes"]]]
    said = set(zip(noted["region_code"], noted["period"].astype(str), strict=True))
    assert said == {(EAST, "2024"), (CITY, "2023"), (CITY, "2024")}


def test_rates_over_other_people_are_not_compared(read):
    row = change(read, SCOPE, "JQ2", [EAST], "2024").iloc[0]
    assert np.isnan(row["difference"]) and "unlike_periods" in row["notes"]


@pytest.mark.parametrize(("began", "gaps"), [({}, {"city": {2023, 2024}}), ({"new": 2024}, {"city": {2024}})])
def test_a_year_before_a_region_began_is_no_gap(began, gaps):
    regions = pd.DataFrame({"depth": [0, 1, 1], "parent_code": [None, "city", "city"]}, index=["city", "old", "new"])
    population = pd.DataFrame({2023: [9.0, 9.0], 2024: [8.0, 8.0]}, index=["city", "old"])
    assert incomplete_years(population, regions, began) == gaps


def test_a_population_given_for_the_whole_needs_none_below():
    regions = pd.DataFrame({"depth": [0, 1, 1], "parent_code": [None, "city", "city"]}, index=["city", "old", "new"])
    population = pd.DataFrame({2024: [20.0, 8.0]}, index=["city", "old"])
    assert incomplete_years(population, regions, {}) == {}


def test_a_rate_that_lacks_only_last_years_people_says_just_that(read):
    [row] = change(read, SCOPE, find_indicator("JQ2"), [WEST], Period.parse("2024")).to_dict("records")
    assert row["sentence"] == "sentences.change.same_last_year.no_people"
    for language, said in (("zh", "缺少去年同期人口"), ("en", "population of last year")):
        assert said in change_sentence(pd.Series(row), find_indicator("JQ2"), language)
    [row] = change(read, SCOPE, find_indicator("JQ2"), [WEST], Period.parse("1990")).to_dict("records")
    assert row["sentence"] == "sentences.change.same_last_year.missing"
