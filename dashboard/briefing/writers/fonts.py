"""Find a font of this machine that has Chinese characters, for formats that carry their own."""

from __future__ import annotations

import shutil
import subprocess  # nosec B404  # one program of the system, see below
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dashboard.briefing.model import BriefingError
from dashboard.briefing.settings import briefing_settings

_SECONDS = 20


@dataclass(frozen=True)
class Face:
    """A font file, and its place in a collection."""

    family: str
    path: Path
    number: int


@lru_cache(maxsize=2)
def chinese_face(bold: bool = False) -> Face:
    """Return the first font of config/briefing.toml that fontconfig finds here, in the weight asked for.

    Raises
    ------
    BriefingError
        When there is none.
    """
    program = shutil.which("fc-list")
    wanted = briefing_settings().fonts.pdf
    found = _listed(program, bold) if program else {}
    for family in wanted:
        if family in found:
            return found[family]
    if bold:
        return chinese_face(False)
    raise BriefingError(
        "This machine has no font with Chinese characters, so no PDF can be drawn. Install Noto Sans CJK SC "
        "(Debian/Ubuntu: apt install fonts-noto-cjk) and try again.",
        "本机没有可用的中文字体，无法生成 PDF。请安装 Noto Sans CJK SC（Debian/Ubuntu：apt install fonts-noto-cjk）后重试。",
        code="no_font",
        wanted=wanted,
    )


def _listed(program: str, bold: bool) -> dict[str, Face]:
    """Return the fonts with Chinese characters by family."""
    pattern = ":lang=zh-cn:style=Bold" if bold else ":lang=zh-cn:style=Regular"
    form = "%{family}\t%{file}\t%{index}\n"
    done = subprocess.run(  # nosec B603  # a fixed command, no shell, nothing that a viewer typed
        [program, "--format", form, pattern], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    faces: dict[str, Face] = {}
    for line in sorted(done.stdout.splitlines()):
        families, path, index = line.split("\t")
        for family in families.split(","):
            # The upper half of the number tells named instances of a variable font apart.
            faces.setdefault(family, Face(family, Path(path), int(index) & 0xFFFF))
    return faces
