"""One picture of the wall as HTML: sizes in rem, of which 108 are the height of the screen; maps and lines as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from dashboard import formatting
from dashboard.components import Card, grade_chip
from dashboard.i18n import t
from dashboard.maps.svg_map import Frame, map_legend, svg_map
from dashboard.palette import GRADES, load_palette
from dashboard.wall.content import PanelContent, WallFrame

MAP_HEIGHT, CHART_HEIGHT = 432, 190
USUAL_SHAPE = 16 / 9
"""Width ÷ height of a screen."""
_JOIN = Markup("")


@dataclass(frozen=True)
class _Room:
    """How wide a screen's map and its charts at the sides are, in the units of their heights."""

    map: int
    chart: int


@dataclass(frozen=True)
class Place:
    """Where the playlist stands."""

    position: int
    count: int
    """Of pictures."""
    starts: Sequence[int]
    """Position of each step's first picture."""


def _room(shape: float) -> _Room:
    """Return the room of a screen of a ``shape``: the columns of wall.css, without what is left free in them."""
    return _Room(map=round(0.44 * 1080 * shape), chart=round(0.24 * 1080 * shape) - 31)


def draw_frame(frame: WallFrame, language: str, theme: str, place: Place, shape: float = USUAL_SHAPE) -> Markup:
    """Return the picture for a screen of a ``shape``."""
    room = _room(shape)
    return Markup(
        '<header class="title"><div class="stamp">{stamp}</div><h1>{title}<small>{step}</small></h1>'
        '<div class="now"><nav class="path">{path}</nav><time id="clock"></time></div></header>'
        '<main><div class="side">{left}</div><div class="centre"><p class="verdict">{verdict}</p>'
        '<div class="figures">{figures}</div>{map}</div><div class="side">{right}</div></main>'
        '<footer class="ticker"><ul>{ticker}</ul><ol class="dots">{dots}</ol></footer>'
    ).format(
        stamp=_stamp(frame, language),
        title=t("app.title", language),
        step=t("wall.step", language, dataset=frame.dataset, step=frame.title),
        path=_path(frame),
        left=_JOIN.join(_panel(each, language, room) for each in frame.left),
        right=_JOIN.join(_panel(each, language, room) for each in frame.right),
        verdict=frame.verdict,
        figures=_JOIN.join(_figure(card, language) for card in frame.figures),
        map=_map(frame, language, theme, room),
        ticker=_JOIN.join(Markup("<li>{}</li>").format(line) for line in frame.ticker),
        dots=_dots(place, language),
    )


def _dots(place: Place, language: str) -> Markup:
    """Return a dot for each step; behind that of a step of many pictures, which of them is on screen."""
    now = max(start for start in place.starts if start <= place.position)
    dots = []
    for start, end in zip(place.starts, [*place.starts[1:], place.count], strict=True):
        is_now, pictures = start == now, end - start
        step = Markup('<button type="button" data-position="{}"{} aria-label="{}"></button>').format(
            start,
            Markup(' aria-current="true"') if is_now else "",
            t("wall.picture", language, number=start + 1, count=place.count),
        )
        if is_now and pictures > 1:
            step += t("wall.place", language, number=place.position - start + 1, count=pictures)
        dots.append(Markup("<li>{}</li>").format(step))
    return _JOIN.join(dots)


def _stamp(frame: WallFrame, language: str) -> Markup:
    mark = Markup('<strong class="badge">{}</strong>').format(
        t("footer.demonstration", language) if frame.is_demonstration else t("wall.internal", language)
    )
    return Markup("{}<span><b>{}</b><small>{}</small></span>").format(
        mark,
        t("footer.data_through", language, day=frame.data_through.isoformat()),
        t("wall.stamp", language, period=frame.period.label(language), snapshot=frame.snapshot_id),
    )


def _path(frame: WallFrame) -> Markup:
    steps = [
        Markup('<b aria-current="location">{}</b>').format(name)
        if code == frame.region
        else Markup('<button type="button" data-region="{}">{}</button>').format(code, name)
        for code, name in frame.path
    ]
    return Markup('<i aria-hidden="true">›</i>').join(steps)


def _figure(card: Card, language: str) -> Markup:
    parts = []
    marks = _JOIN.join(
        Markup('<i class="mark">{}</i>').format(t(f"card.note.{kind}", language)) for kind, _ in card.notes or ()
    )
    interval = t("wall.interval", language, interval=card.interval) if card.interval else ""
    if interval or marks:
        parts.append(Markup("<span>{} {}</span>").format(interval, marks))
    if card.change:
        words = Markup("<b><em>{}</em> <em>{}</em></b>").format(card.change, card.change_words or "")
        parts.append(Markup("<span>{} {}</span>").format(t("overview.last_year", language), words))
    elif card.sentence:
        parts.append(Markup("<span>{}</span>").format(card.sentence))
    return Markup('<section class="figure"><h2>{}</h2><p><strong>{}</strong><small>{}</small></p>{}</section>').format(
        card.title, card.figure, card.unit or "", _JOIN.join(parts)
    )


# -- the map ----------------------------------------------------------------------------------------------------------


def _map(frame: WallFrame, language: str, theme: str, room: _Room) -> Markup:
    if not frame.outlines:
        body = Markup('<p class="none">{}</p>').format(t("map.no_shapes", language))
    else:
        size = Frame(width=room.map, height=MAP_HEIGHT, name=20, figure=19)
        body = svg_map(frame.regions, frame.outlines, size, alt=frame.map_title, language=language, theme=theme)
        body += map_legend(frame.regions, language, theme)
    return Markup('<section class="map"><h2>{}</h2>{}</section>').format(frame.map_title, body)


# -- the side cards ---------------------------------------------------------------------------------------------------


def _panel(panel: PanelContent, language: str, room: _Room) -> Markup:
    if panel.rows.empty:
        body = Markup('<p class="none">{}</p>').format(panel.empty)
    elif panel.kind == "trend":
        body = _trend(panel, language, room.chart)
    else:
        body = _BODIES[panel.kind](panel, language)
    note = Markup("<small>{}</small>").format(panel.note) if panel.note else Markup("")
    return Markup('<section class="card {}" style="flex:{} 1 0">{}{}<p class="source">{}</p></section>').format(
        panel.kind,
        panel.share,
        Markup("<h2>{}{}</h2>").format(panel.title, note),
        Markup('<div class="body" data-left-out="{}">{}</div>').format(panel.left_out, body),
        t("card.source", language, source=panel.source),
    )


def _league(panel: PanelContent, language: str) -> Markup:
    rows = [
        (
            _going(row["code"], row["name"]),
            grade_chip(row["grade"], language),
            Markup("<b>{}</b>").format(row["index"]),
            row["rank"],
            _strip(row["strip"], language),
        )
        for _, row in panel.rows.iterrows()
    ]
    heads = [t(f"wall.{key}", language) for key in ("region", "grade", "index", "rank", "strip")]
    return _table(heads, rows, numbers=(2, 3))


def _strip(grades: Sequence[str], language: str) -> Markup:
    palette = load_palette()
    marks = _JOIN.join(
        Markup('<i class="month-{}">{}</i>').format(key, palette.grade_of(key).shape)
        for key in (grade if grade in GRADES else "insufficient" for grade in grades)
    )
    words = " ".join(t(f"grade_short.{grade if grade in GRADES else 'insufficient'}", language) for grade in grades)
    return Markup('<span class="strip" role="img" aria-label="{}">{}</span>').format(words, marks)


def _ranking(panel: PanelContent, language: str) -> Markup:
    rows = [
        (_going(row["code"], row["name"]), Markup("<b>{}</b>").format(row["figure"]), row["interval"])
        for _, row in panel.rows.iterrows()
    ]
    return _table(
        [t("wall.region", language), t("wall.figure", language), t("column.interval", language)], rows, numbers=(1, 2)
    )


def _changes(panel: PanelContent, language: str) -> Markup:
    rows = [
        (
            row["indicator"],
            Markup("<em>{}</em> <em>{}</em>").format(row["change"], row["words"]),
            Markup("<em>{}</em>").format(row["certainty"]),
        )
        for _, row in panel.rows.iterrows()
    ]
    heads = [t(f"overview.{key}", language) for key in ("indicator", "change", "certainty")]
    return _table(heads, rows)


def _overdue(panel: PanelContent, language: str) -> Markup:
    rows = [
        (row["item"], Markup("{}<br>{}").format(row["owner"], row["region"]), row["days"])
        for _, row in panel.rows.iterrows()
    ]
    heads = [t(f"overview.{key}", language) for key in ("item", "owner", "days")]
    return _table(heads, rows, numbers=(2,))


def _late(panel: PanelContent, language: str) -> Markup:
    rows = [(row["region"], row["source"], row["days"]) for _, row in panel.rows.iterrows()]
    heads = [t(f"overview.{key}", language) for key in ("region", "source", "late_days")]
    return _table(heads, rows, numbers=(2,))


def _classes(panel: PanelContent, language: str) -> Markup:
    most = max(panel.rows[["now", "before"]].max().max(), 1)
    rows = []
    for _, row in panel.rows.iterrows():
        marker = (
            Markup("")
            if pd.isna(row["before"])
            else Markup('<u style="left:{:.1f}%"></u>').format(row["before"] / most * 100)
        )
        bar = Markup('<span class="bar"><i style="width:{:.1f}%"></i>{}</span>').format(row["now"] / most * 100, marker)
        before = formatting.MISSING if pd.isna(row["before"]) else formatting.number(row["before"])
        rows.append((row["name"], bar, Markup("<b>{}</b>").format(formatting.number(row["now"])), before))
    heads = [t("wall.class", language), "", t("overview.now", language), t("overview.was", language)]
    return _table(heads, rows, numbers=(2, 3))


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> Markup:
    def kind(place: int) -> Markup:
        return Markup(' class="number"') if place in numbers else Markup("")

    head = _JOIN.join(Markup("<th{}>{}</th>").format(kind(place), text) for place, text in enumerate(heads))
    body = _JOIN.join(
        Markup("<tr>{}</tr>").format(
            _JOIN.join(Markup("<td{}>{}</td>").format(kind(place), cell) for place, cell in enumerate(row))
        )
        for row in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _going(code: str, name: str) -> Markup:
    return Markup('<button type="button" data-region="{}">{}</button>').format(code, name)


def _trend(panel: PanelContent, language: str, width: int) -> Markup:
    """Return a line with its band, its last value in figures and its unit, on an axis from zero for counts and rates."""
    rows = panel.rows
    values = rows["value"].to_numpy(float)
    lower, upper = (rows[name].fillna(rows["value"]).to_numpy(float) for name in ("lower", "upper"))
    percent = panel.unit == "%"
    top = np.nanmax(upper)
    bottom = max(np.nanmin(lower) - 0.1 * (top - np.nanmin(lower)), 0) if percent else 0.0
    span = top - bottom or 1.0
    left, right, high, low = 64, width - 8, 14, CHART_HEIGHT - 34
    x = np.linspace(left, right, len(values))

    def y(value: np.ndarray) -> np.ndarray:
        return low - (value - bottom) / span * (low - high)

    known = ~np.isnan(values)
    places = np.column_stack([x, y(values)])[known]
    line = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    band = [*np.column_stack([x, y(upper)])[known], *np.column_stack([x, y(lower)])[known][::-1]]
    area = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in band) + "Z"
    ticks = _JOIN.join(
        Markup('<text class="axis end" x="{}" y="{:.0f}">{}</text><path class="grid" d="M{} {:.0f}H{}"/>').format(
            left - 6, y(np.array(at)) + 6, _tick(at, percent), left, float(y(np.array(at))), right
        )
        for at in (bottom, bottom + span / 2, top)
    )
    ends = _JOIN.join(
        Markup('<text class="axis {}" x="{:.0f}" y="{}">{}</text>').format(side, at, CHART_HEIGHT - 8, label)
        for side, at, label in (("start", left, rows["period"].iloc[0]), ("end", right, rows["period"].iloc[-1]))
    )
    if panel.unit and not percent:
        unit = t("wall.unit", language, unit=panel.unit)
        ends += Markup('<text class="axis middle" x="{:.0f}" y="{}">{}</text>').format(
            (left + right) / 2, CHART_HEIGHT - 8, unit
        )
    last = places[-1]
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}<path class="band" d="{}"/>'
        '<path class="line" d="{}"/><circle class="last" cx="{:.1f}" cy="{:.1f}" r="5"/></svg>'
    ).format(width, CHART_HEIGHT, panel.title, ticks, ends, area, line, last[0], last[1])


def _tick(value: float, percent: bool) -> str:
    if percent:
        return f"{formatting.number(value, 0 if value >= 99.95 or value == 0 else 1)}%"
    return formatting.rate(value)


_BODIES = {
    "league": _league,
    "ranking": _ranking,
    "changes": _changes,
    "overdue": _overdue,
    "late": _late,
    "classes": _classes,
}
