"""What must hold before anything is published: totals reconcile, codes exist, roll-ups agree with the records."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from data_access import schema
from data_access.errors import PublishRefused
from data_access.measures import Measure
from data_access.publishing.engine import Rows


def check_batches(rows: Rows) -> None:
    """Raise when an import's rows don't add up, or a source has another number of rows than its imports left.

    Raises
    ------
    PublishRefused
        Naming the file or source and both totals.
    """
    batch = schema.import_batch
    outcome = (
        batch.c.rows_added
        + batch.c.rows_replaced
        + batch.c.rows_unchanged
        + batch.c.rows_quarantined
        + batch.c.rows_excluded
    )
    for row in rows.read(sa.select(batch, outcome.label("outcome")).where(batch.c.rows_read != outcome)).itertuples():
        raise PublishRefused(
            f"Not published: {row.file_name} had {row.rows_read} rows, but its import accounts for {row.outcome}. "
            "Import the file again.",
            f"未发布：{row.file_name} 读入 {row.rows_read} 行，但导入记录合计为 {row.outcome} 行。请重新导入该文件。",
            file=row.file_name,
        )
    differing = sa.union_all(*(_rows_unaccounted_for(fact) for fact in schema.FACT_TABLES)).subquery()
    for row in rows.read(sa.select(differing).order_by(differing.c.target, differing.c.source)).itertuples():
        raise PublishRefused(
            f"Not published: {row.target} holds {row.held:g} rows of source {row.source!r}, but its imports added "
            f"{row.added:g}. Import the source's files again.",
            f"未发布：{row.target} 中来源“{row.source}”有 {row.held:g} 行，而导入记录为 {row.added:g} 行。请重新导入该来源的文件。",
            table=row.target,
            source=row.source,
        )


def _rows_unaccounted_for(fact: sa.Table) -> sa.Select:
    batch = schema.import_batch
    held = sa.select(fact.c.source, sa.func.count().label("held")).group_by(fact.c.source).subquery()
    added = (
        sa.select(batch.c.source, sa.func.sum(batch.c.rows_added).label("added"))
        .where(batch.c.target == fact.name)
        .group_by(batch.c.source)
        .subquery()
    )
    found = sa.func.coalesce(held.c.held, 0)
    return (
        sa.select(sa.literal(fact.name, sa.String).label("target"), added.c.source, found.label("held"), added.c.added)
        .select_from(added.outerjoin(held, held.c.source == added.c.source))
        .where(found != added.c.added)
    )


def check_regions_known(rows: Rows, path: sa.Table) -> None:
    """Raise when a row names a region that is not in the region table."""
    tables = (*schema.FACT_TABLES, schema.population, schema.region_geometry)
    unknown = sa.union_all(
        *(
            sa.select(
                sa.literal(table.name, sa.String).label("target"), table.c.region_code, sa.func.count().label("found")
            )
            .select_from(table.outerjoin(path, path.c.region_code == table.c.region_code))
            .where(path.c.region_code.is_(None))
            .group_by(table.c.region_code)
            for table in tables
        )
    ).subquery()
    first = rows.read(sa.select(unknown).order_by(unknown.c.target, unknown.c.region_code).limit(5))
    if len(first):
        name = first["target"].iloc[0]
        codes = ", ".join(f"{row.region_code} ({row.found})" for row in first[first["target"] == name].itertuples())
        raise PublishRefused(
            f"Not published: rows of {name} name regions that don't exist: {codes}. Import the region file "
            "that has them, or correct the rows.",
            f"未发布：{name} 的数据引用了不存在的区划：{codes}。请导入含这些区划的文件，或更正数据。",
            table=name,
        )


def check_rollups(rows: Rows, published: Mapping[str, sa.Table], measures: Mapping[str, Measure]) -> None:
    """Raise when a roll-up's total for the whole city differs from the rows it was counted from."""
    for name in ("measure_day", "measure_month", "measure_year"):
        _check_totals(rows, published[name])
    month = published["measure_month"]
    rolled = rows.read(
        sa.select(month.c.measure, sa.func.sum(month.c.value).label("value"))
        .where(month.c.depth == 0, sa.not_(month.c.divided))
        .group_by(month.c.measure)
    ).set_index("measure")["value"]
    reported = rows.read(sa.select(schema.reported_count.c.measure).distinct())["measure"].tolist()
    by_table: dict[str, list[str]] = {}
    for key, measure in measures.items():
        if measure.table is not None and key not in reported:
            by_table.setdefault(measure.table, []).append(key)
    for table_name, keys in by_table.items():
        fact = schema.metadata.tables[table_name]
        columns = []
        for key in keys:
            placed = sa.case((measures[key].date_expression(fact).is_not(None), 1), else_=0)
            columns.append(_counted(measures[key], fact, placed).label(key))
        totals = rows.read(sa.select(*columns)).iloc[0].fillna(0)
        for key in keys:
            if abs(float(totals[key]) - float(rolled.get(key, 0.0))) > 1e-6:
                raise PublishRefused(
                    f"Not published: measure {key!r} counts {totals[key]:g} in {table_name} but {rolled.get(key, 0):g} "
                    "in the roll-up. Check the region codes of that table.",
                    f"未发布：计量“{key}”在 {table_name} 中为 {totals[key]:g}，在汇总表中为 {rolled.get(key, 0):g}。"
                    "请检查该表的区划代码。",
                    measure=key,
                )


def _counted(measure: Measure, fact: sa.Table, placed: sa.ColumnElement) -> sa.ColumnElement:
    passes = sa.and_(placed == 1, *(condition.expression(fact) for condition in measure.where))
    column = fact.c[str(measure.sum or measure.sum_squares)] if measure.count is None else sa.literal(1)
    each = column * column if measure.sum_squares else column
    return sa.func.sum(sa.case((passes, each), else_=0))


def _check_totals(rows: Rows, table: sa.Table) -> None:
    """Raise when the rows by class and channel don't add up to the rows that are not divided."""
    divided = sa.func.sum(sa.case((table.c.divided, table.c.value), else_=0.0)).label("divided")
    total = sa.func.sum(sa.case((table.c.divided, 0.0), else_=table.c.value)).label("total")
    sums = sa.select(table.c.measure, table.c.depth, divided, total).group_by(table.c.measure, table.c.depth).subquery()
    tolerance = 1e-9 * sa.func.abs(sums.c.total) + 1e-9
    for row in rows.read(sa.select(sums).where(sa.func.abs(sums.c.divided - sums.c.total) > tolerance)).itertuples():
        raise PublishRefused(
            f"Not published: in {table.name} measure {row.measure!r} adds up to {row.divided:g} by class but to "
            f"{row.total:g} in all (depth {row.depth}). Publish again; if it recurs, report it.",
            f"未发布：{table.name} 中计量“{row.measure}”分类合计为 {row.divided:g}，总数为 {row.total:g}（层级 {row.depth}）。"
            "请重新发布；如再次出现请报告。",
            measure=row.measure,
        )
