"""How a result is written: the same text on screen, in hand-outs and on the command line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard import formatting
from dashboard.i18n import t
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.vocabulary import Values

PERCENT_SIGN = "%"


@dataclass(frozen=True)
class Shown:
    """The texts of one result."""

    value: str
    """With its percent sign where it is a share, without the unit otherwise; ``—`` when there is no value."""
    unit: str
    """Empty where the value carries its own sign."""
    interval: str
    numerator: str
    denominator: str
    method: str
    status: str
    notes: tuple[str, ...]

    @property
    def value_and_unit(self) -> str:
        """The value with its unit."""
        if not self.unit or self.value == formatting.MISSING:
            return self.value
        joint = "" if self.unit.startswith("/") or not self.unit.isascii() else " "
        return f"{self.value}{joint}{self.unit}"


def shown(row: Values, indicator: Indicator, language: str) -> Shown:
    """Return the texts of one row of :func:`dashboard.indicators.evaluate.values`."""
    value = value_text(row, indicator, language)
    own_sign = value.endswith(PERCENT_SIGN) or "/" in value
    return Shown(
        value=value,
        unit="" if own_sign or indicator.display_form == "days" else indicator.unit_label(language, value),
        interval=interval_text(row, indicator),
        numerator=number_text(row["numerator"]),
        denominator=number_text(row["denominator"]),
        method=t(f"indicator_method.{row['method']}", language),
        status=t(f"indicator_status.{row['status']}", language),
        notes=(reason,) if (reason := indicator.reason_unavailable(language)) else note_texts(row["notes"], language),
    )


def value_text(row: Values, indicator: Indicator, language: str) -> str:
    """Return the value as written: percentages over small bases as ``7/12``, changes over small bases as differences."""
    value = row["value"]
    if row["status"] not in words.WITH_VALUE or _missing(value):
        return formatting.MISSING
    match indicator.display_form:
        case "percent":
            if indicator.kind in ("proportion", "minimum"):
                return formatting.share(row["numerator"], row["denominator"], language)
            return formatting.percent(value)
        case "rate":
            return formatting.rate(value)
        case "count" | "yuan":
            return formatting.count(value, language)
        case "days":
            return formatting.days(value, language)
        case "change":
            return formatting.percent_change(row["numerator"], row["denominator"])
    return formatting.number(value, 1)


def interval_text(row: Values, indicator: Indicator) -> str:
    """Return the 95 % limits as written; empty when there are none."""
    lower, upper, value = row["lower"], row["upper"], row["value"]
    if _missing(lower) and _missing(upper):
        return ""
    match indicator.display_form:
        case "percent":
            return formatting.interval(lower, upper, "percent")
        case "change":
            limits = [
                formatting.MISSING if _missing(x) else f"{formatting.signed(x * 100, 1)}%" for x in (lower, upper)
            ]
            return f"{limits[0]} \u2013 {limits[1]}"
        case "count":
            return f"{formatting.number(lower)}\u2013{formatting.number(upper)}"
    return formatting.interval(lower, upper, "rate", value)


def number_text(value: float) -> str:
    """Return a numerator or denominator as written, to the unit; empty when there is none."""
    return "" if _missing(value) else formatting.number(value)


def note_texts(notes: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Return what must be said about a figure."""
    return tuple(t(f"indicator_note.{note}", language) for note in notes)


def definition(indicator: Indicator, language: str) -> dict[str, str | tuple[str, ...]]:
    """Return everything a definition page says of an indicator, by field; texts in ``language``."""
    return {
        "id": indicator.id,
        "name": indicator.label(language),
        "system": indicator.system.name_en if language == "en" else indicator.system.name,
        "definition": indicator.definition_text(language),
        "numerator": indicator.numerator_label(language),
        "denominator": indicator.denominator_label(language),
        "window": t(f"indicator_window.{indicator.window}", language),
        "statistical_period": t(f"indicator_period.{indicator.statistical_period}", language),
        "unit": indicator.unit_label(language),
        "direction": t(f"indicator_direction.{indicator.direction}", language),
        "source": indicator.source_label(language),
        "frequency": t(f"indicator_frequency.{indicator.frequency}", language),
        "earliest_stage": t(f"indicator_stage.{indicator.earliest_stage}", language),
        "suppression": t(f"indicator_suppression.{indicator.suppression}", language),
        "method": t(f"indicator_method.{method_of(indicator)}", language),
        "caveats": indicator.caveat_texts(language),
        "version": indicator.version,
        "history": tuple(
            f"{revision.version} · {revision.date.isoformat()} · "
            + (revision.change_en if language == "en" else revision.change)
            for revision in indicator.history
        ),
        "unavailable_reason": indicator.reason_unavailable(language),
    }


def method_of(indicator: Indicator) -> str:
    """Return the method of an indicator's limits, as a key."""
    if not indicator.interval:
        return "none"
    if indicator.squares is not None:
        return "poisson_not_independent"
    of_kind = {"rate": "poisson", "count": "poisson", "proportion": "wilson", "change": "exact_conditional"}
    return of_kind.get(indicator.kind, "none")


def _missing(value: float | None) -> bool:
    return value is None or bool(np.isnan(value))
