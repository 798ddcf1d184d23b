"""The files open again with their own libraries and hold what the briefing says."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from pptx import Presentation
from pptx.util import Pt

from dashboard.__main__ import run
from dashboard.briefing import write_briefing
from dashboard.briefing.model import BriefingError, Step
from dashboard.briefing.sections import with_sections
from dashboard.briefing.writers.document import LINE_PITCH
from dashboard.briefing.writers.fonts import chinese_face


@pytest.fixture(scope="module")
def deck(hard_briefing):
    return Presentation(io.BytesIO(write_briefing(hard_briefing, "pptx")))


@pytest.fixture(scope="module")
def document(hard_briefing):
    return Document(io.BytesIO(write_briefing(hard_briefing, "docx")))


@pytest.fixture(scope="module")
def workbook(hard_briefing):
    return load_workbook(io.BytesIO(write_briefing(hard_briefing, "xlsx")))


def texts_of(slide) -> list[str]:
    texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            texts += [cell.text for row in shape.table.rows for cell in row.cells]
    return texts


def test_slides_have_native_charts_and_tables_and_no_picture(deck, hard_briefing):
    body = write_briefing(hard_briefing, "pptx")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith("ppt/media/") and not name.endswith(".xlsx")]
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) >= len(hard_briefing.pages)
    index = charts[0].plots[0].series[0]
    assert list(index.values) == [each.index for each in hard_briefing.league]
    assert charts[0]._chartSpace.findall(".//" + qn_chart("errBars"))


def qn_chart(name: str) -> str:
    return "{http://schemas.openxmlformats.org/drawingml/2006/chart}" + name


def test_every_slide_is_stamped_and_stays_within_its_frame(deck, hard_briefing):
    for slide in deck.slides:
        assert hard_briefing.stamp in texts_of(slide)
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= Pt(960)
            bottom = shape.top + (sum(row.height for row in shape.table.rows) if shape.has_table else shape.height)
            assert bottom <= Pt(532), [shape.name, texts_of(slide)[:3]]


def test_one_slide_a_county_in_the_order_of_the_agenda(deck, hard_briefing):
    titles = [slide.shapes[1].text_frame.text for slide in deck.slides if slide.shapes[1].has_text_frame]
    names = [page.standing.name for page in hard_briefing.pages]
    assert [title for title in titles if title in names] == names


def test_chinese_is_set_in_a_named_font_in_texts_and_charts(deck):
    for slide in deck.slides:
        for run_properties in slide._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}rPr"):
            assert run_properties.find("{http://schemas.openxmlformats.org/drawingml/2006/main}ea") is not None
    chart = next(shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart)
    assert b"<a:ea" in chart.part.blob


def test_a_long_decision_goes_on_over_slides_to_its_last_sign(deck):
    found = [text for slide in deck.slides for text in texts_of(slide) if "ENDMARK" in text]
    assert found


def test_all_overdue_items_are_on_slides_and_sheets(deck, workbook):
    shown = " ".join(text for slide in deck.slides for text in texts_of(slide))
    assert all(f"逾期事项{place:03d}号" in shown for place in range(1, 201))
    assert workbook["逾期事项"].max_row == 4 + 200


def test_document_follows_the_standard_layout(document):
    section = document.sections[0]
    assert [round(each.mm) for each in (section.page_width, section.page_height)] == [210, 297]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(each.mm) for each in margins] == [37, 35, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    assert int(grid.get(qn("w:linePitch"))) == LINE_PITCH == 580
    assert document.settings.odd_and_even_pages_header_footer
    assert section.footer.paragraphs[0].text.startswith("— ")
    title = document.paragraphs[0]
    assert title.runs[0].font.size == Pt(22)
    assert title.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "方正小标宋简体"
    headings = [p.text for p in document.paragraphs if p.text[:2] in ("一、", "二、", "三、", "四、", "五、")]
    assert headings == ["一、总体情况", "二、排名通报", "三、突出问题", "四、前期整改", "五、下一步工作"]
    body = next(p for p in document.paragraphs if p.text.startswith("红 "))
    assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"


def test_a_long_decision_stands_small_and_whole_below_its_beginning(reader, city_scope, hard_briefing):
    task = hard_briefing.decisions.earlier[0].task
    steps = (Step(task, "市委政法委", "2025-03-31", date(2025, 3, 31), False),)
    changed = with_sections(reader, city_scope, replace(hard_briefing, steps=steps))
    document = Document(io.BytesIO(write_briefing(changed, "docx")))
    whole = next(paragraph for paragraph in document.paragraphs if paragraph.text == task)
    assert whole.runs[0].font.size == Pt(10.5)
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"措施全文：{task}" in texts
    assert max(len(text) for text in texts if "全文" not in text) < 600
    assert sum(text.startswith(task[:30]) for text in texts) == 1, "its beginning stands in its own place"


def test_document_says_how_long_it_is_and_has_no_letterhead(document, hard_briefing):
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert hard_briefing.characters_text in text
    assert "文件" not in document.paragraphs[0].text
    assert hard_briefing.stamp in document.sections[0].header.paragraphs[0].text


def test_workbook_has_real_numbers_frozen_headings_and_no_formula(workbook, hard_briefing):
    league = workbook["指数排名"]
    column = [cell.value for cell in league["C"]][4:]
    assert column[:-1] == [each.index for each in hard_briefing.league[:-1]]
    for sheet in workbook:
        assert sheet.freeze_panes
        assert hard_briefing.stamp in [sheet["A3"].value, sheet["A2"].value]
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith("=")


def test_graded_cells_carry_the_word(workbook, deck):
    words = {cell.value for cell in workbook["指数排名"]["B"][4:]}
    assert words <= {"红", "黄", "蓝", "数据不足"}


def test_without_a_chinese_font_the_pdf_is_refused_with_what_to_install(monkeypatch, briefing):
    chinese_face.cache_clear()
    monkeypatch.setattr("dashboard.briefing.writers.fonts.shutil.which", lambda _: None)
    with pytest.raises(BriefingError, match="fonts-noto-cjk"):
        write_briefing(briefing, "pdf")
    chinese_face.cache_clear()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_command_writes_the_file_and_says_so(demonstration_home, tmp_path, capsys, language):
    path = tmp_path / "briefing.json"
    arguments = ["briefing", "--period", "2024Q4", "--format", "json", "--output", str(path), "--language", language]
    assert run([*arguments, "--home", str(demonstration_home.path)]) == 0
    answer = json.loads(path.read_text(encoding="utf-8"))
    assert answer["snapshot_id"]
    assert len(answer["league"]) == 12
    assert str(path) in capsys.readouterr().err.replace("\n", "")


def test_command_says_what_is_wrong_with_a_format_or_a_folder(demonstration_home, tmp_path, capsys):
    home = ["--home", str(demonstration_home.path)]
    assert run(["briefing", "--format", "odt", *home]) == 2
    assert "odt" in capsys.readouterr().err
    assert run(["briefing", "--format", "json", "--output", str(tmp_path / "none" / "x.json"), *home]) == 1
    assert "--output" in capsys.readouterr().err
