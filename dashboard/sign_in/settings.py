"""What was said about sign-in: its kind, the claims that count, and who holds which role."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from streamlit import config
from streamlit.auth_util import get_secrets_auth_section

from data_access.access import load_roles, read_config, validated
from data_access.errors import ConfigError
from data_access.home import Home

Mode = Literal["off", "oidc", "proxy"]
MODE_VARIABLE = "PINGAN_SIGN_IN"
HOLDERS_VARIABLE = "PINGAN_ROLE_HOLDERS"
HOLDERS_FILE = "role_holders.toml"


class SignInSettings(BaseModel):
    """config/sign_in.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject_claims: tuple[str, ...] = Field(min_length=1)
    role_claim: str
    region_claim: str
    trust_claims: bool
    proxies: tuple[str, ...] = ()
    """Addresses, besides this machine's, whose headers say who is signed in."""


class Holder(BaseModel):
    """One account and what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(min_length=1)
    role: str
    region: str = Field(default="", pattern=r"^\d*$", description="region code; the whole data set when empty")


@lru_cache(maxsize=1)
def sign_in_settings() -> SignInSettings:
    """Read and check config/sign_in.toml."""
    return validated(SignInSettings, read_config("sign_in.toml"), "config/sign_in.toml", "sign_in")


def declared_mode() -> Mode | None:
    """Return the kind of sign-in that was asked for or prepared; None when nothing says anything.

    Raises
    ------
    ConfigError
        When ``PINGAN_SIGN_IN`` names no kind.
    """
    said = os.environ.get(MODE_VARIABLE, "")
    if said in ("off", "oidc", "proxy"):
        return said  # type: ignore[return-value]
    if said:
        raise ConfigError(
            f"{MODE_VARIABLE} must be off, oidc or proxy; it is {said!r}.",
            f"{MODE_VARIABLE} 应为 off、oidc 或 proxy，现为“{said}”。",
        )
    if get_secrets_auth_section():
        return "oidc"
    return "proxy" if config.get_option("server.trustedUserHeaders") else None


def sign_in_mode() -> Mode:
    """Return the kind of sign-in in force; ``off`` where nothing was prepared."""
    return declared_mode() or "off"


def role_holders(home: Home) -> Mapping[str, Holder]:
    """Return who holds which role, by account, from ``role_holders.toml`` of the data folder (read at every change).

    Raises
    ------
    ConfigError
        Naming file, entry and value.
    """
    path = Path(os.environ.get(HOLDERS_VARIABLE) or home.path / HOLDERS_FILE)
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read_holders(path, stamp)


@lru_cache(maxsize=4)
def _read_holders(path: Path, _stamp: int) -> Mapping[str, Holder]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("holder", [])
        holders = [Holder.model_validate(row) for row in rows]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError, AttributeError, TypeError) as error:
        problem = str(error).splitlines()[0]
        raise ConfigError(
            f"{path.name} can't be read: {problem}. Correct the file.",
            f"{path.name} 无法读取：{problem}。请更正该文件。",
        ) from error
    unknown = [holder for holder in holders if holder.role not in load_roles()]
    if unknown:
        known = ", ".join(load_roles())
        raise ConfigError(
            f"{path.name}: role {unknown[0].role!r} is not in config/roles.toml; it has {known}.",
            f"{path.name}：角色“{unknown[0].role}”不在 config/roles.toml 中，现有：{known}。",
        )
    wide = next((each for each in holders if load_roles()[each.role].confined and not each.region), None)
    if wide is not None:
        raise ConfigError(
            f"{path.name}: {wide.subject!r} holds the role {wide.role!r}, which is held for one region, but none is named. "
            "Write its code as region.",
            f"{path.name}：“{wide.subject}”的角色“{wide.role}”须限定区划，但未填写。请在 region 中写明区划代码。",
        )
    by_subject = {holder.subject: holder for holder in holders}
    if len(by_subject) < len(holders):
        twice = next(each.subject for each in holders if by_subject[each.subject] is not each)
        raise ConfigError(
            f"{path.name}: {twice!r} is entered twice. Leave one entry.",
            f"{path.name}：“{twice}”登记了两次，请只保留一条。",
        )
    return by_subject
