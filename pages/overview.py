"""Overview: the verdict, five figures, where, what changed most, what is overdue, which data are late."""

import streamlit as st

from dashboard.components import (
    Column,
    Definition,
    aside,
    card_grid,
    chart_card,
    draw_svg,
    empty_state,
    grade_column,
    offer_tables,
    sentence,
    strip_column,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.figures import definition_of
from dashboard.screens.league import index_definition, index_source
from dashboard.screens.overview import overview_screen, overview_settings
from dashboard.screens.shared import last_day
from dashboard.settings import snapshot_reader
from dashboard.sources import FEW_SOURCES, indicator_source

LIST_HEIGHT = 450
"""Pixels, as much as the map beside it takes with its legend."""


def draw_where() -> None:
    """Draw the map of the regions listed, a click on which leads a level down."""
    if screen.picture:
        draw_svg(screen.picture, key="overview-map-drawing")
    else:
        empty_state(t("map.no_shapes", language), t("map.no_shapes_advice", language))


context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
screen = overview_screen(reader, context)
where, graded, level = screen.where, screen.graded, screen.where.listed.level_name
word = screen.where.listed.level_word

sentence(screen.verdict)
card_grid(screen.cards, language, columns=overview_settings().most_cards)
for each in screen.absent:
    aside(each)

if graded.why_not:
    aside(graded.why_not)

if graded.rows.empty:
    left, right = st.columns([0.6, 0.4], gap="small")
    indicator = where.indicator.label(language)
    source = indicator_source(reader, context.viewer, where.indicator, language, context.period)
    with (
        left,
        chart_card(
            language,
            title=t("map.title", language, indicator=indicator, level=word),
            data_through=through,
            source=source,
            definition=definition_of(context, where.indicator),
            key="overview-map",
        ),
    ):
        draw_where()
    with right:
        table_card(
            where.regions,
            [
                Column(name="name", title=level, href="href"),
                Column(name="figure", title=where.indicator.unit_label(language), kind="number"),
                Column(name="interval", title=t("column.interval", language), kind="number"),
            ],
            language,
            title=t("map.list", language, level=word),
            data_through=through,
            source=source,
            definition=definition_of(context, where.indicator),
            key="overview-list",
            selected=where.listed.selected,
            max_height=LIST_HEIGHT,
        )
else:
    left, right = st.columns([0.26, 0.74], gap="small")
    grade, league = t("overview.graded_map", language), t("overview.league", language, level=word)
    with (
        left,
        chart_card(
            language,
            title=t("map.title", language, indicator=grade, level=word),
            data_through=through,
            source=index_source(reader, context, 1),
            definition=index_definition(context),
            key="overview-map",
        ),
    ):
        draw_where()
    with right:
        table_card(
            graded.rows,
            [
                Column(name="name", title=level, href="down"),
                grade_column(language),
                Column(name="index_text", title=t("ranking.index", language), kind="number"),
                Column(name="interval", title=t("ranking.interval", language), kind="number"),
                Column(name="rank", title=t("ranking.rank", language), kind="number"),
                Column(name="stage_text", title=t("ranking.stage", language), kind="mark"),
                Column(name="change_text", title=t("ranking.change", language), kind="number"),
                strip_column(graded.months, language),
                Column(name="reason", title=t("overview.reason", language), href="href"),
                Column(name="unit", title=t("ranking.unit", language)),
                Column(name="deadline", title=t("ranking.deadline", language), kind="number"),
            ],
            language,
            title=league,
            sentence=t("overview.league_note", language),
            data_through=through,
            source=index_source(reader, context, FEW_SOURCES),
            definition=index_definition(context),
            key="overview-league",
            max_height=LIST_HEIGHT,
        )

changed, overdue, late = st.columns([0.42, 0.36, 0.22], gap="small")
with changed:
    table_card(
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
        title=t("overview.changed", language),
        sentence=t("overview.changed_note", language),
        data_through=through,
        source=screen.sources["changes"],
        definition=Definition(text=t("overview.changed_definition", language)),
        key="changed",
        empty=(t("overview.no_changes", language),),
    )
with overdue:
    table_card(
        screen.overdue,
        [
            Column(name="item", title=t("overview.item", language)),
            Column(name="owner", title=t("overview.owner", language)),
            Column(name="region", title=t("overview.region", language)),
            Column(name="due", title=t("overview.due", language), kind="number"),
            Column(name="days", title=t("overview.days", language), kind="number"),
        ],
        language,
        title=t("overview.overdue", language),
        sentence=t("overview.overdue_note", language),
        data_through=through,
        source=screen.sources["overdue"],
        definition=Definition(text=t("overview.overdue_definition", language)),
        key="overdue",
        empty=(screen.nothing_overdue,),
    )
with late:
    table_card(
        screen.late,
        [
            Column(name="region", title=t("overview.region", language)),
            Column(name="source", title=t("overview.source", language)),
            Column(name="last_day", title=t("overview.last_day", language), kind="number"),
            Column(name="days", title=t("overview.late_days", language), kind="number"),
        ],
        language,
        title=t("overview.late", language),
        data_through=reader.snapshot().data_through,
        source=screen.sources["late"],
        definition=Definition(text=t("overview.late_definition", language), href=context.href("data")),
        key="late",
        empty=(screen.nobody_late,),
    )

offer_tables(screen.tables, context)
