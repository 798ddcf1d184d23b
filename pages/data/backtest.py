"""Back-test: what the rules would have coloured in past months, and how much of it chance alone would colour."""

import streamlit as st

from dashboard.charts.grade_months import grade_months
from dashboard.components import (
    Column,
    Definition,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    end_page,
    grade_strip,
    link_group,
    offer_tables,
    sentence,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.data.backtest import LENGTHS, backtest_screen
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
screen = backtest_screen(reader, context)
card = {
    "data_through": reader.snapshot().data_through,
    "source": t("backtest_page.source", language),
    "definition": Definition(text=t("backtest_page.definition", language), href=context.href("ranking")),
}

if not screen.is_graded:
    empty_state(t("ranking.not_graded", language), t("ranking.not_graded_advice", language))
    end_page()

sentence(screen.verdict)
card_grid(screen.cards, language, columns=5)
link_group(
    t("backtest_page.length", language),
    [
        (
            t("backtest_page.last_months", language, count=int(each)),
            context.href("backtest", months=each),
            each == screen.length,
        )
        for each in LENGTHS
    ],
)
left, right = st.columns([0.5, 0.5], gap="small")
with (
    left,
    chart_card(
        language,
        title=t("backtest_page.by_month", language),
        sentence=t("backtest_page.by_month_note", language),
        key="months",
        **card,
    ),
):
    draw_figure(
        grade_months(
            screen.replay.by_month(),
            words={grade: t(f"grade.{grade}", language) for grade in ("red", "yellow", "blue", "insufficient")},
            unit=t("backtest_page.regions_unit", language),
            theme=context.theme,
            height=500,
        ),
        context,
        key="months-figure",
        alt=screen.verdict,
    )
with right:
    table_card(
        screen.regions,
        [
            Column(name="name", title=screen.listed.level_name),
            Column(
                name="strip",
                title=t("backtest_page.strip", language),
                kind="mark",
                draw=lambda row: grade_strip(row["strip"], screen.month_labels, language),
            ),
            Column(name="red_text", title=t("grade.red", language), kind="number"),
            Column(name="yellow_text", title=t("grade.yellow", language), kind="number"),
            Column(name="blue_text", title=t("grade.blue", language), kind="number"),
            Column(name="flips_text", title=t("backtest_page.changes", language), kind="number"),
        ],
        language,
        title=t("backtest_page.by_region", language),
        sentence=t("backtest_page.by_region_note", language),
        key="regions",
        max_height=500,
        **card,
    )
offer_tables(screen.tables, context)
