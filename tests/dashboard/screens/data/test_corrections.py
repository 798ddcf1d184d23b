"""A figure that is declared wrong is recorded beside the computed one, with its reason, and overwrites nothing."""

from __future__ import annotations

import shutil

import pytest

from dashboard.context import Context
from dashboard.indicators.evaluate import values
from dashboard.periods import Period
from dashboard.screens.data.corrections import corrections_screen
from dashboard.screens.data.quality import quality_screen
from data_access.access import Scope
from data_access.errors import ScopeError, WriteRefused
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader

PERIOD = Period.parse("2024Q4")


@pytest.fixture
def own_reader(demonstration_home, tmp_path) -> SnapshotReader:
    home = Home(tmp_path / "own")
    shutil.copytree(demonstration_home.path, home.path, ignore=shutil.ignore_patterns("ledger*", "working*"))
    return SnapshotReader(home)


@pytest.fixture
def county_scope(own_reader, city_scope) -> Scope:
    regions = own_reader.regions(city_scope)
    return Scope("county_leader", regions.index[regions["depth"] == 1][0])


def context_of(scope: Scope, **own: str) -> Context:
    return Context(scope.region_code, PERIOD, "zh", "light", scope, tuple(own.items()))


def declare(reader, scope, state="declared", declared=95.0, reason="两县合并口径漏报", indicator="BH2", seen=0):
    entry = corrections_screen(reader, context_of(scope, indicator=indicator)).entry
    return Ledger.beside(reader).write(
        scope,
        kind=entry.kind,
        region_code=entry.region_code,
        state=state,
        values={**(entry.initial if seen == 0 else {}), "declared": declared},
        snapshot_id=reader.snapshot().snapshot_id,
        item_id=entry.item_id,
        seen_version=seen,
        reason=reason,
    )


def test_a_correction_is_listed_with_both_figures_and_their_difference(own_reader, city_scope):
    before = values(own_reader, city_scope, "BH2", [city_scope.region_code], PERIOD).iloc[0]["value"]
    assert corrections_screen(own_reader, context_of(city_scope)).rows.empty
    declare(own_reader, city_scope)
    row = corrections_screen(own_reader, context_of(city_scope)).rows.iloc[0]
    assert row["declared"] == "95%"
    assert float(row["computed"].rstrip("%")) == pytest.approx(before * 100, abs=1e-3)
    assert float(row["difference"].rstrip("%")) == pytest.approx(95 - before * 100, abs=1e-3)
    assert (row["state"], row["reason"], row["role"]) == ("已申报", "两县合并口径漏报", "市级领导")
    assert values(own_reader, city_scope, "BH2", [city_scope.region_code], PERIOD).iloc[0]["value"] == before


def test_what_the_page_shows_of_corrections_is_also_its_table(own_reader, city_scope):
    quality_screen(own_reader, context_of(city_scope))  # what was prepared before must not stand in for what came since
    declare(own_reader, city_scope)
    tables = {table.key: table for table in quality_screen(own_reader, context_of(city_scope)).tables}
    assert len(tables["corrections"].frame) == 1


def test_a_county_declares_and_only_the_city_accepts(own_reader, city_scope, county_scope):
    item = declare(own_reader, county_scope)
    with pytest.raises(ScopeError):
        declare(own_reader, county_scope, state="accepted", seen=item.version)
    with pytest.raises(WriteRefused, match="reason"):
        declare(own_reader, county_scope, reason="", indicator="BH1")
    entry = corrections_screen(own_reader, context_of(county_scope, indicator="BH2")).entry
    assert entry.item is not None and entry.item.state == "declared"
    seen_by_city = corrections_screen(own_reader, context_of(city_scope)).rows
    assert seen_by_city["role"].tolist() == ["县区领导"]


def test_a_role_without_small_counts_reads_no_number_of_a_correction(own_reader, city_scope):
    declare(own_reader, city_scope)
    viewer = Scope("administrator", city_scope.region_code)
    assert not viewer.permissions.small_counts
    screen = corrections_screen(own_reader, context_of(viewer, indicator="BH2"))
    assert screen.rows[["computed", "declared", "difference"]].iloc[0].tolist() == ["—", "—", "—"]
    assert set(screen.entry.versions["changes"]) == {"—"}
