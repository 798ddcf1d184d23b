"""The numbers of the screen on the command line, in JSON, CSV or a table."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from dashboard.context import default_period
from dashboard.formatting import MISSING
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, localised, t
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator, find_indicator, load_catalogue
from dashboard.indicators.changes import AGAINST, changes_of
from dashboard.indicators.evaluate import values, values_of
from dashboard.indicators.presentation import definition, shown
from dashboard.indicators.ranking import ranked
from dashboard.indicators.sentences import change_sentence
from dashboard.periods import Period, PeriodError
from dashboard.sources import indicator_source
from data_access.access import Scope
from data_access.audit import AuditBook, acting_as_operator
from data_access.home import Home
from data_access.queries import SnapshotReader

FORMATS = ("json", "csv", "table")
COMPARISONS = {"none": None, "last-year": AGAINST[0], "previous": AGAINST[1]}
ROLE_VARIABLE, REGION_VARIABLE = "PINGAN_ROLE", "PINGAN_REGION"
DEFAULT_ROLE = "city_leader"
TABLE_FIELDS = ("region", "indicator", "value", "interval", "numerator", "denominator", "status", "notes")

Row = dict[str, Any]


class WrongUse(click.UsageError):
    """A parameter can't be used; carries a translation key, since the language is a parameter too."""

    def __init__(self, key: str, **details: str) -> None:
        super().__init__(t(key, "en", **details))
        self.key, self.details = key, details


def usage_text(error: click.UsageError, language: str) -> str:
    """Return what is wrong with the parameters, in ``language``."""
    if isinstance(error, WrongUse):
        return t(error.key, language, **error.details)
    return t("command.usage", language, problem=error.format_message())


def language_of(arguments: Sequence[str]) -> str:
    """Return the language that the arguments ask for, for errors that come before they are parsed."""
    for place, argument in enumerate(arguments):
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        asked = argument.partition("=")[2] if argument.startswith("--language=") else following
        if argument.split("=")[0] == "--language" and asked in LANGUAGES:
            return asked
    return DEFAULT_LANGUAGE


def _one_of(allowed: Sequence[str], key: str) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        if value not in allowed:
            raise WrongUse(key, value=value)
        return value

    return check


def _period(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Period | None:
    if value is None:
        return None
    try:
        return Period.parse(value)
    except PeriodError as error:
        raise WrongUse("command.unknown_period", value=value) from error


def options_of(formats: Sequence[str], default: str, unknown: str) -> Callable[[Callable], Callable]:
    """Return a decorator that gives a command the options that say which figures of which snapshot are asked for.

    Parameters
    ----------
    formats : sequence of str
        What ``--format`` takes.
    default : str
    unknown : str
        Translation key of what is said of another format.
    """

    def decorate(command: Callable) -> Callable:
        options = [
            click.option("--region", "region"),
            click.option("--period", callback=_period),
            click.option("--format", "form", default=default, callback=_one_of(formats, unknown)),
            click.option(
                "--language", default=DEFAULT_LANGUAGE, callback=_one_of(LANGUAGES, "command.unknown_language")
            ),
            click.option("--home", type=click.Path(path_type=Path)),
            click.option("--role"),
            click.option("--snapshot", "snapshot_id"),
        ]
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


shared_options = options_of(FORMATS, "table", "command.unknown_format")
"""Options of a command that gives tables."""


@click.command("indicators")
@shared_options
@click.option("--indicator", "names", multiple=True)
@click.option("--children", is_flag=True)
@click.option(
    "--compare",
    default="none",
    callback=_one_of(tuple(COMPARISONS), "command.unknown_comparison"),
)
def indicators_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
    names: tuple[str, ...],
    children: bool,
    compare: str,
) -> None:
    """Give indicators of a region (or of those below it) with limits, method, status and snapshot id.

    \b
    --region     region code; the whole data set unless given
    --period     2024, 2024H1, 2024Q4 or 2024-12; the one that screens open with unless given
    --indicator  id or alias; repeat for several; all available ones unless given
    --children   the regions just below instead of the region itself
    --compare    none, last-year or previous: adds the change
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    question = Question(home, role, snapshot_id, region, period, language)
    chosen = [find_indicator(name) for name in names] or [item for item in load_catalogue().values() if item.available]
    codes = question.children() if children else [question.region]
    frames = values_of(question.reader, question.scope, chosen, codes, question.period)
    against = COMPARISONS[compare]
    changed = changes_of(question.reader, question.scope, chosen, codes, question.period, against) if against else {}
    rows = [
        question.row(item, code, frames[item.id].iloc[place])
        | (question.change(item, changed[item.id].iloc[place]) if changed else {})
        for place, code in enumerate(codes)
        for item in chosen
    ]
    fields = (*TABLE_FIELDS, "change") if changed else TABLE_FIELDS
    question.record()
    click.echo(written(question.head(), rows, form, language, fields))


@click.command("ranking")
@shared_options
@click.option("--indicator", "name")
def ranking_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
    name: str | None,
) -> None:
    """Rank the regions just below a region by one indicator; overlapping intervals share a rank.

    \b
    --region     region code; the whole data set unless given
    --period     2024, 2024H1, 2024Q4 or 2024-12; the one that screens open with unless given
    --indicator  id or alias of one indicator
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    if name is None:
        raise WrongUse("command.missing_indicator")
    question = Question(home, role, snapshot_id, region, period, language)
    item = find_indicator(name)
    frame = ranked(values(question.reader, question.scope, item, question.children(), question.period), item)
    rows = [
        question.row(item, str(code), row)
        | {key: None if pd.isna(row[key]) else int(row[key]) for key in ("rank", "place")}
        for code, row in frame.iterrows()
    ]
    question.record()
    click.echo(written(question.head(), rows, form, language, ("rank", *TABLE_FIELDS)))


@click.command("catalogue")
@click.option("--format", "form", default="table", callback=_one_of(FORMATS, "command.unknown_format"))
@click.option("--language", default=DEFAULT_LANGUAGE, callback=_one_of(LANGUAGES, "command.unknown_language"))
def catalogue_command(form: str, language: str) -> None:
    """List every indicator with its definition."""
    rows = [dict(definition(item, language)) for item in load_catalogue().values()]
    click.echo(written({}, rows, form, language, ("system", "id", "name", "direction", "source"), "indicators"))


COMMANDS = (indicators_command, ranking_command, catalogue_command)


class Question:
    """What was asked, of which snapshot, by whom; recorded for the auditor, as a download from the screen is.

    Raises
    ------
    AuditUnavailableError
        When it can't be recorded: then nothing is given.
    """

    def __init__(
        self,
        home: Path | None,
        role: str | None,
        snapshot_id: str | None,
        region: str | None,
        period: Period | None,
        language: str,
    ) -> None:
        self.language = language
        acting_as_operator()
        at = Home(home) if home else Home.default()
        self.reader, self._book = SnapshotReader(at, snapshot_id), AuditBook(at)
        self.snapshot = self.reader.snapshot()
        confined = os.environ.get(REGION_VARIABLE) or self.snapshot.root_code
        self.scope = Scope(role or os.environ.get(ROLE_VARIABLE, DEFAULT_ROLE), confined)
        _ = self.scope.permissions
        self.regions = self.reader.regions(self.scope)
        self.region = region or confined
        if self.region not in self.regions.index or not self.regions.at[self.region, "in_scope"]:
            self.refused(region=self.region)
            raise WrongUse("command.unknown_region", value=self.region)
        self.period = period or default_period(self.snapshot)

    def record(self) -> None:
        """Record the answer, just before it is given: what is refused or fails gives nothing."""
        asked = self._asked(click.get_current_context())
        self._book.record("export", self.scope, self.snapshot.snapshot_id, **asked)

    def refused(self, **asked: str) -> None:
        """Record that the scope doesn't hold what was asked for."""
        self._book.record_refused(self.scope, self.snapshot.snapshot_id, **asked)

    def _asked(self, command: click.Context) -> dict[str, str]:
        """Return the command and its parameters as the audit record takes them."""
        given = {
            name: str(value)
            for name, value in command.params.items()
            if value and name not in ("home", "output", "snapshot_id")
        }
        return given | {"command": str(command.info_name), "region": self.region, "period": str(self.period)}

    def children(self) -> list[str]:
        """Return the codes just below the region."""
        codes = self.regions.index[self.regions["parent_code"] == self.region].tolist()
        if not codes:
            raise WrongUse("command.no_children", value=self.region)
        return codes

    def name_of(self, code: str) -> str:
        """Return a region's name."""
        return localised(self.language, str(self.regions.at[code, "name"]), str(self.regions.at[code, "name_en"]))

    def head(self) -> Row:
        """Return what every answer says of itself."""
        info = self.snapshot
        return {
            "snapshot_id": info.snapshot_id,
            "data_through": info.data_through.isoformat(),
            "published_at": info.published_at.isoformat(),
            "dataset": info.name(self.language),
            "is_demonstration": info.is_demonstration,
            "scope": {"role": self.scope.role, "region_code": self.scope.region_code},
            "role_name": self.scope.permissions.label(
                self.language, {level.level: level.label(self.language) for level in info.levels if level.is_named}
            ),
            "region_code": self.region,
            "region_name": self.name_of(self.region),
            "period": str(self.period),
            "period_label": self.period.label(self.language),
            "period_start": self.period.start.isoformat(),
            "period_end": self.period.end.isoformat(),
        }

    def row(self, item: Indicator, code: str, row: pd.Series) -> Row:
        """Return one result: unrounded numbers, and the texts of the screen."""
        texts = shown(row, item, self.language)
        return {
            "region_code": code,
            "region_name": self.name_of(code),
            "indicator": item.id,
            "indicator_name": item.label(self.language),
            **{name: _number(row[name]) for name in (*words.VALUE_COLUMNS, "numerator", "denominator")},
            "unit": item.unit_label(self.language),
            "value_text": texts.value_and_unit,
            "interval_text": texts.interval,
            "numerator_text": texts.numerator,
            "denominator_text": texts.denominator,
            "method": row["method"],
            "method_text": texts.method,
            "status": row["status"],
            "status_text": texts.status,
            "basis": row["basis"],
            "grain": row["grain"],
            "data_through": None if pd.isna(row["data_through"]) else row["data_through"].isoformat(),
            "notes": list(row["notes"]),
            "notes_text": list(texts.notes),
            "direction": item.direction,
            "source": indicator_source(self.reader, self.scope, item, self.language, self.period),
            "definition_version": item.version,
        }

    def change(self, item: Indicator, row: pd.Series) -> Row:
        """Return the change of one result."""
        numbers = ("old", "difference", "ratio", "ratio_lower", "ratio_upper", "p_value")
        return {
            "change": {
                **{name: _number(row[name]) for name in numbers},
                "beyond_chance": row["beyond_chance"],
                "way": row["way"],
                "verdict": row["verdict"],
                "method": row["method"],
                "notes": list(row["notes"]),
            },
            "change_text": change_sentence(row, item, self.language),
        }


def written(head: Row, rows: Sequence[Row], form: str, language: str, fields: Sequence[str], name: str = "rows") -> str:
    """Return an answer as JSON, CSV or a table; ``fields`` are the columns of the table."""
    if form == "json":
        return json.dumps({**head, name: rows}, ensure_ascii=False, indent=2, allow_nan=False)
    if form == "csv":
        return _csv(head, rows)
    return _table(head, rows, language, fields)


def _csv(head: Row, rows: Sequence[Row]) -> str:
    """Return the rows as CSV; what the answer says of itself is repeated in each row."""
    stamp: Row = {key: head[key] for key in ("snapshot_id", "period", "is_demonstration") if key in head}
    if "scope" in head:
        stamp["scope"] = f"{head['scope']['role']}@{head['scope']['region_code']}"
    flat = [{**stamp, **_flat(row)} for row in rows]
    output = io.StringIO()
    writer = csv.DictWriter(output, list(flat[0]) if flat else list(stamp), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return output.getvalue().rstrip("\n")


def _flat(row: Row) -> Row:
    flat: Row = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}_{inner}": each for inner, each in _flat(dict(value)).items()}
        else:
            flat[key] = " | ".join(value) if isinstance(value, (list, tuple)) else value
    return flat


def _table(head: Row, rows: Sequence[Row], language: str, fields: Sequence[str]) -> str:
    table = Table(show_edge=False, pad_edge=False)
    for field in fields:
        numeric = field in ("value", "interval", "numerator", "denominator", "rank")
        table.add_column(t(f"command.{field}", language), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_cell(row, field, language) for field in fields))
    output = io.StringIO()
    console = Console(file=output, width=max(shutil.get_terminal_size((160, 24)).columns, 100), no_color=True)
    if head:
        demonstration = f" · {t('command.demonstration', language)}" if head["is_demonstration"] else ""
        line = t(
            "command.head",
            language,
            dataset=head["dataset"],
            region=head["region_name"],
            period=head["period_label"],
            snapshot=head["snapshot_id"],
            through=head["data_through"],
            role=head["role_name"],
        )
        console.print(line + demonstration, highlight=False)
    console.print(table)
    return output.getvalue().rstrip("\n")


def _cell(row: Row, field: str, language: str) -> str:
    names = {"region": "region_name", "indicator": "indicator_name"}
    value = next((row[key] for key in (f"{field}_text", names.get(field, field)) if key in row), None)
    if isinstance(value, (bool, np.bool_)):
        return t("command.yes" if value else "command.no", language)
    if isinstance(value, (list, tuple)):
        return ";".join(value)
    return "" if value is None else MISSING if value != value else str(value)  # NaN is unlike itself


def _number(value: float | None) -> float | int | None:
    """Return an unrounded number for JSON: whole numbers as such, missing as null."""
    number = np.nan if value is None else float(value)
    if not np.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
