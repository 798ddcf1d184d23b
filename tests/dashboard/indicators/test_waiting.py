"""Quantiles of waits from bins lie within their bin and agree with the waits themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.indicators.waiting import bin_quantile, share_within

EDGES = np.array([0.0, 1, 3, 7, 15, 30, np.inf])


def bins_of(waits: np.ndarray) -> pd.DataFrame:
    place = np.searchsorted(EDGES[1:], waits, side="left")
    counts = np.bincount(place, minlength=len(EDGES) - 1)
    return pd.DataFrame({"lower": EDGES[:-1], "upper": EDGES[1:], "value": counts}).query("value > 0")


@given(st.lists(st.floats(0.01, 60), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9]))
def test_quantile_lies_in_the_bin_of_the_exact_one(values, quantile):
    waits = np.array(values)
    exact = np.quantile(waits, quantile, method="inverted_cdf")
    place = int(np.searchsorted(EDGES[1:], exact, side="left"))
    found = bin_quantile(bins_of(waits), quantile)
    assert EDGES[place] <= found <= min(EDGES[place + 1], EDGES[-2])


@given(st.lists(st.floats(0.01, 60), min_size=1, max_size=60))
def test_share_within_an_edge_is_exact(values):
    waits = np.array(values)
    assert share_within(bins_of(waits), 7) == (waits <= 7).mean()


def test_no_waits_give_no_number():
    nothing = pd.DataFrame({"lower": [], "upper": [], "value": []})
    assert np.isnan(bin_quantile(nothing, 0.5))
    assert np.isnan(share_within(nothing, 7))
