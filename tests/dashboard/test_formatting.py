"""Numbers look the same everywhere: two significant digits for rates, 万, true minus signs, no percentage of few."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard import formatting

FINITE = some.floats(min_value=-1e9, max_value=1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4142, "0.41"),
        (12.34, "12"),
        (103.6, "104"),
        (634.2, "634"),
        (0, "0"),
        (0.996, "1.0"),
        (9.96, "10"),
        (99.6, "100"),
        (0.05, "0.050"),
    ],
)
def test_a_rate_has_two_significant_digits_and_is_whole_above_ten(value, text):
    assert formatting.rate(value) == text


def test_limits_are_written_as_finely_as_their_estimate():
    assert formatting.interval(0.0502, 1.478, value=0.41) == "0.05–1.48"
    assert formatting.interval(0, 0.61, value=0) == "0–0.61"
    assert formatting.interval(0.961, 0.967, "percent") == "96.1%–96.7%"
    assert formatting.interval(80.9, 85.13, "index") == "80.9–85.1"
    assert formatting.interval(None, None) == ""
    assert formatting.interval(None, 0.61) == "—–0.61"


def test_limits_that_differ_are_written_so_that_they_do():
    assert formatting.interval(23.92, 24.49, value=24.204) == "23.9–24.5"
    assert formatting.interval(27_674, 28_331, value=28_001) == "27,674–28,331"
    assert formatting.interval(98.9, 108.5, value=103.6) == "99–109"
    assert formatting.interval(0.98761, 0.98802, "percent") == "98.76%–98.80%"
    assert formatting.interval(5.0, 5.0, value=5.0) == "5.0–5.0"


def test_counts_from_ten_thousand_on_are_in_wan_on_the_chinese_screen_only():
    assert formatting.count(9_999, "zh") == "9,999"
    assert formatting.count(10_000, "zh") == "1万"
    assert formatting.count(32_000, "zh") == "3.2万"
    assert formatting.count(32_000, "en") == "32,000"


def test_a_percentage_of_fewer_than_thirty_is_not_written():
    assert formatting.percent(0.5, base=29) == formatting.MISSING
    assert formatting.percent(0.5, base=30) == "50.0%"
    assert formatting.share(7, 12, "zh") == "7/12"
    assert formatting.share(31_360, 32_000, "zh") == "98.0%"
    assert formatting.share(3, 0, "zh") == formatting.MISSING


def test_a_change_from_fewer_than_thirty_is_a_difference_and_not_a_percentage():
    assert formatting.percent_change(22, 25) == "−3"
    assert formatting.percent_change(813, 1000) == "−18.7%"
    assert formatting.percent_change(1000, 1000) == "0.0%"


@pytest.mark.parametrize(
    ("change", "direction", "words"),
    [
        (-1.0, "lower_better", "降 · 好转"),
        (1.0, "lower_better", "升 · 变差"),
        (1.0, "higher_better", "升 · 好转"),
        (-1.0, "higher_better", "降 · 变差"),
        (1.0, "neutral", "升"),
        (0.0, "lower_better", "持平"),
        (None, "lower_better", "无可比数据"),
    ],
)
def test_a_change_is_said_in_words_with_its_verdict(change, direction, words):
    assert formatting.change_words(change, direction, "zh") == words


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_a_missing_number_is_a_dash_and_never_nan(missing):
    for write in (formatting.number, formatting.rate, formatting.percent, formatting.signed):
        assert write(missing) == formatting.MISSING
    assert formatting.count(missing, "zh") == formatting.MISSING


def test_days_are_written_as_dates_without_a_time():
    assert formatting.day(date(2024, 12, 31)) == "2024-12-31"
    assert formatting.day(datetime(2024, 12, 31, 9)) == "2024-12-31"
    assert formatting.day(pd.NaT) == formatting.MISSING


@given(FINITE)
def test_no_number_is_written_with_a_hyphen_or_as_minus_nothing(value):
    for text in (formatting.number(value, 1), formatting.rate(value), formatting.signed(value, 1)):
        assert "-" not in text
        assert text.lstrip("−+").strip("0.,") or not text.startswith(("−", "+"))


@given(some.floats(min_value=1e-6, max_value=1e7))
def test_a_written_rate_is_within_five_percent_of_the_true_one(value):
    assert float(formatting.rate(value).replace(",", "")) == pytest.approx(value, rel=0.05)


@given(FINITE)
def test_the_sign_of_a_difference_is_always_there(value):
    text = formatting.signed(value, 1)
    assert text[0] in "+−" or float(text) == 0
