"""Periods of the address: 2024, 2024H1, 2024Q4, 2024-12; their days, labels and neighbours."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.i18n import t

Grain = Literal["year", "half", "quarter", "month"]
GRAINS: tuple[Grain, ...] = ("year", "half", "quarter", "month")
MONTHS_IN: dict[Grain, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}

_PATTERN = re.compile(r"([0-9]{4})(?:H([12])|Q([1-4])|-(0[1-9]|1[0-2]))?")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class PeriodError(ValueError):
    """The text is not a period."""


@dataclass(frozen=True)
class Period:
    """A calendar year, half-year, quarter or month.

    Parameters
    ----------
    year : int
    grain : {"year", "half", "quarter", "month"}
    number : int
        Place within the year, from 1; always 1 for a year.
    """

    year: int
    grain: Grain
    number: int = 1

    def __post_init__(self) -> None:
        if self.grain not in MONTHS_IN:
            raise PeriodError(f"{self.grain!r} is not a period grain; use one of {', '.join(GRAINS)}.")
        most = 12 // MONTHS_IN[self.grain]
        if not (_FIRST_YEAR <= self.year <= _LAST_YEAR and 1 <= self.number <= most):
            raise PeriodError(f"{self.grain} {self.number} of year {self.year} does not exist.")

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period as the address writes it.

        Raises
        ------
        PeriodError
            When ``text`` is not one of ``2024``, ``2024H1``, ``2024Q4``, ``2024-12``.

        Examples
        --------
        >>> Period.parse("2024Q4").end
        datetime.date(2024, 12, 31)
        """
        match = _PATTERN.fullmatch(text)
        if not match:
            raise PeriodError(f"{text!r} is not a period; write 2024, 2024H1, 2024Q4 or 2024-12.")
        year, half, quarter, month = match.groups()
        grains: tuple[tuple[Grain, str | None], ...] = (("half", half), ("quarter", quarter), ("month", month))
        for grain, number in grains:
            if number:
                return cls(int(year), grain, int(number))
        return cls(int(year), "year")

    @classmethod
    def containing(cls, day: date, grain: Grain) -> Period:
        """Return the period of ``grain`` that ``day`` falls in."""
        return cls(day.year, grain, (day.month - 1) // MONTHS_IN[grain] + 1)

    @classmethod
    def last_complete(cls, data_through: date, grain: Grain = "quarter") -> Period:
        """Return the latest period of ``grain`` that ends no later than ``data_through``."""
        current = cls.containing(data_through, grain)
        return current if current.is_complete(data_through) else current.previous()

    def __str__(self) -> str:
        """Write the period as the address does."""
        match self.grain:
            case "half":
                return f"{self.year}H{self.number}"
            case "quarter":
                return f"{self.year}Q{self.number}"
            case "month":
                return f"{self.year}-{self.number:02d}"
        return f"{self.year}"

    @property
    def first_month(self) -> int:
        """Month of the year the period begins with, 1 … 12."""
        return (self.number - 1) * MONTHS_IN[self.grain] + 1

    @property
    def last_month(self) -> int:
        """Month of the year the period ends with, 1 … 12."""
        return self.number * MONTHS_IN[self.grain]

    @property
    def start(self) -> date:
        """First day, counted in."""
        return date(self.year, self.first_month, 1)

    @property
    def end(self) -> date:
        """Last day, counted in."""
        return date(
            self.year,
            self.last_month,
            calendar.monthrange(self.year, self.last_month)[1],
        )

    def is_complete(self, data_through: date) -> bool:
        """Whether the data reach the last day."""
        return self.end <= data_through

    def label(self, language: str) -> str:
        """Return the name on screen: ``2024年第4季度`` or ``Q4 2024``."""
        if self.grain == "month":
            name = t(f"period.month_names.m{self.number:02d}", language)
            return t(
                "period.label_month",
                language,
                year=self.year,
                number=self.number,
                month=name,
            )
        if self.grain == "half":
            name = t(f"period.half_names.h{self.number}", language)
            return t("period.label_half", language, year=self.year, half=name)
        return t(f"period.label_{self.grain}", language, year=self.year, number=self.number)

    def span_label(self, language: str) -> str:
        """Return first and last day as text: ``2024-10-01 至 2024-12-31``."""
        return t(
            "period.span",
            language,
            start=self.start.isoformat(),
            end=self.end.isoformat(),
        )

    def _shifted(self, steps: int) -> Period:
        per_year = 12 // MONTHS_IN[self.grain]
        years, place = divmod(self.year * per_year + self.number - 1 + steps, per_year)
        return Period(years, self.grain, place + 1)

    def previous(self) -> Period:
        """Return the period just before, of the same grain."""
        return self._shifted(-1)

    def next(self) -> Period:
        """Return the period just after, of the same grain."""
        return self._shifted(1)

    def same_last_year(self) -> Period:
        """Return the same period one year earlier."""
        return Period(self.year - 1, self.grain, self.number)

    def months(self) -> tuple[Period, ...]:
        """Return the calendar months of the period, in order."""
        return tuple(Period(self.year, "month", month) for month in range(self.first_month, self.last_month + 1))

    def children(self) -> tuple[Period, ...]:
        """Return the quarters of a year or half, the months of a quarter, nothing for a month."""
        if self.grain == "month":
            return ()
        if self.grain == "quarter":
            return self.months()
        first, last = (self.first_month - 1) // 3 + 1, self.last_month // 3
        return tuple(Period(self.year, "quarter", quarter) for quarter in range(first, last + 1))

    def rolling_year(self) -> tuple[date, date]:
        """Return first and last day of the 12 months that end with the period."""
        last = Period(self.year, "month", self.last_month)
        return last._shifted(-11).start, self.end

    def trailing(self, count: int) -> tuple[Period, ...]:
        """Return ``count`` periods of the same grain in order, this one last."""
        return tuple(self._shifted(step) for step in range(1 - count, 1))


def periods_between(first_day: date, last_day: date, grain: Grain) -> Iterator[Period]:
    """Yield the periods of ``grain`` that have a day in ``first_day … last_day``, newest first."""
    period = Period.containing(last_day, grain)
    while period.end >= first_day and period.year >= _FIRST_YEAR:
        yield period
        period = period.previous()
