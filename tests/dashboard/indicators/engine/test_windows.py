"""The days a figure stands on are those its window asks for and its sources cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.engine.windows import Cover, resolve, wanted_days
from dashboard.periods import Period

THROUGH = date(2024, 12, 31)


def records(first: date = date(2020, 1, 1), last: date = THROUGH) -> Cover:
    return Cover("police", "records", "day", first, last)


def counts(grain: str, first: date, last: date) -> Cover:
    return Cover("office", "counts", grain, first, last)


@pytest.mark.parametrize(
    ("window", "period", "first", "last"),
    [
        ("period", "2024Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("year", "2024-05", date(2024, 1, 1), date(2024, 12, 31)),
        ("year_to_date", "2024-05", date(2024, 1, 1), date(2024, 5, 31)),
        ("half_year", "2024-09", date(2024, 7, 1), date(2024, 9, 30)),
        ("rolling_12_months", "2024-02", date(2023, 3, 1), date(2024, 2, 29)),
        ("rolling_36_months", "2024", date(2022, 1, 1), date(2024, 12, 31)),
        ("since_start", "2024Q1", None, date(2024, 3, 31)),
    ],
)
def test_each_window_asks_for_its_days(window, period, first, last):
    assert wanted_days(window, Period.parse(period)) == (first, last)


def test_a_running_period_ends_where_the_data_do():
    cover = {"a": (records(last=date(2024, 11, 20)),)}
    span = resolve("period", Period.parse("2024Q4"), ["a"], cover, date(2024, 11, 20))
    assert (span.end, span.status, span.notes) == (date(2024, 11, 20), words.PARTIAL, ("period_running",))


def test_a_month_known_only_as_a_whole_is_left_out_while_it_runs():
    cover = {"a": (records(last=date(2024, 11, 20)),), "b": (counts("month", date(2020, 1, 1), date(2024, 11, 30)),)}
    span = resolve("period", Period.parse("2024Q4"), ["a", "b"], cover, date(2024, 11, 20))
    assert span.end == date(2024, 10, 31)


def test_a_rolling_window_that_begins_before_the_source_says_so():
    cover = {"a": (records(first=date(2024, 3, 1)),)}
    span = resolve("rolling_12_months", Period.parse("2024Q4"), ["a"], cover, THROUGH)
    assert (span.start, span.status, span.notes) == (date(2024, 3, 1), words.PARTIAL, ("starts_late",))


@pytest.mark.parametrize(
    ("period", "notes"), [("2022Q1", ("cover_assumed",)), ("2023", ()), ("2024Q4", ("cover_assumed",))]
)
def test_years_that_rare_rows_are_taken_to_cover_say_so(period, notes):
    cover = {"a": (replace(records(first=date(2022, 1, 1)), provisional=True),)}
    span = resolve("period", Period.parse(period), ["a"], cover, THROUGH)
    assert (span.status, span.notes) == (words.OK, notes)


def test_two_measures_are_summed_where_both_are_known():
    cover = {"a": (records(),), "b": (records(first=date(2024, 11, 1)),)}
    span = resolve("period", Period.parse("2024Q4"), ["a", "b"], cover, THROUGH)
    assert (span.start, span.notes) == (date(2024, 11, 1), ("starts_late",))


@pytest.mark.parametrize("period", ["2022Q1", "2022-12", "2022H2"])
def test_years_are_not_divided(period):
    cover = {"a": (counts("year", date(2020, 1, 1), date(2022, 12, 31)),)}
    span = resolve("period", Period.parse(period), ["a"], cover, THROUGH)
    assert (span.status, span.usable, span.grain) == (words.FINER_THAN_SOURCE, False, "year")


def test_years_answer_years_and_windows_of_whole_years():
    cover = {"a": (counts("year", date(2020, 1, 1), date(2022, 12, 31)),)}
    for window, period in (("period", "2022"), ("rolling_12_months", "2022Q4"), ("rolling_36_months", "2022-12")):
        assert resolve(window, Period.parse(period), ["a"], cover, THROUGH).status == words.OK


def test_records_within_the_window_serve_where_years_can_t():
    cover = {"a": (counts("year", date(2020, 1, 1), date(2022, 12, 31)), records(first=date(2023, 1, 1)))}
    assert resolve("period", Period.parse("2023Q2"), ["a"], cover, THROUGH).basis == "records"
    assert resolve("period", Period.parse("2022Q2"), ["a"], cover, THROUGH).status == words.FINER_THAN_SOURCE
    both = resolve("rolling_36_months", Period.parse("2023"), ["a"], cover, THROUGH)
    assert (both.basis, both.status) == ("mixed", words.OK)


def test_no_source_and_no_cover_are_told_apart():
    assert resolve("period", Period.parse("2024"), ["a"], {}, THROUGH).notes == ("not_collected",)
    cover = {"a": (records(),)}
    assert resolve("period", Period.parse("2018"), ["a"], cover, THROUGH).notes == ("outside_coverage",)
