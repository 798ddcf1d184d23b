"""Smoothed rates stand between the raw rate and what they are drawn to, and tell nothing of what is hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.indicators.evaluate import values
from dashboard.indicators.smoothing import can_be_smoothed, smoothed
from data_access.access import Scope

NO_PAIRS = pd.DataFrame({"region_code": [], "neighbour_code": []})


def figures(events, people, status=None) -> pd.DataFrame:
    codes = [f"r{number}" for number in range(len(events))]
    return pd.DataFrame(
        {"numerator": events, "denominator": people, "status": status or [words.OK] * len(codes)},
        index=pd.Index(codes, name="region_code"),
    )


def pairs(*touching: tuple[str, str]) -> pd.DataFrame:
    both = [*touching, *((second, first) for first, second in touching)]
    return pd.DataFrame(both, columns=["region_code", "neighbour_code"])


HOMICIDES = "JQ2"
EVENTS, PEOPLE = [0.0, 30.0, 3.0, 8.0, 1.0], [20_000.0, 300_000.0, 400_000.0, 350_000.0, 5_000.0]


@pytest.mark.parametrize("towards", ["all", "neighbours"])
def test_a_smoothed_rate_lies_between_the_raw_rate_and_the_mean_it_is_drawn_to(towards):
    touching = pairs(("r0", "r1"), ("r1", "r2"), ("r2", "r3"))
    rates = smoothed(figures(EVENTS, PEOPLE), find_indicator(HOMICIDES), towards, touching)
    raw = np.array(EVENTS) / PEOPLE * 1e5
    low, high = np.minimum(raw, rates["towards"]), np.maximum(raw, rates["towards"])
    assert ((low - 1e-9 <= rates["value"]) & (rates["value"] <= high + 1e-9)).all()
    assert ((rates["lower"] <= rates["value"]) & (rates["value"] <= rates["upper"])).all()


def test_an_island_is_drawn_to_all_and_says_so():
    rates = smoothed(figures(EVENTS, PEOPLE), find_indicator(HOMICIDES), "neighbours", pairs(("r0", "r1")))
    assert rates.loc["r4", "method"] == "marshall_global"
    everywhere = smoothed(figures(EVENTS, PEOPLE), find_indicator(HOMICIDES), "all", NO_PAIRS)
    assert rates.loc["r4", "value"] == pytest.approx(everywhere.loc["r4", "value"])


def test_one_region_alone_keeps_its_own_rate():
    rates = smoothed(figures([4.0], [200_000.0]), find_indicator(HOMICIDES), "all", NO_PAIRS)
    assert rates["value"].item() == pytest.approx(2.0)
    assert rates["method"].item() == "pooled"


def test_without_one_event_nothing_is_drawn_as_zero():
    rates = smoothed(figures([0.0, 0.0], [1e5, 2e5]), find_indicator(HOMICIDES), "all", NO_PAIRS)
    assert rates["value"].isna().all()
    assert set(rates["method"]) == {"no_events"}


@pytest.mark.parametrize("people", [0.0, np.nan])
def test_a_region_without_people_has_no_smoothed_rate(people):
    frame = figures([0.0, 5.0, 9.0], [people, 1e5, 2e5], [words.ZERO_DENOMINATOR, words.OK, words.OK])
    rates = smoothed(frame, find_indicator(HOMICIDES), "all", NO_PAIRS)
    assert np.isnan(rates["value"].iloc[0]) and rates["method"].iloc[0] == "undefined"
    assert rates["value"].iloc[1:].notna().all()


def test_a_hidden_count_does_not_move_what_is_shown():
    status = [words.OK, words.OK, words.SUPPRESSED, words.OK, words.OK]
    touching = pairs(("r0", "r1"), ("r1", "r2"), ("r2", "r3"), ("r3", "r4"))
    for towards in ("all", "neighbours"):
        seen = [
            smoothed(figures([0, 30, hidden, 8, 1], PEOPLE, status), find_indicator(HOMICIDES), towards, touching)
            for hidden in (1.0, 4.0)
        ]
        pd.testing.assert_frame_equal(*seen)


def test_every_rate_per_head_can_be_smoothed_and_no_share_of_work_is():
    able = {key for key, item in load_catalogue().items() if can_be_smoothed(item)}
    assert "JQ2" in able and "BH2" not in able and "YG123" not in able


def test_the_demonstration_citys_counties_differ_no_more_than_by_chance(reader, city_scope, counties):
    frame = values(reader, city_scope, "JQ2", counties, "2024")
    rates = smoothed(frame, find_indicator("JQ2"), "all", reader.neighbours(city_scope, counties))
    assert set(rates["method"]) == {"pooled"}
    assert rates["value"].nunique() == 1
    assert frame["value"].nunique() > 3


def test_a_role_without_small_counts_gets_no_smoothed_rate_of_a_hidden_region(reader, counties):
    public = Scope("public_demo", reader.snapshot().root_code)
    frame = values(reader, public, "JQ2", counties, "2024")
    rates = smoothed(frame, find_indicator("JQ2"), "neighbours", reader.neighbours(public, counties))
    hidden = ~frame["status"].isin(words.WITH_VALUE)
    assert hidden.any()
    assert rates.loc[hidden, "value"].isna().all()
