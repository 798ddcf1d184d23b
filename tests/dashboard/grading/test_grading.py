"""Points add up to the index, missing weight is shared out, and chance alone colours nobody red."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.grading import inputs
from dashboard.grading.backtest import backtest, equal_regions
from dashboard.grading.grades import OFFICIAL, PRELIMINARY, REVIEWED, grades, months_red, stage_of
from dashboard.grading.index import Index, build_index, rank_ranges, rounded_points
from dashboard.grading.inputs import Inputs, monthly_inputs
from dashboard.grading.league import grade_regions, league_of
from dashboard.grading.settings import index_settings
from dashboard.grading.triggers import clean_years, review_evidence, review_sheets, rising_years
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.windows import read_coverage
from dashboard.lateness import late_rows
from data_access.access import Scope

RULES = index_settings()
MONTHS = 24


def made_inputs(regions: int, share: float, seed: int = 0, missing: tuple[str, ...] = ()) -> Inputs:
    """Regions of equal true shares; components in ``missing`` were never reported."""
    random = np.random.default_rng(seed)
    shape = (regions, MONTHS)
    numerators, denominators, expected, baseline = {}, {}, {}, {}
    for component in RULES.component:
        names = [item.id for item in component.members] + ([component.discount] if component.discount else [])
        for name in names:
            key = (component.id, name)
            if component.kind == "relative_risk":
                expected[component.id] = np.full(shape, np.nan if component.id in missing else 2.2)
                baseline[component.id] = expected[component.id] * 3 + RULES.alpha
                numerators[key] = random.poisson(2.2, shape).astype(float)
                continue
            size = np.full(shape, np.nan if component.id in missing else 200.0)
            each = 0.02 if name == component.discount else share
            denominators[key] = size
            numerators[key] = np.where(np.isnan(size), np.nan, random.binomial(200, each, shape))
    return Inputs(
        tuple(map(str, range(regions))),
        pd.period_range("2023-01", periods=MONTHS, freq="M"),
        numerators,
        denominators,
        expected,
        baseline,
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.floats(0.5, 1.0), st.integers(0, 99), st.sets(st.sampled_from(sorted(RULES.components))))
def test_points_add_up_to_the_index_and_stay_within_it(regions, share, seed, missing):
    if len(missing) == len(RULES.component):
        return
    index = build_index(made_inputs(regions, share, seed, tuple(missing)), RULES)
    assert (index.points.sum(axis=0) == index.value).all()
    assert ((index.value >= 0) & (index.value <= 100 + 1e-9)).all()
    assert ((index.lower <= index.value + 1e-9) & (index.value <= index.upper + 1e-9)).all()
    np.testing.assert_allclose(index.full_points.sum(axis=0), 100)
    scores = np.where(np.isnan(index.scores), np.nan, index.scores)
    assert (index.value <= np.nanmax(scores, axis=0) + 1e-9).all()
    assert (index.value >= np.nanmin(scores, axis=0) - 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=20))
def test_rounded_points_add_up_to_the_rounded_total(points):
    array = np.array(points)
    rounded = rounded_points(array)
    assert rounded.sum() == pytest.approx(round(array.sum() * 10) / 10, abs=0.051)
    assert (np.abs(rounded - array) <= 0.1 + 1e-9).all()


def test_nothing_reported_is_not_graded_and_never_0_or_100():
    index = build_index(made_inputs(2, 0.9, missing=tuple(RULES.components)), RULES)
    assert np.isnan(index.value).all()
    assert (grades(index, RULES)[0] == "insufficient").all()


def index_of(values: list[float], error: float = 0.5, without_chance: list[float] | None = None) -> Index:
    value = np.array([values])
    nothing = np.zeros((1, *value.shape))
    full = np.ones_like(value)
    spared = nothing if without_chance is None else np.array([[without_chance]]) - value
    return Index(
        ("a",),
        nothing,
        nothing,
        nothing,
        nothing,
        value,
        value,
        value,
        full * error,
        full,
        full,
        spared,
    )


def test_colours_change_only_beyond_the_buffer():
    grade, _ = grades(index_of([86, 84, 83.5, 82.9, 86, 86.9, 87.1]), RULES)
    assert grade[0].tolist() == ["blue", "blue", "blue", "yellow", "yellow", "yellow", "blue"]


def test_red_needs_a_year_of_history_and_certainty():
    sure, watched = grades(index_of([80] * 11 + [60, 60, 60]), RULES)
    assert sure[0, 11] == "yellow" and watched[0, 11] == "new"
    assert sure[0, 12:].tolist() == ["red", "red"]
    unsure, watched = grades(index_of([80] * 12 + [67], error=10), RULES)
    assert unsure[0, -1] == "yellow" and watched[0, -1] == "unsure"


def test_red_that_few_cases_alone_have_brought_is_yellow_and_watched_and_no_part_of_a_streak():
    values = [80.0] * 12 + [60, 60, 69, 60, 69]
    spared = [80.0] * 12 + [68.1, 67.9, 69.9, 70.1, 67.9]
    grade, watched = grades(index_of(values, without_chance=spared), RULES)
    assert grade[0, 12:].tolist() == ["yellow", "red", "red", "yellow", "yellow"]
    assert watched[0, 12:].tolist() == ["few_events", "", "", "few_events", ""]
    assert months_red(grade, np.full(17, True)).tolist() == [0]


def test_spot_checks_that_disagree_leave_a_month_ungraded():
    index = index_of([90.0, 90.0])
    doubtful = Index(**{**index.__dict__, "authenticity": np.array([[0.99, 0.55]])})
    assert grades(doubtful, RULES)[0][0].tolist() == ["blue", "insufficient"]


def test_stages_follow_the_publish_day_and_the_days_of_appeal():
    month = pd.Period("2024-11", "M")
    assert stage_of(month, date(2024, 12, 7), RULES) == PRELIMINARY
    assert stage_of(month, date(2024, 12, 9), RULES) == REVIEWED
    assert stage_of(month, date(2024, 12, 12), RULES) == OFFICIAL


def test_streaks_count_official_months_only():
    grade = np.array([["red", "red", "red"], ["yellow", "red", "red"], ["red", "red", "blue"]])
    assert months_red(grade, np.array([True, True, False])).tolist() == [2, 1, 2]
    assert months_red(grade, np.array([True, True, True])).tolist() == [3, 2, 0]


def test_who_is_not_graded_is_not_ranked(reader, city_scope):
    """Among a district's townships of December 2024 some have too little data to be graded."""
    regions = reader.regions(city_scope)
    towns = regions.index[regions["parent_code"] == "990104000000"].tolist()
    rows = grade_regions(reader, city_scope, towns, pd.Period("2024-12", "M")).rows
    graded = rows["grade"] != "insufficient"
    assert graded.any() and not graded.all()
    assert (rows.loc[~graded, ["rank_best", "rank_worst"]] == 0).all(axis=None)
    assert rows.loc[graded, "rank_worst"].max() == graded.sum()


def test_overlapping_intervals_share_ranks():
    best, worst = rank_ranges(np.array([90.0, 80.0, 79.0, np.nan]), np.array([95.0, 85.0, 84.0, np.nan]))
    assert best.tolist() == [1, 2, 2, 0]
    assert worst.tolist() == [1, 3, 3, 0]


def test_homicide_alone_colours_almost_nobody_red():
    """All other components stand still at 85 of 100; homicides and alarms vary by chance alone."""
    random = np.random.default_rng(7)
    inputs = made_inputs(12, 0.90)
    for component in RULES.component:
        if component.kind != "relative_risk":
            for key in [key for key in inputs.numerators if key[0] == component.id]:
                level = component.floor + 0.85 * (component.target - component.floor)
                rate = 0.0 if key[1] == component.discount else level
                inputs.numerators[key] = np.full((12, MONTHS), 200 * rate)
    any_red = []
    for _ in range(60):
        drawn = equal_regions(inputs, random, RULES, noise_in_shares=False)
        grade = grades(build_index(drawn, RULES), RULES)[0]
        any_red.append((grade[:, 12:] == "red").any(axis=0).mean())
    assert np.mean(any_red) <= 0.01


def test_demonstration_city_is_graded_from_its_rows(reader, city_scope):
    regions = reader.regions(city_scope)
    codes = regions.index[regions["depth"] == 1].tolist()
    league = grade_regions(reader, city_scope, codes, pd.Period("2024-12", "M"))
    assert len(league.rows) == 12
    assert league.grades.shape == (12, 12)
    for code in codes:
        assert league.contributions(code)["points"].sum() == pytest.approx(league.rows.at[code, "index"], abs=1e-9)
    replay = backtest(reader, city_scope, codes, pd.Period("2024-12", "M"), months=12)
    assert replay.red <= RULES.max_red_share
    assert replay.chance_any_red < 0.05


def test_rules_on_years_carry_their_chance(reader, city_scope):
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    townships = regions.index[regions["depth"] == 2].tolist()
    rising = rising_years(reader, city_scope, counties, 2024)
    assert len(rising.rows) >= 1  # the demonstration city was drawn with one
    assert ((rising.rows["chance"] > 0) & (rising.rows["chance"] < 0.2)).all()
    assert 0.3 < rising.somewhere < 0.9
    clean = clean_years(reader, city_scope, townships, 2024)
    assert clean.regions == 126
    assert abs(clean.clean - clean.expected) < 20


def test_months_before_the_data_are_not_graded(reader, city_scope):
    regions = reader.regions(city_scope)
    codes = regions.index[regions["depth"] == 1].tolist()[:2]
    inputs = monthly_inputs(reader, city_scope, codes, pd.period_range("2018-01", "2018-03", freq="M"), RULES)
    assert np.isnan(build_index(inputs, RULES).value).all()


def test_roles_without_small_counts_see_an_index_without_what_rests_on_them(reader, city_scope):
    scope = Scope("public_demo", reader.snapshot().root_code)
    regions = reader.regions(scope)
    codes = regions.index[regions["depth"] == 1].tolist()
    month = pd.Period("2024-12", "M")
    seen, whole = grade_regions(reader, scope, codes, month), grade_regions(reader, city_scope, codes, month)
    assert {"homicide_risk", "homicide_from_dispute_risk", "three_hundred_percent"} <= seen.hidden
    for code in codes:
        parts, every = seen.contributions(code), whole.contributions(code)
        kept = parts.index[~parts.index.isin(seen.hidden)]
        assert parts.loc[list(seen.hidden), ["value", "score"]].isna().all(axis=None)
        assert (parts.loc[list(seen.hidden), ["points", "full_points", "lost"]] == 0).all(axis=None)
        np.testing.assert_allclose(parts.loc[kept, "score"], every.loc[kept, "score"])
        assert parts["points"].sum() == pytest.approx(seen.rows.at[code, "index"])
    rising, clean = rising_years(reader, scope, codes, 2024), clean_years(reader, scope, codes, 2024)
    assert rising.hidden and rising.rows.empty and clean.hidden and clean.clean == 0


def test_review_sheets_carry_the_months_and_the_chance(reader, city_scope):
    regions = reader.regions(city_scope)
    codes = regions.index[regions["depth"] == 1].tolist()
    league = grade_regions(reader, city_scope, codes, pd.Period("2023-12", "M"))
    evidence = review_evidence(league, RULES)
    assert evidence.index.tolist() == review_sheets(league, RULES)
    for code, row in evidence.iterrows():
        assert len(row["months"]) == league.rows.at[code, "months_red"]
        assert 0 <= row["chance"] <= 1


def test_what_a_late_county_has_not_reported_is_not_scored_and_its_month_stays_preliminary(reader, city_scope):
    """As in the township matrix: the silence of the last days is neither good nor bad."""
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    late = late_rows(reader.lateness(city_scope))
    county = late.loc[late["source"] == "public_security", "region_code"].iloc[0]
    own = {"homicide_risk", "homicide_from_dispute_risk", "criminal_alarm_risk"}
    league = league_of(reader, city_scope, counties, pd.Period("2024-12"))
    assert own <= league.late(county)
    parts = league.contributions(county)
    assert parts.loc[sorted(own), ["value", "score"]].isna().all(axis=None)
    assert (parts.loc[sorted(own), "full_points"] == 0).all(), "their weight goes to the others, not to a 0 or a 100"
    assert parts["points"].sum() == pytest.approx(league.rows.at[county, "index"])
    assert league.stage(county, league.months[-1]) == league.rows.at[county, "stage"] == "preliminary"
    before = league.months[-2]
    assert not league.late(county, before) and league.stage(county, before) == league.stages[before]
    told = league.rows.loc[[code for code in counties if code not in set(late["region_code"])]]
    assert (told["weight"] == 1).all()
    townships = regions.index[regions["parent_code"] == county].tolist()
    below = league_of(reader, city_scope, townships, pd.Period("2024-12"))
    assert all(own <= below.late(code) for code in townships)
    city = league_of(reader, city_scope, [city_scope.region_code], pd.Period("2024-12"))
    assert not city.late(city_scope.region_code), "the rest of the city tells of it"


def test_too_much_that_is_late_is_too_little_data(reader, city_scope, monkeypatch):
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    month = pd.Period("2024-12")
    silent = late_rows(reader.lateness(city_scope)).iloc[:1].assign(region_code=counties[0], last_day=month.start_time)
    sources = {
        source for rows in read_coverage(reader.coverage(city_scope)).values() for source in {r.source for r in rows}
    }
    everything = pd.concat([silent.assign(source=source) for source in sorted(sources)], ignore_index=True)
    monkeypatch.setattr(inputs, "facts_of", lambda *_: replace(facts_of(reader, city_scope), late=_late_of(everything)))
    league = grade_regions(reader, city_scope, counties, month)
    assert league.rows.at[counties[0], "grade"] == "insufficient"
    assert (league.rows.drop(counties[0])["grade"] != "insufficient").all()


def _late_of(rows: pd.DataFrame) -> dict[str, dict[str, date]]:
    return {row.source: {row.region_code: row.last_day.date()} for row in rows.itertuples()}


def test_a_red_month_that_is_not_final_for_one_region_does_not_count_for_it():
    grade = np.array([["red", "red", "red"], ["red", "red", "red"]])
    official = np.array([[True, True, True], [True, True, False]])
    assert months_red(grade, official).tolist() == [3, 2]
