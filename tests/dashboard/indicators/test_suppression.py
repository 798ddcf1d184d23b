"""What is shown can't give a hidden count back: not by any sum, not by any difference of regions, periods or classes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dashboard.indicators.suppression import (
    blocks,
    is_made_of_blocks,
    is_small,
    shown_classes,
    shown_regions,
)

LIMIT = 5


@st.composite
def trees(draw) -> tuple[pd.DataFrame, dict[str, str | None]]:
    """A city of counties of townships, with counts by block of time that add up."""
    blocks_of_time = draw(st.integers(1, 3))
    scale = draw(st.sampled_from([3, 8, 30]))
    leaf = st.lists(st.integers(0, scale), min_size=blocks_of_time, max_size=blocks_of_time)
    parents: dict[str, str | None] = {"city": None}
    rows: dict[str, np.ndarray] = {}
    for county in range(draw(st.integers(1, 4))):
        name = f"c{county}"
        parents[name] = "city"
        towns = draw(st.lists(leaf, min_size=1, max_size=4))
        for number, counts in enumerate(towns):
            parents[f"{name}t{number}"] = name
            rows[f"{name}t{number}"] = np.array(counts, float)
        rows[name] = np.sum([rows[f"{name}t{number}"] for number in range(len(towns))], axis=0)
    rows["city"] = np.sum([row for name, row in rows.items() if parents[name] == "city"], axis=0)
    table = pd.DataFrame(rows).T
    return table.loc[list(parents)], parents


def leaves_of(parents: dict[str, str | None]) -> list[str]:
    return [name for name in parents if name not in parents.values()]


def lies_in(leaf: str, region: str, parents: dict[str, str | None]) -> bool:
    step: str | None = leaf
    while step is not None:
        if step == region:
            return True
        step = parents[step]
    return False


def range_an_attacker_finds(
    table: pd.DataFrame, parents: dict[str, str | None], shown: pd.Series, region: str, column: int
) -> tuple[float, float]:
    """Return the smallest and largest count that everything shown allows, over all ways to fill the finest regions."""
    leaves = leaves_of(parents)
    known = [name for name in table.index if shown[name]]
    equations = np.array([[float(lies_in(leaf, name, parents)) for leaf in leaves] for name in known])
    totals = np.array([table.at[name, table.columns[column]] for name in known])
    wanted = np.array([float(lies_in(leaf, region, parents)) for leaf in leaves])
    bounds = [(0, float(table.to_numpy().max()) * len(leaves) + 10)] * len(leaves)
    found = []
    for sign in (1, -1):
        solved = linprog(
            sign * wanted, A_eq=equations if len(known) else None, b_eq=totals if len(known) else None, bounds=bounds
        )
        assert solved.status == 0, solved.message
        found.append(sign * solved.fun)
    return found[0], found[1]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_no_hidden_count_can_be_worked_out(case):
    table, parents = case
    shown = shown_regions(table, parents, LIMIT)
    small = is_small(table.to_numpy(), LIMIT)
    for row, region in enumerate(table.index):
        for column in range(table.shape[1]):
            if small[row, column]:
                assert not shown[region]
                lowest, highest = range_an_attacker_finds(table, parents, shown, region, column)
                assert highest - lowest > 0.999, (region, column, lowest, highest)


@settings(max_examples=100, deadline=None)
@given(trees())
def test_the_same_regions_are_hidden_in_every_period(case):
    table, parents = case
    shown = shown_regions(table, parents, LIMIT)
    # Sums of blocks (quarters, years, rolling windows) are sums of what is shown: they add no equation for hidden regions.
    wider = table.assign(total=table.sum(axis=1))
    assert shown_regions(wider, parents, LIMIT).loc[shown.index].sum() <= shown.sum()
    assert not is_small(wider.loc[shown[shown].index].to_numpy(), LIMIT).any()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.integers(0, 2))
def test_differences_of_periods_give_nothing_back(case, pick):
    """An attacker who solves for all blocks at once, with every window of blocks shown, finds no more."""
    table, parents = case
    shown = shown_regions(table, parents, LIMIT)
    small = np.argwhere(is_small(table.to_numpy(), LIMIT))
    if not len(small):
        return
    row, column = small[pick % len(small)]
    leaves, width = leaves_of(parents), table.shape[1]
    equations, totals = [], []
    for name in table.index[shown.to_numpy()]:
        for start in range(width):
            for end in range(start + 1, width + 1):
                line = np.zeros((len(leaves), width))
                for place, leaf in enumerate(leaves):
                    if lies_in(leaf, name, parents):
                        line[place, start:end] = 1
                equations.append(line.ravel())
                totals.append(table.loc[name].iloc[start:end].sum())
    wanted = np.zeros((len(leaves), width))
    for place, leaf in enumerate(leaves):
        wanted[place, column] = lies_in(leaf, table.index[row], parents)
    ends = []
    for sign in (1, -1):
        solved = linprog(
            sign * wanted.ravel(),
            A_eq=np.array(equations) if equations else None,
            b_eq=np.array(totals) if totals else None,
            bounds=[(0, 1000)] * wanted.size,
        )
        assert solved.status == 0
        ends.append(sign * solved.fun)
    assert ends[1] - ends[0] > 0.999


def test_one_hidden_child_takes_the_smallest_sibling_with_it():
    table = pd.DataFrame({"b": [40, 3, 17, 20]}, index=["city", "x", "y", "z"])
    assert shown_regions(table, dict.fromkeys("xyz", "city"), LIMIT).to_dict() == {
        "city": True,
        "x": False,
        "y": False,
        "z": True,
    }


def test_a_hidden_county_whose_townships_are_all_shown_would_be_added_up():
    parents = {"a": "city", "b": "city", "a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    table = pd.DataFrame({"b": [44, 4, 40, 4, 0, 20, 20]}, index=["city", "a", "b", "a1", "a2", "b1", "b2"])
    shown = shown_regions(table, parents, LIMIT)
    assert not shown["b"]
    assert not shown[["b1", "b2"]].all()


def test_an_only_child_hides_its_parent():
    parents = {"a": "city", "b": "city", "a1": "a", "b1": "b"}
    table = pd.DataFrame({"b": [23, 3, 20, 3, 20]}, index=["city", "a", "b", "a1", "b1"])
    assert shown_regions(table, parents, LIMIT).sum() == 1


def test_a_small_whole_hides_everything():
    table = pd.DataFrame({"b": [4, 4, 0]}, index=["city", "x", "y"])
    assert not shown_regions(table, dict.fromkeys("xy", "city"), LIMIT).any()


def test_large_and_empty_counts_are_all_shown():
    table = pd.DataFrame({"b": [45, 20, 25, 0]}, index=["city", "x", "y", "z"])
    assert shown_regions(table, dict.fromkeys("xyz", "city"), LIMIT).all()


@given(st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=2), min_size=1, max_size=6))
def test_a_hidden_class_is_never_the_only_one(rows):
    table = pd.DataFrame(rows, index=[f"k{number}" for number in range(len(rows))])
    shown = shown_classes(table, LIMIT)
    assert (~shown).sum() != 1 or len(rows) == 1
    assert not is_small(table[shown].to_numpy(), LIMIT).any()


@pytest.mark.parametrize(
    ("start", "end", "grain", "whole"),
    [
        (date(2024, 10, 1), date(2024, 12, 31), "quarter", True),
        (date(2024, 1, 1), date(2024, 12, 31), "quarter", True),
        (date(2024, 12, 1), date(2024, 12, 31), "quarter", False),
        (date(2024, 2, 1), date(2024, 4, 30), "quarter", False),
        (date(2023, 12, 1), date(2024, 11, 30), "quarter", False),
        (date(2024, 10, 1), date(2024, 12, 31), "half", False),
        (date(2024, 7, 1), date(2024, 12, 31), "half", True),
        (date(2024, 10, 1), date(2024, 12, 30), "month", False),
        (None, date(2024, 6, 30), "half", True),
        (date(2020, 2, 1), date(2024, 6, 30), "half", True),
    ],
)
def test_only_whole_blocks_are_shown(start, end, grain, whole):
    assert is_made_of_blocks(start, end, grain, first_day=date(2020, 2, 1)) == whole


def test_months_know_their_block():
    months = [date(2024, 1, 1), date(2024, 6, 1), date(2024, 12, 1)]
    assert blocks(months, "half") == [date(2024, 1, 1), date(2024, 1, 1), date(2024, 7, 1)]
    assert blocks(months, "year") == [date(2024, 1, 1)] * 3
