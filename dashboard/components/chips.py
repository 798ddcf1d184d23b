"""Small marks with a word: the grade of a region, the risk of a dispute, a strip of months. HTML, already escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from dashboard.components.html import filled, joined
from dashboard.components.tables import Column
from dashboard.i18n import t
from dashboard.palette import GRADES, load_palette


@lru_cache(maxsize=64)
def grade_chip(grade: str, language: str) -> Markup:
    """Return the filled mark of a grade: shape and word (考核色)."""
    key = grade if grade in GRADES else "insufficient"
    shape = load_palette().grade_of(key).shape
    return filled(
        '<span class="chip grade grade-{}"><i aria-hidden="true">{}</i>{}</span>',
        key,
        shape,
        t(f"grade.{key}", language),
    )


@lru_cache(maxsize=64)
def risk_chip(risk: str, language: str) -> Markup:
    """Return the open mark of a dispute's risk colour: triangle and word (风险色), never filled like a grade."""
    shape = load_palette().risk_of(risk).shape
    return filled(
        '<span class="chip risk risk-{}"><i aria-hidden="true">{}</i>{}</span>',
        risk,
        shape,
        t(f"risk.{risk}", language),
    )


def grade_strip(grades: Sequence[str], labels: Sequence[str], language: str) -> Markup:
    """Return one small mark per month, oldest first, each with the grade's word inside.

    Parameters
    ----------
    grades, labels : sequence of str
        Grade and month name of each cell; same length.
    """
    cells = [_month_mark(grade, label, language) for grade, label in zip(grades, labels, strict=True)]
    return filled('<ol class="grade-strip" aria-label="{}">{}</ol>', t("grade_short.strip", language), joined(cells))


@lru_cache(maxsize=4096)
def _month_mark(grade: str, label: str, language: str) -> Markup:
    key = grade if grade in GRADES else "insufficient"
    return filled(
        '<li class="grade-{}" title="{} {}"><span class="unseen">{} </span>{}</li>',
        key,
        label,
        t(f"grade.{key}", language),
        label,
        t(f"grade_short.{key}", language),
    )


def interval_bar(
    value: float | None,
    lower: float | None,
    upper: float | None,
    scale: tuple[float, float],
    label: str,
    marker: float | None = None,
) -> Markup:
    """Return a bar from ``lower`` to ``upper`` with a tick at ``value``, drawn on ``scale``.

    Parameters
    ----------
    scale : tuple of float
        Smallest and largest value of the axis, shared by all bars of a column.
    label : str
        What the bar says, in words, for those who can't see it.
    marker : float, optional
        A reference such as the city's value, drawn as a thin line.
    """
    least, most = scale
    span = most - least
    if value is None or span <= 0 or not least <= value <= most:
        return filled('<span class="interval-bar" role="img" aria-label="{}"></span>', label)

    def place(number: float) -> str:
        return f"{100 * (min(max(number, least), most) - least) / span:.1f}%"

    low, high = (value if limit is None else limit for limit in (lower, upper))
    width = f"{100 * (min(high, most) - max(low, least)) / span:.1f}%"
    line = filled('<b style="left:{}"></b>', place(marker)) if marker is not None else Markup("")
    return filled(
        '<span class="interval-bar" role="img" aria-label="{}">{}<i style="left:{};width:{}"></i>'
        '<u style="left:{}"></u></span>',
        label,
        line,
        place(low),
        width,
        place(value),
    )


def grade_column(language: str) -> Column:
    """Return the column that shows each row's ``grade`` as a chip, with ``watched_text`` behind a word if it has one."""
    return Column(
        name="grade",
        title=t("ranking.grade", language),
        kind="mark",
        draw=lambda row: grade_chip(row["grade"], language) + _watched_mark(row.get("watched_text", ""), language),
    )


def _watched_mark(why: str, language: str) -> Markup:
    if not why:
        return Markup("")
    return filled(' <small class="watched" title="{}">{}</small>', why, t("ranking.watched", language))


def strip_column(months: Sequence[str], language: str) -> Column:
    """Return the column that shows each row's ``strip``: the grades of ``months``, oldest first."""
    return Column(
        name="strip",
        title=t("ranking.strip", language),
        kind="mark",
        draw=lambda row: grade_strip(row["strip"], months, language),
    )
