"""Streamlit's theme as it tells it each browser on each run: worked out once, since its settings don't change while it runs."""

from __future__ import annotations

from functools import lru_cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

_work_out = app_session._populate_theme_msg


def keep_theme() -> None:
    """Let Streamlit go through its settings once for each section of the theme, in place of six times for each page."""
    app_session._populate_theme_msg = _tell


def _tell(msg: CustomThemeConfig, section: str = "theme") -> None:
    known = _section(section)
    if known.ByteSize():  # what is empty must stay absent
        msg.MergeFrom(known)


@lru_cache
def _section(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    _work_out(message, section)
    return message
