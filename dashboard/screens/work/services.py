"""Services: is anybody left out of the three 100 %, are files and places in place, how far are those who returned.

Words of service only. Key groups stand by county at the finest, and no figure here says anything about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import values_and_changes
from dashboard.indicators.evaluate import evaluate
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import kept
from dashboard.periods import Period
from dashboard.screens.children import Listed, in_scope, level_word, listed_down_to, place_of
from dashboard.screens.figures import row_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work.cards import Rows, cards_of
from dashboard.screens.work.settings import service_settings
from dashboard.screens.work.shares import (
    COUNTY,
    counted_text,
    is_divided,
    share_rows,
    share_table,
    share_text,
    with_counts,
)
from data_access.queries import SnapshotReader

PAGE = "services"
LOWEST = "YG123"
VISITS = {"HM2v": "classroom_visits", "HM3v": "mind_station_visits"}
"""Indicator → the measure whose months are drawn."""
_BESIDE_SHARES = {"coverage": ("lowest", "which", "missing")}
"""Columns of a list beside its shares."""
COMPARED = ("YG5", "HM2v", "HM3v")


@dataclass(frozen=True)
class ServicesScreen:
    """What the services page draws."""

    verdict: str
    coarser: str
    """Why the figures are those of a larger region; empty when they are the open region's own."""
    cards: tuple[Card, ...]
    coverage: pd.DataFrame
    """Regions listed, the lowest coverage first; ``lowest`` names which of the three it is."""
    after_discharge: pd.DataFrame
    youth: pd.DataFrame
    resettlement: pd.DataFrame
    months: pd.DataFrame
    """``indicator, period_start, value`` of the three coverages."""
    visits: pd.DataFrame
    """``measure, period_start, value``."""
    stages: pd.DataFrame
    """From those due to those employed: ``stage, count, share`` and what is written."""
    listed: Listed
    empty: bool
    tables: tuple[ScreenTable, ...]


@kept
def services_screen(reader: SnapshotReader, context: Context) -> ServicesScreen:
    """Prepare the services of the context's region, or of the county it lies in, for its period."""
    settings, language = service_settings(), context.language
    regions = reader.regions(context.viewer)
    own = context.at(place_of(regions, context.region, COUNTY))
    listed = listed_down_to(reader, context, COUNTY)
    if not in_scope(regions, own.region):
        return _out_of_reach(reader, context, listed)
    beside = [name for names in settings.beside.values() for name in names]
    wanted = list(
        dict.fromkeys([*settings.cards, *beside, *(name for names in settings.lists.values() for name in names)])
    )
    codes = list(dict.fromkeys([own.region, *listed.codes]))
    found, changes = values_and_changes(reader, context.viewer, wanted, codes, context.period, COMPARED, own.region)
    rows = {name: row_of(frame, own.region) for name, frame in found.items()}
    lists = {key: share_rows(reader, context, found, names, listed, PAGE) for key, names in settings.lists.items()}
    coverage = _by_lowest(lists["coverage"], settings.coverage, language)
    months = _months(reader, own)
    visits = _visits(reader, own, rows)
    stages = _stages(rows, language)
    shown = {**lists, "coverage": coverage, "youth": _with_use(lists["youth"], context)}
    return ServicesScreen(
        verdict=_verdict(coverage, rows, language),
        coarser=_coarser(reader, context, own, regions),
        cards=_cards(reader, own, rows, changes),
        coverage=coverage,
        after_discharge=shown["after_discharge"],
        youth=shown["youth"],
        resettlement=shown["resettlement"],
        months=months,
        visits=visits,
        stages=stages,
        listed=listed,
        empty=all(row["status"] not in WITH_VALUE for row in rows.values()),
        tables=_tables(shown, months, visits, stages, language),
    )


def _out_of_reach(reader: SnapshotReader, context: Context, listed: Listed) -> ServicesScreen:
    """Return the page of a viewer who does not see the county: it says so, and has the same tables, empty."""
    nothing = pd.DataFrame()
    settings = service_settings()
    lists = {key: pd.DataFrame() for key in settings.lists}
    level = level_word(reader.snapshot(), COUNTY, context.language)
    verdict = t("services.county_only", context.language, level=level)
    return ServicesScreen(
        verdict=verdict,
        coarser=verdict,
        cards=(),
        coverage=nothing,
        after_discharge=nothing,
        youth=nothing,
        resettlement=nothing,
        months=nothing,
        visits=nothing,
        stages=nothing,
        listed=listed,
        empty=True,
        tables=_tables(lists, nothing, nothing, nothing, context.language),
    )


def _cards(reader: SnapshotReader, own: Context, rows: Rows, changes: Mapping[str, pd.DataFrame]) -> tuple[Card, ...]:
    """Return the cards; a share says what it was counted from, and a share beside it, too."""
    settings, language = service_settings(), own.language
    drawn = cards_of(reader, own, settings.cards, settings.beside, rows, changes)
    cards = []
    for name, card in zip(settings.cards, drawn, strict=True):
        facts = []
        if is_divided(find_indicator(name)) and counted_text(rows[name]):
            facts.append((t("work.counted", language), counted_text(rows[name])))
        for other in settings.beside.get(name, ()):
            item = find_indicator(other)
            facts.append((item.label(language), with_counts(item, rows[other], language)))
        row = rows[name]
        more: dict[str, Any] = {"facts": facts}
        if find_indicator(name).display_form == "percent" and row["status"] in WITH_VALUE:
            more["figure"] = share_text(row["numerator"], row["denominator"], language)
        cards.append(replace(card, **more))
    return tuple(cards)


def _by_lowest(frame: pd.DataFrame, names: tuple[str, ...], language: str) -> pd.DataFrame:
    """Return the regions with their lowest coverage and what lacks to 100 % on all of them, the lowest first."""
    shares = frame[list(names)]
    lacks = pd.DataFrame({name: frame[f"{name}_denominator"] - frame[f"{name}_numerator"] for name in names})
    missing = lacks.sum(axis=1, min_count=1)
    lowest = shares.min(axis=1)
    which = [
        "" if pd.isna(value) else _which(row, names, value, language)
        for value, (_, row) in zip(lowest, shares.iterrows(), strict=True)
    ]
    texts = [
        row[f"{names[0]}_text"] if pd.isna(row["lowest"]) else _lowest_text(row, names, language)
        for _, row in frame.assign(lowest=lowest).iterrows()
    ]
    extended = frame.assign(
        lowest=lowest,
        lowest_text=texts,
        which=which,
        missing=missing,
        missing_text=[formatting.number(value) for value in missing],
    )
    return extended.sort_values(["lowest", "missing"], ascending=[True, False], na_position="last", kind="stable")


def _which(row: pd.Series, names: tuple[str, ...], value: float, language: str) -> str:
    """Return which of the coverages is below 100 % and lowest; words for none."""
    if value >= 1:
        return t("services.none_below", language)
    return t("services.joint", language).join(
        find_indicator(name).label(language) for name in names if row[name] == value
    )


def _lowest_text(row: pd.Series, names: tuple[str, ...], language: str) -> str:
    name = min(names, key=lambda each: row[each] if row[each] == row[each] else np.inf)
    return share_text(row[f"{name}_numerator"], row[f"{name}_denominator"], language)


def _months(reader: SnapshotReader, own: Context) -> pd.DataFrame:
    settings = service_settings()
    last = min(own.period.end, reader.snapshot().data_through)
    periods = Period.containing(last, "month").trailing(settings.months)
    items = [find_indicator(name) for name in settings.coverage]
    frames = evaluate(reader, own.viewer, items, [own.region], periods)
    starts = {str(period): pd.Timestamp(period.start) for period in periods}
    parts = [
        pd.DataFrame(
            {
                "indicator": name,
                "name": find_indicator(name).label(own.language),
                "period_start": frame.index.get_level_values("period").map(starts),
                "value": frame["value"].to_numpy(),
                "numerator": frame["numerator"].to_numpy(),
                "denominator": frame["denominator"].to_numpy(),
            }
        )
        for name, frame in frames.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _visits(reader: SnapshotReader, own: Context, rows: Rows) -> pd.DataFrame:
    """Return visits by month, of places whose figure the viewer may see."""
    settings = service_settings()
    last = min(own.period.end, reader.snapshot().data_through)
    periods = Period.containing(last, "month").trailing(settings.months)
    measures = [VISITS[name] for name in VISITS if name in rows]
    frame = reader.measure_values(own.viewer, measures, [own.region], periods[0].start, last, grain="month")
    names = {measure: find_indicator(name).label(own.language) for name, measure in VISITS.items()}
    return frame.assign(name=frame["measure"].map(names))


def _stages(rows: Rows, language: str) -> pd.DataFrame:
    """Return who was due, received, housed, trained and employed; no stage is left out when a count is hidden."""
    settings = service_settings()
    first = rows[settings.stages[0]]
    counts = [(find_indicator(settings.stages[0]).denominator_label(language), first["denominator"])]
    counts += [(find_indicator(name).numerator_label(language), rows[name]["numerator"]) for name in settings.stages]
    received = first["numerator"]
    frame = pd.DataFrame(counts, columns=["stage", "count"])
    frame["share"] = frame["count"].iloc[1:] / received if received else np.nan
    frame["count_text"] = [formatting.number(value) for value in frame["count"]]
    shares = [formatting.share(value, received, language) for value in frame["count"]]
    frame["share_text"] = ["" if place == 0 else text for place, text in enumerate(shares)]
    return frame


def _with_use(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the list with visits a month to each open place."""
    months = len(context.period.months())
    used = frame.copy()
    for visits, sites in (("HM2v", "HM2"), ("HM3v", "HM3")):
        if visits in frame and sites in frame:
            each = frame[visits] / frame[f"{sites}_numerator"].where(frame[f"{sites}_numerator"] > 0) / months
            used[f"{visits}_use"] = each
            used[f"{visits}_use_text"] = [formatting.number(value) for value in each]
    return used


def _coarser(reader: SnapshotReader, context: Context, own: Context, regions: pd.DataFrame) -> str:
    if own.region == context.region:
        return ""
    language = context.language
    level, name = level_word(reader.snapshot(), COUNTY, language), region_name(regions, own.region, language)
    return t("services.coarser", language, level=level, name=name)


def _verdict(coverage: pd.DataFrame, rows: Rows, language: str) -> str:
    names = service_settings().coverage
    known = coverage[coverage["lowest"].notna()]
    if known.empty:
        statuses = {rows[name]["status"] for name in names}
        return t("services.none_hidden" if statuses == {"suppressed"} else "services.none", language)
    below = known[known["lowest"] < 1]
    counts = t("services.joint", language).join(
        f"{find_indicator(name).label(language)} {counted_text(rows[name])}"
        for name in names
        if counted_text(rows[name])
    )
    if below.empty:
        said = t("services.verdict_complete", language, count=len(known), counts=counts)
        return said + (t("services.check_all_full", language) if len(known) > 1 else "")
    worst = below.iloc[0]
    return t(
        "services.verdict_below",
        language,
        count=len(below),
        of=len(known),
        name=worst["name"],
        which=worst["which"],
        share=worst["lowest_text"],
        counts=counts,
    )


def _tables(
    lists: dict[str, pd.DataFrame], months: pd.DataFrame, visits: pd.DataFrame, stages: pd.DataFrame, language: str
) -> tuple[ScreenTable, ...]:
    def made(key: str, frame: pd.DataFrame, names: tuple[str, ...]) -> ScreenTable:
        headings = {name: t(f"services_column.{name}", language) for name in names}
        return ScreenTable(key, t(f"services.title_{key}", language), frame.reindex(columns=list(names)), headings)

    tables = []
    for key, names in service_settings().lists.items():
        more = {name: t(f"services_column.{name}", language) for name in _BESIDE_SHARES.get(key, ())}
        if key == "youth":
            use = t("services_column.use", language)
            more = {
                f"{name}_use": t("work.with_unit", language, name=find_indicator(name).label(language), unit=use)
                for name in VISITS
            }
        tables.append(share_table(key, t(f"services.title_{key}", language), lists[key], names, language, more))
    return (
        *tables,
        made("stages", stages, ("stage", "count", "share")),
        made("months", months, ("name", "period_start", "value", "numerator", "denominator")),
        made("visits", visits, ("name", "period_start", "value")),
    )
