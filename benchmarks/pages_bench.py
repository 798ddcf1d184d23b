"""Server time of whole pages on skewed disputes: prepared afresh, and as kept for the next viewer of the same screen."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from benchmarks.queries_bench import CITY, published_home
from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.data.quality import checks_screen
from dashboard.screens.duty.assessment import assessment_screen
from dashboard.screens.duty.responsibility import responsibility_screen
from dashboard.screens.overview import overview_screen
from dashboard.screens.ranking import ranking_screen
from dashboard.screens.work.chain.screen import chain_screen
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.patrol import patrol_screen
from dashboard.screens.work.resources import resources_screen
from dashboard.screens.work.response import response_screen
from dashboard.screens.work.services import services_screen
from data_access.access import Scope
from data_access.queries import SnapshotReader

TARGET_MS = 100.0
RUNS = 9
PAGES: dict[str, Callable] = {
    "disputes": disputes_screen,
    "patrol": patrol_screen,
    "services": services_screen,
    "response": response_screen,
    "resources": resources_screen,
    "quality": checks_screen,
    "duty": responsibility_screen,
    "assessment": assessment_screen,
    "chain": chain_screen,
    "overview": overview_screen,
    "ranking": ranking_screen,
}


def milliseconds(call: Callable[[], object]) -> float:
    call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print each page's median beside the target, at the city and at one county."""
    rows = int(os.environ.get("BENCH_ROWS", "1000000"))
    with published_home(rows) as home:
        measure(SnapshotReader(home), rows)


def measure(reader: SnapshotReader, rows: int) -> None:
    scope = Scope("city_leader", CITY)
    regions = reader.regions(scope)
    places = {"city": CITY, "county": regions.index[regions["depth"] == 1][0]}
    print(f"pages at {rows:,} disputes, median of {RUNS} runs; target {TARGET_MS:.0f} ms")
    for name, prepare in PAGES.items():
        for place, code in places.items():
            context = Context(code, Period.parse("2024Q3"), "zh", "light", scope)
            fresh = milliseconds(lambda p=prepare, c=context: getattr(p, "__wrapped__", p)(reader, c))
            again = milliseconds(lambda p=prepare, c=context: p(reader, c))
            # The target is about the work of preparing a page; finding it kept says nothing of that.
            verdict = "within" if fresh <= TARGET_MS else "OVER"
            print(f"  {name:10s} {place:7s} afresh {fresh:8.1f} ms ({verdict})   kept {again:6.2f} ms")


if __name__ == "__main__":
    main()
