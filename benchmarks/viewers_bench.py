"""Fifty signed-in viewers drilling every five seconds: the server's answers, errors, and memory over the run.

VIEWERS_SECONDS sets how long (120 by default), VIEWERS how many (50), VIEWERS_STORES on which stores, VIEWERS_PROCESSES
by how many processes behind a proxy (2).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import numpy as np

from benchmarks.instruments.processes import cpu_seconds, resident_mb
from benchmarks.instruments.servers import fresh_postgresql
from benchmarks.instruments.viewers import HEADER, PAGES, Answers, Viewer, look
from data_access.access import Scope
from data_access.demo import load_demonstration
from data_access.home import DATABASE_VARIABLE, Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.servers import HAPROXY, running_app_process, running_processes

TARGET_MS = 200.0
PAUSE_SECONDS = 5.0
WARM_SECONDS = 20.0
LONGEST_SECONDS = 7200
MARKS = 8
SIGN_IN = ["--server.trustedUserHeaders", json.dumps({HEADER: "sub"})]


def main() -> None:
    """Print the figures of each store."""
    count = int(os.environ.get("VIEWERS", "50"))
    seconds = min(float(os.environ.get("VIEWERS_SECONDS", "120")), LONGEST_SECONDS)
    for name in os.environ.get("VIEWERS_STORES", " ".join(STORES)).split():
        with tempfile.TemporaryDirectory() as folder, STORES[name](Path(folder)) as home:
            if home is None:
                print(f"  {name}: not installed on this machine: not measured")
                continue
            load_demonstration(home)
            publish(home)
            viewers = signed_in_viewers(home, count)
            processes = int(os.environ.get("VIEWERS_PROCESSES", "2")) if HAPROXY else 1
            print(
                f"{count} viewers on {name}, {processes} processes, a drill every {PAUSE_SECONDS:g} s each "
                f"for {seconds:g} s",
                flush=True,
            )
            measure(home, viewers, seconds, processes)


def signed_in_viewers(home: Home, count: int) -> list[Viewer]:
    """Write who holds which role, and return the viewers: of four, one city leader and three county leaders."""
    reader = SnapshotReader(home)
    root = reader.snapshot().root_code
    regions = reader.regions(Scope("city_leader", root))
    below = {str(parent): list(part.index) for parent, part in regions.groupby("parent_code")}
    counties = below[root]
    held = [
        (root, "city_leader") if n % 4 == 0 else (counties[n % len(counties)], "county_leader") for n in range(count)
    ]
    rows = [
        f'[[holder]]\nsubject = "viewer-{number}"\nrole = "{role}"\nregion = "{region}"\n'
        for number, (region, role) in enumerate(held)
    ]
    (home.path / "role_holders.toml").write_text("\n".join(rows))
    return [Viewer(f"viewer-{number}", region, below) for number, (region, _) in enumerate(held)]


def measure(home: Home, viewers: Sequence[Viewer], seconds: float, processes: int) -> None:
    """Serve the home to one viewer for each process that warms it, then to all, and print what came of it."""
    environment = {"PINGAN_SIGN_IN": "proxy", DATABASE_VARIABLE: home.database_url or ""}
    spawned = multiprocessing.get_context("spawn")
    with (
        served(home, processes, environment) as (address, servers),
        ProcessPoolExecutor(1, mp_context=spawned) as clients,  # the viewers' own work is not the server's
    ):
        pids = [server.pid for server in servers]
        empty = sum(map(resident_mb, pids))
        clients.submit(look, address, viewers[:processes], WARM_SECONDS, 0.0).result()
        warm, load, used = sum(map(resident_mb, pids)), os.getloadavg()[0], sum(map(cpu_seconds, pids))
        looking = clients.submit(look, address, viewers, seconds, PAUSE_SECONDS)
        memory: list[tuple[float, float]] = []
        start = time.perf_counter()
        while not looking.done():
            time.sleep(1)
            memory.append((time.perf_counter() - start, sum(map(resident_mb, pids))))
        took, used = time.perf_counter() - start, sum(map(cpu_seconds, pids)) - used
    answers = looking.result()
    report(answers, empty, warm, memory, len(viewers))
    pages = max(1, len(answers.first) + len(answers.drills))
    print(f"  server's CPU {1000 * used / pages:.0f} ms a page, {used / took:.2f} cores of {os.cpu_count()}")
    print(f"  viewers' CPU {1000 * answers.cpu_seconds / pages:.1f} ms a page, {answers.cpu_seconds / took:.2f} cores")
    print(f"  load of the machine before {load:.1f}, after {os.getloadavg()[0]:.1f}", flush=True)


@contextmanager
def served(home: Home, processes: int, environment: Mapping[str, str]) -> Iterator[tuple[str, list[Popen]]]:
    """Serve the home by one process, or by several behind a proxy; yield the address and the processes."""
    with ExitStack() as stack:
        if processes == 1:
            address, server = stack.enter_context(running_app_process(home, arguments=SIGN_IN, **environment))
            yield address, [server]
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            yield stack.enter_context(running_processes(home, processes, folder, SIGN_IN, **environment))


def report(answers: Answers, empty: float, warm: float, memory: list[tuple[float, float]], count: int) -> None:
    """Print times by page, errors, memory for each session and how memory moves."""
    for name, some in (("first pages", answers.first), ("drills", answers.drills)):
        print(f"  {name:12s} {line(some)}")
    for page in PAGES:
        print(f"    {page:10s} {line([each for each in answers.drills if each[0] == page])}")
    worst = percentile(answers.drills, 95)
    print(f"  p95 of the drills {worst:.0f} ms ({'within' if worst <= TARGET_MS else 'OVER'} {TARGET_MS:.0f} ms)")
    print(f"  errors {len(answers.errors)}" + "".join(f"\n    {error}" for error in answers.errors[:5]))
    moments, sizes = np.array(memory).T
    all_in = sizes[moments > 2 * PAUSE_SECONDS][0]
    print(
        f"  memory {empty:.0f} MB at start, {warm:.0f} MB after the first viewers, {all_in:.0f} MB when all have come: "
        f"{(all_in - warm) / count:.2f} MB a session"
    )
    marks = np.linspace(0, len(memory) - 1, MARKS).astype(int)
    print("  memory over time: " + ", ".join(f"{moments[mark]:.0f} s {sizes[mark]:.0f} MB" for mark in marks))
    later = moments > moments[-1] / 2
    slope = np.polyfit(moments[later], sizes[later], 1)[0] * 60
    print(f"  drift in the second half {slope:+.2f} MB a minute")


def line(answers: Sequence[tuple[str, float, int]]) -> str:
    """Return count, median, p95 and longest in milliseconds, and the median size."""
    if not answers:
        return "none"
    sizes = statistics.median(size for _, _, size in answers) / 1024
    middle, high = percentile(answers, 50), percentile(answers, 95)
    longest = max(taken for _, taken, _ in answers)
    return f"{len(answers):6d}   median {middle:6.0f}   p95 {high:6.0f}   max {longest:6.0f} ms   {sizes:5.0f} KB"


def percentile(answers: Sequence[tuple[str, float, int]], share: float) -> float:
    """Return a percentile of the milliseconds."""
    return float(np.percentile([taken for _, taken, _ in answers], share))


@contextmanager
def embedded(folder: Path) -> Iterator[Home | None]:
    """Yield an empty home."""
    yield Home(folder, database_url=None)


@contextmanager
def postgresql(folder: Path) -> Iterator[Home | None]:
    """Yield an empty home with a PostgreSQL of its own."""
    with fresh_postgresql() as url:
        yield Home(folder, url) if url else None


STORES: dict[str, Callable] = {"embedded": embedded, "postgresql": postgresql}

if __name__ == "__main__":
    main()
