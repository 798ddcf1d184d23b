"""Import of disputes with codes, dates, a code list and points, from Parquet and CSV: rows per second and peak memory."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.instruments.processes import peak_mb
from benchmarks.queries_bench import regions
from data_access.home import Home
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore

TARGETS = {"parquet": 100_000, "csv": 30_000}
"""Rows a second that each format has to reach."""
MOST_GIB = 4.0
MAPPING = """
name = "bench"
[[file]]
match = "*"
[[file.target]]
table = "dispute"
source = "mediation"
[file.target.columns]
source_id = { column = "id" }
class_code = { column = "kind", codes = { "婚姻家庭" = "01", "邻里" = "04", "劳资" = "05" } }
channel = { column = "channel" }
received_at = { column = "received" }
resolved_at = { column = "resolved", optional = true }
unit = { column = "unit" }
[file.target.region]
code = { column = "region" }
point = { lon = "lon", lat = "lat", crs = "EPSG:4326" }
"""


def rows_of(count: int) -> pd.DataFrame:
    """Return skewed disputes as a source sends them: a few grids hold most."""
    random = np.random.default_rng(7)
    frame = regions()
    grids = frame.loc[frame["depth"] == 3, "region_code"].to_numpy()
    weight = 1 / np.arange(1, len(grids) + 1) ** 0.7
    received = np.datetime64("2020-01-01") + random.integers(0, 1827 * 86400, count).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "id": np.arange(count).astype(str),
            "received": received,
            "resolved": received + random.integers(1, 40 * 86400, count).astype("timedelta64[s]"),
            "kind": random.choice(["婚姻家庭", "邻里", "劳资"], count),
            "channel": random.choice(["grid", "petition"], count),
            "unit": random.choice(["一所", "二所"], count),
            "region": random.choice(grids, count, p=weight / weight.sum()),
            "lon": random.uniform(117, 118, count).round(6),
            "lat": random.uniform(32, 33, count).round(6),
        }
    )


def measure(folder: Path, form: str, count: int) -> None:
    """Import one file twice in a process of its own, so that its memory is its own; print what it took."""
    home, file, mapping = Home(folder / f"home-{form}"), folder / f"disputes.{form}", folder / "mapping.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    with WorkingStore.open(home) as store:
        store.replace_all("region", regions())
    for word in ("new", "again"):
        start = time.perf_counter()
        report = import_files(home, mapping, [file]).targets[0]
        taken = time.perf_counter() - start
        assert report.added + report.unchanged == count and not report.quarantined
        peak = peak_mb() / 1024
        print(
            f"{form:8s} {word:6s} {count / taken:10,.0f} rows/s (target {TARGETS[form]:,})   {taken:6.1f} s   "
            f"peak {peak:.2f} GiB (limit {MOST_GIB:g})",
            flush=True,
        )


def main() -> None:
    """Print the figures of both formats."""
    count = int(os.environ.get("BENCH_ROWS", "1000000"))
    spawned = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame = rows_of(count)
        frame.to_parquet(folder / "disputes.parquet")
        frame.to_csv(folder / "disputes.csv", index=False)
        del frame
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for form in TARGETS:
            process = spawned.Process(target=measure, args=(folder, form, count))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"The import of {form} failed.")
        start = time.perf_counter()
        naive = pd.read_csv(folder / "disputes.csv")
        naive.groupby(["region", "kind"]).size()
        print(
            f"naive: pandas reads the CSV and groups it in {time.perf_counter() - start:.1f} s, checked by nothing, on each rerun"
        )


if __name__ == "__main__":
    main()
