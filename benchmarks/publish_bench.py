"""What a publish costs a million records on each engine: wall time, and the CPU of every process that takes part."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.instruments.processes import cpu_seconds
from benchmarks.instruments.servers import fresh_postgresql
from benchmarks.queries_bench import fill
from data_access.home import ClusterAddress, Home
from data_access.publishing import publish
from tests.spark import running_spark, spark_is_absent


def main() -> None:
    """Print a line for each engine, or for those that BENCH_ENGINES names.

    Where BENCH_HOMES names a folder, the records are made there once, by their number, and stay for the next run.
    """
    rows = int(os.environ.get("BENCH_ROWS", "1000000"))
    named = os.environ.get("BENCH_ENGINES", " ".join(ENGINES)).split()
    kept = os.environ.get("BENCH_HOMES")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / f"publish-{rows}", database_url=None)
        if not home.working_file.exists():
            fill(home, rows)
        print(
            f"{rows:,} incidents + {rows:,} disputes; {os.cpu_count()} cores; a million is of both together", flush=True
        )
        for name in named:
            with ENGINES[name](home) as engine:
                if engine is None:
                    print(f"  {name:10s} not installed on this machine: not measured")
                else:
                    measure(name, engine, 2 * rows / 1e6)


def measure(name: str, home: Home, millions: float) -> None:
    """Publish once and print what it took."""
    load, own = os.getloadavg()[0], time.process_time()
    everything, start = cpu_seconds(os.getpid()), time.perf_counter()
    steps: list[tuple[float, str]] = []
    publish(home, lambda _done, step: steps.append((time.perf_counter() - start, step)))
    wall, everything = time.perf_counter() - start, cpu_seconds(os.getpid()) - everything
    own = time.process_time() - own
    print(
        f"  {name:10s} {wall:8.1f} s wall   {own:8.1f} s CPU here + {everything - own:8.1f} s of other processes   "
        f"= {everything / millions:6.1f} CPU s and {wall / millions:6.1f} s a million   load before {load:.1f}",
        flush=True,
    )
    print(f"  {'':10s} {durations(steps)}", flush=True)


def durations(steps: list[tuple[float, str]]) -> str:
    """Return how long each step took, from when each was reported begun."""
    begun: dict[str, float] = {}
    for moment, step in steps:
        begun.setdefault(step, moment)
    names, moments = list(begun), list(begun.values())
    lasted = zip(names, moments, moments[1:], strict=False)
    return ", ".join(f"{name} {end - start:.1f} s" for name, start, end in lasted)


@contextmanager
def embedded(home: Home) -> Iterator[Home | None]:
    """Yield the home itself."""
    yield home


@contextmanager
def postgresql(home: Home) -> Iterator[Home | None]:
    """Yield the home with a PostgreSQL of its own."""
    with fresh_postgresql() as url:
        yield Home(home.path, url) if url else None


@contextmanager
def cluster(home: Home) -> Iterator[Home | None]:
    """Yield the home with a Spark cluster of a master and two workers of one core each."""
    if spark_is_absent():
        yield None
        return
    with running_spark(java_options="") as spark, spark.another_worker(), tempfile.TemporaryDirectory() as lake:
        yield Home(home.path, None, ClusterAddress(spark.master, Path(lake)))


ENGINES: dict[str, Callable] = {"embedded": embedded, "postgresql": postgresql, "cluster": cluster}

if __name__ == "__main__":
    main()
