"""The control chart fits the numbers, says in words what its icons mean, and hides what the role may not see."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard.context import Context
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.periods import Period
from dashboard.screens.trends.control import control_screens
from data_access.access import Scope
from data_access.queries import SnapshotReader


@pytest.fixture
def asked(reader):
    def ask(indicator: str, region: str | None = None, role: str = "city_leader", language: str = "zh", **own: str):
        root = reader.snapshot().root_code
        chosen = tuple(own.items())
        context = Context(region or root, Period.parse("2024Q4"), language, "light", Scope(role, root), chosen)
        return control_screens(reader, context, find_indicator(indicator), Period.parse("2020").start)

    return ask


@pytest.mark.parametrize(
    ("indicator", "kind"), [("BH2", "p_laney"), ("JQ1r", "u_laney"), ("JQ2", "u_laney"), ("criminal_alarms", "c_laney")]
)
def test_each_kind_of_number_gets_its_chart(asked, indicator, kind):
    screen = asked(indicator)[0]
    assert screen.chart.kind == kind
    assert len(screen.points) > 13
    assert (screen.points["lower"] <= screen.points["upper"]).all()
    assert screen.icons.count("data:image/svg+xml") == (2 if screen.target else 1)
    assert screen.sentence.endswith("。")


@pytest.fixture
def busiest(reader, city_scope) -> tuple[str, int]:
    """The county with most homicides, and how many."""
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    end = reader.snapshot().data_through
    rows = reader.measure_values(city_scope, ["homicide_incidents"], counties, None, end)
    cases = rows.set_index("region_code")["value"]
    return str(cases.idxmax()), int(cases.max())


@pytest.mark.parametrize("kind", ["g", "t"])
def test_homicides_of_a_county_are_days_between_cases_one_less_than_the_cases(asked, busiest, kind):
    county, cases = busiest
    (screen,) = asked("JQ2", county, rare=kind)
    assert screen.chart.kind == kind
    assert len(screen.points) == cases - 1
    assert [on for _, _, on in screen.links] == [kind == "g", kind == "t"]
    assert screen.icons.count("data:image/svg+xml") == 1


def test_the_city_has_months_and_days_between_cases(asked, reader):
    months, between = asked("JQ2")
    assert (months.key, between.key) == ("control", "between_cases")
    assert not months.links
    last = between.points["label"].iloc[-1]
    quiet = (reader.snapshot().data_through - date.fromisoformat(last)).days
    assert last in between.sentence and f"{quiet} 天" in between.sentence


def test_a_longer_quiet_time_is_an_improvement_of_homicide(asked, busiest):
    (screen,) = asked("JQ2", busiest[0])
    high = screen.points["value"] > screen.points["upper"]
    assert set(screen.points["meaning"][high]) <= {"improvement"}


def test_alarms_of_one_class_are_not_charted_by_the_days_of_all_alarms(asked, reader, city_scope):
    item = next(
        item
        for item in load_catalogue().values()
        if item.kind == "count" and [term.class_code for term in item.numerator] == [("guns_explosives",)]
    )
    regions = reader.regions(city_scope)
    counties = regions.index[regions["depth"] == 1].tolist()
    end = reader.snapshot().data_through
    rows = reader.measure_values(city_scope, ["criminal_alarms"], counties, None, end, by=("class_code",))
    cases = rows[rows["class_code"] == "guns_explosives"].set_index("region_code")["value"]
    county = str(cases.idxmin())
    rare = [screen for screen in asked(item.id, county) if screen.is_rare]
    assert rare, "the rarest class of the calmest county is charted by days"
    assert len(rare[0].points) == cases.min() - 1


def test_a_target_of_the_index_gives_assurance(asked):
    (screen,) = asked("BH2")
    assert screen.target == pytest.approx(95)
    assert screen.chart.assurance(0.95, "higher_better") in ("pass", "fail", "inconsistent")


def test_roles_without_small_counts_get_no_days_of_cases(asked):
    screens = asked("JQ2", role="public_demo")
    assert [screen for screen in screens if screen.is_rare] == []
    assert all(screen.chart is None and screen.why_empty for screen in screens)


@pytest.mark.parametrize("indicator", ["YG123", "YJ4", "JQ1", "JQ6"])
def test_what_has_no_monthly_course_says_why(asked, indicator):
    for screen in asked(indicator, language="en"):
        assert screen.chart is not None or screen.why_empty


def test_a_month_that_is_not_over_is_no_sign(example_home):
    baltimore = SnapshotReader(example_home("baltimore"))  # to 13 February 2019
    root = baltimore.snapshot().root_code
    context = Context(root, Period.parse("2019Q1"), "zh", "light", Scope("city_leader", root))
    (screen,) = control_screens(baltimore, context, find_indicator("BH2b"), Period.parse("2014").start)
    assert screen.points["label"].iloc[-1] == "2019-01"
    assert screen.sentence.endswith("2019年2月未满月，不判。")
