"""One import: read, map, check, stage, reconcile, and merge in one transaction; nothing half is ever kept."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ImportRefused
from data_access.home import Home
from data_access.importing import merge
from data_access.importing.cells import column_of, origin
from data_access.importing.consistency.assessment_rows import check_assessment_rows
from data_access.importing.consistency.corrections import AddedUp
from data_access.importing.consistency.crossing import crossing_rows, taken_out
from data_access.importing.consistency.records import check_listed_words, check_record_rows, period_starts
from data_access.importing.consistency.responses import with_due_times
from data_access.importing.identity import looks_like_identity, refuse_identities
from data_access.importing.mapping import (
    DIMENSIONS,
    PLACES,
    QUARANTINE_NAME,
    FileRule,
    Mapping,
    Target,
    load_mapping,
    quarantine_name,
)
from data_access.importing.places import RegionIndex, located
from data_access.importing.problems import Problems
from data_access.importing.quarantine import Quarantine
from data_access.importing.readers import Batch, read_batches, refuse_no_file
from data_access.importing.report import ImportReport, TargetReport
from data_access.importing.settings import import_settings
from data_access.importing.shaping import (
    check_columns,
    file_columns,
    target_rows,
    with_whole_names,
    without,
    wkb_of,
    zero_counts,
)
from data_access.store.working import WorkingStore

Progress = Callable[[str, int], None]
FREE_TEXT = ("unit", "unit_en", "leader_post", "task", "name", "practice", "approval_basis", "authority")
"""Kept text in which every cell is checked for identities."""


@dataclass
class _Staged:
    """Rows of one file for one table, waiting to be merged."""

    report: TargetReport
    target: Target
    rule: FileRule | None = None
    """Of the file the rows come from; none for rows that the import makes itself."""
    number: int = 0
    """Of the target within its file."""
    parts: list[Path] = field(default_factory=list)
    sums: dict[str, float] = field(default_factory=dict)
    refused_rows: set[int] = field(default_factory=set)
    """Numbers of the file's rows that were refused, where rows are added up."""


def import_files(
    home: Home, mapping_path: Path, files: Sequence[Path], *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import ``files`` as ``mapping_path`` says into the working store of ``home``.

    Good rows are kept and bad ones go to a quarantine file; a file or mapping that can't be used at all changes nothing.
    Importing the same file again changes nothing; a corrected file replaces rows by source and source id.

    Raises
    ------
    ConfigError, ImportRefused, StoreBusyError
        Saying what is wrong, in which file, row or column, and what to do.
    """
    mapping, mapping_sha256 = load_mapping(mapping_path)
    chosen = _rules(mapping, files)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    digest = hashlib.sha256("".join(_sha256(path) for path, *_ in chosen).encode()).hexdigest()
    batch_id = f"{now:%Y%m%d%H%M%S}-{mapping.name}-{digest[:8]}"
    report = ImportReport(batch_id, dry_run)
    home.create()
    shutil.rmtree(home.staging, ignore_errors=True)
    staging = home.staging / batch_id
    staging.mkdir(parents=True)
    try:
        with WorkingStore.open(home) as store:
            run = _Run(
                store,
                mapping,
                mapping_path.name,
                mapping_sha256,
                batch_id,
                now,
                staging,
                progress or (lambda step, rows: None),
            )
            run.stage(chosen)
            try:
                with store.transaction():
                    run.merge(report)
                    if dry_run:
                        raise _DryRun
            except _DryRun:
                report.targets = run.reports()
        report.quarantine_files = [] if dry_run else _kept_quarantine(staging, home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return report


class _DryRun(Exception):
    """Rolls a dry run back."""


class _Run:
    """The state of one import."""

    def __init__(
        self,
        store: WorkingStore,
        mapping: Mapping,
        mapping_name: str,
        mapping_sha256: str,
        batch_id: str,
        now: datetime,
        staging: Path,
        progress: Progress,
    ) -> None:
        self.store = store
        self.mapping = mapping
        self.mapping_name = mapping_name
        self.mapping_sha256 = mapping_sha256
        self.batch_id = batch_id
        self.now = now
        self.staging = staging
        self.progress = progress
        self.staged: list[tuple[Path, _Staged]] = []
        self.index: RegionIndex | None = None

    def stage(self, chosen: Sequence[tuple[Path, FileRule, int]]) -> None:
        """Read everything, regions first, so that later rows can be placed."""
        for places in (True, False):
            for path, rule, first in chosen:
                targets = [pair for pair in enumerate(rule.target, first) if (pair[1].table in PLACES) == places]
                if targets:
                    self._stage_file(path, rule, targets)
            if places:
                self._stage_root()
                self.index = self._region_index()

    def merge(self, report: ImportReport) -> None:
        """Merge what was staged; tables together by source, so that each is touched once."""
        connection = self.store.connection
        self._write_settings(connection)
        groups: dict[tuple[str, str], list[tuple[Path, _Staged]]] = {}
        for path, staged in self.staged:
            groups.setdefault((staged.target.table, staged.target.source), []).append((path, staged))
        self._leave_out_given_again(connection)
        # What others refer to comes first: meetings before what they decided, the fund before its awards.
        places = {table.name: place for place, table in enumerate(schema.FACT_TABLES)}
        for (table_name, source), members in sorted(groups.items(), key=lambda group: places.get(group[0][0], -1)):
            table = schema.metadata.tables[table_name]
            self._refuse_crossing(connection, table_name, source, members)
            for path, staged in members:
                self.progress(path.name, staged.report.read)
                self._count_corrected(path, staged)
                if staged.parts:
                    done = merge.merge_staged(
                        connection,
                        table,
                        source,
                        staged.parts,
                        staged.target.repeated if table_name not in DIMENSIONS or staged.target.adds_up else "last",
                        staged.target.sum_column,
                        staged.target.copies == "drop",
                        self.batch_id,
                        self.now,
                    )
                    staged.report.added, staged.report.replaced = done.added, done.replaced
                    staged.report.unchanged = done.unchanged
                    staged.report.excluded += done.copies
                    self._quarantine_repeated(path, staged, done.refused)
                self._reconcile(path, staged)
                self._record(connection, path, staged.report)
        report.targets = self.reports()

    def _count_corrected(self, path: Path, staged: _Staged) -> None:
        """Let rows that were refused and corrected count once where the rows of an id are added up."""
        target = staged.target
        if not target.adds_up:
            return
        refused = QUARANTINE_NAME.fullmatch(path.name)
        file = (
            quarantine_name(refused["file"], int(refused["target"]))
            if refused
            else quarantine_name(path.name, staged.number)
        )
        table = schema.metadata.tables[target.table]
        added_up = AddedUp(self.store.connection, table, target.source, file, str(target.sum_column))
        if refused is None:
            added_up.take_file(staged.parts, staged.refused_rows)
        elif not refused["reason"]:
            added_up.take_corrected(staged.parts)

    def _leave_out_given_again(self, connection: sa.Connection) -> None:
        """Let the last file of an import stand for a row that several give, so that importing them again changes nothing."""
        later: dict[str, list[Path]] = {}
        for path, staged in reversed(self.staged):
            if staged.target.adds_up and QUARANTINE_NAME.fullmatch(path.name):
                continue  # such rows come to those of their file
            table = schema.metadata.tables[staged.target.table]
            following = later.setdefault(table.name, [])
            if following and staged.parts:
                staged.report.given_again = merge.given_again(connection, table, staged.parts, following)
            following += staged.parts

    def reports(self) -> list[TargetReport]:
        """Return what became of each file's rows."""
        return [staged.report for _, staged in self.staged]

    # -- reading --------------------------------------------------------------------------------------------------------

    def _stage_file(self, path: Path, rule: FileRule, targets: Sequence[tuple[int, Target]]) -> None:
        waiting = [
            _Staged(TargetReport(path.name, target.table, target.source, sheet=rule.sheet or ""), target, rule, number)
            for number, target in targets
        ]
        quarantines = [self._quarantine(path, staged) for staged in waiting]
        held: list[list[pd.DataFrame]] = [[] for _ in waiting]
        first = True
        for batch in read_batches(path, rule, import_settings().batch_rows):
            batch = with_whole_names(batch, rule, [target for _, target in targets])
            if first:
                check_columns(path, rule, [target for _, target in targets], batch)
                refuse_identities(batch.rows, batch.numbers, rule.drop, path.name)
                first = False
            kept = Batch(without(batch.rows, rule.drop), batch.numbers, batch.shapes)
            for staged, quarantine, frames in zip(waiting, quarantines, held, strict=True):
                frame = self._target_rows(kept, rule, staged, quarantine)
                if staged.target.table in DIMENSIONS:
                    frames.append(frame)
                else:
                    self._write_part(staged, frame)
            self.progress(path.name, len(kept.rows))
        for staged, quarantine, frames in zip(waiting, quarantines, held, strict=True):
            if any(len(frame) for frame in frames):
                self._write_dimension(staged, pd.concat(frames, ignore_index=True))
            staged.report.quarantined = quarantine.count
            staged.report.problems = list(zip(quarantine.lines("en"), quarantine.lines("zh"), strict=True))
            self.staged.append((path, staged))
            if staged.target.absent == "zero":
                self._stage_zeros(staged)

    def _stage_zeros(self, staged: _Staged) -> None:
        """Add a zero for every region of the rows' level and every period of their span: nothing there means none."""
        assert self.index is not None
        columns = ["region_code", "period_start", "grain", "measure"]
        frames = [pd.read_parquet(part, columns=columns) for part in staged.parts]
        if frames and not QUARANTINE_NAME.fullmatch(staged.report.file):
            zeros = zero_counts(pd.concat(frames, ignore_index=True), self.index.regions)
            self._stage_made("reported_count", staged.target.source, zeros.assign(source=staged.target.source))

    def _quarantine(self, path: Path, staged: _Staged, reason: str = "") -> Quarantine:
        """Return the file for refused rows; those of a file of refused rows go back to that file."""
        refused = QUARANTINE_NAME.fullmatch(path.name)
        file, number = (refused["file"], int(refused["target"])) if refused else (path.name, staged.number)
        return Quarantine(self.staging / "quarantine" / quarantine_name(file, number, reason), staged.report.label)

    def _target_rows(self, batch: Batch, rule: FileRule, staged: _Staged, quarantine: Quarantine) -> pd.DataFrame:
        """Return the good rows of a batch as columns of the target, and put the bad ones in quarantine."""
        target, report = staged.target, staged.report
        problems = Problems(report.file)
        shaped, left_out = target_rows(batch, rule, target, problems)
        rows = shaped.rows
        report.read += len(rows) + left_out
        report.excluded += left_out
        table = schema.metadata.tables[target.table]
        frame = pd.DataFrame(index=rows.index)
        frame["source"] = target.source
        for name, column_rule in target.columns.items():
            frame[name] = column_of(rows, name, column_rule, table.c[name], problems)
        frame = frame.assign(**target.defaults)
        if target.region is not None:
            assert self.index is not None
            places, disagreements = located(rows, target.region, self.index, problems)
            report.disagreements += disagreements
            frame["region_code"] = places["region_code"]
            if "lon" in table.c:
                frame["lon"], frame["lat"] = places["lon"], places["lat"]
        if target.geometry:
            frame["wkb"] = wkb_of(shaped.shapes, rule, problems, len(rows))
        if target.table == "region":
            frame["name_en"] = frame["name_en"] if "name_en" in frame else frame["name"]
        if target.table == "alarm_response":
            frame = with_due_times(frame)
        _check_kept_text(frame, problems)
        if target.table == "reported_count":
            frame["period_start"] = period_starts(frame["period_start"], frame["grain"])
        check_record_rows(target.table, frame, problems)
        check_listed_words(target.table, frame, problems)
        check_assessment_rows(target.table, frame, problems)
        quarantine.write(file_columns(rows, rule), shaped.numbers, problems, shaped.shapes)
        good = problems.good(len(frame))
        if target.adds_up:
            staged.refused_rows.update(shaped.numbers[~good].tolist())
        for name in target.expect_sum:
            staged.sums[name] = staged.sums.get(name, 0.0) + float(
                pd.to_numeric(frame.loc[good.to_numpy(), name]).sum()
            )
        frame[merge.ROW] = shaped.numbers
        if target.copies == "drop":
            frame[merge.CONTENT] = pd.util.hash_pandas_object(
                file_columns(rows, rule).astype("str"), index=False
            ).astype("int64")
        return frame[good.to_numpy()]

    def _write_part(self, staged: _Staged, frame: pd.DataFrame) -> None:
        table = schema.metadata.tables[staged.target.table]
        if frame.empty:
            return
        part = self.staging / f"{staged.report.table}-{len(self.staged)}-{id(staged)}-{len(staged.parts)}.parquet"
        pq.write_table(_arrow(frame, table), part, compression="lz4")
        staged.parts.append(part)

    def _write_dimension(self, staged: _Staged, frame: pd.DataFrame) -> None:
        """Write regions, shapes and populations: one row a key, shapes of one region joined."""
        key = list(merge.key_of(schema.metadata.tables[staged.target.table]))
        before = len(frame)
        if staged.target.table == "region_geometry":
            shapes = shapely.from_wkb(frame["wkb"].to_numpy(object))
            joined = gpd.GeoDataFrame(frame.drop(columns="wkb"), geometry=shapes).dissolve(
                "region_code", as_index=False
            )
            frame = pd.DataFrame(joined.drop(columns="geometry")).assign(wkb=shapely.to_wkb(joined.geometry.to_numpy()))
        elif not staged.target.adds_up:
            frame = frame.drop_duplicates(key, keep="last")
        if staged.target.table == "region":
            frame = frame.assign(level=frame["depth"].astype(int).map(dict(enumerate(schema.LEVELS))))
        staged.report.excluded += before - len(frame)
        self._write_part(staged, frame)

    def _stage_root(self) -> None:
        """Add the region that no file has, with the union of its children's shapes."""
        root = self.mapping.root
        if root is None:
            return
        source = self.mapping.name
        row = {
            "region_code": root.code,
            "name": root.name,
            "name_en": root.name_en,
            "level": "city",
            "depth": 0,
            "source": source,
        }
        self._stage_made("region", source, pd.DataFrame([row]))
        shapes = self._staged_frame("region_geometry")
        regions = self._staged_frame("region")
        if len(shapes):
            depths = regions.set_index("region_code")["depth"]
            outer = shapes[shapes["region_code"].map(depths) == 1]
            union = shapely.union_all(shapely.from_wkb(outer["wkb"].to_numpy(object)))
            made = pd.DataFrame([{"region_code": root.code, "wkb": shapely.to_wkb(union), "source": source}])
            self._stage_made("region_geometry", source, made)

    def _stage_made(self, table: str, source: str, frame: pd.DataFrame) -> None:
        target = Target.model_construct(
            table=table, source=source, columns={}, repeated="last", expect_sum={}, expect_rows=None, sum_column=None
        )
        staged = _Staged(TargetReport(self.mapping_name, table, source, read=len(frame)), target)
        self._write_part(staged, frame.assign(**{merge.ROW: range(len(frame))}))
        self.staged.append((self.staging / self.mapping_name, staged))

    def _staged_frame(self, table: str) -> pd.DataFrame:
        parts = [part for _, staged in self.staged if staged.target.table == table for part in staged.parts]
        return pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True) if parts else pd.DataFrame()

    def _region_index(self) -> RegionIndex:
        """Return the regions that rows may name: those held and those of this import, which win."""
        columns = ["region_code", "name", "name_en", "parent_code", "depth"]
        held = self.store.read(sa.select(*(schema.region.c[name] for name in columns)))
        fresh = self._staged_frame("region")
        regions = pd.concat([held, fresh.reindex(columns=columns)] if len(fresh) else [held], ignore_index=True)
        regions = regions.drop_duplicates("region_code", keep="last")
        geometry = self.store.read(sa.select(schema.region_geometry.c.region_code, schema.region_geometry.c.wkb))
        shapes = pd.concat([geometry, self._staged_frame("region_geometry").reindex(columns=["region_code", "wkb"])])
        shapes = shapes.drop_duplicates("region_code", keep="last")
        polygons = shapely.from_wkb(shapes["wkb"].to_numpy(object)) if len(shapes) else np.array([], object)
        return RegionIndex(regions, shapes["region_code"].to_numpy(object), polygons)

    # -- writing --------------------------------------------------------------------------------------------------------

    def _write_settings(self, connection: sa.Connection) -> None:
        if self.mapping.dataset:
            keys = list(self.mapping.dataset)
            connection.execute(sa.delete(schema.dataset).where(schema.dataset.c.key.in_(keys)))
            connection.execute(
                sa.insert(schema.dataset), [{"key": key, "value": value} for key, value in self.mapping.dataset.items()]
            )
        if self.mapping.level:
            connection.execute(sa.delete(schema.region_level))
            rows = [{**rule.model_dump(), "level": schema.LEVELS[rule.depth]} for rule in self.mapping.level]
            connection.execute(sa.insert(schema.region_level), rows)

    def _refuse_crossing(
        self, connection: sa.Connection, table_name: str, source: str, members: Sequence[tuple[Path, _Staged]]
    ) -> None:
        """Put in quarantine the rows that contradict others of this import or those held."""
        parts = [part for _, staged in members for part in staged.parts]
        refused = crossing_rows(connection, table_name, source, parts)
        if refused.empty:
            return
        for path, staged in members:
            rows = taken_out(staged.parts, refused)
            if rows.empty:
                continue
            for name in staged.target.expect_sum:
                staged.sums[name] -= float(pd.to_numeric(rows[name]).sum())
            self._quarantine_original(path, staged, rows, refused, "crossing")

    def _quarantine_repeated(self, path: Path, staged: _Staged, refused: pd.DataFrame) -> None:
        if refused.empty:
            return
        why = pd.DataFrame({"source_id": refused["source_id"], "reason": "repeated_id"})
        why["column"] = origin(staged.target.columns["source_id"], "source_id")
        why["value"] = why["source_id"]
        self._quarantine_original(path, staged, refused, why.drop_duplicates("source_id"), "repeated")

    def _quarantine_original(
        self, path: Path, staged: _Staged, rows: pd.DataFrame, why: pd.DataFrame, name: str
    ) -> None:
        """Put staged rows that don't go with others in quarantine as they stood in the file, so that it can be imported.

        Parameters
        ----------
        rows : DataFrame
            The staged rows.
        why : DataFrame
            ``source_id, reason, column, value``, one row an id.
        """
        assert staged.rule is not None
        rule, target = staged.rule, staged.target
        wanted = set(zip(rows[merge.ROW], rows["source_id"], strict=True))
        reasons = why.set_index("source_id")
        file = self._quarantine(path, staged, name)
        column = schema.metadata.tables[target.table].c["source_id"]
        for batch in read_batches(path, rule, import_settings().batch_rows):
            kept = Batch(without(batch.rows, rule.drop), batch.numbers, batch.shapes)
            shaped, _ = target_rows(kept, rule, target, Problems(path.name))
            ids = column_of(shaped.rows, "source_id", target.columns["source_id"], column, Problems(path.name))
            own = [pair in wanted for pair in zip(shaped.numbers, ids, strict=True)]
            problems = Problems(path.name)
            for place, source_id in enumerate(ids[own]):
                reason, of, value = reasons.loc[source_id, ["reason", "column", "value"]]
                problems.rows[place] = (str(reason), str(of), str(value))
            original = file_columns(shaped.rows, rule)[own].reset_index(drop=True)
            file.write(original, shaped.numbers[own].reset_index(drop=True), problems)
        staged.report.quarantined += file.count
        staged.report.problems += list(zip(file.lines("en"), file.lines("zh"), strict=True))

    def _reconcile(self, path: Path, staged: _Staged) -> None:
        report, target = staged.report, staged.target
        if not report.reconciles():
            raise _not_reconciled(path.name, "rows", report.read, report.read - report.left_out)
        if QUARANTINE_NAME.fullmatch(path.name):
            return  # a part of the file that the mapping knows the totals of
        kept = report.added + report.replaced + report.unchanged + report.given_again
        if target.expect_rows is not None and kept != target.expect_rows:
            raise _not_reconciled(path.name, "rows", target.expect_rows, kept, report)
        for name, expected in target.expect_sum.items():
            if abs(staged.sums.get(name, 0.0) - expected) > 1e-6 * max(abs(expected), 1.0):
                raise _not_reconciled(path.name, name, expected, staged.sums.get(name, 0.0), report)

    def _record(self, connection: sa.Connection, path: Path, report: TargetReport) -> None:
        connection.execute(
            sa.insert(schema.import_batch).values(
                batch_id=self.batch_id,
                source=report.source,
                target=report.table,
                file_name=report.file,
                file_sha256=_sha256(path) if path.exists() else self.mapping_sha256,
                mapping_name=self.mapping_name,
                mapping_sha256=self.mapping_sha256,
                rows_read=report.read,
                rows_added=report.added,
                rows_replaced=report.replaced,
                rows_unchanged=report.unchanged,
                rows_quarantined=report.quarantined,
                rows_excluded=report.excluded + report.given_again,
                region_disagreements=report.disagreements,
                started_at=self.now,
                finished_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            )
        )


def _rules(mapping: Mapping, files: Sequence[Path]) -> list[tuple[Path, FileRule, int]]:
    chosen: list[tuple[Path, FileRule, int]] = []
    for path in files:
        refuse_no_file(path)
        rules = mapping.rules_for(path)
        if not rules:
            patterns = ", ".join(rule.match for rule in mapping.file)
            raise ImportRefused(
                f"{path.name} fits no file of mapping {mapping.name}, which knows {patterns}.",
                f"{path.name} 与映射 {mapping.name} 中的任何文件都不符，该映射包括：{patterns}。",
                file=path.name,
            )
        chosen += [(path, rule, first) for rule, first in rules]
    return chosen


def _check_kept_text(frame: pd.DataFrame, problems: Problems) -> None:
    for name in FREE_TEXT:
        if name in frame:
            hidden = pd.Series("…", index=frame.index)
            problems.add(looks_like_identity(frame[name].astype("str")), "identity", name, hidden)


def _arrow(frame: pd.DataFrame, table: sa.Table) -> pa.Table:
    """Return ``frame`` with every column of ``table`` in its type, ready to be merged."""
    columns = {}
    for column in table.columns:
        kind = _ARROW[type(column.type)]
        if column.name not in frame:
            columns[column.name] = pa.nulls(len(frame), kind)
            continue
        cells = frame[column.name]
        columns[column.name] = pa.Array.from_pandas(cells if kind != pa.date32() else pd.to_datetime(cells)).cast(kind)
    for name in (merge.ROW, merge.CONTENT):
        if name in frame:
            columns[name] = pa.array(frame[name], pa.int64())
    return pa.table(columns)


_ARROW = {
    sa.String: pa.string(),
    sa.Integer: pa.int64(),
    sa.Float: pa.float64(),
    sa.Boolean: pa.bool_(),
    sa.Date: pa.date32(),
    sa.DateTime: pa.timestamp("us"),
    sa.LargeBinary: pa.binary(),
}


def _kept_quarantine(staging: Path, home: Home) -> list[Path]:
    """Move this import's quarantine files to where they stay; earlier ones of the same file are replaced."""
    kept = []
    for path in sorted((staging / "quarantine").glob("*.csv")) if (staging / "quarantine").is_dir() else []:
        final = home.quarantine / path.name
        shutil.move(path, final)
        kept.append(final)
    return kept


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _not_reconciled(
    file: str, what: str, expected: float, found: float, report: TargetReport | None = None
) -> ImportRefused:
    english = chinese = ""
    if report is not None and report.problems:
        first = report.problems[0]
        english = f" {report.quarantined} rows were refused, the first: {first[0]}."
        chinese = f"有 {report.quarantined} 行被拒，首处：{first[1]}。"
    return ImportRefused(
        f"{file}: {what} should come to {expected:g} but come to {found:g}.{english} Nothing was imported; check the file.",
        f"{file}:{what} 应为 {expected:g}，实为 {found:g}。{chinese}未导入任何数据，请核对该文件。",
        code="not_reconciled",
        file=file,
    )
