"""Series over time: a value with its interval, the year before, and marked events; small multiples by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import pandas as pd

from dashboard.charts.figure import Figure, axis_name, panel_layout
from dashboard.palette import load_palette

MARKER = 7


def series_with_interval(
    series: pd.DataFrame,
    *,
    names: Mapping[str, str],
    unit: str,
    theme: str,
    height: int,
    events: Sequence[tuple[pd.Timestamp, str]] = (),
    campaign_from: pd.Timestamp | None = None,
) -> Figure:
    """Return a line with its interval as a band, and a second line of the same period a year before.

    Parameters
    ----------
    series : DataFrame
        ``period_start, value, lower, upper`` and, where known, ``last_year``; missing values leave gaps.
    names : mapping
        Words for ``value``, ``interval``, ``last_year`` and ``campaign``.
    unit : str
        Title of the vertical axis.
    events : sequence of (moment, sign)
        Drawn as vertical lines with their sign on top; what the signs mean is said below the chart.
    campaign_from : Timestamp, optional
        From then to the end of the series the ground is shaded, named in the legend.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    figure = Figure()
    starts = series["period_start"].tolist()
    across, up = _band(series, starts)
    figure.add(
        "scatter",
        x=across,
        y=up,
        fill="toself",
        mode="lines",
        fillcolor=faint(colours[0]),
        line={"width": 2, "color": faint(colours[0])},  # or a period between two gaps would have no interval
        name=names["interval"],
        hoverinfo="skip",
    )
    if "last_year" in series and series["last_year"].notna().any():
        figure.add(
            "scatter",
            x=starts,
            y=series["last_year"].tolist(),
            mode="lines",
            line={"color": ground.muted, "width": 2, "dash": "dot"},
            name=names["last_year"],
        )
    figure.add(
        "scatter",
        x=starts,
        y=series["value"].tolist(),
        mode="lines+markers",
        line={"color": colours[0], "width": 2.5},
        marker={"size": MARKER},
        name=names["value"],
        connectgaps=False,
    )
    mark_events(figure, events, ground.muted)
    if campaign_from is not None:
        _add_campaign(figure, campaign_from, max(starts), names["campaign"], ground.muted)
    figure.update(
        height=height,
        hovermode="x unified",
        yaxis={"title": {"text": unit}},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )
    is_yearly = len(starts) > 1 and all(start.day_of_year == 1 for start in starts)
    return _dated(figure, "%Y" if is_yearly else "%Y-%m")


def _band(series: pd.DataFrame, starts: Sequence[pd.Timestamp]) -> tuple[list, list]:
    """Return the outline of the interval of each run of periods that have one, with a gap after each."""
    known = (series["lower"].notna() & series["upper"].notna()).tolist()
    lower, upper = series["lower"].tolist(), series["upper"].tolist()
    across: list = []
    up: list = []
    for is_known, places in groupby(range(len(series)), known.__getitem__):
        run = list(places)
        if is_known:
            back = run[::-1]
            across += [*(starts[place] for place in run), *(starts[place] for place in back), None]
            up += [*(upper[place] for place in run), *(lower[place] for place in back), None]
    return across, up


def small_multiples(
    series: pd.DataFrame,
    *,
    classes: Mapping[str, str],
    unit: str,
    theme: str,
    height: int,
    columns: int = 3,
    events: Mapping[str, tuple[pd.Timestamp, str]] | None = None,
) -> Figure:
    """Return one small chart per class on a common scale.

    Parameters
    ----------
    series : DataFrame
        ``period_start, class_code, value``.
    classes : mapping
        Class code → word, in the order drawn.
    events : mapping, optional
        Class code → (moment, sign) of a vertical line in its chart.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    ordered = series.sort_values("period_start", kind="stable")
    lines: dict[str, tuple[list, list]] = {}
    for start, code, value in zip(
        *(ordered[name].tolist() for name in ("period_start", "class_code", "value")), strict=True
    ):
        starts, values = lines.setdefault(code, ([], []))
        starts.append(start)
        values.append(value)
    present = [code for code in classes if code in lines]
    figure = Figure(
        panel_layout(
            [classes[code] for code in present],
            columns,
            shared_yaxes="all",
            shared_xaxes=True,
            horizontal_spacing=0.03,
            vertical_spacing=0.14,
        )
    )
    for number, code in enumerate(present):
        starts, values = lines[code]
        figure.add(
            "scatter",
            x=starts,
            y=values,
            mode="lines",
            line={"color": colours[0], "width": 2},
            name=classes[code],
            showlegend=False,
            panel=number,
        )
        if number % columns == 0:
            figure.update(**{axis_name("y", number): {"title": {"text": unit}}})
        if events and code in events:
            mark_events(figure, [events[code]], ground.muted, number)
    figure.update(height=height, margin={"t": 28})
    figure.update_axes("y", rangemode="tozero")
    return _dated(figure)


def daily_share(days: pd.DataFrame, *, words: Mapping[str, str], low: float, theme: str, height: int) -> Figure:
    """Return shares by day as a line, with the level that few days fall below.

    Parameters
    ----------
    days : DataFrame
        ``day, coverage`` (0 … 1).
    words : mapping
        Words for ``every_day``, ``low_day`` and ``unit``.
    low : float
        The low level, 0 … 1; left out when not a number.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    shares = days["coverage"] * 100
    figure = Figure()
    figure.add(
        "scatter",
        x=pd.to_datetime(days["day"]),
        y=shares,
        mode="lines",
        line={"color": colours[0], "width": 2},
        name=words["every_day"],
    )
    if low == low:
        figure.add_line(
            x0=0,
            x1=1,
            xref="x domain",
            y0=low * 100,
            y1=low * 100,
            yref="y",
            line={"color": ground.muted, "dash": "dash", "width": 1.5},
        )
        # Below the lowest day, where the line doesn't cross it.
        figure.add_note(
            x=0.01, xref="paper", y=0, yref="paper", yanchor="bottom", text=f"– – {words['low_day']}", xanchor="left"
        )
    least = float(shares.min())
    figure.update(height=height, showlegend=False, yaxis={"title": {"text": words["unit"]}})
    figure.update_axes("y", range=[max(0.0, least - 5), 100.5])
    return figure


def bars(
    frame: pd.DataFrame,
    *,
    unit: str,
    theme: str,
    height: int,
    label: str = "label",
    value: str = "value",
    text: str = "text",
    highlighted: Sequence[str] = (),
    in_order: bool = False,
) -> Figure:
    """Return horizontal bars, the largest on top, or in the frame's order.

    Parameters
    ----------
    label, value, text : str
        Columns of the frame; values are written as they are where it has no ``text``.
    highlighted : sequence of str
        Labels whose bars stand out.
    """
    palette = load_palette()
    ground, colours = palette.ground_of(theme), palette.categorical(theme)
    ordered = frame.iloc[::-1] if in_order else frame.sort_values(value)
    labels, values = (ordered[name].tolist() for name in (label, value))
    fills = [colours[1] if each in highlighted else colours[0] for each in labels]
    figure = Figure()
    figure.add(
        "bar",
        x=values,
        y=labels,
        orientation="h",
        marker={"color": fills},
        text=ordered[text].tolist() if text in ordered else values,
        textposition="outside",
        textfont={"color": ground.text},
        cliponaxis=False,
        hoverinfo="skip",
    )
    axis = {"title": {"text": unit}, "rangemode": "tozero"}
    figure.update(height=height, xaxis=axis, margin={"r": 64}, bargap=0.35)
    return figure


def mark_events(figure: Figure, events: Sequence[tuple[object, str]], colour: str, panel: int | None = None) -> None:
    """Draw a dashed vertical line at each event, its sign on top; neighbours take turns in height.

    Parameters
    ----------
    events : sequence of (place on the horizontal axis, sign)
    panel : int, optional
        Number of the chart in a figure of several.
    """
    where = {"yref": "paper"}
    if panel is not None:
        across, up = (axis_name(letter, panel).replace("axis", "") for letter in "xy")
        where = {"xref": across, "yref": f"{up} domain"}
    for number, (place, sign) in enumerate(events):
        figure.add_line(
            x0=place,
            x1=place,
            y0=0,
            y1=1,
            line={"color": colour, "width": 1, "dash": "dash"},
            **where,
        )
        figure.add_note(
            x=place,
            y=1 - 0.07 * (number % 2),
            yanchor="top",
            text=sign,
            xanchor="left",
            font={"color": colour},
            **where,
        )


def _add_campaign(figure: Figure, start: pd.Timestamp, end: pd.Timestamp, name: str, colour: str) -> None:
    """Draw the ground of the campaign period, as high as the chart, on an axis of its own."""
    figure.add(
        "scatter",
        x=[start, end],
        y=[1, 1],
        yaxis="y2",
        fill="tozeroy",
        mode="none",
        fillcolor=faint(colour, 0.10),
        name=name,
        hoverinfo="skip",
    )


def _dated(figure: Figure, written: str = "%Y-%m") -> Figure:
    figure.update_axes("x", tickformat=written, hoverformat=written)
    return figure


def faint(colour: str, strength: float = 0.18) -> str:
    """Return the colour let through to ``strength``, for bands and grounds."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"
