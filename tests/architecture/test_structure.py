"""The rules of the tree: one direction of imports, small modules, documented commands, nothing that must not be here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MAX_LINES = 600
MAX_MODULES = 14


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [REPOSITORY / name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=300)


def test_imports_point_one_way():
    checker = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([checker], cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


def test_code_is_formatted_and_clean():
    checked = run("ruff", "check", ".")
    assert checked.returncode == 0, checked.stdout
    formatted = run("ruff", "format", "--check", ".")
    assert formatted.returncode == 0, formatted.stdout


def test_only_data_access_writes_sql():
    spoken = re.compile(r"\b(select\s+.+\s+from\s|insert\s+into\s|delete\s+from\s|create\s+table\s)", re.IGNORECASE)
    offenders = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in modules()
        if path.relative_to(REPOSITORY).parts[0] in ("dashboard", "pages")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if spoken.search(line) and not line.lstrip().startswith(("#", '"""'))
    ]
    assert not offenders


def test_modules_fit_on_a_few_screens():
    long = {str(path.relative_to(REPOSITORY)): count for path in modules() if (count := line_count(path)) > MAX_LINES}
    assert not long


def test_folders_hold_few_modules():
    counts: dict[Path, int] = {}
    for path in modules():
        if "tests" not in path.parts:
            counts[path.parent] = counts.get(path.parent, 0) + 1
    assert not {str(folder): count for folder, count in counts.items() if count > MAX_MODULES}


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(REPOSITORY))
        for path in modules()
        if (text := path.read_text(encoding="utf-8").lstrip()) and not text.startswith(('"""', "#!"))
    ]
    assert not silent


@pytest.mark.parametrize("pattern", [r"(?<!\w)/work/", r"/root/", r"pypi\.org", r"deb\.debian\.org", r"file:///"])
def test_no_file_names_a_machine(pattern: str):
    own = Path(__file__).resolve()
    offenders = []
    for path in tracked_files():
        if path == own or path.suffix in {".png", ".gz", ".woff2", ".xlsx"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if re.search(pattern, text):
            offenders.append(str(path.relative_to(REPOSITORY)))
    assert not offenders


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
