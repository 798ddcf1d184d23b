"""What a briefing holds: numbers unrounded and texts as on screen, immutable, the same for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np

from data_access.errors import DataAccessError

State = Literal["done", "open", "overdue", "cancelled"]


class BriefingError(DataAccessError):
    """A hand-out can't be made as asked."""


@dataclass(frozen=True)
class Decision:
    """One decided task: who does it, by when, how far it is. Units and posts, never persons."""

    decision_id: str
    region_code: str
    region_name: str
    task: str
    unit: str
    decided_on: date | None
    due_on: date
    done_on: date | None
    state: State
    days_overdue: int = 0
    report: str = ""
    opinion: str = ""
    from_meeting: str = ""
    """Period of the meeting that recorded it in this program; empty for published records."""


@dataclass(frozen=True)
class Decisions:
    """Decisions that a briefing speaks of."""

    earlier: tuple[Decision, ...] = ()
    """Of the period before, and older ones still open."""
    new: tuple[Decision, ...] = ()
    """Recorded in this meeting."""
    readable: bool = True
    """Whether the viewer may open lists of records."""


@dataclass(frozen=True)
class Figure:
    """One number of the general situation."""

    id: str
    name: str
    value: float | None
    lower: float | None
    upper: float | None
    value_text: str
    interval_text: str
    change_text: str
    change_words: str
    sentence: str
    source: str
    data_through: date | None


@dataclass(frozen=True)
class Loss:
    """A line of the index that cost a region points."""

    component: str
    name: str
    figure: str
    points_lost: float
    lost_text: str
    unit: str
    deadline: str
    lead_post: str


@dataclass(frozen=True)
class Standing:
    """A region's place in the league."""

    region_code: str
    name: str
    grade: str
    grade_word: str
    index: float | None
    lower: float | None
    upper: float | None
    index_text: str
    interval_text: str
    rank_best: int
    rank_worst: int
    rank_text: str
    change: float | None
    change_text: str
    months_red: int
    probability_red: float | None
    stage: str
    months: tuple[str, ...]
    strip: tuple[str, ...]
    strip_words: tuple[str, ...]
    losses: tuple[Loss, ...]
    reasons: str


@dataclass(frozen=True)
class OverdueItem:
    """A case package or decision past its due day."""

    kind: str
    item: str
    region_code: str
    region_name: str
    owner: str
    due_on: date
    days_overdue: int


@dataclass(frozen=True)
class RegionPage:
    """What is said of one region, on one slide or one screen of the meeting."""

    standing: Standing
    outcome: Figure
    overdue: tuple[OverdueItem, ...]
    overdue_count: int
    decisions: tuple[Decision, ...]
    questions: tuple[str, ...] = ()
    empty_reason: str = ""
    """Why there is no index; empty where there is one."""


@dataclass(frozen=True)
class MatrixLine:
    """One of the twelve lines that a township without homicide is judged by."""

    number: int
    name: str
    rule: str


@dataclass(frozen=True)
class TownshipRow:
    """A township in the matrix: its year, the years met in a row, and the grade of each line."""

    region_code: str
    name: str
    county: str
    verdict: str
    streak: int
    grades: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """A line of the list of problems."""

    region_code: str
    problem: str
    evidence: str
    unit: str
    lead_post: str
    source: str


@dataclass(frozen=True)
class Step:
    """A line of what is done next."""

    task: str
    unit: str
    due: str
    due_on: date | None
    proposed: bool
    """Whether it was drawn from the figures and not decided yet."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what is written, and the number or day behind it."""

    text: str
    value: float | int | date | None = None
    grade: str = ""
    places: int = 1
    """Decimals of ``value`` where a program formats it."""
    form: str = ""
    """The whole format of ``value`` in a workbook, where decimals don't say it all."""


@dataclass(frozen=True)
class TableColumn:
    """A column: heading and share of the width."""

    key: str
    title: str
    width: float
    is_number: bool = False


@dataclass(frozen=True)
class BriefingTable:
    """One table, the same in every format."""

    key: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    """Said where there are no rows."""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A numbered part: heading, sentences, tables."""

    key: str
    title: str
    paragraphs: tuple[str, ...]
    tables: tuple[BriefingTable, ...] = ()
    is_annex: bool = False


@dataclass(frozen=True)
class Briefing:
    """All that the meeting, PPTX, DOCX, XLSX, PDF and the command line show."""

    language: str
    title: str
    region_code: str
    region_name: str
    level_name: str
    period: str
    period_label: str
    month: str
    dataset: str
    snapshot_id: str
    data_through: date
    published_at: datetime
    is_demonstration: bool
    mark: str
    viewer: str
    stamp: str
    """Mark, snapshot, day and viewer in one line, for every page."""
    verdict: str
    league_verdict: str
    figures: tuple[Figure, ...]
    league: tuple[Standing, ...]
    pages: tuple[RegionPage, ...]
    problems: tuple[Problem, ...]
    decisions: Decisions
    steps: tuple[Step, ...]
    overdue: tuple[OverdueItem, ...]
    overdue_count: int
    matrix_lines: tuple[MatrixLine, ...] = ()
    townships: tuple[TownshipRow, ...] = ()
    sections: tuple[Section, ...] = field(default=())
    characters: int = 0
    """Of the sections that are not annexes."""
    characters_text: str = ""
    unknown_overdue: str = ""
    """Why nobody can tell what is overdue: the role may not see it, or no source gives it; empty where it is known."""

    def table(self, key: str) -> BriefingTable:
        """Return a table by its key."""
        return next(table for section in self.sections for table in section.tables if table.key == key)


def plain(value: object) -> Any:
    """Return ``value`` as JSON takes it: fields as a mapping, days as ISO text, missing numbers as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
