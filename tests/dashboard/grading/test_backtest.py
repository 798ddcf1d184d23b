"""The replay tells what the rules would have coloured, and how much of it chance alone would colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.__main__ import run
from dashboard.grading.assessment import weight_change, weight_effects
from dashboard.grading.backtest import BY_EVENTS, backtest, equal_regions
from dashboard.grading.index import build_index
from dashboard.grading.league import league_of
from dashboard.grading.settings import index_settings
from dashboard.i18n import t
from data_access.access import Scope
from tests.dashboard.grading.test_grading import made_inputs

RULES = index_settings()
LAST = pd.Period("2024-12", "M")


@pytest.fixture(scope="module")
def replay(reader, city_scope):
    regions = reader.regions(city_scope)
    return backtest(reader, city_scope, regions.index[regions["depth"] == 1].tolist(), LAST, 24)


def test_shares_and_months_add_up(replay):
    assert replay.red + replay.yellow + replay.blue + replay.insufficient == pytest.approx(1)
    by_month = replay.by_month()
    assert (by_month.sum(axis=1) == replay.regions).all() and len(by_month) == replay.months
    by_region = replay.by_region()
    assert by_region["red"].sum() == by_month["red"].sum()
    graded = replay.regions * (replay.months - 1)
    assert by_region["flips"].sum() / graded * 12 == pytest.approx(replay.flips)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_the_replay_and_each_months_colours(demonstration_home, capsys, language):
    asked = ["backtest", "--home", str(demonstration_home.path), "--months", "2", "--language", language]
    assert run(asked) == 0
    printed = capsys.readouterr().out
    for colour in ("red", "yellow", "blue", "insufficient"):
        assert t(f"command.{colour}", language) in printed
    assert printed.rstrip().splitlines()[-1].startswith("2024-12")


def test_chance_colours_almost_no_month_red_and_slack_work_does(replay, capsys):
    with capsys.disabled():
        print(
            f"\nany red by chance {replay.chance_any_red:.2%}, by homicides alone {replay.homicide_any_red:.2%}; "
            f"doubled risk red {replay.power_doubled:.1%}, with watched {replay.watched_doubled:.1%}; "
            f"work halfway to the floor red {replay.power_halfway:.0%}"
        )
    assert replay.homicide_any_red <= 0.01
    assert replay.chance_any_red <= 0.05
    assert replay.power_halfway > 0.5 > replay.power_doubled
    assert replay.red <= RULES.max_red_share


def test_the_same_question_gives_the_same_figures(reader, city_scope, replay):
    again = backtest(reader, city_scope, replay.grades.index.tolist(), LAST, 24)
    assert again.figures() == replay.figures()


def test_made_up_cities_keep_sizes_and_what_is_missing():
    inputs = made_inputs(3, 0.9, missing=("relapse",))
    drawn = equal_regions(inputs, np.random.default_rng(1), RULES, draws=40)
    for key, size in inputs.denominators.items():
        np.testing.assert_array_equal(drawn.denominators[key], np.tile(size, (40, 1)))
        done = drawn.numerators[key]
        assert (np.isnan(done) == np.isnan(np.tile(inputs.numerators[key], (40, 1)))).all()
        assert not (done > drawn.denominators[key] + 1e-9).any()
    risk = next(each.id for each in RULES.component if each.kind == "relative_risk")
    key = next(key for key in drawn.numerators if key[0] == risk)
    assert np.nanmean(drawn.numerators[key]) == pytest.approx(2.2, rel=0.1)
    assert np.isfinite(build_index(drawn, RULES).value).all()


def test_neighbouring_months_of_a_rolling_window_go_together():
    drawn = equal_regions(made_inputs(4, 0.9), np.random.default_rng(2), RULES, draws=100)
    key = next(key for key in drawn.numerators if key[0] == "homicide_risk")
    events = drawn.numerators[key]
    together = np.corrcoef(events[:, :-1].ravel(), events[:, 1:].ravel())[0, 1]
    assert together > 0.8


def test_a_role_without_small_counts_is_told_colours_and_effects_without_what_rests_on_them(reader, replay):
    scope = Scope("auditor", reader.snapshot().root_code)
    seen = backtest(reader, scope, replay.grades.index.tolist(), LAST, 24)
    assert all(np.isnan(seen.figures()[name]) for name in BY_EVENTS)
    assert np.isfinite(seen.chance_red) and seen.insufficient <= 0.2
    league = league_of(reader, scope, replay.grades.index.tolist(), LAST)
    effects = weight_effects(league, weight_change(2024))
    graded = league.grades.reindex(league.inputs.codes).to_numpy() != "insufficient"
    means = np.nanmean(np.where(graded, league.index.value[:, -12:], np.nan), axis=1)
    np.testing.assert_allclose(effects["index"].reindex(league.inputs.codes), means)
