"""What people decided on the command line: ``python -m data_access ledger list | show``."""

from __future__ import annotations

import csv
import io
import json

import click

from data_access.access import Scope
from data_access.errors import WriteRefused
from data_access.home import Home
from data_access.ledger.book import MOST_ITEMS, Ledger
from data_access.ledger.item import Item
from data_access.ledger.settings import ledger_settings
from data_access.queries import SnapshotReader

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "=", "+", "-", "@")


@click.group("ledger")
def ledger_commands() -> None:
    """Show what people decided, from the ledger beside the data."""


@ledger_commands.command("list")
@click.option(
    "--kind", "kinds", multiple=True, help="Kind of config/ledger.toml; repeat for several; all unless given."
)
@click.option("--region", help="Items of this region and below; the whole data set unless given.")
@click.option("--state", "states", multiple=True, help="Only items in this state; repeat for several.")
@click.option("--role", default="auditor", show_default=True, help="Role of config/roles.toml that looks.")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="csv", show_default=True)
@click.pass_context
def list_command(
    context: click.Context, kinds: tuple[str, ...], region: str | None, states: tuple[str, ...], role: str, form: str
) -> None:
    """List items as they stand, last changed first."""
    ledger, scope = _opened(context, role)
    chosen = kinds or tuple(ledger_settings().kinds)
    items = [
        item
        for kind in chosen
        for item in ledger.items(scope, kind, region_code=region, states=states, limit=MOST_ITEMS)
    ]
    click.echo(_written([_row(item) for item in items], form))


@ledger_commands.command("show")
@click.argument("item_id")
@click.option("--role", default="auditor", show_default=True, help="Role of config/roles.toml that looks.")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.pass_context
def show_command(context: click.Context, item_id: str, role: str, form: str) -> None:
    """Show every version of one item: who by role, when, before, after, reason."""
    ledger, scope = _opened(context, role)
    versions = ledger.history(scope, item_id)
    if not versions:
        raise WriteRefused(
            f"The ledger has no item {item_id!r} in this scope. `ledger list` shows those there are.",
            f"台账中没有该范围内的事项“{item_id}”。可用 ledger list 查看现有事项。",
            code="unknown_item",
        )
    click.echo(_written([_row(item) | {"before": item.before} for item in versions], form))


def _opened(context: click.Context, role: str) -> tuple[Ledger, Scope]:
    home = context.find_object(Home)
    assert home is not None
    reader = SnapshotReader(home)
    return Ledger.beside(reader), Scope(role, reader.snapshot().root_code)


def _row(item: Item) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "kind": item.kind,
        "version": item.version,
        "state": item.state,
        "region_code": item.region_code,
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "values": item.spoken_values,
        "reason": item.reason,
        "role": item.role,
        "role_region": item.role_region,
        "recorded_at": item.recorded_at.isoformat(timespec="seconds") + "Z",
        "parent_id": item.parent_id,
        "snapshot_id": item.snapshot_id,
    }


def _written(rows: list[dict[str, object]], form: str) -> str:
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2)
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().rstrip("\n")


def _cell(value: object) -> object:
    """Return a cell of a CSV file; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value
