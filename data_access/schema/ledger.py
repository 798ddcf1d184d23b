"""What was imported when, and what each corrected row said before."""

from sqlalchemy import Column, DateTime, Float, Integer, String, Table

from data_access.schema.base import metadata

import_batch = Table(
    "import_batch",
    metadata,
    Column("batch_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("target", String, nullable=False, comment="table the rows went to"),
    Column("file_name", String, nullable=False),
    Column("file_sha256", String, nullable=False),
    Column("mapping_name", String, nullable=False),
    Column("mapping_sha256", String, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_added", Integer, nullable=False),
    Column("rows_replaced", Integer, nullable=False),
    Column("rows_unchanged", Integer, nullable=False),
    Column("rows_quarantined", Integer, nullable=False),
    Column("rows_excluded", Integer, nullable=False, comment="left out on the mapping's order, exact copies included"),
    Column("region_disagreements", Integer, nullable=False, comment="rows whose code and point name two regions"),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime, nullable=False),
)

row_change = Table(
    "row_change",
    metadata,
    Column("batch_id", String, nullable=False),
    Column("target", String, nullable=False),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("column_name", String, nullable=False),
    Column("before", String),
    Column("after", String),
    Column("changed_at", DateTime, nullable=False),
)

added_amount = Table(
    "added_amount",
    metadata,
    Column("target", String, nullable=False),
    Column("source", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("row_number", Integer, nullable=False, comment="of a corrected row; 0: the sum of the rows that were right"),
    Column("source_id", String, nullable=False),
    Column("amount", Float, nullable=False),
    comment="What a file with refused rows gave where the rows of an id are added up, so that corrected ones count once",
)
