"""The parts of the disputes page: funnel, ages, classes, sources, colours, causes. Numbers beside what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.vocabulary import Values
from dashboard.indicators.waiting import Bins, bin_quantile, quantiles_of, share_within
from dashboard.screens.children import depth_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.settings import dispute_settings
from dashboard.statistics.comparisons import benjamini_hochberg, rate_ratio
from data_access.queries import SnapshotReader

STEPS = ("received", "mediated", "resolved", "revisited", "archived")
"""Of the funnel, in order; mediation is done when a dispute is resolved."""
_STEP_MEASURES = {
    "received": "disputes_received",
    "mediated": "disputes_received_mediated",
    "resolved": "disputes_received_resolved",
    "revisited": "disputes_received_revisited",
    "archived": "disputes_received_archived",
}
_STEP_WAITS = {
    "mediated": "mediation_days",
    "resolved": "resolution_days",
    "revisited": "revisit_days",
    "archived": "archive_days",
}
_LEFT_STAGE = {"mediated": "unmediated", "resolved": "open", "revisited": "unrevisited", "archived": "unarchived"}
AGES = (30, 60, 90)
_BY_CLASS = (
    *("disputes_received", "disputes_received_resolved", "disputes_due", "disputes_due_resolved"),
    *("disputes_resolved", "disputes_relapsed"),
)
_BY_CHANNEL = ("disputes_raw", "disputes_merged", "disputes_received")
_COUNTED = (
    *dict.fromkeys((*_STEP_MEASURES.values(), *_BY_CLASS, *_BY_CHANNEL)),
    *(f"disputes_{way}_{days}" for days in AGES for way in ("reached", "left")),
)
_WAITS = (*_STEP_WAITS.values(), "intake_delay_days", "colour_days", "red_days")
COLOURS = ("red", "yellow", "blue")
_PLACES = {measure: place for place, measure in enumerate(_COUNTED)}
CERTAIN = 0.05
"""Changes with a q-value below this are called beyond chance."""


@dataclass(frozen=True)
class Divided:
    """Counts of one span of days by class or by channel, 0 where nothing was counted."""

    labels: list[str]
    counts: np.ndarray
    """Shape (labels, ``_COUNTED``)."""
    untold: np.ndarray
    """Which of ``_COUNTED`` no source tells: none is not none there."""

    def of(self, labels: Sequence[str]) -> dict[str, np.ndarray]:
        """Return by measure the counts of ``labels``; NaN of what no source tells."""
        rows = np.array([self.labels.index(label) if label in self.labels else -1 for label in labels], int)
        found = (
            np.where(rows[:, None] >= 0, self.counts[rows], 0.0)
            if self.labels
            else np.zeros((len(rows), len(_COUNTED)))
        )
        return dict(zip(_COUNTED, np.where(self.untold, np.nan, found).T, strict=True))

    def with_any(self, measures: Sequence[str]) -> list[str]:
        """Return the labels that one of ``measures`` counted anything of, in their own order."""
        some = self.counts[:, [_PLACES[name] for name in measures]]
        return sorted(label for label, row in zip(self.labels, some, strict=True) if row.any())


@dataclass(frozen=True)
class Sums:
    """Counts of one span of days, 0 where nothing was counted."""

    whole: Mapping[str, float]
    """By measure."""
    by_class: Divided
    by_channel: Divided


@dataclass(frozen=True)
class Counted:
    """What the page counts of the context's region, read together."""

    now: Sums
    """In the period."""
    last_year: Sums
    """In the same period a year before."""
    ever: Sums
    """Up to the end of the period."""
    waits: Mapping[str, np.ndarray]
    """Bins of the waits that ended in the period: ``measure, class_code, lower, upper, value``."""
    is_over: bool
    """Whether the data speak of the whole period; else it has fewer days than that of the year before."""

    def waited(self, measure: str, class_code: str | None = None) -> Bins:
        """Return the bins of one wait, of one class where it is given."""
        own = self.waits["measure"] == measure
        if class_code is not None:
            own &= self.waits["class_code"] == class_code
        return {name: self.waits[name][own] for name in ("lower", "upper", "value")}

    def quantiles(self, measure: str, class_codes: Sequence[str], quantile: float) -> np.ndarray:
        """Return a quantile of one wait for each of ``class_codes``; NaN where there are no waits."""
        place = np.array(
            [class_codes.index(code) if code in class_codes else -1 for code in self.waits["class_code"]], int
        )
        own = (self.waits["measure"] == measure) & (place >= 0)
        lower, upper, value = (self.waits[name][own].astype(float) for name in ("lower", "upper", "value"))
        return quantiles_of(place[own], len(class_codes), lower, upper, value, quantile)


def counted(reader: SnapshotReader, context: Context) -> Counted:
    """Read what the parts of the page stand on."""
    period, end = context.period, last_day(reader, context)
    earlier = period.same_last_year()
    # Days are not divided by channel: of a running month the whole is read, in which nothing was received after ``end``.
    spans = [(period.start, end), (earlier.start, earlier.end), (None, end), (period.start, period.end)]
    spans = spans if end < period.end else spans[:3]
    found = reader.span_values(context.viewer, _COUNTED, [context.region], spans, by=("class_code", "channel"))
    measure = np.array([_PLACES[name] for name in found["measure"].tolist()], int)
    divided = {name: pd.factorize(found[name]) for name in ("class_code", "channel")}
    told = facts_of(reader, context.viewer).coverage
    untold = np.array([name not in told and name not in ("disputes_received", "disputes_raw") for name in _COUNTED])

    numbers = [np.nan_to_num(found[f"value_{span}"]) for span in range(len(spans))]

    def by(name: str, span: int) -> Divided:
        # Spans that are read apart have rows of their own: these are added up.
        place, labels = divided[name]
        sums = np.bincount(place * len(_COUNTED) + measure, numbers[span], len(labels) * len(_COUNTED))
        return Divided(labels.tolist(), sums.reshape(-1, len(_COUNTED)), untold)

    def sums(span: int, channels: int) -> Sums:
        whole = dict(zip(_COUNTED, np.bincount(measure, numbers[span], len(_COUNTED)).tolist(), strict=True))
        return Sums(whole, by("class_code", span), by("channel", channels))

    now, last_year, ever = sums(0, len(spans) - 1 if end < period.end else 0), sums(1, 1), sums(2, 2)
    waits = reader.histograms(context.viewer, _WAITS, [context.region], period.start, end, by_class=True)
    return Counted(now, last_year, ever, waits, is_over=end == period.end)


def funnel(reader: SnapshotReader, context: Context, counts: Counted) -> pd.DataFrame:
    """Return the steps of the disputes received in the period, with waits of those that took the step in it.

    A step that no source of the data set keeps has no count, and the step after it stands beside the one before.
    """
    language = context.language
    whole = counts.now.whole
    kept = facts_of(reader, context.viewer).coverage
    numbers = [
        whole[_STEP_MEASURES[step]] if _STEP_MEASURES[step] in kept or not place else np.nan
        for place, step in enumerate(STEPS)
    ]
    rows: list[dict[str, object]] = []
    for place, step in enumerate(STEPS):
        before = next((count for count in reversed(numbers[:place]) if not np.isnan(count)), np.nan)
        median, slowest = np.nan, np.nan
        if step in _STEP_WAITS:
            bins = counts.waited(_STEP_WAITS[step])
            median, slowest = bin_quantile(bins, 0.5), bin_quantile(bins, 0.9)
        left = before - numbers[place] if place else np.nan
        stage = _LEFT_STAGE.get(step)
        rows.append(
            {
                "step": t(f"disputes.step_{step}", language),
                "count": numbers[place],
                "of_received": numbers[place] / numbers[0] if numbers[0] else np.nan,
                "of_step_before": numbers[place] / before if place and before else np.nan,
                "left": left,
                "median_days": median,
                "p90_days": slowest,
                "count_text": formatting.number(numbers[place]),
                "of_received_text": formatting.share(numbers[place], numbers[0], language),
                "of_step_before_text": formatting.share(numbers[place], before, language) if place else "",
                "left_text": formatting.number(left) if place else "",
                "median_text": formatting.number(median, 1) if step in _STEP_WAITS else "",
                "p90_text": formatting.number(slowest, 1) if step in _STEP_WAITS else "",
                "href": context.href("disputes", stage=stage, offset=None) if stage and left > 0 else "",
            }
        )
    return pd.DataFrame(rows, index=list(STEPS))


def narrowest(steps: pd.DataFrame) -> str | None:
    """Return the step that the smallest share of the step before it went through; None without disputes."""
    shares = dict(zip(steps.index.tolist(), steps["of_step_before"].tolist(), strict=True))
    known = [step for step, share in shares.items() if not np.isnan(share)]
    return min(known, key=lambda step: shares[step], default=None)


def ages(context: Context, counts: Counted) -> pd.DataFrame:
    """Return the open disputes at the end of the period in age bands that add up to all open."""
    language = context.language
    whole = counts.ever.whole
    beyond = [whole["disputes_received"] - whole["disputes_resolved"]]
    beyond += [whole[f"disputes_reached_{days}"] - whole[f"disputes_left_{days}"] for days in AGES]
    edges = (0, *AGES)
    rows = []
    for place, days in enumerate(edges):
        nxt = beyond[place + 1] if place + 1 < len(beyond) else 0.0
        upper = edges[place + 1] if place + 1 < len(edges) else None
        name = t("disputes.age_beyond", language, days=days) if upper is None else ""
        name = name or t("disputes.age_between", language, lower=days, upper=upper)
        rows.append(
            {
                "band": name,
                "count": beyond[place] - nxt,
                "share": (beyond[place] - nxt) / beyond[0] if beyond[0] else np.nan,
                "beyond": beyond[place],
                "count_text": formatting.number(beyond[place] - nxt),
                "share_text": formatting.share(beyond[place] - nxt, beyond[0], language),
                "beyond_text": formatting.number(beyond[place]),
            }
        )
    return pd.DataFrame(rows)


def classes(context: Context, counts: Counted) -> pd.DataFrame:
    """Return the six classes: received against last year with what chance allows, cohort, age, relapse, largest rise first."""
    language = context.language
    order = [*dispute_settings().classes]
    order += [code for code in counts.now.by_class.with_any(_BY_CLASS) if code not in order]
    now, before, stock = (each.by_class.of(order) for each in (counts.now, counts.last_year, counts.ever))
    last_year = before["disputes_received"] if counts.is_over else np.full(len(order), np.nan)
    compared = compared_counts(now["disputes_received"], last_year, language)
    long_open = stock["disputes_reached_90"] - stock["disputes_left_90"]
    every = now["disputes_received"].sum()
    changed = compared["change"]
    largest_first = np.lexsort((-now["disputes_received"], -changed))
    frame = pd.DataFrame(
        {
            "class_code": order,
            "class": [class_word(code, language) for code in order],
            "received": now["disputes_received"],
            "share": now["disputes_received"] / every if every else np.nan,
            "last_year": last_year,
            "change": changed,
            "due_resolved": _ratio(now["disputes_due_resolved"], now["disputes_due"]),
            "resolved": _ratio(now["disputes_received_resolved"], now["disputes_received"]),
            "open_90": long_open,
            "relapsed": _ratio(now["disputes_relapsed"], now["disputes_resolved"]),
            "received_text": [formatting.number(value) for value in now["disputes_received"]],
            "share_text": [formatting.share(value, every, language) for value in now["disputes_received"]],
            "change_text": compared["text"],
            "certainty": compared["certainty"],
            "due_resolved_text": _shares(now["disputes_due_resolved"], now["disputes_due"], language),
            "resolved_text": _shares(now["disputes_received_resolved"], now["disputes_received"], language),
            "open_90_text": [formatting.number(value) for value in long_open],
            "relapsed_text": _shares(now["disputes_relapsed"], now["disputes_resolved"], language),
            "beyond": compared["beyond"],
            "href": [context.href("disputes", **{"class": code, "stage": "received"}, offset=None) for code in order],
        },
        index=pd.Index(order, name="class_code"),
    )
    return frame.take(largest_first)


def class_words(context: Context) -> dict[str, str]:
    """Return the names of the dispute classes, in order."""
    return {code: class_word(code, context.language) for code in dispute_settings().classes}


def class_word(code: str, language: str) -> str:
    """Return the name of a dispute class; an unknown code is shown as it is."""
    return t(f"class.{code}", language) if code in dispute_settings().classes else code or t("work.unknown", language)


def channel_word(code: str, language: str) -> str:
    """Return the name of a source; an unknown one is shown as it is."""
    known = code in dispute_settings().channels
    return t(f"channel.{code}", language) if known else code or t("work.unknown", language)


def sources(context: Context, counts: Counted) -> pd.DataFrame:
    """Return what each source handed over, how much of it was merged, and how long it took from the first report."""
    language = context.language
    counted_of = counts.now.by_channel.with_any(_BY_CHANNEL)
    order = [code for code in dispute_settings().channels if code in counted_of]
    order += [code for code in counted_of if code not in order]
    now, before = (each.by_channel.of(order) for each in (counts.now, counts.last_year))
    last_year = before["disputes_raw"] if counts.is_over else np.full(len(order), np.nan)
    median, slowest = (counts.quantiles("intake_delay_days", order, part) * 24 for part in (0.5, 0.9))
    day = np.array([share_within(counts.waited("intake_delay_days", code), 1) for code in order])
    compared = compared_counts(now["disputes_raw"], last_year, language)
    received = now["disputes_received"].sum()
    return pd.DataFrame(
        {
            "channel_code": order,
            "channel": [channel_word(code, language) for code in order],
            "raw": now["disputes_raw"],
            "merged": now["disputes_merged"],
            "merge_rate": _ratio(now["disputes_merged"], now["disputes_raw"]),
            "first_found": _ratio(now["disputes_received"], np.full(len(order), received)),
            "change": compared["change"],
            "median_hours": median,
            "p90_hours": slowest,
            "within_day": day,
            "raw_text": [formatting.number(value) for value in now["disputes_raw"]],
            "merge_rate_text": _shares(now["disputes_merged"], now["disputes_raw"], language),
            "first_found_text": [formatting.share(value, received, language) for value in now["disputes_received"]],
            "change_text": compared["text"],
            "certainty": compared["certainty"],
            "median_text": [formatting.number(value, 1) for value in median],
            "p90_text": [formatting.number(value, 1) for value in slowest],
            "within_day_text": [formatting.percent(value) for value in day],
            "href": [context.href("disputes", channel=code, stage="received", offset=None) for code in order],
        },
        index=order,
    )


def colours(context: Context, counts: Counted, rows: Mapping[str, Values]) -> pd.DataFrame:
    """Return how many disputes of each risk colour are open and overdue, and how long the settled ones took.

    Those without a colour yet come last, so that the rows add up to all that are open.
    """
    language = context.language
    found: list[dict[str, Any]] = []
    for colour, stock, late in (("red", "YJ1", "YJ6r"), ("yellow", "YJ1y", "YJ6y"), ("blue", "YJ1b", "YJ6b")):
        bins = counts.waited("red_days") if colour == "red" else counts.waited("colour_days", colour)
        median, slowest = bin_quantile(bins, 0.5), bin_quantile(bins, 0.9)
        values = {"open": _value(rows[stock]), "overdue_count": _value(rows[late])}
        found.append(
            {
                "colour": colour,
                "colour_word": t(f"risk.{colour}", language),
                **values,
                "median_days": median,
                "p90_days": slowest,
                "open_text": formatting.number(values["open"]),
                "overdue_text": formatting.number(values["overdue_count"]),
                "median_text": formatting.number(median, 1),
                "p90_text": formatting.number(slowest, 1),
                "href": context.href("disputes", colour=colour, stage="overdue", offset=None),
            }
        )
    still_open = _value(rows["BH8"]) - sum(row["open"] for row in found)
    overdue = _value(rows["BH9"]) - sum(row["overdue_count"] for row in found)
    if still_open > 0:
        found.append(
            {
                "colour": "",
                "colour_word": t("disputes.ungraded", language),
                "open": still_open,
                "overdue_count": overdue,
                "open_text": formatting.number(still_open),
                "overdue_text": formatting.number(overdue),
                "median_text": formatting.MISSING,
                "p90_text": formatting.MISSING,
                "href": "",
            }
        )
    return pd.DataFrame(found)


def causes(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    """Return the homicides of the last 36 months by cause; at county level and above, small counts hidden where due."""
    language = context.language
    end = last_day(reader, context)
    start = date(end.year - 2, 1, 1) if end.month == 12 else date(end.year - 3, end.month + 1, 1)
    depth = depth_of(reader.regions(context.viewer), context.region)
    nothing = pd.DataFrame(columns=["class", "three_years", "this_year", "share_text"])
    if depth > 1 or not context.viewer.permissions.small_counts:
        return nothing
    spans = [(start, end), (date(end.year, 1, 1), end)]
    found = reader.span_values(context.viewer, ["homicide_incidents"], [context.region], spans, by=("class_code",))
    order = dispute_settings().classes
    three_years, this_year = (
        [np.nansum(found[f"value_{place}"][found["class_code"] == code]) for code in order] for place in range(2)
    )
    every = sum(three_years)
    if not every:
        return nothing
    return pd.DataFrame(
        {
            "class": [class_word(code, language) for code in order],
            "three_years": three_years,
            "this_year": this_year,
            "three_years_text": [formatting.number(value) for value in three_years],
            "this_year_text": [formatting.number(value) for value in this_year],
            "share_text": [formatting.share(value, every, language) for value in three_years],
        },
        index=list(order),
    ).sort_values("three_years", ascending=False)


def compared_counts(now: np.ndarray, before: np.ndarray, language: str) -> dict[str, Any]:
    """Return relative changes of counts, in words, with Benjamini–Hochberg over all that are shown together.

    Where ``before`` is not known nothing is compared.

    Returns
    -------
    dict
        ``change, text, beyond, certainty``, each as long as ``now``.
    """
    p_values = rate_ratio(now, 1.0, before, 1.0).p_value
    beyond = benjamini_hochberg(np.asarray(p_values, float)) < CERTAIN
    words = {sure: t(f"overview.certainty_{'beyond' if sure else 'within'}", language) for sure in (True, False)}
    return {
        "change": _ratio(now, before) - 1,
        "text": [formatting.percent_change(new, old) for new, old in zip(now, before, strict=True)],
        "beyond": beyond,
        "certainty": [
            words[bool(sure)] if known else formatting.MISSING
            for sure, known in zip(beyond, ~np.isnan(before), strict=True)
        ],
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return part / np.where(whole > 0, whole, np.nan)


def _shares(part: np.ndarray, whole: np.ndarray, language: str) -> list[str]:
    return [formatting.share(one, all_of, language) for one, all_of in zip(part, whole, strict=True)]


def _value(row: Values) -> float:
    return float(row["value"]) if row["status"] in ("ok", "partial") else float("nan")
