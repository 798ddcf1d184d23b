"""Tokens end to end: a provider hands them to the running cockpit, and only a right one opens anything."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from data_access.access import Scope
from data_access.audit import AuditBook
from tests.data_access.small_city import CITY, EAST
from tests.forging_provider import ForgingProvider, running_forging_provider
from tests.servers import free_port, running_app

SECRET = secrets.token_hex(32)


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    with running_forging_provider() as running:
        yield running


@pytest.fixture(scope="module")
def app(provider, small_home, tmp_path_factory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("tokens"), free_port()
    (folder / "holders.toml").write_text(f'[[holder]]\nsubject = "county"\nrole = "county_leader"\nregion = "{EAST}"\n')
    (folder / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
        f'client_id = "pingan"\nclient_secret = "{secrets.token_hex(8)}"\n'
        f'server_metadata_url = "{provider.address}/.well-known/openid-configuration"\n'
    )
    arguments = ["--secrets.files", str(folder / "secrets.toml")]
    with running_app(small_home, port, arguments, PINGAN_ROLE_HOLDERS=str(folder / "holders.toml")) as address:
        yield address


def status_after_sign_in(app: str, jar: CookieJar | None = None) -> int:
    """Sign in as a browser does, and return how an address of the cockpit answers then."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar() if jar is None else jar))
    start = jwt.encode(
        {"alg": "HS256"}, {"provider": "default", "exp": int(time.time()) + 60}, OctKey.import_key(SECRET)
    )
    browser.open(f"{app}/auth/login?provider={start}", timeout=30)
    try:
        return browser.open(f"{app}/wall/state", timeout=30).status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_right_token_opens_the_cockpit(app, provider):
    provider.kind, provider.claims = "right", {}
    assert status_after_sign_in(app) == 200


@pytest.mark.parametrize("kind", ["other_key", "none", "public_key"])
def test_token_that_the_provider_did_not_sign_opens_nothing_and_is_recorded(app, provider, small_home, kind):
    provider.kind, provider.claims = kind, {}
    assert status_after_sign_in(app) == 401
    refused = AuditBook(small_home).lines(Scope("auditor", CITY), "refused")
    assert (refused["details"] == '{"sign_in":"token"}').any()


HOUR = 3_600


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -HOUR},
        {"exp": None},
        {"exp": "never"},
        {"nbf": HOUR},
        {"iat": HOUR},
        {"aud": "another-program"},
        {"aud": ["another-program", "a-third"]},
        {"aud": None},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_token_that_is_not_for_here_and_now_opens_nothing(app, provider, claims):
    provider.kind = "right"
    provider.claims = {
        name: int(time.time()) + value if isinstance(value, int) else value for name, value in claims.items()
    }
    assert status_after_sign_in(app) == 401


def test_account_that_is_signed_in_but_holds_no_role_opens_nothing(app, provider):
    provider.kind, provider.claims = "right", {"sub": "stranger"}
    assert status_after_sign_in(app) == 401


def test_changed_cookie_opens_nothing(app, provider):
    provider.kind, provider.claims = "right", {}
    jar = CookieJar()
    assert status_after_sign_in(app, jar) == 200
    known = {cookie.name: cookie.value for cookie in jar}
    for changed in (known["_streamlit_user"][:-2] + "xx", known["_streamlit_user_tokens"], '"{}"'):
        request = urllib.request.Request(f"{app}/wall/state", headers={"Cookie": f"_streamlit_user={changed}"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        assert refused.value.code == 401


def test_a_copied_cookie_opens_nothing_after_the_sign_out(app, provider, small_home):
    provider.kind, provider.claims = "right", {}
    jar = CookieJar()
    assert status_after_sign_in(app, jar) == 200
    copied = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(f"{app}/auth/logout", timeout=30)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{app}/wall/state", headers={"Cookie": copied}), timeout=30)
    assert refused.value.code == 401
    assert "sign_out" in set(AuditBook(small_home).lines(Scope("auditor", CITY))["kind"])
    assert status_after_sign_in(app) == 200, "the account may come in again"
