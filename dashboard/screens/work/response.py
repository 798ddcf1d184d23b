"""Prevention and response: do we arrive in time and where not, are the feeds online, does each campaign work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pydeck as pdk

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name, region_path
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import values_and_changes
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.indicators.waiting import bin_quantile
from dashboard.maps import view_of
from dashboard.maps.addresses import geometry_address
from dashboard.maps.layers import MapLayers, facility_colour, layered_map
from dashboard.memory import kept
from dashboard.screens.children import Listed, in_scope, level_name, level_word, listed_down_to, place_of
from dashboard.screens.figures import row_of
from dashboard.screens.map.layers import LegendEntry
from dashboard.screens.shared import shared_shapes
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work.campaigns import CampaignCard, campaign_cards, campaign_rows, may_see_campaigns
from dashboard.screens.work.cards import Rows, cards_of
from dashboard.screens.work.settings import response_settings
from dashboard.screens.work.shares import (
    COUNTY,
    counted_text,
    figure_of,
    is_divided,
    share_rows,
    share_table,
    with_counts,
)
from dashboard.statistics.intervals import proportion
from data_access.local_rules import response_rings
from data_access.queries import Columns, SnapshotReader

PAGE = "response"
TOWNSHIP = 2
COMPARED = ("KF1", "JQ1")
DRAWN = ("police_workstation", "patrol_team")
"""Kinds of places on the page's map; the map page has all of them."""
WAITS = "response_minutes"
DAY_MINUTES = 1440
_MEASURES = ("response_total", "response_valid", "response_within")


@dataclass(frozen=True)
class ResponseScreen:
    """What the response page draws."""

    verdict: str
    coarser: str
    """Why some figures are those of a larger region; empty when none are."""
    cards: tuple[Card, ...]
    rings: pd.DataFrame
    """One kind of zone a row: alarms, share in time with its interval, not stamped, median and P90."""
    regions: pd.DataFrame
    """Regions listed, the lowest share in time first; ``remark`` suggests a check."""
    listed: Listed
    places: pd.DataFrame
    """Workstations and teams: ``kind, name, region, lon, lat``."""
    bounds: tuple[float, float, float, float] | None
    geometry: str
    video: pd.DataFrame
    compliance: pd.DataFrame
    schools: pd.DataFrame
    """Systems registered, marked and purged on time, the lowest share that meets all three first."""
    video_listed: Listed
    watch: pd.DataFrame
    campaigns: pd.DataFrame
    campaign_cards: tuple[CampaignCard, ...]
    why_no_campaigns: tuple[str, str]
    """What is said, and advised, where there are none."""
    tables: tuple[ScreenTable, ...]


@kept
def response_screen(reader: SnapshotReader, context: Context) -> ResponseScreen:
    """Prepare prevention and response of the context's region and period."""
    settings = response_settings()
    snapshot, regions = reader.snapshot(), reader.regions(context.viewer)
    as_of = min(context.period.end, snapshot.data_through)
    town, county = (place_of(regions, context.region, depth) for depth in (TOWNSHIP, COUNTY))
    listed, counties = listed_down_to(reader, context, TOWNSHIP), listed_down_to(reader, context, COUNTY)
    seen = in_scope(regions, county)
    own = context.at(town)
    beside = [name for names in settings.beside.values() for name in names]
    wanted = list(
        dict.fromkeys(
            [
                *(*settings.cards, *beside, *settings.regions, *settings.video, *settings.compliance),
                *(*settings.schools, *settings.watch),
            ]
        )
    )
    codes = list(dict.fromkeys([town, *listed.codes, *([county, *counties.codes] if seen else [])]))
    found, changes = values_and_changes(reader, context.viewer, wanted, codes, context.period, COMPARED, town)
    rows = {
        name: row_of(frame, county if seen and find_indicator(name).finest_depth <= COUNTY else town)
        for name, frame in found.items()
    }
    rings = _rings(reader, own)
    table = _with_remarks(share_rows(reader, context, found, settings.regions, listed, PAGE), context.language)
    video = share_rows(reader, context, found, settings.video, counties, PAGE) if seen else pd.DataFrame()
    video = _against_targets(video, context.language)
    compliance, schools = (
        share_rows(reader, context, found, names, counties, PAGE) if seen else pd.DataFrame()
        for names in (settings.compliance, settings.schools)
    )
    watch = share_rows(reader, context, found, settings.watch, counties, PAGE) if seen else pd.DataFrame()
    places = _places(reader, context, regions)
    campaign = campaign_rows(reader, own, as_of)
    campaign["href"] = [context.href("definitions", indicator=item) for item in campaign.get("indicator_id", [])]
    cards = campaign_cards(reader, own, campaign, as_of)
    # Who sees no more than a township gets the outlines of its grids.
    outlined = listed.parent if in_scope(regions, listed.parent) else town
    return ResponseScreen(
        verdict=_verdict(rows, table, campaign, context.language),
        coarser=_coarser(reader, context, county, seen, regions),
        cards=_cards(reader, own, rows, changes),
        rings=rings,
        regions=table,
        listed=listed,
        places=places,
        bounds=shared_shapes(reader, context, listed.codes)[1],
        geometry=geometry_address(snapshot.snapshot_id, outlined, context.viewer),
        video=video,
        compliance=compliance,
        schools=schools,
        video_listed=counties,
        watch=watch,
        campaigns=campaign,
        campaign_cards=cards,
        why_no_campaigns=_why_no_campaigns(own),
        tables=_tables(reader, context, rings, table, video, compliance, schools, watch, places, campaign, cards),
    )


def _why_no_campaigns(context: Context) -> tuple[str, str]:
    key = "no_campaigns" if may_see_campaigns(context) else "campaigns_hidden"
    return t(f"response.{key}", context.language), t(f"response.{key}_advice", context.language)


def places_map(screen: ResponseScreen, context: Context, width: int, height: int) -> tuple[pdk.Deck, tuple]:
    """Return the map of workstations and teams, and its legend."""
    assert screen.bounds is not None
    places = screen.places.assign(label=screen.places["name"], kind=screen.places["kind_key"])
    legend = tuple(
        LegendEntry((facility_colour(str(kind), context.theme),), t(f"facility.{kind}", context.language), int(count))
        for kind, count in places["kind"].value_counts(sort=False).reindex(DRAWN).fillna(0).items()
    )
    view = view_of(screen.bounds, width, height)
    return layered_map(screen.geometry, view, MapLayers(facilities=places), context.theme), legend


def _rings(reader: SnapshotReader, own: Context) -> pd.DataFrame:
    """Return the kinds of zone in the order of config/response.toml, and any other that alarms came with."""
    language, rings = own.language, response_rings()
    days = own.period.start, min(own.period.end, reader.snapshot().data_through)
    rows = reader.span_values(own.viewer, _MEASURES, [own.region], [days], by=("class_code",))
    found = dict(zip(zip(rows["measure"], rows["class_code"], strict=True), rows["value_0"], strict=True))
    if not found:
        return pd.DataFrame(columns=_RING_COLUMNS)
    order = [*rings, *sorted({code for _, code in found} - rings.keys())]
    total, valid, within = (np.array([found.get((name, code), 0.0) for code in order]) for name in _MEASURES)
    waits = reader.histograms(own.viewer, [WAITS], [own.region], *days, by_class=True)
    median, p90 = (np.array([_minutes(waits, code, quantile) for code in order]) for quantile in (0.5, 0.9))
    # More in time than stamped is no share: the row keeps both counts and says nothing of it.
    share = proportion(np.where((within >= 0) & (within <= valid), within, np.nan), np.maximum(valid, 0))
    minutes = [rings[code].minutes if code in rings else np.nan for code in order]
    unstamped = 1 - valid / np.where(total > 0, total, np.nan)
    return pd.DataFrame(
        {
            "ring": [rings[code].label(language) if code in rings else code for code in order],
            "minutes": minutes,
            "alarms": total,
            "stamped": valid,
            "in_time": within,
            "share": share.value,
            "lower": share.lower,
            "upper": share.upper,
            "unstamped": unstamped,
            "median": median,
            "p90": p90,
            "minutes_text": [formatting.number(value) for value in minutes],
            "alarms_text": [formatting.number(value) for value in total],
            "stamped_text": [formatting.number(value) for value in valid],
            "share_text": [formatting.share(part, whole, language) for part, whole in zip(within, valid, strict=True)],
            "interval": [
                formatting.interval(*limits, "percent") for limits in zip(share.lower, share.upper, strict=True)
            ],
            "unstamped_text": [formatting.percent(value) for value in unstamped],
            "median_text": [formatting.number(value, 1) for value in median],
            "p90_text": [formatting.number(value, 1) for value in p90],
            "p90_limit": [
                t("response.against_limit", language, p90=formatting.number(slow, 1), limit=formatting.number(limit))
                for slow, limit in zip(p90, minutes, strict=True)
            ],
        },
        index=order,
    )


def _minutes(waits: Columns, ring: str, quantile: float) -> float:
    own = waits["class_code"] == ring
    return bin_quantile({name: waits[name][own] for name in ("lower", "upper", "value")}, quantile) * DAY_MINUTES


def _with_remarks(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the regions, the lowest share in time first, with what should be checked before the figure is trusted."""
    settings = response_settings()
    remarks = [
        t("response.check_stamps", language)
        if unstamped > settings.unstamped_limit
        else t("response.check_too_good", language)
        if in_time >= settings.too_good
        else ""
        for in_time, unstamped in zip(frame["KF1"].tolist(), frame["KF2"].tolist(), strict=True)
    ]
    return frame.assign(remark=remarks).sort_values("KF1", na_position="last", kind="stable")


def _against_targets(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the regions with the targets they miss and the key areas still uncovered, those first."""
    if frame.empty:
        return frame
    targets = response_settings().targets
    missed = [
        t("services.joint", language).join(
            find_indicator(name).label(language)
            for name, value in zip(targets, values, strict=True)
            if value < targets[name]
        )
        for values in zip(*(frame[name].tolist() for name in targets), strict=True)
    ]
    uncovered = frame["XL1_denominator"] - frame["XL1_numerator"]
    extended = frame.assign(
        missed=[text or t("response.none_missed", language) for text in missed],
        uncovered=uncovered,
        uncovered_text=[formatting.number(value) for value in uncovered],
    )
    return extended.sort_values(["uncovered", "XL3"], ascending=[False, True], na_position="last", kind="stable")


def _places(reader: SnapshotReader, context: Context, regions: pd.DataFrame) -> pd.DataFrame:
    language = context.language
    rows = reader.facilities(context.viewer, context.region)
    rows = rows[rows["kind"].isin(DRAWN)]
    paths = {code: region_path(regions, code)[: COUNTY + 1] for code in rows["region_code"].unique()}
    counties = {code: region_name(regions, path[-1], language) if path else "" for code, path in paths.items()}
    return pd.DataFrame(
        {
            "kind_key": rows["kind"],
            "kind": [t(f"facility.{kind}", language) for kind in rows["kind"]],
            "name": [localised(language, *pair) for pair in zip(rows["name"], rows["name_en"], strict=True)],
            "region": [counties[code] for code in rows["region_code"]],
            "lon": rows["lon"],
            "lat": rows["lat"],
        }
    )


def _cards(reader: SnapshotReader, own: Context, rows: Rows, changes: Mapping[str, pd.DataFrame]) -> tuple[Card, ...]:
    settings, language = response_settings(), own.language
    drawn = cards_of(reader, own, settings.cards, settings.beside, rows, changes)
    cards = []
    for name, card in zip(settings.cards, drawn, strict=True):
        item, row = find_indicator(name), rows[name]
        facts = [(t("work.counted", language), counted_text(row))] if is_divided(item) and counted_text(row) else []
        facts += [_fact(other, rows[other], language) for other in settings.beside.get(name, ())]
        more: dict[str, Any] = {"facts": facts}
        if item.kind == "change" and row["status"] in WITH_VALUE:
            # The figure is the change itself; beside it stand the two counts.
            counts = (("response.this_year", row["numerator"]), ("response.last_year", row["denominator"]))
            more |= {
                "facts": [(t(key, language), formatting.number(value)) for key, value in counts],
                "change": None,
                "compared_with": None,
            }
        cards.append(replace(card, **more))
    return tuple(cards)


def _fact(name: str, row: Values, language: str) -> tuple[str, str]:
    item = find_indicator(name)
    text = with_counts(item, row, language)
    if item.kind != "proportion" and row["status"] in WITH_VALUE:
        text = t("figure.with_unit", language, figure=text, unit=item.unit_label(language, text))
    return item.label(language), text


def _coarser(reader: SnapshotReader, context: Context, county: str, seen: bool, regions: pd.DataFrame) -> str:
    if county == context.region:
        return ""
    language = context.language
    level = level_word(reader.snapshot(), COUNTY, language)
    if not seen:
        return t("response.county_only", language, level=level)
    row = regions.loc[[county]].iloc[0]
    return t("response.coarser", language, level=level, name=localised(language, row["name"], row["name_en"]))


def _verdict(rows: Rows, table: pd.DataFrame, campaign: pd.DataFrame, language: str) -> str:
    said = []
    if rows["KF1"]["status"] in WITH_VALUE:
        said.append(
            t(
                "response.verdict_in_time",
                language,
                share=figure_of(find_indicator("KF1"), rows["KF1"], language),
                unstamped=figure_of(find_indicator("KF2"), rows["KF2"], language),
            )
        )
        known = table[table["KF1"].notna()]
        if len(known) > 1:
            worst = known.iloc[0]
            share = formatting.share(worst["KF1_numerator"], worst["KF1_denominator"], language)
            said.append(t("response.verdict_lowest", language, name=worst["name"], share=share))
    if rows["XL1"]["status"] in WITH_VALUE:
        parts = {
            key: figure_of(find_indicator(name), rows[name], language)
            for key, name in (("covered", "XL1"), ("online", "XL4"), ("intact", "XL3"))
        }
        said.append(t("response.verdict_video", language, counts=counted_text(rows["XL1"]), **parts))
    if rows["JQ1"]["status"] in WITH_VALUE:
        said.append(
            t("response.verdict_alarms", language, change=figure_of(find_indicator("JQ1"), rows["JQ1"], language))
        )
    begun = campaign[campaign["days"] > 0] if len(campaign) else campaign
    if len(begun):
        fell = int(((begun["change"] < 0) & (begun["q_value"] < 0.05)).sum())
        said.append(t("response.verdict_campaigns", language, count=fell, of=len(begun)))
    if not said:
        return t("response.none", language)
    return t("overview.joint", language).join(said) + t("overview.stop", language)


_RING_COLUMNS = [
    "ring",
    "minutes",
    "alarms",
    "stamped",
    "in_time",
    "share",
    "lower",
    "upper",
    "unstamped",
    "median",
    "p90",
]


_CAMPAIGN_MONTHS = ["campaign", "indicator_id", "month", "alarm_count"]


def _tables(
    reader: SnapshotReader,
    context: Context,
    rings: pd.DataFrame,
    table: pd.DataFrame,
    video: pd.DataFrame,
    compliance: pd.DataFrame,
    schools: pd.DataFrame,
    watch: pd.DataFrame,
    places: pd.DataFrame,
    campaign: pd.DataFrame,
    cards: tuple[CampaignCard, ...],
) -> tuple[ScreenTable, ...]:
    settings, language = response_settings(), context.language
    level = {"region": level_name(reader.snapshot(), COUNTY, language)}

    def made(key: str, frame: pd.DataFrame, names: list[str]) -> ScreenTable:
        headings = {name: level.get(name) or t(f"response_column.{name}", language) for name in names}
        return ScreenTable(key, t(f"response.title_{key}", language), frame.reindex(columns=names), headings)

    def listed(key: str, frame: pd.DataFrame, names: tuple[str, ...], *more: str) -> ScreenTable:
        beside = {name: t(f"response_column.{name}", language) for name in more}
        return share_table(key, t(f"response.title_{key}", language), frame, names, language, beside)

    return (
        made("rings", rings, _RING_COLUMNS),
        listed("regions", table, settings.regions, "remark"),
        made("places", places, ["kind", "name", "region", "lon", "lat"]),
        listed("watch", watch, settings.watch),
        listed("video", video, settings.video, "uncovered", "missed"),
        listed("compliance", compliance, settings.compliance),
        listed("schools", schools, settings.schools),
        made(
            "campaigns",
            campaign,
            [
                "campaign",
                "indicator_id",
                "began_on",
                "days",
                "during",
                "before",
                "change",
                "lower",
                "upper",
                "q_value",
                "verdict",
            ],
        ),
        made("campaign_months", _campaign_months(cards), _CAMPAIGN_MONTHS),
    )


def _campaign_months(cards: tuple[CampaignCard, ...]) -> pd.DataFrame:
    """Return the months of all campaigns under each other."""
    rows = [
        (card.name, card.indicator.id, *month)
        for card in cards
        for month in zip(card.months["month"], card.months["alarms"], strict=True)
    ]
    return pd.DataFrame(rows, columns=_CAMPAIGN_MONTHS)
