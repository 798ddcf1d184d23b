"""Ranking: who is red, why, how sure, and what the rules ask for."""

import streamlit as st

from dashboard.charts.funnel import funnel_plot
from dashboard.components import (
    Column,
    Definition,
    aside,
    chart_card,
    columns_of,
    draw_figure,
    empty_state,
    grade_column,
    interval_bar,
    offer_tables,
    sentence,
    strip_column,
    table_card,
)
from dashboard.components.handouts import offer_context_briefing
from dashboard.context import current_context
from dashboard.grading.triggers import HOMICIDE_RATE
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.screens.children import level_word
from dashboard.screens.figures import definition_of
from dashboard.screens.league import index_definition, index_source
from dashboard.screens.ranking import ranking_screen
from dashboard.screens.shared import last_day
from dashboard.settings import snapshot_reader
from dashboard.sources import indicator_source

FUNNEL_WORDS = ("average", "limits_95", "limits_99_8", "size", "rate", "within", "outside_95", "outside_99_8", "viewed")
TRIGGER_COLUMNS = ("name", "rule", "evidence", "rejection", "no_excellence")
TRIGGER_DEFINITIONS = {
    "sheets": "assessment.sheets_definition",
    "rising": "duty.summons_definition",
    "clean": "ranking.clean_definition",
}
AWARDED = "clean"
"""Rule whose list is long."""
NUMBERS = ("index", "interval", "probability_red", "cases", "person_years", "rate")

context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
screen = ranking_screen(reader, context)
source = index_source(reader, context)
homicide_source = indicator_source(reader, context.viewer, find_indicator(HOMICIDE_RATE), language, context.period)
by_index = {"data_through": through, "source": source, "definition": index_definition(context)}
month_labels = [str(month) for month in screen.league.months]
level = level_word(reader.snapshot(), screen.listed.depth, language)

is_graded = screen.is_graded

sentence(screen.verdict)
if is_graded:
    table_card(
        screen.rows,
        [
            Column(name="name", title=screen.listed.level_name, href="down"),
            grade_column(language),
            Column(name="index_text", title=t("ranking.index", language), kind="number"),
            Column(name="interval", title=t("ranking.interval", language), kind="number"),
            Column(
                name="lower",
                title="",
                kind="mark",
                draw=lambda row: interval_bar(row["index"], row["lower"], row["upper"], (40, 100), row["interval"]),
            ),
            Column(name="rank", title=t("ranking.rank", language), kind="number"),
            Column(name="stage_text", title=t("ranking.stage", language), kind="mark"),
            Column(name="change_text", title=t("ranking.change", language), kind="number"),
            strip_column(month_labels, language),
            Column(name="red_text", title=t("ranking.months_red", language), kind="number"),
            Column(name="red_chance", title=t("ranking.red_chance", language), kind="number"),
            Column(name="reasons", title=t("ranking.reasons", language), href="href"),
        ],
        language,
        title=t("ranking.title", language, month=str(screen.month), level=screen.listed.level_word),
        sentence=t("ranking.note", language) + t("ranking.note_click", language),
        **by_index,
        key="league",
        selected=screen.selected,
        max_height=560,
    )
    offer_tables(screen.tables, context)
    offer_context_briefing(context)
else:
    aside(t("ranking.not_graded_advice", language))

if len(screen.problems):
    table_card(
        screen.problems,
        columns_of(screen.problems, "trigger_column", language, ("numerator", "denominator")),
        language,
        title=t("ranking.problems", language),
        sentence=t("ranking.problems_note", language),
        **by_index,
        key="problems",
        max_height=240,
    )

funnel = st.container()
if is_graded:
    why, funnel = st.columns([0.58, 0.42], gap="small")
    with why:
        table_card(
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
            title=t("ranking.why", language, name=screen.names[screen.selected]),
            sentence=screen.why_note,
            max_height=420,
            **by_index,
            key="why",
        )
with (
    funnel,
    chart_card(
        language,
        title=t("ranking.funnel", language, name=screen.funnel_of.label(language)),
        sentence=t("ranking.funnel_note", language),
        data_through=through,
        source=indicator_source(reader, context.viewer, screen.funnel_of, language, context.period),
        definition=definition_of(context, screen.funnel_of),
        key="funnel",
    ),
):
    if len(screen.funnel) < 2:
        empty_state(t("ranking.no_funnel", language))
    else:
        draw_figure(
            funnel_plot(
                screen.funnel,
                words={name: t(f"funnel.{name}", language) for name in FUNNEL_WORDS}
                | {"rate": screen.funnel_of.unit_label(language)},
                factor=1e5,
                theme=context.theme,
                width=700,
                height=400,
                viewed=screen.selected if is_graded else screen.listed.selected,
            ),
            context,
            key="funnel-figure",
            alt=t("ranking.funnel", language, name=screen.funnel_of.label(language)),
        )

short, long = st.columns([0.42, 0.58], gap="small")
for each in screen.triggers.lists:
    with long if each.rule == AWARDED else short:
        table_card(
            each.rows,
            [
                *columns_of(TRIGGER_COLUMNS, "trigger_column", language),
                Column(name="behind", title=t("trigger_column.behind", language), kind="mark", href="href"),
            ],
            language,
            title=each.title,
            sentence=each.note or None,
            data_through=through,
            source=source if is_graded or each.rule == "sheets" else homicide_source,
            definition=Definition(text=t(TRIGGER_DEFINITIONS[each.rule], language, level=level)),
            key=f"trigger-{each.rule}",
            empty=(each.why_empty,),
            max_height=400,
        )
behind = screen.triggers.behind
if behind is not None:
    title = t("ranking.rows_at", language, rule=behind.title, name=behind.name)
    table_card(
        behind.rows,
        columns_of(behind.rows, "trigger_column", language, NUMBERS),
        language,
        title=title,
        data_through=through,
        source=source,
        definition=Definition(text=t(TRIGGER_DEFINITIONS[behind.rule], language, level=level)),
        key="trigger-rows",
    )
