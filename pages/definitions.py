"""Definitions: what every number means, where it comes from, and how it is computed."""

import streamlit as st

from dashboard.components import Column, chart_card, offer_tables, table
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
with left, chart_card(language, title=t("definitions.list", language), key="list", **card):
    table(
        screen.indicators,
        [
            Column(name="name", title=t("definitions.indicator", language), href="href"),
            Column(name="system", title=t("definitions.system", language)),
            Column(name="unit", title=t("definitions.unit", language)),
        ],
        language,
        caption=t("definitions.list", language),
        max_height=840,
    )
with right, chart_card(language, title=screen.chosen.label(language), key="definition", **card):
    table(
        screen.facts,
        [Column(name="term", title=t("definitions.term", language), width="9em"), Column(name="text", title="")],
        language,
        caption=screen.chosen.label(language),
    )
offer_tables(screen.tables, context)
