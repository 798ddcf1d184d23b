"""What earlier meetings decided and how far it is: from the published records, and from the ledger beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from dashboard.briefing.model import BriefingError, Decision, Decisions, State
from dashboard.briefing.settings import briefing_settings
from dashboard.context import region_name
from dashboard.periods import Period
from data_access.access import Scope
from data_access.ledger import Item, Ledger, record_item_id
from data_access.queries import SnapshotReader

DECISION = "decision"
MOST_RECORDS = 500
_ORDER = {"overdue": 0, "open": 1, "done": 2, "cancelled": 3}


def published_decisions(
    reader: SnapshotReader, scope: Scope, region: str, period: Period, language: str
) -> tuple[Decision, ...]:
    """Return the published decisions of the period before, and older ones still open, at the end of ``period``.

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


def decisions_of(
    reader: SnapshotReader,
    ledger: Ledger,
    scope: Scope,
    region: str,
    period: Period,
    language: str,
    until: datetime | None = None,
) -> Decisions:
    """Return what a meeting of ``period`` opens with and what it recorded, what people reported included.

    Parameters
    ----------
    reader : SnapshotReader
    ledger : Ledger
    scope : Scope
    region : str
    period : Period
    language : {"zh", "en"}
    until : datetime, optional
        UTC; what was written later is left out, so that a closed meeting stays as it was.
    """
    if not scope.permissions.records:
        return Decisions(readable=False)
    published = published_decisions(reader, scope, region, period, language)
    reported = _as_of(ledger, scope, ledger.named_items(scope, [each.decision_id for each in published]), until)
    earlier = [
        _reported(each, reported[each.decision_id]) if each.decision_id in reported else each for each in published
    ]
    listed = {item.item_id: item for item in ledger.items(scope, DECISION, region_code=region)}
    entered = {key: item for key, item in listed.items() if not key.startswith(f"{DECISION}.")}
    periods = _periods_of(ledger, scope, entered.values())
    before = max((each for each in periods.values() if each.end < period.end), key=lambda each: each.end, default=None)
    regions = reader.regions(scope)
    as_of = min(period.end, reader.snapshot().data_through)
    new = []
    for item in _as_of(ledger, scope, entered, until).values():
        held = periods.get(item.parent_id or "")
        decision = _entered(item, region_name(regions, item.region_code, language), str(held or ""), as_of, language)
        if held == period:
            new.append(decision)
        elif (held is None or held.end < period.end) and (held == before or decision.state in ("open", "overdue")):
            earlier.append(decision)
    new.sort(key=lambda each: (each.due_on, each.decision_id))
    return Decisions(ordered(earlier), tuple(each for each in new if each.state != "cancelled"), True)


def ordered(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions in the order a meeting asks for them: its own predecessor's first, overdue before open and done."""
    return tuple(
        sorted(
            decisions,
            key=lambda each: (
                not each.from_meeting,
                _ORDER[each.state],
                -each.days_overdue,
                each.due_on,
                each.decision_id,
            ),
        )
    )


def _as_of(ledger: Ledger, scope: Scope, items: dict[str, Item], until: datetime | None) -> dict[str, Item]:
    """Return the items as they stood at ``until``, without those that came later."""
    if until is None:
        return items
    stood = {}
    for key, item in items.items():
        versions = [item] if item.recorded_at <= until else ledger.history(scope, key)
        known = [version for version in versions if version.recorded_at <= until]
        if known:
            stood[key] = known[-1]
    return stood


def _periods_of(ledger: Ledger, scope: Scope, items: Iterable[Item]) -> dict[str, Period]:
    """Return the period of each meeting that items belong to, by the meeting's id."""
    meetings = ledger.named_items(scope, sorted({item.parent_id for item in items if item.parent_id}))
    return {
        key: Period.parse(str(meeting.values["period"]))
        for key, meeting in meetings.items()
        if meeting.kind == "meeting"
    }


def _reported(decision: Decision, item: Item) -> Decision:
    """Return a published decision with what people wrote on it."""
    state: State = decision.state if item.state == "open" else item.state  # type: ignore[assignment]
    done_on = item.values.get("done_on")
    return replace(
        decision,
        state=state,
        done_on=date.fromisoformat(str(done_on)) if done_on and state == "done" else decision.done_on,
        days_overdue=decision.days_overdue if state == "overdue" else 0,
        report=str(item.values.get("report") or ""),
    )


def _entered(item: Item, name: str, period: str, as_of: date, language: str) -> Decision:
    values = item.values
    due_on = item.due_on or item.recorded_at.date()
    done_on = values.get("done_on")
    state, late = state_of(due_on, None, as_of)
    if item.state != "open":
        state, late = item.state, late if item.state == "overdue" else 0  # type: ignore[assignment]
    return Decision(
        decision_id=item.item_id,
        region_code=item.region_code,
        region_name=name,
        task=_text(dict(values), "task", language),
        unit=_text(dict(values), "unit", language),
        decided_on=item.recorded_at.date(),
        due_on=due_on,
        done_on=date.fromisoformat(str(done_on)) if done_on else None,
        state=state,
        days_overdue=max(late, 0),
        report=str(values.get("report") or ""),
        from_meeting=period,
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
                    f"{each.region_name}议定事项 {each.decision_id} 有 {len(text)} 字，材料中每项最多 {most} 字。请删减后再生成。",
                    code="length",
                    length=len(text),
                )
    return decisions


def _decision(row: dict, regions: pd.DataFrame, as_of: date, language: str) -> Decision:
    due_on, done_on = _day(row["due_on"]), _day(row["done_on"])
    assert due_on is not None
    state, late = state_of(due_on, done_on, as_of)
    return Decision(
        decision_id=record_item_id(DECISION, str(row["source"]), str(row["source_id"])),
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
