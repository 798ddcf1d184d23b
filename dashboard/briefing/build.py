"""Assemble a briefing from the figures of the screens: the same values, the same words, nothing counted twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.briefing.decisions import checked, decisions_of, ordered
from dashboard.briefing.model import (
    Briefing,
    Decisions,
    Figure,
    Loss,
    MatrixLine,
    OverdueItem,
    Problem,
    RegionPage,
    Standing,
    Step,
    TownshipRow,
)
from dashboard.briefing.questions import Fact, questions_of
from dashboard.briefing.sections import with_sections
from dashboard.briefing.settings import briefing_settings
from dashboard.components import Card
from dashboard.context import Context, region_name, viewer_label
from dashboard.grading.settings import index_settings
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.changes import changes_of
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import kept
from dashboard.periods import Period
from dashboard.screens.duty.assessment import assessment_screen
from dashboard.screens.duty.creation import Creation, line_column
from dashboard.screens.figures import interval_text, value_text
from dashboard.screens.overview import (
    INDEX,
    OverviewScreen,
    change_sentence,
    change_text,
    headline_of,
    is_overdue_known,
    overview_screen,
    words_of_change,
)
from dashboard.screens.ranking import RankingScreen, ranking_screen, reasons_of
from dashboard.sources import indicator_source
from data_access.access import Scope
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader

PACKAGES = "YJ2"


def build_briefing(
    reader: SnapshotReader,
    scope: Scope,
    region: str,
    period: Period,
    language: str,
    decisions: Decisions | None = None,
) -> Briefing:
    """Return the briefing of a region for a period.

    Parameters
    ----------
    reader : SnapshotReader
    scope : Scope
        Who will read it; named on every page.
    region : str
        The regions just below it are ranked.
    period : Period
    language : {"zh", "en"}
    decisions : Decisions, optional
        What was decided before and now; as the records and the ledger have it unless given.

    Raises
    ------
    ScopeError
        When the region is out of scope.
    BriefingError
        When a decision is longer than the hand-outs lay out.
    """
    if decisions is None:
        decisions = decisions_of(reader, Ledger.beside(reader), scope, region, period, language)
    return _built(reader, scope, region, period, language, checked(decisions))


@dataclass(frozen=True)
class _Numbers:
    """What doesn't change when a decision is recorded."""

    level_name: str
    month: str
    verdict: str
    league_verdict: str
    figures: tuple[Figure, ...]
    standings: tuple[Standing, ...]
    outcomes: Mapping[str, Figure]
    overdue: tuple[OverdueItem, ...]
    unknown_overdue: str
    overdue_of: Mapping[str, tuple[OverdueItem, ...]]
    facts: Mapping[str, Mapping[str, Fact]]
    matrix_lines: tuple[MatrixLine, ...]
    townships: tuple[TownshipRow, ...]


@kept
def _counted(reader: SnapshotReader, context: Context) -> _Numbers:
    settings, language = briefing_settings(), context.language
    ranking, overview = ranking_screen(reader, context), overview_screen(reader, context)
    as_of = min(context.period.end, reader.snapshot().data_through)
    standings = tuple(_standing(ranking, code, language) for code in ranking.rows.index)
    codes = [standing.region_code for standing in standings]
    outcome = headline_of(reader)
    found = values_of(reader, context.viewer, [outcome, find_indicator(PACKAGES)], codes, context.period)
    changed = changes_of(reader, context.viewer, [outcome], codes, context.period)[outcome.id]
    overdue_of = {code: _overdue(reader, context, code, as_of, settings.overdue_rows) for code in codes}
    facts, outcomes = {}, {}
    for standing in standings:
        code = standing.region_code
        value: Any = found[outcome.id].loc[code]
        packaged: Any = found[PACKAGES].loc[code]
        change: Any = changed.loc[code]
        outcomes[code] = _figure(reader, context, outcome, value, change)
        facts[code] = _facts(standing, overdue_of[code], packaged, change, outcome.label(language))
    lines, townships = _matrix(assessment_screen(reader, context).creation, language)
    return _Numbers(
        level_name=ranking.listed.level_name,
        month=str(ranking.month),
        verdict=overview.verdict,
        league_verdict=ranking.verdict,
        figures=_figures(reader, context, overview),
        standings=standings,
        outcomes=MappingProxyType(outcomes),
        overdue=_overdue(reader, context, context.region, as_of, settings.overdue_rows),
        unknown_overdue="" if is_overdue_known(reader, context) else overview.nothing_overdue,
        overdue_of=MappingProxyType(overdue_of),
        facts=MappingProxyType(facts),
        matrix_lines=lines,
        townships=townships,
    )


@kept
def _built(
    reader: SnapshotReader, scope: Scope, region: str, period: Period, language: str, decisions: Decisions
) -> Briefing:
    snapshot = reader.snapshot()
    context = Context(region, period, language, "light", scope)
    regions = reader.regions(scope)
    base = _counted(reader, context)
    pages = _pages(context, regions, base, decisions)
    viewer = viewer_label(regions, snapshot, scope, language)
    mark = t("footer.demonstration" if snapshot.is_demonstration else "footer.custody", language)
    name = region_name(regions, region, language)
    briefing = Briefing(
        language=language,
        title=t("briefing.title", language, region=name, period=period.label(language)),
        region_code=region,
        region_name=name,
        level_name=base.level_name,
        period=str(period),
        period_label=period.label(language),
        month=base.month,
        dataset=snapshot.name(language),
        snapshot_id=snapshot.snapshot_id,
        data_through=snapshot.data_through,
        published_at=snapshot.published_at,
        is_demonstration=snapshot.is_demonstration,
        mark=mark,
        viewer=viewer,
        stamp=t(
            "briefing.stamp",
            language,
            mark=mark,
            snapshot=snapshot.snapshot_id,
            day=formatting.day(snapshot.data_through),
            viewer=viewer,
        ),
        verdict=base.verdict,
        league_verdict=base.league_verdict,
        figures=base.figures,
        league=base.standings,
        pages=pages,
        problems=_problems(reader, scope, pages, language),
        decisions=Decisions(ordered(decisions.earlier), decisions.new, decisions.readable),
        steps=_steps(pages, decisions, language),
        overdue=base.overdue,
        overdue_count=len(base.overdue),
        matrix_lines=base.matrix_lines,
        townships=base.townships,
        unknown_overdue=base.unknown_overdue,
    )
    return with_sections(reader, scope, briefing)


def _figures(reader: SnapshotReader, context: Context, overview: OverviewScreen) -> tuple[Figure, ...]:
    """Return the five numbers that the overview shows."""
    items = [find_indicator(name) for name in overview.shown if name != INDEX]
    found = values_of(reader, context.viewer, items, [context.region], context.period)
    changed = changes_of(reader, context.viewer, items, [context.region], context.period)
    figures = {
        item.id: _figure(reader, context, item, found[item.id].iloc[0], changed[item.id].iloc[0]) for item in items
    }
    if overview.graded.card is not None:
        figures[INDEX] = _index_figure(overview.graded.card, overview.graded.own)
    return tuple(figures[name] for name in overview.shown)


def _index_figure(card: Card, row: Any) -> Figure:
    return Figure(
        id=INDEX,
        name=card.title,
        value=number(row["index"]),
        lower=number(row["lower"]),
        upper=number(row["upper"]),
        value_text=row["index_text"],
        interval_text=row["interval"],
        change_text=row["change_text"],
        change_words=card.change_words or "",
        sentence=card.sentence or "",
        source=card.source,
        data_through=card.data_through,
    )


def _figure(reader: SnapshotReader, context: Context, item: Indicator, row: pd.Series, change: pd.Series) -> Figure:
    language = context.language
    known = row["status"] in WITH_VALUE
    return Figure(
        id=item.id,
        name=item.label(language),
        value=number(row["value"]) if known else None,
        lower=number(row["lower"]) if known else None,
        upper=number(row["upper"]) if known else None,
        value_text=value_text(item, row, language),
        interval_text=(interval_text(item, row) or "") if known else "",
        change_text=change_text(item, change, language) if known else formatting.MISSING,
        change_words=words_of_change(item, change, language) if known else "",
        sentence=change_sentence(item, change, language) if known else "",
        source=indicator_source(reader, context.viewer, item, language, context.period),
        data_through=None if pd.isna(row["data_through"]) else pd.Timestamp(row["data_through"]).date(),
    )


def _standing(ranking: RankingScreen, code: str, language: str) -> Standing:
    row: Any = ranking.rows.loc[code]
    months = tuple(str(month) for month in ranking.league.months)
    strip = tuple(str(grade) for grade in row["strip"])
    return Standing(
        region_code=code,
        name=str(row["name"]),
        grade=str(row["grade"]),
        grade_word=t(f"grade.{row['grade']}", language),
        index=number(row["index"]),
        lower=number(row["lower"]),
        upper=number(row["upper"]),
        index_text=str(row["index_text"]),
        interval_text=str(row["interval"]),
        rank_best=int(row["rank_best"]),
        rank_worst=int(row["rank_worst"]),
        rank_text=str(row["rank"]),
        change=number(row["change"]),
        change_text=str(row["change_text"]),
        months_red=int(row["months_red"]),
        probability_red=number(row["probability_red"]),
        stage=str(row["stage"]),
        months=months,
        strip=strip,
        strip_words=tuple(t(f"grade_short.{grade}", language) for grade in strip),
        losses=_losses(ranking, code, language),
        reasons=str(row["reasons"]),
    )


def _losses(ranking: RankingScreen, code: str, language: str) -> tuple[Loss, ...]:
    components, settings = index_settings().components, briefing_settings()
    frame = reasons_of(ranking.league, code, language)
    worst = frame[frame["lost_points"] >= 0.05].head(settings.costliest)
    return tuple(
        Loss(
            component=str(key),
            name=row["component"],
            figure=row["figure"],
            points_lost=float(row["lost_points"]),
            lost_text=row["lost"],
            unit=row["unit"],
            deadline=row["deadline"],
            lead_post=settings.lead_post(components[str(key)].dimension, language),
        )
        for key, row in worst.iterrows()
    )


def _matrix(creation: Creation, language: str) -> tuple[tuple[MatrixLine, ...], tuple[TownshipRow, ...]]:
    """Return the matrix of townships without homicide as the assessment page shows it; empty without townships."""
    if creation.matrix is None:
        return (), ()
    columns = [line_column(line) for line in creation.matrix.settings.line]
    lines = tuple(MatrixLine(int(row["number"]), row["name"], row["rule"]) for row in creation.lines.to_dict("records"))
    townships = tuple(
        TownshipRow(
            region_code=str(code),
            name=row["name"],
            county=row["county"],
            verdict=row["verdict"],
            streak=int(row["streak"]),
            grades=tuple(str(row[column]) for column in columns),
            words=tuple(t(f"grade_short.{row[column]}", language) for column in columns),
        )
        for code, row in zip(creation.rows.index, creation.rows.to_dict("records"), strict=True)
    )
    return lines, townships


def _pages(context: Context, regions: pd.DataFrame, base: _Numbers, decisions: Decisions) -> tuple[RegionPage, ...]:
    """Return one page a region, in the order of the agenda."""
    settings, language = briefing_settings(), context.language
    codes = {standing.region_code for standing in base.standings}
    owner = {code: _above(regions, code, codes) for code in {each.region_code for each in decisions.earlier}}
    pages = []
    for standing in agenda_order(base.standings):
        code = standing.region_code
        own = tuple(each for each in ordered(decisions.earlier) if owner[each.region_code] == code)
        facts = dict(base.facts[code])
        late = [each for each in own if each.state == "overdue"]
        if late:
            facts["decisions_overdue"] = Fact(len(late), detail=late[0].unit)
        pages.append(
            RegionPage(
                standing=standing,
                outcome=base.outcomes[code],
                overdue=base.overdue_of[code][: settings.overdue_beside],
                overdue_count=len(base.overdue_of[code]),
                decisions=own,
                questions=questions_of(facts, language),
                empty_reason="" if standing.index is not None else t("briefing.no_index", language),
            )
        )
    return tuple(pages)


def agenda_order(standings: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """Return the regions red first, then by how much their index fell, then those without an index."""
    return tuple(
        sorted(
            standings,
            key=lambda each: (
                each.grade != "red",
                each.index is None,
                each.change if each.change is not None else 0.0,
                each.region_code,
            ),
        )
    )


def _facts(
    standing: Standing,
    overdue: tuple[OverdueItem, ...],
    packaged: pd.Series,
    change: pd.Series,
    outcome: str,
) -> dict[str, Fact]:
    packages = [each for each in overdue if each.kind == "case_package"]
    facts = {
        "months_red": Fact(standing.months_red),
        "not_graded": Fact(float(standing.index is None)),
        "outcome_worse_beyond_chance": Fact(
            float(change["beyond_chance"] is True and change["verdict"] == "worse"), name=outcome
        ),
    }
    if packages:
        facts["packages_overdue"] = Fact(len(packages), detail=packages[0].owner)
    if packaged["status"] in WITH_VALUE:
        facts["red_without_package"] = Fact(packaged["denominator"] - packaged["numerator"])
    if standing.losses:
        worst = standing.losses[0]
        facts["points_lost"] = Fact(worst.points_lost, name=worst.name, detail=worst.unit)
    if standing.change is not None:
        facts["index_fall"] = Fact(-standing.change)
    return facts


def _overdue(reader: SnapshotReader, context: Context, region: str, as_of: date, limit: int) -> tuple[OverdueItem, ...]:
    """Return what is past due in a region, longest first, at most ``limit``."""
    if not context.viewer.permissions.records:
        return ()
    language = context.language
    rows = reader.overdue(context.viewer, region, as_of, limit)
    regions = reader.regions(context.viewer)
    suffix = "_en" if language == "en" else ""
    return tuple(
        OverdueItem(
            kind=row["kind"],
            item=row[f"task{suffix}"] or t(f"overdue.{row['kind']}", language),
            region_code=row["region_code"],
            region_name=region_name(regions, row["region_code"], language),
            owner=row[f"owner{suffix}"],
            due_on=pd.Timestamp(row["due_on"]).date(),
            days_overdue=int(row["days_overdue"]),
        )
        for row in rows.to_dict("records")
    )


def _problems(
    reader: SnapshotReader, scope: Scope, pages: tuple[RegionPage, ...], language: str
) -> tuple[Problem, ...]:
    """Return the problems of regions that are not blue: the costliest lines of the index, and what is past due."""
    settings, components = briefing_settings(), index_settings().components
    problems: list[Problem] = []
    for page in pages:
        standing = page.standing
        if standing.grade not in ("red", "yellow"):
            continue
        for loss in standing.losses[: settings.problems_each]:
            if loss.points_lost < settings.least_points_lost:
                continue
            problems.append(
                Problem(
                    region_code=standing.region_code,
                    problem=t("briefing.problem_index", language, region=standing.name, name=loss.name),
                    evidence=t("briefing.evidence_index", language, figure=loss.figure, lost=loss.lost_text),
                    unit=t("briefing.unit_of", language, region=standing.name, unit=loss.unit),
                    lead_post=t("briefing.post_of", language, region=standing.name, post=loss.lead_post),
                    source=indicator_source(reader, scope, components[loss.component].members[0], language),
                )
            )
        if page.overdue_count:
            longest = page.overdue[0]
            problems.append(
                Problem(
                    region_code=standing.region_code,
                    problem=t("briefing.problem_overdue", language, region=standing.name),
                    evidence=t(
                        "briefing.evidence_overdue",
                        language,
                        count=page.overdue_count,
                        days=formatting.days(longest.days_overdue, language),
                    ),
                    unit=t("briefing.longest_with", language, owner=longest.owner),
                    lead_post=t(
                        "briefing.post_of", language, region=standing.name, post=settings.lead_post("E", language)
                    ),
                    source=t("briefing.source_overdue", language),
                )
            )
    return tuple(problems)


def _steps(pages: tuple[RegionPage, ...], decisions: Decisions, language: str) -> tuple[Step, ...]:
    """Return what was decided in this meeting; before it, steps drawn from the figures and marked as proposals."""
    settings = briefing_settings()
    if decisions.new:
        return tuple(
            Step(each.task, each.unit, formatting.day(each.due_on), each.due_on, False) for each in decisions.new
        )
    cost: dict[str, list[tuple[Standing, Loss]]] = {}
    for page in pages:
        for loss in page.standing.losses:
            cost.setdefault(loss.component, []).append((page.standing, loss))
    ranked = sorted(cost.values(), key=lambda pairs: -sum(loss.points_lost for _, loss in pairs))
    steps = []
    for pairs in ranked[: settings.most_steps]:
        worst = sorted(pairs, key=lambda pair: -pair[1].points_lost)[: settings.costliest]
        names = t("ranking.and", language).join(standing.name for standing, _ in worst)
        loss = worst[0][1]
        task = t("briefing.step_task", language, name=loss.name, regions=names)
        due = t("briefing.step_due", language, days=loss.deadline)
        steps.append(Step(task, loss.unit, due, None, True))
    return tuple(steps)


def _above(regions: pd.DataFrame, code: str, codes: set[str]) -> str | None:
    """Return which of ``codes`` a region is or lies in."""
    step: object = code
    while isinstance(step, str) and step in regions.index:
        if step in codes:
            return step
        step = regions.at[step, "parent_code"]
    return None


def number(value: object) -> float | None:
    """Return a number as it is kept: None when missing."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    result = float(value)  # type: ignore[arg-type]
    return result if math.isfinite(result) else None
