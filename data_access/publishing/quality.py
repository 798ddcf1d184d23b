"""Count what data quality is judged by: gaps, back-fills, month-end heaps, last digits, by source, county and month."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access import schema
from data_access.access import read_config, validated
from data_access.measures import load_measures
from data_access.publishing.engine import Rows

COLUMNS = ["source", "target", "region_code", "month", "aspect", "detail", "value"]


class CountedQuality(BaseModel):
    """``[counted]`` of config/quality.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month_end_days: int = Field(ge=1, le=10)
    back_fill_days: float = Field(gt=0)
    least_for_digit: int = Field(ge=10)
    due_by_rule: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _measures_exist(self) -> CountedQuality:
        unknown = [name for name in self.due_by_rule if name not in load_measures()]
        if unknown:
            raise ValueError(f"due_by_rule: {unknown[0]!r} is no measure of config/measures.toml")
        return self

    @model_validator(mode="after")
    def _fields_exist(self) -> CountedQuality:
        for name, fields in self.missing.items():
            table = schema.metadata.tables.get(name)
            if table is None or name not in ("incident", "dispute"):
                raise ValueError(f"missing fields are counted for incident and dispute, not {name!r}")
            unknown = [field for field in fields if field not in table.c]
            if unknown:
                raise ValueError(f"table {name!r} has no column {unknown[0]!r}")
        return self


@lru_cache(maxsize=1)
def counted_quality() -> CountedQuality:
    """Read and check what publishing counts."""
    return validated(CountedQuality, read_config("quality.toml").get("counted"), "config/quality.toml", "counted")


def source_quality(rows: Rows, path: sa.Table) -> pd.DataFrame:
    """Return the rows of ``source_quality``; few, since they stand by source, county and month."""
    frames = [
        _of_records(rows, path, schema.incident, schema.incident.c.occurred_on),
        _of_records(rows, path, schema.dispute, schema.dispute.c.received_at),
        _minute_digits(rows, path),
        _value_digits(rows, path),
        _cells(rows, path),
    ]
    known = [frame for frame in frames if len(frame)]
    return pd.concat(known, ignore_index=True)[COLUMNS] if known else pd.DataFrame(columns=COLUMNS)


def _of_records(rows: Rows, path: sa.Table, table: sa.Table, when: sa.ColumnElement) -> pd.DataFrame:
    rules = counted_quality()

    def counted(test: sa.ColumnElement[bool]) -> sa.ColumnElement:
        return sa.func.sum(sa.case((test, 1), else_=0))

    later = when + sa.literal_column(f"interval '{rules.month_end_days} days'", sa.Interval)
    columns = {"rows|": sa.func.count(), "month_end|": counted(sa.extract("month", later) != sa.extract("month", when))}
    for name in rules.missing.get(table.name, ()):
        columns[f"missing|{name}"] = counted(table.c[name].is_(None))
    if "reported_at" in table.c:
        waited = sa.extract("epoch", table.c.received_at) - sa.extract("epoch", table.c.reported_at)
        columns["dated|"] = counted(table.c.reported_at.is_not(None))
        columns["back_filled|"] = counted(waited > rules.back_fill_days * 86400)
    # A month or a year is no day to heap up on.
    exact = table.c.date_grain == "day" if "date_grain" in table.c else sa.true()
    wide = _grouped(rows, path, table, when, [value.label(key) for key, value in columns.items()], exact)
    return _long(wide, table.name)


def _minute_digits(rows: Rows, path: sa.Table) -> pd.DataFrame:
    """Count the last digit of the minute at which mediation was noted: times that were made up end in 0 and 5."""
    table = schema.dispute
    minute = sa.extract("minute", table.c.mediated_at)
    digit = (minute - 10 * sa.func.floor(minute / 10)).label("digit")
    timed = sa.and_(table.c.mediated_at.is_not(None), sa.extract("hour", table.c.mediated_at) + minute > 0)
    return _digits(rows, path, table, table.c.mediated_at, digit, timed, "minute_digit")


def _value_digits(rows: Rows, path: sa.Table) -> pd.DataFrame:
    """Count the last digit of reported numbers that are large enough to end in any digit."""
    table = schema.reported_count
    flows = [key for key, measure in load_measures().items() if measure.kind == "flow" and measure.unit != "元"]
    flows = [key for key in flows if key not in counted_quality().due_by_rule]
    tens = sa.func.floor(table.c.value / 10)
    digit = (table.c.value - 10 * tens).label("digit")
    large = sa.and_(table.c.value >= counted_quality().least_for_digit, table.c.measure.in_(flows))
    return _digits(rows, path, table, table.c.period_start, digit, large, "value_digit")


def _cells(rows: Rows, path: sa.Table) -> pd.DataFrame:
    """Note which measures each county reported on in a month."""
    table = schema.reported_count
    frame = _grouped(
        rows, path, table, table.c.period_start, [], table.c.grain.in_(["day", "month"]), [table.c.measure]
    )
    return frame.assign(target=table.name, aspect="cells", detail=frame["measure"], value=1.0)


def _digits(
    rows: Rows,
    path: sa.Table,
    table: sa.Table,
    when: sa.ColumnElement,
    digit: sa.ColumnElement,
    test: sa.ColumnElement[bool],
    aspect: str,
) -> pd.DataFrame:
    frame = _grouped(rows, path, table, when, [sa.func.count().label("value")], test, [digit])
    if frame.empty:
        return frame
    return frame.assign(
        target=table.name, aspect=aspect, detail=frame["digit"].astype(int).astype(str), value=frame["value"]
    )


def _grouped(
    rows: Rows,
    path: sa.Table,
    table: sa.Table,
    when: sa.ColumnElement,
    columns: list,
    test: sa.ColumnElement[bool],
    more: list | None = None,
) -> pd.DataFrame:
    code = sa.func.coalesce(path.c.code_1, path.c.code_0)
    month = sa.cast(sa.func.date_trunc("month", when), sa.Date)
    dimensions = [table.c.source, code.label("region_code"), month.label("month"), *(more or [])]
    return rows.read(
        sa.select(*dimensions, *columns)
        .select_from(table.join(path, path.c.region_code == table.c.region_code))
        .where(test)
        .group_by(table.c.source, code, month, *(more or []))
    )


def _long(wide: pd.DataFrame, target: str) -> pd.DataFrame:
    if wide.empty:
        return pd.DataFrame(columns=COLUMNS)
    keys = ["source", "region_code", "month"]
    long = wide.melt(id_vars=keys, var_name="key", value_name="value")
    parts = long["key"].str.partition("|")
    return long.assign(target=target, aspect=parts[0], detail=parts[2], value=long["value"].astype(float))
