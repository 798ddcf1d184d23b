"""A block of monthly counts by county, and what several blocks are drawn from."""

from __future__ import annotations

import numpy as np

from data_access.demo.geography.regions import DemoCity

Block = tuple[str, str, np.ndarray, dict]
"""Source, measure, values (months × counties) and options of :func:`data_access.demo.counts.count_rows`."""


def residents_of(city: DemoCity) -> np.ndarray:
    """Return the residents of each county in the last year."""
    return np.bincount(city.county_of_grid, city.population[-1], len(city.counties.code))
