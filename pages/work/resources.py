"""Resources: is the money spent where it should be, who lacks stations or mediators, what did the fund reward."""

from functools import partial

import streamlit as st

from dashboard.charts.bullets import bullets, steps
from dashboard.components import (
    Column,
    Definition,
    Headings,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    link_group,
    list_refusal,
    offer_tables,
    section,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.screens.children import level_headings, level_word
from dashboard.screens.duty.creation import matrix_source
from dashboard.screens.figures import indicator_columns, origin_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.resource_parts import MONEY, reason_name
from dashboard.screens.work.resources import proposal_links, resources_screen
from dashboard.screens.work.settings import resource_settings
from dashboard.screens.work.shares import COUNTY, order_sentence
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
county = level_word(reader.snapshot(), COUNTY, language)
heading = Headings("resources_column", language, level_headings(reader.snapshot(), language))
screen = resources_screen(reader, context)
card = partial(origin_of, reader, context, last_day(reader, context))

sentence(screen.verdict)
if screen.coarser:
    aside(screen.coarser)
card_grid(screen.cards, language, columns=len(screen.cards))

section(t("resources.section_money", language), t("resources.note_money", language, year=screen.year))
by_item, by_region = st.columns([0.5, 0.5], gap="small")
with (
    by_item,
    chart_card(
        language,
        title=t("resources.title_items", language),
        sentence=t("resources.note_items", language),
        key="items",
        **card("JF2"),
    ),
):
    if screen.items.empty:
        empty_state(t("resources.no_budget", language), t("resources.no_budget_advice", language, level=county))
    else:
        drawn = screen.items.assign(
            label=screen.items["item"],
            planned=screen.items["planned"] / MONEY,
            spent=screen.items["spent"] / MONEY,
            text=screen.items["rate_text"],
        )
        draw_figure(
            bullets(
                drawn,
                words={name: t(f"resources.{name}", language) for name in ("planned", "spent")},
                unit=t("resources.unit", language),
                theme=context.theme,
                height=230,
            ),
            context,
            key="items-figure",
            alt=t("resources.title_items", language),
        )
        table(
            screen.items,
            [
                Column(name="item", title=heading("item")),
                *heading.numbers("planned", "spent", "rate", "unspent", "next_planned", "growth"),
            ],
            language,
            caption=t("resources.title_items", language),
        )
with by_region:
    table_card(
        screen.budget,
        [
            Column(name="name", title=screen.budget_regions.level_name, href="href"),
            *heading.numbers("planned", "spent", "rate", "unspent", "next_planned", "growth"),
        ],
        language,
        title=t("resources.title_budget", language),
        sentence=t("resources.note_budget", language),
        key="budget",
        empty=(
            t("resources.no_budget", language),
            t("resources.no_budget_advice", language, level=county),
        ),
        selected=screen.budget_regions.selected,
        **card("JF1"),
    )

section(t("resources.section_people", language), t("resources.note_people", language))
standards, lacking = st.columns([0.58, 0.42], gap="small")
with standards:
    table_card(
        screen.standards,
        [
            Column(name="name", title=screen.listed.level_name, href="href"),
            *indicator_columns(resource_settings().regions.indicators, language),
        ],
        language,
        title=t("resources.title_standards", language),
        sentence=order_sentence(
            resource_settings().regions.indicators, language, t("resources.note_standards", language)
        ),
        key="standards",
        selected=screen.listed.selected,
        max_height=520,
        **card("BZ1"),
    )
with lacking:
    table_card(
        screen.lacking,
        [
            Column(name="name", title=heading("name"), href="href"),
            Column(name="county", title=heading("county")),
            Column(name="lacks", title=heading("lacks")),
        ],
        language,
        title=t("resources.title_lacking", language),
        sentence=t("resources.note_lacking", language),
        key="lacking",
        empty=(t("resources.none_lacking", language),),
        max_height=520,
        **card("TJ1"),
    )
with chart_card(
    language,
    title=t("resources.title_grades", language),
    sentence=t("resources.note_grades", language),
    key="grades",
    **card("WG1"),
):
    if screen.grades.empty:
        empty_state(t("resources.no_grades", language), t("resources.no_grades_advice", language, level=county))
    else:
        figure, listed = st.columns([0.62, 0.38], gap="small")
        with figure:
            draw_figure(
                steps(
                    screen.grades.rename(columns={"workers": "value", "post": "group"}),
                    unit=find_indicator("GRD8w").unit_label(language),
                    theme=context.theme,
                    height=280,
                ),
                context,
                key="grades-figure",
                alt=t("resources.title_grades", language),
            )
        with listed:
            table(
                screen.grades,
                [
                    Column(name="label", title=heading("grade")),
                    Column(name="post", title=heading("post")),
                    *heading.numbers("pay", "workers", "share"),
                ],
                language,
                caption=t("resources.title_grades", language),
                max_height=280,
            )

section(t("resources.section_fund", language), t("resources.note_fund", language))
table_card(
    screen.checks,
    [
        Column(name="rule", title=heading("rule")),
        *heading.numbers("limit", "found"),
        Column(name="verdict", title=heading("verdict")),
    ],
    language,
    title=t("resources.title_checks", language),
    sentence=t("resources.note_checks", language),
    key="checks",
    **card("JJ4"),
)
table_card(
    screen.awards_by,
    [
        Column(name="name", title=screen.listed.level_name, href="href"),
        *heading.numbers("awards", "amount"),
        *(Column(name=f"{name}_text", title=reason_name(name, language), kind="number") for name in screen.reasons),
    ],
    language,
    title=t("resources.title_awards_by", language),
    sentence=t("resources.note_awards_by", language),
    key="awards-by",
    empty=(
        t("resources.no_awards", language),
        t("resources.no_awards_advice", language),
    ),
    selected=screen.listed.selected,
    **card("JJ1n"),
)
table_card(
    screen.awards,
    [
        *(Column(name=name, title=heading(name)) for name in ("number", "region", "reason", "scheme")),
        *heading.numbers("amount"),
        *(Column(name=name, title=heading(name), kind="number") for name in ("applied_on", "awarded_on")),
        *heading.numbers("days"),
        Column(name="document", title=heading("document")),
    ],
    language,
    title=t("resources.title_awards", language),
    sentence=t("resources.note_awards", language),
    key="awards",
    refusal=list_refusal(context, screen.awards_allowed, "award"),
    empty=(
        t("resources.no_awards", language),
        t("resources.no_awards_advice", language),
    ),
    max_height=420,
    **card("JJ2"),
)
with chart_card(
    language,
    title=t("resources.title_proposals", language),
    sentence=screen.proposals.stress if screen.proposals else t("resources.note_proposals", language),
    data_through=last_day(reader, context),
    source=matrix_source(reader, context),
    definition=Definition(text=t("creation.award_definition", language)),
    key="proposals",
):
    link_group(t("resources.title_proposals", language), proposal_links(context))
    if screen.proposals:
        fund, townships = st.columns([0.6, 0.4], gap="small")
        with fund:
            table(
                screen.proposals.balance,
                [
                    Column(name="entry", title=heading("entry")),
                    *heading.numbers("amount"),
                    Column(name="remark", title=heading("remark")),
                ],
                language,
                caption=t("resources.title_proposals", language),
            )
        with townships:
            if screen.proposals.townships.empty:
                empty_state(t("creation.no_award", language), t("creation.people_decide", language))
            else:
                table(
                    screen.proposals.townships,
                    [
                        Column(name="name", title=heading("name"), href="href"),
                        Column(name="county", title=heading("county")),
                        Column(name="years", title=t("creation_column.years", language)),
                    ],
                    language,
                    caption=t("creation.award", language),
                    max_height=220,
                )
offer_tables(screen.tables, context)
