"""Draw plotly figures in the theme of the context, without Streamlit's English toolbar, and drawings of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import streamlit as st
from markupsafe import Markup

from dashboard.charts.figure import Figure
from dashboard.charts.theme import PLOTLY_CONFIG, apply_theme
from dashboard.context import Context


def draw_figure(
    figure: Figure,
    context: Context,
    *,
    key: str,
    alt: str,
    height: int | Literal["content", "stretch"] = "content",
    selectable: bool = False,
) -> Any:
    """Draw ``figure``; return its selection when ``selectable``.

    Parameters
    ----------
    figure : Figure
    context : Context
    key : str
        Unique on the page.
    alt : str
        What the figure shows, in words, for screen readers.
    height : int, "content" or "stretch"
        Pixels, or the figure's own.
    selectable : bool
        Run the page again when a mark is clicked; read it from the returned ``selection``.
    """
    apply_theme(figure, context.theme)
    return st.plotly_chart(
        figure,
        key=key,
        theme=None,
        height=height,
        config=PLOTLY_CONFIG,
        on_select="rerun" if selectable else "ignore",
        selection_mode="points",
        alt=alt,
    )


def draw_svg(drawing: Markup, key: str) -> None:
    """Draw SVG with what stands around it, escaped already; ``st.html`` would take it out.

    Parameters
    ----------
    drawing : Markup
    key : str
        Unique on the page.
    """
    _drawing()(key=key, data=str(drawing))


@lru_cache(maxsize=1)
def _drawing() -> Callable[..., Any]:
    script = "export default ({ data, parentElement }) => { parentElement.innerHTML = data; };"
    return st.components.v2.component("drawing", js=script, isolate_styles=False)
