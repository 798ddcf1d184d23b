"""A copy of the demonstration city with a ledger of its own, and the screens of meetings on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.rooms.meeting import MeetingScreen, meeting_screen
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader


@pytest.fixture
def own_home(demonstration_home, tmp_path) -> Home:
    """A copy without anybody else's ledger."""
    home = Home(tmp_path / "own")
    shutil.copytree(demonstration_home.path, home.path, ignore=shutil.ignore_patterns("ledger*", "working*"))
    return home


@pytest.fixture
def own_reader(own_home) -> SnapshotReader:
    return SnapshotReader(own_home)


@pytest.fixture
def ledger(own_reader) -> Ledger:
    return Ledger.beside(own_reader)


@pytest.fixture
def screen_of(own_reader, city_scope) -> Callable[..., MeetingScreen]:
    def prepared(period: str, **own: str) -> MeetingScreen:
        context = Context(city_scope.region_code, Period.parse(period), "zh", "light", city_scope, tuple(own.items()))
        return meeting_screen(own_reader, context)

    return prepared
