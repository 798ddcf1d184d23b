"""For any scope and any request, no number depends on a row outside the scope, and nothing outside it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from data_access.access import Scope, load_roles
from data_access.audit import AuditBook
from data_access.errors import ConfigError, DataAccessError, ScopeError
from data_access.measures import load_histograms, load_measures
from data_access.queries import SnapshotReader
from data_access.queries.dispute_queries import STAGES
from data_access.queries.snapshot import ScopedSnapshot
from tests.data_access import neighbours
from tests.data_access.neighbours import CODES, CONFINED, inside

FORGED = ["", "%", "_", "97%", "9701", "970101%", "970101000000' or '1'='1", "'; drop table region; --", "970109000000"]
FORGED += ["９７０１０１００００００", "970101000000/", "\x00", "null", "-1", "9" * 4000]
DAYS = st.dates(date(2021, 12, 1), date(2025, 1, 31))
ROLES = sorted(load_roles())


@pytest.fixture(scope="module")
def city(new_home) -> SnapshotReader:
    return SnapshotReader(neighbours.fill(new_home()))


@pytest.fixture(scope="module")
def twins(new_home) -> Mapping[str, SnapshotReader]:
    """By region: the city in which everything outside that region is another.

    A publish on the cluster takes half a minute: there the county's twin stands for those of what lies in the county, too.
    """
    homes = [new_home()]
    homes += [] if homes[0].cluster else [new_home() for _ in CONFINED[1:]]
    return {code: SnapshotReader(neighbours.fill(home, code)) for code, home in zip(CONFINED, homes, strict=False)}


def asked(reader: SnapshotReader) -> Mapping[str, Callable]:
    """Return the questions that screens ask, each of ``(scope, codes, start, end, word, number)``."""
    measures, histograms = sorted(load_measures()), sorted(load_histograms())

    def one(names: list[str], word: str) -> str:
        return names[len(word) % len(names)] if word.isalpha() else word

    return {
        "values": lambda s, c, a, b, w, n: reader.measure_values(
            s, measures, c, a, b, ("total", "month", "day")[n % 3]
        ),
        "classes": lambda s, c, a, b, w, n: reader.measure_values(s, measures, c, a, b, by=("class_code", "channel")),
        "named": lambda s, c, a, b, w, n: reader.measure_values(s, [one(measures, w)], c, a, b),
        "histograms": lambda s, c, a, b, w, n: pd.DataFrame(
            reader.histograms(s, [one(histograms, w)], c, a, b, by_class=bool(n % 2))
        ),
        "people": lambda s, c, a, b, w, n: reader.person_years(s, c, a, b),
        "exposure": lambda s, c, a, b, w, n: pd.DataFrame(np.hstack(reader.exposure(s, c, a, b))),
        "records": lambda s, c, a, b, w, n: reader.records(s, ("incident", "dispute")[n % 2], c[0], a, b, limit=n),
        "filtered": lambda s, c, a, b, w, n: reader.records(
            s, "incident", c[0], a, b, where={"class_code": w}, limit=n
        ),
        "disputes": lambda s, c, a, b, w, n: reader.disputes(
            s, c[0], a, b, STAGES[n % len(STAGES)] if w.isalpha() else w, {"channel": "grid"}, limit=n, offset=n % 7
        ),
        "counted": lambda s, c, a, b, w, n: pd.DataFrame(
            {"n": [reader.dispute_count(s, c[0], a, b, STAGES[n % len(STAGES)], {"class_code": w})]}
        ),
        "points": lambda s, c, a, b, w, n: reader.points(
            s, ("homicide", "criminal_alarm", "dispute")[n % 3], c[0], a, b, limit=n
        ),
        "density": lambda s, c, a, b, w, n: reader.density(s, "criminal_alarm", c[0], a, b, 0.1),
        "overdue": lambda s, c, a, b, w, n: reader.overdue(s, c[0], b, limit=n),
        "packages": lambda s, c, a, b, w, n: reader.open_packages(s, c[0], b, limit=n),
        "geometry": lambda s, c, a, b, w, n: pd.DataFrame(reader.geometry(s, c)).astype(str),
        "neighbours": lambda s, c, a, b, w, n: reader.neighbours(s, c),
        "lateness": lambda s, c, a, b, w, n: reader.lateness(s),
        "quality": lambda s, c, a, b, w, n: reader.quality(s, a, b),
        "regions": lambda s, c, a, b, w, n: reader.regions(s),
    }


REQUEST = {
    "question": st.sampled_from(sorted(asked(None))),
    "role": st.sampled_from(ROLES),
    "code": st.sampled_from([*CODES, *FORGED]),
    "days": st.tuples(DAYS, DAYS).map(sorted),
    "word": st.sampled_from(
        ["a", "abc", "abcdefg", "01", "'; drop table incident; --", "' or 1=1 --", "%", "\x00", "命"]
    ),
    "number": st.sampled_from([0, 1, 2, 3, 5, 50, 10**9, -1]),
}
MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outcome(reader: SnapshotReader, question: str, scope: Scope, code: str, days, word: str, number: int):
    try:
        return asked(reader)[question](scope, [code], *days, word, number)
    except DataAccessError as error:
        return type(error).__name__


@MANY
@given(confined=st.sampled_from(CONFINED), **REQUEST)
@example("9702", "values", "county_leader", "9701", [date(2024, 1, 1), date(2024, 12, 31)], "a", 1)
@example("970101000000", "overdue", "county_leader", "970101000000", [date(2024, 1, 1), date(2024, 12, 31)], "a", -1)
def test_no_answer_depends_on_a_row_outside_the_scope(city, twins, confined, question, role, code, days, word, number):
    scope = Scope(role, confined)
    here = outcome(city, question, scope, code, days, word, number)
    if confined not in CODES:
        assert here == "ScopeError"
        return
    around = confined if confined in twins else next((each for each in twins if inside(confined, each)), None)
    assume(around is not None)
    there = outcome(twins[around], question, scope, code, days, word, number)
    if isinstance(here, str):
        assert here == there
        return
    pd.testing.assert_frame_equal(here, there)
    if question not in ("lateness", "quality", "regions"):
        assert code in CODES and inside(code, confined), "a region outside the scope was answered"
    if question != "regions" and "region_code" in here:
        assert all(inside(found, confined) for found in here["region_code"])
    if question == "regions":
        assert all(inside(found, confined) for found in here.index[here["in_scope"]])
    assert len(here) <= 20_000


@MANY
@given(confined=st.sampled_from(CONFINED), role=st.sampled_from(ROLES), code=st.sampled_from([*CODES, *FORGED]))
def test_a_region_outside_the_scope_is_refused_and_recorded(city, confined, role, code):
    scope = Scope(role, confined)
    if code in CODES and inside(code, confined):
        return
    with pytest.raises(ScopeError):
        city.measure_values(scope, ["homicide_incidents"], [confined, code], date(2024, 1, 1), date(2024, 12, 31))
    with pytest.raises(ScopeError):
        city.region_path(scope, code)
    refused = AuditBook(city.home).lines(Scope("auditor", ""), "refused")
    assert ((refused["role"] == role) & (refused["region_code"] == confined)).any()


def test_twins_differ_outside(city, twins):
    """Otherwise the tests above would prove nothing."""
    whole = Scope("city_leader", neighbours.CITY)
    for code, twin in twins.items():
        ask = (["homicide_victims"], [neighbours.CITY], date(2022, 1, 1), date(2024, 12, 31))
        assert city.measure_values(whole, *ask)["value"][0] < twin.measure_values(whole, *ask)["value"][0], code


@pytest.mark.parametrize("measure", ["'; drop table region; --", "*", ""])
def test_a_measure_that_does_not_exist_is_refused(city, measure):
    with pytest.raises(ConfigError):
        city.measure_values(Scope("city_leader", neighbours.CITY), [measure], [neighbours.CITY], None, date(2024, 1, 1))


@pytest.mark.parametrize("code", [neighbours.CITY, *CONFINED])
@pytest.mark.parametrize(
    "filters",
    [
        *({}, {"risk_colour": "red"}, {"risk_colour": "blue"}, {"class_code": "01"}, {"channel": "grid"}),
        {"class_code": "04", "channel": "petition"},
        {"risk_colour": "yellow", "channel": "grid"},
    ],
)
@pytest.mark.parametrize(
    "stage", ["received", "merged", "transferred", "open", "overdue", "red_open", "red_unpackaged"]
)
def test_disputes_are_counted_as_they_are_listed(city, code, stage, filters):
    scope = Scope("city_leader", neighbours.CITY)
    for end in (date(2023, 6, 30), date(2023, 12, 31), date(2024, 8, 17)):
        listed = city.disputes(scope, code, date(2022, 1, 1), end, stage, filters, limit=500)
        assert len(listed) < 500
        assert city.dispute_count(scope, code, date(2022, 1, 1), end, stage, filters) == len(listed)


@pytest.mark.parametrize("stage", ["open", "overdue", "red_open", "red_unpackaged"])
@pytest.mark.parametrize("filters", [{}, {"channel": "grid"}])
def test_what_waits_at_the_end_of_a_month_is_counted_by_the_sums_of_the_months(city, monkeypatch, stage, filters):
    def counted_from_records(*_: object) -> None:
        raise AssertionError("as many rows as there are were read")

    monkeypatch.setattr(ScopedSnapshot, "read", counted_from_records)
    span = (date(2022, 1, 1), date(2023, 12, 31))
    assert city.dispute_count(Scope("city_leader", neighbours.CITY), neighbours.CITY, *span, stage, filters) >= 0


@pytest.mark.parametrize("stage", ["received", "open", "nowhere"])
def test_disputes_are_not_counted_by_what_they_can_not_be_listed_by(city, stage):
    span = (date(2024, 1, 1), date(2024, 12, 31))
    with pytest.raises(ConfigError):
        city.dispute_count(Scope("city_leader", neighbours.CITY), neighbours.CITY, *span, stage, {"unit": "一所"})


def test_a_huge_page_is_cut(city):
    frame = city.records(
        Scope("city_leader", neighbours.CITY), "incident", neighbours.CITY, None, date(2024, 12, 31), limit=10**9
    )
    assert len(frame) <= 500


@pytest.mark.parametrize("offset", [-1, -(10**30), 10**30])
def test_a_page_before_the_first_or_after_any_is_answered(city, offset):
    scope, last = Scope("city_leader", neighbours.CITY), date(2024, 12, 31)
    listed = city.records(scope, "incident", neighbours.CITY, None, last, offset=offset)
    disputes = city.disputes(scope, neighbours.CITY, date(2024, 1, 1), last, offset=offset)
    assert listed.empty == disputes.empty == (offset > 0)
