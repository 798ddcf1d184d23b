"""The look of every plotly figure: a template for each theme, fonts, and the modebar switched off."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dashboard.charts.figure import Figure
from dashboard.palette import load_palette

FONT_FAMILY = "Noto Sans CJK SC, Source Han Sans SC, Source Han Sans CN, Microsoft YaHei, PingFang SC, Hiragino Sans GB, sans-serif"
"""The operating system's Chinese font; its figures are all equally wide."""

FONT_SIZE = 14

PLOTLY_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "topojsonURL": "/app/static/"}
"""Plotly's toolbar speaks English and its maps would ask another host for coast lines."""


MONTH_TICKS = (
    {"dtickrange": [None, "M1"], "value": "%Y-%m-%d"},
    {"dtickrange": ["M1", "M11"], "value": "%Y-%m"},
    {"dtickrange": ["M12", None], "value": "%Y"},
)
"""Dates on an axis as figures: plotly's month names are English. (A template can't carry lists, so each figure does.)"""


def apply_theme(figure: Figure, theme: str) -> Figure:
    """Give ``figure`` the template of ``theme`` and write the dates of its axes as figures; return it."""
    figure.layout["template"] = template_of(theme)
    for name in figure.dated_axes:
        axis = figure.layout.setdefault(name, {})
        if "hoverformat" not in axis and "tickformat" not in axis:
            axis.update(hoverformat="%Y-%m-%d", tickformatstops=MONTH_TICKS)
    return figure


@lru_cache(maxsize=2)
def template_of(theme: str) -> dict[str, Any]:
    """Return the template of ``theme`` from the colours of config/palette.toml; shared, not to be changed."""
    palette = load_palette()
    ground = palette.ground_of(theme)
    ramp = palette.sequential(theme)
    scale = [[place / (len(ramp) - 1), colour] for place, colour in enumerate(ramp)]
    axis = {
        "gridcolor": ground.grid,
        "linecolor": ground.border,
        "zerolinecolor": ground.border,
        "tickcolor": ground.border,
        "automargin": True,
        "exponentformat": "none",  # 20,000, not 20k
        "separatethousands": True,
        "title": {"font": {"color": ground.muted, "size": FONT_SIZE}, "standoff": 8},
        "tickfont": {"color": ground.muted, "size": FONT_SIZE},
    }
    layout = {
        "font": {"family": FONT_FAMILY, "size": FONT_SIZE, "color": ground.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(palette.categorical(theme)),
        "colorscale": {"sequential": scale, "sequentialminus": scale},
        "coloraxis": {"colorbar": {"outlinewidth": 0, "tickcolor": ground.muted, "tickfont": {"color": ground.muted}}},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 4},
        "hoverlabel": {
            "bgcolor": ground.raised,
            "bordercolor": ground.border,
            "font": {"family": FONT_FAMILY, "color": ground.text, "size": FONT_SIZE},
        },
        "legend": {
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "font": {"size": FONT_SIZE, "color": ground.text},
            "title": {"text": ""},
        },
        "title": {"text": "", "font": {"size": 16}},
        "xaxis": {**axis, "showgrid": False},
        "yaxis": {**axis, "rangemode": "tozero"},
        "geo": {"bgcolor": "rgba(0,0,0,0)", "visible": False},
        "separators": ".,",
    }
    return {"layout": layout}
