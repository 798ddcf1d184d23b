"""How the process shares out its time, so that fifty viewers wait little: its threads, and the search for rubbish."""

from __future__ import annotations

import gc
import os
import sys

SWITCH_SECONDS = 0.0005
"""After how long a page, or what is being loaded, lets the server go on, which does so for each message and file; 5 ms by default."""
RUBBISH_THRESHOLDS = (10_000, 10, 20)
"""How many objects are made, and how often the younger were searched, before Python searches for rubbish: all that pages keep
is looked through every few hundred pages, where by default it is every fifteen, each time with everybody waiting."""


def set_pace() -> None:
    """Let threads wait less for each other, and nobody for rubbish until :func:`search_for_rubbish`: what a start loads stays.

    numpy and scipy start no threads of their own: no page multiplies matrices, and to start them took a core's time from the
    browser that loads meanwhile.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.disable()


def search_for_rubbish() -> None:
    """Let Python search for rubbish from here on; all that stands now stays, so that no search need go through it."""
    gc.freeze()
    gc.set_threshold(*RUBBISH_THRESHOLDS)
    gc.enable()
