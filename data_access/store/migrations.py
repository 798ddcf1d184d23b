"""Steps that bring an older working file to the present schema; each is run once, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from data_access import schema


def _english_of_decisions(connection: sa.Connection) -> None:
    """Version 2: what was decided, and by which post, may also be given in English."""
    _add_columns(connection, schema.case_package, "leader_post_en")
    _add_columns(connection, schema.decision, "task_en", "unit_en")


def _vetoes_and_pilot_sites(connection: sa.Connection) -> None:
    """Version 3: vetoes of the assessment, and pilot sites."""
    for table in (schema.veto, schema.pilot_site):
        table.create(connection, checkfirst=True)


def _english_of_disputes(connection: sa.Connection) -> None:
    """Version 4: the first-receiver unit of a dispute may also be given in English."""
    _add_columns(connection, schema.dispute, "unit_en")


def _what_departments_owe(connection: sa.Connection) -> None:
    """Version 5: data sets that departments deliver, and items of their consultations."""
    for table in (schema.data_delivery, schema.consultation_item):
        table.create(connection, checkfirst=True)


def _awards_and_alarms(connection: sa.Connection) -> None:
    """Version 6: awards from the fund, and alarms answered, one row each."""
    for table in (schema.fund_award, schema.alarm_response):
        table.create(connection, checkfirst=True)


def _disputes_not_settled_in_time(_connection: sa.Connection) -> None:
    """Version 7: published disputes say whether they were settled in time; the working file stays as it is."""


MIGRATIONS: Mapping[int, Callable[[sa.Connection], None]] = {
    2: _english_of_decisions,
    3: _vetoes_and_pilot_sites,
    4: _english_of_disputes,
    5: _what_departments_owe,
    6: _awards_and_alarms,
    7: _disputes_not_settled_in_time,
}
"""Schema version → the step that leads to it."""


def migrate(connection: sa.Connection, found: int) -> None:
    """Run the steps from version ``found`` to the present one."""
    for version in range(found + 1, schema.SCHEMA_VERSION + 1):
        MIGRATIONS[version](connection)


def _add_columns(connection: sa.Connection, table: sa.Table, *names: str) -> None:
    for name in names:
        kind = table.c[name].type.compile(connection.dialect)
        connection.execute(sa.DDL(f"alter table {table.name} add column if not exists {name} {kind}"))
