"""What one picture of the wall shows: map, figures, panels and ticker, taken from the same objects as the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, default_period, region_name, region_path
from dashboard.grading.league import League
from dashboard.i18n import t
from dashboard.indicators.breakdown import by_class, class_names_of
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.indicators.changes import changes_of
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.evaluate import series, values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.maps.outlines import Outline
from dashboard.periods import Grain, Period
from dashboard.screens.children import Listed, listed_regions, names_of
from dashboard.screens.figures import indicator_card, interval_text, row_text
from dashboard.screens.league import basis_note, index_source, league_below, rank_text
from dashboard.screens.map.screen import map_screen, mapped_indicators
from dashboard.screens.overview import (
    MOST_COUNTED,
    OverviewScreen,
    change_sentence,
    change_text,
    headline_of,
    is_overdue_known,
    overview_screen,
    words_of_change,
)
from dashboard.screens.shared import shared_outlines
from dashboard.screens.work.disputes import disputes_screen
from dashboard.screens.work.response import response_screen
from dashboard.sources import FEW_SOURCES, indicator_source
from dashboard.wall.settings import GRADE, HEADLINE, NEED_INDICATOR, Panel, Step, WallScreen, wall_settings
from data_access.access import Scope
from data_access.queries import SnapshotReader

TREND_LENGTH: Mapping[Grain, int] = {"month": 24, "year": 12}
INSUFFICIENT = "insufficient"


@dataclass(frozen=True)
class PanelContent:
    """A card at the side: a table, or a series with its limits, or words why there is neither."""

    kind: str
    title: str
    share: float
    source: str
    rows: pd.DataFrame
    """What the kind needs; empty when there is nothing."""
    empty: str
    note: str = ""
    unit: str = ""
    left_out: int = 0
    """How many there are beyond ``rows``."""


@dataclass(frozen=True)
class WallFrame:
    """One picture, complete: nothing is asked of the database while it is drawn."""

    title: str
    region: str
    path: tuple[tuple[str, str], ...]
    """Code and name from the outermost region down."""
    period: Period
    verdict: str
    map_title: str
    regions: pd.DataFrame
    """Indexed by code: ``name, grade, value, text, selected``."""
    coloured_by: str
    """``grade`` or the id of an indicator."""
    outlines: tuple[Outline, ...]
    figures: tuple[Card, ...]
    left: tuple[PanelContent, ...]
    right: tuple[PanelContent, ...]
    ticker: tuple[str, ...]
    snapshot_id: str
    data_through: date
    dataset: str
    is_demonstration: bool


def wall_context(reader: SnapshotReader, viewer: Scope, screen: WallScreen, region: str | None) -> Context:
    """Return the point of view of a screen: its language and theme, the last complete period, the viewer's region."""
    code = region or viewer.region_code
    regions = reader.regions(viewer)
    if code not in regions.index or not bool(regions.at[code, "in_scope"]):
        code = viewer.region_code
    return Context(code, default_period(reader.snapshot()), screen.language, screen.theme, viewer)


def steps_with_data(reader: SnapshotReader, viewer: Scope, steps: Sequence[Step]) -> list[Step]:
    """Return the steps of which the data have more than the headline; the first one where they have no more."""
    return [each for each in steps if any(_is_collected(reader, viewer, name) for name in each.indicators)] or [
        *steps[:1]
    ]


def regions_of_step(reader: SnapshotReader, context: Context, step: Step) -> tuple[str, ...]:
    """Return the regions that the step goes through, one picture each; none where they are too many to wait for."""
    if step.regions == "own":
        return (context.region,)
    codes = listed_regions(context, reader.regions(context.viewer), reader.snapshot()).codes
    return codes if len(codes) <= wall_settings().most_regions else ()


def wall_frame(reader: SnapshotReader, context: Context, step: Step) -> WallFrame:
    """Prepare one picture for the context's region."""
    language = context.language
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, snapshot)
    overview = overview_screen(reader, context)
    league = league_below(reader, context, listed)
    coloured_by = _colour(reader, context, step, league, listed)
    drawn = _regions(reader, context, listed, league, coloured_by)
    makers = _Panels(reader, context, listed, overview, league)
    named = t("wall.grade_map", language) if coloured_by == GRADE else find_indicator(coloured_by).label(language)
    return WallFrame(
        title=step.label(language),
        region=context.region,
        path=tuple((code, region_name(regions, code, language)) for code in region_path(regions, context.region)),
        period=context.period,
        verdict=_verdict(reader, context, step, overview),
        map_title=t("map.title", language, indicator=named, level=listed.level_word),
        regions=drawn,
        coloured_by=coloured_by,
        outlines=shared_outlines(reader, context, listed.codes),
        figures=_figures(reader, context, step),
        left=makers.side(step.left),
        right=makers.side(step.right),
        ticker=_ticker(reader, overview, language),
        snapshot_id=snapshot.snapshot_id,
        data_through=snapshot.data_through,
        dataset=snapshot.name(language),
        is_demonstration=snapshot.is_demonstration,
    )


def _counted_by(item: Indicator) -> Indicator | None:
    """Return the indicator that is the numerator of a rate."""
    counts = (each for each in load_catalogue().values() if each.kind == "count" and each.numerator == item.numerator)
    return next(counts, None)


def _is_collected(reader: SnapshotReader, viewer: Scope, indicator: str) -> bool:
    item, coverage = find_indicator(indicator), facts_of(reader, viewer).coverage
    return item.available and all(coverage.get(term.measure) for term in item.terms if not term.optional)


def _verdict(reader: SnapshotReader, context: Context, step: Step, overview: OverviewScreen) -> str:
    if step.answer == "disputes":
        return disputes_screen(reader, context).verdict
    return response_screen(reader, context).verdict if step.answer == "response" else overview.outcome


def _colour(reader: SnapshotReader, context: Context, step: Step, league: League | None, listed: Listed) -> str:
    if step.colour == GRADE and league is not None:
        return GRADE
    fitting = {item.id for item in mapped_indicators(listed.depth)}
    if step.colour in fitting and _is_collected(reader, context.viewer, step.colour):
        return step.colour
    return headline_of(reader).id


def _regions(
    reader: SnapshotReader, context: Context, listed: Listed, league: League | None, coloured_by: str
) -> pd.DataFrame:
    names = names_of(reader.regions(context.viewer), listed.codes, context.language)
    frame = pd.DataFrame({"name": names}, index=pd.Index(listed.codes))
    frame["selected"] = frame.index == (listed.selected or "")
    if coloured_by == GRADE and league is not None:
        rows = league.rows.reindex(frame.index)
        frame["grade"] = rows["grade"].fillna(INSUFFICIENT)
        frame["value"] = rows["index"]
        frame["text"] = [formatting.number(value, 1) for value in rows["index"]]
        return frame
    found = map_screen(reader, replace(context, own=(("indicator", coloured_by),)), page="map").regions.reindex(
        frame.index
    )
    return frame.assign(grade="", value=found["value"], text=found["figure"])


def _figures(reader: SnapshotReader, context: Context, step: Step) -> tuple[Card, ...]:
    headline = headline_of(reader)
    items = [headline if name == HEADLINE else find_indicator(name) for name in step.figures]
    items = list({item.id: item for item in items if item.available}.values())
    found = values_of(reader, context.viewer, items, [context.region], context.period)
    changed = changes_of(reader, context.viewer, items, [context.region], context.period)
    cards = []
    for item in items:
        row = found[item.id].iloc[0]
        if row["status"] not in WITH_VALUE and ("not_collected" in row["notes"] or row["data_through"] is None):
            continue
        more = _change(context.language, item, changed[item.id].iloc[0]) if row["status"] in WITH_VALUE else {}
        cards.append(indicator_card(reader, context, item, row, **more))
    return tuple(cards)


def _change(language: str, item: Indicator, row: pd.Series) -> dict[str, object]:
    if pd.isna(row["difference"]):
        return {}
    return {
        "change": change_text(item, row, language),
        "change_words": words_of_change(item, row, language),
        "compared_with": t("overview.last_year", language),
        "sentence": change_sentence(item, row, language),
    }


def _ticker(reader: SnapshotReader, overview: OverviewScreen, language: str) -> tuple[str, ...]:
    """Return what the ticker may say: overdue items and the state of the data, never a single case."""
    snapshot = reader.snapshot()
    lines = [
        t("wall.ticker_data", language, snapshot=snapshot.snapshot_id, day=formatting.day(snapshot.data_through)),
    ]
    lines += [
        t("wall.ticker_overdue", language, region=row["region"], item=row["item"], owner=row["owner"], days=row["days"])
        for _, row in overview.overdue.iterrows()
    ]
    lines += [
        t("wall.ticker_late", language, region=row["region"], source=row["source"], days=row["days"])
        for _, row in overview.late.iterrows()
    ]
    return tuple(lines)


class _Panels:
    """Makes the side cards of one picture from what was already asked for."""

    def __init__(
        self,
        reader: SnapshotReader,
        context: Context,
        listed: Listed,
        overview: OverviewScreen,
        league: League | None,
    ) -> None:
        self.reader, self.context, self.listed = reader, context, listed
        self.overview, self.league = overview, league
        self.language = context.language

    def side(self, panels: Sequence[Panel]) -> tuple[PanelContent, ...]:
        """Return the cards of one side of which the data have something; the headline's ranking where they have none."""
        ranking = Panel(kind="ranking", indicator=HEADLINE, share=panels[0].share)
        wanted = [ranking if each.kind == "league" and self.league is None else each for each in panels]
        return tuple(self.panel(each) for each in [each for each in wanted if self._is_known(each)] or [ranking])

    def panel(self, panel: Panel) -> PanelContent:
        """Return the content of one card."""
        make = getattr(self, f"_{panel.kind}")
        return make(panel)

    def _is_known(self, panel: Panel) -> bool:
        if panel.kind in NEED_INDICATOR:
            return _is_collected(self.reader, self.context.viewer, self._indicator(panel).id)
        return panel.kind != "overdue" or is_overdue_known(self.reader, self.context)

    def _content(
        self, panel: Panel, title: str, rows: pd.DataFrame, empty: str, *, source: str, **more: Any
    ) -> PanelContent:
        return PanelContent(panel.kind, title, panel.share, source, rows, empty, **more)

    def _league(self, panel: Panel) -> PanelContent:
        title = t("wall.league", self.language, level=self.listed.level_name)
        source = index_source(self.reader, self.context, FEW_SOURCES)
        assert self.league is not None  # `side` asks for none without
        rows = self.league.rows
        names = names_of(self.reader.regions(self.context.viewer), self.listed.codes, self.language)
        frame = pd.DataFrame(
            {
                "code": rows.index,
                "name": names.reindex(rows.index).to_numpy(),
                "grade": rows["grade"].to_numpy(),
                "index": [formatting.number(value, 1) for value in rows["index"]],
                "rank": [rank_text(low, high) for low, high in zip(rows["rank_best"], rows["rank_worst"], strict=True)],
                "strip": [self.league.grades.loc[code].tolist() for code in rows.index],
            }
        )
        month = t("wall.league_note", self.language, month=str(self.league.months[-1]))
        note = " · ".join(part for part in (month, basis_note(self.league, self.language)) if part)
        return self._content(panel, title, frame, "", source=source, note=note)

    def _ranking(self, panel: Panel) -> PanelContent:
        item = self._indicator(panel)
        title = t("wall.ranking", self.language, name=item.label(self.language), level=self.listed.level_word)
        empty = t("wall.no_ranking", self.language)
        source = indicator_source(self.reader, self.context.viewer, item, self.language)
        if item.finest_depth < self.listed.depth:
            return self._content(panel, title, pd.DataFrame(), t("wall.too_fine", self.language), source=source)
        found = values_of(self.reader, self.context.viewer, [item], list(self.listed.codes), self.context.period)[
            item.id
        ]
        names = names_of(self.reader.regions(self.context.viewer), self.listed.codes, self.language)
        worst_first = found.assign(name=names).sort_values(
            "value", ascending=item.direction == "higher_better", na_position="last"
        )
        known = worst_first[worst_first["status"].isin(WITH_VALUE)]
        frame = pd.DataFrame(
            {
                "code": known.index,
                "name": known["name"].to_numpy(),
                "figure": [row_text(item, row, self.language) for _, row in known.iterrows()],
                "interval": [interval_text(item, row) or "" for _, row in known.iterrows()],
            }
        )
        return self._content(panel, title, frame, empty, source=source)

    def _changes(self, panel: Panel) -> PanelContent:
        title = t("overview.changed", self.language)
        return self._content(
            panel,
            title,
            self.overview.changes,
            t("overview.no_changes", self.language),
            source=self.overview.sources["changes"],
            note=t("wall.changes_note", self.language),
        )

    def _overdue(self, panel: Panel) -> PanelContent:
        rows, count = self.overview.overdue, self.overview.overdue_count
        note = t("wall.overdue_at_least", self.language, count=count) if count >= MOST_COUNTED else ""
        return self._content(
            panel,
            t("overview.overdue", self.language),
            rows,
            self.overview.nothing_overdue,
            source=self.overview.sources["overdue"],
            note=note,
            left_out=count - len(rows),
        )

    def _late(self, panel: Panel) -> PanelContent:
        title = t("overview.late", self.language)
        return self._content(
            panel,
            title,
            self.overview.late,
            self.overview.nobody_late,
            source=self.overview.sources["late"],
        )

    def _trend(self, panel: Panel) -> PanelContent:
        item = self._indicator(panel)
        grain: Grain = "year" if item.statistical_period == "year" else "month"
        known, counted = self._course(item, grain), _counted_by(item)
        if known["value"].count() < 2 and counted is not None:  # of a rate, where one year's population is known
            item, known = counted, self._course(counted, grain)
        if known["value"].isna().all():
            known = known.iloc[:0]
        scale = 100.0 if item.display_form in ("percent", "change") else 1.0
        known[["value", "lower", "upper"]] *= scale
        return self._content(
            panel,
            t(f"wall.trend_{grain}", self.language, name=item.label(self.language), count=TREND_LENGTH[grain]),
            known,
            t("trends.empty", self.language),
            source=indicator_source(self.reader, self.context.viewer, item, self.language),
            unit=item.unit_label(self.language),
        )

    def _course(self, item: Indicator, grain: Grain) -> pd.DataFrame:
        """Return an indicator's last months or years: ``period, period_start, value, lower, upper, status``."""
        last = Period.containing(min(self.context.period.end, self.reader.snapshot().data_through), grain)
        periods = last.trailing(TREND_LENGTH[grain])
        frame = series(self.reader, self.context.viewer, item, [self.context.region], periods)
        found = frame.reset_index()[["period", "period_start", "value", "lower", "upper", "status"]]
        found.loc[~found["status"].isin(WITH_VALUE), ["value", "lower", "upper"]] = float("nan")
        return found

    def _classes(self, panel: Panel) -> PanelContent:
        item = self._indicator(panel)
        title = t("wall.classes", self.language, name=item.label(self.language))
        now = by_class(self.reader, self.context.viewer, item, [self.context.region], self.context.period)
        before = by_class(
            self.reader, self.context.viewer, item, [self.context.region], self.context.period.same_last_year()
        )
        now, before = now.droplevel("region_code"), before.droplevel("region_code")
        now = now[now.index != ""]  # a source that divides nothing
        names = class_names_of(now.index.to_series(), self.reader.snapshot(), self.language)
        frame = pd.DataFrame(
            {
                "name": [names[code] for code in now.index],
                "now": now["numerator"].to_numpy(),
                "before": before["numerator"].reindex(now.index).to_numpy(),
            }
        ).sort_values("now", ascending=False, na_position="last", ignore_index=True)
        frame = frame[frame["now"].notna()]
        return self._content(
            panel,
            title,
            frame,
            t("trends.no_classes", self.language),
            source=indicator_source(self.reader, self.context.viewer, item, self.language),
            note=t("wall.classes_note", self.language, unit=item.unit_label(self.language)),
        )

    def _indicator(self, panel: Panel) -> Indicator:
        return headline_of(self.reader) if panel.indicator == HEADLINE else find_indicator(panel.indicator or "")
