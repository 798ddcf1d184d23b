"""Take no audit line that doesn't follow the last, let prunes be recorded, and let only the program's logins in."""

from alembic import op

from data_access.migrations import downgrade  # noqa: F401 (alembic asks for it)
from data_access.store.postgresql.catalogue import LEDGER_ROLE, LEDGER_SCHEMA, PRUNE_ROLE, READ_ROLE, WRITE_ROLE

revision = "0004"
down_revision = "0003"

FOLLOWS = """
    create function {schema}.refuse_out_of_chain() returns trigger language plpgsql set search_path = {schema} as $$
        declare
            last record;
        begin
            select sequence, hash into last from (
                select sequence, hash from audit_line union all select sequence, hash from audit_checkpoint
            ) known order by sequence desc limit 1;
            if new.sequence <> coalesce(last.sequence, 0) + 1 or new.previous_hash <> coalesce(last.hash, repeat('0', 64))
            then
                raise exception 'audit line % does not follow the last', new.sequence using errcode = '23505';
            end if;
            return new;
        end
    $$;
    create trigger follows before insert on {schema}.audit_line
        for each row execute function {schema}.refuse_out_of_chain()
"""
"""The code is that of a number which another writer took: the program tries again with the next."""


def upgrade() -> None:
    """Make the trigger, and confine who may connect and make tables or functions of their own in a session."""
    op.execute(FOLLOWS.format(schema=LEDGER_SCHEMA))
    op.execute(f"grant insert on {LEDGER_SCHEMA}.audit_line to {PRUNE_ROLE}")
    database = op.get_bind().exec_driver_sql("select quote_ident(current_database())").scalar()
    op.execute(f"grant connect on database {database} to {READ_ROLE}, {WRITE_ROLE}, {LEDGER_ROLE}, {PRUNE_ROLE}")
    op.execute(f"revoke connect, temporary on database {database} from public")
