"""Assessment and creation: weight and its effect, vetoes, index league, townships without homicide, pilot sites."""

import streamlit as st

from dashboard.charts.chain import width_figure
from dashboard.components import (
    Column,
    Definition,
    Headings,
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
from dashboard.screens.duty.creation import GRADES, line_column, matrix_source, place_headings, rule_text
from dashboard.screens.league import index_source
from dashboard.screens.shared import last_day
from dashboard.settings import snapshot_reader
from dashboard.sources import table_source

HEIGHT = 230

context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
screen = assessment_screen(reader, context)
effect, graded, veto, line_heading, pilot = (
    Headings(area, language, place_headings(area, reader.snapshot(), language))
    for area in ("assessment_effect", "assessment_league", "assessment_veto", "creation_column", "pilot_column")
)
ranked = {"data_through": through, "source": index_source(reader, context)}
judged = {
    "data_through": through,
    "source": matrix_source(reader, context),
    "definition": Definition(text=t("creation.definition", language)),
}
kept_by_hand = {
    "data_through": through,
    "source": table_source(reader, context.viewer, ("veto", "pilot_site"), "assessment.ledger", language),
}
creation = screen.creation

sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))

section(t("assessment.section_score", language), None)
effects, league = st.columns([0.46, 0.54], gap="small")
with effects:
    table_card(
        screen.effects,
        [
            *effect.columns("name", "index", numbers=("index",), name="href"),
            Column(name="interval", title=t("ranking.interval", language), kind="number"),
            Column(name="before", title=effect("points_before"), kind="number"),
            Column(name="after", title=effect("points_after"), kind="number"),
            Column(name="more_lost", title=effect("more_lost"), kind="number"),
            Column(name="more_lost_limits", title=t("assessment.limits", language), kind="number"),
            Column(name="against_mean", title=effect("against_mean"), kind="number"),
        ],
        language,
        title=t("assessment.effects", language),
        sentence=t("assessment.effects_note", language),
        **ranked,
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
        title=t("ranking.title", language, month=str(screen.month), level=screen.listed.level_word),
        sentence=t("assessment.league_note", language),
        **ranked,
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
                Column(name="name", title=screen.listed.level_name, href="href"),
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
                Column(name="sheet", title=graded("sheet")),
            ],
            language,
            caption=t("assessment.league", language),
            selected=screen.selected,
            max_height=480,
        )

table_card(
    screen.vetoes,
    [
        *veto.columns(
            "kind",
            "region",
            "year",
            "status",
            "reason",
            "document",
            "authority",
            "decided_on",
            numbers=("year", "decided_on"),
        )
    ],
    language,
    title=t("assessment.vetoes", language),
    sentence=t("assessment.vetoes_note", language),
    **kept_by_hand,
    definition=Definition(
        text=t("assessment.vetoes_definition", language), href=context.href("definitions", indicator="KH2")
    ),
    key="vetoes",
    empty=(screen.no_vetoes,),
    max_height=320,
)

section(t("creation.section", language), None)
if creation.matrix is None:
    with chart_card(language, title=t("creation.lines", language), key="no-townships", **judged):
        empty_state(t("creation.no_townships", language))
else:
    table_card(
        creation.lines,
        [
            Column(name="number", title=line_heading("number"), kind="number"),
            Column(name="name", title=line_heading("name_of_line")),
            *line_heading.columns("rule", "gate", "level"),
            *(
                [
                    Column(name="figure", title=line_heading("figure"), kind="number"),
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
        **judged,
        key="lines",
    )
    table_card(
        creation.rows,
        [
            *line_heading.columns("name", "county", name="href"),
            *(
                Column(
                    name=line_column(line),
                    title=line.heading(language),
                    hint=t("creation.hint", language, name=line.label(language), rule=rule_text(line, language)),
                    kind="mark",
                    draw=lambda row, line=line: grade_chip(row[line_column(line)], language),
                )
                for line in creation.matrix.settings.line
            ),
            Column(name="verdict", title=line_heading("verdict")),
            Column(name="streak_text", title=line_heading("streak"), kind="number"),
            Column(name="proposal", title=line_heading("proposal")),
        ],
        language,
        title=t("creation.matrix", language),
        sentence=t("creation.matrix_note", language),
        **judged,
        key="matrix",
        max_height=620,
    )
    table_card(
        creation.awards,
        line_heading.columns("name", "county", "years", "proposal", name="href"),
        language,
        title=t("creation.award", language),
        sentence=screen.stress,
        **{**judged, "definition": Definition(text=t("creation.award_definition", language))},
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
        **kept_by_hand,
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
    pilot.columns(
        *("name", "practice", "place", "stage", "accepted", "spread", "basis", "adopted", "look_back", "visits"),
        numbers=("accepted", "spread", "adopted", "visits"),
    ),
    language,
    title=t("pilots.title", language),
    sentence=t("pilots.note", language),
    **kept_by_hand,
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
