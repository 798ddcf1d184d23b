"""Ranking: who is red, why, how sure, and what the rules ask for."""

import streamlit as st

from dashboard.charts.funnel import funnel_plot
from dashboard.components import (
    Column,
    chart_card,
    draw_figure,
    empty_state,
    grade_chip,
    grade_strip,
    interval_bar,
    offer_tables,
    sentence,
    table,
)
from dashboard.components.handouts import offer_context_briefing
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.ranking import chance_text, ranking_screen, rising_rows
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
through = reader.snapshot().data_through
screen = ranking_screen(reader, context)
source = t("overview.several_sources", language)
month_labels = [str(month) for month in screen.league.months]

sentence(screen.verdict)
if screen.is_graded:
    with chart_card(
        language,
        title=t("ranking.title", language, month=str(screen.month), level=screen.listed.level_name),
        sentence=t("ranking.note", language),
        data_through=through,
        source=source,
        key="league",
    ):
        table(
            screen.rows,
            [
                Column(name="name", title=screen.listed.level_name, href="down"),
                Column(
                    name="grade",
                    title=t("ranking.grade", language),
                    kind="mark",
                    draw=lambda row: grade_chip(row["grade"], language),
                ),
                Column(name="index_text", title=t("ranking.index", language), kind="number"),
                Column(
                    name="interval",
                    title=t("ranking.interval", language),
                    kind="mark",
                    draw=lambda row: interval_bar(row["index"], row["lower"], row["upper"], (40, 100), row["interval"]),
                ),
                Column(name="rank", title=t("ranking.rank", language), kind="number"),
                Column(name="change_text", title=t("ranking.change", language), kind="number"),
                Column(
                    name="strip",
                    title=t("ranking.strip", language),
                    kind="mark",
                    draw=lambda row: grade_strip(row["strip"], month_labels, language),
                ),
                Column(name="red_text", title=t("ranking.months_red", language), kind="number"),
                Column(name="red_chance", title=t("ranking.red_chance", language), kind="number"),
                Column(name="reasons", title=t("ranking.reasons", language), href="href"),
            ],
            language,
            caption=t("ranking.title", language, month=str(screen.month), level=screen.listed.level_name),
            selected=screen.selected,
            max_height=560,
        )
    offer_tables(screen.tables, context)
    offer_context_briefing(context)
else:
    empty_state(t("ranking.not_graded", language), t("ranking.not_graded_advice", language))

why, rules, funnel = st.columns([0.40, 0.28, 0.32], gap="small")
with (
    why,
    chart_card(
        language,
        title=t("ranking.why", language, name=screen.names[screen.selected]),
        sentence=t("ranking.why_note", language),
        data_through=through,
        source=source,
        key="why",
    ),
):
    if not screen.is_graded:
        empty_state(t("ranking.not_graded", language))
    else:
        table(
            screen.reasons,
            [
                Column(name="component", title=t("ranking.component", language)),
                Column(name="figure", title=t("ranking.figure", language), kind="number"),
                Column(name="points", title=t("ranking.points", language), kind="number"),
                Column(name="full", title=t("ranking.full", language), kind="number"),
                Column(name="lost", title=t("ranking.lost", language), kind="number"),
                Column(name="unit", title=t("ranking.unit", language)),
                Column(name="deadline", title=t("ranking.deadline", language), kind="number"),
            ],
            language,
            caption=t("ranking.why", language, name=screen.names[screen.selected]),
            max_height=420,
        )
with (
    rules,
    chart_card(
        language,
        title=t("ranking.rising", language),
        sentence=t("ranking.rising_note", language, chance=chance_text(screen.rising.somewhere)),
        data_through=through,
        source=source,
        key="rising",
    ),
):
    rising = rising_rows(screen, language)
    if screen.rising.hidden:
        empty_state(t("ranking.hidden", language), t("ranking.hidden_advice", language))
    elif rising.empty:
        empty_state(t("ranking.none_rising", language))
    else:
        table(
            rising,
            [
                Column(name="name", title=screen.listed.level_name),
                *(Column(name=str(year), title=str(year), kind="number") for year in screen.rising.years),
                Column(name="rule", title=t("ranking.rule", language)),
                Column(name="evidence", title=t("ranking.evidence", language)),
            ],
            language,
            caption=t("ranking.rising", language),
        )
    if not screen.clean.hidden:
        sentence(
            t(
                "ranking.clean",
                language,
                clean=screen.clean.clean,
                regions=screen.clean.regions,
                expected=round(screen.clean.expected),
            )
        )
with (
    funnel,
    chart_card(
        language,
        title=t("ranking.funnel", language),
        sentence=t("ranking.funnel_note", language),
        data_through=through,
        source=source,
        key="funnel",
    ),
):
    if len(screen.funnel) < 2:
        empty_state(t("ranking.no_funnel", language))
    else:
        draw_figure(
            funnel_plot(
                screen.funnel,
                words={
                    name: t(f"funnel.{name}", language)
                    for name in ("average", "limits_95", "limits_99_8", "size", "rate")
                },
                factor=1e5,
                theme=context.theme,
                height=400,
            ),
            context,
            key="funnel-figure",
            alt=t("ranking.funnel", language),
        )
