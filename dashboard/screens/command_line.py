"""The tables of a page on the command line: ``python -m dashboard page disputes``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pandas as pd

from dashboard.context import OWN_VALUE, Context
from dashboard.formatting import MISSING
from dashboard.indicators.command_line import Question, WrongUse, shared_options, written
from dashboard.navigation import PAGES, PageEntry, may_open
from dashboard.periods import Period
from dashboard.screens.tables import ScreenTable
from data_access.errors import ScopeError


@click.command("page")
@click.argument("page")
@shared_options
@click.option("--table", "keys", multiple=True)
@click.option("--set", "own", multiple=True)
def page_command(
    page: str,
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
    keys: tuple[str, ...],
    own: tuple[str, ...],
) -> None:
    """Give the tables of a page, by the name it has in the address, as the page offers them for download.

    \b
    --table      key of one table; repeat for several; all tables of the page unless given
    --set        a parameter of the page as in its address, such as of=990101000000
    --region     region code; the whole data set unless given
    --period     2024, 2024H1, 2024Q4 or 2024-12; the one that screens open with unless given
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    entry = _entry(page)
    question = Question(home, role, snapshot_id, region, period, language)
    _check_role(entry, question)
    parameters = tuple(_parameter(text, entry) for text in own)
    context = Context(question.region, question.period, language, "light", question.scope, parameters)
    tables = {each.key: each for each in screen_of(entry)(question.reader, context).tables}
    for key in keys:
        if key not in tables:
            raise WrongUse("command.unknown_table", value=key, known=", ".join(tables))
    chosen = [tables[key] for key in keys] or list(tables.values())
    answer = "\n".join(_lines(question, entry, chosen, form))
    question.record()
    click.echo(answer)


COMMANDS = (page_command,)


def screen_of(entry: PageEntry) -> Callable:
    """Return the function that prepares a page: ``(reader, context) → screen`` with ``tables``."""
    module, _, name = entry.screen.partition(":")
    return getattr(import_module(module), name)


def _entry(page: str) -> PageEntry:
    known = {entry.url_path: entry for entry in PAGES if entry.screen}
    if page not in known:
        raise WrongUse("command.unknown_page", value=page, known=", ".join(known))
    return known[page]


def _check_role(entry: PageEntry, question: Question) -> None:
    """Raise when the role may not open the page on screen either."""
    role = question.scope.permissions
    if not may_open(role, entry):
        question.refused(page=entry.url_path)
        raise ScopeError(
            f"The role {role.name_en} may not open the page {entry.url_path!r}. Ask with a role that may (config/roles.toml).",
            f"角色“{role.name}”无权打开页面“{entry.url_path}”。请使用有权限的角色（config/roles.toml）。",
            code="page_permission",
            page=entry.url_path,
        )


def _parameter(text: str, entry: PageEntry) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if name not in entry.parameters or not OWN_VALUE.fullmatch(value):
        raise WrongUse("command.unknown_parameter", value=text, known=", ".join(entry.parameters))
    return name, value


def _lines(question: Question, entry: PageEntry, tables: list[ScreenTable], form: str) -> list[str]:
    if form == "json":
        answer = [{"key": each.key, "title": each.title, "rows": _records(each)} for each in tables]
        return [written(question.head() | {"page": entry.url_path}, answer, form, question.language, (), "tables")]
    if form == "csv":
        # One header for all tables, so that the answer is one readable file.
        names = dict.fromkeys(name for each in tables for name in each.columns)
        rows = [{"table": each.key, **dict.fromkeys(names), **row} for each in tables for row in _records(each)]
        return [written(question.head(), rows, form, question.language, ())]
    lines = []
    for each in tables:
        lines += [f"{each.title} ({each.key})", each.download().to_string(index=False, na_rep=MISSING)]
    return [f"{question.head()['snapshot_id']} · {question.period.label(question.language)}", *lines]


def _records(table: ScreenTable) -> list[dict]:
    frame = table.given()
    return [
        {str(name): _plain(value) for name, value in zip(frame.columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def _plain(value: object) -> object:
    """Return ``value`` as JSON takes it."""
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
