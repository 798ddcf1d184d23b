"""An answer that is kept is given to the same question only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import combinations

import sqlalchemy as sa

from data_access import schema
from data_access.store.postgresql.answers import question_of


def questions() -> Mapping[str, sa.Select]:
    """Return questions that differ in one thing each from the first."""
    table, other = schema.measure_month, schema.measure_year
    c = table.c
    plain = sa.select(c.measure, c.value)

    def asked(select: sa.Select = plain, regions: tuple[str, ...] = ("01", "02"), since: date = date(2024, 1, 1)):
        return select.where(c.region_code.in_(regions), c.month >= since).limit(5)

    return {
        "plain": asked(),
        "column": asked(sa.select(c.measure, c.depth)),
        "name of a column": asked(sa.select(c.measure, c.value.label("other"))),
        "order of columns": asked(sa.select(c.value, c.measure)),
        "table": sa.select(other.c.measure, other.c.value).where(other.c.region_code.in_(("01", "02"))).limit(5),
        "a region": asked(regions=("01", "03")),
        "order of regions": asked(regions=("02", "01")),
        "fewer regions": asked(regions=("01",)),
        "one region of a like name": asked(regions=("01', '02",)),
        "day": asked(since=date(2024, 1, 2)),
        "test": asked(plain.where(c.divided)),
        "the contrary": asked(plain.where(sa.not_(c.divided))),
        "nothing known": asked(plain.where(c.value.is_(None))),
        "anything known": asked(plain.where(c.value.is_not(None))),
        "number of rows": asked().limit(6),
        "rows passed over": asked().offset(5),
        "order": asked().order_by(c.value),
        "order the other way": asked().order_by(c.value.desc()),
        "literal": asked(sa.select(c.measure, sa.literal("value").label("value"))),
        "other literal": asked(sa.select(c.measure, sa.literal("values").label("value"))),
        "text": asked(sa.select(c.measure, sa.literal("1").label("value"))),
        "number": asked(sa.select(c.measure, sa.literal(1).label("value"))),
        "function": asked(sa.select(c.measure, sa.func.sum(c.value))),
        "other function": asked(sa.select(c.measure, sa.func.max(c.value))),
        "type": asked(sa.select(c.measure, sa.cast(c.value, sa.Integer))),
    }


def test_the_same_question_built_again_is_the_same():
    assert {name: question_of(each) for name, each in questions().items()} == {
        name: question_of(each) for name, each in questions().items()
    }


def test_questions_that_differ_in_anything_are_not_the_same():
    told = {name: question_of(each) for name, each in questions().items()}
    assert [pair for pair in combinations(told, 2) if told[pair[0]] == told[pair[1]]] == []
