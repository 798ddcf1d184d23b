"""Layers of incidents and places over the regions listed: the map, its legend, and each layer as a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.indicators.breakdown import class_names_of
from dashboard.maps import view_of
from dashboard.palette import load_palette
from dashboard.screens.map.screen import HEIGHT, WIDTH, MapScreen
from dashboard.screens.tables import ScreenTable
from dashboard.sources import joint_names, table_source
from data_access.queries import SnapshotReader

if TYPE_CHECKING:
    import pydeck as pdk

CATEGORIES = ("homicide", "criminal_alarm", "dispute", "shooting")
PLACES = "places"
_TABLES = {"dispute": "dispute", PLACES: "facility"}
"""Layer → the table that its rows are of; the others are incidents."""


@dataclass(frozen=True)
class LegendEntry:
    """One mark of the layered map: its colours (several for a ramp), word and how many it stands for."""

    colours: tuple[str, ...]
    word: str
    count: int | None
    """None where the role may not see it."""


@dataclass(frozen=True)
class LayerScreen:
    """The layered map and what is said beside it."""

    title: str
    source: str
    deck: pdk.Deck
    legend: tuple[LegendEntry, ...]
    tables: tuple[ScreenTable, ...]
    """Each layer that is shown, under its own name."""


@dataclass
class _Drawn:
    """What the layers shown hold."""

    cells: list[pd.DataFrame] = field(default_factory=list)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    legend: list[LegendEntry] = field(default_factory=list)
    tables: list[ScreenTable] = field(default_factory=list)


def shown_layers(context: Context) -> tuple[str, ...]:
    """Return the layers the address asks for, in drawing order."""
    known = (*CATEGORIES, PLACES)
    asked = dict(context.own).get("shown", "criminal_alarm.places").split(".")
    return tuple(name for name in known if name in asked)


def layer_links(context: Context, offered: tuple[str, ...]) -> tuple[tuple[str, str, bool], ...]:
    """Return word, address and state of each layer's switch."""
    shown = shown_layers(context)
    links = []
    for name in offered:
        others = [layer for layer in shown if layer != name]
        toggled = others if name in shown else [*others, name]
        href = context.href("map", view="layers", shown=".".join(toggled) or "none")
        links.append((t(f"layer.{name}", context.language), href, name in shown))
    return tuple(links)


def layer_screen(reader: SnapshotReader, context: Context, screen: MapScreen) -> LayerScreen:
    """Return the layered map, its legend and its lists.

    Homicides appear as points only for roles that may see them; for others, and for all other incidents, as counts in
    squares.
    """
    from dashboard.maps.layers import MapLayers, cell_side, layered_map  # heavy

    assert screen.bounds is not None
    language, shown, side = context.language, shown_layers(context), cell_side(screen.bounds)
    drawn = _Drawn()
    for name in shown:
        if name == PLACES:
            _add_places(drawn, reader, context, screen)
        else:
            _add_incidents(drawn, reader, context, screen, name, side)
    density = pd.DataFrame()
    if drawn.cells:
        density = pd.concat(drawn.cells).groupby(["west", "south"], as_index=False).agg({"count": "sum"})
    layers = MapLayers(density=density, cell_degrees=side, points=drawn.points, facilities=drawn.places)
    words = t("ranking.and", language).join(t(f"layer.{name}", language) for name in shown)
    sources = [
        table_source(reader, context.viewer, (_TABLES.get(name, "incident"),), f"layer.source_{name}", language)
        for name in shown
    ]
    return LayerScreen(
        t("map.layers_title", language, names=words or t("map.no_layers", language)),
        joint_names(sources, language),
        layered_map(screen.geometry, view_of(screen.bounds, WIDTH, HEIGHT), layers, context.theme),
        tuple(drawn.legend),
        tuple(drawn.tables),
    )


def _add_incidents(
    drawn: _Drawn, reader: SnapshotReader, context: Context, screen: MapScreen, category: str, side: float
) -> None:
    from dashboard.maps.layers import incident_colour  # heavy

    language, viewer = context.language, context.viewer
    asked = (viewer, category, screen.listed.parent, context.period.start, context.period.end)
    word = t(f"layer.{category}", language)
    if category != "dispute" and not viewer.permissions.small_counts:
        # A square, and even the legend's sum over a township's month, would tell small counts.
        muted, hidden = load_palette().ground_of(context.theme).muted, t("layer.hidden", language, layer=word)
        drawn.legend.append(LegendEntry((muted,), hidden, None))
    elif category == "homicide" and viewer.permissions.incident_points:
        found = reader.points(*asked)
        drawn.points = found.assign(label=word)
        drawn.legend.append(LegendEntry((incident_colour(context.theme),), word, len(found)))
        classes = found["class_code"].map(class_names_of(found["class_code"], reader.snapshot(), language))
        rows = found.assign(class_name=classes)
        drawn.tables.append(_list(category, word, rows, ("happened_on", "class_name", "lon", "lat"), language))
    else:
        counted, name = reader.density(*asked, side), t("layer.density", language, layer=word)
        drawn.cells.append(counted)
        ramp = load_palette().sequential(context.theme)
        drawn.legend.append(LegendEntry(ramp, name, int(counted["count"].sum())))
        corners = counted.assign(east=counted["west"] + side, north=counted["south"] + side)
        drawn.tables.append(_list(category, name, corners, ("west", "south", "east", "north", "count"), language))


def _add_places(drawn: _Drawn, reader: SnapshotReader, context: Context, screen: MapScreen) -> None:
    from dashboard.maps.layers import facility_colour  # heavy

    language, regions = context.language, reader.regions(context.viewer)
    found = reader.facilities(context.viewer, screen.listed.parent)
    drawn.places = found.assign(label=found["name_en" if language == "en" else "name"])
    for kind, own in found.groupby("kind", sort=False):
        word = t(f"facility.{kind}", language)
        drawn.legend.append(LegendEntry((facility_colour(str(kind), context.theme),), word, len(own)))
    rows = drawn.places.assign(
        kind=[t(f"facility.{kind}", language) for kind in found["kind"]],
        region=[region_name(regions, code, language) for code in found["region_code"]],
    )
    drawn.tables.append(
        _list(PLACES, t(f"layer.{PLACES}", language), rows, ("label", "kind", "region", "lon", "lat"), language)
    )


def _list(key: str, title: str, rows: pd.DataFrame, names: tuple[str, ...], language: str) -> ScreenTable:
    columns: Mapping[str, str] = {name: t(f"layer_column.{name}", language) for name in names}
    return ScreenTable(key, title, rows, columns)
