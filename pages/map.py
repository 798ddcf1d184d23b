"""Map: one indicator over the regions below, or layers of incidents and places; a click goes one level down."""

from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.components import (
    Column,
    Definition,
    aside,
    chart_card,
    choose_indicator,
    draw_figure,
    follow_click,
    legend,
    link_group,
    notice,
    offer_tables,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.figures import definition_of
from dashboard.screens.map.layers import layer_links, layer_screen
from dashboard.screens.map.screen import VIEWS, cluster_links, map_screen, rate_links, region_map
from dashboard.screens.shared import last_day
from dashboard.settings import snapshot_reader
from dashboard.sources import indicator_source

context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
screen = map_screen(reader, context)
view = context.own_value("view", VIEWS, VIEWS[0])


def draw_choices() -> None:
    """Draw what can be coloured, and how, in one row above the map and the list."""
    indicators, views, rates, patterns = st.columns([0.3, 0.2, 0.3, 0.2], vertical_alignment="center")
    with indicators:
        choose()
    with views:
        link_group(
            t("map.view", language),
            [(t(f"map.view_{name}", language), context.href("map", view=name), name == view) for name in VIEWS],
        )
    ways, clusters = (rate_links(screen, context), cluster_links(screen, context)) if view == VIEWS[0] else ((), ())
    with rates:
        if ways:
            link_group(t("map.rate", language), ways)
    with patterns:
        if clusters:
            link_group(t("map.clusters", language), clusters)


def cluster_definition() -> Definition:
    """Return the indicator's definition, with how clusters are found where they are shown."""
    method = t("map.clusters_method", language) if screen.clusters is not None else None
    return replace(definition_of(context, screen.indicator), method=method)


def draw_regions() -> None:
    """Draw the indicator over the regions listed."""
    with chart_card(
        language,
        title=t("map.title", language, indicator=screen.indicator.label(language), level=screen.listed.level_word),
        data_through=through,
        source=indicator_source(reader, context.viewer, screen.indicator, language, context.period),
        basis=screen.basis,
        definition=cluster_definition(),
        sentence=screen.sentence or None,
        key="map",
    ):
        clicked = draw_figure(
            region_map(screen, context),
            context,
            key=f"map-{screen.listed.parent}-{screen.indicator.id}",
            alt=t("map.alt", language, indicator=screen.indicator.label(language)),
            selectable=True,
        )
        follow_click(context, clicked, screen.listed.codes)
        if screen.clusters is not None:
            aside(screen.clusters.sentence)


def draw_layers() -> None:
    """Draw the layers chosen, and offer each under its own name."""
    layers = layer_screen(reader, context, screen)
    with chart_card(language, title=layers.title, data_through=through, source=layers.source, key="map"):
        link_group(t("map.layers", language), layer_links(context, ("homicide", "criminal_alarm", "dispute", "places")))
        legend([(entry.colours, entry.word, entry.count) for entry in layers.legend])
        st.pydeck_chart(layers.deck, height=680, key="layers")
    offer_tables(layers.tables, context)


def draw_list() -> None:
    """Draw the regions in a table."""
    table_card(
        screen.regions,
        [
            Column(name="name", title=screen.listed.level_name, href="href"),
            *(
                [Column(name="smoothed_text", title=t("map.smoothed_rate", language), kind="number")]
                if "smoothed_text" in screen.regions
                else []
            ),
            Column(name="figure", title=screen.indicator.unit_label(language), kind="number"),
            Column(name="interval", title=t("column.interval", language), kind="number"),
            *(
                [Column(name="counts", title=t("column.counts", language), kind="number")]
                if screen.indicator.kind != "count"
                else []
            ),
        ],
        language,
        title=t("map.list", language, level=screen.listed.level_word),
        data_through=through,
        source=indicator_source(reader, context.viewer, screen.indicator, language, context.period),
        basis=screen.basis,
        definition=definition_of(context, screen.indicator),
        key="list",
        selected=screen.listed.selected,
        max_height=790,
    )


choose = partial(choose_indicator, screen.choices, screen.indicator, language)
if screen.bounds is None:  # without outlines there is nothing to draw, and no neighbours to smooth over
    choose()
    notice(t("map.no_shapes", language), language)
    aside(t("map.no_shapes_advice", language))
    draw_list()
else:
    draw_choices()
    left, right = st.columns([0.68, 0.32], gap="small")
    with left:
        draw_layers() if view == "layers" else draw_regions()
    with right:
        draw_list()
offer_tables(screen.tables, context)
