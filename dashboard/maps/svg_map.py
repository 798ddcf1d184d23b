"""Regions as SVG, there with the page itself: for the overview and the wall, which don't wait for a map engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from dashboard import formatting
from dashboard.charts.boxes import Box, free_places
from dashboard.components.chips import grade_chip
from dashboard.formatting import width_of
from dashboard.i18n import t
from dashboard.maps.outlines import Outline
from dashboard.palette import GRADES, load_palette

EDGE = 6
"""Units left free around the regions."""
MOST_LABELS = 40
BASELINE = 0.85
"""Of a line, from its top, in sizes of its letters."""
NAME_ROOM, FIGURE_ROOM = 2.2, 3.2
"""Least width of a region to carry its name, and its figure as well, in sizes of the name's letters."""
LATIN_MORE = 0.1
"""What a bold Latin letter takes beyond half a Chinese one, in sizes of its letters."""
OUTLINE = 4
"""Of a label, in pixels (``stroke-width`` of the stylesheet)."""
_JOIN = Markup("")
_READ = ("name", "grade", "value", "text", "selected", "href", "hover")
"""Columns of the regions that a map is drawn from."""


@dataclass(frozen=True)
class Frame:
    """What a map is drawn into: about as many units as it has pixels on a screen, so that letters keep their size."""

    width: float
    height: float
    name: float
    """Size of the letters of a name."""
    figure: float
    """Size of the letters of the figure below it."""


@dataclass(frozen=True)
class _Placed:
    """An outline in the frame's units."""

    code: str
    path: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class _Named:
    """A label where it stands: the region's name and what is said below it."""

    box: Box
    name: str
    said: str


def svg_map(
    regions: pd.DataFrame,
    outlines: Sequence[Outline],
    frame: Frame,
    *,
    alt: str,
    language: str,
    theme: str,
    limits: tuple[float, float] | None = None,
) -> Markup:
    """Return the regions coloured by grade, with its hatch and shape, or by value.

    Parameters
    ----------
    regions : DataFrame
        Indexed by code: ``name, grade, value, text, selected``; the grade is empty where colours stand for values.
        With ``href`` and ``hover`` (HTML), a region is a link that says this at the pointer; else a button that the
        wall's script listens to.
    outlines : sequence of Outline
        Of regions in ``regions``.
    frame : Frame
    alt : str
        What the map shows, for screen readers.
    limits : (low, high), optional
        Ends of the ramp; the extremes without it.
    """
    placed, (width, height) = _placed(outlines, frame)
    names = [name for name in _READ if name in regions]
    said = zip(*(regions[name].tolist() for name in names), strict=True)
    rows = {str(code): dict(zip(names, row, strict=True)) for code, row in zip(regions.index, said, strict=True)}
    low, high = limits or (regions["value"].min(), regions["value"].max())
    ordered = sorted(
        placed, key=lambda each: bool(rows[each.code]["selected"])
    )  # its border is drawn last, over others'
    shapes = _JOIN.join(_shape(each, rows[each.code], (low, high), language, theme) for each in ordered)
    labels = _labels(placed, rows, frame, width, language) if len(placed) <= MOST_LABELS else []
    left = min((0.0, *(each.box.left for each in labels)))
    right = max((width, *(each.box.right for each in labels)))
    return Markup(
        '<svg class="regions" viewBox="{:.0f} 0 {:.0f} {:.0f}" role="group" aria-label="{}">{}<g>{}</g>'
        '<g class="labels" aria-hidden="true">{}</g></svg>'
    ).format(
        left, right - left, height, alt, _patterns(theme), shapes, _JOIN.join(_label(each, frame) for each in labels)
    )


def map_legend(regions: pd.DataFrame, language: str, theme: str, ends: tuple[str, str] | None = None) -> Markup:
    """Return what the colours of :func:`svg_map` mean: grades with how many have each, or the ramp between its ``ends``.

    Without ``ends``, the ramp is named by the texts of the least and the greatest value.
    """
    if (regions["grade"] != "").any():
        counts = regions["grade"].value_counts()
        entries = [
            Markup("<li>{} <b>{}</b></li>").format(grade_chip(key, language), int(counts.get(key, 0))) for key in GRADES
        ]
        return Markup('<ul class="legend">{}</ul>').format(_JOIN.join(entries))
    known = regions[regions["value"].notna()]
    if known.empty:
        return _JOIN
    low, high = ends or (known["text"].iloc[known["value"].argmin()], known["text"].iloc[known["value"].argmax()])
    colours = ",".join(load_palette().sequential(theme))
    return Markup(
        '<ul class="legend"><li>{}</li><li class="ramp" style="background:linear-gradient(90deg,{})"></li><li>{}</li></ul>'
    ).format(low, colours, high)


def _placed(outlines: Sequence[Outline], frame: Frame) -> tuple[list[_Placed], tuple[float, float]]:
    """Return the outlines as large as the frame allows, and the room they take of it."""
    corners = np.concatenate([ring for outline in outlines for ring in outline.rings])
    least, most = corners.min(axis=0), corners.max(axis=0)
    room = np.array([frame.width, frame.height]) - 2 * EDGE
    scale = float((room / np.maximum(most - least, 1e-9)).min())
    shift = EDGE - least * scale
    placed = []
    for outline in outlines:
        rings = ["L".join(f"{x:.1f} {y:.1f}" for x, y in ring * scale + shift) for ring in outline.rings]
        x, y = np.array([outline.x, outline.y]) * scale + shift
        path = "".join(f"M{ring}Z" for ring in rings)
        placed.append(_Placed(outline.code, path, float(x), float(y), outline.width * scale))
    across, down = (most - least) * scale + 2 * EDGE
    return placed, (float(across), float(down))


def _shape(placed: _Placed, row: dict, limits: tuple[float, float], language: str, theme: str) -> Markup:
    fill = f"url(#hatch-{row['grade']})" if row["grade"] else _ramp_colour(float(row["value"]), limits, theme)
    classes = [
        "region",
        *([f"grade-{row['grade']}"] if row["grade"] else ["unknown"] if pd.isna(row["value"]) else []),
        *(["selected"] if row["selected"] else []),
    ]
    drawn = Markup('<path class="{}" fill="{}" d="{}"').format(" ".join(classes), fill, placed.path)
    said = f"{row['name']} {_said(row, language)}"
    if "href" in row:
        return Markup('<a href="{}" aria-label="{}" data-hover="{}">{}/></a>').format(
            row["href"], said, str(row["hover"]), drawn
        )
    return Markup('{} data-region="{}" tabindex="0" role="button" aria-label="{}"/>').format(drawn, placed.code, said)


def _labels(
    placed: Sequence[_Placed], rows: dict[str, dict], frame: Frame, width: float, language: str
) -> list[_Named]:
    """Return the names of the regions and, where there is room, their figures; none covers another or is cut off.

    They may stand beside the regions where these leave room in the frame, but are not moved off their own region's width:
    a figure on a neighbour's ground is read as the neighbour's.
    """
    beside = max((frame.width - width) / 2, 0.0)
    lines: list[tuple[str, str]] = []
    boxes: list[Box] = []
    reaches: list[float] = []
    for each in placed:
        if each.width < NAME_ROOM * frame.name:
            continue
        row = rows[each.code]
        name, said = str(row["name"]), "" if each.width < FIGURE_ROOM * frame.name else _said(row, language)
        room = width + 2 * beside
        half = min(max(_breadth(name, frame.name), _breadth(said, frame.figure)), room) / 2
        top = each.y - frame.name * BASELINE
        x = min(max(each.x + beside, half), max(room - half, half))
        lines.append((name, said))
        reaches.append(each.width / 2)
        boxes.append(Box(x - half, top, x + half, top + frame.name + (frame.name * 1.05 if said else 0)))
    return [
        _Named(place.moved(-beside, 0.0), name, said)
        for place, (name, said) in zip(free_places(boxes, width + 2 * beside, reaches), lines, strict=True)
        if place is not None
    ]


def _breadth(text: str, size: float) -> float:
    """Return how wide bold letters of a size are with the outline around them: Latin ones take more than half a Chinese one."""
    latin = 2 * (len(text) - width_of(text))
    return (width_of(text) + LATIN_MORE * latin) * size + OUTLINE


def _label(label: _Named, frame: Frame) -> Markup:
    x, y = (label.box.left + label.box.right) / 2, label.box.top + frame.name * BASELINE
    drawn = Markup('<text x="{:.0f}" y="{:.0f}" font-size="{}">{}</text>').format(x, y, frame.name, label.name)
    if not label.said:
        return drawn
    return drawn + Markup('<text x="{:.0f}" y="{:.0f}" font-size="{}">{}</text>').format(
        x, y + frame.name * 1.05, frame.figure, label.said
    )


def _said(row: dict, language: str) -> str:
    """Return a region's grade with its shape and word, and its figure."""
    text = row["text"] if isinstance(row["text"], str) else formatting.MISSING
    if not row["grade"]:
        return text
    shape, word = load_palette().grade_of(row["grade"]).shape, t(f"grade.{row['grade']}", language)
    return f"{shape} {word} {text}"


def _ramp_colour(value: float, limits: tuple[float, float], theme: str) -> str:
    palette = load_palette()
    if np.isnan(value):
        return palette.grade_of("insufficient").ink(theme).fill
    low, high = limits
    ramp = palette.sequential(theme)
    place = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 1.0
    return ramp[round(place * (len(ramp) - 1))]


def _patterns(theme: str) -> Markup:
    """Return the fills of the grades: colour with the hatch that tells them apart without colour."""
    palette = load_palette()
    made = []
    for key in GRADES:
        grade = palette.grade_of(key)
        ink = grade.ink(theme)
        marks = {
            "diagonal": Markup('<path d="M-3 3L3 -3M0 12L12 0M9 15L15 9" stroke="{}" stroke-width="2.4"/>').format(
                ink.outline
            ),
            "dots": Markup('<circle cx="6" cy="6" r="1.6" fill="{}"/>').format(ink.text),
            "none": _JOIN,
        }[grade.hatch]
        made.append(
            Markup(
                '<pattern id="hatch-{}" width="12" height="12" patternUnits="userSpaceOnUse">'
                '<rect width="12" height="12" fill="{}"/>{}</pattern>'
            ).format(key, ink.fill, marks)
        )
    return Markup("<defs>{}</defs>").format(_JOIN.join(made))
