"""Compare areas and years: ratios, differences, tests, false discovery, and a red that chance seldom gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammainc, gammaincc, ndtr

from dashboard.statistics.estimate import (
    UNDEFINED,
    Estimate,
    FloatArray,
    StatisticsError,
    as_counts,
    as_numbers,
    check_confidence,
    normal_quantile,
    refuse,
    together,
)
from dashboard.statistics.intervals import proportion

RED_TAIL = 0.001
WATCH_TAIL = 0.025
FALSE_DISCOVERY_RATE = 0.05
FAMILY_RATE = 0.01
RED_RULES = ("limit", "false_discovery", "both", "either", "family_wise")


@dataclass(frozen=True)
class Comparison(Estimate):
    """An estimate of a ratio or a difference, with the test of "no difference".

    Parameters
    ----------
    p_value : ndarray of float
        Two-sided.
    test : ndarray of str
        Stable key of the test, such as ``exact_conditional``, ``score``, ``fisher`` or ``undefined``.
    """

    p_value: FloatArray
    test: str | NDArray[np.str_]


@dataclass(frozen=True)
class Redness:
    """Which areas may be called red, and the facts the legend must state.

    Parameters
    ----------
    status : ndarray of str
        ``red``, ``watch``, ``within`` or ``not_compared``.
    q_value : ndarray of float
        Benjamini–Hochberg q over the family.
    family_size : int or ndarray of int
        Number of areas compared; one number per family.
    rule : str
        The rule that made red: one of `RED_RULES`.
    """

    status: NDArray[np.str_]
    q_value: FloatArray
    family_size: int | NDArray[np.int_]
    rule: str


def rate_ratio(
    events: ArrayLike,
    exposure: ArrayLike,
    reference_events: ArrayLike,
    reference_exposure: ArrayLike,
    *,
    confidence: float = 0.95,
    method: str = "exact_conditional",
) -> Comparison:
    """Compare two rates: this year with last, or one area with another.

    Parameters
    ----------
    events, exposure, reference_events, reference_exposure : array_like
        Independent counts and their person-time, broadcast together. The ratio is first over reference.
    confidence : float
        Two-sided confidence level.
    method : {"exact_conditional", "score"}
        Exact given the total (right at any count, cautious), or the score test (for counts from about 10).

    Returns
    -------
    Comparison
        Ratio, limits and p-value. A reference of 0 events gives an infinite ratio with a finite lower limit; no
        events on either side give ``no_events`` (NaN, p = 1); no exposure gives ``undefined``.

    Notes
    -----
    Given the total n, the first count is binomial with odds ``ratio · t1/t0``: Clopper–Pearson limits and twice the
    smaller tail (Przyborowski and Wilenski 1940; Breslow and Day 1987, p. 93). Score: ``z = (x1 - r d x0) / sqrt((x1 +
    x0) r d)``, ``d = t1/t0``, solved for r (Ng and Tang 2005; statsmodels ``test_poisson_2indep``).
    """
    first, time, other, other_time = together(
        events=as_counts("events", events),
        exposure=as_counts("exposure", exposure),
        reference_events=as_counts("reference_events", reference_events),
        reference_exposure=as_counts("reference_exposure", reference_exposure),
    )
    check_confidence(confidence)
    if method not in ("exact_conditional", "score"):
        raise StatisticsError(f"method: expected exact_conditional or score, got {method!r}")
    known = (time > 0) & (other_time > 0) & ~np.isnan(first + other)
    some = known & (first + other > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative_time = np.where(known, time / other_time, np.nan)
        value = np.where(some, first / other / relative_time, np.nan)
        solve = _exact_ratio if method == "exact_conditional" else _score_ratio
        lower, upper, p_value = solve(first, other, relative_time, confidence)
    key = np.where(known, np.where(some, method, "no_events"), UNDEFINED)
    return Comparison(
        value,
        np.where(some, lower, np.nan),
        np.where(some, upper, np.nan),
        key,
        confidence,
        np.where(some, p_value, np.where(known, 1.0, np.nan)),
        key,
    )


def _exact_ratio(
    first: FloatArray, other: FloatArray, relative_time: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    tail = (1 - confidence) / 2
    # the beta functions do not take 0; where a count is 0 the limit is known
    safe_first, safe_other = np.where(first > 0, first, 1.0), np.where(other > 0, other, 1.0)
    low = np.where(first > 0, betaincinv(safe_first, other + 1, tail), 0.0)
    high = np.where(other > 0, betaincinv(first + 1, safe_other, 1 - tail), 1.0)
    equal = relative_time / (1 + relative_time)
    as_many = np.where(first > 0, betainc(safe_first, other + 1, equal), 1.0)
    as_few = np.where(other > 0, betainc(safe_other, first + 1, 1 - equal), 1.0)
    return (
        low / (1 - low) / relative_time,
        high / (1 - high) / relative_time,
        np.minimum(2 * np.minimum(as_many, as_few), 1),
    )


def _score_ratio(
    first: FloatArray, other: FloatArray, relative_time: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    z = normal_quantile(confidence)
    total = first + other
    # (x1 - q x0)² = z² n q, with q = ratio · t1/t0
    middle = 2 * first * other + z**2 * total
    root = np.sqrt(np.maximum(middle**2 - 4 * other**2 * first**2, 0))
    low = 2 * first**2 / (middle + root)
    high = np.where(other > 0, (middle + root) / (2 * other**2), np.inf)
    statistic = (first - relative_time * other) / np.sqrt(total * relative_time)
    return low / relative_time, high / relative_time, 2 * ndtr(-np.abs(statistic))


def proportion_difference(
    numerator: ArrayLike,
    denominator: ArrayLike,
    reference_numerator: ArrayLike,
    reference_denominator: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two proportions: their difference with Newcombe's interval, and a test.

    Parameters
    ----------
    numerator, denominator, reference_numerator, reference_denominator : array_like
        Counts, broadcast together; the difference is first minus reference, as a share.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    Comparison
        Methods ``newcombe`` or ``undefined``. The test is ``score`` (pooled), or ``fisher`` (twice the smaller tail)
        where an expected cell is under 5 and the counts are whole; p = 1 where both shares are 0 or both are 1.

    Notes
    -----
    Newcombe 1998 (Statistics in Medicine 17:873), method 10.
    """
    part, whole, other_part, other_whole = together(
        numerator=as_counts("numerator", numerator),
        denominator=as_counts("denominator", denominator),
        reference_numerator=as_counts("reference_numerator", reference_numerator),
        reference_denominator=as_counts("reference_denominator", reference_denominator),
    )
    one = proportion(part, whole, confidence=confidence)
    two = proportion(other_part, other_whole, confidence=confidence)
    value = one.value - two.value
    lower = value - np.hypot(one.value - one.lower, two.upper - two.value)
    upper = value + np.hypot(one.upper - one.value, two.value - two.lower)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (part + other_part) / (whole + other_whole)
        deviation = np.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / other_whole))
        p_value = np.where(deviation > 0, 2 * ndtr(-np.abs(value / deviation)), 1.0)
        least = np.minimum(pooled, 1 - pooled) * np.minimum(whole, other_whole)
    defined = ~np.isnan(value)
    whole_numbers = np.all([np.mod(count, 1) == 0 for count in (part, whole, other_part, other_whole)], axis=0)
    small = defined & (least < 5) & whole_numbers & (deviation > 0)
    if small.any():
        from scipy.stats import hypergeom  # heavy: loaded when first needed

        counts = (whole + other_whole)[small], (part + other_part)[small], whole[small]
        tails = np.minimum(hypergeom.cdf(part[small], *counts), hypergeom.sf(part[small] - 1, *counts))
        p_value = np.array(p_value)
        p_value[small] = np.minimum(2 * tails, 1)
    test = np.where(defined, np.where(small, "fisher", "score"), UNDEFINED)
    method = np.where(defined, "newcombe", UNDEFINED)
    return Comparison(value, lower, upper, method, confidence, np.where(defined, p_value, np.nan), test)


def chance_of_as_many(events: ArrayLike, expected: ArrayLike) -> FloatArray:
    """Give the probability that a Poisson count with this expectation reaches the observed events.

    Parameters
    ----------
    events, expected : array_like
        NaN, or an expectation of 0, gives NaN.

    Notes
    -----
    ``P(X >= x) = P(x, E)``, the regularised lower gamma function; 1 at x = 0. Against the benchmark it is below 0.001
    exactly when the area's exact 99.8 % lower limit is above the benchmark.
    """
    count, mean = together(events=as_counts("events", events), expected=as_counts("expected", expected))
    chance = np.where(count > 0, gammainc(np.where(count > 0, count, 1.0), mean), 1.0)
    return np.where((mean > 0) & ~np.isnan(count), chance, np.nan)


def chance_against_own_past(events: ArrayLike, expected: ArrayLike, baseline: ArrayLike) -> FloatArray:
    """Give the probability of as many events when the expectation is itself only counted from earlier events.

    Parameters
    ----------
    events, expected : array_like
        NaN, or an expectation of 0, gives NaN.
    baseline : array_like
        Events that the expectation was counted from, those of its prior included: the fewer, the more of what is
        observed is chance. NaN, or 0, gives NaN.

    Notes
    -----
    The true expectation is Gamma with shape r (the baseline) and mean E, so the count is negative binomial:
    ``P(X >= x) = I(E / (E + r); x, r)``, the regularised incomplete beta function; 1 at x = 0. A large baseline gives
    `chance_of_as_many`.
    """
    count, mean, shape = together(
        events=as_counts("events", events),
        expected=as_counts("expected", expected),
        baseline=as_counts("baseline", baseline),
    )
    known = (mean > 0) & (shape > 0) & ~np.isnan(count)
    count, mean, shape = (np.where(known, each, 1.0) for each in (count, mean, shape))
    chance = np.where(count > 0, betainc(np.where(count > 0, count, 1.0), shape, mean / (mean + shape)), 1.0)
    return np.where(known, chance, np.nan)


def chance_of_as_few(events: ArrayLike, expected: ArrayLike) -> FloatArray:
    """Give the probability that a Poisson count with this expectation stays at or under the observed events."""
    count, mean = together(events=as_counts("events", events), expected=as_counts("expected", expected))
    return np.where((mean > 0) & ~np.isnan(count), gammaincc(count + 1, mean), np.nan)


def chance_of_share_as_low(numerator: ArrayLike, denominator: ArrayLike, benchmark: ArrayLike) -> FloatArray:
    """Give the probability of this numerator or less when the true share is the benchmark.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts; a denominator of 0 or NaN gives NaN.
    benchmark : array_like
        Share between 0 and 1. For "as high", pass ``denominator - numerator`` and ``1 - benchmark``.
    """
    part, whole, share = together(
        numerator=as_counts("numerator", numerator),
        denominator=as_counts("denominator", denominator),
        benchmark=as_counts("benchmark", benchmark),
    )
    refuse("benchmark", share, share > 1, "must be a share between 0 and 1")
    refuse("numerator", part, part > whole * (1 + 1e-12), "must not exceed its denominator")
    rest = whole - part
    chance = np.where(rest > 0, betainc(np.where(rest > 0, rest, 1.0), part + 1, 1 - share), 1.0)
    return np.where((whole > 0) & ~np.isnan(part + share), chance, np.nan)


def benjamini_hochberg(p_values: ArrayLike, axis: int = -1) -> FloatArray:
    """Turn p-values of all areas shown into q-values (false discovery rate).

    Parameters
    ----------
    p_values : array_like
        Between 0 and 1; NaN is not part of the family and stays NaN.
    axis : int
        Axis along which one family lies.

    Notes
    -----
    Benjamini and Hochberg 1995: the p-value of rank i among m, times m / i, and no larger than that of any later rank.
    scipy.stats has the same, but takes a second to load, which the first page would wait for.
    """
    numbers = as_numbers("p_values", p_values)
    refuse("p_values", numbers, (numbers < 0) | (numbers > 1), "must lie between 0 and 1")
    families = np.moveaxis(np.atleast_1d(numbers), axis, -1)
    order = np.argsort(families, axis=-1)  # missing ones come last
    size = (~np.isnan(families)).sum(axis=-1, keepdims=True)
    stretched = np.take_along_axis(families, order, axis=-1) * (size / np.arange(1, families.shape[-1] + 1))
    adjusted = np.empty_like(families)
    np.put_along_axis(adjusted, order, np.fmin.accumulate(stretched[..., ::-1], axis=-1)[..., ::-1], axis=-1)
    return np.moveaxis(adjusted, -1, axis)


def compare_with_benchmark(
    limits_95: Estimate, limits_99_8: Estimate, benchmark: ArrayLike, direction: str = "lower_better"
) -> NDArray[np.str_]:
    """Label areas by where their own interval lies from the benchmark value.

    Parameters
    ----------
    limits_95, limits_99_8 : Estimate
        The same quantity at confidence 0.95 and 0.998.
    benchmark : array_like
        A value taken as known, such as the city's rate, broadcast against the areas.
    direction : {"lower_better", "higher_better", "neutral"}
        Neutral gives ``lower``/``higher`` in place of ``better``/``worse``.

    Returns
    -------
    ndarray of str
        ``better_99_8``, ``better_95``, ``similar``, ``worse_95``, ``worse_99_8`` (or ``lower_…``, ``higher_…``), or
        ``not_compared`` without limits or benchmark. A benchmark on a limit is ``similar``.

    Notes
    -----
    Fingertips, comparison by confidence intervals at two levels.
    """
    words = {
        "lower_better": ("better", "worse"),
        "higher_better": ("worse", "better"),
        "neutral": ("lower", "higher"),
    }
    if direction not in words:
        raise StatisticsError(f"direction: expected lower_better, higher_better or neutral, got {direction!r}")
    if limits_95.confidence >= limits_99_8.confidence:
        raise StatisticsError(
            f"limits_95 and limits_99_8: confidence must rise, got {limits_95.confidence} and {limits_99_8.confidence}"
        )
    below, above = words[direction]
    target = as_numbers("benchmark", benchmark)
    outcomes = [
        (limits_99_8.upper < target, f"{below}_99_8"),
        (limits_95.upper < target, f"{below}_95"),
        (limits_99_8.lower > target, f"{above}_99_8"),
        (limits_95.lower > target, f"{above}_95"),
        ((limits_95.lower <= target) & (target <= limits_95.upper), "similar"),
    ]
    return np.select([met for met, _ in outcomes], [label for _, label in outcomes], "not_compared")


def defensible_red(chance_of_as_bad: ArrayLike, rule: str = "limit") -> Redness:
    """Say which areas may be shown red without colouring somebody by chance.

    Parameters
    ----------
    chance_of_as_bad : array_like, shape (areas,) or (families, areas)
        One-sided probability of a result as bad as this if the area's true rate were the benchmark: from
        `chance_of_as_many`, `chance_against_own_past`, `chance_of_as_few` or `chance_of_share_as_low`. NaN means not
        compared. A family is the set
        of areas shown together, such as one month's map.
    rule : {"limit", "false_discovery", "both", "either", "family_wise"}
        ``limit``: outside the 99.8 % limit (tail below 0.001), for a dozen or so areas. ``false_discovery``:
        Benjamini–Hochberg q below 0.05 over the areas passed. ``both`` is the rule for hundreds of areas.
        ``family_wise``: outside the limit, and the tail times the areas passed below 0.01, so that in a family of any
        size at most one map in a hundred has any red by chance (Bonferroni).

    Returns
    -------
    Redness
        Watch: outside the 95 % limit (tail below 0.025) but not red.

    Notes
    -----
    Ranks and averages never make red: with equal true rates somebody is always last. Benjamini–Hochberg alone reddens
    somebody in up to 5 % of maps of equal areas; the measured shares are in docs/methods.md.
    """
    if rule not in RED_RULES:
        raise StatisticsError(f"rule: expected one of {', '.join(RED_RULES)}, got {rule!r}")
    tails = as_numbers("chance_of_as_bad", chance_of_as_bad)
    if tails.ndim not in (1, 2):
        raise StatisticsError(f"chance_of_as_bad: areas, or families of areas, are needed; got {tails.ndim} dimensions")
    refuse("chance_of_as_bad", tails, (tails < 0) | (tails > 1), "must lie between 0 and 1")
    q_value = benjamini_hochberg(tails)
    outside, discovered = tails < RED_TAIL, q_value < FALSE_DISCOVERY_RATE
    sizes = (~np.isnan(tails)).sum(axis=-1)
    red = {
        "limit": outside,
        "false_discovery": discovered,
        "both": outside & discovered,
        "either": outside | discovered,
        "family_wise": outside & (tails * sizes[..., None] < FAMILY_RATE),
    }[rule]
    status = np.select(
        [np.isnan(tails), red, (tails < WATCH_TAIL) | outside], ["not_compared", "red", "watch"], "within"
    )
    return Redness(status, q_value, int(sizes) if tails.ndim == 1 else sizes, rule)
