"""What people decided: one append-only table beside the facts, the same on SQLite and in a schema of PostgreSQL.

It has a ``MetaData`` of its own: the ledger is no part of the working file or of a snapshot, and outlives both.
"""

from sqlalchemy import (
    DDL,
    JSON,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

LEDGER_VERSION = 1

ledger_metadata = MetaData()

ledger_event = Table(
    "ledger_event",
    ledger_metadata,
    Column("event_id", Integer, primary_key=True, autoincrement=True),
    Column("item_id", String(160), nullable=False),
    Column("version", Integer, nullable=False, comment="1, 2, …; the item's state is its highest version"),
    Column("kind", String(40), nullable=False, comment="config/ledger.toml"),
    Column("state", String(40), nullable=False, comment="after this event"),
    Column("region_code", String(40), nullable=False),
    Column("region_path", Text, nullable=False, comment="codes from the outermost region down, each ended by /"),
    Column("parent_id", String(160), comment="the item it belongs to, such as the meeting of a decision"),
    Column("due_on", Date),
    Column("role", String(40), nullable=False, comment="who wrote: the role, never a name"),
    Column("role_region", String(40), nullable=False, comment="the region that role is confined to"),
    Column("subject", String(160), comment="opaque id of the account, when there is sign-in"),
    Column("recorded_at", DateTime, nullable=False, comment="UTC"),
    Column("before", JSON(none_as_null=True), comment="fields before; of a published record, its row"),
    Column("after", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("snapshot_id", String(120), nullable=False, comment="the data that the writer saw"),
    UniqueConstraint("item_id", "version", name="one_event_per_version"),
    Index("ledger_event_place", "kind", "region_path"),
    Index("ledger_event_parent", "parent_id"),
)

ledger_version = Table("ledger_version", ledger_metadata, Column("version", Integer, nullable=False))

for _action in ("update", "delete"):
    event.listen(
        ledger_event,
        "after_create",
        DDL(
            f"create trigger ledger_event_no_{_action} before {_action} on ledger_event "
            f"begin select raise(abort, 'the ledger is append-only'); end"
        ).execute_if(dialect="sqlite"),
    )
