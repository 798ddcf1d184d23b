"""Who did what and when: one append-only table whose lines are chained by their hashes, beside the ledger."""

from sqlalchemy import DDL, Column, DateTime, Integer, String, Table, Text, event

from data_access.schema.ledger_event import ledger_metadata

audit_line = Table(
    "audit_line",
    ledger_metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False, comment="1, 2, … without a gap"),
    Column("recorded_at", DateTime, nullable=False, comment="UTC"),
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
