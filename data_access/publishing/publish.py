"""One publish: check, build a new immutable snapshot file, then point to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.ledger.held import held_snapshot_ids
from data_access.measures import definitions_sha256, load_histograms, load_measures
from data_access.publishing import checks, coverage, rollups
from data_access.publishing.lateness import source_lateness
from data_access.publishing.neighbours import touching_regions
from data_access.publishing.paths import region_paths
from data_access.publishing.quality import source_quality
from data_access.store.snapshot_files import building_file
from data_access.store.snapshot_store import SnapshotStore, snapshot_store
from data_access.store.working import WorkingStore, registered

Progress = Callable[[float, str], None]
Published = Mapping[str, sa.Table]
CATALOGUE = "published"
"""Name under which the snapshot being built is attached beside the working tables."""


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
        report(0.02, "check")
        checks.check_batches(store)
        dataset = dict(store.read(sa.select(schema.dataset)).itertuples(index=False, name=None))
        regions = store.read(sa.select(schema.region))
        paths = region_paths(regions)
        file = building_file(home)
        snapshots = snapshot_store(home)
        connection = store.connection
        with store.transaction():
            connection.execute(sa.text(f"attach {_quoted(str(file))} as {CATALOGUE}"))
        published = _published_tables()
        try:
            snapshot_id = _build(store, published, regions, paths, dataset, snapshots, report)
        except BaseException:
            store.close()
            file.unlink(missing_ok=True)
            raise
        with store.transaction():
            connection.execute(sa.text(f"detach {CATALOGUE}"))
        try:
            snapshots.keep(
                file, snapshot_id, lambda done, step: report(0.95 + done * 0.05, step), held_snapshot_ids(home)
            )
        finally:
            file.unlink(missing_ok=True)
    report(1.0, "done")
    return snapshot_id


def _build(
    store: WorkingStore,
    published: Published,
    regions: pd.DataFrame,
    paths: pd.DataFrame,
    dataset: Mapping[str, str],
    snapshots: SnapshotStore,
    report: Progress,
) -> str:
    """Fill the attached file step by step and return its snapshot id.

    Each step commits and is written out: nobody sees the file before it gets its name, and DuckDB 2.0 was seen to scan
    rows of an attached file that were not yet written out as if they weren't there.
    """
    measures = load_measures()
    connection = store.connection
    through = coverage.data_through(store, measures, dataset)
    path = published["region_path"]
    with _step(store):
        for table in published.values():
            table.create(connection)
    with _step(store):
        _write(connection, path, paths)
    checks.check_regions_known(store, path)
    report(0.05, "regions")
    with _step(store):
        _copy_regions(store, published, regions, paths)
    report(0.15, "records")
    with _step(store):
        _place_records(connection, published)
    report(0.35, "roll_ups")
    covered = coverage.measure_coverage(store, measures, dataset, through)
    groups = rollups.record_groups(measures)
    for number, (table_name, members) in enumerate(groups, start=1):
        with _step(store):
            rollups.count_records(connection, published, table_name, members)
        report(0.35 + 0.4 * number / len(groups), "roll_ups")
    with _step(store):
        rollups.add_reported(connection, published, coverage.accepted_counts(store, path, covered, dataset))
    with _step(store):
        rollups.add_up_years(connection, published, measures)
    for name in rollups.TOTALLED:
        with _step(store):
            rollups.add_totals(connection, published, name)
    with _step(store):
        rollups.count_histograms(connection, published, load_histograms())
    report(0.85, "reconcile")
    checks.check_rollups(store, published, measures)
    snapshot_id = _next_snapshot_id(snapshots.kept_snapshot_ids(), through)
    with _step(store):
        _write(connection, published["measure_coverage"], covered)
        _write(connection, published["source_lateness"], source_lateness(store, path, covered, through))
        _write(connection, published["source_quality"], source_quality(store, path))
        connection.execute(
            sa.insert(published["snapshot"]).values(
                snapshot_id=snapshot_id,
                schema_version=schema.SCHEMA_VERSION,
                data_through=through,
                published_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
                config_sha256=definitions_sha256(),
            )
        )
    report(0.95, "write")
    return snapshot_id


def _next_snapshot_id(kept: Sequence[str], data_through: date) -> str:
    """Return the quarter of the data and a number that only grows."""
    used = [int(snapshot_id.rpartition("-")[2]) for snapshot_id in kept]
    return f"{data_through.year}Q{(data_through.month + 2) // 3}-{max(used, default=0) + 1:04d}"


@contextmanager
def _step(store: WorkingStore) -> Iterator[None]:
    """Commit what is done inside, and write it out before anything reads it."""
    with store.transaction():
        yield
    with store.transaction() as connection:
        connection.execute(sa.text(f"checkpoint {CATALOGUE}"))


def _published_tables() -> Published:
    metadata = sa.MetaData()
    tables = (*schema.REGION_TABLES, *schema.ROLLUP_TABLES, schema.import_batch)
    return {table.name: table.to_metadata(metadata, schema=CATALOGUE) for table in tables}


def _write(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    rows = pa.Table.from_pandas(frame[[column.name for column in table.columns]], preserve_index=False)
    with registered(connection, "derived_rows", rows) as derived:
        connection.execute(
            sa.insert(table).from_select(
                rows.column_names, sa.select(*(derived.c[c.name].cast(c.type) for c in table.columns))
            )
        )


def _copy_regions(store: WorkingStore, published: Published, regions: pd.DataFrame, paths: pd.DataFrame) -> None:
    for table in (schema.dataset, schema.region_level, schema.region, schema.region_geometry, schema.import_batch):
        store.connection.execute(
            sa.insert(published[table.name]).from_select(table.columns.keys(), sa.select(*table.columns))
        )
    _write(store.connection, published["population"], _population_at_every_depth(store, paths))
    geometry = store.read(sa.select(schema.region_geometry.c.region_code, schema.region_geometry.c.wkb))
    placed = geometry.merge(regions[["region_code", "depth", "valid_to"]], on="region_code")
    placed = placed[placed["valid_to"].isna()]
    if len(placed):
        neighbours = touching_regions(
            placed["region_code"].to_numpy(object),
            shapely.from_wkb(placed["wkb"].to_numpy(object)),
            placed["depth"].to_numpy(),
        )
        _write(store.connection, published["region_neighbour"], neighbours)


def _population_at_every_depth(store: WorkingStore, paths: pd.DataFrame) -> pd.DataFrame:
    """Return given populations and, where an ancestor has none for a year, the sum of its regions' own."""
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
        summed = (
            children[own_depth == depth + 1]
            .groupby([f"code_{depth}", "year"], as_index=False)
            .agg(population=("population", "sum"), source=("source", "first"))
            .rename(columns={f"code_{depth}": "region_code"})
        )
        known = pd.concat([known, summed]).drop_duplicates(["region_code", "year"], keep="first")
    return known


def _place_records(connection: sa.Connection, published: Published) -> None:
    path = published["region_path"]
    for name in schema.PLACED_TABLES:
        fact = schema.metadata.tables[name]
        target = published[f"{name}_placed"]
        codes = [path.c[column] for column in schema.ANCESTOR_COLUMNS]
        order = [fact.c[column] for column in ("occurred_on", "received_at") if column in fact.c]
        connection.execute(
            sa.insert(target).from_select(
                [column.name for column in target.columns],
                sa.select(*fact.columns, *codes)
                .select_from(fact.join(path, path.c.region_code == fact.c.region_code))
                .order_by(*order),
            )
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace(":", "\\:") + "'"
