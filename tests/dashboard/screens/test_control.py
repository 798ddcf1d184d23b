"""The control chart fits the numbers, says in words what its icons mean, and hides what the role may not see."""

from __future__ import annotations

import pytest

from dashboard.context import Context
from dashboard.indicators.catalogue import find_indicator
from dashboard.periods import Period
from dashboard.screens.control import control_screen
from data_access.access import Scope


@pytest.fixture
def asked(reader):
    def ask(indicator: str, region: str | None = None, role: str = "city_leader", language: str = "zh"):
        root = reader.snapshot().root_code
        context = Context(region or root, Period.parse("2024Q4"), language, "light", Scope(role, root), ())
        return control_screen(reader, context, find_indicator(indicator), Period.parse("2020").start)

    return ask


@pytest.mark.parametrize(
    ("indicator", "kind"), [("BH2", "p_laney"), ("JQ1r", "u_laney"), ("JQ2", "u_laney"), ("criminal_alarms", "u_laney")]
)
def test_each_kind_of_number_gets_its_chart(asked, indicator, kind):
    screen = asked(indicator)
    assert screen.chart.kind == kind
    assert len(screen.points) > 13
    assert (screen.points["lower"] <= screen.points["upper"]).all()
    assert screen.icons.count("data:image/svg+xml") == 2
    assert screen.sentence.endswith("。")


def test_homicides_of_a_county_are_days_between_cases_one_less_than_the_cases(asked, reader, city_scope):
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    end = reader.snapshot().data_through
    cases = reader.measure_values(city_scope, ["homicide_incidents"], counties, None, end).set_index("region_code")[
        "value"
    ]
    screen = asked("JQ2", cases.idxmax())
    assert screen.chart.kind == "t"
    assert len(screen.points) == cases.max() - 1


def test_a_target_of_the_index_gives_assurance(asked):
    screen = asked("BH2")
    assert screen.target == pytest.approx(95)
    assert screen.chart.assurance(0.95, "higher_better") in ("pass", "fail", "inconsistent")


def test_roles_without_small_counts_get_no_days_of_cases(asked):
    screen = asked("JQ2", role="public_demo")
    assert screen.chart is None and screen.why_empty


@pytest.mark.parametrize("indicator", ["YG123", "YJ4", "JQ1", "JQ6"])
def test_what_has_no_monthly_course_says_why(asked, indicator):
    screen = asked(indicator, language="en")
    assert screen.chart is not None or screen.why_empty
