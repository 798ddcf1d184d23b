"""What the process was started with: data folder, viewer; and the one reader all sessions share."""

from __future__ import annotations

import os
from dataclasses import dataclass

import streamlit as st

from data_access.access import Scope
from data_access.home import Home
from data_access.queries import SnapshotReader

ROLE_VARIABLE = "PINGAN_ROLE"
REGION_VARIABLE = "PINGAN_REGION"
DEFAULT_ROLE = "city_leader"


@dataclass(frozen=True)
class Settings:
    """Where the data are and who looks at them."""

    home: Home
    role: str
    region_code: str | None
    """Region the viewer is confined to; the whole data set when empty."""


def load_settings() -> Settings:
    """Read the settings from the environment (``PINGAN_HOME``, ``PINGAN_ROLE``, ``PINGAN_REGION``)."""
    return Settings(
        home=Home.default(),
        role=os.environ.get(ROLE_VARIABLE, DEFAULT_ROLE),
        region_code=os.environ.get(REGION_VARIABLE) or None,
    )


@st.cache_resource(show_spinner=False)
def snapshot_reader() -> SnapshotReader:
    """Return the reader that every session and route of this process shares."""
    return SnapshotReader(load_settings().home)


def current_viewer() -> Scope:
    """Return who looks at the screen; the one place that sign-in replaces.

    Raises
    ------
    ConfigError
        When the role is not in config/roles.toml.
    NoSnapshotError
        When nothing has been published, so that the outermost region is unknown.
    """
    settings = load_settings()
    viewer = Scope(settings.role, settings.region_code or snapshot_reader().snapshot().root_code)
    _ = viewer.permissions
    return viewer
