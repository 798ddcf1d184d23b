"""Data quality: what suggests a check, where and how sure; declared figures beside computed ones."""

import streamlit as st

from dashboard.components import (
    Column,
    Definition,
    Headings,
    aside,
    chart_card,
    choose_indicator,
    empty_state,
    entry_card,
    notice,
    offer_tables,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.quality.checks import CHECKS
from dashboard.screens.data.quality import quality_screen
from dashboard.settings import snapshot_reader

LIST_HEIGHT = 380

context = current_context()
language = context.language
reader = snapshot_reader()
heading = Headings("quality_column", language)
screen = quality_screen(reader, context)
card = {"data_through": reader.snapshot().data_through, "source": screen.sources}
checks = Definition(
    text=t("quality.definition", language, level=screen.level_name),
    method=t("quality.method", language, level=screen.level_name),
)

sentence(screen.verdict)
notice(screen.chance_sentence, language)
left, right = st.columns([0.48, 0.52], gap="small")
with (
    left,
    chart_card(
        language,
        title=t("quality.title_marks", language),
        sentence=screen.span,
        definition=checks,
        key="marks",
        **card,
    ),
):
    if screen.found.rows.empty:
        empty_state(t("quality.no_data", language), t("quality.no_data_advice", language))
    elif screen.marks.empty:
        empty_state(t("quality.none_marked", language))
    else:
        table(
            screen.marks,
            [
                Column(name="check_word", title=heading("check")),
                Column(name="region", title=screen.level_name, href="href"),
                Column(name="source_word", title=heading("source")),
                Column(name="detail_word", title=heading("detail")),
                *heading.numbers("found", "usual", "chance"),
                Column(name="suggestion", title=heading("suggestion")),
            ],
            language,
            caption=t("quality.title_marks", language),
            max_height=LIST_HEIGHT,
        )
with right:
    table_card(
        screen.declared,
        [
            Column(name="figure", title=heading("figure")),
            Column(name="period", title=heading("period"), kind="mark"),
            *heading.numbers("declared", "computed", "difference"),
            Column(name="unit", title=heading("unit")),
            Column(name="remark", title=heading("remark")),
        ],
        language,
        title=t("quality.title_declared", language),
        sentence=screen.declared_note or None,
        definition=Definition(text=t("quality.declared_definition", language)),
        notes=[("declared", "")] if len(screen.declared) else (),
        key="declared",
        empty=screen.no_declared,
        max_height=LIST_HEIGHT,
        **card,
    )
table_card(
    screen.matrix,
    [
        Column(name="region", title=screen.level_name, href="href"),
        *(Column(name=name, title=t(f"quality.check_{name}", language)) for name in CHECKS),
        *heading.numbers("total"),
    ],
    language,
    title=t("quality.title_matrix", language, level=screen.level_name),
    sentence=t("quality.note_matrix", language),
    definition=checks,
    key="matrix",
    **card,
)
corrections = screen.corrections
assert corrections is not None
left, right = st.columns([0.66, 0.34], gap="small")
with left:
    table_card(
        corrections.rows,
        [
            Column(name=name, title=title, href="href" if name == "figure" else None)
            for name, title in corrections.table.columns.items()
        ],
        language,
        title=corrections.table.title,
        sentence=t("corrections.note", language),
        data_through=reader.snapshot().data_through,
        source=t("entry.ledger_source", language),
        definition=Definition(text=t("corrections.definition", language)),
        key="corrections",
        empty=(
            t("corrections.none", language),
            t("corrections.advice", language),
        ),
        max_height=420,
    )
with right:
    choose_indicator(corrections.choices, corrections.chosen, language)
    aside(t("corrections.now", language, value=corrections.now))
    entry_card(context, corrections.entry, reader.snapshot().data_through)
offer_tables(screen.tables, context)
