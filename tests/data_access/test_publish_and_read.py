"""What is published can be read back, counted by hand, within a scope."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.errors import NoSnapshotError, PublishRefused, ScopeError
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.engines import open_readonly
from data_access.store.snapshot_files import snapshot_file
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, OLD_WEST, WEST
from tests.servers import wait_until

CITY_SCOPE = Scope("city_leader", CITY)
YEAR_2024 = (date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def reader(small_city_home) -> SnapshotReader:
    return SnapshotReader(small_city_home)


def values(reader, measures, codes, start, end, scope=CITY_SCOPE, **options) -> dict:
    frame = reader.measure_values(scope, measures, codes, start, end, **options)
    keys = [column for column in frame.columns if column not in ("value", "measure")]
    return {tuple(row[key] for key in keys): row["value"] for _, row in frame.iterrows()}


def in_the_file(home: Home, table: str, labels: str) -> list[tuple]:
    """Return what labels the rows of a table, as they lie in the snapshot's file."""
    file = snapshot_file(home, "2024Q4-0001")
    if not file.exists():
        pytest.skip("a shared database finds rows by its indexes")
    with open_readonly(file).connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"select {labels} from {table} order by rowid"))]


def test_months_of_siblings_lie_together_in_the_file_whatever_was_counted_last(small_city_home):
    places = in_the_file(small_city_home, "measure_month", "divided, depth, region_code")
    assert places == sorted(places)


def test_records_of_a_week_and_region_lie_together_in_the_file(tmp_path):
    days = {"e1": (WEST, 15), "e2": (EAST, 16), "e3": (WEST, 17), "e4": (EAST, 19), "e5": (EAST, 22), "e6": (WEST, 23)}
    template = small_city.disputes().iloc[[0]]
    more = [
        template.assign(source_id=name, region_code=region, received_at=datetime(2024, 1, day))
        for name, (region, day) in days.items()
    ]
    home = Home(tmp_path)
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("dispute", pd.concat(more))
    publish(home)
    assert [name for (name,) in in_the_file(home, "dispute_placed", "source_id")] == [
        "e2",
        "e4",
        "e1",
        "e3",
        "e5",
        "e6",
    ]


def test_incidents_of_a_kind_lie_together_in_the_file(small_city_home):
    kinds = in_the_file(small_city_home, "incident_placed", "category, occurred_on")
    assert kinds == sorted(kinds)


def test_snapshot_names_its_data(reader):
    info = reader.snapshot()
    assert info.snapshot_id == "2024Q4-0001"
    assert info.data_through == date(2024, 12, 31)
    assert info.name("en") == "Small City"
    assert [level.level for level in info.levels] == ["city", "county", "township", "grid"]


def test_city_counts_rows_that_only_the_city_is_known_for(reader):
    assert values(reader, ["homicide_incidents"], [CITY, EAST, WEST], *YEAR_2024) == {(CITY,): 2, (EAST,): 1}


def test_rows_of_an_old_code_count_at_its_successor(reader):
    assert values(reader, ["homicide_incidents"], [WEST], date(2022, 1, 1), date(2022, 12, 31)) == {(WEST,): 1}
    assert OLD_WEST not in reader.regions(CITY_SCOPE).index


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2023, 1, 1), date(2024, 12, 31)),
        (date(2023, 2, 1), date(2024, 12, 31)),
        (date(2023, 3, 5), date(2024, 12, 31)),
    ],
    ids=["years", "months", "days"],
)
def test_years_months_and_days_give_the_same_sum(reader, start, end):
    assert values(reader, ["homicide_victims"], [CITY], start, end) == {(CITY,): 7}


@pytest.mark.parametrize("by", [(), ("class_code",), ("class_code", "channel")])
def test_spans_side_by_side_are_what_each_is_alone(reader, by):
    measures = ["homicide_victims", "disputes_received", "disputes_due", "volunteers"]
    spans = [YEAR_2024, (None, date(2023, 12, 31)), (None, date(2024, 6, 30)), (date(2023, 3, 5), date(2024, 8, 17))]
    keys = ["measure", "region_code", *by]
    together = pd.DataFrame(reader.span_values(CITY_SCOPE, measures, [CITY, EAST, WEST], spans, by=by))
    for place, span in enumerate(spans):
        alone = reader.measure_values(CITY_SCOPE, measures, [CITY, EAST, WEST], *span, by=by)
        own = together.dropna(subset=f"value_{place}").set_index(keys)[f"value_{place}"].sort_index()
        assert len(own) == len(alone) > 0
        assert own.to_dict() == alone.set_index(keys)["value"].to_dict()


def test_victims_squared_are_summed_per_incident(reader):
    assert values(reader, ["homicide_victims_squared"], [EAST], *YEAR_2024) == {(EAST,): 9}


def test_breakdowns_by_class_month_and_channel(reader):
    by_class = values(reader, ["homicide_incidents"], [CITY], date(2023, 1, 1), date(2023, 12, 31), by=("class_code",))
    assert by_class == {(CITY, "01"): 1, (CITY, "04"): 1}
    by_channel = values(reader, ["disputes_received"], [CITY], *YEAR_2024, by=("channel",))
    assert by_channel == {(CITY, "grid"): 1, (CITY, "hotline_12345"): 1, (CITY, "petition"): 1}
    monthly = reader.measure_values(CITY_SCOPE, ["disputes_received"], [CITY], *YEAR_2024, grain="month")
    assert monthly["period_start"].dt.month.tolist() == [1, 2]
    assert monthly["value"].tolist() == [2, 1]


def test_dispute_deadlines_are_counted_by_rule(reader):
    names = ["disputes_due", "disputes_due_resolved", "disputes_merged", "red_due", "red_due_handled"]
    frame = reader.measure_values(CITY_SCOPE, names, [CITY], *YEAR_2024).set_index("measure")["value"]
    assert frame.to_dict() == {"disputes_due": 3, "disputes_due_resolved": 1, "disputes_merged": 1, "red_due": 1}


def test_stock_is_the_last_known_value_not_a_sum_over_time(reader):
    assert values(reader, ["volunteers"], [EAST], *YEAR_2024) == {(EAST,): 120}
    assert values(reader, ["volunteers"], [CITY], *YEAR_2024) == {(CITY,): 200}
    assert values(reader, ["volunteers"], [EAST], date(2024, 1, 1), date(2024, 1, 31)) == {(EAST,): 100}


def test_records_win_over_counts_where_both_cover(reader):
    assert values(reader, ["homicide_victims"], [EAST], date(2023, 1, 1), date(2023, 12, 31)) == {(EAST,): 1}
    assert values(reader, ["homicide_victims"], [EAST], date(2021, 1, 1), date(2021, 12, 31)) == {(EAST,): 7}
    coverage = reader.coverage(CITY_SCOPE).query("measure == 'homicide_victims'")
    assert set(coverage["basis"]) == {"records", "counts"}


def test_waiting_times_fall_in_bins_whose_edges_are_exact(reader):
    bins = reader.histograms(CITY_SCOPE, ["resolution_days"], [CITY], *YEAR_2024)
    assert sorted(zip(bins["lower"], bins["upper"], bins["value"], strict=True)) == [(7, 10, 1), (45, 60, 1)]


def test_population_of_a_missing_year_is_carried_and_marked(reader):
    exposure = reader.person_years(CITY_SCOPE, [CITY, EAST], *YEAR_2024).set_index("region_code")
    assert exposure.loc[CITY, "person_years"] == pytest.approx(300_000)
    assert exposure.loc[EAST, ["population_year", "carried"]].tolist() == [2023, True]
    before = reader.person_years(CITY_SCOPE, [CITY], date(2020, 1, 1), date(2020, 12, 31))
    assert before["person_years"].isna().all()


def test_county_scope_sees_its_own_regions_and_nothing_else(reader):
    scope = Scope("county_leader", EAST)
    regions = reader.regions(scope)
    assert set(regions.index[regions["in_scope"]]) == {
        EAST,
        *(c for c in [*small_city.TOWNS, *small_city.GRIDS] if c.startswith("970101")),
    }
    assert regions.index[~regions["in_scope"]].tolist() == [CITY]
    for code in (CITY, WEST, "970102001000", "x' or 1=1 --"):
        with pytest.raises(ScopeError):
            reader.measure_values(scope, ["homicide_incidents"], [code], *YEAR_2024)
        with pytest.raises(ScopeError):
            reader.records(scope, "dispute", code, *YEAR_2024)
    with pytest.raises(ScopeError):
        reader.records(Scope("public_demo", CITY), "dispute", CITY, *YEAR_2024)


def test_lists_are_bounded_and_newest_first(reader):
    rows = reader.records(CITY_SCOPE, "dispute", WEST, *YEAR_2024, limit=1)
    assert rows["source_id"].tolist() == ["d4"]
    assert "lon" not in rows
    only = reader.records(CITY_SCOPE, "dispute", WEST, *YEAR_2024, where={"merged_into": None})
    assert only["source_id"].tolist() == ["d3"]


def test_neighbours_touch_at_one_level_only(reader):
    pairs = reader.neighbours(CITY_SCOPE, [EAST, WEST])
    assert sorted(map(tuple, pairs.to_numpy())) == [(EAST, WEST), (WEST, EAST)]


def test_reader_follows_the_pointer_and_old_snapshots_stay_readable(new_home):
    home = new_home()
    small_city.fill(home)
    first = publish(home)
    reader = SnapshotReader(home)
    assert reader.snapshot().snapshot_id == first
    with WorkingStore.open(home) as store:
        store.replace_all("incident", small_city.incidents().iloc[:1])
    second = publish(home)
    assert second != first
    wait_until(lambda: reader.snapshot().snapshot_id == second)
    span = (date(2022, 1, 1), date(2024, 12, 31))
    assert values(reader, ["homicide_incidents"], [CITY], *span) == {(CITY,): 1}
    assert values(SnapshotReader(home, first), ["homicide_incidents"], [CITY], *span) == {(CITY,): 5}
    with pytest.raises(NoSnapshotError):
        SnapshotReader(home, "2024Q4-0099")


def test_rows_of_an_unknown_region_stop_the_publish_and_name_it(tmp_path):
    home = Home(tmp_path)
    small_city.fill(home)
    first = publish(home)
    with WorkingStore.open(home) as store:
        store.append("incident", small_city.incidents().iloc[:1].assign(source_id="z", region_code="999999000000"))
    with pytest.raises(PublishRefused, match="999999000000"):
        publish(home)
    assert SnapshotReader(home).snapshot().snapshot_id == first
    assert SnapshotReader(home).kept_snapshot_ids() == [first]
    assert not list(home.snapshots.glob("building-*"))


BATCH = {
    **{"batch_id": "b", "source": "police", "target": "incident", "file_name": "cases.csv", "file_sha256": ""},
    **{"mapping_name": "m.toml", "mapping_sha256": "", "started_at": datetime(2025, 1, 1)},
    **{"finished_at": datetime(2025, 1, 1), "rows_replaced": 0, "rows_unchanged": 0, "rows_quarantined": 0},
    **{"rows_excluded": 0, "region_disagreements": 0},
}


@pytest.mark.parametrize(
    ("read", "added", "said"),
    [
        (9, 8, "cases.csv had 9 rows, but its import accounts for 8"),
        (9, 9, "6 rows of source 'police', but its imports added 9"),
    ],
)
def test_nothing_is_published_when_imports_and_rows_do_not_reconcile(tmp_path, read, added, said):
    home = Home(tmp_path)
    small_city.fill(home)
    first = publish(home)
    with WorkingStore.open(home) as store:
        store.append("import_batch", pd.DataFrame([{**BATCH, "rows_read": read, "rows_added": added}]))
    with pytest.raises(PublishRefused, match=said):
        publish(home)
    assert SnapshotReader(home).snapshot().snapshot_id == first


@pytest.mark.parametrize(
    ("lost", "said"),
    [("add_totals", "adds up to .* by class but to 0 in all"), ("count_records", "but 0 in the roll-up")],
)
def test_nothing_is_published_when_a_roll_up_lost_what_the_records_say(tmp_path, monkeypatch, lost, said):
    home = Home(tmp_path)
    small_city.fill(home)
    first = publish(home)
    monkeypatch.setattr(f"data_access.publishing.rollups.{lost}", lambda *arguments: None)
    with pytest.raises(PublishRefused, match=said):
        publish(home)
    assert SnapshotReader(home).snapshot().snapshot_id == first


def test_nothing_published_says_which_command_to_run(new_home):
    with pytest.raises(NoSnapshotError, match="data_access demo"):
        SnapshotReader(new_home()).snapshot()


def test_only_whoever_runs_a_command_is_told_the_data_folder(tmp_path):
    home = Home(tmp_path / "folder-of-the-office")
    with pytest.raises(NoSnapshotError) as nothing:
        SnapshotReader(home).snapshot()
    with pytest.raises(NoSnapshotError) as not_kept:
        SnapshotReader(home, "2024Q4-0099")
    for error in (nothing.value, not_kept.value):
        for language in ("zh", "en"):
            assert "folder-of-the-office" not in error.message(language)
            assert str(home.path) in error.message_for_operator(language)
