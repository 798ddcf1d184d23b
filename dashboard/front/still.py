"""A still: the overview as it stands, kept in the data folder, and shown at the next start until the overview itself is there."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from dashboard.front.files import STREAMLIT_FILES
from data_access.home import HOME_VARIABLE, Home, private_folder

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = ("assets", "config", "dashboard", "data_access", "pages", ".streamlit", "streamlit_app.py")
SCRIPT = REPOSITORY / "assets" / "styles" / "still.js"


def shown_still(home: Home, parameters: Mapping[str, str], language: str, theme: str) -> str:
    """Return what a shell carries for the overview's address with ``parameters``; empty where no still is of just this view."""
    kept = read_still(home, language, theme)
    if kept is None or not parameters.items() <= kept[0].items():
        return ""
    return f"{kept[1]}<script>{SCRIPT.read_text(encoding='utf-8')}</script>"


def read_still(home: Home, language: str, theme: str) -> tuple[dict[str, str], str] | None:
    """Return a still with the parameters of its address; None where there is none, or it isn't what would be drawn now."""
    try:
        digest, stood_on, parameters, html = _file(home, language, theme).read_text(encoding="utf-8").split("\n", 3)
        is_whole = digest == _digest(stood_on, parameters, html)
        return (json.loads(parameters), html) if is_whole and stood_on == basis(home) else None
    except (OSError, ValueError):
        return None


def write_still(home: Home, language: str, theme: str, stood_on: str, parameters: Mapping[str, str], html: str) -> None:
    """Keep a still, in place of the one before; ``stood_on`` is the :func:`basis` that it was drawn on."""
    told = json.dumps(parameters)
    path = private_folder(home.stills) / _file(home, language, theme).name
    replacement = path.with_suffix(f".{os.getpid()}")
    replacement.write_text("\n".join((_digest(stood_on, told, html), stood_on, told, html)), encoding="utf-8")
    replacement.replace(path)


def basis(home: Home) -> str | None:
    """Return a hash of all that the overview comes from, and of all that says who looks; None where a still can't tell.

    That is the snapshot, the program with its configuration, and the settings of the environment, sign-in among them. Of the
    ledger the overview shows nothing but what the snapshot holds. Of a shared database this folder doesn't know what is served.
    """
    if home.database_url:
        return None
    try:
        served = (home.pointer.read_text(encoding="utf-8"), home.pointer.stat().st_mtime_ns)
    except OSError:
        return None
    own = sorted(item for item in os.environ.items() if item[0].startswith("PINGAN_") and item[0] != HOME_VARIABLE)
    secrets = [_mark(folder / ".streamlit" / "secrets.toml") for folder in (Path.cwd(), Path.home())]
    return _digest(repr((served, own, secrets, _program())))


@lru_cache(maxsize=1)
def _program() -> str:
    """Return a hash of the program's files, and of Python and its packages, as this process found them."""
    files = [mark for name in PROGRAM for mark in _marks(REPOSITORY / name)]
    return _digest(repr((sorted(files), sys.version, _mark(STREAMLIT_FILES.parent.parent))))


def _marks(path: Path) -> Iterator[tuple[str, int, int]]:
    if path.is_dir():
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name != "__pycache__":
                    yield from _marks(Path(entry.path))
    else:
        yield _mark(path)


def _mark(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _file(home: Home, language: str, theme: str) -> Path:
    return home.stills / f"{language}-{theme}.html"
