"""How the chain's figures are written: a step's rate, its difference from the rest, and the counts where they are few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import formatting
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.chain import ALIKE, UNKNOWN, Rows, Step, narrowest
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.screens.figures import figure_text

Row = Mapping[str, Any]
"""One step of one region."""


def step_label(step: str, language: str) -> str:
    """Return the name of a step."""
    return t(f"chain_step.{step}", language)


def step_heading(step: Step, language: str) -> str:
    """Return the name of a step, with the unit of what is no share."""
    label = step_label(step.id, language)
    if step.member.kind == "proportion":
        return label
    return t("work.with_unit", language, name=label, unit=step.member.unit_label(language))


def with_unit(item: Indicator, text: str, value: float, language: str) -> str:
    """Return a figure with its unit; a share carries its sign."""
    if item.kind == "proportion" or pd.isna(value):
        return text
    return t("figure.with_unit", language, figure=text, unit=item.unit_label(language, text))


def city_text(item: Indicator, row: Row, language: str) -> str:
    """Return the city's figure."""
    return with_unit(item, figure_text(item, row["whole_value"], None, language), row["whole_value"], language)


def is_of_few(step: Step, row: Row) -> bool:
    """Return whether a difference rests on too few to be written in percentage points, or as a ratio of rates."""
    if step.member.kind == "proportion":
        return bool(min(row["denominator"], row["rest_denominator"]) < formatting.SMALLEST_PERCENT_BASE)
    return bool(min(row["numerator"], row["rest_numerator"]) < evaluation_rules().percent_from_cases)


def difference_text(step: Step, row: Row, language: str) -> str:
    """Return the difference from the rest in percentage points, as a ratio of rates, or the counts where they are few."""
    if pd.notna(row["difference"]) and is_of_few(step, row):
        return _counts_text(step, row, language)
    if step.member.kind == "proportion":
        return formatting.percentage_points(row["difference"], language)
    if pd.isna(row["ratio"]):
        return formatting.signed(row["difference"], 2)
    return t("chain.times", language, ratio=formatting.number(row["ratio"], 2))


def limits_text(step: Step, row: Row, language: str) -> str:
    """Return the 95 % limits of the difference in percentage points, or of the ratio for a rate; none of few."""
    if is_of_few(step, row):
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


def how_far(step: Step, row: Row, language: str) -> str:
    """Return a difference with its interval, or the counts of few."""
    text = difference_text(step, row, language)
    if is_of_few(step, row):
        return text
    return t("chain.with_limits", language, points=text, limits=limits_text(step, row, language))


def cell_text(step: Step, row: Row, language: str) -> str:
    """Return a region's figure in the list, with the word for what is beyond chance."""
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


def narrowest_text(rows: Rows, steps: Mapping[str, Step], language: str) -> str:
    """Return where the chain of a region narrows, and whether beyond chance."""
    step, sure = narrowest(rows)
    if step is None:
        return t("chain.none_narrow", language)
    key = "chain.narrow_sure" if sure else "chain.narrow_chance"
    points = difference_text(steps[step], rows[step], language)
    return t(key, language, step=step_label(step, language), points=points)


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
