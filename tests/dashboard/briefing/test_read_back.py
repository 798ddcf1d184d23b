"""What a reader sees: the files as LibreOffice draws them, read back and compared with the command line's JSON."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.briefing import write_briefing
from tests.dashboard.briefing.conftest import text_of


def squeezed(text: str) -> str:
    """Return text without spaces, and with the forms of signs that PDF fonts change folded back."""
    import unicodedata

    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def expected_of(briefing) -> list[str]:
    """Return texts and numbers that the command line gives and every file must show."""
    answer = json.loads(write_briefing(briefing, "json"))
    texts = [answer["title"], answer["snapshot_id"], answer["mark"], answer["viewer"], answer["data_through"]]
    for figure in answer["figures"]:
        texts += [figure["value_text"]]
    for standing in answer["league"]:
        texts += [standing["name"], standing["grade_word"], standing["index_text"]]
    texts += [problem["problem"] for problem in answer["problems"]]
    texts += [step["task"] for step in answer["steps"]]
    return [squeezed(text) for text in texts]


@pytest.mark.parametrize("form", ["pptx", "docx", "xlsx"])
def test_office_program_shows_texts_and_numbers_of_the_command_line(converted, hard_briefing, form):
    pages = converted(hard_briefing, form)
    whole = squeezed("".join(pages))
    missing = [text for text in expected_of(hard_briefing) if text not in whole]
    # A long text may be broken by a page's header or another column; its beginning stands all the same.
    assert not [text for text in missing if text[:4] not in whole]
    assert "ENDMARK" in whole


def test_slides_become_as_many_pages(converted, hard_briefing):
    import io

    from pptx import Presentation

    slides = Presentation(io.BytesIO(write_briefing(hard_briefing, "pptx"))).slides
    pages = converted(hard_briefing, "pptx")
    assert len(pages) == len(slides)
    for text in pages:
        assert hard_briefing.snapshot_id in text
        assert squeezed(hard_briefing.viewer) in squeezed(text)


def test_document_is_stamped_and_numbered_on_every_page(converted, hard_briefing):
    for number, text in enumerate(converted(hard_briefing, "docx"), start=1):
        assert hard_briefing.snapshot_id in text
        assert f"—{number}—" in squeezed(text)


def test_a_decision_of_two_thousand_signs_fills_no_more_than_two_pages_of_the_document(converted, hard_briefing):
    decision = hard_briefing.decisions.earlier[0]
    pages = [squeezed(text) for text in converted(hard_briefing, "docx")]
    holding = [place for place, text in enumerate(pages) if squeezed(decision.task[:23]) in text]
    assert len(holding) <= 2
    assert any("ENDMARK" in pages[place] for place in holding)


def test_document_has_no_empty_page(converted, briefing, hard_briefing):
    for each in (briefing, hard_briefing):
        own = len(squeezed(each.stamp)) + len("—99—")
        assert not [text for text in converted(each, "docx") if len(squeezed(text)) <= own]


def test_bars_of_the_index_stand_on_one_page_of_the_pdf(tmp_path, briefing):
    path = tmp_path / "briefing.pdf"
    path.write_bytes(write_briefing(briefing, "pdf"))
    bars = [squeezed(f"{each.index_text} ({each.interval_text})") for each in briefing.league]
    assert [text for text in map(squeezed, text_of(path)) if all(bar in text for bar in bars)]


def test_pdf_has_chinese_characters_and_the_same_numbers(tmp_path, hard_briefing):
    path = tmp_path / "briefing.pdf"
    path.write_bytes(write_briefing(hard_briefing, "pdf"))
    pages = text_of(path)
    whole = squeezed("".join(pages))
    assert all(squeezed(hard_briefing.stamp) in squeezed(text) for text in pages)
    assert not [text for text in expected_of(hard_briefing) if text[:4] not in whole]
    assert "ENDMARK" in whole


def test_english_slides_have_no_chinese_left(converted, english_briefing):
    text = "".join(converted(english_briefing, "pptx"))
    assert not set(re.findall(r"[\u4e00-\u9fff]+", text))
