"""What every part of the page asks with: region, names, days, and whether lists may be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pandas as pd

from dashboard import formatting
from dashboard.components import Card
from dashboard.context import Context
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import values_of
from dashboard.screens.figures import indicator_card
from data_access.access import Scope
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader

PAGE = "responsibility"
TOWNSHIP = 2
"""Depth below which nobody holds meetings."""


@dataclass(frozen=True)
class Span:
    """One region and span of days, with the reader and the ledger that answer for them."""

    reader: SnapshotReader
    ledger: Ledger
    context: Context
    regions: pd.DataFrame
    start: date
    as_of: date

    @property
    def scope(self) -> Scope:
        """Who looks."""
        return self.context.viewer

    @property
    def language(self) -> str:
        """Language of the screen."""
        return self.context.language

    @property
    def region(self) -> str:
        """The region that is open."""
        return self.context.region

    @property
    def plain(self) -> Context:
        """The context without the part and item that are open, under which what is published is kept."""
        return replace(self.context, own=())

    @cached_property
    def _depths(self) -> dict[str, int]:
        return {str(code): int(depth) for code, depth in self.regions["depth"].to_dict().items()}

    @cached_property
    def _names(self) -> dict[str, str]:
        columns = (self.regions.index.tolist(), self.regions["name"].tolist(), self.regions["name_en"].tolist())
        return {code: self.said(name, english) for code, name, english in zip(*columns, strict=True)}

    @cached_property
    def _parents(self) -> dict[str, object]:
        return {str(code): parent for code, parent in self.regions["parent_code"].to_dict().items()}

    @property
    def depth(self) -> int:
        """Depth of the region that is open."""
        return self.depth_of(self.region)

    def depth_of(self, code: str) -> int:
        """Return the depth of a region."""
        return self._depths[code]

    @property
    def lists_allowed(self) -> bool:
        """Whether the role may open lists of records."""
        return self.scope.permissions.records

    def children(self) -> list[str]:
        """Return the regions just below the open one."""
        inside = (self.regions["parent_code"] == self.region) & self.regions["in_scope"]
        return self.regions.index[inside].tolist()

    def name(self, code: str) -> str:
        """Return a region's name on screen; its code when the region is gone."""
        return self._names.get(code, code)

    def place(self, code: str) -> str:
        """Return where a record lies: the names from below the open region down to ``code``."""
        names: list[str] = []
        step: object = code
        while isinstance(step, str) and step in self._parents and step != self.region:
            names.insert(0, self.name(step))
            step = self._parents[step]
        return " · ".join(names) if names else self.name(code)

    def said(self, chinese: str, english: object) -> str:
        """Return the text of a record in the screen's language."""
        return localised(self.language, chinese, english if isinstance(english, str) else None)

    def link(self, part: str, item: str | None = None) -> str:
        """Return the address of a part of the page, with one item opened."""
        return self.context.href(PAGE, part=part, item=item)

    def cards(self, names: Sequence[str]) -> tuple[Card, ...]:
        """Return the cards of the indicators that the data set has a source for."""
        items = [find_indicator(name) for name in names]
        found = values_of(self.reader, self.scope, items, [self.region], self.context.period)
        rows = [(item, found[item.id].iloc[0]) for item in items]
        return tuple(
            indicator_card(
                self.reader,
                self.context,
                item,
                row,
                href=self.context.href("map", indicator=item.id),
                facts=self._counted(row) if item.kind == "proportion" else (),
            )
            for item, row in rows
            if not pd.isna(row["data_through"])
        )

    def _counted(self, row: pd.Series) -> tuple[tuple[str, str], ...]:
        """Return what a share was counted from, so that one on a small base is still read."""
        if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
            return ()
        text = f"{formatting.number(row['numerator'])}/{formatting.number(row['denominator'])}"
        return ((t("duty.counted", self.language), text),)


def span_of(reader: SnapshotReader, context: Context) -> Span:
    """Return the span of the context's region and period, up to the last day of the data."""
    through = reader.snapshot().data_through
    return Span(
        reader=reader,
        ledger=Ledger.beside(reader),
        context=context,
        regions=reader.regions(context.viewer),
        start=context.period.start,
        as_of=min(context.period.end, through),
    )
