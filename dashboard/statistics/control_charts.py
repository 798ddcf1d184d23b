"""Control charts: XmR for monthly figures, u and p for rates and shares (with Laney), t and g for rare cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dashboard.statistics.control_signals import RUN, RunRules, check_direction, find_signals, judge, run_rules
from dashboard.statistics.estimate import FloatArray, StatisticsError, as_counts, as_numbers, refuse, together

FEWEST_POINTS = 13
"""Points from which Making Data Count shows limits and icons."""

XMR_FACTOR = 2.66
MOVING_RANGE_LIMIT = 3.267
D2 = 1.128
"""Mean moving range of two normal values, in standard deviations (charts for t and Laney use 3/1.128, not 2.66)."""


@dataclass(frozen=True)
class Rebase:
    """A new phase of the chart: limits are computed anew from `start`, for a dated reason people gave.

    Parameters
    ----------
    start : int
        Position of the first point of the new phase.
    decided : datetime.date
        When it was decided.
    reason : str
        Why the process is held to have changed; shown on the chart.
    """

    start: int
    decided: date
    reason: str

    def __post_init__(self) -> None:
        """Refuse a phase that says nothing about why."""
        if not self.reason.strip():
            raise StatisticsError(
                f"rebase at point {self.start}: a reason is needed, the limits may not move without one"
            )
        if self.start < 1:
            raise StatisticsError(f"rebase at point {self.start}: a new phase cannot start before the second point")


@dataclass(frozen=True)
class ControlChart:
    """Points, centre, limits and signals of one series, all of shape (points,).

    Parameters
    ----------
    kind : str
        ``xmr``, ``u``, ``u_laney``, ``c_laney``, ``p``, ``p_laney``, ``t`` or ``g``.
    values, centre, lower, upper : ndarray of float
        NaN limits where a phase has too few points.
    rule : ndarray of str
        ``outside``, ``trend``, ``near_limit``, ``shift`` or ``none``.
    side : ndarray of int
        1 high or rising, -1 low or falling, 0 none.
    phase : ndarray of int
        Number of the rebase phase, from 0.
    runs : RunRules
        Anhøj rules over the last phase.
    rebases : tuple of Rebase
    """

    kind: str
    values: FloatArray
    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    rule: NDArray[np.str_]
    side: NDArray[np.int_]
    phase: NDArray[np.int_]
    runs: RunRules
    rebases: tuple[Rebase, ...] = ()

    def colours(self, direction: str) -> NDArray[np.str_]:
        """Say of each point whether it is ``common_cause``, ``improvement``, ``concern`` or ``neutral``."""
        return judge(self.side, direction)

    def variation(self, direction: str) -> str:
        """Give the key of the variation icon, from the last point: see `icons.VARIATION`."""
        check_direction(direction)
        last = self._last()
        if last is None:
            return "not_enough_points"
        word = str(judge(self.side[last : last + 1], direction)[0])
        return word if word == "common_cause" else f"{word}_{'high' if self.side[last] > 0 else 'low'}"

    def assurance(self, target: float | None, direction: str) -> str:
        """Give the key of the assurance icon: will the target be met? See `icons.ASSURANCE`."""
        check_direction(direction)
        last = self._last()
        if last is None or target is None or np.isnan(target) or direction == "neutral":
            return "empty"
        if self.lower[last] > target:
            return "pass" if direction == "higher_better" else "fail"
        if self.upper[last] < target:
            return "fail" if direction == "higher_better" else "pass"
        return "inconsistent"

    def _last(self) -> int | None:
        drawn = np.flatnonzero(~np.isnan(self.values))
        return None if not drawn.size or np.isnan(self.upper[drawn[-1]]) else int(drawn[-1])


@dataclass(frozen=True)
class _Phase:
    """Points of one phase and their limits, on the scale where the limits are symmetric."""

    values: FloatArray
    centre: FloatArray
    half: FloatArray
    middle: FloatArray | None = None
    """What parts the sides, where that is not the centre."""


def xmr_chart(
    values: ArrayLike,
    *,
    rebases: Sequence[Rebase] = (),
    fixed_after: int | None = None,
    screen_outliers: bool = True,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    run: int = RUN,
    fewest_points: int = FEWEST_POINTS,
) -> ControlChart:
    """Draw individual values with limits from their moving ranges, and the Making Data Count rules.

    Parameters
    ----------
    values : array_like, shape (points,)
        In time order; NaN is a gap.
    rebases : sequence of Rebase
        Where new phases start, and why.
    fixed_after : int, optional
        Compute each phase's limits from its first so many points and hold them.
    screen_outliers : bool
        Leave out moving ranges of 3.267 times their mean or more, then compute again.
    bounds : (float, float)
        Limits are kept within, for example ``(0, inf)`` for counts or ``(0, 100)`` for percentages.
    run : int
        Points in a row that make a trend or a shift (7, or 6).
    fewest_points : int
        Points a phase needs before limits are given.

    Notes
    -----
    Mean ± 2.66 times the mean moving range (NHS England, Making Data Count). For small counts use `u_chart`,
    `g_chart` or `t_chart`.
    """

    series = _series("values", values)

    def phase(where: NDArray[np.int_]) -> _Phase:
        numbers = series[where]
        base = numbers[:fixed_after]
        half = XMR_FACTOR * _mean_moving_range(base, screen_outliers)
        return _Phase(numbers, np.full(numbers.shape, base.mean()), np.full(numbers.shape, half))

    return _chart("xmr", series, phase, lambda limit: np.clip(limit, *bounds), rebases, run, fewest_points)


def u_chart(
    events: ArrayLike,
    exposure: ArrayLike,
    *,
    factor: float = 1e5,
    laney: bool = False,
    rebases: Sequence[Rebase] = (),
    run: int = RUN,
    fewest_points: int = FEWEST_POINTS,
) -> ControlChart:
    """Draw rates of a county by month with Poisson limits that follow the person-time.

    Parameters
    ----------
    events, exposure : array_like, shape (points,)
        Counts and person-time; a point without exposure is a gap.
    factor : float
        Unit of the rates.
    laney : bool
        Widen or narrow the limits by the point-to-point variation (u′ chart), for large counts.
    rebases, run, fewest_points
        As in `xmr_chart`.

    Notes
    -----
    ``u ± 3 sqrt(u / n)``, ``u = Σe/Σn``, not below 0; Laney 2002: times the mean moving range of z over 1.128.
    """
    count, time = together(events=as_counts("events", events), exposure=as_counts("exposure", exposure))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = _series("events", np.where(time > 0, count / time, np.nan))

    def phase(where: NDArray[np.int_]) -> _Phase:
        centre = np.full(where.shape, count[where].sum() / time[where].sum())
        spread = np.sqrt(centre / time[where])
        half = 3 * spread * (_laney(values[where], centre, spread) if laney else 1.0)
        return _Phase(values[where] * factor, centre * factor, half * factor)

    name = "u_laney" if laney else "u"
    return _chart(name, values * factor, phase, lambda limit: np.maximum(limit, 0), rebases, run, fewest_points)


def p_chart(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    factor: float = 1.0,
    laney: bool = False,
    rebases: Sequence[Rebase] = (),
    run: int = RUN,
    fewest_points: int = FEWEST_POINTS,
) -> ControlChart:
    """Draw shares by month with binomial limits that follow the denominator; parameters as in `u_chart`.

    Notes
    -----
    ``p ± 3 sqrt(p(1-p)/n)`` within 0 and 1; Laney 2002 for large denominators.
    """
    part, whole = together(
        numerator=as_counts("numerator", numerator), denominator=as_counts("denominator", denominator)
    )
    refuse("numerator", part, part > whole, "must not exceed its denominator")
    with np.errstate(divide="ignore", invalid="ignore"):
        values = _series("numerator", np.where(whole > 0, part / whole, np.nan))

    def phase(where: NDArray[np.int_]) -> _Phase:
        centre = np.full(where.shape, part[where].sum() / whole[where].sum())
        spread = np.sqrt(centre * (1 - centre) / whole[where])
        half = 3 * spread * (_laney(values[where], centre, spread) if laney else 1.0)
        return _Phase(values[where] * factor, centre * factor, half * factor)

    name = "p_laney" if laney else "p"
    return _chart(name, values * factor, phase, lambda limit: np.clip(limit, 0, factor), rebases, run, fewest_points)


def t_chart(
    gaps: ArrayLike, *, rebases: Sequence[Rebase] = (), run: int = RUN, fewest_points: int = FEWEST_POINTS
) -> ControlChart:
    """Draw times between cases, one point per case, for townships where most months have none.

    Parameters
    ----------
    gaps : array_like, shape (cases - 1,)
        Time from each case to the next, for example from `gaps_between`; longer is better.

    Notes
    -----
    Individuals chart of ``y ** (1/3.6)`` with 3/1.128 mean moving ranges (screened), transformed back, lower limit at
    least 0 (Nelson 1994; qicharts2).
    """
    times = _series("gaps", as_counts("gaps", gaps))

    def phase(where: NDArray[np.int_]) -> _Phase:
        roots = times[where] ** (1 / 3.6)
        half = 3 / D2 * _mean_moving_range(roots, True)
        return _Phase(roots, np.full(roots.shape, roots.mean()), np.full(roots.shape, half))

    return _chart("t", times, phase, lambda limit: np.maximum(limit, 0) ** 3.6, rebases, run, fewest_points)


def g_chart(
    counts: ArrayLike, *, rebases: Sequence[Rebase] = (), run: int = RUN, fewest_points: int = FEWEST_POINTS
) -> ControlChart:
    """Draw numbers of days or opportunities between cases with geometric limits.

    Parameters
    ----------
    counts : array_like, shape (cases - 1,)
        Non-cases between one case and the next. Cases on the same day are a 0 each, never merged into one.

    Notes
    -----
    ``m ± 3 sqrt(m (m + 1))``, not below 0 (Benneyan 2001). Sides and runs are judged around the median: of a geometric
    distribution, far from symmetric, nearly two in three lie below the mean, so that runs below it come by chance.
    """

    series = _series("counts", as_counts("counts", counts))

    def phase(where: NDArray[np.int_]) -> _Phase:
        centre = np.full(where.shape, series[where].mean())
        median = np.full(where.shape, np.median(series[where]))
        return _Phase(series[where], centre, 3 * np.sqrt(centre * (centre + 1)), median)

    return _chart("g", series, phase, lambda limit: np.maximum(limit, 0), rebases, run, fewest_points)


def gaps_between(days: ArrayLike) -> FloatArray:
    """Give the time from each case to the next; cases on the same day give 0 and stay separate.

    Parameters
    ----------
    days : array_like of datetime64 or numbers
        In any order.
    """
    stamps = np.asarray(days)
    if np.issubdtype(stamps.dtype, np.datetime64):
        if np.isnat(stamps).any():
            raise StatisticsError(f"days: a case without a date at position {int(np.argmax(np.isnat(stamps)))}")
        return np.diff(np.sort(stamps)).astype("timedelta64[s]").astype(float) / 86_400
    numbers = as_numbers("days", days)
    refuse("days", numbers, np.isnan(numbers), "a case without a date,")
    return np.diff(np.sort(numbers))


def _series(name: str, values: ArrayLike) -> FloatArray:
    numbers = as_numbers(name, values)
    if numbers.ndim != 1:
        raise StatisticsError(f"{name}: one series is needed, got {numbers.ndim} dimensions")
    return numbers


def _mean_moving_range(values: FloatArray, screened: bool) -> float:
    ranges = np.abs(np.diff(values))
    if not ranges.size:
        return float("nan")
    if screened and ranges.mean() > 0:
        ranges = ranges[ranges < MOVING_RANGE_LIMIT * ranges.mean()]
    return float(ranges.mean())


def _laney(values: FloatArray, centre: FloatArray, spread: FloatArray) -> float:
    if not (spread > 0).all():
        return 1.0
    return float(np.abs(np.diff((values - centre) / spread)).mean() / D2)


def _chart(
    kind: str,
    values: FloatArray,
    compute: Callable[[NDArray[np.int_]], _Phase],
    shown: Callable[[FloatArray], FloatArray],
    rebases: Sequence[Rebase],
    run: int,
    fewest_points: int,
) -> ControlChart:
    """Compute limits and signals phase by phase, leaving gaps out.

    Signals are found on the symmetric scale, before limits are cut off at 0: a cut limit would move the 2-sigma line.
    """
    ordered = tuple(sorted(rebases, key=lambda rebase: rebase.start))
    starts = [rebase.start for rebase in ordered]
    if starts and (starts[-1] >= len(values) or len(set(starts)) < len(starts)):
        raise StatisticsError(f"rebases: phases start at {starts}, but the series has {len(values)} points")
    phase = np.searchsorted(starts, np.arange(len(values)), side="right")
    centre, lower, upper = (np.full(len(values), np.nan) for _ in range(3))
    rule = np.full(len(values), "none", dtype="<U10")
    side = np.zeros(len(values), dtype=int)
    for number in range(len(starts) + 1):
        where = np.flatnonzero((phase == number) & ~np.isnan(values))
        if len(where) < max(fewest_points, 2):
            continue
        found = compute(where)
        below, above = found.centre - found.half, found.centre + found.half
        signals = find_signals(found.values, found.centre, below, above, run=run, middle=found.middle)
        rule[where], side[where] = signals.rule, signals.side
        centre[where], lower[where], upper[where] = shown(found.centre), shown(below), shown(above)
    last = phase == len(starts)
    middle = np.nanmedian(values[last]) if kind == "g" and not np.isnan(values[last]).all() else centre[last]
    return ControlChart(kind, values, centre, lower, upper, rule, side, phase, run_rules(values[last], middle), ordered)
