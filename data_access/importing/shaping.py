"""Bring a file's rows into shape before they are mapped: a row a period, derived columns, the rows a target takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from data_access.errors import ImportRefused
from data_access.importing.cells import coded, noted_text, required_columns, text_of
from data_access.importing.coordinates import outside_degrees, shapes_to_stored
from data_access.importing.mapping import ColumnRule, FileRule, Target
from data_access.importing.problems import Problems
from data_access.importing.readers import FAULT, FAULT_COLUMNS, Batch
from data_access.importing.readers.common import in_one_line
from data_access.importing.settings import import_settings

MAX_NAMED = 40
"""Columns named in a message."""
MAX_TITLES = 10
"""Rows looked at for the heading when the first has none of the columns."""
MAX_LABEL_PLACE = 3
"""How many cells from the left a row of totals may leave empty before it says so."""
MELTED = "melted"
"""Column that holds the cell of a melted column."""


def with_whole_names(batch: Batch, rule: FileRule, targets: Sequence[Target]) -> Batch:
    """Return a batch in which columns that the mapping reads have its names where the file breaks them into lines."""
    plain = {in_one_line(str(name)): name for name in batch.rows.columns}
    broken = {plain[name]: name for name in _needed(rule, targets) - set(batch.rows.columns) if name in plain}
    return replace(batch, rows=batch.rows.rename(columns=broken)) if broken else batch


def _needed(rule: FileRule, targets: Sequence[Target]) -> set[str]:
    """Return the columns that the mapping reads of a file."""
    return {name for target in targets for name in _columns_read(target, rule.derived) - {MELTED, *_groups(target)}}


def check_columns(path: Path, rule: FileRule, targets: Sequence[Target], batch: Batch) -> None:
    """Raise when the file lacks a column that the mapping reads."""
    needed = _needed(rule, targets)
    missing = sorted(needed - set(batch.rows.columns))
    nested = next((name for name in missing if name in batch.unusable), None)
    if nested is not None:
        kind = batch.unusable[nested]
        raise ImportRefused(
            f"{path.name}: column {nested!r} holds {kind}, no text, number or time. Export it as one.",
            f"{path.name}：列“{nested}”的类型为 {kind}，不是文字、数字或时间，请转换后重新导出。",
            code="unusable_column",
            file=path.name,
            columns=[nested],
        )
    if missing:
        own = batch.rows.columns.difference(list(FAULT_COLUMNS), sort=False)
        found = ", ".join(map(str, own[:MAX_NAMED])) + (" …" if len(own) > MAX_NAMED else "")
        english, chinese = _advice(needed, batch)
        raise ImportRefused(
            f"{path.name} lacks the column(s) {', '.join(missing)}. It has: {found}. {english}",
            f"{path.name} 缺少列 {'、'.join(missing)}。现有列：{found}。{chinese}",
            code="missing_columns",
            file=path.name,
            columns=missing,
        )


def _advice(needed: set[str], batch: Batch) -> tuple[str, str]:
    """Return what to do about missing columns: the heading may stand lower, or other signs between the cells."""
    for place in range(min(len(batch.rows), MAX_TITLES)):
        cells = set(batch.rows.iloc[place].dropna().astype("str").str.strip())
        if len(needed & cells) > len(needed) / 2:
            row = int(batch.numbers.iloc[place])
            return (
                f"The heading seems to be row {row}: write skip_rows = {row - 1} in the mapping, or delete the rows above it.",
                f"标题行似为第 {row} 行，请在映射中写明 skip_rows = {row - 1}，或删去其上各行。",
            )
    names = [str(name) for name in batch.rows.columns if name not in FAULT_COLUMNS]
    for sign, written in ((";", ";"), ("\t", "\\t"), ("|", "|"), ("\uff0c", "\uff0c"), (",", ",")):
        if any(needed & {part.strip() for part in name.split(sign)} for name in names if sign in name):
            return (
                f'The cells seem to be separated by "{written}": write delimiter = "{written}" in the mapping.',
                f'各列似以“{written}”分隔，请在映射中写明 delimiter = "{written}"。',
            )
    return "Correct the file or the mapping.", "请更正文件或映射。"


def target_rows(batch: Batch, rule: FileRule, target: Target, problems: Problems) -> tuple[Batch, int]:
    """Return the rows that a target takes, with the columns derived for it, and how many were left out."""
    rows, numbers, shapes = _melted(batch, target)
    noted = Problems(problems.file)
    rows = _with_derived(rows, rule.derived, target, noted)
    taken = _taken(rows, target)
    if FAULT in rows:
        taken |= rows[FAULT].notna()
    places = taken.to_numpy().nonzero()[0]
    rows, numbers = rows.iloc[places].reset_index(drop=True), numbers.iloc[places].reset_index(drop=True)
    shapes = None if shapes is None else shapes.iloc[places].reset_index(drop=True)
    if FAULT in rows:
        for place in rows[FAULT].notna().to_numpy().nonzero()[0]:
            reason, column, value = (str(rows.at[place, name]) for name in FAULT_COLUMNS)
            problems.rows[int(place)] = (reason, column, value)
        rows = without(rows, FAULT_COLUMNS)
    first = _first_words(rows)
    problems.add(_totals(first), "total_row", "", first)
    problems.take_over(noted, places.tolist())
    return Batch(rows, numbers, shapes), len(taken) - len(places)


def _first_words(rows: pd.DataFrame) -> pd.Series:
    """Return the first filled of a row's first cells, missing where they are no texts."""
    words = pd.Series(None, index=rows.index, dtype="str")
    for place in range(min(MAX_LABEL_PLACE, rows.shape[1])):
        cells = rows.iloc[:, place]
        if not pd.api.types.is_string_dtype(cells):
            break
        blank = words.isna() | (words == "")
        if not blank.any():
            break
        words = words.mask(blank, cells)
    return words


def _totals(first: pd.Series) -> pd.Series:
    """Return which rows are totals of others by the first word in them."""
    words = {word.replace(" ", "") for word in import_settings().total_words}
    return first.str.replace(r"\s|[:：]$", "", regex=True).str.lower().isin(words)


def file_columns(rows: pd.DataFrame, rule: FileRule) -> pd.DataFrame:
    """Return rows without the derived columns: as they stood in the file."""
    return rows.drop(columns=[name for name in rule.derived if name in rows])


def wkb_of(shapes: gpd.GeoSeries | None, rule: FileRule, problems: Problems, count: int) -> pd.Series:
    """Return shapes in stored degrees, noting rows that have none."""
    if shapes is None:
        problems.add(pd.Series(True, index=range(count)), "no_geometry", "geometry")
        return pd.Series([None] * count, dtype=object)
    missing = shapes.isna() | shapes.is_empty
    problems.add(missing, "no_geometry", "geometry")
    stored = shapes_to_stored(shapes.where(~missing, shapely.Point()), str(rule.crs))
    bounds = pd.DataFrame(shapely.bounds(stored), columns=["west", "south", "east", "north"])
    strange = outside_degrees(bounds["west"].to_numpy(), bounds["south"].to_numpy())
    strange |= outside_degrees(bounds["east"].to_numpy(), bounds["north"].to_numpy())
    corner = bounds["west"].round(1).astype("str") + ", " + bounds["south"].round(1).astype("str")
    problems.add(pd.Series(strange) & ~missing.reset_index(drop=True), "not_degrees", str(rule.crs), corner)
    kinds = pd.Series(shapely.get_type_id(stored))
    flat = ~kinds.isin(_AREAS) | (kinds.eq(_COLLECTION) & (shapely.area(stored) == 0))
    flat &= ~missing.reset_index(drop=True)
    problems.add(flat, "no_area", "geometry", pd.Series([shape.geom_type for shape in stored]))
    return pd.Series(shapely.to_wkb(stored), dtype=object)


_COLLECTION = 7
_AREAS = (3, 6, _COLLECTION)
"""Polygon, MultiPolygon, and the collection that mending a polygon may leave."""


def _columns_read(target: Target, derived: Mapping[str, ColumnRule]) -> set[str]:
    """Return the file's columns that a target reads, those that derived columns stand on in place of them."""
    read = _columns_named(target)
    for name in reversed(list(derived)):
        if name in read:
            read = {*(read - {name}), *required_columns(derived[name])}
    return read


def _columns_named(target: Target) -> set[str]:
    """Return the columns that a target names, derived ones among them."""
    rules: list[ColumnRule | None] = list(target.columns.values())
    region = target.region
    rules += [region.code, region.name, region.parent] if region else []
    named = set().union(*(required_columns(rule) for rule in rules if rule is not None))
    if region and region.point:
        named |= {region.point.lon, region.point.lat}
    return named | {where.column for where in target.where}


def _with_derived(
    rows: pd.DataFrame, derived: Mapping[str, ColumnRule], target: Target, problems: Problems
) -> pd.DataFrame:
    """Return rows with the derived columns that a target needs, in the order of the mapping."""
    wanted = _columns_named(target)
    for name in reversed(list(derived)):
        if name in wanted:
            wanted.update(required_columns(derived[name]))
    for name, rule in derived.items():
        if name in wanted:
            rows = rows.assign(**{name: coded(noted_text(rows, rule, name, problems), rule, name, problems)})
    return rows


def _groups(target: Target) -> set[str]:
    return set(re.compile(target.melt.pattern).groupindex) if target.melt else set()


def _melted(batch: Batch, target: Target) -> tuple[pd.DataFrame, pd.Series, gpd.GeoSeries | None]:
    """Return one row per period for targets whose file has a column per period."""
    if target.melt is None or {MELTED, *_groups(target)} <= set(batch.rows.columns):
        return batch.rows, batch.numbers, batch.shapes
    pattern = re.compile(target.melt.pattern)
    matches = {name: match for name in batch.rows.columns if (match := pattern.fullmatch(name))}
    rest = batch.rows.drop(columns=list(matches))
    frames = [rest.assign(**match.groupdict(), **{MELTED: batch.rows[name]}) for name, match in matches.items()]
    if not frames:
        found = ", ".join(map(str, batch.rows.columns))
        raise ImportRefused(
            f"No column fits the pattern {target.melt.pattern!r} of melt. The file has: {found}. Correct the mapping.",
            f"没有列符合 melt 的模式“{target.melt.pattern}”。现有列：{found}。请更正映射。",
            code="missing_columns",
        )
    return pd.concat(frames, ignore_index=True), pd.concat([batch.numbers] * len(frames), ignore_index=True), None


def _taken(rows: pd.DataFrame, target: Target) -> pd.Series:
    taken = pd.Series(True, index=rows.index)
    for where in target.where:
        text = text_of(rows, ColumnRule(column=where.column))
        if where.one_of is not None:
            taken &= text.isin(where.one_of)
        if where.none_of is not None:
            taken &= ~text.isin(where.none_of)
        if where.known is not None:
            taken &= text.notna() == where.known
    return taken


def without(rows: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return rows without the named columns, as far as there are any."""
    return rows.drop(columns=[name for name in names if name in rows])


def zero_counts(counts: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return a count of zero for every region and period that counts speak of.

    Parameters
    ----------
    counts : DataFrame
        ``region_code, period_start, grain, measure``.
    regions : DataFrame
        ``region_code, depth``; those as deep as the deepest region of a measure get a row.

    Returns
    -------
    DataFrame
        Rows of ``reported_count`` without their source, the same at every import of the same span.
    """
    depths = regions.set_index("region_code")["depth"]
    frames = []
    for key, own in counts.groupby(["measure", "grain"]):
        measure, grain = (str(part) for part in key)
        deepest = own["region_code"].map(depths).max()
        starts = pd.to_datetime(own["period_start"])
        frequency = {"day": "D", "month": "M", "year": "Y"}[grain]
        periods = pd.period_range(starts.min(), starts.max(), freq=frequency).start_time
        pairs = pd.MultiIndex.from_product(
            [depths.index[depths == deepest], periods], names=["region_code", "period_start"]
        )
        frame = pairs.to_frame(index=False)
        days = frame["period_start"].dt.strftime("%Y%m%d")
        frame["source_id"] = f"zero-{measure}-{grain}-" + frame["region_code"] + "-" + days
        frames.append(frame.assign(measure=measure, grain=grain, class_code="", channel="", value=0.0))
    return pd.concat(frames, ignore_index=True)
