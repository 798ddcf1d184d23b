"""The ranking: each region's grade and index with interval, ties and strip; why; what the rules ask for and how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.index import rounded_points
from dashboard.grading.league import League, league_of
from dashboard.grading.settings import Component, index_settings
from dashboard.grading.triggers import (
    CleanYears,
    RisingYears,
    clean_years,
    review_evidence,
    review_sheets,
    rising_years,
)
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.memory import kept
from dashboard.screens.children import Listed, depth_of, in_scope, level_word, listed_down_to, names_of
from dashboard.screens.league import (
    DEEPEST_GRADED,
    LEAST_LOST,
    basis_note,
    graded_month,
    late_note,
    league_table,
    tie_words,
    watched_notes,
    with_links,
    written_rows,
)
from dashboard.screens.overview import headline_of
from dashboard.screens.shared import shared_values
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import Found, Triggers, chance_text, found_by_rules, triggers_of
from data_access.access import Scope
from data_access.queries import SnapshotReader

TOWNSHIP_DEPTH = 2
FUNNEL_INDICATOR = "JQ2"
"""Drawn as a funnel unless the data set declares another rate as its outcome."""


@dataclass(frozen=True)
class RankingScreen:
    """What the ranking page draws."""

    month: pd.Period
    listed: Listed
    league: League
    names: pd.Series
    rows: pd.DataFrame
    """``name, index, rank, change, reasons, months_red, stage, href`` as written, in the league's order."""
    selected: str
    reasons: pd.DataFrame
    """Of the selected region: ``component, figure, points, full, lost, unit, deadline``."""
    why_note: str
    """How to read them, and why the region is watched if it is."""
    funnel: pd.DataFrame
    funnel_of: Indicator
    """Whose rates the funnel shows."""
    """``name, exposure, value, numerator`` of the homicide rate."""
    rising: RisingYears
    clean: CleanYears
    sheets: list[str]
    triggers: Triggers
    problems: pd.DataFrame
    """Figures that can't be true and were not scored, as written."""
    verdict: str
    tables: tuple[ScreenTable, ...]

    @property
    def is_graded(self) -> bool:
        """Whether the data set has what the index needs."""
        return self.league.grades_any


@dataclass(frozen=True)
class _Ranked:
    """What the page shows of some regions, the same for whoever looks at one of them; as :class:`RankingScreen`."""

    league: League
    names: pd.Series
    rows: pd.DataFrame
    """Without links."""
    rising: RisingYears
    clean: CleanYears
    sheets: list[str]
    found: Found
    problems: pd.DataFrame
    verdict: str
    league_table: ScreenTable
    problem_table: ScreenTable


@kept
def ranking_screen(reader: SnapshotReader, context: Context) -> RankingScreen:
    """Prepare the ranking of the regions below the current one, for the last month of the period.

    A township, and a grid in it, stands among the townships of its county: nothing finer is graded.
    """
    snapshot, language = reader.snapshot(), context.language
    regions = reader.regions(context.viewer)
    listed = listed_down_to(reader, context, DEEPEST_GRADED)
    last_day = min(context.period.end, snapshot.data_through)
    year = last_day.year if (last_day.month, last_day.day) == (12, 31) else last_day.year - 1
    month = graded_month(reader, context)
    parent = listed.parent if in_scope(regions, listed.parent) else context.region
    ranked = _ranked(reader, context.viewer, listed.parent, parent, listed.codes, month, year, language)
    league, names = ranked.league, ranked.names
    worst = league.rows.index[0]
    selected = context.own_value("of", listed.codes, listed.selected or worst)
    triggers = triggers_of(context, ranked.found)
    rows = with_links(context, ranked.rows)
    headline = headline_of(reader)
    funnel_of = headline if headline.display_form == "rate" else find_indicator(FUNNEL_INDICATOR)
    funnel = _funnel(reader, context, funnel_of, listed, names)
    reasons = reasons_of(league, selected, language)
    return RankingScreen(
        month=month,
        listed=listed,
        league=league,
        names=names,
        rows=rows,
        selected=selected,
        reasons=reasons,
        why_note=_why_note(str(rows.at[selected, "watched_text"]), language),
        funnel=funnel,
        funnel_of=funnel_of,
        rising=ranked.rising,
        clean=ranked.clean,
        sheets=ranked.sheets,
        triggers=triggers,
        problems=ranked.problems,
        verdict=ranked.verdict,
        tables=(
            ranked.league_table,
            _reasons_table(reasons, names[selected], language),
            _funnel_table(funnel, funnel_of, language),
            *triggers.tables,
            ranked.problem_table,
        ),
    )


@kept
def _ranked(
    reader: SnapshotReader,
    viewer: Scope,
    above: str,
    parent: str,
    codes: tuple[str, ...],
    month: pd.Period,
    year: int,
    language: str,
) -> _Ranked:
    """Rank ``codes``, the regions ``above`` has, for ``month``, with the rules on whole years up to ``year``.

    ``parent`` is the region of the viewer's scope whose vetoes are read.
    """
    snapshot, regions = reader.snapshot(), reader.regions(viewer)
    names = names_of(regions, codes, language)
    league = league_of(reader, viewer, codes, month)
    rising = rising_years(reader, viewer, codes, year)
    townships = townships_below(regions, above) or list(codes)
    clean = clean_years(reader, viewer, townships, year)
    every_name = names_of(regions, tuple(dict.fromkeys((*codes, *townships))), language)
    award_level = level_word(snapshot, depth_of(regions, townships[0]), language)
    found = found_by_rules(
        reader,
        viewer,
        league,
        rising,
        clean,
        every_name,
        index_settings(),
        parent=parent,
        award_level=award_level,
        language=language,
    )
    sheets = review_sheets(league, index_settings())
    rows = written_rows(reader, viewer, codes, month, language)
    problems = _problems(league, names, language)
    return _Ranked(
        league=league,
        names=names,
        rows=rows,
        rising=rising,
        clean=clean,
        sheets=sheets,
        found=found,
        problems=problems,
        verdict=_verdict(league, names, sheets, language),
        league_table=league_table(rows, language),
        problem_table=_problem_table(problems, language),
    )


def _reasons_table(reasons: pd.DataFrame, name: str, language: str) -> ScreenTable:
    names = ("component", "figure", "points", "full", "lost", "unit", "deadline")
    columns = {key: t(f"ranking.{key}", language) for key in names}
    return ScreenTable("reasons", t("ranking.why", language, name=name), reasons, columns)


def _funnel_table(funnel: pd.DataFrame, indicator: Indicator, language: str) -> ScreenTable:
    columns = {
        "name": t("column.name", language),
        "exposure": t("funnel.size", language),
        "value": indicator.unit_label(language),
        "numerator": t("column.numerator", language),
    }
    return ScreenTable("funnel", t("ranking.funnel", language, name=indicator.label(language)), funnel, columns)


def reasons_of(league: League, code: str, language: str) -> pd.DataFrame:
    """Return why a region has the index it has: each component's figure, points, and who answers by when."""
    frame = league.contributions(code)
    components = index_settings().components
    gained = rounded_points(frame["points"].fillna(0.0).to_numpy())
    known = frame["score"].notna().to_numpy()
    late = league.late(code)
    missing = [
        t("ranking.hidden" if key in league.hidden else "ranking.late" if key in late else "ranking.no_data", language)
        for key in frame.index
    ]
    return pd.DataFrame(
        {
            "component": [t(f"component.{key}", language) for key in frame.index],
            "figure": [
                _figure(league, components[key], code, value, language) if has else why
                for key, value, has, why in zip(frame.index, frame["value"], known, missing, strict=True)
            ],
            "points": [
                formatting.number(each, 1) if has else formatting.MISSING
                for each, has in zip(gained, known, strict=True)
            ],
            "full": [formatting.number(each, 1) for each in frame["full_points"]],
            "lost": [_lost(each) for each in frame["lost"]],
            "lost_points": frame["lost"].to_numpy(),
            "unit": [components[key].unit_label(language) for key in frame.index],
            "deadline": [formatting.days(components[key].deadline_days, language) for key in frame.index],
        },
        index=frame.index,
    )


def _why_note(watched: str, language: str) -> str:
    note = t("ranking.why_note", language)
    return f"{watched}{t('overview.stop', language)}{note}" if watched else note


def sheets_text(league: League, sheets: list[str], names: pd.Series, language: str) -> str:
    """Return which regions are due a review sheet, and how often chance alone would ask for one."""
    listed = t("ranking.and", language).join(names[code] for code in sheets)
    evidence = review_evidence(league, index_settings())["chance"]
    return t("ranking.sheets", language, names=listed, chance=chance_text(float(evidence.max())))


def townships_below(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the townships in scope below ``code``, which the award is for."""
    chosen = (regions["depth"].to_numpy() == TOWNSHIP_DEPTH) & regions["in_scope"].to_numpy(bool)
    below = {code}
    for each, parent in zip(regions.index.tolist(), regions["parent_code"].tolist(), strict=True):
        if parent in below:
            below.add(each)
    return [each for each in regions.index[chosen].tolist() if each in below and each != code]


def _problems(league: League, names: pd.Series, language: str) -> pd.DataFrame:
    rows = league.problems
    catalogue = load_catalogue()
    return pd.DataFrame(
        {
            "component": [t(f"component.{key}", language) for key in rows["component"]],
            "indicator": [catalogue[key].label(language) for key in rows["indicator"]],
            "name": names.reindex(rows["region_code"]).to_numpy(),
            "month": [str(month) for month in rows["month"]],
            "kind": [t(f"problem.{kind}", language) for kind in rows["kind"]],
            "numerator": [formatting.number(value) for value in rows["numerator"]],
            "denominator": [formatting.number(value) for value in rows["denominator"]],
        }
    )


def _problem_table(problems: pd.DataFrame, language: str) -> ScreenTable:
    columns = {str(name): t(f"trigger_column.{name}", language) for name in problems.columns}
    return ScreenTable("problems", t("ranking.problems", language), problems, columns)


def _lost(points: float) -> str:
    if np.isnan(points):
        return formatting.MISSING
    return f"{formatting.MINUS}{formatting.number(points, 1)}" if points >= LEAST_LOST else "0"


def _figure(league: League, component: Component, code: str, value: float, language: str) -> str:
    """Return a component's figure; shares of fewer than 30 as fractions, of each indicator and of what is taken off."""
    if component.kind == "relative_risk":
        return t("ranking.times_expected", language, value=formatting.number(value, 2))
    place = league.inputs.codes.index(code)
    counts = [
        tuple(side[component.id, item.id][place, -1] for side in (league.inputs.numerators, league.inputs.denominators))
        for item in (*component.members, *component.discounts)
    ]
    if min(base for _, base in counts) >= formatting.SMALLEST_PERCENT_BASE:
        return formatting.percent(value)
    return t("ranking.and", language).join(formatting.share(count, base, language) for count, base in counts)


def _funnel(
    reader: SnapshotReader, context: Context, indicator: Indicator, listed: Listed, names: pd.Series
) -> pd.DataFrame:
    frame = shared_values(reader, context, indicator, listed.codes)
    return pd.DataFrame(
        {"name": names, "exposure": frame["denominator"], "value": frame["value"], "numerator": frame["numerator"]}
    ).dropna(subset=["value", "exposure"])


def _verdict(league: League, names: pd.Series, sheets: list[str], language: str) -> str:
    if not league.grades_any:
        return t("ranking.not_graded", language)
    counts = league.rows["grade"].value_counts()
    parts = [
        t(
            "ranking.counts",
            language,
            red=int(counts.get("red", 0)),
            yellow=int(counts.get("yellow", 0)),
            blue=int(counts.get("blue", 0)),
            insufficient=int(counts.get("insufficient", 0)),
        )
    ]
    if sheets:
        parts.append(sheets_text(league, sheets, names, language))
    else:
        parts.append(t("ranking.no_sheets", language))
    parts += watched_notes(league, names, language)
    parts += tie_words(league.rows, language)
    parts += [note for note in (late_note(league, names, language), basis_note(league, language)) if note]
    return t("overview.joint", language).join(parts) + t("overview.stop", language)
