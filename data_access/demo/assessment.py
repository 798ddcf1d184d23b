"""The yearly assessment: its points, the survey of townships, the aspects of governance centres, and the vetoes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_access.demo.counties.services import STATISTICS
from data_access.demo.counts import POLITICAL_LEGAL, count_rows
from data_access.demo.frames import numbered, rows_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import month_ends, success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

ORGANISATION = "organisation_department"
DEADLY = 3
"""Victims of one case from which a veto is examined."""
_OPEN_DAYS = 75
_AUTHORITIES = (
    ("市委政法委", "Municipal political and legal committee"),
    ("市委组织部", "Municipal organisation department"),
)


def assessment_counts(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    """Yield the points of the annual score, the yearly survey of townships, and the aspects that centres meet."""
    wanted = settings.assessment
    years = np.array([f"{year}-01-01" for year in (*settings.years, settings.years[-1] + 1)], "datetime64[D]")
    root = [city.city_code]
    points = np.array([*wanted.points, wanted.next_points])[:, None]
    whole = np.full_like(points, wanted.points_total)
    yield count_rows(ORGANISATION, "assessment_points", root, years, whole, grain="year")
    yield count_rows(ORGANISATION, "assessment_points_homicide", root, years, points, grain="year")
    # The survey is of December; months are what the matrix of townships adds up.
    yield from _survey(city, settings, np.array([f"{year}-12-01" for year in settings.years], "datetime64[D]"))
    yield from _centres(city, settings, calendar)


def build_vetoes(city: DemoCity, settings: DemoSettings, incidents: pa.Table) -> pa.Table:
    """Return the vetoes examined: one kind for cases with many victims, the other for what the city rules beside."""
    random = settings.random("vetoes")
    through = settings.data_through
    county = {code[:6]: code for code in city.counties.code}
    deadly = incidents.filter(
        pc.and_(pc.equal(incidents["category"], "homicide"), pc.greater_equal(incidents["victims"], DEADLY))
    )
    rows = [
        (county[code[:6]], day, "否决", "一案致死3人及以上", 0)
        for code, day in zip(deadly["region_code"].to_pylist(), deadly["occurred_on"].to_pylist(), strict=True)
    ]
    weight = np.exp(-0.5 * city.county_quality)
    for year in settings.years:
        for _ in range(settings.assessment.other_vetoes_a_year):
            code = city.counties.code[int(random.choice(len(weight), p=weight / weight.sum()))]
            day = date(year, 1, 1) + timedelta(days=int(random.integers(20, 340)))
            concealed = random.random() < 0.3
            reason = "瞒报查实" if concealed else "其他(市定)"
            rows.append((code, day, "否决" if concealed else "否优", reason, 0 if concealed else 1))
    # Two are still open when the data end, so that every state is met.
    rows.append((city.counties.code[-1], through - timedelta(days=20), "否优", "其他(市定)", 1))
    rows.append((city.counties.code[4], through - timedelta(days=50), "否决", "瞒报查实", 0))
    rows.sort(key=lambda row: (row[1], row[0]))
    states = [_state(day, through, random) for _, day, *_ in rows]
    number = np.arange(1, len(rows) + 1)
    decided = [state != "待核" for state in states]
    return rows_of(
        "veto",
        {
            "source": POLITICAL_LEGAL,
            "source_id": numbered("V", number, 4),
            "region_code": [row[0] for row in rows],
            "year": [row[1].year for row in rows],
            "veto_kind": [row[2] for row in rows],
            "status": states,
            "reason_kind": [row[3] for row in rows],
            "document_no": [
                f"示考〔{row[1].year}〕{n}号" if done else None
                for row, n, done in zip(rows, number, decided, strict=True)
            ],
            "authority": [_AUTHORITIES[row[4]][0] if done else None for row, done in zip(rows, decided, strict=True)],
            "authority_en": [
                _AUTHORITIES[row[4]][1] if done else None for row, done in zip(rows, decided, strict=True)
            ],
            "decided_on": [_decided_on(row[1]) if done else None for row, done in zip(rows, decided, strict=True)],
        },
    )


def _survey(city: DemoCity, settings: DemoSettings, months: np.ndarray) -> Iterator[pa.Table]:
    random = settings.random("township survey")
    wanted = settings.assessment
    least, most = wanted.asked
    count = len(city.townships.code)
    own = 0.35 * city.township_quality + random.normal(0, 0.22, count)
    asked = random.integers(least, most + 1, (len(months), count))
    satisfied = np.array(
        [random.binomial(n, success(share, own, 1.0)) for n, share in zip(asked, wanted.satisfied, strict=True)]
    )
    codes = city.townships.code
    yield count_rows(STATISTICS, "satisfaction_respondents", codes, months, asked)
    yield count_rows(STATISTICS, "satisfaction_satisfied", codes, months, satisfied)


def _centres(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[pa.Table]:
    """Yield the aspects due and met: a centre that has met one keeps it, the better ones are through sooner."""
    random = settings.random("governance centres")
    months, count = len(calendar.months), len(city.townships.code)
    aspects = settings.assessment.aspects
    places = np.argsort(-np.repeat(city.township_quality, aspects) + random.normal(0, 1.0, count * aspects))
    rank = places.argsort()
    total = np.round(month_ends(settings.assessment.aspects_met, months) * count * aspects).astype(int)
    met = (rank[None, :] < total[:, None]).reshape(months, count, aspects).sum(axis=2)
    codes = city.townships.code
    yield count_rows(POLITICAL_LEGAL, "centre_aspects_due", codes, calendar.months, np.full((months, count), aspects))
    yield count_rows(POLITICAL_LEGAL, "centre_aspects_met", codes, calendar.months, met)


def _state(day: date, through: date, random: np.random.Generator) -> str:
    if (through - day).days < _OPEN_DAYS:
        return "待核" if (through - day).days < _OPEN_DAYS // 2 else "申诉中"
    return "成立" if random.random() < 0.7 else "不成立"


def _decided_on(day: date) -> date:
    """Return the day of decision: a month after, within the same year."""
    return min(day + timedelta(days=30), date(day.year, 12, 31))
