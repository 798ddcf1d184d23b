"""Each step of the chain against the rest of the city: honest about chance, defined on every odd input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.indicators.chain import (
    ALIKE,
    BETTER,
    UNKNOWN,
    WORSE,
    ChainSettings,
    Step,
    against_the_rest,
    chain_settings,
    narrowest,
    rows_by_region,
)
from data_access.access import validated
from data_access.errors import ConfigError

CITY = "city"
STEP = Step(id="mediated", indicator="LT3", counted="numerator", unit="甲", unit_en="A", deadline_days=1)
OUTCOME = Step(id="outcome", indicator="JQ2", counted="numerator", unit="甲", unit_en="A", deadline_days=1)


def frame(numbers: dict[str, tuple[float, float]], status: str = "ok", factor: float = 1.0) -> pd.DataFrame:
    rows = {
        code: {
            "value": numerator / denominator * factor if denominator else np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "numerator": numerator,
            "denominator": denominator,
            "status": status if denominator else "zero_denominator",
            "notes": (),
            "data_through": None,
            "basis": "records",
            "method": "wilson",
        }
        for code, (numerator, denominator) in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def compared(numbers: dict[str, tuple[float, float]], whole: str | None = CITY, **more) -> pd.DataFrame:
    codes = [code for code in numbers if code != CITY]
    return against_the_rest({"LT3": frame(numbers, **more)}, [STEP], codes, whole)


def test_a_region_is_compared_with_the_city_without_it():
    table = compared({"a": (50, 100), "b": (90, 100), CITY: (140, 200)})
    assert table.loc[("a", "mediated"), "difference"] == pytest.approx(0.5 - 0.9)
    assert table.loc[("a", "mediated"), "verdict"] == WORSE
    assert table.loc[("b", "mediated"), "verdict"] == BETTER
    assert table.loc[("a", "mediated"), "shortfall"] == pytest.approx(40)


def test_limits_hold_the_difference():
    table = compared({"a": (45, 60), "b": (80, 90), "c": (10, 30), CITY: (135, 180)})
    assert (table["difference_lower"] <= table["difference"]).all()
    assert (table["difference"] <= table["difference_upper"]).all()


def test_a_small_difference_may_be_chance():
    table = compared({"a": (8, 10), "b": (9, 10), CITY: (17, 20)})
    assert set(table["verdict"]) == {ALIKE}
    assert narrowest(rows_by_region(table)["a"]) == ("mediated", False)


def test_many_regions_that_are_all_alike_show_no_false_narrowing():
    random = np.random.default_rng(7)
    false = 0
    for _ in range(60):
        counts = random.binomial(200, 0.9, 12)
        numbers = {f"r{place}": (int(count), 200) for place, count in enumerate(counts)}
        table = compared({**numbers, CITY: (int(counts.sum()), 2400)})
        false += (table["verdict"] == WORSE).any()
    assert false <= 8  # 5 % are expected to show any


@pytest.mark.parametrize(
    ("numbers", "whole"),
    [
        ({"a": (0, 0), CITY: (5, 10)}, CITY),
        ({"a": (5, 10), CITY: (5, 10)}, CITY),
        ({"a": (5, 10)}, None),
        ({"a": (5, 10), CITY: (0, 0)}, CITY),
        ({"a": (5, 10), CITY: (3, 8)}, CITY),
    ],
    ids=[
        "nothing due",
        "the region is the city",
        "no city in scope",
        "city without figure",
        "city smaller than region",
    ],
)
def test_what_cannot_be_compared_is_said_to_be_unknown(numbers, whole):
    table = compared(numbers, whole)
    assert table["verdict"].tolist() == [UNKNOWN]
    assert table["difference"].isna().all()
    assert narrowest(rows_by_region(table)["a"]) == (None, False)


def test_zero_events_everywhere_give_a_defined_result():
    table = compared({"a": (0, 40), "b": (0, 50), CITY: (0, 90)})
    assert table["difference"].tolist() == [0, 0]
    assert set(table["verdict"]) == {ALIKE}


def test_nobody_is_behind_by_what_is_written_as_nothing():
    table = compared({"a": (9_000, 10_000), "b": (900_300, 1_000_000), CITY: (909_300, 1_010_000)})
    assert -0.0005 < table.loc[("a", "mediated"), "difference"] < 0
    assert narrowest(rows_by_region(table)["a"]) == (None, False)


def test_hidden_figures_are_not_compared():
    table = compared({"a": (5, 10), "b": (5, 10), CITY: (10, 20)}, status="suppressed")
    assert table["verdict"].tolist() == [UNKNOWN, UNKNOWN]
    assert table[["numerator", "count", "value"]].isna().all(axis=None)


def test_outcome_is_compared_as_a_ratio_of_rates_and_never_the_narrowest_step():
    numbers = {"a": (9.0, 100_000.0), "b": (1.0, 900_000.0), CITY: (10.0, 1_000_000.0)}
    table = against_the_rest({"JQ2": frame(numbers, factor=1e5)}, [OUTCOME], ["a", "b"], CITY)
    assert table.loc[("a", "outcome"), "verdict"] == WORSE
    assert table.loc[("a", "outcome"), "ratio"] == pytest.approx(81)
    assert narrowest(rows_by_region(table)["a"]) == (None, False)


def test_settings_name_seven_steps_in_the_order_of_the_chain():
    assert [step.id for step in chain_settings().step] == [
        *("found", "graded", "in_hand", "mediated", "revisited", "archived", "outcome")
    ]


@pytest.mark.parametrize("indicator", ["MT1", "no_such"])
def test_a_step_that_cannot_be_compared_is_refused(indicator):
    steps = [step.model_dump() for step in chain_settings().step]
    with pytest.raises(ConfigError, match=indicator):
        validated(
            ChainSettings, {"step": [steps[0], steps[1] | {"indicator": indicator}]}, "config/chain.toml", "chain"
        )
