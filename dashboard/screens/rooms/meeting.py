"""The dispatch meeting: what it opens with, one region after another, what was decided, and the way between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from dashboard import formatting
from dashboard.briefing import Briefing, Decision, build_briefing
from dashboard.briefing.decisions import decisions_of
from dashboard.briefing.model import RegionPage
from dashboard.briefing.sections import progress_text
from dashboard.context import LEVELS, Context, region_path
from dashboard.i18n import LANGUAGES, t
from dashboard.meeting.record import MEETING, Meeting, find_meeting, reader_of
from dashboard.navigation import PAGES, may_open
from dashboard.screens.tables import ScreenTable
from data_access.access import Scope, load_roles
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader

OPENING, CLOSING = "opening", "closing"


@dataclass(frozen=True)
class MeetingScreen:
    """What the meeting draws."""

    meeting: Meeting
    briefing: Briefing
    pages: tuple[RegionPage, ...]
    """In the order of the agenda."""
    at: str
    """``opening``, ``closing``, or the region's code."""
    last_decided: tuple[Decision, ...]
    """What the meeting before recorded; the meeting opens with them."""
    editing: str
    """Id of the decision that is being changed; empty for a new one."""
    tables: tuple[ScreenTable, ...]

    @property
    def stops(self) -> tuple[str, ...]:
        """Every screen of the meeting in order."""
        return (OPENING, *(page.standing.region_code for page in self.pages), CLOSING)

    @property
    def page(self) -> RegionPage | None:
        """The region's page that is shown; None at the opening and the closing."""
        return next((page for page in self.pages if page.standing.region_code == self.at), None)

    @property
    def place(self) -> int:
        """Which screen of ``stops`` is shown; the first region's is 1."""
        return self.stops.index(self.at)

    @property
    def before(self) -> str | None:
        """The screen before this one."""
        return self.stops[self.place - 1] if self.place else None

    @property
    def after(self) -> str | None:
        """The screen after this one."""
        return self.stops[self.place + 1] if self.place + 1 < len(self.stops) else None

    @property
    def agenda(self) -> tuple[str, ...]:
        """Region codes in order."""
        return tuple(page.standing.region_code for page in self.pages)

    def recorded_here(self) -> tuple[Decision, ...]:
        """Return what this meeting decided for the region that is shown; all of it at the closing."""
        new = self.briefing.decisions.new
        return tuple(each for each in new if each.region_code == self.at) if self.page is not None else new


def meeting_screen(reader: SnapshotReader, context: Context) -> MeetingScreen:
    """Prepare the dispatch meeting of the context's region and period."""
    language = context.language
    ledger = Ledger.beside(reader)
    meeting = find_meeting(ledger, context.viewer, context.region, context.period)
    briefing = meeting.shown_to(context.viewer, language) or current_briefing(reader, ledger, meeting, context)
    pages = in_order(briefing.pages, meeting.agenda)
    stops = (OPENING, *(page.standing.region_code for page in pages), CLOSING)
    last = tuple(each for each in briefing.decisions.earlier if each.from_meeting)
    unsettled = tuple(each for each in briefing.decisions.earlier if each.state in ("open", "overdue"))
    return MeetingScreen(
        meeting=meeting,
        briefing=briefing,
        pages=pages,
        at=context.own_value("at", stops, OPENING),
        last_decided=last,
        editing=context.own_value("edit", [each.decision_id for each in briefing.decisions.new], ""),
        tables=(
            _agenda_table(pages, briefing, language),
            _decisions_table("last_decided", t("meeting.last_decided", language), last, language),
            _decisions_table("decided", t("meeting.decided", language), briefing.decisions.new, language),
            _decisions_table("unsettled", t("meeting.unsettled", language), unsettled, language),
            _proposed_table(briefing, language),
        ),
    )


def current_briefing(reader: SnapshotReader, ledger: Ledger, meeting: Meeting, context: Context) -> Briefing:
    """Return the briefing counted from the meeting's snapshot and the ledger (as of its closing when it is closed)."""
    shown, viewer, language = reader_of(reader, meeting), context.viewer, context.language
    decisions = decisions_of(shown, ledger, viewer, context.region, context.period, language, meeting.closed_at)
    return build_briefing(shown, viewer, context.region, context.period, language, decisions)


def shown_to_seats(
    reader: SnapshotReader, ledger: Ledger, meeting: Meeting, context: Context
) -> list[tuple[Scope, Briefing]]:
    """Return what the meeting shows now to each seat that may open it, in each language, each within its own scope."""
    return [
        (seat, current_briefing(reader, ledger, meeting, replace(context, viewer=seat, language=language)))
        for seat in seats_of(reader, meeting, context.viewer)
        for language in LANGUAGES
    ]


def seats_of(reader: SnapshotReader, meeting: Meeting, viewer: Scope) -> list[Scope]:
    """Return who may open a meeting: the roles that may, confined to its region or to one that the region lies in."""
    regions = reader_of(reader, meeting).regions(viewer)
    entry = next(entry for entry in PAGES if entry.url_path == MEETING)
    level = str(regions.at[meeting.region_code, "level"])
    too_fine = set(LEVELS[: LEVELS.index(level)]) if level in LEVELS else set()
    roles = [key for key, role in load_roles().items() if may_open(role, entry) and role.finest_level not in too_fine]
    return [Scope(role, code) for code in region_path(regions, meeting.region_code) for role in roles]


def in_order(pages: tuple[RegionPage, ...], agenda: tuple[str, ...]) -> tuple[RegionPage, ...]:
    """Return pages in the order that was kept; regions that it doesn't name come last, in their own order."""
    place = {code: number for number, code in enumerate(agenda)}
    return tuple(sorted(pages, key=lambda page: place.get(page.standing.region_code, len(place))))


def _agenda_table(pages: tuple[RegionPage, ...], briefing: Briefing, language: str) -> ScreenTable:
    rows = [
        {
            "number": place,
            "name": page.standing.name,
            "grade": page.standing.grade_word,
            "index": page.standing.index,
            "change": page.standing.change,
            "overdue": None if briefing.unknown_overdue and not page.overdue_count else page.overdue_count,
            "open": sum(each.state in ("open", "overdue") for each in page.decisions)
            if page.decisions or not briefing.unknown_overdue
            else None,
            "reasons": page.standing.reasons or page.empty_reason,
        }
        for place, page in enumerate(pages, start=1)
    ]
    names = ("number", "name", "grade", "index", "change", "overdue", "open", "reasons")
    titles = {name: t(f"meeting.column.{name}", language, level=briefing.level_name) for name in names}
    return ScreenTable("agenda", t("meeting.agenda", language), pd.DataFrame(rows, columns=list(names)), titles)


def _proposed_table(briefing: Briefing, language: str) -> ScreenTable:
    """Return the steps that the figures suggest; none once the meeting has decided its own."""
    rows = [{"task": each.task, "unit": each.unit, "due": each.due} for each in briefing.steps if each.proposed]
    titles = {name: t(f"meeting.column.{name}", language) for name in ("task", "unit", "due")}
    return ScreenTable("proposed", t("meeting.proposed", language), pd.DataFrame(rows, columns=list(titles)), titles)


def _decisions_table(key: str, title: str, decisions: tuple[Decision, ...], language: str) -> ScreenTable:
    rows = [
        {
            "place": each.region_name,
            "task": each.task,
            "unit": each.unit,
            "due": formatting.day(each.due_on),
            "progress": progress_text(each, language),
        }
        for each in decisions
    ]
    names = ("place", "task", "unit", "due", "progress")
    titles = {name: t(f"meeting.column.{name}", language) for name in names}
    return ScreenTable(key, title, pd.DataFrame(rows, columns=list(names)), titles)
