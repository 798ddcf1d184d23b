"""A still is shown only while everything it came from, and who looks, is as it was; otherwise nothing is."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from dashboard.context import read_context
from dashboard.front import still
from dashboard.front.__main__ import early_address
from dashboard.front.shell import THEMES
from dashboard.front.still import basis, read_still, shown_still, write_still
from dashboard.i18n import LANGUAGES
from dashboard.memory import process_memory
from dashboard.screens.overview import overview_screen
from data_access.access import Scope
from data_access.home import HOME_VARIABLE, Home
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader
from tests.dashboard.test_front import LOOPBACK, Cockpit, asked, started

ADDRESS = {"region": "990100000000", "period": "2024Q4", "lang": "zh", "theme": "light"}
DRAWN = '<div id="still"><p class="verdict">命案发案率 0.44</p></div>'


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    """A data folder with a snapshot and a still of it."""
    monkeypatch.delenv("PINGAN_ROLE", raising=False)
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home", database_url=None).create()
    home.pointer.write_text('{"snapshot_id": "2024Q4-0001"}')
    monkeypatch.setenv(HOME_VARIABLE, str(home.path))
    keep(home)
    return home


def keep(home: Home) -> None:
    stands_on = basis(home)
    assert stands_on is not None
    write_still(home, "zh", "light", stands_on, ADDRESS, DRAWN)


def shown(home: Home, **parameters: str) -> str:
    return shown_still(home, parameters, "zh", "light")


def test_what_was_kept_is_shown_at_the_address_it_was_drawn_for_and_at_the_bare_one(home):
    assert DRAWN in shown(home)
    assert DRAWN in shown(home, **ADDRESS)
    assert DRAWN in shown(home, theme="light")


@pytest.mark.parametrize(
    "other", [{"region": "990101000000"}, {"period": "2024Q3"}, {"lang": "en"}, {"theme": "dark"}, {"x": "1"}]
)
def test_another_view_shows_none(home, other):
    assert shown(home, **ADDRESS | other) == ""


def test_another_language_or_theme_has_a_still_of_its_own(home):
    assert shown_still(home, {}, "en", "light") == shown_still(home, {}, "zh", "dark") == ""


@pytest.mark.parametrize("name", ["PINGAN_ROLE", "PINGAN_REGION", "PINGAN_SIGN_IN"])
def test_another_viewer_or_kind_of_sign_in_is_shown_none(home, monkeypatch, name):
    monkeypatch.setenv(name, "other")
    assert shown(home) == ""


def test_a_file_that_sets_up_sign_in_leaves_none(home, tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text("[auth]\n")
    assert shown(home) == ""


def test_secrets_kept_elsewhere_leave_the_first_answer_to_the_cockpit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = ["--server.address", LOOPBACK, "--server.port", "8501"]
    settings = tmp_path / ".streamlit" / "config.toml"
    settings.parent.mkdir()
    settings.write_text("[server]\nheadless = true\n")
    assert early_address(here) is not None
    settings.write_text('[secrets]\nfiles = ["elsewhere.toml"]\n')
    assert early_address(here) is None


@pytest.mark.parametrize("snapshot", ["2024Q4-0002", "2024Q4-0001"])
def test_another_snapshot_or_the_same_name_published_anew_shows_none(home, snapshot):
    home.pointer.write_text(f'{{"snapshot_id": "{snapshot}"}}')
    os.utime(home.pointer, ns=(1, 1))
    assert shown(home) == ""


def test_nothing_published_shows_none(home):
    home.pointer.unlink()
    assert shown(home) == ""


def test_a_changed_program_shows_none(home, monkeypatch, tmp_path):
    (tmp_path / "page.py").write_text("one")
    monkeypatch.setattr(still, "REPOSITORY", tmp_path)
    monkeypatch.setattr(still, "PROGRAM", ("page.py",))
    still._program.cache_clear()
    keep(home)
    assert shown(home)
    (tmp_path / "page.py").write_text("two, longer")
    still._program.cache_clear()
    assert shown(home) == ""
    monkeypatch.undo()
    still._program.cache_clear()


def test_a_shared_database_shows_none_and_keeps_none(home):
    shared = Home(home.path, database_url="postgresql://cockpit@localhost/pingan")
    assert basis(shared) is None
    assert shown(shared) == ""


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("0.44", "0.43"),
        lambda text: text.replace("2024Q4", "2024Q3"),
        lambda text: "",
        lambda text: "\ud800",
    ],
)
def test_a_damaged_file_counts_as_none(home, damage):
    path = home.stills / "zh-light.html"
    path.write_bytes(damage(path.read_text("utf-8")).encode("utf-8", "surrogatepass"))
    assert shown(home) == ""


def test_a_still_takes_the_place_of_the_one_before_and_only_its_owner_may_open_the_folder(home):
    keep(home)
    assert [path.name for path in home.stills.iterdir()] == ["zh-light.html"]
    assert home.stills.stat().st_mode & 0o777 == 0o700
    assert read_still(home, "zh", "light") == (ADDRESS, DRAWN)


def test_only_the_first_answers_of_a_start_carry_it_and_no_other_page(home):
    async def play() -> None:
        loaded = asyncio.Event()
        async with started(lambda: Cockpit(), loaded.set) as front:
            first, page = [await asked(front._early, address) for address in ("/", "/map")]
            late = await asked(Cockpit(), "/")
        assert DRAWN in first["content"].decode() and (b"cache-control", b"no-store") in first["headers"]
        assert DRAWN not in page["content"].decode() and DRAWN not in late["content"].decode()

    asyncio.run(play())


def test_the_overview_shows_nothing_of_the_ledger_which_a_still_does_not_look_at(small_home, tmp_path):
    home = Home(Path(shutil.copytree(small_home.path, tmp_path / "own")), database_url=None)
    scope = Scope("city_leader", SnapshotReader(home).snapshot().root_code)

    def drawn() -> tuple[str, list]:
        process_memory.cache_clear()
        reader = SnapshotReader(home)
        context, _ = read_context({}, reader.snapshot(), reader.regions(scope), scope, date(2015, 1, 1))
        screen = overview_screen(reader, context)
        return screen.verdict, screen.overdue.to_numpy().tolist()

    before = drawn()
    values = {"task": "逐件明确", "unit": "司法局", "due_on": "2018-03-31"}
    Ledger.open(home).write(
        scope, kind="decision", region_code=scope.region_code, state="open", values=values, snapshot_id="s"
    )
    assert drawn() == before


def test_a_command_keeps_stills_before_the_first_start(demonstration_home, tmp_path, monkeypatch):
    monkeypatch.chdir(still.REPOSITORY)
    monkeypatch.delenv("PINGAN_ROLE", raising=False)
    home = Home(shutil.copytree(demonstration_home.path, tmp_path / "home"), database_url=None)
    shutil.rmtree(home.stills, ignore_errors=True)
    monkeypatch.setenv(HOME_VARIABLE, str(home.path))
    finished = subprocess.run(
        [sys.executable, "-m", "dashboard.server.first_stills"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    for language, theme in product(LANGUAGES, THEMES):
        kept = read_still(home, language, theme)
        assert kept is not None
        assert 'class="page-foot"' in kept[1]
