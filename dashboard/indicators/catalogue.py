"""The catalogue of indicators: every number on screen, declared once in config/indicators/*.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.i18n import localised, t
from data_access.access import CONFIG, read_config, validated
from data_access.errors import ConfigError
from data_access.measures import load_histograms, load_measures

FOLDER = "indicators"

Kind = Literal["rate", "proportion", "count", "mean", "stock_difference", "change", "quantile", "minimum"]
Window = Literal[
    "period", "year", "year_to_date", "half_year", "rolling_12_months", "rolling_36_months", "since_start", "as_of"
]
Direction = Literal["higher_better", "lower_better", "neutral"]
Frequency = Literal["daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly"]
Stage = Literal["preliminary", "reviewed", "official"]
Suppression = Literal["none", "below_5", "below_10"]
Form = Literal["rate", "percent", "count", "mean", "days", "yuan", "change"]
LEVELS = ("city", "county", "township", "grid")
PERSON_YEARS = "person_years"
TOWNSHIPS = "townships"
_FORM_OF_KIND: dict[str, Form] = {
    "rate": "rate",
    "proportion": "percent",
    "count": "count",
    "mean": "mean",
    "stock_difference": "count",
    "change": "change",
    "quantile": "days",
    "minimum": "percent",
}


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Declared):
    """One measure, or part of one by class and channel, added to or taken from a numerator or denominator."""

    measure: str
    class_code: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    sign: Literal[1, -1] = 1
    window: Window | None = Field(default=None, description="when it differs from the indicator's")
    absent_is_zero: bool = Field(default=False, description="a region that reports nothing has none")
    optional: bool = Field(default=False, description="a data set in which no row is of this kind has none")

    @model_validator(mode="after")
    def _measure_has_it(self) -> Term:
        measure = load_measures().get(self.measure)
        if measure is None:
            raise ValueError(f"there is no measure {self.measure!r} in config/measures.toml")
        # What only arrives counted may be broken down by any class.
        if self.class_code and measure.table is not None and not measure.by_class:
            raise ValueError(f"measure {self.measure!r} is not counted by class")
        if self.channel and measure.table is not None and not measure.by_channel:
            raise ValueError(f"measure {self.measure!r} is not counted by channel")
        return self

    @property
    def is_stock(self) -> bool:
        """Whether the measure is a state at a time, not a sum over time."""
        return load_measures()[self.measure].kind == "stock"


class Revision(_Declared):
    """One change of a definition."""

    version: str
    date: date
    change: str = Field(min_length=1)
    change_en: str = Field(min_length=1)


class System(_Declared):
    """The part of the work an indicator belongs to (one file of the catalogue)."""

    id: str
    order: int
    name: str
    name_en: str


class Indicator(_Declared):
    """What one number means, where it comes from, and how it may be shown."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    aliases: tuple[str, ...] = ()
    system: System
    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)

    kind: Kind
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] | Literal["person_years", "townships"] = ()
    factor: float = Field(
        default=1.0, gt=0, description="value = numerator ÷ denominator × factor; of a quantile, days × factor"
    )
    numerator_text: str = ""
    numerator_text_en: str = ""
    denominator_text: str = ""
    denominator_text_en: str = ""
    squares: str | None = Field(default=None, description="measure that sums the squares of non-independent events")
    histogram: str | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    components: tuple[str, ...] = Field(default=(), description="ids whose smallest value is taken")
    interval: bool = Field(default=True, description="false for money, stocks and other numbers chance doesn't move")
    window: Window = "period"
    matures_days: int = Field(default=0, ge=0, description="days after its end until a period's figure is final")
    follow_up: bool = Field(default=False, description="counts what is known today, so later periods still rise")

    statistical_period: Literal["day", "week", "month", "quarter", "half", "year"]
    unit: str = Field(min_length=1)
    unit_en: str = Field(min_length=1)
    form: Form | None = None
    direction: Direction
    source: str = Field(min_length=1)
    source_en: str = Field(min_length=1)
    frequency: Frequency
    earliest_stage: Stage
    suppression: Suppression
    finest_level: Literal["city", "county", "township", "grid"]
    definition: str = Field(min_length=1)
    definition_en: str = Field(min_length=1)
    caveats: tuple[str, ...] = Field(min_length=1)
    caveats_en: tuple[str, ...] = Field(min_length=1)
    version: str = Field(min_length=1)
    history: tuple[Revision, ...] = Field(min_length=1)
    available: bool = True
    unavailable_reason: str = ""
    unavailable_reason_en: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Indicator:
        if len(self.caveats) != len(self.caveats_en):
            raise ValueError("caveats and caveats_en need the same number of sentences")
        if self.history[-1].version != self.version:
            raise ValueError(f"version {self.version!r} is not the last of history ({self.history[-1].version!r})")
        if not self.available:
            if not (self.unavailable_reason and self.unavailable_reason_en):
                raise ValueError(
                    "an indicator that is not available needs unavailable_reason and unavailable_reason_en"
                )
            if not (self.numerator_text and self.numerator_text_en):
                raise ValueError("an indicator that is not available needs numerator_text and numerator_text_en")
            return self
        _check_parts(self)
        _check_windows(self)
        _check_sensitive(self)
        return self

    @property
    def display_form(self) -> Form:
        """How the value is written."""
        return self.form or _FORM_OF_KIND[self.kind]

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms of numerator and denominator."""
        return self.numerator + (self.denominator if isinstance(self.denominator, tuple) else ())

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it stands on, without repeats."""
        names = [term.measure for term in self.terms] + ([self.squares] if self.squares else [])
        return tuple(dict.fromkeys(names))

    @property
    def suppression_limit(self) -> int:
        """Counts from 1 to one below this are hidden from roles that don't need them; 0 hides none."""
        return {"none": 0, "below_5": 5, "below_10": 10}[self.suppression]

    @property
    def finest_depth(self) -> int:
        """Depth of the innermost level it may be shown at."""
        return LEVELS.index(self.finest_level)

    def label(self, language: str) -> str:
        """Return the name on screen."""
        return localised(language, self.name, self.name_en)

    def unit_label(self, language: str, figure: str = "") -> str:
        """Return the unit on screen; after a single one, ``figure`` as written, English has the singular."""
        return _after_figure(localised(language, self.unit, self.unit_en), figure)

    def source_label(self, language: str) -> str:
        """Return the source system on screen."""
        return localised(language, self.source, self.source_en)

    def definition_text(self, language: str) -> str:
        """Return the definition on screen."""
        return localised(language, self.definition, self.definition_en)

    def caveat_texts(self, language: str) -> tuple[str, ...]:
        """Return what a reader must know before using the number."""
        return self.caveats_en if language == "en" else self.caveats

    def reason_unavailable(self, language: str) -> str:
        """Return why there is no value yet; empty when there is."""
        return localised(language, self.unavailable_reason, self.unavailable_reason_en)

    def numerator_label(self, language: str) -> str:
        """Return what is counted, in words."""
        written = localised(language, self.numerator_text, self.numerator_text_en)
        if written or self.numerator:
            return written or _sum_of(self.numerator, language)
        if self.histogram is not None:
            waiting = load_histograms()[self.histogram]
            return localised(language, waiting.name, waiting.name_en)
        return ", ".join(self.components)

    def numerator_unit(self, language: str, figure: str = "") -> str:
        """Return the unit of what is counted, that of the first measure; see :meth:`unit_label`."""
        if not self.numerator:
            return self.unit_label(language, figure)
        measure = load_measures()[self.numerator[0].measure]
        return _after_figure(localised(language, measure.unit, measure.unit_en), figure)

    def denominator_label(self, language: str) -> str:
        """Return what it is divided by, in words; empty when it is divided by nothing."""
        written = localised(language, self.denominator_text, self.denominator_text_en)
        if written:
            return written
        if isinstance(self.denominator, str):
            return t(f"indicator_denominator.{self.denominator}", language)
        return _sum_of(self.denominator, language)


def _after_figure(unit: str, figure: str) -> str:
    return unit if figure != "1" else re.sub(r"^([a-z-]+?)(?<=o)es\b|^([a-z-]+)s\b", r"\1\2", unit)


def _sum_of(terms: tuple[Term, ...], language: str) -> str:
    measures = load_measures()
    text = ""
    for term in terms:
        name = localised(language, measures[term.measure].name, measures[term.measure].name_en)
        joint = "" if not text and term.sign == 1 else (" − " if term.sign == -1 else " + ")
        text += joint + name
    return text


def _check_parts(indicator: Indicator) -> None:
    """Raise when the parts do not fit the kind."""
    kind = indicator.kind
    divided = kind in ("rate", "proportion", "mean")
    if kind == "quantile":
        if indicator.histogram not in load_histograms() or indicator.quantile is None:
            raise ValueError(f"a quantile needs 'quantile' and a histogram of {sorted(load_histograms())}")
        return
    if kind == "minimum":
        if len(indicator.components) < 2:
            raise ValueError("a minimum needs at least two components")
        return
    if not indicator.numerator:
        raise ValueError(f"a {kind} needs a numerator")
    if divided != bool(indicator.denominator):
        raise ValueError(f"a {kind} {'needs a' if divided else 'has no'} denominator")
    if kind == "proportion" and indicator.denominator == PERSON_YEARS:
        raise ValueError("a proportion is not divided by person_years; make it a rate")
    if indicator.squares is not None and indicator.squares not in load_measures():
        raise ValueError(f"there is no measure {indicator.squares!r} in config/measures.toml")


def _check_windows(indicator: Indicator) -> None:
    for term in indicator.terms:
        window = term.window or indicator.window
        if term.is_stock != (window == "as_of"):
            word = "a stock, which needs" if term.is_stock else "a flow, which can't have"
            raise ValueError(f"measure {term.measure!r} is {word} window 'as_of'")


def _check_sensitive(indicator: Indicator) -> None:
    measures = load_measures()
    if any(measures[name].sensitive for name in indicator.measures) and (
        indicator.suppression != "below_10" or indicator.finest_depth > LEVELS.index("county")
    ):
        raise ValueError("it counts people of a key group: suppression must be 'below_10' and finest_level 'county'")


class _File(_Declared):
    system: System
    defaults: dict = {}
    indicators: dict[str, dict]


@lru_cache(maxsize=1)
def load_catalogue() -> Mapping[str, Indicator]:
    """Return all indicators by id, in the order of the systems and of their files.

    Raises
    ------
    ConfigError
        Naming the file, the indicator, the key and the value that is wrong.
    """
    files = sorted(path.name for path in (CONFIG / FOLDER).glob("*.toml"))
    if not files:
        raise ConfigError(
            f"config/{FOLDER} has no .toml file, so there are no indicators.",
            f"config/{FOLDER} 中没有 .toml 文件，因此没有任何指标。",
            file=FOLDER,
        )
    return _joined({f"{FOLDER}/{name}": read_config(f"{FOLDER}/{name}") for name in files})


def read_catalogue(files: Mapping[str, dict]) -> Mapping[str, Indicator]:
    """Return the indicators of already parsed files (name → tables); see :func:`load_catalogue`."""
    return _joined(files)


def find_indicator(name: str) -> Indicator:
    """Return the indicator with id or alias ``name``.

    Raises
    ------
    ConfigError
        When there is none.
    """
    catalogue = load_catalogue()
    if name in catalogue:
        return catalogue[name]
    for indicator in catalogue.values():
        if name in indicator.aliases:
            return indicator
    raise ConfigError(
        f"There is no indicator {name!r} in config/{FOLDER}. List them with: python -m dashboard catalogue",
        f"config/{FOLDER} 中没有指标“{name}”。可用 python -m dashboard catalogue 列出全部指标。",
        code="unknown_indicator",
        indicator=name,
    )


def systems() -> tuple[System, ...]:
    """Return the systems in order."""
    return tuple(dict.fromkeys(indicator.system for indicator in load_catalogue().values()))


def _joined(files: Mapping[str, dict]) -> Mapping[str, Indicator]:
    parsed = [(name, validated(_File, tables, f"config/{name}", "file")) for name, tables in files.items()]
    parsed.sort(key=lambda item: (item[1].system.order, item[0]))
    catalogue: dict[str, Indicator] = {}
    named: dict[str, str] = {}
    for file, content in parsed:
        for key, row in content.indicators.items():
            fields = {"system": content.system, **content.defaults, **row, "id": key}
            indicator = validated(Indicator, fields, f"config/{file}", key)
            for name in (key, *indicator.aliases):
                if name in named:
                    raise ConfigError(
                        f"config/{file}: {key}: the id or alias {name!r} is already used in config/{named[name]}. "
                        "Choose another.",
                        f"config/{file}:{key}：编号或别名“{name}”已在 config/{named[name]} 中使用，请另取。",
                        file=file,
                        key=key,
                    )
                named[name] = file
            catalogue[key] = indicator
    _check_components(catalogue, named)
    return MappingProxyType(catalogue)


def _check_components(catalogue: Mapping[str, Indicator], named: Mapping[str, str]) -> None:
    for key, indicator in catalogue.items():
        for component in indicator.components:
            if component not in catalogue or catalogue[component].kind != "proportion":
                raise ConfigError(
                    f"config/{named[key]}: {key}.components: {component!r} is not a proportion of the catalogue. "
                    "Name existing ones.",
                    f"config/{named[key]}:{key}.components：“{component}”不是目录中的比例类指标，请改为已有指标。",
                    file=named[key],
                    key=key,
                )
