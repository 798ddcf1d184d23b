"""An indicator over the regions listed, as a map and as a list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from dashboard import formatting
from dashboard.charts.figure import Figure
from dashboard.components import Basis
from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.indicators.smoothing import can_be_smoothed, smoothed
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.maps import ColourScale, choropleth, robust_limits, view_of
from dashboard.maps.addresses import geometry_address, map_style_address
from dashboard.maps.svg_map import Frame, map_legend, svg_map
from dashboard.memory import kept, recalled
from dashboard.screens.children import Listed, in_scope, listed_regions, names_of
from dashboard.screens.figures import (
    basis_of_all,
    figure_text,
    interval_text,
    row_text,
    rows_of,
    status_text,
    value_text,
)
from dashboard.screens.map.clusters import SHOWN, ClusterScreen, clustered_codes, clusters_on
from dashboard.screens.shared import shared_outlines, shared_shapes, shared_values
from dashboard.screens.tables import ScreenTable
from data_access.queries import SnapshotReader

WIDTH, HEIGHT = 1180, 760
"""Pixels of the map's frame on a 1920×1080 screen."""

VIEWS = ("regions", "layers")
RATES = ("raw", "all", "neighbours")
"""What the map colours: the raw rate, or the rate drawn towards all regions or towards each one's neighbourhood."""
GRADATIONS = 3
MOST_NAMED = 5
"""Regions named in the sentence; the list beside the map has all."""
_MAPPED_KINDS = ("rate", "proportion", "count", "mean", "minimum", "stock_difference", "quantile")


@dataclass(frozen=True)
class MapScreen:
    """What the map page draws."""

    indicator: Indicator
    choices: tuple[Indicator, ...]
    listed: Listed
    regions: pd.DataFrame
    """Indexed by code, best known first: ``name, value, text, interval, counts, hover, lon, lat, href``, ``drawn`` (what
    the map colours) and, where rates are smoothed, ``smoothed, smoothed_lower, smoothed_upper, smoothed_text``."""
    geometry: str
    style: str
    bounds: tuple[float, float, float, float] | None
    """West, south, east, north in degrees; None where the data have no shapes."""
    rate: str = RATES[0]
    """One of ``RATES``."""
    sentence: str = ""
    """How many regions differ from the whole by more than chance; of smoothed rates, what smoothing did."""
    clusters: ClusterScreen | None = None
    """Regions high among high or low among low neighbours; None unless asked for."""
    can_be_clustered: bool = False
    basis: Basis | None = None
    """What the figures stand on: records or counts."""
    tables: tuple[ScreenTable, ...] = ()


@kept
def map_screen(reader: SnapshotReader, context: Context, page: str = "map") -> MapScreen:
    """Prepare the choropleth and the list beside it, whose links stay on ``page``."""
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, snapshot)
    choices = mapped_indicators(listed.depth)
    indicator = chosen_indicator(context, choices, snapshot.dataset.get("headline", ""))
    found = shared_values(reader, context, indicator, listed.codes)
    _, bounds = shared_shapes(reader, context, listed.codes)
    written = _written_regions(reader, context, indicator, listed.codes)
    frame = written.assign(href=context.hrefs(page, "region", written.index))
    offered = page == "map" and can_be_smoothed(indicator)
    rate = context.own_value("rate", RATES, RATES[0]) if offered else RATES[0]
    if rate == RATES[0]:
        key = ("spread", context.viewer, indicator.id, listed.codes, listed.parent, context.period, context.language)
        sentence = recalled(reader, key, lambda: _spread(reader, context, indicator, listed, found, written["name"]))
    else:
        frame, sentence = _smoothed(reader, context, indicator, found, frame, rate)
    clustered = clustered_codes(reader, context, indicator, listed) if page == "map" and bounds is not None else ()
    asked = bool(clustered) and context.own_value("clusters", SHOWN, SHOWN[0]) == SHOWN[1]
    clusters = clusters_on(reader, context, indicator, clustered) if asked else None
    return MapScreen(
        indicator=indicator,
        choices=choices,
        listed=listed,
        regions=frame,
        geometry=geometry_address(snapshot.snapshot_id, listed.parent, context.viewer),
        style=map_style_address(context.theme),
        bounds=bounds,
        rate=rate,
        sentence=sentence,
        basis=basis_of_all(found, context.language),
        clusters=clusters,
        can_be_clustered=bool(clustered),
        tables=(
            _table_of(frame, indicator, context.language),
            *([] if clusters is None else [_cluster_table(clusters, context.language)]),
        ),
    )


def _cluster_table(clusters: ClusterScreen, language: str) -> ScreenTable:
    columns = {name: t(f"column.{name}", language) for name in ("region_code", "name", "cluster")}
    return ScreenTable("clusters", t("map.clusters", language), clusters.rows, columns)


def cluster_links(screen: MapScreen, context: Context) -> tuple[tuple[str, str, bool], ...]:
    """Return word, address and state of the switch that asks for clusters; empty where there can be none."""
    if not screen.can_be_clustered:
        return ()
    now = SHOWN[0] if screen.clusters is None else SHOWN[1]
    return tuple(
        (
            t(f"map.clusters_{name}", context.language),
            context.href("map", clusters=None if name == SHOWN[0] else name),
            name == now,
        )
        for name in SHOWN
    )


def _spread(
    reader: SnapshotReader,
    context: Context,
    indicator: Indicator,
    listed: Listed,
    found: pd.DataFrame,
    names: pd.Series,
) -> str:
    """Return which regions' 99.8 % intervals leave out the figure of the whole; empty where chance has no part in it.

    A number of cases is no figure that a part could have in common with the whole.
    """
    language, regions = context.language, reader.regions(context.viewer)
    if found["value"].isna().all():
        return t("map.nothing_known", language, level=listed.level_word)
    if len(found) < 2 or found["upper_998"].isna().all() or not in_scope(regions, listed.parent):
        return ""
    if indicator.display_form == "count":
        return t("map.counts", language)
    whole = shared_values(reader, context, indicator, (listed.parent,)).iloc[0]
    if whole["status"] not in WITH_VALUE:
        return ""
    beyond = found.index[(found["lower_998"] > whole["value"]) | (found["upper_998"] < whole["value"])]
    return t(
        "map.beyond" if len(beyond) else "map.none_beyond",
        language,
        of=int(found["upper_998"].notna().sum()),
        count=len(beyond),
        level=listed.level_word,
        names=t("map.and", language).join(names[code] for code in beyond[:MOST_NAMED]),
        more=t("map.and_more", language) if len(beyond) > MOST_NAMED else "",
        whole=region_name(regions, listed.parent, language),
        value=value_text(indicator, whole, language),
    )


def rate_links(screen: MapScreen, context: Context) -> tuple[tuple[str, str, bool], ...]:
    """Return word, address and state of the switch between raw and smoothed rates; empty where nothing is smoothed."""
    if not can_be_smoothed(screen.indicator):
        return ()
    return tuple(
        (
            t(f"map.rate_{name}", context.language),
            context.href("map", rate=None if name == RATES[0] else name),
            name == screen.rate,
        )
        for name in RATES
    )


def mapped_indicators(depth: int) -> tuple[Indicator, ...]:
    """Return the indicators that a map of regions of ``depth`` may show."""
    return tuple(
        item
        for item in load_catalogue().values()
        if item.available and item.finest_depth >= depth and item.kind in _MAPPED_KINDS
    )


def chosen_indicator(context: Context, choices: tuple[Indicator, ...], headline: str) -> Indicator:
    """Return the indicator of the address, else the data set's headline, else the first that fits the level."""
    by_name = {name: item for item in choices for name in (item.id, *item.aliases)}
    default = headline if headline in by_name else choices[0].id
    return by_name[context.own_value("indicator", by_name, default)]


def region_map(screen: MapScreen, context: Context, width: int = WIDTH, height: int = HEIGHT) -> Figure:
    """Return the choropleth of the screen, fitted to a frame of ``width`` × ``height`` pixels."""
    assert screen.bounds is not None
    return choropleth(
        screen.regions.assign(value=screen.regions["drawn"]),
        geometry=screen.geometry,
        style=screen.style,
        view=view_of(screen.bounds, width, height),
        scale=colour_scale(screen, context.language),
        theme=context.theme,
        height=height,
    )


def value_map(reader: SnapshotReader, context: Context, screen: MapScreen, frame: Frame) -> Markup:
    """Return the screen's map as SVG with its legend, for a page that has no map engine; empty without shapes."""
    outlines = shared_outlines(reader, context, screen.listed.codes)
    if not outlines:
        return Markup("")
    language, theme, scale = context.language, context.theme, colour_scale(screen, context.language)
    regions = screen.regions.assign(
        grade="", text=screen.regions["figure"], selected=screen.regions.index == context.region
    )
    alt = t("map.alt", language, indicator=screen.indicator.label(language))
    limits = (scale.low, scale.high)
    drawn = svg_map(regions, outlines, frame, alt=alt, language=language, theme=theme, limits=limits)
    least, most = scale.tick_texts[0], scale.tick_texts[-1]
    ends = (least, most if most.endswith(scale.title) else f"{most} {scale.title}")
    return drawn + map_legend(regions, language, theme, ends)


def _table_of(frame: pd.DataFrame, indicator: Indicator, language: str) -> ScreenTable:
    rows = frame.reset_index(names="region_code").assign(status=frame["status_words"].to_numpy())
    names = ["region_code", "name", "value", "lower", "upper"]
    names += [name for name in ("smoothed", "smoothed_lower", "smoothed_upper", "smoothed_by") if name in rows]
    names += ["numerator", "denominator", "status"]
    return ScreenTable(
        "regions", indicator.label(language), rows, {name: t(f"column.{name}", language) for name in names}
    )


def _smoothed(
    reader: SnapshotReader, context: Context, indicator: Indicator, found: pd.DataFrame, frame: pd.DataFrame, rate: str
) -> tuple[pd.DataFrame, str]:
    """Return the regions with their smoothed rates, drawn and said first, and what smoothing did in words."""
    language = context.language
    neighbours = reader.neighbours(context.viewer, found.index.tolist())
    rates = smoothed(found, indicator, "neighbours" if rate == "neighbours" else "all", neighbours).reindex(frame.index)
    texts = [
        figure_text(indicator, value, None, language, (lower, upper))
        for value, lower, upper in rates[["value", "lower", "upper"]].itertuples(index=False, name=None)
    ]
    unit = indicator.unit_label(language)
    frame = frame.assign(
        drawn=rates["value"],
        smoothed=rates["value"],
        smoothed_lower=rates["lower"],
        smoothed_upper=rates["upper"],
        smoothed_by=[t(f"smoothed_by.{method}", language) for method in rates["method"]],
        smoothed_text=texts,
    )
    frame["hover"] = [
        str(
            Markup("<b>{}</b><br>{}{}<br>{}{}<br>{}").format(
                row["name"],
                t("map.smoothed", language, figure=row["smoothed_text"], unit=unit, method=row["smoothed_by"]),
                _in_brackets(_limits(row["smoothed_lower"], row["smoothed_upper"], row["smoothed"])),
                t("map.raw", language, figure=row["text"]),
                _in_brackets(row["interval"]),
                row["counts"],
            )
        )
        for _, row in frame.iterrows()
    ]
    known = rates["value"].notna()
    pooled = bool(known.any() and (rates.loc[known, "method"] == "pooled").all())
    key = "map.nothing_to_smooth" if not known.any() else "map.all_alike" if pooled else f"map.drawn_to_{rate}"
    order = ["drawn", "name"]
    frame = frame.sort_values(order, ascending=[indicator.direction == "higher_better", True], na_position="last")
    return frame, t(key, language)


def _limits(lower: float, upper: float, value: float) -> str:
    return "" if pd.isna(lower) or pd.isna(upper) else formatting.interval(lower, upper, "rate", value)


def _written_regions(
    reader: SnapshotReader, context: Context, indicator: Indicator, codes: tuple[str, ...]
) -> pd.DataFrame:
    """Return ``MapScreen.regions`` but for their links; kept for the overview, the map and each of the regions."""
    viewer, language = context.viewer, context.language
    key = ("written regions", viewer, indicator.id, codes, context.period, language)
    return recalled(reader, key, lambda: _region_rows(reader, context, indicator, codes))


def _region_rows(
    reader: SnapshotReader, context: Context, indicator: Indicator, codes: tuple[str, ...]
) -> pd.DataFrame:
    language, regions = context.language, reader.regions(context.viewer)
    found = shared_values(reader, context, indicator, codes)
    names = names_of(regions, tuple(found.index.tolist()), language)
    centres, _ = shared_shapes(reader, context, codes)
    figures = rows_of(found)
    texts = [value_text(indicator, row, language) for row in figures]
    intervals = [interval_text(indicator, row) or "" for row in figures]
    counts = [_counts(row, language) for row in figures]
    frame = found[
        ["value", "lower", "upper", "numerator", "denominator", "status", "data_through", "basis", "notes"]
    ].assign(
        name=names,
        **_placed(regions, centres, found.index),
        text=texts,
        figure=[row_text(indicator, row, language) if row["status"] in WITH_VALUE else "—" for row in figures],
        interval=intervals,
        counts=counts,
        status_words=[status_text(row, language) for row in figures],
        hover=[
            str(Markup("<b>{}</b><br>{}{}<br>{}").format(name, text, _in_brackets(interval), count))
            for name, text, interval, count in zip(names, texts, intervals, counts, strict=True)
        ],
        drawn=found["value"],
    )
    return frame.sort_values(
        ["value", "name"], ascending=[indicator.direction == "higher_better", True], na_position="last"
    )


def _placed(regions: pd.DataFrame, centres: pd.DataFrame, codes: pd.Index) -> dict[str, np.ndarray]:
    """Return where the regions lie (``lon, lat``), as they give it themselves, else by their shapes."""
    own, shapes = regions.index.get_indexer(codes), centres.reindex(codes)
    given = {name: regions[name].to_numpy(float)[own] for name in ("lon", "lat")}
    return {name: np.where(np.isnan(each), shapes[name].to_numpy(float), each) for name, each in given.items()}


def _counts(row: Values, language: str) -> str:
    if pd.isna(row["numerator"]):
        return ""
    if pd.isna(row["denominator"]):
        return formatting.count(row["numerator"], language)
    return t(
        "figure.division",
        language,
        numerator=formatting.number(row["numerator"]),
        denominator=formatting.number(row["denominator"]),
    )


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def colour_scale(screen: MapScreen, language: str) -> ColourScale:
    """Return a scale that one extreme region can't take for itself: beyond its ends stand ≤ and ≥ in the legend."""
    known = screen.regions["value"].dropna()
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, high = robust_limits(known.to_numpy(float)) if len(known) else (least, most)
    if screen.indicator.display_form in ("rate", "count"):
        low = 0.0
    if high <= low:
        high = low + (abs(low) or 1.0) * 0.1
    ticks = np.linspace(low, high, GRADATIONS)
    texts = [figure_text(screen.indicator, float(tick), None, language) for tick in ticks]
    if most > high:
        texts[-1] = f"≥{texts[-1]}"
    if least < low:
        texts[0] = f"≤{texts[0]}"
    title = screen.indicator.unit_label(language)
    return ColourScale(
        title=title, low=low, high=high, ticks=tuple(float(tick) for tick in ticks), tick_texts=tuple(texts)
    )
