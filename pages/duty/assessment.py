"""Assessment and creation: weight and its effect, vetoes, index league, townships without homicide, pilot sites."""

import streamlit as st

from dashboard.charts.chain import width_figure
from dashboard.components import (
    Column,
    Definition,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    grade_chip,
    grade_column,
    interval_bar,
    offer_tables,
    section,
    sentence,
    strip_column,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.duty.assessment import assessment_screen
from dashboard.screens.duty.creation import GRADES, line_column, matrix_source
from dashboard.screens.league import index_source
from dashboard.settings import snapshot_reader
from dashboard.sources import table_source

HEIGHT = 230

context = current_context()
language = context.language
reader = snapshot_reader()
through = reader.snapshot().data_through
screen = assessment_screen(reader, context)
from_index, from_lines = index_source(reader, context), matrix_source(reader, context)
ledger = table_source(reader, context.viewer, ("veto", "pilot_site"), "assessment.ledger", language)
creation = screen.creation

sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))

section(t("assessment.section_score", language), None)
effects, league = st.columns([0.46, 0.54], gap="small")
with effects:
    table_card(
        screen.effects,
        [
            Column(name="name", title=t("assessment_effect.name", language), href="href"),
            Column(name="index", title=t("assessment_effect.index", language), kind="number"),
            Column(name="interval", title=t("ranking.interval", language), kind="number"),
            Column(name="before", title=t("assessment_effect.points_before", language), kind="number"),
            Column(name="after", title=t("assessment_effect.points_after", language), kind="number"),
            Column(name="more_lost", title=t("assessment_effect.more_lost", language), kind="number"),
            Column(name="more_lost_limits", title=t("assessment.limits", language), kind="number"),
            Column(name="against_mean", title=t("assessment_effect.against_mean", language), kind="number"),
        ],
        language,
        title=t("assessment.effects", language),
        sentence=t("assessment.effects_note", language),
        data_through=through,
        source=from_index,
        definition=Definition(text=t("assessment.effects_definition", language)),
        key="effects",
        empty=(screen.no_effects,),
        selected=screen.selected,
        max_height=480,
    )
with (
    league,
    chart_card(
        language,
        title=t("ranking.title", language, month=str(screen.month), level=screen.listed.level_name),
        sentence=t("assessment.league_note", language),
        data_through=through,
        source=from_index,
        definition=Definition(text=t("assessment.sheets_definition", language), href=context.href("ranking")),
        key="league",
    ),
):
    if screen.league.empty:
        empty_state(t("ranking.not_graded", language), t("ranking.not_graded_advice", language))
    else:
        table(
            screen.league,
            [
                Column(name="name", title=t("assessment_league.name", language), href="href"),
                grade_column(language),
                Column(name="index_text", title=t("ranking.index", language), kind="number"),
                Column(
                    name="interval",
                    title=t("ranking.interval", language),
                    kind="mark",
                    draw=lambda row: interval_bar(
                        row["index"], row["lower"], row["upper"], (40, 100), row["index_text"]
                    ),
                ),
                Column(name="rank", title=t("ranking.rank", language), kind="number"),
                strip_column(screen.months, language),
                Column(name="months_red", title=t("ranking.months_red", language), kind="number"),
                Column(name="sheet", title=t("assessment_league.sheet", language)),
            ],
            language,
            caption=t("assessment.league", language),
            selected=screen.selected,
            max_height=480,
        )

table_card(
    screen.vetoes,
    [
        Column(name="kind", title=t("assessment_veto.kind", language)),
        Column(name="region", title=t("assessment_veto.region", language)),
        Column(name="year", title=t("assessment_veto.year", language), kind="number"),
        Column(name="status", title=t("assessment_veto.status", language)),
        Column(name="reason", title=t("assessment_veto.reason", language)),
        Column(name="document", title=t("assessment_veto.document", language)),
        Column(name="authority", title=t("assessment_veto.authority", language)),
        Column(name="decided_on", title=t("assessment_veto.decided_on", language), kind="number"),
    ],
    language,
    title=t("assessment.vetoes", language),
    sentence=t("assessment.vetoes_note", language),
    data_through=through,
    source=ledger,
    definition=Definition(
        text=t("assessment.vetoes_definition", language), href=context.href("definitions", indicator="KH2")
    ),
    key="vetoes",
    empty=(screen.no_vetoes,),
    max_height=320,
)

section(t("creation.section", language), None)
if creation.matrix is None:
    with chart_card(
        language, title=t("creation.lines", language), data_through=through, source=from_lines, key="no-townships"
    ):
        empty_state(t("creation.no_townships", language))
else:
    table_card(
        creation.lines,
        [
            Column(name="number", title=t("creation_column.number", language), kind="number"),
            Column(name="name", title=t("creation_column.name_of_line", language)),
            Column(name="rule", title=t("creation_column.rule", language)),
            Column(name="gate", title=t("creation_column.gate", language)),
            Column(name="level", title=t("creation_column.level", language)),
            *(
                [
                    Column(name="figure", title=t("creation_column.figure", language), kind="number"),
                    Column(name="interval", title=t("ranking.interval", language), kind="number"),
                    grade_column(language),
                ]
                if creation.is_single
                else [Column(name=grade, title=t(f"grade.{grade}", language), kind="number") for grade in GRADES]
            ),
        ],
        language,
        title=t("creation.lines", language),
        sentence=t("creation.lines_note", language),
        data_through=through,
        source=from_lines,
        definition=Definition(text=t("creation.definition", language)),
        key="lines",
    )
    table_card(
        creation.rows,
        [
            Column(name="name", title=t("creation_column.name", language), href="href"),
            Column(name="county", title=t("creation_column.county", language)),
            *(
                Column(
                    name=line_column(line),
                    title=str(line.number),
                    kind="mark",
                    draw=lambda row, line=line: grade_chip(row[line_column(line)], language),
                )
                for line in creation.matrix.settings.line
            ),
            Column(name="verdict", title=t("creation_column.verdict", language)),
            Column(name="streak_text", title=t("creation_column.streak", language), kind="number"),
            Column(name="proposal", title=t("creation_column.proposal", language)),
        ],
        language,
        title=t("creation.matrix", language),
        sentence=t("creation.matrix_note", language),
        data_through=through,
        source=from_lines,
        definition=Definition(text=t("creation.definition", language)),
        key="matrix",
        max_height=620,
    )
    table_card(
        creation.awards,
        [
            Column(name="name", title=t("creation_column.name", language), href="href"),
            Column(name="county", title=t("creation_column.county", language)),
            Column(name="years", title=t("creation_column.years", language)),
            Column(name="proposal", title=t("creation_column.proposal", language)),
        ],
        language,
        title=t("creation.award", language),
        sentence=screen.stress,
        data_through=through,
        source=from_lines,
        definition=Definition(text=t("creation.award_definition", language)),
        key="award",
        empty=(
            t("creation.no_award", language),
            t("creation.people_decide", language),
        ),
        max_height=320,
    )

section(t("pilots.section", language), None)
figures, stages = st.columns([0.6, 0.4], gap="small")
with figures:
    card_grid(screen.pilot_cards, language, columns=len(screen.pilot_cards) // 2)
with (
    stages,
    chart_card(
        language,
        title=t("pilots.stages", language),
        sentence=t("pilots.stages_note", language),
        data_through=through,
        source=ledger,
        definition=Definition(text=t("pilots.stages_definition", language)),
        key="stages",
    ),
):
    if screen.pilots.rows.empty:
        empty_state(t("pilots.none", language), t("pilots.none_advice", language))
    else:
        draw_figure(
            width_figure(screen.pilots.stages, unit=t("pilots.unit", language), theme=context.theme, height=HEIGHT),
            context,
            key="stages-figure",
            alt=t("pilots.stages", language),
        )
table_card(
    screen.pilots.rows,
    [
        Column(name="name", title=t("pilot_column.name", language)),
        Column(name="practice", title=t("pilot_column.practice", language)),
        Column(name="place", title=t("pilot_column.place", language)),
        Column(name="stage", title=t("pilot_column.stage", language)),
        Column(name="accepted", title=t("pilot_column.accepted", language), kind="number"),
        Column(name="spread", title=t("pilot_column.spread", language), kind="number"),
        Column(name="basis", title=t("pilot_column.basis", language)),
        Column(name="adopted", title=t("pilot_column.adopted", language), kind="number"),
        Column(name="look_back", title=t("pilot_column.look_back", language)),
        Column(name="visits", title=t("pilot_column.visits", language), kind="number"),
    ],
    language,
    title=t("pilots.title", language),
    sentence=t("pilots.note", language),
    data_through=through,
    source=ledger,
    definition=Definition(
        text=t("pilots.stages_definition", language), href=context.href("definitions", indicator="SF1")
    ),
    key="sites",
    empty=(
        t("pilots.none", language),
        t("pilots.none_advice", language),
    ),
    max_height=560,
)
offer_tables(screen.tables, context)
