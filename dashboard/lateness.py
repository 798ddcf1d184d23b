"""Which regions are late with their data, by the limits of config/time_limits.toml."""

from __future__ import annotations

from collections.abc import Sized
from functools import lru_cache

import pandas as pd

from dashboard.i18n import t
from data_access.access import read_config
from data_access.errors import ConfigError


def late_rows(lateness: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :meth:`SnapshotReader.lateness` that count as late, longest silence first.

    Parameters
    ----------
    lateness : DataFrame
        ``source, region_code, last_day, days_late, chance``.
    """
    days, chance = _limits()
    late = lateness.loc[(lateness["days_late"] >= days) & (lateness["chance"] < chance)]
    return late.sort_values("days_late", ascending=False, ignore_index=True)


def nobody_late(watched: Sized, language: str) -> str:
    """Return what an empty list of who is late says: nobody is, or there is no source whose deliveries could be ``watched``."""
    return t("overview.no_late" if len(watched) else "overview.late_not_told", language)


@lru_cache(maxsize=1)
def _limits() -> tuple[int, float]:
    limits = read_config("time_limits.toml")
    days, chance = limits.get("late_days"), limits.get("late_chance")
    if not isinstance(days, int) or not isinstance(chance, (int, float)) or not 0 < chance < 1:
        raise ConfigError(
            f"config/time_limits.toml: late_days must be whole days and late_chance between 0 and 1; "
            f"found {days!r} and {chance!r}. Correct them.",
            f"config/time_limits.toml:late_days 应为整数天，late_chance 应在 0 与 1 之间；现为 {days!r} 与 {chance!r}。请更正。",
            file="time_limits.toml",
        )
    return days, float(chance)
