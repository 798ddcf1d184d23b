"""Let a scope be entered by one call, on this server and on the shards that hold a part of its rows."""

from alembic import op

from data_access.migrations import downgrade  # noqa: F401 (alembic asks for it)
from data_access.store.postgresql.catalogue import (
    CATALOGUE,
    ENTER_SCOPE,
    PREFIX_SETTING,
    READ_ROLE,
    ROLE_SETTING,
    SCOPE_DOOR,
    WRITE_ROLE,
)

revision = "0003"
down_revision = "0002"

SHARDS = """
    create table {catalogue}.shard (
        name text collate "C" primary key,
        host text not null,
        port integer not null,
        database text not null,
        first_digits text collate "C",
        last_digits text collate "C",
        check ((first_digits is null) = (last_digits is null))
    )
"""
DOOR = """
    create view {catalogue}.{door} as select ''::text as role, ''::text as prefix;
    create function {catalogue}.let_in() returns trigger language plpgsql as $$
        begin
            perform set_config('{role}', new.role, true), set_config('{prefix}', new.prefix, true);
            return new;
        end
    $$;
    create trigger let_in instead of update on {catalogue}.{door}
        for each row execute function {catalogue}.let_in()
"""
"""postgres_fdw carries no setting from the coordinator to a shard, but one transaction here is one transaction there: an
update of the shard's door, which keeps nothing, sets the scope for the rest of it."""
ENTER = """
    create function {enter}(viewer_role text, region_prefix text) returns void language plpgsql as $$
        declare
            shard_name text;
        begin
            perform set_config('{role}', viewer_role, true), set_config('{prefix}', region_prefix, true);
            for shard_name in select name from {catalogue}.shard order by name loop
                execute format('update {catalogue}.%I set role = $1, prefix = $2', '{door}_' || shard_name)
                    using viewer_role, region_prefix;
            end loop;
            perform set_config('transaction_read_only', 'on', true);
        end
    $$
"""


def upgrade() -> None:
    """Make the list of shards, the door that a coordinator enters by, and the call that enters."""
    names = {"catalogue": CATALOGUE, "door": SCOPE_DOOR, "enter": ENTER_SCOPE}
    for statements in (SHARDS, DOOR, ENTER):
        op.execute(statements.format(role=ROLE_SETTING, prefix=PREFIX_SETTING, **names))
    op.execute(f"grant select on {CATALOGUE}.shard to {READ_ROLE}, {WRITE_ROLE}")
    op.execute(f"grant update on {CATALOGUE}.{SCOPE_DOOR} to {READ_ROLE}")
