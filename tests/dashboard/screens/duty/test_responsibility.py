"""The page of responsibility: every figure is counted from the demonstration city's own rows."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.triggers import rising_years
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import values
from dashboard.periods import Period
from dashboard.screens.duty.entries import opened_entry
from dashboard.screens.duty.responsibility import PARTS, ResponsibilityScreen, responsibility_screen
from data_access.access import Scope
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader

QUARTER = Period.parse("2024Q4")


@pytest.fixture
def opened(own_reader: SnapshotReader, city_scope: Scope):
    """Open one part of the page."""

    def open_part(part: str, region: str | None = None, scope: Scope = city_scope, **own: str) -> ResponsibilityScreen:
        parameters = tuple({"part": part, **own}.items())
        context = Context(region or scope.region_code, QUARTER, "zh", "light", scope, parameters)
        return responsibility_screen(own_reader, context)

    return open_part


def share_of(reader: SnapshotReader, scope: Scope, name: str) -> tuple[float, float]:
    row = values(reader, scope, find_indicator(name), [scope.region_code], QUARTER).iloc[0]
    return row["numerator"], row["denominator"]


def counties(reader: SnapshotReader, scope: Scope) -> list[str]:
    regions = reader.regions(scope)
    return regions.index[regions["depth"] == 1].tolist()


def test_the_calendar_holds_one_city_twelve_counties_and_all_townships(opened, reader, city_scope):
    part = opened("secretaries").secretaries
    assert len(part.calendar) == 1 + 12
    december = part.calendar["2024-12"]
    below = [number for cell in december for number in cell.below if number[0] == "quarterly_dispatch"]
    assert sum(due for _, due, _, _ in below) == 126
    marks = [mark for cell in december for mark in cell.own if mark.kind == "quarterly_dispatch"]
    assert len(marks) == 13
    on_time = sum(mark.state == "on_time" for mark in marks) + sum(number[2] for number in below)
    assert (on_time, 139) == share_of(reader, city_scope, "ZR1t")
    assert "市 1、县区 12、乡镇（街道） 126" in part.verdict and "应开 139 次" in part.verdict


def test_a_county_shows_each_of_its_townships(opened, reader, city_scope):
    county = counties(reader, city_scope)[0]
    part = opened("secretaries", county).secretaries
    townships = (reader.regions(city_scope)["parent_code"] == county).sum()
    assert len(part.calendar) == 1 + townships
    assert not any(cell.below for cell in part.calendar["2024-12"])


def test_packages_add_up_and_every_post_is_listed(opened, reader, city_scope):
    part = opened("packages").packages
    total = part.board.iloc[-1]
    open_now, _ = share_of(reader, city_scope, "BA6")
    assert total["in_hand"] + total["in_review"] == open_now == part.posts["open"].sum()
    assert part.posts["level_key"].value_counts().to_dict() == {"county": 168, "city": 32}
    assert "市级 32 岗、县级 168 岗" in part.posts_note
    assert (part.board["over_90"] <= part.board["over_60"]).all() and (
        part.board["over_60"] <= part.board["over_30"]
    ).all()
    assert part.packages["late"].is_monotonic_decreasing


def test_a_package_is_drilled_to_its_township_and_grid(opened, reader, city_scope):
    county = opened("packages").packages.board.iloc[0]["href"].split("region=")[1].split("&")[0]
    below = opened("packages", county).packages
    regions = reader.regions(city_scope)
    townships = set(regions.loc[regions["parent_code"] == county, "name"])
    assert set(below.board["name"][:-1]) <= townships
    assert all(place.split(" · ")[0] in townships for place in below.packages["place"])


def test_those_to_be_called_in_are_those_the_rule_names(opened, reader, city_scope):
    part = opened("summons").summons
    expected = rising_years(reader, city_scope, counties(reader, city_scope), 2024)
    assert part.summons["region_code"].tolist() == expected.rows.index.tolist()
    assert (part.summons["state"] == t("duty.triggered", "zh")).all()
    newest = expected.basis["rate"].unstack().loc[expected.rows.index, part.years[-1]]
    for text, rate in zip(part.summons[str(part.years[-1])], newest, strict=True):
        assert text.endswith(f"起（{formatting.rate(rate)}/10万）"), "the rule goes by rates, not by counts"
    assert all(name in part.verdict for name in part.summons["name"])


def test_who_must_be_called_in_is_hidden_where_it_rests_on_small_counts(opened, city_scope):
    part = opened("summons", scope=Scope("auditor", city_scope.region_code)).summons
    assert part.hidden and part.summons.empty and part.verdict == t("duty.summons_hidden", "zh")


def test_deliveries_add_up_to_the_indicator(opened, reader, city_scope):
    part = opened("departments").departments
    cells = [cell for month in ("2024-10", "2024-11", "2024-12") for cell in part.matrix[month]]
    assert (sum(cell.on_time for cell in cells), sum(cell.due for cell in cells)) == share_of(reader, city_scope, "HS2")
    assert all(cell.on_time + cell.late + cell.missing == cell.due for cell in cells)
    assert part.matrix["department"].nunique() == 9
    quiet = [opened("departments", code).departments.verdict for code in counties(reader, city_scope)]
    assert not any("(0 个)" in verdict for verdict in quiet)


@pytest.mark.parametrize("part", PARTS)
def test_a_role_without_lists_sees_sums_only(opened, city_scope, part):
    screen = opened(part, scope=Scope("auditor", city_scope.region_code))
    shown = {table.key: len(table.frame) for table in screen.tables}
    assert not any(shown.get(key) for key in ("decisions", "packages", "posts", "consultation_items"))


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_at_every_level(opened, reader, city_scope, part):
    regions = reader.regions(city_scope)
    for depth in range(4):
        screen = opened(part, regions.index[regions["depth"] == depth][0])
        assert screen.tables


def test_a_report_on_a_decision_stands_beside_it_and_changes_no_figure(opened, own_reader, city_scope):
    before = opened("secretaries")
    entry = opened_entry(before)
    assert entry.states == ("done", "overdue") and entry.initial["task"]
    ledger = Ledger.beside(own_reader)
    ledger.write(
        city_scope,
        kind=entry.kind,
        region_code=entry.region_code,
        state="done",
        values={**entry.initial, "done_on": "2024-12-30", "report": "已配齐"},
        snapshot_id="s1",
        item_id=entry.item_id,
        published=entry.published,
    )
    after = opened("secretaries", item=entry.item_id)
    row = after.secretaries.decisions.rows.set_index("item_id").loc[entry.item_id]
    assert row["reported"].startswith("已完成（市级领导")
    assert row["state"] == "逾期未办结"
    assert after.secretaries.cards == before.secretaries.cards
    versions = opened_entry(after).versions
    assert "办理情况：— → 已配齐" in versions.iloc[0]["changes"]
    assert ledger.item(city_scope, entry.item_id).before["task"] == entry.initial["task"]


def test_a_decision_of_a_meeting_is_listed_with_the_others(opened, own_reader, city_scope):
    values_given = {"task": "=SUM(A1)", "unit": "司法局", "due_on": "2024-11-30"}
    item = Ledger.beside(own_reader).write(
        city_scope,
        kind="decision",
        region_code=city_scope.region_code,
        state="open",
        values=values_given,
        snapshot_id="s1",
    )
    owed = opened("secretaries").secretaries.decisions
    row = owed.rows.set_index("item_id").loc[item.item_id]
    assert (row["task"], row["status"], row["due"]) == ("=SUM(A1)", "overdue", "2024-11-30")


def test_a_summons_that_was_begun_stays_listed_until_it_ends(opened, own_reader, city_scope):
    ledger = Ledger.beside(own_reader)
    key = opened("summons").summons.summons.iloc[0]
    sent = ledger.write(
        city_scope,
        kind="summons",
        region_code=key["region_code"],
        state="sent",
        values={"due_on": date(2025, 3, 31)},
        snapshot_id="s1",
        item_id=key["item_id"],
    )
    assert opened("summons").summons.summons.iloc[0]["state"].startswith("已发出")
    earlier = ledger.write(
        city_scope,
        kind="summons",
        region_code=key["region_code"],
        state="sent",
        values={},
        snapshot_id="s1",
        item_id=sent.item_id.replace("2024", "2021"),
    )
    assert earlier.item_id in opened("summons").summons.summons["item_id"].tolist()


def test_a_county_leader_sees_their_county_only(own_reader, reader, city_scope):
    county = counties(reader, city_scope)[0]
    scope = Scope("county_leader", county)
    for part in PARTS:
        context = Context(county, QUARTER, "en", "light", scope, (("part", part),))
        screen = responsibility_screen(own_reader, context)
        assert screen.tables
    assert {screen.span.regions.index[0]} <= set(reader.regions(scope).index)


def test_a_county_is_told_of_itself_and_of_its_own_calendar(opened, reader, city_scope):
    rising, *_ = rising_years(reader, city_scope, counties(reader, city_scope), 2024).rows.index
    still = next(code for code in counties(reader, city_scope) if code != rising)
    for county, said in ((rising, "触发约谈规则"), (still, "未触发约谈规则")):
        part = opened("summons", county).summons
        name = reader.regions(city_scope).at[county, "name"]
        assert part.verdict.startswith(name + said)
        assert "县区" not in part.verdict + part.nobody + part.no_sheets + part.chance_note
        assert "至少一地" not in part.chance_note
    assert "乡镇（街道）" in opened("secretaries").secretaries.calendar_note
    assert "合计" not in opened("secretaries", still).secretaries.calendar_note


def test_the_part_that_opens_first_has_a_source(opened):
    for part in PARTS:
        assert not opened(part).without_source
    assert opened("").part == "secretaries"
