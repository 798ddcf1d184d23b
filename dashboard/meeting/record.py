"""The record of one meeting in the ledger: its agenda, the snapshot it shows, whether it is closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dashboard.briefing.archive import packed, unpacked
from dashboard.briefing.model import Briefing
from dashboard.periods import Period
from data_access.access import Scope
from data_access.home import Home
from data_access.ledger import Item, Ledger, record_item_id
from data_access.queries import SnapshotReader

MEETING = "meeting"
DISPATCH = "quarterly_dispatch"


@dataclass(frozen=True)
class Meeting:
    """A meeting of one region for one period; there is one, whoever opens it."""

    meeting_id: str
    region_code: str
    period: Period
    item: Item | None = None

    @property
    def is_started(self) -> bool:
        """Whether it has a record."""
        return self.item is not None

    @property
    def is_closed(self) -> bool:
        """Whether its numbers and decisions are frozen."""
        return self.item is not None and self.item.state == "closed"

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed (UTC)."""
        return self.item.recorded_at if self.item is not None and self.is_closed else None

    @property
    def agenda(self) -> tuple[str, ...]:
        """Region codes in the order that was kept; empty when the order of the figures stands."""
        codes = self.item.values.get("agenda") if self.item is not None else None
        return tuple(str(code) for code in codes) if isinstance(codes, (list, tuple)) else ()

    @property
    def shown_snapshot(self) -> str | None:
        """The snapshot that it shows from its start on."""
        shown = self.item.values.get("shown_snapshot") if self.item is not None else None
        return str(shown) if shown else None

    def shown_to(self, scope: Scope, language: str) -> Briefing | None:
        """Return what the closed meeting showed to this role and region, never another's; None when it was not kept."""
        kept = self.item.values if self.item is not None and self.is_closed else {}
        document = kept.get(f"shown_{language}")
        return unpacked(str(document), str(kept.get("shown_to", ""))).get(_seat(scope)) if document else None


def find_meeting(ledger: Ledger, scope: Scope, region: str, period: Period) -> Meeting:
    """Return the dispatch meeting of a region and period as it stands."""
    key = record_item_id(MEETING, DISPATCH, region, str(period))
    return Meeting(key, region, period, ledger.item(scope, key))


def start_meeting(ledger: Ledger, scope: Scope, meeting: Meeting, agenda: Sequence[str], snapshot_id: str) -> None:
    """Record that the meeting begins, in which order, and which data it shows from now on.

    Raises
    ------
    ScopeError, WriteRefused, ConflictError
    """
    values = {
        "meeting_kind": DISPATCH,
        "period": str(meeting.period),
        "agenda": list(agenda),
        "shown_snapshot": snapshot_id,
    }
    _write(ledger, scope, meeting, "open", values, snapshot_id)


def reorder_meeting(ledger: Ledger, scope: Scope, meeting: Meeting, agenda: Sequence[str]) -> None:
    """Keep another order of the agenda.

    Raises
    ------
    ScopeError, WriteRefused, ConflictError
    """
    _write(ledger, scope, meeting, "open", {"agenda": list(agenda)}, meeting.shown_snapshot or "")


def close_meeting(ledger: Ledger, scope: Scope, meeting: Meeting, shown: Sequence[tuple[Scope, Briefing]] = ()) -> None:
    """Close the meeting: from now on it shows the numbers and decisions of this moment.

    Parameters
    ----------
    ledger : Ledger
    scope : Scope
    meeting : Meeting
    shown : sequence of (Scope, Briefing)
        What it shows to each seat that may open it, in each language: kept whole, so that neither data nor rules that
        change later change it. A seat that is not among them sees the numbers of the kept snapshot.

    Raises
    ------
    ScopeError, WriteRefused, ConflictError
    """
    by_language: dict[str, dict[str, Briefing]] = {}
    for seat, briefing in shown:
        by_language.setdefault(f"shown_{briefing.language}", {})[_seat(seat)] = briefing
    values = {name: packed(briefings) for name, briefings in by_language.items()}
    _write(ledger, scope, meeting, "closed", values, meeting.shown_snapshot or "")


def moved(agenda: Sequence[str], code: str, steps: int) -> tuple[str, ...]:
    """Return the agenda with one region moved, earlier for negative ``steps``.

    Examples
    --------
    >>> moved(("a", "b", "c"), "c", -1)
    ('a', 'c', 'b')
    """
    rest = [each for each in agenda if each != code]
    place = min(max(agenda.index(code) + steps, 0), len(rest))
    return (*rest[:place], code, *rest[place:])


def reader_of(reader: SnapshotReader, meeting: Meeting) -> SnapshotReader:
    """Return the reader of the data that the meeting shows.

    Raises
    ------
    NoSnapshotError
        When that snapshot is not kept any more.
    """
    shown = meeting.shown_snapshot
    if shown is None or shown == reader.snapshot().snapshot_id:
        return reader
    return _frozen(reader.home, shown)


@lru_cache(maxsize=4)
def _frozen(home: Home, snapshot_id: str) -> SnapshotReader:
    return SnapshotReader(home, snapshot_id)


def _seat(scope: Scope) -> str:
    return f"{scope.role} {scope.region_code}"


def _write(
    ledger: Ledger, scope: Scope, meeting: Meeting, state: str, values: Mapping[str, object], snapshot_id: str
) -> None:
    ledger.write(
        scope,
        kind=MEETING,
        region_code=meeting.region_code,
        state=state,
        values=values,
        snapshot_id=snapshot_id,
        item_id=meeting.meeting_id,
        seen_version=meeting.item.version if meeting.item else 0,
    )
