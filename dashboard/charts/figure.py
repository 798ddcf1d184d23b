"""A figure as plotly.js takes it, of plain values: plotly's own objects would check each of them anew at every run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from plotly.basedatatypes import BaseFigure
from plotly.subplots import make_subplots


class Figure(BaseFigure):
    """Traces and a layout, put together with the names of plotly.js; tests let plotly check what comes of it.

    Parameters
    ----------
    layout : dict, optional
        What to begin with, such as :func:`panel_layout`.
    """

    def __init__(self, layout: dict[str, Any] | None = None) -> None:
        self._spec: dict[str, Any] = {"data": [], "layout": layout or {}}
        self._dated: dict[str, None] = {}

    @property
    def data(self) -> list[dict[str, Any]]:
        """The traces, first drawn first."""
        return self._spec["data"]

    @property
    def layout(self) -> dict[str, Any]:
        """Axes, legend, shapes and annotations."""
        return self._spec["layout"]

    @property
    def dated_axes(self) -> tuple[str, ...]:
        """Names of the axes in the layout on which dates stand."""
        return tuple(self._dated)

    def add(self, kind: str, *, panel: int = 0, **fields: object) -> None:
        """Add a trace of plotly.js's type ``kind`` with its ``fields``, in a panel of :func:`panel_layout`."""
        axes = {f"{letter}axis": axis_name(letter, panel).replace("axis", "") for letter in "xy"} if panel else {}
        trace: dict[str, Any] = {"type": kind, **axes, **fields}
        for letter in "xy":
            values = fields.get(letter)
            if values is not None and isinstance(next(iter(values), None), (date, np.datetime64)):  # type: ignore[call-overload]
                self._dated[f"{letter}axis{trace.get(f'{letter}axis', letter)[1:]}"] = None
        self.data.append(_plain(trace))

    def add_line(self, **fields: object) -> None:
        """Add a line of the layout, such as ``x0, x1, y0, y1, yref="paper"``."""
        self.layout.setdefault("shapes", []).append(_plain({"type": "line", **fields}))

    def add_note(self, **fields: object) -> None:
        """Add a text without an arrow."""
        self.layout.setdefault("annotations", []).append(_plain({"showarrow": False, **fields}))

    def update(self, **parts: object) -> None:
        """Change parts of the layout; what they don't name stays."""
        _merge(self.layout, _plain(parts))

    def update_axes(self, letter: str, **fields: object) -> None:
        """Change all x or all y axes."""
        first = axis_name(letter, 0)
        for name in {first: None} | {name: None for name in self.layout if name.startswith(first)}:
            self.update(**{name: fields})

    def to_dict(self) -> dict[str, Any]:
        """Return what plotly.js is given."""
        return self._spec


def panel_layout(titles: Sequence[str], columns: int, **spacing: object) -> dict[str, Any]:
    """Return the layout of a panel for each title, row by row, as plotly's ``make_subplots`` arranges it."""
    rows = max(math.ceil(len(titles) / columns), 1)
    layout = json.loads(_arranged(len(titles), rows, columns, tuple(spacing.items())))
    for note, title in zip(layout.get("annotations", ()), titles, strict=True):
        note["text"] = title
    return layout


@lru_cache(maxsize=64)
def _arranged(count: int, rows: int, columns: int, spacing: tuple[tuple[str, object], ...]) -> str:
    places = [f"panel {number}" for number in range(count)]
    arranged = make_subplots(rows=rows, cols=columns, subplot_titles=places, **dict(spacing))
    arranged.update_layout(template=None)
    return json.dumps(arranged.to_dict()["layout"])


def axis_name(letter: str, panel: int) -> str:
    """Return the name of a panel's axis in the layout."""
    return f"{letter}axis{panel + 1 if panel else ''}"


def _merge(into: dict[str, Any], parts: Mapping[str, Any]) -> None:
    for name, part in parts.items():
        if isinstance(part, dict) and isinstance(into.get(name), dict):
            _merge(into[name], part)
        else:
            into[name] = part


def _plain(value: Any) -> Any:
    """Return the value as JSON has it: lists, texts, finite numbers, None for what is missing."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, date):
        return None if value is pd.NaT else value.isoformat()
    if isinstance(value, np.generic):
        return _plain(value.item())
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "f":
        return [each if math.isfinite(each) else None for each in value.tolist()]
    if kind and kind in "biu":
        return value.tolist()
    return [_plain(each) for each in _items(value)]


def _items(values: Any) -> Iterator[Any]:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return iter(pd.DatetimeIndex(values))
    return iter(values.tolist() if hasattr(values, "tolist") else values)
