"""Find the region of each row: by its code, else its name, else its point; the stated code wins over the point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from data_access.importing.cells import coded, text_of
from data_access.importing.coordinates import to_stored
from data_access.importing.mapping import PointRule, RegionRule
from data_access.importing.problems import Problems


@dataclass
class RegionIndex:
    """Regions that rows may name, and the shapes they may lie in.

    Parameters
    ----------
    regions : DataFrame
        ``region_code, name, name_en, parent_code, depth``.
    codes, shapes : ndarray
        Polygons in stored degrees and the region of each.
    """

    regions: pd.DataFrame
    codes: np.ndarray
    shapes: np.ndarray

    def __post_init__(self) -> None:
        depths = self.regions.set_index("region_code")["depth"]
        own = np.array([int(depths.get(code, -1)) for code in self.codes], dtype=int)
        self._depth_of = depths
        finest = own.max() if len(own) else -1
        self._finest_codes = self.codes[own == finest]
        self._tree = shapely.STRtree(self.shapes[own == finest]) if finest >= 0 else None
        self._bounds = shapely.total_bounds(self.shapes[own == finest]) if finest >= 0 else None

    @property
    def root(self) -> str | None:
        """The outermost region's code."""
        roots = self.regions.loc[self.regions["depth"] == 0, "region_code"]
        return None if roots.empty else str(roots.iloc[0])

    def known(self, codes: pd.Series) -> pd.Series:
        """Return which codes are regions."""
        return codes.isin(self._depth_of.index)

    def containing(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return the innermost region that holds each point (None outside all)."""
        found = np.full(len(lon), None, dtype=object)
        valid = np.isfinite(lon) & np.isfinite(lat)
        if self._tree is None or not valid.any():
            return found
        points = shapely.points(lon[valid], lat[valid])
        which, shape = self._tree.query(points, predicate="intersects")
        first = np.full(valid.sum(), -1)
        first[which[::-1]] = shape[::-1]
        found[valid] = np.where(first >= 0, self._finest_codes[np.maximum(first, 0)], None)
        return found

    def ancestor(self, codes: pd.Series, depth_like: pd.Series) -> pd.Series:
        """Return the ancestor of each code at the depth of the region in ``depth_like``."""
        parents = self.regions.set_index("region_code")["parent_code"]
        current = codes.copy()
        wanted = depth_like.map(self._depth_of)
        for _ in range(4):
            deeper = current.map(self._depth_of) > wanted
            if not deeper.any():
                break
            current = current.mask(deeper, current.map(parents))
        return current


def located(rows: pd.DataFrame, rule: RegionRule, index: RegionIndex, problems: Problems) -> tuple[pd.DataFrame, int]:
    """Return ``region_code, lon, lat`` of each row, and how many rows' code and point name two regions."""
    lon, lat = _points(rows, rule.point)
    codes = pd.Series(None, index=rows.index, dtype="str")
    stated = pd.Series(False, index=rows.index)
    if rule.code is not None:
        text = coded(text_of(rows, rule.code), rule.code, "region_code", problems)
        unknown = text.notna() & ~index.known(text)
        problems.add(unknown, "unknown_region", rule.code.column or "region_code", text)
        codes, stated = text.mask(unknown), text.notna()
    if rule.name is not None:
        names = coded(text_of(rows, rule.name), rule.name, "region_name", problems)
        by_name = _by_name(rows, names, rule, index, problems, codes.isna())
        codes, stated = codes.fillna(by_name), stated | names.notna()
    disagreements = 0
    if rule.point is not None:
        inside = pd.Series(index.containing(lon, lat), index=rows.index, dtype="str")
        both = codes.notna() & inside.notna()
        if both.any():
            disagreements = int((index.ancestor(inside[both], codes[both]) != codes[both]).sum())
        _note_strays(codes.isna() & inside.isna() & ~stated, lon, lat, rule, index, problems)
        codes = codes.fillna(inside)
    if rule.otherwise == "root" and index.root is not None:
        codes = codes.fillna(index.root)
    missing = codes.isna()
    problems.add(missing, "blank", _rule_name(rule))
    return pd.DataFrame({"region_code": codes, "lon": lon, "lat": lat}), disagreements


def _points(rows: pd.DataFrame, rule: PointRule | None) -> tuple[np.ndarray, np.ndarray]:
    if rule is None:
        nothing = np.full(len(rows), np.nan)
        return nothing, nothing.copy()
    first = pd.to_numeric(rows[rule.lon], errors="coerce").to_numpy(float, na_value=np.nan)
    second = pd.to_numeric(rows[rule.lat], errors="coerce").to_numpy(float, na_value=np.nan)
    useless = (first == 0) & (second == 0)
    for lon, lat in rule.useless:
        useless |= (first == lon) | (second == lat)
    lon, lat = to_stored(np.where(useless, np.nan, first), np.where(useless, np.nan, second), rule.crs)
    valid = np.isfinite(lon) & np.isfinite(lat)
    return np.where(valid, lon, np.nan), np.where(valid, lat, np.nan)


def _by_name(
    rows: pd.DataFrame, names: pd.Series, rule: RegionRule, index: RegionIndex, problems: Problems, wanted: pd.Series
) -> pd.Series:
    regions = index.regions if rule.depth is None else index.regions[index.regions["depth"] == rule.depth]
    sought = names.where(wanted)
    column = (rule.name.column if rule.name else None) or "region_name"
    if rule.parent is not None:
        parents = text_of(rows, rule.parent)
        keyed = regions.assign(key=regions["parent_code"].astype("str") + "\t" + regions["name"])
        sought = parents + "\t" + sought
    else:
        keyed = regions.assign(key=regions["name"])
    unique = keyed[~keyed["key"].duplicated(keep=False)].set_index("key")["region_code"]
    found = sought.map(unique)
    several = sought.isin(keyed.loc[keyed["key"].duplicated(keep=False), "key"])
    problems.add(several, "ambiguous_region", column, names)
    if rule.otherwise == "refuse":
        problems.add(sought.notna() & found.isna(), "unknown_region", column, names)
    return found


def _note_strays(
    stray: pd.Series, lon: np.ndarray, lat: np.ndarray, rule: RegionRule, index: RegionIndex, problems: Problems
) -> None:
    """Note points outside every region, and those that would be inside with the coordinates exchanged."""
    pointed = stray & np.isfinite(lon) & np.isfinite(lat)
    if not pointed.any():
        return
    where = pointed.to_numpy()
    text = pd.Series([f"{x:.5f}, {y:.5f}" for x, y in zip(lon, lat, strict=True)], index=stray.index)
    exchanged = np.zeros(len(stray), bool)
    exchanged[where] = [code is not None for code in index.containing(lat[where], lon[where])]
    name = _rule_name(rule)
    problems.add(pd.Series(exchanged, index=stray.index), "swapped", name, text)
    if rule.otherwise == "refuse":
        problems.add(pointed, "outside", name, text)


def _rule_name(rule: RegionRule) -> str:
    named = rule.code or rule.name
    if named is not None and named.column is not None:
        return named.column
    return f"{rule.point.lon}/{rule.point.lat}" if rule.point else "region_code"
