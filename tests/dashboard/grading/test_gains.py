"""What would move an index most: gains add up, and a region as good as the others has nothing to gain from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.grading.gains import gains, pooled, score_of
from dashboard.grading.inputs import Inputs
from dashboard.grading.league import league_of
from dashboard.grading.settings import index_settings

MONTH = pd.Period("2024-12", "M")


@pytest.fixture(scope="module")
def league(reader, city_scope):
    regions = reader.regions(city_scope)
    return league_of(reader, city_scope, regions.index[regions["depth"] == 1].tolist(), MONTH)


def test_what_the_target_would_gain_are_all_points_lost(league):
    for code in league.rows.index:
        found = gains(league).of(code)
        assert found["lost"].sum() == pytest.approx(100 - league.rows["index"][code])


def test_no_gain_at_the_level_of_all_is_larger_than_at_the_target_or_negative(league):
    for code in league.rows.index:
        found = gains(league).of(code)
        assert (found["to_common"] >= 0).all()
        assert (found["to_common"] <= found["lost"] + 1e-9).all()
        assert found["is_outcome"].is_monotonic_increasing
        assert found.loc[~found["is_outcome"], "to_common"].is_monotonic_decreasing


def test_common_value_of_a_share_is_all_numerators_over_all_denominators(league):
    key = ("resolution_on_time", "BH2")
    done, due = (side[key][:, -1] for side in (league.inputs.numerators, league.inputs.denominators))
    assert np.isnan(done).sum() == 1, "one county is late"
    expected = np.nansum(done) / np.nansum(due)
    assert gains(league).of(league.rows.index[0]).at["resolution_on_time", "common"] == pytest.approx(expected)


def test_raising_a_component_to_the_common_value_really_gives_the_points_said(league):
    code = league.rows.index[0]
    found = gains(league).of(code)
    first = found.index[0]
    component = index_settings().components[first]
    before = score_of(component, found.at[first, "value"]) / 100 * found.at[first, "full_points"]
    after = score_of(component, found.at[first, "common"]) / 100 * found.at[first, "full_points"]
    assert after - before == pytest.approx(found.at[first, "to_common"])
    assert found.at[first, "to_common"] > 0


def test_a_region_alone_has_no_others_to_be_raised_to(reader, city_scope, league):
    alone = league_of(reader, city_scope, [league.rows.index[0]], MONTH)
    found = gains(alone).of(league.rows.index[0])
    assert found["common"].isna().all()
    assert found["to_common"].isna().all()
    assert found["lost"].notna().all()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6))
def test_regions_without_both_parts_of_a_figure_do_not_count(pairs):
    numerator = np.array([[float(min(pair))] for pair in pairs])
    denominator = np.array([[float(max(pair))] for pair in pairs])
    denominator[0] = np.nan
    inputs = Inputs(
        tuple("abcdef"[: len(pairs)]),
        pd.period_range("2024-12", "2024-12", freq="M"),
        {("x", "BH2"): numerator},
        {("x", "BH2"): denominator},
        {},
        {},
    )
    together = pooled(inputs)
    assert together.numerators["x", "BH2"][0, 0] == numerator[1:].sum()
    assert together.denominators["x", "BH2"][0, 0] == denominator[1:].sum()
