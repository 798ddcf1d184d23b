"""The checks of data quality by source and county: what was found, what is usual, how likely by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.evaluate import evaluate
from dashboard.lateness import late_rows
from dashboard.periods import Period
from dashboard.quality.settings import QualityChecks, quality_checks
from dashboard.quality.tests_of_chance import heaped, outlying_shares, uneven_digits
from data_access.access import Scope
from data_access.measures import load_measures
from data_access.publishing.quality import counted_quality
from data_access.queries import SnapshotReader

CHECKS = (
    *("late", "gap", "missing", "back_filled", "month_end", "minute_digit", "value_digit", "always_full"),
    *("grid_first", "alarm_first", "unstamped"),
)
COLUMNS = ["check", "source", "region_code", "detail", "found", "usual", "base", "chance", "marked"]
"""``found`` and ``usual`` are shares but for ``late`` (days) and ``gap`` (counts); ``chance`` is NaN where a rule decides."""
MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True)
class Findings:
    """What the checks found."""

    rows: pd.DataFrame
    """One row for each check, source and county that could be looked at, :data:`COLUMNS`."""
    start: date
    end: date

    @property
    def tested(self) -> int:
        """Tests that chance has a part in."""
        return int(self.rows["chance"].notna().sum())

    @property
    def marked(self) -> int:
        """Rows where a check is suggested."""
        return int(self.rows["marked"].sum())

    @property
    def marked_by_test(self) -> int:
        """Marks among the tests that chance has a part in."""
        return int((self.rows["marked"] & self.rows["chance"].notna()).sum())

    @property
    def by_chance(self) -> float:
        """Marks that chance alone would give if nothing were wrong anywhere; at most, since some rules ask for more."""
        return self.tested * quality_checks().chance


def findings(reader: SnapshotReader, scope: Scope, codes: Sequence[str], period: Period) -> Findings:
    """Look at every source of the counties ``codes`` over the months that end with ``period``.

    The counties are always compared with all counties in the viewer's scope.
    """
    rules = quality_checks()
    regions = reader.regions(scope)
    counties = regions.index[(regions["depth"] == 1) & regions["in_scope"]].tolist()
    end = min(period.end, reader.snapshot().data_through)
    last = pd.Period(end, "M")
    start = (last - (rules.window_months - 1)).start_time.date()
    shown = counties or [code for code in codes if regions["in_scope"].to_dict().get(code)]
    if not shown:
        return Findings(pd.DataFrame(columns=COLUMNS), start, end)
    counted, lateness = reader.quality(scope, start, end), reader.lateness(scope)
    if not scope.permissions.small_counts:
        counted, lateness = _without_small_counts(reader, scope, counted, lateness)
    kinds = [own for _, own in counted.groupby(["source", "target"])]
    frames = [
        _late(lateness, shown),
        _gaps(counted, shown, rules),
        *(_missing(own, rules, shown) for own in kinds),
        *(_back_filled(own, rules, shown) for own in kinds),
        *(_month_end(own, rules, shown, start, end) for own in kinds),
        *(_digits(own, rules, shown) for own in kinds),
        _channels(reader, scope, shown, start, end, rules),
        _unstamped(reader, scope, shown, period, rules),
        _always_full(reader, scope, shown, last, rules),
    ]
    known = [frame for frame in frames if len(frame)]
    rows = pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=COLUMNS)
    rows = rows[rows["region_code"].isin(list(codes))]
    rows = rows.assign(marked=rows["marked"].astype(bool), chance=rows["chance"].astype(float))
    order = rows["check"].map({name: place for place, name in enumerate(CHECKS)})
    rows = rows.assign(place=order).sort_values(["marked", "place", "chance"], ascending=[False, True, True])
    return Findings(rows[COLUMNS].reset_index(drop=True), start, end)


def _without_small_counts(
    reader: SnapshotReader, scope: Scope, counted: pd.DataFrame, lateness: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out what tells how many incidents a county has, or when, and the digits that protected counts end in."""
    coverage = reader.coverage(scope)
    of_incidents = [name for name, measure in load_measures().items() if measure.table == "incident"]
    silent = coverage.loc[coverage["measure"].isin(of_incidents), "source"]
    kept = (counted["target"] != "incident") & (counted["aspect"] != "value_digit")
    return counted[kept], lateness[~lateness["source"].isin(silent)]


def _late(lateness: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    rows = lateness[lateness["region_code"].isin(list(codes))]
    # A source may send several kinds of rows, of which only some are late.
    key = ["source", "region_code", "days_late"]
    late = set(late_rows(rows)[key].itertuples(index=False, name=None))
    marked = [each in late for each in rows[key].itertuples(index=False, name=None)]
    return _rows("late", rows["source"], rows["region_code"], "", rows["days_late"], 0.0, np.nan, np.nan, marked)


def _gaps(counted: pd.DataFrame, codes: Sequence[str], rules: QualityChecks) -> pd.DataFrame:
    """Compare in how many months each county reported each measure with the county that reported most."""
    cells = counted[(counted["aspect"] == "cells") & counted["region_code"].isin(list(codes))]
    if cells.empty:
        return pd.DataFrame(columns=COLUMNS)
    wide = cells.pivot_table(index=["source", "detail"], columns="region_code", values="value", aggfunc="sum")
    wide = wide.reindex(columns=list(codes)).fillna(0.0)
    most = wide.max(axis=1)
    steady = wide.median(axis=1) >= rules.steady_share * most
    wide, most = wide[steady], most[steady]
    absent = wide.rsub(most, axis=0).groupby("source").sum()
    long = absent.reset_index().melt("source", var_name="region_code", value_name="absent")
    asked = long["source"].map(most.groupby("source").sum())
    return _rows("gap", long["source"], long["region_code"], "", long["absent"], 0.0, asked, np.nan, long["absent"] > 0)


def _missing(counted: pd.DataFrame, rules: QualityChecks, codes: Sequence[str]) -> pd.DataFrame:
    fields = counted.loc[counted["aspect"] == "missing", "detail"].unique()
    frames = [
        _shares_between(
            counted,
            "missing",
            codes,
            _sum(counted, "missing", codes, field),
            _sum(counted, "rows", codes),
            rules,
            detail=field,
        )
        for field in fields
    ]
    return _joined(frames)


def _back_filled(counted: pd.DataFrame, rules: QualityChecks, codes: Sequence[str]) -> pd.DataFrame:
    part, whole = _sum(counted, "back_filled", codes), _sum(counted, "dated", codes)
    if not whole.sum():
        return pd.DataFrame(columns=COLUMNS)
    return _shares_between(counted, "back_filled", codes, part, whole, rules)


def _month_end(
    counted: pd.DataFrame, rules: QualityChecks, codes: Sequence[str], start: date, end: date
) -> pd.DataFrame:
    part, whole = _sum(counted, "month_end", codes), _sum(counted, "rows", codes)
    if not whole.sum():
        return pd.DataFrame(columns=COLUMNS)
    share = counted_quality().month_end_days / MONTH_DAYS
    enough = whole >= rules.least_base
    chance = np.where(enough, heaped(part, whole, share), np.nan)
    found = (part / whole.where(whole > 0)).to_numpy()
    marked = (chance < rules.chance) & (found > share * rules.least_ratio)
    return _kept("month_end", counted, codes, "", found, share, whole, chance, marked)


def _digits(counted: pd.DataFrame, rules: QualityChecks, codes: Sequence[str]) -> pd.DataFrame:
    frames = []
    for name in ("minute_digit", "value_digit"):
        own = counted[counted["aspect"] == name]
        if own.empty:
            continue
        wide = own.pivot_table(index="region_code", columns="detail", values="value", aggfunc="sum")
        wide = wide.reindex(index=list(codes), columns=[str(digit) for digit in range(10)]).fillna(0.0)
        whole = wide.sum(axis=1)
        chance = np.where(whole >= rules.least_base, uneven_digits(wide.to_numpy()), np.nan)
        often = np.where(whole > 0, wide.max(axis=1) / whole.where(whole > 0), np.nan)
        digit = [str(label) for label in wide.idxmax(axis=1)]
        frames.append(_kept(name, own, codes, digit, often, 0.1, whole, chance, chance < rules.chance))
    return _joined(frames)


def _channels(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], start: date, end: date, rules: QualityChecks
) -> pd.DataFrame:
    """Compare who found disputes first: patrols against all, and disputes from alarms against the alarms."""
    found = reader.measure_values(scope, ["disputes_received"], codes, start, end, by=("channel",))
    if found.empty:
        return pd.DataFrame(columns=COLUMNS)
    wide = found.pivot_table(index="region_code", columns="channel", values="value", aggfunc="sum").reindex(list(codes))
    wide = wide.fillna(0.0)
    every = wide.sum(axis=1)
    source = pd.DataFrame({"source": [_source_of(reader, scope, "disputes_received")]})
    frames = []
    for check, channel, low_too in (("grid_first", "grid", True), ("alarm_first", "alarm_110", True)):
        if channel in wide:
            frames.append(_shares_between(source, check, codes, wide[channel], every, rules, two_sided=low_too))
    return _joined(frames)


def _unstamped(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], period: Period, rules: QualityChecks
) -> pd.DataFrame:
    item = find_indicator(rules.unstamped)
    frame = evaluate(reader, scope, [item], list(codes), [period])[item.id].droplevel("period").reindex(list(codes))
    part, whole = frame["numerator"].astype(float), frame["denominator"].astype(float)
    if not whole.fillna(0).sum():
        return pd.DataFrame(columns=COLUMNS)
    source = pd.DataFrame({"source": [_source_of(reader, scope, item.measures[0])]})
    return _shares_between(source, "unstamped", codes, part, whole.fillna(0), rules)


def _always_full(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], last: pd.Period, rules: QualityChecks
) -> pd.DataFrame:
    """Return where a share stood at exactly 100 % in each of so many months; no test: whether that can be is known there."""
    items = [item for item in map(find_indicator, rules.always_full) if item.available and item.finest_depth >= 1]
    periods = Period.containing(last.start_time.date(), "month").trailing(rules.always_months)
    found = evaluate(reader, scope, items, list(codes), periods)
    frames = []
    for item in items:
        value = found[item.id]["value"].to_numpy(float).reshape(len(codes), len(periods))
        full, known = (value >= 1.0).sum(axis=1), (~np.isnan(value)).sum(axis=1)
        if not known.sum():
            continue
        source = pd.DataFrame({"source": [_source_of(reader, scope, item.measures[0])]})
        share = np.divide(full, known, out=np.full(len(codes), np.nan), where=known > 0)
        marked = (full == known) & (known >= rules.always_months)
        frames.append(_kept("always_full", source, codes, item.id, share, np.nan, known, np.nan, marked))
    return _joined(frames)


def _shares_between(
    counted: pd.DataFrame,
    check: str,
    codes: Sequence[str],
    part: pd.Series,
    whole: pd.Series,
    rules: QualityChecks,
    *,
    detail: str = "",
    two_sided: bool = False,
) -> pd.DataFrame:
    """Compare a share between the counties; a high one (or, two-sided, a low one) suggests a check."""
    enough = (whole >= rules.least_base).to_numpy()
    usual, chance = outlying_shares(np.where(enough, part, np.nan), np.where(enough, whole, 0), two_sided=two_sided)
    found = (part / whole.where(whole > 0)).to_numpy(float)
    with np.errstate(invalid="ignore"):
        marked = (chance < rules.chance) & (two_sided | (found > usual * rules.least_ratio))
    return _kept(check, counted, codes, detail, found, usual, whole, chance, marked)


def _kept(
    check: str,
    counted: pd.DataFrame,
    codes: Sequence[str],
    detail: object,
    found: object,
    usual: object,
    whole: pd.Series | np.ndarray,
    chance: object,
    marked: object,
) -> pd.DataFrame:
    base = np.asarray(whole)
    frame = _rows(check, counted["source"].iloc[0], list(codes), detail, found, usual, base, chance, marked)
    return frame if (base > 0).all() else frame[base > 0]


def _rows(
    check: str,
    source: object,
    codes: object,
    detail: object,
    found: object,
    usual: object,
    base: object,
    chance: object,
    marked: object,
) -> pd.DataFrame:
    def plain(value: object) -> object:
        return value.to_numpy() if isinstance(value, pd.Series) else value

    values = map(plain, (check, source, codes, detail, found, usual, base, chance, marked))
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _sum(counted: pd.DataFrame, aspect: str, codes: Sequence[str], detail: str | None = None) -> pd.Series:
    totals = dict.fromkeys(codes, 0.0)
    rows = zip(*(counted[name].tolist() for name in ("aspect", "detail", "region_code", "value")), strict=True)
    for name, of, code, value in rows:
        if name == aspect and detail in (None, of) and code in totals:
            totals[code] += value
    return pd.Series(totals, dtype=float)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    known = [frame for frame in frames if len(frame)]
    return pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=COLUMNS)


def _source_of(reader: SnapshotReader, scope: Scope, measure: str) -> str:
    covers = facts_of(reader, scope).coverage.get(measure)
    return covers[0].source if covers else ""
