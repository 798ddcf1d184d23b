"""config/ledger.toml, checked on load: kinds of items, their states, steps and fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from data_access.access import load_roles, read_config, validated
from data_access.errors import ConfigError

FILE = "config/ledger.toml"


class FieldRule(BaseModel):
    """What one field of an item may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["text", "date", "number", "item", "codes", "document"]
    name: str
    name_en: str
    most: int = Field(default=160, ge=1)
    required: bool = False

    def label(self, language: str) -> str:
        """Return the field's name in ``language``."""
        return self.name_en if language == "en" else self.name


class Kind(BaseModel):
    """One kind of item, its states and the steps between them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    name_en: str
    first: tuple[str, ...] = Field(min_length=1)
    moves: Mapping[str, tuple[str, ...]]
    states: Mapping[str, tuple[str, str]]
    reason: tuple[str, ...] = ()
    fields: Mapping[str, FieldRule]

    @model_validator(mode="after")
    def _known_states(self) -> Self:
        named = {*self.first, *self.moves, *self.reason, *(state for moves in self.moves.values() for state in moves)}
        unknown = sorted(named - set(self.states))
        if unknown:
            raise ValueError(f"states without a name: {unknown}")
        return self

    def label(self, language: str) -> str:
        """Return the kind's name in ``language``."""
        return self.name_en if language == "en" else self.name

    def state_label(self, state: str, language: str) -> str:
        """Return the name of a state in ``language``."""
        return self.states[state][1 if language == "en" else 0]

    def steps_from(self, state: str | None) -> tuple[str, ...]:
        """Return the states that may follow ``state``; those a new item may begin with when there is none."""
        return self.first if state is None else tuple(self.moves.get(state, ()))


class LedgerSettings(BaseModel):
    """All kinds, and the limits they share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_characters: int = Field(ge=1)
    reason_characters: int = Field(ge=1)
    years_back: int = Field(ge=0)
    years_ahead: int = Field(ge=0)
    kinds: Mapping[str, Kind]

    def kind(self, key: str) -> Kind:
        """Return the kind ``key``.

        Raises
        ------
        ConfigError
            When there is none.
        """
        if key not in self.kinds:
            known = ", ".join(self.kinds)
            raise ConfigError(
                f"{FILE} has no kind {key!r}; it has {known}.",
                f"{FILE} 中没有事项类型“{key}”，现有：{known}。",
                kind=key,
            )
        return self.kinds[key]


@lru_cache(maxsize=1)
def ledger_settings() -> LedgerSettings:
    """Read and check config/ledger.toml, and what config/roles.toml says of its kinds.

    Raises
    ------
    ConfigError
        Naming the file, the key and the value that is wrong.
    """
    settings = validated(LedgerSettings, read_config("ledger.toml"), FILE, "ledger")
    for key, role in load_roles().items():
        for entry in role.writes:
            kind, _, state = entry.partition(".")
            if kind not in settings.kinds or (state and state not in settings.kinds[kind].states):
                raise ConfigError(
                    f"config/roles.toml: {key}.writes names {entry!r}, which {FILE} does not have. Correct one of them.",
                    f"config/roles.toml:{key}.writes 中的“{entry}”在 {FILE} 中不存在。请更正其一。",
                    role=key,
                    entry=entry,
                )
    return settings
