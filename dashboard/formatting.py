"""Numbers as the screens write them: rates, percentages, 万, signs, changes in words."""

from __future__ import annotations

import math
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeGuard

import pandas as pd

from dashboard.i18n import t

Direction = Literal["higher_better", "lower_better", "neutral"]

MISSING = "—"
MINUS = "\u2212"
MOST_DECIMALS = 6
SMALLEST_PERCENT_BASE = 30
"""Below this base a percentage says more than is known."""
TEN_THOUSAND = 10_000
_NARROW = 0.62
"""Width of a Latin letter or digit in ems, on the safe side."""


def number(value: float | None, decimals: int = 0) -> str:
    """Return ``value`` with ``decimals`` places, thousands separated, a true minus sign; ``—`` when missing.

    Examples
    --------
    >>> number(-1234.5, 1)
    '−1,234.5'
    """
    if not _known(value):
        return MISSING
    rounded = _rounded(value, decimals)
    return f"{rounded:,.{max(decimals, 0)}f}".replace("-", MINUS)


def count(value: float | None, language: str) -> str:
    """Return a count; on the Chinese screen in 万 with one decimal from 10,000 on."""
    if language != "zh" or not _known(value) or abs(value) < TEN_THOUSAND:
        return number(value)
    amount = number(value / TEN_THOUSAND, 1).removesuffix(".0")
    return t("format.ten_thousands", language, amount=amount)


def rate(value: float | None, decimals: int | None = None) -> str:
    """Return a rate with two significant digits, whole above ten, or with the ``decimals`` of the limits beside it.

    Examples
    --------
    >>> rate(0.4142), rate(12.34), rate(103.6), rate(0)
    ('0.41', '12', '104', '0')
    """
    if not _known(value):
        return MISSING
    if value == 0:
        return "0"
    places = _rate_decimals(value) if decimals is None else decimals
    return number(value, places)


def rate_with_unit(value: float | None, language: str, unit: str | None = None) -> str:
    """Return a rate followed by its unit (per 100,000 persons when none is given)."""
    if not _known(value):
        return MISSING
    return t(
        "format.rate",
        language,
        rate=rate(value),
        unit=unit or t("format.per_100k", language),
    )


def percent(share: float | None, base: float | None = None, decimals: int = 1) -> str:
    """Return a share (0 … 1) as a percentage; ``—`` when the base is under 30.

    Examples
    --------
    >>> percent(0.98), percent(0.5, base=12)
    ('98.0%', '—')
    """
    if not _known(share) or (base is not None and not base >= SMALLEST_PERCENT_BASE):
        return MISSING
    return f"{number(share * 100, decimals)}%"


def share(numerator: float | None, denominator: float | None, language: str, decimals: int = 1) -> str:
    """Return numerator ÷ denominator as a percentage, or as ``7/12`` when the base is under 30."""
    if not _known(numerator) or not _known(denominator) or denominator == 0:
        return MISSING
    if denominator < SMALLEST_PERCENT_BASE:
        return t(
            "format.fraction",
            language,
            numerator=number(numerator),
            denominator=number(denominator),
        )
    return percent(numerator / denominator, decimals=decimals)


def decimals_of(
    lower: float | None, upper: float | None, form: Literal["rate", "percent", "index"], value: float | None = None
) -> int:
    """Return the decimals of limits and of the value beside them.

    Rates have as many as two significant digits of ``value`` need (of the upper limit when there is no value), shares and
    indices one; all have more where the two limits would read the same.

    Examples
    --------
    >>> decimals_of(10.12, 10.38, "rate", 10.25), decimals_of(9.1, 11.4, "rate", 10.25)
    (1, 0)
    """
    decimals = _rate_decimals(value if _known(value) and value else upper) if form == "rate" else 1
    scale = 100 if form == "percent" else 1
    if _known(lower) and _known(upper):
        while (
            lower != upper
            and decimals < MOST_DECIMALS
            and _rounded(lower * scale, decimals) == _rounded(upper * scale, decimals)
        ):
            decimals += 1
    return decimals


def interval(
    lower: float | None,
    upper: float | None,
    form: Literal["rate", "percent", "index"] = "rate",
    value: float | None = None,
) -> str:
    """Return limits as ``0.05–1.48``; empty when both are missing.

    Parameters
    ----------
    lower, upper : float or None
        Shares are 0 … 1 for ``percent``.
    form : {"rate", "percent", "index"}
        How many decimals they have; see :func:`decimals_of`.
    value : float, optional
        The estimate that the limits belong to.
    """
    if not _known(lower) and not _known(upper):
        return ""
    scale, sign = (100, "%") if form == "percent" else (1, "")
    decimals = decimals_of(lower, upper, form, value)
    limits = []
    for limit in (lower, upper):
        plain = form == "rate" and limit == 0
        limits.append("0" if plain else f"{number(limit * scale, decimals)}{sign}" if _known(limit) else MISSING)
    return "\u2013".join(limits)


def signed(value: float | None, decimals: int = 0) -> str:
    """Return a difference with its sign: ``+1.9``, ``−1.9``, ``0``."""
    if not _known(value):
        return MISSING
    text = number(value, decimals)
    return f"+{text}" if _rounded(value, decimals) > 0 else text


def percent_change(new: float | None, old: float | None) -> str:
    """Return the change from ``old`` to ``new`` in percent, or as a difference when ``old`` is under 30.

    Examples
    --------
    >>> percent_change(813, 1000), percent_change(22, 25)
    ('−18.7%', '−3')
    """
    if not _known(new) or not _known(old):
        return MISSING
    if old < SMALLEST_PERCENT_BASE:
        return signed(new - old)
    return f"{signed((new - old) / old * 100, 1)}%"


def signed_percent(change: float | None) -> str:
    """Return a relative change with its sign: ``−18.7%``."""
    return f"{signed(change * 100, 1)}%" if _known(change) else MISSING


def percentage_points(difference: float | None, language: str) -> str:
    """Return a difference of two shares (0 … 1) in percentage points, as cards and tables write it."""
    if not _known(difference):
        return MISSING
    return t("format.points", language, points=signed(difference * 100, 1))


def change_words(change: float | None, direction: Direction, language: str) -> str:
    """Return which way a figure went and whether that is good: ``升 · 变差``, ``降 · 好转``, ``持平``.

    Parameters
    ----------
    change : float or None
        New minus old.
    direction : {"higher_better", "lower_better", "neutral"}
        Neutral figures get no verdict.
    """
    if not _known(change):
        return t("change.unknown", language)
    if change == 0:
        return t("change.same", language)
    way = t("change.up", language) if change > 0 else t("change.down", language)
    if direction == "neutral":
        return way
    better = (change > 0) == (direction == "higher_better")
    verdict = t("change.better", language) if better else t("change.worse", language)
    return t("change.way_and_verdict", language, way=way, verdict=verdict)


def day(value: date | datetime | None) -> str:
    """Return a day as ``2024-12-31``; ``—`` when missing."""
    if pd.isna(value):
        return MISSING
    return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()


def days(value: float | None, language: str) -> str:
    """Return a waiting time in whole days, with one decimal below ten."""
    if not _known(value):
        return MISSING
    return t(
        "format.days",
        language,
        days=number(value, 1 if abs(value) < 10 and value != int(value) else 0),
    )


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _rate_decimals(value: float | None) -> int:
    """Return the places that show two significant digits of ``value``; none of what stands before the point is rounded."""
    if not _known(value) or value == 0:
        return 1
    decimals = 1 - math.floor(math.log10(abs(value)))
    # Rounding may add a digit: 0.996 is 1.0, not 1.00.
    return max(1 - math.floor(math.log10(abs(_rounded(value, decimals)))), 0)


def _rounded(value: float, decimals: int) -> float:
    # Half away from zero, as people round; binary floats would give 0.125 → 0.12.
    exponent = Decimal(1).scaleb(-decimals)
    result = float(Decimal(repr(float(value))).quantize(exponent, rounding=ROUND_HALF_UP))
    return result if result else 0.0


def width_of(text: str) -> float:
    """Return the width of one line of text in ems.

    Examples
    --------
    >>> width_of("示例市")
    3.0
    """
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else _NARROW for sign in text)
