"""The control chart of one indicator: the kind of chart that fits its numbers, its icons and what they say."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup

from dashboard.context import Context
from dashboard.grading.settings import index_settings
from dashboard.i18n import t
from dashboard.indicators.catalogue import PERSON_YEARS, Indicator
from dashboard.indicators.evaluate import series
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.palette import load_palette
from dashboard.periods import periods_between
from dashboard.statistics.control_charts import (
    ControlChart,
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
"""Below this mean count a month the days between cases are charted: monthly rates would be mostly zero."""
DAY_DEPTH = 2
"""Days of cases are known down to this depth."""


@dataclass(frozen=True)
class ControlScreen:
    """What the control chart card draws."""

    chart: ControlChart | None
    points: pd.DataFrame
    """``label, value, centre, lower, upper, meaning, rule``."""
    unit: str
    kind: str
    icons: Markup
    sentence: str
    target: float | None
    why_empty: str = ""


def control_screen(reader: SnapshotReader, context: Context, indicator: Indicator, start: date) -> ControlScreen:
    """Prepare the control chart of the context's region from ``start`` to the data-through day."""
    language = context.language
    if indicator.kind not in ("rate", "proportion", "count", "mean"):
        return _empty(t("control.not_for_kind", language))
    monthly = indicator.model_copy(update={"window": "period"}) if indicator.window != "half_year" else indicator
    periods = list(periods_between(start, reader.snapshot().data_through, "month"))
    frame = series(reader, context.viewer, monthly, [context.region], periods)
    frame = frame.droplevel("region_code").reset_index().sort_values("period_start", ignore_index=True)
    known = frame["status"].isin(WITH_VALUE) & frame["numerator"].notna()
    if not known.any():
        hidden = (frame["status"] == "suppressed").any()
        return _empty(t("ranking.hidden" if hidden else "trends.empty", language))
    frame = frame[known]
    mean = float(frame["numerator"].mean())
    if indicator.kind in ("rate", "count") and mean < RARE_A_MONTH:
        rare = _days_between(reader, context, indicator, start)
        if rare is None:
            return _empty(t("control.too_rare", language))
        chart, labels, direction = rare
        unit, target = t("control.days_between", language), None
    else:
        chart, target = _monthly_chart(indicator, frame), _target(indicator)
        labels = [f"{stamp:%Y-%m}" for stamp in pd.to_datetime(frame["period_start"])]
        unit, direction = indicator.unit_label(language), indicator.direction
    if np.isnan(chart.lower).all():
        return _empty(t("control.too_few_points", language))
    scale = 100.0 if indicator.display_form == "percent" else 1.0
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
        sentence=_sentence(chart, variation, assurance, language),
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
        return u_chart(count, np.ones_like(count), factor=1.0, laney=True)
    return xmr_chart(frame["value"].to_numpy(float), bounds=(0.0, np.inf))


def _days_between(
    reader: SnapshotReader, context: Context, indicator: Indicator, start: date
) -> tuple[ControlChart, list[str], str] | None:
    """Return the chart of days between cases, the day of each case, and which way is better."""
    names = indicator.measures
    # The days of single cases are small counts, whatever the months together come to.
    if indicator.suppression_limit and not context.viewer.permissions.small_counts:
        return None
    depth = int(reader.regions(context.viewer)["depth"].to_dict()[context.region])
    if len(names) != 1 or depth > DAY_DEPTH or load_measures()[names[0]].table is None:
        return None
    end = reader.snapshot().data_through
    rows = reader.measure_values(context.viewer, names, [context.region], start, end, grain="day")
    days = np.repeat(pd.to_datetime(rows["period_start"]).to_numpy("datetime64[D]"), rows["value"].astype(int))
    if len(days) < 3:
        return None
    better = {"lower_better": "higher_better", "higher_better": "lower_better"}.get(indicator.direction, "neutral")
    return t_chart(gaps_between(days)), [str(day) for day in np.sort(days)[1:]], better


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
    words = t(f"control.assurance_{assurance}", context.language)
    drawn.append(_picture(assurance_icon(assurance, inks, words), words))
    return Markup("&nbsp;").join(drawn)


def _picture(svg: str, words: str) -> Markup:
    """Return the icon as an image: Streamlit takes bare ``<svg>`` out of HTML."""
    coded = b64encode(svg.encode()).decode()
    return Markup('<img src="data:image/svg+xml;base64,{}" width="48" height="48" alt="{}" title="{}">').format(
        coded, words, words
    )


def _sentence(chart: ControlChart, variation: str, assurance: str, language: str) -> str:
    last = np.flatnonzero(~np.isnan(chart.values))[-1]
    rule = t(f"control.rule_{chart.rule[last]}", language)
    words = [t(f"control.variation_{variation}", language), rule]
    if assurance != "empty":
        words.append(t(f"control.assurance_{assurance}", language))
    return t("overview.joint", language).join(words) + t("overview.stop", language)


def _empty(why: str) -> ControlScreen:
    return ControlScreen(None, pd.DataFrame(), "", "", Markup(""), "", None, why)
