"""One definition of every table, for every store (SQLAlchemy Core, no reflection)."""

from data_access.schema.base import SCHEMA_VERSION, metadata
from data_access.schema.facts import (
    FACT_TABLES,
    case_package,
    decision,
    dispute,
    facility,
    incident,
    meeting,
    reported_count,
    survey,
)
from data_access.schema.ledger import import_batch, row_change
from data_access.schema.regions import (
    REGION_TABLES,
    dataset,
    population,
    region,
    region_geometry,
    region_level,
)
from data_access.schema.rollups import (
    ROLLUP_TABLES,
    measure_coverage,
    measure_day,
    measure_histogram,
    measure_month,
    measure_year,
    region_neighbour,
    region_path,
    snapshot,
    source_lateness,
)

__all__ = [
    "FACT_TABLES",
    "REGION_TABLES",
    "ROLLUP_TABLES",
    "SCHEMA_VERSION",
    "case_package",
    "dataset",
    "decision",
    "dispute",
    "facility",
    "import_batch",
    "incident",
    "measure_coverage",
    "measure_day",
    "measure_histogram",
    "measure_month",
    "measure_year",
    "meeting",
    "metadata",
    "population",
    "region",
    "region_geometry",
    "region_level",
    "region_neighbour",
    "region_path",
    "reported_count",
    "row_change",
    "snapshot",
    "source_lateness",
    "survey",
]
