"""The tables behind a page: what it draws, offers for download, and gives on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.i18n import t

if TYPE_CHECKING:  # cards, which are drawn with the downloads beside them, know of tables
    from dashboard.components.cards import Card


@dataclass(frozen=True)
class ScreenTable:
    """One table of a page, unrounded and already suppressed as on screen.

    Parameters
    ----------
    key : str
        Name on the command line, unique within the page.
    title : str
        Title on screen, in the screen's language.
    frame : DataFrame
        Numbers as numbers; the index is left out.
    columns : mapping of str
        Column of ``frame`` → heading in the screen's language. Columns that are not named are left out.
    """

    key: str
    title: str
    frame: pd.DataFrame
    columns: Mapping[str, str]

    def given(self) -> pd.DataFrame:
        """Return the columns that are given; an empty table has these, too."""
        return self.frame.reindex(columns=list(self.columns)) if self.frame.empty else self.frame[list(self.columns)]

    def download(self) -> pd.DataFrame:
        """Return the table as it is downloaded, under the screen's headings."""
        return self.given().rename(columns=dict(self.columns))


def figures_table(cards: Sequence[Card], language: str) -> ScreenTable:
    """Return the figures of cards, as they are written on screen, a card a row."""
    columns = {
        "title": "indicator",
        "written": "value",
        "unit": "unit",
        "interval": "interval",
        "change": "change",
        "change_words": "words",
        "facts_text": "facts",
        "sentence": "sentence",
        "data_through": "data_through",
        "source": "source",
    }
    rows = [
        vars(card)
        | {
            "written": card.exact or card.figure,
            "facts_text": t("overview.joint", language).join(f"{label} {value}" for label, value, *_ in card.facts),
        }
        for card in cards
    ]
    headings = {name: t(f"overview_column.{heading}", language) for name, heading in columns.items()}
    return ScreenTable("figures", t("overview.figures", language), pd.DataFrame(rows), headings)
