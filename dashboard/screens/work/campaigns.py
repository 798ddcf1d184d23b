"""Special campaigns: alarms since each began, against the same days of the last year before it, with the interval."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.screens.work.settings import Campaign, campaigns
from dashboard.statistics.comparisons import benjamini_hochberg, rate_ratio
from dashboard.statistics.intervals import rate
from data_access.queries import SnapshotReader

ALARMS = "criminal_alarms"
YEAR_MONTHS = 12
CERTAIN = 0.05
Limited = tuple[float, float, float]
"""A number and its limits."""
Phase = tuple[str, pd.Timestamp, pd.Timestamp, float, float, float]
"""Name, first and last day, alarms in a mean month and their limits."""
MONTH_DAYS = 365.25 / YEAR_MONTHS
COLUMNS = [
    *("class_code", "campaign", "began_on", "days", "during_from", "during", "before_from", "before"),
    *("change", "lower", "upper", "q_value", "verdict"),
]


def campaign_rows(reader: SnapshotReader, context: Context, as_of: date) -> pd.DataFrame:
    """Return each campaign with its alarms during and before.

    Compared are the days since the campaign began (at most the last twelve months) with the same days of the latest year
    in which it had not begun, so that the season is the same on both sides. The interval is of the ratio of two Poisson
    counts per day; whether the change is beyond chance is decided for all campaigns together (Benjamini–Hochberg).

    Returns
    -------
    DataFrame
        :data:`COLUMNS` and texts; ``change, lower, upper`` are relative changes, missing on a small base.
    """
    rules, language = campaigns(), context.language
    if not may_see_campaigns(context):
        return pd.DataFrame(columns=COLUMNS)
    spans = [_span_of(campaign, as_of) for campaign in rules.campaign]
    alarms = _alarms_by_day(reader, context, [span for span in spans if span is not None], as_of)
    classes, moments, numbers = (alarms[name].to_numpy() for name in ("class_code", "period_start", "value"))

    def within(class_code: str, days: tuple[date, date]) -> float:
        first, last = (np.datetime64(day) for day in days)
        return float(numbers[(classes == class_code) & (moments >= first) & (moments <= last)].sum())

    rows = [_counted(campaign, span, within, language) for campaign, span in zip(rules.campaign, spans, strict=True)]
    frame = pd.DataFrame(rows, columns=COLUMNS[:8])
    if frame.empty:
        return pd.DataFrame(columns=COLUMNS)
    days = frame["days"].to_numpy(float)
    ratio = rate_ratio(
        np.where(days > 0, frame["during"], np.nan), days, np.where(days > 0, frame["before"], np.nan), days
    )
    enough = (frame["during"] >= rules.least) & (frame["before"] >= rules.least) & (days > 0)
    for name, values in (("change", ratio.value), ("lower", ratio.lower), ("upper", ratio.upper)):
        frame[name] = np.where(enough, values - 1, np.nan)
    frame["q_value"] = np.where(days > 0, benjamini_hochberg(np.where(days > 0, ratio.p_value, np.nan)), np.nan)
    judged = (frame[name].tolist() for name in ("days", "during", "before", "change", "q_value"))
    frame["verdict"] = [t(f"response.campaign_{_verdict(*row)}", language) for row in zip(*judged, strict=True)]
    return _written(frame, language)


@dataclass(frozen=True)
class CampaignCard:
    """One campaign as its card shows it.

    Parameters
    ----------
    class_code : str
    name : str
    began : Timestamp
    indicator : Indicator
        What is counted, with its definition.
    sentence : str
        Both counts, the change with its interval, and whether it is beyond chance.
    months : DataFrame
        ``month`` (first day), ``alarms``; empty where the campaign had not begun.
    phases : tuple
        ``before`` and ``during``.
    why_empty : str
        Why there are no months.
    """

    class_code: str
    name: str
    began: pd.Timestamp
    indicator: Indicator
    sentence: str
    months: pd.DataFrame
    phases: tuple[Phase, ...]
    why_empty: str = ""


def campaign_cards(
    reader: SnapshotReader, context: Context, rows: pd.DataFrame, as_of: date
) -> tuple[CampaignCard, ...]:
    """Return a card for each of :func:`campaign_rows`, with the months from the first day compared to ``as_of``."""
    if rows.empty:
        return ()
    last = np.datetime64(as_of + timedelta(days=1), "M") - 1  # the last month that has ended
    begun = rows["before_from"][rows["days"] > 0]
    alarms = _alarms_by_month(reader, context, min(begun), last) if len(begun) else {}
    monthly = {name: _monthly(rows, name) for name in ("before", "during")}
    return tuple(
        _card(context, row, alarms, last, {name: found[row["class_code"]] for name, found in monthly.items()})
        for row in rows.to_dict("records")
    )


def _monthly(rows: pd.DataFrame, name: str) -> dict[str, Limited]:
    """Return what the count of a phase comes to in a mean month, with exact or Byar limits, by class; NaN without days."""
    days = rows["days"].to_numpy(float)
    counted = np.where(days > 0, rows[name].to_numpy(float), np.nan)
    found = rate(counted, np.where(days > 0, days / MONTH_DAYS, np.nan), factor=1.0)
    limited = zip(found.value.tolist(), found.lower.tolist(), found.upper.tolist(), strict=True)
    return dict(zip(rows["class_code"].tolist(), limited, strict=True))


def _card(
    context: Context, row: dict, alarms: Mapping[str, np.ndarray], last: np.datetime64, monthly: Mapping[str, Limited]
) -> CampaignCard:
    language, began = context.language, bool(row["days"])
    months = pd.DataFrame(columns=["month", "alarms"])
    phases: tuple[Phase, ...] = ()
    why = t("response.campaign_not_begun", language)
    if began:
        every = np.arange(np.datetime64(row["before_from"], "M"), last + 1)
        counted = alarms[row["class_code"]][-len(every) :] if row["class_code"] in alarms else np.zeros(len(every))
        months = pd.DataFrame({"month": every.astype("datetime64[s]"), "alarms": counted})
        phases = tuple(_phase(name, row, monthly[name]) for name in ("before", "during"))
        why = ""
    sentence = t(
        "response.campaign_sentence" if began else "response.campaign_sentence_not_begun",
        language,
        **{name: row[f"{name}_text"] for name in ("before", "during", "change", "interval")},
        days=row["days_text"],
        began=row["began"],
        verdict=row["verdict"],
    )
    return CampaignCard(
        row["class_code"],
        row["campaign"],
        pd.Timestamp(row["began_on"]),
        indicator_against(row["class_code"]),
        sentence,
        months,
        phases,
        why,
    )


def _phase(name: str, row: dict, monthly: Limited) -> Phase:
    """Return the days of a phase and what its count comes to in a mean month."""
    first = pd.Timestamp(row[f"{name}_from"])
    return name, first, first + pd.Timedelta(days=row["days"] - 1), *monthly


def _alarms_by_month(
    reader: SnapshotReader, context: Context, first: date, last: np.datetime64
) -> dict[str, np.ndarray]:
    """Return by class the alarms of each month from that of ``first`` to ``last``."""
    end = ((last + 1).astype("datetime64[D]") - 1).item()
    labels, counts = reader.monthly_values(
        context.viewer, [ALARMS], [context.region], first.replace(day=1), end, by=("class_code",)
    )
    return dict(zip(labels["class_code"].tolist(), np.nan_to_num(counts), strict=True))


def indicator_against(class_code: str) -> Indicator:
    """Return the indicator that counts the alarms of a class; of all classes where none does."""
    of = _alarm_counts()
    return of.get((class_code,), of[()])


@lru_cache(maxsize=1)
def _alarm_counts() -> Mapping[tuple[str, ...], Indicator]:
    counts = [item for item in load_catalogue().values() if item.kind == "count" and len(item.numerator) == 1]
    return {item.numerator[0].class_code: item for item in counts if item.numerator[0].measure == ALARMS}


def may_see_campaigns(context: Context) -> bool:
    """Return whether the viewer may see a region's alarms by class, counted by days.

    Without the right to small counts nobody may, not even of the whole scope: the days compared move with the period, and two
    periods taken from one another would give the alarms of single months.
    """
    return context.viewer.permissions.small_counts


@dataclass(frozen=True)
class _Span:
    """First and last days during and before."""

    during: tuple[date, date]
    before: tuple[date, date]


def _span_of(campaign: Campaign, as_of: date) -> _Span | None:
    """Return the days that are compared; None where the campaign had not begun."""
    if campaign.began_on > as_of:
        return None
    start = max(campaign.began_on, _years_earlier(as_of, 1) + timedelta(days=1))
    years = 1
    while _years_earlier(as_of, years) >= campaign.began_on:
        years += 1
    return _Span((start, as_of), (_years_earlier(start, years), _years_earlier(as_of, years)))


def _alarms_by_day(reader: SnapshotReader, context: Context, spans: list[_Span], as_of: date) -> pd.DataFrame:
    """Return alarms by class and day over all the days that are compared."""
    if not spans:
        return pd.DataFrame({"class_code": [], "period_start": [], "value": []})
    first = min(span.before[0] for span in spans)
    return reader.measure_values(
        context.viewer, [ALARMS], [context.region], first, as_of, grain="day", by=("class_code",)
    )


def _counted(
    campaign: Campaign, span: _Span | None, within: Callable[[str, tuple[date, date]], float], language: str
) -> list[object]:
    """Return what is known of one campaign; no days where it had not begun."""
    name = campaign.label(language)
    if span is None:
        return [campaign.class_code, name, campaign.began_on, 0, None, np.nan, None, np.nan]
    length = (span.during[1] - span.during[0]).days + 1
    return [
        *(campaign.class_code, name, campaign.began_on, length),
        *(span.during[0], within(campaign.class_code, span.during)),
        *(span.before[0], within(campaign.class_code, span.before)),
    ]


def _years_earlier(day: date, years: int) -> date:
    """Return the same day so many years earlier; of 29 February the 28th."""
    year = day.year - years
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _verdict(days: int, during: float, before: float, change: float, q_value: float) -> str:
    if not days:
        return "not_begun"
    if not during and not before:
        return "no_alarms"
    if np.isnan(change):
        return "few"
    if not q_value < CERTAIN:
        return "within"
    return "fell" if change < 0 else "rose"


def _written(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    texts = {
        "began": [formatting.day(day) for day in frame["began_on"]],
        "indicator_id": [indicator_against(code).id for code in frame["class_code"]],
        "days_text": [formatting.number(days) if days else formatting.MISSING for days in frame["days"]],
        "during_text": [formatting.number(value) for value in frame["during"]],
        "before_text": [formatting.number(value) for value in frame["before"]],
        "change_text": [
            formatting.signed_percent(change) if np.isfinite(change) else formatting.signed(during - before)
            for change, during, before in zip(frame["change"], frame["during"], frame["before"], strict=True)
        ],
        "interval_text": [
            t("response.interval", language, low=formatting.signed_percent(low), high=formatting.signed_percent(high))
            if np.isfinite(low) and np.isfinite(high)
            else formatting.MISSING
            for low, high in zip(frame["lower"], frame["upper"], strict=True)
        ],
    }
    return frame.assign(**texts)
