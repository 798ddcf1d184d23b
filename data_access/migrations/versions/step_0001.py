"""Make the three roles and the catalogue of snapshots."""

from alembic import op

from data_access.migrations import downgrade  # noqa: F401 (alembic asks for it)
from data_access.store.postgresql.catalogue import CATALOGUE, LEDGER_ROLE, READ_ROLE, WRITE_ROLE

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make roles that can't sign in, and the tables that outlive a snapshot."""
    connection = op.get_bind()
    for role in (READ_ROLE, WRITE_ROLE, LEDGER_ROLE):
        known = connection.exec_driver_sql("select 1 from pg_roles where rolname = %s", (role,)).scalar()
        if not known:
            op.execute(f"create role {role} nologin")
        op.execute(f"grant {role} to current_user")
    database = connection.exec_driver_sql("select quote_ident(current_database())").scalar()
    op.execute(f"grant create on database {database} to {WRITE_ROLE}")
    op.execute(f"grant usage on schema {CATALOGUE} to {READ_ROLE}, {WRITE_ROLE}")
    op.execute(
        f"""
        create table {CATALOGUE}.published (
            snapshot_id text collate "C" primary key,
            number integer not null unique,
            schema_name text not null unique,
            published_at timestamp not null
        )
        """
    )
    op.execute(
        f"""
        create table {CATALOGUE}.served (
            one boolean primary key check (one),
            snapshot_id text collate "C" not null references {CATALOGUE}.published
        )
        """
    )
    op.execute(f'create table {CATALOGUE}.viewer_role (role text collate "C" primary key)')
    for table in ("published", "served", "viewer_role"):
        op.execute(f"grant select on {CATALOGUE}.{table} to {READ_ROLE}")
        op.execute(f"grant select, insert, delete on {CATALOGUE}.{table} to {WRITE_ROLE}")
