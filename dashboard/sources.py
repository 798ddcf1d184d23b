"""Names of the systems that send data, from config/sources.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from dashboard.i18n import localised
from data_access.access import read_config, validated


class Source(BaseModel):
    """One system, in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    name_en: str = Field(min_length=1)


@lru_cache(maxsize=1)
def load_sources() -> Mapping[str, Source]:
    """Read and check config/sources.toml."""
    rows = read_config("sources.toml")
    return {key: validated(Source, row, "config/sources.toml", key) for key, row in rows.items()}


def source_name(source_id: str, language: str) -> str:
    """Return the name of a source on screen; its id when config/sources.toml has none."""
    source = load_sources().get(source_id)
    return localised(language, source.name, source.name_en) if source else source_id
