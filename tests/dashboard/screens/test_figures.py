"""What a card says where there is no value: what is missing, and who can give it."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.indicators.vocabulary import STATUSES, WITH_VALUE
from dashboard.screens.figures import missing_sentence


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
