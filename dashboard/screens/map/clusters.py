"""Clusters on the map: regions high among high or low among low neighbours, by more than chance; worked out when asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.smoothing import can_be_smoothed, positions_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import recalled
from dashboard.screens.children import Listed, names_of
from dashboard.screens.shared import shared_values
from data_access.queries import SnapshotReader

FEWEST = 20
"""Regions below which neighbours say little."""
MOST = 400
"""Regions above which fewer permutations must do, for the time they take."""
PERMUTATIONS, FEWER_PERMUTATIONS = 9_999, 999
MOST_NAMED = 8
SHOWN = ("off", "on")
KINDS = ("high_high", "low_low")


@dataclass(frozen=True)
class ClusterScreen:
    """What the map page says of clusters.

    Parameters
    ----------
    rows : DataFrame
        ``region_code, name, cluster`` of the regions named, high ones first.
    sentence : str
    """

    rows: pd.DataFrame
    sentence: str


def clustered_codes(reader: SnapshotReader, context: Context, indicator: Indicator, listed: Listed) -> tuple[str, ...]:
    """Return the regions whose clusters the map may tell of: those listed, or those a level below; none where too few.

    Only a rate per head, down to the level that it may be shown at.
    """
    if not can_be_smoothed(indicator):
        return ()
    regions = reader.regions(context.viewer)
    codes, depth = tuple(listed.codes), listed.depth
    reach = {level.level: level.depth for level in reader.snapshot().levels}.get(
        context.viewer.permissions.finest_level
    )
    if len(codes) < FEWEST and (reach is None or depth < reach):
        below = regions.index[regions["parent_code"].isin(codes) & regions["in_scope"]]
        codes, depth = tuple(below), depth + 1
    return codes if len(codes) >= FEWEST and indicator.finest_depth >= depth else ()


def clusters_on(
    reader: SnapshotReader, context: Context, indicator: Indicator, codes: tuple[str, ...]
) -> ClusterScreen:
    """Return the clusters among ``codes`` in the context's period; kept.

    Only figures that are shown take part, as in smoothing, so that a label tells nothing of a hidden one.
    """
    key = ("clusters", context.viewer, indicator.id, codes, str(context.period))
    labels = recalled(reader, key, lambda: _labels(reader, context, indicator, codes))
    language = context.language
    names = names_of(reader.regions(context.viewer), codes, language)
    rows = pd.DataFrame(
        [
            (code, names[code], t(f"map.cluster_{kind}", language))
            for kind in KINDS
            for code in labels.index[labels == kind]
        ],
        columns=["region_code", "name", "cluster"],
    )
    judged = int((labels != "undefined").sum())
    if not judged:
        return ClusterScreen(rows, t("map.clusters_undefined", language))
    said = [_said(kind, labels, names, language) for kind in KINDS if (labels == kind).any()]
    words = t("overview.joint", language).join(said) if said else t("map.no_clusters", language)
    return ClusterScreen(rows, t("map.clusters_said", language, words=words, of=judged))


def _said(kind: str, labels: pd.Series, names: pd.Series, language: str) -> str:
    found = labels.index[labels == kind]
    return t(
        f"map.clusters_{kind}",
        language,
        count=len(found),
        names=t("map.and", language).join(names[code] for code in found[:MOST_NAMED]),
        more=t("map.and_more", language) if len(found) > MOST_NAMED else "",
    )


def _labels(reader: SnapshotReader, context: Context, indicator: Indicator, codes: tuple[str, ...]) -> pd.Series:
    from dashboard.statistics.clusters import local_clusters  # heavy

    found = shared_values(reader, context, indicator, codes)
    shown = found["status"].isin(WITH_VALUE).to_numpy()
    events, people = (np.where(shown, found[name].to_numpy(float), np.nan) for name in ("numerator", "denominator"))
    near = positions_of(found.index.tolist(), reader.neighbours(context.viewer, list(codes)))
    permutations = PERMUTATIONS if len(codes) <= MOST else FEWER_PERMUTATIONS
    return pd.Series(local_clusters(events, people, near, permutations=permutations).label, index=found.index)
