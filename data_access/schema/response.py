"""Alarms answered by the police, one row each: when it came, by when somebody had to be there, when somebody was."""

from sqlalchemy import Column, DateTime, String, Table

from data_access.schema.base import metadata, source_columns

alarm_response = Table(
    "alarm_response",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("class_code", String, nullable=False, comment="kind of zone, a ring of config/response.toml"),
    Column("received_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False, comment="received_at and the ring's minutes; given by the importer"),
    Column("arrived_at", DateTime, comment="first arrival; empty when it was not stamped"),
)
