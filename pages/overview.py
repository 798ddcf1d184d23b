"""Overview: the verdict, five figures, where, what changed most, what is overdue, which data are late."""

import streamlit as st

from dashboard.components import (
    Column,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    follow_click,
    offer_tables,
    sentence,
    table,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.figures import definition_of
from dashboard.screens.map import region_map
from dashboard.screens.overview import overview_screen, overview_settings
from dashboard.settings import snapshot_reader
from dashboard.sources import indicator_source

MAP_HEIGHT = 500

context = current_context()
language = context.language
reader = snapshot_reader()
through = reader.snapshot().data_through
screen = overview_screen(reader, context)
where = screen.where

sentence(screen.verdict)
card_grid(screen.cards, language, columns=overview_settings().most_cards)
if screen.absent:
    aside(t("overview.absent", language, names=t("overview.joint", language).join(screen.absent)))

left, right, changed = st.columns([0.33, 0.26, 0.41], gap="small")
with (
    left,
    chart_card(
        language,
        title=t("map.title", language, indicator=where.indicator.label(language), level=where.listed.level_name),
        data_through=through,
        source=indicator_source(reader, context.viewer, where.indicator, language),
        definition=definition_of(context, where.indicator),
        key="overview-map",
    ),
):
    if where.bounds is None:
        empty_state(t("map.no_shapes", language), t("map.no_shapes_advice", language))
    else:
        clicked = draw_figure(
            region_map(where, context, width=600, height=MAP_HEIGHT),
            context,
            key=f"overview-map-{where.listed.parent}",
            alt=t("map.alt", language, indicator=where.indicator.label(language)),
            selectable=True,
        )
        follow_click(context, clicked, where.listed.codes)
with (
    right,
    chart_card(
        language,
        title=t("map.list", language, level=where.listed.level_name),
        data_through=through,
        source=indicator_source(reader, context.viewer, where.indicator, language),
        key="overview-list",
    ),
):
    table(
        where.regions,
        [
            Column(name="name", title=where.listed.level_name, href="href"),
            Column(name="figure", title=where.indicator.unit_label(language), kind="number"),
            Column(name="interval", title=t("column.interval", language), kind="number"),
        ],
        language,
        caption=t("map.list", language, level=where.listed.level_name),
        selected=where.listed.selected,
        max_height=MAP_HEIGHT,
    )

with (
    changed,
    chart_card(
        language,
        title=t("overview.changed", language),
        sentence=t("overview.changed_note", language),
        data_through=through,
        source=t("overview.several_sources", language),
        key="changed",
    ),
):
    if screen.changes.empty:
        empty_state(t("overview.no_changes", language))
    else:
        table(
            screen.changes,
            [
                Column(name="indicator", title=t("overview.indicator", language), href="href"),
                Column(name="was", title=t("overview.was", language), kind="number"),
                Column(name="now", title=t("overview.now", language), kind="number"),
                Column(name="change", title=t("overview.change", language), kind="number"),
                Column(name="words", title="", kind="mark"),
                Column(name="certainty", title=t("overview.certainty", language), kind="mark"),
            ],
            language,
            caption=t("overview.changed", language),
        )
overdue, late = st.columns([0.63, 0.37], gap="small")
with (
    overdue,
    chart_card(
        language,
        title=t("overview.overdue", language),
        sentence=t("overview.overdue_note", language),
        data_through=through,
        source=t("overview.several_sources", language),
        key="overdue",
    ),
):
    if screen.overdue.empty:
        empty_state(t("overview.no_overdue", language))
    else:
        table(
            screen.overdue,
            [
                Column(name="item", title=t("overview.item", language)),
                Column(name="owner", title=t("overview.owner", language)),
                Column(name="region", title=t("overview.region", language)),
                Column(name="due", title=t("overview.due", language), kind="number"),
                Column(name="days", title=t("overview.days", language), kind="number"),
            ],
            language,
            caption=t("overview.overdue", language),
        )
with (
    late,
    chart_card(
        language,
        title=t("overview.late", language),
        data_through=through,
        source=t("overview.several_sources", language),
        key="late",
    ),
):
    if screen.late.empty:
        empty_state(t("overview.no_late", language))
    else:
        table(
            screen.late,
            [
                Column(name="region", title=t("overview.region", language)),
                Column(name="source", title=t("overview.source", language)),
                Column(name="last_day", title=t("overview.last_day", language), kind="number"),
                Column(name="days", title=t("overview.late_days", language), kind="number"),
            ],
            language,
            caption=t("overview.late", language),
        )

offer_tables(screen.tables, context)
