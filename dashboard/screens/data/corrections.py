"""Corrections of figures: what was declared wrong, with its reason, beside what is computed; neither overwrites the other."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.components import Entry, versions_of
from dashboard.context import Context, region_name
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.indicators.evaluate import values
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.periods import Period
from dashboard.screens.figures import value_text
from dashboard.screens.overview import headline_of
from dashboard.screens.tables import ScreenTable
from data_access.ledger import Item, Ledger, record_item_id
from data_access.queries import SnapshotReader

CORRECTION = "correction"
_COLUMNS = ("figure", "region", "period", "computed", "declared", "difference", "state", "reason", "role")


@dataclass(frozen=True)
class Corrections:
    """The corrections of a region and all below it, and the form of one figure."""

    choices: tuple[Indicator, ...]
    chosen: Indicator
    now: str
    """What is computed for the chosen figure, as written."""
    rows: pd.DataFrame
    """As written, last changed first; ``href`` opens the figure."""
    entry: Entry
    table: ScreenTable


def corrections_screen(reader: SnapshotReader, context: Context) -> Corrections:
    """Prepare the corrections below the context's region and the form of the figure that the address names."""
    language, ledger = context.language, Ledger.beside(reader)
    choices = tuple(item for item in load_catalogue().values() if item.available)
    names = [item.id for item in choices]
    headline = headline_of(reader).id
    usual = headline if headline in names else names[0]
    chosen = find_indicator(context.own_value("indicator", names, usual))
    row = values(reader, context.viewer, chosen, [context.region], context.period).iloc[0]
    item_id = record_item_id(CORRECTION, chosen.id, context.region, str(context.period))
    initial: dict[str, object] = {"indicator": chosen.id, "period": str(context.period)}
    if row["status"] in WITH_VALUE:
        initial["computed"] = round(float(row["value"]) * _scale(chosen), 6)
    entry = Entry(
        title=t("corrections.write", language, name=chosen.label(language), unit=_unit(chosen, language)),
        kind=CORRECTION,
        item_id=item_id,
        region_code=context.region,
        fields=("declared",),
        item=ledger.item(context.viewer, item_id),
        initial=initial,
        versions=_versions(ledger, context, item_id),
    )
    listed = ledger.items(context.viewer, CORRECTION, region_code=context.region)
    regions = reader.regions(context.viewer)
    frame = pd.DataFrame([_row(context, regions, item) for item in listed], columns=[*_COLUMNS, "href"])
    headings = {name: t(f"corrections_column.{name}", language) for name in _COLUMNS}
    table = ScreenTable("corrections", t("corrections.title", language), frame, headings)
    return Corrections(choices, chosen, value_text(chosen, row, language), frame, entry, table)


def _row(context: Context, regions: pd.DataFrame, item: Item) -> dict[str, object]:
    """Return one correction as written; its numbers only for roles that see small counts anyway."""
    language, said = context.language, item.values
    known = load_catalogue().get(str(said["indicator"]))
    period = Period.parse(str(said["period"]))
    computed, declared = said.get("computed"), said["declared"]
    shown = context.viewer.permissions.small_counts
    difference = float(str(declared)) - float(str(computed)) if computed is not None else None
    return {
        "figure": known.label(language) if known else said["indicator"],
        "region": region_name(regions, item.region_code, language),
        "period": period.label(language),
        "computed": _number(computed, known, language) if shown else formatting.MISSING,
        "declared": _number(declared, known, language) if shown else formatting.MISSING,
        "difference": _number(difference, known, language) if shown else formatting.MISSING,
        "state": item.state_label(language),
        "reason": item.reason,
        "role": item.role_label(language),
        "href": context.href("quality", indicator=said["indicator"], region=item.region_code, period=period),
    }


def _versions(ledger: Ledger, context: Context, item_id: str) -> pd.DataFrame:
    versions = versions_of(ledger, context, item_id)
    return versions if context.viewer.permissions.small_counts else versions.assign(changes=formatting.MISSING)


def _number(value: object, indicator: Indicator | None, language: str) -> str:
    if value is None:
        return formatting.MISSING
    unit = _unit(indicator, language) if indicator else ""
    text = f"{float(str(value)):,.4f}".rstrip("0").rstrip(".")
    return t("figure.with_unit", language, figure=text, unit=unit) if unit not in ("", "%") else text + unit


def _scale(indicator: Indicator) -> float:
    return 100.0 if indicator.display_form in ("percent", "change") else 1.0


def _unit(indicator: Indicator, language: str) -> str:
    return "%" if indicator.display_form in ("percent", "change") else indicator.unit_label(language)
