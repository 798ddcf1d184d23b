"""Make the ledger and the audit record: tables that can only be added to, whoever writes."""

from alembic import op

from data_access.migrations import downgrade  # noqa: F401 (alembic asks for it)
from data_access.store.postgresql.catalogue import LEDGER_ROLE, LEDGER_SCHEMA, PATH_SETTING, PRUNE_ROLE, WRITE_ROLE

revision = "0002"
down_revision = "0001"

KEPT = "interval '183 days'"
TABLES = """
    create table {schema}.ledger_version (version integer not null);
    insert into {schema}.ledger_version values (1);
    create table {schema}.ledger_event (
        event_id integer generated always as identity primary key,
        item_id varchar(160) collate "C" not null,
        version integer not null,
        kind varchar(40) collate "C" not null,
        state varchar(40) collate "C" not null,
        region_code varchar(40) collate "C" not null,
        region_path text collate "C" not null,
        parent_id varchar(160) collate "C",
        due_on date,
        role varchar(40) not null,
        role_region varchar(40) not null,
        subject varchar(160),
        recorded_at timestamp not null,
        before json,
        after json not null,
        reason text not null,
        snapshot_id varchar(120) not null,
        constraint one_event_per_version unique (item_id, version)
    );
    create index ledger_event_place on {schema}.ledger_event (kind, region_path);
    create index ledger_event_parent on {schema}.ledger_event (parent_id);
    create table {schema}.audit_line (
        sequence integer primary key,
        recorded_at timestamp not null,
        kind varchar(40) not null,
        subject varchar(160) not null,
        role varchar(40) not null,
        region_code varchar(40) not null,
        snapshot_id varchar(120) not null,
        details text not null,
        previous_hash varchar(64) not null,
        hash varchar(64) not null
    );
    create index audit_line_time on {schema}.audit_line (recorded_at);
    create table {schema}.audit_checkpoint (
        sequence integer primary key,
        hash varchar(64) not null,
        pruned_at timestamp not null
    )
"""
TRIGGERS = """
    create function {schema}.refuse() returns trigger language plpgsql as $$
        begin
            raise exception 'the table % can only be added to', tg_table_name using errcode = '42501';
        end
    $$;
    create function {schema}.refuse_young() returns trigger language plpgsql set search_path = {schema} as $$
        begin
            if old.recorded_at > (now() at time zone 'UTC') - {kept}
                or old.sequence > coalesce((select max(sequence) from audit_checkpoint), 0)
            then
                raise exception 'audit line % must stay', old.sequence using errcode = '42501';
            end if;
            return old;
        end
    $$;
    create function {schema}.refuse_made_up() returns trigger language plpgsql set search_path = {schema} as $$
        begin
            if not exists (
                select from audit_line
                where sequence = new.sequence and hash = new.hash
                    and recorded_at <= (now() at time zone 'UTC') - {kept}
            ) then
                raise exception 'no old audit line has this number and hash' using errcode = '42501';
            end if;
            return new;
        end
    $$;
    create trigger young before delete on {schema}.audit_line for each row execute function {schema}.refuse_young();
    create trigger made_up before insert on {schema}.audit_checkpoint
        for each row execute function {schema}.refuse_made_up()
"""


def upgrade() -> None:
    """Make schema, tables, the triggers that keep them append-only, row policies and grants."""
    connection = op.get_bind()
    if not connection.exec_driver_sql("select 1 from pg_roles where rolname = %s", (PRUNE_ROLE,)).scalar():
        op.execute(f"create role {PRUNE_ROLE} nologin")
    op.execute(f"grant {PRUNE_ROLE} to current_user")
    op.execute(f"create schema {LEDGER_SCHEMA}")
    op.execute(TABLES.format(schema=LEDGER_SCHEMA))
    op.execute(TRIGGERS.format(schema=LEDGER_SCHEMA, kept=KEPT))
    for table in ("ledger_event", "audit_line", "audit_checkpoint", "ledger_version"):
        refused = "update or truncate" if table == "audit_line" else "update or delete or truncate"
        op.execute(
            f"create trigger append_only before {refused} on {LEDGER_SCHEMA}.{table}"
            f" for each statement execute function {LEDGER_SCHEMA}.refuse()"
        )
    _grant()


def _grant() -> None:
    ledger = f"{LEDGER_SCHEMA}.ledger_event"
    inside = (
        f"starts_with(region_path, (select current_setting('{PATH_SETTING}', true)"
        f" where current_setting('{PATH_SETTING}', true) ~ '^([0-9A-Za-z_.-]+/)+$'))"
    )
    for statement in (
        f"grant usage on schema {LEDGER_SCHEMA} to {LEDGER_ROLE}, {WRITE_ROLE}, {PRUNE_ROLE}",
        f"grant select, insert on {ledger}, {LEDGER_SCHEMA}.audit_line to {LEDGER_ROLE}",
        f"grant select on {LEDGER_SCHEMA}.ledger_version, {LEDGER_SCHEMA}.audit_checkpoint to {LEDGER_ROLE}",
        f"grant select, delete on {LEDGER_SCHEMA}.audit_line to {PRUNE_ROLE}",
        f"grant select, insert on {LEDGER_SCHEMA}.audit_checkpoint to {PRUNE_ROLE}",
        f"grant select (kind, after) on {ledger} to {WRITE_ROLE}",
        f"alter table {ledger} enable row level security",
        f"create policy seen_within_path on {ledger} for select to {LEDGER_ROLE} using ({inside})",
        f"create policy added_within_path on {ledger} for insert to {LEDGER_ROLE} with check ({inside})",
        f"create policy meetings_hold_snapshots on {ledger} for select to {WRITE_ROLE} using (kind = 'meeting')",
    ):
        op.execute(statement)
