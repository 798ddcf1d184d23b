"""The seven variation and four assurance icons of control charts, drawn here as SVG that reads without colour too."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr  # nosec B406  # writes XML, reads none

from dashboard.statistics.estimate import StatisticsError

VARIATION = (
    "common_cause",
    "concern_high",
    "concern_low",
    "improvement_high",
    "improvement_low",
    "neutral_high",
    "neutral_low",
)
ASSURANCE = ("pass", "fail", "inconsistent", "empty")

INKS = ("common_cause", "improvement", "concern", "neutral", "ground", "line")
"""Colours an icon needs: the four meanings, the ground inside the badge and thin lines."""

Points = tuple[tuple[int, int], ...]
STEADY: Points = ((9, 24), (15, 19), (21, 28), (27, 20), (33, 27), (39, 23))
RISING: Points = ((10, 28), (15, 25), (20, 29), (25, 22), (30, 18), (35, 14))
TICK = "M19 36 l4 4 7 -7"
CROSS = "M20 32 l8 8 m0 -8 l-8 8"
EXCLAMATION = "M27 31 v5.5 m0 2.5 v2.5"
DOT = "M23 36 h7"

# the outline tells the meaning apart where colours are not seen: round for better, square for worse, six-sided for neither
OUTLINES = {
    "improvement": '<circle cx="24" cy="24" r="21"{}/>',
    "concern": '<rect x="4" y="4" width="40" height="40" rx="6"{}/>',
    "neutral": '<path d="M13 4 h22 l10 20 -10 20 h-22 l-10 -20 z"{}/>',
    "common_cause": '<circle cx="24" cy="24" r="21"{}/>',
}
MARKS = {"improvement": TICK, "concern": EXCLAMATION, "neutral": DOT}


def variation_icon(key: str, inks: Mapping[str, str], title: str, size: int = 48) -> str:
    """Draw a variation icon.

    Parameters
    ----------
    key : str
        One of `VARIATION`, for example from `ControlChart.variation`.
    inks : mapping of str to str
        A colour for each of `INKS`, from the palette.
    title : str
        What the icon says in the reader's language; read out and shown on hover.
    size : int
        Width and height in pixels.

    Returns
    -------
    str
        One ``<svg>`` element, without identifiers or styles, so that many fit on one page.

    Raises
    ------
    StatisticsError
        For an unknown key or a missing colour.
    """
    if key not in VARIATION:
        raise StatisticsError(f"key: expected one of {', '.join(VARIATION)}, got {key!r}")
    meaning = key if key == "common_cause" else key.rsplit("_", 1)[0]
    ink, line = _ink(inks, meaning), _ink(inks, "line")
    drawn = [_outline(meaning, ink, inks)]
    if key == "common_cause":
        points, special = STEADY, 0
        drawn.append(f'<path d="M7 24 h34" stroke="{line}" stroke-dasharray="2 2"/>')
    else:
        # the mark takes the lower half when the series rises, the upper half when it falls
        high = key.endswith("_high")
        points, special = (RISING if high else tuple((x, 48 - y) for x, y in RISING)), 3
        shift = "" if high else ' transform="translate(0 -25)"'
        drawn.append(f'<path d="{MARKS[meaning]}" stroke="{ink}" stroke-width="3" fill="none"{shift}/>')
    drawn.append(_polyline(points, line))
    drawn += [
        f'<circle cx="{x}" cy="{y}" r="{3 if place >= len(points) - special else 2}" '
        f'fill="{ink if place >= len(points) - special else line}"/>'
        for place, (x, y) in enumerate(points)
    ]
    return _svg(drawn, title, size)


def assurance_icon(key: str, inks: Mapping[str, str], title: str, size: int = 48) -> str:
    """Draw an assurance icon: will the target be met, missed, or now one and now the other?

    Parameters are those of `variation_icon`, with `key` one of `ASSURANCE`.
    """
    if key not in ASSURANCE:
        raise StatisticsError(f"key: expected one of {', '.join(ASSURANCE)}, got {key!r}")
    line = _ink(inks, "line")
    if key == "empty":
        ground = _ink(inks, "ground")
        outline = f'<circle cx="24" cy="24" r="21" fill="{ground}" stroke="{line}" stroke-dasharray="4 4"/>'
        return _svg([outline], title, size)
    meaning = {"pass": "improvement", "fail": "concern", "inconsistent": "common_cause"}[key]  # nosec B105  # a meaning
    ink = _ink(inks, meaning)
    drawn = [_outline(meaning, ink, inks)]
    if key == "inconsistent":
        drawn.append(f'<path d="M7 24 h34" stroke="{line}" stroke-width="2" stroke-dasharray="3 2"/>')
        drawn.append(f'<path d="M9 24 c5 -16 10 -16 15 0 s10 16 15 0" stroke="{ink}" stroke-width="3" fill="none"/>')
    else:
        drawn.append(f'<path d="M9 26 h30" stroke="{line}" stroke-width="2" stroke-dasharray="3 2"/>')
        drawn.append(
            f'<path d="M9 17 c3 -8 6 -8 9 -3 s6 5 9 0 6 -5 12 1" stroke="{ink}" stroke-width="3" fill="none"/>'
        )
        drawn.append(f'<path d="{TICK if key == "pass" else CROSS}" stroke="{ink}" stroke-width="3" fill="none"/>')
    return _svg(drawn, title, size)


def _ink(inks: Mapping[str, str], name: str) -> str:
    if name not in inks:
        raise StatisticsError(f"inks: the colour {name!r} is missing; an icon needs {', '.join(INKS)}")
    return escape(inks[name], {'"': "&quot;"})


def _outline(meaning: str, ink: str, inks: Mapping[str, str]) -> str:
    return OUTLINES[meaning].format(f' fill="{_ink(inks, "ground")}" stroke="{ink}" stroke-width="3"')


def _polyline(points: Points, line: str) -> str:
    return f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" stroke="{line}" fill="none"/>'


def _svg(drawn: list[str], title: str, size: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="{size}" height="{size}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title>{''.join(drawn)}</svg>"
    )
