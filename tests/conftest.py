"""What the tests share: the demonstration city published once, real data where present, running servers, a browser."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from data_access.access import Scope
from data_access.demo import load_demonstration
from data_access.home import ClusterAddress, Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.servers import PostgreSQL, postgresql_programs, postgresql_server, running_app, running_postgresql
from tests.shards import ShardedServers, running_shards, sharded_database
from tests.spark import JAVA_OPTIONS, SparkCluster, running_spark, spark_is_absent
from tests.stores import STORES, fresh_database

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    *"--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(),
    *"--disable-background-networking --disable-component-update --disable-sync".split(),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
OWN_HOSTS = ("127.0.0.1", "localhost")

# No property is about time: a busy machine is no failure.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Home], object]], Home]:
    """Build a data set once for all processes of a test run; each gets a copy of its own."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def copy(name: str, build: Callable[[Home], object]) -> Home:
        built = shared / f"built-{name}"
        with (shared / f"built-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not built.exists():
                making = Home(shared / f"making-{name}")
                build(making)
                making.path.rename(built)
        return Home(Path(shutil.copytree(built, tmp_path_factory.mktemp(name) / "home")))

    return copy


@pytest.fixture(scope="session")
def demonstration_home(built_once: Callable[[str, Callable[[Home], object]], Home]) -> Home:
    """The demonstration city, built and published by the real code."""

    def build(home: Home) -> None:
        load_demonstration(home)
        publish(home)

    return built_once("demonstration", build)


@pytest.fixture(scope="session")
def reader(demonstration_home: Home) -> SnapshotReader:
    """A reader of the demonstration city."""
    return SnapshotReader(demonstration_home)


@pytest.fixture(scope="session")
def city_scope(reader: SnapshotReader) -> Scope:
    """A leader of the whole demonstration city."""
    return Scope("city_leader", reader.snapshot().root_code)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data; the test is skipped where it isn't."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) are not on this machine")
    return SHARED_DATA


EXAMPLES = {
    "toronto": "toronto_homicide",
    "toronto_140": "toronto_homicide",
    "london": "london_homicide_monthly",
    "us_counties": "ncovr_us_counties",
    "mexico": "mexico_homicide_monthly",
    "mexico_daily": "mexico_homicide_monthly",
    "chuzhou": "cn_divisions_chuzhou_3411",
    "chuzhou_townships": "cn_divisions_chuzhou_3411",
    "baltimore": "baltimore_311",
}
"""Mapping of examples/ → folder of real public data that it is for."""


@pytest.fixture(scope="session")
def example_home(
    shared_data: Path, built_once: Callable[[str, Callable[[Home], object]], Home]
) -> Callable[[str], Home]:
    """Import and publish one real data set with its example mapping, once, by the command a user types."""

    @lru_cache
    def build(name: str) -> Home:
        if not (shared_data / EXAMPLES[name]).is_dir():
            pytest.skip(f"the real data of {name} are not beside the repository")

        def run(home: Home) -> None:
            command = [sys.executable, "-m", "data_access", "--home", str(home.path), "build"]
            command += ["--mapping", f"examples/{name}.toml", "--data", str(shared_data / EXAMPLES[name])]
            done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr

        return built_once(name, run)

    return build


@pytest.fixture(scope="session")
def toronto_home(example_home: Callable[[str], Home]) -> Home:
    """Toronto's real data as a cockpit."""
    return example_home("toronto")


@pytest.fixture(scope="session")
def demonstration_app(demonstration_home: Home) -> Iterator[str]:
    """Address of the cockpit with the demonstration city."""
    with running_app(demonstration_home) as address:
        yield address


@pytest.fixture(scope="session")
def toronto_app(toronto_home: Home) -> Iterator[str]:
    """Address of the cockpit with Toronto's real data."""
    with running_app(toronto_home) as address:
        yield address


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """SQLAlchemy address of a real, empty PostgreSQL on loopback, for its superuser."""
    programs = postgresql_programs()
    if programs is None:
        absent("PostgreSQL")
    with running_postgresql(programs) as address:
        yield address


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL that only this module's tests use, who stop it and start it again."""
    programs = postgresql_programs()
    if programs is None:
        absent("PostgreSQL")
    with postgresql_server(programs) as running:
        yield running


@pytest.fixture(scope="session")
def shared_database(postgresql_address: str) -> Iterator[str]:
    """Address of a database that `python -m data_access migrate` set up, empty otherwise."""
    with fresh_database(postgresql_address) as url:
        yield url


@pytest.fixture(scope="session")
def sharded_servers() -> Iterator[ShardedServers]:
    """Three real PostgreSQL servers on loopback: a coordinator and two shards."""
    programs = postgresql_programs()
    if programs is None:
        absent("PostgreSQL")
    with running_shards(programs) as servers:
        yield servers


@pytest.fixture(scope="session")
def spark_cluster() -> Iterator[SparkCluster]:
    """A real Spark cluster on loopback: a master and a worker."""
    missing = spark_is_absent()
    if missing:
        absent(missing)
    with pytest.MonkeyPatch.context() as environment, running_spark() as cluster:
        environment.setenv("JDK_JAVA_OPTIONS", JAVA_OPTIONS)
        yield cluster


@pytest.fixture(scope="session", params=STORES)
def new_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Home]]:
    """Make empty data sets, in turn on every store: what uses it is tested on each."""
    with ExitStack() as databases:

        def make() -> Home:
            url, cluster, folder = None, None, tmp_path_factory.mktemp("home")
            if request.param == "postgresql":
                url = databases.enter_context(fresh_database(request.getfixturevalue("postgresql_address")))
            if request.param == "shards":
                servers = request.getfixturevalue("sharded_servers")
                url = databases.enter_context(sharded_database(servers)).url()
            if request.param == "cluster":
                cluster = ClusterAddress(request.getfixturevalue("spark_cluster").master, folder / "lake")
            return Home(folder, url, cluster)

        yield make


@pytest.fixture(scope="session")
def small_city_home(new_home: Callable[[], Home]) -> Home:
    """The small city with awards and alarms, published on each store, for tests that only read it."""
    home = new_home()
    small_city.fill(home)
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("fund_award", small_city.awards())
        store.replace_all("alarm_response", small_city.alarms())
    publish(home)
    return home


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Debian's Chromium, driven by Playwright; no name but this machine's can be looked up in it."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        absent("Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def tab(browser) -> Iterator:
    """One tab for all tests that need none of their own: the browser makes the cockpit's scripts ready once."""
    from tests.browser.screen import new_tab

    opened = new_tab(browser)
    yield opened
    opened.context.close()


@pytest.fixture
def page(tab) -> Iterator:
    """An empty zh-CN page of 1920×1080 that reaches only this machine; any other request fails the test."""
    from tests.browser.screen import watched

    with watched(tab, OWN_HOSTS) as opened:
        yield opened


def absent(program: str) -> None:
    """Skip the test on a developer's machine; fail where everything should have been installed."""
    reason = f"{program} is not installed; `make system-packages` installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_unconfigure() -> None:
    """Keep pytest's closing line the last: the store's binding writes about its own memory when Python ends."""
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))


LONG_BROWSER_TESTS = (
    "pages",
    "hostile_text",
    "examples",
    "drill_down",
    "wall",
    "sign_in",
    "downloads",
    "systems_services",
)
"""The files of tests/browser/ that take longest, the longest first: so several processes end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest first and the browser's tests last: its driver keeps an event loop that others can't start theirs beside."""
    stores = {group: place for place, group in enumerate(reversed(STORES))}
    files = {f"tests/browser/test_{name}.py": place for place, name in enumerate(LONG_BROWSER_TESTS)}

    def place(item: pytest.Item) -> tuple[bool, int]:
        group = _group(item.nodeid)
        return "tests/browser/" in group, (stores | files).get(group, len(stores | files))

    items.sort(key=place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each of several processes (`-n 2`) a whole group at a time: what is slow to make is then made once."""
    config.option.loadscopereorder = False

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return Groups(config, log)


def _group(nodeid: str) -> str:
    """Return the store that a test is for, or else its file; a browser's is always its file, which runs last."""
    if "tests/browser/" in nodeid:
        return nodeid.split("::")[0]
    parameters = nodeid.rpartition("[")[2].rstrip("]").split("-")
    if "tests/data_access/cluster/" in nodeid:
        return "cluster"
    return next((store for store in STORES if store in parameters), nodeid.split("::")[0])
