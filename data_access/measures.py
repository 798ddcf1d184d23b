"""Measures: additive numbers per region × period × class × channel, declared once in config/measures.toml.

A measure is counted from the rows of one fact table by a declared rule, or it arrives already counted in
``reported_count`` under the same name. Publishing turns the declarations into roll-ups; indicators divide measures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access import schema
from data_access.access import CONFIG, read_config, validated
from data_access.errors import ConfigError

FILE = "config/measures.toml"


class Condition(BaseModel):
    """One test a row must pass; a row with an unknown value fails it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    equals: str | bool | int | None = None
    differs: str | None = Field(default=None, description="another value than this one, or none")
    one_of: tuple[str, ...] | None = None
    known: bool | None = None
    at_least: float | None = None
    not_after: str | None = Field(default=None, description="another time column")
    within_days: float | None = None
    within_hours: float | None = None
    beyond_days: float | None = None
    later_than: str | None = Field(default=None, description="another time column")
    of: str | None = Field(default=None, description="the time column that within_* and beyond_days count from")
    or_unknown: bool = Field(default=False, description="with beyond_days or later_than: not yet known passes, too")

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = [
            self.equals,
            self.differs,
            self.one_of,
            self.known,
            self.at_least,
            self.not_after,
            self.within_days,
            self.within_hours,
            self.beyond_days,
            self.later_than,
        ]
        if sum(test is not None for test in tests) != 1:
            raise ValueError(
                "give exactly one of equals, differs, one_of, known, at_least, not_after, within_days, within_hours, "
                "beyond_days, later_than"
            )
        spans = (self.within_days, self.within_hours, self.beyond_days)
        if any(span is not None for span in spans) != (self.of is not None):
            raise ValueError("within_days, within_hours and beyond_days need 'of', and only they do")
        if self.or_unknown and self.beyond_days is None and self.later_than is None:
            raise ValueError("or_unknown goes with beyond_days or later_than")
        return self

    def expression(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Return the test on ``table`` as SQL."""
        column = table.c[self.column]
        if self.equals is not None:
            return column == self.equals
        if self.differs is not None:
            return column != self.differs
        if self.one_of is not None:
            return column.in_(self.one_of)
        if self.known is not None:
            return column.is_not(None) if self.known else column.is_(None)
        if self.at_least is not None:
            return column >= self.at_least
        if self.not_after is not None:
            return column <= table.c[self.not_after]
        if self.later_than is not None:
            return self._or_unknown(column > table.c[self.later_than], column)
        waited = elapsed_seconds(table.c[str(self.of)], column)
        if self.beyond_days is not None:
            return self._or_unknown(waited > self.beyond_days * 86400, column)
        days = self.within_days if self.within_days is not None else (self.within_hours or 0.0) / 24
        return waited <= days * 86400

    def _or_unknown(self, test: sa.ColumnElement[bool], column: sa.ColumnElement) -> sa.ColumnElement[bool]:
        return sa.or_(column.is_(None), test) if self.or_unknown else test

    def columns(self) -> list[str]:
        """Return the columns the test reads."""
        return [name for name in (self.column, self.not_after, self.later_than, self.of) if name is not None]


class Measure(BaseModel):
    """One additive number.

    ``table`` empty means that it only ever arrives counted. ``date`` names the time column that places a row in a
    period; with several, the earliest known counts. ``days_later`` moves that time: a row then counts on the day it has
    waited so long.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    unit: str
    unit_en: str
    kind: Literal["flow", "stock"] = "flow"
    table: str | None = None
    date: tuple[str, ...] = ()
    days_later: int = Field(default=0, ge=0, description="days after ``date`` on which the row counts")
    count: Literal["rows"] | None = None
    sum: str | None = Field(default=None, description="column to add up")
    sum_squares: str | None = Field(default=None, description="column whose squares are added up")
    by_class: bool = False
    by_channel: bool = False
    where: tuple[Condition, ...] = ()
    sensitive: bool = Field(
        default=False, description="counts people of a key group: county level only, < 10 suppressed"
    )

    @model_validator(mode="after")
    def _columns_exist(self) -> Measure:
        if self.table is None:
            if self.date or self.where or self.count or self.sum or self.sum_squares:
                raise ValueError("date, where, count and sum need 'table'")
            return self
        table = schema.metadata.tables.get(self.table)
        if table is None:
            raise ValueError(f"there is no table {self.table!r}")
        if sum(value is not None for value in (self.count, self.sum, self.sum_squares)) != 1:
            raise ValueError("give exactly one of count, sum, sum_squares")
        if not self.date:
            raise ValueError("give the date column(s) that place a row in a period")
        named = [*self.date, *(name for condition in self.where for name in condition.columns())]
        named += [name for name in (self.sum, self.sum_squares) if name is not None]
        unknown = [name for name in named if name not in table.columns]
        if unknown:
            raise ValueError(f"table {self.table!r} has no columns {unknown}")
        if self.by_class and "class_code" not in table.columns:
            raise ValueError(f"table {self.table!r} has no class_code to break down by")
        if self.by_channel and "channel" not in table.columns:
            raise ValueError(f"table {self.table!r} has no channel to break down by")
        return self

    def date_expression(self, table: sa.Table) -> sa.ColumnElement:
        """Return the time that places a row in a period."""
        columns = [table.c[name] for name in self.date]
        when = columns[0] if len(columns) == 1 else sa.func.least(*columns)
        return when + sa.literal_column(f"interval '{self.days_later} days'", sa.Interval) if self.days_later else when

    def passes(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Return whether a row passes ``where``."""
        return sa.and_(sa.true(), *(condition.expression(table) for condition in self.where))

    def value_expression(self, table: sa.Table) -> sa.ColumnElement:
        """Return what is added up over the rows that pass ``where``."""
        passes = self.passes(table)
        if self.count is not None:
            each: sa.ColumnElement = sa.literal(1)
        elif self.sum is not None:
            each = table.c[self.sum]
        else:
            squared = table.c[str(self.sum_squares)]
            each = squared * squared
        return sa.func.sum(sa.case((passes, each), else_=0))


class Histogram(BaseModel):
    """Waiting times from one time column to another, in fixed bins.

    A value v falls in the first bin whose upper edge is ≥ v, so "% within an edge" is exact.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    table: str
    start: str
    end: str
    date: str
    edges: tuple[float, ...] = Field(description="upper edges in days, rising; the last bin has none")
    where: tuple[Condition, ...] = ()
    divided_by: str = Field(default="class_code", description="column whose values stand in the bins' class_code")

    @model_validator(mode="after")
    def _rising(self) -> Histogram:
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError("edges must rise")
        return self

    def bin_expression(self, table: sa.Table) -> sa.ColumnElement[int]:
        """Return the bin of each row's waiting time."""
        days = elapsed_seconds(table.c[self.start], table.c[self.end]) / 86400.0
        return sa.case(
            *((days <= edge, sa.literal(index)) for index, edge in enumerate(self.edges)),
            else_=sa.literal(len(self.edges)),
        )


def elapsed_seconds(start: sa.ColumnElement, end: sa.ColumnElement) -> sa.ColumnElement:
    """Return the seconds from ``start`` to ``end`` on every engine."""
    return sa.extract("epoch", end) - sa.extract("epoch", start)


@lru_cache(maxsize=1)
def load_measures() -> Mapping[str, Measure]:
    """Return the measures of config/measures.toml by key.

    Raises
    ------
    ConfigError
        Naming the measure, the key and the value that is wrong.
    """
    rows = read_config("measures.toml").get("measures", {})
    if not rows:
        raise ConfigError(f"{FILE} declares no measures.", f"{FILE} 没有任何计量定义。")
    return {key: validated(Measure, row, FILE, f"measures.{key}") for key, row in rows.items()}


@lru_cache(maxsize=1)
def load_histograms() -> Mapping[str, Histogram]:
    """Return the waiting-time histograms of config/measures.toml by key."""
    rows = read_config("measures.toml").get("histograms", {})
    return {key: validated(Histogram, row, FILE, f"histograms.{key}") for key, row in rows.items()}


def definitions_sha256() -> str:
    """Return the digest of the file the roll-ups are built from."""
    return hashlib.sha256((CONFIG / "measures.toml").read_bytes()).hexdigest()
