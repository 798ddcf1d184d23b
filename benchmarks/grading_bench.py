"""Time the grading of the demonstration city's 126 townships for one month, beside one township at a time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from dashboard.grading.grades import grades
from dashboard.grading.index import build_index
from dashboard.grading.inputs import monthly_inputs
from dashboard.grading.league import STRIP_MONTHS, grade_regions
from dashboard.grading.settings import index_settings
from data_access.access import Scope
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader

TARGET_MS = 50.0
RUNS = 9
SAMPLE = 6
TOWNSHIP = 2


def milliseconds(call: Callable[[], object]) -> float:
    """Return the median time of a call, after one that warms up."""
    call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print the whole, its two parts, and the same one township at a time."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        load_demonstration(home)
        publish(home)
        measure(SnapshotReader(home))


def measure(reader: SnapshotReader) -> None:
    snapshot, settings = reader.snapshot(), index_settings()
    scope = Scope("city_leader", snapshot.root_code)
    regions = reader.regions(scope)
    codes = regions.index[regions["depth"] == TOWNSHIP].tolist()
    month = pd.Period(snapshot.data_through, "M")
    months = pd.period_range(month - (STRIP_MONTHS + settings.history_months), month, freq="M")
    inputs = monthly_inputs(reader, scope, codes, months, settings)
    whole = milliseconds(lambda: grade_regions(reader, scope, codes, month))
    reading = milliseconds(lambda: monthly_inputs(reader, scope, codes, months, settings))
    grading = milliseconds(lambda: grades(build_index(inputs, settings), settings))
    alone = milliseconds(lambda: [grade_regions(reader, scope, [code], month) for code in codes[:SAMPLE]])
    naive = alone * len(codes) / SAMPLE
    print(f"grading {len(codes)} townships for {month} with the {len(months)} months its rules look back on")
    print(f"  grading    {grading:8.1f} ms ({'within' if grading <= TARGET_MS else 'OVER'} {TARGET_MS:.0f} ms)")
    print(f"  reading    {reading:8.1f} ms")
    print(
        f"  both       {whole:8.1f} ms, {naive / whole:.0f} times as fast as one township at a time ({naive:,.0f} ms)"
    )


if __name__ == "__main__":
    main()
