"""From whom the figures come: names that the data set gives its sources, else config/sources.toml and the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine.facts import evaluation_rules, facts_of
from dashboard.indicators.engine.quantiles import measure_behind
from dashboard.indicators.engine.windows import wanted_days
from dashboard.periods import Period
from data_access.access import Scope, read_config, validated
from data_access.measures import load_measures
from data_access.queries import SnapshotInfo, SnapshotReader

FEW_SOURCES = 2
"""Sources that a small card names before it only says how many."""


class Source(BaseModel):
    """One system, in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)


@lru_cache(maxsize=1)
def load_sources() -> Mapping[str, Source]:
    """Read and check config/sources.toml."""
    rows = read_config("sources.toml")
    return {key: validated(Source, row, "config/sources.toml", key) for key, row in rows.items()}


def source_name(snapshot: SnapshotInfo, source_id: str, language: str) -> str:
    """Return the name of a source on screen: the data set's own, else that of config/sources.toml, else its id."""
    own = snapshot.own_name("source", source_id, language)
    if own is not None:
        return own
    source = load_sources().get(source_id)
    return localised(language, source.name, source.name_en) if source else source_id


def indicator_source(
    reader: SnapshotReader, scope: Scope, indicator: Indicator, language: str, period: Period | None = None
) -> str:
    """Return from whom the rows behind an indicator come, as every tile, hand-out and command names it.

    A data set that names its sources is asked which of them cover the indicator's measures, and of those the days that a
    figure of ``period`` stands on, where one is given; the catalogue's system is that of a data set that doesn't.
    """
    snapshot = reader.snapshot()
    if not snapshot.names_its_sources:
        return indicator.source_label(language)
    days = _days(indicator, period) if period is not None else None
    return _own_names(reader, scope, snapshot, _measures(indicator), language, days)


def joint_source(
    reader: SnapshotReader,
    scope: Scope,
    indicators: Iterable[Indicator],
    language: str,
    most: int | None = None,
    period: Period | None = None,
) -> str:
    """Return from whom the rows behind several indicators come, each source once; past ``most`` only how many more.

    That some of them have no source is said only where none has one.
    """
    none = t("card.no_source", language)
    found = [indicator_source(reader, scope, item, language, period) for item in indicators]
    return joint_names([name for name in found if name != none], language, most)


def joint_names(names: Iterable[str], language: str, most: int | None = None) -> str:
    """Return sources in a row, each once; past ``most`` only how many more; of none, that there is no source."""
    each = list(dict.fromkeys(names)) or [t("card.no_source", language)]
    joint = t("card.sources_joint", language)
    if most is None or len(each) <= most:
        return joint.join(each)
    return t("card.source_more", language, names=joint.join(each[:most]), count=len(each) - most)


def table_source(reader: SnapshotReader, scope: Scope, tables: Collection[str], key: str, language: str) -> str:
    """Return from whom the rows of ``tables`` come: what the text ``key`` says, unless the data set names its sources."""
    snapshot = reader.snapshot()
    if not snapshot.names_its_sources:
        return t(key, language)
    measures = {name for name, measure in load_measures().items() if measure.table in tables}
    return _own_names(reader, scope, snapshot, measures, language)


def is_covered(reader: SnapshotReader, scope: Scope, tables: Collection[str]) -> bool:
    """Return whether any source gives rows of ``tables``; where none does, an empty list says nothing."""
    coverage = facts_of(reader, scope).coverage
    return any(coverage.get(name) for name, measure in load_measures().items() if measure.table in tables)


def has_source(reader: SnapshotReader, scope: Scope, indicator: Indicator) -> bool:
    """Return whether a source tells of every measure that an indicator stands on, of whatever days."""
    coverage = facts_of(reader, scope).coverage
    return all(coverage.get(name) for name in indicator.measures)


def _own_names(
    reader: SnapshotReader,
    scope: Scope,
    snapshot: SnapshotInfo,
    measures: Collection[str],
    language: str,
    days: tuple[date, date] | None = None,
) -> str:
    """Return the data set's own names of the sources that cover ``measures``.

    Only those of ``days``, unless nothing covers these.
    """
    coverage = facts_of(reader, scope).coverage
    covers = [cover for measure in measures for cover in coverage.get(measure, ())]
    if days is not None:
        first, last = days
        covers = [cover for cover in covers if cover.first_day <= last and cover.last_day >= first] or covers
    sources = {cover.source for cover in covers}
    names = dict.fromkeys(source_name(snapshot, source, language) for source in sorted(sources))
    return t("card.source_joint", language).join(names) or t("card.no_source", language)


def _days(indicator: Indicator, period: Period) -> tuple[date, date]:
    """Return the first and last day that any part of an indicator asks for at ``period``."""
    parts = [indicator, *(find_indicator(name) for name in indicator.components)]
    windows = {term.window or part.window for part in parts for term in part.terms}
    carry = evaluation_rules().stock_carry_months
    asked = [wanted_days(window, period, carry) for window in windows or {indicator.window}]
    return min(first or date.min for first, _ in asked), max(last for _, last in asked)


def _measures(indicator: Indicator) -> set[str]:
    """Return the measures behind an indicator, those of its components or of its waiting time included."""
    found = {*indicator.measures}
    if indicator.histogram is not None:
        found.add(measure_behind(indicator.histogram))
    return found.union(*(_measures(find_indicator(name)) for name in indicator.components))
