"""The tables that outlive a snapshot: what has been published, what is served, which roles may look, which shards there are."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, MetaData, String, Table

READ_ROLE, WRITE_ROLE, LEDGER_ROLE, PRUNE_ROLE = "pingan_read", "pingan_write", "pingan_ledger", "pingan_prune"
"""The app reads as the first, a publish writes as the second, decisions and audit lines are added as the third; as the
fourth an administrator takes away audit lines older than six months."""

CATALOGUE, LEDGER_SCHEMA = "cockpit", "ledger"
PREFIX_SETTING, ROLE_SETTING, PATH_SETTING = "pingan.region_prefix", "pingan.role", "pingan.region_path"
"""Settings of one transaction that the row policies look at; the last is the ledger's."""

ENTER_SCOPE = f"{CATALOGUE}.enter_scope"
"""Function that sets role and prefix for the rest of a transaction, here and on every shard, and lets it only read."""
SCOPE_DOOR = "scope"
"""View whose update does the same on the server it lies on; ``scope_NAME`` is the door of shard NAME."""

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

shard = Table(
    "shard",
    _metadata,
    Column("name", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("database", String, nullable=False),
    Column("first_digits", String, comment="codes from these leading digits on; empty when it takes no more rows"),
    Column("last_digits", String, comment="up to these, which are its own too"),
)
