"""How the hotline and the petition office handle what comes to them: in time or not, and how it was rated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data_access.demo.counties.blocks import Block, residents_of
from data_access.demo.geography.regions import DemoCity
from data_access.demo.proportions import success
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings

HOTLINE = "hotline_12345"
PETITIONS = "petition_office"
_ORDERS_A_MONTH = 0.0016
_PETITIONS_A_MONTH = 0.00011
"""For each resident."""
_ASKED = 0.92
"""Share of what was settled whose callers and petitioners are asked for a rating."""


def hotline(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield orders of the hotline due and done on time, and their ratings, by township."""
    random = settings.random("hotline")
    residents = np.bincount(city.grids.parent, city.population[-1], len(city.townships.code))
    where = {"codes": city.townships.code}
    season = np.exp(random.normal(0, 0.06, (len(calendar.months), 1)))
    due = random.poisson(residents[None, :] * _ORDERS_A_MONTH * season)
    yield HOTLINE, "hotline_orders_due", due, dict(where)
    done = random.binomial(due, success(0.962, city.township_quality, 0.4)[None, :])
    yield HOTLINE, "hotline_orders_done", done, dict(where)
    yield from _ratings(HOTLINE, "hotline_orders", due, (0.46, 0.915), city.township_quality, random, where)


def petitions(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[Block]:
    """Yield petitions accepted and answered in time, and their ratings, by county."""
    random = settings.random("petitions")
    season = np.exp(random.normal(0, 0.08, (len(calendar.months), 1)))
    received = random.poisson(residents_of(city)[None, :] * _PETITIONS_A_MONTH * season)
    quality = city.county_quality
    yield PETITIONS, "petitions_received", received, {}
    yield PETITIONS, "petitions_accepted", random.binomial(received, success(0.985, quality, 0.4)[None, :]), {}
    # An answer is due two months after acceptance: what came in before the records begin is as much as the first month's.
    due = np.concatenate([received[:1], received[:1], received[:-2]])
    yield PETITIONS, "petitions_due", due, {}
    yield PETITIONS, "petitions_answered", random.binomial(due, success(0.955, quality, 0.4)[None, :]), {}
    yield from _ratings(PETITIONS, "petitions", due, (0.38, 0.86), quality, random, {})


def _ratings(
    source: str,
    of: str,
    settled: np.ndarray,
    means: tuple[float, float],
    quality: np.ndarray,
    random: np.random.Generator,
    where: dict,
) -> Iterator[Block]:
    """Yield how many were asked for a rating, how many gave one, and how many of those were satisfied."""
    asked = random.binomial(settled, _ASKED)
    rated = random.binomial(asked, means[0])
    satisfied = random.binomial(rated, success(means[1], quality, 0.3)[None, :])
    for name, values in (("asked", asked), ("rated", rated), ("satisfied", satisfied)):
        yield source, f"{of}_{name}", values, dict(where)
