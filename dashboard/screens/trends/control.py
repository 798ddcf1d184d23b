"""The control charts of one indicator: the kinds that fit its numbers, their icons and what they say."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from dashboard import formatting
from dashboard.context import Context
from dashboard.grading.settings import index_settings
from dashboard.i18n import t
from dashboard.indicators.catalogue import PERSON_YEARS, Indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.engine.quantities import Part
from dashboard.palette import load_palette
from dashboard.periods import Period
from dashboard.screens.children import depth_of
from dashboard.screens.trends.series import has_value, region_series
from dashboard.statistics.control_charts import (
    ControlChart,
    g_chart,
    gaps_between,
    p_chart,
    t_chart,
    u_chart,
    xmr_chart,
)
from dashboard.statistics.icons import assurance_icon, variation_icon
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

RARE_A_MONTH = 2.0
"""Below this mean count a month there is no monthly chart: its points would be mostly zero."""
FEW_A_MONTH = 5.0
"""Below this mean count a month the days between cases are charted, too: they tell sooner that cases come faster."""
FEWEST_CASES = 3
DAY_DEPTH = 2
"""Days of cases are known down to this depth."""
RARE_CHARTS = {"g": g_chart, "t": t_chart}
"""Charts of rare cases. Cases are dated to the day, which the geometric distribution (g) counts; t takes them as times."""


@dataclass(frozen=True)
class ControlScreen:
    """What one control chart card draws."""

    chart: ControlChart | None
    points: pd.DataFrame
    """``label, value, centre, lower, upper, meaning, rule``."""
    unit: str
    kind: str
    icons: Markup
    sentence: str
    target: float | None
    why_empty: str = ""
    links: tuple[tuple[str, str, bool], ...] = ()
    """Word, address and state of the switch between the charts of rare cases; empty for monthly ones."""

    @property
    def is_rare(self) -> bool:
        """Whether its points are cases, not months."""
        return bool(self.links)

    @property
    def key(self) -> str:
        """Name of its table, unique on the page."""
        return "between_cases" if self.is_rare else "control"


def control_screens(
    reader: SnapshotReader, context: Context, indicator: Indicator, start: date
) -> tuple[ControlScreen, ...]:
    """Prepare the control charts of the context's region from ``start`` to the data-through day.

    Months where cases are not too few for them, the days between cases where they are few, or why there is none.
    """
    language = context.language
    if indicator.kind not in ("rate", "proportion", "count", "mean"):
        return (_empty(t("control.not_for_kind", language)),)
    frame, through = region_series(reader, context, indicator, start).single_months, reader.snapshot().data_through
    cases, month_after = frame["numerator"].to_numpy(float), frame["period_start"].to_numpy("datetime64[M]") + 1
    # In a month that is not over cases are fewer and younger: no sign of anything.
    known = has_value(frame) & ~np.isnan(cases) & (month_after.astype("datetime64[D]") - 1 <= np.datetime64(through))
    if not known.any():
        hidden = "suppressed" in frame["status"].tolist()
        return (_empty(t("ranking.hidden" if hidden else "control.no_months", language)),)
    mean = float(cases[known].mean()) if indicator.kind in ("rate", "count") else np.inf
    screens = [] if mean < RARE_A_MONTH else [_months(context, indicator, frame[known], through)]
    days = _case_days(reader, context, indicator, start) if mean < FEW_A_MONTH else None
    if days is not None:
        screens.append(_rare(context, indicator, days, _told_until(reader, context, indicator)))
    return tuple(screens) or (_empty(t("control.too_rare", language)),)


def _months(context: Context, indicator: Indicator, frame: pd.DataFrame, through: date) -> ControlScreen:
    language = context.language
    labels = [f"{stamp:%Y-%m}" for stamp in pd.to_datetime(frame["period_start"])]
    chart, target = _monthly_chart(indicator, frame), _target(indicator)
    scale = 100.0 if indicator.display_form == "percent" else 1.0
    until, running = "", Period.parse(f"{through:%Y-%m}")
    if not running.is_complete(through):
        until = t("control.not_over", language, month=running.label(language))
    elif Period.parse(labels[-1]).end < running.start:
        until = t("trends.only_until", language, month=Period.parse(labels[-1]).label(language))
    return _drawn(
        context,
        chart,
        labels,
        indicator.unit_label(language),
        indicator.direction,
        target=target,
        scale=scale,
        last_known=until,
    )


def _told_until(reader: SnapshotReader, context: Context, indicator: Indicator) -> date:
    """Return the last day of which single cases are told: years that come counted, later ones, too, tell no days."""
    facts = facts_of(reader, context.viewer)
    covers = facts.coverage.get(Part.of(indicator.numerator[0]).measure, ())
    days = [cover.last_day for cover in covers if cover.grain == "day"]
    return min(max(days, default=facts.data_through), facts.data_through)


def _rare(context: Context, indicator: Indicator, days: NDArray, through: date) -> ControlScreen:
    """Return the days between cases: which chart the address asks for, and for how long to ``through`` there was none."""
    language = context.language
    kind = context.own_value("rare", RARE_CHARTS, "g")
    better = {"lower_better": "higher_better", "higher_better": "lower_better"}.get(indicator.direction, "neutral")
    labels = [str(day) for day in days[1:]]
    chart = RARE_CHARTS[kind](gaps_between(days))
    quiet = (through - days[-1].astype(object)).days
    words = {"day": str(days[-1]), "days": formatting.days(quiet, language), "until": formatting.day(through)}
    since = t("control.since_last", language, **words)
    screen = _drawn(context, chart, labels, t("control.days_between", language), better, last_known=since)
    links = tuple(
        (t(f"control.rare_{name}", language), context.href("trends", rare=name), name == kind) for name in RARE_CHARTS
    )
    return replace(screen, links=links)


def _drawn(
    context: Context,
    chart: ControlChart,
    labels: list[str],
    unit: str,
    direction: str,
    *,
    target: float | None = None,
    scale: float = 1.0,
    last_known: str = "",
) -> ControlScreen:
    language = context.language
    if np.isnan(chart.lower).all():
        why = t("control.too_few_points", language)
        return _empty(t("overview.joint", language).join([last_known, why]) if last_known else why)
    points = pd.DataFrame(
        {
            "label": labels,
            "value": chart.values * scale,
            "centre": chart.centre * scale,
            "lower": chart.lower * scale,
            "upper": chart.upper * scale,
            "meaning": chart.colours(direction),
            "rule": chart.rule,
        }
    )
    variation, assurance = chart.variation(direction), chart.assurance(target, direction)
    return ControlScreen(
        chart=chart,
        points=points,
        unit=unit,
        kind=t(f"control.kind_{chart.kind}", language),
        icons=_icons(variation, assurance, context),
        sentence=control_sentence(chart, labels, variation, assurance, last_known, language),
        target=None if target is None else target * scale,
    )


def _monthly_chart(indicator: Indicator, frame: pd.DataFrame) -> ControlChart:
    count, base = frame["numerator"].to_numpy(float), frame["denominator"].to_numpy(float)
    # Large counts vary more than Poisson or binomial limits allow (seasons, weekdays): Laney's limits follow them.
    if indicator.kind == "proportion" and indicator.interval:
        return p_chart(count, base, laney=True)
    if indicator.kind == "rate" and indicator.denominator == PERSON_YEARS:
        return u_chart(count, base, factor=indicator.factor, laney=True)
    if indicator.kind == "count" and indicator.interval:
        return replace(u_chart(count, np.ones_like(count), factor=1.0, laney=True), kind="c_laney")
    return xmr_chart(frame["value"].to_numpy(float), bounds=(0.0, np.inf))


def _case_days(reader: SnapshotReader, context: Context, indicator: Indicator, start: date) -> NDArray | None:
    """Return the day of each case of the indicator, in order; None where days are not known or may not be."""
    # The days of single cases are small counts, whatever the months together come to.
    if indicator.suppression_limit and not context.viewer.permissions.small_counts:
        return None
    depth = depth_of(reader.regions(context.viewer), context.region)
    if len(indicator.numerator) != 1 or depth > DAY_DEPTH:
        return None
    part = Part.of(indicator.numerator[0])
    if load_measures()[part.measure].table is None:
        return None
    end = reader.snapshot().data_through
    rows = reader.measure_values(context.viewer, [part.measure], [context.region], start, end, grain="day", by=part.by)
    for name in part.by:
        rows = rows[rows[name].isin(getattr(part, name))]
    days = np.repeat(pd.to_datetime(rows["period_start"]).to_numpy("datetime64[D]"), rows["value"].astype(int))
    return np.sort(days) if len(days) >= FEWEST_CASES else None


def _target(indicator: Indicator) -> float | None:
    """Return the index's target for the indicator, where a component stands on it alone."""
    own = [each for each in index_settings().component if each.kind == "share" and len(each.members) == 1]
    found = [each.target for each in own if each.members[0].id == indicator.id]
    return found[0] if found and indicator.kind == "proportion" else None


def _icons(variation: str, assurance: str, context: Context) -> Markup:
    palette = load_palette()
    ground, colours = palette.ground_of(context.theme), palette.categorical(context.theme)
    inks = {
        "common_cause": ground.muted,
        "improvement": ground.accent,
        "concern": colours[3],
        "neutral": colours[2],
        "ground": ground.card,
        "line": ground.muted,
    }
    drawn = []
    if variation != "not_enough_points":
        words = t(f"control.variation_{variation}", context.language)
        drawn.append(_picture(variation_icon(variation, inks, words), words))
    if assurance != "empty":
        words = t(f"control.assurance_{assurance}", context.language)
        drawn.append(_picture(assurance_icon(assurance, inks, words), words))
    return Markup("&nbsp;").join(drawn)


def _picture(svg: str, words: str) -> Markup:
    """Return the icon as an image: Streamlit takes bare ``<svg>`` out of HTML."""
    coded = b64encode(svg.encode()).decode()
    return Markup('<img src="data:image/svg+xml;base64,{}" width="48" height="48" alt="{}" title="{}">').format(
        coded, words, words
    )


def control_sentence(
    chart: ControlChart, labels: list[str], variation: str, assurance: str, last_known: str, language: str
) -> str:
    """Return what the last point says; where it is quiet, when a point before it was not, which the chart shows marked."""
    last = np.flatnonzero(~np.isnan(chart.values))[-1]
    signals = np.flatnonzero(chart.rule != "none")
    if chart.rule[last] == "none" and signals.size:
        signal = signals[-1]
        point = t(f"control.point_{chart.rule[signal]}", language)
        rule = t("control.last_signal", language, label=labels[signal], rule=point)
    else:
        rule = t(f"control.rule_{chart.rule[last]}", language)
    words = [t(f"control.variation_{variation}", language), rule]
    if assurance != "empty":
        words.append(t(f"control.assurance_{assurance}", language))
    if last_known:
        words.append(last_known)
    return t("overview.joint", language).join(words) + t("overview.stop", language)


def _empty(why: str) -> ControlScreen:
    return ControlScreen(None, pd.DataFrame(), "", "", Markup(""), "", None, why)
