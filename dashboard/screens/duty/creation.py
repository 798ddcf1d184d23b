"""The creation of townships without homicide and the pool of pilot sites, as the assessment page shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.assessment import assessment_settings
from dashboard.grading.grades import BLUE, INSUFFICIENT, RED, YELLOW
from dashboard.grading.townships.matrix import MET, UNDECIDED, TownshipMatrix, matrix_of
from dashboard.grading.townships.settings import Line, matrix_settings
from dashboard.grading.townships.vetoes import COLUMNS as VETO_COLUMNS
from dashboard.i18n import localised, t
from dashboard.screens.children import level_headings, names_of
from dashboard.screens.tables import ScreenTable
from dashboard.sources import joint_source
from data_access.queries import SnapshotInfo, SnapshotReader

TOWNSHIP_DEPTH = 2
GRADES = (BLUE, YELLOW, RED, INSUFFICIENT)
STAGES = ("nurtured", "ripe", "accepted", "spread")
"""Stages of a pilot site in their order; the last one reached is where it stands."""
_TO_DO_FIRST = ("ripe", "accepted", "nurtured", "spread")
"""Order of the list: what waits to be accepted, then what waits to be spread."""
_LINE_COLUMNS = ("number", "name_of_line", "rule", "gate", "level", *GRADES)
VETO_YEARS = 5
"""Years of assessment whose vetoes are looked at."""


@dataclass(frozen=True)
class Creation:
    """The matrix of the townships of a region.

    Parameters
    ----------
    matrix : TownshipMatrix or None
        None where the region has no townships.
    rows : DataFrame
        One township a row as written, the nearest to the award first: ``name, county, verdict, streak, line_1 …``.
    lines : DataFrame
        One line of the matrix a row: ``number, name, rule``, how many townships are of each grade; for a single township
        its ``figure, interval`` and ``grade``.
    awards : DataFrame
        Townships on the list of proposals.
    """

    matrix: TownshipMatrix | None
    rows: pd.DataFrame
    lines: pd.DataFrame
    awards: pd.DataFrame
    tables: tuple[ScreenTable, ...]

    @property
    def met(self) -> int:
        """Townships that met the newest year."""
        return 0 if self.matrix is None else int((self.matrix.rows["verdict"] == MET).sum())

    @property
    def townships(self) -> int:
        """Townships looked at."""
        return 0 if self.matrix is None else len(self.matrix.codes)

    @property
    def is_judged(self) -> bool:
        """Whether the data say enough of any township to judge it."""
        return self.matrix is not None and bool((self.matrix.rows["verdict"] != UNDECIDED).any())

    @property
    def is_single(self) -> bool:
        """Whether the region is one township."""
        return self.townships == 1


def place_headings(area: str, snapshot: SnapshotInfo, language: str) -> dict[str, str]:
    """Return the headings of one of the page's tables that are the data set's own words for counties and townships."""
    level = level_headings(snapshot, language)
    own = {
        "assessment_effect": {"name": level["county"]},
        "creation_column": {"name": level["township"], "county": level["county"]},
        "pilot_column": {"place": level["county"]},
    }
    return own.get(area, {})


def vetoes_of(reader: SnapshotReader, context: Context, year: int) -> pd.DataFrame | None:
    """Return the vetoes of the last years, or None for a role that opens no records."""
    if not context.viewer.permissions.records:
        return None
    return reader.vetoes(context.viewer, context.region, year - VETO_YEARS + 1, year)


def creation_of(
    reader: SnapshotReader, context: Context, regions: pd.DataFrame, month: pd.Period, vetoes: pd.DataFrame | None
) -> Creation:
    """Prepare the matrix of the townships at or below the context's region, or of the one it lies in."""
    language = context.language
    codes = townships_within(regions, context.region)
    if not codes:
        empty = pd.DataFrame()
        return Creation(None, empty, empty, empty, ())
    own = None if vetoes is None else vetoes[list(VETO_COLUMNS)]
    matrix = matrix_of(reader, context.viewer, codes, month, own)
    names = names_of(regions, tuple(codes), language)
    order = matrix.rows.sort_values(
        ["on_list", "streak", "verdict", "blue", "red"], ascending=[False, False, True, False, True], kind="stable"
    ).index
    rows = _rows(context, matrix, names, regions).loc[order]
    lines = _lines(matrix, language)
    awards = rows[matrix.rows.loc[order, "on_list"].to_numpy()]
    return Creation(matrix, rows, lines, awards, _tables(reader.snapshot(), matrix, rows, lines, language))


def townships_within(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the townships at or below ``code``, or the one it lies in; only those in scope."""
    depth = regions["depth"]
    while int(depth.loc[code]) > TOWNSHIP_DEPTH:
        code = str(regions["parent_code"].loc[code])
    below = {code}
    for each, parent in zip(regions.index, regions["parent_code"], strict=True):
        if parent in below:
            below.add(each)
    return regions.index[(depth == TOWNSHIP_DEPTH) & regions["in_scope"] & regions.index.isin(list(below))].tolist()


def matrix_source(reader: SnapshotReader, context: Context, most: int | None = None) -> str:
    """Return from whom the twelve lines come; past ``most`` only how many they are."""
    return joint_source(reader, context.viewer, matrix_settings().indicators, context.language, most)


def stress_sentence(matrix: TownshipMatrix, language: str) -> str:
    """Return what being without a case is worth as a test: how many would be so by chance, and what that would cost."""
    stress = matrix.stress
    if matrix.hidden:
        return t("ranking.hidden_advice", language)
    if math.isnan(stress.clean_by_chance):
        return t("creation.stress_unknown", language, regions=stress.regions, clean=str(stress.clean))
    return t(
        "creation.stress",
        language,
        regions=stress.regions,
        clean=str(stress.clean),
        expected=formatting.number(stress.clean_by_chance),
        share=formatting.percent(stress.clean_by_chance / stress.regions if stress.regions else None),
        cost=formatting.count(stress.cost_by_chance, language),
        fund=formatting.count(stress.fund, language),
    )


def _rows(context: Context, matrix: TownshipMatrix, names: pd.Series, regions: pd.DataFrame) -> pd.DataFrame:
    language = context.language
    parents = regions["parent_code"].reindex(list(matrix.codes))
    counties = [
        localised(language, regions["name"].loc[code], regions["name_en"].loc[code]) if code in regions.index else ""
        for code in parents
    ]
    grades = matrix.grade_table()
    needed = matrix.settings.years_for_award
    found = matrix.rows
    rows = pd.DataFrame(
        {
            "name": names.reindex(list(matrix.codes)),
            "county": counties,
            "verdict": [t(f"matrix.{verdict}", language) for verdict in found["verdict"]],
            "streak": found["streak"].to_numpy(),
            "streak_text": [t("creation.of_years", language, count=int(n), needed=needed) for n in found["streak"]],
            "years": [_years(row, language) for row in matrix.years.to_dict("records")],
            "proposal": [_proposal(row, language) for row in found.to_dict("records")],
            "href": [context.href("assessment", region=code) for code in matrix.codes],
        },
        index=found.index,
    )
    for line in matrix.settings.line:
        rows[line_column(line)] = grades[line.id]
    return rows


def line_column(line: Line) -> str:
    """Return the column that holds a line's grade."""
    return f"line_{line.number}"


def _years(years: dict[Any, Any], language: str) -> str:
    parts = [
        t("creation.year_verdict", language, year=str(end)[:4], verdict=t(f"matrix.{verdict}", language))
        for end, verdict in years.items()
    ]
    return " · ".join(parts)


def _proposal(row: dict[Any, Any], language: str) -> str:
    if row["on_list"]:
        return t("creation.proposed", language)
    return t("creation.kept_off", language) if row["kept_off"] else ""


def _lines(matrix: TownshipMatrix, language: str) -> pd.DataFrame:
    grades = matrix.grade_table()
    single = matrix.lines_of(matrix.codes[0]) if len(matrix.codes) == 1 else None
    rows = []
    for line in matrix.settings.line:
        counted = grades[line.id].value_counts()
        row: dict[str, Any] = {
            "number": line.number,
            "name": line.label(language),
            "rule": rule_text(line, language),
            "gate": t("creation.gate", language) if line.id in matrix.settings.gates else "",
            "level": t("creation.county_figure", language) if line.level == "county" else "",
            **{grade: int(counted.get(grade, 0)) for grade in GRADES},
        }
        if single is not None:
            own = single.loc[[line.id]].iloc[0]
            row |= {"grade": own["grade"], **_figures(line, own, language)}
        rows.append(row)
    return pd.DataFrame(rows)


def rule_text(line: Line, language: str) -> str:
    """Return when a line is blue and when red, in words."""
    if line.kind == "conditions":
        return t("creation.rule_conditions", language, count=len(line.condition))
    if line.kind == "count":
        return t("creation.rule_count", language, blue=formatting.number(line.blue), months=line.window_months)
    blue, red = formatting.percent(line.blue), formatting.percent(line.red)
    key = "creation.rule_at_least" if line.higher_is_better else "creation.rule_at_most"
    return t(key, language, blue=blue, red=red)


def _figures(line: Line, own: pd.Series, language: str) -> dict[str, str]:
    if own["grade"] == INSUFFICIENT or pd.isna(own["value"]):
        return {"figure": t("creation.not_scored", language), "interval": ""}
    if line.kind in ("count", "conditions"):
        key = "creation.failed_conditions" if line.kind == "conditions" else "creation.cases"
        return {"figure": t(key, language, count=int(own["value"])), "interval": ""}
    return {
        "figure": formatting.percent(own["value"]),
        "interval": formatting.interval(own["lower"], own["upper"], "percent", own["value"]),
    }


def _tables(
    snapshot: SnapshotInfo, matrix: TownshipMatrix, rows: pd.DataFrame, lines: pd.DataFrame, language: str
) -> tuple[ScreenTable, ...]:
    words = rows.copy()
    own = place_headings("creation_column", snapshot, language)
    names = ("name", "county", "verdict", "streak", "proposal")
    headings = {key: own.get(key) or t(f"creation_column.{key}", language) for key in names}
    for line in matrix.settings.line:
        column = line_column(line)
        words[column] = [t(f"grade.{grade}", language) for grade in rows[column]]
        headings[column] = t("creation.numbered", language, number=line.number, name=line.label(language))
    line_headings = {key: t(f"creation_column.{key}", language) for key in _LINE_COLUMNS}
    stress = matrix.stress
    hidden = matrix.hidden
    cost = pd.DataFrame(
        [
            {
                "regions": stress.regions,
                "clean": float("nan") if hidden else stress.clean,
                "clean_by_chance": stress.clean_by_chance,
                "cost_by_chance": stress.cost_by_chance,
                "listed": float("nan") if hidden else stress.listed,
                "cost": stress.cost,
                "fund": stress.fund,
                "lines": len(matrix.settings.line),
                "years": matrix.settings.years_for_award,
                "award": matrix.settings.award_yuan,
            }
        ]
    )
    return (
        ScreenTable("matrix", t("creation.matrix", language), words, headings),
        ScreenTable("lines", t("creation.lines", language), lines.assign(name_of_line=lines["name"]), line_headings),
        ScreenTable(
            "award",
            t("creation.award", language),
            cost,
            {name: t(f"creation_award.{name}", language) for name in cost.columns},
        ),
    )


@dataclass(frozen=True)
class PilotPool:
    """Pilot sites of a region on the last day of the period.

    Parameters
    ----------
    rows : DataFrame
        One site a row as written.
    stages : DataFrame
        ``label, count, text`` by stage, in their order.
    overdue : int
        Second looks that are due and not held.
    """

    rows: pd.DataFrame
    stages: pd.DataFrame
    overdue: int
    tables: tuple[ScreenTable, ...]


def pilots_of(reader: SnapshotReader, context: Context, regions: pd.DataFrame, as_of: date) -> PilotPool:
    """Prepare the pilot sites at or below the context's region."""
    language = context.language
    sites = reader.pilot_sites(context.viewer, context.region, as_of)
    dates = {name: pd.to_datetime(sites[f"{name}_on"]) for name in STAGES}
    reached = pd.DataFrame({name: days.le(pd.Timestamp(as_of)) for name, days in dates.items()})
    stage = [STAGES[max(int(row.sum()) - 1, 0)] for row in reached.to_numpy()]
    looks = [_look_back(row, as_of) for row in sites.to_dict("records")]
    rows = pd.DataFrame(
        {
            "name": _said(sites, "name", language),
            "practice": _said(sites, "practice", language),
            "place": [_place(regions, code, language) for code in sites["region_code"]],
            "stage": [t(f"pilot_stage.{each}", language) for each in stage],
            "stage_key": stage,
            **{name: [_day_by(day, as_of) for day in days] for name, days in dates.items()},
            "basis": _said(sites, "approval_basis", language),
            "adopted": sites["adopted_townships"].to_numpy(),
            "look_back": [t(f"pilot_look.{each}", language) for each in looks],
            "look_back_on": [_day_by(day, as_of) for day in pd.to_datetime(sites["look_back_on"])],
            "visits": sites["field_visits"].to_numpy(),
        }
    )
    counted = rows["stage_key"].value_counts()
    rows = rows.sort_values(
        "stage_key", key=lambda keys: keys.map(_TO_DO_FIRST.index), kind="stable", ignore_index=True
    )
    stages = pd.DataFrame(
        {
            "label": [t(f"pilot_stage.{each}", language) for each in STAGES],
            "count": [int(counted.get(each, 0)) for each in STAGES],
        }
    )
    stages["text"] = [t("pilots.sites", language, count=int(count)) for count in stages["count"]]
    names = ("name", "practice", "place", "stage", *STAGES, "basis", "adopted", "look_back", "look_back_on", "visits")
    own = place_headings("pilot_column", reader.snapshot(), language)
    headings = {name: own.get(name) or t(f"pilot_column.{name}", language) for name in names}
    listed = ScreenTable("pilots", t("pilots.title", language), rows, headings)
    counts = ScreenTable(
        "pilot_stages",
        t("pilots.stages", language),
        stages,
        {"label": t("pilot_column.stage", language), "count": t("pilot_column.count", language)},
    )
    return PilotPool(rows, stages, looks.count("overdue"), (counts, listed))


def _look_back(row: dict[Any, Any], as_of: date) -> str:
    """Return what became of the second look: kept, lost, overdue, due (within the grace), not_due, none."""
    held, due = _as_date(row["look_back_on"]), _as_date(row["look_back_due_on"])
    if held is not None and held <= as_of:
        return "kept" if row["look_back_kept"] is True or row["look_back_kept"] == 1 else "lost"
    accepted = _as_date(row["accepted_on"])
    if due is None or accepted is None or accepted > as_of:
        return "none"
    grace = timedelta(days=assessment_settings().pilots.look_back_grace_days)
    if due + grace < as_of:
        return "overdue"
    return "due" if due <= as_of else "not_due"


def _as_date(value: object) -> date | None:
    moment = pd.to_datetime(value) if value is not None else pd.NaT  # type: ignore[call-overload]
    return None if pd.isna(moment) else moment.date()


def _day_by(day: pd.Timestamp, as_of: date) -> str:
    """Return a day that had come by ``as_of``; what lies after it is not known there."""
    return formatting.MISSING if pd.isna(day) or day.date() > as_of else formatting.day(day.date())


def _said(sites: pd.DataFrame, column: str, language: str) -> list[str]:
    return [
        localised(language, name, english) for name, english in zip(sites[column], sites[f"{column}_en"], strict=True)
    ]


def _place(regions: pd.DataFrame, code: str, language: str) -> str:
    """Return the county of a site."""
    while code in regions.index and int(regions["depth"].loc[code]) > 1:
        code = str(regions["parent_code"].loc[code])
    if code not in regions.index:
        return formatting.MISSING
    return localised(language, regions["name"].loc[code], regions["name_en"].loc[code])


def all_tables(*groups: Sequence[ScreenTable]) -> tuple[ScreenTable, ...]:
    """Return the tables of several parts of a page as one list."""
    return tuple(each for group in groups for each in group)
