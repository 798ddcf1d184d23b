"""The index league and the back-test on the command line, as the screen shows them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
import pandas as pd

from dashboard.grading.backtest import backtest
from dashboard.grading.league import league_of
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, t
from dashboard.periods import Period
from data_access.access import Scope
from data_access.home import Home
from data_access.queries import SnapshotReader

DEFAULT_ROLE = "city_leader"


@click.command("league")
@click.option("--home", type=click.Path(path_type=Path))
@click.option("--region")
@click.option("--period")
@click.option("--role", default=DEFAULT_ROLE)
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json")
def league_command(home: Path | None, region: str | None, period: str | None, role: str, form: str) -> None:
    """Print the index, grade, rank range and points of every region, with the snapshot id."""
    reader = SnapshotReader(Home(home) if home else Home.default())
    snapshot = reader.snapshot()
    scope = Scope(role, snapshot.root_code)
    parent = region or snapshot.root_code
    codes = _children(reader, scope, parent)
    last_day = min(Period.parse(period).end, snapshot.data_through) if period else snapshot.data_through
    month = pd.Period(last_day, freq="M")
    league = league_of(reader, scope, codes, month)
    rows = league.rows.reset_index()
    if form == "csv":
        click.echo(rows.assign(snapshot_id=snapshot.snapshot_id, month=str(month)).to_csv(index=False), nl=False)
        return
    for row in (records := rows.to_dict("records")):
        row["points"] = league.contributions(row["region_code"])["points"].to_dict()
    written = {"snapshot_id": snapshot.snapshot_id, "month": str(month), "region": parent, "rows": records}
    click.echo(json.dumps(json.loads(pd.Series([written]).to_json(orient="records"))[0], ensure_ascii=False, indent=1))


@click.command("backtest")
@click.option("--home", type=click.Path(path_type=Path))
@click.option("--region")
@click.option("--months", type=click.IntRange(2, 60), default=24)
@click.option("--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE)
def backtest_command(home: Path | None, region: str | None, months: int, language: str) -> None:
    """Replay past months: share of red, colour changes, and what pure chance would give under equal true rates."""
    reader = SnapshotReader(Home(home) if home else Home.default())
    snapshot = reader.snapshot()
    scope = Scope(DEFAULT_ROLE, snapshot.root_code)
    codes = _children(reader, scope, region or snapshot.root_code)
    done = backtest(reader, scope, codes, pd.Period(snapshot.data_through, freq="M"), months)
    for name, value in asdict(done).items():
        text = str(value) if isinstance(value, int) else f"{value:.4f}"
        click.echo(t(f"backtest.{name}", language, value=text))


def _children(reader: SnapshotReader, scope: Scope, parent: str) -> list[str]:
    regions = reader.regions(scope)
    return regions.index[(regions["parent_code"] == parent) & regions["in_scope"]].tolist()


COMMANDS = (league_command, backtest_command)
