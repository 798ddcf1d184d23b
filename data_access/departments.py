"""config/departments.toml: departments that meet, and the data sets that each owes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from data_access.access import read_config, validated

FILE = "config/departments.toml"


class DataSet(BaseModel):
    """A data set that a department delivers each month."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    days: int = Field(ge=0, le=31)

    def label(self, language: str) -> str:
        """Return its name in ``language``."""
        return self.name_en if language == "en" else self.name


class Department(BaseModel):
    """One department of a consultation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    short: str
    data_sets: Mapping[str, DataSet]

    def label(self, language: str) -> str:
        """Return its name in ``language``."""
        return self.name_en if language == "en" else self.name


@lru_cache(maxsize=1)
def load_departments() -> Mapping[str, Department]:
    """Return the departments by key.

    Raises
    ------
    ConfigError
        Naming the department, the key and the value that is wrong.
    """
    return {key: validated(Department, row, FILE, key) for key, row in read_config("departments.toml").items()}


def department_name(key: str, language: str) -> str:
    """Return a department's name in ``language``; the key itself when the file doesn't have it."""
    known = load_departments().get(key)
    return known.label(language) if known else key


def data_set_name(department: str, key: str, language: str) -> str:
    """Return a data set's name in ``language``; the key itself when the file doesn't have it."""
    known = load_departments().get(department)
    return known.data_sets[key].label(language) if known and key in known.data_sets else key
