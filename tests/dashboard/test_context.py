"""The address makes the screen: what it says is checked, what can't be used falls back, what is shown goes back to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

import pytest

from dashboard.context import Context, default_period, first_day, read_context, region_name, region_path, role_name
from dashboard.i18n import LANGUAGES
from dashboard.periods import Period
from dashboard.settings import current_viewer, snapshot_reader
from data_access.access import Scope, load_roles
from data_access.errors import ConfigError, NoSnapshotError, ScopeError
from data_access.home import HOME_VARIABLE
from tests.data_access.small_city import CITY, EAST, OLD_WEST, WEST

TOWN, GRID = "970101001000", "970101001001001"
CITY_SCOPE = Scope("city_leader", CITY)
FIRST = date(2021, 1, 1)
FORGED = [
    "<script>alert(1)</script>",
    "'; DROP TABLE region; --",
    "../../etc/passwd",
    "970101000000 ",
    "9701",
    "",
    "999999999999",
    "nan",
    "None",
    "\u0000",
    "x" * 5000,
]


@pytest.fixture
def read(served_small_city):
    reader = snapshot_reader()

    def read(parameters: dict[str, str], viewer: Scope = CITY_SCOPE):
        return read_context(parameters, reader.snapshot(), reader.regions(viewer), viewer, FIRST)

    return read


def test_a_bare_address_shows_the_viewers_region_and_the_last_complete_quarter(read):
    context, notices = read({})
    assert context == Context(CITY, Period.parse("2024Q4"), "zh", "light", CITY_SCOPE)
    assert notices == ()


def test_a_full_address_is_taken_as_it_is(read):
    context, notices = read({"region": TOWN, "period": "2024-03", "lang": "en", "theme": "dark"})
    assert context == Context(TOWN, Period.parse("2024-03"), "en", "dark", CITY_SCOPE)
    assert notices == ()


def test_a_copied_address_shows_the_same(read):
    context, _ = read({"region": EAST, "period": "2023H2", "lang": "en", "theme": "dark"})
    assert read(context.link())[0] == context
    query = context.href("map").partition("?")[2]
    assert read(dict(parse_qsl(query)))[0] == context


@pytest.mark.parametrize("parameter", ["region", "period", "lang", "theme"])
@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_parameter_falls_back_with_one_notice_that_repeats_nothing_of_it(read, parameter, forged):
    context, notices = read({parameter: forged})
    assert context == read({})[0]
    assert len(notices) == 1
    for language in LANGUAGES:
        text = notices[0].text(language)
        assert text
        assert not forged.strip() or forged not in text
        assert "<" not in text


def test_a_region_out_of_reach_gets_the_same_answer_as_one_that_does_not_exist(read):
    viewer = Scope("county_leader", EAST)
    outside = read({"region": WEST}, viewer)
    unknown = read({"region": "999999999999"}, viewer)
    above = read({"region": CITY}, viewer)
    assert outside == unknown == above
    assert outside[0].region == EAST


def test_a_role_does_not_drill_deeper_than_it_may(read):
    viewer = Scope("public_demo", CITY)
    assert read({"region": TOWN}, viewer)[0].region == TOWN
    context, notices = read({"region": GRID}, viewer)
    assert context.region == CITY
    assert len(notices) == 1


def test_a_code_out_of_use_is_unknown(read):
    assert read({"region": OLD_WEST})[0].region == CITY


@pytest.mark.parametrize("period", ["2025", "2025Q1", "2020Q4", "1999"])
def test_a_period_without_data_falls_back_and_says_which_days_there_are(read, period):
    context, notices = read({"period": period})
    assert str(context.period) == "2024Q4"
    assert "2021-01-01" in notices[0].text("zh")
    assert "2024-12-31" in notices[0].text("en")


def test_parameters_of_a_page_are_left_alone_and_travel_with_its_links(read):
    context, notices = read({"indicator": "homicide_rate"})
    assert notices == ()
    assert context.link("map", indicator="homicide_rate", region=EAST) == {
        "region": EAST,
        "period": "2024Q4",
        "lang": "zh",
        "theme": "light",
        "indicator": "homicide_rate",
    }
    assert "period" not in context.link("map", period=None)


def test_links_write_what_they_carry_safely(read):
    context, _ = read({})
    assert context.href("overview").startswith("./?region=")
    assert context.href("map", layer='"><script>&x=1').endswith("layer=%22%3E%3Cscript%3E%26x%3D1")


def test_the_breadcrumb_leads_from_the_root_to_the_region(served_small_city):
    regions = snapshot_reader().regions(CITY_SCOPE)
    assert region_path(regions, GRID) == [CITY, EAST, TOWN, GRID]
    assert region_path(regions, CITY) == [CITY]
    assert region_name(regions, EAST, "zh") == "东县"


def test_the_data_begin_with_the_earliest_measure(served_small_city):
    assert first_day("2024Q4-0001", CITY_SCOPE) == date(2021, 1, 1)


def test_a_data_set_of_years_opens_at_the_last_complete_year(served_small_city):
    snapshot = snapshot_reader().snapshot()
    object.__setattr__(snapshot, "dataset", {**snapshot.dataset, "default_grain": "year"})
    assert str(default_period(snapshot)) == "2024"


def test_the_viewer_comes_from_the_settings(served_small_city, monkeypatch):
    assert current_viewer() == CITY_SCOPE
    monkeypatch.setenv("PINGAN_ROLE", "county_leader")
    monkeypatch.setenv("PINGAN_REGION", EAST)
    assert current_viewer() == Scope("county_leader", EAST)


def test_a_role_that_does_not_exist_is_an_error_that_names_it(served_small_city, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "emperor")
    with pytest.raises(ConfigError, match="emperor"):
        current_viewer()


def test_a_viewers_region_that_does_not_exist_is_an_error_that_names_it(served_small_city, monkeypatch):
    monkeypatch.setenv("PINGAN_REGION", "123456789012")
    with pytest.raises(ScopeError, match="123456789012"):
        snapshot_reader().regions(current_viewer())


def test_without_a_snapshot_the_viewer_is_told_so(served_small_city, tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    snapshot_reader.clear()
    with pytest.raises(NoSnapshotError):
        current_viewer()


def test_a_role_is_called_by_the_data_sets_own_words_for_its_levels(reader, served_small_city):
    unnamed = snapshot_reader().snapshot()
    assert role_name(load_roles()["city_leader"], unnamed, "zh") == "市级领导"
    snapshot = reader.snapshot()
    assert role_name(load_roles()["city_leader"], snapshot, "zh") == "市级领导"
    assert role_name(load_roles()["county_leader"], snapshot, "en") == "County leader"
    country = replace(snapshot, levels=(replace(snapshot.levels[0], name="国家", name_en="Country"),))
    assert role_name(load_roles()["city_leader"], country, "zh") == "国家级领导"
    assert role_name(load_roles()["city_leader"], country, "en") == "Country leader"
    assert role_name(load_roles()["county_leader"], country, "zh") == "县区领导", "it has no such level"
    assert role_name(load_roles()["analyst"], country, "zh") == "分析员"
