"""The tables that outlive a snapshot: what has been published, what is served, which roles may look."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, MetaData, String, Table

READ_ROLE, WRITE_ROLE, LEDGER_ROLE, PRUNE_ROLE = "pingan_read", "pingan_write", "pingan_ledger", "pingan_prune"
"""The app reads as the first, a publish writes as the second, decisions and audit lines are added as the third; as the
fourth an administrator takes away audit lines older than six months."""

CATALOGUE, LEDGER_SCHEMA = "cockpit", "ledger"
PREFIX_SETTING, ROLE_SETTING, PATH_SETTING = "pingan.region_prefix", "pingan.role", "pingan.region_path"
"""Settings of one transaction that the row policies look at; the last is the ledger's."""

_metadata = MetaData(schema=CATALOGUE)

published = Table(
    "published",
    _metadata,
    Column("snapshot_id", String, primary_key=True),
    Column("number", Integer, nullable=False, unique=True, comment="the part of the id that only grows"),
    Column("schema_name", String, nullable=False, unique=True),
    Column("published_at", DateTime, nullable=False),
)

served = Table(
    "served",
    _metadata,
    Column("one", Boolean, primary_key=True, comment="always true: the table has one row"),
    Column("snapshot_id", String, ForeignKey(published.c.snapshot_id), nullable=False),
)

viewer_role = Table(
    "viewer_role",
    _metadata,
    Column("role", String, primary_key=True, comment="a role of config/roles.toml; any other sees no row"),
)
