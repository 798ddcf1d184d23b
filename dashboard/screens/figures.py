"""One indicator's value as the screens write it: figure, unit, interval, notes, and a card around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import pandas as pd

from dashboard import formatting
from dashboard.components import Basis, Card, Column, Definition
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.sources import indicator_source, joint_source
from data_access.queries import SnapshotReader

_NOTE_KINDS = {
    "period_running": "partial",
    "starts_late": "partial",
    "ends_early": "partial",
    "late_regions": "late",
    "carried_forward": "carried",
    "population_carried": "carried",
    "population_incomplete": "carried",
    "not_matured": "preliminary",
    "small_count": "suppressed",
    "protects_small_count": "suppressed",
}
"""Note of a value → kind of mark on its card; other notes are said with the definition."""
_REASONS = (
    "unlike_periods",
    "role_level",
    "level_too_fine",
    "not_collected",
    "before_region",
    "not_reported",
    "outside_coverage",
)
"""Notes that say more of why there is no value than its status does."""


def row_of(frame: pd.DataFrame, code: str) -> Values:
    """Return the values of one region."""
    row = frame.to_numpy(object)[frame.index.get_loc(code)]
    return dict(zip(frame.columns.tolist(), row.tolist(), strict=True))


def rows_of(frame: pd.DataFrame) -> list[Values]:
    """Return the values of each region, in the frame's order."""
    names = frame.columns.tolist()
    columns = (frame[name].tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def figure_text(
    indicator: Indicator,
    value: float | None,
    denominator: float | None,
    language: str,
    limits: tuple[float | None, float | None] = (None, None),
) -> str:
    """Return a value as written on screen, without its unit (a percentage carries its sign).

    Parameters
    ----------
    limits : tuple
        What stands beside it as its interval: the value has as many decimals.
    """
    form, (lower, upper) = indicator.display_form, limits
    if form == "rate":
        return formatting.rate(value, formatting.decimals_of(lower, upper, "rate", value))
    if form == "percent":
        decimals = formatting.decimals_of(lower, upper, "percent", value)
        if value is not None and denominator is not None and not pd.isna(value) and not pd.isna(denominator):
            return formatting.share(round(value * denominator), denominator, language, decimals)
        return formatting.percent(value, denominator, decimals)
    if form in ("count", "yuan"):
        return formatting.count(value, language)
    if form == "days":
        return formatting.number(value, 1)
    if form == "change":
        if value is not None and denominator is not None and not pd.isna(value) and not pd.isna(denominator):
            return formatting.percent_change(round((1 + value) * denominator), denominator)
        return formatting.signed_percent(value)
    return formatting.number(value, 2)


def row_text(indicator: Indicator, row: Values, language: str) -> str:
    """Return a known value as :func:`figure_text` writes it beside its interval."""
    return figure_text(indicator, row["value"], row["denominator"], language, (row.get("lower"), row.get("upper")))


def exact_text(indicator: Indicator, value: float | None, language: str) -> str | None:
    """Return a count in full where the screen rounds it to 万; None where it is written in full anyway."""
    if indicator.display_form not in ("count", "yuan") or value is None:
        return None
    full = formatting.number(value)
    return full if full != formatting.count(value, language) else None


def interval_text(indicator: Indicator, row: Values) -> str | None:
    """Return the limits of a value as written on screen, or None where chance has no part in it."""
    if pd.isna(row["lower"]) or pd.isna(row["upper"]):
        return None
    form: Literal["percent", "rate"] = "percent" if indicator.display_form in ("percent", "change") else "rate"
    return formatting.interval(row["lower"], row["upper"], form, row["value"])


def status_text(row: Values, language: str) -> str:
    """Return why there is no value, in a word or two."""
    return t(f"indicator_status.{row['status']}", language)


def missing_sentence(row: Values, source: str, language: str) -> str:
    """Return what is missing where there is no value, and who can give it."""
    reason = next((note for note in row["notes"] if note in _REASONS), row["status"])
    return t(f"indicator_missing.{reason}", language, source=source)


def value_text(indicator: Indicator, row: Values, language: str) -> str:
    """Return value and unit, or why there is none."""
    if row["status"] not in WITH_VALUE:
        return status_text(row, language)
    text = row_text(indicator, row, language)
    if indicator.display_form in ("percent", "change"):
        return text
    return t("figure.with_unit", language, figure=text, unit=indicator.unit_label(language, text))


def definition_of(context: Context, indicator: Indicator, method: str | None = None) -> Definition:
    """Return what ⓘ opens: the definition's text, the method, and the way to its page."""
    return Definition(
        text=indicator.definition_text(context.language),
        method=t(f"indicator_method.{method}", context.language) if method else None,
        href=context.href("definitions", indicator=indicator.id),
    )


def origin_of(reader: SnapshotReader, context: Context, data_through: date, *names: str) -> dict:
    """Return what the card of a table or figure says of its origin: how far, from whom, what the first indicator means."""
    indicators = [find_indicator(name) for name in names]
    return {
        "data_through": data_through,
        "source": joint_source(reader, context.viewer, indicators, context.language, period=context.period),
        "definition": definition_of(context, indicators[0]),
    }


def indicator_columns(names: Iterable[str], language: str) -> list[Column]:
    """Return a column of figures as written for each indicator, titled by its name, with the unit that they lack."""
    return [
        Column(name=f"{name}_text", title=_heading(find_indicator(name), language), kind="number") for name in names
    ]


def _heading(indicator: Indicator, language: str) -> str:
    label, unit = indicator.label(language), indicator.unit_label(language)
    if indicator.display_form in ("percent", "change") or unit.casefold() in label.casefold():
        return label
    return t("work.with_unit", language, name=label, unit=unit)


def notes_of(row: Values) -> Sequence[tuple[str, str]]:
    """Return the marks of a value that must stand on its card."""
    kinds = [_NOTE_KINDS[note] for note in row["notes"] if note in _NOTE_KINDS]
    return [(kind, "") for kind in dict.fromkeys(kinds)]


def basis_of(row: Values) -> Basis | None:
    """Return whether the value was counted from records or arrived counted."""
    return Basis(kind=row["basis"]) if row["basis"] in ("records", "counts") else None


def basis_of_all(frame: pd.DataFrame, language: str) -> Basis | None:
    """Return what many values stand on (column ``basis``): the last one's kind, and that others stand on the other."""
    kinds = frame.loc[frame["basis"].isin(["records", "counts"]), "basis"]
    if kinds.empty:
        return None
    last = str(kinds.iloc[-1])
    other = next((str(kind) for kind in kinds.unique() if kind != last), None)
    detail = t("card.basis_others", language, basis=t(f"card.basis.{other}", language)) if other else None
    return Basis(kind="records" if last == "records" else "counts", detail=detail)


def indicator_card(reader: SnapshotReader, context: Context, indicator: Indicator, row: Values, **more: object) -> Card:
    """Return the card of one indicator's value; ``more`` are further fields of the card."""
    language = context.language
    known = row["status"] in WITH_VALUE
    percent = indicator.display_form in ("percent", "change")
    source = indicator_source(reader, context.viewer, indicator, language, context.period)
    figure = row_text(indicator, row, language) if known else formatting.MISSING
    fields = {
        "title": indicator.label(language),
        "figure": figure,
        "exact": exact_text(indicator, row["value"], language) if known else None,
        "unit": None if percent or not known else indicator.unit_label(language, figure),
        "interval": interval_text(indicator, row) if known else None,
        "data_through": row["data_through"],
        "source": source,
        "definition": definition_of(context, indicator, row["method"] if known else None),
        "basis": basis_of(row),
        "notes": notes_of(row),
        "sentence": None if known else missing_sentence(row, source, language),
    }
    return Card(**{**fields, **more})
