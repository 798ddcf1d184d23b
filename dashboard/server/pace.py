"""How the process shares out its time, so that fifty viewers wait little: threads, the search for rubbish, the theme's copy."""

from __future__ import annotations

import gc
import sys
from functools import lru_cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

SWITCH_SECONDS = 0.0005
"""After how long a page lets the server go on, which does so for each of a page's forty messages; 5 ms by default."""
RUBBISH_THRESHOLDS = (10_000, 10, 20)
"""How many objects are made, and how often the younger were searched, before Python searches for rubbish: all that pages keep
is looked through every few hundred pages, where by default it is every fifteen, each time with everybody waiting."""
_as_streamlit_does = app_session._populate_theme_msg


def set_pace() -> None:
    """Set what is of the process; :func:`search_for_rubbish` once all is loaded."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app_session._populate_theme_msg = (
        _put_theme  # at each run it looks through all settings, which stand from the start
    )


def search_for_rubbish() -> None:
    """Let Python search for rubbish from here on; all that stands now stays, so that no search need go through it."""
    gc.freeze()
    gc.set_threshold(*RUBBISH_THRESHOLDS)
    gc.enable()


def _put_theme(msg: CustomThemeConfig, section: str = "theme") -> None:
    msg.MergeFrom(_theme(section))


@lru_cache(maxsize=16)
def _theme(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    _as_streamlit_does(message, section)
    return message
