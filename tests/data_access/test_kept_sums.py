"""What is added up from memory is what the store adds up, whoever asks for what."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access import schema
from data_access.access import Scope
from data_access.errors import ScopeError
from data_access.measures import load_measures
from data_access.queries import SnapshotReader, kept_sums
from data_access.queries.snapshot import OpenSnapshot
from tests.data_access.small_city import CITY, EAST, WEST

DAYS = st.sampled_from([date(2022, 1, 1), date(2023, 1, 1), date(2024, 2, 1), date(2024, 5, 1), date(2024, 3, 9)])
ENDS = st.sampled_from([date(2023, 12, 31), date(2024, 6, 30), date(2024, 12, 31), date(2024, 12, 30)])
MONTHS = st.sampled_from(pd.period_range("2021-11", "2025-02", freq="M").tolist())
MEASURES = st.lists(st.sampled_from(sorted(load_measures())), min_size=1, max_size=40, unique=True)
DIVISIONS = st.sampled_from([(), ("class_code",), ("channel",), ("class_code", "channel")])


@pytest.fixture(scope="module")
def small(small_city_home) -> SnapshotReader:
    return SnapshotReader(small_city_home)


def without_memory(ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    with mock.patch.object(kept_sums, "MOST_SIBLINGS", 0):
        return ask()


def same(ask: Callable[[], pd.DataFrame]) -> None:
    kept, counted = ask(), without_memory(ask)
    if len(kept) or len(counted):
        pd.testing.assert_frame_equal(kept, counted)


def asked_of(reader: SnapshotReader, data: st.DataObject) -> tuple[Scope, list[str]]:
    root = reader.snapshot().root_code
    every = reader.regions(Scope("city_leader", root))
    county = data.draw(st.sampled_from([root, *every.index[every["depth"] == 1][:2]]))
    scope = Scope("city_leader" if county == root else "county_leader", county)
    inside = reader.regions(scope).query("in_scope")
    if data.draw(st.booleans()):  # all of a level, whatever they lie in
        return scope, inside.index[inside["depth"] == 2].tolist()
    parent = data.draw(st.sampled_from(inside.index[inside["depth"] < 3].tolist()))
    return scope, [parent, *inside.index[inside["parent_code"] == parent]]


def by_month(reader, scope, measures, codes, first: pd.Period, last: pd.Period, by) -> pd.DataFrame:
    """Return the months side by side as rows below each other, in the order of ``measure_values``."""
    labels, values = reader.monthly_values(scope, measures, codes, first.start_time.date(), last.end_time.date(), by)
    months = pd.period_range(first, last, freq="M").start_time
    row, column = np.nonzero(~np.isnan(values))
    frame = pd.DataFrame({name: label[row] for name, label in labels.items()})
    frame.insert(2, "period_start", months[column])
    frame["value"] = values[row, column]
    return frame.sort_values(frame.columns[:-1].tolist(), ignore_index=True)


def check(reader: SnapshotReader, data: st.DataObject) -> None:
    scope, codes = asked_of(reader, data)
    measures, by, end = data.draw(MEASURES), data.draw(DIVISIONS), data.draw(ENDS)
    start = data.draw(st.none() | DAYS.filter(lambda day: day <= end))
    grain = data.draw(st.sampled_from(["total", "month", "year"]))
    same(lambda: reader.measure_values(scope, measures, codes, start, end, grain, by))
    first, last = data.draw(MONTHS), data.draw(MONTHS)
    if first <= last:
        monthly = partial(by_month, reader, scope, measures, codes, first, last, by)
        same(monthly)
        months = (first.start_time.date(), last.end_time.date())
        listed = reader.measure_values(scope, measures, codes, *months, "month", by)
        pd.testing.assert_frame_equal(monthly(), listed, check_dtype=False)
    keys = ["measure", "region_code", *by]
    spans = [(start, end), (date(2024, 1, 1), date(2024, 12, 31)), (None, date(2024, 6, 30))]

    def side_by_side() -> pd.DataFrame:
        found = pd.DataFrame(reader.span_values(scope, measures, codes, spans, by))
        return found.groupby(keys).sum(min_count=1).dropna(how="all").reset_index() if len(found) else found

    same(side_by_side)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_small_city_is_added_up_as_its_store_does(small, data):
    check(small, data)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_demonstration_city_is_added_up_as_its_store_does(reader, data):
    check(reader, data)


def test_what_was_read_for_one_scope_serves_no_other(small):
    """A county leader's memory is filled by its own reads: what a city leader read before is not handed on."""
    ask = (["homicide_victims"], [EAST], date(2024, 1, 1), date(2024, 12, 31))
    small.measure_values(Scope("city_leader", CITY), *ask)
    asked = []
    snapshot = small._current()
    with mock.patch.object(
        snapshot, "rows", side_effect=lambda *a: asked.append(a[1]) or type(snapshot).rows(snapshot, *a)
    ):
        small.measure_values(Scope("county_leader", EAST), *ask)
        small.measure_values(Scope("county_leader", EAST), *ask)
    assert [(scope.role, scope.region_prefix) for scope in asked] == [("county_leader", EAST[:6])]


@pytest.mark.parametrize(
    ("code", "first", "reads"),
    [("111", "abcd", 1), ("111", "a", 2), ("11", "abcd", 2)],
    ids=["many of a part of a level", "few of it", "many of a whole level"],
)
def test_what_other_pages_ask_of_a_part_of_a_level_is_read_with_many_measures(code, first, reads):
    rollup = kept_sums.Rollup(schema.measure_month, "month", "M", ("measure", "region_code"), divided=False)
    sums = kept_sums.KeptSums({"1": "", "11": "1", "111": "11"})
    asked = []

    def fetch(
        rollup: kept_sums.Rollup, measures: Sequence[str], regions: Sequence[str], _since: date | None
    ) -> pa.Table:
        asked.append(measures)
        columns = {"measure": measures, "region_code": [code] * len(measures)}
        return pa.table({**columns, "period": [date(2024, 1, 1)] * len(measures), "value": [1.0] * len(measures)})

    for measures in (list(first), ["e"]):
        wide = sums.of(fetch, "scope", "1", [rollup], measures, [code], company=list("abcde"))
        assert wide.values.tolist() == [[1.0]] * len(measures)
    assert len(asked) == reads


def test_of_many_groups_of_siblings_only_the_years_that_are_asked_for_are_read():
    rollup = kept_sums.Rollup(schema.measure_month, "month", "M", ("measure", "region_code"), divided=False)
    families = [f"1{place}" for place in range(kept_sums.MOST_FAMILIES + 1)]
    below = {f"{family}1": family for family in families}
    sums = kept_sums.KeptSums({"1": "", **dict.fromkeys(families, "1"), **below})
    begun = []

    def fetch(
        rollup: kept_sums.Rollup, measures: Sequence[str], regions: Sequence[str], since: date | None
    ) -> pa.Table:
        begun.append(since)
        columns = {"measure": list(measures) * len(regions), "region_code": regions}
        return pa.table({**columns, "period": [date(2024, 1, 1)] * len(regions), "value": [1.0] * len(regions)})

    def ask(codes: Sequence[str], since: date | None) -> None:
        wide = sums.of(fetch, "scope", "1", [rollup], ["deaths"], codes, since=since)
        assert wide.values.tolist() == [[1.0]] * len(codes)

    this_year = date(2024, 1, 1)
    for codes, since, reads in [
        (list(below), this_year, [this_year]),
        (list(below), this_year, [this_year]),
        (list(below), None, [this_year, None]),
        (list(below), date(2023, 1, 1), [this_year, None]),  # all are there by now
        (families, this_year, [this_year, None, None]),  # few enough to be read as a whole
    ]:
        ask(codes, since)
        assert begun == reads


@pytest.mark.parametrize(("most_bytes", "reads"), [(1 << 20, 2), (1800, 3), (10, 4)], ids=["all", "one", "none"])
def test_what_was_asked_for_longest_ago_leaves_first(most_bytes, reads):
    rollup = kept_sums.Rollup(schema.measure_month, "month", "M", ("measure", "region_code"), divided=False)
    sums = kept_sums.KeptSums({"1": "", "11": "1", "12": "1", "111": "11"}, most_bytes)
    asked = []

    def fetch(
        rollup: kept_sums.Rollup, measures: Sequence[str], regions: Sequence[str], _since: date | None
    ) -> pa.Table:
        asked.append(regions)
        months = pa.array([date(2024, 1, 1)] * len(regions))
        columns = {"measure": measures * len(regions), "region_code": regions, "period": months}
        return pa.table({**columns, "value": [1.0] * len(regions)})

    for code in ("11", "111", "111", "12"):
        wide = sums.of(fetch, "scope", "1", [rollup], ["deaths"], [code])
        assert wide.values.tolist() == [[1.0]]
    assert len(asked) == reads


def test_what_lies_below_a_region_is_read_ahead_as_far_as_the_region_itself_was_asked_for():
    rollup = kept_sums.Rollup(schema.measure_month, "month", "M", ("measure", "region_code"), divided=False)
    sums = kept_sums.KeptSums({"1": "", "11": "1", "12": "1", "111": "11", "112": "11"})
    asked = []

    def fetch(
        rollup: kept_sums.Rollup, measures: Sequence[str], regions: Sequence[str], _since: date | None
    ) -> pa.Table:
        asked.append((*measures, *regions))
        months = pa.array([date(2024, 1, 1)] * len(regions))
        columns = {"measure": list(measures) * len(regions), "region_code": regions, "period": months}
        return pa.table({**columns, "value": [1.0] * len(regions)})

    def ahead(scope: str, code: str, since: float = 0.0) -> int:
        return len(list(sums.read_below(fetch, scope, "1", code, since, lambda measure: ())))

    def ask(code: str) -> None:
        sums.of(fetch, "scope", "1", [rollup], ["deaths"], [code])

    assert ahead("scope", "11") == 0, "nothing was asked of it yet"
    ask("11")
    assert ahead("other", "11") == 0, "another scope's questions are not its own"
    assert ahead("scope", "11", since=time.monotonic()) == 0, "nothing was asked of it since"
    assert ahead("scope", "11") == 1
    assert asked == [("deaths", "11", "12"), ("deaths", "111", "112")]
    ask("112")
    assert ahead("scope", "11") == ahead("scope", "111") == 0
    assert len(asked) == 2


def test_looking_for_what_to_read_ahead_is_no_asking_for_it():
    """Else what left first would no longer be what was asked for longest ago."""
    rollup = kept_sums.Rollup(schema.measure_month, "month", "M", ("measure", "region_code"), divided=False)
    sums = kept_sums.KeptSums({"1": "", "11": "1", "111": "11", "1111": "111"}, most_bytes=2600)
    asked = []

    def fetch(
        rollup: kept_sums.Rollup, measures: Sequence[str], regions: Sequence[str], _since: date | None
    ) -> pa.Table:
        asked.extend(regions)
        columns = {"measure": measures, "region_code": regions, "period": pa.array([date(2024, 1, 1)])}
        return pa.table({**columns, "value": [1.0]})

    def ask(code: str) -> None:
        sums.of(fetch, "scope", "1", [rollup], ["deaths"], [code])

    for code in ("11", "111", "11"):
        ask(code)
    assert not list(sums.read_below(fetch, "scope", "1", "11", time.monotonic(), lambda measure: ()))
    ask("1111")  # there is place for two
    ask("11")
    assert asked == ["11", "111", "1111"]


def test_reading_ahead_changes_no_answer_and_stays_within_the_scope(small_city_home):
    reader, plain = SnapshotReader(small_city_home), SnapshotReader(small_city_home)
    scope = Scope("county_leader", EAST)
    measures = ["disputes_received", "homicide_victims"]

    def ask(of: SnapshotReader, codes: Sequence[str]) -> pd.DataFrame:
        return of.measure_values(scope, measures, codes, date(2024, 1, 1), date(2024, 12, 31))

    ask(reader, [EAST])
    assert list(reader.read_below(scope, EAST, 0.0))
    below = reader.regions(scope).query("parent_code == @EAST").index.tolist()
    with mock.patch.object(OpenSnapshot, "rows", side_effect=AssertionError("read again")):
        read = ask(reader, below)
    pd.testing.assert_frame_equal(read, ask(plain, below))
    with pytest.raises(ScopeError):
        reader.read_below(scope, WEST, 0.0)
