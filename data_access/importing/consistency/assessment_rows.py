"""What a row of the vetoes or of the pilot sites must fulfil beyond its columns."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from data_access.access import read_config
from data_access.importing.problems import Problems

UNDECIDED = "待核"
STAGES = ("nurtured_on", "ripe_on", "accepted_on", "spread_on")
"""A pilot site's stages in their order: none without the one before."""


def check_assessment_rows(table: str, frame: pd.DataFrame, problems: Problems) -> None:
    """Note rows of ``veto`` and ``pilot_site`` that contradict themselves or lack what makes them valid."""
    if table == "veto":
        _check_vetoes(frame, problems)
    if table == "pilot_site":
        _check_pilot_sites(frame, problems)


@lru_cache(maxsize=1)
def listed_words() -> dict[str, tuple[str, ...]]:
    """Return the words that kinds, statuses and reasons of a veto may be, from config/assessment.toml."""
    veto = read_config("assessment.toml")["veto"]
    return {
        column: tuple(row["value"] for row in veto[key])
        for column, key in (("veto_kind", "kinds"), ("status", "statuses"), ("reason_kind", "reasons"))
    }


def _check_vetoes(frame: pd.DataFrame, problems: Problems) -> None:
    for column, words in listed_words().items():
        problems.add(~frame[column].isin(words), "unlisted_word", column, frame[column])
    decided = frame["status"] != UNDECIDED
    for column in ("document_no", "authority", "decided_on"):
        problems.add(decided & _blank(frame, column), "undocumented_veto", column)
    year = pd.to_numeric(frame["year"], errors="coerce")
    problems.add(~year.between(1990, 2100), "impossible_year", "year", frame["year"].astype("str"))


def _check_pilot_sites(frame: pd.DataFrame, problems: Problems) -> None:
    problems.add(_blank(frame, "approval_basis"), "no_approval_basis", "approval_basis")
    for before, after in zip(STAGES[:-1], STAGES[1:], strict=True):
        later = ~_blank(frame, after)
        problems.add(later & _blank(frame, before), "stage_skipped", after, _text(frame, after))
        problems.add(later & (_days(frame, after) < _days(frame, before)), "stage_order", after, _text(frame, after))
    looked, kept = ~_blank(frame, "look_back_on"), ~_blank(frame, "look_back_kept")
    problems.add(looked & _blank(frame, "accepted_on"), "stage_skipped", "look_back_on", _text(frame, "look_back_on"))
    problems.add(
        looked & (_days(frame, "look_back_on") < _days(frame, "accepted_on")),
        "stage_order",
        "look_back_on",
        _text(frame, "look_back_on"),
    )
    problems.add(kept & ~looked, "stage_skipped", "look_back_kept", _text(frame, "look_back_kept"))


def _blank(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(True, index=frame.index)
    cells = frame[column]
    return cells.isna() | (cells.astype("str").str.strip() == "")


def _days(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return pd.to_datetime(frame[column])


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[column].astype("str") if column in frame else pd.Series("", index=frame.index)
