"""A meeting keeps its order, its data and its decisions, and hands them on to the next one."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from dashboard.briefing.model import plain
from dashboard.context import Context
from dashboard.meeting.drawing import region
from dashboard.meeting.record import close_meeting, moved, reorder_meeting, start_meeting
from dashboard.periods import Period
from dashboard.screens.rooms.meeting import CLOSING, OPENING, meeting_screen, seats_of, shown_to_seats
from data_access.__main__ import main
from data_access.access import Scope, load_roles
from data_access.errors import ConflictError, ScopeError, WriteRefused
from data_access.ledger.held import held_snapshot_ids
from data_access.store.snapshot_files import kept_snapshot_ids, serve, snapshot_file
from data_access.store.snapshot_store import KEPT_SNAPSHOTS


def begin(screen, ledger, scope):
    start_meeting(ledger, scope, screen.meeting, screen.agenda, screen.briefing.snapshot_id)


def decide(ledger, scope, screen, task="补齐夜间巡查", due_on="2024-11-30", **more):
    return ledger.write(
        scope,
        kind="decision",
        region_code=screen.agenda[0],
        state="open",
        values={"task": task, "unit": "公安局", "due_on": due_on},
        snapshot_id=screen.briefing.snapshot_id,
        parent_id=screen.meeting.meeting_id,
        **more,
    )


def test_meeting_goes_from_opening_over_every_county_to_closing(screen_of):
    screen = screen_of("2024Q4")
    assert screen.at == OPENING
    assert len(screen.stops) == 14
    seen = [screen.at]
    while screen.after:
        screen = screen_of("2024Q4", at=screen.after)
        seen.append(screen.at)
    assert seen == list(screen.stops)
    assert screen.at == CLOSING
    assert screen_of("2024Q4", at="no-such-region").at == OPENING


def test_order_is_red_first_then_the_largest_fall_and_can_be_changed_and_kept(screen_of, ledger, city_scope):
    screen = screen_of("2024Q4")
    changes = [page.standing.change for page in screen.pages if page.standing.grade != "red"]
    assert changes == sorted(changes)
    begin(screen, ledger, city_scope)
    order = moved(screen.agenda, screen.agenda[-1], -99)
    reorder_meeting(ledger, city_scope, screen_of("2024Q4").meeting, order)
    assert screen_of("2024Q4").agenda == order
    assert screen_of("2024Q3").agenda != order


def test_next_meeting_opens_with_what_was_decided(screen_of, ledger, city_scope):
    screen = screen_of("2024Q3")
    begin(screen, ledger, city_scope)
    item = decide(ledger, city_scope, screen)
    now = screen_of("2024Q3", at=screen.agenda[0])
    assert [each.task for each in now.recorded_here()] == ["补齐夜间巡查"]
    assert [step.task for step in now.briefing.steps] == ["补齐夜间巡查"]
    close_meeting(ledger, city_scope, now.meeting)
    following = screen_of("2024Q4")
    assert [each.decision_id for each in following.last_decided] == [item.item_id]
    assert following.briefing.decisions.earlier[0].decision_id == item.item_id
    assert following.briefing.decisions.earlier[0].state == "overdue"
    page = next(page for page in following.pages if page.standing.region_code == item.region_code)
    assert page.decisions[0].task == "补齐夜间巡查"
    assert following.briefing.decisions.new == ()


def test_closed_meeting_shows_the_same_when_data_and_decisions_went_on(
    screen_of, ledger, city_scope, own_home, tmp_path
):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    item = decide(ledger, city_scope, screen, due_on="2025-02-28")
    close_meeting(ledger, city_scope, screen_of("2024Q4").meeting)
    before = plain(screen_of("2024Q4").briefing)
    first = screen.briefing.snapshot_id
    for number in range(2, KEPT_SNAPSHOTS + 4):
        copy = tmp_path / f"{number}.duckdb"
        shutil.copy(snapshot_file(own_home, first), copy)
        serve(own_home, copy, f"2025Q1-{number:04d}", held_snapshot_ids(own_home))
    ledger.write(
        city_scope,
        kind="decision",
        region_code=item.region_code,
        state="done",
        values={"done_on": "2025-01-31"},
        snapshot_id=first,
        item_id=item.item_id,
        seen_version=item.version,
    )
    assert first in kept_snapshot_ids(own_home)
    assert len(kept_snapshot_ids(own_home)) == KEPT_SNAPSHOTS + 1
    again = screen_of("2024Q4")
    assert again.meeting.is_closed
    assert again.briefing.snapshot_id == first
    assert plain(again.briefing) == before


def test_closed_meeting_needs_neither_its_snapshot_nor_the_rules_of_its_time(
    screen_of, ledger, city_scope, own_home, own_reader, monkeypatch
):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    decide(ledger, city_scope, screen, due_on="2025-02-28")
    english = Context(city_scope.region_code, Period.parse("2024Q4"), "en", "light", city_scope)
    chinese = replace(english, language="zh")
    meeting = screen_of("2024Q4").meeting
    seats = seats_of(own_reader, meeting, city_scope)
    assert {seat.role for seat in seats} == set(load_roles()) - {"public_demo"}
    seen = {(seat, view.language): see(own_reader, view, seat) for seat in seats for view in (chinese, english)}
    close_meeting(ledger, city_scope, meeting, shown_to_seats(own_reader, ledger, meeting, chinese))
    # A later version of the program may count otherwise, or may not read so old a snapshot at all.
    monkeypatch.setattr("dashboard.screens.rooms.meeting.build_briefing", _refuse)
    monkeypatch.setattr("dashboard.screens.rooms.meeting.reader_of", _refuse)
    assert screen_of("2024Q4").meeting.is_closed
    for (seat, language), (briefing, tables) in seen.items():
        again, tables_again = see(own_reader, replace(english, language=language), seat)
        assert again == briefing, seat
        assert tables_again == tables, seat
    # What was kept for one seat is no other's to see: one that may not open the meeting counts for itself.
    with pytest.raises(AssertionError, match="counted anew"):
        see(own_reader, english, Scope("public_demo", city_scope.region_code))


def see(reader, view, seat):
    screen = meeting_screen(reader, replace(view, viewer=seat))
    return screen.briefing, [table.frame.to_dict() for table in screen.tables]


def test_a_countys_meeting_keeps_each_seat_its_own_view_and_gives_none_a_wider_one(own_reader, ledger, city_scope):
    regions = own_reader.regions(city_scope)
    county = regions.index[regions["depth"] == 1][0]
    leader = Scope("county_leader", county)
    view = Context(county, Period.parse("2024Q4"), "zh", "light", leader)
    screen = meeting_screen(own_reader, view)
    begin(screen, ledger, leader)
    seats = seats_of(own_reader, screen.meeting, leader)
    assert {seat.region_code for seat in seats} == {city_scope.region_code, county}
    meeting = meeting_screen(own_reader, view).meeting
    seen = {seat: see(own_reader, view, seat)[0] for seat in seats}
    close_meeting(ledger, leader, meeting, shown_to_seats(own_reader, ledger, meeting, view))
    closed = meeting_screen(own_reader, view).meeting
    assert {seat: closed.shown_to(seat, "zh") for seat in seats} == seen
    others = regions["name"][(regions["depth"] == 1) & (regions.index != county)]
    own_view = json.dumps(plain(closed.shown_to(leader, "zh")), ensure_ascii=False)
    assert not [name for name in others if name in own_view]
    for stranger in (Scope("county_leader", regions.index[regions["depth"] == 1][1]), Scope("public_demo", county)):
        assert closed.shown_to(stranger, "zh") is None


def _refuse(*_: object) -> None:
    raise AssertionError("counted anew")


def test_what_a_meeting_showed_is_not_listed_as_text(screen_of, ledger, city_scope, own_home):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    close_meeting(ledger, city_scope, screen_of("2024Q4").meeting, [(city_scope, screen.briefing)])
    arguments = ["--home", str(own_home.path), "ledger", "list", "--kind", "meeting"]
    listed = CliRunner().invoke(main, arguments)
    assert listed.exit_code == 0, listed.output
    assert "closed" in listed.output
    assert "shown_zh" not in listed.output


def test_closed_meeting_takes_no_other_order_and_cannot_be_closed_twice(screen_of, ledger, city_scope):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    close_meeting(ledger, city_scope, screen_of("2024Q4").meeting)
    with pytest.raises(WriteRefused):
        reorder_meeting(ledger, city_scope, screen_of("2024Q4").meeting, screen.agenda[::-1])


def test_two_secretaries_changing_one_decision_get_a_conflict_and_lose_nothing(screen_of, ledger, city_scope):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    item = decide(ledger, city_scope, screen)
    decide(ledger, city_scope, screen, task="甲改", item_id=item.item_id, seen_version=1)
    with pytest.raises(ConflictError, match="overwritten"):
        decide(ledger, city_scope, screen, task="乙改", item_id=item.item_id, seen_version=1)
    assert [each.task for each in screen_of("2024Q4", at=CLOSING).recorded_here()] == ["甲改"]


def test_two_secretaries_starting_at_once_hold_one_meeting(screen_of, ledger, city_scope):
    screen = screen_of("2024Q4")
    begin(screen, ledger, city_scope)
    with pytest.raises(ConflictError):
        start_meeting(ledger, city_scope, screen.meeting, screen.agenda[::-1], screen.briefing.snapshot_id)


def test_a_role_that_holds_no_meetings_may_look_but_not_begin(screen_of, ledger, own_reader):
    scope = Scope("analyst", own_reader.snapshot().root_code)
    with pytest.raises(ScopeError):
        begin(screen_of("2024Q4"), ledger, scope)


def test_what_people_reported_on_a_published_decision_is_said(screen_of, ledger, city_scope):
    screen = screen_of("2024Q4")
    late = next(each for each in screen.briefing.decisions.earlier if each.state == "overdue")
    ledger.write(
        city_scope,
        kind="decision",
        region_code=late.region_code,
        state="done",
        values={
            "task": late.task,
            "unit": late.unit,
            "due_on": "2024-10-01",
            "done_on": "2024-12-20",
            "report": "已全部办结",
        },
        snapshot_id=screen.briefing.snapshot_id,
        item_id=late.decision_id,
    )
    again = next(
        each for each in screen_of("2024Q4").briefing.decisions.earlier if each.decision_id == late.decision_id
    )
    assert (again.state, again.report) == ("done", "已全部办结")


def test_a_county_without_data_and_one_with_200_overdue_items_are_said_whole_on_their_screen(screen_of, city_scope):
    screen = screen_of("2024Q4")
    context = Context(city_scope.region_code, Period.parse("2024Q4"), "zh", "light", city_scope)
    page = screen.pages[0]
    unknown = {"index": None, "lower": None, "upper": None, "change": None, "index_text": "—", "interval_text": ""}
    blank = replace(page.standing, grade="insufficient", months=(), strip=(), losses=(), **unknown)
    html = str(region(screen, replace(page, standing=blank, empty_reason="本季数据不足，不评指数"), context, "司法局"))
    assert "来源 司法局" in html
    assert "本季数据不足，不评指数" in html and "数据不足" in html
    assert not {"nan", "None"} & set(re.findall(r"\w+", html))
    unit = "示" * 40
    late = tuple(replace(page.overdue[0], owner=unit) for _ in range(4))
    html = str(region(screen, replace(page, overdue=late, overdue_count=200), context, "司法局"))
    assert "逾期事项 200 项" in html and unit in html


def test_periods_without_a_meeting_before_open_with_nothing_of_this_program(screen_of):
    assert screen_of("2024Q4").last_decided == ()
    assert Period.parse("2024Q3").end < Period.parse("2024Q4").start


def test_who_may_not_see_what_is_overdue_is_not_told_that_nothing_is(own_reader):
    city = own_reader.snapshot().root_code
    context = Context(city, Period.parse("2024Q4"), "zh", "light", Scope("auditor", city))
    screen = meeting_screen(own_reader, context)
    agenda = screen.tables[0].frame
    assert agenda[["overdue", "open"]].isna().all(axis=None)
    drawn = region(screen, screen.pages[0], context, "")
    assert "没有逾期事项" not in drawn and "不能查看议定事项和包案记录" in drawn


def test_meeting_closes_with_what_is_left_undone_and_what_the_figures_suggest(screen_of):
    screen = screen_of("2024Q4")
    unsettled, proposed = screen.tables[-2:]
    assert len(unsettled.frame) == sum(each.state in ("open", "overdue") for each in screen.briefing.decisions.earlier)
    assert proposed.frame["task"].tolist() == [each.task for each in screen.briefing.steps if each.proposed]
