"""Disputes, patrols and data quality, counted from the demonstration city's rows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.data.quality import checks_screen, quality_screen
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.patrol import patrol_screen
from data_access.access import Scope
from data_access.errors import ScopeError


@pytest.fixture
def whole_year(city_scope) -> Context:
    return Context(city_scope.region_code, Period.parse("2024"), "zh", "light", city_scope)


def asked(context: Context, **own: str) -> Context:
    return replace(context, own=tuple(sorted(own.items())))


def table(screen, key: str) -> pd.DataFrame:
    return next(each for each in screen.tables if each.key == key).frame


def test_funnel_starts_with_32000_and_the_verdict_names_98_percent_and_640(reader, whole_year):
    screen = disputes_screen(reader, whole_year)
    assert screen.funnel["count"].iloc[0] == 32_000
    assert screen.funnel["count"].is_monotonic_decreasing
    assert "98.0%" in screen.verdict
    assert "640" in screen.verdict
    assert "45%" in screen.cause_sentence


def test_ages_of_open_disputes_add_up_to_what_the_records_say(reader, whole_year, city_scope):
    ages = disputes_screen(reader, whole_year).ages
    period = whole_year.period
    count = reader.dispute_count(city_scope, whole_year.region, period.start, period.end, "open")
    assert ages["count"].sum() == ages["beyond"].iloc[0] == count
    assert ages["beyond"].is_monotonic_decreasing
    rows = pd.concat(
        reader.disputes(city_scope, whole_year.region, period.start, period.end, "open", limit=500, offset=offset)
        for offset in range(0, count, 500)
    )
    waited = pd.Timestamp("2025-01-01") - rows["received_at"]
    assert rows["source_id"].is_unique
    assert [int((waited > pd.Timedelta(days=days)).sum()) for days in (30, 60, 90)] == ages["beyond"].tolist()[1:]


def test_risk_colours_with_those_not_graded_yet_add_up_to_all_that_are_open(reader, city_scope):
    screen = disputes_screen(reader, Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope))
    colours, total = table(screen, "colours"), table(screen, "ages")["count"].sum()
    assert colours["open"].sum() == total
    assert colours["colour_word"].tolist() == ["高", "中", "一般", "未定级"]


@pytest.mark.parametrize("stage", ["overdue", "red_open", "red_unpackaged"])
def test_figures_and_lists_of_what_waits_agree(reader, whole_year, stage):
    screen = disputes_screen(reader, asked(whole_year, stage=stage))
    figure = {
        "overdue": screen.regions["BH9"].sum(),
        "red_open": screen.regions["YJ1"].sum(),
        "red_unpackaged": screen.red_count,
    }[stage]
    assert screen.records.count == figure


def test_classes_and_sources_add_up_to_all(reader, whole_year):
    screen = disputes_screen(reader, whole_year)
    assert screen.classes["received"].sum() == 32_000
    assert screen.sources["raw"].sum() - screen.sources["merged"].sum() == 32_000
    delays = screen.sources["median_hours"]
    assert delays["grid"] < delays["hotline_12345"] < delays["petition"]
    assert screen.sources["within_day"].between(0, 1).all()


def test_list_is_filtered_and_paged_by_the_address(reader, whole_year):
    first = disputes_screen(reader, asked(whole_year, stage="received", **{"class": "03"}, channel="petition")).records
    assert set(first.rows["class"]) == {"土地山林水利"}
    assert set(first.rows["channel"]) == {"信访"}
    second = disputes_screen(
        reader, asked(whole_year, stage="received", **{"class": "03"}, channel="petition", offset="30")
    ).records
    assert second.count == first.count
    assert first.shown("zh").startswith("第 1–30 件") and second.shown("zh").startswith("第 31–")
    assert not set(first.rows["number"]) & set(second.rows["number"])
    beyond = disputes_screen(reader, asked(whole_year, stage="red_unpackaged", offset="2990")).records
    assert beyond.offset + len(beyond.rows) == beyond.count


def test_addresses_that_make_no_sense_fall_back(reader, whole_year):
    records = disputes_screen(reader, asked(whole_year, stage="x", colour="green", offset="minus")).records
    assert (records.stage, records.colour, records.offset) == ("overdue", "all", 0)


def test_role_without_records_sees_totals_but_no_list(reader, city_scope):
    scope = Scope("auditor", city_scope.region_code)
    context = Context(scope.region_code, Period.parse("2024Q4"), "en", "light", scope)
    screen = disputes_screen(reader, context)
    assert screen.funnel["count"].iloc[0] > 0
    assert not screen.records.allowed
    assert table(screen, "records").empty
    assert table(screen, "red_unpackaged").empty
    with pytest.raises(ScopeError):
        reader.disputes(scope, scope.region_code, context.period.start, context.period.end)


def test_no_column_of_the_list_can_name_a_party(reader, whole_year):
    columns = set(table(disputes_screen(reader, whole_year), "records").columns)
    assert not columns & {"lon", "lat", "name", "party"}


def test_patrols_count_the_grids_and_people_of_the_speech(reader, whole_year):
    screen = patrol_screen(reader, whole_year)
    regions = table(screen, "regions")
    assert [regions[name].sum() for name in ("GRD8", "GRD8w", "GRD8v")] == [1_236, 12_000, 48_000]
    assert len(screen.weakest) == 10
    assert screen.weakest["coverage"].is_monotonic_increasing
    assert screen.low_day < screen.daily["coverage"].mean()
    assert len(screen.daily) == 366


def test_days_of_patrol_add_up_to_the_months_by_grid(reader, whole_year, city_scope):
    daily = patrol_screen(reader, whole_year).daily
    period = whole_year.period
    months = reader.measure_values(
        city_scope, ["patrol_due", "patrol_done"], [whole_year.region], period.start, period.end
    ).set_index("measure")["value"]
    assert daily["due"].sum() == months["patrol_due"]
    assert daily["done"].sum() == months["patrol_done"]


def test_grids_of_the_chosen_township_are_drawn_and_the_weakest_by_default(reader, whole_year):
    screen = patrol_screen(reader, whole_year)
    assert screen.township == screen.weakest.index[0]
    other = screen.weakest.index[4]
    assert patrol_screen(reader, asked(whole_year, of=other)).township == other
    grids = table(patrol_screen(reader, whole_year.at(other)), "grids")
    assert len(grids) > 1
    assert grids["value"].between(0, 1).all()


def test_a_grid_is_marked_on_the_map_of_its_township_and_lists_only_what_is_known_of_grids(reader, whole_year, places):
    screen = patrol_screen(reader, whole_year.at(places[3][0]))
    assert screen.picture.count("<path") > screen.picture.count('class="region selected"') == 1
    assert screen.compared == ("GRD1", "GRD3")
    assert not {"GRD2", "GRD8w"} & set(table(screen, "regions").columns)


def test_quality_marks_the_counties_that_are_late_and_says_what_chance_gives(reader, whole_year):
    screen = quality_screen(reader, whole_year)
    late = screen.found.rows.query("check == 'late' and marked")
    assert {code[:6] for code in late["region_code"]} == {"990125", "990126"}
    assert (late["found"] > 0).all(), "a source that sends two kinds of rows is late with one of them"
    assert screen.found.tested > 100
    assert screen.found.by_chance == pytest.approx(screen.found.tested / 1000)
    assert screen.found.marked_by_test <= 3
    assert set(screen.marks["suggestion"]) and "不作结论" in screen.verdict


def test_declared_figures_stand_beside_computed_ones_and_only_the_stricter_cohort_differs(reader, whole_year):
    declared = quality_screen(reader, whole_year).declared.set_index("id")
    assert declared.loc[~declared["same"].astype(bool)].index.tolist() == ["resolved_due"]
    assert declared.at["unresolved", "computed_text"] == "640"
    assert declared.at["causes", "computed_text"] == "45%"
    assert (declared["remark"].str.len() > 0).all()


def test_county_sees_its_own_checks_and_no_declared_figures(reader, city_scope):
    regions = reader.regions(city_scope)
    county = regions.index[regions["depth"] == 1][0]
    scope = Scope("county_leader", county)
    screen = quality_screen(reader, Context(county, Period.parse("2024Q4"), "en", "light", scope))
    assert set(screen.found.rows["region_code"]) <= {county}
    assert screen.declared.empty


@pytest.mark.parametrize(("language", "name"), [("zh", "社区"), ("en", "Neighbourhood")])
def test_quality_calls_the_regions_checked_as_the_data_set_calls_them(reader, whole_year, monkeypatch, language, name):
    levels = tuple(
        replace(level, name="社区", name_en="Neighbourhood") if level.depth == 1 else level
        for level in reader.snapshot().levels
    )
    renamed = replace(reader.snapshot(), levels=levels, snapshot_id="renamed")
    monkeypatch.setattr(reader, "snapshot", lambda: renamed)
    screen = checks_screen.__wrapped__(reader, replace(whole_year, language=language))
    assert screen.level_name == name
    headings = [heading for table in screen.tables for heading in (table.title, *table.columns.values())]
    assert name in headings
    assert not {"县区", "县(区)", "County"} & set(headings)
