"""A briefing's parts in their fixed order, as headings, sentences and tables that every format writes."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from dashboard import formatting
from dashboard.briefing.model import (
    Briefing,
    BriefingTable,
    Cell,
    Decision,
    OverdueItem,
    Section,
    Standing,
    Step,
    TableColumn,
)
from dashboard.briefing.settings import briefing_settings
from dashboard.context import region_name
from dashboard.grading.settings import index_settings
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.lateness import late_rows
from dashboard.screens.league import index_definition_text
from dashboard.screens.overview import INDEX
from dashboard.sources import indicator_source, source_name
from data_access.access import Scope
from data_access.queries import SnapshotReader

GENERAL, LEAGUE, PROBLEMS, RECTIFICATION, NEXT = "general", "league", "problems", "rectification", "next"
_WRITTEN = re.compile(r"(?P<sign>−?)(?P<number>[\d,]+(?:\.(?P<decimals>\d+))?)(?P<rest>.*)")
SIGNED = "+0.0;−0.0;0.0"
"""How a workbook writes a change."""
MAIN_SECTIONS = (GENERAL, LEAGUE, PROBLEMS, RECTIFICATION, NEXT)
"""The order of a dispatch meeting's material."""


def with_sections(reader: SnapshotReader, scope: Scope, briefing: Briefing) -> Briefing:
    """Return ``briefing`` with its sections and the count of its characters."""
    main = (
        _general(briefing),
        _league(briefing),
        _problems(briefing),
        _rectification(briefing),
        _next(briefing),
    )
    annexes = [
        _overdue(briefing),
        _matrix(briefing),
        _definitions(reader, scope, briefing),
        _quality(reader, scope, briefing),
    ]
    if len(briefing.decisions.new) > briefing_settings().most_steps:
        annexes.insert(0, _decided(briefing))
    if len(briefing.decisions.earlier) > briefing_settings().main_rows:
        annexes.insert(0, _all_decisions(briefing))
    characters = sum(_characters(section) for section in main)
    settings = briefing_settings()
    text = t(
        "briefing.characters",
        briefing.language,
        count=formatting.number(characters),
        special=formatting.number(settings.special_characters),
        comprehensive=formatting.number(settings.comprehensive_characters),
        verdict=t(f"briefing.characters_{_length(characters)}", briefing.language),
    )
    return replace(briefing, sections=(*main, *annexes), characters=characters, characters_text=text)


def _general(briefing: Briefing) -> Section:
    rows = tuple(
        (
            Cell(figure.name),
            Cell(figure.value_text, figure.value, form=number_format(figure.value_text, figure.value)),
            Cell(figure.interval_text or formatting.MISSING),
            Cell(_joined(figure.change_text, figure.change_words)),
            Cell(figure.sentence or formatting.MISSING),
            Cell(figure.source),
            Cell(formatting.day(figure.data_through), figure.data_through),
        )
        for figure in briefing.figures
    )
    widths = {"indicator": 19, "value": 14, "interval": 18, "change": 16, "sentence": 27, "source": 17, "through": 23}
    table = _table(briefing, "figures", widths, rows, ("value",))
    return _section(briefing, GENERAL, (briefing.verdict,), (table,))


def _league(briefing: Briefing) -> Section:
    graded = any(standing.index is not None for standing in briefing.league)
    standings = briefing.league if graded else ()
    rows = tuple(_standing_row(briefing, standing) for standing in standings)
    widths = {
        "name": 13,
        "grade": 9,
        "index": 8,
        "interval": 15,
        "rank": 9,
        "change": 9,
        "months_red": 8,
        "reasons": 38,
    }
    table = _table(briefing, "league", widths, rows, ("index", "change", "months_red"))
    strip_rows = tuple(
        (
            Cell(standing.name),
            *(Cell(word, grade=grade) for word, grade in zip(standing.strip_words, standing.strip, strict=True)),
        )
        for standing in standings
    )
    months = briefing.league[0].months if briefing.league else ()
    language = briefing.language
    strip = BriefingTable(
        key="strip",
        title=t("briefing.table.strip", language),
        columns=(
            TableColumn("name", t("briefing.column.name", language, level=briefing.level_name), 14),
            *(TableColumn(month, month[2:], 7) for month in months),
        ),
        rows=strip_rows,
        empty=t("briefing.empty.strip", language),
    )
    sentences = (briefing.league_verdict, t("ranking.note", language)) if graded else (briefing.league_verdict,)
    return _section(briefing, LEAGUE, sentences, (table, strip))


def _standing_row(briefing: Briefing, standing: Standing) -> tuple[Cell, ...]:
    missing = standing.index is None
    reasons = t("briefing.no_index", briefing.language) if missing else standing.reasons or formatting.MISSING
    return (
        Cell(standing.name),
        Cell(standing.grade_word, grade=standing.grade),
        Cell(standing.index_text, standing.index),
        Cell(standing.interval_text or formatting.MISSING),
        Cell(standing.rank_text),
        Cell(standing.change_text, standing.change, form=SIGNED),
        Cell(formatting.number(standing.months_red), standing.months_red, places=0),
        Cell(reasons),
    )


def _problems(briefing: Briefing) -> Section:
    rows = tuple(
        (
            Cell(str(place), place, places=0),
            Cell(each.problem),
            Cell(each.evidence),
            Cell(each.unit),
            Cell(each.lead_post),
            Cell(each.source),
        )
        for place, each in enumerate(briefing.problems, start=1)
    )
    widths = {"number": 8, "problem": 26, "evidence": 24, "unit": 19, "lead_post": 23, "source": 16}
    table = _table(briefing, "problems", widths, rows, ("number",))
    sentence = t("briefing.problems_sentence", briefing.language, count=len(rows)) if rows else table.empty
    return _section(briefing, PROBLEMS, (sentence,), (table,))


def _rectification(briefing: Briefing) -> Section:
    language = briefing.language
    decisions = briefing.decisions.earlier
    most = briefing_settings().main_rows
    table = _decisions_table(briefing, RECTIFICATION, decisions[:most])
    if not briefing.decisions.readable:
        reason = t("briefing.not_readable", language)
        return _section(briefing, RECTIFICATION, (reason,), (replace(table, empty=reason),))
    if not decisions:
        return _section(briefing, RECTIFICATION, (table.empty,), (table,))
    sentences = [
        t(
            "briefing.rectification_sentence",
            language,
            count=len(decisions),
            done=sum(each.state == "done" for each in decisions),
            late=sum(each.state == "overdue" for each in decisions),
            open=sum(each.state == "open" for each in decisions),
        )
    ]
    if len(decisions) > most:
        sentences.append(t("briefing.rectification_rest", language, shown=most, count=len(decisions)))
    return _section(briefing, RECTIFICATION, tuple(sentences), (table,))


def _all_decisions(briefing: Briefing) -> Section:
    table = _decisions_table(briefing, "all_decisions", briefing.decisions.earlier)
    return _section(briefing, "all_decisions", (), (table,), is_annex=True)


def _decisions_table(briefing: Briefing, key: str, decisions: tuple[Decision, ...]) -> BriefingTable:
    language = briefing.language
    rows = tuple(
        (
            Cell(str(place), place, places=0),
            Cell(each.region_name),
            Cell(each.task),
            Cell(each.unit),
            Cell(formatting.day(each.due_on), each.due_on),
            Cell(progress_text(each, language)),
            Cell(t(f"briefing.closure.{closure_of(each)}", language)),
            Cell(each.opinion or formatting.MISSING),
        )
        for place, each in enumerate(decisions, start=1)
    )
    widths = {
        "number": 10,
        "place": 13,
        "measure": 24,
        "unit": 16,
        "due": 25,
        "progress": 25,
        "closure": 13,
        "opinion": 9,
    }
    return _table(briefing, key, widths, rows, ("number",))


def _next(briefing: Briefing) -> Section:
    most = briefing_settings().most_steps
    steps = briefing.steps[:most]
    proposed = any(step.proposed for step in steps)
    key = "briefing.steps_proposed" if proposed else "briefing.steps_decided"
    paragraphs = [t(key, briefing.language)] if steps else [t("briefing.empty.steps", briefing.language)]
    if len(briefing.steps) > most:
        paragraphs.append(t("briefing.steps_more", briefing.language, count=len(briefing.steps) - most))
    return _section(briefing, NEXT, tuple(paragraphs), (_steps_table(briefing, "steps", steps),))


def _decided(briefing: Briefing) -> Section:
    table = _steps_table(briefing, "decided", briefing.steps)
    return _section(briefing, "decided", (), (table,), is_annex=True)


def _steps_table(briefing: Briefing, key: str, steps: tuple[Step, ...]) -> BriefingTable:
    rows = tuple(
        (Cell(str(place), place, places=0), Cell(each.task), Cell(each.unit), Cell(each.due, each.due_on))
        for place, each in enumerate(steps, start=1)
    )
    return _table(briefing, key, {"number": 6, "task": 52, "unit": 22, "due": 20}, rows, ("number",))


def _overdue(briefing: Briefing) -> Section:
    language = briefing.language
    rows = tuple(_overdue_row(place, each) for place, each in enumerate(briefing.overdue, start=1))
    widths = {"number": 8, "item": 31, "place": 22, "owner": 24, "due": 21, "days": 10}
    table = _table(briefing, "overdue", widths, rows, ("number", "days"))
    limit = briefing_settings().overdue_rows
    key = "briefing.overdue_at_least" if briefing.overdue_count >= limit else "briefing.overdue_sentence"
    table = replace(table, empty=briefing.unknown_overdue or table.empty)
    sentence = t(key, language, count=briefing.overdue_count) if rows else table.empty
    return _section(briefing, "overdue", (sentence,), (table,), is_annex=True)


def _overdue_row(place: int, item: OverdueItem) -> tuple[Cell, ...]:
    return (
        Cell(str(place), place, places=0),
        Cell(item.item),
        Cell(item.region_name),
        Cell(item.owner),
        Cell(formatting.day(item.due_on), item.due_on),
        Cell(formatting.number(item.days_overdue), item.days_overdue, places=0),
    )


def _matrix(briefing: Briefing) -> Section:
    language = briefing.language
    lines = tuple(
        (Cell(str(line.number), line.number, places=0), Cell(line.name), Cell(line.rule))
        for line in briefing.matrix_lines
    )
    rows = tuple(
        (
            Cell(each.name),
            Cell(each.county),
            Cell(each.verdict),
            Cell(str(each.streak), each.streak, places=0),
            *(Cell(word, grade=grade) for word, grade in zip(each.words, each.grades, strict=True)),
        )
        for each in briefing.townships
    )
    named = _table(briefing, "matrix", {"township": 18, "county": 10, "verdict": 10, "streak": 8}, (), ("streak",))
    numbered = tuple(TableColumn(f"line_{line.number}", str(line.number), 5) for line in briefing.matrix_lines)
    matrix = replace(named, columns=(*named.columns, *numbered), rows=rows)
    tables = (_table(briefing, "matrix_lines", {"number": 8, "line": 32, "rule": 60}, lines, ("number",)), matrix)
    note = t("briefing.matrix_note", language) if rows else matrix.empty
    return _section(briefing, "matrix", (note,), tables, is_annex=True)


def _definitions(reader: SnapshotReader, scope: Scope, briefing: Briefing) -> Section:
    language = briefing.language
    names = [figure.id for figure in briefing.figures if figure.id != INDEX]
    if any(standing.index is not None for standing in briefing.league):
        names += [name for component in index_settings().component for name in component.indicators]
    rows = tuple(
        (
            Cell(item.label(language)),
            Cell(item.definition_text(language)),
            Cell(indicator_source(reader, scope, item, language)),
            Cell(str(item.version)),
        )
        for item in (find_indicator(name) for name in dict.fromkeys(names))
    )
    index = [
        (Cell(each.name), Cell(index_definition_text(language)), Cell(each.source), Cell(formatting.MISSING))
        for each in briefing.figures
        if each.id == INDEX
    ]
    widths = {"indicator": 24, "definition": 56, "source": 18, "version": 10}
    return _section(
        briefing,
        "definitions",
        (t("briefing.definitions_note", language),),
        (_table(briefing, "definitions", widths, (*index, *rows)),),
        is_annex=True,
    )


def _quality(reader: SnapshotReader, scope: Scope, briefing: Briefing) -> Section:
    language = briefing.language
    regions = reader.regions(scope)
    late = late_rows(facts_of(reader, scope).lateness)
    rows = tuple(
        (
            Cell(source_name(reader.snapshot(), row["source"], language)),
            Cell(region_name(regions, row["region_code"], language)),
            Cell(formatting.day(row["last_day"]), pd.Timestamp(row["last_day"]).date()),
            Cell(formatting.days(row["days_late"], language), int(row["days_late"]), places=0),
        )
        for row in late.to_dict("records")
    )
    table = _table(briefing, "quality", {"source": 30, "place": 26, "last_day": 20, "days_late": 20}, rows)
    without = [standing.name for standing in briefing.league if standing.index is None]
    paragraphs = [t("briefing.quality_sentence", language, count=len(rows)) if rows else table.empty]
    if without:
        names = t("ranking.and", language).join(without)
        paragraphs.append(t("briefing.quality_without", language, names=names))
    return _section(briefing, "quality", tuple(paragraphs), (table,), is_annex=True)


def progress_text(decision: Decision, language: str) -> str:
    """Return how far a decided task is, in words."""
    day = formatting.day(decision.done_on)
    text = t(
        f"briefing.progress.{decision.state}",
        language,
        day=day,
        days=formatting.days(decision.days_overdue, language),
    )
    return t("briefing.progress.with_report", language, text=text, report=decision.report) if decision.report else text


def closure_of(decision: Decision) -> str:
    """Return whether a task is struck off: done and reviewed, done and waiting for review, or not done."""
    if decision.state == "cancelled":
        return "cancelled"
    if decision.state != "done":
        return "open"
    return "closed" if decision.opinion else "to_review"


def _table(
    briefing: Briefing,
    key: str,
    widths: dict[str, int],
    rows: tuple[tuple[Cell, ...], ...],
    numbers: tuple[str, ...] = (),
) -> BriefingTable:
    language = briefing.language
    return BriefingTable(
        key=key,
        title=t(f"briefing.table.{key}", language),
        columns=tuple(
            TableColumn(
                name,
                t(f"briefing.column.{name}", language, level=briefing.level_name),
                width,
                name in numbers,
            )
            for name, width in widths.items()
        ),
        rows=rows,
        empty=t(f"briefing.empty.{key}", language),
    )


def _section(
    briefing: Briefing,
    key: str,
    paragraphs: tuple[str, ...],
    tables: tuple[BriefingTable, ...],
    is_annex: bool = False,
) -> Section:
    return Section(key, t(f"briefing.section.{key}", briefing.language), paragraphs, tables, is_annex)


def number_format(text: str, value: float | None) -> str:
    """Return the format that makes a workbook write ``value`` as ``text``; general where none does.

    Examples
    --------
    >>> number_format("93.5%", 0.93512), number_format("0.44 cases", 0.4412), number_format("630 cases", 634.2)
    ('0.0%', '#,##0.00" cases"', 'General')
    """
    match = _WRITTEN.fullmatch(text)
    if not match or value is None:
        return "General"
    places = len(match["decimals"] or "")
    shown = float(match["number"].replace(",", "")) * (-1 if match["sign"] else 1)
    is_percent = match["rest"] == "%"
    if abs(value * (100 if is_percent else 1) - shown) > 0.5001 * 10**-places:
        return "General"
    decimals = f".{'0' * places}" if places else ""
    unit = match["rest"].replace('"', "")
    return f"0{decimals}%" if is_percent else f'#,##0{decimals}"{unit}"' if unit else f"#,##0{decimals}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _characters(section: Section) -> int:
    """Return the characters a reader counts: everything but spaces, in headings, sentences and cells."""
    texts = [section.title, *section.paragraphs]
    for table in section.tables:
        texts += [column.title for column in table.columns]
        texts += [cell.text for row in table.rows for cell in row]
    return sum(len("".join(text.split())) for text in texts)


def _length(characters: int) -> str:
    settings = briefing_settings()
    if characters <= settings.special_characters:
        return "short"
    return "medium" if characters <= settings.comprehensive_characters else "long"
