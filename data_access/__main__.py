"""Command line of the data: demonstration city, import, publish, status."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from data_access.access import Scope
from data_access.audit import AuditBook, acting_as_operator
from data_access.audit.command_line import audit_commands
from data_access.clock import local_time
from data_access.errors import (
    AuditUnavailableError,
    DataAccessError,
    ImportRefused,
    SchemaVersionError,
    StoreBusyError,
    StoreUnavailableError,
)
from data_access.home import ClusterAddress, Home
from data_access.ledger.command_line import ledger_commands
from data_access.progress import progress_bar
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.snapshot_store import snapshot_store
from data_access.store.working import WorkingStore

RECORD_ATTEMPTS, WAIT_SECONDS = 10, 3.0


class _PlainErrors(click.Group):
    """Show a user's error as one sentence instead of a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except DataAccessError as error:
            click.echo(error.message_for_operator(context.params.get("language", "zh")), err=True)
            sys.exit(1)


@click.group(cls=_PlainErrors)
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the data set (default: PINGAN_HOME or var).")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="Language of messages.")
@click.pass_context
def main(context: click.Context, home: Path | None, language: str) -> None:
    """Fill, publish and inspect the shared database."""
    context.obj = Home(home) if home else Home.default()


@main.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when something has been published already.")
@click.pass_obj
def demo(home: Home, if_empty: bool) -> None:
    """Build the demonstration city and publish it."""
    if if_empty and _has_data(home):
        return
    # Here, not above: what only building needs would keep `make run` from serving what there is for a second.
    from data_access.demo import load_demonstration

    with progress_bar("demo", _language()) as at:
        load_demonstration(home, lambda done, step: at(done * 0.3, step))
        snapshot_id = publish(home, lambda done, step: at(0.3 + done * 0.7, step))
    _recorded(home, "publish", snapshot_id, of="demonstration")
    click.echo(snapshot_id)


_lake = click.option(
    "--lake",
    type=click.Path(path_type=Path),
    envvar="PINGAN_LAKE",
    help="Folder that offices deliver to, the same on every machine of the cluster (default: lake in the data folder).",
)
_sender = click.option("--sender", default="main", help="Name of this office among those that deliver to the lake.")


@main.command("publish")
@click.option(
    "--engine",
    type=click.Choice(["embedded", "spark"]),
    default="embedded",
    help="What counts: this machine, or Spark.",
)
@click.option("--master", envvar="SPARK_MASTER", help="With --engine spark: its master, spark://host:7077.")
@_lake
@_sender
@click.pass_obj
def publish_command(home: Home, engine: str, master: str | None, lake: Path | None, sender: str) -> None:
    """Publish what has been imported as a new snapshot; with --engine spark all that offices delivered, too."""
    if engine == "spark":
        home = replace(home, cluster=_cluster(home, master or "", lake, sender))
    with progress_bar("publish", _language()) as at:
        snapshot_id = publish(home, at)
    _recorded(home, "publish", snapshot_id, **({"engine": engine} if engine != "embedded" else {}))
    click.echo(snapshot_id)


@main.command("deliver")
@_lake
@_sender
@click.pass_obj
def deliver_command(home: Home, lake: Path | None, sender: str) -> None:
    """Hand over what has been imported here as Parquet, for the office that publishes on a cluster."""
    from data_access.cluster.deliveries import deliver

    with WorkingStore.open(home) as store:
        delivery = deliver(store, _cluster(home, "", lake, sender))
    _recorded(home, "deliver", sender=sender, delivered_at=delivery.delivered_at, rows=sum(delivery.rows.values()))
    click.echo(delivery.folder)


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", required=True, type=click.Path(path_type=Path), help="What each column is (TOML).")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.pass_context
def import_command(context: click.Context, files: tuple[Path, ...], mapping: Path, dry_run: bool) -> None:
    """Bring files into the working store; publish afterwards."""
    _import(context, mapping, files, dry_run)


@main.command()
@click.option("--mapping", required=True, type=click.Path(path_type=Path), help="What each column is (TOML).")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with the files of the mapping.")
@click.pass_context
def build(context: click.Context, mapping: Path, data: Path) -> None:
    """Import every file of a folder that the mapping knows, and publish."""
    from data_access.importing.mapping import load_mapping

    rules, _ = load_mapping(mapping)
    if not data.is_dir():
        raise ImportRefused(f"There is no folder {data}.", f"没有文件夹 {data}。")
    files = tuple(sorted(path for path in data.iterdir() if path.is_file() and rules.rules_for(path)))
    found = {id(rule) for path in files for rule, _ in rules.rules_for(path)}
    lacking = ", ".join(rule.match for rule in rules.file if id(rule) not in found and not rule.optional)
    if lacking:
        raise ImportRefused(
            f"{data} has no file for {lacking} of mapping {rules.name}. Add it, or write optional = true there.",
            f"{data} 中没有映射 {rules.name} 所需的文件（{lacking}）。请补齐，或在映射中写明 optional = true。",
        )
    _import(context, mapping, files, dry_run=False)
    home = _home(context)
    with progress_bar("publish", _language()) as at:
        snapshot_id = publish(home, at)
    _recorded(home, "publish", snapshot_id)
    click.echo(snapshot_id)


@main.command()
@click.pass_obj
def status(home: Home) -> None:
    """Show the served snapshot and what it stands on."""
    reader = SnapshotReader(home)
    info = reader.snapshot()
    click.echo(f"{info.snapshot_id}  {info.name('zh')}  {info.data_through}")
    click.echo(reader.coverage(Scope("analyst", info.root_code)).to_string(index=False))
    if (since := reader.unreachable_since()) is not None:
        last_good = {
            "en": f"The shared database can't be reached since {local_time(since)}: this is the last good snapshot.",
            "zh": f"共享数据库自 {local_time(since)} 起无法连接，以上为最近一次可用的数据快照。",
        }
        click.echo(last_good[_language()], err=True)


@main.command("migrate")
@click.option("--shards", type=click.Path(path_type=Path), help="The servers that rows lie on from now on (TOML).")
@click.pass_obj
def migrate_command(home: Home, shards: Path | None) -> None:
    """Bring the shared database (DATABASE_URL) and its shards to the present set-up."""
    if not home.database_url:
        click.echo("DATABASE_URL: —")
        return
    from data_access.store.postgresql.shards import read_shards, set_up_shards
    from data_access.store.postgresql.upgrade import upgrade

    named = read_shards(shards) if shards else None
    found, newest = upgrade(home.database_url)
    click.echo(f"{found or '—'} → {newest}")
    for name, (found, newest) in set_up_shards(home.database_url, named).items():
        click.echo(f"{name}: {found or '—'} → {newest}")


main.add_command(ledger_commands)
main.add_command(audit_commands)


def _home(context: click.Context) -> Home:
    home = context.find_object(Home)
    assert home is not None, "the main command makes it"
    return home


def _language() -> str:
    """Return the language of the command's messages."""
    return str(click.get_current_context().find_root().params["language"])


def _import(context: click.Context, mapping: Path, files: tuple[Path, ...], dry_run: bool) -> None:
    from data_access.importing.report import report_lines
    from data_access.importing.run import import_files

    home = _home(context)
    language = _language()
    with progress_bar("import", language, measured=False) as at:
        report = import_files(home, mapping, files, dry_run=dry_run, progress=lambda step, rows: at(None, step))
    if not dry_run:
        _recorded(home, "import", files=[path.name for path in files], mapping=mapping.name)
    for line in report_lines(report, language):
        click.echo(line)


def _cluster(home: Home, master: str, lake: Path | None, sender: str) -> ClusterAddress:
    return ClusterAddress(master, (lake or home.path / "lake").resolve(), sender)


def _recorded(home: Home, kind: str, snapshot_id: str = "", **details: object) -> None:
    """Write into the audit record what the operator of this machine did; wait for a database that restarts meanwhile."""
    acting_as_operator()
    for attempt in range(1, RECORD_ATTEMPTS + 1):
        try:
            AuditBook(home).record(kind, None, snapshot_id, **details)
            return
        except AuditUnavailableError:
            if attempt == RECORD_ATTEMPTS:
                raise
            time.sleep(WAIT_SECONDS)


def _has_data(home: Home) -> bool:
    """Return whether something has been published, brought up to this version; of a database that is away it is supposed."""
    try:
        if not snapshot_store(home).kept_snapshot_ids():
            return False
        _publish_again_after_upgrade(home)
    except (StoreUnavailableError, StoreBusyError) as error:  # the server shows the last good numbers, or waits
        if not home.database_url:
            raise
        click.echo(error.message_for_operator(_language()), err=True)
    return True


def _publish_again_after_upgrade(home: Home) -> None:
    """Publish anew when the served snapshot was written by an older version of this program."""
    try:
        SnapshotReader(home).snapshot()
    except SchemaVersionError:
        click.echo(publish(home))


if __name__ == "__main__":
    main(prog_name="python -m data_access")
