"""Real servers for tests: the cockpit and PostgreSQL, each on a free loopback port, stopped by its own process id."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from data_access.home import HOME_VARIABLE, Home

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
"""Debian keeps it where an ordinary user's path doesn't lead."""
START_SECONDS = 60
STOP_SECONDS = 15
POSTGRESQL_OWNER = "pingan_owner"
ORDINARY_USER = "postgres"
"""Who runs PostgreSQL when the tests run as root, which PostgreSQL refuses to serve; Debian's package makes this user."""
POSTGRESQL_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
}


@contextmanager
def running_app(
    home: Home, port: int | None = None, arguments: Sequence[str] = (), **environment: str
) -> Iterator[str]:
    """Serve the cockpit with ``home``; yield its address, such as ``http://127.0.0.1:40001``."""
    with running_app_process(home, port, arguments, **environment) as (address, _):
        yield address


@contextmanager
def running_app_process(
    home: Home, port: int | None = None, arguments: Sequence[str] = (), **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Serve the cockpit with ``home``; yield its address and its process, for tests that stop it."""
    port = port or free_port()
    command = [sys.executable, "-m", "dashboard.front"]
    command += ["--server.address", LOOPBACK, "--server.port", str(port), *arguments]
    settings = {**os.environ, HOME_VARIABLE: str(home.path), **environment}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        address = f"http://{LOOPBACK}:{port}"
        try:
            _wait("the app", process, log, lambda: is_healthy(address))
            yield address, process
        finally:
            _stop(process, signal.SIGTERM)


@contextmanager
def running_processes(
    home: Home,
    count: int,
    folder: Path,
    arguments: Sequence[str] = (),
    rules: Sequence[str] = (),
    **environment: str,
) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Serve the cockpit by several processes behind HAProxy; yield the one address and the processes of the cockpit.

    The proxy is set up as scripts/haproxy.cfg says, with as many processes, free ports, and ``rules`` of its own.
    """
    with ExitStack() as stack:
        apps = [stack.enter_context(running_app_process(home, None, arguments, **environment)) for _ in range(count)]
        servers = [
            f"    server process{number} {address.removeprefix('http://')} cookie process{number}"
            for number, (address, _) in enumerate(apps)
        ]
        port = free_port()
        lines = (REPOSITORY / "scripts" / "haproxy.cfg").read_text().replace(":8501", f":{port}").splitlines()
        shared = [line for line in lines if not line.startswith("    server ")]
        (folder / "haproxy.cfg").write_text("\n".join([*shared, *rules, *servers, ""]))
        log = stack.enter_context(tempfile.TemporaryFile())
        command = [HAPROXY, "-db", "-f", str(folder / "haproxy.cfg")]
        proxy = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        stack.callback(_stop, proxy, signal.SIGTERM)
        address = f"http://{LOOPBACK}:{port}"
        _wait("the proxy", proxy, log, lambda: is_healthy(address))
        yield address, [process for _, process in apps]


@contextmanager
def running_provider() -> Iterator[str]:
    """Serve an OpenID provider that signs in whoever asks; yield its address."""
    port = free_port()
    command = [Path(sys.executable).with_name("oidc-provider-mock"), "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        address = f"http://{LOOPBACK}:{port}"
        try:
            _wait("the provider", process, log, lambda: answers(f"{address}/.well-known/openid-configuration"))
            yield address
        finally:
            _stop(process, signal.SIGTERM)


def postgresql_programs() -> Path | None:
    """Return the folder of the newest installed ``initdb`` and ``postgres``, or None."""
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]))
    found = installed[-1] if installed else on_path and Path(on_path).resolve()
    return found.parent if found else None


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """Serve an empty PostgreSQL; yield the SQLAlchemy address of its superuser's database ``postgres``."""
    with postgresql_server(programs) as server:
        yield server.address


@contextmanager
def postgresql_server(programs: Path) -> Iterator[PostgreSQL]:
    """Make an empty PostgreSQL and serve it; for tests that stop it and start it again."""
    folder = Path(tempfile.mkdtemp(prefix="pingan-postgresql-"))
    server = PostgreSQL(programs, folder)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class PostgreSQL:
    """One PostgreSQL cluster in a folder of its own, on a loopback port of its own.

    Root is not allowed to serve PostgreSQL, so that root's tests start it as the ordinary user its package made.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        self._port, self._password = free_port(), secrets.token_hex(8)
        self._process: subprocess.Popen | None = None
        self.identity: dict = {}
        if os.getuid() == 0:
            self.identity = {"user": ORDINARY_USER, "group": ORDINARY_USER, "extra_groups": []}

    @property
    def address(self) -> str:
        """SQLAlchemy address of the superuser's database ``postgres``."""
        return f"postgresql+psycopg://{self._login}"

    @property
    def _login(self) -> str:
        return f"{POSTGRESQL_OWNER}:{self._password}@{LOOPBACK}:{self._port}/postgres"

    def make(self) -> None:
        """Make the cluster."""
        password_file = self.folder / "password"
        password_file.write_text(self._password)
        for path in (self.folder, password_file):
            self.give(path)
        made = subprocess.run(
            [self._programs / "initdb", "-D", self.folder / "cluster", "-U", POSTGRESQL_OWNER, "-A", "scram-sha-256"]
            + ["-E", "UTF8", "--no-locale", "--no-sync", f"--pwfile={password_file}"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            **self.identity,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def give(self, path: Path) -> None:
        """Let whoever runs the server own ``path``."""
        if self.identity:
            shutil.chown(path, ORDINARY_USER, ORDINARY_USER)

    def start(self) -> None:
        """Serve the cluster, and wait until it takes connections."""
        settings = {**POSTGRESQL_SETTINGS, "unix_socket_directories": str(self.folder), "port": str(self._port)}
        command: list[str | Path] = [self._programs / "postgres", "-D", self.folder / "cluster"]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.identity,
            )
            _wait("PostgreSQL", self._process, log, lambda: _takes_connections(f"postgresql://{self._login}"))

    def stop(self) -> None:
        """End every session and stop, without waiting for clients."""
        if self._process is not None:
            _stop(self._process, signal.SIGINT)
            self._process = None

    def restart(self) -> None:
        """Stop and start again."""
        self.stop()
        self.start()


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def wait_until(holds: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Return as soon as ``holds()``; fail when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(0.05)


def is_healthy(address: str) -> bool:
    """Return whether the cockpit at ``address`` answers and has data to show."""
    return answers(f"{address}/healthz")


def answers(address: str) -> bool:
    """Return whether anything is served at ``address``."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _takes_connections(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(name: str, process: subprocess.Popen, log, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            said = log.read().decode(errors="replace")
            raise AssertionError(f"{name} did not answer within {START_SECONDS} s, or stopped. It said:\n{said}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen, first: signal.Signals) -> None:
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)
