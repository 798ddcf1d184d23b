"""Which source each measure stands on, for which days, and which reported counts give way to records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.errors import PublishRefused
from data_access.measures import Measure, load_measures
from data_access.publishing.engine import Rows

GRACE_DAYS = 45
"""A source that was heard of this recently is taken to cover everything up to data_through."""

FEW_ROWS, UNSURPRISING, A_MONTH = 10, 0.01, 31
"""Fewer rows than this, or a silence with at least this chance, don't tell in which month a source began or ended."""

_PERIODIC = ("survey", "data_delivery")
"""Tables whose rows come at set times: there, a silence is none by chance."""
_GRAINS = ("day", "month", "year")
_GRAIN_RANK = {grain: rank for rank, grain in enumerate(_GRAINS)}
_TOLD_BY_SPAN = ["grain", "first_day", "last_day", "rows"]
_KIND_COLUMNS = ("category", "kind", "question")
COLUMNS = ["measure", "source", "basis", "grain", "first_day", "last_day", "provisional"]


def source_spans(rows: Rows, measures: Mapping[str, Measure]) -> pd.DataFrame:
    """Return from when to when each source has rows of each measure, in records and in reported counts."""
    return _concat([_record_spans(rows, measures), _count_spans(rows)])


def data_through(spans: pd.DataFrame, dataset: Mapping[str, str]) -> date:
    """Return the last day the data speak of: as declared by the data set, else the last record or reported period."""
    if "data_through" in dataset:
        return date.fromisoformat(dataset["data_through"])
    if spans.empty:
        raise PublishRefused(
            "Not published: there are no incidents, disputes or counts yet. Import some files first.",
            "未发布：尚无事件、纠纷或统计数。请先导入文件。",
        )
    return spans["last_day"].max().date()


def measure_coverage(
    spans: pd.DataFrame, measures: Mapping[str, Measure], dataset: Mapping[str, str], through: date
) -> pd.DataFrame:
    """Return the rows of ``measure_coverage``.

    A data set may declare ``covers:<source>`` as ``first..last``; otherwise a record source covers the months from its
    first to its last row, and up to ``through`` when it was heard of within ``GRACE_DAYS``. Where rows are rare it covers
    whole years: that no row fell in the rest of the year says little, and the months of a handful of cases are nobody's business.
    Such a cover is provisional: the source may have begun within its first year, or ended within its last.
    """
    if spans.empty:
        return spans.reindex(columns=COLUMNS)
    spans = spans.copy()
    spans["first_day"] = spans["first_day"].dt.to_period("M").dt.start_time
    records = spans["basis"] == "records"
    periodic = [key for key, measure in measures.items() if measure.table in _PERIODIC]
    by_chance = records & ~spans["measure"].isin(periodic)
    spans["provisional"] = False
    spans[by_chance] = _whole_years(spans, pd.Timestamp(through))[by_chance]
    month_end = spans["last_day"].dt.to_period("M").dt.end_time.dt.normalize()
    recent = (pd.Timestamp(through) - spans["last_day"]).dt.days <= GRACE_DAYS
    ends = month_end.where(~recent, pd.Timestamp(through))
    spans["last_day"] = spans["last_day"].where(~records, ends)
    for key, value in dataset.items():
        if key.startswith("covers:"):
            first, _, last = value.partition("..")
            own = records & (spans["source"] == key.removeprefix("covers:"))
            spans.loc[own, "first_day"] = pd.Timestamp(first)
            spans.loc[own, "last_day"] = pd.Timestamp(last)
            spans.loc[own, "provisional"] = False
    return spans[COLUMNS].sort_values(["measure", "basis", "source", "grain"], ignore_index=True)


def _whole_years(spans: pd.DataFrame, through: pd.Timestamp) -> pd.DataFrame:
    """Return the spans, over whole years where the rest of the year may well have had no rows by chance (Poisson).

    A stretch of which counts tell the months stays theirs: they would give way to records that may not have begun.
    """
    begins = spans["first_day"].dt.to_period("Y").dt.start_time
    ends = spans["last_day"].dt.to_period("Y").dt.end_time.dt.normalize()
    ends = ends.where((ends < through) | (spans["last_day"] > through), through)
    a_day = spans["rows"] / ((ends - begins).dt.days + 1)
    counts = spans[(spans["basis"] == "counts") & (spans["grain"] != "year")].groupby("measure")
    told_from = counts["first_day"].min().reindex(spans["measure"]).set_axis(spans.index)
    told_to = counts["last_day"].max().reindex(spans["measure"]).set_axis(spans.index)

    def says_little(days: pd.Series | int) -> pd.Series:
        return (spans["rows"] < FEW_ROWS) | (np.exp(-a_day * days) >= UNSURPRISING)

    early = says_little((spans["first_day"] - begins).dt.days) & ~(
        (told_from < spans["first_day"]) & (told_to >= begins)
    )
    late = says_little((ends - spans["last_day"]).dt.days) & ~((told_to > spans["last_day"]) & (told_from <= ends))
    return spans.assign(
        first_day=begins.where(early, spans["first_day"]),
        last_day=ends.where(late, spans["last_day"]),
        provisional=(early | late) & says_little(A_MONTH),
    )


def accepted_counts(rows: Rows, path: sa.Table, coverage: pd.DataFrame, dataset: Mapping[str, str]) -> sa.Select:
    """Return the reported counts that stand: those no better basis covers.

    Records win over counts and finer counts over coarser ones, for the same measure and time, in the counties that the
    better source reports on (everywhere when its cover is declared). ``counts_win:<measure>`` turns it round.
    """
    counts = schema.reported_count
    placed = counts.join(path, path.c.region_code == counts.c.region_code)
    better: list[tuple[str, str, str, Any]] = []
    for measure, group in coverage.groupby("measure"):
        spans: list[Any] = list(group.itertuples())
        for winner in spans:
            for loser in spans:
                if loser.basis != "counts" or not _wins(winner, loser):
                    continue
                if winner.basis == "records" and f"counts_win:{measure}" in dataset:
                    continue
                better.append((str(measure), loser.source, loser.grain, winner))
    refused = []
    for measure, source, grain, winner in better:
        overlaps = sa.and_(
            counts.c.measure == measure,
            counts.c.source == source,
            counts.c.grain == grain,
            counts.c.period_start >= winner.first_day.date(),
            counts.c.period_start <= winner.last_day.date(),
        )
        if f"covers:{winner.source}" not in dataset:
            known = _counties(rows, path, winner)
            overlaps = sa.and_(overlaps, sa.or_(path.c.code_1.is_(None), path.c.code_1.in_(known)))
        refused.append(overlaps)
    columns = [counts.c[name] for name in ("period_start", "grain", "measure", "class_code", "channel", "value")]
    codes = [path.c[name] for name in schema.ANCESTOR_COLUMNS]
    return sa.select(*codes, *columns).select_from(placed).where(*(sa.not_(test) for test in refused))


def _wins(winner: Any, loser: Any) -> bool:
    if winner.basis != loser.basis:
        return winner.basis == "records"
    return _GRAIN_RANK[winner.grain] < _GRAIN_RANK[loser.grain]


def _counties(rows: Rows, path: sa.Table, span: Any) -> list[str]:
    table_name = load_measures()[span.measure].table if span.basis == "records" else "reported_count"
    table = schema.metadata.tables[str(table_name)]
    found = rows.read(
        sa.select(path.c.code_1)
        .select_from(table.join(path, path.c.region_code == table.c.region_code))
        .where(table.c.source == span.source, path.c.code_1.is_not(None))
        .distinct()
    )
    return found["code_1"].tolist()


def _record_spans(rows: Rows, measures: Mapping[str, Measure]) -> pd.DataFrame:
    """Return source × measure spans of the fact tables; a measure counts for every source that sent rows of its kind."""
    by_table: dict[str, dict[str, Measure]] = {}
    for key, measure in measures.items():
        if measure.table is not None:
            by_table.setdefault(measure.table, {})[key] = measure
    frames = []
    for table_name, members in by_table.items():
        table = schema.metadata.tables[table_name]
        spans = _SpanColumns(table)
        places = {key: spans.place(measure) for key, measure in members.items()}
        wide = rows.read(spans.select())
        for key, measure in members.items():
            span = wide[[f"{name}_{places[key]}" for name in _TOLD_BY_SPAN]]
            span = span.set_axis(_TOLD_BY_SPAN, axis=1).assign(source=wide["source"])
            span["grain"] = span["grain"].map(dict(enumerate(_GRAINS)))
            known = span["first_day"].notna()
            for column in _fields_tested(measure):
                known &= wide[f"filled_{column}"] > 0
            frames.append(span[known].assign(measure=key, basis="records"))
    return _concat(frames)


class _SpanColumns:
    """The columns of one scan of a fact table, by source: spans of each kind of rows, and which fields are filled."""

    def __init__(self, table: sa.Table) -> None:
        self._table = table
        self._places: dict[str, int] = {}
        self._columns: dict[str, sa.ColumnElement] = {}

    def place(self, measure: Measure) -> int:
        """Return the number of the span that ``measure`` stands on."""
        table = self._table
        when = sa.cast(table.c[measure.date[0]], sa.Date)
        kinds = [condition.expression(table) for condition in measure.where if condition.column in _KIND_COLUMNS]
        for name in _fields_tested(measure):
            self._columns[f"filled_{name}"] = sa.func.sum(sa.case((_known(table.c[name]), 1), else_=0))
        test = sa.and_(when.is_not(None), *kinds)
        place = self._places.setdefault(str(test.compile(compile_kwargs={"literal_binds": True})), len(self._places))
        rank = sa.case(_GRAIN_RANK, value=table.c.date_grain) if "date_grain" in table.c else sa.literal(0)
        self._columns[f"grain_{place}"] = sa.func.max(sa.case((test, rank)))
        self._columns[f"first_day_{place}"] = sa.func.min(sa.case((test, when)))
        self._columns[f"last_day_{place}"] = sa.func.max(sa.case((test, when)))
        self._columns[f"rows_{place}"] = sa.func.sum(sa.case((test, 1), else_=0))
        return place

    def select(self) -> sa.Select:
        """Return the scan."""
        columns = [column.label(name) for name, column in self._columns.items()]
        return sa.select(self._table.c.source, *columns).group_by(self._table.c.source)


def _fields_tested(measure: Measure) -> list[str]:
    """Return the columns that a source must keep for the measure to mean anything: an empty field is not a zero.

    What must only be unknown, or another value than one, is so in a source that doesn't keep it, too.
    """
    tests = [condition for condition in measure.where if condition.column not in _KIND_COLUMNS]
    return [name for test in tests if test.known is not False and test.differs is None for name in test.columns()]


def _known(field: sa.Column) -> sa.ColumnElement[bool]:
    if isinstance(field.type, sa.String):
        return sa.func.coalesce(field, "") != ""
    if isinstance(field.type, sa.Integer) and not field.nullable:
        return field != 0  # a number that may not be empty stands at zero where the source doesn't keep it
    return field.is_not(None)


def _count_spans(rows: Rows) -> pd.DataFrame:
    counts = schema.reported_count
    frame = rows.read(
        sa.select(
            counts.c.measure,
            counts.c.source,
            counts.c.grain,
            sa.func.min(counts.c.period_start).label("first_day"),
            sa.func.max(counts.c.period_start).label("last_day"),
            sa.func.count().label("rows"),
        ).group_by(counts.c.measure, counts.c.source, counts.c.grain)
    )
    if frame.empty:
        return frame
    return frame.assign(
        first_day=pd.to_datetime(frame["first_day"]),
        last_day=last_days(pd.to_datetime(frame["last_day"]), frame["grain"]),
        basis="counts",
    )


def last_days(starts: pd.Series, grains: pd.Series) -> pd.Series:
    """Return the last day of the periods that begin at ``starts`` (day, month or year)."""
    ends = starts.copy()
    for grain, code in (("month", "M"), ("year", "Y")):
        own = grains == grain
        ends[own] = starts[own].dt.to_period(code).dt.end_time.dt.normalize()
    return ends


def _concat(frames: list[pd.DataFrame]) -> pd.DataFrame:
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame(columns=COLUMNS[:-1])
    joined = pd.concat(frames, ignore_index=True)
    return joined.assign(first_day=pd.to_datetime(joined["first_day"]), last_day=pd.to_datetime(joined["last_day"]))
