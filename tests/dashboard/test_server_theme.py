"""The theme that is kept says to a browser what Streamlit would work out anew."""

from __future__ import annotations

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from dashboard.server import theme

SECTIONS = {"theme": (), "theme.light": ("light",), "theme.sidebar": ("sidebar",), "theme.dark": ("dark",)}


@pytest.fixture
def settings():
    before = {name: config.get_option(name) for name in ("theme.primaryColor", "theme.dark.backgroundColor")}
    for name in before:
        config.set_option(name, "#123456")
    theme._section.cache_clear()
    yield
    for name, value in before.items():
        config.set_option(name, value)
    theme._section.cache_clear()


def test_every_section_is_told_as_streamlit_would_each_time(settings):
    assert app_session._populate_theme_msg is theme._tell
    for _ in range(2):
        ours, streamlits = NewSession(), NewSession()
        for section, path in SECTIONS.items():
            for message, tell in ((ours, theme._tell), (streamlits, theme._work_out)):
                place = message.custom_theme
                for name in path:
                    place = getattr(place, name)
                tell(place, section)
        assert ours.SerializeToString(deterministic=True) == streamlits.SerializeToString(deterministic=True)
        assert ours.custom_theme.primary_color == ours.custom_theme.dark.background_color == "#123456"
        assert not ours.custom_theme.HasField("sidebar")
