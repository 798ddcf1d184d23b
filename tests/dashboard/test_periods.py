"""Periods are read, written, labelled and stepped as the calendar does."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.periods import GRAINS, MONTHS_IN, Period, PeriodError, periods_between


@some.composite
def any_period(draw) -> Period:
    grain = draw(some.sampled_from(GRAINS))
    return Period(draw(some.integers(1950, 2150)), grain, draw(some.integers(1, 12 // MONTHS_IN[grain])))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
    ],
)
def test_a_period_begins_and_ends_on_the_right_days(text, start, end):
    period = Period.parse(text)
    assert (period.start, period.end) == (start, end)
    assert str(period) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024Q5",
        "2024Q0",
        "2024H3",
        "2024-13",
        "2024-1",
        "2024q4",
        " 2024",
        "2024\n",
        "二〇二四",
        "２０２４",
        "0000",
    ]
    + ["9999", "2024Q4;DROP TABLE region", "<b>2024</b>", "2024-12-31"],
)
def test_text_that_is_not_a_period_is_refused(text):
    with pytest.raises(PeriodError):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("2024", "2024年", "2024"),
        ("2024H1", "2024年上半年", "H1 2024"),
        ("2024Q4", "2024年第4季度", "Q4 2024"),
        ("2024-12", "2024年12月", "Dec 2024"),
    ],
)
def test_a_period_is_named_in_both_languages(text, chinese, english):
    assert Period.parse(text).label("zh") == chinese
    assert Period.parse(text).label("en") == english


def test_the_previous_quarter_of_the_first_is_the_fourth_of_the_year_before():
    assert str(Period.parse("2024Q1").previous()) == "2023Q4"
    assert str(Period.parse("2024-01").previous()) == "2023-12"
    assert str(Period.parse("2023H2").next()) == "2024H1"
    assert str(Period.parse("2024Q1").same_last_year()) == "2023Q1"


def test_the_rolling_year_ends_with_the_period_and_has_twelve_months():
    assert Period.parse("2024Q3").rolling_year() == (date(2023, 10, 1), date(2024, 9, 30))
    assert Period.parse("2024-02").rolling_year() == (date(2023, 3, 1), date(2024, 2, 29))
    assert Period.parse("2024").rolling_year() == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("through", "grain", "expected"),
    [
        (date(2024, 12, 31), "quarter", "2024Q4"),
        (date(2024, 12, 30), "quarter", "2024Q3"),
        (date(2024, 1, 15), "quarter", "2023Q4"),
        (date(2024, 12, 30), "year", "2023"),
        (date(2024, 2, 29), "month", "2024-02"),
    ],
)
def test_the_default_is_the_last_period_the_data_reach_the_end_of(through, grain, expected):
    assert str(Period.last_complete(through, grain)) == expected


def test_periods_with_data_come_newest_first_and_include_the_unfinished_one():
    offered = [str(period) for period in periods_between(date(2023, 8, 5), date(2024, 5, 2), "quarter")]
    assert offered == ["2024Q2", "2024Q1", "2023Q4", "2023Q3"]


def test_twelve_trailing_months_end_with_the_period():
    months = Period.parse("2024-03").trailing(12)
    assert (str(months[0]), str(months[-1]), len(months)) == ("2023-04", "2024-03", 12)


@given(any_period())
def test_writing_and_reading_a_period_gives_it_back(period):
    assert Period.parse(str(period)) == period


@given(any_period())
def test_stepping_back_and_forward_comes_home_without_gap_or_overlap(period):
    assert period.previous().next() == period
    assert (period.start - period.previous().end).days == 1


@given(any_period())
def test_children_cover_their_period_exactly(period):
    for parts in (period.children(), period.months()):
        if parts:
            assert (parts[0].start, parts[-1].end) == (period.start, period.end)
            assert all((after.start - before.end).days == 1 for before, after in pairwise(parts))


@given(any_period(), some.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_the_period_containing_a_day_contains_it(period, day):
    found = Period.containing(day, period.grain)
    assert found.start <= day <= found.end
