"""The hand-outs on the command line: ``python -m dashboard briefing --period 2024Q4 --format pptx --output FILE``."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dashboard import formatting
from dashboard.briefing.build import build_briefing
from dashboard.briefing.files import FORMATS, file_name, write_briefing
from dashboard.briefing.model import BriefingError
from dashboard.i18n import t
from dashboard.indicators.command_line import Question, options_of
from dashboard.periods import Period


@click.command("briefing")
@options_of(FORMATS, "pptx", "briefing.unknown_format")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False))
def briefing_command(
    region: str | None,
    period: Period | None,
    form: str,
    language: str,
    home: Path | None,
    role: str | None,
    snapshot_id: str | None,
    output: Path | None,
) -> None:
    """Write the quarterly briefing of a region as a file.

    \b
    --region     region code; the whole data set unless given
    --period     2024, 2024H1, 2024Q4 or 2024-12; the one that screens open with unless given
    --format     pptx, docx, xlsx, pdf or json
    --output     file to write; a name with region, period and snapshot in the present folder unless given
    --language   zh or en
    --home       data folder (PINGAN_HOME or ./var);  --snapshot  a kept snapshot instead of the served one
    --role       a role of config/roles.toml (PINGAN_ROLE or city_leader); named on every page
    """
    started = time.monotonic()
    with _progress() as progress:
        task = progress.add_task(t("briefing.progress_reading", language), total=3)
        question = Question(home, role, snapshot_id, region, period, language)
        progress.update(task, advance=1, description=t("briefing.progress_counting", language))
        briefing = build_briefing(question.reader, question.scope, question.region, question.period, language)
        progress.update(task, advance=1, description=t("briefing.progress_writing", language))
        body = write_briefing(briefing, form)
        question.record()
        path = output or Path(file_name(f"{briefing.title}_{briefing.snapshot_id}", form))
        _write(path, body)
        progress.update(task, advance=1)
    click.echo(briefing.characters_text, err=True)
    click.echo(
        t(
            "briefing.written",
            language,
            file=str(path),
            size=formatting.number(len(body) / 1024),
            seconds=formatting.number(time.monotonic() - started, 1),
        ),
        err=True,
    )


def _write(path: Path, body: bytes) -> None:
    """Write the file under a working name first, so that a full disk leaves no broken hand-out."""
    working = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        working.write_bytes(body)
        working.replace(path)
    except OSError as error:
        working.unlink(missing_ok=True)
        raise BriefingError(
            f"{path} can't be written: {error.strerror}. Choose another file with --output.",
            f"无法写入 {path}：{error.strerror}。请用 --output 指定其他文件。",
            code="output",
            path=str(path),
        ) from error


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=False,
    )


COMMANDS = (briefing_command,)
