"""The overview: the verdict in a sentence, five figures, what changed most, what is overdue, which data are late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import pandas as pd
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name, region_path
from dashboard.i18n import t
from dashboard.indicators import sentences
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.changes import values_and_changes
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.lateness import late_rows, nobody_late
from dashboard.maps.svg_map import Frame, map_legend, svg_map
from dashboard.memory import kept, recalled
from dashboard.screens.figures import indicator_card, row_of, status_text, value_text
from dashboard.screens.league import Graded, graded_regions
from dashboard.screens.map.screen import MapScreen, map_screen, value_map
from dashboard.screens.references import reference_fact, reference_of
from dashboard.screens.shared import shared_outlines
from dashboard.screens.tables import ScreenTable
from dashboard.sources import FEW_SOURCES, is_covered, joint_names, joint_source, source_name, table_source
from data_access.access import Scope, read_config, validated
from data_access.queries import SnapshotReader

HEADLINE = "headline"
INDEX = "index"
DEFAULT_HEADLINE = "JQ2"
MOST_COUNTED = 500
"""Of what is overdue."""
MAP_HEIGHT = 384
"""Pixels of the map without its legend."""
GRADE_FRAME = Frame(width=450, height=MAP_HEIGHT, name=14, figure=12)
VALUE_FRAME = Frame(width=1060, height=MAP_HEIGHT, name=14, figure=13)
MAY_BE_OVERDUE = ("decision", "case_package")


class OverviewSettings(BaseModel):
    """config/overview.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cards: tuple[str, ...]
    most_cards: int = Field(ge=1, le=7)
    changes: tuple[str, ...]
    shown_each_way: int = Field(ge=1)
    overdue_rows: int = Field(ge=1)


@lru_cache(maxsize=1)
def overview_settings() -> OverviewSettings:
    """Read and check config/overview.toml."""
    return validated(OverviewSettings, read_config("overview.toml"), "config/overview.toml", "overview")


@dataclass(frozen=True)
class OverviewScreen:
    """What the overview draws."""

    verdict: str
    outcome: str
    """The verdict without the index and what is overdue, for where these stand beside it."""
    cards: tuple[Card, ...]
    shown: tuple[str, ...]
    """What each card shows: the id of an indicator, or ``index``."""
    absent: tuple[str, ...]
    """Which figures have no source, and which only one that does not tell of this period, a sentence each."""
    changes: pd.DataFrame
    """``indicator, was, now, change, words, verdict, href``: what got worse most, then what got better most."""
    overdue: pd.DataFrame
    """``item, owner, region, due, days`` of those that are overdue longest."""
    overdue_count: int
    """How many are overdue; counting ends at ``MOST_COUNTED``."""
    nothing_overdue: str
    """What is said where ``overdue`` is empty: none is, nobody gave any, or the role may not see them."""
    late: pd.DataFrame
    """``source, region, last_day, days``."""
    nobody_late: str
    """What is said where ``late`` is empty."""
    where: MapScreen
    """The map and the list beside it."""
    graded: Graded
    """The index of the region and of those listed."""
    picture: Markup
    """The map with its legend, by grade where regions are graded, else by the headline; empty without shapes."""
    sources: Mapping[str, str]
    """From whom the lists below come: ``changes``, ``overdue``, ``late``."""
    tables: tuple[ScreenTable, ...]


@kept
def overview_screen(reader: SnapshotReader, context: Context) -> OverviewScreen:
    """Prepare the overview of the context's region and period."""
    settings = overview_settings()
    headline = headline_of(reader)
    wanted, listed = _chosen(settings.cards, headline), _chosen(settings.changes, headline)
    rows, changed_rows = _read_together(reader, context, [*wanted, *_beside(wanted)], [*wanted, *listed])
    where = map_screen(reader, context, page="overview")
    graded = graded_regions(reader, context, where.listed)
    index = graded.card if INDEX in settings.cards else None
    most = settings.most_cards - (index is not None)
    with_source = [item for item in wanted if rows[item.id]["status"] in WITH_VALUE or _has_source(rows[item.id])]
    few = len(with_source) < most
    shown = with_source[:most]
    changes = {item.id: (item, changed_rows[item.id]) for item in (*listed, *shown)}
    cards = [(item.id, _card(reader, context, item, rows, changes)) for item in shown]
    if index is not None:
        cards.insert(settings.cards.index(INDEX), (INDEX, index))
    changed = _what_changed(context, {item.id: changes[item.id] for item in listed}, settings.shown_each_way)
    all_overdue, late = _overdue(reader, context), _late(reader, context)
    overdue = _written_overdue(reader, context, all_overdue.head(settings.overdue_rows))
    figures = [*shown, *(item for item in _beside(shown) if rows[item.id]["status"] in WITH_VALUE)]
    return OverviewScreen(
        verdict=_verdict(context, headline, rows, changes, graded.sentence, overdue),
        outcome=_verdict(context, headline, rows, changes, "", overdue.iloc[:0]),
        cards=tuple(card for _, card in cards),
        shown=tuple(name for name, _ in cards),
        absent=_absent(reader, context, [item for item in wanted if item not in with_source]) if few else (),
        changes=changed,
        overdue=overdue,
        overdue_count=len(all_overdue),
        nothing_overdue=t(f"overview.{_why_none_overdue(reader, context)}", context.language),
        late=late,
        nobody_late=nobody_late(_watched(reader, context.viewer), context.language),
        where=where,
        graded=graded,
        picture=_picture(reader, context, where, graded),
        sources={
            "changes": _source_of_changes(reader, context, listed, changed),
            "overdue": table_source(
                reader, context.viewer, MAY_BE_OVERDUE, "briefing.source_overdue", context.language
            ),
            "late": _source_of_lateness(reader, context, late),
        },
        tables=(
            _figure_table(reader, context, figures, rows, changes),
            *graded.tables,
            *where.tables,
            _written_table("changes", changed, ("indicator", "was", "now", "change", "words", "certainty"), context),
            _written_table("overdue", overdue, ("item", "owner", "region", "due", "days"), context),
            _written_table("late", late, ("source", "region", "last_day", "days"), context),
        ),
    )


def _picture(reader: SnapshotReader, context: Context, where: MapScreen, graded: Graded) -> Markup:
    """Return the map of the regions listed; a click leads a level down, the pointer gets the figures behind a colour."""
    if graded.rows.empty:
        return value_map(reader, context, where, VALUE_FRAME)
    outlines = shared_outlines(reader, context, where.listed.codes)
    if not outlines:
        return Markup("")
    language, theme, indicator = context.language, context.theme, where.indicator.label(context.language)
    rows = graded.rows.reindex(where.regions.index)
    read = ("name", "grade", "index_text", "interval", "rank", "reason")
    rank = t("ranking.rank", language)
    hover = [
        str(
            Markup("<b>{}</b> {}<br>{} ({})<br>{} {}<br>{}<br>{} {}").format(
                name,
                t(f"grade.{grade}", language),
                t("overview.index_figure", language, index=index),
                interval,
                rank,
                ranks,
                reason,
                indicator,
                raw,
            )
        )
        for name, grade, index, interval, ranks, reason, raw in zip(
            *(rows[column] for column in read), where.regions["text"], strict=True
        )
    ]
    regions = where.regions.assign(
        grade=rows["grade"],
        text=rows["index_text"],
        href=rows["down"],
        hover=hover,
        selected=where.regions.index == (where.listed.selected or ""),
    )
    alt = t("map.alt", language, indicator=t("overview.graded_map", language))
    drawn = svg_map(regions, outlines, GRADE_FRAME, alt=alt, language=language, theme=theme)
    return drawn + map_legend(regions, language, theme)


def _figure_table(
    reader: SnapshotReader,
    context: Context,
    items: list[Indicator],
    rows: dict[str, Values],
    changes: dict[str, tuple[Indicator, Values]],
) -> ScreenTable:
    """Return the figures of the cards, numbers as numbers, with the sentence on the change of each."""
    language, published = context.language, [reference_of(reader, context, item) for item in items]
    names = ("value", "lower", "upper", "numerator", "denominator", "data_through")
    frame = pd.DataFrame(
        {
            "indicator_id": [item.id for item in items],
            "indicator": [item.label(language) for item in items],
            "unit": [item.unit_label(language) for item in items],
            **{name: [rows[item.id][name] for item in items] for name in names},
            "status": [status_text(rows[item.id], language) for item in items],
            "difference": [changes[item.id][1]["difference"] if item.id in changes else None for item in items],
            "sentence": [
                sentences.change_sentence(changes[item.id][1], item, language) if item.id in changes else ""
                for item in items
            ],
            "reference": [each.value if each else None for each in published],
            "reference_from": [f"{each.label(language)} {each.source(language)}" if each else "" for each in published],
        }
    )
    columns = {str(name): t(f"overview_column.{name}", language) for name in frame.columns}
    return ScreenTable("figures", t("overview.figures", language), frame, columns)


def _written_table(key: str, frame: pd.DataFrame, names: tuple[str, ...], context: Context) -> ScreenTable:
    columns = {name: t(f"overview_column.{name}", context.language) for name in names}
    title = "changed" if key == "changes" else key
    return ScreenTable(key, t(f"overview.{title}", context.language), frame, columns)


def headline_of(reader: SnapshotReader) -> Indicator:
    """Return the outcome that the data set declares."""
    return find_indicator(reader.snapshot().dataset.get("headline") or DEFAULT_HEADLINE)


def _chosen(names: tuple[str, ...], headline: Indicator) -> list[Indicator]:
    items = [headline if name == HEADLINE else find_indicator(name) for name in names if name != INDEX]
    return list({item.id: item for item in items if item.available}.values())


def _beside(wanted: list[Indicator]) -> list[Indicator]:
    """Return the figures that stand small beside others: cumulative resolution, red disputes without a package."""
    ids = {item.id for item in wanted}
    names = [name for main, names in _SMALL_FIGURES.items() if main in ids for name in names]
    return [find_indicator(name) for name in names]


_SMALL_FIGURES = {"BH2": ("BH2b", "BH2n"), "YJ1": ("YJ2",)}


def _absent(reader: SnapshotReader, context: Context, items: list[Indicator]) -> tuple[str, ...]:
    """Return the sentences on indicators without a card: no source at all, or one that does not tell of this period."""
    language, coverage = context.language, facts_of(reader, context.viewer).coverage
    without, outside = [], []
    for item in items:
        covers = [coverage.get(name, ()) for name in item.measures]
        if not covers or not all(covers):
            without.append(item.label(language))
            continue
        days = {
            "first": formatting.day(max(min(cover.first_day for cover in each) for each in covers)),
            "last": formatting.day(min(max(cover.last_day for cover in each) for each in covers)),
        }
        outside.append(t("overview.covered", language, name=item.label(language), **days))
    joint = t("overview.joint", language)
    said = (("absent", without), ("outside", outside))
    return tuple(t(f"overview.{key}", language, names=joint.join(names)) for key, names in said if names)


def _has_source(row: Values) -> bool:
    return "not_collected" not in row["notes"] and row["data_through"] is not None


def _read_together(
    reader: SnapshotReader, context: Context, items: list[Indicator], compared: list[Indicator]
) -> tuple[dict[str, Values], dict[str, Values]]:
    """Return the figures of ``items`` and how those ``compared`` changed in a year, of the context's region, by id."""
    region, every = context.region, {item.id: item for item in (*items, *compared)}
    ids = [item.id for item in compared]
    found = values_and_changes(reader, context.viewer, list(every.values()), [region], context.period, ids, region)
    values, changes = ({key: row_of(frame, region) for key, frame in frames.items()} for frames in found)
    return values, changes


def _card(
    reader: SnapshotReader,
    context: Context,
    item: Indicator,
    rows: dict[str, Values],
    changes: dict[str, tuple[Indicator, Values]],
) -> Card:
    language = context.language
    more: dict[str, object] = {"href": context.href("map", indicator=item.id)}
    facts: list[tuple[str, str] | tuple[str, str, str]] = []
    for name in _SMALL_FIGURES.get(item.id, ()):
        if name in rows and rows[name]["status"] in WITH_VALUE:
            other = find_indicator(name)
            facts.append((other.label(language), value_text(other, rows[name], language)))
    if item.display_form == "rate" and not pd.isna(rows[item.id]["numerator"]):
        facts.insert(0, (t("overview.computed", language), arithmetic(rows[item.id], language)))
    published = reference_of(reader, context, item)
    if published is not None:
        facts.append(reference_fact(published, item, rows[item.id], language))
    if facts:
        more["facts"] = facts
    if item.id in changes and rows[item.id]["status"] in WITH_VALUE:
        row = changes[item.id][1]
        more["change"] = change_text(item, row, language)
        more["change_words"] = words_of_change(item, row, language)
        more["compared_with"] = t("overview.last_year", language)
        more["sentence"] = sentences.change_sentence(row, item, language)
    return indicator_card(reader, context, item, rows[item.id], **more)


def arithmetic(row: Values, language: str) -> str:
    """Return how a rate comes about, to three decimals, so that anyone can check it: ``85 ÷ 3,179,220 = 2.674``."""
    return t(
        "overview.arithmetic",
        language,
        numerator=formatting.number(row["numerator"]),
        denominator=formatting.number(row["denominator"]),
        value=formatting.number(row["value"], 3),
    )


def change_text(indicator: Indicator, row: Values, language: str) -> str:
    """Return a change as written on screen: percentage points of shares, percent of counts, else the difference."""
    if pd.isna(row["difference"]):
        return formatting.MISSING
    if indicator.display_form == "percent":
        if sentences.small_share(row):
            return sentences.fractions_text(row, language)
        return formatting.percentage_points(row["difference"], language)
    if indicator.display_form in ("count", "rate", "yuan", "change"):
        old = row["old_numerator"]
        if indicator.display_form == "rate" and not pd.isna(old) and old >= formatting.SMALLEST_PERCENT_BASE:
            return formatting.signed_percent(row["ratio"] - 1)
        if indicator.display_form != "rate":
            return formatting.percent_change(row["new"], row["old"])
        return formatting.signed(row["difference"], 2)
    return formatting.signed(row["difference"], 1)


def words_of_change(indicator: Indicator, row: Values, language: str) -> str:
    """Return which way a figure went and whether that is good; a change that is written as 0.0 went no way."""
    difference = 0.0 if _is_written_as_none(change_text(indicator, row, language)) else row["difference"]
    return formatting.change_words(difference, indicator.direction, language)


def change_sentence(indicator: Indicator, row: Values, language: str) -> str:
    """Return what to make of a change in few words, chance included; `sentences.change_sentence` gives counts and interval."""
    amount, key = change_text(indicator, row, language).lstrip("+−"), row["sentence"]
    if _is_written_as_none(amount):
        key = f"{key.rsplit('.', 1)[0]}.same"
    if indicator.display_form == "rate" and not amount.endswith("%"):
        unit = indicator.unit_label(language, amount)
        amount = t("sentences.amount.plain", language, difference=amount, unit=unit)
    return t(key, language, amount=amount)


def _is_written_as_none(change: str) -> bool:
    digits = {sign for sign in change if sign.isdigit()}
    return digits == {"0"}


def _verdict(
    context: Context,
    headline: Indicator,
    rows: dict[str, Values],
    changes: dict[str, tuple[Indicator, Values]],
    index: str,
    overdue: pd.DataFrame,
) -> str:
    """Return the answer in one sentence: outcome, index, what has nobody who answers for it, what is overdue longest."""
    language = context.language
    first = t(
        "overview.headline" if rows[headline.id]["status"] in WITH_VALUE else "overview.headline_unknown",
        language,
        name=headline.label(language),
        value=value_text(headline, rows[headline.id], language),
    )
    parts = [first]
    if headline.id in changes and rows[headline.id]["status"] in WITH_VALUE:
        parts.append(sentences.change_sentence(changes[headline.id][1], headline, language))
    if index:
        parts.append(index)
    packaged = rows.get("YJ2")
    if packaged is not None and packaged["status"] in WITH_VALUE:
        number = int(packaged["denominator"] - packaged["numerator"])
        parts.append(t("overview.red_without" if number else "overview.red_all_packaged", language, count=number))
    if len(overdue):
        longest = overdue.iloc[0]
        parts.append(t("overview.longest", language, days=longest["days"], owner=longest["owner"], due=longest["due"]))
    return t("overview.joint", language).join(parts) + t("overview.stop", language)


def _what_changed(context: Context, changes: dict[str, tuple[Indicator, Values]], each_way: int) -> pd.DataFrame:
    """Return the changes least likely by chance: the ones for the worse, then the ones for the better."""
    language = context.language
    rows = [
        {
            "key": item.id,
            "indicator": item.label(language),
            "was": value_text(item, _side(row, "old"), language),
            "now": value_text(item, _side(row, "new"), language),
            "change": change_text(item, row, language),
            "words": words_of_change(item, row, language),
            "certainty": t(f"overview.certainty_{_certainty(row)}", language),
            "verdict": row["verdict"],
            "p_value": row["p_value"],
            "href": context.href("trends", indicator=item.id),
        }
        for item, row in changes.values()
        if row["way"] in ("up", "down") and row["p_value"] is not None and not pd.isna(row["p_value"])
    ]
    rows.sort(key=itemgetter("p_value"))
    chosen = [row for verdict in ("worse", "better") for row in _first(rows, verdict, each_way)]
    names = ["key", "indicator", "was", "now", "change", "words", "certainty", "verdict", "p_value", "href"]
    changed = pd.DataFrame(chosen, columns=names)
    changed["p_value"] = changed["p_value"].astype(float)
    return changed


def _first(rows: list[dict[str, Any]], verdict: str, count: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["verdict"] == verdict][:count]


def _source_of_changes(
    reader: SnapshotReader, context: Context, compared: list[Indicator], changed: pd.DataFrame
) -> str:
    """Return from whom the changes shown come; where none is shown, from whom those come that were compared."""
    items = [find_indicator(key) for key in changed["key"]] or compared
    return joint_source(reader, context.viewer, items, context.language, FEW_SOURCES, context.period)


def _side(row: Values, side: str) -> Values:
    return {"status": "ok", "value": row[side], "denominator": row[f"{side}_denominator"]}


def _certainty(row: Values) -> str:
    return "beyond" if row["beyond_chance"] else "within"


def _overdue(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    if not context.viewer.permissions.records:
        return pd.DataFrame()
    as_of = min(context.period.end, reader.snapshot().data_through)
    return reader.overdue(context.viewer, context.region, as_of, MOST_COUNTED)


def _written_overdue(reader: SnapshotReader, context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=["item", "owner", "region", "due", "days"])
    language = context.language
    regions = reader.regions(context.viewer)
    suffix = "_en" if language == "en" else ""
    return pd.DataFrame(
        {
            "item": [
                task or t(f"overdue.{kind}", language)
                for kind, task in zip(rows["kind"], rows[f"task{suffix}"], strict=True)
            ],
            "owner": rows[f"owner{suffix}"],
            "region": [region_name(regions, code, language) for code in rows["region_code"]],
            "due": [formatting.day(day) for day in rows["due_on"]],
            "days": [formatting.days(days, language) for days in rows["days_overdue"]],
        }
    )


def is_overdue_known(reader: SnapshotReader, context: Context) -> bool:
    """Return whether an empty list of what is overdue says that nothing is: the role may see it, and a source gives it."""
    return context.viewer.permissions.records and is_covered(reader, context.viewer, MAY_BE_OVERDUE)


def _why_none_overdue(reader: SnapshotReader, context: Context) -> str:
    if is_overdue_known(reader, context):
        return "no_overdue"
    return "overdue_not_given" if context.viewer.permissions.records else "overdue_hidden"


def _late(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    """Return the late regions that the figures shown rest on, worst first: the region itself, those in it and around it."""
    language, viewer, region = context.language, context.viewer, context.region
    return recalled(reader, ("late", viewer, region, language), lambda: _late_rows(reader, viewer, region, language))


def _late_rows(reader: SnapshotReader, viewer: Scope, region: str, language: str) -> pd.DataFrame:
    regions = reader.regions(viewer)
    rows, around = late_rows(facts_of(reader, viewer).lateness), region_path(regions, region)
    concerned = [code in around or region in region_path(regions, code) for code in rows["region_code"]]
    rows = rows[pd.Series(concerned, index=rows.index, dtype=bool)]
    return pd.DataFrame(
        {
            "source": [source_name(reader.snapshot(), source, language) for source in rows["source"]],
            "region": [region_name(regions, code, language) for code in rows["region_code"]],
            "last_day": [formatting.day(day) for day in rows["last_day"]],
            "days": [formatting.days(days, language) for days in rows["days_late"]],
        }
    )


@kept
def _watched(reader: SnapshotReader, viewer: Scope) -> list[str]:
    """Return the sources whose deliveries are looked at."""
    return facts_of(reader, viewer).lateness["source"].unique().tolist()


def _source_of_lateness(reader: SnapshotReader, context: Context, late: pd.DataFrame) -> str:
    """Return which sources are late; where none is, all whose deliveries are looked at."""
    language, names = context.language, late["source"].tolist()
    if late.empty:
        names = [source_name(reader.snapshot(), source, language) for source in _watched(reader, context.viewer)]
    return joint_names(names, language, FEW_SOURCES)
