"""Turn the declared measures into roll-ups: one scan per table, date and breakdown, then sums of sums.

Every statement is SQLAlchemy Core on declared tables, so that another engine can run the same definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa

from data_access import schema
from data_access.measures import Histogram, Measure
from data_access.schema import ANCESTOR_COLUMNS

DEEPEST_DAY = 2
"""Roll-ups by day stop at townships: by grid and day they would be as long as the records."""

Published = Mapping[str, sa.Table]


def record_groups(measures: Mapping[str, Measure]) -> list[tuple[str, dict[str, Measure]]]:
    """Return the measures that one scan can count: same table, date and breakdown."""
    groups: dict[tuple, dict[str, Measure]] = defaultdict(dict)
    for key, measure in measures.items():
        if measure.table is not None:
            groups[measure.table, measure.date, measure.days_later, measure.by_class, measure.by_channel][key] = measure
    return [(key[0], members) for key, members in groups.items()]


def count_records(
    connection: sa.Connection, published: Published, table_name: str, members: Mapping[str, Measure]
) -> None:
    """Count the measures of one group into the day and month roll-ups, at every depth."""
    fact = schema.metadata.tables[table_name]
    for period, deepest, target in (
        ("day", DEEPEST_DAY, published["measure_day"]),
        ("month", len(ANCESTOR_COLUMNS) - 1, published["measure_month"]),
    ):
        temporary = _materialise(connection, _wide_counts(published, fact, members, period, deepest))
        for depth in range(deepest + 1):
            for key in members:
                _insert_depth(connection, target, temporary, temporary.c[key], key, depth)
        connection.execute(sa.text(f"drop table {temporary.name}"))


def add_reported(connection: sa.Connection, published: Published, accepted: sa.Select) -> None:
    """Add counts that arrived counted, at every depth from their own region upwards."""
    temporary = _materialise(connection, accepted)
    for depth in range(len(ANCESTOR_COLUMNS)):
        for grain, target, period in (
            ("day", "measure_day", "day"),
            ("day", "measure_month", "month"),
            ("month", "measure_month", "month"),
            ("year", "measure_year", "year"),
        ):
            if target == "measure_day" and depth > DEEPEST_DAY:
                continue
            _insert_reported(connection, published[target], temporary, grain, period, depth)
    connection.execute(sa.text(f"drop table {temporary.name}"))


def add_up_years(connection: sa.Connection, published: Published, measures: Mapping[str, Measure]) -> None:
    """Add the months of each flow to its years; a stock is not a sum over time and stays by month."""
    flows = [key for key, measure in measures.items() if measure.kind == "flow"]
    month = published["measure_month"]
    year_start = sa.func.date_trunc("year", month.c.month).cast(sa.Date)
    dimensions = [month.c.depth, month.c.measure, month.c.region_code, year_start, month.c.class_code, month.c.channel]
    connection.execute(
        sa.insert(published["measure_year"]).from_select(
            ["depth", "measure", "region_code", "year_start", "class_code", "channel", "value", "divided"],
            sa.select(*dimensions, sa.func.sum(month.c.value), sa.true())
            .where(month.c.measure.in_(flows))
            .group_by(*dimensions),
        )
    )


TOTALLED = {"measure_day": "day", "measure_month": "month", "measure_year": "year_start"}
"""Roll-ups that also hold totals, and their period."""


def add_totals(connection: sa.Connection, published: Published, name: str) -> None:
    """Add to a roll-up the rows over all classes and channels, which answer most questions at a fraction of the cost.

    One roll-up a step of the publish, so that each large insert is written out before the next.
    """
    table, period = published[name], TOTALLED[name]
    dimensions = [table.c.measure, table.c.depth, table.c.region_code, table.c[period]]
    connection.execute(
        sa.insert(table).from_select(
            ["measure", "depth", "region_code", period, "class_code", "channel", "value", "divided"],
            sa.select(*dimensions, sa.literal(""), sa.literal(""), sa.func.sum(table.c.value), sa.false())
            .group_by(*dimensions)
            .order_by(*dimensions),
        )
    )


def count_histograms(connection: sa.Connection, published: Published, histograms: Mapping[str, Histogram]) -> None:
    """Fill the histograms of waiting times, by month and class, at every depth."""
    path = published["region_path"]
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
        temporary = _materialise(connection, counted)
        for depth, column in enumerate(ANCESTOR_COLUMNS):
            code = temporary.c[column]
            dimensions = [code, temporary.c.month, temporary.c.class_code, temporary.c.bin]
            connection.execute(
                sa.insert(published["measure_histogram"]).from_select(
                    ["depth", "measure", "region_code", "month", "class_code", "bin", "value"],
                    sa.select(sa.literal(depth), sa.literal(key), *dimensions, sa.func.sum(temporary.c.value))
                    .where(code.is_not(None))
                    .group_by(*dimensions),
                )
            )
        connection.execute(sa.text(f"drop table {temporary.name}"))


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


def _insert_depth(
    connection: sa.Connection,
    target: sa.Table,
    wide: sa.FromClause,
    value: sa.ColumnElement,
    measure: str,
    depth: int,
) -> None:
    code = wide.c[ANCESTOR_COLUMNS[depth]]
    dimensions = [code, wide.c.period_start, wide.c.class_code, wide.c.channel]
    connection.execute(
        sa.insert(target).from_select(
            [column.name for column in target.columns],
            sa.select(sa.literal(depth), sa.literal(measure), *dimensions, sa.func.sum(value), sa.true())
            .where(code.is_not(None), value != 0)
            .group_by(*dimensions)
            .order_by(*dimensions),
        )
    )


def _insert_reported(
    connection: sa.Connection, target: sa.Table, counts: sa.FromClause, grain: str, period: str, depth: int
) -> None:
    code = counts.c[ANCESTOR_COLUMNS[depth]]
    start = sa.func.date_trunc(period, counts.c.period_start).cast(sa.Date)
    dimensions = [counts.c.measure, code, start, counts.c.class_code, counts.c.channel]
    connection.execute(
        sa.insert(target).from_select(
            [column.name for column in target.columns],
            sa.select(sa.literal(depth), *dimensions, sa.func.sum(counts.c.value), sa.true())
            .where(counts.c.grain == grain, code.is_not(None))
            .group_by(*dimensions)
            .order_by(*dimensions),
        )
    )


def _materialise(connection: sa.Connection, select: sa.Select) -> sa.TableClause:
    """Write the rows of ``select`` to a temporary table and return it."""
    name = "rollup_source"
    compiled = select.compile(connection, compile_kwargs={"literal_binds": True, "render_postcompile": True})
    connection.exec_driver_sql(f"create or replace temporary table {name} as {compiled}")
    return sa.table(name, *(sa.column(column.name, column.type) for column in select.selected_columns))
