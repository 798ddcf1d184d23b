"""The whole chain of one region: each step against the rest of the city, where it narrows, what would move the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name
from dashboard.grading.gains import gains
from dashboard.grading.league import League, league_of
from dashboard.grading.settings import Component, index_settings
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.chain import (
    ALIKE,
    UNKNOWN,
    WORSE,
    Step,
    against_the_rest,
    chain_settings,
    narrowest,
    of_region,
    steps_of,
)
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import kept
from dashboard.screens.children import Listed, listed_regions, names_of, siblings_of
from dashboard.screens.figures import figure_text, indicator_card, interval_text, status_text
from dashboard.screens.league import DEEPEST_GRADED, LEAST_LOST, graded_month
from dashboard.screens.tables import ScreenTable
from data_access.queries import SnapshotReader

Row: TypeAlias = "Mapping[str, Any] | pd.Series"
OUTCOME = "outcome"
NUMBERS = (
    *("count", "numerator", "denominator", "value", "lower", "upper", "whole_value", "difference"),
    *("difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper", "p_value", "q_value", "shortfall"),
)


@dataclass(frozen=True)
class ChainScreen:
    """What the chain page draws."""

    name: str
    verdict: str
    is_whole: bool
    """Whether the region is the outermost one: it is compared with nothing and has no index, only the regions below have."""
    cards: list[Card]
    widths: pd.DataFrame
    """``label, count, text`` of the steps that disputes pass through."""
    differences: pd.DataFrame
    """``label, difference, lower, upper, verdict`` in percentage points; empty where nothing can be compared."""
    no_comparison: str
    """Why nothing is compared; empty when it is."""
    steps: pd.DataFrame
    """The steps of the region as written."""
    listed: Listed
    headings: dict[str, str]
    """Of the steps in ``regions``, with the unit of what is no share."""
    regions: pd.DataFrame
    """The regions below, each step's rate as written, with the narrowest step and what would move the index most; those
    furthest behind first, then those with most to gain."""
    gains: pd.DataFrame
    """What would move the index, as written; empty where the region is not graded."""
    no_gains: str
    """Why there is nothing about the index; empty when there is."""
    left_out: str
    """Components that have no figure here; empty when all have."""
    month: pd.Period
    tables: tuple[ScreenTable, ...]


@kept
def chain_screen(reader: SnapshotReader, context: Context) -> ChainScreen:
    """Prepare the chain of the context's region and of the regions below it."""
    snapshot, language = reader.snapshot(), context.language
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, snapshot)
    steps = chain_settings().step
    whole = _whole(regions, context)
    siblings = siblings_of(regions, context.region)
    codes = list(dict.fromkeys([context.region, *siblings, *listed.codes, *([whole] if whole else [])]))
    frames = values_of(reader, context.viewer, [step.member for step in steps], codes, context.period)
    own = against_the_rest(frames, steps, siblings, whole if whole != context.region else None)
    chain = of_region(own, context.region)
    below = against_the_rest(frames, steps, listed.codes, whole)
    month = graded_month(reader, context)
    depth = int(regions["depth"].loc[context.region])
    league = league_of(reader, context.viewer, siblings, month) if 0 < depth <= DEEPEST_GRADED else None
    lower = (
        league_of(reader, context.viewer, list(listed.codes), month)
        if listed.selected is None and listed.depth <= DEEPEST_GRADED
        else None
    )
    moving = gains(league, context.region) if league is not None else pd.DataFrame()
    moving = moving[moving["lost"] >= LEAST_LOST] if len(moving) else moving
    names = names_of(regions, listed.codes, language)
    name = region_name(regions, context.region, language)
    written = _written_steps(chain, steps, language)
    rows = _region_rows(context, below, listed, names, lower, steps)
    differences = _differences(chain, steps, language)
    return ChainScreen(
        name=name,
        is_whole=depth == 0,
        verdict=_verdict(name, chain, below, names, moving, steps, context),
        cards=_cards(reader, context, frames, chain, steps, snapshot.data_through),
        widths=_widths(chain, steps, language),
        differences=differences,
        no_comparison=_why_alone(chain, differences, language),
        steps=written,
        listed=listed,
        headings={step.id: _heading(step, language) for step in steps},
        regions=rows,
        gains=_written_gains(moving, language),
        no_gains=_why_no_gains(moving, depth, language),
        left_out=_left_out(league, context.region, language),
        month=month,
        tables=(
            *_tables(context, chain, below, names, moving, steps),
            _written_table(rows, listed, steps, language),
        ),
    )


def _whole(regions: pd.DataFrame, context: Context) -> str | None:
    """Return the outermost region the viewer may see whole."""
    inside = regions[regions["in_scope"]]
    return str(inside.index[0]) if len(inside) else None


def _by_step(chain: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        str(step): {str(name): value for name, value in row.items()} for step, row in chain.to_dict("index").items()
    }


def _label(step: str, language: str) -> str:
    return t(f"chain_step.{step}", language)


def _heading(step: Step, language: str) -> str:
    label = _label(step.id, language)
    if step.member.kind == "proportion":
        return label
    return t("work.with_unit", language, name=label, unit=step.member.unit_label(language))


def _cards(
    reader: SnapshotReader,
    context: Context,
    frames: dict[str, pd.DataFrame],
    chain: pd.DataFrame,
    steps: tuple[Step, ...],
    through: date,
) -> list[Card]:
    language = context.language
    cards, rows = [], _by_step(chain)
    for step in steps:
        item, compared = step.member, rows[step.id]
        row = frames[item.id].loc[[context.region]].iloc[0]
        more: dict[str, object] = {
            "title": _label(step.id, language),
            "href": context.href("definitions", indicator=item.id),
        }
        facts = [(t(f"chain_count.{step.id}", language), formatting.count(compared["count"], language))]
        if pd.notna(compared["whole_value"]):
            facts.append((t("chain.city", language), _with_unit(item, compared["whole_value"], None, language)))
        more["facts"] = facts
        if row["status"] in WITH_VALUE and compared["verdict"] != UNKNOWN:
            more["compared_with"] = t("chain.rest", language)
            more["change"] = _difference_text(step, compared, language)
            more["change_words"] = t(f"chain_verdict.{compared['verdict']}", language)
        # A step that nothing is known of speaks of the data as a whole.
        more["data_through"] = through if pd.isna(row["data_through"]) else row["data_through"]
        cards.append(indicator_card(reader, context, item, row, **more))
    return cards


def _with_unit(item: Indicator, value: float, denominator: float | None, language: str) -> str:
    text = figure_text(item, value, denominator, language)
    if item.kind == "proportion" or pd.isna(value):
        return text
    return t("figure.with_unit", language, figure=text, unit=item.unit_label(language, text))


def _is_of_few(step: Step, row: Row) -> bool:
    """Return whether a difference rests on too few to be written in percentage points, or as a ratio of rates."""
    if step.member.kind == "proportion":
        return bool(min(row["denominator"], row["rest_denominator"]) < formatting.SMALLEST_PERCENT_BASE)
    return bool(min(row["numerator"], row["rest_numerator"]) < evaluation_rules().percent_from_cases)


def _counts_text(step: Step, row: Row, language: str) -> str:
    """Return the counts behind a difference: both fractions, or the events and how many the rest's rate would give."""
    if step.member.kind == "proportion":
        own, rest = (
            t("format.fraction", language, numerator=formatting.number(above), denominator=formatting.number(below))
            for above, below in (
                (row["numerator"], row["denominator"]),
                (row["rest_numerator"], row["rest_denominator"]),
            )
        )
        return t("chain.fractions", language, own=own, rest=rest)
    expected = row["rest_numerator"] / row["rest_denominator"] * row["denominator"]
    return t(
        "chain.cases", language, count=formatting.number(row["numerator"]), expected=formatting.number(expected, 1)
    )


def _difference_text(step: Step, row: Row, language: str) -> str:
    """Return the difference from the rest in percentage points, as a ratio of rates, or the counts where they are few."""
    if pd.notna(row["difference"]) and _is_of_few(step, row):
        return _counts_text(step, row, language)
    if step.member.kind == "proportion":
        return formatting.percentage_points(row["difference"], language)
    if pd.isna(row["ratio"]):
        return formatting.signed(row["difference"], 2)
    return t("chain.times", language, ratio=formatting.number(row["ratio"], 2))


def _interval_text(step: Step, row: Row, language: str) -> str:
    """Return the 95 % limits of the difference in percentage points, or of the ratio for a rate; none of few."""
    if _is_of_few(step, row):
        return formatting.MISSING
    if step.member.kind == "proportion":
        low, high = row["difference_lower"], row["difference_upper"]
        if pd.isna(low):
            return formatting.MISSING
        return t(
            "chain.from_to",
            language,
            low=formatting.signed(low * 100, 1),
            high=formatting.signed(high * 100, 1),
        )
    if pd.isna(row["ratio_lower"]):
        return formatting.MISSING
    text = formatting.interval(row["ratio_lower"], row["ratio_upper"], "rate", row["ratio"])
    return t("chain.times", language, ratio=text)


def _how_far(step: Step, row: Row, language: str) -> str:
    """Return a difference with its interval, or the counts of few."""
    text = _difference_text(step, row, language)
    if _is_of_few(step, row):
        return text
    return t("chain.with_limits", language, points=text, limits=_interval_text(step, row, language))


def _written_steps(chain: pd.DataFrame, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    rows, found = [], chain.iterrows()
    for step, (_, row) in zip(steps, found, strict=True):
        item = step.member
        known = row["status"] in WITH_VALUE
        rows.append(
            {
                "step": _label(step.id, language),
                "indicator": item.label(language),
                "count": formatting.number(row["count"]),
                "rate": _with_unit(item, row["value"], row["denominator"], language)
                if known
                else status_text(row, language),
                "interval": (interval_text(item, row) or "") if known else "",
                "city": _with_unit(item, row["whole_value"], None, language),
                "difference": _difference_text(step, row, language)
                if row["verdict"] != UNKNOWN
                else formatting.MISSING,
                "limits": _interval_text(step, row, language),
                "verdict": t(f"chain_verdict.{row['verdict']}", language),
                "shortfall": formatting.number(max(row["shortfall"], 0))
                if pd.notna(row["shortfall"])
                else formatting.MISSING,
                "unit": step.unit_label(language),
                "deadline": formatting.days(step.deadline_days, language),
            }
        )
    return pd.DataFrame(rows, index=[step.id for step in steps])


def _widths(chain: pd.DataFrame, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    """Return the steps whose counts are parts of one another; red disputes in hand are another base and stay out."""
    counts = {str(step): float(count) for step, count in chain["count"].items()}
    kept = [step for step in steps if step.id not in ("in_hand", OUTCOME) and pd.notna(counts[step.id])]
    first = counts[kept[0].id] if kept else np.nan
    return pd.DataFrame(
        {
            "label": [_label(step.id, language) for step in kept],
            "count": [counts[step.id] for step in kept],
            "text": [
                t(
                    "chain.of_found",
                    language,
                    count=formatting.number(counts[step.id]),
                    share=formatting.share(counts[step.id], first, language),
                )
                for step in kept
            ],
        }
    )


def _differences(chain: pd.DataFrame, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    few = [_is_of_few(steps_of(steps)[step], row) for step, row in _by_step(chain).items()]
    shown = chain[chain["difference_lower"].notna().to_numpy() & ~np.array(few, bool)]
    return pd.DataFrame(
        {
            "label": [_label(step.id, language) for step in steps if step.id in shown.index],
            "difference": shown["difference"].to_numpy(float) * 100,
            "lower": shown["difference_lower"].to_numpy(float) * 100,
            "upper": shown["difference_upper"].to_numpy(float) * 100,
            "verdict": shown["verdict"].to_numpy(),
        }
    )


def _why_alone(chain: pd.DataFrame, differences: pd.DataFrame, language: str) -> str:
    if len(differences):
        return ""
    if chain["difference_lower"].notna().any():
        return t("chain.too_few", language)
    return t("chain.city_not_in_scope", language)


def _region_rows(
    context: Context,
    below: pd.DataFrame,
    listed: Listed,
    names: pd.Series,
    league: League | None,
    steps: tuple[Step, ...],
) -> pd.DataFrame:
    language = context.language
    rows = []
    for code in listed.codes:
        own = of_region(below, code)
        cells = _by_step(own)
        row: dict[str, Any] = {"name": names[code], "down": context.href("chain", region=code)}
        for step in steps:
            row[step.id] = _cell(step, cells[step.id], language)
        row["narrowest"] = _narrowest_text(own, language)
        row["move"], row["points"] = _first_gain(league, code, language)
        row["behind"] = sum(cell["verdict"] == WORSE for cell in cells.values())
        rows.append(row)
    frame = pd.DataFrame(rows, index=list(listed.codes))
    return frame.sort_values(["behind", "points"], ascending=False, kind="stable")


def _cell(step: Step, row: Row, language: str) -> str:
    if row["status"] not in WITH_VALUE:
        return t(f"indicator_status.{row['status']}", language)
    item = step.member
    if item.kind == "proportion":
        text = formatting.share(row["numerator"], row["denominator"], language)
    else:
        text = figure_text(item, row["value"], None, language)
    if row["verdict"] in (ALIKE, UNKNOWN):
        return text
    return t("chain.cell", language, figure=text, word=t(f"chain_short.{row['verdict']}", language))


def _narrowest_text(chain: pd.DataFrame, language: str) -> str:
    step, sure = narrowest(chain)
    if step is None:
        return t("chain.none_narrow", language)
    key = "chain.narrow_sure" if sure else "chain.narrow_chance"
    points = _difference_text(steps_of(chain_settings().step)[step], _by_step(chain)[step], language)
    return t(key, language, step=_label(step, language), points=points)


def _first_gain(league: League | None, code: str, language: str) -> tuple[str, float]:
    """Return what would move the index of a region most, in words, and by how many points."""
    if league is None:
        return t("chain.not_graded", language), 0.0
    frame = gains(league, code)
    frame = frame[~frame["is_outcome"]]
    if frame.empty:
        return t("chain.not_graded", language), 0.0
    by = "to_common" if frame["to_common"].max() >= LEAST_LOST else "lost"
    best = frame[by].astype(float)
    points = float(best.max())
    if not points >= LEAST_LOST:
        return t("chain.nothing_to_gain", language), 0.0
    key = "chain.gain_to_common" if by == "to_common" else "chain.gain_to_target"
    name = t(f"component.{best.idxmax()}", language)
    return t(key, language, name=name, points=formatting.number(points, 1)), points


def _written_gains(moving: pd.DataFrame, language: str) -> pd.DataFrame:
    components = index_settings().components
    rows = []
    for key, row in moving.iterrows():
        component = components[str(key)]
        rows.append(
            {
                "component": t(f"component.{key}", language),
                "figure": _component_figure(component, row["value"]),
                "common": _component_figure(component, row["common"]),
                "target": _component_figure(component, row["target"]),
                "kind": t("chain.outcome_kind" if row["is_outcome"] else "chain.work_kind", language),
                "to_common": formatting.signed(row["to_common"], 1),
                "to_target": formatting.signed(row["lost"], 1),
                "unit": component.unit_label(language),
                "deadline": formatting.days(component.deadline_days, language),
            }
        )
    return pd.DataFrame(rows)


def _component_figure(component: Component, value: float) -> str:
    if pd.isna(value):
        return formatting.MISSING
    return formatting.number(value, 2) if component.kind == "relative_risk" else formatting.percent(value)


def _why_no_gains(moving: pd.DataFrame, depth: int, language: str) -> str:
    if len(moving):
        return ""
    return t("chain.not_graded_here" if depth > DEEPEST_GRADED else "chain.no_index_data", language)


def _left_out(league: League | None, code: str, language: str) -> str:
    if league is None:
        return ""
    frame = league.contributions(code)
    absent = [t(f"component.{key}", language) for key in frame.index[frame["score"].isna()]]
    if not absent or len(absent) == len(frame):
        return ""
    return t("chain.left_out", language, names=t("ranking.and", language).join(absent))


def _verdict(
    name: str,
    chain: pd.DataFrame,
    below: pd.DataFrame,
    names: pd.Series,
    moving: pd.DataFrame,
    steps: tuple[Step, ...],
    context: Context,
) -> str:
    language = context.language
    first = chain.iloc[0]
    if not first["count"] > 0:
        return t("disputes.none", language)
    parts = [
        t(
            "chain.received",
            language,
            name=name,
            period=context.period.label(language),
            count=formatting.number(first["count"]),
        )
    ]
    step, sure = narrowest(chain)
    if step is not None:
        key = "chain.verdict_sure" if sure else "chain.verdict_chance"
        how = _how_far(steps_of(steps)[step], _by_step(chain)[step], language)
        parts.append(t(key, language, step=_label(step, language), points=how))
    elif chain["difference_lower"].notna().any():
        parts.append(t("chain.verdict_none", language))
    else:
        parts.append(_worst_below(below, names, language))
    best = moving.loc[~moving["is_outcome"], "to_common"].astype(float) if len(moving) else pd.Series(dtype=float)
    if len(best) and float(best.max()) >= LEAST_LOST:
        name = t(f"component.{best.idxmax()}", language)
        parts.append(t("chain.verdict_gain", language, name=name, points=formatting.number(float(best.max()), 1)))
    return t("overview.joint", language).join(part for part in parts if part) + t("overview.stop", language)


def _worst_below(below: pd.DataFrame, names: pd.Series, language: str) -> str:
    """Return which region below lies furthest behind, and in which step."""
    worse = below[(below["verdict"] == "worse") & below["difference_lower"].notna()]
    if worse.empty:
        return t("chain.none_below", language)
    first = worse.reset_index().sort_values("difference").iloc[0]
    return t(
        "chain.worst_below",
        language,
        name=names[first["region_code"]],
        step=_label(first["step"], language),
        points=_difference_text(steps_of(chain_settings().step)[first["step"]], first, language),
    )


def _tables(
    context: Context,
    chain: pd.DataFrame,
    below: pd.DataFrame,
    names: pd.Series,
    moving: pd.DataFrame,
    steps: tuple[Step, ...],
) -> tuple[ScreenTable, ...]:
    language = context.language
    headings = {key: t(f"chain_column.{key}", language) for key in ("name", "step", "indicator", *NUMBERS, "verdict")}
    headings |= {key: t(f"chain_column.{key}", language) for key in ("unit", "deadline")}
    own = chain.assign(name="").reset_index()
    per_region = below.reset_index().assign(name=lambda frame: frame["region_code"].map(names))
    return (
        ScreenTable(
            "steps",
            t("chain.steps", language),
            _numbers(own, steps, language),
            {key: text for key, text in headings.items() if key != "name"},
        ),
        ScreenTable("regions", t("chain.regions_by_step", language), _numbers(per_region, steps, language), headings),
        _gains_table(moving, language),
    )


def _written_table(rows: pd.DataFrame, listed: Listed, steps: tuple[Step, ...], language: str) -> ScreenTable:
    """Return the regions below as the page lists them: a row each."""
    columns = {"name": listed.level_name, **{step.id: _heading(step, language) for step in steps}}
    columns |= {"narrowest": t("chain.narrowest", language), "move": t("chain.move_first", language)}
    return ScreenTable("listed", t("chain.regions", language), rows.reindex(columns=list(columns)), columns)


def _numbers(frame: pd.DataFrame, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    known = steps_of(steps)
    return frame.assign(
        indicator=[known[step].member.label(language) for step in frame["step"]],
        unit=[known[step].unit_label(language) for step in frame["step"]],
        deadline=[known[step].deadline_days for step in frame["step"]],
        verdict=[t(f"chain_verdict.{verdict}", language) for verdict in frame["verdict"]],
        step=[_label(step, language) for step in frame["step"]],
    )


def _gains_table(moving: pd.DataFrame, language: str) -> ScreenTable:
    components = index_settings().components
    numbers = ("value", "common", "target", "full_points", "lost", "to_common")
    frame = moving.reindex(columns=list(numbers)).reset_index(names="component")
    outcome = moving["is_outcome"].to_list() if len(moving) else []
    frame = frame.assign(
        name=[t(f"component.{key}", language) for key in frame["component"]],
        kind=[t("chain.outcome_kind" if each else "chain.work_kind", language) for each in outcome],
        unit=[components[key].unit_label(language) for key in frame["component"]],
        deadline=[components[key].deadline_days for key in frame["component"]],
    )
    columns = {key: t(f"chain_gain.{key}", language) for key in ("name", "kind", *numbers, "unit", "deadline")}
    return ScreenTable("gains", t("chain.gains", language), frame, columns)
