"""One definition of every table, for every store (SQLAlchemy Core, no reflection)."""

from data_access.schema.assessment import pilot_site, veto
from data_access.schema.base import LEVELS, SCHEMA_VERSION, metadata
from data_access.schema.duty import consultation_item, data_delivery
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
from data_access.schema.ledger import added_amount, import_batch, row_change
from data_access.schema.money import fund_award
from data_access.schema.regions import (
    REGION_TABLES,
    dataset,
    population,
    region,
    region_geometry,
    region_level,
)
from data_access.schema.response import alarm_response
from data_access.schema.rollups import (
    ANCESTOR_COLUMNS,
    DEEPEST_DAY,
    PLACED_TABLES,
    ROLLUP_TABLES,
    UNSETTLED_IN_TIME,
    measure_coverage,
    measure_day,
    measure_histogram,
    measure_month,
    measure_year,
    region_neighbour,
    region_path,
    snapshot,
    source_lateness,
    source_quality,
)

__all__ = [
    "ANCESTOR_COLUMNS",
    "DEEPEST_DAY",
    "FACT_TABLES",
    "LEVELS",
    "PLACED_TABLES",
    "REGION_TABLES",
    "ROLLUP_TABLES",
    "SCHEMA_VERSION",
    "UNSETTLED_IN_TIME",
    "added_amount",
    "alarm_response",
    "case_package",
    "consultation_item",
    "data_delivery",
    "dataset",
    "decision",
    "dispute",
    "facility",
    "fund_award",
    "import_batch",
    "incident",
    "measure_coverage",
    "measure_day",
    "measure_histogram",
    "measure_month",
    "measure_year",
    "meeting",
    "metadata",
    "pilot_site",
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
    "source_quality",
    "survey",
    "veto",
]
