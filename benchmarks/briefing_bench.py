"""How long the hand-outs of a city with 12 counties take, from opening the data to the finished file."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from dashboard.briefing import build_briefing, write_briefing
from dashboard.periods import Period
from data_access.access import Scope
from data_access.demo import load_demonstration
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader

LIMITS = {"pptx": 10.0, "docx": 5.0, "xlsx": 5.0, "pdf": 10.0}
"""Seconds a file may take."""


def main() -> None:
    """Print the seconds of each format beside its limit."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        load_demonstration(home)
        publish(home)
        reader = SnapshotReader(home)
        scope = Scope("city_leader", reader.snapshot().root_code)
        period = Period.last_complete(reader.snapshot().data_through)
        started = _now()
        briefing = build_briefing(reader, scope, scope.region_code, period, "zh")
        built = _now() - started
        print(f"  one briefing put together: {_said(built)}, {len(briefing.pages)} counties")
        for form, limit in LIMITS.items():
            started = _now()
            body = write_briefing(briefing, form)
            spent = built + _now() - started
            verdict = "within" if spent[0] <= limit else "BEYOND"
            print(f"  {form}: {_said(spent)} with putting together, {len(body) / 1024:.0f} KB ({verdict} {limit:g} s)")
        print(f"  load {os.getloadavg()[0]:.1f}")


def _now() -> np.ndarray:
    """Return the clock's and the processor's seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def _said(spent: np.ndarray) -> str:
    return f"{spent[0]:.2f} s (processor {spent[1]:.2f} s)"


if __name__ == "__main__":
    main()
