"""The checks of data quality by source and county: what was found, what is usual, how likely by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard.indicators.catalogue import Indicator, find_indicator
from dashboard.indicators.engine.facts import facts_of
from dashboard.indicators.evaluate import evaluate_each
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
_KINDS: Mapping[str, type] = {
    **dict.fromkeys(("check", "source", "region_code", "detail"), object),
    **dict.fromkeys(("found", "usual", "base", "chance"), float),
    "marked": bool,
}
COLUMNS = [*_KINDS]
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


Rows = dict[str, np.ndarray]
"""Columns of :data:`COLUMNS`, each as long as the others: a frame of a few rows takes longer to make than to fill."""


@dataclass(frozen=True)
class Counted:
    """What one source's rows of one kind are judged by."""

    source: str
    values: Mapping[str, Mapping[str, Mapping[str, float]]]
    """By aspect, detail and region."""

    def details(self, aspect: str) -> list[str]:
        """Return the details that an aspect was counted by, as they come."""
        return list(self.values.get(aspect, ()))

    def of(self, aspect: str, codes: Sequence[str], detail: str | None = None) -> np.ndarray:
        """Return an aspect of each region, of one detail or of all."""
        details = self.values.get(aspect, {})
        chosen = details.values() if detail is None else [details.get(detail, {})]
        return np.array([sum(each.get(code, 0.0) for each in chosen) for code in codes], float)


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
    kinds = _kinds(counted)
    parts = [
        _late(lateness, shown),
        _gaps(kinds, shown, rules),
        *(_missing(own, rules, shown) for own in kinds),
        *(_back_filled(own, rules, shown) for own in kinds),
        *(_month_end(own, rules, shown) for own in kinds),
        *(_digits(own, rules, shown) for own in kinds),
        _channels(reader, scope, shown, start, end, rules),
        _shares_of_indicators(reader, scope, shown, period, last, rules),
    ]
    rows = _joined(parts)
    order = {name: place for place, name in enumerate(CHECKS)}
    place = np.array([order[name] for name in rows["check"].tolist()], int)
    wanted = set(codes)
    asked = np.array([code in wanted for code in rows["region_code"].tolist()], bool)
    sorted_rows = np.lexsort((rows["chance"], place, ~rows["marked"]))
    chosen = sorted_rows[asked[sorted_rows]]
    return Findings(pd.DataFrame({name: column[chosen] for name, column in rows.items()}), start, end)


def _without_small_counts(
    reader: SnapshotReader, scope: Scope, counted: pd.DataFrame, lateness: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out what tells how many incidents a county has, or when, and the digits that protected counts end in."""
    coverage = reader.coverage(scope)
    of_incidents = [name for name, measure in load_measures().items() if measure.table == "incident"]
    silent = coverage.loc[coverage["measure"].isin(of_incidents), "source"]
    kept = (counted["target"] != "incident") & (counted["aspect"] != "value_digit")
    return counted[kept], lateness[~lateness["source"].isin(silent)]


def _kinds(counted: pd.DataFrame) -> list[Counted]:
    """Return what was counted of each source and target, in their order."""
    kinds: dict[tuple[str, str], dict[str, dict[str, dict[str, float]]]] = {}
    columns = [counted[name].tolist() for name in ("source", "target", "aspect", "detail", "region_code", "value")]
    for source, target, aspect, detail, code, value in zip(*columns, strict=True):
        kinds.setdefault((source, target), {}).setdefault(aspect, {}).setdefault(detail, {})[code] = value
    return [Counted(source, kinds[source, target]) for source, target in sorted(kinds)]


def _late(lateness: pd.DataFrame, codes: Sequence[str]) -> Rows:
    rows = lateness[lateness["region_code"].isin(list(codes))]
    # A source may send several kinds of rows, of which only some are late.
    key = ["source", "region_code", "days_late"]
    late = set(late_rows(rows)[key].itertuples(index=False, name=None))
    source, region, days = (rows[name].tolist() for name in key)
    marked = [each in late for each in zip(source, region, days, strict=True)]
    return _rows("late", source, region, "", days, 0.0, np.nan, np.nan, marked)


def _gaps(kinds: Sequence[Counted], codes: Sequence[str], rules: QualityChecks) -> Rows:
    """Compare in how many months each county reported each measure with the county that reported most."""
    cells: dict[str, dict[str, np.ndarray]] = {}
    for own in kinds:
        for detail in own.details("cells"):
            of_source = cells.setdefault(own.source, {})
            of_source[detail] = of_source.get(detail, 0.0) + own.of("cells", codes, detail)
    sources, absent, asked = [], [], []
    for source, measures in sorted(cells.items()):
        months = np.array([*measures.values()])
        most = months.max(axis=1)
        steady = (most > 0) & (np.median(months, axis=1) >= rules.steady_share * most)
        if steady.any():
            sources.append(source)
            absent.append((most[:, None] - months)[steady].sum(axis=0))
            asked.append(most[steady].sum())
    if not sources:
        return _none()
    missing = np.array(absent).T.ravel()
    of = np.repeat(list(codes), len(sources))
    return _rows("gap", sources * len(codes), of, "", missing, 0.0, asked * len(codes), np.nan, missing > 0)


def _missing(counted: Counted, rules: QualityChecks, codes: Sequence[str]) -> Rows:
    whole = counted.of("rows", codes)
    fields = counted.details("missing")
    parts = [counted.of("missing", codes, field) for field in fields]
    found = zip(fields, parts, strict=True)
    return _joined(
        [_shares_between(counted.source, "missing", codes, part, whole, rules, detail=field) for field, part in found]
    )


def _back_filled(counted: Counted, rules: QualityChecks, codes: Sequence[str]) -> Rows:
    part, whole = counted.of("back_filled", codes), counted.of("dated", codes)
    return _shares_between(counted.source, "back_filled", codes, part, whole, rules) if whole.any() else _none()


def _month_end(counted: Counted, rules: QualityChecks, codes: Sequence[str]) -> Rows:
    part, whole = counted.of("month_end", codes), counted.of("rows", codes)
    if not whole.any():
        return _none()
    share = counted_quality().month_end_days / MONTH_DAYS
    chance = np.where(whole >= rules.least_base, heaped(part, whole, share), np.nan)
    found = _ratio(part, whole)
    marked = (chance < rules.chance) & (found > share * rules.least_ratio)
    return _based("month_end", counted.source, codes, "", found, share, whole, chance, marked)


def _digits(counted: Counted, rules: QualityChecks, codes: Sequence[str]) -> Rows:
    parts = []
    for name in ("minute_digit", "value_digit"):
        if not counted.details(name):
            continue
        seen = np.column_stack([counted.of(name, codes, str(digit)) for digit in range(10)])
        whole = seen.sum(axis=1)
        chance = np.where(whole >= rules.least_base, uneven_digits(seen), np.nan)
        digit = seen.argmax(axis=1).astype(str)
        often = _ratio(seen.max(axis=1), whole)
        parts.append(_based(name, counted.source, codes, digit, often, 0.1, whole, chance, chance < rules.chance))
    return _joined(parts)


def _channels(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], start: date, end: date, rules: QualityChecks
) -> Rows:
    """Compare who found disputes first: patrols against all, and disputes from alarms against the alarms."""
    found = reader.measure_values(scope, ["disputes_received"], codes, start, end, by=("channel",))
    by_channel: dict[str, dict[str, float]] = {}
    for code, channel, value in zip(
        *(found[name].tolist() for name in ("region_code", "channel", "value")), strict=True
    ):
        by_channel.setdefault(channel, {})[code] = value
    counts = {name: np.array([own.get(code, 0.0) for code in codes]) for name, own in by_channel.items()}
    source, every = _source_of(reader, scope, "disputes_received"), sum(counts.values())
    return _joined(
        [
            _shares_between(source, check, codes, counts[channel], np.asarray(every), rules, two_sided=True)
            for check, channel in (("grid_first", "grid"), ("alarm_first", "alarm_110"))
            if channel in counts
        ]
    )


def _shares_of_indicators(
    reader: SnapshotReader, scope: Scope, codes: Sequence[str], period: Period, last: pd.Period, rules: QualityChecks
) -> Rows:
    """Look at what indicators tell: who has no time stamp for many, and where a share stood at exactly 100 % all the time."""
    stamped = find_indicator(rules.unstamped)
    full = [item for item in map(find_indicator, rules.always_full) if item.available and item.finest_depth >= 1]
    months = Period.containing(last.start_time.date(), "month").trailing(rules.always_months)
    of_stamps, of_full = evaluate_each(reader, scope, list(codes), [([stamped], [period]), (full, months)])
    parts = [_unstamped(reader, scope, codes, stamped, of_stamps[stamped.id], rules)]
    for item in full:
        value = of_full[item.id]["value"].to_numpy(float).reshape(len(codes), len(months))
        parts.append(_always_full(_source_of(reader, scope, item.measures[0]), codes, item, value, rules))
    return _joined(parts)


def _unstamped(
    reader: SnapshotReader,
    scope: Scope,
    codes: Sequence[str],
    item: Indicator,
    frame: pd.DataFrame,
    rules: QualityChecks,
) -> Rows:
    part, whole = (frame[name].to_numpy(float) for name in ("numerator", "denominator"))
    whole = np.nan_to_num(whole)
    if not whole.any():
        return _none()
    return _shares_between(_source_of(reader, scope, item.measures[0]), "unstamped", codes, part, whole, rules)


def _always_full(source: str, codes: Sequence[str], item: Indicator, value: np.ndarray, rules: QualityChecks) -> Rows:
    """Return where a share stood at exactly 100 % in each of so many months; no test: whether that can be is known there."""
    full, known = (value >= 1.0).sum(axis=1), (~np.isnan(value)).sum(axis=1)
    marked = (full == known) & (known >= rules.always_months)
    return _based("always_full", source, codes, item.id, _ratio(full, known), np.nan, known, np.nan, marked)


def _shares_between(
    source: str,
    check: str,
    codes: Sequence[str],
    part: np.ndarray,
    whole: np.ndarray,
    rules: QualityChecks,
    *,
    detail: str = "",
    two_sided: bool = False,
) -> Rows:
    """Compare a share between the counties; a high one (or, two-sided, a low one) suggests a check."""
    enough = whole >= rules.least_base
    usual, chance = outlying_shares(np.where(enough, part, np.nan), np.where(enough, whole, 0), two_sided=two_sided)
    found = _ratio(part, whole)
    with np.errstate(invalid="ignore"):
        marked = (chance < rules.chance) & (two_sided | (found > usual * rules.least_ratio))
    return _based(check, source, codes, detail, found, usual, whole, chance, marked)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return a share of each region, NaN where there is nothing to share."""
    return part / np.where(whole > 0, whole, np.nan)


def _based(
    check: str,
    source: str,
    codes: Sequence[str],
    detail: object,
    found: object,
    usual: object,
    base: np.ndarray,
    chance: object,
    marked: object,
) -> Rows:
    """Return the rows of the regions that have anything to look at."""
    rows = _rows(check, source, list(codes), detail, found, usual, base, chance, marked)
    return {name: column[base > 0] for name, column in rows.items()}


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
) -> Rows:
    """Return rows from columns and from what all of them have alike."""
    count = len(np.asarray(codes))
    given = zip(_KINDS.items(), (check, source, codes, detail, found, usual, base, chance, marked), strict=True)
    return {name: np.broadcast_to(np.asarray(value, kind), count) for (name, kind), value in given}


def _joined(parts: Sequence[Rows]) -> Rows:
    return {name: np.concatenate([np.empty(0, kind), *(part[name] for part in parts)]) for name, kind in _KINDS.items()}


def _none() -> Rows:
    return _joined([])


def _source_of(reader: SnapshotReader, scope: Scope, measure: str) -> str:
    covers = facts_of(reader, scope).coverage.get(measure)
    return covers[0].source if covers else ""
