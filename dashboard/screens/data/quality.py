"""Data quality: what suggests a check, where, how sure; and declared figures beside computed ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pandas as pd

from dashboard import formatting
from dashboard.context import Context, region_path
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import find_indicator
from dashboard.memory import kept
from dashboard.quality.checks import CHECKS, Findings, findings
from dashboard.quality.declared import compared
from dashboard.quality.settings import declared_figures, quality_checks
from dashboard.screens.children import depth_of, level_name, names_of
from dashboard.screens.data.corrections import Corrections, corrections_screen
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import chance_text
from dashboard.sources import source_name
from data_access.queries import SnapshotInfo, SnapshotReader

COUNTY = 1
ALL = "all"


@dataclass(frozen=True)
class QualityScreen:
    """What the data-quality page draws."""

    verdict: str
    chance_sentence: str
    found: Findings
    level_name: str
    """Of the regions that are checked."""
    marks: pd.DataFrame
    """What suggests a check, as written."""
    matrix: pd.DataFrame
    """Counties down, those with most first, checks across: how many are suggested, or why there is nothing to say."""
    declared: pd.DataFrame
    declared_note: str
    no_declared: tuple[str, ...]
    """Why no figure is declared, and where to look for them."""
    span: str
    sources: str
    """Of all rows that were checked."""
    tables: tuple[ScreenTable, ...]
    corrections: Corrections | None = None
    """What people declared wrong; it changes under one snapshot and is not kept."""


def quality_screen(reader: SnapshotReader, context: Context) -> QualityScreen:
    """Prepare the checks of the counties below the context's region (its own county for a township or a grid)."""
    checked, corrections = checks_screen(reader, replace(context, own=())), corrections_screen(reader, context)
    return replace(checked, corrections=corrections, tables=(*checked.tables, corrections.table))


@kept
def checks_screen(reader: SnapshotReader, context: Context) -> QualityScreen:
    """Prepare all of the page but what people declare, which changes under one snapshot."""
    language = context.language
    regions = reader.regions(context.viewer)
    codes = _counties(regions, context.region)
    level = level_name(reader.snapshot(), depth_of(regions, codes[0]), language)
    found = findings(reader, context.viewer, codes, context.period)
    every = _written(context, reader.snapshot(), found.rows, regions)
    marks = every[every["marked"]].reset_index(drop=True)
    matrix = _matrix(context, found.rows, codes, regions)
    declared = compared(reader, context.viewer, language)
    ours = reader.snapshot().name("zh") == declared_figures().data_set
    span = t("quality.span", language, start=formatting.day(found.start), end=formatting.day(found.end))
    return QualityScreen(
        verdict=_verdict(context, found, marks, declared),
        chance_sentence=_chance_sentence(found, language),
        found=found,
        level_name=level,
        marks=marks,
        matrix=matrix,
        declared=declared,
        declared_note=_declared_note(declared, ours, language),
        no_declared=_no_declared(ours, language),
        span=span,
        sources=t("card.source_joint", language).join(dict.fromkeys(every["source_word"]))
        or t("card.no_source", language),
        tables=_tables(language, level, marks, every, matrix, declared),
    )


def _counties(regions: pd.DataFrame, code: str) -> tuple[str, ...]:
    inside = regions.index[(regions["depth"] == COUNTY) & regions["in_scope"]]
    path = region_path(regions, code)
    if len(path) > COUNTY:
        return (path[COUNTY],)
    return tuple(inside) or (code,)


def _written(context: Context, snapshot: SnapshotInfo, rows: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return the checks in words: what was found, what is usual, how likely by chance, what to look at."""
    language = context.language
    records = rows.to_dict("records")
    codes = rows["region_code"].unique().tolist()
    known = tuple(code for code in codes if code in regions.index)
    names = dict.fromkeys(codes) | dict(zip(known, names_of(regions, known, language).tolist(), strict=True))
    ways = {code: context.href("quality", region=code) for code in codes}
    sources = {source: source_name(snapshot, source, language) for source in rows["source"].unique().tolist()}
    by_rule = t("quality.by_rule", language)
    written: dict[str, list[str]] = {
        "check_word": [t(f"quality.check_{row['check']}", language) for row in records],
        "source_word": [sources[row["source"]] for row in records],
        "region": [names[row["region_code"]] or row["region_code"] for row in records],
        "detail_word": [_detail(row, language) for row in records],
        "found_text": [_figure(row["check"], row["found"], language) for row in records],
        "usual_text": [_figure(row["check"], row["usual"], language) for row in records],
        "base_text": [formatting.number(row["base"]) if row["base"] == row["base"] else "" for row in records],
        "chance_text": [chance_text(row["chance"]) if row["chance"] == row["chance"] else by_rule for row in records],
        "suggestion": [t(f"quality.suggest_{row['check']}", language) for row in records],
        "status": [t("quality.suggested" if row["marked"] else "quality.nothing", language) for row in records],
        "href": [ways[row["region_code"]] for row in records],
    }
    return pd.concat([rows, pd.DataFrame(written)], axis=1)


def _detail(row: dict, language: str) -> str:
    name, detail = row["check"], str(row["detail"])
    if name == "missing":
        return t(f"quality.field_{detail}", language)
    if name in ("minute_digit", "value_digit"):
        return t("quality.digit", language, digit=detail)
    if name == "always_full":
        return find_indicator(detail).label(language)
    return ""


def _figure(check: str, value: float, language: str) -> str:
    if pd.isna(value):
        return ""
    if check == "late":
        return formatting.days(value, language)
    if check == "gap":
        return formatting.number(value)
    return formatting.percent(value)


def _matrix(context: Context, rows: pd.DataFrame, codes: tuple[str, ...], regions: pd.DataFrame) -> pd.DataFrame:
    language = context.language
    of, checks, marked = (rows[name].tolist() for name in ("region_code", "check", "marked"))
    looked = Counter(zip(of, checks, strict=True))
    marks = Counter((code, check) for code, check, mark in zip(of, checks, marked, strict=True) if mark)
    totals = [sum(marks[code, check] for check in CHECKS) for code in codes]
    columns: dict[str, object] = {"region": names_of(regions, codes, language).tolist()}
    for check in CHECKS:
        columns[check] = [_cell(marks[code, check], looked[code, check], language) for code in codes]
    columns["total"] = totals
    columns["total_text"] = [formatting.number(value) for value in totals]
    columns["href"] = [context.href("quality", region=code) for code in codes]
    return pd.DataFrame(columns, index=list(codes)).sort_values("total", ascending=False, kind="stable")


def _cell(number: int, tests: int, language: str) -> str:
    if not tests:
        return t("quality.cell_no_data", language)
    return t("quality.cell_suggested", language, count=number) if number else t("quality.cell_nothing", language)


def _verdict(context: Context, found: Findings, marks: pd.DataFrame, declared: pd.DataFrame) -> str:
    language = context.language
    if found.rows.empty:
        return t("quality.no_data", language)
    said = [t("quality.verdict", language, count=found.marked)]
    if len(marks):
        counts = marks["region"].value_counts()
        said.append(t("quality.verdict_most", language, name=str(counts.index[0]), number=int(counts.iloc[0])))
    if len(declared):
        different = int((~declared["same"].astype(bool)).sum())
        said.append(t("quality.verdict_declared", language, number=len(declared), count=different))
    if len(marks):
        said.append(t("quality.verdict_no_verdict", language))
    return t("overview.joint", language).join(said) + t("overview.stop", language)


def _chance_sentence(found: Findings, language: str) -> str:
    if not found.tested:
        return t("quality.nothing_tested", language)
    return t(
        "quality.chance",
        language,
        tested=formatting.number(found.tested),
        marked=found.marked_by_test,
        expected=formatting.number(found.by_chance, 1),
        limit=f"{formatting.number(quality_checks().chance * 100, 1)}%",
    )


def _no_declared(ours: bool, language: str) -> tuple[str, ...]:
    if ours:
        return t("quality.declared_empty", language), t("quality.declared_advice", language)
    return (t("quality.declared_other", language),)


def _declared_note(declared: pd.DataFrame, ours: bool, language: str) -> str:
    if not ours:
        return ""
    figures = declared_figures()
    name = localised(language, figures.document, figures.document_en)
    return t("quality.declared_none" if declared.empty else "quality.declared_note", language, name=name)


_MARK_COLUMNS = {
    "check_word": "check",
    "region": "region",
    "source_word": "source",
    "detail_word": "detail",
    "found": "found",
    "usual": "usual",
    "base": "base",
    "chance": "chance",
    "suggestion": "suggestion",
}


def _tables(
    language: str, level: str, marks: pd.DataFrame, every: pd.DataFrame, matrix: pd.DataFrame, declared: pd.DataFrame
) -> tuple[ScreenTable, ...]:
    headings = {
        name: level if key == "region" else t(f"quality_column.{key}", language) for name, key in _MARK_COLUMNS.items()
    }
    checks = {name: t(f"quality.check_{name}", language) for name in CHECKS}
    counties = {"region": headings["region"], **checks, "total": t("quality_column.total", language)}
    names = ("figure", "period", "declared", "computed", "difference", "unit", "remark")
    figures = {name: t(f"quality_column.{name}", language) for name in names}
    status = {**headings, "status": t("quality_column.status", language)}
    marks, every = (_with_rule(frame, language) for frame in (marks, every))
    return (
        ScreenTable("marks", t("quality.title_marks", language), marks, headings),
        ScreenTable("matrix", t("quality.title_matrix", language, level=level), matrix, counties),
        ScreenTable("declared", t("quality.title_declared", language), declared, figures),
        ScreenTable("all", t("quality.title_all", language), every, status),
    )


def _with_rule(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the checks with "by rule" where no chance was computed, as on screen."""
    if frame.empty:
        return frame
    chance = frame["chance"].astype(object)
    return frame.assign(chance=chance.where(chance.notna(), t("quality.by_rule", language)))
