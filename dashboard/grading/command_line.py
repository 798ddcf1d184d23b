"""The index league, the township matrix and the back-test on the command line, as the screen shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from dashboard.grading.backtest import backtest
from dashboard.grading.league import league_of
from dashboard.grading.townships.matrix import TownshipMatrix, matrix_of
from dashboard.i18n import t
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.command_line import Question, Row, WrongUse, shared_options, written
from dashboard.periods import Period
from dashboard.screens.league import watched_words

LEAGUE_FIELDS = ("region", "grade", "index", "rank", "months_red")
MATRIX_FIELDS = ("region", "verdict", "streak", "on_list")
TOWNSHIP_DEPTH = 2


@click.command("league")
@shared_options
def league_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
) -> None:
    """Print the index, grade, rank range and points of every region just below a region.

    \b
    --region     region code; the whole data set unless given
    --period     2024Q4 or 2024-12: the last month of it is graded; the last month of the data unless given
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    question = Question(home, role, snapshot_id, region, period, language)
    month = _month(question, period)
    league = league_of(question.reader, question.scope, question.children(), month)
    rows = []
    for code, row in league.rows.iterrows():
        points = {str(key): value for key, value in league.contributions(str(code))["points"].items()}
        figures = {str(name): _plain(value) for name, value in row.items()}
        rows.append(
            {"region_code": code, "region_name": question.name_of(str(code)), **figures, "points": _all(points)}
        )
        rows[-1] |= {
            "index_text": "" if figures["index"] is None else f"{figures['index']:.1f}",
            "grade_text": t(f"grade.{figures['grade']}", language),
            "rank_text": f"{figures['rank_best']}–{figures['rank_worst']}",
            "watched_text": watched_words(league, str(code), language),
        }
    problems = [_all({**row, "month": str(row["month"])}) for row in league.problems.to_dict("records")]
    head = question.head() | {"month": str(month), "problems": problems}
    question.record()
    click.echo(written(head, rows, form, language, LEAGUE_FIELDS))
    if form == "table":
        for told in rows:
            if told["watched_text"]:
                click.echo(f"{told['region_name']} {told['watched_text']}")
        for each in problems:
            click.echo(
                t(
                    "ranking.problem_line",
                    language,
                    component=t(f"component.{each['component']}", language),
                    indicator=load_catalogue()[each["indicator"]].label(language),
                    region=question.name_of(each["region_code"]),
                    month=each["month"],
                    kind=t(f"problem.{each['kind']}", language),
                )
            )


@click.command("matrix")
@shared_options
def matrix_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
) -> None:
    """Print the twelve lines of every township in a region, the years met in a row, and the fund's stress test.

    \b
    --region     region code; the whole data set unless given
    --period     2024 or 2024-12: the years end with its last month; the last month of the data unless given
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    question = Question(home, role, snapshot_id, region, period, language)
    month = _month(question, period)
    codes = townships_of(question.regions, question.region)
    if not codes:
        raise WrongUse("command.no_townships", value=question.region)
    matrix = matrix_of(question.reader, question.scope, codes, month)
    head = question.head() | {"month": str(month), "stage": matrix.stage, "stress": _all(asdict(matrix.stress))}
    question.record()
    click.echo(written(head, _matrix_rows(matrix, question), form, language, MATRIX_FIELDS))


@click.command("backtest")
@shared_options
@click.option("--months", type=click.IntRange(2, 60), default=24)
def backtest_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
    months: int,
) -> None:
    """Replay past months: share of red, colour changes, what pure chance would give under equal true rates, and each
    month's number of regions by colour.

    \b
    --region     region code; the whole data set unless given
    --period     the replay ends with its last month; the last month of the data unless given
    --months     how many months to replay, 2 to 60
    --format     json, csv or table;  --language  zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader)
    """
    question = Question(home, role, snapshot_id, region, period, language)
    month = _month(question, period)
    done = backtest(question.reader, question.scope, question.children(), month, months)
    figures = done.figures()
    by_month = done.by_month()
    counted = [
        {"month": str(each), **_all(row)} for each, row in zip(by_month.index, by_month.to_dict("records"), strict=True)
    ]
    question.record()
    if form == "table":
        for name, value in figures.items():
            text = str(value) if isinstance(value, int) else "—" if np.isnan(value) else f"{value:.4f}"
            click.echo(t(f"backtest.{name}", language, value=text))
        click.echo(written({}, counted, form, language, ("month", "red", "yellow", "blue", "insufficient")))
        return
    if form == "csv":
        click.echo(written(question.head(), [{**_all(figures), **row} for row in counted], form, language, ()))
        return
    head = question.head() | {"month": str(month), "by_month": counted}
    click.echo(written(head, [_all(figures)], form, language, ()))


def townships_of(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the townships at or below ``code``, of the frame that ``reader.regions`` gives."""
    below = {code}
    for each, parent in zip(regions.index, regions["parent_code"], strict=True):
        if parent in below:
            below.add(each)
    chosen = (regions["depth"] == TOWNSHIP_DEPTH) & regions["in_scope"] & regions.index.isin(below)
    return regions.index[chosen].tolist()


def _month(question: Question, period: Period | None) -> pd.Period:
    through = question.snapshot.data_through
    return pd.Period(min(period.end, through) if period else through, freq="M")


def _matrix_rows(matrix: TownshipMatrix, question: Question) -> list[Row]:
    grades, years = matrix.grade_table().to_dict("index"), matrix.years.to_dict("index")
    rows: list[Row] = []
    for code, row in matrix.rows.iterrows():
        figures = {str(name): _plain(value) for name, value in row.items()}
        verdict = t(f"matrix.{figures['verdict']}", question.language)
        rows.append(
            {
                "region_code": code,
                "region_name": question.name_of(str(code)),
                **figures,
                "verdict_text": verdict,
                "years": years[code],
                "lines": grades[code],
            }
        )
    return rows


def _all(row: Mapping[Any, object]) -> Row:
    return {str(name): _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    """Return ``value`` as JSON takes it; missing numbers as null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


COMMANDS: Sequence[click.Command] = (league_command, matrix_command, backtest_command)
