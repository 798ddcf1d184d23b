"""Services: who is left out of the three 100 %, are files and places there for the young, how far are those who returned."""

from functools import partial

import streamlit as st

from dashboard.charts.services import coverage_lines, monthly_bars
from dashboard.charts.time_series import bars
from dashboard.components import (
    Column,
    Headings,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    offer_tables,
    section,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.screens.figures import indicator_columns, origin_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.services import services_screen
from dashboard.screens.work.settings import service_settings
from dashboard.screens.work.shares import order_sentence
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
settings = service_settings()
heading = Headings("services_column", language)
screen = services_screen(reader, context)
card = partial(origin_of, reader, context, last_day(reader, context))

sentence(screen.verdict)
if screen.coarser and not screen.empty:
    aside(screen.coarser)
if screen.empty:
    empty_state(screen.verdict, t("services.none_advice", language))
else:
    card_grid(screen.cards, language, columns=len(screen.cards))

    section(t("services.section_sunshine", language), t("services.note_sunshine", language))
    below, line = st.columns([0.62, 0.38], gap="small")
    with below:
        table_card(
            screen.coverage,
            [
                Column(name="name", title=screen.listed.level_name, href="href"),
                *heading.numbers("lowest"),
                Column(name="which", title=heading("which")),
                *heading.numbers("missing"),
                *indicator_columns(settings.coverage, language),
            ],
            language,
            title=t("services.title_coverage", language),
            sentence=t("services.note_coverage", language),
            key="coverage",
            selected=screen.listed.selected,
            **card("YG123"),
        )
    with line:
        with chart_card(
            language,
            title=t("services.title_months", language),
            sentence=t("services.note_months", language),
            key="months",
            **card("YG123"),
        ):
            draw_figure(
                coverage_lines(
                    screen.months,
                    names={name: find_indicator(name).label(language) for name in settings.coverage},
                    unit=find_indicator("YG123").unit_label(language),
                    theme=context.theme,
                    height=420,
                ),
                context,
                key="months-figure",
                alt=t("services.title_months", language),
            )
    table_card(
        screen.after_discharge,
        [
            Column(name="name", title=screen.listed.level_name, href="href"),
            *indicator_columns(settings.after_discharge, language),
        ],
        language,
        title=t("services.title_after_discharge", language),
        sentence=order_sentence(settings.after_discharge, language, t("services.note_after_discharge", language)),
        key="after-discharge",
        selected=screen.listed.selected,
        **card(*settings.after_discharge),
    )

    section(t("services.section_youth", language), t("services.note_youth", language))
    places, visits = st.columns([0.62, 0.38], gap="small")
    with places:
        table_card(
            screen.youth,
            [
                Column(name="name", title=screen.listed.level_name, href="href"),
                *indicator_columns(("HM5", "HM1", "HM4", "HM2", "HM2v"), language),
                Column(name="HM2v_use_text", title=heading("use"), kind="number"),
                *indicator_columns(("HM3", "HM3v"), language),
                Column(name="HM3v_use_text", title=heading("use"), kind="number"),
            ],
            language,
            title=t("services.title_youth", language),
            sentence=order_sentence(settings.youth, language, t("services.note_places", language)),
            key="youth",
            selected=screen.listed.selected,
            **card("HM5"),
        )
    with (
        visits,
        chart_card(
            language,
            title=t("services.title_visits", language),
            sentence=t("services.note_visits", language),
            key="visits",
            **card("HM2v"),
        ),
    ):
        if screen.visits.empty:
            empty_state(t("services.no_visits", language), t("services.no_visits_advice", language))
        else:
            names = dict(zip(screen.visits["measure"], screen.visits["name"], strict=True))
            draw_figure(
                monthly_bars(screen.visits, names=names, theme=context.theme, height=440),
                context,
                key="visits-figure",
                alt=t("services.title_visits", language),
            )

    section(t("services.section_resettlement", language), t("services.note_resettlement", language))
    stages, by_region = st.columns([0.38, 0.62], gap="small")
    with (
        stages,
        chart_card(
            language,
            title=t("services.title_stages", language),
            sentence=t("services.note_stages", language),
            key="stages",
            **card("AZ1n"),
        ),
    ):
        if screen.stages["count"].isna().all():
            empty_state(t("services.none_hidden", language))
        else:
            draw_figure(
                bars(
                    screen.stages.rename(columns={"stage": "label", "count": "value", "count_text": "text"}),
                    unit=find_indicator("AZ1n").unit_label(language),
                    theme=context.theme,
                    height=210,
                    in_order=True,
                ),
                context,
                key="stages-figure",
                alt=t("services.title_stages", language),
            )
            table(
                screen.stages,
                [
                    Column(name="stage", title=heading("stage")),
                    *heading.numbers("count", "share"),
                ],
                language,
                caption=t("services.title_stages", language),
            )
    with by_region:
        table_card(
            screen.resettlement,
            [
                Column(name="name", title=screen.listed.level_name, href="href"),
                *indicator_columns(settings.resettlement, language),
            ],
            language,
            title=t("services.title_resettlement", language),
            sentence=order_sentence(settings.resettlement, language),
            key="resettlement",
            selected=screen.listed.selected,
            **card("AZ5"),
        )
offer_tables(screen.tables, context)
