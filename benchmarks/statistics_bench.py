"""Time the statistics of 3,085 areas over 60 months: intervals, funnels and smoothing, against a loop over areas.

Run with ``python -m benchmarks.statistics_bench``. The counts are made up (gamma-distributed true rates), the sizes are
those of US counties: from 500 to several million people. The loop does the same work one area and month at a time with
scipy, on a sample, and is scaled up.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import optimize, stats

from dashboard.statistics.estimate import FloatArray
from dashboard.statistics.funnels import average, rate_funnel, rate_labels
from dashboard.statistics.intervals import rate
from dashboard.statistics.shrinkage import marshall_global, marshall_spatial

AREAS, MONTHS = 3_085, 60
TARGET_SECONDS = 1.0
SAMPLE = 400
REPEATS = 3


def build() -> tuple[FloatArray, FloatArray, list[list[int]]]:
    """Make counts, person-years and neighbours (a ring of six) for every area and month."""
    generator = np.random.default_rng(3085)
    people = np.exp(generator.normal(10.2, 1.4, (AREAS, 1))) * np.ones((1, MONTHS)) / 12
    rates = generator.gamma(2, 5e-5 / 2, (AREAS, 1))
    events = generator.poisson(people * rates).astype(float)
    neighbours = [[(place + step) % AREAS for step in (-3, -2, -1, 1, 2, 3)] for place in range(AREAS)]
    return events, people, neighbours


def intervals(events: FloatArray, people: FloatArray) -> None:
    for confidence in (0.95, 0.998):
        rate(events, people, confidence=confidence)


def funnels(events: FloatArray, people: FloatArray) -> None:
    centre = average(events, people)
    rate_funnel(people, centre)
    rate_labels(events, people, centre)


def smoothing(events: FloatArray, people: FloatArray, neighbours: list[list[int]]) -> None:
    marshall_global(events, people)
    marshall_spatial(events, people, neighbours)


def one_by_one(events: FloatArray, people: FloatArray, neighbours: list[list[int]]) -> float:
    """Time the same work in a plain loop over a sample of areas and months, scaled up to all of them, in seconds."""
    centre = average(events, people)
    generator = np.random.default_rng(1)
    started = time.perf_counter()
    for _ in range(SAMPLE):
        area, month = int(generator.integers(AREAS)), int(generator.integers(MONTHS))
        count, size = events[area, month], people[area, month]
        expected = size * centre
        for tail in (0.025, 0.001):
            stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
            stats.chi2.ppf(1 - tail, 2 * count + 2) / 2
            top = expected + 10 * np.sqrt(expected) + 30
            optimize.brentq(lambda x, e=expected, p=tail: stats.gamma.cdf(e, x) - p, 1e-9, top)
            optimize.brentq(lambda x, e=expected, p=tail: stats.gamma.cdf(e, x) - (1 - p), 1e-9, top)
        for members in (slice(None), [area, *neighbours[area]]):
            near, sizes = events[members, month], people[members, month]
            mean = near.sum() / sizes.sum()
            spread = (sizes * (near / sizes - mean) ** 2).sum() / sizes.sum() - mean / sizes.mean()
            if spread > 0 and mean > 0:
                stats.gamma.interval(0.95, count + mean**2 / spread, scale=1 / (size + mean / spread))
    return (time.perf_counter() - started) * AREAS * MONTHS / SAMPLE


def best_of(work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    """Print the seconds of each part, their sum against the target, and the ratio to the loop."""
    events, people, neighbours = build()
    parts = {
        "intervals 95 and 99.8 %": best_of(lambda: intervals(events, people)),
        "funnel limits and labels": best_of(lambda: funnels(events, people)),
        "smoothing, global and spatial": best_of(lambda: smoothing(events, people, neighbours)),
    }
    total = sum(parts.values())
    print(f"statistics of {AREAS:,} areas x {MONTHS} months")
    for name, seconds in parts.items():
        print(f"  {name:<32} {seconds:6.3f} s")
    verdict = "within" if total <= TARGET_SECONDS else "OVER"
    print(f"  {'sum':<32} {total:6.3f} s  ({verdict} {TARGET_SECONDS:.0f} s)")
    loop = one_by_one(events, people, neighbours)
    print(f"  {'loop over areas (scaled up)':<32} {loop:6.1f} s  = {loop / total:,.0f} times as long")


if __name__ == "__main__":
    main()
