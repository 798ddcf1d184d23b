"""Every command of ``python -m dashboard`` in every format, as a role can run it, named by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from click.testing import CliRunner
from pypdf import PdfReader

from dashboard.__main__ import main
from dashboard.briefing.files import FORMATS as PAPERS
from dashboard.indicators import command_line
from dashboard.indicators.catalogue import load_catalogue
from dashboard.navigation import PAGES, may_open
from data_access.access import Scope
from data_access.errors import DataAccessError

OVERLAPPING = ("2022", "2024", "2024H1", "2024Q3", "2024Q4", "2024-11")
"""Years, halves, quarters and months that overlap: also the ends of windows of 12, 24 and 36 months."""
STAMPS = re.compile(r"\d{4}Q\d-\d{4,}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?| UTC")
"""Snapshot ids and times of publishing."""
PARAMETERS = {
    "map": [f"indicator={name}" for name in ("JQ2", "criminal_alarms")] + ["rate=all", "rate=neighbours"],
    "trends": ["indicator=JQ2", "rare=t"],
    "ranking": ["rows=all"],
    "backtest": ["months=6"],
    "resources": ["proposals=all"],
    "definitions": ["indicator=JQ2"],
    "quality": ["indicator=criminal_alarms"],
}
"""Own parameters of pages that choose a protected figure or more of it."""

Words = tuple[str, ...]


def command_lines(scope: Scope, codes: list[str]) -> Iterator[Words]:
    """Give every command with the regions, periods, indicators and parameters that a hidden count could show in.

    Parameters
    ----------
    codes : list of str
        Regions to ask for, the scope's own first.
    """
    protected = [item.id for item in load_catalogue().values() if item.available and item.suppression_limit]
    each = [word for name in protected for word in ("--indicator", name)]
    yield ("catalogue",)
    yield "indicators", "--region", codes[0], "--period", "2024Q4", "--compare", "last-year"
    for code, period in product(codes, ("2024", "2024H1", "2024-11")):
        yield "indicators", "--region", code, "--period", period, "--compare", "last-year", *each
    for code in codes:
        yield "indicators", "--region", code, "--period", "2024Q4", "--compare", "previous", "--children", *each
    for code, name in product(codes, protected):
        yield "ranking", "--region", code, "--period", "2024Q4", "--indicator", name
    for code, name, period in product(codes, ("JQ2", "criminal_alarms"), OVERLAPPING):
        yield "ranking", "--region", code, "--period", period, "--indicator", name
    for code, name, period in product(codes, ("league", "matrix"), ("2024", "2024Q3", "2024-11")):
        yield name, "--region", code, "--period", period
    for code in codes:
        yield "backtest", "--region", code, "--period", "2024Q4", "--months", "3"
    for code, entry in product(codes, PAGES):
        if may_open(scope.permissions, entry):
            yield "page", entry.url_path, "--region", code, "--period", "2024Q4"
            for text in PARAMETERS.get(entry.url_path, ()):
                yield "page", entry.url_path, "--region", code, "--period", "2024", "--set", text


def shown_commands(home: Path, scope: Scope, codes: list[str]) -> Iterator[tuple[str, object]]:
    """Give what every command prints; what it can't do it says, and that is compared, too.

    Each command and page speaks every format once and JSON from then on: all are written from the same rows.
    """
    heard: set[Words] = set()
    for words in command_lines(scope, codes):
        name = words[: 2 if words[0] == "page" else 1]
        for form in ("json",) if name in heard else command_line.FORMATS:
            asked = () if words == ("catalogue",) else whose(home, scope)
            yield " ".join((*words, form)), said([*words, *asked, "--format", form], scope)
        heard.add(name)


def shown_papers(home: Path, scope: Scope) -> Iterator[tuple[str, object]]:
    """Give the text of the briefing in every format, as the command writes it."""
    with TemporaryDirectory() as folder:
        for form in PAPERS:
            path = Path(folder) / f"briefing.{form}"
            asked = ["briefing", *whose(home, scope), "--period", "2024Q4", "--format", form, "--output", str(path)]
            told = said(asked, scope)
            yield f"briefing {form}", paper_text(path) if path.exists() else told


def whose(home: Path, scope: Scope) -> list[str]:
    return ["--home", str(home), "--role", scope.role]


def said(words: list[str], scope: Scope) -> str:
    """Return what a command prints or why it refuses; snapshot ids and times left out."""
    done = CliRunner().invoke(
        main, words, standalone_mode=False, env={command_line.REGION_VARIABLE: scope.region_code, "COLUMNS": "400"}
    )
    if done.exception and not isinstance(done.exception, click.UsageError | DataAccessError):
        raise done.exception
    return STAMPS.sub("", done.output + (str(done.exception) if done.exception else ""))


def paper_text(path: Path) -> object:
    if path.suffix == ".pdf":
        return [STAMPS.sub("", page.extract_text()) for page in PdfReader(path).pages]
    body = path.read_bytes()
    return STAMPS.sub("", body.decode()) if path.suffix == ".json" else members(body)


def members(body: bytes) -> dict[str, str]:
    """Return what is inside an office file; the date it was written left out."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        names = [name for name in packed.namelist() if not name.startswith("docProps")]
        held = {}
        for name in names:
            inner = packed.read(name)
            if name.endswith(".xlsx"):
                held |= {f"{name}/{key}": each for key, each in members(inner).items()}
            else:
                held[name] = STAMPS.sub("", inner.decode("utf-8", errors="replace"))
        return held
