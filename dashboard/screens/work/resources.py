"""Resources: is the money spent where it should be, are stations and mediators in place, what did the fund reward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import evaluate, values_of
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.memory import kept
from dashboard.periods import Period
from dashboard.screens.children import Listed, in_scope, level_headings, level_word, listed_down_to, names_of, place_of
from dashboard.screens.figures import row_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work.cards import Rows, cards_of
from dashboard.screens.work.resource_parts import (
    TOWNSHIP,
    Proposals,
    after_proposals,
    award_list,
    awarded_by,
    budgets,
    fund_checks,
    grades,
    lacking,
    reason_name,
    yuan,
)
from dashboard.screens.work.settings import resource_settings
from dashboard.screens.work.shares import (
    COUNTY,
    counted_text,
    figure_of,
    is_divided,
    share_rows,
    share_table,
    with_counts,
)
from data_access.queries import SnapshotReader

PAGE = "resources"
GROWTH = "JF1"
PROPOSALS = "proposals"
"""Parameter that asks for the fund after the awards proposed."""
PER_COUNTY = ("JF2", "WG1")
"""Indicators that are counted by county at the finest."""


@dataclass(frozen=True)
class ResourcesScreen:
    """What the resources page draws."""

    verdict: str
    coarser: str
    """What stands for a larger region than the open one; empty when nothing does."""
    cards: tuple[Card, ...]
    year: int
    items: pd.DataFrame
    """Items of the budget: planned, spent, planned for the year after."""
    budget: pd.DataFrame
    """The same by region."""
    budget_regions: Listed
    standards: pd.DataFrame
    """Stations and mediators by region."""
    listed: Listed
    lacking: pd.DataFrame
    """Townships that lack something."""
    grades: pd.DataFrame
    awards_by: pd.DataFrame
    reasons: tuple[str, ...]
    """Reasons with awards, as columns of ``awards_by``."""
    awards: pd.DataFrame
    awards_allowed: bool
    checks: pd.DataFrame
    proposals: Proposals | None
    """The fund after the awards proposed; prepared only when the address asks for it, since it grades every township."""
    tables: tuple[ScreenTable, ...]


@kept
def resources_screen(reader: SnapshotReader, context: Context) -> ResourcesScreen:
    """Prepare the resources of the context's region for the year its period lies in."""
    settings = resource_settings()
    regions = reader.regions(context.viewer)
    through = reader.snapshot().data_through
    as_of = min(context.period.end, through)
    year_start = date(context.period.end.year, 1, 1)
    county = _in_scope(regions, place_of(regions, context.region, COUNTY))
    place = _in_scope(regions, place_of(regions, context.region, TOWNSHIP)) or context.region
    listed = listed_down_to(reader, context, TOWNSHIP)
    counties = listed_down_to(reader, context, COUNTY)
    found = _found(reader, context, [place, *listed.codes, *([county] if county else [])])
    rows = {
        name: row_of(frame, county if county and find_indicator(name).finest_depth <= COUNTY else place)
        for name, frame in found.items()
    }
    items = _items(reader, context, county)
    budget = _budget(reader, context, counties, regions)
    standards = share_rows(reader, context, found, settings.regions.indicators, listed, PAGE)
    lacks = lacking(reader, context, regions, context.region)
    spread = grades(reader, context, county, as_of) if county else pd.DataFrame()
    awards_by = awarded_by(reader, context, listed, regions, year_start, as_of)
    reasons = tuple(name for name in awards_by.columns if f"{name}_text" in awards_by and _is_reason(name, awards_by))
    awards = award_list(reader, context, regions, year_start, as_of)
    checks = _checks(reader, context, rows, year_start, as_of)
    growth = _growth(reader, context, county)
    left = float(rows["JJ4"]["value"]) if rows["JJ4"]["status"] in WITH_VALUE else float("nan")
    asked = context.own_value(PROPOSALS, ("on",), "") == "on"
    proposals = after_proposals(reader, context, regions, as_of, left) if asked else None
    return ResourcesScreen(
        verdict=_verdict(context, items, rows, growth, lacks),
        coarser=_coarser(reader, context, county, regions),
        cards=_cards(reader, context, rows, growth),
        year=context.period.end.year,
        items=items,
        budget=budget,
        budget_regions=counties,
        standards=standards,
        listed=listed,
        lacking=lacks.head(settings.lacking_rows),
        grades=spread,
        awards_by=awards_by[awards_by["amount"] > 0],
        reasons=reasons,
        awards=awards,
        awards_allowed=context.viewer.permissions.records,
        checks=checks,
        proposals=proposals,
        tables=_tables(
            reader, context, items, budget, standards, lacks, spread, awards_by, reasons, awards, checks, proposals
        ),
    )


def proposal_links(context: Context) -> list[tuple[str, str, bool]]:
    """Return the ways to the fund after the proposed awards, and to the matrix that proposes them."""
    language = context.language
    asked = context.own_value(PROPOSALS, ("on",), "") == "on"
    ways = ((t("resources.proposals_off", language), None), (t("resources.proposals_on", language), "on"))
    links = [(word, context.href(PAGE, **{PROPOSALS: value}), asked == bool(value)) for word, value in ways]
    return [*links, (t("resources.to_matrix", language), context.href("assessment"), False)]


def _in_scope(regions: pd.DataFrame, code: str) -> str:
    """Return a region when the viewer may see it, else an empty text."""
    return code if in_scope(regions, code) else ""


def _found(reader: SnapshotReader, context: Context, codes: list[str]) -> dict[str, pd.DataFrame]:
    settings = resource_settings()
    beside = [name for names in settings.beside.values() for name in names]
    wanted = list(dict.fromkeys([*settings.cards, *beside, *settings.regions.indicators]))
    return values_of(reader, context.viewer, wanted, list(dict.fromkeys(codes)), context.period)


def _items(reader: SnapshotReader, context: Context, county: str) -> pd.DataFrame:
    """Return the budget by item in the order of the settings, what is planned largest, and its total."""
    if not county:
        return pd.DataFrame()
    frame = budgets(reader, context, [county], by="class_code")
    return frame.sort_values("planned", ascending=False, na_position="last")


def _budget(reader: SnapshotReader, context: Context, listed: Listed, regions: pd.DataFrame) -> pd.DataFrame:
    known = [code for code in listed.codes if _in_scope(regions, code)]
    frame = budgets(reader, context, known).reindex(known) if known else pd.DataFrame()
    if frame.empty or frame["planned"].isna().all():
        return pd.DataFrame()
    frame["name"] = names_of(regions, tuple(known), context.language)
    frame["href"] = [context.href(PAGE, region=code) for code in known]
    frame["region_code"] = frame.index
    return frame.sort_values("rate", na_position="last", kind="stable")


def _is_reason(name: str, awards_by: pd.DataFrame) -> bool:
    return name not in ("amount", "awards") and bool((awards_by[name] > 0).any())


def _growth(reader: SnapshotReader, context: Context, county: str) -> tuple[int, Values] | None:
    """Return the growth of the budget planned for the year after, or of the period's own year; with that year."""
    if not county:
        return None
    year = context.period.end.year
    years = [year + 1, year]
    periods = [Period(each, "year") for each in years]
    found = evaluate(reader, context.viewer, [find_indicator(GROWTH)], [county], periods)[GROWTH]
    for each, row in zip(years, found.to_dict("records"), strict=True):
        if row["status"] in WITH_VALUE:
            return each, row
    return None


def _cards(reader: SnapshotReader, context: Context, rows: Rows, growth: tuple[int, Values] | None) -> tuple[Card, ...]:
    settings, language = resource_settings(), context.language
    through = reader.snapshot().data_through
    drawn = cards_of(reader, context, settings.cards, settings.beside, rows, {})
    cards = []
    for name, card in zip(settings.cards, drawn, strict=True):
        facts = [] if not is_divided(find_indicator(name)) else _counted(name, rows[name], language)
        facts += [_fact(other, rows[other], language) for other in settings.beside.get(name, ())]
        more: dict[str, Any] = {"facts": facts, "data_through": min(card.data_through or through, through)}
        if name == GROWTH and growth is not None:
            year, row = growth
            more |= {
                "title": t("resources.growth_of", language, year=year),
                "figure": formatting.signed_percent(row["value"]),
                "sentence": None,
                "facts": [
                    (t("resources.planned_of", language, year=year), yuan(row["numerator"], language)),
                    (t("resources.planned_of", language, year=year - 1), yuan(row["denominator"], language)),
                ],
            }
        cards.append(replace(card, **more))
    return tuple(cards)


def _counted(name: str, row: Values, language: str) -> list[tuple[str, str]]:
    if find_indicator(name).kind == "mean":
        pairs = (("resources.spent", row["numerator"]), ("resources.planned", row["denominator"]))
        return [(t(key, language), yuan(value, language)) for key, value in pairs if not pd.isna(value)]
    text = counted_text(row)
    return [(t("work.counted", language), text)] if text else []


def _fact(name: str, row: Values, language: str) -> tuple[str, str]:
    item = find_indicator(name)
    if item.display_form == "yuan" and row["status"] in WITH_VALUE:
        return item.label(language), yuan(row["value"], language)
    if item.kind == "proportion":
        return item.label(language), with_counts(item, row, language)
    text = figure_of(item, row, language)
    if row["status"] in WITH_VALUE:
        text = t("figure.with_unit", language, figure=text, unit=item.unit_label(language, text))
    return item.label(language), text


def _checks(reader: SnapshotReader, context: Context, rows: Rows, start: date, as_of: date) -> pd.DataFrame:
    largest = reader.largest_award(context.viewer, context.region, start, as_of)
    spent, fund = rows["JJ1n"], rows["JJ5"]
    return fund_checks(
        largest,
        float(spent["value"]) if spent["status"] in WITH_VALUE else float("nan"),
        float(fund["value"]) if fund["status"] in WITH_VALUE else float("nan"),
        context.language,
    )


def _coarser(reader: SnapshotReader, context: Context, county: str, regions: pd.DataFrame) -> str:
    if county == context.region:
        return ""
    level = level_word(reader.snapshot(), COUNTY, context.language)
    if not county:
        return t("resources.county_only", context.language, level=level)
    name = names_of(regions, (county,), context.language).iloc[0]
    return t("resources.coarser", context.language, level=level, name=name)


def _verdict(
    context: Context,
    items: pd.DataFrame,
    rows: Rows,
    growth: tuple[int, Values] | None,
    lacks: pd.DataFrame,
) -> str:
    language, said = context.language, []
    spent = rows["JF2"]
    if spent["status"] in WITH_VALUE:
        said.append(
            t(
                "resources.verdict_spent",
                language,
                year=context.period.end.year,
                planned=yuan(spent["denominator"], language),
                spent=yuan(spent["numerator"], language),
                rate=formatting.percent(spent["value"]),
            )
        )
        known = items[items["rate"].notna()] if len(items) else items
        if len(known):
            least = known.sort_values("rate").iloc[0]
            said.append(t("resources.verdict_least", language, item=least["item"], rate=least["rate_text"]))
    if growth is not None:
        year, row = growth
        said.append(t("resources.verdict_growth", language, year=year, growth=formatting.signed_percent(row["value"])))
    if len(lacks):
        said.append(t("resources.verdict_lacking", language, count=len(lacks)))
    fund, spent_of_fund, awards = rows["JJ4"], rows["JJ1n"], rows["JJ2"]
    if fund["status"] in WITH_VALUE and awards["status"] in WITH_VALUE:
        said.append(
            t(
                "resources.verdict_fund",
                language,
                count=int(awards["value"]),
                amount=yuan(spent_of_fund["value"], language),
                left=yuan(fund["value"], language),
            )
        )
    if not said:
        return t("resources.none", language)
    return t("overview.joint", language).join(said) + t("overview.stop", language)


_BUDGET = ("planned", "spent", "rate", "unspent", "next_planned", "growth")


def _tables(
    reader: SnapshotReader,
    context: Context,
    items: pd.DataFrame,
    budget: pd.DataFrame,
    standards: pd.DataFrame,
    lacks: pd.DataFrame,
    spread: pd.DataFrame,
    awards_by: pd.DataFrame,
    reasons: tuple[str, ...],
    awards: pd.DataFrame,
    checks: pd.DataFrame,
    proposals: Proposals | None,
) -> tuple[ScreenTable, ...]:
    language = context.language
    level = level_headings(reader.snapshot(), language)

    def made(key: str, frame: pd.DataFrame, names: tuple[str, ...], more: dict[str, str] | None = None) -> ScreenTable:
        headings = {name: level.get(name) or t(f"resources_column.{name}", language) for name in names} | (more or {})
        return ScreenTable(key, t(f"resources.title_{key}", language), frame.reindex(columns=list(headings)), headings)

    proposed = () if proposals is None else (made("proposals", proposals.balance, ("entry", "amount", "remark")),)
    named = {name: reason_name(name, language) for name in reasons}
    return (
        made("items", items, ("item", *_BUDGET)),
        made("budget", budget, ("region_code", "name", *_BUDGET)),
        share_table(
            "standards",
            t("resources.title_standards", language),
            standards,
            resource_settings().regions.indicators,
            language,
        ),
        made("lacking", lacks, ("name", "county", "lacks", "count")),
        made("grades", spread.assign(grade=spread.get("label")), ("grade", "post", "step", "pay", "workers", "share")),
        made("awards_by", awards_by, ("region_code", "name", "awards", "amount"), named),
        made(
            "awards",
            awards,
            ("number", "region", "reason", "scheme", "amount", "applied_on", "awarded_on", "days", "document"),
        ),
        made("checks", checks, ("rule", "limit", "found", "verdict")),
        *proposed,
    )
