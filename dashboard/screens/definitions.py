"""The definitions page: every indicator by system, and one of them in full."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.context import Context
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.indicators.evaluate import values
from dashboard.screens.figures import value_text
from dashboard.screens.tables import ScreenTable
from dashboard.sources import indicator_source
from data_access.queries import SnapshotReader

_BETWEEN_SENTENCES = {"zh": "", "en": " "}


@dataclass(frozen=True)
class DefinitionsScreen:
    """What the definitions page draws."""

    indicators: pd.DataFrame
    """``system, id, name, unit, href``, in the catalogue's order."""
    chosen: Indicator
    facts: pd.DataFrame
    """``term, text`` of the chosen indicator."""
    tables: tuple[ScreenTable, ...]


def definitions_screen(reader: SnapshotReader, context: Context) -> DefinitionsScreen:
    """Prepare the list and the indicator of the address."""
    language = context.language
    catalogue = load_catalogue()
    names = {name: item.id for item in catalogue.values() for name in (item.id, *item.aliases)}
    chosen = find_indicator(context.own_value("indicator", names, next(iter(catalogue))))
    rows = [
        {
            "system": localised(language, item.system.name, item.system.name_en),
            "id": item.id,
            "name": item.label(language),
            "unit": item.unit_label(language),
            "href": context.href("definitions", indicator=item.id),
        }
        for item in catalogue.values()
    ]
    listed, facts = pd.DataFrame(rows), _facts(reader, context, chosen)
    headings = {name: t(f"definitions.{name}", language) for name in ("system", "id", "name", "unit", "term", "text")}
    tables = (
        ScreenTable(
            "indicators",
            t("definitions.list", language),
            listed,
            {name: headings[name] for name in ("system", "id", "name", "unit")},
        ),
        ScreenTable("definition", chosen.label(language), facts, {name: headings[name] for name in ("term", "text")}),
    )
    return DefinitionsScreen(listed, chosen, facts, tables)


def _facts(reader: SnapshotReader, context: Context, item: Indicator) -> pd.DataFrame:
    language = context.language
    row = values(reader, context.viewer, item, [context.region], context.period).iloc[0]
    facts = {
        "current": value_text(item, row, language),
        "definition": item.definition_text(language),
        "numerator": item.numerator_label(language),
        "denominator": item.denominator_label(language) or "—",
        "unit": item.unit_label(language),
        "direction": t(f"indicator_direction.{item.direction}", language),
        "method": t(f"indicator_method.{row['method']}", language),
        "window": t(f"indicator_window.{item.window}", language),
        "source": indicator_source(reader, context.viewer, item, language),
        "frequency": t(f"indicator_frequency.{item.frequency}", language),
        "stage": t(f"indicator_stage.{item.earliest_stage}", language),
        "suppression": t(f"indicator_suppression.{item.suppression}", language),
        "caveats": _BETWEEN_SENTENCES[language].join(item.caveat_texts(language)),
        "version": "; ".join(
            f"{each.version} ({each.date.isoformat()}) {localised(language, each.change, each.change_en)}"
            for each in item.history
        ),
    }
    if not item.available:
        facts["unavailable"] = item.reason_unavailable(language)
    return pd.DataFrame({"term": [t(f"definitions.{name}", language) for name in facts], "text": list(facts.values())})
