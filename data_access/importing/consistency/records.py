"""What a row must keep to within itself: stages in order, none skipped, listed words, amounts within what is allowed."""

from __future__ import annotations

import pandas as pd

from data_access.access import read_config
from data_access.importing.consistency.awards import check_award_rows
from data_access.importing.consistency.responses import check_response_rows
from data_access.importing.mapping import DIMENSIONS
from data_access.importing.problems import Problems
from data_access.local_rules import FACILITY_KINDS, LEADER_LEVELS, MEETING_KINDS
from data_access.measures import load_measures
from data_access.schema import LEVELS

_AFTER_INTAKE = ("first_routed_at", "mediated_at", "resolved_at", "revisited_at", "archived_at", "due_at", "arrived_at")
_STAGES = {
    "dispute": (
        ("mediated_at", "resolved_at"),
        ("resolved_at", "revisited_at"),
        ("revisited_at", "archived_at"),
        ("resolved_at", "archived_at"),
        ("red_at", "red_handled_at"),
        ("red_at", "packaged_at"),
        ("resolved_at", "relapsed_at"),
        ("reported_at", "received_at"),
    ),
    "case_package": (("found_on", "due_on"), ("found_on", "handled_on"), ("handled_on", "closed_on")),
    "fund_award": (("applied_on", "awarded_on"),),
    "decision": (("decided_on", "due_on"), ("decided_on", "done_on")),
    "consultation_item": (("decided_on", "due_on"), ("decided_on", "done_on")),
}
"""Table → pairs of a stage and one that can't be earlier."""
_NEEDED = {
    "dispute": (("resolved_at", "revisited_at"), ("resolved_at", "relapsed_at"), ("red_at", "red_handled_at")),
    "case_package": (("handled_on", "closed_on"),),
}
"""Table → pairs of a stage and one that can't be without it, where the file gives both."""
_WORDS = {
    "meeting": ("kind", MEETING_KINDS),
    "case_package": ("leader_level", LEADER_LEVELS),
    "facility": ("kind", FACILITY_KINDS),
}
"""Table → column and the words that screens know for it."""


def check_record_rows(table_name: str, frame: pd.DataFrame, problems: Problems) -> None:
    """Note rows whose stages contradict each other."""
    if "received_at" in frame:
        for name in _AFTER_INTAKE:
            if name in frame:
                _note(frame[name] < frame["received_at"], "order", name, frame, problems)
    for before, after in _STAGES.get(table_name, ()):
        if before in frame and after in frame:
            _note(frame[after] < frame[before], "stage_order", after, frame, problems)
    for before, after in _NEEDED.get(table_name, ()):
        if before in frame and after in frame:
            _note(frame[after].notna() & frame[before].isna(), "stage_skipped", after, frame, problems)
    if {"source_id", "merged_into"} <= set(frame.columns):
        _note(
            (frame["merged_into"] == frame["source_id"]).fillna(False),
            "merged_into_itself",
            "merged_into",
            frame,
            problems,
        )
    if table_name == "incident" and {"category", "victims"} <= set(frame.columns):
        none_killed = (frame["category"] == "homicide") & (pd.to_numeric(frame["victims"]) < 1)
        _note(none_killed.fillna(False), "homicide_without_victim", "victims", frame, problems)
    if table_name == "fund_award":
        check_award_rows(frame, problems)
    if table_name == "alarm_response":
        check_response_rows(frame, problems)
    if {"respondents", "satisfied"} <= set(frame.columns):
        _note(frame["satisfied"] > frame["respondents"], "part_above_whole", "satisfied", frame, problems)


def check_listed_words(table_name: str, frame: pd.DataFrame, problems: Problems) -> None:
    """Note codes and words that nothing would ever count: region codes, measures, grains, dispute classes and channels."""
    if table_name in DIMENSIONS:
        codes = frame["region_code"]
        bad = ~codes.str.fullmatch(REGION_CODE).fillna(False).astype(bool)
        problems.add(bad, "not_a_region_code", "region_code", codes)
    if table_name == "region":
        problems.add(~frame["depth"].isin(range(len(LEVELS))), "no_such_level", "depth", frame["depth"])
    if table_name == "reported_count":
        problems.add(~frame["measure"].isin(list(load_measures())), "unknown_measure", "measure", frame["measure"])
        problems.add(~frame["grain"].isin(GRAINS), "unknown_grain", "grain", frame["grain"])
    if table_name == "dispute":
        listed = read_config("disputes.toml")
        for column, words in (("class_code", listed["classes"]), ("channel", listed["channels"])):
            problems.add(~frame[column].isin(words), "unlisted_class", column, frame[column])
    if table_name in _WORDS:
        column, known = _WORDS[table_name]
        said = frame[column].astype("str") + f" ∉ {', '.join(known)}"
        problems.add(~frame[column].isin(known), "unlisted_kind", column, said)
    if table_name in ("data_delivery", "consultation_item"):
        _check_departments(frame, problems)


def _check_departments(frame: pd.DataFrame, problems: Problems) -> None:
    """Note departments, and data sets of a department, that config/departments.toml does not have."""
    owed = {key: tuple(row["data_sets"]) for key, row in read_config("departments.toml").items()}
    problems.add(~frame["department"].isin(list(owed)), "unlisted_department", "department", frame["department"])
    if "data_set" in frame:
        pairs = pd.Series(
            list(zip(frame["department"], frame["data_set"], strict=True)), index=frame.index, dtype=object
        )
        listed = {(key, name) for key, names in owed.items() for name in names}
        problems.add(~pairs.isin(listed), "unlisted_department", "data_set", frame["data_set"])


def period_starts(starts: pd.Series, grains: pd.Series) -> pd.Series:
    """Return the first day of the period that each day lies in."""
    for grain, code in (("month", "M"), ("year", "Y")):
        own = grains == grain
        starts = starts.mask(own, starts.dt.to_period(code).dt.start_time)
    return starts


REGION_CODE = r"\d{12}(\d{3})?"
GRAINS = ("day", "month", "year")


def _note(bad: pd.Series, reason: str, column: str, frame: pd.DataFrame, problems: Problems) -> None:
    problems.add(bad, reason, column, frame[column].astype("str"))
