"""The small city, published, as the home that the dashboard reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from dashboard.context import first_day
from data_access.home import HOME_VARIABLE, Home
from data_access.publishing import publish
from tests.data_access import small_city


@pytest.fixture(scope="session")
def small_home(tmp_path_factory) -> Home:
    """Return the small city's published home."""
    home = Home(tmp_path_factory.mktemp("small_city_home"))
    small_city.fill(home)
    publish(home)
    return home


@pytest.fixture
def served_small_city(small_home, monkeypatch) -> Iterator[Home]:
    """Serve the small city to the dashboard, to the city's leader."""
    monkeypatch.setenv(HOME_VARIABLE, str(small_home.path))
    monkeypatch.delenv("PINGAN_ROLE", raising=False)
    monkeypatch.delenv("PINGAN_REGION", raising=False)
    _use_the_navigation_of_the_entry_script(monkeypatch)
    _forget()
    yield small_home
    _forget()


def _forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    first_day.cache_clear()


def _use_the_navigation_of_the_entry_script(monkeypatch) -> None:
    # As dashboard.server does once; AppTest forgets it before each run.
    original = PagesManager.__init__

    def prepared(self, *arguments, **options) -> None:
        PagesManager.uses_pages_directory = False
        original(self, *arguments, **options)

    monkeypatch.setattr(PagesManager, "__init__", prepared)
