"""Lists of regions begin with the worst, and their cards say by which figure."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.data.quality import quality_screen
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.patrol import patrol_screen
from dashboard.screens.work.resources import resources_screen
from dashboard.screens.work.response import response_screen
from dashboard.screens.work.services import services_screen
from dashboard.screens.work.shares import order_sentence, worst_first

LISTS = [
    (disputes_screen, "regions", "BH2"),
    (disputes_screen, "handling", "MT3"),
    (patrol_screen, "regions", "GRD1"),
    (services_screen, "after_discharge", "YG5"),
    (services_screen, "youth", "HM5"),
    (services_screen, "resettlement", "AZ1"),
    (resources_screen, "standards", "BZ1"),
    (response_screen, "watch", "KF3"),
    (response_screen, "compliance", "XL6"),
]


def city(scope) -> Context:
    return Context(scope.region_code, Period.parse("2024Q4"), "zh", "light", scope)


@pytest.mark.parametrize(("prepared", "name", "by"), LISTS, ids=[f"{of.__name__}-{name}" for of, name, _ in LISTS])
def test_a_list_begins_with_the_worst(reader, city_scope, prepared, name, by):
    values = getattr(prepared(reader, city(city_scope)), name)[by].tolist()
    assert len(set(values)) > 1 and values == sorted(values)


def test_counties_with_most_to_check_stand_first(reader, city_scope):
    totals = quality_screen(reader, city(city_scope)).matrix["total"].tolist()
    assert totals == sorted(totals, reverse=True) and totals[0] > totals[-1]


def test_what_is_better_low_begins_high_and_what_is_unknown_stands_last():
    codes, found = ["one", "none", "three", "as one"], {"BH4": [0.1, float("nan"), 0.3, 0.1]}
    frames = {name: pd.DataFrame({"value": values}, index=codes) for name, values in found.items()}
    assert worst_first(codes, frames, ["MT1", "BH4"]) == ["three", "one", "as one", "none"]
    assert "90日" in order_sentence(["MT1", "BH4"], "zh")


def test_figures_that_are_neither_good_nor_bad_leave_the_order():
    frames = {"MT1": pd.DataFrame({"value": [1, 3, 2]}, index=["one", "three", "two"])}
    assert worst_first(("one", "three", "two"), frames, ["MT1"]) == ["one", "three", "two"]
    assert order_sentence(["MT1"], "zh", "说明") == "说明"
