"""Each figure has a plain sentence, in both languages, that says how sure it is."""

from __future__ import annotations

import re

import pytest

from dashboard.formatting import SMALLEST_PERCENT_BASE
from dashboard.i18n import LANGUAGES, load_texts
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.indicators.changes import AGAINST, change, changes_of
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.evaluate import values, values_of
from dashboard.indicators.presentation import shown, value_text
from dashboard.indicators.sentences import (
    amount_text,
    brief_change_sentence,
    change_sentence,
    figure_sentence,
    value_sentence,
)
from dashboard.screens.overview import change_text

CHINESE = re.compile("[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def homicide(reader, city_scope):
    root = [city_scope.region_code]
    return values(reader, city_scope, "JQ2", root, "2024Q4").iloc[0], change(
        reader, city_scope, "JQ2", root, "2024Q4"
    ).iloc[0]


def test_the_fall_in_homicides_carries_its_honest_sentence(homicide):
    row, changed = homicide
    item = find_indicator("JQ2")
    sentence = figure_sentence(row, changed, item, "zh")
    assert "0.44起/10万" in sentence
    assert "95%区间 0.28–0.67" in sentence
    assert "下降 12.0%（25→22" in sentence
    assert sentence.endswith("在偶然波动范围内。")
    assert brief_change_sentence(changed, "zh") == "与去年同期相比的下降在偶然波动范围内"
    assert "within what chance alone would do" in figure_sentence(row, changed, item, "en")


def test_zero_events_come_with_how_high_the_truth_could_be(reader, city_scope, counties):
    frame = values(reader, city_scope, "JQ2", counties, "2024Q4")
    row = frame[frame["value"] == 0].iloc[0]
    assert "95%区间上限" in value_sentence(row, find_indicator("JQ2"), "zh")


def test_what_has_no_value_says_why(reader, city_scope):
    row = values(reader, city_scope, "JQ2", [city_scope.region_code], "2015").iloc[0]
    assert value_sentence(row, find_indicator("JQ2"), "zh") == "命案发案率（近12个月）：无数据（来源不覆盖该期间）"
    assert shown(row, find_indicator("JQ2"), "zh").value == "—"


def test_a_share_of_few_is_written_as_a_fraction(reader, city_scope):
    row = values(reader, city_scope, "JQ3y", [city_scope.region_code], "2024").iloc[0]
    assert value_text(row, find_indicator("JQ3y"), "zh") == "10/22"


def test_a_change_of_few_is_written_as_a_difference(reader, city_scope):
    changed = change(reader, city_scope, "homicide_incidents", [city_scope.region_code], "2024").iloc[0]
    assert "下降 3 起（25→22）" in change_sentence(changed, find_indicator("homicide_incidents"), "zh")


def test_shares_change_by_points(reader, city_scope):
    changed = change(reader, city_scope, "JQ6", [city_scope.region_code], "2024Q4").iloc[0]
    assert "个百分点（95%区间 " in change_sentence(changed, find_indicator("JQ6"), "zh")


@pytest.mark.parametrize("against", AGAINST)
def test_every_figure_has_a_sentence_in_both_languages(reader, city_scope, counties, against):
    catalogue = load_catalogue()
    frames = values_of(reader, city_scope, list(catalogue), counties[:4], "2024Q4")
    changed = changes_of(reader, city_scope, list(catalogue), counties[:4], "2024Q4", against)
    for key, item in catalogue.items():
        for code in counties[:4]:
            for language in ("zh", "en"):
                sentence = figure_sentence(frames[key].loc[code], changed[key].loc[code], item, language)
                assert "nan" not in sentence.lower().replace("tenanc", "")
                assert "  " not in sentence
                assert not re.search(r"\binf\b", sentence)
                if language == "en":
                    assert not CHINESE.search(sentence)


def test_every_status_and_note_has_words():
    for language in ("zh", "en"):
        texts = load_texts(language)
        assert {f"indicator_status.{key}" for key in words.STATUSES} <= set(texts)
        assert {f"indicator_note.{key}" for key in words.NOTES} <= set(texts)


def test_a_rate_on_few_cases_gives_counts_and_no_percentage(reader, city_scope, counties):
    item, least = find_indicator("JQ2"), evaluation_rules().percent_from_cases
    rows = change(reader, city_scope, item, counties, "2024Q4")
    few = rows[(rows["old_numerator"] < least) & (rows["way"] != "same")]
    assert len(few) > 5
    for language in LANGUAGES:
        for _, row in few.iterrows():
            amount = amount_text(row, item, language)
            assert "%" not in amount, amount
            assert f"{row['old_numerator']:.0f}→{row['new_numerator']:.0f}" in amount
    assert all("偶然波动范围" in change_sentence(row, item, "zh") for _, row in few.iterrows())


def test_shares_of_few_change_from_one_fraction_to_another(reader, city_scope, counties):
    item = find_indicator("BH2")
    regions = reader.regions(city_scope)
    townships = regions.index[regions["depth"] == 2].tolist()
    rows = change(reader, city_scope, item, townships, "2024-12")
    rows = rows[rows["difference"].abs() > 0]
    few = rows[rows[["old_denominator", "new_denominator"]].min(axis=1) < SMALLEST_PERCENT_BASE]
    assert len(few) > 0
    for language in LANGUAGES:
        for _, row in few.iterrows():
            old, new = (f"{row[f'{side}_numerator']:.0f}/{row[f'{side}_denominator']:.0f}" for side in ("old", "new"))
            assert f"{old}→{new}" in amount_text(row, item, language)
            assert change_text(item, row, language) == f"{old}→{new}"
    city = change(reader, city_scope, item, [city_scope.region_code], "2024-12").iloc[0]
    assert "个百分点" in amount_text(city, item, "zh")


def test_no_words_of_any_change_give_a_percentage_of_few(reader, city_scope, counties):
    """Of every indicator, everywhere: no percentage stands on a base under the configured one."""
    regions = reader.regions(city_scope)
    codes = [*counties, *regions.index[regions["depth"] == 2].tolist()[:20]]
    frames = changes_of(
        reader, city_scope, [item for item in load_catalogue().values() if item.available], codes, "2024Q4"
    )
    for name, rows in frames.items():
        item = find_indicator(name)
        least = evaluation_rules().percent_from_cases if item.kind == "rate" else SMALLEST_PERCENT_BASE
        base = (
            rows[["old_denominator", "new_denominator"]].min(axis=1)
            if item.display_form == "percent"
            else rows["old_numerator"]
        )
        for _, row in rows[base < (SMALLEST_PERCENT_BASE if item.display_form == "percent" else least)].iterrows():
            amount = amount_text(row, item, "zh").replace("95%区间", "")
            assert "%" not in amount and "百分点" not in amount, (name, amount)


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "本期无数值，无法比较"), ("en", "no figure for this period to compare")]
)
def test_what_has_no_value_now_is_not_said_to_lack_last_years(reader, city_scope, townships, language, said):
    changed = change(reader, city_scope, "JQ6", townships[:1], "2024").iloc[0]
    assert change_sentence(changed, find_indicator("JQ6"), language) == said
    assert brief_change_sentence(changed, language) == said


@pytest.mark.parametrize(
    ("indicator", "figure", "unit"),
    [
        ("BH2n", "1", "dispute"),
        ("BH2n", "2", "disputes"),
        ("JQ2", "1", "incident per 100,000"),
        ("KH2", "1", "veto"),
    ],
)
def test_one_thing_is_named_in_the_singular(indicator, figure, unit):
    assert find_indicator(indicator).unit_label("en", figure) == unit
    assert find_indicator(indicator).unit_label("zh", figure) == find_indicator(indicator).unit
