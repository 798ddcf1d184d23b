"""Trends: one indicator through time with its interval, against last year, by year and by class."""

from dataclasses import replace

import streamlit as st

from dashboard.charts.control_chart import control_chart
from dashboard.charts.time_series import series_with_interval, small_multiples
from dashboard.components import (
    Column,
    aside,
    chart_card,
    choose_indicator,
    draw_figure,
    empty_state,
    link_group,
    offer_tables,
    sentence,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.figures import definition_of
from dashboard.screens.trends.marks import campaign_start, class_marks, drawn_marks, drawn_months
from dashboard.screens.trends.screen import trends_screen
from dashboard.settings import snapshot_reader
from dashboard.sources import indicator_source

CONTROL_WORDS = ("value", "centre", "limits", "target", "common_cause", "improvement", "concern", "neutral")

context = current_context()
language = context.language
reader = snapshot_reader()
through = reader.snapshot().data_through
screen = trends_screen(reader, context)
card = {
    "data_through": through,
    "source": indicator_source(reader, context.viewer, screen.indicator, language),
    "basis": screen.basis,
    "definition": definition_of(context, screen.indicator),
}

warned_definition = definition_of(context, screen.indicator)
if screen.warning is not None:
    warned_definition = replace(warned_definition, method=t("trends.warning_method", language))

sentence(screen.verdict)
choose_indicator(screen.choices, screen.indicator, language)
left, right = st.columns([0.68, 0.32], gap="small")
with (
    left,
    chart_card(
        language,
        title=t("trends.through_time", language, name=screen.indicator.label(language)),
        sentence=screen.note or None,
        key="series",
        **card | {"definition": warned_definition},
    ),
):
    if screen.series["value"].notna().any():
        names = {name: t(f"trends.{name}", language) for name in ("value", "interval", "last_year", "campaign")}
        figure = series_with_interval(
            screen.series,
            names=names,
            unit=screen.indicator.unit_label(language),
            theme=context.theme,
            height=420,
            events=(*drawn_marks(screen.marks), *screen.warned),
            campaign_from=campaign_start(screen.marks),
        )
        draw_figure(figure, context, key="series-figure", alt=screen.verdict)
        for line in screen.mark_lines:
            aside(line)
        if screen.warning is not None:
            aside(screen.warning.sentence(screen.indicator, language))
    else:
        empty_state(t("trends.empty", language))
with right:
    table_card(
        screen.years,
        [
            Column(name="year", title=t("trends.year", language)),
            Column(name="figure", title=screen.indicator.unit_label(language), kind="number"),
            Column(name="interval", title=t("column.interval", language), kind="number"),
            *(
                [Column(name="numerator", title=t("column.numerator", language), kind="number")]
                if screen.indicator.kind != "count"
                else []
            ),
        ],
        language,
        title=t("trends.by_year", language),
        sentence=screen.recent or None,
        key="years",
        max_height=420,
        **card,
    )
for place, control in zip(st.columns(len(screen.controls), gap="small"), screen.controls, strict=True):
    with (
        place,
        chart_card(
            language,
            title=t("control.title", language, kind=control.kind or t("control.none", language)),
            sentence=control.sentence or None,
            key=f"control-{control.key}",
            **card,
        ),
    ):
        if control.links:
            link_group(t("control.rare", language), control.links)
        if control.chart is None:
            empty_state(control.why_empty)
            continue
        st.html(control.icons)
        draw_figure(
            control_chart(
                control.points,
                words={name: t(f"control.{name}", language) for name in CONTROL_WORDS},
                unit=control.unit,
                theme=context.theme,
                height=340,
                target=control.target,
                events=()
                if control.is_rare
                else (
                    *drawn_months(screen.marks),
                    *((f"{moment:%Y-%m}", sign) for moment, sign in screen.warned),
                ),
            ),
            context,
            key=f"control-figure-{control.key}",
            alt=control.sentence,
        )
with chart_card(
    language, title=t("trends.by_class", language), sentence=t("trends.by_class_note", language), key="classes", **card
):
    if screen.class_names:
        draw_figure(
            small_multiples(
                screen.classes,
                classes=screen.class_names,
                unit=screen.indicator.numerator_unit(language),
                theme=context.theme,
                height=360,
                events=class_marks(screen.marks),
            ),
            context,
            key="classes-figure",
            alt=t("trends.by_class", language),
        )
    else:
        empty_state(t("trends.no_classes", language))
offer_tables(screen.tables, context)
