"""What a process keeps of what it worked out: as many bytes as config/server.toml allows, whatever is looked at."""

from __future__ import annotations

import gc
import shutil
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from dashboard import memory
from dashboard.context import Context
from dashboard.memory import Memory, bytes_of, process_memory, server_settings
from dashboard.periods import Period
from dashboard.screens.overview import overview_screen
from dashboard.screens.ranking import ranking_screen
from dashboard.screens.trends.screen import trends_screen
from dashboard.screens.work.disputes import disputes_screen
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.data_access.small_city import CITY, EAST, WEST
from tests.servers import wait_until

SCREENS = (overview_screen, ranking_screen, trends_screen, disputes_screen)


@dataclass(frozen=True)
class Shown:
    """As a screen's function returns."""

    title: str
    table: pd.DataFrame
    more: dict[str, tuple[str, ...]]


def shown(number: int) -> Shown:
    table = pd.DataFrame({"name": [f"region {number} {row}" for row in range(50)], "value": np.arange(50.0)})
    return Shown(
        f"title {number}", table, {f"key {each} {number}": (f"text {each} {number}",) * 3 for each in range(40)}
    )


def test_more_than_the_bound_is_never_kept_and_what_was_asked_for_longest_ago_goes_first():
    kept, worked_out = Memory(20 * bytes_of(shown(0))), []

    def ask(number: int) -> Shown:
        return kept.recall(number, lambda: worked_out.append(number) or shown(number))

    for number in range(100):
        ask(number)
        ask(0)
        assert kept.kept_bytes <= kept.most_bytes
    assert 10 < len(kept) < 21
    worked_out.clear()
    for number in (0, 99, 98, 1):
        ask(number)
    assert worked_out == [1]


def test_one_result_that_would_push_out_all_others_is_given_but_not_kept():
    kept = Memory(1_000_000)
    kept.recall("small", lambda: "text")
    assert len(kept.recall("large", lambda: np.zeros(100_000))) == 100_000
    assert (len(kept), kept.recall("small", lambda: "new")) == (1, "text")


def test_who_asks_while_it_is_worked_out_waits_and_a_failure_is_not_kept():
    kept, calls, begin = Memory(1_000_000), [], threading.Event()

    def slowly() -> str:
        calls.append(1)
        begin.wait(10)
        if len(calls) == 1:
            raise ValueError
        return "done"

    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(kept.recall("same", slowly))
        except ValueError:
            answers.append("failed")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    begin.set()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, answers)) == ["done"] * 7 + ["failed"]
    assert len(calls) == 2


def test_what_was_worked_out_while_another_snapshot_was_published_is_given_but_not_kept(small_home, tmp_path):
    own = Home(shutil.copytree(small_home.path, tmp_path / "own"))  # others read the city as it is
    reader = SnapshotReader(own)
    first = reader.snapshot().snapshot_id

    def publish_meanwhile() -> str:
        publish(own)
        wait_until(lambda: reader.snapshot().snapshot_id != first)
        return "of two snapshots"

    assert memory.recalled(reader, ("asked",), publish_meanwhile) == "of two snapshots"
    earlier = SnapshotReader(own, first)
    assert memory.recalled(earlier, ("asked",), lambda: "of the first") == "of the first"


@pytest.mark.parametrize(
    "make",
    [
        lambda: [shown(number) for number in range(50)],
        lambda: np.arange(500_000),
        lambda: pd.DataFrame({f"column {number}": np.arange(2_000) for number in range(40)}),
        lambda: pd.Series([f"text number {number}" for number in range(20_000)]),
        lambda: {number: {f"{number} {each}": [each] for each in range(10)} for number in range(1_000)},
    ],
)
def test_the_size_of_a_result_is_about_what_python_gives_it(make: Callable[[], object]):
    make()
    gc.collect()
    tracemalloc.start()
    try:
        made = make()
        given, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 < bytes_of(made) / given < 1.7


def test_settings_and_readers_that_a_result_points_to_are_not_its_own(small_home):
    reader = SnapshotReader(small_home)
    reader.regions(Scope("city_leader", CITY))
    assert bytes_of((reader, server_settings())) < 200


def test_whatever_is_looked_at_the_process_keeps_no_more_than_it_may(small_home, monkeypatch):
    reader = SnapshotReader(small_home)
    small = Memory(1_500_000)
    monkeypatch.setattr(memory, "process_memory", lambda: small)

    def look(theme: str) -> None:
        for region in (CITY, EAST, WEST):
            scope = Scope("city_leader", CITY) if region == CITY else Scope("county_leader", region)
            for quarter in range(1, 5):
                context = Context(region, Period.parse(f"2024Q{quarter}"), "zh", theme, scope)
                for screen in SCREENS:
                    screen(reader, context)
                    assert small.kept_bytes <= small.most_bytes

    look("light")  # what the data layer keeps is bounded by itself, and is there from now on
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(2):
            look("dark")
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(small) > 10
    assert grown < 2 * small.most_bytes


def test_the_memory_of_all_pages_is_one_of_the_size_that_the_configuration_says():
    assert process_memory() is process_memory()
    assert process_memory().most_bytes == server_settings().kept_mb * 1024 * 1024
