"""config/briefing.toml: limits, responsible posts and font names of the hand-outs; checked on load."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from data_access.access import read_config, validated

FontPair = tuple[str, str]


class Fonts(BaseModel):
    """Names of fonts; a pair is the font and its fallback."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slides: str = Field(min_length=1)
    title: FontPair
    body: FontPair
    first_heading: FontPair
    second_heading: FontPair
    page_number: FontPair
    latin: str = Field(min_length=1)
    pdf: tuple[str, ...] = Field(min_length=1)


class BriefingSettings(BaseModel):
    """The whole of config/briefing.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    costliest: int = Field(ge=1, le=5)
    least_points_lost: float = Field(gt=0)
    problems_each: int = Field(ge=1)
    most_steps: int = Field(ge=1, le=5)
    main_rows: int = Field(ge=1)
    overdue_rows: int = Field(ge=1, le=500)
    overdue_beside: int = Field(ge=1, le=8)
    special_characters: int = Field(ge=1)
    comprehensive_characters: int = Field(ge=1)
    most_characters: int = Field(ge=1)
    lead_posts: dict[str, tuple[str, str]]
    fonts: Fonts

    def lead_post(self, dimension: str, language: str) -> str:
        """Return the leader post that answers for a dimension of the index."""
        chinese, english = self.lead_posts[dimension]
        return english if language == "en" else chinese


@lru_cache(maxsize=1)
def briefing_settings() -> BriefingSettings:
    """Read and check config/briefing.toml."""
    return validated(BriefingSettings, read_config("briefing.toml"), "config/briefing.toml", "briefing")
