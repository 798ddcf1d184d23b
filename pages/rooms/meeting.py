"""The quarterly dispatch meeting: opening, one region a screen, closing; turned by keys, clicker or buttons."""

import streamlit as st

from dashboard.components import (
    Column,
    Definition,
    chart_card,
    grade_chip,
    offer_tables,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.meeting import drawing
from dashboard.meeting.controls import close_control, decision_form, offer_handouts, order_control, start_control
from dashboard.screens.league import index_definition, index_source
from dashboard.screens.rooms.meeting import OPENING, meeting_screen
from dashboard.settings import snapshot_reader
from dashboard.sources import FEW_SOURCES

context = current_context()
language = context.language
reader = snapshot_reader()
screen = meeting_screen(reader, context)
card = {"data_through": screen.briefing.data_through, "source": index_source(reader, context, FEW_SOURCES)}
agenda, last_decided, _, unsettled, proposed = screen.tables
decided = {"max_height": 360, "definition": Definition(text=t("meeting.decided_definition", language)), **card}
page = screen.page

st.html(drawing.head(screen, context))
if page is not None:
    shown, entry = st.columns([0.7, 0.3], gap="small")
    with shown:
        st.html(drawing.region(screen, page, context, card["source"]))
    with entry:
        decision_form(screen, context)
        st.html(drawing.recorded(screen, context))
elif screen.at == OPENING:
    sentence(screen.briefing.verdict)
    start_control(screen, context)
    table_card(
        last_decided.frame,
        drawing.decision_columns(last_decided),
        language,
        title=last_decided.title,
        key="last-decided",
        empty=(t("meeting.none_decided_before", language),),
        **decided,
    )
    with chart_card(
        language,
        title=agenda.title,
        sentence=t("meeting.agenda_note", language),
        definition=index_definition(context),
        key="agenda",
        **card,
    ):
        table(
            agenda.frame.assign(
                href=[context.href("meeting", at=code) for code in screen.agenda],
                grade=[each.standing.grade for each in screen.pages],
                index=[each.standing.index_text for each in screen.pages],
                change=[each.standing.change_text for each in screen.pages],
            ),
            [
                Column(name="number", title=agenda.columns["number"], kind="number"),
                Column(name="name", title=agenda.columns["name"], href="href"),
                Column(
                    name="grade",
                    title=agenda.columns["grade"],
                    kind="mark",
                    draw=lambda row: grade_chip(row["grade"], language),
                ),
                *(
                    Column(name=name, title=agenda.columns[name], kind="number")
                    for name in ("index", "change", "overdue", "open")
                ),
                Column(name="reasons", title=agenda.columns["reasons"]),
            ],
            language,
            caption=agenda.title,
            max_height=620,
        )
        order_control(screen, context)
else:
    count = len(screen.briefing.decisions.new)
    sentence(t("meeting.closing_sentence" if count else "meeting.closing_nothing", language, count=count))
    if count:
        st.html(drawing.recorded(screen, context))
    if not proposed.frame.empty:
        table_card(
            proposed.frame,
            [Column(name=name, title=title) for name, title in proposed.columns.items()],
            language,
            title=proposed.title,
            key="proposed",
            definition=index_definition(context),
            **card,
        )
    if not unsettled.frame.empty:
        table_card(
            unsettled.frame,
            drawing.decision_columns(unsettled),
            language,
            title=unsettled.title,
            key="unsettled",
            **decided,
        )
    close_control(screen, context)
offer_tables(screen.tables, context)
offer_handouts(screen, context)
