"""Who sees what on the page of data quality: no count of incidents for roles without small counts, no county above the scope."""

from __future__ import annotations

import pytest

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.periods import Period
from dashboard.screens.data.quality import quality_screen
from dashboard.screens.work.campaigns import may_see_campaigns
from data_access.access import Scope
from data_access.queries import SnapshotReader

PERIOD = Period.parse("2024Q4")


def rows_of(reader, scope: Scope, region: str):
    return quality_screen(reader, Context(region, PERIOD, "zh", "light", scope)).found.rows


def test_checks_that_count_incidents_are_for_roles_that_may_see_small_counts(reader, city_scope):
    coverage = reader.coverage(city_scope)
    police = set(coverage.loc[coverage["measure"] == "homicide_incidents", "source"])
    seen = rows_of(reader, city_scope, city_scope.region_code)
    told = rows_of(reader, Scope("auditor", city_scope.region_code), city_scope.region_code)
    assert police & set(seen["source"]) and len(told)
    assert not police & set(told["source"])
    assert "value_digit" in set(seen["check"]) and "value_digit" not in set(told["check"])


@pytest.mark.parametrize("depth", [2, 3])
def test_a_scope_below_the_counties_has_nothing_to_check_and_no_error(reader, city_scope, depth):
    regions = reader.regions(city_scope)
    region = regions.index[regions["depth"] == depth][0]
    assert rows_of(reader, Scope("township_leader", region), region).empty


@pytest.mark.parametrize(("role", "told"), [("city_leader", True), ("public_demo", False), ("auditor", False)])
def test_alarms_by_class_and_day_are_for_roles_that_may_see_small_counts(city_scope, role, told):
    scope = Scope(role, city_scope.region_code)
    assert may_see_campaigns(Context(scope.region_code, PERIOD, "zh", "light", scope)) == told


def test_where_nothing_can_be_tested_no_chance_is_given(toronto_home):
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    screen = quality_screen(toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope))
    assert screen.chance_sentence == t("quality.nothing_tested", "zh")
