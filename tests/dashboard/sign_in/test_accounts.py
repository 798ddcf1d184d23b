"""From a sign-in to a role: who holds one, whose sign-in has run out, and where sign-in may be left off."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from streamlit import config

from dashboard import settings
from dashboard.front.loopback import is_loopback
from dashboard.sign_in import accounts, start
from dashboard.sign_in.accounts import NoRoleError, SignInRequired, account_of
from dashboard.sign_in.settings import declared_mode, role_holders
from dashboard.sign_in.start import check_start
from data_access import schema
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.errors import ConfigError
from data_access.home import Home
from data_access.publishing import publish
from data_access.store.working import WorkingStore
from tests.data_access import small_city

ROOT, COUNTY = "990100000000", "990104000000"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.setattr(accounts, "get_secrets_auth_section", lambda: {"client_id": "pingan"})
    (tmp_path / "role_holders.toml").write_text(
        f'[[holder]]\nsubject = "county@city"\nrole = "county_leader"\nregion = "{COUNTY}"\n'
        '[[holder]]\nsubject = "auditor@city"\nrole = "auditor"\n'
    )
    return Home(tmp_path)


def claims(subject: str, **more: object) -> dict[str, object]:
    return {"is_logged_in": True, "email": subject, "exp": time.time() + 600, "aud": "pingan", **more}


def test_account_holds_the_role_and_region_it_was_given(home):
    assert account_of(claims("county@city"), "oidc", home, ROOT).scope == Scope("county_leader", COUNTY)
    assert account_of(claims("auditor@city"), "oidc", home, ROOT).scope == Scope("auditor", ROOT)


def test_unknown_account_holds_nothing_even_when_it_claims_a_role(home):
    with pytest.raises(NoRoleError):
        account_of(claims("stranger@city", pingan_role="administrator"), "oidc", home, ROOT)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1.0},
        {"exp": None},
        {"exp": "never"},
        {"aud": "another-program"},
        {"aud": ["another-program"]},
        {"is_logged_in": False},
        {"email": ""},
    ],
)
def test_sign_in_that_ran_out_or_was_meant_for_another_is_refused(home, change):
    with pytest.raises(SignInRequired):
        account_of({**claims("county@city"), **change}, "oidc", home, ROOT)


@pytest.mark.parametrize("said", [False, "false"])
def test_address_that_the_provider_did_not_verify_is_nobodys(home, said):
    with pytest.raises(NoRoleError, match="not verified") as refused:
        account_of(claims("county@city", email_verified=said), "oidc", home, ROOT)
    assert refused.value.code == "unverified_email"
    assert account_of(claims("county@city", email_verified=True), "oidc", home, ROOT).scope.region_code == COUNTY


def test_role_of_one_region_is_not_held_for_the_whole_where_a_claim_names_no_region(home, monkeypatch):
    trusting = accounts.sign_in_settings().model_copy(update={"trust_claims": True})
    monkeypatch.setattr(accounts, "sign_in_settings", lambda: trusting)
    for more in ({}, {"pingan_region": ""}, {"pingan_region": None}):
        with pytest.raises(NoRoleError):
            account_of(claims("new@city", pingan_role="county_leader", **more), "oidc", home, ROOT)
    held = account_of(claims("new@city", pingan_role="county_leader", pingan_region=COUNTY), "oidc", home, ROOT)
    assert held.scope == Scope("county_leader", COUNTY)
    assert account_of(claims("new@city", pingan_role="city_leader"), "oidc", home, ROOT).scope.region_code == ROOT


def test_sign_in_that_counts_no_more_is_recorded_whatever_it_asks_for(home, monkeypatch, served_small_city):
    monkeypatch.setattr(settings, "sign_in_mode", lambda: "oidc")
    for change in ({"exp": 1.0}, {"aud": "another-program"}, {"email": "stranger@city"}):
        given = {**claims("county@city"), **change}
        monkeypatch.setattr(settings, "current_claims", lambda given=given: given)
        with pytest.raises((SignInRequired, NoRoleError)):
            settings.current_viewer()
    refused = AuditBook(served_small_city).lines(Scope("auditor", small_city.CITY), "refused")["details"].tolist()
    assert refused[:3] == [
        '{"account":"stranger@city","sign_in":"no_role"}',
        '{"sign_in":"wrong_audience"}',
        '{"sign_in":"expired"}',
    ]


def test_claim_of_a_provider_makes_no_wall_screen(home, monkeypatch, served_small_city):
    monkeypatch.setattr(settings, "sign_in_mode", lambda: "oidc")
    monkeypatch.setattr(settings, "current_claims", lambda: claims("stranger@city", wall=True))
    with pytest.raises(NoRoleError):
        settings.current_account()


def test_change_of_role_counts_from_the_next_request(home):
    assert role_holders(home)["county@city"].role == "county_leader"
    (home.path / "role_holders.toml").write_text('[[holder]]\nsubject = "county@city"\nrole = "auditor"\n')
    assert role_holders(home)["county@city"].role == "auditor"


@pytest.mark.parametrize(
    "text",
    [
        "holder = 3",
        "[[holder]]\nrole = 'auditor'",
        "[[holder]\n",
        "[[holder]]\nsubject='a'\nrole='emperor'",
        "[[holder]]\nsubject='a'\nrole='county_leader'",
        "[[holder]]\nsubject='a'\nrole='township_leader'\nregion=''",
        "[[holder]]\nsubject='a'\nrole='auditor'\n[[holder]]\nsubject='a'\nrole='city_leader'",
    ],
)
def test_wrong_list_of_holders_is_said_with_its_name(home, text):
    (home.path / "role_holders.toml").write_text(text)
    with pytest.raises(ConfigError, match="role_holders.toml"):
        role_holders(home)


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
        (None, False),
        ("10.1.2.3", False),
    ],  # noqa: S104
)
def test_only_addresses_of_this_machine_count_as_such(address, own):
    assert is_loopback(address) is own


def at_address(monkeypatch, address: str, **environment: str) -> None:
    real = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: address if name == "server.address" else real(name))
    for name in ("PINGAN_SIGN_IN",):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("mode", ["off", "oidc"])
def test_start_below_a_path_is_refused(tmp_path, monkeypatch, mode):
    real = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: "cockpit" if name == "server.baseUrlPath" else real(name))
    monkeypatch.setenv("PINGAN_SIGN_IN", mode)
    with pytest.raises(ConfigError, match="a name of its own") as refused:
        check_start(Home(tmp_path, None))
    assert "子路径" in refused.value.message("zh")


def test_start_is_refused_on_another_address_without_sign_in(demonstration_home, monkeypatch):
    at_address(monkeypatch, "0.0.0.0")  # noqa: S104
    with pytest.raises(ConfigError, match=r"secrets\.toml"):
        check_start(demonstration_home)
    at_address(monkeypatch, "0.0.0.0", PINGAN_SIGN_IN="off")  # noqa: S104
    with pytest.raises(ConfigError):
        check_start(demonstration_home)
    at_address(monkeypatch, "0.0.0.0", PINGAN_SIGN_IN="oidc")  # noqa: S104
    check_start(demonstration_home)


def test_demonstration_starts_on_this_machine_and_real_data_need_a_word(demonstration_home, monkeypatch):
    at_address(monkeypatch, "127.0.0.1")
    check_start(demonstration_home)
    monkeypatch.setattr(start, "_may_be_read_by_anybody", lambda home: False)
    with pytest.raises(ConfigError, match="PINGAN_SIGN_IN=off"):
        check_start(demonstration_home)
    at_address(monkeypatch, "127.0.0.1", PINGAN_SIGN_IN="off")
    check_start(demonstration_home)


def test_real_data_that_come_after_the_start_need_a_word_too(tmp_path, monkeypatch):
    home = Home(tmp_path, None)
    at_address(monkeypatch, "127.0.0.1", PINGAN_HOME=str(tmp_path))
    check_start(home)  # nothing has been published yet, or the database is away
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        rows = store.read(sa.select(schema.dataset))
        store.replace_all("dataset", rows[rows["key"] != "is_demo"])
    publish(home)
    settings.snapshot_reader.clear()
    with pytest.raises(SignInRequired, match="PINGAN_SIGN_IN=off") as caught:
        settings.current_account()
    assert "真实数据" in caught.value.message("zh")
    monkeypatch.setenv("PINGAN_SIGN_IN", "off")
    assert settings.current_account().scope.region_code == small_city.CITY
    settings.snapshot_reader.clear()


def test_kind_of_sign_in_that_does_not_exist_is_refused(monkeypatch):
    monkeypatch.setenv("PINGAN_SIGN_IN", "maybe")
    with pytest.raises(ConfigError, match="maybe"):
        declared_mode()
