"""Every public function × every kind of bad input: a defined result that says so, or a refusal that names the argument.

Functions are found by looking, so that a new one is tested as soon as it is written: its arguments get the sample inputs
below by their names, and a name without a sample fails the test.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dashboard.statistics
from dashboard.statistics.estimate import Estimate, StatisticsError
from dashboard.statistics.funnels import Overdispersion
from dashboard.statistics.icons import INKS
from dashboard.statistics.intervals import rate

SIZE = 16
PLACE = 5
"""The position that is made bad."""
COUNTS = np.array([3, 12, 0, 7, 30, 9, 1, 15, 4, 22, 6, 0, 11, 8, 2, 18], float)
PEOPLE = np.linspace(2e4, 9e4, SIZE)
RING = [[(place - 1) % SIZE, (place + 1) % SIZE] for place in range(SIZE)]

SAMPLES: dict[str, Any] = {
    **dict.fromkeys(("events", "numerator", "observed", "reference_events", "reference_numerator", "counts"), COUNTS),
    **dict.fromkeys(("exposure", "denominator", "population", "reference_exposure", "reference_denominator"), PEOPLE),
    **dict.fromkeys(("probability", "chances", "p_values", "chance_of_as_bad"), COUNTS / 100),
    **dict.fromkeys(("values", "gaps", "days"), COUNTS + 1),
    **dict.fromkeys(("expected", "size", "baseline"), COUNTS + 2),
    **dict.fromkeys(("standard", "mean"), np.full(SIZE, 10.0)),
    "squares": COUNTS * 2,
    "reference_rates": COUNTS / 1e5,
    "benchmark": np.full(SIZE, 0.5),
    "neighbours": RING,
    "centre": 0.5,
}
"""By name of the argument; the few that depend on the function stand in OWN."""
OWN: dict[str, dict[str, Any]] = {
    "find_signals": {"centre": np.full(SIZE, 9.0), "lower": np.zeros(SIZE), "upper": np.full(SIZE, 40.0)},
    "run_rules": {"centre": 9.0},
    "judge": {"side": np.zeros(SIZE, int), "direction": "lower_better"},
    "check_direction": {"direction": "lower_better"},
    "compare_with_benchmark": {
        "limits_95": rate(COUNTS, PEOPLE, 1e4),
        "limits_99_8": rate(COUNTS, PEOPLE, 1e4, 0.998),
    },
    "recent_trend": {"values": rate(COUNTS, PEOPLE)},
    "overdispersed_funnel": {"spread": Overdispersion(1.5, 0.1, "log", SIZE)},
    "early_warnings": {"counts": np.tile(COUNTS, 5), "exposure": np.tile(PEOPLE, 5)},
    "largest_ordinary_count": {"expected": 5.0, "dispersion": 1.5, "probability": 0.01},
    "reference_months": {"month": 60, "years": 5, "half_window": 1},
    "neighbourhoods": {"areas": SIZE},
    "variation_icon": {"key": "common_cause", "inks": dict.fromkeys(INKS, "#000"), "title": ""},
    "assurance_icon": {"key": "pass", "inks": dict.fromkeys(INKS, "#000"), "title": ""},
}
TOLD_APART = {"undefined", "no_events", "not_compared", "not_applicable", "none", "no_interval", "cannot_be_calculated"}
TOLD_APART |= {"too_few_events", "island"}
"""Words that say a number could not be had."""
AS_GIVEN = {"size", "observed", "values", "phase"}
"""Parts of results that repeat the input."""
PARTS = {"numerator": "denominator", "reference_numerator": "reference_denominator", "events": "exposure"}
ANY_NUMBER = {("compare_with_benchmark", "benchmark")} | {
    (name, key)
    for name in ("moran", "mean", "xmr_chart", "gaps_between", "quantile_groups", "find_signals", "run_rules")
    for key in ("values", "days", "centre", "lower", "upper")
}
"""Arguments that may be negative."""


def public_functions() -> dict[str, Callable]:
    found = {}
    for path in Path(dashboard.statistics.__file__).parent.glob("[!_]*.py"):
        module = importlib.import_module(f"dashboard.statistics.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_") and path.stem != "estimate":
                found[name] = function
    # fits a curve for others, which check the input
    del found["poisson_fit"]
    return found


FUNCTIONS = public_functions()


def sample(name: str) -> dict[str, Any]:
    """Good arguments for a function, by the names of its parameters."""
    chosen = {}
    for key, parameter in inspect.signature(FUNCTIONS[name]).parameters.items():
        if key in OWN.get(name, {}):
            chosen[key] = OWN[name][key]
        elif parameter.default is inspect.Parameter.empty or key in ("exposure", "squares"):
            assert key in SAMPLES, f"{name}({key}): give this argument a sample in SAMPLES or OWN"
            chosen[key] = SAMPLES[key]
    return chosen


def call(name: str, arguments: dict[str, Any]) -> Any:
    """Call a function; numpy's warnings about wrong numbers count as failures."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return FUNCTIONS[name](**arguments)


def arrays_of(result: Any) -> dict[str, np.ndarray]:
    """All that a result holds, by name."""
    if dataclasses.is_dataclass(result):
        held: dict[str, np.ndarray] = {}
        for field in dataclasses.fields(result):
            inner = getattr(result, field.name)
            nested = dataclasses.is_dataclass(inner)
            held |= {f"{field.name}.{key}": each for key, each in arrays_of(inner).items()} if nested else {}
            if not nested:
                held[field.name] = np.asarray(inner)
        return held
    if isinstance(result, tuple):
        return {str(number): np.asarray(each) for number, each in enumerate(result)}
    return {"result": np.asarray(result)}


def numeric_arguments() -> list[tuple[str, str]]:
    pairs = []
    for name in FUNCTIONS:
        for key, value in sample(name).items():
            if isinstance(value, np.ndarray) and value.dtype == float:
                pairs.append((name, key))
    return pairs


def spoilt(name: str, key: str, bad: Any) -> dict[str, Any]:
    arguments = sample(name)
    array = arguments[key].astype(object if isinstance(bad, str) else float)
    array[PLACE] = bad
    return {**arguments, key: array}


def assert_told_apart(result: Any, length: int, place: int = PLACE) -> None:
    """At the bad position no number stands, and words say why."""
    for part, array in arrays_of(result).items():
        if part.split(".")[-1] in AS_GIVEN or array.shape != (length,):
            continue
        here = array[place]
        if array.dtype.kind == "f":
            assert np.isnan(here), (part, here)
        if array.dtype.kind == "U":
            assert here in TOLD_APART, (part, here)
        if array.dtype.kind == "b":
            assert not here, part


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_samples_are_good(name):
    call(name, sample(name))


@pytest.mark.parametrize(("name", "key"), numeric_arguments())
@pytest.mark.parametrize("bad", [-1.0, np.inf, "three"], ids=["negative", "infinite", "text"])
def test_what_cannot_be_is_refused_by_name(name, key, bad):
    arguments = spoilt(name, key, bad)
    if bad == -1.0 and (name, key) in ANY_NUMBER:
        call(name, arguments)
        return
    with pytest.raises(StatisticsError, match=key) as refused:
        call(name, arguments)
    assert str(PLACE) in str(refused.value) or isinstance(bad, str)


@pytest.mark.parametrize(("name", "key"), numeric_arguments())
def test_what_is_missing_stays_missing_and_is_told_apart(name, key):
    try:
        result = call(name, spoilt(name, key, np.nan))
    except StatisticsError as refused:
        assert key in str(refused)
        return
    if key not in ("standard", "reference_rates") and name not in ("sizes_to_draw", "gaps_between"):
        assert_told_apart(result, len(sample(name)[key]))


@pytest.mark.parametrize(("name", "key"), [pair for pair in numeric_arguments() if pair[1] in PARTS.values()])
def test_a_share_or_rate_of_nothing_is_neither_none_nor_all(name, key):
    arguments = spoilt(name, key, 0.0)
    for part, whole in PARTS.items():
        if whole == key and isinstance(arguments.get(part), np.ndarray):
            arguments[part] = np.where(np.arange(len(arguments[part])) == PLACE, 0.0, arguments[part])
    try:
        result = call(name, arguments)
    except StatisticsError as refused:
        assert key in str(refused)
        return
    assert_told_apart(result, len(arguments[key]))


def settings_of() -> list[tuple[str, str]]:
    """Single numbers a function takes: a confidence, a centre, the strength of a prior."""
    pairs = []
    for name, function in FUNCTIONS.items():
        for key, parameter in inspect.signature(function).parameters.items():
            given = sample(name).get(key, parameter.default)
            pairs += [(name, key)] if isinstance(given, float) and key != "factor" else []
    return pairs


@pytest.mark.parametrize(("name", "key"), settings_of())
@pytest.mark.parametrize("bad", [-1.0, np.inf, np.nan])
def test_a_setting_that_cannot_be_is_refused_by_name_or_leaves_all_undefined(name, key, bad):
    if bad == -1.0 and (name, key) in ANY_NUMBER:
        return
    try:
        result = call(name, {**sample(name), key: bad})
    except StatisticsError as refused:
        assert key in str(refused)
        return
    for part, array in arrays_of(result).items():
        if part.split(".")[-1] not in AS_GIVEN and array.dtype.kind in "fU" and array.ndim:
            assert np.isnan(array).all() if array.dtype.kind == "f" else set(array) <= TOLD_APART, (part, array)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_event_anywhere_gives_no_infinite_number(name):
    arguments = sample(name)
    for key in ("events", "numerator", "observed", "counts", "reference_events", "reference_numerator", "squares"):
        if isinstance(arguments.get(key), np.ndarray):
            arguments[key] = np.zeros_like(arguments[key])
    try:
        result = call(name, arguments)
    except StatisticsError:
        return
    for part, array in arrays_of(result).items():
        assert array.dtype.kind != "f" or not np.isinf(array).any(), part


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("length", [0, 1], ids=["nothing", "one"])
def test_one_area_or_month_and_none_at_all_are_defined_or_refused(name, length):
    arguments = {key: _first(value, length) for key, value in sample(name).items()}
    if "areas" in arguments:
        arguments["areas"] = length
    try:
        result = call(name, arguments)
    except StatisticsError:
        return
    for part, array in arrays_of(result).items():
        assert array.dtype.kind != "f" or not np.isinf(array).any(), part


def _first(value: Any, length: int) -> Any:
    if value is RING:
        return [[] for _ in range(length)]
    if isinstance(value, Estimate):
        held = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{key: _first(each, length) for key, each in held.items()})
    return value[:length] if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if "neighbours" in inspect.signature(FUNCTIONS[name]).parameters]
)
def test_islands_are_defined(name):
    arguments = sample(name)
    arguments["neighbours"] = [
        [] if place == PLACE else [near for near in RING[place] if near != PLACE] for place in range(SIZE)
    ]
    result = arrays_of(call(name, arguments))
    if "label" in result:
        assert result["label"][PLACE] == "island"
    if "method" in result and result["method"].shape == (SIZE,):
        assert result["method"][PLACE] == "marshall_global", "an island has no neighbourhood and takes the mean of all"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_shapes_that_do_not_fit_are_refused_and_named(name):
    arguments = sample(name)
    long = [key for key, value in arguments.items() if isinstance(value, np.ndarray) and value.dtype == float]
    if len(long) < 2:
        return
    arguments[long[1]] = arguments[long[1]][:-3]
    with pytest.raises(StatisticsError, match=f"{long[0]}|{long[1]}|shapes"):
        call(name, arguments)
