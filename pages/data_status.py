"""Data: what was imported, which source each number stands on, who is late."""

import streamlit as st

from dashboard.components import (
    Definition,
    chart_card,
    columns_of,
    empty_state,
    offer_tables,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.data_status import data_screen
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
snapshot = reader.snapshot()
card = {
    "data_through": snapshot.data_through,
    "source": t("data.stamp", language, snapshot=snapshot.snapshot_id),
    "definition": Definition(text=t("data.definition", language)),
}
screen = data_screen(reader, context)

sentence(screen.verdict)
left, right = st.columns([0.62, 0.38], gap="small")
with left:
    table_card(
        screen.coverage,
        columns_of(screen.coverage, "data", language),
        language,
        title=t("data.coverage", language),
        key="coverage",
        empty=(
            t("data.no_coverage", language),
            t("quality.no_data_advice", language),
        ),
        max_height=420,
        **card,
    )
with right:
    table_card(
        screen.late,
        columns_of(screen.late, "data", language, ("days",)),
        language,
        title=t("data.late", language),
        key="late",
        empty=(screen.nobody_late,),
        max_height=420,
        **card,
    )
with chart_card(language, title=t("data.imports", language), key="imports", **card):
    if screen.imports.empty:
        empty_state(t("data.no_imports", language))
    else:
        numbers = tuple(name for name in screen.imports.columns if name.startswith("rows_")) + ("disagreements",)
        table(
            screen.imports,
            columns_of(screen.imports, "data", language, numbers),
            language,
            caption=t("data.imports", language),
            max_height=360,
        )
offer_tables(screen.tables, context)
