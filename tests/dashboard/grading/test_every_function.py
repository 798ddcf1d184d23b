"""Every public function of the grading × every kind of bad input: nothing infinite, nothing scored that is not known.

Functions are found by looking; one without a call below fails the test, so that a new one is tested as soon as it is written.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dashboard.grading
from dashboard.grading import assessment, backtest, gains, grades, index, inputs, league, monthly, problems, triggers
from dashboard.grading.settings import index_settings
from dashboard.grading.townships import inputs as township_inputs
from dashboard.grading.townships import matrix, vetoes
from dashboard.grading.townships.settings import matrix_settings
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.statistics.estimate import StatisticsError
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.dashboard.grading.test_grading import made_inputs
from tests.dashboard.grading.test_township_matrix import perfect
from tests.data_access import small_city

RULES, TWELVE = index_settings(), matrix_settings()
PLUMBING = {"kept", "index_settings", "matrix_settings", "assessment_settings", "check_months", "townships_of"}
"""What keeps results, reads or checks settings, or lists regions; commands are tested with the command line."""
SCOPE = Scope("city_leader", small_city.CITY)
COUNTIES = [small_city.EAST, small_city.WEST]
MONTH = pd.Period("2024-12", "M")
RISK = RULES.components["homicide_risk"]
CASES = find_indicator("homicide_incidents").numerator


def public_functions() -> set[str]:
    found = set()
    folder = Path(dashboard.grading.__file__).parent
    for path in folder.rglob("[!_]*.py"):
        name = ".".join(["dashboard.grading", *path.relative_to(folder).with_suffix("").parts])
        module = importlib.import_module(name)
        members = inspect.getmembers(module, inspect.isfunction)
        found |= {key for key, each in members if each.__module__ == name and not key.startswith("_")}
    return found - PLUMBING


BAD = {
    "nothing reported": np.nan,
    "nothing due": 0.0,
    "negative": -3.0,
    "infinite": np.inf,
}
SHAPES = {"one region": (1, 24), "one month": (3, 1), "one of each": (1, 1)}


def spoilt(value: float) -> inputs.Inputs:
    """The second of three regions has nothing but this number, in counts and in what they are out of."""
    made = made_inputs(3, 0.9)

    def bad(arrays: Mapping[Any, np.ndarray]) -> dict[Any, np.ndarray]:
        return {key: np.where(np.arange(3)[:, None] == 1, value, array) for key, array in arrays.items()}

    return dataclasses.replace(
        made,
        numerators=bad(made.numerators),
        denominators=bad(made.denominators),
        expected=bad(made.expected),
        baseline=bad(made.baseline),
    )


def short(regions: int, months: int) -> inputs.Inputs:
    made = made_inputs(regions, 0.9)

    def cut(arrays: Mapping[Any, np.ndarray]) -> dict[Any, np.ndarray]:
        return {key: array[:, -months:] for key, array in arrays.items()}

    return dataclasses.replace(
        made,
        months=made.months[-months:],
        numerators=cut(made.numerators),
        denominators=cut(made.denominators),
        expected=cut(made.expected),
        baseline=cut(made.baseline),
    )


EVERY = {**{name: lambda value=value: spoilt(value) for name, value in BAD.items()}} | {
    name: lambda shape=shape: short(*shape) for name, shape in SHAPES.items()
}


def league_from(made: inputs.Inputs) -> league.League:
    built = index.build_index(made, RULES)
    grade, watched = grades.grades(built, RULES)
    rows = pd.DataFrame({"months_red": np.zeros(len(made.codes), int), "watched": watched[:, -1]}, index=made.codes)
    strip = pd.DataFrame(grade, index=rows.index, columns=made.months)
    return league.League(made.months, rows, strip, built, made, stages=dict.fromkeys(made.months, grades.OFFICIAL))


OF_INPUTS: dict[str, Callable[[inputs.Inputs], object]] = {
    "build_index": lambda made: index.build_index(made, RULES),
    "component_value": lambda made: [
        index.component_value(each, problems.without_impossible(made), RULES.alpha) for each in RULES.component
    ],
    "against_baseline": lambda made: inputs.against_baseline(
        np.tile(problems.without_impossible(made).numerators[RISK.id, RISK.members[0].id], (1, 60)),
        np.ones((len(made.codes), 60 * len(made.months))),
        RISK,
        RULES,
        1,
    ),
    "beyond_chance": lambda made: index.beyond_chance(problems.without_impossible(made), RULES),
    "probability_below": lambda made: index.probability_below(*_value_and_error(made), 70.0),
    "rank_ranges": lambda made: index.rank_ranges(*_limits(made)),
    "rounded_points": lambda made: index.rounded_points(index.build_index(made, RULES).points[:, 0, -1]),
    "grades": lambda made: grades.grades(index.build_index(made, RULES), RULES),
    "months_red": lambda made: grades.months_red(
        grades.grades(index.build_index(made, RULES), RULES)[0], np.ones(len(made.months), bool)
    ),
    "stage_of": lambda made: grades.stage_of(made.months[-1], date(2024, 12, 31), RULES),
    "without_impossible": problems.without_impossible,
    "kinds_of": lambda made: [
        problems.kinds_of(made.numerators[key], base, share=True) for key, base in made.denominators.items()
    ],
    "wrong_reports": lambda made: [
        problems.wrong_reports({"numerator": made.numerators[key], "denominator": base}, key, made.codes, made.months)
        for key, base in made.denominators.items()
    ],
    "table_of": lambda made: problems.table_of(problems.without_impossible(made).problems),
    "pooled": lambda made: gains.pooled(problems.without_impossible(made)),
    "common_values": lambda made: gains.common_values(problems.without_impossible(made), RULES),
    "score_of": lambda made: [gains.score_of(each, np.nan) for each in RULES.component],
    "gains": lambda made: gains.gains(league_from(made), RULES).of(made.codes[0]),
    "weight_effects": lambda made: assessment.weight_effects(league_from(made), assessment.weight_change(2024)),
    "weight_change": lambda made: assessment.weight_change(1900),
    "equal_regions": lambda made: backtest.equal_regions(
        problems.without_impossible(made), np.random.default_rng(1), RULES, draws=2
    ),
    "review_sheets": lambda made: triggers.review_sheets(league_from(made), RULES),
    "review_evidence": lambda made: triggers.review_evidence(league_from(made), RULES),
    "review_basis": lambda made: triggers.review_basis(league_from(made), made.codes[0], RULES),
    "carried": lambda made: [monthly.carried(each, 3) for each in made.numerators.values()],
}
OF_READER: dict[str, Callable[[SnapshotReader, list[str], pd.Period], object]] = {
    "monthly_inputs": lambda reader, codes, month: inputs.monthly_inputs(
        reader, SCOPE, codes, pd.period_range(month, month, freq="M"), RULES
    ),
    "read_monthly": lambda reader, codes, month: monthly.read_monthly(
        reader, SCOPE, codes, pd.period_range(month, month, freq="M"), CASES
    ).terms(CASES),
    "late_months": lambda reader, codes, month: monthly.late_months(
        facts_of(reader, SCOPE), [find_indicator("JQ2")], codes, pd.PeriodIndex([month], freq="M")
    ),
    "league_of": lambda reader, codes, month: league.league_of(reader, SCOPE, codes, month).rows,
    "grade_regions": lambda reader, codes, month: league.grade_regions(reader, SCOPE, codes, month).rows,
    "backtest": lambda reader, codes, month: backtest.backtest(reader, SCOPE, codes, month, months=2).grades,
    "rising_years": lambda reader, codes, month: triggers.rising_years(reader, SCOPE, codes, month.year).rows,
    "clean_years": lambda reader, codes, month: triggers.clean_years(reader, SCOPE, codes, month.year).rows,
    "yearly_cases": lambda reader, codes, month: triggers.yearly_cases(reader, SCOPE, codes, [month.year]),
    "matrix_inputs": lambda reader, codes, month: township_inputs.matrix_inputs(
        reader, SCOPE, codes, pd.PeriodIndex([month], freq="M"), TWELVE
    ),
    "matrix_of": lambda reader, codes, month: matrix.matrix_of(reader, SCOPE, codes, month).rows,
}
OF_TOWNSHIPS: dict[str, Callable[[township_inputs.MatrixInputs], object]] = {
    "build_matrix": lambda made: matrix.build_matrix(made, TWELVE).rows,
    "grade_cells": lambda made: matrix.grade_cells(made, TWELVE),
    "verdicts": lambda made: matrix.verdicts(matrix.grade_cells(made, TWELVE).grade, TWELVE),
    "years_in_a_row": lambda made: matrix.years_in_a_row(
        matrix.verdicts(matrix.grade_cells(made, TWELVE).grade, TWELVE)
    ),
    "fund_stress": lambda made: matrix.fund_stress(matrix.build_matrix(made, TWELVE).rows, TWELVE),
    "veto_fields": lambda made: vetoes.veto_fields(None, made.codes, 2024),
    "upheld": lambda made: vetoes.upheld(None, made.codes, [2024], ["rejection"]),
}


def _value_and_error(made: inputs.Inputs) -> tuple[np.ndarray, np.ndarray]:
    built = index.build_index(made, RULES)
    return built.value, built.error


def _limits(made: inputs.Inputs) -> tuple[np.ndarray, np.ndarray]:
    built = index.build_index(made, RULES)
    return built.lower[:, -1], built.upper[:, -1]


AS_FOUND = ("carried", "kinds_of", "wrong_reports", "table_of")
"""Functions that hand on what they are given, or name what is wrong with it."""


def strict(work_out: Callable[[], object]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return work_out()


def numbers_in(result: object) -> Iterator[float]:
    """All numbers that a result holds, however deep; a problem named keeps the number as it was found."""
    if isinstance(result, problems.Problem):
        return
    if dataclasses.is_dataclass(result):
        for field in dataclasses.fields(result):
            yield from numbers_in(getattr(result, field.name))
    elif isinstance(result, Mapping):
        for each in result.values():
            yield from numbers_in(each)
    elif isinstance(result, pd.DataFrame):
        yield from result.select_dtypes("number").to_numpy(float).ravel()
    elif isinstance(result, np.ndarray) and result.dtype.kind in "fi":
        yield from result.ravel().astype(float)
    elif isinstance(result, list | tuple):
        for each in result:
            yield from numbers_in(each)
    elif isinstance(result, float):
        yield result


def test_every_public_function_is_called_here():
    assert public_functions() == {*OF_INPUTS, *OF_READER, *OF_TOWNSHIPS}


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("name", OF_INPUTS)
def test_bad_inputs_give_nothing_infinite(name, kind):
    made = EVERY[kind]()
    found = list(numbers_in(strict(lambda: OF_INPUTS[name](made))))
    assert name in AS_FOUND or not np.isinf(found).any()


@st.composite
def any_inputs(draw: st.DrawFn) -> inputs.Inputs:
    """1 to 40 regions, 1 to 24 months, and a few figures that are odd, missing or can't be true."""
    made = short(draw(st.integers(1, 40)), draw(st.integers(1, 24)))
    odd = st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e-9, 199.0, 1e12])
    for _ in range(draw(st.integers(0, 12))):
        arrays = draw(st.sampled_from([made.numerators, made.denominators, made.expected]))
        array = arrays[draw(st.sampled_from(sorted(arrays)))]
        array[draw(st.integers(0, array.shape[0] - 1)), draw(st.integers(0, array.shape[1] - 1))] = draw(odd)
    return made


@pytest.mark.parametrize("name", OF_INPUTS)
def test_whatever_comes_in_is_defined(name):
    @settings(max_examples=15)
    @given(any_inputs())
    def check(made):
        found = list(numbers_in(strict(lambda: OF_INPUTS[name](made))))
        assert name in AS_FOUND or not np.isinf(found).any()

    check()


@settings(max_examples=60)
@given(any_inputs())
def test_the_index_lies_within_its_limits_and_is_the_sum_of_its_points(made):
    built = index.build_index(made, RULES)
    known = built.weight > 0
    assert (np.isfinite(built.value) == known).all()
    value, lower, upper = (each[known] for each in (built.value, built.lower, built.upper))
    assert ((lower >= 0) & (lower <= value + 1e-9) & (value <= upper + 1e-9) & (upper <= 100)).all()
    np.testing.assert_allclose(built.points.sum(axis=0)[known], value)
    best, worst = index.rank_ranges(built.lower[:, -1], built.upper[:, -1])
    assert ((best == 0) == ~known[:, -1]).all() and (best <= worst).all() and (worst <= len(made.codes)).all()


WRONG = {
    "rank_ranges": lambda: index.rank_ranges(np.ones(3), np.ones(4)),
    "probability_below": lambda: index.probability_below(np.ones(3), np.ones(4), 70.0),
    "rounded_points": lambda: index.rounded_points(np.array([1.0, np.nan])),
    "score_of": lambda: gains.score_of(RULES.component[0], np.inf),
    "months_red": lambda: grades.months_red(np.full((2, 3), grades.RED), np.ones(4, bool)),
    "kinds_of": lambda: problems.kinds_of(np.ones(3), np.ones(4), share=True),
    "inputs": lambda: dataclasses.replace(short(2, 3), months=pd.period_range("2024-01", "2024-04", freq="M")),
    "inputs of townships": lambda: dataclasses.replace(perfect(2), codes=("one", "two", "three")),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_shapes_that_do_not_fit_and_numbers_that_make_no_score_are_refused_in_our_own_words(call):
    with pytest.raises(StatisticsError):
        call()


@pytest.mark.parametrize("kind", BAD)
def test_a_region_of_bad_numbers_is_neither_best_nor_worst_and_leaves_the_others_alone(kind):
    built, good = index.build_index(spoilt(BAD[kind]), RULES), index.build_index(made_inputs(3, 0.9), RULES)
    shares = [place for place, each in enumerate(RULES.component) if each.kind != "relative_risk"]
    assert np.isnan(built.scores[shares, 1]).all()
    np.testing.assert_array_equal(built.value[[0, 2]], good.value[[0, 2]])
    assert (grades.grades(built, RULES)[0][1] == grades.INSUFFICIENT).all()
    if kind != "nothing due":
        assert np.isnan(built.value[1]).all()
    named = {(each.component, each.indicator, each.region_code, str(each.month)) for each in built.problems}
    expected = len(RULES.component) if kind in ("negative", "infinite") else 0
    assert len({component for component, *_ in named}) == expected
    assert all(region == "1" for _, _, region, _ in named)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", OF_TOWNSHIPS)
def test_townships_of_bad_numbers_are_never_met(name, kind):
    made = perfect(3)
    for arrays in (made.numerators, made.denominators, made.expected):
        for array in arrays.values():
            array[1] = BAD[kind]
    found = strict(lambda: OF_TOWNSHIPS[name](made))
    assert not np.isinf(list(numbers_in(found))).any()
    if name == "verdicts":
        assert (found[1] != matrix.MET).all() and (found[[0, 2]] == matrix.MET).all()


@pytest.fixture(scope="module")
def empty_reader(tmp_path_factory) -> SnapshotReader:
    """The small city without one homicide, dispute or count, with people in one of three townships only."""
    home = Home(tmp_path_factory.mktemp("empty")).create()
    small_city.fill(home)
    people = pd.DataFrame([("970101001000", 2023, 100_000.0)], columns=["region_code", "year", "population"])
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("population", people.assign(source="test"))
        store.replace_all("incident", small_city.incidents().iloc[[4]])
        for table in ("dispute", "reported_count"):
            store.replace_all(table, getattr(small_city, f"{table}s")().iloc[:0])
    publish(home)
    return SnapshotReader(home)


def test_a_replay_without_any_grade_says_nothing_of_chance(empty_reader):
    figures = backtest.backtest(empty_reader, SCOPE, COUNTIES, MONTH, months=2).figures()
    assert figures["insufficient"] == 1 and figures["red"] == 0
    unknown = {"flips", "chance_red", "chance_flips", "chance_any_red", "power_halfway", *backtest.BY_EVENTS} - {
        "few_events"
    }
    assert {name for name, value in figures.items() if np.isnan(value)} == unknown


@pytest.mark.parametrize("month", [MONTH, pd.Period("2022-01", "M"), pd.Period("1999-01", "M")], ids=str)
@pytest.mark.parametrize("codes", [COUNTIES, COUNTIES[:1], ["970101002000"]], ids=["two", "one", "without people"])
@pytest.mark.parametrize("name", OF_READER)
def test_no_event_no_people_and_no_past_are_defined(empty_reader, name, codes, month):
    found = strict(lambda: OF_READER[name](empty_reader, codes, month))
    assert not np.isinf(list(numbers_in(found))).any()
