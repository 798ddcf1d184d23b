"""The list of dispute records: which ones the address asks for, one page of them, and the switches above it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.context import Context, region_name
from dashboard.i18n import t
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
    """As written, with the numbers of the download beside them; empty where the role may list no records."""
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
    count = reader.dispute_count(*asked)
    offset = min(offset, max(count - 1, 0) // settings.lists.page_rows * settings.lists.page_rows)
    found = reader.disputes(*asked, limit=settings.lists.page_rows, offset=offset)
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
    """Return records as written on screen: words for codes, days for times, how long they wait."""
    language = context.language
    regions = reader.regions(context.viewer)
    end = pd.Timestamp(last_day(reader, context))
    received = pd.to_datetime(found["received_at"])
    due, resolved = pd.to_datetime(found["due_at"]), pd.to_datetime(found["resolved_at"])
    done = resolved.where(found["risk_colour"] != "red", pd.to_datetime(found["red_handled_at"]))
    waited = (resolved.fillna(end + pd.Timedelta(days=1)) - received).dt.days
    overdue = (done.fillna(end + pd.Timedelta(days=1)) - due).dt.days
    unit = found["unit_en"].fillna(found["unit"]) if language == "en" else found["unit"]
    days = {
        name: [formatting.day(value) if value is not pd.NaT else "" for value in found[f"{name}_at"]]
        for name in ("received", "mediated", "resolved", "revisited", "archived", "due", "red")
    }
    return pd.DataFrame(
        {
            "number": found["source_id"],
            "class": [class_word(code, language) for code in found["class_code"]],
            "channel": [channel_word(code, language) for code in found["channel"]],
            "colour": found["risk_colour"],
            "colour_word": [
                t(f"risk.{code}", language) if code in COLOURS else t("work.unknown", language)
                for code in found["risk_colour"]
            ],
            "region": [region_name(regions, code, language) for code in found["region_code"]],
            "unit": unit.fillna(formatting.MISSING),
            "transfers": found["transfers"],
            "transfers_text": [formatting.number(value) for value in found["transfers"]],
            "days": waited,
            "days_text": [formatting.number(value) for value in waited],
            "overdue": overdue.clip(lower=0),
            "overdue_text": [formatting.number(value) if value > 0 else "" for value in overdue],
            "packaged": [
                t("disputes.has_package" if pd.notna(value) else "disputes.no_package", language)
                if colour == "red"
                else ""
                for value, colour in zip(found["packaged_at"], found["risk_colour"], strict=True)
            ],
            **days,
        }
    )


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
