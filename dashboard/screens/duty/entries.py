"""What may be written about the item that is opened: its form, and every version it had."""

from __future__ import annotations

from collections.abc import Collection

from dashboard.components import Entry, versions_of
from dashboard.i18n import t
from dashboard.screens.duty.decisions import DECISION
from dashboard.screens.duty.packages import REVIEW
from dashboard.screens.duty.responsibility import ResponsibilityScreen
from dashboard.screens.duty.span import Span
from dashboard.screens.duty.summons import SUMMONS

CLOSES = ("done", "overdue")


def opened_entry(screen: ResponsibilityScreen) -> Entry | None:
    """Return the form of the item that the address opens, or of the first one listed; None when there is nothing."""
    if screen.secretaries is not None:
        return _decision(screen.span, screen)
    if screen.packages is not None:
        return _closure_review(screen.span, screen)
    if screen.summons is not None:
        return _summons_or_sheet(screen.span, screen)
    return None


def _chosen(span: Span, listed: Collection[str]) -> str | None:
    return span.context.own_value("item", listed, next(iter(listed), "")) or None


def _decision(span: Span, screen: ResponsibilityScreen) -> Entry | None:
    assert screen.secretaries is not None
    owed = screen.secretaries.decisions
    key = _chosen(span, owed.rows["item_id"].tolist())
    if key is None:
        return None
    row = owed.rows.set_index("item_id").loc[key]
    item = owed.items.get(key)
    return Entry(
        title=t("duty.write_decision", span.language, task=row["task"], unit=row["unit"]),
        kind=DECISION,
        item_id=key,
        region_code=owed.region_code(key),
        fields=("done_on", "report"),
        item=item,
        initial=owed.initial(key),
        states=CLOSES if item is None else (),
        published=owed.records.get(key),
        versions=versions_of(span.ledger, span.context, key),
    )


def _closure_review(span: Span, screen: ResponsibilityScreen) -> Entry | None:
    assert screen.packages is not None
    part = screen.packages
    key = _chosen(span, list(part.records))
    if key is None:
        return None
    row = part.packages.set_index("item_id").loc[key]
    return Entry(
        title=t("duty.write_review", span.language, number=row["number"], place=row["place"]),
        kind=REVIEW,
        item_id=key,
        region_code=str(part.records[key]["region_code"]),
        fields=("opinion",),
        item=part.reviews.get(key),
        published=part.records[key],
        versions=versions_of(span.ledger, span.context, key),
    )


def _summons_or_sheet(span: Span, screen: ResponsibilityScreen) -> Entry | None:
    assert screen.summons is not None
    part = screen.summons
    rows = {row["item_id"]: row for row in (*part.summons.to_dict("records"), *part.sheets.to_dict("records"))}
    key = _chosen(span, list(rows))
    if key is None:
        return None
    row = rows[key]
    what = t("duty.write_summons" if row["kind"] == SUMMONS else "duty.write_sheet", span.language, name=row["name"])
    return Entry(
        title=what,
        kind=row["kind"],
        item_id=key,
        region_code=row["region_code"],
        fields=("due_on", "finding"),
        item=part.items.get(key),
        versions=versions_of(span.ledger, span.context, key),
    )
