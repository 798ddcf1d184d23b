"""What departments owe each other: data sets due each month, and what their consultations decided."""

from sqlalchemy import Column, Date, String, Table

from data_access.schema.base import metadata, source_columns

data_delivery = Table(
    "data_delivery",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("department", String, nullable=False, comment="key of config/departments.toml"),
    Column("data_set", String, nullable=False, comment="key of config/departments.toml"),
    Column("due_on", Date, nullable=False),
    Column("delivered_on", Date),
)

consultation_item = Table(
    "consultation_item",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("meeting_source_id", String, comment="the consultation it comes from"),
    Column("task", String, nullable=False),
    Column("task_en", String),
    Column("department", String, nullable=False, comment="who owes it: key of config/departments.toml"),
    Column("decided_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("done_on", Date),
)

DUTY_TABLES = (data_delivery, consultation_item)
