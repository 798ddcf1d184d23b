"""What the rules on red months, rising years and clean years ask for: result, evidence, vetoes, and the rows behind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.assessment import assessment_settings
from dashboard.grading.league import League
from dashboard.grading.settings import IndexSettings
from dashboard.grading.townships.settings import matrix_settings
from dashboard.grading.townships.vetoes import FIELDS, veto_fields
from dashboard.grading.triggers import (
    CLEAN_YEARS,
    HOMICIDE_RATE,
    RISES,
    CleanYears,
    RisingYears,
    review_basis,
    review_evidence,
)
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.screens.tables import ScreenTable
from dashboard.sources import has_source
from data_access.access import Scope
from data_access.queries import SnapshotReader

RULES = ("sheets", "rising", "clean")
NO_ROWS = "none"
MONTH_COLUMNS = ("month", "index", "lower", "upper", "probability_red", "grade", "stage", "counted")
YEAR_COLUMNS = ("year", "cases", "person_years", "rate", "lower", "upper", "status")
CHANCE_LIMIT = evaluation_rules().chance_limit


@dataclass(frozen=True)
class TriggerList:
    """One rule: whom it names, and the rows behind it.

    Parameters
    ----------
    rule : {"sheets", "rising", "clean"}
    title : str
    rows : DataFrame
        Indexed by region: ``name, rule, evidence, rejection, no_excellence`` (the two vetoes) and ``href`` of its rows.
    note : str
        What must be said of the whole list.
    why_empty : str
        Why it names nobody.
    """

    rule: str
    title: str
    rows: pd.DataFrame
    note: str
    why_empty: str


@dataclass(frozen=True)
class TriggerRows:
    """The rows behind one rule at one region, as written."""

    rule: str
    title: str
    name: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Triggers:
    """All three rules, and the rows that the address asks for."""

    lists: tuple[TriggerList, ...]
    behind: TriggerRows | None
    tables: tuple[ScreenTable, ...]


@dataclass(frozen=True)
class Found:
    """What the three rules find among some regions, the same for whoever looks at one of them.

    Parameters
    ----------
    lists : tuple of TriggerList
        Without the links to their rows.
    numbers : mapping
        Rule → region → the rows behind it, numbers as numbers.
    names : Series
        Names on screen of all regions of the three lists, by code.
    tables : tuple of ScreenTable
    """

    lists: tuple[TriggerList, ...]
    numbers: Mapping[str, Mapping[str, pd.DataFrame]]
    names: pd.Series
    tables: tuple[ScreenTable, ...]


def found_by_rules(
    reader: SnapshotReader,
    viewer: Scope,
    league: League,
    rising: RisingYears,
    clean: CleanYears,
    names: pd.Series,
    settings: IndexSettings,
    *,
    parent: str,
    award_level: str,
    language: str,
) -> Found:
    """Prepare the three lists: red months and rising years of the regions of the league, clean years of those of ``clean``.

    Parameters
    ----------
    names : Series
        Names on screen of all regions of the three lists, by code.
    parent : str
        Region of the viewer's scope that has all of them, whose vetoes are read.
    award_level : str
        What the data set calls the regions of ``clean``.
    """
    vetoes = _vetoes(reader, viewer, parent, list(names.index), league.months[-1].year, language)
    sheets = review_evidence(league, settings)
    title = {rule: t(f"ranking.list_{rule}", language, level=award_level) for rule in RULES}
    why_none = {rule: t(f"ranking.none_{rule}", language) for rule in RULES}
    if not league.grades_any:
        why_none["sheets"] = t("ranking.not_graded", language)
    told = has_source(reader, viewer, find_indicator(HOMICIDE_RATE))
    unjudged = t("ranking.none_judged" if told else "ranking.no_homicides", language)
    if len(rising.unknown) == len(league.rows):
        why_none["rising"] = unjudged
    if len(clean.unknown) == clean.regions:
        why_none["clean"] = unjudged
    rows = {
        "sheets": _sheet_rows(sheets, league, settings, language),
        "rising": _rising_rows(rising, language),
        "clean": _clean_rows(clean, language),
    }
    notes = dict.fromkeys(RULES, "")
    if told or rising.hidden:
        notes |= {"rising": _rising_note(rising, language), "clean": _clean_note(clean, language)}
    lists = tuple(
        TriggerList(rule, title[rule], _written(rows[rule], names, vetoes, language), notes[rule], why_none[rule])
        for rule in RULES
    )
    numbers = {
        "sheets": {str(code): review_basis(league, str(code), settings) for code in sheets.index},
        "rising": {str(code): rising.basis.loc[code] for code in rising.rows.index},
        "clean": {str(code): clean.basis.loc[code] for code in clean.rows.index},
    }
    tables = (
        *(_list_table(each, language) for each in lists),
        *(_rows_table(rule, title[rule], numbers[rule], names, language) for rule in RULES),
    )
    return Found(lists, numbers, names, tables)


def triggers_of(context: Context, found: Found) -> Triggers:
    """Return the three lists with their links, and the rows that the address asks for."""
    language, names = context.language, found.names
    lists = tuple(
        replace(each, rows=each.rows.assign(href=context.hrefs("ranking", "of", each.rows.index, rows=each.rule)))
        for each in found.lists
    )
    asked = context.own_value("rows", RULES, NO_ROWS)
    code = context.own_value("of", tuple(map(str, names.index)), "")
    basis = found.numbers.get(asked, {}).get(code)
    behind = None
    if basis is not None:
        title = next(each.title for each in lists if each.rule == asked)
        rows = _month_rows(basis, language) if asked == "sheets" else _year_rows(basis, language)
        behind = TriggerRows(asked, title, names[code], rows)
    return Triggers(lists=lists, behind=behind, tables=found.tables)


def rising_evidence(rising: RisingYears, language: str) -> list[str]:
    """Return how sure each rise is: what chance alone would do, and the last year against the first."""
    rows = rising.rows
    counts_rose = np.asarray((np.diff(rows[list(rising.years)].to_numpy(float), axis=1) > 0).all(axis=1))
    return [
        t("ranking.chance_here", language, chance=chance_text(chance))
        + t("ranking.first_to_last_sure" if p_value < CHANCE_LIMIT else "ranking.first_to_last_chance", language)
        if rose
        else t("ranking.people", language)
        for chance, rose, p_value in zip(rows["chance"], counts_rose.tolist(), rows["p_value"], strict=True)
    ]


def chance_text(chance: float) -> str:
    """Return a probability as written on screen, never as a bare 0 or 100 %."""
    if np.isnan(chance):
        return formatting.MISSING
    if chance < 0.001:
        return "<0.1%"
    return ">99.9%" if chance > 0.999 else f"{formatting.number(chance * 100, 1)}%"


def _vetoes(
    reader: SnapshotReader, viewer: Scope, parent: str, codes: list[str], year: int, language: str
) -> pd.DataFrame:
    """Return the two vetoes of each region in words; without the right to records both stay unsaid."""
    if not viewer.permissions.records:
        return pd.DataFrame(t("ranking.hidden", language), index=codes, columns=list(FIELDS))
    fields = veto_fields(reader.vetoes(viewer, parent, year, year), codes, year)
    words = assessment_settings().veto
    none = t("ranking.no_veto", language)
    return fields.map(lambda state: words.label("statuses", state, language) if state else none)


def _written(rows: pd.DataFrame, names: pd.Series, vetoes: pd.DataFrame, language: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": names.reindex(rows.index),
            "rule": rows["rule"],
            "evidence": rows["evidence"],
            "rejection": vetoes["rejection"].reindex(rows.index),
            "no_excellence": vetoes["no_excellence"].reindex(rows.index),
            "behind": t("ranking.open_rows", language),
        },
        index=rows.index,
    )


def _sheet_rows(sheets: pd.DataFrame, league: League, settings: IndexSettings, language: str) -> pd.DataFrame:
    red = league.rows["months_red"].reindex(sheets.index)
    least = settings.red_months_for_review
    return pd.DataFrame(
        {
            "rule": [t("ranking.rule_sheet", language, months=int(months), least=least) for months in red],
            "evidence": [
                t("ranking.sheet_chance", language, chance=chance_text(chance)) for chance in sheets["chance"]
            ],
        },
        index=sheets.index,
    )


def _rising_rows(rising: RisingYears, language: str) -> pd.DataFrame:
    rule = t("ranking.rule_rising", language, count=RISES)
    index = rising.rows.index
    return pd.DataFrame({"rule": [rule] * len(index), "evidence": rising_evidence(rising, language)}, index=index)


def _clean_rows(clean: CleanYears, language: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": [t("ranking.rule_clean", language, count=CLEAN_YEARS)] * len(clean.rows),
            "evidence": [
                t("ranking.clean_chance", language, chance=chance_text(chance)) for chance in clean.rows["chance"]
            ],
        },
        index=clean.rows.index,
    )


def _rising_note(rising: RisingYears, language: str) -> str:
    if rising.hidden:
        return t("ranking.hidden_advice", language)
    said = []
    if not math.isnan(rising.somewhere):
        said.append(t("ranking.rising_note", language, chance=chance_text(rising.somewhere)))
    if rising.unknown:
        said.append(t("ranking.not_judged", language, count=formatting.number(len(rising.unknown))))
    return t("overview.joint", language).join(said)


def _clean_note(clean: CleanYears, language: str) -> str:
    if clean.hidden:
        return t("ranking.hidden_advice", language)
    counted = {"clean": formatting.number(clean.clean), "regions": formatting.number(clean.regions)}
    said = []
    if len(clean.unknown) < clean.regions and math.isnan(clean.expected):
        said.append(t("ranking.clean_unknown", language, **counted))
    elif len(clean.unknown) < clean.regions:
        rules = matrix_settings()
        said.append(t("ranking.clean", language, **counted, expected=formatting.number(round(clean.expected))))
        said.append(
            t(
                "ranking.clean_award",
                language,
                cost=formatting.count(clean.clean * rules.award_yuan, language),
                by_chance=formatting.count(round(clean.expected) * rules.award_yuan, language),
                fund=formatting.count(rules.fund_yuan, language),
            )
        )
    if clean.unknown:
        said.append(t("ranking.not_judged", language, count=formatting.number(len(clean.unknown))))
    return t("overview.joint", language).join(said)


def _month_rows(basis: pd.DataFrame, language: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": [str(month) for month in basis.index],
            "index": [formatting.number(value, 1) for value in basis["index"]],
            "interval": [
                formatting.interval(low, high, "index")
                for low, high in zip(basis["lower"], basis["upper"], strict=True)
            ],
            "probability_red": [chance_text(value) for value in basis["probability_red"]],
            "grade": [t(f"grade.{grade}", language) for grade in basis["grade"]],
            "stage": [t(f"indicator_stage.{stage}", language) for stage in basis["stage"]],
            "counted": [t("ranking.counted" if each else "ranking.not_counted", language) for each in basis["counted"]],
        }
    )


def _year_rows(own: pd.DataFrame, language: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "year": [str(year) for year in own.index],
            "cases": [formatting.number(value) for value in own["cases"]],
            "person_years": [formatting.number(value) for value in own["person_years"]],
            "rate": [formatting.rate(value) for value in own["rate"]],
            "interval": [
                formatting.interval(row["lower"], row["upper"], "rate", row["rate"]) for _, row in own.iterrows()
            ],
            "status": [t(f"indicator_status.{status}", language) for status in own["status"]],
        }
    )


def _list_table(each: TriggerList, language: str) -> ScreenTable:
    names = ("name", "rule", "evidence", "rejection", "no_excellence")
    return ScreenTable(
        each.rule,
        each.title,
        each.rows,
        {name: t(f"trigger_column.{name}", language) for name in names},
    )


def _rows_table(
    rule: str, title: str, numbers: Mapping[str, pd.DataFrame], names: pd.Series, language: str
) -> ScreenTable:
    """Return the rows behind one rule at all its regions, numbers as numbers."""
    known = MONTH_COLUMNS if rule == "sheets" else YEAR_COLUMNS
    frames = [rows.reset_index().assign(name=names[code]) for code, rows in numbers.items()]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["name", *known])
    if rule == "sheets":
        frame["month"] = [str(month) for month in frame["month"]]
        frame["grade"] = [t(f"grade.{grade}", language) for grade in frame["grade"]]
        frame["stage"] = [t(f"indicator_stage.{stage}", language) for stage in frame["stage"]]
    else:
        frame["status"] = [t(f"indicator_status.{status}", language) for status in frame["status"]]
    columns = {name: t(f"trigger_column.{name}", language) for name in ("name", *known)}
    return ScreenTable(f"{rule}_rows", t("ranking.rows_of", language, rule=title), frame, columns)
