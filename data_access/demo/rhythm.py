"""When things happen: weights of days by season, weekday and holiday, and draws from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from data_access.demo.settings import DemoSettings

_HOUR_WEIGHTS = np.array(
    [1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2.5, 6, 9, 9.5, 7, 4, 5, 8, 9, 8.5, 6.5, 5, 5, 4.5, 3.5, 2.5, 1.5]
)


class Calendar:
    """Days of the records, from the first day of the first year to data_through.

    Attributes
    ----------
    days : ndarray of datetime64[D], shape (days,)
    year, month, weekday : ndarray of int, shape (days,)
        Month 0 … 11, weekday 0 (Monday) … 6.
    day_off : ndarray of bool, shape (days,)
        Weekends and holidays.
    festival : ndarray of int, shape (days,)
        Days since the nearest Spring Festival, negative before it.
    months : ndarray of datetime64[D], shape (months,)
        First days.
    """

    def __init__(self, settings: DemoSettings) -> None:
        first = np.datetime64(f"{settings.first_year}-01-01", "D")
        self.days = np.arange(first, np.datetime64(settings.data_through) + 1)
        month = self.days.astype("datetime64[M]")
        self.months = np.unique(month).astype("datetime64[D]")
        self.month_of_day = np.searchsorted(self.months, month.astype("datetime64[D]"))
        self.year = self.days.astype("datetime64[Y]").astype(int) + 1970
        self.month = month.astype(int) % 12
        self.weekday = (self.days.astype(int) + 3) % 7
        festivals = np.array(settings.holidays.spring_festival, "datetime64[D]")
        distance = (self.days[:, None] - festivals[None, :]).astype(int)
        self.festival = distance[np.arange(len(self.days)), np.abs(distance).argmin(axis=1)]
        self.in_festival = (self.festival >= -1) & (self.festival < settings.holidays.days - 1)
        national = np.array([f"{year}-{settings.holidays.national_day}" for year in settings.years], "datetime64[D]")
        since = (self.days[:, None] - national[None, :]).astype(int)
        self.national_week = ((since >= 0) & (since < settings.holidays.days - 1)).any(axis=1)
        self.day_off = (self.weekday >= 5) | self.in_festival | self.national_week
        self.days_in_month = np.bincount(self.month_of_day)

    def of_year(self, year: int) -> np.ndarray:
        """Return the positions of a year's days."""
        return np.flatnonzero(self.year == year)

    def position(self, day: date) -> int:
        """Return the position of ``day``; before the first it is negative."""
        return int((np.datetime64(day) - self.days[0]).astype(int))

    def weights(
        self, months: Sequence[float], *, weekend: float = 1.0, festival: float = 1.0, wobble: np.ndarray | float = 1.0
    ) -> np.ndarray:
        """Return relative weights of all days.

        Parameters
        ----------
        months : sequence of 12 floats
            January … December.
        weekend, festival : float
            Factor on Saturdays and Sundays, and on the days of the two long holidays.
        """
        weight = np.asarray(months)[self.month] * np.where(self.weekday >= 5, weekend, 1.0)
        return weight * np.where(self.in_festival | self.national_week, festival, 1.0) * wobble

    def wobble(self, random: np.random.Generator, spread: float) -> np.ndarray:
        """Return a slow random rise and fall around 1 over the days."""
        steps = np.repeat(random.normal(size=len(self.days) // 14 + 2), 14)
        smooth = np.convolve(steps, np.ones(28) / 28, mode="same")[: len(self.days)]
        return np.exp(spread * smooth / smooth.std())


def draw_days(days: np.ndarray, weight: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return ``count`` of ``days`` drawn with their ``weight``."""
    return random.choice(days, count, p=weight[days] / weight[days].sum())


def seconds_of_day(count: int, random: np.random.Generator) -> np.ndarray:
    """Return times of day in seconds: offices are open by day, telephones at night, too."""
    hour = random.choice(24, count, p=_HOUR_WEIGHTS / _HOUR_WEIGHTS.sum())
    return hour * 3600 + random.integers(0, 3600, count)


def before_cutoff(
    day: np.ndarray, last_day: np.ndarray, weight: np.ndarray, calendar: Calendar, random: np.random.Generator
) -> np.ndarray:
    """Return ``day``, drawn again within the same year where it is after ``last_day``."""
    day = day.copy()
    for position in np.flatnonzero(day > last_day):
        open_days = calendar.of_year(calendar.year[day[position]])
        open_days = open_days[open_days <= last_day[position]]
        day[position] = draw_days(open_days, weight, 1, random)[0]
    return day
