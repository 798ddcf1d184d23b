"""From the claims of a sign-in to an account with its role and region, or a plain refusal."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from streamlit.auth_util import get_secrets_auth_section

from dashboard.sign_in.ended import is_ended
from dashboard.sign_in.settings import Mode, role_holders, sign_in_settings
from data_access.access import Scope, load_roles
from data_access.errors import DataAccessError
from data_access.home import Home

WALL_SUBJECT = "wall"
WALL_CLAIMS: Mapping[str, object] = {WALL_SUBJECT: True}
"""What is known of a screen that was opened with the wall's token. Known by being this object: a claim can have any name."""
CLOCK_SKEW_SECONDS = 30


class SignInRequired(DataAccessError):
    """Nobody is signed in, or the sign-in has run out."""

    default_code = "sign_in_required"


class NoRoleError(DataAccessError):
    """The account is known to the provider but holds no role here."""

    default_code = "no_role"


@dataclass(frozen=True)
class Account:
    """Who looks: an opaque account, and the scope it holds."""

    subject: str
    scope: Scope
    until: float = math.inf
    """When the sign-in runs out, in seconds since 1970."""


def account_of(claims: Mapping[str, object], mode: Mode, home: Home, root_code: str) -> Account:
    """Return the account of a sign-in.

    Parameters
    ----------
    claims : mapping
        What the provider or the proxy says of the account.
    mode : {"oidc", "proxy"}
    home : Home
        Its ``role_holders.toml`` says who holds which role.
    root_code : str
        The region of a role that is confined to none.

    Raises
    ------
    SignInRequired
        When nobody is signed in, the sign-in has run out, or it was meant for another program.
    NoRoleError
        When the account holds no role here.
    """
    settings = sign_in_settings()
    claim = next((name for name in settings.subject_claims if claims.get(name)), "")
    if not claim or (mode == "oidc" and not claims.get("is_logged_in")):
        raise SignInRequired("Sign in to see the cockpit.", "请先登录。")
    subject = str(claims[claim])
    until = _checked_end(claims, home) if mode == "oidc" else math.inf
    if claim == "email" and str(claims.get("email_verified", True)).lower() == "false":
        raise NoRoleError(
            "The provider has not verified this address, which anybody may enter there. Verify it there, then sign in again.",
            "身份提供方尚未验证该邮箱，任何人都可能填写它。请先在身份提供方完成验证，再重新登录。",
            code="unverified_email",
            subject=subject,
        )
    holder = role_holders(home).get(subject)
    if holder is not None:
        return Account(subject, Scope(holder.role, holder.region or root_code), until)
    role, region = load_roles().get(str(claims.get(settings.role_claim))), claims.get(settings.region_claim)
    if settings.trust_claims and role is not None and (region or not role.confined):
        return Account(subject, Scope(str(claims[settings.role_claim]), str(region or root_code)), until)
    raise NoRoleError(
        "This account holds no role in this system. Ask the administrator to enter it in role_holders.toml.",
        "该账号在本系统中没有角色，请联系系统管理员在 role_holders.toml 中登记。",
        subject=subject,
    )


def _checked_end(claims: Mapping[str, object], home: Home) -> float:
    """Return until when a token counts; refuse one that counts no more, or not here."""
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)) or expires + CLOCK_SKEW_SECONDS < time.time():
        raise SignInRequired("The sign-in has run out. Sign in again.", "登录已过期，请重新登录。", code="expired")
    if is_ended(home, claims):
        raise SignInRequired("You have signed out. Sign in again.", "您已退出登录，请重新登录。", code="signed_out")
    wanted = get_secrets_auth_section().get("client_id")
    meant_for = claims.get("aud")
    names = meant_for if isinstance(meant_for, (list, tuple)) else [meant_for]
    if wanted is not None and wanted not in names:
        raise SignInRequired(
            "The sign-in was meant for another program. Sign in again.",
            "该登录凭证不是发给本系统的，请重新登录。",
            code="wrong_audience",
        )
    return expires + CLOCK_SKEW_SECONDS
