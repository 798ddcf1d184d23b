"""The wall's pictures: complete, within the viewer's reach, the same as long as the data are, and checked settings."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import values
from dashboard.screens.figures import figure_text
from dashboard.screens.overview import overview_screen
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.response import response_screen
from dashboard.wall import content
from dashboard.wall.content import regions_of_step, wall_context, wall_frame
from dashboard.wall.drawing import Place, draw_frame
from dashboard.wall.frames import drawn_frame
from dashboard.wall.settings import Panel, Step, WallSettings, find_screen, wall_settings
from data_access.access import Scope, read_config
from data_access.errors import ConfigError
from data_access.queries import SnapshotReader

FIRST = Place(0, 4, range(4))


@pytest.fixture(scope="module")
def hall():
    return find_screen("hall")


@pytest.fixture(scope="module")
def counties(reader, city_scope) -> list[str]:
    regions = reader.regions(city_scope)
    return regions.index[regions["depth"] == 1].tolist()


def test_playlist_goes_through_its_steps_and_each_county(reader, city_scope, hall, counties):
    drawn = drawn_frame(reader, city_scope, hall, 0)
    assert drawn.count == 3 + len(counties)
    assert drawn_frame(reader, city_scope, hall, 3).region == counties[0]
    assert drawn_frame(reader, city_scope, hall, drawn.count).position == 0


def test_picture_says_what_it_is_and_how_old(reader, city_scope, hall):
    html = drawn_frame(reader, city_scope, hall, 0).html
    for text in ("平安态势", "示例市", "演示数据", "截至 2024-12-31", reader.snapshot().snapshot_id):
        assert text in html


def test_figures_are_those_of_the_indicators(reader, city_scope, hall):
    context = wall_context(reader, city_scope, hall, None)
    cards = {card.title: card.figure for card in wall_frame(reader, context, wall_settings().steps["disputes"]).figures}
    for name in ("MT1", "BH2", "BH2n", "YJ1"):
        item = find_indicator(name)
        row = values(reader, city_scope, item, [context.region], context.period).iloc[0]
        assert cards[item.label("zh")] == figure_text(item, row["value"], row["denominator"], "zh")


def test_card_of_what_is_overdue_counts_all_that_it_does_not_list(reader, city_scope, hall):
    context = wall_context(reader, city_scope, hall, None)
    frame = wall_frame(reader, context, wall_settings().steps["situation"])
    card = next(each for each in frame.right if each.kind == "overdue")
    every = reader.overdue(city_scope, context.region, context.period.end, 500)
    assert len(card.rows) + card.left_out == len(every) > len(card.rows)
    assert f'data-left-out="{card.left_out}"' in draw_frame(frame, "zh", "dark", FIRST)


def test_nothing_changes_while_the_data_stay_the_same(reader, city_scope, hall):
    context = wall_context(reader, city_scope, hall, None)
    step = wall_settings().steps["situation"]
    first, second = (draw_frame(wall_frame(reader, context, step), "zh", "dark", FIRST) for _ in range(2))
    assert first == second


def test_pointer_goes_down_to_a_grid_and_back_by_one(reader, city_scope, hall, counties):
    regions = reader.regions(city_scope)
    code, seen = counties[0], []
    for _ in range(3):
        drawn = drawn_frame(reader, city_scope, hall, 0, code)
        seen.append((drawn.region, drawn.parent))
        children = regions.index[regions["parent_code"] == code].tolist()
        code = children[0] if children else code
    assert [region for region, _ in seen] == [region for region, _ in dict.fromkeys(seen)]
    assert [parent for _, parent in seen] == [city_scope.region_code, seen[0][0], seen[1][0]]


def test_county_sees_itself_and_nobody_else(reader, counties, hall):
    own, other = counties[:2]
    scope = Scope("county_leader", own)
    assert drawn_frame(reader, scope, hall, 0, other).region == own
    assert drawn_frame(reader, scope, hall, 0).parent is None
    names = reader.regions(Scope("city_leader", reader.snapshot().root_code))["name"]
    html = drawn_frame(reader, scope, hall, 0).html
    assert names[own] in html
    assert not [names[code] for code in counties[1:] if f">{names[code]}<" in html]


def test_grades_have_shape_word_and_hatch_beside_colour(reader, city_scope, hall):
    html = drawn_frame(reader, city_scope, hall, 0).html
    assert 'id="hatch-red"' in html
    assert "◆ 黄" in html or "● 蓝" in html


def test_unknown_screen_is_said_with_the_known_ones():
    with pytest.raises(ConfigError) as problem:
        find_screen("basement")
    assert "hall" in problem.value.message("zh")


def test_settings_that_name_what_does_not_exist_are_refused():
    given = read_config("wall.toml")
    given["screens"]["hall"]["steps"] = ["attic"]
    with pytest.raises(ValidationError, match="attic"):
        WallSettings.model_validate(given)
    given = read_config("wall.toml")
    given["steps"]["situation"]["figures"] = ["NO_SUCH"]
    with pytest.raises(ValidationError, match="NO_SUCH"):
        WallSettings.model_validate(given)


@pytest.mark.parametrize("fields", [{"kind": "trend"}, {"kind": "late", "indicator": "BH2"}, {"kind": "fireworks"}])
def test_panels_name_an_indicator_just_when_they_need_one(fields):
    with pytest.raises(ValidationError):
        Panel.model_validate(fields)


@pytest.mark.parametrize("change", [{"seconds": 1}, {"figures": ["BH2"] * 7}, {"left": []}])
def test_steps_keep_to_what_a_room_can_read(change):
    step = read_config("wall.toml")["steps"]["situation"]
    with pytest.raises(ValidationError):
        Step.model_validate({**step, **change})


def test_a_wide_screen_gets_wide_charts_and_every_chart_says_its_unit(reader, city_scope, hall):
    wide = find_screen("hall_wide")
    usual, stretched = (drawn_frame(reader, city_scope, each, 0).html for each in (hall, wide))
    assert 'class="chart" viewBox="0 0 430 190"' in usual
    assert 'class="chart" viewBox="0 0 891 190"' in stretched
    assert "单位：起/10万" in usual and "件；竖线为去年同期" in drawn_frame(reader, city_scope, hall, 1).html
    assert "较去年同期" in usual


def test_sentence_answers_the_question_of_the_step(reader, city_scope, hall):
    context, steps = wall_context(reader, city_scope, hall, None), wall_settings().steps
    assert wall_frame(reader, context, steps["situation"]).verdict == overview_screen(reader, context).outcome
    assert wall_frame(reader, context, steps["disputes"]).verdict == disputes_screen(reader, context).verdict
    assert wall_frame(reader, context, steps["response"]).verdict == response_screen(reader, context).verdict


def test_each_step_has_a_dot_and_a_step_of_many_pictures_says_which_one_stands(reader, city_scope, hall, counties):
    first, second = (drawn_frame(reader, city_scope, hall, position).html for position in (0, 4))
    assert [int(each) for each in re.findall(r'data-position="(\d+)"', first)] == [0, 1, 2, 3]
    assert f"2/{len(counties)}</li>" in second and "/" not in first.split('class="dots"')[1].replace("</", "")


def test_step_through_too_many_regions_is_left_out(reader, city_scope, hall, counties, monkeypatch):
    few = wall_settings().model_copy(update={"most_regions": len(counties) - 1})
    monkeypatch.setattr(content, "wall_settings", lambda: few)
    context, step = wall_context(reader, city_scope, hall, None), wall_settings().steps["counties"]
    assert regions_of_step(reader, context, step) == ()


def test_data_of_one_outcome_get_one_picture_full_of_it(toronto_home, hall):
    reader = SnapshotReader(toronto_home)
    viewer = Scope("city_leader", reader.snapshot().root_code)
    drawn = drawn_frame(reader, viewer, hall, 1)
    assert drawn.count == 1
    frame = wall_frame(reader, wall_context(reader, viewer, hall, None), wall_settings().steps["situation"])
    assert [each.kind for each in frame.left] == ["ranking", "late"]
    assert [each.kind for each in frame.right] == ["changes", "trend"]
    assert not [each.title for each in (*frame.left, *frame.right) if each.rows.empty and each.kind != "late"]
    assert frame.right[1].rows["value"].count() > 1, "one year's rate is no course: victims are drawn"


def test_sentence_on_disputes_leaves_out_the_share_of_those_due_where_no_deadline_is_known(example_home, hall):
    reader = SnapshotReader(example_home("baltimore"))
    context = wall_context(reader, Scope("city_leader", reader.snapshot().root_code), hall, None)
    frame = wall_frame(reader, context, wall_settings().steps["disputes"])
    assert "无数据" not in frame.verdict and "本年累计化解率 96.7%" in frame.verdict
    assert not [each.title for each in (*frame.left, *frame.right) if each.rows.empty]
