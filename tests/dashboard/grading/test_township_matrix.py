"""The twelve lines by the rule's letter; years in a row; nothing missing is ever counted as met."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.__main__ import run
from dashboard.grading.townships import inputs as township_inputs
from dashboard.grading.townships.inputs import MatrixInputs, matrix_inputs
from dashboard.grading.townships.matrix import (
    MET,
    NOT_MET,
    UNDECIDED,
    build_matrix,
    grade_cells,
    matrix_of,
    verdicts,
    years_in_a_row,
)
from dashboard.grading.townships.settings import MatrixSettings, matrix_settings
from dashboard.grading.townships.vetoes import veto_fields
from dashboard.grading.triggers import clean_years
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.evaluate import values as indicator_values
from dashboard.lateness import late_rows
from dashboard.screens.duty.creation import stress_sentence
from data_access.access import Scope
from data_access.errors import ConfigError

RULES = matrix_settings()
LINES = {line.id: line for line in RULES.line}
OTHERS = [line.id for line in RULES.line if line.id not in RULES.gates]


def perfect(regions: int = 1, years: int = 3) -> MatrixInputs:
    """Townships that reach every line in every year."""
    shape = (regions, years)
    numerators, denominators, expected = {}, {}, {}
    for line in RULES.line:
        for item in line.members:
            key = line.id, item.id
            if line.kind in ("count", "relative_risk"):
                numerators[key] = np.zeros(shape)
                expected[line.id] = np.full(shape, 2.0)
                continue
            wide = (*shape, 4) if line.kind == "lowest_share" else shape
            denominators[key] = np.full(wide, 1000.0)
            numerators[key] = np.full(wide, 1000.0 if item.direction == "higher_better" else 0.0)
    return MatrixInputs(
        codes=tuple(f"r{number}" for number in range(regions)),
        ends=pd.PeriodIndex([f"{2025 - years + year}-12" for year in range(years)], freq="M"),
        numerators=numerators,
        denominators=denominators,
        expected={key: value for key, value in expected.items() if LINES[key].kind == "relative_risk"},
        person_years=np.full(shape, 30_000.0),
        clean_exposure=np.full(regions, 150_000.0),
        common_rate=0.44e-5,
    )


def changed(inputs: MatrixInputs, line: str, share: float, year: int = -1, region: int = 0) -> MatrixInputs:
    for item in LINES[line].members:
        inputs.numerators[line, item.id][region, year] = share * inputs.denominators[line, item.id][region, year]
    return inputs


def newest(inputs: MatrixInputs, line: str, region: int = 0) -> str:
    return grade_cells(inputs, RULES).grade[RULES.ids.index(line), region, -1]


def test_three_perfect_years_put_a_township_on_the_list():
    row = build_matrix(perfect(), RULES).rows.iloc[0]
    assert (row["verdict"], row["streak"], row["on_list"], row["blue"]) == (MET, 3, True, 12)


@pytest.mark.parametrize(
    ("line", "share", "grade"),
    [
        ("resolution", 0.95, "blue"),
        ("resolution", 0.949, "yellow"),
        ("resolution", 0.85, "yellow"),
        ("resolution", 0.849, "red"),
        ("three_hundred_percent", 0.999, "yellow"),
        ("three_hundred_percent", 0.949, "red"),
        ("authenticity", 0.98, "blue"),
        ("found_first", 0.40, "yellow"),
        ("found_first", 0.399, "red"),
    ],
)
def test_bounds_belong_to_the_better_colour(line, share, grade):
    assert newest(changed(perfect(), line, share), line) == grade


def test_one_homicide_in_three_years_starts_the_count_again_even_when_all_else_is_blue():
    inputs = perfect(years=3)
    item = LINES["no_homicide"].members[0].id
    inputs.numerators["no_homicide", item][0] = [0, 1, 1]
    matrix = build_matrix(inputs, RULES)
    assert matrix.years.iloc[0].tolist() == [MET, NOT_MET, NOT_MET]
    assert matrix.rows.iloc[0][["streak", "on_list"]].tolist() == [0, False]


def test_return_visits_and_relapse_fail_one_by_one():
    inputs = perfect()
    inputs.numerators["revisit_and_relapse", "BH3"][0, -1] = 940
    assert newest(inputs, "revisit_and_relapse") == "yellow"
    inputs.numerators["revisit_and_relapse", "BH4"][0, -1] = 51
    assert newest(inputs, "revisit_and_relapse") == "red"


def test_one_red_line_or_too_few_blue_ones_lose_the_year():
    assert build_matrix(changed(perfect(), "resolution", 0.5), RULES).rows["verdict"].iloc[0] == NOT_MET
    two_yellow, three_yellow = perfect(), perfect()
    for name in ("resolution", "youth_support"):
        changed(two_yellow, name, 0.92)
        changed(three_yellow, name, 0.92)
    changed(three_yellow, "found_first", 0.5)
    assert build_matrix(two_yellow, RULES).rows["verdict"].iloc[0] == MET
    assert build_matrix(three_yellow, RULES).rows["verdict"].iloc[0] == NOT_MET


@pytest.mark.parametrize("wrong", [0.0, np.nan, -5.0])
def test_nothing_due_missing_or_negative_is_not_scored(wrong):
    inputs = perfect()
    inputs.denominators["red_handled", "YJ3"][0, -1] = wrong
    cells = grade_cells(inputs, RULES)
    place = RULES.ids.index("red_handled")
    assert cells.grade[place, 0, -1] == "insufficient"
    assert np.isnan(cells.value[place, 0, -1])
    assert build_matrix(inputs, RULES).rows["verdict"].iloc[0] == MET  # nine others are blue


def test_more_done_than_due_is_not_scored_as_full_marks():
    inputs = perfect()
    inputs.numerators["resolution", "BH2"][0, -1] = 1500
    assert newest(inputs, "resolution") == "insufficient"


def test_an_unknown_gate_is_undecided_and_ends_the_row_of_years():
    inputs = perfect()
    inputs.denominators["authenticity", "ZS1"][0, -2] = np.nan
    matrix = build_matrix(inputs, RULES)
    assert matrix.years.iloc[0].tolist() == [MET, UNDECIDED, MET]
    assert matrix.rows["streak"].iloc[0] == 1


def test_a_survey_of_too_few_is_not_scored():
    inputs = perfect()
    for values in (inputs.numerators, inputs.denominators):
        values["satisfaction", "CJ1"][0, -1] = 150
    assert newest(inputs, "satisfaction") == "insufficient"


def test_the_colour_says_whether_chance_may_have_made_it():
    inputs = perfect(regions=2)
    inputs.denominators["resolution", "BH2"][:, -1] = [20, 20_000]
    inputs.numerators["resolution", "BH2"][:, -1] = [16, 16_000]
    cells = grade_cells(inputs, RULES)
    place = RULES.ids.index("resolution")
    assert cells.grade[place, :, -1].tolist() == ["red", "red"]
    assert cells.certain[place, :, -1].tolist() == [False, True]


def test_the_funds_stress_is_that_of_the_field_note():
    """126 townships of 30,000 at 0.44 per 100,000: 67 % are three years without a case, about 85 awards of 500,000."""
    inputs = perfect(regions=126)
    stress = build_matrix(inputs, RULES).stress
    assert stress.clean_by_chance == pytest.approx(84.8, abs=0.1)
    assert stress.cost_by_chance == pytest.approx(42_400_000, rel=0.01)
    assert stress.is_over and stress.listed == 126


def test_vetoes_are_two_fields_and_only_upheld_ones_count():
    rows = [
        ("r0", 2024, "否决", "成立"),
        ("r1", 2024, "否优", "成立"),
        ("r2", 2024, "否决", "申诉中"),
        ("r2", 2024, "否优", "待核"),
    ]
    vetoes = pd.DataFrame(rows, columns=["region_code", "year", "veto_kind", "status"])
    found = build_matrix(perfect(regions=4), RULES, vetoes).rows
    assert found["rejection"].tolist() == ["成立", "", "申诉中", ""]
    assert found["no_excellence"].tolist() == ["", "成立", "待核", ""]
    assert found["verdict"].tolist() == [NOT_MET, MET, MET, MET]
    assert found["on_list"].tolist() == [False, False, True, True]
    assert found["streak"].tolist() == [0, 3, 3, 3]
    with pytest.raises(ValueError, match="veto_kind '除名'"):
        veto_fields(vetoes.assign(veto_kind="除名"), ["r0"], 2024)


GRADES = st.sampled_from(["blue", "yellow", "red", "insufficient"])


@settings(max_examples=200, deadline=None)
@given(st.lists(GRADES, min_size=12, max_size=12), st.integers(0, 11))
def test_a_better_colour_never_loses_a_year(grades, place):
    """Met years stay met when a line turns from red to yellow or from yellow to blue."""
    order = {"red": "yellow", "yellow": "blue"}
    if grades[place] not in order:
        return
    before = verdicts(np.array(grades)[:, None, None], RULES)[0, 0]
    after = verdicts(np.array([*grades[:place], order[grades[place]], *grades[place + 1 :]])[:, None, None], RULES)[
        0, 0
    ]
    rank = {NOT_MET: 0, UNDECIDED: 1, MET: 2}
    assert rank[after] >= rank[before]


@settings(max_examples=100, deadline=None)
@given(st.lists(GRADES, min_size=12, max_size=12))
def test_a_year_is_met_only_with_blue_gates_and_no_red(grades):
    verdict = verdicts(np.array(grades)[:, None, None], RULES)[0, 0]
    if verdict == MET:
        by_line = dict(zip(RULES.ids, grades, strict=True))
        assert all(by_line[gate] == "blue" for gate in RULES.gates)
        assert "red" not in grades
        assert sum(by_line[name] != "insufficient" for name in OTHERS) >= RULES.least_scored


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([MET, NOT_MET, UNDECIDED]), min_size=1, max_size=8))
def test_years_in_a_row_end_at_the_first_that_is_not_met(years):
    streak = years_in_a_row(np.array([years]))[0]
    assert all(year == MET for year in years[len(years) - streak :])
    assert streak == len(years) or years[len(years) - streak - 1] != MET


NUMBERS = st.one_of(st.floats(-10, 2000), st.just(np.nan), st.just(0.0))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_input_gives_a_colour_or_says_that_there_is_too_little(data):
    inputs = perfect(years=1)
    for values in (inputs.numerators, inputs.denominators, inputs.expected):
        for array in values.values():
            array[...] = data.draw(NUMBERS)
    cells = grade_cells(inputs, RULES)
    assert set(np.unique(cells.grade)) <= {"blue", "yellow", "red", "insufficient"}
    assert (np.isnan(cells.value) == (cells.grade == "insufficient")).all()
    held = ~np.isnan(cells.lower)
    assert (cells.lower[held] <= cells.value[held] + 1e-9).all() and (
        cells.value[held] <= cells.upper[held] + 1e-9
    ).all()


def broken(**changes: object) -> dict:
    return {**json.loads(RULES.model_dump_json(exclude={"line"})), "line": [], **changes}


def test_a_wrong_config_says_which_key(monkeypatch):
    from data_access.access import validated

    with pytest.raises(ConfigError, match="config/township_matrix.toml.*gates"):
        validated(MatrixSettings, broken(gates=[]), "config/township_matrix.toml", "township_matrix")


@pytest.fixture(scope="module")
def townships(reader, city_scope):
    regions = reader.regions(city_scope)
    return regions.index[regions["depth"] == 2].tolist()


def test_demonstration_city_fills_all_twelve_lines(reader, city_scope, townships):
    matrix = matrix_of(reader, city_scope, townships, pd.Period("2024-12", "M"))
    grades = matrix.grade_table()
    assert grades.shape == (126, 12)
    assert ((grades != "insufficient").sum() > 100).all()
    counted = reader.measure_values(
        city_scope,
        ["homicide_incidents"],
        townships,
        pd.Timestamp("2022-01-01").date(),
        pd.Timestamp("2024-12-31").date(),
    )
    with_case = set(counted.loc[counted["value"] > 0, "region_code"])
    assert set(grades.index[grades["no_homicide"] == "red"]) == with_case
    unknown = set(grades.index[grades["no_homicide"] == "insufficient"])
    assert 0 < len(unknown) < 10, "those of the county whose last days are not in"
    assert matrix.stress.clean == 126 - len(with_case) - len(unknown)
    for code in townships[:3]:
        lines = matrix.lines_of(code)
        assert lines["number"].tolist() == list(range(1, 13))


def test_roles_without_small_counts_learn_nothing_of_single_cases(reader, townships):
    scope = Scope("public_demo", reader.snapshot().root_code)
    matrix = matrix_of(reader, scope, townships, pd.Period("2024-12", "M"))
    assert matrix.hidden
    assert (matrix.grade_table()["no_homicide"] == "insufficient").all()
    assert (matrix.rows["verdict"] == UNDECIDED).all()
    assert matrix.rows[["cases", "chance_clean", "expected_cases", "chance_no_case"]].isna().all(axis=None)
    assert matrix.stress.clean == 0


def test_a_township_alone_is_graded_without_its_countys_figures(reader, townships):
    scope = Scope("township_leader", townships[0])
    matrix = matrix_of(reader, scope, townships[:1], pd.Period("2024-12", "M"))
    assert matrix.grade_table()["youth_support"].iloc[0] == "insufficient"


def test_months_before_the_data_are_undecided(reader, city_scope, townships):
    matrix = matrix_of(reader, city_scope, townships[:2], pd.Period("2015-12", "M"))
    assert (matrix.rows["verdict"] == UNDECIDED).all()


def test_command_line_gives_the_matrix_of_the_screen(demonstration_home, reader, city_scope, townships, capsys):
    assert run(["matrix", "--home", str(demonstration_home.path), "--period", "2024", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    matrix = matrix_of(reader, city_scope, townships, pd.Period("2024-12", "M"))
    assert answer["snapshot_id"] == reader.snapshot().snapshot_id
    assert len(answer["rows"]) == 126
    for row in answer["rows"]:
        assert row["streak"] == matrix.rows.at[row["region_code"], "streak"]
        assert row["lines"] == matrix.grade_table().loc[row["region_code"]].to_dict()
    assert answer["stress"]["clean"] == matrix.stress.clean


def test_a_share_by_channel_is_graded_by_its_channel(reader, city_scope, townships):
    """Line 5 asks how much patrols found first: all disputes over all disputes would make every township blue."""
    codes = townships[:20]
    matrix = matrix_of(reader, city_scope, codes, pd.Period("2024-12", "M"))
    place = RULES.ids.index("found_first")
    asked = indicator_values(reader, city_scope, "GRD3", codes, "2024")
    np.testing.assert_allclose(matrix.cells.value[place, :, -1], asked["value"].to_numpy())
    np.testing.assert_allclose(matrix.cells.numerator[place, :, -1], asked["numerator"].to_numpy())


def test_the_list_of_clean_years_and_the_gate_of_the_matrix_are_the_same_townships(reader, city_scope, townships):
    clean = clean_years(reader, city_scope, townships, 2024)
    matrix = matrix_of(reader, city_scope, townships, pd.Period("2024-12", "M"))
    gate = matrix.grade_table()["no_homicide"]
    assert set(gate.index[gate == "blue"]) == set(clean.rows.index)
    assert set(gate.index[gate == "insufficient"]) == set(clean.unknown)
    assert (clean.clean, clean.expected) == (matrix.stress.clean, matrix.stress.clean_by_chance)
    assert clean.clean == len(clean.rows)


def test_a_township_whose_county_is_late_is_not_called_clean_but_a_case_is_a_case(reader, city_scope, townships):
    late = set(late_rows(reader.lateness(city_scope)).query("source == 'public_security'")["region_code"])
    assert late, "a county reports its cases late in the demonstration city"
    clean = clean_years(reader, city_scope, townships, 2024)
    parents = reader.regions(city_scope)["parent_code"]
    matrix = matrix_of(reader, city_scope, townships, pd.Period("2024-12", "M"))
    in_late = [code for code in townships if parents[code] in late]
    assert set(clean.unknown) == {code for code in in_late if not matrix.rows.at[code, "cases"] > 0}
    assert any(matrix.rows.at[code, "cases"] > 0 for code in in_late)
    assert (matrix.rows.loc[list(clean.unknown), "verdict"] != MET).all()


def test_no_line_is_scored_that_a_late_county_has_not_told_to_the_end(reader, city_scope, townships, monkeypatch):
    """As in the index: half a month's share is neither good nor bad; the years before stand."""
    parents = reader.regions(city_scope)["parent_code"]
    county, end = parents[townships[0]], pd.Period("2024-12", "M")
    facts = facts_of(reader, city_scope)
    sources = {cover.source for rows in facts.coverage.values() for cover in rows}
    last_heard = dict.fromkeys(sources, {county: date(2024, 12, 10)})
    monkeypatch.setattr(township_inputs, "facts_of", lambda *_: replace(facts, late=last_heard))
    ends = pd.PeriodIndex([end - 12, end], freq="M")
    found = matrix_inputs(reader, city_scope, townships, ends, RULES)
    cells = grade_cells(found, RULES)
    inside = parents.loc[townships].eq(county).to_numpy()
    others = [place for place, line in enumerate(RULES.line) if line.kind != "count"]
    assert (cells.grade[np.ix_(others, inside, [1])] == "insufficient").all()
    assert np.isnan(cells.value[np.ix_(others, inside, [1])]).all()
    assert (cells.grade[np.ix_(others, inside, [0])] != "insufficient").any(axis=1).all()
    assert (cells.grade[np.ix_(others, ~inside, [1])] != "insufficient").any(axis=1).all()


@pytest.mark.parametrize("month", ["2023-12", "2024-06", "2024-11"])
def test_the_funds_stress_is_known_at_any_month(reader, city_scope, townships, month):
    """The months that the award takes began before the records did, and the list was said to be free by chance."""
    newest = matrix_of(reader, city_scope, townships, pd.Period("2024-12", "M")).stress
    stress = matrix_of(reader, city_scope, townships, pd.Period(month, "M")).stress
    assert stress.clean_by_chance == pytest.approx(newest.clean_by_chance, rel=0.15)


def test_a_township_without_people_leaves_the_funds_stress_unknown():
    """A sum of the others would say that chance gives fewer than it does."""
    inputs = perfect(3)
    lacking = build_matrix(replace(inputs, clean_exposure=np.array([150_000.0, np.nan, 150_000.0])), RULES)
    assert np.isnan(lacking.stress.clean_by_chance)
    assert stress_sentence(lacking, "zh").startswith("压力测试：3 个乡镇") and "算不出" in stress_sentence(
        lacking, "zh"
    )
