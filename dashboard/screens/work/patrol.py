"""Patrols: which grids were not walked, who is thin on the ground, what patrols found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from markupsafe import Markup

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name, region_path
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.changes import values_and_changes
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import Values
from dashboard.maps.svg_map import Frame
from dashboard.memory import kept
from dashboard.screens.children import Listed, depth_of, level_headings, listed_regions
from dashboard.screens.figures import row_of
from dashboard.screens.map.screen import MapScreen, map_screen, value_map
from dashboard.screens.shared import last_day
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work.cards import cards_of, region_rows
from dashboard.screens.work.dispute_parts import class_word, compared_counts
from dashboard.screens.work.settings import dispute_settings, patrol_settings
from dashboard.screens.work.shares import share_table
from data_access.queries import SnapshotReader

COVERAGE = "GRD1"
COMPARED = ("GRD1", "GRD2", "GRD3")
COUNTY, TOWNSHIP, GRID = 1, 2, 3
MAP_FRAME = Frame(width=700, height=384, name=14, figure=12)


@dataclass(frozen=True)
class PatrolScreen:
    """What the patrol page draws."""

    verdict: str
    cards: tuple[Card, ...]
    daily: pd.DataFrame
    """``day, coverage`` of the region, for the chart; empty where no daily counts come in."""
    low_day: float
    """Coverage that only one day in ten falls below."""
    weakest: pd.DataFrame
    """The weakest townships."""
    township: str | None
    """Code of the township whose grids are drawn."""
    township_name: str
    grids: MapScreen | None
    picture: Markup
    """The grids of the township as a map with its legend; empty without shapes."""
    found: pd.DataFrame
    """What patrols found, by class."""
    listed: Listed
    regions: pd.DataFrame
    compared: tuple[str, ...]
    """Indicators that ``regions`` lists: those given at its level."""
    tables: tuple[ScreenTable, ...]


@kept
def patrol_screen(reader: SnapshotReader, context: Context) -> PatrolScreen:
    """Prepare the patrols of the context's region and period."""
    settings = patrol_settings()
    language = context.language
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, reader.snapshot())
    beside = [name for names in settings.beside.values() for name in names]
    figures, changes = values_and_changes(
        reader,
        context.viewer,
        list(dict.fromkeys([*settings.cards, *beside, *settings.regions.indicators])),
        [context.region, *listed.codes],
        context.period,
        COMPARED,
        context.region,
    )
    rows = {name: row_of(frame, context.region) for name, frame in figures.items()}
    daily = _daily(reader, context, context.region)
    low = float(daily["coverage"].quantile(settings.low_quantile)) if len(daily) else float("nan")
    weakest = _weakest(reader, context, regions)
    township = _township(context, regions, weakest)
    found = _found(reader, context)
    compared = tuple(name for name in settings.regions.indicators if find_indicator(name).finest_depth >= listed.depth)
    table = region_rows(reader, context, figures, listed, compared, "patrol")
    grids = _grids(reader, context, township)
    return PatrolScreen(
        verdict=_verdict(context, rows[COVERAGE], low, weakest, found, regions),
        cards=_with_low_day(
            context, cards_of(reader, context, settings.cards, settings.beside, rows, changes), low, daily
        ),
        daily=daily,
        low_day=low,
        weakest=weakest,
        township=township,
        township_name=region_name(regions, township, language) if township else "",
        grids=grids,
        picture=value_map(reader, context, grids, MAP_FRAME) if grids is not None else Markup(""),
        found=found,
        listed=listed,
        regions=table,
        compared=compared,
        tables=_tables(reader, context, table, compared, weakest, daily, found, grids),
    )


def _daily(reader: SnapshotReader, context: Context, code: str) -> pd.DataFrame:
    """Return the share of grids patrolled on each day of the period."""
    return _daily_of(reader, context, [code]).droplevel("region_code").reset_index()


def _daily_of(reader: SnapshotReader, context: Context, codes: list[str]) -> pd.DataFrame:
    depth = reader.regions(context.viewer)["depth"]
    known = [code for code in codes if depth[code] <= TOWNSHIP]
    empty = pd.DataFrame(
        {"due": [], "done": [], "coverage": []},
        index=pd.MultiIndex.from_arrays([[], []], names=["region_code", "day"]),
        dtype=float,
    )
    if not known:
        return empty
    frame = reader.measure_values(
        context.viewer,
        ["patrol_daily_due", "patrol_daily_done"],
        known,
        context.period.start,
        last_day(reader, context),
        grain="day",
    )
    if frame.empty:
        return empty
    wide = frame.pivot_table(index=["region_code", "period_start"], columns="measure", values="value")
    wide = wide.reindex(columns=["patrol_daily_due", "patrol_daily_done"])
    wide.index = wide.index.set_names(["region_code", "day"])
    due, done = wide["patrol_daily_due"], wide["patrol_daily_done"]
    return pd.DataFrame({"due": due, "done": done, "coverage": done / due.where(due > 0)}).dropna()


def _weakest(reader: SnapshotReader, context: Context, regions: pd.DataFrame) -> pd.DataFrame:
    """Return the townships below the region (or beside it) that were walked least, with their low day and vacancies."""
    settings, language = patrol_settings(), context.language
    towns = _townships_of(regions, context.region)
    columns = ["name", "county", "coverage", "missed"]
    if not towns or int(regions["depth"].max()) < TOWNSHIP:
        return pd.DataFrame(columns=columns)
    coverage = values_of(reader, context.viewer, [COVERAGE], towns, context.period)[COVERAGE]
    known = coverage[coverage["value"].notna()].astype({"value": float})
    chosen = known.nsmallest(settings.weakest, "value", keep="first")
    if chosen.empty:
        return pd.DataFrame(columns=columns)
    codes = chosen.index.tolist()
    others = values_of(reader, context.viewer, ["GRD3", "GRD4", "GRD5"], codes, context.period)
    daily = _daily_of(reader, context, codes)["coverage"].groupby("region_code").quantile(settings.low_quantile)
    missed = chosen["denominator"] - chosen["numerator"]
    per_grid = others["GRD5"]["value"].astype(float)
    frame = pd.DataFrame(
        {
            "region_code": codes,
            "name": [region_name(regions, code, language) for code in codes],
            "county": [region_name(regions, str(regions.at[code, "parent_code"]), language) for code in codes],
            "coverage": chosen["value"],
            "lower": chosen["lower"],
            "upper": chosen["upper"],
            "missed": missed,
            "low_day": daily.reindex(codes),
            "found_first": others["GRD3"]["value"],
            "vacant": others["GRD4"]["value"],
            "per_grid": per_grid,
        },
        index=codes,
    )
    shares = ("coverage", "low_day", "vacant", "found_first")
    texts = {f"{name}_text": [formatting.percent(value) for value in frame[name]] for name in shares}
    return frame.assign(
        **texts,
        interval=[
            formatting.interval(low, high, "percent") for low, high in zip(frame["lower"], frame["upper"], strict=True)
        ],
        missed_text=[formatting.number(value) for value in missed],
        per_grid_text=[formatting.number(value, 1) for value in per_grid],
        thin=[
            t("patrol.thin" if value < settings.thin_workers_per_grid else "patrol.not_thin", language)
            if value == value
            else ""
            for value in per_grid
        ],
        href=[context.href("patrol", of=code) for code in codes],
    )


def _townships_of(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the townships within a region; for a township or a grid, those of its county that are in scope."""
    towns = regions[(regions["depth"] == TOWNSHIP) & regions["in_scope"]]
    path = region_path(regions, code)
    if len(path) <= COUNTY:
        return towns.index.tolist()
    return towns.index[(towns["parent_code"] == path[COUNTY]).to_numpy()].tolist()


def _township(context: Context, regions: pd.DataFrame, weakest: pd.DataFrame) -> str | None:
    """Return the township whose grids are drawn: the current one, the one chosen, or the weakest."""
    depth = depth_of(regions, context.region)
    if depth == TOWNSHIP:
        return context.region
    if depth == GRID:
        return str(regions.at[context.region, "parent_code"])
    towns = _townships_of(regions, context.region)
    default = str(weakest.index[0]) if len(weakest) else ""
    return context.own_value("of", towns, default) or None


def _grids(reader: SnapshotReader, context: Context, township: str | None) -> MapScreen | None:
    if township is None or context.viewer.permissions.finest_level != "grid":
        return None
    return map_screen(reader, replace(context, region=township, own=(("indicator", COVERAGE),)), page="patrol")


def _found(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    """Return the disputes that patrols found first, by class, against last year and against all of the class."""
    language, known = context.language, dispute_settings().classes
    earlier = context.period.same_last_year()
    spans = [(context.period.start, last_day(reader, context)), (earlier.start, earlier.end)]
    received = reader.span_values(
        context.viewer, ["disputes_received"], [context.region], spans, by=("class_code", "channel")
    )
    classes, by_patrols = received["class_code"], received["channel"] == "grid"
    order = [*known, *sorted(set(classes[~np.isnan(received["value_0"])]).difference(known))]
    of_class = [classes == code for code in order]
    now, before = (np.nan_to_num(received[f"value_{place}"]) for place in range(2))
    found, last_year = (np.array([counts[own & by_patrols].sum() for own in of_class]) for counts in (now, before))
    every = np.array([now[own].sum() for own in of_class])
    compared = compared_counts(found, last_year, language)
    return pd.DataFrame(
        {
            "class": [class_word(code, language) for code in order],
            "found": found,
            "last_year": last_year,
            "change": compared["change"],
            "share": found / np.where(every > 0, every, np.nan),
            "found_text": [formatting.number(value) for value in found],
            "change_text": compared["text"],
            "certainty": compared["certainty"],
            "share_text": [formatting.share(part, whole, language) for part, whole in zip(found, every, strict=True)],
            "href": [
                context.href("disputes", **{"class": code, "channel": "grid", "stage": "received"}) for code in order
            ],
        },
        index=order,
    ).sort_values("found", ascending=False)


def _with_low_day(context: Context, cards: tuple[Card, ...], low: float, daily: pd.DataFrame) -> tuple[Card, ...]:
    """Return the cards, the one of coverage with its low day beside the mean."""
    text = formatting.percent(low) if len(daily) else t("patrol.no_daily_short", context.language)
    facts = [(t("patrol.low_day", context.language), text)]
    place = patrol_settings().cards.index(COVERAGE) if COVERAGE in patrol_settings().cards else -1
    return tuple(replace(card, facts=[*card.facts, *facts]) if at == place else card for at, card in enumerate(cards))


def _verdict(
    context: Context,
    coverage: Values,
    low: float,
    weakest: pd.DataFrame,
    found: pd.DataFrame,
    regions: pd.DataFrame,
) -> str:
    language = context.language
    if pd.isna(coverage["value"]):
        return t("patrol.none", language)
    missed = coverage["denominator"] - coverage["numerator"]
    said = [
        t(
            "patrol.verdict_missed",
            language,
            missed=formatting.number(missed),
            coverage=formatting.percent(coverage["value"]),
        )
    ]
    if np.isfinite(low):
        said.append(t("patrol.verdict_low", language, low=formatting.percent(low)))
    if len(weakest):
        first = weakest.iloc[0]
        said.append(t("patrol.verdict_weakest", language, name=first["name"], coverage=first["coverage_text"]))
        thin = int((weakest["per_grid"] < patrol_settings().thin_workers_per_grid).sum())
        said.append(t(f"patrol.verdict_{'thin' if thin else 'none_thin'}", language, count=thin, of=len(weakest)))
    return t("overview.joint", language).join(said) + t("overview.stop", language)


_WEAKEST = (
    "name",
    "county",
    "coverage",
    "lower",
    "upper",
    "missed",
    "low_day",
    "vacant",
    "per_grid",
    "thin",
    "found_first",
)


def _tables(
    reader: SnapshotReader,
    context: Context,
    regions: pd.DataFrame,
    compared: tuple[str, ...],
    weakest: pd.DataFrame,
    daily: pd.DataFrame,
    found: pd.DataFrame,
    grids: MapScreen | None,
) -> tuple[ScreenTable, ...]:
    language = context.language
    level = level_headings(reader.snapshot(), language)

    def made(key: str, frame: pd.DataFrame, names: tuple[str, ...]) -> ScreenTable:
        headings = {name: level.get(name) or t(f"patrol_column.{name}", language) for name in names}
        return ScreenTable(key, t(f"patrol.title_{key}", language), frame.reindex(columns=list(names)), headings)

    columns = ("name", "value", "lower", "upper", "numerator", "denominator")
    shown = grids.regions if grids is not None else pd.DataFrame()
    return (
        share_table("regions", t("patrol.title_regions", language), regions, compared, language),
        made("weakest", weakest, _WEAKEST),
        made("daily", daily, ("day", "due", "done", "coverage")),
        made("found", found, ("class", "found", "last_year", "change", "certainty", "share")),
        made("grids", shown, columns),
    )
