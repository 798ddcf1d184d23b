"""Cards of several indicators with smaller figures beside them, from few queries; lists of regions by indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.screens.children import Listed, names_of
from dashboard.screens.figures import indicator_card, row_of, value_text
from dashboard.screens.overview import change_sentence, change_text, words_of_change
from dashboard.screens.shared import last_day
from dashboard.screens.work.shares import is_divided, worst_first, written_rows
from data_access.queries import SnapshotReader

Rows = Mapping[str, Values]
"""One region's values of indicators, by id."""


def cards_of(
    reader: SnapshotReader,
    context: Context,
    names: Sequence[str],
    beside: Mapping[str, Sequence[str]],
    rows: Rows,
    changes: Mapping[str, pd.DataFrame],
) -> tuple[Card, ...]:
    """Return a card for each of ``names``, with the figures of ``beside`` on it and its change where that is known."""
    language = context.language
    cards = []
    for name in names:
        item = find_indicator(name)
        more: dict[str, object] = {"href": context.href("trends", indicator=item.id)}
        facts = [_fact(find_indicator(other), rows[other], language) for other in beside.get(name, ())]
        if facts:
            more["facts"] = facts
        if name in changes and rows[name]["status"] in WITH_VALUE:
            row = row_of(changes[name], context.region)
            more["change"] = change_text(item, row, language)
            more["change_words"] = words_of_change(item, row, language)
            more["compared_with"] = t("overview.last_year", language)
            more["sentence"] = change_sentence(item, row, language)
        cards.append(indicator_card(reader, context, item, _dated(reader, context, rows[name]), **more))
    return tuple(cards)


def region_rows(
    reader: SnapshotReader,
    context: Context,
    found: Mapping[str, pd.DataFrame],
    listed: Listed,
    names: Sequence[str],
    page: str,
) -> pd.DataFrame:
    """Return the regions listed, the worst first, with a column of numbers and one of texts (``<id>_text``) each."""
    codes = worst_first(listed.codes, found, names)
    regions = reader.regions(context.viewer)
    columns: dict[str, object] = {"name": names_of(regions, tuple(codes), context.language).array}
    for name in names:
        item, rows = find_indicator(name), written_rows(found[name], codes)
        columns[name] = np.array([row["value"] for row in rows], float)
        if is_divided(item):
            columns[f"{name}_numerator"] = [row["numerator"] for row in rows]
            columns[f"{name}_denominator"] = [row["denominator"] for row in rows]
        columns[f"{name}_text"] = [_short(item, row, context.language) for row in rows]
    columns["href"] = context.hrefs(page, "region", codes, offset=None, of=None)
    columns["region_code"] = codes
    return pd.DataFrame(columns, index=pd.Index(codes, name="region_code"))


def _fact(item: Indicator, row: Values, language: str) -> tuple[str, str]:
    return item.label(language), value_text(item, row, language)


def _dated(reader: SnapshotReader, context: Context, row: Values) -> Values:
    """Return the row with the day it speaks to; a figure without any source is dated by the period."""
    if row["data_through"] is None or pd.isna(row["data_through"]):
        return {**row, "data_through": last_day(reader, context)}
    return row


def _short(item: Indicator, row: Values, language: str) -> str:
    if row["status"] not in WITH_VALUE or pd.isna(row["value"]):
        return formatting.MISSING
    if item.display_form == "percent" and row["denominator"] < formatting.SMALLEST_PERCENT_BASE:
        return formatting.share(row["numerator"], row["denominator"], language)
    return value_text(item, row, language) if item.display_form == "percent" else _figure(item, row)


def _figure(item: Indicator, row: Values) -> str:
    if item.display_form in ("count", "yuan"):
        return formatting.number(row["value"])
    return formatting.number(row["value"], 1)
