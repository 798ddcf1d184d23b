"""What a series must be read with: campaigns that began and boundaries that changed, dated, numbered and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from dashboard import formatting
from dashboard.context import Context, region_name, region_path
from dashboard.i18n import t
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.engine.facts import boundary_changes_of
from dashboard.screens.work.campaigns import ALARMS
from dashboard.screens.work.settings import campaigns
from data_access.queries import SnapshotReader

NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


@dataclass(frozen=True)
class Mark:
    """One dated change.

    Parameters
    ----------
    kind : {"campaign", "boundary"}
    day : date, optional
        None when it is not known; such a mark is said below the chart and not drawn.
    words : str
        What happened, with its day.
    sign : str
        Stands at the line and before the words; empty without a line.
    class_code : str
        The class of alarms that a campaign is against.
    """

    kind: Literal["campaign", "boundary"]
    day: date | None
    words: str
    sign: str = ""
    class_code: str = ""

    @property
    def moment(self) -> pd.Timestamp:
        """The day as charts take it; of a mark that is drawn."""
        assert self.day is not None
        return pd.Timestamp(self.day)

    @property
    def text(self) -> str:
        """Sign and words, as they stand below the chart."""
        return f"{self.sign} {self.words}".strip()


def marks_of(reader: SnapshotReader, context: Context, indicator: Indicator, start: date) -> tuple[Mark, ...]:
    """Return the marks of the context's region between ``start`` and the data-through day, oldest first."""
    found = [*_campaigns(context, indicator), *_boundaries(reader, context)]
    end = reader.snapshot().data_through
    known = sorted((each for each in found if each.day and start <= each.day <= end), key=lambda each: str(each.day))
    unknown = [each for each in found if each.day is None]
    signs = [*NUMBERS, *(f"({number})" for number in range(len(NUMBERS) + 1, len(known) + 1))]
    numbered = (
        Mark(each.kind, each.day, each.words, sign, each.class_code) for each, sign in zip(known, signs, strict=False)
    )
    return (*numbered, *unknown)


def drawn_marks(marks: Sequence[Mark]) -> tuple[tuple[pd.Timestamp, str], ...]:
    """Return the lines of a chart by month: the moment of the first of a month and the signs of all of it."""
    months: dict[pd.Period, list[Mark]] = {}
    for mark in marks:
        if mark.day is not None:
            months.setdefault(pd.Period(mark.day, freq="M"), []).append(mark)
    return tuple((own[0].moment, "".join(mark.sign for mark in own)) for own in months.values())


def drawn_months(marks: Sequence[Mark]) -> tuple[tuple[str, str], ...]:
    """Return the lines of a chart by labels of months: ``2024-03`` and the signs of all of it."""
    return tuple((f"{moment:%Y-%m}", signs) for moment, signs in drawn_marks(marks))


def class_marks(marks: Sequence[Mark]) -> dict[str, tuple[pd.Timestamp, str]]:
    """Return the line in the chart of each class that a campaign is against."""
    return {mark.class_code: (mark.moment, mark.sign) for mark in marks if mark.class_code and mark.sign}


def campaign_start(marks: Sequence[Mark]) -> pd.Timestamp | None:
    """Return when the first campaign began; None where none concerns the series."""
    return next((mark.moment for mark in marks if mark.kind == "campaign" and mark.sign), None)


def _campaigns(context: Context, indicator: Indicator) -> list[Mark]:
    """Return the campaigns against the classes of alarms that the indicator counts."""
    classes = {code for term in indicator.terms if term.measure == ALARMS for code in term.class_code or ("",)}
    language = context.language
    return [
        Mark(
            "campaign",
            each.began_on,
            t(
                "trends.mark_campaign",
                language,
                day=formatting.day(each.began_on),
                name=each.label(language),
                target=t(f"class.{each.class_code}", language),
            ),
            class_code=each.class_code,
        )
        for each in campaigns().campaign
        if "" in classes or each.class_code in classes
    ]


def _boundaries(reader: SnapshotReader, context: Context) -> list[Mark]:
    """Return the changes of the region and of those it lies in."""
    language, regions = context.language, reader.regions(context.viewer)
    changes, path = boundary_changes_of(reader, context.viewer), region_path(regions, context.region)
    concerned = [code in path for code in changes["region_code"].tolist()]
    if not any(concerned):
        return []
    own = changes[concerned]
    # The same code may have changed a county and its city.
    own = own[(own["kind"] != "took_over") | ~own.duplicated(["kind", "old_code"])]
    suffix = "_en" if language == "en" else ""
    marks = []
    for row in own.to_dict("records"):
        day = None if pd.isna(row["changed_on"]) else pd.Timestamp(row["changed_on"]).date()
        words = t(
            f"trends.mark_{row['kind']}",
            language,
            day=formatting.day(day) if day else t("trends.mark_undated", language),
            region=region_name(regions, row["region_code"], language),
            old=row[f"name{suffix}"] or row["name"],
        )
        marks.append(Mark("boundary", day, words))
    return marks
