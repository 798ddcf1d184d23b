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
from dashboard.screens.children import Listed, listed_regions, names_of
from dashboard.screens.kept import kept
from dashboard.screens.overview import headline_of
from dashboard.screens.shared import shared_values
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import Triggers, chance_text, triggers_of
from data_access.queries import SnapshotReader

COSTLIEST = 3
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
        return bool((self.league.rows["grade"] != "insufficient").any())


@kept
def ranking_screen(reader: SnapshotReader, context: Context) -> RankingScreen:
    """Prepare the ranking of the regions below the current one, for the last month of the period."""
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, snapshot)
    last_day = min(context.period.end, snapshot.data_through)
    month = pd.Period(last_day, freq="M")
    names = names_of(regions, listed.codes, context.language)
    league = league_of(reader, context.viewer, listed.codes, month)
    worst = league.rows.index[0]
    selected = context.own_value("of", listed.codes, listed.selected or worst)
    year = last_day.year if (last_day.month, last_day.day) == (12, 31) else last_day.year - 1
    rising = rising_years(reader, context.viewer, listed.codes, year)
    townships = townships_below(regions, listed.parent) or list(listed.codes)
    clean = clean_years(reader, context.viewer, townships, year)
    every = tuple(dict.fromkeys((*listed.codes, *townships)))
    every_name = names_of(regions, every, context.language)
    triggers = triggers_of(reader, context, league, rising, clean, every_name, index_settings())
    problems = _problems(league, names, context.language)
    sheets = review_sheets(league, index_settings())
    rows = _rows(context, league, names)
    headline = headline_of(reader)
    funnel_of = headline if headline.display_form == "rate" else find_indicator(FUNNEL_INDICATOR)
    return RankingScreen(
        month=month,
        listed=listed,
        league=league,
        names=names,
        rows=rows,
        selected=selected,
        reasons=reasons_of(league, selected, context.language),
        funnel=_funnel(reader, context, funnel_of, listed, names),
        funnel_of=funnel_of,
        rising=rising,
        clean=clean,
        sheets=sheets,
        triggers=triggers,
        problems=problems,
        verdict=_verdict(league, names, sheets, context.language),
        tables=(_league_table(rows, context.language), *triggers.tables, _problem_table(problems, context.language)),
    )


def reasons_of(league: League, code: str, language: str) -> pd.DataFrame:
    """Return why a region has the index it has: each component's figure, points, and who answers by when."""
    frame = league.contributions(code)
    components = index_settings().components
    gained = rounded_points(frame["points"].fillna(0.0).to_numpy())
    known = frame["score"].notna().to_numpy()
    missing = [t("ranking.hidden" if key in league.hidden else "ranking.no_data", language) for key in frame.index]
    return pd.DataFrame(
        {
            "component": [t(f"component.{key}", language) for key in frame.index],
            "figure": [
                _figure(components[key], value) if has else why
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


def basis_note(league: League, language: str) -> str:
    """Return that a role is graded without what rests on small counts; nothing for a role that sees them."""
    if not league.hidden:
        return ""
    weight = sum(index_settings().components[name].weight for name in league.hidden)
    return t("ranking.without_hidden", language, share=formatting.percent(1 - weight / 100).replace(".0%", "%"))


def sheets_text(league: League, sheets: list[str], names: pd.Series, language: str) -> str:
    """Return which regions are due a review sheet, and how often chance alone would ask for one."""
    listed = t("ranking.and", language).join(names[code] for code in sheets)
    evidence = review_evidence(league, index_settings())["chance"]
    return t("ranking.sheets", language, names=listed, chance=chance_text(float(evidence.max())))


def rank_text(best: int, worst: int) -> str:
    """Return a rank or the range of ranks that the interval allows."""
    if best == 0:
        return formatting.MISSING
    return str(best) if best == worst else f"{best}–{worst}"


def _rows(context: Context, league: League, names: pd.Series) -> pd.DataFrame:
    language = context.language
    rows = league.rows
    reasons = []
    for code in rows.index:
        lost = league.contributions(code).head(COSTLIEST)
        parts = [
            t("ranking.reason", language, name=t(f"component.{key}", language), points=formatting.number(value, 1))
            for key, value in lost["lost"].items()
            if value >= 0.05
        ]
        reasons.append(t("overview.joint", language).join(parts))
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
        reasons=reasons,
        strip=[league.grades.loc[code].tolist() for code in rows.index],
        href=[context.href("ranking", of=code) for code in rows.index],
        down=[context.href("ranking", region=code, of=None) for code in rows.index],
    )


def _league_table(rows: pd.DataFrame, language: str) -> ScreenTable:
    """Return the league with numbers as numbers and grades in words."""
    names = ("name", "grade", "index", "lower", "upper", "rank", "change", "months_red", "probability_red", "reasons")
    return ScreenTable(
        "league",
        t("nav.ranking", language),
        rows.assign(grade=[t(f"grade.{grade}", language) for grade in rows["grade"]]),
        {name: t(f"ranking_column.{name}", language) for name in names},
    )


def townships_below(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the townships in scope below ``code``, which the award is for."""
    chosen = (regions["depth"] == TOWNSHIP_DEPTH) & regions["in_scope"]
    below = {code}
    for each, parent in zip(regions.index, regions["parent_code"], strict=True):
        if parent in below:
            below.add(each)
    return [each for each in regions.index[chosen] if each in below and each != code]


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
    return f"{formatting.MINUS}{formatting.number(points, 1)}" if points >= 0.05 else "0"


def _figure(component: Component, value: float) -> str:
    return formatting.number(value, 2) if component.kind == "relative_risk" else formatting.percent(value)


def _funnel(
    reader: SnapshotReader, context: Context, indicator: Indicator, listed: Listed, names: pd.Series
) -> pd.DataFrame:
    frame = shared_values(reader, context, indicator, listed.codes)
    return pd.DataFrame(
        {"name": names, "exposure": frame["denominator"], "value": frame["value"], "numerator": frame["numerator"]}
    ).dropna(subset=["value", "exposure"])


def _verdict(league: League, names: pd.Series, sheets: list[str], language: str) -> str:
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
    parts += _tie_words(league.rows, language)
    parts += [note for note in (basis_note(league, language),) if note]
    return t("overview.joint", language).join(parts) + t("overview.stop", language)


def _tie_words(rows: pd.DataFrame, language: str) -> list[str]:
    """Return whether ranks tell regions apart, where several have one."""
    ranked = rows[rows["rank_best"] > 0]
    if len(ranked) < 2:
        return []
    tied = int(((ranked["rank_best"] == 1) & (ranked["rank_worst"] == len(ranked))).sum())
    if tied == len(ranked):
        return [t("ranking.all_tied", language)]
    return [t("ranking.some_tied", language, count=len(ranked) - tied, of=len(ranked))]
