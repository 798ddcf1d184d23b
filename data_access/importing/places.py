"""Find the region of each row: by its code, else its name, else its point; the stated code wins over the point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from data_access.importing.cells import as_text, coded, half_width, noted_text, numbers_of, origin, plain_text
from data_access.importing.coordinates import outside_degrees, to_stored
from data_access.importing.mapping import ColumnRule, PointRule, RegionRule
from data_access.importing.problems import Problems
from data_access.importing.settings import import_settings

ROUNDED = r"\d(\.\d+)?[Ee]\+?\d+"
"""How a spreadsheet writes a number with more digits than it keeps."""


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
        order = np.argsort(self.codes.astype(str))  # so that a point on a border always goes to the same side
        self._levels = [
            (self.codes[level], shapely.STRtree(self.shapes[level]))
            for depth in sorted(set(own[own >= 0]), reverse=True)
            if len(level := order[own[order] == depth])
        ]

    @property
    def root(self) -> str | None:
        """The outermost region's code."""
        roots = self.regions.loc[self.regions["depth"] == 0, "region_code"]
        return None if roots.empty else str(roots.iloc[0])

    @property
    def has_shapes(self) -> bool:
        """Return whether a point can be said to lie in or outside a region at all."""
        return bool(self._levels)

    def known(self, codes: pd.Series) -> pd.Series:
        """Return which codes are regions."""
        return codes.isin(self._depth_of.index)

    def containing(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return the innermost region that holds each point (None outside all)."""
        found = np.full(len(lon), None, dtype=object)
        left = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        for codes, tree in self._levels:
            which, shape = tree.query(shapely.points(lon[left], lat[left]), predicate="intersects")
            first = np.full(len(left), len(codes))
            np.minimum.at(first, which, shape)
            held = first < len(codes)
            found[left[held]] = codes[first[held]]
            left = left[~held]
        return found

    def disagreeing(self, codes: pd.Series, inside: pd.Series, lon: np.ndarray, lat: np.ndarray) -> int:
        """Return how many points, each found ``inside`` a region, lie outside the region of the code beside them.

        A code agrees with what lies in it and with a point on its border; one without a shape of its own also with the
        region above it.
        """
        beyond = self.ancestor(inside, codes) != codes
        codes, inside, points = codes[beyond], inside[beyond], shapely.points(lon[beyond], lat[beyond])
        shapes = pd.Series(self.shapes, index=self.codes).reindex(codes).to_numpy()
        is_below = (self.ancestor(codes, inside) == inside).to_numpy()
        return int((~np.where(shapely.is_missing(shapes), is_below, shapely.intersects(shapes, points))).sum())

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

    def named(self, names: pd.Series, parents: pd.Series | None, depth: int | None) -> tuple[pd.Series, pd.Series]:
        """Return the region that each name means, and which names mean several.

        A name is looked for as it is written; else without case, accents, spaces and punctuation; else also without the
        endings of config/import.toml (市, 区, 县, 街道 …). Only a name that then means one region counts.

        Parameters
        ----------
        names : Series of str
        parents : Series of str or None
            Code of the region that each name lies in, at any distance.
        depth : int or None
            Look at this depth only.
        """
        regions = self.regions if depth is None else self.regions[self.regions["depth"] == depth]
        found = pd.Series(None, index=names.index, dtype="str")
        several = pd.Series(False, index=names.index)
        for form in (_as_written, plain_text, _without_ending):
            left = found.isna() & ~several & names.notna()
            if not left.any():
                break
            known = self._names(regions, form, with_parents=parents is not None)
            sought = form(names.where(left))
            if parents is not None:
                sought = parents + "\t" + sought
            repeated = known["key"].duplicated(keep=False)
            found = found.fillna(sought.map(known[~repeated].set_index("key")["region_code"]))
            several |= sought.isin(known.loc[repeated, "key"])
        return found, several

    def _names(self, regions: pd.DataFrame, form: Callable[[pd.Series], pd.Series], with_parents: bool) -> pd.DataFrame:
        """Return ``key, region_code``: every name of each region in a form, below every region it lies in."""
        both = [
            regions[["region_code", column]].set_axis(["region_code", "name"], axis=1) for column in ("name", "name_en")
        ]
        frame = pd.concat(both, ignore_index=True).dropna()
        frame["key"] = form(frame["name"])
        if with_parents:
            above = dict(zip(self.regions["region_code"], self.regions["parent_code"], strict=True))
            frame["parent"] = frame["region_code"].map(above)
            steps = [frame.dropna(subset="parent")]
            while len(steps[-1]):
                next_up = steps[-1].assign(parent=steps[-1]["parent"].map(above))
                steps.append(next_up.dropna(subset="parent"))
            frame = pd.concat(steps, ignore_index=True)
            frame["key"] = frame["parent"] + "\t" + frame["key"]
        return frame.dropna(subset="key").drop_duplicates(["key", "region_code"])


def _as_written(names: pd.Series) -> pd.Series:
    return names


def _without_ending(names: pd.Series) -> pd.Series:
    """Return plain names without the first ending that fits and leaves at least two characters."""
    plain = plain_text(names)
    endings = import_settings().name_endings
    shortened = {
        name: next(
            (name.removesuffix(end) for end in endings if name.endswith(end) and len(name) - len(end) >= 2), name
        )
        for name in plain.dropna().unique()
    }
    return plain.map(shortened)


def located(rows: pd.DataFrame, rule: RegionRule, index: RegionIndex, problems: Problems) -> tuple[pd.DataFrame, int]:
    """Return ``region_code, lon, lat`` of each row, and how many rows' point lies outside the region they name."""
    lon, lat, exchanged = _points(rows, rule.point, problems)
    codes = pd.Series(None, index=rows.index, dtype="str")
    stated = pd.Series(False, index=rows.index)
    if rule.code is not None:
        text = coded(noted_text(rows, rule.code, "region_code", problems), rule.code, "region_code", problems)
        text = half_width(text)
        unknown = text.notna() & ~index.known(text)
        if unknown.any():  # a column of codes that was read as numbers loses nothing by its ".0"
            bare = text.str.replace(r"\.0+$", "", regex=True)
            text = text.mask(unknown & index.known(bare), bare)
            unknown &= ~index.known(text)
        name = origin(rule.code, "region_code")
        whole = text.str.removesuffix(".0").str.ljust(12, "0")
        problems.add(unknown & index.known(whole), "short_code", name, text)
        problems.add(unknown & text.str.fullmatch(ROUNDED).fillna(False), "rounded_code", name, text)
        problems.add(unknown, "unknown_region", name, text)
        codes, stated = text.mask(unknown), text.notna()
    if rule.name is not None:
        names = coded(noted_text(rows, rule.name, "region_name", problems), rule.name, "region_name", problems)
        by_name = _by_name(rows, names.where(codes.isna()), rule, index, problems)
        codes, stated = codes.fillna(by_name), stated | names.notna()
    disagreements = 0
    if rule.point is not None and index.has_shapes:
        inside = pd.Series(index.containing(lon, lat), index=rows.index, dtype="str")
        stray = pd.Series(np.isfinite(lon) & np.isfinite(lat), index=rows.index) & inside.isna()
        _note_strays(stray, lon, lat, exchanged, stated, rule, index, problems)
        both = codes.notna() & inside.notna()
        if both.any():
            where = both.to_numpy()
            disagreements = index.disagreeing(codes[both], inside[both], lon[where], lat[where])
        disagreements += int((stray & codes.notna()).sum())
        codes = codes.fillna(inside)
    if rule.otherwise == "root" and index.root is not None:
        codes = codes.fillna(index.root)
    problems.add(codes.isna(), "blank", _rule_name(rule))
    return pd.DataFrame({"region_code": codes, "lon": lon, "lat": lat}), disagreements


def _points(
    rows: pd.DataFrame, rule: PointRule | None, problems: Problems
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return longitude and latitude of each row, and what they would be with the two columns exchanged."""
    if rule is None:
        nothing = np.full(len(rows), np.nan)
        return nothing, nothing, (nothing, nothing)
    first, second = (_coordinate(rows, name, rule.decimal, problems) for name in (rule.lon, rule.lat))
    useless = (first == 0) & (second == 0)
    for no_lon, no_lat in rule.useless:
        useless |= (first == no_lon) | (second == no_lat)
    first, second = np.where(useless, np.nan, first), np.where(useless, np.nan, second)
    lon, lat = to_stored(first, second, rule.crs)
    exchanged = to_stored(second, first, rule.crs)
    strange = outside_degrees(lon, lat)
    swapped = strange & ~outside_degrees(*exchanged) & np.isfinite(exchanged[0])
    text = pd.Series([f"{x:g}, {y:g}" for x, y in zip(first, second, strict=True)] if strange.any() else "", rows.index)
    problems.add(pd.Series(swapped, rows.index), "swapped", f"{rule.lon}/{rule.lat}", text)
    problems.add(pd.Series(strange, rows.index), "not_degrees", rule.crs, text)
    valid = np.isfinite(lon) & np.isfinite(lat) & ~strange
    return np.where(valid, lon, np.nan), np.where(valid, lat, np.nan), exchanged


def _coordinate(rows: pd.DataFrame, name: str, decimal: str, problems: Problems) -> np.ndarray:
    cells = rows[name]
    if not pd.api.types.is_numeric_dtype(cells):
        text = as_text(cells).str.strip()
        cells = numbers_of(text, decimal)
        problems.add(cells.isna() & text.notna() & (text != ""), "not_a_number", name, text)
    return cells.to_numpy(float, na_value=np.nan)


def _by_name(
    rows: pd.DataFrame, names: pd.Series, rule: RegionRule, index: RegionIndex, problems: Problems
) -> pd.Series:
    column = origin(rule.name, "region_name") if rule.name else "region_name"
    parents = None
    if rule.parent is not None:
        parents = _parents(rows, rule.parent, index, problems)
        names = names.where(parents.notna())
    found, several = index.named(names, parents, rule.depth)
    problems.add(several, "ambiguous_region", column, names)
    problems.add(names.notna() & found.isna(), "unknown_region", column, names)
    return found


def _parents(rows: pd.DataFrame, rule: ColumnRule, index: RegionIndex, problems: Problems) -> pd.Series:
    """Return the code of the region that a row's name lies in; the file may give that region by name."""
    text = coded(noted_text(rows, rule, "parent", problems), rule, "parent", problems)
    codes = text.where(index.known(text))
    by_name, several = index.named(text.where(codes.isna()), None, None)
    problems.add(several, "ambiguous_region", origin(rule, "parent"), text)
    codes = codes.fillna(by_name)
    problems.add(text.notna() & codes.isna(), "unknown_region", origin(rule, "parent"), text)
    return codes


def _note_strays(
    stray: pd.Series,
    lon: np.ndarray,
    lat: np.ndarray,
    exchanged: tuple[np.ndarray, np.ndarray],
    stated: pd.Series,
    rule: RegionRule,
    index: RegionIndex,
    problems: Problems,
) -> None:
    """Note points outside every region that nothing else places, and those that lie inside with coordinates exchanged."""
    if not stray.any():
        return
    where = stray.to_numpy()
    written = [f"{x:.5f}, {y:.5f}" for x, y in zip(lon[where], lat[where], strict=True)]
    text = pd.Series(written, index=stray.index[where]).reindex(stray.index, fill_value="")
    swapped = np.zeros(len(stray), bool)
    swapped[where] = pd.notna(index.containing(exchanged[0][where], exchanged[1][where]))
    name = f"{rule.point.lon}/{rule.point.lat}" if rule.point else "region_code"
    problems.add(pd.Series(swapped, index=stray.index), "swapped", name, text)
    if rule.otherwise == "refuse":
        problems.add(stray & ~stated, "outside", name, text)


def _rule_name(rule: RegionRule) -> str:
    named = rule.code or rule.name
    point = f"{rule.point.lon}/{rule.point.lat}" if rule.point else "region_code"
    return origin(named, point) if named is not None else point
