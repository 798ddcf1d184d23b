"""What a publish derives: roll-ups region × period × class, and the stamp of the snapshot."""

from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, String, Table

from data_access.schema.assessment import pilot_site, veto
from data_access.schema.base import metadata
from data_access.schema.duty import DUTY_TABLES
from data_access.schema.facts import case_package, decision, dispute, facility, incident, meeting, survey
from data_access.schema.money import fund_award

snapshot = Table(
    "snapshot",
    metadata,
    Column("snapshot_id", String, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("data_through", Date, nullable=False),
    Column("published_at", DateTime, nullable=False),
    Column("config_sha256", String, nullable=False, comment="of the measure definitions the roll-ups were built with"),
)

region_path = Table(
    "region_path",
    metadata,
    Column("region_code", String, nullable=False, comment="any code a row may carry, old ones included"),
    Column("code_0", String, nullable=False),
    Column("code_1", String),
    Column("code_2", String),
    Column("code_3", String),
    comment="A code's ancestors after successors are followed, by depth",
)

region_neighbour = Table(
    "region_neighbour",
    metadata,
    Column("region_code", String, nullable=False),
    Column("neighbour_code", String, nullable=False),
)


ANCESTOR_COLUMNS = ("code_0", "code_1", "code_2", "code_3")


UNSETTLED_IN_TIME = "unsettled_in_time"
"""Name of the column that says so of a published dispute: what waits on a day is among these or falls due later."""


def _placed(fact: Table) -> Table:
    """Return the published form of ``fact``: its columns, the codes of the regions it lies in, and what is derived."""
    derived = [Column(UNSETTLED_IN_TIME, Boolean, nullable=False)] if fact is dispute else []
    return Table(
        f"{fact.name}_placed",
        metadata,
        *(Column(column.name, column.type, nullable=column.nullable) for column in fact.columns),
        Column("code_0", String, nullable=False),
        *(Column(name, String) for name in ANCESTOR_COLUMNS[1:]),
        *derived,
    )


PLACED_TABLES = {
    fact.name: _placed(fact)
    for fact in (
        *(incident, dispute, survey, case_package, meeting, decision, facility, veto, pilot_site, *DUTY_TABLES),
        fund_award,
    )
}
"""What lists are drawn from; counts and alarms are published only as sums."""


def _measure_columns(period_column: str) -> list[Column]:
    return [
        Column("depth", Integer, nullable=False),
        Column("measure", String, nullable=False),
        Column("region_code", String, nullable=False),
        Column(period_column, Date, nullable=False, comment="first day of the period"),
        Column("class_code", String, nullable=False),
        Column("channel", String, nullable=False),
        Column("value", Float, nullable=False),
        Column("divided", Boolean, nullable=False, comment="by class and channel, or their total (both are kept)"),
    ]


DEEPEST_DAY = 2
"""Roll-ups by day stop at townships: by grid and day they would be as long as the records."""

measure_day = Table("measure_day", metadata, *_measure_columns("day"), comment="depths 0 … 2")
measure_month = Table("measure_month", metadata, *_measure_columns("month"), comment="depths 0 … 3")
measure_year = Table("measure_year", metadata, *_measure_columns("year_start"), comment="depths 0 … 3")

measure_histogram = Table(
    "measure_histogram",
    metadata,
    Column("depth", Integer, nullable=False),
    Column("measure", String, nullable=False),
    Column("region_code", String, nullable=False),
    Column("month", Date, nullable=False),
    Column("class_code", String, nullable=False),
    Column("bin", Integer, nullable=False, comment="index into the edges of config/measures.toml"),
    Column("value", Float, nullable=False),
    comment="Waiting times in fixed bins, so that medians and p90 merge across regions",
)

measure_coverage = Table(
    "measure_coverage",
    metadata,
    Column("measure", String, nullable=False),
    Column("source", String, nullable=False),
    Column("basis", String, nullable=False, comment="records or counts"),
    Column("grain", String, nullable=False, comment="finest period the numbers exist at: day, month, year"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    comment="Which source each measure stands on, and for which days",
)

source_lateness = Table(
    "source_lateness",
    metadata,
    Column("source", String, nullable=False),
    Column("region_code", String, nullable=False, comment="depth 1, or the root for sources without counties"),
    Column("last_day", Date, nullable=False),
    Column("days_late", Integer, nullable=False, comment="data_through − last_day"),
    Column("chance", Float, nullable=False, comment="probability of so long a silence at the usual rate"),
)

source_quality = Table(
    "source_quality",
    metadata,
    Column("source", String, nullable=False),
    Column("target", String, nullable=False, comment="table the source writes to"),
    Column("region_code", String, nullable=False, comment="depth 1, or the root for sources without counties"),
    Column("month", Date, nullable=False),
    Column("aspect", String, nullable=False, comment="rows, missing, dated, back_filled, month_end, minute_digit, …"),
    Column("detail", String, nullable=False, comment="the field that is missing, the last digit; '' when none"),
    Column("value", Float, nullable=False),
    comment="What data quality is judged by, counted at publishing",
)

ROLLUP_TABLES = (
    snapshot,
    region_path,
    region_neighbour,
    measure_day,
    measure_month,
    measure_year,
    measure_histogram,
    measure_coverage,
    source_lateness,
    source_quality,
    *PLACED_TABLES.values(),
)
