"""Three levels of secretaries: the calendar of dispatches and supervisions, month by month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.memory import kept
from dashboard.screens.children import level_word
from dashboard.screens.duty.decisions import Owed, decisions_of
from dashboard.screens.duty.span import TOWNSHIP, Span, span_of
from dashboard.screens.tables import ScreenTable
from data_access.queries import SnapshotReader

CARDS = ("ZR1", "ZR2", "ZR3", "ZR4", "ZR6")
KINDS = ("quarterly_dispatch", "monthly_supervision")
MONTHS = 12
ON_TIME, LATE, MISSED, PENDING = "on_time", "late", "missed", "pending"


@dataclass(frozen=True)
class Mark:
    """One meeting of a calendar cell."""

    kind: str
    state: str
    day: str
    """The day it was held, or was due."""


@dataclass(frozen=True)
class Cell:
    """One month of one region: its own meetings, and those of what lies below it, added up."""

    own: tuple[Mark, ...]
    below: tuple[tuple[str, int, int, int], ...]
    """``kind, due, on time, late`` for each kind."""


@dataclass(frozen=True)
class SecretariesPart:
    """What the part draws."""

    verdict: str
    cards: tuple[Card, ...]
    months: tuple[pd.Period, ...]
    calendar: pd.DataFrame
    """``name, href`` and a :class:`Cell` for each month, the open region first."""
    calendar_note: str
    decisions: Owed
    tables: tuple[ScreenTable, ...]

    @property
    def has_items(self) -> bool:
        """Whether anything is listed that may be written about: a meeting decides here, whatever sources there are."""
        return not self.decisions.rows.empty


@dataclass(frozen=True)
class _Published:
    """What one snapshot always gives the same."""

    verdict: tuple[str, ...]
    levels: str
    cards: tuple[Card, ...]
    months: tuple[pd.Period, ...]
    calendar: pd.DataFrame
    tables: tuple[ScreenTable, ...]


def secretaries_part(span: Span) -> SecretariesPart:
    """Prepare the calendar, the figures and what was decided."""
    published = _published(span.reader, span.plain)
    decisions = decisions_of(span)
    return SecretariesPart(
        verdict=_verdict(span, published, decisions),
        cards=published.cards,
        months=published.months,
        calendar=published.calendar,
        calendar_note=_calendar_note(span, published),
        decisions=decisions,
        tables=(*published.tables, decisions.table),
    )


@kept
def _published(reader: SnapshotReader, context: Context) -> _Published:
    span = span_of(reader, context)
    months = tuple(pd.period_range(end=pd.Period(span.as_of, freq="M"), periods=MONTHS, freq="M"))
    first, last = months[0].start_time.date(), months[-1].end_time.date()
    codes = [span.region, *span.children()]
    codes = [code for code in codes if span.depth_of(code) <= TOWNSHIP]
    own = span.reader.meetings_of(span.scope, span.region, codes, first, last) if codes else pd.DataFrame()
    below = span.reader.meetings_below(span.scope, span.region, first, last, span.as_of)
    meetings = _states(own, span.as_of)
    return _Published(
        verdict=tuple(
            t("duty.verdict_meetings", span.language, kind=t(f"duty.kind_{kind}", span.language), **_written(numbers))
            for kind in KINDS
            if (numbers := _totals(span, meetings, below, kind))["due"]
        ),
        levels=_levels(span, meetings, below),
        cards=span.cards(CARDS),
        months=months,
        calendar=_calendar(span, codes, months, meetings, below),
        tables=(_meetings_table(span, meetings), _below_table(span, below)),
    )


def _states(meetings: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Add ``state`` (on time, late, missed, not yet due) and ``month``."""
    if meetings.empty:
        return pd.DataFrame(columns=["region_code", "kind", "due_on", "held_on", "state", "month"])
    meetings = meetings[meetings["kind"].isin(KINDS)]
    day = pd.Timestamp(as_of)
    held = meetings["held_on"].notna() & (meetings["held_on"] <= day)
    state = pd.Series(MISSED, index=meetings.index)
    state[meetings["due_on"] > day] = PENDING
    state[held & (meetings["held_on"] > meetings["due_on"])] = LATE
    state[held & (meetings["held_on"] <= meetings["due_on"])] = ON_TIME
    return meetings.assign(state=state, month=meetings["due_on"].dt.to_period("M"))


def _calendar(
    span: Span, codes: list[str], months: tuple[pd.Period, ...], meetings: pd.DataFrame, below: pd.DataFrame
) -> pd.DataFrame:
    own: dict[tuple[str, pd.Period], list[Mark]] = {}
    for row in meetings.to_dict("records"):
        shown = row["held_on"] if row["state"] in (ON_TIME, LATE) else row["due_on"]
        mark = Mark(row["kind"], row["state"], formatting.day(shown))
        own.setdefault((row["region_code"], row["month"]), []).append(mark)
    sums: dict[tuple[str, pd.Period], list[tuple[str, int, int, int]]] = {}
    for row in below[below["kind"].isin(KINDS)].to_dict("records"):
        key = (row["region_code"], pd.Period(row["month"], freq="M"))
        sums.setdefault(key, []).append((row["kind"], int(row["due"]), int(row["on_time"]), int(row["late"])))
    known = {code for code, _ in own} | {code for code, _ in sums}
    rows = [
        {
            "name": span.name(code),
            "href": span.context.href("responsibility", region=code, item=None) if code != span.region else "",
            **{
                str(month): Cell(tuple(own.get((code, month), ())), tuple(sums.get((code, month), ())))
                for month in months
            },
        }
        for code in codes
        if code in known
    ]
    return pd.DataFrame(rows)


def _calendar_note(span: Span, published: _Published) -> str:
    """Return how the calendar is read: what stands below a region's own meetings is told where anything stands there."""
    months = [str(month) for month in published.months]
    if published.calendar.empty or not any(cell.below for month in months for cell in published.calendar[month]):
        return t("duty.calendar_note_own", span.language)
    level, below = (level_word(span.reader.snapshot(), span.depth + steps, span.language) for steps in (1, 2))
    return t("duty.calendar_note", span.language, level=level, below=below)


def _verdict(span: Span, published: _Published, decisions: Owed) -> str:
    parts = list(published.verdict)
    if decisions.open_count or decisions.overdue_count:
        parts.append(
            t("duty.verdict_decisions", span.language, open=decisions.open_text, overdue=decisions.overdue_text)
        )
    said = (
        published.levels + t("duty.joint", span.language).join(parts) if parts else t("duty.no_meetings", span.language)
    )
    return said + t("overview.stop", span.language)


def _levels(span: Span, meetings: pd.DataFrame, below: pd.DataFrame) -> str:
    """Return how many regions of each level have to meet: ``市 1、县区 12、乡镇(街道) 126``."""
    counts: Counter[int] = Counter(span.depth_of(code) for code in meetings["region_code"].unique())
    if not below.empty:
        inside = span.regions[span.regions["in_scope"] & (span.regions["depth"] == span.depth + 2)]
        counts[span.depth + 2] += int(inside["parent_code"].isin(below["region_code"].unique()).sum())
    names = {level.depth: level.label(span.language) for level in span.reader.snapshot().levels}
    listed = [
        t("duty.level_count", span.language, level=names[depth], count=number)
        for depth, number in sorted(counts.items())
    ]
    return t("duty.levels", span.language, levels=t("duty.list_joint", span.language).join(listed)) if listed else ""


def _totals(span: Span, meetings: pd.DataFrame, below: pd.DataFrame, kind: str) -> dict[str, int]:
    """Return due, on time, late and missed of the period, over all levels."""
    start, end = pd.Timestamp(span.start), pd.Timestamp(span.as_of)
    own = meetings[(meetings["kind"] == kind) & (meetings["due_on"] >= start) & (meetings["due_on"] <= end)]
    low = below[(below["kind"] == kind) & (below["month"] >= start) & (below["month"] <= end)]
    on_time = int((own["state"] == ON_TIME).sum() + low["on_time"].sum())
    late = int((own["state"] == LATE).sum() + low["late"].sum())
    due = int((own["state"] != PENDING).sum() + low["due"].sum())
    return {"due": due, "on_time": on_time, "late": late, "missed": due - on_time - late}


def _written(numbers: dict[str, int]) -> dict[str, str]:
    return {name: formatting.number(number) for name, number in numbers.items()}


def _meetings_table(span: Span, meetings: pd.DataFrame) -> ScreenTable:
    language = span.language
    frame = meetings.assign(
        region=[span.name(code) for code in meetings["region_code"]],
        kind=[t(f"duty.kind_{kind}", language) for kind in meetings["kind"]],
        state=[t(f"duty.state_{state}", language) for state in meetings["state"]],
        due=pd.to_datetime(meetings["due_on"]).dt.strftime("%Y-%m-%d"),
        held=pd.to_datetime(meetings["held_on"]).dt.strftime("%Y-%m-%d"),
    )
    names = ("region", "kind", "due", "held", "state")
    titles = {name: t(f"duty_column.{name}", language) for name in names}
    return ScreenTable("meetings", t("duty.calendar", language), frame[list(names)], titles)


def _below_table(span: Span, below: pd.DataFrame) -> ScreenTable:
    language = span.language
    below = below[below["kind"].isin(KINDS)]
    frame = below.assign(
        region=[span.name(code) for code in below["region_code"]],
        kind=[t(f"duty.kind_{kind}", language) for kind in below["kind"]],
        month=pd.to_datetime(below["month"]).dt.strftime("%Y-%m"),
    )
    names = ("region", "kind", "month", "due", "on_time", "late")
    titles = {name: t(f"duty_below.{name}", language) for name in names}
    return ScreenTable("meetings_below", t("duty.below", language), frame[list(names)], titles)
