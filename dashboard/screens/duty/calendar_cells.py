"""Cells of the two calendars: meetings of a month, deliveries of a month. Each says in a word what its look says."""

from __future__ import annotations

from markupsafe import Markup

from dashboard.i18n import t
from dashboard.screens.duty.departments import Delivered
from dashboard.screens.duty.secretaries import Cell

STATES = ("on_time", "late", "missed", "pending")


def meeting_cell(cell: Cell, language: str) -> Markup:
    """Return the meetings of one region and month: a mark for each of its own, a line for those below it."""
    marks = Markup("").join(
        Markup('<span class="held held-{}" title="{}">{}</span>').format(
            mark.state,
            t(
                "duty.mark_title",
                language,
                kind=t(f"duty.kind_{mark.kind}", language),
                state=t(f"duty.state_{mark.state}", language),
                day=mark.day,
            ),
            t(
                "duty.mark",
                language,
                kind=t(f"duty.short_{mark.kind}", language),
                sign=t(f"duty.sign_{mark.state}", language),
            ),
        )
        for mark in cell.own
    )
    below = Markup("").join(
        Markup('<span class="held-below held-{}" title="{}">{} {}/{}</span>').format(
            "on_time" if on_time == due else "late" if on_time + late == due else "missed",
            t(
                "duty.below_title",
                language,
                kind=t(f"duty.kind_{kind}", language),
                due=due,
                on_time=on_time,
                late=late,
                missed=due - on_time - late,
            ),
            t(f"duty.short_{kind}", language),
            on_time + late,
            due,
        )
        for kind, due, on_time, late in cell.below
    )
    return Markup('<span class="held-cell">{}</span><span class="held-cell">{}</span>').format(marks, below)


def delivery_cell(cell: Delivered | None, language: str) -> Markup:
    """Return the deliveries of one data set and month: in time of those due, and what is late or missing in words."""
    if cell is None:
        return Markup('<span class="held held-pending">{}</span>').format(t("duty.sign_pending", language))
    state = "missed" if cell.missing else "late" if cell.late else "on_time"
    words = [t("duty.cell_late", language, count=cell.late)] if cell.late else []
    words += [t("duty.cell_missing", language, count=cell.missing)] if cell.missing else []
    return Markup('<span class="held held-{}">{}/{}</span> <small>{}</small>').format(
        state, cell.on_time, cell.due, " ".join(words)
    )


def calendar_legend(language: str) -> Markup:
    """Return what the marks mean, in their own look."""
    return Markup("").join(
        Markup('<span class="held held-{}">{}</span> {} ').format(
            state, t(f"duty.sign_{state}", language), t(f"duty.state_{state}", language)
        )
        for state in STATES
    )
