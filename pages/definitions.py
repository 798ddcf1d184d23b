"""Definitions: what every number means, where it comes from, and how it is computed."""

import streamlit as st

from dashboard.components import (
    Column,
    offer_tables,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.definitions import definitions_screen
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
card = {"data_through": reader.snapshot().data_through, "source": t("definitions.catalogue", language)}
screen = definitions_screen(reader, context)

left, right = st.columns([0.42, 0.58], gap="small")
with left:
    table_card(
        screen.indicators,
        [
            Column(name="name", title=t("definitions.indicator", language), href="href"),
            Column(name="system", title=t("definitions.system", language)),
            Column(name="unit", title=t("definitions.unit", language)),
        ],
        language,
        title=t("definitions.list", language),
        key="list",
        max_height=840,
        **card,
    )
with right:
    table_card(
        screen.facts,
        [Column(name="term", title=t("definitions.term", language), width="9em"), Column(name="text", title="")],
        language,
        title=screen.chosen.label(language),
        key="definition",
        **card,
    )
offer_tables(screen.tables, context)
