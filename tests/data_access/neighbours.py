"""A small city with many made-up rows, and the same city when everything outside one region is different.

Whoever sees only that region must get the same answer from both, to the last digit.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from data_access.home import Home
from data_access.publishing import publish
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, GRIDS, TOWNS, WEST

PLACES = (*GRIDS, *GRIDS, *TOWNS, EAST, WEST, CITY)
CODES = (CITY, EAST, WEST, *TOWNS, *GRIDS)
INCIDENTS, DISPUTES = 400, 300
CONFINED = (EAST, "970101001000", "970102001001001")
"""Regions outside which a twin city differs: a county, a township, a grid."""


def inside(code: str, region: str) -> bool:
    """Return whether ``code`` lies in ``region``."""
    return code.startswith(region.rstrip("0")) if region != "970101001000" else code.startswith("970101001")


def fill(home: Home, confined_to: str | None = None) -> Home:
    """Fill and publish the city; with ``confined_to`` everything outside that region is another."""
    small_city.fill(home)
    incidents, disputes, counts = _incidents(), made_disputes(), _counts()
    people = pd.DataFrame(
        [(code, year, 50_000.0 + 1_000 * n) for n, code in enumerate(TOWNS) for year in (2022, 2023, 2024)],
        columns=["region_code", "year", "population"],
    ).assign(source="test")
    if confined_to is not None:
        incidents, disputes, counts = (_otherwise(frame, confined_to) for frame in (incidents, disputes, counts))
    # What is known of a source's days is known of the whole city; both cities declare it, however many rows they have.
    covers = [(f"covers:{source}", "2022-01-01..2024-12-31") for source in ("police", "mediation")]
    with WorkingStore.open(home) as store, store.transaction():
        store.append("dataset", pd.DataFrame(covers, columns=["key", "value"]))
        store.replace_all("population", people)
        store.replace_all("incident", incidents)
        store.replace_all("dispute", disputes)
        store.replace_all("reported_count", counts)
    publish(home)
    return home


def _otherwise(frame: pd.DataFrame, region: str) -> pd.DataFrame:
    """Double the rows outside ``region``, each with other contents on the same day and from the same source."""
    outside = frame[[not inside(code, region) for code in frame["region_code"]]]
    twin = outside.assign(source_id="twin-" + outside["source_id"])
    for column, add in (("victims", 3), ("value", 1_000.0), ("transfers", 5)):
        if column in twin:
            twin[column] = twin[column] + add
    if "resolved_at" in twin:
        twin["resolved_at"] = twin["received_at"] + timedelta(days=200)
    return pd.concat([frame, twin], ignore_index=True)


def _incidents() -> pd.DataFrame:
    chance = np.random.default_rng(1)
    days = pd.Timestamp("2022-01-01") + pd.to_timedelta(np.sort(chance.integers(0, 1096, INCIDENTS)), unit="D")
    homicide = chance.random(INCIDENTS) < 0.3
    return pd.DataFrame(
        {
            "source_id": [f"n{number}" for number in range(INCIDENTS)],
            "region_code": chance.choice(PLACES, INCIDENTS),
            "occurred_on": days.date,
            "category": np.where(homicide, "homicide", "criminal_alarm"),
            "class_code": np.where(homicide, chance.choice(["01", "04", "06"], INCIDENTS), "fraud"),
            "victims": np.where(homicide, chance.integers(1, 4, INCIDENTS), 0),
            "from_dispute": [bool(value) if is_homicide else None for value, is_homicide in zip(chance.random(INCIDENTS) < 0.4, homicide, strict=True)],
            "lon": chance.uniform(0, 3, INCIDENTS),
            "lat": chance.uniform(0, 1, INCIDENTS),
            "source": "police",
            "date_grain": "day",
            "unit": "一队",
        }
    )  # fmt: skip


def made_disputes() -> pd.DataFrame:
    chance = np.random.default_rng(2)
    received = pd.Timestamp("2023-01-01 09:00") + pd.to_timedelta(np.sort(chance.integers(0, 700, DISPUTES)), unit="D")
    took = pd.to_timedelta(chance.integers(1, 90, DISPUTES), unit="D")
    resolved = pd.Series(received + took).where(chance.random(DISPUTES) < 0.8)
    colour = chance.choice(["blue", "yellow", "red"], DISPUTES)
    return pd.DataFrame(
        {
            "source_id": [f"d{number}" for number in range(DISPUTES)],
            "region_code": chance.choice([code for code in PLACES if code != CITY], DISPUTES),
            "class_code": chance.choice(["01", "04", "06"], DISPUTES),
            "channel": chance.choice(["grid", "petition", "hotline_12345"], DISPUTES),
            "received_at": received,
            "due_at": received + timedelta(days=30),
            "resolved_at": resolved,
            "risk_colour": colour,
            "red_at": pd.Series(received).where(colour == "red"),
            "source": "mediation",
            "subclass_code": "",
            "transfers": chance.integers(0, 3, DISPUTES),
        }
    )


def _counts() -> pd.DataFrame:
    rows = [
        (
            f"c-{code}-{year}-{month}-{measure}",
            code,
            pd.Timestamp(year, month, 1).date(),
            "month",
            measure,
            float(value),
        )
        for number, code in enumerate((*TOWNS, EAST, WEST))
        for year in (2023, 2024)
        for month in range(1, 13)
        for measure, value in (("patrol_due", 30 + number), ("patrol_done", 10 + month), ("volunteers", 100 + month))
    ]
    columns = ["source_id", "region_code", "period_start", "grain", "measure", "value"]
    return pd.DataFrame(rows, columns=columns).assign(source="office", class_code="", channel="")
