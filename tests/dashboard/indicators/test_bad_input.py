"""Bad figures and changed boundaries: a defined result that says why, never a silent 0 or 100 %."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dashboard.grading.monthly import read_monthly
from dashboard.indicators import vocabulary as words
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.catalogue import Term, load_catalogue
from dashboard.indicators.changes import change
from dashboard.indicators.engine.facts import boundaries_of
from dashboard.indicators.evaluate import series, values
from dashboard.memory import Memory
from dashboard.periods import Period
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

CITY, EAST, WEST = small_city.CITY, small_city.EAST, small_city.WEST
NEW = "970103000000"
BEGAN = date(2023, 7, 1)
SCOPE = Scope("city_leader", CITY)


def proportion_measures() -> tuple[str, str, str]:
    """An indicator that is one reported count over another."""
    for key, item in load_catalogue().items():
        if item.kind == "proportion" and item.available and item.window == "period" and not item.suppression_limit:
            terms = (*item.numerator, *(item.denominator if isinstance(item.denominator, tuple) else ()))
            if len(terms) == 2 and {term.measure for term in terms} == {"weekly_analysis_due", "weekly_analysis_done"}:
                return key, terms[0].measure, terms[1].measure
    raise AssertionError("no such indicator")


@pytest.fixture(scope="module")
def changed_reader(tmp_path_factory) -> SnapshotReader:
    """The small city with a county that was founded in July 2023, and odd counts by month of 2024."""
    home = Home(tmp_path_factory.mktemp("changed")).create()
    small_city.fill(home)
    regions = small_city.regions()
    young = regions[regions["region_code"] == EAST].assign(
        region_code=NEW, name="新县", name_en="New", valid_from=BEGAN
    )
    odd = {
        1: (5.0, 4.0),
        2: (-1.0, 4.0),
        3: (3.0, -4.0),
        6: (0.0, 0.0),
        7: (3.0, 0.0),
    }
    rows = [
        (f"m{month}{role}", EAST, date(2024, month, 1), f"weekly_analysis_{role}", value)
        for month, pair in odd.items()
        for role, value in zip(("done", "due"), pair, strict=True)
    ]
    counts = pd.DataFrame(rows, columns=["source_id", "region_code", "period_start", "measure", "value"])
    incident = small_city.incidents().iloc[[3]].assign(source_id="n1", region_code=NEW, occurred_on=date(2024, 3, 1))
    with WorkingStore.open(home) as store, store.transaction():
        store.append("region", young)
        store.append("reported_count", counts.assign(source="odd", grain="month", class_code="", channel=""))
        store.append("incident", incident)
    publish(home)
    return SnapshotReader(home)


@pytest.mark.parametrize(
    ("month", "status", "note"),
    [
        (1, words.INCONSISTENT, "numerator_exceeds_denominator"),
        (2, words.INCONSISTENT, "negative_count"),
        (3, words.INCONSISTENT, "negative_count"),
        (6, words.ZERO_DENOMINATOR, None),
        (7, words.ZERO_DENOMINATOR, None),
        (8, words.NO_DATA, "not_reported"),
    ],
)
def test_a_figure_that_can_t_be_true_has_no_value_and_says_why(changed_reader, month, status, note):
    key, _, _ = proportion_measures()
    row = values(changed_reader, SCOPE, key, [EAST], f"2024-{month:02d}").loc[EAST]
    assert row["status"] in (status, words.NO_DATA if month == 8 else status)
    assert row[["value", "lower", "upper"]].isna().all()
    assert note is None or note in row["notes"] or month == 8


def test_an_infinite_count_is_refused_at_publishing_and_given_no_value_should_it_come_through(
    changed_reader, monkeypatch
):
    key, done, _ = proportion_measures()
    real = SnapshotReader.span_values

    def with_infinity(self, *arguments, **options):
        found = real(self, *arguments, **options)
        return found | {"value_0": np.where(found["measure"] == done, np.inf, found["value_0"])}

    monkeypatch.setattr(SnapshotReader, "span_values", with_infinity)
    row = values(changed_reader, SCOPE, key, [EAST], "2024-01").loc[EAST]
    assert row["status"] == words.INCONSISTENT and "not_finite" in row["notes"]
    assert np.isnan(row["value"])


def test_one_bad_month_spoils_neither_the_others_nor_the_command(changed_reader):
    key, _, _ = proportion_measures()
    months = Period.parse("2024-12").trailing(12)
    frame = series(changed_reader, SCOPE, key, [EAST, WEST], list(months))
    assert not frame["status"].isin(words.WITH_VALUE).loc[EAST].iloc[:7].any()


def test_a_region_has_no_figures_before_it_existed(changed_reader):
    years = [Period.parse(year) for year in ("2022", "2023", "2024")]
    frame = series(changed_reader, SCOPE, "homicide_incidents", [NEW, EAST], years).loc[NEW]
    assert frame["status"].tolist()[0] == words.NO_DATA
    assert all("before_region" in notes for notes in frame["notes"].iloc[:2])
    assert frame["status"].iloc[1] == words.PARTIAL
    assert frame["numerator"].iloc[2] == 1 and "before_region" not in frame["notes"].iloc[2]
    assert frame["value"].isna().iloc[0], "a county that did not exist has no year without alarms"


def test_a_young_region_is_not_compared_with_a_year_it_did_not_have(changed_reader):
    row = change(changed_reader, SCOPE, "homicide_incidents", [NEW], "2023H1").loc[NEW]
    assert row["status"] == words.NO_DATA and np.isnan(float(row["difference"]))


def test_old_codes_count_at_their_successor_and_it_is_said(changed_reader):
    row = values(changed_reader, SCOPE, "homicide_incidents", [WEST], "2022").loc[WEST]
    assert row["numerator"] == 1 and "boundary_comparable" in row["notes"]
    after = values(changed_reader, SCOPE, "homicide_incidents", [WEST], "2024").loc[WEST]
    assert "boundary_comparable" not in after["notes"]
    other = values(changed_reader, SCOPE, "homicide_incidents", [EAST], "2022").loc[EAST]
    assert "boundary_comparable" not in other["notes"]


def test_what_was_taken_over_from_outside_is_said_of_the_regions_above_too(changed_reader, monkeypatch):
    """A code of another city came to the west county: the boundary of the city changed with it; one of its own did not."""
    real = SnapshotReader.boundary_changes

    def from_outside(self, scope):
        changes = real(self, scope)
        return changes.assign(old_code=changes["old_code"].where(changes["kind"] != "took_over", "111111000000"))

    inside, _ = boundaries_of(changed_reader, SCOPE)
    monkeypatch.setattr(SnapshotReader, "boundary_changes", from_outside)
    forgetful = Memory(0)
    monkeypatch.setattr("dashboard.memory.process_memory", lambda: forgetful)
    outside, _ = boundaries_of(changed_reader, SCOPE)
    assert WEST in inside and CITY not in inside
    assert outside[CITY] == outside[WEST]


def test_the_index_takes_no_month_before_the_region_for_an_empty_one(changed_reader):
    months = pd.period_range("2023-01", "2023-12", freq="M")
    terms = [Term(measure="homicide_incidents")]
    cases = read_monthly(changed_reader, SCOPE, [NEW, EAST], months, terms).terms(terms)
    assert np.isnan(cases[0, :6]).all()
    assert np.isfinite(cases[1]).all()


def test_changes_of_boundaries_outside_the_scope_are_not_told(changed_reader):
    seen = changed_reader.boundary_changes(Scope("county_leader", EAST))
    assert WEST not in set(seen["region_code"]) and NEW not in set(seen["region_code"])
    assert set(changed_reader.boundary_changes(SCOPE)["kind"]) == {"took_over", "began"}


@pytest.mark.parametrize("period", ["2024-02", "2024"])
def test_one_region_and_one_month_are_defined(changed_reader, period):
    frame = values(changed_reader, SCOPE, "JQ2", [EAST], period)
    assert len(frame) == 1 and frame["status"].item() in words.STATUSES


def test_a_breakdown_with_an_impossible_class_gives_no_share(changed_reader, monkeypatch):
    real = SnapshotReader.measure_values

    def with_a_negative(self, *arguments, **options):
        frame = real(self, *arguments, **options)
        return frame.assign(value=-frame["value"]) if options.get("by") else frame

    monkeypatch.setattr(SnapshotReader, "measure_values", with_a_negative)
    frame = by_class(changed_reader, SCOPE, "homicide_incidents", [EAST], "2024")
    assert set(frame["status"]) == {words.INCONSISTENT}
    assert frame["value"].isna().all()


@pytest.mark.parametrize("against", ["previous", "same_last_year"])
@pytest.mark.parametrize("month", [1, 2, 3, 4, 6, 7, 8])
def test_a_change_from_or_to_an_impossible_figure_says_so_and_breaks_nothing(changed_reader, month, against):
    key, *_ = proportion_measures()
    row = change(changed_reader, SCOPE, key, [EAST, WEST], f"2024-{month:02d}", against).loc[EAST]
    assert np.isnan(row["difference"]) and np.isnan(row["p_value"])
    assert row["status"] not in words.WITH_VALUE
    assert row["beyond_chance"] is None
