"""Published figures of a wider area, such as the province, beside a region's own: never used as data."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
from pydantic import BaseModel, ConfigDict, model_validator

from dashboard.context import Context
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import Indicator, load_catalogue
from dashboard.indicators.vocabulary import WITH_VALUE, Values
from dashboard.screens.figures import figure_text
from data_access.access import read_config, validated
from data_access.queries import SnapshotReader


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(_Declared):
    """One figure of one year, and who published it."""

    indicator: str
    area: str
    area_en: str
    year: int
    value: float
    document: str
    document_en: str

    @model_validator(mode="after")
    def _is_known(self) -> Reference:
        if self.indicator not in load_catalogue():
            raise ValueError(f"there is no indicator {self.indicator!r} in config/indicators")
        return self

    def label(self, language: str) -> str:
        """Return whose figure it is, and of which year."""
        area = localised(language, self.area, self.area_en)
        return t("overview.reference", language, area=area, year=self.year)

    def source(self, language: str) -> str:
        """Return where it stands."""
        return localised(language, self.document, self.document_en)


class References(_Declared):
    """config/references.toml."""

    data_set: str
    figure: tuple[Reference, ...] = ()


@lru_cache(maxsize=1)
def references() -> References:
    """Read and check config/references.toml."""
    return validated(References, read_config("references.toml"), "config/references.toml", "references")


def reference_of(reader: SnapshotReader, context: Context, indicator: Indicator) -> Reference | None:
    """Return the latest figure published for a year that is not after the period; None when there is none."""
    known, year = references(), context.period.end.year
    if reader.snapshot().name("zh") != known.data_set:
        return None
    own = [each for each in known.figure if each.indicator == indicator.id and each.year <= year]
    return max(own, key=lambda each: each.year, default=None)


def reference_fact(reference: Reference, indicator: Indicator, row: Values, language: str) -> tuple[str, str, str]:
    """Return label, text and source of a published figure; the text says whether the region's interval holds it."""
    text = figure_text(indicator, reference.value, None, language)
    if row["status"] in WITH_VALUE and not pd.isna(row["lower"]) and not pd.isna(row["upper"]):
        outcome = "lower" if row["upper"] < reference.value else "higher" if row["lower"] > reference.value else "alike"
        text = t(f"overview.reference_{outcome}", language, figure=text)
    return reference.label(language), text, reference.source(language)
