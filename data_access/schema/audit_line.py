"""Who did what and when: one append-only table whose lines are chained by their hashes, beside the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Column, DateTime, Dialect, Integer, String, Table, Text, TypeDecorator, event

from data_access.schema.ledger_event import ledger_metadata

NO_TIME = datetime(1970, 1, 1)
"""Stands for what is no time: SQLite keeps whatever somebody wrote there, and the line must still be found to be changed."""


class RecordedAt(TypeDecorator):
    """A time that may be read whatever was written in its place."""

    impl = DateTime
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what reads a time, and takes anything else for ``NO_TIME``."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def read_or_none(value: Any) -> Any:
            try:
                return read(value)
            except (ValueError, TypeError):
                return NO_TIME

        return read_or_none


audit_line = Table(
    "audit_line",
    ledger_metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False, comment="1, 2, … without a gap"),
    Column("recorded_at", RecordedAt, nullable=False, comment="UTC"),
    Column("kind", String(40), nullable=False, comment="sign_in, export, records, decision, refused, …"),
    Column("subject", String(160), nullable=False, comment="opaque id of the account; '' when there is no sign-in"),
    Column("role", String(40), nullable=False),
    Column("region_code", String(40), nullable=False, comment="region the role is confined to"),
    Column("snapshot_id", String(120), nullable=False),
    Column("details", Text, nullable=False, comment="JSON: what was asked for, never its contents"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, comment="SHA-256 of the previous hash and this line"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    ledger_metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False, comment="last line that was taken away"),
    Column("hash", String(64), nullable=False, comment="its hash, which the next line stands on"),
    Column("pruned_at", DateTime, nullable=False),
)

TRIGGERS = {
    f"audit_line_no_{action}": (
        f"create trigger if not exists audit_line_no_{action} before {action} on audit_line "
        "begin select raise(abort, 'the audit record is append-only'); end"
    )
    for action in ("update", "delete")
}
for _statement in TRIGGERS.values():
    event.listen(audit_line, "after_create", DDL(_statement).execute_if(dialect="sqlite"))
