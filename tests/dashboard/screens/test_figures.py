"""What a card says: a figure with as many decimals as its interval; where there is none, what is missing and who can give it."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.vocabulary import STATUSES, WITH_VALUE
from dashboard.screens.figures import interval_text, missing_sentence, row_text


def row(status: str, *notes: str) -> pd.Series:
    return pd.Series({"status": status, "notes": notes})


@pytest.mark.parametrize("status", [each for each in STATUSES if each not in WITH_VALUE])
def test_each_reason_is_a_sentence_in_both_languages(status):
    for language in ("zh", "en"):
        said = missing_sentence(row(status), "司法局", language)
        assert len(said) > 8 and "indicator_missing" not in said and "{" not in said


def test_a_note_says_more_than_the_status():
    assert missing_sentence(row("no_data"), "司法局", "zh") == "司法局本期没有报数，请其补报"
    assert missing_sentence(row("no_data", "late_regions", "not_reported"), "司法局", "zh") == (
        "本地区本期未报，请司法局催报"
    )
    assert "上一级" in missing_sentence(row("finer_than_source", "role_level"), "司法局", "zh")


@pytest.mark.parametrize(
    ("indicator", "value", "limits", "written", "between"),
    [
        ("JQ2", 10.25, (10.12, 10.38), "10.3", "10.1–10.4"),
        ("JQ2", 10.25, (9.1, 11.4), "10", "9–11"),
        ("JQ2", 634.2, (633.9, 634.4), "634.2", "633.9–634.4"),
        ("BH2", 0.98, (0.97996, 0.98004), "98.000%", "97.996%–98.004%"),
        ("BH2", 0.98, (0.96, 0.99), "98.0%", "96.0%–99.0%"),
    ],
)
def test_a_figure_has_as_many_decimals_as_its_interval(indicator, value, limits, written, between):
    item = find_indicator(indicator)
    values = {"value": value, "denominator": 1_000_000, "lower": limits[0], "upper": limits[1]}
    assert (row_text(item, values, "zh"), interval_text(item, values)) == (written, between)
