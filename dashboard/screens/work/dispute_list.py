"""The list of dispute records: which ones the address asks for, one page of them, and the switches above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.screens.children import names_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.dispute_parts import COLOURS, channel_word, class_word
from dashboard.screens.work.settings import dispute_settings
from data_access.queries import SnapshotReader

STAGES = (
    *("received", "unmediated", "unrevisited", "unarchived", "transferred", "relapsed", "merged"),
    *("open", "overdue", "red_open", "red_unpackaged"),
)
DEFAULT_STAGE = "overdue"
ALL = "all"
_WRITTEN_TIMES = ("received", "mediated", "resolved", "revisited", "archived", "due", "red")
_TIMES = (*_WRITTEN_TIMES, "red_handled", "packaged")


@dataclass(frozen=True)
class DisputeList:
    """One page of records."""

    stage: str
    class_code: str
    channel: str
    colour: str
    offset: int
    count: int
    rows: pd.DataFrame
    """As written, with the numbers of the download beside them; without columns where there are none, and where the role
    may list no records."""
    allowed: bool

    def shown(self, language: str) -> str:
        """Return which rows of how many these are."""
        numbers = {"first": self.offset + 1, "last": self.offset + len(self.rows), "count": self.count}
        return t("work.shown", language, **{name: formatting.number(number) for name, number in numbers.items()})


def dispute_list(reader: SnapshotReader, context: Context) -> DisputeList:
    """Prepare the page of records that the address asks for."""
    settings = dispute_settings()
    stage = context.own_value("stage", STAGES, DEFAULT_STAGE)
    class_code = context.own_value("class", settings.classes, ALL)
    channel = context.own_value("channel", settings.channels, ALL)
    colour = context.own_value("colour", COLOURS, ALL)
    offset = _offset(context)
    if not context.viewer.permissions.records:
        return DisputeList(stage, class_code, channel, colour, 0, 0, pd.DataFrame(), allowed=False)
    chosen = {"class_code": class_code, "channel": channel, "risk_colour": colour}
    filters = {name: value for name, value in chosen.items() if value != ALL}
    asked = (context.viewer, context.region, context.period.start, last_day(reader, context), stage, filters)
    page_rows = settings.lists.page_rows
    found = reader.disputes(*asked, limit=page_rows, offset=offset)
    count = offset + len(found)
    if len(found) == page_rows or (offset and found.empty):
        # Rows that don't fill their page are the last ones: only of others it is to be asked how many there are.
        count = reader.dispute_count(*asked)
        last_page = max(count - 1, 0) // page_rows * page_rows
        if last_page < offset:
            offset = last_page
            found = reader.disputes(*asked, limit=page_rows, offset=offset)
    rows = written(reader, context, found)
    return DisputeList(stage, class_code, channel, colour, offset, count, rows, allowed=True)


def red_without_package(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    """Return the first red disputes without a case package, nearest deadline first."""
    if not context.viewer.permissions.records:
        return pd.DataFrame()
    found = reader.disputes(
        context.viewer,
        context.region,
        context.period.start,
        last_day(reader, context),
        "red_unpackaged",
        limit=dispute_settings().lists.red_rows,
    )
    return written(reader, context, found)


def written(reader: SnapshotReader, context: Context, found: pd.DataFrame) -> pd.DataFrame:
    """Return records as written on screen: words for codes, days for times, how long they wait; without any, no columns."""
    if found.empty:
        return pd.DataFrame()
    language = context.language
    codes = {name: found[name].tolist() for name in ("class_code", "channel", "risk_colour", "region_code")}
    at = {name: found[f"{name}_at"].to_numpy("datetime64[us]") for name in _TIMES}
    is_red = np.array([colour == "red" for colour in codes["risk_colour"]], bool)
    after = np.datetime64(last_day(reader, context)) + np.timedelta64(1, "D")
    done = np.where(is_red, at["red_handled"], at["resolved"])
    waited = _whole_days(at["received"], np.where(np.isnat(at["resolved"]), after, at["resolved"]))
    overdue = _whole_days(at["due"], np.where(np.isnat(done), after, done))
    unit = found["unit_en"].fillna(found["unit"]) if language == "en" else found["unit"]
    colours = {code: t(f"risk.{code}", language) for code in COLOURS}
    packaged = {known: t(f"disputes.{'has' if known else 'no'}_package", language) for known in (True, False)}
    return pd.DataFrame(
        {
            "number": found["source_id"].array,
            "class": [class_word(code, language) for code in codes["class_code"]],
            "channel": [channel_word(code, language) for code in codes["channel"]],
            "colour": found["risk_colour"].array,
            "colour_word": [colours.get(code) or t("work.unknown", language) for code in codes["risk_colour"]],
            "region": names_of(reader.regions(context.viewer), tuple(codes["region_code"]), language).tolist(),
            "unit": unit.fillna(formatting.MISSING).array,
            "transfers": found["transfers"].array,
            "transfers_text": [formatting.number(value) for value in found["transfers"].tolist()],
            "days": waited,
            "days_text": [formatting.number(value) for value in waited.tolist()],
            "overdue": np.maximum(overdue, 0),
            "overdue_text": [formatting.number(value) if value > 0 else "" for value in overdue.tolist()],
            "packaged": [
                packaged[known] if red else ""
                for known, red in zip((~np.isnat(at["packaged"])).tolist(), is_red.tolist(), strict=True)
            ],
            **{name: _days(at[name]) for name in _WRITTEN_TIMES},
        }
    )


def _whole_days(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the whole days between times; NaN where one is not known."""
    days = np.floor((end - start) / np.timedelta64(1, "D"))
    return days if np.isnan(days).any() else days.astype(np.int64)


def _days(times: np.ndarray) -> list[str]:
    """Return the days of times, empty where one is not known."""
    return np.where(np.isnat(times), "", np.datetime_as_string(times, "D")).tolist()


def stage_links(context: Context, chosen: DisputeList) -> list[tuple[str, str, bool]]:
    """Return the switches between where disputes stand."""
    return [
        (t(f"disputes.stage_{stage}", context.language), _href(context, stage=stage), stage == chosen.stage)
        for stage in STAGES
    ]


def filter_links(context: Context, chosen: DisputeList) -> dict[str, list[tuple[str, str, bool]]]:
    """Return the switches by class, channel and colour, each with one for all."""
    language = context.language
    settings = dispute_settings()
    every = t("work.all", language)
    classes = [(ALL, every), *((code, class_word(code, language)) for code in settings.classes)]
    channels = [(ALL, every), *((code, channel_word(code, language)) for code in settings.channels)]
    words = [(ALL, every), *((code, t(f"risk.{code}", language)) for code in COLOURS)]
    return {
        name: [
            (word, _href(context, **{name: None if code == ALL else code}), code == current) for code, word in options
        ]
        for name, options, current in (
            ("class", classes, chosen.class_code),
            ("channel", channels, chosen.channel),
            ("colour", words, chosen.colour),
        )
    }


def page_links(context: Context, chosen: DisputeList) -> list[tuple[str, str, bool]]:
    """Return the ways to the page before and the page after."""
    limits = dispute_settings().lists
    links = []
    if chosen.offset:
        before = max(chosen.offset - limits.page_rows, 0)
        links.append((t("work.page_before", context.language), _href(context, offset=before), False))
    after = chosen.offset + limits.page_rows
    if after < chosen.count and after <= limits.most_offset:
        links.append((t("work.page_after", context.language), _href(context, offset=after), False))
    return links


def _href(context: Context, **changes: object) -> str:
    return context.href("disputes", **{"offset": None, **changes})


def _offset(context: Context) -> int:
    limits = dispute_settings().lists
    text = dict(context.own).get("offset", "0")
    number = int(text) if text.isdecimal() and len(text) <= 6 else 0
    return min(number, limits.most_offset) // limits.page_rows * limits.page_rows
