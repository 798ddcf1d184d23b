"""Prevention and response: do we arrive in time and where not, are the feeds online, does each campaign work."""

from functools import partial

import streamlit as st

from dashboard.charts.campaigns import before_and_during
from dashboard.charts.time_series import bars
from dashboard.components import (
    Column,
    Headings,
    aside,
    card_grid,
    chart_card,
    draw_figure,
    empty_state,
    legend,
    offer_tables,
    section,
    sentence,
    table,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.children import level_word
from dashboard.screens.figures import indicator_columns, origin_of
from dashboard.screens.shared import last_day
from dashboard.screens.work.response import places_map, response_screen
from dashboard.screens.work.settings import response_settings
from dashboard.screens.work.shares import COUNTY, order_sentence
from dashboard.settings import snapshot_reader

MAP_SIZE = (760, 400)
CAMPAIGNS_A_ROW = 3
CHART_WORDS = ("alarms", "before", "during", "began")

context = current_context()
language = context.language
reader = snapshot_reader()
county = level_word(reader.snapshot(), COUNTY, language)
settings = response_settings()
heading = Headings("response_column", language)
screen = response_screen(reader, context)
card = partial(origin_of, reader, context, last_day(reader, context))


def county_shares(key, frame, names):
    """Draw the shares of counties that meet all of several requirements, and each of them."""
    title = t(f"response.title_{key}", language)
    note = t(f"response.note_{key}", language)
    with chart_card(language, title=title, sentence=note, key=key, **card(*names)):
        if frame.empty:
            empty_state(t("response.county_only", language, level=county))
        else:
            columns = [Column(name="name", title=screen.video_listed.level_name, href="href")]
            columns += indicator_columns(names, language)
            selected = screen.video_listed.selected
            table(frame, columns, language, caption=title, selected=selected, max_height=560)


sentence(screen.verdict)
if screen.coarser:
    aside(screen.coarser)
card_grid(screen.cards, language, columns=len(screen.cards))

section(t("response.section_response", language), t("response.note_response", language))
rings, where = st.columns([0.56, 0.44], gap="small")
with (
    rings,
    chart_card(
        language,
        title=t("response.title_rings", language),
        sentence=t("response.note_rings", language),
        key="rings",
        **card("KF1"),
    ),
):
    if screen.rings.empty:
        empty_state(t("response.no_alarms", language), t("response.no_alarms_advice", language))
    else:
        table(
            screen.rings,
            [
                Column(name="ring", title=heading("ring")),
                *heading.numbers("minutes", "alarms", "share"),
                Column(name="interval", title=t("column.interval", language), kind="number"),
                *heading.numbers("unstamped", "median", "p90"),
            ],
            language,
            caption=t("response.title_rings", language),
        )
        draw_figure(
            bars(
                screen.rings.assign(
                    label=screen.rings["ring"], value=screen.rings["p90"], text=screen.rings["p90_limit"]
                ),
                unit=t("response.p90_minutes", language),
                theme=context.theme,
                height=170,
                in_order=True,
            ),
            context,
            key="rings-figure",
            alt=t("response.p90_minutes", language),
        )
with (
    where,
    chart_card(
        language,
        title=t("response.title_places", language),
        sentence=t("response.note_places", language),
        key="places",
        **card("KF3"),
    ),
):
    if screen.bounds is None:
        empty_state(t("map.no_shapes", language), t("map.no_shapes_advice", language))
    elif screen.places.empty:
        empty_state(t("response.no_places", language), t("response.no_places_advice", language))
    else:
        deck, entries = places_map(screen, context, *MAP_SIZE)
        legend([(entry.colours, entry.word, entry.count) for entry in entries])
        st.pydeck_chart(deck, height=MAP_SIZE[1], key=f"places-{screen.listed.parent}")

in_time, open_places = st.columns([0.74, 0.26], gap="small")
with in_time:
    table_card(
        screen.regions,
        [
            Column(name="name", title=screen.listed.level_name, href="href"),
            *indicator_columns(settings.regions, language),
            Column(name="remark", title=heading("remark")),
        ],
        language,
        title=t("response.title_regions", language),
        sentence=t("response.note_regions", language),
        key="regions",
        selected=screen.listed.selected,
        max_height=560,
        **card("KF1"),
    )
with open_places:
    table_card(
        screen.watch,
        [
            Column(name="name", title=screen.video_listed.level_name, href="href"),
            *indicator_columns(settings.watch, language),
        ],
        language,
        title=t("response.title_watch", language),
        sentence=order_sentence(settings.watch, language, t("response.note_watch", language)),
        key="watch",
        empty=(t("response.county_only", language, level=county),),
        selected=screen.video_listed.selected,
        max_height=560,
        **card("KF4"),
    )

section(t("response.section_video", language), t("response.note_section_video", language))
table_card(
    screen.video,
    [
        Column(name="name", title=screen.video_listed.level_name, href="href"),
        *heading.numbers("uncovered"),
        *indicator_columns(settings.video, language),
        Column(name="missed", title=heading("missed")),
    ],
    language,
    title=t("response.title_video", language),
    sentence=t("response.note_video", language),
    key="video",
    empty=(t("response.county_only", language, level=county),),
    selected=screen.video_listed.selected,
    **card("XL1"),
)

county_shares("compliance", screen.compliance, settings.compliance)

section(t("response.section_campaigns", language), t("response.note_section_campaigns", language))
with chart_card(
    language,
    title=t("response.title_campaigns", language),
    sentence=t("response.note_campaigns", language),
    key="campaigns",
    **card("JQ1"),
):
    if screen.campaigns.empty:
        empty_state(*screen.why_no_campaigns)
    else:
        table(
            screen.campaigns,
            [
                Column(name="campaign", title=heading("campaign"), href="href"),
                Column(name="began", title=heading("began_on"), kind="number"),
                *heading.numbers("days", "before", "during", "change"),
                Column(name="interval_text", title=t("column.interval", language), kind="number"),
                Column(name="verdict", title=heading("verdict")),
            ],
            language,
            caption=t("response.title_campaigns", language),
        )
places = [place for _ in screen.campaign_cards[::CAMPAIGNS_A_ROW] for place in st.columns(CAMPAIGNS_A_ROW, gap="small")]
for place, each in zip(places, screen.campaign_cards, strict=False):
    with (
        place,
        chart_card(
            language,
            title=each.name,
            sentence=each.sentence,
            key=f"campaign-{each.class_code}",
            **card(each.indicator.id),
        ),
    ):
        if each.months.empty:
            empty_state(each.why_empty)
        else:
            draw_figure(
                before_and_during(
                    each.months,
                    each.phases,
                    began=each.began,
                    words={name: t(f"response.chart_{name}", language) for name in CHART_WORDS},
                    theme=context.theme,
                    height=230,
                ),
                context,
                key=f"campaign-figure-{each.class_code}",
                alt=each.sentence,
            )
county_shares("schools", screen.schools, settings.schools)
offer_tables(screen.tables, context)
