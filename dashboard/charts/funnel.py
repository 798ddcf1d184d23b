"""Funnel plot: each region's rate against its size, within the limits that chance alone would keep to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.palette import load_palette
from dashboard.statistics.funnels import average, rate_funnel

STEPS = 120


def funnel_plot(
    regions: pd.DataFrame, *, words: Mapping[str, str], factor: float, theme: str, height: int
) -> go.Figure:
    """Return regions as points between the 95 % and 99.8 % limits round the average of all.

    Parameters
    ----------
    regions : DataFrame
        ``name, exposure, numerator, value``.
    words : mapping
        Words for ``average``, ``limits_95``, ``limits_99_8``, ``size`` and ``rate``.
    factor : float
        Rates are per this many of the exposure.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    centre = average(regions["numerator"], regions["exposure"])
    most = float(regions["exposure"].max()) * 1.05
    least = 0.0 if float(regions["exposure"].min()) * 2 < most else float(regions["exposure"].min()) * 0.9
    sizes = np.linspace(max(least, most / STEPS), most, STEPS)
    funnel = rate_funnel(sizes, centre, factor)
    figure = go.Figure()
    for limits, word, dash in ((funnel.limits_95, "limits_95", "dash"), (funnel.limits_99_8, "limits_99_8", "solid")):
        for edge, shown in ((limits.upper, True), (limits.lower, False)):
            figure.add_trace(
                go.Scatter(
                    x=sizes,
                    y=edge,
                    mode="lines",
                    line={"color": ground.muted, "dash": dash, "width": 1.3},
                    name=words[word],
                    showlegend=shown,
                    hoverinfo="skip",
                )
            )
    figure.add_trace(
        go.Scatter(
            x=[sizes[0], sizes[-1]],
            y=[centre * factor] * 2,
            mode="lines",
            line={"color": colours[1], "width": 1.3},
            name=words["average"],
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=regions["exposure"],
            y=regions["value"],
            mode="markers+text" if len(regions) <= 16 else "markers",
            text=regions["name"],
            textposition="top center",
            marker={"size": 9, "color": colours[0]},
            showlegend=False,
            hovertemplate="%{text}<br>%{y:.2f}<extra></extra>",
        )
    )
    smallest = rate_funnel(np.array([float(regions["exposure"].min())]), centre, factor).limits_99_8.upper
    top = 1.2 * max(float(regions["value"].max()), float(np.nanmax(smallest)))
    figure.update_yaxes(range=[0, top])
    figure.update_layout(
        height=height,
        xaxis={"title": {"text": words["size"]}, "tickformat": ","},
        yaxis={"title": {"text": words["rate"]}},
    )
    return figure
