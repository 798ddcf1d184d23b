"""Disputes: where the loop breaks, what grows, whether the sources are joined, and which red ones nobody holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import values_and_changes
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.memory import kept
from dashboard.screens.children import Listed, in_scope, level_word, listed_down_to, listed_regions
from dashboard.screens.figures import row_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work import dispute_parts as parts
from dashboard.screens.work.cards import Rows, cards_of, region_rows
from dashboard.screens.work.dispute_list import DisputeList, dispute_list, red_without_package
from dashboard.screens.work.settings import dispute_settings
from dashboard.screens.work.shares import COUNTY, share_rows, share_table
from dashboard.sources import has_source
from data_access.queries import SnapshotReader

COMPARED = ("MT1", "BH2", "BH1", "BH4")
_COLOUR_FIGURES = ("YJ1", "YJ1y", "YJ1b", "YJ1n", "YJ2", "YJ6r", "YJ6y", "YJ6b")
_CAUSE_FIGURE = "JQ3y"
_CASES = "homicide_incidents"


@dataclass(frozen=True)
class DisputesScreen:
    """What the disputes page draws."""

    verdict: str
    cards: tuple[Card, ...]
    funnel: pd.DataFrame
    ages: pd.DataFrame
    classes: pd.DataFrame
    sources: pd.DataFrame
    handling: pd.DataFrame
    """How hotline and petition office handle what comes to them, by county; empty where nobody tells or no county is seen."""
    no_handling: str
    handled_in: Listed
    colours: pd.DataFrame
    red: pd.DataFrame
    red_count: int | None
    """Red disputes without a case package; None where it can't be known."""
    causes: pd.DataFrame
    no_causes: str
    cause_sentence: str
    listed: Listed
    regions: pd.DataFrame
    records: DisputeList
    tables: tuple[ScreenTable, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no dispute was received in the period."""
        return not self.funnel["count"].iloc[0]


@kept
def disputes_screen(reader: SnapshotReader, context: Context) -> DisputesScreen:
    """Prepare the disputes of the context's region and period."""
    settings = dispute_settings()
    beside = [name for names in settings.beside.values() for name in names]
    regions_seen = reader.regions(context.viewer)
    listed = listed_regions(context, regions_seen, reader.snapshot())
    counties = listed_down_to(reader, context, COUNTY)
    handled = counties.codes if all(in_scope(regions_seen, code) for code in counties.codes) else ()
    names = [*settings.cards, *beside, *_COLOUR_FIGURES, _CAUSE_FIGURE, *settings.regions.indicators]
    found, changes = values_and_changes(
        reader,
        context.viewer,
        list(dict.fromkeys([*names, *settings.handling])),
        [context.region, *listed.codes, *handled],
        context.period,
        COMPARED,
        context.region,
    )
    rows = {name: row_of(frame, context.region) for name, frame in found.items()}
    counts = parts.counted(reader, context)
    steps = parts.funnel(reader, context, counts)
    kinds = parts.classes(context, counts)
    came = parts.sources(context, counts)
    ages = parts.ages(context, counts)
    colours = parts.colours(context, counts, rows)
    told = {name: has_source(reader, context.viewer, find_indicator(name)) for name in (*settings.handling, _CASES)}
    handling = pd.DataFrame()
    if handled and any(told[name] for name in settings.handling):
        handling = share_rows(reader, context, found, settings.handling, counties, "disputes")
    causes = parts.causes(reader, context)
    regions = region_rows(reader, context, found, listed, settings.regions.indicators, "disputes")
    records = dispute_list(reader, context)
    red = red_without_package(reader, context)
    red_count = _red_without(rows)
    county = level_word(reader.snapshot(), COUNTY, context.language)
    return DisputesScreen(
        verdict=_verdict(context, rows, steps, kinds, red_count),
        cards=cards_of(reader, context, settings.cards, settings.beside, rows, changes),
        funnel=steps,
        ages=ages,
        classes=kinds,
        sources=came,
        handling=handling,
        no_handling=t(f"disputes.{'handling_not_told' if handled else 'county_only'}", context.language, level=county),
        handled_in=counties,
        colours=colours,
        red=red,
        red_count=red_count,
        causes=causes,
        no_causes=t(f"disputes.{'no_causes' if told[_CASES] else 'causes_not_told'}", context.language, level=county),
        cause_sentence=_cause_sentence(reader, context, rows[_CAUSE_FIGURE]),
        listed=listed,
        regions=regions,
        records=records,
        tables=_tables(context, steps, ages, kinds, came, handling, colours, causes, regions, red, records),
    )


def _red_without(rows: Rows) -> int | None:
    row = rows["YJ2"]
    if rows["YJ1"]["status"] not in WITH_VALUE:
        return None
    if pd.isna(row["denominator"]) or not row["denominator"]:
        return 0
    return int(row["denominator"] - row["numerator"])


def _verdict(context: Context, rows: Rows, steps: pd.DataFrame, kinds: pd.DataFrame, red: int | None) -> str:
    language = context.language
    received = float(steps["count"].to_numpy(float)[0])
    if not received:
        return t("disputes.none", language)
    said = [
        t(
            "disputes.verdict_loop" if rows["BH2"]["status"] in WITH_VALUE else "disputes.verdict_loop_not_due",
            language,
            received=formatting.number(received),
            due=_percent(rows["BH2"], language),
            total=_percent(rows["BH2b"], language),
            unresolved=formatting.number(rows["BH2n"]["value"]),
        )
    ]
    weakest = parts.narrowest(steps)
    if weakest is not None:
        share = steps.at[weakest, "of_step_before_text"]
        said.append(t("disputes.verdict_narrow", language, step=steps.at[weakest, "step"], share=share))
    growing = np.flatnonzero(kinds["beyond"].to_numpy(bool) & (kinds["change"].to_numpy(float) > 0))
    if len(growing):
        name, change = (kinds[column].iat[growing[0]] for column in ("class", "change_text"))
        said.append(t("disputes.verdict_growing", language, name=name, change=change))
    elif kinds["last_year"].notna().any():
        said.append(t("disputes.verdict_no_growth", language))
    if red is not None:
        said.append(t("overview.red_without" if red else "overview.red_all_packaged", language, count=red))
    return t("overview.joint", language).join(said) + t("overview.stop", language)


def _cause_sentence(reader: SnapshotReader, context: Context, row: Values) -> str:
    language = context.language
    if row["status"] not in WITH_VALUE or pd.isna(row["numerator"]):
        return t("disputes.causes_unknown", language, level=level_word(reader.snapshot(), COUNTY, language))
    return t(
        "disputes.causes_sentence",
        language,
        part=formatting.number(row["numerator"]),
        whole=formatting.number(row["denominator"]),
        share=formatting.number(100 * row["numerator"] / row["denominator"]) if row["denominator"] else "0",
    )


def _percent(row: Values, language: str) -> str:
    if row["status"] not in WITH_VALUE:
        return t(f"indicator_status.{row['status']}", language)
    return formatting.share(row["numerator"], row["denominator"], language)


_COLUMNS = {
    "funnel": ("step", "count", "of_received", "of_step_before", "left", "median_days", "p90_days"),
    "ages": ("band", "count", "share", "beyond"),
    "classes": (
        *("class", "received", "share", "last_year", "change", "certainty", "due_resolved", "resolved"),
        *("open_90", "relapsed"),
    ),
    "sources": (
        *("channel", "raw", "merged", "merge_rate", "first_found", "change", "certainty"),
        *("median_hours", "p90_hours", "within_day"),
    ),
    "colours": ("colour_word", "open", "overdue_count", "median_days", "p90_days"),
    "causes": ("class", "three_years", "this_year"),
    "records": (
        *("number", "class", "channel", "colour_word", "region", "unit", "received", "mediated", "resolved"),
        *("revisited", "archived", "due", "transfers", "days", "overdue", "packaged"),
    ),
    "red_unpackaged": (
        "number",
        "class",
        "channel",
        "region",
        "unit",
        "received",
        "red",
        "due",
        "transfers",
        "overdue",
    ),
}


def _tables(
    context: Context,
    steps: pd.DataFrame,
    ages: pd.DataFrame,
    kinds: pd.DataFrame,
    came: pd.DataFrame,
    handling: pd.DataFrame,
    colours: pd.DataFrame,
    causes: pd.DataFrame,
    regions: pd.DataFrame,
    red: pd.DataFrame,
    records: DisputeList,
) -> tuple[ScreenTable, ...]:
    language = context.language

    def made(key: str, frame: pd.DataFrame) -> ScreenTable:
        names = _COLUMNS[key]
        headings = {name: t(f"disputes_column.{name}", language) for name in names}
        return ScreenTable(key, t(f"disputes.title_{key}", language), frame, headings)

    indicators = dispute_settings().regions.indicators
    return (
        made("funnel", steps),
        made("ages", ages),
        made("classes", kinds),
        made("sources", came),
        share_table(
            "handling", t("disputes.title_handling", language), handling, dispute_settings().handling, language
        ),
        made("colours", colours),
        made("causes", causes),
        share_table("regions", t("disputes.title_regions", language), regions, indicators, language),
        made("red_unpackaged", red),
        made("records", records.rows),
    )
