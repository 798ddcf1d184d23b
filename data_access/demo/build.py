"""Build the demonstration city table by table, and load it into a working store."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access import schema
from data_access.demo.assessment import assessment_counts, build_vetoes
from data_access.demo.chain import build_decisions, build_meetings, build_packages
from data_access.demo.counties import county_counts
from data_access.demo.counties.money import build_awards
from data_access.demo.counties.prevention import build_responses
from data_access.demo.counties.services import build_survey
from data_access.demo.counts import township_counts
from data_access.demo.disputes import build_disputes
from data_access.demo.duty import build_consultation_items, build_deliveries, duty_counts
from data_access.demo.frames import rows_of
from data_access.demo.geography.points import PointsInGrids, build_facilities
from data_access.demo.geography.regions import build_city, region_tables
from data_access.demo.incidents import incident_tables
from data_access.demo.pilots import PilotPool
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import FILE, DemoSettings, load_demo_settings
from data_access.home import Home
from data_access.store.working import WorkingStore

Progress = Callable[[float, str], None]
DEMO_TABLES = (
    "dataset",
    "region_level",
    "region",
    "region_geometry",
    "population",
    "incident",
    "dispute",
    "reported_count",
    "survey",
    "case_package",
    "meeting",
    "decision",
    "facility",
    "veto",
    "pilot_site",
    "data_delivery",
    "consultation_item",
    "fund_award",
    "alarm_response",
    "import_batch",
)
_WRITE_SHARE = 0.5


def build_demonstration(
    config: DemoSettings | None = None, progress: Progress | None = None
) -> Iterator[tuple[str, pa.Table]]:
    """Yield each table of the demonstration city with its rows, in the order of ``DEMO_TABLES``.

    The same settings always give the same rows.

    Parameters
    ----------
    config : DemoSettings, optional
        config/demo.toml unless given.
    progress : callable, optional
        Called with the share done (0 … 1) and a step's key.
    """
    settings = config or load_demo_settings()
    report = progress or (lambda done, step: None)
    report(0.0, "regions")
    city = build_city(settings)
    calendar = Calendar(settings)
    points = PointsInGrids(city, settings.random("points"))
    batches: Counter[tuple[str, str]] = Counter()

    def counted(name: str, rows: pa.Table) -> tuple[str, pa.Table]:
        for source in pc.value_counts(rows["source"]).to_pylist():
            batches[source["values"], name] += source["counts"]
        return name, rows

    yield from region_tables(city, settings)
    report(0.3, "incidents")
    incidents = pa.concat_tables([rows for _, rows in incident_tables(city, settings, calendar, points)])
    yield counted("incident", incidents)
    report(0.4, "disputes")
    disputes = build_disputes(city, settings, calendar, points)
    yield counted("dispute", disputes)
    report(0.75, "counts")
    pool = PilotPool(city, settings, calendar)
    counts = [
        rows for _, rows in (*township_counts(city, settings, calendar), *county_counts(city, settings, calendar))
    ]
    counts += [*assessment_counts(city, settings, calendar), *pool.counts()]
    counts += [rows for _, rows in duty_counts(city, settings, calendar)]
    yield counted("reported_count", pa.concat_tables(counts))
    report(0.9, "chain")
    yield counted("survey", build_survey(city, settings))
    yield counted("case_package", build_packages(city, settings, calendar, disputes))
    meetings = build_meetings(city, settings, calendar)
    yield counted("meeting", meetings)
    yield counted("decision", build_decisions(city, settings, calendar, meetings))
    yield counted("facility", build_facilities(city, settings, points))
    yield counted("veto", build_vetoes(city, settings, incidents))
    yield counted("pilot_site", pool.sites())
    yield counted("data_delivery", build_deliveries(city, settings, calendar))
    yield counted("consultation_item", build_consultation_items(city, settings, calendar, meetings))
    yield counted("fund_award", build_awards(city, settings, calendar))
    yield counted("alarm_response", build_responses(city, settings, calendar))
    yield "import_batch", _batches(batches, settings)
    report(1.0, "done")


def load_demonstration(home: Home, progress: Progress | None = None) -> None:
    """Replace everything in the working store of ``home`` by the demonstration city, all or nothing.

    Raises
    ------
    ConfigError
        When config/demo.toml is wrong; the message names the key and the value.
    StoreBusyError
        When an import or a publish is running.
    """
    report = progress or (lambda done, step: None)
    with WorkingStore.open(home) as store, store.transaction():
        tables = list(build_demonstration(progress=lambda done, step: report(done * (1 - _WRITE_SHARE), step)))
        total = sum(rows.num_rows for _, rows in tables)
        written = 0
        store.connection.execute(sa.delete(schema.row_change))
        for name, rows in tables:
            report(1 - _WRITE_SHARE + _WRITE_SHARE * written / total, "write")
            store.replace_all(name, rows)
            written += rows.num_rows
    report(1.0, "done")


def _batches(batches: Counter[tuple[str, str]], settings: DemoSettings) -> pa.Table:
    """Return one import for each source and table, as if the rows had come from files the day after."""
    sources = sorted(batches)
    rows = [batches[key] for key in sources]
    digest = hashlib.sha256(json.dumps(settings.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
    started = datetime.combine(settings.data_through + timedelta(days=1), time(6))
    none = [0] * len(sources)
    return rows_of(
        "import_batch",
        {
            "batch_id": [f"demo-{number:03d}" for number in range(1, len(sources) + 1)],
            "source": [source for source, _ in sources],
            "target": [target for _, target in sources],
            "file_name": [f"{FILE}#{source}/{target}" for source, target in sources],
            "file_sha256": digest,
            "mapping_name": "demo",
            "mapping_sha256": digest,
            "rows_read": rows,
            "rows_added": rows,
            "rows_replaced": none,
            "rows_unchanged": none,
            "rows_quarantined": none,
            "rows_excluded": none,
            "region_disagreements": none,
            "started_at": [started] * len(sources),
            "finished_at": [started + timedelta(minutes=1)] * len(sources),
        },
    )
