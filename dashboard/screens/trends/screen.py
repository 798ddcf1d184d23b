"""The trends page: one indicator through time, against last year, by year and by class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Basis
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.breakdown import class_names_of
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.changes import change
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.sentences import change_sentence
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.memory import kept
from dashboard.periods import Grain, Period
from dashboard.screens.children import depth_of
from dashboard.screens.figures import basis_of_all, interval_text, row_of, row_text, status_text
from dashboard.screens.map.screen import chosen_indicator, mapped_indicators
from dashboard.screens.tables import ScreenTable
from dashboard.screens.trends.control import ControlScreen, control_screens
from dashboard.screens.trends.marks import Mark, marks_of
from dashboard.screens.trends.series import has_value, lacks_notes, region_series
from dashboard.screens.trends.warning import ALARM, COLUMNS, EarlyWarning, early_warning, warning_table
from dashboard.statistics.estimate import Estimate
from dashboard.statistics.trends import cochran_armitage, recent_trend
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

WARNED = "▲"
"""Sign of a month with more cases than the early warning's bound."""
_WITHIN_A_YEAR = ("period", "year", "year_to_date", "rolling_12_months")
"""Windows of which those of different years hold different days."""
_NOT_WHOLE = frozenset({"period_running", "starts_late", "ends_early", "cover_assumed", "not_matured"})
_WRITTEN = ("period", "status", "value", "lower", "upper", "numerator", "denominator")
_SHORTER = frozenset({"starts_late"})


@dataclass(frozen=True)
class TrendsScreen:
    """What the trends page draws."""

    indicator: Indicator
    choices: tuple[Indicator, ...]
    grain: Grain
    series: pd.DataFrame
    """``period, period_start, value, lower, upper, last_year`` in the unit drawn, and the words of the table."""
    years: pd.DataFrame
    """``year, figure, interval, counts`` as written."""
    recent: str
    """Whether the last five of them rose or fell; empty for indicators that are no rates, or whose years overlap."""
    classes: pd.DataFrame
    """``period_start, class_code, value`` of the numerator."""
    class_names: dict[str, str]
    verdict: str
    controls: tuple[ControlScreen, ...]
    marks: tuple[Mark, ...]
    """Campaigns and boundary changes that the series must be read with."""
    note: str
    """What a point of the series is, and to what month they go where that is not the data's last; empty without any."""
    warning: EarlyWarning | None
    """What the early warning says of the last whole month; None of an indicator that counts no cases."""
    basis: Basis | None
    """What the figures stand on: records or counts."""
    tables: tuple[ScreenTable, ...]

    @property
    def warned(self) -> tuple[tuple[pd.Timestamp, str], ...]:
        """The line of the month beyond its bound; none where it isn't."""
        return ((self.warning.moment, WARNED),) if self.warning is not None and self.warning.reason == ALARM else ()

    @property
    def mark_lines(self) -> tuple[str, ...]:
        """What the signs of the marks mean, one line for each kind of change."""
        kinds = dict.fromkeys(mark.kind for mark in self.marks)
        return tuple("\u3000".join(mark.text for mark in self.marks if mark.kind == kind) for kind in kinds)


@kept
def trends_screen(reader: SnapshotReader, context: Context) -> TrendsScreen:
    """Prepare the trends of the context's region over all that the data cover."""
    snapshot = reader.snapshot()
    language = context.language
    depth = depth_of(reader.regions(context.viewer), context.region)
    choices = mapped_indicators(depth)
    told = snapshot.dataset.get("trend") or snapshot.dataset.get("headline", "")
    indicator = chosen_indicator(context, choices, told)
    start = _first_day(reader, context)
    grain: Grain = "month"
    told_of = region_series(reader, context, indicator, start)
    frame = told_of.by_month
    known = has_value(frame)
    if not known.any():
        grain, frame = "year", told_of.by_year
        known = has_value(frame)
    changed = change(reader, context.viewer, indicator, [context.region], context.period)
    years = _years(told_of.by_year)
    drawn = _drawn(indicator, frame, grain)
    classes = _classes(reader, context, indicator, start)
    class_names = class_names_of(classes["class_code"], snapshot, language)
    controls = control_screens(reader, context, indicator, start)
    warning = early_warning(told_of.single_months, indicator)
    marks = marks_of(reader, context, indicator, start)
    return TrendsScreen(
        indicator=indicator,
        choices=choices,
        grain=grain,
        series=drawn,
        years=_written(indicator, years, reader.snapshot().data_through, language),
        recent=_recent(indicator, years, language),
        classes=classes,
        class_names=class_names,
        verdict=t(
            "trends.verdict",
            language,
            name=indicator.label(language),
            change=change_sentence(row_of(changed, context.region), indicator, language),
        ),
        basis=basis_of_all(frame[["basis"]][known], language),
        controls=controls,
        marks=marks,
        note=_note(indicator, grain, drawn, snapshot.data_through, language),
        warning=warning,
        tables=_tables(indicator, drawn, years, classes.assign(name=classes["class_code"].map(class_names)), language)
        + tuple(_control_table(each, language) for each in controls if each.chart is not None)
        + (_mark_table(marks, language), _warning_table(warning, indicator, language)),
    )


def _tables(
    indicator: Indicator, drawn: pd.DataFrame, years: pd.DataFrame, classes: pd.DataFrame, language: str
) -> tuple[ScreenTable, ...]:
    """Return the series, the years and the classes behind the charts, numbers as numbers."""
    name = indicator.label(language)
    status = [status_text({"status": status}, language) for status in years["status"]]
    return (
        _table("series", name, drawn, ("period_start", "value", "lower", "upper", "last_year"), language),
        _table(
            "years",
            t("trends.by_year", language),
            years.assign(status=status),
            ("period", "value", "lower", "upper", "numerator", "denominator", "status"),
            language,
        ),
        _table("classes", t("trends.by_class", language), classes, ("period_start", "name", "value"), language),
    )


def _control_table(screen: ControlScreen, language: str) -> ScreenTable:
    points = screen.points.assign(
        meaning=[t(f"control.{meaning}", language) for meaning in screen.points["meaning"]],
        rule=[t(f"control.point_{rule}", language) for rule in screen.points["rule"]],
    )
    return _table(
        screen.key, screen.kind, points, ("label", "value", "centre", "lower", "upper", "meaning", "rule"), language
    )


def _mark_table(marks: tuple[Mark, ...], language: str) -> ScreenTable:
    frame = pd.DataFrame(
        [(each.sign, each.day, t(f"trends.kind_{each.kind}", language), each.words) for each in marks],
        columns=["sign", "day", "kind", "words"],
    )
    return _table("marks", t("trends.marks", language), frame, tuple(frame.columns), language)


def _warning_table(warning: EarlyWarning | None, indicator: Indicator, language: str) -> ScreenTable:
    rows = warning_table(warning, indicator, language)
    return _table("warning", t("trends.warning", language), rows, COLUMNS, language)


def _table(key: str, title: str, frame: pd.DataFrame, names: tuple[str, ...], language: str) -> ScreenTable:
    return ScreenTable(key, title, frame, {name: t(f"trends_column.{name}", language) for name in names})


def _first_day(reader: SnapshotReader, context: Context) -> date:
    """Return the first day any measure speaks of."""
    facts = facts_of(reader, context.viewer)
    return facts.first_day or date(facts.data_through.year, 1, 1)


def _note(indicator: Indicator, grain: Grain, drawn: pd.DataFrame, data_through: date, language: str) -> str:
    known = np.flatnonzero(drawn["value"].notna().to_numpy())
    if not len(known):
        return ""
    rolling = grain == "month" and indicator.window.startswith("rolling")
    said = [t(f"trends.grain_{'rolling' if rolling else grain}", language)]
    last = f"{drawn['period_start'].iat[known[-1]]:%Y-%m}"
    if grain == "month" and last < f"{data_through:%Y-%m}":
        said.append(t("trends.only_until", language, month=Period.parse(last).label(language)))
    return t("overview.joint", language).join(said)


def _years(by_year: pd.DataFrame) -> pd.DataFrame:
    """Return the years, latest first; those that nothing was counted in only where there are no others."""
    counted = has_value(by_year) | by_year["numerator"].notna().to_numpy()
    return (by_year[counted] if counted.any() else by_year)[::-1]


def _recent(indicator: Indicator, years: pd.DataFrame, language: str) -> str:
    """Return what the last five whole years say of a trend, in words."""
    if indicator.kind not in ("rate", "proportion") or indicator.window not in _WITHIN_A_YEAR:
        return ""
    counted = np.flatnonzero(has_value(years) & lacks_notes(years, _NOT_WHOLE))[::-1]

    def of(name: str) -> np.ndarray:
        return years[name].to_numpy(float)[counted]

    if indicator.kind == "rate":
        trend = recent_trend(Estimate(of("value"), of("lower"), of("upper"), "given", 0.95))
    else:
        trend = cochran_armitage(of("numerator"), of("denominator"))
    return t(f"trends.recent.{trend.judged(indicator.direction)}", language)


def _drawn(indicator: Indicator, frame: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """Return the points of the series in the unit drawn, months beside those of the year before."""
    scale = 100.0 if indicator.display_form in ("percent", "change") else 1.0
    # A rolling window that reaches back before the data is a shorter one: its wide interval would set the scale.
    whole = lacks_notes(frame, _SHORTER)
    rows = np.flatnonzero(whole if whole.any() else ~whole)
    value, lower, upper = (frame[name].to_numpy(float)[rows] * scale for name in ("value", "lower", "upper"))
    last_year = np.full(len(rows), np.nan)
    if grain == "month":
        last_year[12:] = np.where(np.isnan(value[12:]), np.nan, value[:-12])
    start = frame["period_start"].array[rows]
    return pd.DataFrame({"period_start": start, "value": value, "lower": lower, "upper": upper, "last_year": last_year})


def _written(indicator: Indicator, frame: pd.DataFrame, data_through: date, language: str) -> pd.DataFrame:
    """Return years as they are read; the last one says to what day it goes where that is not its end."""
    last = str(data_through.year) if (data_through.month, data_through.day) != (12, 31) else ""
    part = t("trends.part_of_year", language, year=last, day=f"{data_through:%m-%d}")
    columns = [frame[name].tolist() for name in _WRITTEN]
    rows: list[Values] = [dict(zip(_WRITTEN, row, strict=True)) for row in zip(*columns, strict=True)]
    return pd.DataFrame(
        {
            "year": [part if row["period"] == last else row["period"] for row in rows],
            "figure": [
                row_text(indicator, row, language) if row["status"] in WITH_VALUE else status_text(row, language)
                for row in rows
            ],
            "interval": [(interval_text(indicator, row) or "") if row["status"] in WITH_VALUE else "" for row in rows],
            "numerator": [formatting.number(row["numerator"]) for row in rows],
        },
        index=frame.index,
    )


def _classes(reader: SnapshotReader, context: Context, indicator: Indicator, start) -> pd.DataFrame:
    """Return the numerator by month and class, where its measure is counted by class."""
    divided = [name for name in indicator.measures if load_measures()[name].by_class]
    # Counts by class and month are small ones: roles without them don't see the classes here.
    if not divided or (indicator.suppression_limit and not context.viewer.permissions.small_counts):
        return pd.DataFrame(columns=["period_start", "class_code", "value"])
    end = reader.snapshot().data_through
    frame = reader.measure_values(
        context.viewer, divided[:1], [context.region], start, end, grain="month", by=("class_code",)
    )
    codes, classes = pd.factorize(frame["class_code"], sort=True)
    # Months without a case of any class have no rows at all; of months that no source tells, none is not none.
    months = pd.date_range(pd.Timestamp(start).replace(day=1), end, freq="MS")
    covers = [cover for cover in facts_of(reader, context.viewer).coverage.get(divided[0], ()) if cover.grain != "year"]
    months = months[[any(cover.first_day <= month.date() <= cover.last_day for cover in covers) for month in months]]
    place = months.get_indexer(pd.DatetimeIndex(frame["period_start"]))
    told = place >= 0
    sums = np.bincount(
        (codes * len(months) + place)[told], frame["value"].to_numpy(float)[told], len(classes) * len(months)
    )
    return pd.DataFrame(
        {
            "period_start": np.tile(months, len(classes)),
            "class_code": np.repeat(classes, len(months)),
            "value": sums,
        }
    )
