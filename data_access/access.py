"""Who may see what: roles from config/roles.toml, and the scope every query takes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from data_access.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
CONFIG = Path(__file__).resolve().parent.parent / "config"


class Role(BaseModel):
    """What one role may see; people hold roles, the program knows no people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    of_level: str = ""
    """Its name by the data set's own words for the levels, ``{city}级领导``; empty where it is called ``name`` everywhere."""
    of_level_en: str = ""
    incident_points: bool
    """May see homicide incidents as points where the geography is real."""
    records: bool
    """May open lists of dispute and package records."""
    small_counts: bool
    """May see counts below the suppression limit."""
    finest_level: str
    """Innermost level of the drill path this role may open."""
    writes: tuple[str, ...] = ()
    """What it may enter in the ledger: a kind of config/ledger.toml, or ``kind.state`` for single steps of one."""

    confined: bool = False
    """Is held for a region that must be named; without one it would be held for the whole data set."""
    audits: bool = False
    """May read the audit record."""
    administers: bool = False
    """May look at the cockpit as another role does."""
    pages: tuple[str, ...] = ("*",)
    """Pages it may open, by their name in the address or by the name of their menu group; ``*`` opens all that are open to
    everybody."""

    def label(self, language: str, levels: Mapping[str, str]) -> str:
        """Return its name: by the data set's words for the ``levels`` where it has that level, else as it is configured.

        Examples
        --------
        >>> load_roles()["city_leader"].label("zh", {"city": "国家"}), load_roles()["county_leader"].label("en", {})
        ('国家级领导', 'County leader')
        """
        by_level, name = (self.of_level_en, self.name_en) if language == "en" else (self.of_level, self.name)
        words = {word for _, word, _, _ in Formatter().parse(by_level) if word}
        return by_level.format_map(levels) if words and words <= levels.keys() else name

    def may_open(self, page: str, group: str) -> bool:
        """Return whether the role may open a page of a menu group."""
        return bool({page, group, "*"} & set(self.pages))

    def may_write(self, kind: str, state: str) -> bool:
        """Return whether the role may bring an item of ``kind`` to ``state``."""
        return kind in self.writes or f"{kind}.{state}" in self.writes


@dataclass(frozen=True)
class Scope:
    """A role and the region it is confined to; part of every query, cache key and export."""

    role: str
    region_code: str

    @property
    def permissions(self) -> Role:
        """Return what the role may see.

        Raises
        ------
        ConfigError
            When the role is not in config/roles.toml.
        """
        roles = load_roles()
        if self.role not in roles:
            known = ", ".join(roles)
            raise ConfigError(
                f"Role {self.role!r} is not in config/roles.toml; it has {known}.",
                f"config/roles.toml 中没有角色“{self.role}”，现有：{known}。",
                role=self.role,
            )
        return roles[self.role]


@lru_cache(maxsize=1)
def load_roles() -> Mapping[str, Role]:
    """Return the roles of config/roles.toml by key."""
    return {key: validated(Role, row, "config/roles.toml", key) for key, row in read_config("roles.toml").items()}


def read_config(name: str) -> dict:
    """Read one TOML file below config/.

    Raises
    ------
    ConfigError
        When it is missing or not TOML.
    """
    path = CONFIG / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"config/{name} can't be read: {error}. Correct the file.",
            f"config/{name} 无法读取：{error}。请更正该文件。",
            file=name,
        ) from error


def validated(model: type[Model], row: object, file: str, key: str) -> Model:
    """Return ``row`` as ``model``, or say which key of which file is wrong."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        problems = "; ".join(
            f"{key}.{'.'.join(str(part) for part in item['loc'])}: {item['msg']} (found {item['input']!r})"
            for item in error.errors()
        )
        raise ConfigError(
            f"{file}: {problems}. Correct these values.", f"{file}:{problems}。请更正这些值。", file=file, key=key
        ) from error
