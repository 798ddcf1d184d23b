"""The whole chain of one region: each step against the rest of the city, where it narrows, what would move the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context, region_name
from dashboard.grading.gains import Gains, gains
from dashboard.grading.league import league_of
from dashboard.i18n import t
from dashboard.indicators.chain import (
    UNKNOWN,
    WORSE,
    Rows,
    Step,
    against_the_rest,
    chain_settings,
    narrowest,
    rows_by_region,
    steps_of,
)
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.memory import kept
from dashboard.screens.children import Listed, depth_of, listed_regions, names_of, siblings_of
from dashboard.screens.figures import indicator_card, interval_text, row_of, row_text, status_text
from dashboard.screens.league import DEEPEST_GRADED, LEAST_LOST, graded_month
from dashboard.screens.shared import last_day
from dashboard.screens.tables import ScreenTable
from dashboard.screens.work.chain.index_gains import first_gain, gains_table, left_out, why_no_gains, written_gains
from dashboard.screens.work.chain.words import (
    cell_text,
    city_text,
    difference_text,
    how_far,
    is_of_few,
    limits_text,
    narrowest_text,
    step_heading,
    step_label,
    with_unit,
)
from data_access.queries import SnapshotReader

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
    whole = _whole(regions)
    siblings = siblings_of(regions, context.region)
    codes = list(dict.fromkeys([context.region, *siblings, *listed.codes, *([whole] if whole else [])]))
    frames = values_of(reader, context.viewer, [step.member for step in steps], codes, context.period)
    own = against_the_rest(frames, steps, siblings, whole if whole != context.region else None).loc[[context.region]]
    chain = rows_by_region(own)[context.region]
    below = against_the_rest(frames, steps, listed.codes, whole)
    month, depth = graded_month(reader, context), depth_of(regions, context.region)
    league = league_of(reader, context.viewer, siblings, month) if 0 < depth <= DEEPEST_GRADED else None
    lower = (
        league_of(reader, context.viewer, list(listed.codes), month)
        if listed.selected is None and listed.depth <= DEEPEST_GRADED
        else None
    )
    gained = gains(league) if league is not None else None
    moving = gained.of(context.region) if gained is not None else pd.DataFrame()
    moving = moving[moving["lost"] >= LEAST_LOST] if len(moving) else moving
    names = {str(code): name for code, name in names_of(regions, listed.codes, language).items()}
    name = region_name(regions, context.region, language)
    rows = _region_rows(context, rows_by_region(below), names, gains(lower) if lower is not None else None, steps)
    differences = _differences(chain, steps, language)
    return ChainScreen(
        name=name,
        is_whole=depth == 0,
        verdict=_verdict(name, chain, below, names, gained, steps, context),
        cards=_cards(
            reader, context, {name: row_of(frame, context.region) for name, frame in frames.items()}, chain, steps
        ),
        widths=_widths(chain, steps, language),
        differences=differences,
        no_comparison=_why_alone(chain, differences, language),
        steps=_written_steps(chain, steps, language),
        listed=listed,
        headings={step.id: step_heading(step, language) for step in steps},
        regions=rows,
        gains=written_gains(moving, language),
        no_gains=why_no_gains(moving, depth, language),
        left_out=left_out(league, context.region, language),
        month=month,
        tables=(
            *_tables(own, below, names, steps, language),
            gains_table(moving, language),
            _written_table(rows, listed, steps, language),
        ),
    )


def _whole(regions: pd.DataFrame) -> str | None:
    """Return the outermost region the viewer may see whole."""
    inside = regions.index[regions["in_scope"]]
    return str(inside[0]) if len(inside) else None


def _cards(
    reader: SnapshotReader, context: Context, values: Mapping[str, Values], chain: Rows, steps: tuple[Step, ...]
) -> list[Card]:
    language, through = context.language, last_day(reader, context)
    cards: list[Card] = []
    for step in steps:
        item, compared = step.member, chain[step.id]
        row = values[item.id]
        facts = [(t(f"chain_count.{step.id}", language), formatting.count(compared["count"], language))]
        if pd.notna(compared["whole_value"]):
            facts.append((t("chain.city", language), city_text(item, compared, language)))
        more: dict[str, object] = {
            "title": step_label(step.id, language),
            "href": context.href("definitions", indicator=item.id),
            "facts": facts,
            # A step that nothing is known of speaks of the data as a whole.
            "data_through": through if pd.isna(row["data_through"]) else row["data_through"],
        }
        if row["status"] in WITH_VALUE and compared["verdict"] != UNKNOWN:
            more["compared_with"] = t("chain.rest", language)
            more["change"] = difference_text(step, compared, language)
            more["change_words"] = t(f"chain_verdict.{compared['verdict']}", language)
        cards.append(indicator_card(reader, context, item, row, **more))
    return cards


def _written_steps(chain: Rows, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    rows = []
    for step in steps:
        item, row = step.member, chain[step.id]
        known = row["status"] in WITH_VALUE
        rows.append(
            {
                "step": step_label(step.id, language),
                "indicator": item.label(language),
                "count": formatting.number(row["count"]),
                "rate": with_unit(item, row_text(item, row, language), row["value"], language)
                if known
                else status_text(row, language),
                "interval": (interval_text(item, row) or "") if known else "",
                "city": city_text(item, row, language),
                "difference": difference_text(step, row, language) if row["verdict"] != UNKNOWN else formatting.MISSING,
                "limits": limits_text(step, row, language),
                "verdict": t(f"chain_verdict.{row['verdict']}", language),
                "shortfall": formatting.number(max(row["shortfall"], 0))
                if pd.notna(row["shortfall"])
                else formatting.MISSING,
                "unit": step.unit_label(language),
                "deadline": formatting.days(step.deadline_days, language),
            }
        )
    return pd.DataFrame(rows, index=[step.id for step in steps])


def _widths(chain: Rows, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    """Return the steps whose counts are parts of one another; red disputes in hand are another base and stay out."""
    counts = {
        step.id: float(chain[step.id]["count"])
        for step in steps
        if step.id not in ("in_hand", OUTCOME) and pd.notna(chain[step.id]["count"])
    }
    first = next(iter(counts.values()), np.nan)
    return pd.DataFrame(
        {
            "label": [step_label(step, language) for step in counts],
            "count": list(counts.values()),
            "text": [
                t(
                    "chain.of_found",
                    language,
                    count=formatting.number(count),
                    share=formatting.share(count, first, language),
                )
                for count in counts.values()
            ],
        }
    )


def _differences(chain: Rows, steps: tuple[Step, ...], language: str) -> pd.DataFrame:
    shown = {
        step.id: chain[step.id]
        for step in steps
        if pd.notna(chain[step.id]["difference_lower"]) and not is_of_few(step, chain[step.id])
    }
    rows = shown.values()
    return pd.DataFrame(
        {
            "label": [step_label(step, language) for step in shown],
            "difference": np.array([row["difference"] * 100 for row in rows], float),
            "lower": np.array([row["difference_lower"] * 100 for row in rows], float),
            "upper": np.array([row["difference_upper"] * 100 for row in rows], float),
            "verdict": [row["verdict"] for row in rows],
        }
    )


def _is_compared(chain: Rows) -> bool:
    return any(pd.notna(row["difference_lower"]) for row in chain.values())


def _why_alone(chain: Rows, differences: pd.DataFrame, language: str) -> str:
    if len(differences):
        return ""
    return t("chain.too_few" if _is_compared(chain) else "chain.city_not_in_scope", language)


def _region_rows(
    context: Context,
    below: Mapping[str, Rows],
    names: Mapping[str, str],
    gained: Gains | None,
    steps: tuple[Step, ...],
) -> pd.DataFrame:
    language, by_id = context.language, steps_of(steps)
    rows = []
    for code, chain in below.items():
        move, points = first_gain(gained, code, language)
        rows.append(
            {
                "name": names[code],
                "down": context.href("chain", region=code),
                **{step.id: cell_text(step, chain[step.id], language) for step in steps},
                "narrowest": narrowest_text(chain, by_id, language),
                "move": move,
                "points": points,
                "behind": sum(row["verdict"] == WORSE for row in chain.values()),
            }
        )
    frame = pd.DataFrame(rows, index=list(below))
    return frame.sort_values(["behind", "points"], ascending=False, kind="stable")


def _verdict(
    name: str,
    chain: Rows,
    below: pd.DataFrame,
    names: Mapping[str, str],
    gained: Gains | None,
    steps: tuple[Step, ...],
    context: Context,
) -> str:
    language = context.language
    count = chain[steps[0].id]["count"]
    if not count > 0:
        return t("disputes.none", language)
    parts = [
        t(
            "chain.received",
            language,
            name=name,
            period=context.period.label(language),
            count=formatting.number(count),
        )
    ]
    step, sure = narrowest(chain)
    if step is not None:
        key = "chain.verdict_sure" if sure else "chain.verdict_chance"
        how = how_far(steps_of(steps)[step], chain[step], language)
        parts.append(t(key, language, step=step_label(step, language), points=how))
    elif _is_compared(chain):
        parts.append(t("chain.verdict_none", language))
    else:
        parts.append(_worst_below(below, names, steps, language))
    component, points = gained.largest(context.region, to_common=True) if gained is not None else ("", 0.0)
    if points >= LEAST_LOST:
        gain = {"name": t(f"component.{component}", language), "points": formatting.number(points, 1)}
        parts.append(t("chain.verdict_gain", language, **gain))
    return t("overview.joint", language).join(part for part in parts if part) + t("overview.stop", language)


def _worst_below(below: pd.DataFrame, names: Mapping[str, str], steps: tuple[Step, ...], language: str) -> str:
    """Return which region below lies furthest behind, and in which step."""
    worse = below[(below["verdict"] == WORSE) & below["difference_lower"].notna()]
    if worse.empty:
        return t("chain.none_below", language)
    differences = worse["difference"].astype(float)
    code, step = worse.index[int(differences.to_numpy().argmin())]
    row = rows_by_region(worse)[code][step]
    return t(
        "chain.worst_below",
        language,
        name=names[code],
        step=step_label(step, language),
        points=difference_text(steps_of(steps)[step], row, language),
    )


def _tables(
    own: pd.DataFrame, below: pd.DataFrame, names: Mapping[str, str], steps: tuple[Step, ...], language: str
) -> tuple[ScreenTable, ...]:
    named = ("name", "step", "indicator", *NUMBERS, "verdict", "unit", "deadline")
    headings = {key: t(f"chain_column.{key}", language) for key in named}
    return (
        ScreenTable(
            "steps",
            t("chain.steps", language),
            _numbers(own, steps, language),
            {key: text for key, text in headings.items() if key != "name"},
        ),
        ScreenTable(
            "regions",
            t("chain.regions_by_step", language),
            _numbers(below, steps, language, names),
            headings,
        ),
    )


def _numbers(
    table: pd.DataFrame, steps: tuple[Step, ...], language: str, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the rows of a table for download: numbers as numbers, steps and verdicts in words."""
    frame, known = table.reset_index(), steps_of(steps)
    ids = frame["step"].tolist()
    return frame.assign(
        name=[(names or {}).get(code, "") for code in frame["region_code"]],
        indicator=[known[step].member.label(language) for step in ids],
        unit=[known[step].unit_label(language) for step in ids],
        deadline=[known[step].deadline_days for step in ids],
        verdict=[t(f"chain_verdict.{verdict}", language) for verdict in frame["verdict"]],
        step=[step_label(step, language) for step in ids],
    )


def _written_table(rows: pd.DataFrame, listed: Listed, steps: tuple[Step, ...], language: str) -> ScreenTable:
    """Return the regions below as the page lists them: a row each."""
    columns = {"name": listed.level_name, **{step.id: step_heading(step, language) for step in steps}}
    columns |= {"narrowest": t("chain.narrowest", language), "move": t("chain.move_first", language)}
    return ScreenTable("listed", t("chain.regions", language), rows.reindex(columns=list(columns)), columns)
