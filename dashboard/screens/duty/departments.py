"""Departments: consultations held, data sets delivered, items done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.memory import kept
from dashboard.screens.duty.decisions import Owed, consultation_items_of
from dashboard.screens.duty.span import Span, span_of
from dashboard.screens.tables import ScreenTable
from data_access.departments import data_set_name, department_name
from data_access.queries import SnapshotReader

CARDS = ("HS1", "HS2", "HS3")
MONTHS = 6


@dataclass(frozen=True)
class Delivered:
    """One cell of the matrix: how many deliveries were due, in time, late and missing."""

    due: int
    on_time: int
    late: int
    missing: int


@dataclass(frozen=True)
class DepartmentsPart:
    """What the part draws."""

    verdict: str
    cards: tuple[Card, ...]
    months: tuple[pd.Period, ...]
    matrix: pd.DataFrame
    """``department, data_set`` and a :class:`Delivered` (or None) for each month; what lacks most stands first."""
    owed: Owed
    tables: tuple[ScreenTable, ...]

    @property
    def has_items(self) -> bool:
        """Whether anything is listed."""
        return not self.owed.rows.empty


@dataclass(frozen=True)
class _Published:
    """What one snapshot always gives the same."""

    cards: tuple[Card, ...]
    months: tuple[pd.Period, ...]
    rows: pd.DataFrame
    matrix: pd.DataFrame
    table: ScreenTable


def departments_part(span: Span) -> DepartmentsPart:
    """Prepare the figures, the matrix and the items."""
    published = _published(span.reader, span.plain)
    owed = consultation_items_of(span)
    return DepartmentsPart(
        verdict=_verdict(span, published.rows, owed),
        cards=published.cards,
        months=published.months,
        matrix=published.matrix,
        owed=owed,
        tables=(published.table, owed.table),
    )


@kept
def _published(reader: SnapshotReader, context: Context) -> _Published:
    span = span_of(reader, context)
    months = tuple(pd.period_range(end=pd.Period(span.as_of, freq="M"), periods=MONTHS, freq="M"))
    rows = span.reader.deliveries(
        span.scope, span.region, months[0].start_time.date(), months[-1].end_time.date(), span.as_of
    )
    named = rows.assign(
        department=[department_name(key, span.language) for key in rows["department"]],
        data_set=[
            data_set_name(department, key, span.language)
            for department, key in zip(rows["department"], rows["data_set"], strict=True)
        ],
        month=pd.to_datetime(rows["month"]).dt.strftime("%Y-%m"),
    )
    return _Published(span.cards(CARDS), months, rows, _matrix(named, months), _table(span, named))


def _matrix(named: pd.DataFrame, months: tuple[pd.Period, ...]) -> pd.DataFrame:
    cells: dict[tuple[str, str], dict[str, Delivered]] = {}
    for row in named.to_dict("records"):
        cell = Delivered(int(row["due"]), int(row["on_time"]), int(row["late"]), int(row["missing"]))
        cells.setdefault((row["department"], row["data_set"]), {})[row["month"]] = cell
    worst_first = sorted(cells.items(), key=lambda item: -sum(each.late + each.missing for each in item[1].values()))
    return pd.DataFrame(
        [
            {"department": department, "data_set": data_set, **{str(month): by.get(str(month)) for month in months}}
            for (department, data_set), by in worst_first
        ],
        columns=["department", "data_set", *(str(month) for month in months)],
    )


def _verdict(span: Span, rows: pd.DataFrame, owed: Owed) -> str:
    start = pd.Timestamp(span.start).to_period("M").start_time
    own = rows[pd.to_datetime(rows["month"]) >= start]
    if own.empty:
        return t("duty.no_deliveries", span.language)
    lacking: Counter[tuple[str, str]] = Counter()
    for row in own.to_dict("records"):
        lacking[row["department"], row["data_set"]] += int(row["late"] + row["missing"])
    (department, data_set), most = lacking.most_common(1)[0]
    worst = t(
        "duty.verdict_worst_sender" if most else "duty.verdict_all_sent",
        span.language,
        worst=department_name(department, span.language),
        data_set=data_set_name(department, data_set, span.language),
        lacking=most,
    )
    return t(
        "duty.verdict_departments",
        span.language,
        due=formatting.number(own["due"].sum()),
        on_time=formatting.number(own["on_time"].sum()),
        missing=formatting.number(own["missing"].sum()),
        worst=worst,
        overdue=owed.overdue_text,
    )


def _table(span: Span, named: pd.DataFrame) -> ScreenTable:
    names = ("department", "data_set", "month", "due", "on_time", "late", "missing")
    titles = {name: t(f"duty_delivery.{name}", span.language) for name in names}
    return ScreenTable("deliveries", t("duty.deliveries", span.language), named[list(names)], titles)
