"""Responsibility: who met and who didn't, what is owed, which package is stuck, who must be called in."""

from functools import partial

import streamlit as st

from dashboard.components import (
    Column,
    Definition,
    Headings,
    card_grid,
    chart_card,
    empty_state,
    entry_card,
    link_group,
    list_refusal,
    offer_tables,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.screens.duty.calendar_cells import calendar_legend, delivery_cell, meeting_cell
from dashboard.screens.duty.entries import opened_entry
from dashboard.screens.duty.packages import BOARD
from dashboard.screens.duty.responsibility import responsibility_screen
from dashboard.screens.figures import definition_of
from dashboard.screens.league import index_source
from dashboard.settings import snapshot_reader
from dashboard.sources import table_source

POST_COUNTS = ("open", "overdue", "closed", "returns")

context = current_context()
language = context.language
reader = snapshot_reader()
through = reader.snapshot().data_through
screen = responsibility_screen(reader, context)
entry = opened_entry(screen)
heading = Headings("duty_column", language)
lists_note = t("duty.no_lists", language) if not screen.span.lists_allowed else t("duty.nothing_owed", language)

if screen.verdict:
    sentence(screen.verdict)
link_group(t("duty.parts", language), screen.links)
if screen.without_source:
    empty_state(screen.without_source, t("card.page_without_source_advice", language))

if screen.secretaries is not None:
    part = screen.secretaries
    card_grid(part.cards, language, columns=5)
    with chart_card(
        language,
        title=t("duty.calendar", language),
        sentence=part.calendar_note,
        data_through=through,
        source=table_source(reader, context.viewer, ("meeting",), "duty.party_source", language),
        definition=definition_of(context, find_indicator("ZR1")),
        key="calendar",
    ):
        if part.calendar.empty:
            empty_state(t("duty.no_meetings", language), t("duty.no_meetings_advice", language))
        else:
            st.html(calendar_legend(language))
            table(
                part.calendar,
                [
                    Column(name="name", title=t("duty_column.region", language), href="href"),
                    *(
                        Column(
                            name=str(month),
                            title=str(month),
                            kind="mark",
                            draw=partial(lambda key, row: meeting_cell(row[key], language), str(month)),
                        )
                        for month in part.months
                    ),
                ],
                language,
                caption=t("duty.calendar", language),
                max_height=860,
            )
    listed, form = st.columns([0.62, 0.38], gap="small")
    with (
        listed,
        chart_card(
            language,
            title=t("duty.decisions", language),
            sentence=t("duty.decisions_note", language),
            data_through=through,
            source=table_source(reader, context.viewer, ("decision",), "duty.party_source", language),
            definition=definition_of(context, find_indicator("ZR4")),
            key="decisions",
        ),
    ):
        if part.decisions.rows.empty:
            empty_state(lists_note)
        elif refusal := list_refusal(context, True, "decision"):
            empty_state(*refusal)
        else:
            table(
                part.decisions.rows.set_index("item_id", drop=False),
                heading.columns(*("task", "unit", "region", "due", "state", "reported"), numbers=("due",), task="href"),
                language,
                caption=t("duty.decisions", language),
                selected=entry.item_id if entry else None,
                max_height=520,
            )
    with form:
        entry_card(context, entry, through)

if screen.packages is not None:
    board = screen.packages
    card_grid(board.cards, language, columns=6)
    left, right = st.columns([0.6, 0.4], gap="small")
    with left:
        table_card(
            board.board,
            heading.columns("name", *BOARD, numbers=BOARD, name="href"),
            language,
            title=t("duty.board", language),
            sentence=t("duty.board_note", language),
            data_through=through,
            source=table_source(reader, context.viewer, ("case_package",), "duty.package_source", language),
            definition=definition_of(context, find_indicator("BA2")),
            key="board",
            empty=(t("duty.no_packages", language),),
            max_height=600,
        )
    with right:
        table_card(
            board.posts,
            heading.columns("post", "level", *POST_COUNTS, numbers=POST_COUNTS),
            language,
            title=t("duty.posts", language),
            sentence=board.posts_note,
            data_through=through,
            source=table_source(reader, context.viewer, ("case_package",), "duty.package_source", language),
            definition=definition_of(context, find_indicator("BA5")),
            key="posts",
            empty=(board.posts_note,),
            max_height=600,
        )
    listed, form = st.columns([0.66, 0.34], gap="small")
    with (
        listed,
        chart_card(
            language,
            title=t("duty.packages", language),
            sentence=t("duty.packages_note", language),
            data_through=through,
            source=table_source(reader, context.viewer, ("case_package",), "duty.package_source", language),
            definition=definition_of(context, find_indicator("BA6")),
            key="packages",
        ),
    ):
        if board.packages.empty:
            empty_state(lists_note)
        elif refusal := list_refusal(context, True, "case_package"):
            empty_state(*refusal)
        else:
            table(
                board.packages.set_index("item_id", drop=False),
                heading.columns(
                    *(
                        "number",
                        "place",
                        "post",
                        "found",
                        "due",
                        "age_text",
                        "late_text",
                        "stage",
                        "returns",
                        "reviewed",
                    ),
                    numbers=("found", "due", "age_text", "late_text", "returns"),
                    number="href",
                ),
                language,
                caption=t("duty.packages", language),
                selected=entry.item_id if entry else None,
                max_height=520,
            )
    with form:
        entry_card(context, entry, through)

if screen.summons is not None:
    called = screen.summons
    listed, form = st.columns([0.62, 0.38], gap="small")
    with listed:
        with chart_card(
            language,
            title=t("duty.summons", language),
            sentence=called.chance_note or None,
            data_through=through,
            source=table_source(reader, context.viewer, ("incident",), "duty.police_source", language),
            definition=Definition(
                text=t("duty.summons_definition", language, level=called.level), href=context.href("ranking")
            ),
            key="summons",
            height="content",
        ):
            if called.hidden:
                empty_state(t("ranking.hidden", language), t("ranking.hidden_advice", language))
            elif called.summons.empty:
                empty_state(called.nobody)
            else:
                years = tuple(str(year) for year in called.years)
                table(
                    called.summons.set_index("item_id", drop=False),
                    [
                        *heading.columns("name", name="href"),
                        *(Column(name=year, title=year, kind="number") for year in years),
                        *heading.columns("rule", "evidence", "state"),
                    ],
                    language,
                    caption=t("duty.summons", language),
                    selected=entry.item_id if entry else None,
                )
        table_card(
            called.sheets.set_index("item_id", drop=False),
            heading.columns("name", "month", "months_red", "state", numbers=("months_red",), name="href"),
            language,
            title=t("duty.sheets", language),
            sentence=t("duty.sheets_note", language),
            data_through=through,
            source=index_source(reader, context),
            definition=Definition(text=t("assessment.sheets_definition", language), href=context.href("ranking")),
            key="sheets",
            empty=(called.no_sheets,),
            selected=entry.item_id if entry else None,
        )
    with form:
        entry_card(context, entry, through)

if screen.departments is not None:
    delivered = screen.departments
    card_grid(delivered.cards, language, columns=3)
    left, right = st.columns([0.58, 0.42], gap="small")
    with left:
        table_card(
            delivered.matrix,
            [
                Column(name="department", title=t("duty_delivery.department", language)),
                Column(name="data_set", title=t("duty_delivery.data_set", language)),
                *(
                    Column(
                        name=str(month),
                        title=str(month),
                        kind="mark",
                        draw=partial(lambda key, row: delivery_cell(row[key], language), str(month)),
                    )
                    for month in delivered.months
                ),
            ],
            language,
            title=t("duty.deliveries", language),
            sentence=t("duty.deliveries_note", language),
            data_through=through,
            source=table_source(reader, context.viewer, ("data_delivery",), "duty.exchange_source", language),
            definition=definition_of(context, find_indicator("HS2")),
            key="deliveries",
            empty=(t("duty.no_deliveries", language),),
        )
    with (
        right,
        chart_card(
            language,
            title=t("duty.consultation_items", language),
            sentence=t("duty.consultation_note", language),
            data_through=through,
            source=table_source(reader, context.viewer, ("consultation_item",), "duty.party_source", language),
            definition=definition_of(context, find_indicator("HS3")),
            key="consultation-items",
        ),
    ):
        if delivered.owed.rows.empty:
            empty_state(lists_note)
        elif refusal := list_refusal(context, True, "consultation_item"):
            empty_state(*refusal)
        else:
            table(
                delivered.owed.rows,
                heading.columns("task", "unit", "region", "due", "state", numbers=("due",)),
                language,
                caption=t("duty.consultation_items", language),
                max_height=480,
            )

offer_tables(screen.tables, context)
