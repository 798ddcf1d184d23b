"""config/import.toml and the code lists of config/classes.toml, checked on load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, field_validator

from data_access.access import read_config, validated
from data_access.errors import ConfigError
from data_access.measures import load_measures


class ImportSettings(BaseModel):
    """Limits of the importer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_rows: int = Field(ge=1000, le=2_000_000)
    unpacked_mib: int = Field(ge=1, description="that any packed file may unpack to")
    unpacked_times: int = Field(ge=2, description="its size that a larger packed file may unpack to")
    most_unpacked_mib: int = Field(ge=1, description="that a workbook or a packed map file may unpack to")
    name_endings: tuple[str, ...] = Field(description="what a region's name may lack in a file; longest first")
    longest_text: int = Field(ge=50, le=100_000)
    total_words: tuple[str, ...] = Field(description="what the first cell of a row of totals says")
    identity_names: tuple[str, ...]
    identity_share: float = Field(gt=0, le=1)
    identity_values: tuple[str, ...]
    parts_of_whole: dict[str, str] = Field(description="measure that can't be above another: numerator → denominator")

    @field_validator("parts_of_whole")
    @classmethod
    def _measures(cls, pairs: dict[str, str]) -> dict[str, str]:
        unknown = [name for pair in pairs.items() for name in pair if name not in load_measures()]
        if unknown:
            raise ValueError(f"there is no measure {unknown[0]!r} in config/measures.toml")
        return pairs

    @field_validator("identity_names", "identity_values")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a pattern: {error}") from error
        return patterns


@lru_cache(maxsize=1)
def import_settings() -> ImportSettings:
    """Read and check config/import.toml."""
    return validated(ImportSettings, read_config("import.toml"), "config/import.toml", "import")


def code_list(name: str) -> Mapping[str, str]:
    """Return a code list of config/classes.toml: the source's word → our code.

    Raises
    ------
    ConfigError
        When there is no such list.
    """
    lists = read_config("classes.toml").get("code_lists", {})
    if name not in lists:
        raise ConfigError(
            f"config/classes.toml has no code list {name!r}; it has {', '.join(lists)}.",
            f"config/classes.toml 中没有代码表“{name}”，现有：{', '.join(lists)}。",
            name=name,
        )
    return lists[name]
