"""What every evaluation needs to know of a snapshot, read once per snapshot and scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from dashboard.indicators.engine.windows import Coverage, read_coverage
from dashboard.indicators.suppression import GRAINS
from dashboard.lateness import late_rows
from dashboard.memory import kept
from data_access.access import Scope, read_config
from data_access.errors import ConfigError
from data_access.queries import SnapshotReader

TOWNSHIP_DEPTH = 2


@dataclass(frozen=True)
class Facts:
    """Regions in scope, what the sources cover, and which counties are late."""

    snapshot_id: str
    data_through: date
    regions: pd.DataFrame
    coverage: Coverage
    late: Mapping[str, Mapping[str, date]]
    """Source → late county → the last day it was heard of."""
    took_over: Mapping[str, date] = field(default_factory=dict)
    """Region that old codes lead to → the day since when it stands as it is (``date.max`` when not known)."""
    began: Mapping[str, date] = field(default_factory=dict)
    """Region → the day before which it did not exist."""

    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    """As :func:`boundary_changes_of` returns it."""

    first_day: date | None = None
    """First day that any measure speaks of; None when the snapshot holds no measure."""

    lateness: pd.DataFrame = field(default_factory=pd.DataFrame)
    """As :meth:`SnapshotReader.lateness` returns it."""

    @property
    def watches(self) -> bool:
        """Whether there is a source whose deliveries could be late."""
        return not self.lateness.empty

    @property
    def late_regions(self) -> int:
        """How many counties are late in any source."""
        return len({county for counties in self.late.values() for county in counties})

    @cached_property
    def _parents(self) -> dict[str, str]:
        return dict(zip(self.regions.index.tolist(), self.regions["parent_code"].tolist(), strict=True))

    @cached_property
    def _depths(self) -> dict[str, int]:
        return dict(zip(self.regions.index.tolist(), self.regions["depth"].tolist(), strict=True))

    def depths(self, codes: Sequence[str]) -> np.ndarray:
        """Return the depth of each code, NaN when it is unknown."""
        return np.array([self._depths.get(code, np.nan) for code in codes], dtype=float)

    def ancestor(self, code: str, depth: int) -> str | None:
        """Return the ancestor of ``code`` at ``depth``: itself there, None when it lies above."""
        step: str | None = code
        while step is not None and self._depths.get(step, -1) > depth:
            step = self._parents.get(step)
        return step if step is not None and self._depths.get(step) == depth else None

    @cached_property
    def _townships_held(self) -> dict[str, int]:
        held: dict[str, int] = {}
        inside = self.regions["in_scope"].to_numpy(bool) & (self.regions["depth"].to_numpy() == TOWNSHIP_DEPTH)
        for code in self.regions.index[inside]:
            for depth in range(TOWNSHIP_DEPTH + 1):
                above = self.ancestor(code, depth)
                if above is not None:
                    held[above] = held.get(above, 0) + 1
        return held

    def townships(self, codes: Sequence[str]) -> np.ndarray:
        """Return how many townships each code holds (a township holds itself)."""
        return np.array([float(self._townships_held.get(code, 0)) for code in codes])

    def late_among(self, codes: Sequence[str], sources: frozenset[str], end: date) -> np.ndarray:
        """Return which codes lie in, or hold, a county that is silent before ``end`` in one of ``sources``."""
        silent = {county for source in sources for county, heard in self.late.get(source, {}).items() if heard < end}
        if not silent:
            return np.zeros(len(codes), bool)
        touched = silent | {self.ancestor(county, 0) for county in silent}
        return np.array([code in touched or self.ancestor(code, 1) in silent for code in codes])


@kept
def facts_of(reader: SnapshotReader, scope: Scope) -> Facts:
    """Return the facts of the snapshot that ``reader`` serves now, as ``scope`` sees it."""
    info = reader.snapshot()
    coverage, lateness = reader.coverage(scope), reader.lateness(scope)
    changes = _boundary_changes(reader, scope)
    return Facts(
        info.snapshot_id,
        info.data_through,
        reader.regions(scope),
        read_coverage(coverage),
        _late(lateness, coverage),
        *_boundaries(changes, coverage),
        changes,
        None if coverage.empty else pd.Timestamp(coverage["first_day"].min()).date(),
        lateness,
    )


def boundary_changes_of(reader: SnapshotReader, scope: Scope) -> pd.DataFrame:
    """Return :meth:`SnapshotReader.boundary_changes`, and those that changed the regions above, too.

    A code that was taken over from outside a county or city changed the boundary of that county or city as well.
    """
    return facts_of(reader, scope).changes


def boundaries_of(reader: SnapshotReader, scope: Scope) -> tuple[Mapping[str, date], Mapping[str, date]]:
    """Return ``Facts.took_over`` and ``Facts.began``."""
    facts = facts_of(reader, scope)
    return facts.took_over, facts.began


def _boundary_changes(reader: SnapshotReader, scope: Scope) -> pd.DataFrame:
    changes = reader.boundary_changes(scope)
    regions, digits = reader.regions(scope), {level.depth: level.digits for level in reader.snapshot().levels}
    parents, depths = (regions[name].to_dict() for name in ("parent_code", "depth"))
    more = []
    for row in changes[changes["kind"] == "took_over"].to_dict("records"):
        above = parents.get(row["region_code"])
        while isinstance(above, str) and above in depths:
            if not str(row["old_code"]).startswith(above[: digits[depths[above]]]):
                more.append({**row, "region_code": above})
            above = parents[above]
    return pd.concat([changes, pd.DataFrame(more)], ignore_index=True) if more else changes


def _boundaries(changes: pd.DataFrame, coverage: pd.DataFrame) -> tuple[dict[str, date], dict[str, date]]:
    """Return ``Facts.took_over`` and ``Facts.began``; a first day before all data changes nothing and is left out."""
    data_begin = pd.to_datetime(coverage["first_day"]).min()
    is_told = (changes["kind"] == "took_over") | (pd.to_datetime(changes["changed_on"]) > data_begin)
    took_over: dict[str, date] = {}
    began: dict[str, date] = {}
    for row in changes[is_told].to_dict("records"):
        changed = date.max if pd.isna(row["changed_on"]) else pd.Timestamp(row["changed_on"]).date()
        days = took_over if row["kind"] == "took_over" else began
        code = str(row["region_code"])
        days[code] = max(changed, days.get(code, changed))
    return took_over, began


def _late(lateness: pd.DataFrame, coverage: pd.DataFrame) -> dict[str, dict[str, date]]:
    """Return the late counties; a count's last period lasts to its end."""
    late = late_rows(lateness)[["source", "region_code", "last_day"]].copy()
    late["last_day"] = pd.to_datetime(late["last_day"])
    for grain, code in (("month", "M"), ("year", "Y")):
        sources = coverage.loc[(coverage["basis"] == "counts") & (coverage["grain"] == grain), "source"]
        own = late["source"].isin(sources)
        ends = late.loc[own, "last_day"].dt.to_period(code).dt.end_time.dt.normalize()
        late.loc[own, "last_day"] = ends.astype(late["last_day"].dtype)
    found: dict[str, dict[str, date]] = {}
    for row in late.to_dict("records"):
        found.setdefault(str(row["source"]), {})[str(row["region_code"])] = pd.Timestamp(row["last_day"]).date()
    return found


@dataclass(frozen=True)
class EvaluationRules:
    """config/evaluation.toml."""

    stock_carry_months: int
    chance_limit: float
    percent_from_cases: int
    protected_grain: str


@lru_cache(maxsize=1)
def evaluation_rules() -> EvaluationRules:
    """Return the rules of config/evaluation.toml.

    Raises
    ------
    ConfigError
        Naming the key and the value that is wrong.
    """
    rules = read_config("evaluation.toml")
    months, chance = rules.get("stock_carry_months"), rules.get("chance_limit")
    if not isinstance(months, int) or isinstance(months, bool) or not 1 <= months <= 24:
        raise _wrong("stock_carry_months", months, "a whole number of months from 1 to 24", "1 至 24 的整数（月）")
    if not isinstance(chance, float) or not 0 < chance < 0.5:
        raise _wrong("chance_limit", chance, "a number between 0 and 0.5", "0 与 0.5 之间的数")
    cases = rules.get("percent_from_cases")
    if not isinstance(cases, int) or isinstance(cases, bool) or cases < 1:
        raise _wrong("percent_from_cases", cases, "a whole number from 1", "1 以上的整数")
    grain = rules.get("protected_grain")
    if grain not in GRAINS:
        raise _wrong("protected_grain", grain, f"one of {', '.join(GRAINS)}", f"{'、'.join(GRAINS)} 之一")
    return EvaluationRules(months, chance, cases, grain)


def _wrong(key: str, value: object, english: str, chinese: str) -> ConfigError:
    return ConfigError(
        f"config/evaluation.toml: {key} must be {english}, not {value!r}. Correct it.",
        f"config/evaluation.toml:{key} 应为{chinese}，现为 {value!r}。请更正。",
        file="evaluation.toml",
        key=key,
    )
