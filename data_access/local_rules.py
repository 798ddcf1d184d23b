"""What a city rules by itself: rings of response, the fund and its awards, pay grades. Checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access.access import read_config, validated

MEETING_KINDS = ("quarterly_dispatch", "monthly_supervision", "consultation")
LEADER_LEVELS = ("city", "county")
FACILITY_KINDS = ("police_workstation", "patrol_team", "mediation_centre")
"""Words that files may use for meetings, for leader posts, and for places; screens have a word for each."""
AWARD_SCHEMES = ("one_event", "one_case")
"""一事一奖, 一案一补."""


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(_Declared):
    """A word of a list, in both languages."""

    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)

    def label(self, language: str) -> str:
        """Return the word in ``language``."""
        return self.name_en if language == "en" else self.name


class Ring(Named):
    """A kind of zone and the minutes within which somebody must be there."""

    minutes: float = Field(gt=0, le=120)
    short: str = Field(min_length=1)
    short_en: str = Field(min_length=1)

    def short_label(self, language: str) -> str:
        """Return the short word in ``language``."""
        return self.short_en if language == "en" else self.short


class FundRules(_Declared):
    """config/fund.toml."""

    total: float = Field(gt=0)
    award_cap: float = Field(gt=0)
    schemes: dict[str, Named]
    reasons: dict[str, Named] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> FundRules:
        if self.award_cap > self.total:
            raise ValueError(f"award_cap {self.award_cap:g} is above total {self.total:g}")
        if tuple(self.schemes) != AWARD_SCHEMES:
            raise ValueError(f"schemes must be {', '.join(AWARD_SCHEMES)}")
        return self


class Post(Named):
    """One of the posts, with its grades from the lowest up."""

    id: str = Field(pattern=r"^[a-z_]+$")
    pay: tuple[float, ...] = Field(min_length=1, description="yuan a month, by grade")

    @model_validator(mode="after")
    def _rises(self) -> Post:
        if list(self.pay) != sorted(self.pay):
            raise ValueError("pay must not fall from one grade to the next")
        return self


class PayScale(_Declared):
    """config/pay_grades.toml."""

    post: tuple[Post, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> PayScale:
        ids = [post.id for post in self.post]
        if len(set(ids)) < len(ids):
            raise ValueError(f"a post stands twice among {', '.join(ids)}")
        return self

    def grades(self) -> tuple[tuple[str, Post, int], ...]:
        """Return ``(key, post, grade within the post)`` of each grade, lowest first; keys are g01, g02, …"""
        steps = [(post, number) for post in self.post for number in range(1, len(post.pay) + 1)]
        return tuple((f"g{place:02d}", post, number) for place, (post, number) in enumerate(steps, start=1))


@lru_cache(maxsize=1)
def response_rings() -> Mapping[str, Ring]:
    """Return the rings of config/response.toml by key.

    Raises
    ------
    ConfigError
        Naming the ring, the key and the value that is wrong.
    """
    rows = read_config("response.toml").get("rings", {})
    return {key: validated(Ring, row, "config/response.toml", f"rings.{key}") for key, row in rows.items()}


@lru_cache(maxsize=1)
def fund_rules() -> FundRules:
    """Return the rules of the fund."""
    return validated(FundRules, read_config("fund.toml"), "config/fund.toml", "fund")


@lru_cache(maxsize=1)
def pay_scale() -> PayScale:
    """Return the posts and grades of grid workers."""
    return validated(PayScale, read_config("pay_grades.toml"), "config/pay_grades.toml", "pay_grades")
