"""docs/deployment.md, its commands as written: from an empty server to a county leader who has signed in."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.home import Home
from tests.browser.screen import PROVIDER_ASKS, region_in_breadcrumb, settle, sign_in, visible_text, watched_page
from tests.conftest import OWN_HOSTS, absent
from tests.data_access import small_city
from tests.data_access.small_city import CASES_MAPPING, EAST, WEST
from tests.servers import (
    REPOSITORY,
    PostgreSQL,
    _stop,
    free_port,
    is_healthy,
    postgresql_programs,
    postgresql_server,
    running_provider,
    wait_until,
)

PASSWORD = "p-ä:/@%&'w"
"""What an administrator may think of: an address takes it percent-encoded."""
ENCODED = "p-%C3%A4%3A%2F%40%25%26%27w"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
START = 60


def blocks(language: str, holds: str) -> str:
    """Return the one block of the document in ``language`` that holds a text."""
    text = (REPOSITORY / "docs" / "deployment.md").read_text(encoding="utf-8")
    found = [block for block in re.findall(rf"```{language}\n(.*?)```", text, re.S) if holds in block]
    assert len(found) == 1, f"{len(found)} blocks hold {holds!r}"
    return found[0]


class Machine:
    """A tree of the program, a data folder and an empty server, as the document takes them for given."""

    def __init__(self, folder: Path, server: PostgreSQL) -> None:
        self.folder, self.tree, self.home = folder, folder / "tree", folder / "srv"
        self.port = free_port()
        self._server = sa.make_url(server.address)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (REPOSITORY / name).is_file() and not name.startswith(("tests/", "examples/", "docs/images/")):
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, self.tree / name)
        (self.tree / ".venv").symlink_to(Path(sys.prefix))
        self._stand_ins()

    def _stand_ins(self) -> None:
        """Let ``sudo -u postgres`` be the server's superuser, and what is installed count as installed."""
        programs = self.folder / "programs"
        programs.mkdir()
        as_superuser = f'PGUSER={self._server.username} PGPASSWORD={self._server.password} exec "$@"'
        for name, does in (("sudo", f"shift 2; {as_superuser}"), ("apt-get", ":")):
            (programs / name).write_text(f"#!/bin/sh\n{does}\n")
            (programs / name).chmod(0o755)
        found = postgresql_programs()
        self.environment = {
            "PATH": f"{programs}:{found}:{os.environ['PATH']}",
            "PGHOST": str(self._server.host),
            "PGPORT": str(self._server.port),
            "PGDATABASE": "postgres",
            "LANG": "en_GB.UTF-8",
            "HOME": str(self.folder),
            # As files of the tree are newer than what is installed, `make` would install it again.
            "MAKEFLAGS": "-o .venv/.runtime",
        }

    def written(self, text: str) -> str:
        """Return a block with this machine's passwords, ports and folders in place of the document's."""
        sql = re.sub(r"(password ')PASSWORD", lambda found: found[1] + PASSWORD.replace("'", "''"), text)
        for placeholder, own in (
            ("PASSWORD", ENCODED),
            ("127.0.0.1:5432", f"{self._server.host}:{self._server.port}"),
            ("/srv/pingan", str(self.home)),
            ("HOST=0.0.0.0 PORT=8501", f"HOST=0.0.0.0 PORT={self.port}"),
            ("127.0.0.1:8501", f"127.0.0.1:{self.port}"),
        ):
            sql = sql.replace(placeholder, own)
        return sql

    def run(self, text: str, said: str = "", succeeds: bool = True) -> str:
        """Run a block of the document in the tree; return what it said."""
        done = subprocess.run(
            ["sh", "-e", "-c", self.written(text)],
            cwd=self.tree,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=200,
            start_new_session=True,
        )
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def running(self, command: list[str], ready: Callable[[], bool], **more: str) -> Iterator[None]:
        """Run a server until the block ends."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.tree,
                env=self.environment | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda: ready() or process.poll() is not None, START)
            assert process.poll() is None, (self.folder / "log").read_text()
            yield
        finally:
            _stop(process, signal.SIGTERM)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    programs = postgresql_programs()
    if programs is None:
        absent("PostgreSQL")
    if NGINX is None:
        absent("nginx")
    with postgresql_server(programs) as server:
        yield Machine(tmp_path_factory.mktemp("machine"), server)


def test_an_administrator_comes_from_an_empty_server_to_a_signed_in_county_leader(machine, browser):
    set_up = blocks("sh", "createuser --pwprompt")
    assert "— → " in machine.run(set_up, said=f"{PASSWORD}\n{PASSWORD}\n")
    address = next(line for line in set_up.splitlines() if line.startswith("export DATABASE_URL"))
    machine.run(f"{address}\n{blocks('sh', 'create role pingan_app')}")
    machine.run(blocks("sh", "revoke execute on function lo_creat"))

    small_city.fill(Home(machine.home, None))
    (machine.tree / "cases.csv").write_text(f"id,day,region\nA-1,2024-05-02,{next(iter(small_city.TOWNS))}\n")
    (machine.tree / "cases.toml").write_text(CASES_MAPPING)
    publish = blocks("sh", "data_access import FILES --mapping MAPPING.toml")
    said = machine.run(publish.replace("FILES", "cases.csv").replace("MAPPING.toml", "cases.toml"))
    assert "cases.csv" in said

    serve = blocks("sh", "make run HOST=0.0.0.0")
    assert "Without sign-in the cockpit is served on this machine only" in machine.run(serve, succeeds=False)

    app, front = machine.port, free_port()
    here = f"http://127.0.0.1:{front}"
    with running_provider() as provider:
        auth = (
            blocks("toml", "[auth]").replace("https://pingan.example", here).replace("https://login.example", provider)
        )
        (machine.tree / ".streamlit" / "secrets.toml").write_text(
            auth.replace('"…"', '"a-secret-of-this-test-0123456789"')
        )
        holder = blocks("toml", "[[holder]]").replace("990102000000", EAST)
        (machine.home / "role_holders.toml").write_text(holder)
        command = ["sh", "-c", machine.written(serve).replace("HOST=0.0.0.0", "HOST=127.0.0.1")]
        with machine.running(command, lambda: is_healthy(f"http://127.0.0.1:{app}")), in_front(machine, front):
            with watched_page(browser, OWN_HOSTS, PROVIDER_ASKS) as page:
                sign_in(page, here, "li.wei@city.example", f"/?region={WEST}")
                settle(page)
                assert region_in_breadcrumb(page) == "东县", visible_text(page)
    home = Home(machine.home, urls(machine, address)["pingan_app"])
    lines = AuditBook(home).lines(Scope("auditor", ""))
    assert {"import", "publish", "sign_in", "refused"} <= set(lines["kind"])
    check = f"{address}\nexport PINGAN_HOME=/srv/pingan\n.venv/bin/python -m data_access audit verify"
    assert check.splitlines()[-1] in blocks("sh", "audit verify")
    machine.run(check)


def urls(machine: Machine, address: str) -> dict[str, str]:
    url = sa.make_url(machine.written(address).partition("=")[2].split()[0])
    return {login: url.set(username=login).render_as_string(hide_password=False) for login in ("pingan_app",)}


@contextmanager
def in_front(machine: Machine, port: int) -> Iterator[None]:
    """Serve as the document's nginx does, without TLS."""
    site = machine.written(blocks("nginx", "proxy_pass")).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    site = re.sub(r"    ssl_certificate.*\n", "", site)
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{name}_temp_path {machine.folder}/{name};" for name in places)
    (machine.folder / "nginx.conf").write_text(
        f"daemon off; pid {machine.folder}/nginx.pid; error_log {machine.folder}/nginx.log; events {{}}\n"
        f"http {{ access_log off; {paths}\n{site} }}\n"
    )
    command = [NGINX, "-p", str(machine.folder), "-c", "nginx.conf", "-e", "nginx.log"]
    with machine.running(command, lambda: is_healthy(f"http://127.0.0.1:{port}")):
        yield
