"""Population at risk: person-years of regions over a span, from yearly populations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from data_access.access import read_config


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
    limit = int(read_config("time_limits.toml")["population_carry_years"])
    years = np.arange(start.year, end.year + 1)
    by_year, source_year = _populations(population, codes, years, limit)
    periods = _periods(start, end, grain)
    frames = []
    for period_start, first, last in periods:
        days = np.array([_days_in_year(year, first, last) for year in years])
        touched = days > 0
        exposure = (by_year[:, touched] * (days[touched] / [_year_length(year) for year in years[touched]])).sum(axis=1)
        final = np.flatnonzero(touched)[-1]
        carried = (source_year[:, touched] != years[touched]).any(axis=1) & ~np.isnan(exposure)
        frame = pd.DataFrame({"region_code": list(codes)})
        if grain != "total":
            frame["period_start"] = pd.Timestamp(period_start)
        frame["person_years"] = exposure
        frame["population"] = by_year[:, final]
        frame["population_year"] = source_year[:, final]
        frame["carried"] = carried
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _populations(
    population: pd.DataFrame, codes: Sequence[str], years: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return populations (regions × years) and the year each was taken from."""
    known = population.reindex(list(codes))
    all_years = np.union1d(population.columns.to_numpy(dtype=int, na_value=0), years).astype(int)
    filled = known.reindex(columns=all_years)
    values = filled.ffill(axis=1, limit=limit).reindex(columns=years).to_numpy(float)
    taken = pd.DataFrame(
        np.where(filled.notna(), all_years.astype(float), np.nan), index=filled.index, columns=all_years
    )
    taken_from = taken.ffill(axis=1, limit=limit).reindex(columns=years).to_numpy(float)
    recent = years - taken_from <= limit
    return np.where(recent, values, np.nan), np.where(recent, taken_from, np.nan)


def _periods(start: date, end: date, grain: str) -> list[tuple[date, date, date]]:
    if grain == "total":
        return [(start, start, end)]
    frequency = {"year": "Y", "month": "M"}[grain]
    return [
        (
            period.start_time.date(),
            max(period.start_time.date(), start),
            min(period.end_time.date(), end),
        )
        for period in pd.period_range(start, end, freq=frequency)
    ]


def _days_in_year(year: int, first: date, last: date) -> int:
    begin, finish = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
    return max((finish - begin).days + 1, 0)


def _year_length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
