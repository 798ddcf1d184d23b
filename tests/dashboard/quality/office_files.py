"""The files that a small city's offices send for a year, honestly drawn from a seed, and a mapping that takes them in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROOT = "970200000000"
COUNTIES = [f"9702{number:02d}000000" for number in range(1, 13)]
TOWNSHIPS = [f"{county[:6]}{number:03d}000" for county in COUNTIES for number in (1, 2, 3)]
DISPUTES, ALARMS, RESPONSES = 480, 420, 400
"""Of each county in the year."""
CHANNELS = {"grid": 0.5, "hotline_12345": 0.25, "petition": 0.13, "alarm_110": 0.12}
YEAR = 2024
DAY = np.timedelta64(1, "D")
MAPPING = """
name = "offices"
[dataset]
name = "示例市"
name_en = "Shili City"
data_through = "2024-12-31"
"covers:hotline_12345" = "2024-01-01..2024-12-31"
[[level]]
depth = 0
name = "市"
name_en = "City"
digits = 4
[[level]]
depth = 1
name = "县区"
name_en = "County"
digits = 6
[[level]]
depth = 2
name = "乡镇"
name_en = "Township"
digits = 9
[[file]]
match = "regions.csv"
[[file.target]]
table = "region"
source = "offices"
[file.target.columns]
region_code = { column = "code" }
name = { column = "name" }
parent_code = { column = "parent", optional = true }
depth = { column = "depth" }
[[file]]
match = "disputes.csv"
[[file.target]]
table = "dispute"
source = "mediation_platform"
region.code = { column = "region" }
[file.target.columns]
source_id = { column = "id" }
class_code = { column = "class" }
channel = { column = "channel" }
reported_at = { column = "reported", optional = true }
first_routed_at = { column = "routed", optional = true }
received_at = { column = "received" }
due_at = { column = "due", optional = true }
mediated_at = { column = "mediated", optional = true }
resolved_at = { column = "resolved", optional = true }
revisited_at = { column = "revisited", optional = true }
unit = { column = "unit", optional = true }
[[file]]
match = "alarms.csv"
[[file.target]]
table = "incident"
source = "public_security"
region.code = { column = "region" }
[file.target.columns]
source_id = { column = "id" }
occurred_on = { column = "day" }
category = { value = "criminal_alarm" }
class_code = { value = "fraud" }
unit = { column = "unit", optional = true }
[[file]]
match = "responses.csv"
[[file.target]]
table = "alarm_response"
source = "police_dispatch"
region.code = { column = "region" }
[file.target.columns]
source_id = { column = "id" }
class_code = { value = "ring_5" }
received_at = { column = "came" }
arrived_at = { column = "there", optional = true }
[[file]]
match = "facilities.csv"
[[file.target]]
table = "facility"
source = "offices"
region = { code = { column = "region" }, point = { lon = "lon", lat = "lat", crs = "EPSG:4326" } }
[file.target.columns]
source_id = { column = "name" }
kind = { column = "kind" }
name = { column = "name" }
name_en = { column = "name" }
[[file]]
match = "counts.csv"
[[file.target]]
table = "reported_count"
source = "hotline_12345"
where = [{ column = "office", one_of = ["hotline"] }]
region.code = { column = "region" }
[file.target.columns]
source_id = { template = "{region}-{month}-{measure}" }
period_start = { template = "{month}-01" }
grain = { value = "month" }
measure = { column = "measure" }
value = { column = "value" }
[[file.target]]
table = "reported_count"
source = "grid_platform"
where = [{ column = "office", one_of = ["grid"] }]
region.code = { column = "region" }
[file.target.columns]
source_id = { template = "{region}-{month}-{measure}" }
period_start = { template = "{month}-01" }
grain = { value = "month" }
measure = { column = "measure" }
value = { column = "value" }
"""


def honest_files(seed: int) -> dict[str, pd.DataFrame]:
    """Return what the offices send when nobody embellishes anything, by file name."""
    random = np.random.default_rng(seed)
    return {
        "regions.csv": _regions(),
        "disputes.csv": _disputes(random),
        "alarms.csv": _alarms(random),
        "responses.csv": _responses(random),
        "facilities.csv": _facilities(),
        "counts.csv": _counts(random),
    }


def written(files: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write the files to ``folder``, and the mapping beside them as ``mapping.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    for name, frame in files.items():
        frame.to_csv(folder / name, index=False, encoding="utf-8-sig")
    return [folder / name for name in files]


def _regions() -> pd.DataFrame:
    rows = [(ROOT, "示例市", "", 0)]
    rows += [(code, f"{code[4:6]}县", ROOT, 1) for code in COUNTIES]
    rows += [(code, f"{code[4:6]}县{code[8]}镇", f"{code[:6]}000000", 2) for code in TOWNSHIPS]
    return pd.DataFrame(rows, columns=["code", "name", "parent", "depth"])


def _places(random: np.random.Generator, each: int) -> np.ndarray:
    """Return a township for each row, so that every county has ``each`` rows."""
    return np.array(TOWNSHIPS)[
        np.repeat(np.arange(len(COUNTIES)), each) * 3 + random.integers(0, 3, each * len(COUNTIES))
    ]


def _moments(random: np.random.Generator, count: int) -> np.ndarray:
    """Return moments of the year, every minute as likely as any other."""
    return np.datetime64(f"{YEAR}-01-01T00:00", "m") + random.integers(0, 366 * 1440, count).astype("timedelta64[m]")


def _disputes(random: np.random.Generator) -> pd.DataFrame:
    count = DISPUTES * len(COUNTIES)
    received = _moments(random, count)

    def later(since: np.ndarray, hours: float) -> np.ndarray:
        return since + np.maximum(random.exponential(hours * 60, count), 1).astype("timedelta64[m]")

    routed = later(received, 3)
    mediated = later(routed, 20)
    resolved = later(mediated, 60)
    revisited = later(resolved, 200)
    delay = random.exponential(9 * 60, count)
    delay = np.where(random.random(count) < 0.03, 5 * 1440, delay).astype("timedelta64[m]")
    frame = pd.DataFrame(
        {
            "id": [f"D{number:05d}" for number in range(count)],
            "region": _places(random, DISPUTES),
            "class": random.choice(["01", "02", "03", "04", "05", "06"], count),
            "channel": random.choice(list(CHANNELS), count, p=list(CHANNELS.values())),
            "reported": received - delay,
            "received": received,
            "routed": routed,
            "due": received + 60 * DAY,
            "mediated": mediated,
            "resolved": resolved,
            "revisited": np.where(random.random(count) < 0.85, revisited, np.datetime64("NaT")),
            "unit": np.where(random.random(count) < 0.97, "一所", ""),
        }
    )
    # What comes after the last day has not happened yet.
    over = [
        frame[name] >= pd.Timestamp(f"{YEAR + 1}-01-01") for name in ("routed", "mediated", "resolved", "revisited")
    ]
    for name, future in zip(("routed", "mediated", "resolved", "revisited"), over, strict=True):
        frame[name] = frame[name].mask(future)
    return frame


def _alarms(random: np.random.Generator) -> pd.DataFrame:
    count = ALARMS * len(COUNTIES)
    return pd.DataFrame(
        {
            "id": [f"A{number:05d}" for number in range(count)],
            "region": _places(random, ALARMS),
            "day": _moments(random, count).astype("datetime64[D]"),
            "unit": np.where(random.random(count) < 0.97, "一所", ""),
        }
    )


def _responses(random: np.random.Generator) -> pd.DataFrame:
    count = RESPONSES * len(COUNTIES)
    came = _moments(random, count).astype("datetime64[s]") + random.integers(0, 60, count).astype("timedelta64[s]")
    there = came + np.maximum(random.gamma(6, 32, count), 20).astype("timedelta64[s]")
    there[random.random(count) < 0.04] = np.datetime64("NaT")
    there[there >= np.datetime64(f"{YEAR + 1}-01-01")] = np.datetime64("NaT")
    ids = [f"R{number:05d}" for number in range(count)]
    return pd.DataFrame({"id": ids, "region": _places(random, RESPONSES), "came": came, "there": there})


def _facilities() -> pd.DataFrame:
    """Return as many workstations and teams as the speech declares."""
    rows = [("police_workstation", f"警务工作站{number:02d}") for number in range(1, 24)]
    rows += [("patrol_team", f"平安义警{number:02d}队") for number in range(1, 13)]
    frame = pd.DataFrame(rows, columns=["kind", "name"])
    return frame.assign(region=[TOWNSHIPS[place % len(TOWNSHIPS)] for place in range(len(frame))], lon=150.0, lat=33.0)


def _counts(random: np.random.Generator) -> pd.DataFrame:
    months = pd.period_range(f"{YEAR}-01", f"{YEAR}-12", freq="M")
    rows = []
    for code in TOWNSHIPS:
        for month in months:
            orders = int(random.integers(300, 700))
            walks = 20 * month.days_in_month
            weeks = int(random.integers(4, 6))
            values = {
                "hotline_orders_due": orders,
                "hotline_orders_done": int(random.binomial(orders, 0.95)),
                "patrol_due": walks,
                "patrol_done": int(random.binomial(walks, 0.93)),
                "weekly_analysis_due": weeks,
                "weekly_analysis_done": int(random.binomial(weeks, 0.9)),
            }
            rows += [
                ("hotline" if name.startswith("hotline") else "grid", code, str(month), name, value)
                for name, value in values.items()
            ]
    return pd.DataFrame(rows, columns=["office", "region", "month", "measure", "value"])
