"""Bring the shared database to the present set-up: roles, catalogue, ledger (alembic steps in data_access/migrations)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from data_access.errors import SchemaVersionError
from data_access.store.postgresql.catalogue import CATALOGUE
from data_access.store.postgresql.connections import Database, Reachability

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
MIGRATION_LOCK = 0x70696E6D
"""Key of the advisory lock that lets one migration at a time look and work."""


def upgrade(database_url: str) -> tuple[str | None, str]:
    """Run the steps that the database lacks, all in one transaction; return its revision before and after.

    Raises
    ------
    SchemaVersionError
        When a newer program set it up.
    StoreUnavailableError, StoreRefusedError
        When it can't be reached, or the login may not change it.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    steps = ScriptDirectory.from_config(config)
    newest = steps.get_current_head()
    assert newest is not None
    database = Database(database_url, None, Reachability())
    with database.plain_errors(), database.engine.connect() as connection, connection.begin():
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        found = None
        if sa.inspect(connection).has_schema(CATALOGUE):
            context = MigrationContext.configure(connection, opts={"version_table_schema": CATALOGUE})
            found = context.get_current_revision()
        if found is not None and found not in {step.revision for step in steps.walk_revisions()}:
            raise SchemaVersionError(
                f"The shared database has revision {found}, which a newer version of this program made (this one knows "
                f"{newest}). Nothing was changed. Update the program.",
                f"共享数据库的版本为 {found}，由更新版本的程序建立（本程序为 {newest}）。未作任何更改。请升级程序。",
                found=found,
            )
        if found != newest:
            connection.exec_driver_sql(f"create schema if not exists {CATALOGUE}")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    database.engine.dispose()
    return found, newest
