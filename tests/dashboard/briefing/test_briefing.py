"""The briefing says what the screens say, in the fixed order, and never clips or hides."""

from __future__ import annotations

import io
from dataclasses import FrozenInstanceError

import pytest
from pptx import Presentation

from dashboard.briefing import BriefingError, Decisions, build_briefing
from dashboard.briefing.build import agenda_order
from dashboard.briefing.questions import Fact, meeting_settings, questions_of
from dashboard.briefing.sections import MAIN_SECTIONS, closure_of
from dashboard.briefing.writers.slides import pptx_bytes
from dashboard.briefing.writers.wording import BULLET, region_lines
from dashboard.context import Context
from dashboard.indicators.evaluate import values
from dashboard.periods import Period
from dashboard.screens.duty.assessment import assessment_screen
from dashboard.screens.overview import overview_screen
from dashboard.screens.ranking import ranking_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader
from tests.dashboard.briefing.conftest import PERIOD


def test_parts_stand_in_the_order_of_a_dispatch_meeting(briefing):
    main = [section.title for section in briefing.sections if not section.is_annex]
    assert main == ["总体情况", "排名通报", "突出问题", "前期整改", "下一步工作"]
    assert [section.key for section in briefing.sections][:5] == list(MAIN_SECTIONS)
    assert [section.is_annex for section in briefing.sections][5:] == [True] * (len(briefing.sections) - 5)


def test_numbers_and_texts_are_the_screens_own(reader, city_scope, briefing):
    context = Context(city_scope.region_code, PERIOD, "zh", "light", city_scope)
    overview, ranking = overview_screen(reader, context), ranking_screen(reader, context)
    assert briefing.verdict == overview.verdict
    assert [figure.name for figure in briefing.figures] == [card.title for card in overview.cards]
    assert [figure.id for figure in briefing.figures] == list(overview.shown)
    for figure in briefing.figures:
        if figure.id == "index":
            assert figure.value == overview.graded.own["index"]
            continue
        own = values(reader, city_scope, figure.id, [city_scope.region_code], PERIOD).iloc[0]
        assert figure.value == own["value"]
    assert [standing.region_code for standing in briefing.league] == ranking.rows.index.tolist()
    for standing in briefing.league:
        row = ranking.league.rows.loc[standing.region_code]
        assert (standing.index, standing.lower, standing.grade) == (row["index"], row["lower"], row["grade"])
        assert standing.reasons == ranking.rows.at[standing.region_code, "reasons"]


def test_a_briefing_cannot_be_changed_and_is_kept(reader, city_scope, briefing):
    with pytest.raises(FrozenInstanceError):
        briefing.verdict = "好"  # type: ignore[misc]
    assert build_briefing(reader, city_scope, city_scope.region_code, PERIOD, "zh") is briefing


def test_agenda_takes_red_first_then_the_largest_fall_and_regions_without_index_last(briefing):
    from dataclasses import replace

    first, second, third = briefing.league[:3]
    red = replace(first, grade="red", change=5.0)
    fallen = replace(second, grade="blue", change=-9.0)
    blank = replace(third, grade="insufficient", index=None, change=None)
    assert agenda_order((blank, fallen, red)) == (red, fallen, blank)


def test_earlier_decisions_are_listed_overdue_first_with_their_state(briefing):
    states = [each.state for each in briefing.decisions.earlier]
    assert states == sorted(states, key=["overdue", "open", "done", "cancelled"].index)
    assert {"overdue", "done"} <= set(states)
    done = next(each for each in briefing.decisions.earlier if each.state == "done")
    assert closure_of(done) == "to_review"


def test_steps_before_the_meeting_are_marked_as_proposals(briefing, hard_briefing):
    assert 1 <= len(briefing.steps) <= 5
    assert all(step.proposed for step in briefing.steps)
    assert [step.proposed for step in hard_briefing.steps] == [False]


def test_characters_are_counted_against_both_limits(briefing):
    assert 1000 < briefing.characters < 4000
    assert "4,000" in briefing.characters_text
    assert "5,000" in briefing.characters_text


def test_a_role_that_opens_no_records_gets_the_reason_instead(reader):
    scope = Scope("public_demo", reader.snapshot().root_code)
    briefing = build_briefing(reader, scope, scope.region_code, PERIOD, "zh")
    assert briefing.decisions.earlier == ()
    assert briefing.overdue == ()
    section = next(section for section in briefing.sections if section.key == "rectification")
    assert "不查看" in section.paragraphs[0]
    assert "公开演示" in briefing.stamp


def test_a_longer_decision_than_is_laid_out_is_refused_with_its_length(reader, city_scope, hard_briefing):
    from dataclasses import replace

    decision = replace(hard_briefing.decisions.earlier[0], task="字" * 2001)
    with pytest.raises(BriefingError, match="2001") as caught:
        build_briefing(reader, city_scope, city_scope.region_code, PERIOD, "zh", Decisions((decision,), ()))
    assert "2000" in caught.value.message("zh")


def test_questions_come_from_the_figures_and_name_them(briefing):
    assert all(1 <= len(page.questions) <= meeting_settings().most_questions for page in briefing.pages)
    facts = {"decisions_overdue": Fact(2, detail="司法局"), "months_red": Fact(1)}
    assert questions_of(facts, "zh") == ("此前议定事项有 2 项逾期未结，原因是什么？司法局何时办结？",)


def test_both_languages_carry_the_same_numbers(briefing, english_briefing):
    assert [each.value for each in briefing.figures] == [each.value for each in english_briefing.figures]
    assert [each.index for each in briefing.league] == [each.index for each in english_briefing.league]
    assert len(briefing.problems) == len(english_briefing.problems)


def test_matrix_of_townships_is_the_assessment_pages_own(reader, city_scope, briefing):
    context = Context(city_scope.region_code, PERIOD, "zh", "light", city_scope)
    creation = assessment_screen(reader, context).creation
    assert [each.name for each in briefing.townships] == creation.rows["name"].tolist()
    assert [each.grades[0] for each in briefing.townships] == creation.rows["line_1"].tolist()
    assert len(briefing.matrix_lines) == 12
    assert [row[4].text for row in briefing.table("matrix").rows] == [each.words[0] for each in briefing.townships]


def test_each_list_beside_a_region_has_its_first_item_however_little_room_is_left(briefing, hard_briefing):
    page = next(page for page in briefing.pages if page.overdue_count and len(page.decisions) > 2)
    lines = region_lines(page, briefing, 30, 14)
    overdue = lines.index(f"逾期事项 {page.overdue_count} 项")
    assert page.overdue[0].owner in lines[overdue + 1]
    # A decision of 2,000 signs finds no room: it is said where it stands.
    page = next(page for page in hard_briefing.pages if page.overdue_count == 200)
    lines = region_lines(page, hard_briefing, 30, 20)
    assert BULLET + "见“前期整改”" in lines
    shown = lines[lines.index("逾期事项 200 项") + 1 : -1]
    assert shown and lines[-1] == f"{BULLET}另有 {200 - len(shown)} 项，见附件"


def test_data_without_grades_get_no_tables_of_dashes_and_each_region_its_own_outcome(example_home):
    reader = SnapshotReader(example_home("baltimore"))
    root = reader.snapshot().root_code
    given = build_briefing(reader, Scope("city_leader", root), root, Period.parse("2018Q4"), "zh")
    assert not given.table("league").rows and not given.table("strip").rows
    assert {page.outcome.name for page in given.pages} == {"累计化解率（本年）"}
    slides = [
        [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        for slide in Presentation(io.BytesIO(pptx_bytes(given))).slides
    ]
    assert all(slide.count("上次会议没有议定事项，也没有更早的未结事项。") <= 1 for slide in slides)
    assert not any("由低到高" in text for slide in slides for text in slide)
