"""The figures of the speech, counted from the rows of the demonstration city."""

from __future__ import annotations

import pandas as pd
import pytest

from data_access.demo import build_demonstration


def in_year(frame: pd.DataFrame, column: str, year: int) -> pd.DataFrame:
    return frame[frame[column].dt.year == year]


def flow(counts: pd.DataFrame, measure: str, year: int) -> float:
    return counts[(counts["measure"] == measure) & (counts["period_start"].dt.year == year)]["value"].sum()


def stock(counts: pd.DataFrame, measure: str, month: str = "2024-12-01") -> float:
    return counts[(counts["measure"] == measure) & (counts["period_start"] == month)]["value"].sum()


def test_22_homicides_in_2024_are_12_percent_fewer_than_the_25_of_2023(frames):
    homicides = frames["incident"][frames["incident"]["category"] == "homicide"]
    now, before = len(in_year(homicides, "occurred_on", 2024)), len(in_year(homicides, "occurred_on", 2023))
    assert (now, before) == (22, 25)
    assert now / before - 1 == pytest.approx(-0.12)


def test_homicide_rate_falls_by_12_percent_because_residents_stay_the_same(frames):
    people = frames["population"]
    city = people[people["region_code"] == "990100000000"].set_index("year")["population"]
    assert city[2024] == city[2023]
    assert 0.44 <= 22 / city[2024] * 100_000 <= 0.5


def test_10_of_22_homicides_grew_out_of_family_and_neighbours(frames):
    homicides = in_year(frames["incident"], "occurred_on", 2024).query("category == 'homicide'")
    assert homicides["class_code"].isin(["01", "04"]).sum() == 10


def test_some_county_rose_two_years_running_and_some_homicide_had_several_victims(frames):
    homicides = frames["incident"].query("category == 'homicide'")
    cases = homicides.groupby([homicides["region_code"].str[:6], homicides["occurred_on"].dt.year]).size()
    cases = cases.unstack(fill_value=0)
    assert ((cases[2024] > cases[2023]) & (cases[2023] > cases[2022])).any()
    assert homicides["victims"].min() == 1
    assert 1 <= (homicides["victims"] > 1).sum() <= 20


def test_32000_disputes_were_received_in_2024_and_640_are_unresolved(disputes):
    received = in_year(disputes, "received_at", 2024)
    assert len(received) == 32_000
    assert received["resolved_at"].isna().sum() == 640


def test_merged_duplicates_point_to_a_dispute_that_was_not_merged_itself(frames, disputes):
    merged = frames["dispute"].dropna(subset="merged_into")
    assert 0.05 < len(merged) / len(disputes) < 0.15
    original = disputes.set_index("source_id").reindex(merged["merged_into"])
    assert original["received_at"].notna().all()
    assert (original["received_at"].to_numpy() <= merged["received_at"].to_numpy()).all()
    assert (original["channel"].to_numpy() != merged["channel"].to_numpy()).all()


def test_criminal_alarms_fell_by_exactly_18_7_percent(frames):
    alarms = frames["incident"].query("category == 'criminal_alarm'")
    now, before = len(in_year(alarms, "occurred_on", 2024)), len(in_year(alarms, "occurred_on", 2023))
    assert now * 1000 == before * 813
    assert set(alarms["class_code"]) == {
        "fraud",
        "vice_gambling",
        "school_safety",
        "guns_explosives",
        "robbery_theft",
        "provocation",
        "other",
    }


def test_three_of_the_coverages_are_complete_at_the_end_and_were_not_a_month_before(counts):
    for name in ("guardianship", "treatment", "service"):
        assert stock(counts, f"{name}_done") == stock(counts, f"{name}_due")
        earlier = stock(counts, f"{name}_done", "2024-11-01") / stock(counts, f"{name}_due", "2024-11-01")
        assert 0.97 < earlier < 1


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("grids", 1_236),
        ("grid_workers", 12_000),
        ("volunteers", 48_000),
        ("social_feeds", 58_000),
        ("mind_station_sites_due", 126),
        ("fund_total", 5_000_000),
    ],
)
def test_stock_at_the_end_of_2024(counts, measure, value):
    assert stock(counts, measure) == value


def test_562_returned_and_23000_cameras_were_added_in_2024(counts):
    assert flow(counts, "returned_received", 2024) == 562
    assert flow(counts, "cameras_added", 2024) == 23_000
    assert stock(counts, "cameras_total") - stock(counts, "cameras_total", "2023-12-01") == 23_000


def test_nobody_lacks_guidance_beyond_those_not_received_so_the_township_matrix_stands(counts):
    keys = ["region_code", "period_start"]
    own = counts[counts["measure"].str.startswith("returned_")]
    wide = own.pivot_table(index=keys, columns="measure", values="value")
    lacking = wide["returned_due"] - wide["returned_received"]
    assert (wide["returned_received"] - wide["returned_guided"] <= lacking).all()
    assert flow(counts, "returned_guided", 2024) < 562


def test_a_video_system_complies_when_it_lacks_none_of_three(counts):
    due, whole = stock(counts, "video_systems_due"), stock(counts, "video_systems_compliant")
    parts = [stock(counts, f"video_systems_{name}") for name in ("registered", "marked", "purged")]
    assert sum(parts) - 2 * due <= whole <= min(parts) < due
    assert stock(counts, "public_feeds_due") == stock(counts, "cameras_total")


def test_a_school_is_protected_when_it_lacks_none_of_four(counts):
    due, whole = stock(counts, "schools_due"), stock(counts, "schools_protected")
    parts = [stock(counts, f"schools_{name}") for name in ("closed", "guarded", "linked", "escorted")]
    assert sum(parts) - 3 * due <= whole <= min(parts) < due


def test_every_key_area_is_covered(counts):
    assert stock(counts, "key_areas_covered") == stock(counts, "key_areas") > 0


def test_98_6_percent_of_those_asked_in_2024_feel_safe(frames):
    asked = in_year(frames["survey"], "period_start", 2024)
    assert len(asked) == 24
    assert asked["respondents"].between(300, 500).all()
    assert asked["satisfied"].sum() * 1000 == asked["respondents"].sum() * 986


def test_budget_of_2025_is_20_percent_above_2024_in_every_county_and_item(counts):
    planned = counts[counts["measure"] == "budget_planned"].pivot_table(
        index=["region_code", "class_code"], columns=counts["period_start"].dt.year, values="value"
    )
    assert (planned[2025] * 10 == planned[2024] * 12).all()


def test_fund_awards_stay_below_the_cap_and_the_fund(frames, settings):
    awards = frames["fund_award"]
    assert awards["amount"].max() <= 200_000
    assert awards["amount"].min() > 0
    assert awards["amount"].sum() == settings.money.fund_awarded <= 5_000_000
    assert (awards["applied_on"] <= awards["awarded_on"]).all()
    assert set(awards["channel"]) == {"one_event", "one_case"}


def test_stations_due_are_not_one_of_each_kind_in_every_township(counts):
    last = counts[counts["period_start"] == "2024-12-01"]
    due = last[last["measure"] == "townships_standard_due"].groupby("class_code")["value"].sum()
    done = last[last["measure"] == "townships_standard_done"].groupby("class_code")["value"].sum()
    assert due.to_dict() == {"court": 47, "police": 118, "justice": 126}
    assert done["justice"] == 119
    assert (done < due).all()


def test_every_graded_worker_stands_on_one_of_eighteen_grades(counts):
    graded = counts.query("measure == 'grid_workers_graded'")
    assert graded["class_code"].nunique() == 18
    last = graded[graded["period_start"] == "2024-12-01"]
    assert 0.9 * 12_000 < last["value"].sum() < 12_000


def test_visits_follow_the_school_year_and_files_are_nearly_complete(counts):
    visits = counts.query("measure == 'classroom_visits'")
    by_month = visits.groupby(visits["period_start"].dt.month)["value"].sum()
    assert by_month[[7, 8]].max() < by_month[[3, 4, 5, 9]].min() / 3
    assert stock(counts, "youth_helped") < stock(counts, "youth_filed") < stock(counts, "youth_due")


def test_alarms_are_reached_in_their_rings_limit_nine_times_in_ten(frames):
    alarms = frames["alarm_response"]
    stamped = alarms[alarms["arrived_at"].notna()]
    assert (stamped["arrived_at"] > stamped["received_at"]).all()
    assert 0.02 < alarms["arrived_at"].isna().mean() < 0.06
    in_time = (stamped["arrived_at"] <= stamped["due_at"]).groupby(stamped["class_code"]).mean()
    assert in_time.between(0.88, 0.97).all()
    limit = (alarms["due_at"] - alarms["received_at"]).dt.total_seconds().groupby(alarms["class_code"]).unique()
    assert {key: values.tolist() for key, values in limit.items()} == {"ring_1": [60], "ring_3": [180], "ring_5": [300]}


def test_all_32_city_leaders_and_168_county_leaders_have_packages_in_2024(frames):
    packages = in_year(frames["case_package"], "found_on", 2024)
    posts = packages.groupby("leader_level")["leader_post"].nunique()
    assert posts.to_dict() == {"city": 32, "county": 168}


def test_23_workstations_and_12_patrol_teams(frames):
    places = frames["facility"]["kind"].value_counts()
    assert (places["police_workstation"], places["patrol_team"], places["mediation_centre"]) == (23, 12, 12)
    assert frames["facility"]["name"].is_unique


def test_another_seed_gives_other_rows_but_the_same_figures(settings, tables):
    other = dict(build_demonstration(settings.model_copy(update={"seed": settings.seed + 1})))
    assert not other["incident"].equals(tables["incident"])
    received = other["dispute"].to_pandas().query("merged_into.isna() and received_at >= '2024-01-01'")
    assert (len(received), received["resolved_at"].isna().sum()) == (32_000, 640)
    incidents = other["incident"].to_pandas(date_as_object=False)
    homicides = in_year(incidents, "occurred_on", 2024).query("category == 'homicide'")
    assert (len(homicides), homicides["class_code"].isin(["01", "04"]).sum()) == (22, 10)


def test_20_pilot_sites_each_with_its_basis_and_stages_in_order(frames):
    sites = frames["pilot_site"]
    assert len(sites) == 20
    assert sites["approval_basis"].str.len().min() > 0
    stages = sites[["nurtured_on", "ripe_on", "accepted_on", "spread_on"]]
    for before, after in zip(stages.columns[:-1], stages.columns[1:], strict=True):
        later = stages[after].notna()
        assert (stages.loc[later, before] <= stages.loc[later, after]).all()
        assert 0 < later.sum() < 20


def test_townships_that_use_a_practice_and_field_visits_agree_with_the_sites(frames, counts):
    sites = frames["pilot_site"]
    assert sites["adopted_townships"].max() <= stock(counts, "pilot_townships") <= sites["adopted_townships"].sum()
    assert counts.query("measure == 'pilot_field_visits'")["value"].sum() == sites["field_visits"].sum()


def test_weight_is_8_of_100_points_and_15_the_year_after(counts):
    points = counts.query("measure == 'assessment_points_homicide'").set_index("period_start")["value"]
    assert (points["2024-01-01"], points["2025-01-01"]) == (8, 15)
    assert set(counts.query("measure == 'assessment_points'")["value"]) == {100}


def test_every_veto_that_was_decided_has_paper_and_office(frames):
    vetoes = frames["veto"]
    assert set(vetoes["veto_kind"]) == {"否决", "否优"}
    assert set(vetoes["status"]) == {"待核", "成立", "不成立", "申诉中"}
    decided = vetoes[vetoes["status"] != "待核"]
    assert decided[["document_no", "authority", "decided_on"]].notna().all(axis=None)


def test_two_hundred_are_asked_in_every_township_each_year(counts):
    asked = counts.query("measure == 'satisfaction_respondents'")["value"]
    assert (len(asked), asked.min() >= 200) == (126 * 5, True)
