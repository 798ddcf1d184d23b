"""The stylesheet: palette as CSS variables, then the files of assets/styles that every page has."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from dashboard.palette import GRADES, RISKS, load_palette

STYLES = Path(__file__).resolve().parent.parent.parent / "assets" / "styles"


FILES = ("cockpit.css", "meeting.css", "still.css")


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """Return all style rules, with the colours of config/palette.toml as variables of each theme."""
    blocks = [_variables(theme) for theme in ("light", "dark")]
    return "\n".join([*blocks, *((STYLES / name).read_text(encoding="utf-8") for name in FILES)])


@lru_cache(maxsize=1)
def stylesheet_version() -> str:
    """Return a short hash that changes when a rule or colour does."""
    return hashlib.sha256(stylesheet().encode()).hexdigest()[:12]


def _variables(theme: str) -> str:
    palette = load_palette()
    colours = {name.replace("_", "-"): value for name, value in palette.ground_of(theme)}
    for key in GRADES:
        ink = palette.grade_of(key).ink(theme)
        colours |= {f"grade-{key}-fill": ink.fill, f"grade-{key}-text": ink.text, f"grade-{key}-outline": ink.outline}
    for key in RISKS:
        colours[f"risk-{key}"] = palette.risk_of(key).ink(theme).ink
    lines = "".join(f"--{name}:{value};" for name, value in colours.items())
    return f':root[data-theme="{theme}"]{{color-scheme:{theme};{lines}}}'
