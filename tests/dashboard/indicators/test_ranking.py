"""Regions share a rank where their intervals overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import values
from dashboard.indicators.ranking import ranked


def frame(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["region_code", "value", "lower", "upper"]).set_index("region_code")
    return table.assign(status="ok")


def test_overlapping_intervals_share_a_rank():
    table = frame(("a", 0.9, 0.85, 0.95), ("b", 0.8, 0.7, 0.86), ("c", 0.5, 0.4, 0.6))
    found = ranked(table, find_indicator("BH2"))
    assert found["rank"].to_dict() == {"a": 1, "b": 1, "c": 3}
    assert found["place"].tolist() == [1, 2, 3]


def test_the_lowest_comes_first_where_less_is_better():
    table = frame(("a", 9, 8, 10), ("b", 1, 0, 2))
    assert ranked(table, find_indicator("JQ2"))["rank"].to_dict() == {"b": 1, "a": 2}


def test_without_intervals_equal_values_share_a_rank():
    table = frame(("a", 2, np.nan, np.nan), ("b", 2, np.nan, np.nan), ("c", 1, np.nan, np.nan))
    assert ranked(table, find_indicator("YJ1"))["rank"].to_dict() == {"c": 1, "a": 2, "b": 2}


def test_what_has_no_value_has_no_rank_and_comes_last():
    table = frame(("a", np.nan, np.nan, np.nan), ("b", 1, 0, 2))
    table.loc["a", "status"] = "no_data"
    found = ranked(table, find_indicator("JQ2"))
    assert found.index.tolist() == ["b", "a"]
    assert found["rank"].isna().tolist() == [False, True]


def test_no_county_of_the_demonstration_city_is_told_apart_by_homicide_alone(reader, city_scope, counties):
    found = ranked(values(reader, city_scope, "JQ2", counties, "2024Q4"), find_indicator("JQ2"))
    assert set(found["rank"]) == {1}


def test_nothing_to_rank_is_an_empty_list():
    assert ranked(frame().astype({"value": float}), find_indicator("JQ2")).empty
