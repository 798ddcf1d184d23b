"""Where refused rows are written down to be corrected, and how such a file is known again."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_access.importing.cells import as_text
from data_access.importing.problems import Problems, sentence

MAX_SHOWN = 5
ROW_COLUMN = "__row"
SHAPE_COLUMN = "__shape"
"""Column of a quarantine file with the shape of the row, in the file's own coordinates; points have columns of their own."""
REASON_COLUMNS = ("__reason", "__reason_en")
"""Columns of a quarantine file beside the file's own; the reasons are not read when it is imported again."""


class Quarantine:
    """A CSV of refused rows as they stood in the file, with row number and reason; correct it and import it again."""

    def __init__(self, path: Path, file: str) -> None:
        self.path = path
        self.file = file
        self.count = 0
        self.examples: list[tuple[int, str, str, str]] = []
        """First problems: (row, reason, column, value)."""

    def write(
        self, rows: pd.DataFrame, numbers: pd.Series, problems: Problems, shapes: gpd.GeoSeries | None = None
    ) -> None:
        """Append the bad rows of a batch."""
        if not problems.rows:
            return
        positions = sorted(problems.rows)
        details = [problems.rows[position] for position in positions]
        bad = rows.iloc[positions].apply(_digits_as_in_the_file)
        bad[ROW_COLUMN] = numbers.iloc[positions].to_numpy()
        if shapes is not None:
            bad[SHAPE_COLUMN] = _as_text(shapes.iloc[positions])
        bad[REASON_COLUMNS[0]] = [sentence(*detail, "zh") for detail in details]
        bad[REASON_COLUMNS[1]] = [sentence(*detail, "en") for detail in details]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        encoding = "utf-8" if self.count else "utf-8-sig"  # by the mark, spreadsheets know that it is no GB18030
        bad.to_csv(self.path, mode="a", header=self.count == 0, index=False, encoding=encoding)
        self.count += len(bad)
        for number, detail in zip(bad[ROW_COLUMN], details, strict=True):
            if len(self.examples) < MAX_SHOWN:
                self.examples.append((int(number), *detail))

    def lines(self, language: str) -> list[str]:
        """Return the first problems in words: file, row, column, value, what to do."""
        word = "row" if language == "en" else "行"
        return [
            f"{self.file} {word} {number}: {sentence(reason, column, value, language)}"
            for number, reason, column, value in self.examples
        ]


def _digits_as_in_the_file(cells: pd.Series) -> pd.Series:
    """Return a column whose whole numbers have no decimal point where the file has none."""
    return as_text(cells) if pd.api.types.is_float_dtype(cells) else cells


def _as_text(shapes: gpd.GeoSeries) -> np.ndarray:
    """Return shapes as text that loses nothing, blank where there is none and for points."""
    text = shapely.to_wkt(shapes.to_numpy(), rounding_precision=-1)
    return np.where(shapes.isna() | shapes.geom_type.eq("Point"), "", text)
