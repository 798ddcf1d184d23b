"""One item of the ledger as it stands after an event."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from data_access.access import load_roles
from data_access.ledger.settings import ledger_settings

_SAFE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Item:
    """What an item says at one version; the event that brought it there is part of it.

    Parameters
    ----------
    item_id, kind, state : str
    version : int
        1 for the first event; a writer names the version they saw.
    values, before : mapping
        Fields of config/ledger.toml after and before the event; of a published record, its row before.
    region_code : str
    parent_id : str or None
        The item it belongs to, such as the meeting of a decision.
    due_on : date or None
    role, role_region : str
        Who wrote, and for which region; never a person.
    recorded_at : datetime
        UTC.
    reason, snapshot_id : str
        Why, and which data the writer saw.
    """

    item_id: str
    kind: str
    version: int
    state: str
    values: Mapping[str, object]
    before: Mapping[str, object] | None
    region_code: str
    parent_id: str | None
    due_on: date | None
    role: str
    role_region: str
    recorded_at: datetime
    reason: str
    snapshot_id: str

    @property
    def spoken_values(self) -> dict[str, object]:
        """The fields that people read: all but what the program keeps for itself, and what no rule names any more."""
        rules = ledger_settings().kind(self.kind).fields
        return {name: value for name, value in self.values.items() if name in rules and rules[name].kind != "document"}

    def state_label(self, language: str) -> str:
        """Return the state's name in ``language``."""
        return ledger_settings().kind(self.kind).state_label(self.state, language)

    def role_label(self, language: str) -> str:
        """Return the name of the role that wrote, in ``language``; the key when the role is gone."""
        role = load_roles().get(self.role)
        if role is None:
            return self.role
        return role.name_en if language == "en" else role.name


def record_item_id(kind: str, *parts: str) -> str:
    """Return the id of the item that stands on a published record or a rule: the same for everybody, safe in an address.

    Examples
    --------
    >>> record_item_id("decision", "party_office", "D000123")
    'decision.party_office.D000123'
    """
    plain = ".".join((kind, *parts))
    if _SAFE_ID.fullmatch(plain):
        return plain
    return f"{kind}.{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


def change_lines(seen: Item | None, now: Item, language: str) -> list[str]:
    """Return what changed between two versions, one line a field: ``field: before → after``."""
    kind = ledger_settings().kind(now.kind)
    colon = ": " if language == "en" else "："
    lines = []
    if seen is None or seen.state != now.state:
        before = "—" if seen is None else seen.state_label(language)
        lines.append(f"{'State' if language == 'en' else '状态'}{colon}{before} → {now.state_label(language)}")
    # The first event on a published record is compared with that record.
    old: Mapping[str, object] = (now.before or {}) if seen is None else seen.values
    for name, rule in kind.fields.items():
        if rule.kind == "document" or name in _unspoken(kind.fields, now.values, language):
            continue
        if old.get(name) != now.values.get(name):
            lines.append(f"{rule.label(language)}{colon}{_shown(old.get(name))} → {_shown(now.values.get(name))}")
    return lines


def _unspoken(names: Iterable[str], values: Mapping[str, object], language: str) -> set[str]:
    """Return the fields that say in another language what one in ``language`` says."""
    english = {name for name in names if name.endswith("_en")}
    if language != "en":
        return english
    return {name.removesuffix("_en") for name in english if values.get(name)}


def _shown(value: object) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value)
