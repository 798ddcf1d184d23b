"""Spans of days as tests on a column, in the column's own type.

PostgreSQL lets an index answer before a row policy is checked only where nothing can leak: comparing a time with a day,
which are of two types, is not among that, so that such a test would read every row of a region.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa


def begin_of(day: date, when: sa.ColumnElement) -> date:
    """Return the first moment of ``day`` as the type of ``when`` has it."""
    return datetime.combine(day, time.min) if isinstance(when.type, sa.DateTime) else day


def within(when: sa.ColumnElement, start: date | None, end: date) -> list[sa.ColumnElement[bool]]:
    """Return the tests that ``when`` lies on the days from ``start``, or the beginning, to ``end``, both counted."""
    span = [when < begin_of(end + timedelta(days=1), when)]
    return span + ([when >= begin_of(start, when)] if start else [])
