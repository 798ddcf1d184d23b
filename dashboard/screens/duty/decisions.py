"""What is owed: decisions and consultation items from the records, and what people reported on them in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.i18n import t
from dashboard.screens.duty.span import Span
from dashboard.screens.tables import ScreenTable
from data_access.departments import department_name
from data_access.ledger import Item, record_item_id

SHOWN = 200
DECISION = "decision"
DONE, DONE_LATE, OPEN, OVERDUE = "done", "done_late", "open", "overdue"


@dataclass(frozen=True)
class Owed:
    """Items as listed, and the one that is opened."""

    rows: pd.DataFrame
    """``item_id, task, unit, region, due, state, reported, href``, open ones first."""
    records: Mapping[str, Mapping[str, Any]]
    """Published rows by item id, for what is written on them."""
    items: Mapping[str, Item]
    open_count: int
    overdue_count: int
    table: ScreenTable

    @property
    def open_text(self) -> str:
        """How many are open, as written; the list is bounded, and may not hold all of them."""
        return self._bounded(self.open_count)

    @property
    def overdue_text(self) -> str:
        """How many are overdue, as written."""
        return self._bounded(self.overdue_count)

    def _bounded(self, count: int) -> str:
        return f"{SHOWN}+" if len(self.records) == SHOWN == count else str(count)

    def region_code(self, item_id: str) -> str:
        """Return where an item belongs."""
        return str(self.records[item_id]["region_code"]) if item_id in self.records else self.items[item_id].region_code

    def initial(self, item_id: str) -> dict[str, object]:
        """Return what a published decision says, as the ledger's fields; empty for what began in the ledger."""
        row = self.records.get(item_id, {})
        names = ("task", "task_en", "unit", "unit_en", "due_on")
        return {name: _text(row[name]) for name in names if not pd.isna(row.get(name))}


def decisions_of(span: Span) -> Owed:
    """Return the decisions of dispatch meetings that were due in the span or are open, and those entered in the app."""
    return _owed(span, DECISION, "secretaries", entered=True)


def consultation_items_of(span: Span) -> Owed:
    """Return the items of consultations that were due in the span or are open."""
    return _owed(span, "consultation_item", "departments", entered=False)


def _owed(span: Span, table: str, part: str, *, entered: bool) -> Owed:
    published = (
        span.reader.owed_items(span.scope, table, span.region, span.start, span.as_of, SHOWN)
        if span.lists_allowed
        else pd.DataFrame()
    )
    records: dict[str, dict] = {}
    for row in published.to_dict("records"):
        records[record_item_id(table, str(row["source"]), str(row["source_id"]))] = row
    reported = span.ledger.named_items(span.scope, list(records))
    own = {}
    if entered and span.lists_allowed:
        listed = span.ledger.items(span.scope, DECISION, region_code=span.region, limit=SHOWN)
        own = {item.item_id: item for item in listed if _entered(item)}
    rows = [_published_row(span, part, key, row, reported.get(key)) for key, row in records.items()]
    rows = [_entered_row(span, part, item) for item in own.values()] + rows
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Owed(
        rows=frame,
        records=records,
        items={**reported, **own},
        open_count=int(frame["status"].isin([OPEN, OVERDUE]).sum()),
        overdue_count=int((frame["status"] == OVERDUE).sum()),
        table=_table(span, table, frame),
    )


_COLUMNS = ("item_id", "task", "unit", "region", "due", "status", "state", "reported", "href")


def _entered(item: Item) -> bool:
    """Return whether a decision began in the ledger; one on a published record has that record's id."""
    return not item.item_id.startswith(f"{DECISION}.")


def _published_row(span: Span, part: str, item_id: str, row: Mapping, item: Item | None) -> dict[str, object]:
    due, done = pd.Timestamp(row["due_on"]), row["done_on"]
    as_of = pd.Timestamp(span.as_of)
    if pd.isna(done) or pd.Timestamp(done) > as_of:
        status = OVERDUE if due < as_of else OPEN
    else:
        status = DONE if pd.Timestamp(done) <= due else DONE_LATE
    owner = (
        department_name(str(row["department"]), span.language)
        if "department" in row
        else span.said(row["unit"], row.get("unit_en"))
    )
    return {
        "item_id": item_id,
        "task": span.said(row["task"], row.get("task_en")),
        "unit": owner,
        "region": span.name(str(row["region_code"])),
        "due": formatting.day(due),
        "status": status,
        "state": t(f"duty.owed_{status}", span.language),
        "reported": reported_text(span, item),
        "href": span.link(part, item_id),
    }


def _entered_row(span: Span, part: str, item: Item) -> dict[str, object]:
    values = item.values
    overdue = item.state == "open" and item.due_on is not None and item.due_on < span.as_of
    status = OVERDUE if overdue or item.state == "overdue" else OPEN if item.state == "open" else DONE
    return {
        "item_id": item.item_id,
        "task": span.said(str(values.get("task", "")), values.get("task_en")),
        "unit": span.said(str(values.get("unit", "")), values.get("unit_en")),
        "region": span.name(item.region_code),
        "due": formatting.day(item.due_on),
        "status": status,
        "state": t("duty.entered", span.language, state=item.state_label(span.language)),
        "reported": reported_text(span, item),
        "href": span.link(part, item.item_id),
    }


def reported_text(span: Span, item: Item | None) -> str:
    """Return what the ledger says of an item: state, who by role, when."""
    if item is None:
        return ""
    return t(
        "duty.reported",
        span.language,
        state=item.state_label(span.language),
        role=item.role_label(span.language),
        day=formatting.day(item.recorded_at),
    )


def _table(span: Span, table: str, frame: pd.DataFrame) -> ScreenTable:
    names = ("task", "unit", "region", "due", "state", "reported")
    titles = {name: t(f"duty_column.{name}", span.language) for name in names}
    key = "decisions" if table == DECISION else "consultation_items"
    return ScreenTable(key, t(f"duty.{key}", span.language), frame[list(names)], titles)


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)
