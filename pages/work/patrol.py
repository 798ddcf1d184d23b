"""Patrols: which grids were not walked, who is thin on the ground, what patrols found."""

import streamlit as st

from dashboard.charts.time_series import daily_share
from dashboard.components import (
    Column,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    offer_tables,
    sentence,
    table,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.screens.figures import definition_of
from dashboard.screens.map import region_map
from dashboard.screens.work.patrol import patrol_screen
from dashboard.screens.work.settings import patrol_settings
from dashboard.settings import snapshot_reader

MAP_HEIGHT = 430

context = current_context()
language = context.language
reader = snapshot_reader()
coverage = find_indicator("GRD1")
screen = patrol_screen(reader, context)
card = {"data_through": reader.snapshot().data_through, "source": coverage.source_label(language)}


def heading(name: str) -> str:
    """Return the heading of a column of this page."""
    return t(f"patrol_column.{name}", language)


sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))

weak, where = st.columns([0.6, 0.4], gap="small")
with (
    weak,
    chart_card(
        language,
        title=t("patrol.title_weakest", language),
        sentence=t("patrol.note_weakest", language),
        definition=definition_of(context, coverage),
        key="weakest",
        **card,
    ),
):
    if screen.weakest.empty:
        empty_state(t("patrol.none", language), t("patrol.none_advice", language))
    else:
        table(
            screen.weakest,
            [
                Column(name="name", title=heading("name"), href="href"),
                Column(name="county", title=heading("county")),
                Column(name="coverage_text", title=heading("coverage"), kind="number"),
                Column(name="interval", title=t("column.interval", language), kind="number"),
                Column(name="missed_text", title=heading("missed"), kind="number"),
                Column(name="low_day_text", title=heading("low_day"), kind="number"),
                Column(name="vacant_text", title=heading("vacant"), kind="number"),
                Column(name="per_grid_text", title=heading("per_grid"), kind="number"),
                Column(name="thin", title=heading("thin")),
                Column(name="found_first_text", title=heading("found_first"), kind="number"),
            ],
            language,
            caption=t("patrol.title_weakest", language),
            selected=screen.township,
        )
with (
    where,
    chart_card(
        language,
        title=t("patrol.title_map", language, name=screen.township_name or t("patrol.no_township", language)),
        definition=definition_of(context, coverage),
        key="grids",
        **card,
    ),
):
    if screen.grids is None or screen.grids.bounds is None:
        empty_state(t("patrol.no_grids", language), t("patrol.no_grids_advice", language))
    else:
        draw_figure(
            region_map(screen.grids, context, width=700, height=MAP_HEIGHT),
            context,
            key=f"patrol-map-{screen.township}",
            alt=t("patrol.title_map", language, name=screen.township_name),
        )

days, found = st.columns([0.6, 0.4], gap="small")
with (
    days,
    chart_card(
        language,
        title=t("patrol.title_daily", language),
        sentence=t("patrol.note_daily", language),
        definition=definition_of(context, coverage),
        key="daily",
        **card,
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
with (
    found,
    chart_card(
        language,
        title=t("patrol.title_found", language),
        sentence=t("patrol.note_found", language),
        data_through=card["data_through"],
        source=find_indicator("GRD7").source_label(language),
        definition=definition_of(context, find_indicator("GRD7")),
        key="found",
    ),
):
    table(
        screen.found,
        [
            Column(name="class", title=heading("class"), href="href"),
            Column(name="found_text", title=heading("found"), kind="number"),
            Column(name="change_text", title=heading("change"), kind="number"),
            Column(name="certainty", title=heading("certainty")),
            Column(name="share_text", title=heading("share"), kind="number"),
        ],
        language,
        caption=t("patrol.title_found", language),
    )

with chart_card(language, title=t("patrol.title_regions", language), key="regions", **card):
    table(
        screen.regions,
        [
            Column(name="name", title=screen.listed.level_name, href="href"),
            *(
                Column(name=f"{name}_text", title=find_indicator(name).label(language), kind="number")
                for name in patrol_settings().regions.indicators
            ),
        ],
        language,
        caption=t("patrol.title_regions", language),
        selected=screen.listed.selected,
        max_height=560,
    )
offer_tables(screen.tables, context)
