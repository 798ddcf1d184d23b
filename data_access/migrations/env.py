"""Tell alembic which connection to use; the transaction is the caller's."""

from alembic import context

from data_access.store.postgresql.catalogue import CATALOGUE

context.configure(connection=context.config.attributes["connection"], version_table_schema=CATALOGUE)
context.run_migrations()
