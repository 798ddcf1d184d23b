"""Every public function on whatever may come: 1 to 40 areas, none or millions of cases, hardly anybody or everybody.

What good input gives is finite or says by a word why not, lies within its limits and has the shape of the input; input
that can't be is refused by name or leaves its place undefined. Functions are found by looking, as in `test_bad_input`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.statistics.estimate import StatisticsError
from dashboard.statistics.funnels import Overdispersion
from dashboard.statistics.intervals import rate
from tests.dashboard.statistics.test_bad_input import (
    ANY_NUMBER,
    FUNCTIONS,
    TOLD_APART,
    arrays_of,
    assert_told_apart,
    call,
    sample,
)

COUNTS = st.sampled_from([0.0, 1.0, 9.0, 10.0]) | st.integers(0, 10**7).map(float) | st.floats(1e-6, 50)
SIZES = st.sampled_from([1.0, 2.0]) | st.floats(1e-3, 1e9)
DRAWN: dict[str, st.SearchStrategy[float]] = {
    **dict.fromkeys(("events", "numerator", "observed", "counts", "gaps", "squares"), COUNTS),
    **dict.fromkeys(("reference_events", "reference_numerator"), COUNTS),
    **dict.fromkeys(("exposure", "denominator", "population", "size", "standard", "mean"), SIZES),
    **dict.fromkeys(("reference_exposure", "reference_denominator"), SIZES),
    **dict.fromkeys(("probability", "chances", "p_values", "chance_of_as_bad", "benchmark"), st.floats(0, 1)),
    **dict.fromkeys(("values", "days"), st.floats(-1e9, 1e9)),
    **dict.fromkeys(("expected", "baseline"), st.floats(1e-3, 2e4)),
    "reference_rates": st.floats(0, 1e3),
}
"""By name of the argument: one number of an area or month."""
PARTS = {"numerator": "denominator", "reference_numerator": "reference_denominator"}
MONTHS = {"early_warnings": 72}
"""Functions that need so many months, and take so long that few examples must do."""
NO_LIMIT = {"rate_ratio"}
"""Against no event at all a ratio, and its upper limit, is infinite."""
BAD = {"missing": np.nan, "infinite": np.inf, "negative": -1.0, "text": "three"}


@st.composite
def good(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Draw arguments of a function, all for the same areas or months."""
    areas = MONTHS.get(name) or draw(st.integers(1, 40))

    def column(numbers: st.SearchStrategy) -> np.ndarray:
        return draw(arrays(float, areas, elements=numbers))

    given = sample(name)
    given |= {key: column(DRAWN[key]) for key in numeric(given) if key in DRAWN}
    given |= {part: np.minimum(given[part], given[whole]) for part, whole in PARTS.items() if part in given}
    if "squares" in given:
        given["squares"] = given["squares"] + given["events"]
    if "neighbours" in given:
        near = st.lists(st.integers(0, areas - 1), max_size=6)
        given["neighbours"] = draw(st.lists(near, min_size=areas, max_size=areas))
    estimated = column(COUNTS), column(SIZES)
    own: dict[str, dict[str, Any]] = {
        "compare_with_benchmark": {"limits_95": rate(*estimated), "limits_99_8": rate(*estimated, confidence=0.998)},
        "recent_trend": {"values": rate(*estimated)},
        "find_signals": {"centre": np.zeros(areas), "lower": -estimated[1], "upper": estimated[1]},
        "judge": {"side": np.sign(estimated[0]).astype(int)},
        "overdispersed_funnel": {"spread": Overdispersion(1.5, draw(st.floats(0, 5)), "log", areas)},
        "neighbourhoods": {"areas": areas},
    }
    return given | own.get(name, {})


def numeric(given: dict[str, Any]) -> list[str]:
    return [key for key, value in given.items() if isinstance(value, np.ndarray) and value.dtype == float]


def assert_sound(name: str, result: Any, areas: int) -> None:
    held = arrays_of(result)
    numbers = {part: array for part, array in held.items() if array.dtype.kind == "f"}
    assert name in NO_LIMIT or not any(np.isinf(array).any() for array in numbers.values()), numbers
    for part in [part for part in held if part.endswith("value") and part.replace("value", "upper") in held]:
        value, lower, upper, method = (
            held.get(part.replace("value", key), np.array("")) for key in ("value", "lower", "upper", "method")
        )
        assert np.ndim(value) == 0 or len(value) in (areas, 1), part
        slack = np.where(np.isfinite(value), 1e-9 * np.abs(value) + 1e-300, 0)
        assert not ((lower > value + slack) | (value > upper + slack)).any(), (lower, value, upper)
        assert np.isin(np.broadcast_to(method, value.shape)[np.isnan(value)], list(TOLD_APART)).all(), method


def examples(name: str) -> settings:
    return settings(max_examples=8 if name in MONTHS else 40)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_good_input_gives_is_finite_and_within_its_limits_or_says_why_not(name):
    @examples(name)
    @given(good(name))
    def check(given):
        areas = max((len(given[key]) for key in numeric(given)), default=1)
        assert_sound(name, call(name, given), areas)

    check()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if numeric(sample(name))])
def test_what_is_wrong_is_refused_by_name_or_leaves_its_place_undefined(name):
    @examples(name)
    @given(good(name), st.data())
    def check(given, data):
        key = data.draw(st.sampled_from(numeric(given)))
        place = data.draw(st.integers(0, len(given[key]) - 1))
        kind = data.draw(st.sampled_from(sorted(BAD)))
        spoilt = given[key].astype(object if kind == "text" else float)
        spoilt[place] = BAD[kind]
        try:
            result = call(name, {**given, key: spoilt})
        except StatisticsError as refused:
            assert key in str(refused)
            return
        assert kind == "missing" or (kind == "negative" and (name, key) in ANY_NUMBER)
        assert_sound(name, result, len(spoilt))
        if kind == "missing":
            assert_told_apart(result, len(spoilt), place)

    check()
