"""The trends page: one indicator through time, against last year, by year and by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Basis
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.changes import change
from dashboard.indicators.evaluate import series
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.periods import Grain, periods_between
from dashboard.screens.control import ControlScreen, control_screen
from dashboard.screens.figures import basis_of_all, figure_text, interval_text, status_text
from dashboard.screens.kept import kept
from dashboard.screens.map import chosen_indicator, mapped_indicators
from dashboard.screens.overview import change_sentence
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

CLASSES = (
    *("01", "02", "03", "04", "05", "06", "fraud", "vice_gambling", "school_safety", "guns_explosives"),
    *("robbery_theft", "provocation", "other", "shooting", "stabbing"),
)


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
    classes: pd.DataFrame
    """``period_start, class_code, value`` of the numerator."""
    class_names: dict[str, str]
    verdict: str
    control: ControlScreen
    basis: Basis | None = None
    """What the figures stand on: records or counts."""


@kept
def trends_screen(reader: SnapshotReader, context: Context) -> TrendsScreen:
    """Prepare the trends of the context's region over all that the data cover."""
    snapshot = reader.snapshot()
    language = context.language
    depth = int(reader.regions(context.viewer)["depth"].to_dict()[context.region])
    choices = mapped_indicators(depth)
    indicator = chosen_indicator(context, choices, snapshot.dataset.get("headline", ""))
    start = _first_day(reader, context)
    grain: Grain = "month"
    frame = _series(reader, context, indicator, start, grain)
    if not frame["status"].isin(WITH_VALUE).any():
        grain = "year"
        frame = _series(reader, context, indicator, start, grain)
    moved = change(reader, context.viewer, indicator, [context.region], context.period).iloc[0]
    years = _series(reader, context, indicator, start, "year")[::-1]
    scale = 100.0 if indicator.display_form in ("percent", "change") else 1.0
    drawn = frame[["period_start", "value", "lower", "upper"]].copy()
    drawn[["value", "lower", "upper"]] *= scale
    step = 12 if grain == "month" else 1
    drawn["last_year"] = drawn["value"].shift(step) if grain == "month" else np.nan
    classes = _classes(reader, context, indicator, start)
    return TrendsScreen(
        indicator=indicator,
        choices=choices,
        grain=grain,
        series=drawn.reset_index(drop=True),
        years=_written(indicator, years, language),
        classes=classes,
        class_names=_class_names(classes["class_code"], snapshot.dataset, language),
        verdict=t(
            "trends.verdict",
            language,
            name=indicator.label(language),
            change=change_sentence(indicator, moved, language),
        ),
        basis=basis_of_all(frame[frame["status"].isin(WITH_VALUE)], language),
        control=control_screen(reader, context, indicator, start),
    )


def _class_names(codes: pd.Series, dataset: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the names of the classes that occur: our own, then the data set's own (``class:<code>``), else the code."""
    found = [code for code in codes.unique() if code]
    names = {code: t(f"class.{code}", language) for code in CLASSES if code in found}
    for code in sorted(set(found) - set(names)):
        chinese, _, english = dataset.get(f"class:{code}", code).partition(" / ")
        names[code] = english if language == "en" and english else chinese
    return names


def _first_day(reader: SnapshotReader, context: Context) -> date:
    """Return the first day any measure speaks of."""
    coverage = reader.coverage(context.viewer)
    if coverage.empty:
        return date(reader.snapshot().data_through.year, 1, 1)
    return pd.Timestamp(coverage["first_day"].min()).date()


def _series(reader: SnapshotReader, context: Context, indicator: Indicator, start, grain: Grain) -> pd.DataFrame:
    periods = list(periods_between(start, reader.snapshot().data_through, grain))
    frame = series(reader, context.viewer, indicator, [context.region], periods)
    return frame.droplevel("region_code").reset_index().sort_values("period_start", ignore_index=True)


def _written(indicator: Indicator, frame: pd.DataFrame, language: str) -> pd.DataFrame:
    rows = [row for _, row in frame.iterrows()]
    return pd.DataFrame(
        {
            "year": frame["period"],
            "figure": [
                figure_text(indicator, row["value"], row["denominator"], language)
                if row["status"] in WITH_VALUE
                else status_text(row, language)
                for row in rows
            ],
            "interval": [(interval_text(indicator, row) or "") if row["status"] in WITH_VALUE else "" for row in rows],
            "numerator": [formatting.number(row["numerator"]) for row in rows],
        }
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
    table = frame.pivot_table(index="period_start", columns="class_code", values="value", aggfunc="sum").fillna(0.0)
    return table.reset_index().melt(id_vars="period_start", var_name="class_code", value_name="value")
