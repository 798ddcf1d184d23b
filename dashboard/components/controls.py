"""What a viewer chooses on a page: links that switch, a list of indicators, a click on a map."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from dashboard.components.html import draw_html, filled, joined
from dashboard.context import Context
from dashboard.formatting import number
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator


def link_group(label: str, links: Sequence[tuple[str, str, bool]], *, named: bool = False) -> None:
    """Draw links side by side as switches; each is (word, address, whether it is on).

    ``named`` writes the label in front of them, where several groups stand below each other.
    """
    drawn = joined(
        filled('<a href="{}"{}>{}</a>', href, Markup(' aria-current="true"') if on else "", word)
        for word, href, on in links
    )
    name = filled('<span class="group-name" aria-hidden="true">{}</span>', label) if named else Markup("")
    draw_html(filled('<nav class="links" aria-label="{}">{}{}</nav>', label, name, drawn))


def legend(entries: Sequence[tuple[Sequence[str], str, int | None]]) -> None:
    """Draw what the colours of a map mean; each entry is (colours, word, count), several colours being a ramp.

    A count of None is one that may not be told.
    """
    drawn = joined(
        filled(
            '<li><span class="swatch" style="background:linear-gradient(90deg,{})"></span>{} <b>{}</b></li>',
            ",".join(colours if len(colours) > 1 else (*colours, *colours)),
            word,
            "" if count is None else number(count),
        )
        for colours, word, count in entries
    )
    draw_html(filled('<ul class="legend">{}</ul>', drawn))


def choose_indicator(choices: Sequence[Indicator], current: Indicator, language: str) -> None:
    """Draw the list of indicators; another choice goes into the address and runs the page again."""
    names = {item.id: item.label(language) for item in choices}
    picked = st.selectbox(
        t("control.indicator", language),
        list(names),
        index=list(names).index(current.id),
        format_func=names.__getitem__,
        key=f"indicator-{current.id}-{language}",
        label_visibility="collapsed",
    )
    if picked != current.id:
        st.query_params["indicator"] = picked
        st.rerun()


def follow_click(context: Context, event: Any, codes: Collection[str]) -> None:
    """Go to the region that was clicked on a map."""
    points = event.selection.points if event else []
    code = next((point.get("location") for point in points if point.get("location") in codes), None)
    if code is not None and code != context.region:
        st.query_params["region"] = code
        st.rerun()
