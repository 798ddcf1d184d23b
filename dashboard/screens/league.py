"""Regions graded together as the screens write them: rows and table of the league, a region's own card."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.components import Card, Definition, NoteKind
from dashboard.context import Context
from dashboard.grading.grades import FEW_EVENTS, INSUFFICIENT, NEW, NOT_WATCHED, PRELIMINARY, UNSURE
from dashboard.grading.league import League, league_of
from dashboard.grading.settings import IndexSettings, index_settings
from dashboard.i18n import t
from dashboard.memory import kept
from dashboard.palette import GRADES
from dashboard.screens.children import Listed, depth_of, names_of, siblings_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import chance_text
from dashboard.sources import joint_source
from data_access.access import Scope
from data_access.queries import SnapshotReader

COSTLIEST = 3
DEEPEST_GRADED = 2
"""Depth of the innermost regions that the index grades: townships."""
WATCH_REASONS = (FEW_EVENTS, UNSURE, NEW)
LEAST_LOST = 0.05
"""Fewer points lost are written as none."""


@dataclass(frozen=True)
class Graded:
    """What the overview says of the index: of the region itself, and of the regions listed."""

    month: pd.Period
    card: Card | None
    """Of the region itself; None where it isn't graded."""
    own: pd.Series | None
    """The row of :func:`with_links` behind the card."""
    sentence: str
    """The region's own index in words; empty without one."""
    rows: pd.DataFrame
    """:func:`with_links` of the regions listed; empty where none of them is graded."""
    months: tuple[str, ...]
    """Of the strips of grades."""
    why_not: str
    """Why there is no index at all; empty when there is one, and of regions inside townships, which have none."""
    tables: tuple[ScreenTable, ...]


def graded_regions(reader: SnapshotReader, context: Context, listed: Listed) -> Graded:
    """Grade the context's region among its siblings, and the regions listed together, for the period's last month."""
    language, regions = context.language, reader.regions(context.viewer)
    month, below = graded_month(reader, context), league_below(reader, context, listed)
    tables, rows, card, row, sentence = [], pd.DataFrame(), None, None, ""
    own = _own_league(reader, context, regions)
    if below is not None:
        rows = with_links(context, written_rows(reader, context.viewer, listed.codes, month, language), "overview")
    if own is not None:
        siblings = tuple(siblings_of(regions, context.region))
        written = written_rows(reader, context.viewer, siblings, month, language)
        alone = with_links(context, written.loc[[context.region]])
        row = alone.iloc[0]
        card, sentence = _card(reader, context, row, own, below), _sentence(row, language)
        tables.append(league_table(alone, language, "index", _title(month, language)))
    if below is not None:
        tables.append(league_table(rows, language))
    absent = own is None and below is None and depth_of(regions, context.region) <= DEEPEST_GRADED
    return Graded(
        month=month,
        card=card,
        own=row,
        sentence=sentence,
        rows=rows,
        months=() if below is None else tuple(str(each) for each in below.months),
        why_not=t("ranking.not_graded", language) if absent else "",
        tables=tuple(tables),
    )


def graded_month(reader: SnapshotReader, context: Context) -> pd.Period:
    """Return the last month of the context's period that there are data for."""
    return pd.Period(min(context.period.end, reader.snapshot().data_through), freq="M")


def league_below(reader: SnapshotReader, context: Context, listed: Listed) -> League | None:
    """Return the league of the regions listed, or None where the index grades none of them."""
    if listed.depth > DEEPEST_GRADED:
        return None
    league = league_of(reader, context.viewer, listed.codes, graded_month(reader, context))
    return league if (league.rows["grade"] != INSUFFICIENT).any() else None


def _own_league(reader: SnapshotReader, context: Context, regions: pd.DataFrame) -> League | None:
    if depth_of(regions, context.region) > DEEPEST_GRADED:
        return None
    codes = siblings_of(regions, context.region)
    league = league_of(reader, context.viewer, codes, graded_month(reader, context))
    return league if league.is_graded(context.region) else None


@kept
def written_rows(
    reader: SnapshotReader, viewer: Scope, codes: tuple[str, ...], month: pd.Period, language: str
) -> pd.DataFrame:
    """Return the league of ``codes`` with its figures as written; kept for all who look at one of them.

    Returns
    -------
    DataFrame
        The rows of :class:`League` with ``name, index_text, interval, rank, change_text, red_text, red_chance, reasons``
        (the three costliest components), ``reason, unit, deadline`` (the costliest, who answers for it, how soon),
        ``stage_text`` (how final, or late), ``watched_text`` (why it is yellow though below the line; else empty) and
        ``strip``.
    """
    league = league_of(reader, viewer, codes, month)
    rows, names = league.rows, names_of(reader.regions(viewer), codes, language)
    each = [str(code) for code in rows.index]
    costs = [_costs(league, code, language) for code in each]
    answers = [_answer(league, code, language) for code in each]
    joint = t("overview.joint", language)
    return rows.assign(
        name=names.reindex(rows.index),
        index_text=[formatting.number(value, 1) for value in rows["index"]],
        interval=[
            formatting.interval(low, high, "index") for low, high in zip(rows["lower"], rows["upper"], strict=True)
        ],
        rank=[rank_text(low, high) for low, high in zip(rows["rank_best"], rows["rank_worst"], strict=True)],
        change_text=[formatting.signed(change, 1) for change in rows["change"]],
        red_text=[str(number) for number in rows["months_red"]],
        red_chance=[chance_text(chance) for chance in rows["probability_red"]],
        reasons=[joint.join(reasons) for reasons in costs],
        reason=[reasons[0] if reasons else "" for reasons in costs],
        unit=[unit for unit, _ in answers],
        deadline=[deadline for _, deadline in answers],
        stage_text=[
            t("ranking.late" if league.late(code) else f"indicator_stage.{stage}", language)
            for code, stage in zip(each, rows["stage"], strict=True)
        ],
        watched_text=[watched_words(league, code, language) for code in each],
        strip=pd.Series(league.grades.reindex(rows.index).to_numpy().tolist(), index=rows.index),
    )


def with_links(context: Context, written: pd.DataFrame, page: str = "ranking") -> pd.DataFrame:
    """Return :func:`written_rows` with ``href`` (to what made the index) and ``down`` (a level down, on ``page``)."""
    return written.assign(
        href=context.hrefs("ranking", "of", written.index),
        down=context.hrefs(page, "region", written.index, of=None),
    )


def league_table(rows: pd.DataFrame, language: str, key: str = "league", title: str = "") -> ScreenTable:
    """Return :func:`written_rows` for download: numbers as numbers, grades in words."""
    names = ("name", "grade", "index", "lower", "upper", "rank", "change", "months_red", "probability_red")
    return ScreenTable(
        key,
        title or t("nav.ranking", language),
        rows.assign(
            grade=[t(f"grade.{grade}", language) for grade in rows["grade"]],
            stage=rows["stage_text"],
            watched=rows["watched_text"],
            strip=grade_words(rows["strip"], language),
        ),
        {name: t(f"ranking_column.{name}", language) for name in (*names, "watched", "stage", "strip", "reasons")},
    )


def grade_words(strips: pd.Series, language: str) -> list[str]:
    """Return the months of each strip in words, the oldest first."""
    joint = t("card.source_joint", language)
    return [joint.join(t(f"grade.{grade}", language) for grade in strip) for strip in strips]


def rank_text(best: int, worst: int) -> str:
    """Return a rank or the range of ranks that the interval allows."""
    if best == 0:
        return formatting.MISSING
    return str(best) if best == worst else f"{best}–{worst}"


def basis_note(league: League, language: str) -> str:
    """Return that a role is graded without what rests on small counts; nothing for a role that sees them."""
    if not league.hidden:
        return ""
    weight = sum(index_settings().components[name].weight for name in league.hidden)
    return t("ranking.without_hidden", language, share=formatting.percent(1 - weight / 100).replace(".0%", "%"))


def late_note(league: League, names: pd.Series, language: str) -> str:
    """Return which regions are graded without what is late; empty when all have reported to the month's end."""
    late = [names[code] for code in league.rows.index if league.late(str(code))]
    return t("ranking.late_regions", language, names=t("ranking.and", language).join(late)) if late else ""


def watched_words(league: League, code: str, language: str) -> str:
    """Return why a region is yellow and watched though its index is below the line of red; empty where it isn't."""
    reason, without_chance = league.watched(code)
    if reason == NOT_WATCHED:
        return ""
    facts = {}
    if reason == FEW_EVENTS:
        by_chance = league.contributions(code)["by_chance"]
        lines = [_counted(league, code, str(key), language) for key in by_chance.index[by_chance >= LEAST_LOST]]
        facts = {
            "lines": t("ranking.and", language).join(lines),
            "index": formatting.number(without_chance, 1),
        }
    return t(f"ranking.watched_{reason}", language, **_watch_limits(index_settings()), **facts)


def watched_notes(league: League, names: pd.Series, language: str) -> list[str]:
    """Return which regions are watched, a sentence for each of the reasons."""
    rows, limits = league.rows, _watch_limits(index_settings())
    found = []
    for reason in WATCH_REASONS:
        watched = [names[code] for code in rows.index[rows["watched"] == reason]]
        if watched:
            listed = t("ranking.and", language).join(watched)
            found.append(t(f"ranking.watched_list_{reason}", language, names=listed, **limits))
    return found


def _watch_limits(rules: IndexSettings) -> dict[str, str]:
    return {
        "months": formatting.number(rules.history_months),
        "chance": f"{formatting.number(rules.red_probability * 100)}%",
        "red": formatting.number(rules.yellow_from),
    }


def _counted(league: League, code: str, component: str, language: str) -> str:
    """Return a relative risk with the events counted and expected."""
    place, inputs = league.inputs.codes.index(code), league.inputs
    member = index_settings().components[component].members[0].id
    return t(
        "ranking.counted_events",
        language,
        name=t(f"component.{component}", language),
        events=formatting.number(inputs.numerators[component, member][place, -1]),
        expected=formatting.number(inputs.expected[component][place, -1], 1),
    )


def tie_words(rows: pd.DataFrame, language: str) -> list[str]:
    """Return whether ranks tell regions apart, where several have one."""
    ranked = rows[rows["rank_best"] > 0]
    if len(ranked) < 2:
        return []
    tied = int(((ranked["rank_best"] == 1) & (ranked["rank_worst"] == len(ranked))).sum())
    if tied == len(ranked):
        return [t("ranking.all_tied", language)]
    return [t("ranking.some_tied", language, count=len(ranked) - tied, of=len(ranked))]


def index_definition(context: Context) -> Definition:
    """Return what ⓘ opens beside the index: what it is made of, the rules of its colours, and the way to its parts."""
    language, rules = context.language, index_settings()
    return Definition(
        text=index_definition_text(language),
        method=t(
            "overview.index_method",
            language,
            buffer=formatting.number(rules.hysteresis),
            months=rules.history_months,
            chance=f"{formatting.number(rules.red_probability * 100)}%",
        )
        + ("" if rules.red_rule == "none" else t("overview.few_events_method", language)),
        href=context.href("ranking"),
    )


def index_source(reader: SnapshotReader, context: Context, most: int | None = None) -> str:
    """Return from whom the index comes; past ``most`` only how many they are."""
    return joint_source(reader, context.viewer, index_settings().indicators, context.language, most)


def index_definition_text(language: str) -> str:
    """Return what the index is made of, by the rules in force."""
    rules = index_settings()
    cut_offs = {"blue": formatting.number(rules.blue_from), "red": formatting.number(rules.yellow_from)}
    return t("overview.index_definition", language, count=len(rules.component), **cut_offs)


def _costs(league: League, code: str, language: str) -> list[str]:
    """Return the components that cost a region most, each with its points."""
    return [
        t("ranking.reason", language, name=t(f"component.{key}", language), points=formatting.number(points, 1))
        for key, points in league.costliest(code)[:COSTLIEST]
        if points >= LEAST_LOST
    ]


def _answer(league: League, code: str, language: str) -> tuple[str, str]:
    """Return who answers for what cost a region most, and how soon."""
    key, points = league.costliest(code)[0]
    if not points >= LEAST_LOST:
        return "", ""
    component = index_settings().components[key]
    return component.unit_label(language), formatting.days(component.deadline_days, language)


def _card(reader: SnapshotReader, context: Context, row: pd.Series, league: League, below: League | None) -> Card:
    """Return the card of the region's own index: grade, interval, rank with ties, what cost most and who answers."""
    language = context.language
    facts = []
    if (ranked := int((league.rows["rank_best"] > 0).sum())) > 1:
        facts.append((t("ranking.rank", language), t("overview.rank_of", language, rank=row["rank"], count=ranked)))
    if below is not None:
        facts.append((t("overview.below", language), _grade_counts(below.rows, language)))
    facts.append((t("ranking.red_chance", language), row["red_chance"]))
    reason = t("overview.costliest", language, reason=row["reason"], unit=row["unit"], deadline=row["deadline"])
    said = [row["watched_text"], reason if row["reason"] else "", basis_note(league, language)]
    return Card(
        title=_title(graded_month(reader, context), language),
        figure=row["index_text"],
        interval=row["interval"],
        grade=row["grade"],
        change=row["change_text"],
        change_words=formatting.change_words(row["change"], "higher_better", language),
        compared_with=t("ranking.change", language),
        facts=facts,
        sentence=t("overview.joint", language).join(part for part in said if part) or None,
        data_through=min(context.period.end, reader.snapshot().data_through),
        source=index_source(reader, context, 1),
        definition=index_definition(context),
        notes=_notes(row, league, below),
        href=context.href("ranking"),
    )


def _notes(row: pd.Series, league: League, below: League | None) -> list[tuple[NoteKind, str]]:
    """Return what stands on the card of an index: late in itself or in a region listed, preliminary."""
    late = league.late(str(row.name)) or (below is not None and any(below.late(str(code)) for code in below.rows.index))
    notes: list[tuple[NoteKind, str]] = [("late", "")] if late else []
    return notes + ([("preliminary", "")] if row["stage"] == PRELIMINARY else [])


def _grade_counts(rows: pd.DataFrame, language: str) -> str:
    counts = rows["grade"].value_counts()
    parts = [f"{t(f'grade.{key}', language)} {counts[key]}" for key in GRADES if key in counts]
    return t("overview.counts_joint", language).join(parts)


def _title(month: pd.Period, language: str) -> str:
    return t("overview.index", language, month=str(month))


def _sentence(row: pd.Series, language: str) -> str:
    return t(
        "overview.index_verdict",
        language,
        index=row["index_text"],
        grade=t(f"grade.{row['grade']}", language),
        change=row["change_text"],
    )
