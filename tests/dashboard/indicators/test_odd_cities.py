"""Cities that hardly anything can be said of: every page and command gives a defined answer or says why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

import pytest

from dashboard.indicators import command_line
from data_access.access import Scope
from data_access.home import Home
from data_access.queries import SnapshotReader
from tests.dashboard.indicators import all_commands, twin_cities
from tests.dashboard.indicators.twin_cities import CITY, City

COUNTY, TOWN = "970101000000", "970101002000"


def without_events(city: City) -> City:
    """Return a city that reports none of anything."""
    return replace(
        city, incidents=city.incidents.head(0), counts=city.counts.assign(value=0.0), disputes=city.disputes.head(0)
    )


def of_one_month(city: City) -> City:
    """Return a city of one township in one county, with the records of one month."""
    in_month = city.counts["period_start"] == date(2024, 11, 1)
    return City(
        incidents=city.incidents.head(3).assign(region_code=TOWN, occurred_on=date(2024, 11, 5)),
        counts=city.counts[in_month & (city.counts["region_code"] == COUNTY)],
        disputes=city.disputes.head(2).assign(region_code=TOWN),
    )


@pytest.mark.parametrize("odd", [without_events, of_one_month])
def test_every_page_and_command_answers_or_says_why_not(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(command_line, "SnapshotReader", lru_cache(SnapshotReader))
    city = odd(twin_cities.drawn(1))
    if odd is of_one_month:
        monkeypatch.setattr(twin_cities, "COUNTIES", {COUNTY: CITY})
        monkeypatch.setattr(twin_cities, "TOWNS", {TOWN: COUNTY})
    home = Home(tmp_path / "home")
    twin_cities.published(home, city)
    scope, every = Scope("city_leader", CITY), [CITY, COUNTY, TOWN]
    lines = [words for words in all_commands.command_lines(scope, every) if words[0] not in ("indicators", "ranking")]
    lines += [("indicators", "--region", code, "--period", "2024Q4", "--compare", "previous") for code in every]
    lines += [("ranking", "--indicator", name, "--period", "2024-11") for name in ("JQ2", "YG1", "criminal_alarms")]
    for words in lines:
        asked = () if words == ("catalogue",) else all_commands.whose(home.path, scope)
        answer = all_commands.said([*words, *asked, "--format", "json"], scope)
        assert answer, words
        assert "NaN" not in answer and "Infinity" not in answer, words
