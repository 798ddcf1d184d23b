"""Figures declared in a speech beside what the rows give: both stand, the difference is said, neither is overwritten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.i18n import localised, t
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.periods import Period
from dashboard.quality.settings import DeclaredFigure, declared_figures
from data_access.access import Scope
from data_access.queries import SnapshotReader

COLUMNS = ["figure", "declared", "computed", "difference", "same", "unit", "period", "remark"]


def compared(reader: SnapshotReader, scope: Scope, language: str) -> pd.DataFrame:
    """Return each declared figure with the computed one of the whole data set, those that differ first.

    Returns
    -------
    DataFrame
        :data:`COLUMNS` and ``*_text`` as written; no rows when the figures are another data set's, or the viewer does
        not see all of it.
    """
    root = reader.snapshot().root_code
    figures = declared_figures()
    if reader.snapshot().name("zh") != figures.data_set or scope.region_code != root:
        return pd.DataFrame(columns=[*COLUMNS, "declared_text", "computed_text", "difference_text"])
    found = _computed(reader, scope, root, figures.figure)
    rows = pd.DataFrame([_row(figure, found[figure.id], language) for figure in figures.figure])
    return rows.sort_values("same", kind="stable", ignore_index=True)


def _row(figure: DeclaredFigure, found: float, language: str) -> dict:
    period = Period.parse(figure.period)
    rounded = round(found, figure.decimals) if np.isfinite(found) else float("nan")
    same = bool(abs(rounded - figure.value) < 10.0**-6)
    remark = localised(language, figure.remark, figure.remark_en)
    if not np.isfinite(found):
        remark = t("quality.not_computed", language)
    elif not remark:
        remark = t("quality.agrees" if same else "quality.differs", language)
    return {
        "id": figure.id,
        "figure": localised(language, figure.name, figure.name_en),
        "declared": figure.value,
        "computed": found,
        "difference": rounded - figure.value,
        "same": same,
        "unit": localised(language, figure.unit, figure.unit_en),
        "period": period.label(language),
        "remark": remark,
        "declared_text": _text(figure.value, figure),
        "computed_text": _text(found, figure),
        "difference_text": "0" if same else formatting.signed(rounded - figure.value, figure.decimals),
    }


def _computed(reader: SnapshotReader, scope: Scope, root: str, figures: Sequence[DeclaredFigure]) -> dict[str, float]:
    """Return what the rows give for each figure; NaN where they don't."""
    found: dict[str, float] = {}
    for text in dict.fromkeys(figure.period for figure in figures):
        period, own = Period.parse(text), [figure for figure in figures if figure.period == text]
        names = [figure.indicator for figure in own if figure.indicator is not None]
        values = values_of(reader, scope, names, [root], period) if names else {}
        measures = [figure.measure for figure in own if figure.measure is not None]
        counted = (
            reader.measure_values(scope, measures, [root], period.start, period.end, by=("class_code",))
            if measures
            else None
        )
        for figure in own:
            value = float("nan")
            if figure.indicator is not None:
                row = values[figure.indicator].iloc[0]
                value = float(row["value"]) if row["status"] in WITH_VALUE else value
            elif figure.facility is not None:
                value = float((reader.facilities(scope, root)["kind"] == figure.facility).sum())
            elif counted is not None:
                own_rows = counted["measure"] == figure.measure
                if figure.class_code is not None:
                    own_rows &= counted["class_code"] == figure.class_code
                value = float(counted.loc[own_rows, "value"].sum()) if own_rows.any() else value
            found[figure.id] = value * figure.scale
    return found


def _text(value: float, figure: DeclaredFigure) -> str:
    return f"{formatting.number(value, figure.decimals)}{'%' if figure.unit == '%' else ''}"
