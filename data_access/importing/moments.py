"""Read days and times: the ways that are always read, those that a mapping lists, and clocks of other time zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

_ALWAYS_READ = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.%f"),
    "%Y-%m-%d %H:%M:%S.%f",
    *("%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M:%S", "%Y.%m.%d"),
)
"""Ways to write a date that can't be mistaken for another: year, month, day in this order."""
_EXCEL_DAY_ZERO = pd.Timestamp("1899-12-30")
_WITH_OFFSET = (
    r"^(?P<clock>.*\d:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?P<sign>Z|UTC|[+-])(?P<hours>\d{2})?:?(?P<minutes>\d{2})?$"
)
"""A time that says how far its clock is from that of Greenwich."""
_DAY = r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})(?:\D|$)"


def times_of(text: pd.Series, patterns: Sequence[str], zone: str | None) -> tuple[pd.Series, pd.Series]:
    """Return text as times of the clock in ``zone``, missing where it is none, and which texts need a zone to be read.

    A time with an offset (…+08:00) is moved to ``zone``; without one it keeps the clock it is written by, but for that of
    Greenwich, which few places go by: its day would be another one.
    """
    plain = [pattern.replace("%z", "").rstrip() for pattern in patterns]
    times = _first_parsed(text, plain, zone)
    left = times.isna() & text.notna()
    if not left.any():
        return times, left
    parts = text.where(left).str.extract(_WITH_OFFSET)
    clock = _first_parsed(parts["clock"], plain, zone)
    minutes = pd.to_numeric(parts["hours"]).fillna(0) * 60 + pd.to_numeric(parts["minutes"]).fillna(0)
    if zone is None:
        greenwich = clock.notna() & (minutes == 0)
        return times.fillna(clock.mask(greenwich)), greenwich
    ahead = pd.to_timedelta(minutes.where(parts["sign"] != "-", -minutes), unit="min")
    return times.fillna(on_the_clock((clock - ahead).dt.tz_localize("UTC"), zone)[0]), clock.isna() & False


def on_the_clock(times: pd.Series, zone: str | None) -> tuple[pd.Series, pd.Series]:
    """Return times as the clock in ``zone`` shows them, else that of their own zone, and which need a zone to be read."""
    own = getattr(times.dt, "tz", None)
    if own is None:
        return times, times.isna() & False
    if zone is None and str(own) in ("UTC", "Etc/UTC", "GMT", "+00:00"):
        return pd.Series(pd.NaT, times.index, dtype="datetime64[us]"), times.notna()
    return (times.dt.tz_convert(zone) if zone else times).dt.tz_localize(None).astype(
        "datetime64[us]"
    ), times.isna() & False


def names_no_day(text: pd.Series) -> pd.Series:
    """Return which texts name a year, month and day that no calendar has, such as 2024-02-31."""
    parts = text.str.extract(_DAY)
    day = parts["year"] + "-" + parts["month"] + "-" + parts["day"]
    return day.notna() & pd.to_datetime(day, format="%Y-%m-%d", errors="coerce").isna()


def _first_parsed(text: pd.Series, patterns: Sequence[str], zone: str | None) -> pd.Series:
    """Return text as times by the first pattern that fits, those always read included."""
    times = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for pattern in (*patterns, *_likeliest_first(text)):
        left = times.isna() & text.notna()
        if not left.any():
            break
        times = times.mask(left, _parsed(text.where(left), pattern, zone))
    return times


def _likeliest_first(text: pd.Series) -> list[str]:
    """Return the ways that are always read, those that the first cell is written in before the others."""
    first = text.dropna().head(1)
    return sorted(_ALWAYS_READ, key=lambda pattern: _parsed(first, pattern).isna().any())


def _parsed(text: pd.Series, pattern: str, zone: str | None = None) -> pd.Series:
    if pattern in ("epoch_ms", "epoch_s"):
        numbers = pd.to_numeric(text, errors="coerce")
        unit: Literal["ms", "s"] = "ms" if pattern == "epoch_ms" else "s"
        times = pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True)
        return on_the_clock(times, zone or "Etc/GMT")[0]
    if pattern == "excel_serial":
        days = pd.to_numeric(text, errors="coerce")
        return (_EXCEL_DAY_ZERO + pd.to_timedelta(days.where(days < 1e6), unit="D")).astype("datetime64[us]")
    return pd.to_datetime(text, format=pattern, errors="coerce").astype("datetime64[us]")
