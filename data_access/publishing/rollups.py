"""Turn the declared measures into roll-ups: one scan per table, date and breakdown, then sums of sums.

Every statement is SQLAlchemy Core on declared tables, so that another engine can run the same definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa

from data_access import schema
from data_access.measures import Histogram, Measure
from data_access.publishing.engine import RollupEngine
from data_access.schema import ANCESTOR_COLUMNS, DEEPEST_DAY

Published = Mapping[str, sa.Table]


def record_groups(measures: Mapping[str, Measure]) -> list[tuple[str, dict[str, Measure]]]:
    """Return the measures that one scan can count: same table, date and breakdown."""
    groups: dict[tuple, dict[str, Measure]] = defaultdict(dict)
    for key, measure in measures.items():
        if measure.table is not None:
            groups[measure.table, measure.date, measure.days_later, measure.by_class, measure.by_channel][key] = measure
    return [(key[0], members) for key, members in groups.items()]


def count_records(engine: RollupEngine, table_name: str, members: Mapping[str, Measure]) -> None:
    """Count the measures of one group into the day and month roll-ups, at every depth."""
    fact = schema.metadata.tables[table_name]
    for period, deepest, target in (
        ("day", DEEPEST_DAY, "measure_day"),
        ("month", len(ANCESTOR_COLUMNS) - 1, "measure_month"),
    ):
        wide = _wide_counts(engine.published, fact, members, period, deepest).subquery("wide")
        engine.add(target, engine.published[target].columns.keys(), _measures_at_depths(wide, list(members), deepest))


def add_reported(engine: RollupEngine, accepted: sa.Select) -> None:
    """Add counts that arrived counted, at every depth from their own region upwards."""
    counts = accepted.subquery("accepted")
    for grain, target, period, deepest in (
        ("day", "measure_day", "day", DEEPEST_DAY),
        ("day", "measure_month", "month", len(ANCESTOR_COLUMNS) - 1),
        ("month", "measure_month", "month", len(ANCESTOR_COLUMNS) - 1),
        ("year", "measure_year", "year", len(ANCESTOR_COLUMNS) - 1),
    ):
        select = _reported_at_depths(counts, grain, period, deepest)
        engine.add(target, engine.published[target].columns.keys(), select)


def add_up_years(engine: RollupEngine, measures: Mapping[str, Measure]) -> None:
    """Add the months of each flow to its years; a stock is not a sum over time and stays by month."""
    flows = [key for key, measure in measures.items() if measure.kind == "flow"]
    month = engine.published["measure_month"]
    year_start = sa.func.date_trunc("year", month.c.month).cast(sa.Date)
    dimensions = [month.c.depth, month.c.measure, month.c.region_code, year_start, month.c.class_code, month.c.channel]
    engine.add(
        "measure_year",
        ["depth", "measure", "region_code", "year_start", "class_code", "channel", "value", "divided"],
        sa.select(*dimensions, exact_sum(month.c.value), sa.true())
        .where(month.c.measure.in_(flows))
        .group_by(*dimensions),
    )


TOTALLED = {"measure_day": "day", "measure_month": "month", "measure_year": "year_start"}
"""Roll-ups that also hold totals, and their period."""


def add_totals(engine: RollupEngine, name: str) -> None:
    """Add to a roll-up the rows over all classes and channels, which answer most questions at a fraction of the cost.

    One roll-up a step of the publish, so that each large insert is written out before the next.
    """
    table, period = engine.published[name], TOTALLED[name]
    dimensions = [table.c.measure, table.c.depth, table.c.region_code, table.c[period]]
    engine.add(
        name,
        ["measure", "depth", "region_code", period, "class_code", "channel", "value", "divided"],
        sa.select(*dimensions, sa.literal(""), sa.literal(""), exact_sum(table.c.value), sa.false())
        .group_by(*dimensions)
        .order_by(*dimensions),
    )


def count_histograms(engine: RollupEngine, histograms: Mapping[str, Histogram]) -> None:
    """Fill the histograms of waiting times, by month and class, at every depth."""
    path = engine.published["region_path"]
    for key, histogram in histograms.items():
        fact = schema.metadata.tables[histogram.table]
        known = [fact.c[name].is_not(None) for name in {histogram.start, histogram.end, histogram.date}]
        chosen = [condition.expression(fact) for condition in histogram.where]
        month = sa.func.date_trunc("month", fact.c[histogram.date]).cast(sa.Date).label("month")
        bin_index = histogram.bin_expression(fact).label("bin")
        divided_by = fact.c[histogram.divided_by].label("class_code")
        dimensions = [*(path.c[name] for name in ANCESTOR_COLUMNS), month, divided_by, bin_index]
        counted = (
            sa.select(*dimensions, sa.func.count().label("value"))
            .select_from(fact.join(path, path.c.region_code == fact.c.region_code))
            .where(*known, *chosen)
            .group_by(*dimensions)
        )
        engine.add(
            "measure_histogram",
            ["depth", "measure", "region_code", "month", "class_code", "bin", "value"],
            _bins_at_depths(counted.subquery("bins"), key),
        )


def exact_sum(value: sa.ColumnElement) -> sa.ColumnElement[float]:
    """Return the sum of numbers with at most six decimals, the same in whatever order an engine adds them up."""
    return sa.cast(sa.func.sum(sa.cast(value, sa.Numeric(38, 6))), sa.Double)


def _wide_counts(
    published: Published,
    fact: sa.Table,
    members: Mapping[str, Measure],
    period: str,
    deepest: int,
) -> sa.Select:
    """Return one row per region path and period with a column for each measure; days are not divided by channel."""
    path = published["region_path"]
    first = next(iter(members.values()))
    when = first.date_expression(fact)
    by_class, by_channel = first.by_class, first.by_channel and period != "day"
    period_start = sa.func.date_trunc(period, when).cast(sa.Date).label("period_start")
    dimensions = [*(path.c[name] for name in ANCESTOR_COLUMNS[: deepest + 1]), period_start]
    dimensions += [fact.c.class_code] if by_class else []
    dimensions += [fact.c.channel] if by_channel else []
    undivided = [] if by_class else [sa.literal("").label("class_code")]
    undivided += [] if by_channel else [sa.literal("").label("channel")]
    values = [measure.value_expression(fact).label(key) for key, measure in members.items()]
    return (
        sa.select(*dimensions, *undivided, *values)
        .select_from(fact.join(path, path.c.region_code == fact.c.region_code))
        .where(when.is_not(None))
        .group_by(*dimensions)
    )


def _measures_at_depths(wide: sa.Subquery, measures: list[str], deepest: int) -> sa.Select:
    """Return the counts of ``wide``, a column for each measure, as a row for each measure and depth."""
    named = sa.values(sa.column("measure", sa.String), name="named").data([(key,) for key in measures])
    value = sa.case({key: wide.c[key] for key in measures}, value=named.c.measure)
    columns = [wide.c.period_start, wide.c.class_code, wide.c.channel, value.label("value")]
    rows = _at_depths(wide, deepest, [named.c.measure], columns, named)
    dimensions = [rows.c[name] for name in ("depth", "measure", "region_code", "period_start", "class_code", "channel")]
    return (
        sa.select(*dimensions, sa.func.sum(rows.c.value), sa.true())
        .where(rows.c.region_code.is_not(None), rows.c.value != 0)
        .group_by(*dimensions)
        .order_by(*dimensions)
    )


def _reported_at_depths(counts: sa.Subquery, grain: str, period: str, deepest: int) -> sa.Select:
    start = sa.func.date_trunc(period, counts.c.period_start).cast(sa.Date).label("period")
    columns = [start, counts.c.class_code, counts.c.channel, counts.c.value, counts.c.grain]
    rows = _at_depths(counts, deepest, [counts.c.measure], columns)
    dimensions = [rows.c[name] for name in ("depth", "measure", "region_code", "period", "class_code", "channel")]
    return (
        sa.select(*dimensions, exact_sum(rows.c.value), sa.true())
        .where(rows.c.grain == grain, rows.c.region_code.is_not(None))
        .group_by(*dimensions)
        .order_by(*dimensions)
    )


def _bins_at_depths(bins: sa.Subquery, key: str) -> sa.Select:
    columns = [bins.c.month, bins.c.class_code, bins.c.bin, bins.c.value]
    rows = _at_depths(bins, len(ANCESTOR_COLUMNS) - 1, [sa.literal(key).label("measure")], columns)
    dimensions = [rows.c[name] for name in ("depth", "measure", "region_code", "month", "class_code", "bin")]
    return (
        sa.select(*dimensions, sa.func.sum(rows.c.value))
        .where(rows.c.region_code.is_not(None))
        .group_by(*dimensions)
        .order_by(*dimensions)
    )


def _at_depths(
    source: sa.Subquery, deepest: int, first: list, columns: list, more: sa.FromClause | None = None
) -> sa.Subquery:
    """Return the rows of ``source`` once for each depth, with the region they lie in there."""
    depths = sa.values(sa.column("depth", sa.Integer), name="depths").data([(depth,) for depth in range(deepest + 1)])
    codes = {depth: source.c[ANCESTOR_COLUMNS[depth]] for depth in range(deepest + 1)}
    joined: sa.FromClause = source.join(depths, sa.true())
    if more is not None:
        joined = joined.join(more, sa.true())
    code = sa.case(codes, value=depths.c.depth).label("region_code")
    return sa.select(depths.c.depth, *first, code, *columns).select_from(joined).subquery("at_depths")
