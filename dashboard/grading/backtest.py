"""Replay the past months: how much red the rules would have given, and how much pure chance would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.grades import BLUE, FEW_EVENTS, INSUFFICIENT, NOT_WATCHED, RED, YELLOW, grades
from dashboard.grading.index import build_index
from dashboard.grading.inputs import Inputs, monthly_inputs
from dashboard.grading.settings import Component, IndexSettings, index_settings
from dashboard.memory import recalled
from data_access.access import Scope
from data_access.queries import SnapshotReader

Array = NDArray[np.float64]
SIMULATED_REGIONS = 2_400
"""Regions made up for each scenario: 200 cities of a dozen counties, fewer of more townships."""
SEED = 20241231
DOUBLED, QUADRUPLED = 2.0, 4.0
HALFWAY = 0.5


BY_EVENTS = ("few_events", "homicide_any_red", "power_doubled", "watched_doubled", "power_quadrupled")
"""Figures that ask what homicides and alarms do to the colours."""


@dataclass(frozen=True)
class Backtest:
    """Shares over the region-months replayed.

    Parameters
    ----------
    months : int
    regions : int
    red, yellow, blue, insufficient : float
        Shares of region-months as the rules would have coloured them.
    flips : float
        Colour changes per region and year.
    few_events : float
        Share of region-months that are yellow, and would be red, because only counts within chance stand behind it.
    chance_red, chance_flips : float
        The same when all regions have equal true rates and shares, and only chance differs.
    chance_any_red : float
        Share of months with any red region when all are equal.
    homicide_any_red : float
        Share of months with any red region when only homicides and alarms vary by chance and all else stands still.
    power_doubled : float
        Share of region-months that turn red when the true rate of homicides and alarms is twice what it was before.
    watched_doubled : float
        Share that turn red or are watched then.
    power_quadrupled : float
        Share that turn red when it is four times what it was.
    power_halfway : float
        Share that turn red when the true shares of the work are halfway between floor and target.
    grades : DataFrame
        Grade by region and month, as the rules would have coloured them.

    Where nothing could be graded, what chance would do and the colour changes are NaN. A role that may not see small counts is told of colours without the components that rest on them; the figures of
    ``BY_EVENTS`` are NaN for it.
    """

    months: int
    regions: int
    red: float
    yellow: float
    blue: float
    insufficient: float
    flips: float
    few_events: float
    chance_red: float
    chance_flips: float
    chance_any_red: float
    homicide_any_red: float
    power_doubled: float
    watched_doubled: float
    power_quadrupled: float
    power_halfway: float
    grades: pd.DataFrame = field(repr=False)

    def figures(self) -> dict[str, float | int]:
        """Return the figures by name, without the table of grades."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "grades"}

    def by_month(self) -> pd.DataFrame:
        """Return how many regions had each grade in each month (columns ``red, yellow, blue, insufficient``)."""
        counted = {grade: (self.grades == grade).sum() for grade in (RED, YELLOW, BLUE, INSUFFICIENT)}
        return pd.DataFrame(counted, index=self.grades.columns)

    def by_region(self) -> pd.DataFrame:
        """Return each region's months of each grade and its colour changes, months without a grade left out."""
        counted = {grade: (self.grades == grade).sum(axis=1) for grade in (RED, YELLOW, BLUE, INSUFFICIENT)}
        return pd.DataFrame(counted).assign(flips=_changes(self.grades.to_numpy(str)).sum(axis=1))


def backtest(reader: SnapshotReader, scope: Scope, codes: Sequence[str], last: pd.Period, months: int = 24) -> Backtest:
    """Replay ``months`` months up to ``last`` for ``codes``; the chance figures come from seeded simulations."""
    key = ("backtest", scope, tuple(codes), str(last), months)
    done = recalled(reader, key, lambda: _replayed(reader, scope, codes, last, months))
    if scope.permissions.small_counts:
        return done
    hidden: dict[str, Any] = dict.fromkeys(BY_EVENTS, float("nan"))
    return replace(done, **hidden)


def _replayed(reader: SnapshotReader, scope: Scope, codes: Sequence[str], last: pd.Period, months: int) -> Backtest:
    settings = index_settings()
    every = pd.period_range(last - (months + settings.history_months - 1), last, freq="M")
    inputs = monthly_inputs(reader, scope, codes, every, settings)
    grade, watched = (each[0][:, -months:] for each in _grades(inputs, settings))
    random = np.random.default_rng(SEED)
    draws = max(SIMULATED_REGIONS // max(len(codes), 1), 10)
    chance = _grades(equal_regions(inputs, random, settings, draws), settings, draws)[0][:, :, -months:]
    still = equal_regions(inputs, random, settings, draws, noise_in_shares=False)
    homicide = _grades(still, settings, draws)[0][:, :, -months:]
    (doubled, doubled_watched), (quadrupled, _) = (
        (each[:, :, -months:] for each in _grades(worse, settings, draws))
        for worse in (
            equal_regions(inputs, random, settings, draws, noise_in_shares=False, times=times)
            for times in (DOUBLED, QUADRUPLED)
        )
    )
    weak = equal_regions(inputs, random, settings, draws, work=HALFWAY)
    halfway = _grades(weak, settings, draws)[0][:, :, -months:]
    return Backtest(
        months=months,
        regions=len(codes),
        red=float((grade == RED).mean()),
        yellow=float((grade == YELLOW).mean()),
        blue=float((grade == BLUE).mean()),
        insufficient=float((grade == INSUFFICIENT).mean()),
        flips=_flips(grade),
        few_events=float((watched == FEW_EVENTS).mean()),
        chance_red=_share(chance == RED, chance),
        chance_flips=_flips(chance),
        chance_any_red=_share((chance == RED).any(axis=1), chance),
        homicide_any_red=_share((homicide == RED).any(axis=1), homicide),
        power_doubled=_share(doubled == RED, doubled),
        watched_doubled=_share((doubled == RED) | (doubled_watched != NOT_WATCHED), doubled),
        power_quadrupled=_share(quadrupled == RED, quadrupled),
        power_halfway=_share(halfway == RED, halfway),
        grades=pd.DataFrame(grade, index=pd.Index(list(codes), name="region_code"), columns=every[-months:]),
    )


def equal_regions(
    inputs: Inputs,
    random: np.random.Generator,
    settings: IndexSettings | None = None,
    draws: int = 1,
    *,
    noise_in_shares: bool = True,
    times: float = 1.0,
    work: float | None = None,
) -> Inputs:
    """Return made-up inputs of the same sizes in which only chance differs: each region keeps its own expected events,
    and all have the same true shares.

    Neighbouring months share most of a rolling window, in what is made up as in life.

    Parameters
    ----------
    inputs : Inputs
    random : Generator
    settings : IndexSettings, optional
    draws : int
        So many cities are made up; they stand one below the other, the regions of one together.
    noise_in_shares : bool
        False leaves the shares at their common value and lets events alone vary.
    times : float
        True rate of events against the expected one.
    work : float, optional
        Place of every true share between the component's floor (0) and target (1), instead of the common share.
    """
    rules = settings or index_settings()
    components = rules.components
    numerators, denominators, expected, baseline = {}, {}, {}, {}
    for key, numerator in inputs.numerators.items():
        component = components[key[0]]
        if key[0] in inputs.expected:
            known = np.tile(np.isfinite(inputs.expected[key[0]]) & np.isfinite(numerator), (draws, 1))
            mean = np.tile(np.nan_to_num(inputs.expected[key[0]]), (draws, 1)) / component.window_months
            span, alpha = rules.baseline_months, rules.alpha
            numerators[key] = np.where(known, _events(mean * times, component.window_months, random), np.nan)
            baseline[key[0]] = _events(mean, span, random) + alpha
            # As in life, what is expected is counted from an earlier span: the same rate on both sides.
            expected[key[0]] = np.where(
                known, baseline[key[0]] / (mean * span + alpha) * mean * component.window_months, np.nan
            )
            continue
        size = np.tile(inputs.denominators[key], (draws, 1))
        denominators[key] = size
        common = _common_share(numerator, inputs.denominators[key])
        if work is not None and key[1] != component.discount:
            common = np.full_like(common, np.clip(component.floor + work * (component.target - component.floor), 0, 1))
        share = np.broadcast_to(common, size.shape)
        numerators[key] = _done(size, share, component, random) if noise_in_shares else size * share
        numerators[key] = np.where(np.tile(np.isfinite(numerator), (draws, 1)), numerators[key], np.nan)
    codes = tuple(f"{number}:{code}" for number in range(draws) for code in inputs.codes) if draws > 1 else inputs.codes
    return replace(
        inputs, codes=codes, numerators=numerators, denominators=denominators, expected=expected, baseline=baseline
    )


def _events(mean: Array, window: int, random: np.random.Generator) -> Array:
    """Return events of a rolling window whose months are drawn one by one from their means."""
    return _rolled(random.poisson(_lengthened(mean, window)).astype(float), window)


def _done(size: Array, share: Array, component: Component, random: np.random.Generator) -> Array:
    """Return numerators of a rolling window whose months are drawn one by one, scaled to the window's denominator."""
    monthly = np.round(np.nan_to_num(np.maximum(size, 0)) / component.window_months).astype(int)
    monthly = np.where(size > 0, np.maximum(monthly, 1), 0)
    months = _lengthened(monthly, component.window_months)
    drawn = random.binomial(months, _lengthened(share, component.window_months)).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = _rolled(drawn, component.window_months) / _rolled(months.astype(float), component.window_months)
    return np.where(size > 0, np.nan_to_num(rate) * size, np.where(size == 0, 0.0, np.nan))


def _lengthened(array: NDArray, window: int) -> NDArray:
    """Return the array with the months of the first window before it, as large as its first month."""
    return np.concatenate([np.repeat(array[:, :1], window - 1, axis=1), array], axis=1)


def _rolled(monthly: Array, window: int) -> Array:
    sums = np.cumsum(np.pad(monthly, ((0, 0), (1, 0))), axis=1)
    return sums[:, window:] - sums[:, :-window]


def _common_share(numerator: Array, denominator: Array) -> Array:
    """Return the share of all regions together by month, shape (1, months); 0 where nothing is known."""
    known = np.isfinite(denominator) & np.isfinite(numerator) & (denominator > 0)
    done, due = (np.where(known, each, 0.0).sum(axis=0) for each in (numerator, denominator))
    return np.clip(done / np.maximum(due, 1e-9), 0, 1)[None]


def _grades(inputs: Inputs, settings: IndexSettings, draws: int = 1) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Return grades and why months are watched, shape (draws, regions, months)."""
    grade, watched = grades(build_index(inputs, settings, draws), settings)
    shape = (draws, len(grade) // draws, grade.shape[1])
    return grade.reshape(shape), watched.reshape(shape)


def _changes(grade: NDArray[np.str_]) -> NDArray[np.bool_]:
    both = (grade[..., 1:] != INSUFFICIENT) & (grade[..., :-1] != INSUFFICIENT)
    return (grade[..., 1:] != grade[..., :-1]) & both


def _flips(grade: NDArray[np.str_]) -> float:
    """Return colour changes per region and year, months without a grade left out; NaN where no two are graded."""
    both = (grade[..., 1:] != INSUFFICIENT) & (grade[..., :-1] != INSUFFICIENT)
    return float(_changes(grade).sum() / both.sum() * 12) if both.any() else float("nan")


def _share(hit: NDArray[np.bool_], grade: NDArray[np.str_]) -> float:
    """Return how often something was hit; NaN where nothing could be graded, so that it could not be."""
    return float(hit.mean()) if (grade != INSUFFICIENT).any() else float("nan")
