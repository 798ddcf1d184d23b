"""Signals in a series over time: the Making Data Count rules and the Anhøj run rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from dashboard.statistics.estimate import StatisticsError, as_numbers, refuse, together

RUN = 7
"""Points in a row that make a trend or a shift (Making Data Count; a run of 6 is the other setting in use)."""

DIRECTIONS = ("lower_better", "higher_better", "neutral")


@dataclass(frozen=True)
class Signals:
    """Which points are special, why, and towards which side.

    Parameters
    ----------
    outside, trend, near_limit, shift : ndarray of bool
        The four rules; a point may meet several.
    rule : ndarray of str
        The rule that labels the point, by precedence: ``outside``, ``trend``, ``near_limit``, ``shift``, ``none``.
    side : ndarray of int
        1 high (or rising), -1 low (or falling), 0 none.
    """

    outside: NDArray[np.bool_]
    trend: NDArray[np.bool_]
    near_limit: NDArray[np.bool_]
    shift: NDArray[np.bool_]
    rule: NDArray[np.str_]
    side: NDArray[np.int_]


@dataclass(frozen=True)
class RunRules:
    """The Anhøj rules: is there a run too long, or are there too few crossings, for chance?

    Parameters
    ----------
    longest_run, longest_expected : int
        Longest run on one side of the centre, and the longest that chance readily gives.
    crossings, fewest_expected : int
        Crossings of the centre, and the fewest that chance readily gives.
    useful_points : int
        Points not on the centre.
    signal : bool
        Either rule broken.
    """

    longest_run: int
    longest_expected: int
    crossings: int
    fewest_expected: int
    useful_points: int
    signal: bool


def find_signals(
    values: ArrayLike,
    centre: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    run: int = RUN,
    middle: ArrayLike | None = None,
) -> Signals:
    """Apply the four Making Data Count rules to one phase of a chart.

    Parameters
    ----------
    values, centre, lower, upper : array_like, shape (points,)
        Points in time order without gaps (leave missing points out), the centre and the 3-sigma limits at each.
    run : int
        Points in a row that make a trend or a shift.
    middle : array_like, shape (points,), optional
        What parts the sides of a distribution far from symmetric, such as the median; the centre unless given.

    Raises
    ------
    StatisticsError
        For a gap or an infinite number: what follows a gap can't be judged as if it followed the point before.

    Notes
    -----
    In order of precedence: a point outside a limit; `run` points all rising or all falling; 2 of 3 points between 2 and
    3 sigma with all three on the same side of the centre (only the near-limit points are flagged); `run` points on one
    side. All members of a run are flagged; a trend points the way it goes, even across the centre.
    """
    given = {"values": values, "centre": centre, "lower": lower, "upper": upper}
    given["middle"] = centre if middle is None else middle
    known = {name: as_numbers(name, numbers) for name, numbers in given.items()}
    for name, numbers in known.items():
        refuse(name, numbers, np.isnan(numbers), "must not have gaps")
    values, centre, lower, upper, middle = together(**known)
    points = len(values)
    position = np.sign(values - middle).astype(int)
    high_out, low_out = values > upper, values < lower
    outside = high_out | low_out
    near_high = ~outside & (values > centre + (upper - centre) * 2 / 3)
    near_low = ~outside & (values < centre - (centre - lower) * 2 / 3)
    step = np.sign(np.diff(values)).astype(int)
    trend, shift, near_limit = (np.zeros(points, dtype=bool) for _ in range(3))
    way = np.zeros(points, dtype=int)
    for start in range(points - run + 1):
        stop = start + run
        steps, sides = step[start : stop - 1], position[start:stop]
        if steps.size and steps[0] != 0 and (steps == steps[0]).all():
            trend[start:stop] = True
            way[start:stop] = steps[0]
        if sides[0] != 0 and (sides == sides[0]).all():
            shift[start:stop] = True
    for start in range(points - 2):
        window = slice(start, start + 3)
        for near, sign in ((near_high, 1), (near_low, -1)):
            if near[window].sum() >= 2 and (position[window] == sign).all():
                near_limit[window] |= near[window]
    rule = np.select([outside, trend, near_limit, shift], ["outside", "trend", "near_limit", "shift"], "none")
    beyond = np.where(high_out, 1, -1)
    side = np.select([outside, trend, near_limit | shift], [beyond, way, position], 0)
    return Signals(outside, trend, near_limit, shift, rule, side)


def run_rules(values: ArrayLike, centre: ArrayLike) -> RunRules:
    """Test a series for unusually long runs or unusually few crossings of its centre.

    Parameters
    ----------
    values : array_like, shape (points,)
        In time order; NaN is left out.
    centre : float or array_like
        Usually the median.

    Notes
    -----
    Signal when the longest run exceeds ``round(log2(n) + 3)`` or the crossings fall short of ``binom.ppf(0.05, n-1,
    0.5)``, n points not on the centre (Anhøj and Olesen 2014; qicharts2).
    """
    numbers = as_numbers("values", values)
    if numbers.ndim != 1:
        raise StatisticsError(f"values: one series is needed, got {numbers.ndim} dimensions")
    side = np.sign(numbers - as_numbers("centre", centre))
    side = side[~np.isnan(side) & (side != 0)]
    if side.size < 2:
        return RunRules(int(side.size), 0, 0, 0, int(side.size), False)
    changes = np.flatnonzero(np.diff(side) != 0)
    ends = np.concatenate([[-1], changes, [side.size - 1]])
    longest = int(np.diff(ends).max())
    longest_expected = round(np.log2(side.size) + 3)
    fewest_expected = int(binom.ppf(0.05, side.size - 1, 0.5))
    return RunRules(
        longest,
        longest_expected,
        int(changes.size),
        fewest_expected,
        int(side.size),
        bool(longest > longest_expected or changes.size < fewest_expected),
    )


def check_direction(direction: str) -> str:
    """Return the direction if it is one of ``lower_better``, ``higher_better``, ``neutral``."""
    if direction not in DIRECTIONS:
        raise StatisticsError(f"direction: expected one of {', '.join(DIRECTIONS)}, got {direction!r}")
    return direction


def judge(side: NDArray[np.int_], direction: str) -> NDArray[np.str_]:
    """Turn sides into ``improvement``, ``concern``, ``neutral`` or ``common_cause`` for the direction that is good."""
    check_direction(direction)
    if direction == "neutral":
        return np.where(side == 0, "common_cause", "neutral")
    good = 1 if direction == "higher_better" else -1
    return np.select([side == 0, side == good], ["common_cause", "improvement"], "concern")
