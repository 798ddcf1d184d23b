"""The lake: a folder that offices deliver their records to as Parquet, the long tables divided by year and region.

``offices/SENDER/TIME/TABLE/…`` holds one delivery, ``delivery.json`` beside the tables says what is in it. A delivery is all
that an office has; it gets its name when it is complete, and a publish counts the newest one of each office.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import sqlalchemy as sa

from data_access import schema
from data_access.cluster.settings import cluster_settings
from data_access.errors import ConfigError, PublishRefused
from data_access.home import ClusterAddress
from data_access.publishing.paths import region_paths
from data_access.store.frames import arrow_rows
from data_access.store.working import WorkingStore, registered

DELIVERED_TABLES = (*schema.FACT_TABLES, schema.import_batch)
DIVIDED_BY = {
    "incident": "occurred_on",
    "dispute": "received_at",
    "reported_count": "period_start",
    "alarm_response": "received_at",
}
"""The long tables and the time whose year divides them; beside it the region of depth 1 does."""
_OFFICES, _MANIFEST, _BUILDING = "offices", "delivery.json", "building-"
_SENDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TIME = re.compile(r"[0-9]{8}T[0-9]{12}")
_ELSEWHERE = "elsewhere"
"""Region of rows whose code is unknown; the publish names and refuses them."""


@dataclass(frozen=True)
class Delivery:
    """What one office delivered at one time."""

    sender: str
    delivered_at: str
    """UTC, as digits that sort."""
    folder: Path
    rows: Mapping[str, int]

    def table(self, name: str) -> Path:
        """Return the folder with the Parquet files of a table."""
        return self.folder / name

    def rows_that_arrived(self, name: str) -> int:
        """Return how many rows the files of a table hold, as their footers say.

        Raises
        ------
        PublishRefused
            When a file can't be read.
        """
        files = self.table(name).rglob("*.parquet")
        try:
            return sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
        except (OSError, pa.ArrowException) as error:
            raise PublishRefused(
                f"Not published: the delivery of {self.sender} can't be read ({name}: {error}). Deliver again.",
                f"未发布：{self.sender} 的报送数据无法读取（{name}：{error}）。请重新报送。",
                sender=self.sender,
            ) from error


def deliver(store: WorkingStore, address: ClusterAddress) -> Delivery:
    """Write all records of the working store to the lake as the newest delivery of ``address.sender``.

    Raises
    ------
    ConfigError
        When the sender's name can't be a folder's, or the lake can't be written.
    """
    office = _office(address)
    delivered_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    building = office / f"{_BUILDING}{delivered_at}"
    try:
        for leftover in office.glob(f"{_BUILDING}*"):
            shutil.rmtree(leftover)
        building.mkdir(parents=True)
        rows = _write_tables(store, building)
        manifest = {"schema_version": schema.SCHEMA_VERSION, "rows": rows}
        (building / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        folder = office / delivered_at
        building.rename(folder)
        for old in _complete(office)[: -cluster_settings().kept_deliveries]:
            shutil.rmtree(old)
    except OSError as error:
        raise _unusable(address.lake, error) from error
    return Delivery(address.sender, delivered_at, folder, rows)


def newest_deliveries(lake: Path) -> list[Delivery]:
    """Return the newest delivery of each office, by office.

    Raises
    ------
    PublishRefused
        When one was written by another version of this program.
    ConfigError
        When an office's folder has no plain name: what it delivered is not left out in silence.
    """
    newest = []
    for office in sorted(path for path in (lake / _OFFICES).glob("*") if path.is_dir()):
        _check_sender(office.name)
        complete = _complete(office)
        if not complete:
            continue
        manifest = json.loads((complete[-1] / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["schema_version"] != schema.SCHEMA_VERSION:
            raise PublishRefused(
                f"Not published: the delivery of {office.name} has schema version {manifest['schema_version']}; this "
                f"program reads {schema.SCHEMA_VERSION}. Deliver again with the same version of the program.",
                f"未发布：{office.name} 报送数据的结构版本为 {manifest['schema_version']}，本程序读取 {schema.SCHEMA_VERSION}。"
                "请用同一版本的程序重新报送。",
                sender=office.name,
            )
        newest.append(Delivery(office.name, complete[-1].name, complete[-1], manifest["rows"]))
    return newest


def scratch_folder(address: ClusterAddress) -> Path:
    """Return an empty folder in the lake for one publish of ``address.sender``."""
    scratch = address.lake.resolve() / "scratch" / _office(address).name
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
    except OSError as error:
        raise _unusable(address.lake, error) from error
    return scratch


def _office(address: ClusterAddress) -> Path:
    _check_sender(address.sender)
    return address.lake.resolve() / _OFFICES / address.sender


def _check_sender(sender: str) -> None:
    """Raise unless the name can stand in a statement: whoever may write to the lake chooses it."""
    if not _SENDER.fullmatch(sender):
        raise ConfigError(
            f"Sender {sender!r} can't name an office of the lake. Use up to 40 of a-z, 0-9, - and _.",
            f"报送单位代号“{sender}”无效。请使用不超过 40 个 a-z、0-9、- 或 _ 字符。",
            sender=sender,
        )


def _complete(office: Path) -> list[Path]:
    return sorted(path for path in office.iterdir() if (path / _MANIFEST).exists() and _TIME.fullmatch(path.name))


def _write_tables(store: WorkingStore, folder: Path) -> dict[str, int]:
    paths = region_paths(store.read(sa.select(schema.region)))
    rows = {}
    with store.transaction() as connection:
        with registered(connection, "delivered_path", arrow_rows(schema.region_path, paths)):
            for table in DELIVERED_TABLES:
                target = folder / table.name
                target.mkdir()
                connection.exec_driver_sql(_copy_statement(table, target))
                rows[table.name] = int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
    return rows


def _copy_statement(table: sa.Table, target: Path) -> str:
    columns = ", ".join(f'fact."{column.name}"' for column in table.columns)
    time = DIVIDED_BY.get(table.name)
    if time is None:
        return f"copy (select {columns} from {table.name} fact) to {_quoted(target / 'rows.parquet')} (format parquet)"  # nosec B608  # declared names and own paths
    region = f"coalesce(path.code_1, path.code_0, '{_ELSEWHERE}')"
    return (
        f"copy (select {columns}, year(fact.{time}) as in_year, {region} as in_region from {table.name} fact"  # nosec B608  # declared names and own paths
        f" left join delivered_path path on path.region_code = fact.region_code)"
        f" to {_quoted(target)} (format parquet, partition_by (in_year, in_region), overwrite_or_ignore)"
    )


def _quoted(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _unusable(lake: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"The lake {lake} can't be used: {error.strerror or error}. Mount it, or name another folder with --lake.",
        f"报送目录 {lake} 无法使用：{error.strerror or error}。请挂载该目录，或用 --lake 指定其他目录。",
        path=str(lake),
    )
