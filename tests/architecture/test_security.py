"""A static look for what attackers use: bandit over the whole program, each exception with its reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = ["data_access", "dashboard", "pages", "streamlit_app.py"]
MADE_UP = ["data_access/demo", "benchmarks"]
"""Where data are made up: there, chance need not be unguessable."""
NARROWS_TYPES = "B101"
"""``assert``: says to the type checker what is known already; what a user can cause raises an error of its own."""


def findings(*options: str) -> list[str]:
    """Return what bandit finds, one line each."""
    command = [sys.executable, "-m", "bandit", "-q", "-f", "json", "-r", *options]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    said = json.loads(done.stdout)
    assert not said["errors"], said["errors"]
    return [
        f"{each['filename']}:{each['line_number']} {each['test_id']} {each['issue_text']}" for each in said["results"]
    ]


def test_program_has_no_finding():
    assert findings(*PROGRAM, "-x", ",".join(MADE_UP), "-s", NARROWS_TYPES) == []


def test_made_up_data_use_chance_and_nothing_else_that_is_found():
    assert findings(*MADE_UP, "-s", f"{NARROWS_TYPES},B311,B404,B603") == []


@pytest.mark.parametrize(
    "line", ["subprocess.run(typed, shell=True)", "connection.execute('select * from t where a = ' + typed)"]
)
def test_what_an_attacker_would_use_is_found(tmp_path, line):
    (tmp_path / "bad.py").write_text(f"import subprocess\n\n\ndef act(connection, typed):\n    {line}\n")
    assert findings(str(tmp_path), "-s", NARROWS_TYPES)


def test_every_exception_names_its_rule_and_its_reason():
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    bare = []
    for name in listed.stdout.splitlines():
        if name.startswith("tests/") or not (REPOSITORY / name).is_file():
            continue
        for number, line in enumerate((REPOSITORY / name).read_text(encoding="utf-8").splitlines(), start=1):
            if "nosec" in line and not re.search(r"# nosec B\d{3}  # \w", line):
                bare.append(f"{name}:{number}")
    assert not bare
