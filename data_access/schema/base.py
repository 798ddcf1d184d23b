"""Shared metadata, schema version and column conventions."""

from sqlalchemy import Column, MetaData, String

SCHEMA_VERSION = 7
"""Raised by one with each step in ``data_access.store.migrations``."""

LEVELS = ("city", "county", "township", "grid")
"""Canonical keys of the drill path, outermost first (depth 0 … 3). A data set gives them its own names in
``region_level`` (a country and its states, a city and its neighbourhoods) and may use fewer."""

metadata = MetaData()


def source_columns() -> list[Column]:
    """Return the two columns that identify a row: the source that sent it and its id there."""
    return [
        Column("source", String, nullable=False, comment="id of the source that sent the row"),
        Column("source_id", String, nullable=False, comment="the row's id at that source, unique within it"),
    ]
