"""Wall screens: one address for each, and the command that starts a kiosk."""

import streamlit as st
from markupsafe import Markup

from dashboard.components import (
    Column,
    chart_card,
    offer_tables,
    sentence,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.rooms.wall_list import wall_list
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
screen = wall_list(reader, context)
card = {"data_through": reader.snapshot().data_through, "source": t("wall_list.source", language)}

sentence(t("wall_list.intro", language))
table_card(
    screen.screens,
    [
        Column(name="name", title=t("wall_list.name", language), href="href"),
        Column(name="size", title=t("wall_list.size", language)),
        Column(name="playlist", title=t("wall_list.playlist", language)),
        Column(
            name="address",
            title=t("wall_list.address", language),
            draw=lambda row: Markup("<code>{}</code>").format(row["address"]),
        ),
    ],
    language,
    title=t("wall_list.screens", language),
    key="screens",
    **card,
)
with chart_card(
    language,
    title=t("wall_list.start", language),
    sentence=t("wall_list.start_note", language),
    key="start",
    **card,
):
    st.code("\n".join(screen.screens["start"]), language=None)
offer_tables(screen.tables, context)
