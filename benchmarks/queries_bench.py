"""Queries behind the pages on skewed incidents and disputes, beside reading the whole table on each rerun."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from benchmarks.instruments.processes import peak_mb
from data_access import schema
from data_access.access import Scope
from data_access.home import Home
from data_access.measures import definitions_sha256
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore

CITY = "990100000000"
PART = 1_000_000
RUNS = 15


def regions() -> pd.DataFrame:
    """12 counties, 126 townships, 1,236 grids."""
    counties = [f"9901{number:02d}000000" for number in range(1, 13)]
    towns = [counties[number % 12][:6] + f"{number // 12 + 1:03d}000" for number in range(126)]
    grids = [towns[number % 126][:9] + f"001{number // 126 + 1:03d}" for number in range(1236)]
    rows = [(CITY, "city", 0, None)] + [(code, "county", 1, CITY) for code in counties]
    rows += [(code, "township", 2, f"{code[:6]}000000") for code in towns]
    rows += [(code, "grid", 3, f"{code[:9]}000") for code in grids]
    frame = pd.DataFrame(rows, columns=["region_code", "level", "depth", "parent_code"])
    return frame.assign(name=frame["region_code"], name_en=frame["region_code"], source="bench")


def fill(home: Home, rows: int) -> None:
    """Write skewed incidents and disputes of five years: a few grids hold most of them."""
    random = np.random.default_rng(1)
    frame = regions()
    grids = pa.array(frame.loc[frame["depth"] == 3, "region_code"])
    weight = 1 / np.arange(1, len(grids) + 1) ** 0.7
    random.shuffle(weight)
    weight /= weight.sum()
    names = ["city", "county", "township", "grid"]
    with WorkingStore.open(home) as store:
        store.replace_all("region", frame)
        store.replace_all("dataset", pd.DataFrame({"key": ["name", "name_en"], "value": ["bench", "bench"]}))
        levels = pd.DataFrame(
            {"depth": range(4), "level": names, "name": names, "name_en": names, "digits": [4, 6, 9, 15]}
        )
        store.replace_all("region_level", levels)
        people = [(code, year, 4000.0, "bench") for code in grids.to_pylist() for year in range(2020, 2025)]
        store.replace_all("population", pd.DataFrame(people, columns=["region_code", "year", "population", "source"]))
        for first in range(0, rows, PART):
            count = min(PART, rows - first)
            ids = pa.array(np.arange(first, first + count).astype(str))
            store.append("incident", _incidents(random, grids, weight, ids))
            store.append("dispute", _disputes(random, grids, weight, ids))


def _incidents(random: np.random.Generator, grids: pa.Array, weight: np.ndarray, ids: pa.Array) -> pa.Table:
    count = len(ids)
    days = np.datetime64("2020-01-01") + random.integers(0, 1827, count).astype("timedelta64[D]")
    return pa.table(
        {
            "source": ["police"] * count,
            "source_id": ids,
            "region_code": grids.take(pa.array(random.choice(len(grids), count, p=weight))),
            "occurred_on": days,
            "date_grain": ["day"] * count,
            "category": np.where(random.random(count) < 0.001, "homicide", "criminal_alarm"),
            "class_code": random.choice(["a", "b", "c", "d", "e", "f"], count),
            "victims": np.ones(count, int),
            "lon": random.random(count),
            "lat": random.random(count),
        }
    )


def _disputes(random: np.random.Generator, grids: pa.Array, weight: np.ndarray, ids: pa.Array) -> pa.Table:
    count = len(ids)

    def later(scale: float) -> np.ndarray:
        return (random.exponential(scale, count) * 86400).astype("timedelta64[s]")

    received = np.datetime64("2020-01-01T00:00:00") + (random.random(count) * 1827 * 86400).astype("timedelta64[s]")
    mediated = received + later(2)
    resolved = mediated + later(8)
    colour = random.choice(["red", "yellow", "blue"], count, p=[0.02, 0.2, 0.78])
    return pa.table(
        {
            "source": ["mediation"] * count,
            "source_id": ids,
            "region_code": grids.take(pa.array(random.choice(len(grids), count, p=weight))),
            "class_code": random.choice(["01", "02", "03", "04", "05", "06"], count),
            "subclass_code": [""] * count,
            "channel": random.choice(["grid", "hotline_12345", "petition", "online_opinion", "alarm_110"], count),
            "received_at": received,
            "due_at": received + np.timedelta64(30, "D"),
            "mediated_at": mediated,
            "resolved_at": pa.array(resolved, mask=random.random(count) < 0.02),
            "revisited_at": resolved + later(10),
            "risk_colour": colour,
            "red_at": pa.array(received, mask=colour != "red"),
            "transfers": random.poisson(0.2, count),
        }
    )


def milliseconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the longest time of a call, after one that warms up."""
    call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


def anew(reader: SnapshotReader, call: Callable[[], object]) -> Callable[[], object]:
    """Return ``call`` as the first who asks meets it: nothing that was read of the roll-ups is kept."""

    def asked() -> object:
        reader._current().kept_sums.forget()
        return call()

    return asked


@contextmanager
def published_home(rows: int) -> Iterator[Home]:
    """Yield a home with so many incidents and as many disputes, published.

    Where BENCH_HOMES names a folder, it is made there once, by its size, and stays for the next run; it is published again
    when measures are defined otherwise than it was published by.
    """
    with ExitStack() as stack:
        kept = os.environ.get("BENCH_HOMES")
        folder = Path(kept) / str(rows) if kept else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home = Home(folder, database_url=None)
        published_by = folder / "definitions"
        if not home.pointer.exists():
            fill(home, rows)
        if not published_by.exists() or published_by.read_text() != definitions_sha256():
            start = time.perf_counter()
            publish(home)
            print(f"publish {rows:,} incidents + {rows:,} disputes: {time.perf_counter() - start:.1f} s", flush=True)
            published_by.write_text(definitions_sha256())
        yield home


def page_queries(reader: SnapshotReader) -> dict[str, Callable[[], object]]:
    """Return the queries behind the pages, as a city leader asks them, by what they answer."""
    scope = Scope("city_leader", CITY)
    depth = reader.regions(scope)["depth"]
    counties, towns, grids = (depth.index[depth == level].tolist() for level in (1, 2, 3))
    year, quarter = (date(2024, 1, 1), date(2024, 12, 31)), (date(2024, 10, 1), date(2024, 12, 31))
    five = (date(2020, 1, 1), date(2024, 12, 31))
    values, by_class = reader.measure_values, ("class_code",)
    due = ["disputes_received", "disputes_due", "disputes_due_resolved"]
    return {
        "city, 12 months": lambda: values(scope, ["homicide_incidents"], [CITY], *year),
        "city, 5 years by month and class": lambda: values(scope, due[:1], [CITY], *five, grain="month", by=by_class),
        "12 counties, a quarter": lambda: values(scope, due, counties, *quarter),
        "126 townships, a quarter": lambda: values(scope, due, towns, *quarter),
        "126 townships, 12 months one by one": lambda: values(scope, due, towns, *year, grain="month"),
        "1,236 grids, a quarter": lambda: values(scope, due[:1], grids, *quarter),
        "12 counties, waiting times": lambda: reader.histograms(scope, ["resolution_days"], counties, *quarter),
        "126 townships, person-years": lambda: reader.person_years(scope, towns, *quarter),
        "latest 50 disputes of a county": lambda: reader.records(scope, "dispute", counties[3], *year, limit=50),
        **{
            f"first 30 {stage} disputes of {name}": partial(reader.disputes, scope, code, *quarter, stage, limit=30)
            for stage, name, code in (
                ("overdue", "the city", CITY),
                ("overdue", "a township", towns[3]),
                ("overdue", "a grid", grids[3]),
                ("open", "a township", towns[3]),
                ("red_open", "the city", CITY),
            )
        },
        "homicides of a county as points": lambda: reader.points(scope, "homicide", counties[3], *year),
    }


def naive(home: Home) -> None:
    """Read the whole dispute table and group it, as a page without roll-ups does on each rerun."""
    with WorkingStore.open(home) as store:
        start = time.perf_counter()
        frame = store.read(sa.select(schema.dispute))
        read = time.perf_counter()
        frame[frame["received_at"].dt.year == 2024].groupby(["region_code", "class_code"]).size()
        print(f"naive: read the table {read - start:.1f} s, then group {time.perf_counter() - read:.2f} s, each rerun")


def main() -> None:
    """Print each query's time, and the naive way's."""
    with published_home(int(os.environ.get("BENCH_ROWS", "1000000"))) as home:
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        reader = SnapshotReader(home)
        print(f"{'median (longest) in ms':44s} {'first asked':>16s} {'then':>16s}")
        for name, query in page_queries(reader).items():
            times = [milliseconds(call) for call in (anew(reader, query), query)]
            print(f"{name:44s}" + "".join(f" {median:7.1f} ({most:6.1f})" for median, most in times), flush=True)
        naive(home)
    print(f"peak memory {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
