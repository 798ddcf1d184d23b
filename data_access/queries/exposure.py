"""Population at risk: person-years of regions over a span, from yearly populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from data_access.access import read_config

Exposure = tuple[np.ndarray, np.ndarray]
"""Person-years (NaN where no population is known), and whether they stand on an earlier year's; shape (codes, periods)."""


def person_years(
    population: pd.DataFrame, codes: Sequence[str], start: date, end: date, grain: str = "total"
) -> pd.DataFrame:
    """Return person-years and the population they stand on.

    Each day of a year counts that year's population ÷ the year's days. A year without a population takes the latest
    earlier one, at most ``population_carry_years`` (config/time_limits.toml) old, and is marked; else it is missing.

    Parameters
    ----------
    population : DataFrame, shape (regions, years)
    codes : sequence of str
    start, end : date
        Both counted.
    grain : {"total", "year", "month"}

    Returns
    -------
    DataFrame
        ``region_code[, period_start], person_years, population, population_year, carried``; ``population`` is that of
        the span's last year. Missing values where no population is known.
    """
    years = np.arange(start.year, end.year + 1)
    by_year, source_year = _populations(population, codes, years, _carry_years())
    starts, weights = _shares_of_years(start, end, grain)
    found, carried = _weighted(by_year, source_year != years, weights)
    touched = weights > 0
    final = touched.shape[1] - 1 - np.argmax(touched[:, ::-1], axis=1)
    columns = {"region_code": np.repeat(np.array(list(codes), dtype=object), len(starts))}
    if grain != "total":
        columns["period_start"] = np.tile(starts, len(codes))
    columns["person_years"] = found.ravel()
    columns["population"] = by_year[:, final].ravel()
    columns["population_year"] = source_year[:, final].ravel()
    columns["carried"] = carried.ravel()
    return pd.DataFrame(columns)


def exposure(population: pd.DataFrame, codes: Sequence[str], start: date, end: date, grain: str = "total") -> Exposure:
    """Return what :func:`person_years` does, as arrays."""
    years = np.arange(start.year, end.year + 1)
    by_year, source_year = _populations(population, codes, years, _carry_years())
    return _weighted(by_year, source_year != years, _shares_of_years(start, end, grain)[1])


def _weighted(by_year: np.ndarray, is_old: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return person-years, and where some of them stand on an earlier year's population."""
    touched = weights > 0
    found = np.where(touched, by_year[:, None, :] * weights, 0.0).sum(axis=2)
    return found, (touched & is_old[:, None, :]).any(axis=2) & ~np.isnan(found)


def added_up(population: pd.DataFrame, parents: pd.Index | pd.Series) -> pd.DataFrame:
    """Return the population of regions that have none of their own: what those just below have, or last had.

    Parameters
    ----------
    population : DataFrame, shape (regions, years)
    parents : Index or Series, shape (regions,)
        The code of the region above each.

    Returns
    -------
    DataFrame, shape (parents, years)
        Missing in years of which no region tells.
    """
    told_of = population.columns.to_numpy(int)
    years = np.arange(told_of.min(initial=9999), told_of.max(initial=0) + 1)
    latest = population.reindex(columns=years).ffill(axis=1, limit=_carry_years())[told_of]
    told = population.notna().groupby(parents).any()
    return latest.groupby(parents).sum().where(told).rename_axis("parent")


def incomplete_years(
    population: pd.DataFrame, regions: pd.DataFrame, began: Mapping[str, int]
) -> dict[str, frozenset[int]]:
    """Return the years whose population was added up although some of the regions below have none of their own.

    Parameters
    ----------
    population : DataFrame, shape (regions, years)
    regions : DataFrame
        All current ones, with ``depth`` and ``parent_code``.
    began : mapping of region to the year in which it came to be
    """
    years = population.columns.to_numpy(int)
    before = np.array([began.get(code, 0) for code in regions.index])[:, None] > years
    own = population.reindex(regions.index)
    lacking = own.isna() & ~before
    found: dict[str, frozenset[int]] = {}
    for depth in sorted(regions["depth"].unique(), reverse=True)[:-1]:
        below = regions.index[regions["depth"] == depth]
        parents = regions.loc[below, "parent_code"]
        summed = (added_up(own.loc[below], parents) - own.reindex(parents.unique())).abs() < 0.5
        partly = (lacking.loc[below].groupby(parents).any() & summed).loc[lambda rows: rows.any(axis=1)]
        lacking.loc[partly.index] |= partly
        found |= {
            code: frozenset(years[row].tolist()) for code, row in zip(partly.index, partly.to_numpy(), strict=True)
        }
    return found


@lru_cache(maxsize=1)
def _carry_years() -> int:
    return int(read_config("time_limits.toml")["population_carry_years"])


def _populations(
    population: pd.DataFrame, codes: Sequence[str], years: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return populations (regions × years) and the year each was taken from."""
    held = population.columns.to_numpy(dtype=int, na_value=0)
    at = population.index.get_indexer(pd.Index(list(codes)))
    known = np.full(
        (len(at), len(held) + 1), np.nan
    )  # the last column, which -1 finds, is of years that nobody tells of
    known[at >= 0, :-1] = population.to_numpy(float)[at[at >= 0]]
    place = {year: column for column, year in enumerate(held.tolist())}
    values, taken_from = np.full((2, len(known), len(years)), np.nan)
    for age in range(limit, -1, -1):  # the latest known stays
        of_age = known[:, [place.get(year, -1) for year in (years - age).tolist()]]
        found = ~np.isnan(of_age)
        values, taken_from = np.where(found, of_age, values), np.where(found, years - age, taken_from)
    return values, taken_from


@lru_cache(maxsize=512)
def _shares_of_years(start: date, end: date, grain: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the first days of the periods, and what part of each year lies in each (periods × years)."""
    periods = _periods(start, end, grain)
    shares = [
        [_days_in_year(year, first, last) / _year_length(year) for year in range(start.year, end.year + 1)]
        for _, first, last in periods
    ]
    return np.array([begin for begin, _, _ in periods], "datetime64[s]"), np.array(shares)


def _periods(start: date, end: date, grain: str) -> list[tuple[date, date, date]]:
    if grain == "total":
        return [(start, start, end)]
    unit: Literal["Y", "M"] = "Y" if grain == "year" else "M"
    periods = np.arange(np.datetime64(start, unit), np.datetime64(end, unit) + 2)
    days = periods.astype("datetime64[D]").tolist()
    return [
        (first, max(first, start), min(after - timedelta(days=1), end))
        for first, after in zip(days[:-1], days[1:], strict=True)
    ]


def _days_in_year(year: int, first: date, last: date) -> int:
    begin, finish = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
    return max((finish - begin).days + 1, 0)


def _year_length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
