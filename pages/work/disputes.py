"""Disputes: where the loop breaks, what grows, whether the sources are joined, which red ones nobody holds."""

import pandas as pd
import streamlit as st

from dashboard.charts.time_series import bars
from dashboard.components import (
    Column,
    Headings,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    link_group,
    list_refusal,
    offer_tables,
    risk_chip,
    rows_card,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.figures import indicator_columns, origin_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.dispute_list import filter_links, page_links, stage_links
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.settings import dispute_settings
from dashboard.screens.work.shares import order_sentence
from dashboard.settings import snapshot_reader

STAGE_DAYS = ("received", "mediated", "resolved", "revisited", "archived", "due")

context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
heading = Headings("disputes_column", language)
screen = disputes_screen(reader, context)


def card(key: str, *indicators: str, note: str | None = None) -> dict:
    """Return title, sentence and origin of a card."""
    return {
        "title": t(f"disputes.title_{key}", language),
        "sentence": t(f"disputes.note_{key}", language) if note is None else note,
        "key": key,
        **origin_of(reader, context, through, *indicators),
    }


def draw_bars(frame: pd.DataFrame, label: str, key: str) -> None:
    """Draw counts that add up, in their order."""
    draw_figure(
        bars(
            frame,
            label=label,
            value="count",
            text="count_text",
            unit=t("disputes.unit", language),
            theme=context.theme,
            height=190,
            in_order=True,
        ),
        context,
        key=f"{key}-figure",
        alt=t(f"disputes.title_{key}", language),
    )


sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))

loop, red, old = st.columns([0.36, 0.36, 0.28], gap="small")
with (
    loop,
    chart_card(language, **card("funnel", "BH2")),
):
    if screen.is_empty:
        empty_state(t("disputes.none", language), t("disputes.none_advice", language))
    else:
        draw_bars(screen.funnel, "step", "funnel")
        table(
            screen.funnel,
            [
                Column(name="step", title=heading("step")),
                *heading.numbers("count", "of_received", "of_step_before"),
                Column(name="left_text", title=heading("left"), kind="number", href="href"),
                Column(name="median_text", title=heading("median_days"), kind="number"),
                Column(name="p90_text", title=heading("p90_days"), kind="number"),
            ],
            language,
            caption=t("disputes.title_funnel", language),
        )
with (
    red,
    rows_card(language, **card("red_unpackaged", "YJ2")),
):
    if refusal := list_refusal(context, screen.records.allowed, "dispute", stage="red_unpackaged"):
        empty_state(*refusal)
    elif screen.red_count is None:
        empty_state(t("disputes.no_colours", language), t("disputes.no_colours_advice", language))
    elif screen.red.empty:
        empty_state(t("overview.red_all_packaged", language))
    else:
        table(
            screen.red,
            [
                *heading.columns("number", "class", "region", "red", "due", numbers=("red", "due")),
                *heading.numbers("overdue"),
            ],
            language,
            caption=t("disputes.title_red_unpackaged", language),
            max_height=360,
        )
    table(
        screen.colours,
        [
            Column(
                name="colour_word",
                title=heading("colour"),
                kind="mark",
                draw=lambda row: risk_chip(row["colour"], language) if row["colour"] else row["colour_word"],
            ),
            *heading.numbers("open"),
            Column(name="overdue_text", title=heading("overdue_count"), kind="number", href="href"),
            Column(name="median_text", title=heading("median_days"), kind="number"),
            Column(name="p90_text", title=heading("p90_days"), kind="number"),
        ],
        language,
        caption=t("disputes.title_colours", language),
    )
with (
    old,
    chart_card(language, **card("ages", "BH8")),
):
    draw_bars(screen.ages, "band", "ages")
    table(
        screen.ages,
        [
            Column(name="band", title=heading("band")),
            *heading.numbers("count", "share", "beyond"),
        ],
        language,
        caption=t("disputes.title_ages", language),
    )

kinds, why = st.columns([0.68, 0.32], gap="small")
with kinds:
    table_card(
        screen.classes,
        [
            Column(name="class", title=heading("class"), href="href"),
            *heading.numbers("received", "share", "change"),
            Column(name="certainty", title=heading("certainty")),
            *heading.numbers("due_resolved", "resolved", "open_90", "relapsed"),
        ],
        language,
        **card("classes", "MT1"),
    )
with why:
    table_card(
        screen.causes,
        [
            Column(name="class", title=t("disputes.title_causes", language)),
            *heading.numbers("three_years", "this_year"),
        ],
        language,
        empty=(screen.no_causes,),
        **card("causes", "JQ3y", note=screen.cause_sentence),
    )

table_card(
    screen.sources,
    [
        Column(name="channel", title=heading("channel"), href="href"),
        *heading.numbers("raw", "merge_rate", "first_found", "change"),
        Column(name="certainty", title=heading("certainty")),
        Column(name="median_text", title=heading("median_hours"), kind="number"),
        Column(name="p90_text", title=heading("p90_hours"), kind="number"),
        *heading.numbers("within_day"),
    ],
    language,
    **card("sources", "MT2"),
)

table_card(
    screen.handling,
    [
        Column(name="name", title=screen.handled_in.level_name, href="href"),
        *indicator_columns(dispute_settings().handling, language),
    ],
    language,
    empty=(screen.no_handling,),
    selected=screen.handled_in.selected,
    max_height=560,
    **card(
        "handling",
        *dispute_settings().handling,
        note=order_sentence(dispute_settings().handling, language, t("disputes.note_handling", language)),
    ),
)

table_card(
    screen.regions,
    [
        Column(name="name", title=screen.listed.level_name, href="href"),
        *indicator_columns(dispute_settings().regions.indicators, language),
    ],
    language,
    selected=screen.listed.selected,
    max_height=560,
    **card(
        "regions",
        *dispute_settings().regions.indicators,
        note=order_sentence(dispute_settings().regions.indicators, language),
    ),
)

records = screen.records
with rows_card(language, **card("records", "MT1")):
    link_group(t("disputes.stage", language), stage_links(context, records), named=True)
    for name, links in filter_links(context, records).items():
        link_group(heading(name), links, named=True)
    if refusal := list_refusal(context, records.allowed, "dispute", stage=records.stage):
        empty_state(*refusal)
    elif records.rows.empty:
        empty_state(t("disputes.no_rows", language), t("disputes.no_rows_advice", language))
    else:
        link_group(t("work.pages", language), page_links(context, records))
        table(
            records.rows,
            [
                *heading.columns("number", "class", "channel"),
                Column(
                    name="colour_word",
                    title=heading("colour"),
                    kind="mark",
                    draw=lambda row: risk_chip(row["colour"], language) if row["colour"] else row["colour_word"],
                ),
                *heading.columns("region", "unit", *STAGE_DAYS, numbers=STAGE_DAYS),
                *heading.numbers("transfers", "days", "overdue"),
                Column(name="packaged", title=heading("packaged")),
            ],
            language,
            caption=records.shown(language),
            max_height=620,
        )
        aside(records.shown(language))
offer_tables(screen.tables, context)
