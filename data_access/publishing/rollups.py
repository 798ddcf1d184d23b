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

DEEPEST = len(ANCESTOR_COLUMNS) - 1


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
    path = engine.published["region_path"]
    for period, deepest, target in (
        ("day", DEEPEST_DAY, "measure_day"),
        ("month", DEEPEST, "measure_month"),
    ):
        counted = _counted(path, fact, members, period, deepest)
        rows = _at_depths(path, counted, deepest, ["period", "class_code", "channel"], list(members))
        engine.add(target, engine.published[target].columns.keys(), _row_for_each(rows, list(members)))


def add_reported(engine: RollupEngine, accepted: sa.Select) -> None:
    """Add counts that arrived counted, at every depth from their own region upwards."""
    counts = accepted.subquery("accepted")
    for grain, target, period, deepest in (
        ("day", "measure_day", "day", DEEPEST_DAY),
        ("day", "measure_month", "month", DEEPEST),
        ("month", "measure_month", "month", DEEPEST),
        ("year", "measure_year", "year", DEEPEST),
    ):
        select = _reported_at_depths(engine.published["region_path"], counts, grain, period, deepest)
        engine.add(target, engine.published[target].columns.keys(), select)


def add_up_years(engine: RollupEngine, measures: Mapping[str, Measure]) -> None:
    """Add the months of each flow to its years; a stock is not a sum over time and stays by month."""
    flows = [key for key, measure in measures.items() if measure.kind == "flow"]
    month = engine.published["measure_month"]
    year_start = _first_day("year", month.c.month)
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
        sa.select(*dimensions, sa.literal(""), sa.literal(""), exact_sum(table.c.value), sa.false()).group_by(
            *dimensions
        ),
    )


def count_histograms(engine: RollupEngine, histograms: Mapping[str, Histogram]) -> None:
    """Fill the histograms of waiting times, by month and class, at every depth."""
    path = engine.published["region_path"]
    for key, histogram in histograms.items():
        fact = schema.metadata.tables[histogram.table]
        known = [fact.c[name].is_not(None) for name in {histogram.start, histogram.end, histogram.date}]
        chosen = [condition.expression(fact) for condition in histogram.where]
        dimensions = {
            "region_code": _innermost(path, DEEPEST),
            "month": _first_day("month", fact.c[histogram.date]),
            "class_code": fact.c[histogram.divided_by],
            "bin": histogram.bin_expression(fact),
        }
        bins = (
            sa.select(*_labelled(dimensions), sa.func.count().label("value"))
            .select_from(fact.join(path, path.c.region_code == fact.c.region_code))
            .where(*known, *chosen)
            .group_by(*dimensions.values())
        )
        rows = _at_depths(path, bins, DEEPEST, ["month", "class_code", "bin"], ["value"])
        columns = [rows.c.region_code, rows.c.month, rows.c.class_code, rows.c.bin]
        engine.add(
            "measure_histogram",
            ["depth", "measure", "region_code", "month", "class_code", "bin", "value"],
            sa.select(rows.c.depth, sa.literal(key), *columns, rows.c.value),
        )


def exact_sum(value: sa.ColumnElement) -> sa.ColumnElement[float]:
    """Return the sum of numbers with at most six decimals, the same in whatever order an engine adds them up."""
    whole, millionths = _parts(value)
    return sa.func.sum(whole) + sa.func.sum(millionths) / 1e6


def _parts(value: sa.ColumnElement) -> tuple[sa.ColumnElement, sa.ColumnElement]:
    """Return the whole part of a number and its millionths: whole numbers both, whose sums are exact and cheaper than decimals'."""
    whole = sa.func.floor(value, type_=sa.Double)
    return whole, sa.func.floor((value - whole) * 1e6 + 0.5, type_=sa.Double)


def _counted(path: sa.Table, fact: sa.Table, members: Mapping[str, Measure], period: str, deepest: int) -> sa.Select:
    """Return one row per innermost region and period with a column for each measure; days are not divided by channel."""
    first = next(iter(members.values()))
    when = first.date_expression(fact)
    dimensions = {
        "region_code": _innermost(path, deepest),
        "period": _first_day(period, when),
    }
    undivided = []
    for name, divided in (("class_code", first.by_class), ("channel", first.by_channel and period != "day")):
        if divided:
            dimensions[name] = fact.c[name]
        else:
            undivided.append(sa.literal("").label(name))
    values = [measure.value_expression(fact).label(key) for key, measure in members.items()]
    return (
        sa.select(*_labelled(dimensions), *undivided, *values)
        .select_from(fact.join(path, path.c.region_code == fact.c.region_code))
        .where(when.is_not(None), sa.or_(*(measure.passes(fact) for measure in members.values())))
        .group_by(*dimensions.values())
    )


def _reported_at_depths(path: sa.Table, counts: sa.Subquery, grain: str, period: str, deepest: int) -> sa.Select:
    dimensions = {
        "region_code": sa.func.coalesce(*(counts.c[ANCESTOR_COLUMNS[depth]] for depth in range(deepest, -1, -1))),
        "measure": counts.c.measure,
        "period": _first_day(period, counts.c.period_start),
        "class_code": counts.c.class_code,
        "channel": counts.c.channel,
    }
    whole, millionths = _parts(counts.c.value)
    own = (
        sa.select(
            *_labelled(dimensions), sa.func.sum(whole).label("whole"), sa.func.sum(millionths).label("millionths")
        )
        .where(counts.c.grain == grain)
        .group_by(*dimensions.values())
    )
    rows = _at_depths(path, own, deepest, list(dimensions)[1:], ["whole", "millionths"])
    columns = [rows.c[name] for name in ("depth", "measure", "region_code", "period", "class_code", "channel")]
    return sa.select(*columns, rows.c.whole + rows.c.millionths / 1e6, sa.true())


def _row_for_each(rows: sa.Subquery, measures: list[str]) -> sa.Select:
    """Return the counts of ``rows``, a column for each measure, as a row for each measure that isn't zero."""
    named = sa.values(sa.column("place", sa.Integer), sa.column("measure", sa.String), name="named")
    named = named.data(list(enumerate(measures)))
    value = sa.case({place: rows.c[key] for place, key in enumerate(measures)}, value=named.c.place)
    columns = [rows.c.depth, named.c.measure, rows.c.region_code, rows.c.period, rows.c.class_code, rows.c.channel]
    each = sa.select(*columns, value.label("value")).select_from(rows.join(named, sa.true())).subquery("each")
    return sa.select(*each.c, sa.true()).where(each.c.value != 0)


def _at_depths(
    path: sa.Table, counted: sa.Select, deepest: int, dimensions: list[str], values: list[str]
) -> sa.Subquery:
    """Return the rows of ``counted``, which stand by innermost region, at its depth and added up at each depth above."""
    cells = counted.cte("cells")
    placed = cells.join(path, path.c.region_code == cells.c.region_code)
    divided = [cells.c[name] for name in dimensions]
    innermost = path.c[ANCESTOR_COLUMNS[deepest]]
    inner = (
        sa.select(
            sa.literal(deepest).label("depth"), cells.c.region_code, *divided, *(cells.c[name] for name in values)
        )
        .select_from(placed)
        .where(innermost.is_not(None))
    )
    depths = sa.values(sa.column("depth", sa.Integer), name="depths").data([(depth,) for depth in range(deepest)])
    code = sa.case({depth: path.c[ANCESTOR_COLUMNS[depth]] for depth in range(deepest)}, value=depths.c.depth)
    outer = (
        sa.select(depths.c.depth, code.label("region_code"), *divided)
        .add_columns(*(sa.func.sum(cells.c[name]).label(name) for name in values))
        .select_from(placed.join(depths, sa.true()))
        .where(code.is_not(None))
        .group_by(depths.c.depth, code, *divided)
    )
    return sa.union_all(inner, outer).subquery("at_depths")


def _innermost(path: sa.Table, deepest: int) -> sa.ColumnElement[str]:
    """Return the innermost region that a row is known to lie in, not below ``deepest``."""
    return sa.func.coalesce(*(path.c[ANCESTOR_COLUMNS[depth]] for depth in range(deepest, -1, -1)))


def _first_day(period: str, when: sa.ColumnElement) -> sa.ColumnElement:
    """Return the first day of the period that a time lies in."""
    day = sa.cast(when, sa.Date)
    return day if period == "day" else sa.cast(sa.func.date_trunc(period, day), sa.Date)


def _labelled(columns: Mapping[str, sa.ColumnElement]) -> list[sa.Label]:
    return [column.label(name) for name, column in columns.items()]
