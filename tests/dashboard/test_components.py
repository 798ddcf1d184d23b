"""Cards say where their figure comes from; texts are escaped; downloads hold what is shown and run nothing."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pandas as pd
import pytest
from markupsafe import Markup
from streamlit.testing.v1 import AppTest

from dashboard.components import (
    Basis,
    Card,
    CardError,
    Column,
    Definition,
    chart_card,
    grade_chip,
    grade_strip,
    risk_chip,
)
from dashboard.components.cards import card_markup
from dashboard.components.chips import interval_bar
from dashboard.components.downloads import Offer, csv_bytes, file_stem, harmless, xlsx_bytes
from dashboard.components.html import filled, joined
from dashboard.components.period_menu import period_menu
from dashboard.components.tables import MAX_ROWS, table_markup
from dashboard.context import Context
from dashboard.lateness import late_rows
from dashboard.navigation import PAGES
from dashboard.periods import Period
from dashboard.screens.tables import ScreenTable
from data_access.access import Scope

THROUGH = date(2024, 12, 31)
SCRIPT = "<script>alert(1)</script>"
HEADING = (("数据快照", "2024Q4-0001"), ("区划", "=cmd|' /C calc'!A0"))


def card(**changes) -> Card:
    return Card(**({"title": "命案", "figure": "0.41", "data_through": THROUGH, "source": "公安警情平台"} | changes))


@pytest.mark.parametrize("missing", [{"data_through": None}, {"data_through": pd.NaT}, {"source": ""}, {"title": ""}])
def test_a_card_without_date_source_or_title_is_refused(missing):
    with pytest.raises(CardError):
        card(**missing)


@pytest.mark.parametrize("missing", [{"data_through": None}, {"source": ""}])
def test_a_chart_card_without_date_or_source_is_refused_before_anything_is_drawn(missing):
    said = {"title": "趋势", "data_through": THROUGH, "source": "公安警情平台", "key": "trend"} | missing
    with pytest.raises(CardError), chart_card("zh", **said):
        pytest.fail("the block must not run")


@pytest.mark.parametrize(
    ("rows", "refused", "words"),
    [
        (["岚川县"], False, "岚川县"),
        ([], False, "本期没有记录"),
        (["岚川县"], True, "本角色看不到名单"),
    ],
)
def test_a_table_card_holds_its_table_or_says_why_it_holds_none(rows, refused, words):
    def screen(rows: list[str], refused: bool) -> None:
        from datetime import date

        import pandas as pd

        from dashboard.components import Column, table_card

        table_card(
            pd.DataFrame({"name": rows}),
            [Column(name="name", title="地区")],
            "zh",
            title="名单",
            empty=("本期没有记录",),
            refusal=("本角色看不到名单", "请改用汇总表") if refused else None,
            data_through=date(2024, 12, 31),
            source="示例来源",
            key="list",
        )

    app = AppTest.from_function(screen, args=(rows, refused), default_timeout=60).run()
    drawn = "".join(element.proto.body for element in app.get("html"))
    assert words in drawn
    assert ("岚川县" in drawn) == (words == "岚川县")
    assert "示例来源" in drawn


def test_a_card_says_everything_it_was_given():
    html = card_markup(
        card(
            unit="/10万",
            interval="0.26–0.62",
            change="−3",
            change_words="降 · 好转",
            compared_with="比上年",
            sentence="在偶然波动范围内。",
            facts=[("起数", "22")],
            definition=Definition(text="起数÷人口", method="精确泊松"),
            basis=Basis(kind="counts", detail="半年一次"),
            notes=[("late", "青岚县"), ("suppressed", "")],
            grade="red",
            href="./map?region=1",
        ),
        "zh",
    )
    for said in (
        "命案",
        "0.41",
        "/10万",
        "0.26–0.62",
        "−3",
        "降 · 好转",
        "比上年",
        "在偶然波动范围内。",
        "22",
        "起数÷人口",
    ):
        assert said in html
    for said in (
        "精确泊松",
        "汇总数",
        "半年一次",
        "迟报",
        "青岚县",
        "已隐去",
        "截至 2024-12-31",
        "来源 公安警情平台",
        "红",
        "■",
    ):
        assert said in html
    assert 'href="./map?region=1"' in html


def test_a_rounded_figure_gives_the_number_in_full_to_who_points_at_it():
    html = card_markup(card(figure="1.2万", exact="12,034"), "zh")
    assert '<abbr title="12,034" tabindex="0">1.2万</abbr>' in html


def test_no_text_of_a_card_becomes_html():
    html = card_markup(
        card(
            **dict.fromkeys(("title", "figure", "unit", "interval", "change", "change_words", "sentence"), SCRIPT),
            source=SCRIPT,
            compared_with=SCRIPT,
            facts=[(SCRIPT, SCRIPT)],
            notes=[("late", SCRIPT)],
            definition=Definition(text=SCRIPT, method=SCRIPT, href='"><script>'),
            basis=Basis(kind="records", detail=SCRIPT),
            href='"><script>',
        ),
        "zh",
    )
    assert "<script" not in html


def test_a_grade_is_said_by_word_and_shape_and_not_by_colour_alone():
    assert "■" in grade_chip("red", "zh")
    assert "红" in grade_chip("red", "zh")
    assert "Not enough data" in grade_chip("no such grade", "en")
    assert "▲" in risk_chip("red", "zh")
    assert "高" in risk_chip("red", "zh")
    strip = grade_strip(["red", "blue"], ["1月", "2月"], "zh")
    assert strip.index("1月") < strip.index("2月")
    assert strip.count("<li") == 2


def test_grade_and_risk_never_look_alike():
    assert "risk" not in grade_chip("red", "zh")
    assert "grade" not in risk_chip("red", "zh")
    with pytest.raises(KeyError):
        risk_chip("green", "zh")


def test_an_interval_bar_stays_within_its_cell():
    bar = interval_bar(80, 50, 120, (60, 100), "80 (50–120)", marker=70)
    assert "left:0.0%;width:100.0%" in bar
    assert "left:50.0%" in bar
    assert 'aria-label="80 (50–120)"' in bar
    assert "<i" not in interval_bar(None, None, None, (60, 100), "—")
    assert "<i" not in interval_bar(80, 70, 90, (80, 80), "80")


def test_a_table_escapes_its_cells_and_draws_its_marks():
    frame = pd.DataFrame(
        {"name": [SCRIPT, "白沙县"], "grade": ["red", None], "to": ["./?region=1", None], "n": ["1", None]}
    )
    columns = [
        Column(name="name", title="地区", href="to"),
        Column(name="grade", title="考核色", kind="mark", draw=lambda row: grade_chip(row["grade"], "zh")),
        Column(name="n", title=SCRIPT, kind="number"),
    ]
    html = table_markup(frame, columns, "zh", caption=SCRIPT, selected=1)
    assert "<script" not in html
    assert html.count("<a ") == 1
    assert "数据不足" in html
    assert "—" in html
    assert html.count('aria-current="true"') == 1


def test_a_short_heading_says_in_full_what_it_means_to_who_points_at_it():
    html = table_markup(
        pd.DataFrame({"n": ["1"]}), [Column(name="n", title="化解", hint=f"到期化解率{SCRIPT}")], "zh", caption="n"
    )
    assert '<th scope="col" class="text" title="到期化解率&lt;' in html and ">化解</th>" in html


def test_a_long_text_has_a_frame_of_its_own_in_a_table():
    frame = pd.DataFrame({"task": ["字" * 2000, "短"], "href": ["./x", "./y"]})
    html = table_markup(frame, [Column(name="task", title="任务", href="href")], "zh", caption="任务")
    assert f'<a href="./x"><span class="clamped" tabindex="0">{"字" * 2000}</span></a>' in html
    assert '<a href="./y">短</a>' in html


def test_a_table_says_how_many_rows_it_leaves_out():
    frame = pd.DataFrame({"n": [str(number) for number in range(MAX_ROWS + 1)]})
    assert "1 row is not" in table_markup(frame, [Column(name="n", title="n")], "en", caption="n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(start):
    assert harmless(f"{start}1+1").startswith("'")


def test_numbers_and_ordinary_text_are_left_as_they_are():
    assert harmless(-1.5) == -1.5
    assert harmless("−1.9") == "−1.9"
    assert harmless("a\x00b") == "ab"
    assert harmless("a\ud800\ufffeb\uffff") == "ab"


def test_a_csv_download_says_what_it_is_and_holds_the_frame():
    frame = pd.DataFrame({"地区": ["青岚县", "=1+1"], "=指数": [67.1, None]})
    body = csv_bytes(frame, HEADING)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[0] == ["数据快照", "2024Q4-0001"]
    assert rows[1][1].startswith("'=")
    assert rows[2] == []
    assert rows[3:] == [["地区", "'=指数"], ["青岚县", "67.1"], ["'=1+1", ""]]


def test_a_month_is_written_as_its_first_day_and_not_as_a_midnight():
    frame = pd.DataFrame({"月份": pd.to_datetime(["2024-03-01"]), "时间": pd.to_datetime(["2024-03-01 08:30"])})
    row = csv_bytes(frame, HEADING).decode("utf-8-sig").splitlines()[-1]
    assert row == "2024-03-01,2024-03-01 08:30:00"
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(frame, HEADING))).active
    assert sheet.cell(5, 1).number_format == "yyyy-mm-dd"


def test_an_xlsx_download_holds_numbers_as_numbers_and_no_formula():
    frame = pd.DataFrame({"地区": ["青岚县", "=1+1"], "指数": [67.1, None], "起数": pd.Series([3, 4], dtype="int64")})
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(frame, HEADING))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert sheet.cell(5, 2).value == 67.1
    assert sheet.cell(6, 3).value == 4
    assert sheet.cell(6, 2).value is None


def test_a_file_name_has_nothing_a_file_system_refuses():
    heading = (("t", "x"), ("d", "x"), ("r", "青岚/县 (1)"), ("p", "2024年第4季度 (a)"), ("s", "2024Q4-0001"))
    stem = file_stem(Offer(ScreenTable("t", '../a"b:c*', pd.DataFrame(), {}), heading))
    assert not set(stem) & set('/\\:*?"<>| ')
    assert stem.endswith("2024Q4-0001")


def test_the_period_menu_offers_what_has_data_and_marks_what_is_shown():
    context = Context("1", Period.parse("2024Q2"), "zh", "light", Scope("city_leader", "1"))
    html = period_menu(context, PAGES[0], date(2023, 7, 1), date(2024, 5, 15))
    assert html.count('aria-current="true"') == 1
    assert "period=2024Q2" in html
    assert "period=2023Q3" in html
    assert "period=2024-06" not in html
    assert "period=2023-06" not in html
    assert html.count('class="partial"') == 4  # 2024, its first half, second quarter and May are not over
    assert isinstance(html, Markup)


def test_late_regions_are_those_silent_longer_than_chance_allows():
    frame = pd.DataFrame(
        {
            "source": ["a", "a", "b"],
            "region_code": ["1", "2", "3"],
            "last_day": [date(2024, 12, 1)] * 3,
            "days_late": [30, 30, 1],
            "chance": [1e-9, 0.2, 1e-9],
        }
    )
    assert late_rows(frame)["region_code"].tolist() == ["1"]


def test_html_is_filled_and_joined_as_markup_does_it():
    template, values = "<p>{} {} {} {more}</p>", (SCRIPT, Markup("<b>5</b>"), 5)
    assert filled(template, *values, more='"') == Markup(template).format(*values, more='"')
    assert SCRIPT not in filled("{}", SCRIPT)
    assert joined([SCRIPT, Markup("<b></b>")], between="<i>") == Markup("<i>").join([SCRIPT, Markup("<b></b>")])


def test_a_drawn_cell_sees_all_of_its_row_by_the_names_of_the_columns_as_text():
    frame = pd.DataFrame({"name": ["岚川县", "青岚县"], 1: ["red", "green"], "note": [SCRIPT, "无"]})
    seen = []
    drawn = Column(name="1", title="月", kind="mark", draw=lambda row: seen.append(dict(row)) or row.get("absent"))
    html = table_markup(
        frame, [Column(name="name", title="地区"), drawn, Column(name="1", title="色")], "zh", caption=""
    )
    assert seen == [{"name": "岚川县", "1": "red", "note": SCRIPT}, {"name": "青岚县", "1": "green", "note": "无"}]
    assert html.count('<td class="mark">—</td>') == 2
    assert '<td class="text">red</td>' in html
