"""The rows are believable, consistent in themselves, the same every time, and name no person."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data_access import schema
from data_access.demo import DEMO_TABLES, build_demonstration
from data_access.measures import load_measures

THROUGH = pd.Timestamp("2024-12-31")
STAGES = ["received_at", "first_routed_at", "mediated_at", "resolved_at", "revisited_at", "archived_at"]


def digest(tables: dict[str, pa.Table]) -> str:
    sink = hashlib.sha256()
    for name, rows in tables.items():
        sink.update(name.encode())
        for column in rows.combine_chunks().columns:
            sink.update(pd.util.hash_pandas_object(column.to_pandas(), index=False).to_numpy().tobytes())
    return sink.hexdigest()


def test_same_seed_gives_the_same_rows(tables):
    assert digest(dict(build_demonstration())) == digest(tables)


def test_every_table_comes_with_the_columns_of_the_schema(tables):
    assert tuple(tables) == DEMO_TABLES
    for name, rows in tables.items():
        declared = schema.metadata.tables[name]
        assert rows.column_names == list(declared.columns.keys())
        for column in declared.columns:
            assert column.nullable or rows[column.name].null_count == 0, f"{name}.{column.name}"


def test_progress_runs_from_nought_to_one():
    seen: list[float] = []
    for _ in build_demonstration(progress=lambda done, step: seen.append(done)):
        pass
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "table",
    [
        "incident",
        "dispute",
        "reported_count",
        "survey",
        "case_package",
        "meeting",
        "data_delivery",
        "fund_award",
        "alarm_response",
    ],
)
def test_source_ids_are_unique_within_their_source(frames, table):
    assert not frames[table].duplicated(["source", "source_id"]).any()


def test_rows_name_only_regions_that_exist(frames):
    known = set(frames["region"]["region_code"])
    for name, frame in frames.items():
        if "region_code" in frame:
            assert set(frame["region_code"]) <= known, name


def test_imports_account_for_every_row(frames):
    batches = frames["import_batch"].set_index(["source", "target"])["rows_added"]
    held = {
        (source, table.name): count
        for table in schema.FACT_TABLES
        for source, count in frames[table.name]["source"].value_counts().items()
    }
    assert batches.to_dict() == held


def test_stages_of_a_dispute_follow_each_other(disputes):
    for earlier, later in pairwise(STAGES):
        reached = disputes[disputes[later].notna()]
        assert reached[earlier].notna().all(), later
        assert (reached[earlier] <= reached[later]).all(), later


def test_red_stages_lie_between_intake_and_resolution(disputes):
    red = disputes[disputes["risk_colour"] == "red"]
    assert len(red) > 1_000
    assert (red["red_at"] >= red["received_at"]).all()
    assert not (red["red_handled_at"] < red["red_at"]).any()
    assert not (red["red_handled_at"] > red["resolved_at"]).any()
    assert not (red["packaged_at"] < red["red_at"]).any()
    others = disputes[disputes["risk_colour"] != "red"]
    assert others[["red_at", "red_handled_at", "packaged_at"]].isna().all(axis=None)


def test_nothing_happened_after_the_last_day(frames, disputes):
    end = THROUGH + pd.Timedelta(days=1)
    for column in [*STAGES, "reported_at", "red_at", "red_handled_at", "packaged_at", "relapsed_at"]:
        assert frames["dispute"][column].max() < end, column
    assert frames["incident"]["occurred_on"].max() == THROUGH
    for table, column in [("case_package", "closed_on"), ("meeting", "held_on"), ("decision", "done_on")]:
        assert frames[table][column].max() <= THROUGH


def test_time_limits_follow_the_risk_colour(disputes):
    since = disputes["received_at"].where(disputes["risk_colour"] != "red", disputes["red_at"])
    days = (disputes["due_at"] - since).dt.total_seconds() / 86_400
    assert days.groupby(disputes["risk_colour"]).agg(["min", "max"]).to_dict("index") == {
        "blue": {"min": 60, "max": 60},
        "red": {"min": 15, "max": 15},
        "yellow": {"min": 30, "max": 30},
    }


def test_some_open_red_disputes_are_in_no_leaders_hands_but_most_are(disputes):
    open_red = disputes[(disputes["risk_colour"] == "red") & disputes["red_handled_at"].isna()]
    bare = open_red["packaged_at"].isna()
    assert 1 <= bare.sum() < 0.5 * len(open_red)


def test_each_packaged_dispute_has_one_package_and_no_other_has(frames, disputes):
    answered = frames["case_package"]["dispute_source_id"].dropna()
    assert answered.is_unique
    assert set(answered) == set(disputes.loc[disputes["packaged_at"].notna(), "source_id"])


def test_packages_are_found_then_handled_then_closed_and_some_are_overdue(frames):
    packages = frames["case_package"]
    assert not (packages["handled_on"] < packages["found_on"]).any()
    closed = packages.dropna(subset="closed_on")
    assert (closed["closed_on"] >= closed["handled_on"]).all()
    overdue = packages[packages["closed_on"].isna() & (packages["due_on"] < THROUGH)]
    assert 10 <= len(overdue) <= 200


def test_sources_differ_in_how_long_they_take_to_hand_over(frames):
    rows = frames["dispute"]
    hours = (rows["received_at"] - rows["reported_at"]).dt.total_seconds() / 3_600
    assert hours.min() >= 0
    median = hours.groupby(rows["channel"]).median()
    assert median["grid"] < median["hotline_12345"] < median["online_opinion"] < median["petition"]


def test_labour_disputes_peak_before_the_spring_festival_and_land_disputes_are_rural(disputes, frames):
    labour = disputes.loc[disputes["class_code"] == "05", "received_at"].dt.month.value_counts()
    assert labour.idxmax() == 1
    assert labour[12] > 1.5 * labour[6]
    urban = disputes["region_code"].map(frames["region"].set_index("region_code")["urban"]).astype(bool)
    land = disputes["class_code"] == "03"
    assert urban[land].mean() < 0.6 * urban[~land].mean()


def test_fewer_disputes_come_in_at_weekends_and_in_the_spring_festival(disputes):
    per_day = disputes.groupby(disputes["received_at"].dt.normalize()).size()
    weekend = per_day.index.day_of_week >= 5
    assert per_day[weekend].mean() < 0.8 * per_day[~weekend].mean()
    assert per_day["2024-02-10":"2024-02-15"].mean() < 0.6 * per_day["2024-01"].mean()


def test_campaigns_leave_a_step_in_their_alarms(frames):
    alarms = frames["incident"].query("category == 'criminal_alarm' and class_code == 'fraud'")["occurred_on"]
    before = alarms.between("2023-03-01", "2023-12-31").sum()
    after = alarms.between("2024-03-01", "2024-12-31").sum()
    assert after < 0.8 * before


def test_one_county_is_late_with_disputes_and_another_with_alarms(frames):
    names = frames["region"].set_index("region_code")["name"]
    disputes = frames["dispute"]
    last = disputes["received_at"].dt.normalize().groupby(disputes["region_code"].str[:6]).max()
    assert (THROUGH - last[last < THROUGH - pd.Timedelta(days=1)]).dt.days.rename(
        lambda code: names[f"{code}000000"]
    ).to_dict() == {"松岙县": 6}
    alarms = frames["incident"].query("category == 'criminal_alarm'")
    last = alarms.groupby(alarms["region_code"].str[:6])["occurred_on"].max()
    assert (THROUGH - last["990126"]).days == 4


def test_late_county_knows_nothing_that_happened_after_its_last_day(frames):
    late = frames["dispute"][frames["dispute"]["region_code"].str.startswith("990125")]
    for column in [*STAGES, "red_at", "packaged_at", "relapsed_at"]:
        assert late[column].max() < pd.Timestamp("2024-12-26"), column


def test_counts_use_declared_measures_and_done_never_exceeds_due(counts):
    assert set(counts["measure"]) <= set(load_measures())
    assert (counts["value"] >= 0).all()
    keys = ["region_code", "period_start", "class_code"]
    wide = counts.pivot_table(index=keys, columns="measure", values="value")
    pairs = [(name.replace("_due", "_done"), name) for name in wide if name.endswith("_due")]
    pairs = [pair for pair in pairs if pair[0] in wide]
    pairs += [
        ("subsidy_paid", "subsidy_due"),
        ("youth_helped", "youth_due"),
        ("classroom_sites_open", "classroom_sites_due"),
        ("mind_station_sites_open", "mind_station_sites_due"),
        ("returned_received", "returned_due"),
        ("feeds_intact", "feeds_checked"),
        ("key_areas_covered", "key_areas"),
        ("ai_warnings_verified", "ai_warnings"),
        ("youth_filed", "youth_due"),
        ("feed_hours_online", "feed_hours_due"),
        ("workstation_shifts_open", "workstation_shifts_due"),
        ("authenticity_consistent", "authenticity_checked"),
        ("budget_spent", "budget_planned"),
        ("mediators_certified", "mediators_full"),
        ("standing_topic_listed", "standing_topic_due"),
        ("key_places_led", "key_places"),
        ("hotline_orders_rated", "hotline_orders_asked"),
        ("hotline_orders_satisfied", "hotline_orders_rated"),
        ("petitions_accepted", "petitions_received"),
        ("petitions_answered", "petitions_due"),
        ("petitions_rated", "petitions_asked"),
        ("petitions_satisfied", "petitions_rated"),
        ("medication_regular", "medication_due"),
        ("returned_guided", "returned_received"),
        ("public_feeds_networked", "public_feeds_due"),
        ("video_systems_registered", "video_systems_due"),
        ("video_systems_marked", "video_systems_due"),
        ("video_systems_purged", "video_systems_due"),
        *((f"schools_{name}", "schools_due") for name in ("closed", "guarded", "linked", "escorted")),
        *(("schools_protected", f"schools_{name}") for name in ("closed", "guarded", "linked", "escorted")),
        ("video_systems_compliant", "video_systems_registered"),
        ("video_systems_compliant", "video_systems_marked"),
        ("video_systems_compliant", "video_systems_purged"),
    ]
    assert len(pairs) >= 26
    for done, due in pairs:
        both = wide[[done, due]].dropna()
        assert len(both), done
        assert (both[done] <= both[due]).all(), done


OF_THEMSELVES = {
    "standing_topic_due",
    "standing_topic_listed",
    "annual_report_due",
    "annual_report_done",
    "leader_posts",
}
"""What city, counties and townships each count of themselves alone: no level holds another's."""


def test_a_measure_is_counted_at_one_level_only_so_that_sums_hold(counts, frames):
    counts = counts[~counts["measure"].isin(OF_THEMSELVES)]
    depth = counts["region_code"].map(frames["region"].set_index("region_code")["depth"])
    assert (depth.groupby(counts["measure"]).nunique() == 1).all()


def test_patrols_are_due_every_day_in_every_grid(counts):
    due = counts[counts["measure"] == "patrol_due"]
    days = due.groupby("region_code")["value"].sum()
    assert len(days) == 1_236
    assert (days == (date(2024, 12, 31) - date(2020, 1, 1)).days + 1).all()


def test_meetings_are_held_in_time_late_or_missed(frames):
    meetings = frames["meeting"]
    due = meetings[meetings["due_on"].dt.year == 2024]["kind"].value_counts()
    assert due["quarterly_dispatch"] == 4 * (1 + 12 + 126)
    assert due["monthly_supervision"] == 12 * (1 + 12 + 126)
    late = (meetings["held_on"] > meetings["due_on"]).mean()
    missed = meetings["held_on"].isna().mean()
    assert 0.01 < late < 0.15
    assert 0.01 < missed < 0.15


def test_decisions_come_from_meetings_that_were_held_and_some_are_overdue(frames):
    held = frames["meeting"].dropna(subset="held_on").set_index("source_id")["held_on"]
    decisions = frames["decision"]
    assert (decisions["decided_on"].to_numpy() == held.reindex(decisions["meeting_source_id"]).to_numpy()).all()
    assert not (decisions["done_on"] < decisions["decided_on"]).any()
    overdue = decisions[decisions["done_on"].isna() & (decisions["due_on"] < THROUGH)]
    assert 1 <= len(overdue) < 0.1 * len(decisions)
    assert not decisions.duplicated(["meeting_source_id", "task"]).any()


def test_consultation_items_come_from_consultations_that_were_held_and_some_are_overdue(frames):
    meetings = frames["meeting"].dropna(subset="held_on").set_index("source_id")
    items = frames["consultation_item"]
    held = meetings[meetings["kind"] == "consultation"]["held_on"]
    assert (items["decided_on"].to_numpy() == held.reindex(items["meeting_source_id"]).to_numpy()).all()
    assert 1 <= (items["done_on"].isna() & (items["due_on"] < THROUGH)).sum() < 0.1 * len(items)


def test_every_data_set_is_due_each_month_and_delivered_in_time_late_or_not(frames):
    rows = frames["data_delivery"]
    assert not rows.duplicated(["region_code", "department", "data_set", "due_on"]).any()
    assert (rows.groupby(["department", "data_set"])["region_code"].nunique() == 12).all()
    assert rows["due_on"].max() <= THROUGH
    assert 0.01 < (rows["delivered_on"] > rows["due_on"]).mean() < 0.15
    assert 0.005 < rows["delivered_on"].isna().mean() < 0.1


def test_no_column_could_hold_a_persons_identity(tables):
    forbidden = re.compile(
        r"person|phone|mobile|telephone|id_?card|identity|address|birth|gender|face|plate", re.IGNORECASE
    )
    for name, rows in tables.items():
        assert not [column for column in rows.column_names if forbidden.search(column)], name


def test_no_text_looks_like_an_identity_number_a_telephone_or_a_person(frames):
    number = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
    for name, frame in frames.items():
        if name == "import_batch":
            continue
        for column in frame.select_dtypes(include=["string"]):
            values = pd.Series(frame[column].dropna().unique())
            assert not values.str.contains(number).any(), f"{name}.{column}"
    posts = pd.Series(frames["case_package"]["leader_post"].unique())
    assert posts.str.fullmatch(r"市级领导\d\d岗|.+[县区]县级领导\d\d岗").all()


def test_work_is_better_in_some_counties_than_in_others(disputes):
    due = disputes[disputes["due_at"].dt.year == 2024]
    kept = (due["resolved_at"] <= due["due_at"]) & due["revisited_at"].notna()
    by_county = kept.groupby(due["region_code"].str[:6]).mean()
    assert np.ptp(by_county) > 0.04
    assert by_county.min() > 0.8
