"""Which regions a screen lists: the children of the current one, or its siblings where it has none."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.context import LEVELS, Context, region_path
from dashboard.i18n import localised, t
from data_access.queries import SnapshotInfo, SnapshotReader


@dataclass(frozen=True)
class Listed:
    """Regions shown together: all of one level, below one parent."""

    parent: str
    codes: tuple[str, ...]
    depth: int
    level_name: str
    selected: str | None
    """The current region, when it has no children and stands among its siblings."""

    @property
    def level_word(self) -> str:
        """``level_name`` as it stands within a sentence."""
        return in_sentence(self.level_name)


def listed_regions(
    context: Context, regions: pd.DataFrame, snapshot: SnapshotInfo, deepest: int | None = None
) -> Listed:
    """Return the children of the context's region within the viewer's reach, or its siblings at the innermost level.

    Parameters
    ----------
    deepest : int, optional
        Depth of the innermost level that is listed, where it is not the viewer's.
    """
    finest = context.viewer.permissions.finest_level
    depths = {level.level: level.depth for level in snapshot.levels}
    reach = depths.get(finest, max(depths.values()))
    reach = reach if deepest is None else min(reach, deepest)
    parent, selected = context.region, None
    codes = _children(regions, parent, reach)
    if not codes:
        above = regions.at[parent, "parent_code"]
        if isinstance(above, str) and above in regions.index:
            parent, selected = above, context.region
        codes = _children(regions, parent, reach) or [context.region]
    depth = depth_of(regions, codes[0])
    return Listed(parent, tuple(codes), depth, level_name(snapshot, depth, context.language), selected)


def level_name(snapshot: SnapshotInfo, depth: int, language: str) -> str:
    """Return what the data set calls regions of a depth."""
    level = next((level for level in snapshot.levels if level.depth == depth), None)
    return level.label(language) if level else t("level.region", language)


def level_word(snapshot: SnapshotInfo, depth: int, language: str) -> str:
    """Return :func:`level_name` as it stands within a sentence."""
    return in_sentence(level_name(snapshot, depth, language))


def in_sentence(name: str) -> str:
    """Return a level's name as it stands within a sentence: words begin small, but for abbreviations."""
    return " ".join(word.lower() if word.istitle() else word for word in name.split(" "))


def level_headings(snapshot: SnapshotInfo, language: str) -> dict[str, str]:
    """Return the headings of columns that name a region of a level: what the data set calls that level."""
    return {level: level_name(snapshot, depth, language) for depth, level in enumerate(LEVELS)}


def place_of(regions: pd.DataFrame, code: str, deepest: int) -> str:
    """Return the region whose figures stand for ``code``: itself, or what contains it at depth ``deepest``."""
    path = region_path(regions, code)
    return path[min(len(path) - 1, deepest)]


def listed_down_to(reader: SnapshotReader, context: Context, deepest: int) -> Listed:
    """Return the regions below the context's, or its siblings, at depth ``deepest`` at the most."""
    snapshot, regions = reader.snapshot(), reader.regions(context.viewer)
    return listed_regions(context.at(place_of(regions, context.region, deepest)), regions, snapshot, deepest)


def names_of(regions: pd.DataFrame, codes: tuple[str, ...], language: str) -> pd.Series:
    """Return names on screen, indexed by code."""
    wanted = pd.Index(list(codes), name=regions.index.name)
    places = regions.index.get_indexer(wanted)
    if (places < 0).any():
        raise KeyError(wanted[places < 0].tolist())
    pairs = zip(*(regions[column].array.take(places).tolist() for column in ("name", "name_en")), strict=True)
    return pd.Series([localised(language, name, english) for name, english in pairs], index=wanted)


def siblings_of(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the regions with the same parent in scope, the region itself among them."""
    parent = regions.at[code, "parent_code"]
    if not isinstance(parent, str):
        return [code]
    same = regions.index[(regions["parent_code"] == parent) & regions["in_scope"]].tolist()
    return same if code in same else [code]


def depth_of(regions: pd.DataFrame, code: str) -> int:
    """Return how far below the outermost region ``code`` lies."""
    return int(regions["depth"].to_numpy(int)[_place(regions, code)])


def in_scope(regions: pd.DataFrame, code: str) -> bool:
    """Return whether ``code`` lies in the viewer's scope, not above it."""
    return bool(regions["in_scope"].to_numpy(bool)[_place(regions, code)])


def _place(regions: pd.DataFrame, code: str) -> int:
    place = regions.index.get_loc(code)
    if not isinstance(place, int):
        raise KeyError(code)
    return place


def _children(regions: pd.DataFrame, code: str, deepest: int) -> list[str]:
    inside = (regions["parent_code"].to_numpy(object) == code) & regions["in_scope"].to_numpy(bool)
    return regions.index[inside & (regions["depth"].to_numpy(int) <= deepest)].tolist()
