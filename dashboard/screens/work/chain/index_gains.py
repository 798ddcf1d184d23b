"""What would move a region's index, as the chain page writes it."""

from __future__ import annotations

import pandas as pd

from dashboard import formatting
from dashboard.grading.gains import Gains
from dashboard.grading.league import League
from dashboard.grading.settings import Component, index_settings
from dashboard.i18n import t
from dashboard.screens.league import DEEPEST_GRADED, LEAST_LOST
from dashboard.screens.tables import ScreenTable


def first_gain(gained: Gains | None, code: str, language: str) -> tuple[str, float]:
    """Return what would move the index of a region most, in words, and by how many points."""
    if gained is None:
        return t("chain.not_graded", language), 0.0
    ways = (("chain.gain_to_common", True), ("chain.gain_to_target", False))
    best = [(key, *gained.largest(code, to_common)) for key, to_common in ways]
    key, component, points = next((each for each in best if each[2] >= LEAST_LOST), best[-1])
    if not component:
        return t("chain.not_graded", language), 0.0
    if points < LEAST_LOST:
        return t("chain.nothing_to_gain", language), 0.0
    name = t(f"component.{component}", language)
    return t(key, language, name=name, points=formatting.number(points, 1)), points


def written_gains(moving: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the components that would move the index, as written."""
    components = index_settings().components
    rows = []
    for key, row in moving.to_dict("index").items():
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


def why_no_gains(moving: pd.DataFrame, depth: int, language: str) -> str:
    """Return why nothing is said of the index; empty when there is."""
    if len(moving):
        return ""
    return t("chain.not_graded_here" if depth > DEEPEST_GRADED else "chain.no_index_data", language)


def left_out(league: League | None, code: str, language: str) -> str:
    """Return which components have no figure here; empty when all have, or none."""
    if league is None:
        return ""
    frame = league.contributions(code)
    absent = [t(f"component.{key}", language) for key in frame.index[frame["score"].isna()]]
    if not absent or len(absent) == len(frame):
        return ""
    return t("chain.left_out", language, names=t("ranking.and", language).join(absent))


def gains_table(moving: pd.DataFrame, language: str) -> ScreenTable:
    """Return what would move the index for download: numbers as numbers."""
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


def _component_figure(component: Component, value: float) -> str:
    if pd.isna(value):
        return formatting.MISSING
    return formatting.number(value, 2) if component.kind == "relative_risk" else formatting.percent(value)
