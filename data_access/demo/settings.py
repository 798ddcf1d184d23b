"""What config/demo.toml says about the demonstration city, checked on load."""

from __future__ import annotations

import zlib
from datetime import date
from functools import lru_cache
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access.access import read_config, validated
from data_access.errors import ConfigError

FILE = "config/demo.toml"
Share = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[tuple[float, ...], Field(min_length=12, max_length=12)]


class Part(BaseModel):
    """A table of the file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class City(Part):
    """Name, codes and the made-up place of the city."""

    name: str = Field(pattern="示例")
    name_en: str
    code_prefix: str = Field(pattern=r"^99\d\d$")
    headline: str
    centre: tuple[float, float]
    mean_radius_km: float = Field(gt=10)


class LevelName(Part):
    """What the data set calls a level."""

    name: str
    name_en: str
    digits: int


class County(Part):
    """One county and the place of its seat."""

    name: str
    name_en: str
    urban: bool
    seat: tuple[float, float] = Field(description="kilometres east and north of the city's centre")


class Regions(Part):
    """How many regions there are at each level."""

    townships: int
    grids: int
    counties: tuple[County, ...]

    @model_validator(mode="after")
    def _enough(self) -> Regions:
        if not len(self.counties) <= self.townships <= self.grids:
            raise ValueError("counties ≤ townships ≤ grids must hold")
        return self


class Population(Part):
    """Residents by year and how town and country drift apart."""

    city: tuple[int, ...]
    urban_growth: float
    rural_growth: float


class Holidays(Part):
    """Days on which little is reported."""

    spring_festival: tuple[date, ...]
    days: int
    national_day: str = Field(pattern=r"^\d\d-\d\d$")


class Late(Part):
    """Counties whose rows come late: name → days, or months, that are missing at the end."""

    disputes: dict[str, int]
    alarms: dict[str, int]
    response_months: dict[str, int]


class Homicides(Part):
    """Homicides by year; the last year's causes are given, all else is drawn."""

    incidents: tuple[int, ...]
    last_year_by_class: dict[str, int]
    class_shares: dict[str, Share]
    victims_shares: tuple[Share, ...]
    from_dispute: dict[str, Share]
    months: Months

    @model_validator(mode="after")
    def _causes_add_up(self) -> Homicides:
        if sum(self.last_year_by_class.values()) != self.incidents[-1]:
            raise ValueError("last_year_by_class must add up to the last of incidents")
        return self


class AlarmClass(Part):
    """One kind of criminal alarm and the campaign against it."""

    share: Share
    rural: float
    campaign: date | None = None
    effect: float = 1.0


class Alarms(Part):
    """Criminal alarms by year and kind."""

    incidents: tuple[int, ...]
    months: Months
    classes: dict[str, AlarmClass]


class DisputeClass(Part):
    """One of the six classes."""

    share: Share
    rural: float
    slow: float = Field(description="factor on the time to resolution")
    red: Share
    yellow: Share
    months: Months
    subclasses: dict[str, Share]


class Channel(Part):
    """One way in which disputes come in."""

    share: Share
    weekend: float
    delay_hours: float


class Disputes(Part):
    """Disputes by year, class and channel."""

    received: tuple[int, ...]
    unresolved: tuple[int, ...]
    merged_share: Share
    median_days: tuple[float, ...]
    due_days: dict[str, int]
    classes: dict[str, DisputeClass]
    channels: dict[str, Channel]


class Leaders(Part):
    """Posts that take case packages."""

    city: int
    county: int


class Survey(Part):
    """The half-yearly survey on sense of safety."""

    respondents: int
    satisfied: tuple[Share, ...]


class Counts(Part):
    """Totals of what arrives already counted."""

    grid_workers: tuple[int, ...]
    volunteers: tuple[int, ...]
    daily_patrols_since: date
    cameras_before: int
    cameras_added: tuple[int, ...]
    social_feeds: tuple[int, ...]
    key_areas: tuple[int, ...]
    key_areas_covered: tuple[Share, ...]
    returned_received: tuple[int, ...]
    townships_standard: tuple[int, ...]
    stations_due: dict[str, int]
    townships_mediators_full: tuple[int, ...]
    townships_mediators_certified: tuple[int, ...]
    three_hundred_percent: date
    pay_grades_since: date
    pay_grades_moved: tuple[Share, ...]


class Money(Part):
    """Budget and fund, yuan."""

    budget: tuple[int, ...]
    next_budget_growth: float
    budget_items: dict[str, Share]
    fund: int
    fund_since: date
    fund_award_cap: int
    fund_awarded: int

    @model_validator(mode="after")
    def _within_fund(self) -> Money:
        if self.fund_awarded > self.fund:
            raise ValueError("fund_awarded must not exceed fund")
        return self


class Assessment(Part):
    """Points of the annual score, the survey of townships, governance centres and vetoes."""

    points_total: int = Field(gt=0)
    points: tuple[int, ...]
    next_points: int
    satisfied: tuple[Share, ...]
    asked: tuple[int, int]
    aspects: int = Field(gt=0)
    aspects_met: tuple[Share, ...]
    other_vetoes_a_year: int = Field(ge=0)


class Pilots(Part):
    """The pool of pilot sites."""

    sites: int = Field(gt=0)
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Pilots:
        if self.first_day >= self.last_day:
            raise ValueError("first_day must be before last_day")
        return self


class Facilities(Part):
    """How many places of each kind."""

    police_workstation: int
    patrol_team: int


class DemoSettings(Part):
    """All of config/demo.toml."""

    seed: int
    first_year: int
    data_through: date
    city: City
    levels: dict[str, LevelName]
    regions: Regions
    population: Population
    holidays: Holidays
    late: Late
    homicides: Homicides
    alarms: Alarms
    disputes: Disputes
    leaders: Leaders
    survey: Survey
    counts: Counts
    money: Money
    assessment: Assessment
    pilots: Pilots
    facilities: Facilities

    @model_validator(mode="after")
    def _one_value_a_year(self) -> DemoSettings:
        for part in ("population", "homicides", "alarms", "disputes", "survey", "counts", "money", "assessment"):
            values = getattr(self, part)
            for key in type(values).model_fields:
                listed = getattr(values, key)
                if (
                    isinstance(listed, tuple)
                    and key not in ("months", "victims_shares", "asked")
                    and len(listed) != len(self.years)
                ):
                    raise ValueError(f"{part}.{key} needs one value for each year {self.years[0]} … {self.years[-1]}")
        known = {county.name for county in self.regions.counties}
        for key in type(self.late).model_fields:
            unknown = set(getattr(self.late, key)) - known
            if unknown:
                raise ValueError(f"late.{key} names counties that don't exist: {sorted(unknown)}")
        return self

    @property
    def years(self) -> range:
        """The years the records cover."""
        return range(self.first_year, self.data_through.year + 1)

    def random(self, part: str) -> np.random.Generator:
        """Return the random numbers of one part, independent of every other part's."""
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])


@lru_cache(maxsize=1)
def load_demo_settings() -> DemoSettings:
    """Return the settings of config/demo.toml.

    Raises
    ------
    ConfigError
        Naming the key and the value that is wrong.
    """
    rows = read_config("demo.toml")
    if not rows:
        raise ConfigError(f"{FILE} is empty.", f"{FILE} 为空。")
    return validated(DemoSettings, rows, FILE, "demo")
