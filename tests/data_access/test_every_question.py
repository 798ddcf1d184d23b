"""Every question that a reader answers, asked of every store: all answer what the embedded store does, to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import neighbours, small_city
from tests.data_access.small_city import CITY, EAST, GRIDS, TOWNS, WEST

ROWS = 120
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
AS_OF = date(2024, 8, 17)
BELOW = (EAST, WEST, *TOWNS, *GRIDS)
WORDS = ("乙", "甲", "a", "B", "Zebra", "ä", "一 二", "一二", "'", "")
"""Texts that languages would sort otherwise than stores do."""
SCOPES = (Scope("city_leader", CITY), Scope("county_leader", EAST), Scope("township_leader", "970102001000"))


def made(table: str, chance: np.random.Generator, **columns: object) -> pd.DataFrame:
    """Return made-up rows of a table, all over the city."""
    ids = [f"{table}-{number // 2}" for number in range(ROWS)]
    return pd.DataFrame(
        {
            "source": ["office", "Bureau"] * (ROWS // 2),
            "source_id": ids,
            "region_code": chance.choice(BELOW, ROWS),
            **columns,
        }
    )


def duties() -> Mapping[str, pd.DataFrame]:
    """Return rows of the tables that tell who owes what, some of them without what they may lack."""
    chance = np.random.default_rng(8)

    def days(most: int, missing: float = 0.0) -> pd.Series:
        drawn = [date(2023, 10, 1) + timedelta(days=int(each)) for each in chance.integers(0, most, ROWS)]
        return pd.Series(drawn, dtype=object).where(chance.random(ROWS) >= missing, None)

    def words(missing: float = 0.0) -> pd.Series:
        return pd.Series(chance.choice(WORDS, ROWS), dtype=object).where(chance.random(ROWS) >= missing, None)

    def flags() -> pd.Series:
        return pd.Series(chance.random(ROWS) < 0.5, dtype=object).where(chance.random(ROWS) >= 0.3, None)

    def numbers(most: int) -> np.ndarray:
        return chance.integers(0, most, ROWS)

    owed = {"task": words(), "task_en": words(0.5), "decided_on": days(200), "due_on": days(500)}
    kinds = ["quarterly_dispatch", "monthly_supervision", "consultation"]
    return {
        "meeting": made("meeting", chance, kind=chance.choice(kinds, ROWS), due_on=days(400), held_on=days(450, 0.3)),
        "case_package": made(
            "case_package",
            chance,
            leader_post=words(),
            leader_post_en=words(0.5),
            leader_level=chance.choice(["city", "county"], ROWS),
            found_on=days(300),
            due_on=days(450),
            handled_on=days(450, 0.4),
            closed_on=days(450, 0.4),
            review_returns=numbers(3),
        ),
        "decision": made("decision", chance, **owed, unit=words(), unit_en=words(0.5), done_on=days(500, 0.5)),
        "consultation_item": made("consultation_item", chance, **owed, department=words(), done_on=days(500, 0.5)),
        "data_delivery": made(
            "data_delivery",
            chance,
            department=words(),
            data_set=words(),
            due_on=days(450),
            delivered_on=days(450, 0.3),
        ),
        "facility": made(
            "facility",
            chance,
            kind=words(),
            name=words(),
            name_en=words(),
            lon=chance.uniform(0, 3, ROWS),
            lat=chance.uniform(0, 1, ROWS),
        ),
        "veto": made(
            "veto",
            chance,
            year=2022 + numbers(3),
            veto_kind=chance.choice(["否决", "否优"], ROWS),
            status=chance.choice(["待核", "成立"], ROWS),
            reason_kind=words(),
            document_no=words(0.5),
            authority=words(0.5),
            decided_on=days(400, 0.3),
        ),
        "pilot_site": made(
            "pilot_site",
            chance,
            name=words(),
            name_en=words(0.5),
            practice=words(),
            approval_basis=words(),
            nurtured_on=days(400),
            ripe_on=days(450, 0.4),
            first_review_passed=flags(),
            adopted_townships=numbers(5),
            look_back_kept=flags(),
            field_visits=numbers(9),
        ),
    }


def filled(home: Home) -> Home:
    """Fill and publish the small city with rows in every table that a question reads."""
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        for table, rows in {**duties(), "dispute": neighbours.made_disputes()}.items():
            store.replace_all(table, rows)
        store.replace_all("fund_award", small_city.awards())
        store.replace_all("alarm_response", small_city.alarms())
        store.append("import_batch", pd.DataFrame([batch("b1", 1), batch("b2", 2), batch("b3", 2)]))
    publish(home)
    return home


def batch(batch_id: str, day: int) -> dict[str, object]:
    names = ("file_sha256", "mapping_name", "mapping_sha256")
    counts = ("read", "added", "replaced", "unchanged", "quarantined", "excluded")
    return {
        **dict.fromkeys(names, ""),
        **dict.fromkeys([f"rows_{each}" for each in counts], 0),
        "batch_id": batch_id,
        "source": "nowhere",
        "target": "incident",
        "file_name": f"{batch_id}.csv",
        "region_disagreements": 0,
        "started_at": datetime(2025, 1, day, 8, 30),
        "finished_at": datetime(2025, 1, day, 9, 0, 0, 250_000),
    }


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> SnapshotReader:
    return SnapshotReader(filled(Home(tmp_path_factory.mktemp("embedded"), None)))


@pytest.fixture(scope="module")
def reader(new_home) -> SnapshotReader:
    return SnapshotReader(filled(new_home()))


def _gaps(reader: SnapshotReader) -> pd.DataFrame:
    gaps = sorted((code, year) for code, years in reader.population_gaps().items() for year in years)
    return pd.DataFrame(gaps, columns=["region_code", "year"])


QUESTIONS: Mapping[str, Callable[[SnapshotReader, Scope], pd.DataFrame]] = {
    "regions": lambda r, s: r.regions(s).reset_index(),
    "region_path": lambda r, s: pd.DataFrame(r.region_path(s, s.region_code)),
    "shapes": lambda r, s: pd.DataFrame(r.shapes(s, [s.region_code]).astype(str)),
    "geometry": lambda r, s: pd.DataFrame(r.geometry(s, [s.region_code])).astype(str),
    "boundary_changes": lambda r, s: r.boundary_changes(s),
    "neighbours": lambda r, s: r.neighbours(s, r.regions(s).query("in_scope").index.tolist()),
    "measure_values": lambda r, s: r.measure_values(s, ["disputes_received"], [s.region_code], *YEAR, "month"),
    "monthly_values": lambda r, s: pd.DataFrame(
        r.monthly_values(s, ["disputes_received"], [s.region_code], *YEAR)[1].T
    ),
    "span_values": lambda r, s: pd.DataFrame(
        r.span_values(s, ["disputes_received"], [s.region_code], [YEAR, (None, AS_OF)])
    ),
    "histograms": lambda r, s: pd.DataFrame(r.histograms(s, ["resolution_days"], [s.region_code], *YEAR)),
    "person_years": lambda r, s: r.person_years(s, [s.region_code], *YEAR),
    "exposure": lambda r, s: pd.DataFrame(np.hstack(r.exposure(s, [s.region_code], *YEAR, grain="month"))),
    "population_gaps": lambda r, s: _gaps(r),
    "coverage": lambda r, s: r.coverage(s),
    "lateness": lambda r, s: r.lateness(s),
    "quality": lambda r, s: r.quality(s, *YEAR),
    "records": lambda r, s: r.records(s, "case_package", s.region_code, None, AS_OF, limit=50),
    "vetoes": lambda r, s: r.vetoes(s, s.region_code, 2022, 2024),
    "pilot_sites": lambda r, s: r.pilot_sites(s, s.region_code, AS_OF),
    "awards": lambda r, s: r.awards(s, s.region_code, *YEAR),
    "largest_award": lambda r, s: pd.DataFrame([r.largest_award(s, s.region_code, *YEAR)]),
    "disputes": lambda r, s: r.disputes(s, s.region_code, *YEAR, "overdue"),
    "dispute_count": lambda r, s: pd.DataFrame([r.dispute_count(s, s.region_code, *YEAR, "open")]),
    "overdue": lambda r, s: r.overdue(s, s.region_code, AS_OF),
    "points": lambda r, s: r.points(s, "dispute", s.region_code, *YEAR),
    "density": lambda r, s: r.density(s, "dispute", s.region_code, *YEAR, 0.1),
    "facilities": lambda r, s: r.facilities(s, s.region_code),
    "imports": lambda r, s: r.imports(s),
    "meetings_of": lambda r, s: r.meetings_of(
        s, s.region_code, [c for c in BELOW if c in r.regions(s).query("in_scope").index], *YEAR
    ),
    "meetings_below": lambda r, s: r.meetings_below(s, s.region_code, *YEAR, AS_OF),
    "package_board": lambda r, s: r.package_board(s, s.region_code, 2, YEAR[0], AS_OF),
    "package_posts": lambda r, s: r.package_posts(s, s.region_code, YEAR[0], AS_OF),
    "open_packages": lambda r, s: r.open_packages(s, s.region_code, AS_OF),
    "owed_items": lambda r, s: r.owed_items(s, "consultation_item", s.region_code, YEAR[0], AS_OF),
    "deliveries": lambda r, s: r.deliveries(s, s.region_code, *YEAR, AS_OF),
}
NOT_QUESTIONS = {"snapshot", "home", "kept_snapshot_ids", "unreachable_since", "read_below"}
"""What a reader says of itself, and what changes no answer (tests/data_access/test_kept_sums.py)."""
HAVE_NOTHING = {"points", "density", "neighbours", "boundary_changes", "population_gaps"}
"""Questions that the city, or a part of it, has no rows for."""


def test_every_question_is_asked():
    named = {name for name in vars(SnapshotReader) if not name.startswith("_")}
    assert named - NOT_QUESTIONS == set(QUESTIONS)


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.role)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_store_answers_as_the_embedded_one(embedded, reader, question, scope):
    ask = QUESTIONS[question]
    expected, answer = ask(embedded, scope), ask(reader, scope)
    pd.testing.assert_frame_equal(answer, expected)
    if scope.region_code == CITY and question not in HAVE_NOTHING:
        assert len(expected), "otherwise it would prove nothing"
