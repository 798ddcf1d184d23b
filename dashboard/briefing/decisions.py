"""What earlier meetings decided and how far it is, from the published records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from dashboard.briefing.model import BriefingError, Decision, Decisions, State
from dashboard.briefing.settings import briefing_settings
from dashboard.context import region_name
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader

MOST_RECORDS = 500
_ORDER = {"overdue": 0, "open": 1, "done": 2, "cancelled": 3}


def published_decisions(
    reader: SnapshotReader, scope: Scope, region: str, period: Period, language: str
) -> tuple[Decision, ...]:
    """Return the decisions of the period before, and older ones still open, as they stand at the end of ``period``.

    Empty for a role that may not open lists of records.
    """
    if not scope.permissions.records:
        return ()
    before = period.previous()
    as_of = min(period.end, reader.snapshot().data_through)
    regions = reader.regions(scope)
    recent = reader.records(scope, "decision", region, before.start, before.end, limit=MOST_RECORDS)
    older = reader.records(
        scope, "decision", region, None, before.start - timedelta(days=1), {"done_on": None}, limit=MOST_RECORDS
    )
    frames = [frame for frame in (recent, older) if len(frame)]
    rows = pd.concat(frames).to_dict("records") if frames else []
    return ordered(_decision(row, regions, as_of, language) for row in rows)


def ordered(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions in the order a meeting asks for them: overdue longest first, then open, then done."""
    return tuple(
        sorted(decisions, key=lambda each: (_ORDER[each.state], -each.days_overdue, each.due_on, each.decision_id))
    )


def state_of(due_on: date, done_on: date | None, as_of: date) -> tuple[State, int]:
    """Return whether a task is done, in hand or overdue on ``as_of``, and how many days overdue."""
    if done_on is not None and done_on <= as_of:
        return "done", 0
    late = (as_of - due_on).days
    return ("overdue", late) if late > 0 else ("open", 0)


def checked(decisions: Decisions) -> Decisions:
    """Return ``decisions``, or refuse a text longer than the hand-outs lay out.

    Raises
    ------
    BriefingError
        Naming the decision, its length and the limit.
    """
    most = briefing_settings().most_characters
    for each in (*decisions.earlier, *decisions.new):
        for text in (each.task, each.report, each.opinion):
            if len(text) > most:
                raise BriefingError(
                    f"Decision {each.decision_id} of {each.region_name} has a text of {len(text)} characters; hand-outs "
                    f"take at most {most}. Shorten it.",
                    f"{each.region_name}议定事项 {each.decision_id} 有 {len(text)} 字,材料中每项最多 {most} 字。请删减后再生成。",
                    code="length",
                    length=len(text),
                )
    return decisions


def _decision(row: dict, regions: pd.DataFrame, as_of: date, language: str) -> Decision:
    due_on, done_on = _day(row["due_on"]), _day(row["done_on"])
    assert due_on is not None
    state, late = state_of(due_on, done_on, as_of)
    return Decision(
        decision_id=str(row["source_id"]),
        region_code=str(row["region_code"]),
        region_name=region_name(regions, str(row["region_code"]), language),
        task=_text(row, "task", language),
        unit=_text(row, "unit", language),
        decided_on=_day(row["decided_on"]),
        due_on=due_on,
        done_on=done_on if state == "done" else None,
        state=state,
        days_overdue=late,
    )


def _text(row: dict, name: str, language: str) -> str:
    english = row.get(f"{name}_en")
    return str(english) if language == "en" and isinstance(english, str) and english else str(row[name])


def _day(value: object) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()  # type: ignore[call-overload, arg-type]
