"""Turns of the pages of a process: one after the other, and nobody waits for a page that hangs."""

from __future__ import annotations

import threading
import time

import pytest
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from dashboard.memory import server_settings
from dashboard.scheduling.turns import Turns, page_turns
from data_access.home import DATABASE_VARIABLE

PATIENCE = 30.0


def test_pages_are_drawn_one_after_the_other_in_the_order_of_asking():
    turns, drawn = Turns(1, PATIENCE), []

    def draw(name: int) -> None:
        with turns.one():
            drawn.append(("begins", name))
            time.sleep(0.005)
            drawn.append(("ends", name))

    pages = [threading.Thread(target=draw, args=(name,)) for name in range(5)]
    with turns.one():
        for place, page in enumerate(pages, start=1):
            page.start()
            _until(lambda place=place: len(turns._free._cond._waiters) == place)
        assert drawn == []
    for page in pages:
        page.join(PATIENCE)
    assert drawn == [(step, name) for name in range(5) for step in ("begins", "ends")]


@pytest.mark.parametrize("ended_by", [ValueError, lambda: RerunException(RerunData())])
def test_a_page_that_ends_early_gives_its_turn_back(ended_by):
    turns = Turns(1, PATIENCE)
    error = ended_by()
    with pytest.raises(type(error)), turns.one():
        raise error
    begun = time.monotonic()
    with turns.one():
        assert time.monotonic() - begun < PATIENCE / 2


def test_who_has_waited_long_enough_goes_on_without_a_turn_and_gives_none_back():
    turns = Turns(1, 0.05)
    with turns.one():
        for _ in range(2):
            begun = time.monotonic()
            with turns.one():
                assert time.monotonic() - begun >= 0.05


def test_pages_that_wait_for_a_shared_database_are_drawn_several_at_once(monkeypatch):
    settings = server_settings()
    at_once = {"": settings.pages_at_once, "postgresql://nowhere/pingan": settings.pages_at_once_with_database}
    assert len(set(at_once.values())) == 2
    for address, count in at_once.items():
        monkeypatch.setenv(DATABASE_VARIABLE, address)
        page_turns.cache_clear()
        assert page_turns() is page_turns()
        assert page_turns()._free._value == count
    page_turns.cache_clear()


def _until(holds) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)
