"""How long the hand-outs of a city with 12 counties take, from opening the data to the finished file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

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
        started = time.perf_counter()
        briefing = build_briefing(reader, scope, scope.region_code, period, "zh")
        built = time.perf_counter() - started
        print(f"  one briefing put together: {built:.2f} s, {len(briefing.pages)} counties")
        for form, limit in LIMITS.items():
            started = time.perf_counter()
            body = write_briefing(briefing, form)
            seconds = built + time.perf_counter() - started
            verdict = "within" if seconds <= limit else "BEYOND"
            print(f"  {form}: {seconds:.2f} s with putting together, {len(body) / 1024:.0f} KB ({verdict} {limit:g} s)")


if __name__ == "__main__":
    main()
