"""Lists of regions by indicator with numerator and denominator beside each share, as written and as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.screens.children import Listed, names_of
from dashboard.screens.figures import figure_text
from dashboard.screens.tables import ScreenTable
from data_access.queries import SnapshotReader

COUNTY = 1
_DIVIDED = ("proportion", "mean")
_TOO_LONG = 10_000_000
_WRITTEN = ("value", "numerator", "denominator", "status")


def is_divided(indicator: Indicator) -> bool:
    """Whether numerator and denominator say what the share rests on."""
    return indicator.kind in _DIVIDED


def written_rows(frame: pd.DataFrame, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the texts of a list are written from, region by region."""
    columns = zip(*(frame[name].tolist() for name in _WRITTEN), strict=True)
    rows = dict(zip(frame.index.tolist(), columns, strict=True))
    return [dict(zip(_WRITTEN, rows[code], strict=True)) for code in codes]


def share_text(part: float, whole: float, language: str) -> str:
    """Return a share that never rounds up to 100 %: what lacks one of ten thousand is not complete."""
    text = formatting.share(part, whole, language)
    complete = formatting.percent(1.0)
    return t("services.just_below", language, share=complete) if text == complete and part < whole else text


def counted_text(row: Values) -> str:
    """Return ``numerator/denominator``; empty where there is no value, and where the numbers are too long to be read."""
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]) or row["status"] not in WITH_VALUE:
        return ""
    if row["denominator"] >= _TOO_LONG:
        return ""
    return f"{formatting.number(row['numerator'])}/{formatting.number(row['denominator'])}"


def figure_of(indicator: Indicator, row: Values, language: str) -> str:
    """Return a value without unit, or why there is none."""
    if row["status"] not in WITH_VALUE or pd.isna(row["value"]):
        return t(f"indicator_status.{row['status']}", language)
    if indicator.kind == "proportion":
        return share_text(row["numerator"], row["denominator"], language)
    if indicator.display_form in ("count", "yuan"):
        return formatting.number(row["value"])
    if indicator.display_form in ("mean", "days"):
        return formatting.number(row["value"], 1)
    return figure_text(indicator, row["value"], row["denominator"], language)


def with_counts(indicator: Indicator, row: Values, language: str) -> str:
    """Return a value as written, a share with what it was counted from: ``99.3% (591/595)``."""
    text, counts = figure_of(indicator, row, language), counted_text(row)
    if not is_divided(indicator) or not counts or text == counts:
        return text
    return t("work.share_counted", language, share=text, counts=counts)


def share_rows(
    reader: SnapshotReader,
    context: Context,
    found: Mapping[str, pd.DataFrame],
    names: Sequence[str],
    listed: Listed,
    page: str,
) -> pd.DataFrame:
    """Return the regions listed, the worst first, with each indicator's number, its text and the counts behind it.

    Returns
    -------
    DataFrame
        Indexed by region code: ``name, href`` and for each id ``<id>, <id>_numerator, <id>_denominator`` and what is
        written, ``<id>_text``.
    """
    language = context.language
    regions = reader.regions(context.viewer)
    codes = worst_first(listed.codes, found, names)
    columns: dict[str, object] = {"name": names_of(regions, tuple(codes), language).tolist()}
    for name in names:
        item, rows = find_indicator(name), written_rows(found[name], codes)
        for of in ("value", "numerator", "denominator"):
            columns[name if of == "value" else f"{name}_{of}"] = np.array([row[of] for row in rows], float)
        columns[f"{name}_text"] = [with_counts(item, row, language) for row in rows]
    columns["href"] = context.hrefs(page, "region", codes)
    columns["region_code"] = codes
    return pd.DataFrame(columns, index=codes)


def listed_by(names: Sequence[str]) -> Indicator | None:
    """Return the indicator that a list of regions is sorted by: the first of ``names`` that is better one way."""
    return next((item for item in map(find_indicator, names) if item.direction != "neutral"), None)


def worst_first(codes: Sequence[str], found: Mapping[str, pd.DataFrame], names: Sequence[str]) -> list[str]:
    """Return regions by :func:`listed_by`, the worst first and what has no value last; as they stand without one."""
    item = listed_by(names)
    if item is None:
        return list(codes)
    values = found[item.id]["value"].to_dict()
    sign = 1 if item.direction == "higher_better" else -1
    return sorted(codes, key=lambda code: (bool(np.isnan(values[code])), sign * values[code]))


def order_sentence(names: Sequence[str], language: str, note: str = "") -> str:
    """Return by what a list of regions is sorted and what else is to be known of it, for the head of its card."""
    item = listed_by(names)
    order = t("work.worst_first", language, name=item.label(language)) if item else ""
    return t("work.order_and_note", language, order=order, note=note) if order and note else order or note


def share_table(
    key: str,
    title: str,
    frame: pd.DataFrame,
    names: Sequence[str],
    language: str,
    more: Mapping[str, str] | None = None,
) -> ScreenTable:
    """Return :func:`share_rows` as a table of the page, numerators and denominators beside their shares.

    ``more`` are further columns and their headings.
    """
    columns = {"region_code": t("column.region_code", language), "name": t("column.name", language)}
    for name in names:
        item = find_indicator(name)
        label = item.label(language)
        columns[name] = t("work.with_unit", language, name=label, unit=item.unit_label(language))
        if is_divided(item):
            columns[f"{name}_numerator"] = t("work.numerator_of", language, name=label)
            columns[f"{name}_denominator"] = t("work.denominator_of", language, name=label)
    columns |= more or {}
    return ScreenTable(key, title, frame, columns)
