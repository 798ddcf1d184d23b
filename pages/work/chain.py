"""The whole chain: from finding a dispute to the outcome, where it narrows, and what would move the index most."""

import streamlit as st

from dashboard.charts.chain import difference_figure, width_figure
from dashboard.components import (
    Column,
    Definition,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    offer_tables,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.indicators.chain import chain_settings
from dashboard.screens.league import index_source
from dashboard.screens.shared import last_day
from dashboard.screens.work.chain.screen import chain_screen
from dashboard.settings import snapshot_reader
from dashboard.sources import joint_source

HEIGHT = 300

context = current_context()
language = context.language
reader = snapshot_reader()
through = last_day(reader, context)
screen = chain_screen(reader, context)
steps = [step.member for step in chain_settings().step]
source = joint_source(reader, context.viewer, steps, language)


def draw_width() -> None:
    """Draw how many disputes each step keeps."""
    with chart_card(
        language,
        title=t("chain.width", language, name=screen.name),
        sentence=t("chain.width_note", language),
        data_through=through,
        source=source,
        definition=Definition(text=t("chain.width_definition", language)),
        key="width",
    ):
        if screen.widths.empty:
            empty_state(t("chain.no_disputes", language))
        else:
            draw_figure(
                width_figure(screen.widths, unit=t("chain.disputes", language), theme=context.theme, height=HEIGHT),
                context,
                key="width-figure",
                alt=t("chain.width", language, name=screen.name),
            )


def draw_against() -> None:
    """Draw each step's difference from the rest of the city."""
    with chart_card(
        language,
        title=t("chain.against", language, name=screen.name),
        sentence=t("chain.against_note", language),
        data_through=through,
        source=source,
        definition=Definition(text=t("chain.against_definition", language)),
        key="against",
    ):
        if screen.differences.empty:
            empty_state(screen.no_comparison)
        else:
            draw_figure(
                difference_figure(
                    screen.differences,
                    words={
                        verdict: t(f"chain_verdict.{verdict}", language) for verdict in ("worse", "alike", "better")
                    },
                    unit=t("chain.points_from_rest", language),
                    theme=context.theme,
                    height=HEIGHT,
                ),
                context,
                key="against-figure",
                alt=t("chain.against", language, name=screen.name),
            )


def draw_gains() -> None:
    """Draw what would move the index most."""
    with chart_card(
        language,
        title=t("chain.move", language, name=screen.name, month=str(screen.month)),
        sentence=t("chain.move_note", language),
        data_through=through,
        source=index_source(reader, context),
        definition=Definition(text=t("chain.move_definition", language), href=context.href("ranking")),
        key="move",
    ):
        if screen.gains.empty:
            empty_state(screen.no_gains or t("chain.nothing_to_gain", language))
        else:
            table(
                screen.gains,
                [
                    Column(name="component", title=t("chain_gain.name", language)),
                    Column(name="kind", title=t("chain_gain.kind", language)),
                    Column(name="figure", title=t("chain_gain.value", language), kind="number"),
                    Column(name="common", title=t("chain_gain.common", language), kind="number"),
                    Column(name="target", title=t("chain_gain.target", language), kind="number"),
                    Column(name="to_common", title=t("chain_gain.to_common", language), kind="number"),
                    Column(name="to_target", title=t("chain_gain.lost", language), kind="number"),
                    Column(name="unit", title=t("chain_gain.unit", language)),
                    Column(name="deadline", title=t("ranking.deadline", language), kind="number"),
                ],
                language,
                caption=t("chain.gains", language),
                max_height=360,
            )
        if screen.left_out:
            aside(screen.left_out)


def draw_steps() -> None:
    """Draw the steps with who answers and, where there is something to compare with, what is lacking."""
    against = [
        Column(name="city", title=t("chain_column.whole_value", language), kind="number"),
        Column(name="difference", title=t("chain_column.difference", language), kind="number"),
        Column(name="limits", title=t("chain.limits", language), kind="number"),
        Column(name="verdict", title=t("chain_column.verdict", language)),
        Column(name="shortfall", title=t("chain_column.shortfall", language), kind="number"),
    ]
    table_card(
        screen.steps,
        [
            Column(name="step", title=t("chain_column.step", language)),
            Column(name="indicator", title=t("chain_column.indicator", language)),
            Column(name="count", title=t("chain_column.count", language), kind="number"),
            Column(name="rate", title=t("chain_column.value", language), kind="number"),
            Column(name="interval", title=t("chain.interval", language), kind="number"),
            *([] if screen.is_whole else against),
            Column(name="unit", title=t("chain_column.unit", language)),
            Column(name="deadline", title=t("ranking.deadline", language), kind="number"),
        ],
        language,
        title=t("chain.steps", language),
        sentence=None if screen.is_whole else t("chain.steps_note", language),
        data_through=through,
        source=source,
        definition=Definition(text=t("chain.width_definition", language)),
        key="steps",
    )


def draw_regions() -> None:
    """Draw the chains of the regions below."""
    with chart_card(
        language,
        title=t("chain.regions_title", language, level=screen.listed.level_word),
        sentence=t("chain.regions_note", language),
        data_through=through,
        source=index_source(reader, context),
        definition=Definition(text=t("chain.against_definition", language)),
        key="regions",
    ):
        table(
            screen.regions,
            [
                Column(name="name", title=screen.listed.level_name, href="down"),
                *(Column(name=name, title=title, kind="number") for name, title in screen.headings.items()),
                Column(name="narrowest", title=t("chain.narrowest", language)),
                Column(name="move", title=t("chain.move_first", language)),
            ],
            language,
            caption=t("chain.regions", language),
            selected=screen.listed.selected,
            max_height=620,
        )


sentence(screen.verdict)
card_grid(screen.cards, language, columns=len(screen.cards))
if screen.is_whole:
    draw_regions()
    draw_width()
else:
    width, against = st.columns([0.42, 0.58], gap="small")
    with width:
        draw_width()
    with against:
        draw_against()
    draw_gains()
draw_steps()
if not screen.is_whole:
    draw_regions()
offer_tables(screen.tables, context)
