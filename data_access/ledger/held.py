"""Which snapshots a meeting shows, so that no later publish drops them."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.home import Home
from data_access.schema.ledger_event import ledger_event
from data_access.store.ledger_engine import ledger_store

MEETING, SHOWN = "meeting", "shown_snapshot"


def held_snapshot_ids(home: Home) -> frozenset[str]:
    """Return the ids of the snapshots that meetings of ``home`` were held on.

    A meeting that is opened again a year later shows the numbers it was closed with.
    """
    if not home.database_url and not home.ledger_file.exists():
        return frozenset()
    statement = sa.select(ledger_event.c.after).where(ledger_event.c.kind == MEETING)
    rows = ledger_store(home).read_as_publisher(lambda connection: connection.execute(statement).scalars().all())
    return frozenset(str(values[SHOWN]) for values in rows if values.get(SHOWN))
