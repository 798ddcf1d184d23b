"""Patrols: which grids were not walked, who is thin on the ground, what patrols found."""

from functools import partial

import streamlit as st

from dashboard.charts.time_series import daily_share
from dashboard.components import (
    Column,
    Headings,
    card_grid,
    chart_card,
    draw_figure,
    draw_svg,
    empty_state,
    offer_tables,
    sentence,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.children import level_headings
from dashboard.screens.figures import indicator_columns, origin_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.patrol import patrol_screen
from dashboard.screens.work.shares import order_sentence
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
heading = Headings("patrol_column", language, level_headings(reader.snapshot(), language))
card = partial(origin_of, reader, context, last_day(reader, context))
screen = patrol_screen(reader, context)

sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))

weak, where = st.columns([0.6, 0.4], gap="small")
with weak:
    table_card(
        screen.weakest,
        [
            Column(name="name", title=heading("name"), href="href"),
            Column(name="county", title=heading("county")),
            *heading.numbers("coverage"),
            Column(name="interval", title=t("column.interval", language), kind="number"),
            *heading.numbers("missed", "low_day", "vacant", "per_grid"),
            Column(name="thin", title=heading("thin")),
            *heading.numbers("found_first"),
        ],
        language,
        title=t("patrol.title_weakest", language),
        sentence=t("patrol.note_weakest", language),
        key="weakest",
        empty=(
            t("patrol.none", language),
            t("patrol.none_advice", language),
        ),
        selected=screen.township,
        **card("GRD1"),
    )
with (
    where,
    chart_card(
        language,
        title=t("patrol.title_map", language, name=screen.township_name or t("patrol.no_township", language)),
        key="grids",
        **card("GRD1"),
    ),
):
    if screen.picture:
        draw_svg(screen.picture, key="patrol-map")
    else:
        empty_state(t("patrol.no_grids", language), t("patrol.no_grids_advice", language))

days, found = st.columns([0.6, 0.4], gap="small")
with (
    days,
    chart_card(
        language,
        title=t("patrol.title_daily", language),
        sentence=t("patrol.note_daily", language),
        key="daily",
        **card("GRD1"),
    ),
):
    if screen.daily.empty:
        empty_state(t("patrol.no_daily", language), t("patrol.no_daily_advice", language))
    else:
        draw_figure(
            daily_share(
                screen.daily,
                words={name: t(f"patrol.{name}", language) for name in ("every_day", "low_day", "unit")},
                low=screen.low_day,
                theme=context.theme,
                height=280,
            ),
            context,
            key="daily-figure",
            alt=t("patrol.title_daily", language),
        )
with found:
    table_card(
        screen.found,
        [
            Column(name="class", title=heading("class"), href="href"),
            *heading.numbers("found", "change"),
            Column(name="certainty", title=heading("certainty")),
            *heading.numbers("share"),
        ],
        language,
        title=t("patrol.title_found", language),
        sentence=t("patrol.note_found", language),
        key="found",
        **card("GRD7"),
    )

table_card(
    screen.regions,
    [
        Column(name="name", title=screen.listed.level_name, href="href"),
        *indicator_columns(screen.compared, language),
    ],
    language,
    title=t("patrol.title_regions", language),
    sentence=order_sentence(screen.compared, language),
    key="regions",
    selected=screen.listed.selected,
    max_height=560,
    **card(*screen.compared),
)
offer_tables(screen.tables, context)
