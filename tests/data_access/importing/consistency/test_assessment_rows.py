"""Vetoes and pilot sites are taken in only with what makes them valid: paper, office, basis, stages in order."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

MAPPING = """
name = "assessment"
[[file]]
match = "veto*.csv"
[[file.target]]
table = "veto"
source = "committee"
[file.target.columns]
source_id = { column = "id" }
year = { column = "year" }
veto_kind = { column = "kind" }
status = { column = "status" }
reason_kind = { column = "reason" }
document_no = { column = "paper", optional = true }
authority = { column = "office", optional = true }
decided_on = { column = "day", optional = true }
[file.target.region]
code = { column = "region" }
[[file]]
match = "pilot*.csv"
[[file.target]]
table = "pilot_site"
source = "committee"
[file.target.columns]
source_id = { column = "id" }
name = { column = "name" }
practice = { column = "practice" }
approval_basis = { column = "basis" }
nurtured_on = { column = "grown" }
ripe_on = { column = "ripe", optional = true }
accepted_on = { column = "accepted", optional = true }
spread_on = { column = "spread", optional = true }
look_back_on = { column = "looked", optional = true }
look_back_kept = { column = "kept", optional = true }
[file.target.region]
code = { column = "region" }
"""
VETO = {"id": "1", "year": "2024", "kind": "否决", "status": "成立", "reason": "瞒报查实", "paper": "示考〔2024〕1号"}
VETO |= {"office": "市委政法委", "day": "2024-05-06", "region": small_city.EAST}
SITE = {"id": "1", "name": "东镇示范点", "practice": "乡贤理事会", "basis": "市批复1号", "grown": "2023-01-01"}
SITE |= {"ripe": "2023-06-01", "accepted": "2023-09-01", "spread": "2023-12-01", "looked": "2024-09-05", "kept": "是"}
SITE |= {"region": "970101001000"}


@pytest.mark.parametrize(("kind", "row"), [("veto", VETO), ("pilot", SITE)])
def test_a_whole_row_is_taken_in(imported, kind, row):
    report = imported(kind, row)
    assert (report.added, report.quarantined) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "changed", "named"),
    [
        ("veto", {"kind": "否定"}, "veto_kind"),
        ("veto", {"status": "大概"}, "status"),
        ("veto", {"reason": "心情"}, "reason_kind"),
        ("veto", {"paper": ""}, "document_no"),
        ("veto", {"office": " "}, "authority"),
        ("veto", {"day": ""}, "decided_on"),
        ("veto", {"status": "申诉中", "paper": ""}, "document_no"),
        ("veto", {"year": "24"}, "year"),
        ("pilot", {"basis": ""}, "basis"),
        ("pilot", {"basis": "  "}, "basis"),
        ("pilot", {"ripe": ""}, "accepted_on"),
        ("pilot", {"accepted": "", "looked": "", "kept": ""}, "spread_on"),
        ("pilot", {"accepted": "2023-05-01"}, "accepted_on"),
        ("pilot", {"looked": "2023-08-01"}, "look_back_on"),
        ("pilot", {"looked": ""}, "look_back_kept"),
    ],
)
def test_a_row_that_lacks_something_is_set_aside_with_its_column_named(imported, kind, changed, named):
    report = imported(kind, (VETO if kind == "veto" else SITE) | changed)
    assert (report.added, report.quarantined) == (0, 1)
    english, chinese = report.problems[0]
    assert f"{kind}.csv" in english
    assert named in english and named in chinese


def test_a_veto_still_to_be_examined_needs_no_paper_yet(imported):
    report = imported("veto", VETO | {"status": "待核", "paper": "", "office": "", "day": ""})
    assert report.added == 1


def test_lists_are_read_within_scope_and_vetoes_only_by_roles_that_open_records(home, imported):
    imported("veto", VETO)
    imported("pilot", SITE)
    publish(home)
    reader = SnapshotReader(home)
    leader = Scope("county_leader", small_city.EAST)
    assert reader.vetoes(leader, small_city.EAST, 2024, 2024)["veto_kind"].tolist() == ["否决"]
    assert reader.vetoes(leader, small_city.EAST, 2020, 2023).empty
    assert len(reader.pilot_sites(leader, small_city.EAST, date(2024, 12, 31))) == 1
    assert reader.pilot_sites(leader, small_city.EAST, date(2022, 12, 31)).empty
    with pytest.raises(ScopeError):
        reader.vetoes(leader, small_city.WEST, 2024, 2024)
    with pytest.raises(ScopeError):
        reader.vetoes(Scope("public_demo", small_city.CITY), small_city.EAST, 2024, 2024)
    with pytest.raises(ScopeError):
        reader.pilot_sites(leader, small_city.CITY, date(2024, 12, 31))


def test_an_older_working_file_gets_the_new_tables(home):
    with WorkingStore.open(home) as store, store.transaction() as connection:
        connection.execute(sa.text("drop table veto"))
        connection.execute(sa.text("drop table pilot_site"))
        connection.execute(sa.text("update schema_version set version = 2"))
    with WorkingStore.open(home) as store:
        assert store.read(sa.select(schema.veto)).empty
        assert store.read(sa.select(schema.pilot_site)).empty
