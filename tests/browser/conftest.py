"""The cockpit with sign-in by a real OpenID provider on loopback, and its accounts."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.__main__ import run
from data_access.home import Home
from tests.browser.screen import WALL_TOKEN
from tests.servers import free_port, running_app, running_provider


@pytest.fixture
def told(request, demonstration_home, capsys) -> Callable[..., list[dict]]:
    """Rows of one table of a page in the module's PERIOD, as the command line gives them."""

    def rows(page: str, table: str, *arguments: str) -> list[dict]:
        command = ["page", page, "--table", table, "--period", request.module.PERIOD, "--format", "json"]
        assert run([*command, *arguments, "--home", str(demonstration_home.path)]) == 0
        return json.loads(capsys.readouterr().out)["tables"][0]["rows"]

    return rows


@pytest.fixture
def own_home(demonstration_home: Home, tmp_path: Path) -> Home:
    """A copy of the demonstration city that this test may write to and publish again."""
    return Home(Path(shutil.copytree(demonstration_home.path, tmp_path / "city")))


@pytest.fixture
def own_app(own_home: Home) -> Iterator[str]:
    with running_app(own_home) as address:
        yield address


@pytest.fixture(scope="session")
def signed_home(demonstration_home, tmp_path_factory) -> Home:
    copy = Home(tmp_path_factory.mktemp("signed") / "home")
    subprocess.run(["cp", "-r", str(demonstration_home.path), str(copy.path)], check=True)
    return copy


@pytest.fixture(scope="session")
def counties(reader, city_scope) -> list[str]:
    regions = reader.regions(city_scope)
    return regions.index[regions["depth"] == 1].tolist()


@pytest.fixture(scope="session")
def signed_app(signed_home, counties, tmp_path_factory) -> Iterator[str]:
    (signed_home.path / "role_holders.toml").write_text(
        f'[[holder]]\nsubject = "county"\nrole = "county_leader"\nregion = "{counties[0]}"\n'
        '[[holder]]\nsubject = "auditor"\nrole = "auditor"\n'
        '[[holder]]\nsubject = "admin"\nrole = "administrator"\n'
    )
    port = free_port()
    with running_provider() as provider:
        file = tmp_path_factory.mktemp("secrets") / "secrets.toml"
        file.write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex(32)}"\nclient_id = "pingan"\nclient_secret = "{secrets.token_hex(8)}"\n'
            f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n'
        )
        with running_app(
            signed_home, port=port, arguments=["--secrets.files", str(file)], PINGAN_WALL_TOKEN=WALL_TOKEN
        ) as address:
            yield address
