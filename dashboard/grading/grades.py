"""From index to grade: cut-offs with a buffer, red only when it is likely, streaks on official months only."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.index import Index, probability_below
from dashboard.grading.settings import IndexSettings
from dashboard.statistics.estimate import StatisticsError

BLUE, YELLOW, RED, INSUFFICIENT = "blue", "yellow", "red", "insufficient"
PRELIMINARY, REVIEWED, OFFICIAL = "preliminary", "reviewed", "official"
NOT_WATCHED, NEW, UNSURE, FEW_EVENTS = "", "new", "unsure", "few_events"
"""Why a yellow month is watched: below the cut-off, but too short a history, too unsure, or by events within chance."""
_COLOURS, _WATCHED = (BLUE, YELLOW, RED, INSUFFICIENT), (NOT_WATCHED, NEW, UNSURE, FEW_EVENTS)
_BLUE, _YELLOW, _RED, _INSUFFICIENT = range(4)
"""Places in ``_COLOURS``."""


def grades(index: Index, settings: IndexSettings) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Return the grade of every region and month, and why yellow ones are watched that would be red by the index alone.

    A month without enough weight, or whose spot-checks agree too seldom, is not graded. A colour changes only when the
    index is ``hysteresis`` beyond the cut-off. Red also needs ``history_months`` of graded months before,
    ``red_probability`` that the true index is below the cut-off, and an index that is red still without what chance may
    have brought (``Index.without_chance``). A watched month is yellow for the month after it, too.

    Returns
    -------
    grade : ndarray of str, shape (regions, months)
    watched : ndarray of str, shape (regions, months)
        ``new``, ``unsure`` or ``few_events``; empty where nothing is watched.
    """
    regions, months = index.value.shape
    grade, watched = np.full((regions, months), _INSUFFICIENT), np.zeros((regions, months), int)
    probability = probability_below(index.value, index.error, settings.yellow_from)
    truthful = np.isnan(index.authenticity) | (index.authenticity >= settings.least_authenticity)
    usable = ~np.isnan(index.value) & (index.weight >= settings.least_weight - 1e-9) & truthful
    likely = probability >= settings.red_probability
    without_chance = index.without_chance
    history = np.zeros(regions, int)
    before = np.full(regions, _INSUFFICIENT)
    for month in range(months):
        wanted = _by_cutoffs(index.value[:, month], before, settings)
        red = (wanted == _RED) & usable[:, month]
        # Red before, the buffer reaches above the cut-off: there chance of long ago would keep a region red.
        without = without_chance[:, month]
        stands = (_by_cutoffs(without, before, settings) == _RED) & (without < settings.yellow_from)
        missing = np.stack([history < settings.history_months, ~likely[:, month], ~stands])
        watched[:, month] = np.where(red & missing.any(axis=0), 1 + missing.argmax(axis=0), 0)
        wanted = np.where(watched[:, month] > 0, _YELLOW, wanted)
        grade[:, month] = np.where(usable[:, month], wanted, _INSUFFICIENT)
        before = np.where(usable[:, month], wanted, before)
        history += usable[:, month]
    return np.array(_COLOURS, "<U12")[grade], np.array(_WATCHED, "<U10")[watched]


def _by_cutoffs(value: NDArray[np.float64], before: NDArray[np.int_], settings: IndexSettings) -> NDArray[np.int_]:
    """Return the colour of each index, given the colour before, both as places in ``_COLOURS``."""
    buffer, blue, yellow = settings.hysteresis, settings.blue_from, settings.yellow_from
    blue_from = np.array([blue - buffer, blue + buffer, blue + buffer, blue])[before]
    red_below = np.array([yellow - buffer, yellow - buffer, yellow + buffer, yellow])[before]
    with np.errstate(invalid="ignore"):
        return np.where(value >= blue_from, _BLUE, np.where(value < red_below, _RED, _YELLOW))


def stage_of(month: pd.Period, as_of: date, settings: IndexSettings) -> str:
    """Return how final a month's figures are on ``as_of``: preliminary, reviewed, official."""
    following = month + 1
    publish = date(following.year, following.month, settings.publish_day)
    final = publish
    for _ in range(settings.appeal_workdays):
        final += timedelta(days=1)
        while final.weekday() >= 5:
            final += timedelta(days=1)
    if as_of < publish:
        return PRELIMINARY
    return REVIEWED if as_of <= final else OFFICIAL


def months_red(grade: NDArray[np.str_], official: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Return how many official months running, up to the last official one, each region has been red.

    Parameters
    ----------
    grade : ndarray of str, shape (regions, months)
    official : ndarray of bool, shape (months,) or (regions, months)
    """
    if np.shape(official) not in (grade.shape, grade.shape[1:]):
        raise StatisticsError(f"official: months, or regions and months, of {grade.shape}, got {np.shape(official)}")
    final = np.broadcast_to(official, grade.shape)
    going = np.logical_and.accumulate(((grade == RED) | ~final)[:, ::-1], axis=1)[:, ::-1]
    return (going & final).sum(axis=1)
