"""What is pressed in the meeting: start, order, decide, close. What is refused is said where it was pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from markupsafe import Markup

from dashboard.components import aside, empty_state, entry_form
from dashboard.components.handouts import offer_briefing
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.meeting.record import MEETING, close_meeting, moved, reorder_meeting, start_meeting
from dashboard.screens.rooms.meeting import MeetingScreen, shown_to_seats
from dashboard.settings import refuse_writing_as_another, snapshot_reader
from data_access.errors import DataAccessError
from data_access.ledger import Ledger

DECISION = "decision"
_SAID = "meeting-said"


def start_control(screen: MeetingScreen, context: Context) -> None:
    """Draw the button that starts the meeting, where it has not begun and the role may begin it."""
    if screen.meeting.is_started:
        return
    _say()
    if not context.viewer.permissions.may_write(MEETING, "open"):
        aside(t("meeting.may_not_start", context.language))
        return
    snapshot_id = screen.briefing.snapshot_id
    action = partial(start_meeting, _ledger(), context.viewer, screen.meeting, screen.agenda, snapshot_id)
    st.button(
        t("meeting.start", context.language, snapshot=snapshot_id),
        type="primary",
        key="meeting-start",
        on_click=_try,
        args=(action, context),
    )


def order_control(screen: MeetingScreen, context: Context) -> None:
    """Draw what moves a region in the agenda, while the meeting is open."""
    if not screen.meeting.is_started or screen.meeting.is_closed:
        return
    language = context.language
    names = {page.standing.region_code: page.standing.name for page in screen.pages}
    with st.container(horizontal=True, vertical_alignment="bottom", key="meeting-order"):
        chosen = st.selectbox(
            t("meeting.move", language),
            screen.agenda,
            format_func=lambda code: names[code],
            key="meeting-move",
            width=260,
        )
        for key, steps in (("up", -1), ("down", 1), ("first", -len(names))):
            order = moved(screen.agenda, chosen, steps)
            st.button(
                t(f"meeting.move_{key}", language),
                key=f"meeting-move-{key}",
                disabled=order == screen.agenda,
                on_click=_try,
                args=(partial(reorder_meeting, _ledger(), context.viewer, screen.meeting, order), context),
            )
    _say()


def decision_form(screen: MeetingScreen, context: Context) -> None:
    """Draw the form of a decision for the region that is shown: a new one, or the one being changed."""
    language = context.language
    if screen.meeting.is_closed:
        aside(t("meeting.closed_note", language))
        return
    if not screen.meeting.is_started:
        start_control(screen, context)
        return
    item = _ledger().item(context.viewer, screen.editing) if screen.editing else None
    st.html(
        Markup('<h3 class="meeting-form">{}</h3>').format(
            t("meeting.change_decision" if item else "meeting.record_decision", language)
        )
    )
    fields = ("task", "unit", "due_on")
    if item is not None:
        entry_form(context, kind=DECISION, key=item.item_id, region_code=item.region_code, fields=fields, item=item)
        return
    entry_form(
        context,
        kind=DECISION,
        key=f"{screen.meeting.meeting_id}-{screen.at}",
        region_code=screen.at,
        fields=fields,
        states=("open",),
        parent_id=screen.meeting.meeting_id,
        submit=t("meeting.record", language),
    )


def close_control(screen: MeetingScreen, context: Context) -> None:
    """Draw the button that closes the meeting and freezes its numbers."""
    language = context.language
    _say()
    if screen.meeting.is_closed:
        aside(t("meeting.closed_note", language))
        return
    if not screen.meeting.is_started:
        empty_state(t("meeting.not_started", language))
        return
    if not context.viewer.permissions.may_write(MEETING, "closed"):
        aside(t("meeting.may_not_close", language))
        return
    if st.button(t("meeting.close", language), type="primary", key="meeting-close"):
        with st.spinner(t("meeting.closing_now", language)):
            _try(partial(_close, screen, context), context)
        st.rerun()
    aside(t("meeting.close_note", language, snapshot=screen.briefing.snapshot_id))


def offer_handouts(screen: MeetingScreen, context: Context) -> None:
    """Put the hand-outs of exactly what the meeting shows into the download menu."""
    title = f"{screen.briefing.title}_{screen.briefing.snapshot_id}"
    offer_briefing(context.language, title, lambda: screen.briefing)


def _close(screen: MeetingScreen, context: Context) -> None:
    ledger = _ledger()
    close_meeting(
        ledger, context.viewer, screen.meeting, shown_to_seats(snapshot_reader(), ledger, screen.meeting, context)
    )


def _try(action: Callable[[], None], context: Context) -> None:
    try:
        refuse_writing_as_another()
        action()
    except DataAccessError as error:
        st.session_state[_SAID] = error.message(context.language)


def _say() -> None:
    said = st.session_state.pop(_SAID, None)
    if said:
        st.html(Markup('<p class="entry-outcome entry-refused" role="alert">{}</p>').format(said))


def _ledger() -> Ledger:
    return Ledger.beside(snapshot_reader())
