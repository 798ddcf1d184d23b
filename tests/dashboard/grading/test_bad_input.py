"""Figures that can't be true are named and left out of the index: never a silent 0 or 100, never silently cut off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.grading.backtest import backtest
from dashboard.grading.grades import grades
from dashboard.grading.index import build_index, rank_ranges
from dashboard.grading.inputs import Inputs, monthly_inputs
from dashboard.grading.league import grade_regions
from dashboard.grading.settings import index_settings
from dashboard.grading.triggers import clean_years, rising_years
from dashboard.indicators.catalogue import find_indicator
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.dashboard.grading.test_grading import made_inputs
from tests.data_access import small_city

RULES = index_settings()
SHARES = [(each.id, each.members[0].id) for each in RULES.component if each.kind != "relative_risk"]
KEY = ("resolution_on_time", "BH2")
RISK = ("homicide_risk", RULES.components["homicide_risk"].members[0].id)


def with_value(part: str, key: tuple[str, str], value: float, place: tuple[int, int] = (1, -1)) -> Inputs:
    inputs = made_inputs(3, 0.9)
    if part == "expected":
        array = inputs.expected[key[0]].copy()
        array[place] = value
        return replace(inputs, expected={**inputs.expected, key[0]: array})
    array = getattr(inputs, part)[key].copy()
    array[place] = value
    return replace(inputs, **{part: {**getattr(inputs, part), key: array}})


WRONG = [
    ("numerators", KEY, 201.0, "above_denominator"),
    ("numerators", KEY, -1.0, "negative"),
    ("numerators", KEY, np.inf, "not_finite"),
    ("denominators", KEY, -200.0, "negative"),
    ("denominators", KEY, np.inf, "not_finite"),
    ("numerators", RISK, -3.0, "negative"),
    ("numerators", RISK, np.inf, "not_finite"),
    ("expected", RISK, -2.0, "negative"),
    ("expected", RISK, np.inf, "not_finite"),
]


@pytest.mark.parametrize(("part", "key", "value", "kind"), WRONG)
def test_an_impossible_figure_is_named_with_indicator_area_and_month_and_gives_its_weight_away(part, key, value, kind):
    inputs = with_value(part, key, value)
    index = build_index(inputs, RULES)
    (problem,) = index.problems
    assert (problem.component, problem.indicator, problem.region_code, str(problem.month), problem.kind) == (
        *key,
        "1",
        "2024-12",
        kind,
    )
    assert all(word in str(problem) for word in (key[0], key[1], "region 1", "2024-12", kind))
    row = index.components.index(key[0])
    assert np.isnan(index.scores[row, 1, -1]), "neither 0 nor 100"
    assert index.full_points[row, 1, -1] == 0 and index.points[row, 1, -1] == 0
    assert index.full_points[:, 1, -1].sum() == pytest.approx(100)
    assert index.weight[1, -1] == pytest.approx(1 - RULES.components[key[0]].weight / 100)
    assert index.points[:, 1, -1].sum() == pytest.approx(index.value[1, -1])
    untouched = build_index(made_inputs(3, 0.9), RULES)
    np.testing.assert_array_equal(index.value[[0, 2]], untouched.value[[0, 2]])


@pytest.mark.parametrize(("part", "value"), [("numerators", np.nan), ("denominators", np.nan), ("denominators", 0.0)])
def test_a_missing_or_empty_denominator_is_not_scored(part, value):
    inputs = with_value(part, KEY, value)
    if value == 0:
        inputs = replace(
            inputs,
            numerators={**inputs.numerators, KEY: np.where(inputs.denominators[KEY] == 0, 0.0, inputs.numerators[KEY])},
        )
    index = build_index(inputs, RULES)
    row = index.components.index(KEY[0])
    assert np.isnan(index.scores[row, 1, -1])
    assert index.problems == ()
    assert index.full_points[:, 1, -1].sum() == pytest.approx(100)


def test_cases_in_an_empty_whole_are_a_problem_not_a_share():
    inputs = with_value("denominators", KEY, 0.0)
    (problem,) = build_index(inputs, RULES).problems
    assert problem.kind == "above_denominator"


def test_a_share_is_cut_off_by_floor_and_target_only():
    inputs = made_inputs(1, 1.0)
    index = build_index(inputs, RULES)
    assert index.problems == ()
    assert np.nanmax(index.values[index.components.index(KEY[0])]) <= 1


def test_an_unknown_discount_leaves_the_line_unscored_instead_of_undiscounted():
    component = next(each for each in RULES.component if each.discount)
    key = (component.id, component.discount)
    index = build_index(with_value("numerators", key, np.nan), RULES)
    assert np.isnan(index.scores[index.components.index(component.id), 1, -1])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SHARES),
    st.floats(-1e3, 1e3) | st.sampled_from([np.nan, np.inf, -np.inf]),
    st.floats(-1e3, 1e3) | st.sampled_from([np.nan, np.inf, 0.0]),
)
def test_whatever_comes_in_the_index_stays_defined_or_says_why(key, numerator, denominator):
    inputs = with_value("numerators", key, numerator)
    denominators = {**inputs.denominators, key: inputs.denominators[key].copy()}
    denominators[key][1, -1] = denominator
    index = build_index(replace(inputs, denominators=denominators), RULES)
    assert ((index.value >= 0) & (index.value <= 100 + 1e-9)).all()
    score = index.scores[index.components.index(key[0]), 1, -1]
    possible = np.isfinite(numerator) and np.isfinite(denominator) and 0 <= numerator <= denominator
    impossible = np.isinf(numerator) or np.isinf(denominator) or min(numerator, denominator) < 0
    impossible |= numerator > denominator + 1e-6
    if impossible:
        assert np.isnan(score) and len(index.problems) == 1
    elif possible and denominator > 0:
        assert index.problems == ()


def test_no_event_anywhere_is_the_baseline_itself_not_the_best_or_worst():
    inputs = made_inputs(4, 0.9)
    nothing = {name: np.zeros_like(array) for name, array in inputs.expected.items()}
    numerators = {key: np.zeros_like(a) if key[0] in nothing else a for key, a in inputs.numerators.items()}
    index = build_index(replace(inputs, expected=nothing, numerators=numerators), RULES)
    assert (index.values[index.components.index("homicide_risk")] == 1).all()
    assert np.isfinite(index.value).all()


def test_one_region_ranks_alone_and_is_graded():
    index = build_index(made_inputs(1, 0.9), RULES)
    best, worst = rank_ranges(index.lower[:, -1], index.upper[:, -1])
    assert (best, worst) == (1, 1)
    assert grades(index, RULES)[0][0, -1] != "insufficient"


def test_one_month_alone_is_defined(reader, city_scope):
    regions = reader.regions(city_scope)
    codes = regions.index[regions["depth"] == 1].tolist()
    month = pd.Period("2024-06", "M")
    alone = build_index(
        monthly_inputs(reader, city_scope, codes, pd.period_range(month, month, freq="M"), RULES), RULES
    )
    whole = grade_regions(reader, city_scope, codes, month)
    assert alone.value.shape == (12, 1)
    np.testing.assert_allclose(alone.value[:, 0], whole.rows["index"].reindex(codes))
    single = grade_regions(reader, city_scope, codes[:1], month)
    assert single.rows[["rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 1]]
    assert backtest(reader, city_scope, codes[:1], month, months=2).months == 2


@pytest.fixture(scope="module")
def odd_reader(tmp_path_factory) -> SnapshotReader:
    """The small city with monthly counts that can't be true, reported in 2024."""
    home = Home(tmp_path_factory.mktemp("odd")).create()
    small_city.fill(home)
    rows = []
    for month in range(1, 13):
        # A wrong month within a year whose sum looks harmless, and another month whose part exceeds its whole.
        due, done = 100.0, (-3.0 if month == 5 else 95.0)
        rows += [(small_city.EAST, month, "yg1_due", due), (small_city.EAST, month, "yg1_done", done)]
    measures = _measures_of("patrol_coverage")
    frame = pd.DataFrame(rows, columns=["region_code", "month", "role", "value"])
    frame["measure"] = frame["role"].map({"yg1_due": measures[1], "yg1_done": measures[0]})
    frame["period_start"] = [date(2024, month, 1) for month in frame["month"]]
    frame["source_id"] = [f"o{number}" for number in range(len(frame))]
    frame = frame.drop(columns=["role", "month"]).assign(source="odd", grain="month", class_code="", channel="")
    with WorkingStore.open(home) as store, store.transaction():
        store.append("reported_count", frame)
    publish(home)
    return SnapshotReader(home)


def _measures_of(component: str) -> tuple[str, str]:
    item = RULES.components[component].members[0]
    return item.numerator[0].measure, item.denominator[0].measure


def test_a_wrong_month_is_not_hidden_by_the_sum_it_disappears_in(odd_reader):
    scope = Scope("city_leader", small_city.CITY)
    months = pd.period_range("2024-04", "2024-12", freq="M")
    inputs = monthly_inputs(odd_reader, scope, [small_city.EAST, small_city.WEST], months, RULES)
    found = {(each.component, each.region_code, str(each.month), each.kind) for each in inputs.problems}
    assert ("patrol_coverage", small_city.EAST, "2024-05", "negative") in found
    league = grade_regions(odd_reader, scope, [small_city.EAST, small_city.WEST], pd.Period("2024-12", "M"))
    assert "2024-05" in {str(month) for month in league.problems["month"]}
    assert {"component", "indicator", "region_code", "month", "kind"} <= set(league.problems.columns)


def test_an_unequal_number_of_months_makes_no_share():
    """A numerator of twelve months over a denominator of six would be a share of nothing."""
    from dashboard.grading import inputs as module

    component = RULES.components["resolution_on_time"]
    monthly = np.full((1, 30), 80.0), np.full((1, 30), 100.0)
    monthly[1][0, -6:] = np.nan
    known = np.isfinite(monthly[0]) & np.isfinite(monthly[1])
    sums = [module._window(np.where(known, each, np.nan), component, 1, False) for each in monthly]
    share = sums[0] / sums[1]
    assert np.isnan(share).all() or share == pytest.approx(0.8)


def test_years_without_figures_are_not_counted_as_clean_or_rising(odd_reader):
    """The small city has no records before 2022 and no people for some years: nothing is called clean on silence."""
    scope = Scope("city_leader", small_city.CITY)
    counties = [small_city.EAST, small_city.WEST]
    before = clean_years(odd_reader, scope, counties, 2020)
    assert before.clean == 0 and before.rows.empty
    assert set(before.unknown) == set(counties)
    rising = rising_years(odd_reader, scope, counties, 2022)
    assert rising.rows.empty and set(rising.unknown) == set(counties)
    assert np.isnan(rising.somewhere)


def test_the_rows_behind_a_rule_are_those_it_was_applied_to(reader, city_scope):
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    rising = rising_years(reader, city_scope, counties, 2024)
    assert set(rising.basis.index.get_level_values("region_code")) == set(counties)
    for code in rising.rows.index:
        own = rising.basis.loc[code]
        assert own["cases"].tolist() == rising.rows.loc[code, list(rising.years)].tolist()
        assert (np.diff(own["rate"]) > 0).all()
        np.testing.assert_allclose(own["rate"], own["cases"] / own["person_years"] * 1e5)
        assert ((own["lower"] <= own["rate"]) & (own["rate"] <= own["upper"])).all()
    counted = reader.measure_values(
        city_scope, ["homicide_incidents"], counties, date(2022, 1, 1), date(2024, 12, 31), grain="year"
    )
    assert counted["value"].sum() == rising.basis["cases"].sum()


def test_indicators_of_the_index_are_those_of_the_catalogue():
    assert find_indicator("BH2").id == KEY[1]
