"""Steps that bring the shared PostgreSQL to the present set-up; ``python -m data_access migrate`` runs them.

None of them can be taken back: docs/deployment.md says how one returns to the version before.
"""

from data_access.errors import SchemaVersionError


def downgrade() -> None:
    """Refuse to take a step back: every step says so when alembic asks it to.

    Raises
    ------
    SchemaVersionError
    """
    raise SchemaVersionError(
        "A migration has no way back. Nothing was changed. Stop the programs and restore the dump made before it with "
        "pg_restore (docs/deployment.md, section 2).",
        "数据库升级不可回退，未作任何更改。请停止各程序，用 pg_restore 恢复升级前的备份（见 docs/deployment.md 第 2 节）。",
    )
