"""One publish: check, build a new immutable snapshot file, then point to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pandas as pd
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.ledger.held import held_snapshot_ids
from data_access.measures import definitions_sha256, load_histograms, load_measures
from data_access.publishing import checks, coverage, rollups
from data_access.publishing.engine import RollupEngine, record_order, rollup_engine
from data_access.publishing.lateness import source_lateness
from data_access.publishing.neighbours import touching_regions
from data_access.publishing.paths import region_paths
from data_access.publishing.quality import source_quality
from data_access.queries.exposure import added_up
from data_access.store.patience import patiently
from data_access.store.snapshot_files import building_file
from data_access.store.snapshot_store import SnapshotStore, snapshot_store
from data_access.store.working import WorkingStore

Progress = Callable[[float, str], None]


def publish(home: Home, progress: Progress | None = None) -> str:
    """Publish what the working store of ``home`` holds and return the new snapshot's id.

    A crash or a full disk at any moment leaves the last published snapshot served: the new file gets its name only when
    it is complete, and the pointer moves last.

    Raises
    ------
    PublishRefused
        When totals don't reconcile or regions are missing; the message names them.
    StoreBusyError
        When an import or another publish is running.
    """
    report = progress or (lambda done, step: None)
    with WorkingStore.open(home) as store:
        snapshots, file = snapshot_store(home), building_file(home)
        with rollup_engine(home, store, file) as engine:
            snapshot_id = _build(store, engine, snapshots, report)
            engine.complete(lambda done: report(0.65 + done * 0.3, "arrange"))
        try:
            held = patiently(lambda: held_snapshot_ids(home))
            snapshots.keep(file, snapshot_id, lambda done, step: report(0.95 + done * 0.05, step), held)
        finally:
            file.unlink(missing_ok=True)
    report(1.0, "done")
    return snapshot_id


def _build(store: WorkingStore, engine: RollupEngine, snapshots: SnapshotStore, report: Progress) -> str:
    """Fill the snapshot step by step and return its id.

    Regions and what the data set is are the working store's own; records are the engine's.
    """
    report(0.02, "check")
    checks.check_batches(engine.arrived())
    dataset = dict(store.read(sa.select(schema.dataset)).itertuples(index=False, name=None))
    regions = store.read(sa.select(schema.region))
    paths = region_paths(regions)
    measures = load_measures()
    spans = coverage.source_spans(engine, measures)
    through = coverage.data_through(spans, dataset)
    path = engine.published["region_path"]
    with engine.step():
        engine.write("region_path", paths)
    checks.check_regions_known(engine, path)
    report(0.05, "regions")
    with engine.step():
        _copy_regions(store, engine, regions, paths)
    report(0.15, "records")
    with engine.step():
        _place_records(engine)
    report(0.3, "roll_ups")
    covered = coverage.measure_coverage(spans, measures, dataset, through)
    groups = rollups.record_groups(measures)
    for number, (table_name, members) in enumerate(groups, start=1):
        with engine.step():
            rollups.count_records(engine, table_name, members)
        report(0.3 + 0.25 * number / len(groups), "roll_ups")
    with engine.step():
        rollups.add_reported(engine, coverage.accepted_counts(engine, path, covered, dataset))
    with engine.step():
        rollups.add_up_years(engine, measures)
    for name in rollups.TOTALLED:
        with engine.step():
            rollups.add_totals(engine, name)
    with engine.step():
        rollups.count_histograms(engine, load_histograms())
    report(0.6, "reconcile")
    checks.check_rollups(engine, engine.published, measures)
    snapshot_id = _next_snapshot_id(patiently(snapshots.kept_snapshot_ids), through)
    stamp = {
        "snapshot_id": snapshot_id,
        "schema_version": schema.SCHEMA_VERSION,
        "data_through": through,
        "published_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "config_sha256": definitions_sha256(),
    }
    with engine.step():
        engine.write("measure_coverage", covered)
        engine.write("source_lateness", source_lateness(engine, path, covered, through))
        engine.write("source_quality", source_quality(engine, path))
        engine.write("snapshot", pd.DataFrame([stamp]))
    report(0.63, "write")
    return snapshot_id


def _next_snapshot_id(kept: Sequence[str], data_through: date) -> str:
    """Return the quarter of the data and a number that only grows."""
    used = [int(snapshot_id.rpartition("-")[2]) for snapshot_id in kept]
    return f"{data_through.year}Q{(data_through.month + 2) // 3}-{max(used, default=0) + 1:04d}"


def _copy_regions(store: WorkingStore, engine: RollupEngine, regions: pd.DataFrame, paths: pd.DataFrame) -> None:
    for table in (schema.dataset, schema.region_level, schema.region, schema.region_geometry):
        engine.copy(table.name)
    batch = schema.import_batch
    engine.add(batch.name, batch.columns.keys(), sa.select(*batch.columns))
    engine.write("population", _population_at_every_depth(store, paths))
    geometry = store.read(sa.select(schema.region_geometry.c.region_code, schema.region_geometry.c.wkb))
    placed = geometry.merge(regions[["region_code", "depth", "valid_to"]], on="region_code")
    placed = placed[placed["valid_to"].isna()]
    if len(placed):
        neighbours = touching_regions(
            placed["region_code"].to_numpy(object),
            shapely.from_wkb(placed["wkb"].to_numpy(object)),
            placed["depth"].to_numpy(),
        )
        engine.write("region_neighbour", neighbours)


def _population_at_every_depth(store: WorkingStore, paths: pd.DataFrame) -> pd.DataFrame:
    """Return given populations and, where an ancestor has none for a year, the sum of its regions' own or latest ones."""
    given = store.read(sa.select(schema.population))
    if given.empty:
        return given
    placed = given.merge(paths, on="region_code")
    depth_of = placed[list(schema.ANCESTOR_COLUMNS)].notna().sum(axis=1) - 1
    current = placed[list(schema.ANCESTOR_COLUMNS)].ffill(axis=1).iloc[:, -1]
    known = (
        placed.assign(region_code=current)
        .groupby(["region_code", "year"], as_index=False)
        .agg(population=("population", "sum"), source=("source", "first"))
    )
    for depth in range(int(depth_of.max()) - 1, -1, -1):
        children = known.merge(paths, on="region_code")
        own_depth = children[list(schema.ANCESTOR_COLUMNS)].notna().sum(axis=1) - 1
        children = children[own_depth == depth + 1].rename(columns={f"code_{depth}": "parent"})
        wide = children.pivot(index=["parent", "region_code"], columns="year", values="population")
        people = added_up(wide, wide.index.get_level_values("parent"))
        summed = people.reset_index().melt("parent", var_name="year", value_name="population").dropna()
        summed["source"] = summed["parent"].map(children.groupby("parent")["source"].first())
        summed = summed.rename(columns={"parent": "region_code"})
        known = pd.concat([known, summed]).drop_duplicates(["region_code", "year"], keep="first")
    return known


def _place_records(engine: RollupEngine) -> None:
    path = engine.published["region_path"]
    for name in schema.PLACED_TABLES:
        fact = schema.metadata.tables[name]
        target = engine.published[f"{name}_placed"]
        codes = [path.c[column] for column in schema.ANCESTOR_COLUMNS]
        derived = [_unsettled_in_time(fact.c)] if fact is schema.dispute else []
        placed = sa.select(*fact.columns, *codes, *derived).select_from(
            fact.join(path, path.c.region_code == fact.c.region_code)
        )
        order = record_order(dict(placed.selected_columns.items()))
        engine.add(f"{name}_placed", [column.name for column in target.columns], placed.order_by(*order))


def _unsettled_in_time(c: sa.ColumnCollection) -> sa.ColumnElement[bool]:
    """Return whether a dispute is resolved after its due date or not yet, or red and dealt with after it or not yet."""

    def late(ended: sa.ColumnElement) -> sa.ColumnElement[bool]:
        return sa.or_(ended.is_(None), c.due_at.is_(None), ended > c.due_at)

    red_late = sa.and_(c.risk_colour == "red", late(c.red_handled_at))
    return sa.case((sa.or_(late(c.resolved_at), red_late), sa.true()), else_=sa.false()).label(schema.UNSETTLED_IN_TIME)
